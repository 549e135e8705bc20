//! What an index on a PostgreSQL server has beyond one in a file. `tests/postgres` starts a server for these tests.

use super::Portfolio;
use super::store::{Store, Stored};
use crate::scene::Scene;
use std::sync::atomic::{AtomicU32, Ordering};

fn connect(address: &str) -> postgres::Client {
    postgres::Client::connect(address, postgres::NoTls).unwrap_or_else(|e| panic!("{address}: {e:?}"))
}

/// The server that `tests/postgres` started.
fn server() -> String {
    let address = std::env::var("VOUCHSAFE_TEST_POSTGRES");
    address.expect("a server to test with: tests/postgres cargo test --features postgres --test it -- audit::")
}

/// The address of a new database.
pub(super) fn database() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("audits_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    execute(&server(), &format!("CREATE DATABASE {name} TEMPLATE template0"));
    server().replacen("/postgres?", &format!("/{name}?"), 1)
}

pub(super) fn execute(address: &str, sql: &str) {
    connect(address).batch_execute(sql).unwrap();
}

fn address(here: &Stored) -> &str {
    here.index().trim_start_matches("--index ")
}

pub(super) fn one(address: &str, sql: &str) -> String {
    connect(address).query_one(sql, &[]).unwrap().get(0)
}

#[test]
fn both_stores_have_the_same_tables_and_columns() {
    let here = Store::Server.scene();
    here.release("r/acme-1.0");
    here.ok("audit r --trust forum");
    let there = "SELECT string_agg(t, ' ' ORDER BY t COLLATE \"C\") FROM (
                 SELECT table_name || ':' || string_agg(column_name, ',' ORDER BY column_name COLLATE \"C\") AS t
                 FROM information_schema.columns WHERE table_schema = 'vouchsafe' AND table_name <> 'about'
                 GROUP BY table_name) AS tables";
    let there = one(address(&here), there);
    let file = Store::File.scene();
    file.run("audit claims.toml --trust forum").says(3, "");
    let file = rusqlite::Connection::open(file.path("home/audit.sqlite")).unwrap();
    let names = "SELECT group_concat(t, ' ') FROM (SELECT m.name || ':' || (SELECT group_concat(name, ',') FROM
                 (SELECT name FROM pragma_table_info(m.name) ORDER BY name)) AS t
                 FROM sqlite_schema m WHERE m.type = 'table' ORDER BY t)";
    assert_eq!(there, file.query_row(names, [], |row| row.get::<_, String>(0)).unwrap());
}

#[test]
fn named_questions_have_the_same_answers_from_both_stores() {
    let portfolio = Portfolio::kept(Store::Server, 40);
    let scene: &Scene = &portfolio.scene;
    let stores = [portfolio.scene.index(), "--index here.sqlite"];
    let audit = |index: &str| {
        scene.run(&format!("{} --at {} {index}", portfolio.command(), portfolio.at())).says(1, "");
    };
    stores.into_iter().for_each(audit);
    let report = crate::run::parse(&portfolio.audit("--format json --only verified --no-index").out);
    scene.write(report["artifacts"][0]["path"].as_str().unwrap(), "other bytes");
    scene.write("p/releases/new", "new");
    std::fs::remove_file(scene.path(report["artifacts"][1]["path"].as_str().unwrap())).unwrap();
    stores.into_iter().for_each(audit);
    for query in ["coverage", "changed", "lacking TST-01", "expiring-keys --within 900d"] {
        let answer = |index: &str| scene.ok(&format!("audit query {query} --csv {index}")).text().to_owned();
        let [there, here] = stores.map(answer);
        assert_eq!(there, here, "{query}");
        assert!(query.starts_with("expiring") || there.lines().count() > 2, "{query}: {there}");
    }
}

#[test]
fn what_one_machine_found_another_takes_over() {
    let here = Store::Server.scene();
    for n in 1..4 {
        here.release(&format!("r/acme-{n}.0"));
    }
    std::fs::create_dir(here.path("r/bundles")).unwrap();
    std::fs::rename(here.path("r/acme-3.0.sigstore.json"), here.path("r/bundles/3.sigstore.json")).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(50));
    let audit = format!("audit r --trust forum --at {} --format json", jiff::Timestamp::now());
    let first = here.ok(&audit).out;
    let address = address(&here);
    let rows = "SELECT (SELECT max(id) FROM vouchsafe.artifact) || ' ' || (SELECT count(*) FROM vouchsafe.artifact)";
    let before = one(address, rows);
    assert_eq!(before, "3 3");
    // The other one has nothing at hand, and reads and decides nothing.
    std::fs::rename(here.path("home"), here.path("another")).unwrap();
    assert_eq!(here.ok(&audit).out, first);
    assert_eq!(one(address, rows), before);
    // Somebody tidies up while a third one is at work: what it rests on is there in the end.
    execute(
        address,
        "CREATE FUNCTION public.tidy() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN DELETE FROM vouchsafe.artifact; RETURN NULL; END';
         CREATE TRIGGER tidy AFTER INSERT ON vouchsafe.audit EXECUTE FUNCTION public.tidy()",
    );
    assert_eq!(here.ok(&audit).out, first);
    assert_eq!(one(address, rows), before);
    here.ok("audit query coverage").says(0, "acme    base     3             3          3");
}

#[test]
fn a_schema_that_is_no_index_is_refused_and_left_alone() {
    let here = Store::Server.scene();
    let (address, audit) = (address(&here), "audit claims.toml --trust forum");
    here.run("audit query coverage").says(3, "[index-absent]");
    execute(address, "CREATE SCHEMA vouchsafe; CREATE TABLE vouchsafe.notes (note TEXT)");
    here.run(audit).says(3, "[index-foreign]");
    here.run("audit query coverage").says(3, "[index-foreign]");
    assert_eq!(
        one(address, "SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'vouchsafe'"),
        "notes"
    );
    // A schema that was made for us and is empty is one to fill.
    execute(address, "DROP TABLE vouchsafe.notes");
    here.run(audit).says(3, "[attestation-missing]");
    for version in ["0", "-1"] {
        execute(address, &format!("UPDATE vouchsafe.about SET version = {version}"));
        here.run(audit).says(3, "[index-foreign]");
        here.run("audit query coverage").says(3, "[index-foreign]");
    }
    execute(address, "DELETE FROM vouchsafe.about");
    here.run(audit).says(3, "[index-foreign]");
}

#[test]
fn what_somebody_else_laid_out_for_us_is_not_used() {
    let here = Store::Server.scene();
    let address = address(&here);
    let name = address.split(['/', '?']).nth(3).unwrap();
    execute(
        address,
        &format!(
            "CREATE ROLE mallory_{name} LOGIN; CREATE ROLE auditor_{name} LOGIN; GRANT CREATE ON DATABASE {name} TO mallory_{name}"
        ),
    );
    // A function that a name would be taken for, once there are tables: it would run with the rights of whoever audits.
    let trap = "CREATE SCHEMA vouchsafe; GRANT ALL ON SCHEMA vouchsafe TO PUBLIC";
    execute(&address.replacen("user=audits", &format!("user=mallory_{name}"), 1), trap);
    let auditor = address.replacen("user=audits", &format!("user=auditor_{name}"), 1);
    let audit = format!("audit claims.toml --trust forum --index {auditor}");
    (*here).run(&audit).says(3, "[index-foreign]");
    let later = "CREATE FUNCTION vouchsafe.nextval(text) RETURNS bigint LANGUAGE plpgsql AS
                 'BEGIN RAISE EXCEPTION ''as %'', current_user; END'";
    execute(&address.replacen("user=audits", &format!("user=mallory_{name}"), 1), later);
    (*here).run(&audit).says(3, "[index-foreign]");
    execute(address, &format!("DROP SCHEMA vouchsafe CASCADE; CREATE SCHEMA vouchsafe AUTHORIZATION auditor_{name}"));
    (*here).run(&audit).says(3, "[attestation-missing]");
    (*here).run(&audit).says(3, "[attestation-missing]");
}

#[test]
fn a_question_changes_nothing_on_a_server() {
    let here = Store::Server.scene();
    here.release("r/acme-1.0");
    here.ok("audit r --trust forum");
    for bad in [
        "SELECT 1; COMMIT; DROP SCHEMA vouchsafe CASCADE",
        "SELECT * INTO other FROM artifact",
        "SELECT set_config('transaction_read_only', 'off', false)",
        "SELECT nextval('artifact_id_seq')",
        "WITH gone AS (DELETE FROM artifact RETURNING id) SELECT * FROM gone",
        "SELECT * FROM artifact FOR UPDATE",
    ] {
        here.args(["audit", "query", "--sql", bad], b"").says(3, "[query-refused]");
    }
    // What a server takes for reading and is not, as some functions are, is never committed.
    here.args(["audit", "query", "--sql", "SELECT lo_create(4711)"], b"").says(0, "4711");
    let rows =
        "SELECT (SELECT count(*) FROM vouchsafe.artifact) || ' ' || (SELECT count(*) FROM pg_largeobject_metadata)";
    assert_eq!(one(address(&here), rows), "1 0");
    let path = "SELECT path, verdict, NULL AS nothing FROM artifact;";
    here.args(["audit", "query", "--csv", "--sql", path], b"").says(0, "\"r/acme-1.0\",\"verified\",\"\"");
}

#[test]
fn a_password_is_said_nowhere() {
    let here = Store::Server.scene();
    here.release("r/acme-1.0");
    // Whoever is let in without a password is let in with one.
    let address = address(&here).replace("user=audits&", "user=audits&password=hunter2&");
    let index = format!("--index {address}");
    let outputs = ["text", "json", "html", "sarif", "md", "csv"].map(|f| format!("--output {f}=out.{f}")).join(" ");
    let mut said = vec![(*here).ok(&format!("audit r --trust forum {index} {outputs}"))];
    for (line, exit, words) in [
        (format!("audit r --trust forum {index}x"), 3, "[index-failed]"),
        (format!("audit r --trust forum --index {}", address.replace("?", "_gone?")), 3, "does not exist"),
        (format!("audit r --trust forum {index}&sslmode=require"), 2, "no TLS"),
        (format!("audit r --trust forum {index}&port=many"), 2, "port"),
        (format!("audit r --trust forum {index} --no-index"), 2, "cannot be used with"),
        ("audit r --trust forum --index postgres://audits:hunter2@@localhost/x".to_owned(), 2, "%40"),
        (format!("audit query --sql SELECT/**/x {index}"), 3, "[query-refused]"),
        (format!("audit query lacking --nonsense {index}"), 2, ""),
    ] {
        said.push((*here).run(&line).says(exit, words));
    }
    for name in ["text", "json", "html", "sarif", "md", "csv"] {
        assert!(!here.text(format!("out.{name}")).contains("hunter2"), "{name}");
    }
    assert!(said.iter().all(|ran| !format!("{ran:?}").contains("hunter2")), "{said:?}");
    assert!(!one(address.as_str(), "SELECT command FROM vouchsafe.audit").contains("postgres"));
    for page in [["audit", "--help"], ["audit", "-h"]] {
        let mut help = std::process::Command::new(env!("CARGO_BIN_EXE_vouchsafe"));
        let help = help.args(page).env("VOUCHSAFE_INDEX", &address).output().unwrap();
        let text = String::from_utf8(help.stdout).unwrap();
        assert!(text.contains("VOUCHSAFE_INDEX") && !text.contains("hunter2"), "{text}");
    }
}

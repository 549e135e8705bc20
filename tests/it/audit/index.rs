//! Files that are no index, and questions to one that is.

use super::store::{Store, Stored, on_both};

on_both!(queries_read_and_do_nothing_else, what_changed_since_the_audit_before_is_told,);

fn audited(store: Store) -> Stored {
    let scene = store.scene();
    scene.release("r/acme-1.0");
    scene.ok("audit r --trust forum");
    scene
}

#[test]
fn a_file_that_is_no_index_is_refused_and_left_alone() {
    let scene = audited(Store::File);
    scene.write("notes.txt", "these are somebody's notes, and no index of audits at all, however long they become.");
    let before = scene.read("notes.txt");
    scene.run("audit r --trust forum --index notes.txt").says(3, "[index-foreign]");
    scene.run("audit query coverage --index notes.txt").says(3, "[index-foreign]");
    assert_eq!(scene.read("notes.txt"), before);
    scene.run("audit query coverage --index nowhere.sqlite").says(3, "[index-absent]");
    scene.run("audit r --trust forum --index acme.pem/x").says(3, "[index-failed]");
    #[cfg(not(feature = "postgres"))]
    for command in ["audit r --trust forum", "audit query coverage"] {
        scene.run(&format!("{command} --index postgres://joe:secret@localhost/x")).says(2, "no PostgreSQL");
    }
}

#[test]
fn a_damaged_index_is_no_answer_and_one_that_is_removed_is_made_again() {
    let scene = audited(Store::File);
    let path = scene.path("home/audit.sqlite");
    let mut bytes = std::fs::read(&path).unwrap();
    assert!(bytes.len() > 8_192, "the log of writes was put in its place when it was closed");
    bytes[100..].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    scene.run("audit r --trust forum").says(3, "[index-damaged]");
    std::fs::remove_file(&path).unwrap();
    scene.run("audit r --trust forum").says(0, "1 of 1");
}

#[test]
fn answers_that_were_removed_under_an_audit_are_missed() {
    let scene = audited(Store::File);
    std::thread::sleep(std::time::Duration::from_millis(50));
    scene.ok("audit r --trust forum");
    // As another process may, of an answer that is old and that no audit has used lately.
    let tidy = "CREATE TRIGGER tidy AFTER INSERT ON artifact BEGIN DELETE FROM artifact WHERE id < new.id; END";
    rusqlite::Connection::open(scene.path("home/audit.sqlite")).unwrap().execute_batch(tidy).unwrap();
    scene.ok("audit r --trust forum").says(0, "1 of 1");
    scene.release("r/acme-2.0");
    scene.run("audit r --trust forum").says(3, "audit again");
    scene.ok("audit r --trust forum --rehash --no-index").says(0, "2 of 2");
}

fn queries_read_and_do_nothing_else(store: Store) {
    let scene = audited(store);
    let query = |sql: &str| scene.args(["audit", "query", "--sql", sql], b"");
    for bad in [
        "DELETE FROM artifact",
        "ATTACH 'x' AS y",
        "PRAGMA query_only = OFF",
        "WITH a AS (SELECT 1) DELETE FROM artifact",
        "SELECT 1; DELETE FROM artifact",
        "SELECT nothing FROM nowhere",
    ] {
        query(bad).says(3, "[query-refused]");
    }
    let many = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n";
    query(many).says(0, "there are more rows");
    let answer = scene.args(["audit", "query", "coverage", "--format", "json"], b"").json("audit-query-v1.json");
    assert_eq!(answer["rows"], serde_json::json!([["acme", "base", "1", "1", "1"]]));
    query("SELECT '=1+1' AS x").says(0, "=1+1");
    scene.args(["audit", "query", "--csv", "--sql", "SELECT '=1+1' AS x"], b"").says(0, "\"'=1+1\"");
    scene.ok("audit query lacking TST-09").says(0, "acme-1.0");
    scene.ok("audit query lacking TST-01").says(0, "(none)");
}

fn what_changed_since_the_audit_before_is_told(store: Store) {
    let scene = audited(store);
    scene.release("r/acme-2.0");
    scene.write("r/acme-1.0", "other bytes");
    scene.run("audit r --trust forum").says(1, "");
    let changed = scene.ok("audit query changed --csv");
    assert!(changed.text().contains("\"r/acme-1.0\",\"changed\",\"verified\",\"refused\""), "{changed:?}");
    assert!(changed.text().contains("\"r/acme-2.0\",\"new\",\"\",\"verified\""), "{changed:?}");
    let key = vouchsafe::key::PublicKey::from_pem(&scene.text("acme.pub.pem")).unwrap().id().to_string();
    let soon = vouchsafe::encoding::duration::Span::days(20).after(jiff::Timestamp::now());
    scene.ok(&format!("registry retire-key forum acme {key} --at {soon}"));
    scene.publish();
    scene.run("audit r --trust forum").says(1, "expiring");
    scene.ok("audit query expiring-keys").says(0, &key);
    scene.ok("audit query expiring-keys --within 5d").says(0, "(none)");
}

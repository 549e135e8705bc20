//! An index of another version, or none at all, where one is expected: brought up to date, made anew, or refused with the
//! next command, and left alone then.

use super::Portfolio;
use super::store::{Store, on_both};
use crate::scene::Scene;
use rusqlite::Connection;
use std::path::Path;

on_both!(an_earlier_index_is_brought_up_to_date_by_an_audit_alone, a_later_index_is_refused_and_left_alone);

/// Makes an index one of version 1, as the first builds wrote it, with answers that were believed for too long.
fn age(store: Store, portfolio: &Portfolio) {
    let lies = "UPDATE artifact SET verdict = 'verified', code = NULL, until = 253402207200";
    match store {
        Store::File => {
            let path = portfolio.scene.path("home/audit.sqlite");
            let new = path.with_extension("new");
            std::fs::rename(&path, &new).unwrap();
            let old = Connection::open(path).unwrap();
            old.execute_batch(include_str!("../../../src/audit/index/schema.sql")).unwrap();
            old.execute_batch("PRAGMA application_id = 1986226249; PRAGMA user_version = 1").unwrap();
            old.execute("ATTACH ?1 AS new", [new.to_str().unwrap()]).unwrap();
            let names = "SELECT name FROM main.sqlite_schema WHERE type = 'table'";
            let names: Vec<String> =
                old.prepare(names).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            for name in names {
                old.execute_batch(&format!("INSERT INTO main.{name} SELECT * FROM new.{name}")).unwrap();
            }
            old.execute_batch(lies).unwrap();
        }
        #[cfg(feature = "postgres")]
        Store::Server => {
            let sql = format!("SET search_path = vouchsafe; {lies}; UPDATE about SET version = 1");
            super::server::execute(portfolio.scene.index().trim_start_matches("--index "), &sql);
        }
    }
}

fn an_earlier_index_is_brought_up_to_date_by_an_audit_alone(store: Store) {
    let portfolio = Portfolio::kept(store, 17);
    std::thread::sleep(std::time::Duration::from_millis(50));
    let whole = portfolio.audit("--format json").out;
    let coverage = portfolio.scene.ok("audit query coverage").out;
    age(store, &portfolio);
    for _ in 0..2 {
        portfolio.scene.run("audit query coverage").says(3, "[index-earlier]").says(3, "vouchsafe audit PATH");
    }
    assert_eq!(portfolio.audit("--format json").out, whole);
    assert_eq!(portfolio.audit("--format json").out, whole, "taken over");
    assert_eq!(portfolio.scene.ok("audit query coverage").out, coverage);
    assert_eq!(portfolio.scene.ok("audit query changed --csv").text().lines().count(), 1, "nothing changed");
}

fn a_later_index_is_refused_and_left_alone(store: Store) {
    let scene = store.scene();
    scene.release("r/acme-1.0");
    scene.ok("audit r --trust forum");
    let later: &dyn Fn() -> Vec<u8> = match store {
        Store::File => {
            let path = scene.path("home/audit.sqlite");
            Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 3").unwrap();
            &move || std::fs::read(&path).unwrap()
        }
        #[cfg(feature = "postgres")]
        Store::Server => {
            let address = scene.index().trim_start_matches("--index ");
            super::server::execute(address, "UPDATE vouchsafe.about SET version = 3");
            &|| super::server::one(address, "SELECT max(id)::text FROM vouchsafe.audit").into_bytes()
        }
    };
    let before = later();
    scene.run("audit r --trust forum").says(3, "[index-later]").says(3, "the vouchsafe that wrote it");
    scene.run("audit query coverage").says(3, "[index-later]");
    assert_eq!(later(), before);
    scene.ok("audit r --trust forum --no-index");
}

/// A scene that was audited, and its index.
fn audited() -> (Scene, std::path::PathBuf) {
    let scene = Scene::new();
    scene.release("r/acme-1.0");
    scene.ok("audit r --trust forum");
    let index = scene.path("home/audit.sqlite");
    (scene, index)
}

#[test]
fn a_number_that_no_version_has_is_no_index() {
    let (scene, index) = audited();
    for (what, code) in [
        ("user_version = 0", "[index-foreign]"),
        ("user_version = -1", "[index-foreign]"),
        ("user_version = 2147483647", "[index-later]"),
        ("application_id = 0", "[index-foreign]"),
        ("application_id = 1196444487", "[index-foreign]"),
    ] {
        let good = std::fs::read(&index).unwrap();
        Connection::open(&index).unwrap().execute_batch(&format!("PRAGMA {what}")).unwrap();
        let bad = std::fs::read(&index).unwrap();
        scene.run("audit r --trust forum").says(3, code);
        scene.run("audit query coverage").says(3, code);
        assert_eq!(std::fs::read(&index).unwrap(), bad, "{what}");
        std::fs::write(&index, good).unwrap();
    }
    scene.ok("audit r --trust forum");
}

#[test]
fn an_index_that_was_cut_off_is_damaged_unless_nothing_is_left() {
    let (scene, index) = audited();
    let whole = std::fs::read(&index).unwrap();
    for (kept, code) in [
        (50, "[index-damaged]"),
        (600, "[index-damaged]"),
        (4_096, "[index-damaged]"),
        (whole.len() / 2 / 4_096 * 4_096, "[index-damaged]"),
        (whole.len() - 4_096, "[index-damaged]"),
        (whole.len() - 1, "[index-damaged]"),
    ] {
        std::fs::write(&index, &whole[..kept]).unwrap();
        scene.run("audit r --trust forum").says(3, code).says(3, "remove it");
        assert_eq!(std::fs::read(&index).unwrap(), &whole[..kept], "{kept}");
    }
    std::fs::write(&index, b"").unwrap();
    scene.run("audit query coverage").says(3, "[index-absent]");
    scene.ok("audit r --trust forum").says(0, "1 of 1");
    scene.ok("audit query coverage");
}

/// Runs `vouchsafe` without the right of the system's owner to write whatever is forbidden.
#[cfg(target_os = "linux")]
fn unprivileged(scene: &Scene, line: &str) -> crate::run::Ran {
    use std::os::unix::fs::MetadataExt as _;
    let vouchsafe = [env!("CARGO_BIN_EXE_vouchsafe"), "--home", "home"];
    let words = vouchsafe.into_iter().chain(line.split(' '));
    if std::fs::metadata(scene.path("")).unwrap().uid() != 0 {
        return crate::run::program("env", &scene.path(""), words, b"");
    }
    let drop = ["--inh-caps=-all", "--bounding-set=-all"];
    crate::run::program("setpriv", &scene.path(""), drop.into_iter().chain(words), b"")
}

#[cfg(target_os = "linux")]
fn forbid(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn what_must_not_be_written_to_is_said_so_and_can_be_asked() {
    let (scene, index) = audited();
    let before = std::fs::read(&index).unwrap();
    forbid(&index, 0o444);
    unprivileged(&scene, "audit r --trust forum").says(3, "[index-failed]").says(3, "--no-index");
    unprivileged(&scene, "audit query coverage").says(0, "acme");
    forbid(&scene.path("home"), 0o555);
    unprivileged(&scene, "audit r --trust forum").says(3, "[index-failed]");
    unprivileged(&scene, "audit query coverage").says(0, "acme");
    unprivileged(&scene, "audit r --trust forum --no-index").says(0, "1 of 1");
    forbid(&index, 0o644);
    unprivileged(&scene, "audit r --trust forum").says(3, "[index-failed]");
    unprivileged(&scene, "audit r --trust forum --index home/new.sqlite").says(3, "[index-failed]");
    assert_eq!(std::fs::read(&index).unwrap(), before);
    forbid(&scene.path("home"), 0o755);
    scene.ok("audit r --trust forum");
    std::fs::create_dir(scene.path("folder")).unwrap();
    scene.run("audit r --trust forum --index folder").says(3, "[index-failed]");
    scene.run("audit query coverage --index folder").says(3, "[index-absent]");
}

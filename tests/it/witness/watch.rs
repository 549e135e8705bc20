//! Whoever watches a log notices what changed behind them, and whose name they misspelt.

use crate::scene::Scene;
use vouchsafe::publish::log::LogFolder;
use vouchsafe::signer::{FileSigner, PassphraseSource};

/// A log of these entries in this folder.
fn log(scene: &Scene, folder: &str, entries: &[&str]) -> String {
    let signer = FileSigner::open(&scene.path("log.pem"), &PassphraseSource::default()).unwrap();
    let now = jiff::Timestamp::now();
    let log = LogFolder::init(&scene.path(folder), "example.org/log", &signer, None, now).unwrap();
    let entries: Vec<Vec<u8>> = entries.iter().map(|e| e.as_bytes().to_vec()).collect();
    log.append(&entries, &signer, &[], now).unwrap();
    log.key().to_string()
}

/// The log's keeper puts another entry in the place of one that was read already, and goes on from there.
#[test]
fn a_monitor_that_goes_on_notices_another_past() {
    let scene = Scene::new();
    scene.ok("key generate --no-passphrase --out log.pem");
    let key = log(&scene, "tlog", &["one", "two"]);
    log(&scene, "fork", &["one", "another", "three"]);
    let monitor = |folder: &str, from: u8| {
        scene.run(&format!("log monitor {folder} --log-key {key} --trust forum --from {from}"))
    };
    monitor("tlog", 0).says(0, "among entries 0 to 2");
    monitor("fork", 2).says(1, "log-forked");
    monitor("tlog", 2).says(0, "among entries 2 to 2");
}

#[test]
fn nothing_under_a_name_that_nobody_has_is_no_answer() {
    let scene = Scene::new();
    scene.ok("key generate --no-passphrase --out log.pem");
    let key = log(&scene, "tlog", &["one"]);
    let monitor =
        |member: &str| scene.run(&format!("log monitor tlog --log-key {key} --trust forum --member {member}"));
    monitor("acme").says(0, "0 attestations of acme");
    monitor("acmee").says(3, "member-unknown");
}

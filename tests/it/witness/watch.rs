//! Whoever watches a log notices what changed behind them, and whose name they misspelt; and no proof is made worse.

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

/// The time of the first proof may be all that keeps a signature good once its key was retired.
#[test]
fn a_later_proof_does_not_take_the_place_of_one_that_is_as_good() {
    let scene = Scene::new();
    scene.ok("key generate --no-passphrase --out log.pem");
    for name in ["one", "two"] {
        scene.ok(&format!("key generate --no-passphrase --out {name}.pem"));
    }
    scene.ok("log init tlog --origin example.org/log --key log.pem");
    for name in ["one", "two"] {
        scene.ok(&format!("log witness init {name} --name {name}.example --key {name}.pem --log tlog"));
    }
    scene.ok("log policy tlog --witness one=one");
    scene.release("acme-1");
    scene.release("acme-2");
    scene.ok("log append tlog acme-1.sigstore.json --key log.pem --trust forum");
    let first = scene.text("acme-1.sigstore.json");
    scene.ok("log append tlog acme-2.sigstore.json --key log.pem --trust forum");
    scene.ok("log append tlog acme-1.sigstore.json --key log.pem --trust forum");
    scene.ok("log prove tlog acme-1.sigstore.json --trust forum");
    assert_eq!(scene.text("acme-1.sigstore.json"), first);
    // One that another witness cosigned besides is worth more.
    scene.ok("log policy tlog --witness one=one --witness two=two");
    scene.ok("log append tlog acme-1.sigstore.json --key log.pem --trust forum");
    assert!(scene.text("acme-1.sigstore.json").contains("two.example"));
}

//! The witness's commands: what they print, and what they say when it is no.

use super::{Bench, Log};
use crate::scene::Scene;
use vouchsafe::transparency::NoteKey;

#[test]
fn a_witness_is_made_once() {
    let bench = Bench::new();
    assert!(bench.vkey.to_string().starts_with("w1.example.org+"), "{}", bench.vkey);
    let scene = &bench.scene;
    let again = format!("log witness init w --name other --key w.pem --log {}", bench.log.vkey());
    scene.run(&again).says(3, "[file-exists]").says(3, "log witness add-log w VKEY");
    scene
        .run("log witness init w2 --name w2.example.org --key w.pub.pem")
        .says(0, "WITNESS  w2.example.org  knows 0 logs");
    let card = scene.ok(&format!("log witness add-log w2 {} --format json", bench.log.vkey()));
    let card = card.json("log-witness-v1.json");
    assert_eq!(card["logs"][0], bench.log.vkey().as_str());
    NoteKey::parse(card["vkey"].as_str().unwrap()).unwrap();
    let stored = crate::run::valid(&scene.read("w/witness.json"), "witness-v1.json");
    assert_eq!(stored["key"], scene.path("w.pem").to_str().unwrap());
    let stored = crate::run::valid(&scene.read("w2/witness.json"), "witness-v1.json");
    assert!(stored["key"].is_null(), "a public key says nothing of where the private one is");
}

#[test]
fn what_is_no_witness_or_no_log_is_refused() {
    let bench = Bench::new();
    let scene = &bench.scene;
    scene.run(&format!("log witness add-log nowhere {}", bench.log.vkey())).says(3, "[not-a-witness]");
    scene.run(&format!("log witness add-log w {}", bench.vkey)).says(3, "[malformed]").says(3, "a witness's key");
    scene.run("log witness add-log w nonsense").says(2, "[usage]");
    scene.run("log witness init w3 --name a+b --key w.pem").says(3, "[malformed]");
    scene.ok("key generate --no-passphrase --algorithm ecdsa-p256 --out p256.pem");
    scene.run("log witness init w3 --name w3 --key p256.pem").says(3, "[malformed]").says(3, "ed25519");
    assert!(!scene.path("w3").exists(), "nothing is left of what was refused");
    for damage in ["{}", "{\"schema\":\"vouchsafe-witness/v2\",\"vkey\":\"x\",\"logs\":[]}", "no json"] {
        scene.write("w/witness.json", damage);
        scene.run("log witness serve w --key w.pem --listen 127.0.0.1:0").says(3, "[malformed]");
    }
}

#[test]
fn a_request_from_a_file_is_answered_by_the_same_rule() {
    let bench = Bench::new();
    let cosigned = bench.add(&bench.log.request(0, 10)).says(0, "\u{2014} w1.example.org ");
    bench.is_cosigned(10, cosigned.text());
    bench.scene.write("request", bench.log.request(10, 20));
    let words = "log witness add-checkpoint w request --key w.pem --format json";
    let cosigned = bench.scene.ok(words).json("log-cosignature-v1.json");
    bench.is_cosigned(20, &format!("{}\n", cosigned["cosignatures"][0].as_str().unwrap()));
    for (request, exit, code) in [
        ("nonsense".to_owned(), 3, "[witness-request-malformed]"),
        (Log::new("example.org/other", 1).request(0, 1), 1, "[witness-log-unknown]"),
        (Log::new("example.org/log", 2).request(20, 21), 1, "[witness-log-unsigned]"),
        (bench.log.request(19, 21), 1, "[witness-size-conflict]"),
        (bench.log.forked(1, 5).request(20, 21), 1, "[witness-inconsistent]"),
    ] {
        let refused = bench.add(&request).says(exit, code);
        assert!(refused.out.is_empty() && refused.err.contains("next"), "{refused:?}");
    }
    bench.add(&bench.log.request(19, 21)).says(1, "expected  old 20").says(1, "consistency proof from 20 entries");
    bench.add(&"x".repeat(1 << 20)).says(3, "[witness-request-malformed]");
}

/// A log that signed two trees of one size has convicted itself: both are kept, and the first two stay.
#[test]
fn a_fork_is_kept_as_proof() {
    let bench = Bench::new();
    let (fork, third) = (bench.log.forked(1, 5), bench.log.forked(1, 6));
    bench.add(&bench.log.request(0, 10)).says(0, "");
    bench.add(&fork.request(10, 12)).says(1, "[witness-inconsistent]");
    assert!(!bench.scene.path("w/forks").exists(), "a wrong proof may be the client's fault");
    bench.add(&fork.request(10, 10)).says(1, "[witness-inconsistent]");
    bench.add(&third.request(10, 10)).says(1, "[witness-inconsistent]");
    let kept = |end: &str| bench.scene.text(format!("w/forks/{}.{end}", bench.log.hash()));
    assert_eq!((kept("cosigned"), kept("other")), (bench.state(), fork.note(10)));
    bench.add(&bench.log.request(10, 12)).says(0, "\u{2014} ");
}

#[test]
fn another_key_cosigns_nothing() {
    let bench = Bench::new();
    bench.scene.ok("key generate --no-passphrase --out other.pem");
    let words = "log witness add-checkpoint w --key other.pem";
    let refused = bench.scene.args(words.split(' '), bench.log.request(0, 3).as_bytes());
    refused.says(3, "[witness-key-other]");
    bench.scene.run("log witness serve w --key other.pem --listen 127.0.0.1:0").says(3, "[witness-key-other]");
    assert_eq!(bench.state(), "", "and nothing is recorded");
}

#[test]
fn where_nobody_can_listen() {
    let bench = Bench::new();
    let served = bench.serve();
    for address in [served.address.as_str(), "nowhere", "127.0.0.1:99999", "203.0.113.1:80"] {
        bench.scene.run(&format!("log witness serve w --key w.pem --listen {address}")).says(3, "[listen-failed]");
    }
}

#[test]
fn a_damaged_record_is_told() {
    let bench = Bench::new();
    bench.add(&bench.log.request(0, 3)).says(0, "");
    bench.scene.write(format!("w/logs/{}", bench.log.hash()), bench.log.note(2));
    bench.add(&bench.log.request(3, 4)).says(3, "[witness-state-damaged]").says(3, "never an older one");
    std::fs::remove_file(bench.scene.path(format!("w/logs/{}", bench.log.hash()))).unwrap();
    bench.add(&bench.log.request(0, 4)).says(3, "[file-not-found]");
}

/// A machine that has forgotten the time.
#[test]
fn no_time_no_cosignature() {
    use vouchsafe::encoding::Explain as _;
    let scene = Scene::empty();
    let log = Log::new("example.org/log", 1);
    let (known, key) = ([NoteKey::parse(&log.vkey()).unwrap()], crate::world::key(2));
    let public = vouchsafe::signer::Signer::public(&key);
    let witness = vouchsafe::publish::WitnessFolder::init(&scene.path("w"), "w", public, &known, None).unwrap();
    let refused = witness.add_checkpoint(log.request(0, 1).as_bytes(), &key, jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(refused.unwrap_err().code(), "clock-unset");
}

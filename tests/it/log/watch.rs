//! Watching a log through the program: what only grew is told, and each way it can lie has its code.

use crate::scene::{ACME, PARTNER, Scene};
use crate::witness::server::Served;
use p256::elliptic_curve::point::AffineCoordinates as _;
use vouchsafe::key::PublicKey;
use vouchsafe::publish::log::LogFolder;
use vouchsafe::signer::{FileSigner, PassphraseSource};
use vouchsafe::transparency::Entry;

/// A scene whose forum relies on a log with one witness, `cisa`, and holds one logged release.
fn watched() -> Scene {
    let scene = Scene::new();
    scene.ok("key generate --no-passphrase --out log.pem");
    scene.ok("key generate --no-passphrase --out cisa.pem");
    scene.ok("log init tlog --origin forum.example/log --key log.pem");
    scene.ok("log witness init cisa --name cisa.example --key cisa.pem --log tlog");
    scene.ok("log policy tlog --witness cisa=cisa --out log-policy");
    scene.ok("registry set-log forum log-policy");
    scene.ok("registry sign forum --key board1.pem");
    scene.ok("registry sign forum --key board2.pem");
    scene.ok("registry publish forum --online-key online.pem --log tlog --log-key log.pem");
    scene.release("acme-1.0");
    scene.ok("log append tlog acme-1.0.sigstore.json --key log.pem --trust forum");
    scene
}

fn copy(scene: &Scene, from: &str, to: &str) {
    let _ = std::fs::remove_dir_all(scene.path(to));
    std::fs::create_dir(scene.path(to)).unwrap();
    crate::registry::copy(&scene.path(from), &scene.path(to));
}

const CHECK: &str = "log check tlog/public --trust forum";

#[test]
fn what_only_grew_is_consistent_and_what_did_not_is_refused() {
    let scene = watched();
    scene.ok(CHECK).says(0, "seen for the first time");
    copy(&scene, "tlog/public", "earlier");
    scene.release("acme-1.1");
    scene.ok("log append tlog acme-1.1.sigstore.json --key log.pem --trust forum");
    let grown = scene.run(&format!("{CHECK} --format json")).json("log-check-v1.json");
    assert_eq!((&grown["before"], &grown["size"]), (&2.into(), &3.into()));
    scene.run(CHECK).says(0, "unchanged since");
    scene.run("log check earlier --trust forum").says(1, "[log-rolled-back]");
    scene.run("log monitor earlier --trust forum --from 3").says(1, "[log-rolled-back]");
    // A log of the same name and key, as large, with other things in it; its witness has forgotten.
    scene.ok("log init fork --origin forum.example/log --key log.pem");
    std::fs::remove_dir_all(scene.path("cisa")).unwrap();
    scene.ok("log witness init cisa --name cisa.example --key cisa.pem --log tlog");
    scene.ok("log policy fork --witness cisa=cisa");
    for name in ["acme-2.0", "acme-2.1", "acme-2.2", "acme-2.3"] {
        scene.release(name);
        scene.ok(&format!("log append fork {name}.sigstore.json --key log.pem --trust forum"));
    }
    scene.run("log check fork --trust forum").says(1, "[log-forked]");
    scene.run(CHECK).says(0, "unchanged since");
}

#[test]
fn another_log_and_a_checkpoint_that_too_few_cosigned_are_refused() {
    let scene = watched();
    let checkpoint = scene.text("tlog/public/checkpoint");
    let change = |text: String, code: &str| {
        scene.write("tlog/public/checkpoint", text);
        scene.run(CHECK).says(if code == "[log-malformed]" { 3 } else { 1 }, code);
        scene.run("log monitor tlog/public --trust forum").says(if code == "[log-malformed]" { 3 } else { 1 }, code);
    };
    let without = |name: &str| {
        let lines = checkpoint.lines().filter(|l| !l.starts_with(&format!("\u{2014} {name} ")));
        lines.collect::<Vec<_>>().join("\n") + "\n"
    };
    change(without("cisa.example"), "[witnesses-missing]");
    change(without("forum.example/log"), "[checkpoint-unsigned]");
    change(checkpoint.replacen("forum.example/log\n2\n", "forum.example/log\n3\n", 1), "[checkpoint-forged]");
    change(checkpoint.replacen("forum.example/log\n", "elsewhere.example/log\n", 1), "[origin-unknown]");
    change("nothing".into(), "[log-malformed]");
    change(checkpoint.clone() + "\n", "[log-malformed]");
    scene.write("tlog/public/checkpoint", checkpoint);
    scene.ok(CHECK);
    scene.run("log check tlog/public --trust nowhere").says(3, "[file-not-found]");
}

#[test]
fn a_tile_or_an_entry_that_was_tampered_with_is_refused_and_nothing_of_it_is_told() {
    let scene = watched();
    for file in ["tile/0/000.p/2", "tile/entries/000.p/2"] {
        let path = format!("tlog/public/{file}");
        let good = scene.read(&path);
        let mut bad = good.clone();
        let at = bad.len() - 40;
        bad[at] ^= 1;
        scene.write(&path, &bad);
        let monitor = scene.run("log monitor tlog/public --trust forum");
        if file.contains("entries") {
            assert!(!monitor.text().contains("acme"), "{monitor:?}");
            monitor.says(1, "[tile-wrong]");
            scene.run(CHECK).says(0, "CONSISTENT");
        } else {
            scene.run(CHECK).says(1, "[tile-wrong]");
            scene.run("log monitor tlog/public --trust forum --from 1").says(1, "[tile-wrong]");
        }
        scene.write(&path, &good);
    }
    std::fs::remove_file(scene.path("tlog/public/tile/entries/000.p/2")).unwrap();
    scene.run("log monitor tlog/public --trust forum").says(3, "[log-malformed]");
}

#[test]
fn a_member_sees_what_was_signed_with_its_keys_and_which_registries_there_were() {
    let scene = watched();
    scene.write("globex-1.0", "globex");
    let globex = ACME.replace("acme", "globex");
    scene.ok(&format!("attest globex-1.0 {globex}"));
    scene.ok("log append tlog globex-1.0.sigstore.json --key log.pem --trust forum");
    let read = |line: &str| scene.run(&format!("--format json log monitor {line}")).json("log-monitor-v1.json");
    let kinds = |value: &serde_json::Value| -> Vec<String> {
        let entries = value["entries"].as_array().unwrap().iter();
        entries.map(|e| format!("{} {}", e["index"], e["member"].as_str().unwrap_or("-"))).collect()
    };
    let everything = read("tlog --trust forum");
    assert_eq!(kinds(&everything), ["0 -", "1 acme", "2 globex"]);
    assert_eq!(everything["entries"][0]["version"], "targets 2");
    assert_eq!(kinds(&read("tlog --trust forum --member acme")), ["0 -", "1 acme"]);
    assert_eq!(kinds(&read("tlog --trust forum --member globex --from 2")), ["2 globex"]);
    assert_eq!(everything["next"], 3);
}

/// A digest and a P-256 signature that fit each other, made from the public key alone: R = G + Q, r = s = digest = R.x.
fn forged(key: PublicKey) -> Entry {
    let q = p256::ecdsa::VerifyingKey::from_sec1_bytes(&key.raw()).unwrap();
    let r = (p256::ProjectivePoint::GENERATOR + p256::ProjectivePoint::from(*q.as_affine())).to_affine().x();
    Entry { digest: r.into(), signature: [r, r].concat(), key }
}

/// Whoever keeps a log can enter what nobody signed. Of a P-256 key it may be seen, and need not be.
#[test]
fn an_entry_that_the_keeper_made_up_is_seen_where_it_can_be() {
    let scene = watched();
    scene.ok("log policy tlog --quorum none");
    scene.write("acme-3.0", "partner's");
    scene.ok(&format!("attest acme-3.0 {PARTNER}"));
    scene.ok("log append tlog acme-3.0.sigstore.json --key log.pem --trust forum");
    let log = LogFolder::open(&scene.path("tlog")).unwrap();
    let signer = FileSigner::open(&scene.path("log.pem"), &PassphraseSource::default()).unwrap();
    let made_up = ["partner", "acme", "mallory"].map(|who| {
        let (key, _) = PublicKey::import(&scene.read(format!("{who}.pub.pem"))).unwrap();
        Entry { digest: [7; 32], signature: vec![1; 64], key }
    });
    let made_up = [made_up.to_vec(), vec![forged(made_up[0].key.clone())]].concat();
    let made_up: Vec<_> = made_up.iter().map(Entry::body).collect();
    log.append(&made_up, &signer, &[], jiff::Timestamp::now()).unwrap();
    scene.write("mine.policy", format!("log {}\nquorum none\n", log.key()));
    let monitor = "log monitor tlog --log-policy mine.policy --trust forum";
    let told = scene.ok(&format!("{monitor} --format json")).json("log-monitor-v1.json");
    let told: Vec<_> =
        told["entries"].as_array().unwrap().iter().map(|e| (e["kind"].clone(), e["signature"].clone())).collect();
    let (attestation, other, none) = ("attestation", "other", serde_json::Value::Null);
    assert_eq!(told[1], (attestation.into(), none.clone()));
    assert_eq!(told[2], (attestation.into(), none.clone()));
    assert_eq!(told[3], (other.into(), "bad".into()));
    assert_eq!(told[4], (attestation.into(), none.clone()), "of these nothing can be told");
    assert_eq!(told[5], (other.into(), none.clone()));
    assert_eq!(told[6], (attestation.into(), none), "that it fits its digest proves nothing");
    let partner = scene.ok(&format!("{monitor} --member partner"));
    partner.says(0, "2 attestations of partner").says(0, "MADE UP: it names a key of partner");
}

#[test]
fn a_log_behind_a_url_takes_what_a_member_hands_it_and_its_proof_is_checked() {
    let scene = watched();
    let served = Served::start(&scene, "log serve tlog --key log.pem --trust forum --listen 127.0.0.1:0");
    scene.release("acme-1.1");
    let url = served.url();
    let append =
        |log: &str, trust: &str| scene.run(&format!("log append {log} acme-1.1.sigstore.json --trust {trust}"));
    append(&url, "forum").says(0, "entry 2, proof in acme-1.1.sigstore.json");
    scene.write("required.toml", "schema = \"vouchsafe-policy/v1\"\n[log]\nrequire = \"required\"\n");
    scene.run("verify acme-1.1 --trust forum --policy required.toml").says(0, "cosigned by cisa");
    // Another log's answer is not believed, nor is a stranger's signature taken.
    scene.ok("log init other --origin other.example/log --key log.pem");
    let other = Served::start(&scene, "log serve other --key log.pem --trust forum --listen 127.0.0.1:0");
    append(&other.url(), "forum").says(1, "[origin-unknown]");
    scene
        .run(&format!("log append {url} acme-1.1.sigstore.json --public-key globex.pub.pem"))
        .says(1, "[signature-not-loggable]");
    append("http://127.0.0.1:9", "forum").says(3, "undecided[");
    append("tlog", "forum").says(2, "--key KEY");
    // The version that leaves the log is entered there, or the log is said to be lost.
    scene.ok("registry set-log forum --none");
    scene.ok("registry sign forum --key board1.pem");
    scene.ok("registry sign forum --key board2.pem");
    scene.run("registry publish forum --online-key online.pem").says(1, "[registry-not-logged]");
    scene.ok("registry publish forum --online-key online.pem --log-lost").says(0, "PUBLISHED");
    append(&url, "forum").says(3, "[log-policy-missing]");
    scene.run("log check tlog/public --trust forum").says(3, "[log-policy-missing]");
    scene.ok("log check tlog --trust forum").says(0, "CONSISTENT");
}

#[test]
fn a_log_that_does_not_take_it_is_told() {
    let scene = watched();
    scene.release("acme-1.1");
    let elsewhere = Served::start(&scene, "log witness serve cisa --key cisa.pem --listen 127.0.0.1:0");
    let refused = scene.run(&format!("log append {} acme-1.1.sigstore.json --trust forum", elsewhere.url()));
    refused.says(3, "[log-refuses]");
}

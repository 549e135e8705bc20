//! The add path of a log: attestations in, proofs out, many at once, cosigned by witnesses behind HTTP and in folders.

use super::server::Served;
use crate::scene::{ACME, PARTNER, Scene};
use std::collections::BTreeSet;
use vouchsafe::attestation::read_container;
use vouchsafe::key::PublicKey;
use vouchsafe::publish::log::LogFolder;
use vouchsafe::signer::{FileSigner, PassphraseSource};
use vouchsafe::transparency::{Hash, LogPolicy, NoteKey, Proof, Scheme};

const SERVE: &str = "log serve tlog --key log.pem --trust forum --listen 127.0.0.1:0";

/// A forum, and the key of a log.
fn scene() -> (Scene, NoteKey) {
    let scene = Scene::new();
    scene.ok("key generate --no-passphrase --out log.pem");
    let (key, _) = PublicKey::import(&scene.read("log.pub.pem")).unwrap();
    let key = NoteKey::new("example.org/log", Scheme::Ed25519(key)).unwrap();
    (scene, key)
}

fn init(scene: &Scene, policy: Option<&str>) {
    let signer = FileSigner::open(&scene.path("log.pem"), &PassphraseSource::default()).unwrap();
    let (origin, now) = ("example.org/log", jiff::Timestamp::now());
    LogFolder::init(&scene.path("tlog"), origin, &signer, policy.map(str::as_bytes), now).unwrap();
}

/// The leaf that an attestation's one signature by this key is.
fn leaf(attestation: &[u8], key: &[u8]) -> Hash {
    let (key, _) = PublicKey::import(key).unwrap();
    let container = read_container(attestation).unwrap();
    let entries = container.envelopes[0].as_ref().unwrap().entries([&key]);
    assert_eq!(entries.len(), 1);
    entries[0].leaf()
}

fn post(served: &Served, body: &str) -> Result<Proof, u16> {
    let answer = served.ask("POST", "/add", body);
    if answer.status == 200 { Ok(Proof::parse(answer.body.as_bytes()).unwrap()) } else { Err(answer.status) }
}

#[test]
fn what_members_signed_is_logged_once() {
    let (scene, key) = scene();
    init(&scene, None);
    let served = Served::start(&scene, SERVE);
    let policy = LogPolicy::parse(format!("log {key}\nquorum none\n").as_bytes()).unwrap();
    for (n, name) in ["acme-1", "acme-2", "acme-1", "acme-2"].into_iter().enumerate() {
        if n < 2 {
            scene.release(name);
        }
        let bundle = scene.text(format!("{name}.sigstore.json"));
        let proof = post(&served, &bundle).unwrap();
        assert_eq!(proof.index, u64::try_from(n % 2).unwrap(), "the same attestation has the same place");
        let leaf = leaf(bundle.as_bytes(), &scene.read("acme.pub.pem"));
        policy.includes(leaf, &proof, jiff::Timestamp::now()).unwrap();
    }
    // Two signatures, two entries, two proofs.
    scene.write("acme-3", "three");
    scene.ok(&format!("attest acme-3 {ACME} -o acme-3.intoto.jsonl"));
    scene.ok(&format!("attest acme-3 {PARTNER} --append -o acme-3.intoto.jsonl"));
    let answer = served.ask("POST", "/add", &scene.text("acme-3.intoto.jsonl"));
    let proofs: Vec<Proof> = answer
        .body
        .split("c2sp.org/tlog-proof@v1\n")
        .skip(1)
        .map(|rest| Proof::parse(format!("c2sp.org/tlog-proof@v1\n{rest}").as_bytes()).unwrap())
        .collect();
    assert_eq!(proofs.iter().map(|p| p.index).collect::<Vec<_>>(), [2, 3], "{answer:?}");
}

#[test]
fn strangers_cannot_fill_it() {
    let (scene, _) = scene();
    init(&scene, None);
    let served = Served::start(&scene, SERVE);
    scene.release("acme-1");
    let bundle = scene.text("acme-1.sigstore.json");
    let (good, mut forged) = (bundle.clone(), crate::run::parse(bundle.as_bytes()));
    let signature = forged.pointer_mut("/dsseEnvelope/signatures/0/sig").unwrap();
    *signature = vouchsafe::encoding::base64::encode(&[7; 64]).into();
    scene.write("globex-1", "of nobody here");
    scene.write("p.json", "{}");
    scene.ok("attest globex-1 --key mallory.pem --member globex --predicate p.json --type https://example.org/x");
    for (what, status, answer) in [
        ("a stranger's", 403, served.ask("POST", "/add", &scene.text("globex-1.sigstore.json"))),
        ("forged", 403, served.ask("POST", "/add", &forged.to_string())),
        ("nothing", 400, served.ask("POST", "/add", "")),
        ("nonsense", 400, served.ask("POST", "/add", "{}")),
        ("elsewhere", 404, served.ask("POST", "/", &good)),
        ("to read", 405, served.ask("GET", "/add", "")),
    ] {
        assert_eq!(answer.status, status, "{what}: {answer:?}");
    }
    assert_eq!(post(&served, &good).unwrap().index, 0, "nothing of that was logged");
}

/// Many clients and two servers on one log: contiguous places, no two alike, and every proof holds.
#[test]
fn many_at_once() {
    let (scene, key) = scene();
    init(&scene, None);
    let servers = [Served::start(&scene, SERVE), Served::start(&scene, SERVE)];
    let policy = LogPolicy::parse(format!("log {key}\nquorum none\n").as_bytes()).unwrap();
    let public = scene.read("acme.pub.pem");
    let bundles: Vec<String> = (0..12)
        .map(|n| {
            scene.release(&format!("acme-{n}"));
            scene.text(format!("acme-{n}.sigstore.json"))
        })
        .collect();
    let proofs: Vec<(usize, Proof)> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..48)
            .map(|n| {
                let (served, bundle) = (&servers[n % 2], &bundles[n % 12]);
                scope.spawn(move || (n % 12, post(served, bundle).unwrap()))
            })
            .collect();
        asked.into_iter().map(|a| a.join().unwrap()).collect()
    });
    let places: BTreeSet<(usize, u64)> = proofs.iter().map(|(n, p)| (*n, p.index)).collect();
    assert_eq!(places.len(), 12, "each has one place: {places:?}");
    assert_eq!(places.iter().map(|(_, index)| *index).collect::<BTreeSet<_>>(), (0..12).collect());
    for (n, proof) in &proofs {
        policy.includes(leaf(bundles[*n].as_bytes(), &public), proof, jiff::Timestamp::now()).unwrap();
    }
}

/// A quorum of two: one witness behind HTTP, one in a folder. Without the first nothing is acknowledged.
#[test]
fn witnesses_cosign_before_anything_is_acknowledged() {
    let (scene, key) = scene();
    let witness = |n: u8| {
        scene.ok(&format!("key generate --no-passphrase --out w{n}.pem"));
        let made = scene
            .ok(&format!("log witness init w{n} --name w{n}.example.org --key w{n}.pem --log {key} --format json"));
        made.json("log-witness-v1.json")["vkey"].as_str().unwrap().to_owned()
    };
    let (first, second) = (witness(1), witness(2));
    let one = Served::start(&scene, "log witness serve w1 --key w1.pem --listen 127.0.0.1:0");
    let folder = scene.path("w2");
    let policy = format!(
        "log {key}\nwitness w1 {first} {}\nwitness w2 {second} {}\ngroup both all w1 w2\nquorum both\n",
        one.url(),
        folder.display()
    );
    init(&scene, Some(&policy));
    let policy = LogPolicy::parse(policy.as_bytes()).unwrap();
    let served = Served::start(&scene, SERVE);
    scene.release("acme-1");
    scene.release("acme-2");
    let bundles = ["acme-1", "acme-2"].map(|name| scene.text(format!("{name}.sigstore.json")));
    let public = scene.read("acme.pub.pem");
    let check = |proof: &Proof, bundle: &str| {
        let included = policy.includes(leaf(bundle.as_bytes(), &public), proof, jiff::Timestamp::now()).unwrap();
        assert_eq!(included.checkpoint().cosigned().len(), 2);
    };
    check(&post(&served, &bundles[0]).unwrap(), &bundles[0]);

    let address = one.address.clone();
    drop(one);
    let answer = served.ask("POST", "/add", &bundles[1]);
    assert!(answer.status == 503 && answer.body.starts_with("witnesses-missing"), "{answer:?}");
    let _again = Served::start(&scene, &format!("log witness serve w1 --key w1.pem --listen {address}"));
    let proof = post(&served, &bundles[1]).unwrap();
    assert_eq!(proof.index, 1, "it was committed the first time");
    check(&proof, &bundles[1]);
}

/// What `log policy` says applies to the next request; a policy that cannot be read changes nothing.
#[test]
fn it_follows_the_policy_while_it_runs() {
    let (scene, key) = scene();
    init(&scene, None);
    for name in ["w1", "w2"] {
        scene.ok(&format!("key generate --no-passphrase --out {name}.pem"));
        scene.ok(&format!("log witness init {name} --name {name}.example.org --key {name}.pem --log {key}"));
    }
    let served = Served::start(&scene, SERVE);
    let mut releases = 0;
    let mut cosigned = || {
        releases += 1;
        scene.release(&format!("acme-{releases}"));
        let proof = post(&served, &scene.text(format!("acme-{releases}.sigstore.json"))).unwrap();
        let others = proof.note.signatures().iter().filter(|line| !key.is_named_by(line));
        others.map(|line| line.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(cosigned(), [""; 0]);
    scene.ok("log policy tlog --witness w1=w1");
    assert_eq!(cosigned(), ["w1.example.org"]);
    scene.ok("log policy tlog --witness w1=w1 --witness w2=w2");
    assert_eq!(cosigned(), ["w1.example.org", "w2.example.org"]);
    scene.write("tlog/state/log-policy", "nonsense\n");
    assert_eq!(cosigned(), ["w1.example.org", "w2.example.org"]);
    std::fs::remove_file(scene.path("tlog/state/log-policy")).unwrap();
    assert_eq!(cosigned(), [""; 0]);
}

#[test]
fn it_needs_its_own_key_and_a_log() {
    let (scene, _) = scene();
    init(&scene, None);
    scene.run("log serve tlog --key acme.pem --trust forum --listen 127.0.0.1:0").says(3, "[log-key-mismatch]");
    scene.run("log serve nowhere --key log.pem --trust forum --listen 127.0.0.1:0").says(3, "[not-a-log]");
    scene.run("log serve tlog --key log.pem --trust nowhere --listen 127.0.0.1:0").says(3, "[file-not-found]");
}

//! A witness with two keys, Ed25519 and ML-DSA-44: both cosign, and a quorum may ask for either.

#[cfg(feature = "ml-dsa")]
#[test]
fn both_keys_cosign() {
    use super::Log;
    use crate::scene::Scene;
    use crate::world::{NOW, at};
    use vouchsafe::publish::ask::Asking;
    use vouchsafe::transparency::witness::AddCheckpoint;
    use vouchsafe::transparency::{LogPolicy, Note, NoteKey, Signed};
    let (scene, log) = (Scene::empty(), Log::new("example.org/log", 1));
    scene.ok("key generate --no-passphrase --out w.pem");
    let init =
        format!("log witness init w --name w1.example.org --key w.pem --ml-dsa --format json --log {}", log.vkey());
    let card = scene.ok(&init).json("log-witness-v1.json");
    let keys = ["vkey", "ml_dsa_vkey"].map(|name| NoteKey::parse(card[name].as_str().unwrap()).unwrap());
    crate::run::valid(&scene.read("w/witness.json"), "witness-v1.json");
    for (old, new) in [(0, 7), (7, 7), (7, 30)] {
        let words = "log witness add-checkpoint w --key w.pem".split(' ');
        let lines = scene.args(words, log.request(old, new).as_bytes()).says(0, "");
        let note = Note::parse(format!("{}{}", log.note(new), lines.text()).as_bytes()).unwrap();
        assert_eq!(note.signatures().len(), 3);
        assert!(keys.iter().all(|key| matches!(key.signed(&note), Signed::Good(Some(_)))), "{note}");
        assert_eq!(scene.text(format!("w/logs/{}", log.hash())), note.to_string(), "both are on record");
    }
    // A log that knows the second key alone takes that line and no other.
    let policy = format!("witness w1 {} {}\nquorum w1\n", keys[1], scene.path("w").display());
    let policy = LogPolicy::parse(policy.as_bytes()).unwrap();
    let asking = Asking { network: Default::default(), passphrase: Default::default(), clock: || at(NOW) };
    let witness = asking.cosigner(&policy.witnesses()[0]).unwrap().unwrap();
    let request = AddCheckpoint::parse(log.request(30, 31).as_bytes()).unwrap();
    let lines = witness.ask(&request).unwrap();
    assert!(lines.len() == 1 && keys[1].is_named_by(&lines[0]));
}

/// A build that cannot sign with the second key signs with neither.
#[cfg(not(feature = "ml-dsa"))]
#[test]
fn half_a_witness_cosigns_nothing() {
    let bench = super::Bench::new();
    let config = bench.scene.text("w/witness.json").replace("\"logs\"", "\"ml_dsa\": \"w1+0+AA==\",\n  \"logs\"");
    bench.scene.write("w/witness.json", config);
    bench.add(&bench.log.request(0, 3)).says(3, "feature ml-dsa");
    assert_eq!(bench.state(), "");
}

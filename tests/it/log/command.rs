//! `vouchsafe log init`, `append`, `prove` and `fsck`, as people type them.

use crate::run::valid;
use crate::scene::Scene;
use vouchsafe::transparency::Proof;

const APPEND: &str = "log append tlog acme-1.sigstore.json --key log.pem --public-key acme.pub.pem";

/// A log, and three releases of Acme's, the first of them logged.
pub(super) fn scene() -> Scene {
    let scene = Scene::new();
    scene.ok("key generate --no-passphrase --out log.pem");
    scene.ok("log init tlog --origin example.org/log --key log.pem");
    ["acme-1", "acme-2", "acme-3"].iter().for_each(|name| scene.release(name));
    scene.ok(APPEND);
    scene
}

#[test]
fn a_log_is_made_filled_proven_and_found_whole() {
    let scene = scene();
    valid(&scene.read("tlog/state/config.json"), "log-v1.json");
    valid(&scene.read("tlog/state/witnesses.json"), "log-witnesses-v1.json");
    let made = scene.ok("log init other --origin example.org/other --key log.pem --format json");
    assert!(made.json("log-init-v1.json")["vkey"].as_str().unwrap().starts_with("example.org/other+"));
    scene.run("log init tlog --origin example.org/log --key log.pem").says(3, "[file-exists]");

    // Many at once, whose keys the one trusted forum registered; the first keeps its place.
    let line = "log append tlog acme-1.sigstore.json acme-2.sigstore.json acme-3.sigstore.json --key log.pem";
    let first = scene.ok(line);
    assert!(first.first().starts_with("LOGGED  example.org/log  3 signatures, in a log of 3"), "{first:?}");
    let again = scene.ok(&format!("{line} --format json")).json("log-append-v1.json");
    let places: Vec<_> = again["bundles"].as_array().unwrap().iter().map(|b| b["indices"][0].clone()).collect();
    assert_eq!((places, again["size"].clone()), (vec![0.into(), 1.into(), 2.into()], 3.into()));
    // The proofs are in the bundles, which verify as before.
    scene.ok("verify acme-1");
    scene.ok("verify acme-2");

    let proven =
        scene.ok("log prove tlog acme-2.sigstore.json -o acme-2.proof --format json").json("log-prove-v1.json");
    assert_eq!(proven["indices"][0], 1);
    assert_eq!(Proof::parse(&scene.read("acme-2.proof")).unwrap().index, 1);
    scene.run("log prove tlog acme-2.sigstore.json -o acme-2.proof").says(3, "[file-exists]");
    let whole = scene.ok("log fsck tlog");
    assert!(whole.first().starts_with("WHOLE  example.org/log  a log of 3"), "{whole:?}");
    assert_eq!(scene.ok("log fsck tlog --format json").json("log-fsck-v1.json")["ok"], true);
}

#[test]
fn what_may_not_be_logged_is_refused_before_anything_is() {
    let scene = scene();
    // A signature by a key that nobody registered; and one that is not over these bytes.
    scene.write("loot", "loot");
    scene.ok("attest loot --key mallory.pem --member mallory --profile base --claims claims.toml");
    let before = scene.read("tlog/state/head");
    let refused = scene.run("log append tlog acme-2.sigstore.json loot.sigstore.json --key log.pem");
    refused.says(1, "[signature-not-loggable]");
    let text = scene.text("acme-2.sigstore.json");
    let at = text.find("\"sig\":\"").unwrap() + 17;
    let mut bytes = text.into_bytes();
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    scene.write("bad.sigstore.json", bytes);
    scene.run("log append tlog bad.sigstore.json --key log.pem").says(1, "[signature-not-loggable]");
    assert_eq!(scene.read("tlog/state/head"), before, "nothing was logged");

    scene.run("log append tlog acme-2.sigstore.json --key acme.pem").says(3, "[log-key-mismatch]");
    scene.run("log append nowhere acme-2.sigstore.json --key log.pem").says(3, "[not-a-log]");
    scene.run("log prove tlog acme-2.sigstore.json").says(3, "[not-in-log]");
    scene.write("strange.policy", "quorum none\n");
    let line = "log init third --origin example.org/third --key log.pem --policy strange.policy";
    scene.run(line).says(3, "[malformed]");
    scene.run("log init third --origin a+b --key log.pem").says(3, "[malformed]");
}

/// Each fault that fsck has to find: what is done to the log, and what it says.
#[test]
fn fsck_finds_every_fault_and_names_it() {
    type Harm = fn(&Scene);
    let flip = |scene: &Scene, name: &str| {
        let mut bytes = scene.read(name);
        bytes[9] ^= 1;
        scene.write(name, bytes);
    };
    const HEAD: &str = "tlog/state/head";
    let faults: [(&str, &str, Harm); 6] = [
        ("log-rolled-back", "the public checkpoint", |s| s.write("tlog/public/checkpoint", s.read("old.checkpoint"))),
        ("log-rolled-back", "the head", |s| s.write(HEAD, s.read("old.head"))),
        ("log-forked", "a fork's head", |s| s.write(HEAD, s.read("fork/state/head"))),
        ("log-head-missing", "no head", |s| std::fs::remove_file(s.path(HEAD)).unwrap()),
        ("log-unpublished", "nothing public", |s| {
            std::fs::remove_file(s.path("tlog/public/checkpoint")).unwrap();
            std::fs::remove_file(s.path("tlog/state/witnesses.json")).unwrap();
        }),
        ("log-index-wrong", "a row of the index", |s| {
            let index = rusqlite::Connection::open(s.path("tlog/state/index.sqlite")).unwrap();
            assert_eq!(index.execute("UPDATE leaf SET place = 1 - place", []).unwrap(), 2);
        }),
    ];
    let scene = scene();
    for (from, to) in [("tlog/public/checkpoint", "old.checkpoint"), (HEAD, "old.head")] {
        std::fs::copy(scene.path(from), scene.path(to)).unwrap();
    }
    scene.ok("log append tlog acme-2.sigstore.json --key log.pem");
    scene.ok("log init fork --origin example.org/log --key log.pem");
    scene.ok("log append fork acme-3.sigstore.json acme-1.sigstore.json --key log.pem");
    crate::faults::copy(&scene.path("tlog"), &scene.path("whole"));
    let damaged = |harm: &dyn Fn(&Scene)| {
        crate::faults::copy(&scene.path("whole"), &scene.path("tlog"));
        harm(&scene);
        let run = scene.run("log fsck tlog --format json");
        let report = run.json("log-fsck-v1.json");
        let codes: Vec<String> =
            report["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap().to_owned()).collect();
        (run.exit, codes)
    };
    for (code, what, harm) in faults {
        let (exit, codes) = damaged(&harm);
        assert!(exit != 0 && codes.iter().any(|c| c == code), "{what}: {code} in {codes:?}");
    }
    for tile in ["tile/0/000.p/2", "tile/entries/000.p/2"] {
        let name = format!("tlog/public/{tile}");
        let (exit, codes) = damaged(&|scene| flip(scene, &name));
        assert!(exit == 1 && codes.contains(&"tile-wrong".to_owned()), "{tile}: {codes:?}");
        let (exit, codes) = damaged(&|scene| std::fs::remove_file(scene.path(&name)).unwrap());
        assert!(exit == 1 && codes.contains(&"tile-wrong".to_owned()), "{tile}: {codes:?}");
    }
    assert_eq!(damaged(&|_| {}), (0, Vec::new()));
}

/// The index is a cache: gone, damaged, behind or lying, every answer is the same.
#[test]
fn without_its_index_a_log_answers_the_same() {
    let scene = scene();
    let index = || scene.path("tlog/state/index.sqlite");
    let old = scene.path("old.sqlite");
    std::fs::copy(index(), &old).unwrap();
    scene.ok("log append tlog acme-2.sigstore.json --key log.pem");
    let clear = || {
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(scene.path(format!("tlog/state/index.sqlite{ending}")));
        }
    };
    let lies = || {
        let index = rusqlite::Connection::open(index()).unwrap();
        index.execute("UPDATE leaf SET place = 1 - place", []).unwrap();
    };
    let harms: [&dyn Fn(); 4] = [
        &clear,
        &|| {
            clear();
            std::fs::write(index(), "no database").unwrap();
        },
        &|| {
            clear();
            std::fs::copy(&old, index()).unwrap();
        },
        &lies,
    ];
    for (n, harm) in harms.into_iter().enumerate() {
        harm();
        let proven = scene.ok("log prove tlog acme-2.sigstore.json --format json").json("log-prove-v1.json");
        assert_eq!(proven["indices"][0], 1, "after harm {n}");
        harm();
        let again = scene.ok(&format!("{APPEND} --format json")).json("log-append-v1.json");
        assert_eq!((&again["bundles"][0]["indices"][0], &again["size"]), (&0.into(), &2.into()), "after harm {n}");
        scene.ok("log fsck tlog");
    }
    clear();
    std::fs::create_dir(index()).unwrap();
    scene.run("log fsck tlog").says(3, "[log-index-unusable]");
}

//! Killed, out of room, or failing at every write, rename and sync: the registry and the trust stay whole, the last
//! good version is served, and the next run succeeds without repair. strace makes the faults, in the real program.

use crate::run::{Ran, program};
use crate::scene::{ACME, Scene};
use std::path::Path;

/// System calls that change files, one fault at a time.
const CALLS: [&str; 6] = ["write", "fsync", "rename", "link", "unlinkat", "openat"];
const FAULTS: [&str; 3] = ["signal=SIGKILL", "error=ENOSPC", "error=EIO"];
/// Opening files is most of what a program does at its start; every eleventh time is enough.
const STRIDE: usize = 11;

/// Runs a line with the n-th call of one kind failing. None when the program ended before it got so far.
fn fault(scene: &Scene, call: &str, fault: &str, nth: usize, line: &str) -> Option<Ran> {
    let inject = format!("inject={call}:{fault}:when={nth}");
    let trace = format!("trace={call}");
    let mut words = vec!["-f", "-qq", "-o", "strace.log", "-e", &trace, "-e", &inject];
    words.extend([env!("CARGO_BIN_EXE_vouchsafe"), "--home", "home"]);
    words.extend(line.split(' '));
    let ran = program("strace", &scene.path(""), words, b"");
    let log = scene.text("strace.log");
    (log.contains("INJECTED") || log.contains("+++ killed by SIGKILL") || ran.exit == -1).then_some(ran)
}

pub(crate) fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// Tries every fault on `line`, each from the same start; `after` sees what is left. How many faults struck.
pub(crate) fn every_fault(scene: &Scene, folders: &[&str], line: &str, after: impl Fn(&Ran, &str)) -> usize {
    for folder in folders {
        copy(&scene.path(folder), &scene.path(format!("{folder}.before")));
    }
    let mut struck = 0;
    for call in CALLS {
        for kind in FAULTS {
            let step = if call == "openat" { STRIDE } else { 1 };
            for nth in (1..).step_by(step) {
                for folder in folders {
                    copy(&scene.path(format!("{folder}.before")), &scene.path(folder));
                }
                let Some(ran) = fault(scene, call, kind, nth, line) else { break };
                after(&ran, &format!("{kind} at {call} {nth}"));
                struck += 1;
            }
        }
    }
    struck
}

#[test]
fn publishing_survives_every_fault() {
    let scene = Scene::new();
    scene.ok("registry renew forum");
    publishing(&scene);
}

#[test]
fn publishing_bins_survives_every_fault() {
    let scene = Scene::new();
    scene.ok("registry split forum");
    scene.publish();
    scene.ok("registry suspend forum acme");
    publishing(&scene);
}

/// An edit, interrupted anywhere: what was staged before still is, and the edit can be made again.
#[test]
fn staging_survives_every_fault() {
    let scene = Scene::new();
    scene.ok("registry split forum");
    scene.publish();
    scene.ok("registry suspend forum acme");
    scene.ok("registry sign forum --key board1.pem");
    let line = "registry suspend forum globex";
    let struck = every_fault(&scene, &["forum"], line, |_, what| {
        let review = scene.run("registry review forum");
        assert!(review.exit == 0 && review.text().contains("member acme is suspended"), "{what}: {review:?}");
        let again = scene.run(line);
        assert!(again.exit == 0 || again.err.contains("[nothing-to-change]"), "{what}: {again:?}");
        let review = scene.ok("registry review forum");
        let both = ["acme is suspended", "globex is suspended"].iter().all(|said| review.text().contains(said));
        assert!(both, "{what}: {review:?}");
    });
    assert!(struck > 20, "{struck} faults struck: are they still made?");
}

fn publishing(scene: &Scene) {
    scene.ok("registry sign forum --key board1.pem");
    scene.ok("registry sign forum --key board2.pem");
    let version = |scene: &Scene| -> u64 {
        let shown = scene.ok("registry show forum/published --format json").json("registry-show-v1.json");
        shown["versions"]["targets"].as_u64().unwrap()
    };
    let before = version(scene);
    let struck = every_fault(scene, &["forum"], "registry publish forum --online-key online.pem", |ran, what| {
        // Whatever happened, a client finds a whole version: the old one or the new one.
        let served = version(scene);
        assert!(served == before || served == before + 1, "{what}: version {served}");
        assert!(ran.exit != 0 || served == before + 1, "{what}: said to be published: {ran:?}");
        // And the next run needs no repair.
        let again = scene.run("registry publish forum --online-key online.pem");
        assert!(again.exit == 0 || again.err.contains("[nothing-staged]"), "{what}: {again:?}");
        assert_eq!(version(scene), before + 1, "{what}");
        assert!(scene.run("registry review forum").err.contains("[nothing-staged]"), "{what}");
    });
    assert!(struck > 40, "{struck} faults struck: are they still made?");
}

#[test]
fn trust_survives_every_fault() {
    let scene = Scene::new();
    scene.release("acme-1.0");
    scene.ok("verify acme-1.0");
    scene.ok("registry renew forum");
    scene.publish();
    let struck = every_fault(&scene, &["home"], "trust update forum", |_, what| {
        // The view before or the view after, never a mixture.
        let verified = scene.run("verify acme-1.0");
        assert_eq!(verified.exit, 0, "{what}: {verified:?}");
        let again = scene.run("trust update forum");
        assert_eq!(again.exit, 0, "{what}: {again:?}");
        assert!(scene.ok("verify acme-1.0").text().contains("registry version 2"), "{what}");
    });
    assert!(struck > 40, "{struck} faults struck: are they still made?");
}

#[test]
fn attesting_leaves_a_whole_attestation_or_none() {
    let scene = Scene::new();
    scene.write("acme-1.0", "release");
    let attestation = scene.path("acme-1.0.sigstore.json");
    let line = format!("attest acme-1.0 {ACME} --force");
    let struck = every_fault(&scene, &["forum"], &line, |_, what| {
        if attestation.exists() {
            assert_eq!(scene.run("verify acme-1.0").exit, 0, "{what}: half an attestation");
            std::fs::remove_file(&attestation).unwrap();
        }
    });
    assert!(struck > 10, "{struck} faults struck: are they still made?");
}

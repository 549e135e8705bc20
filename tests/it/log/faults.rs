//! `vouchsafe log append`, killed or failing at every system call that changes a file, short of room, and killed at
//! random times: what was acknowledged stays, nothing is torn, and the next run finishes the job.

use super::command::scene;
use crate::faults::{copy, every_fault};
use crate::run::{Ran, program};
use crate::scene::Scene;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const LINE: &str = "log append tlog b/acme-2.sigstore.json --key log.pem --public-key acme.pub.pem";

fn ready() -> Scene {
    let scene = scene();
    std::fs::create_dir(scene.path("b")).unwrap();
    std::fs::rename(scene.path("acme-2.sigstore.json"), scene.path("b/acme-2.sigstore.json")).unwrap();
    scene
}

/// Whatever happened: the entry before is where it was, and the run again puts the new one behind it. How long that
/// run took, from the start of the program to its end.
fn is_sound(scene: &Scene, ran: &Ran, what: &str) -> Duration {
    let bundle = scene.text("b/acme-2.sigstore.json");
    assert!(ran.exit != 0 || bundle.contains("inclusionProof"), "{what}: said to be logged: {ran:?}");
    if bundle.contains("inclusionProof") {
        let public = scene.text("tlog/public/checkpoint");
        assert_eq!(public.lines().nth(1), Some("2"), "{what}: acknowledged, and not public");
    }
    let started = Instant::now();
    let again = scene.run(&format!("{LINE} acme-1.sigstore.json --format json"));
    let took = started.elapsed();
    assert_eq!(again.exit, 0, "{what}: {again:?}");
    let said = again.json("log-append-v1.json");
    let places = [0, 1].map(|n| said["bundles"][n]["indices"][0].as_u64().unwrap());
    assert_eq!((places, said["size"].as_u64()), ([1, 0], Some(2)), "{what}");
    let whole = scene.run("log fsck tlog");
    assert_eq!(whole.exit, 0, "{what}: {whole:?}");
    took
}

#[test]
fn appending_survives_every_fault() {
    let scene = ready();
    let struck = every_fault(&scene, &["tlog", "b"], LINE, |ran, what| {
        is_sound(&scene, ran, what);
    });
    assert!(struck > 60, "{struck} faults struck: are they still made?");
}

/// No file may grow past so many bytes: writes are cut short there, and then fail.
#[test]
fn short_writes_are_reported_and_nothing_is_acknowledged() {
    let scene = ready();
    copy(&scene.path("tlog"), &scene.path("tlog.before"));
    copy(&scene.path("b"), &scene.path("b.before"));
    let mut failed = 0;
    for limit in [0, 1, 31, 33, 64, 150, 400, 500, 700, 1000, 1500, 3000] {
        for folder in ["tlog", "b"] {
            copy(&scene.path(format!("{folder}.before")), &scene.path(folder));
        }
        let limited = format!("--fsize={limit}");
        let words = [limited.as_str(), env!("CARGO_BIN_EXE_vouchsafe"), "--home", "home"];
        let ran = program("prlimit", &scene.path(""), words.into_iter().chain(LINE.split(' ')), b"");
        failed += usize::from(ran.exit != 0);
        is_sound(&scene, &ran, &format!("at most {limit} bytes"));
    }
    assert!(failed > 8, "{failed} failed: is the limit still set?");
}

/// Kills the program after a while, if it is still running.
fn killed_after(scene: &Scene, wait: Duration) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vouchsafe"));
    command.args(["--home", "home"]).args(LINE.split(' ')).current_dir(scene.path(""));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(wait);
    let _ = child.kill();
    let exit = child.wait().unwrap().code().unwrap_or(-1);
    Ran { exit, out: Vec::new(), err: String::new() }
}

#[expect(clippy::print_stdout, reason = "the figure of a long run")]
fn random_kills(times: u64) {
    let scene = ready();
    copy(&scene.path("tlog"), &scene.path("tlog.before"));
    copy(&scene.path("b"), &scene.path("b.before"));
    let (mut seed, mut killed, mut slowest) = (0x9e37_79b9_7f4a_7c15_u64, 0, Duration::ZERO);
    for n in 0..times {
        for folder in ["tlog", "b"] {
            copy(&scene.path(format!("{folder}.before")), &scene.path(folder));
        }
        // xorshift: the same times in each run.
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let ran = killed_after(&scene, Duration::from_micros(seed % 40_000));
        let again = is_sound(&scene, &ran, &format!("kill {n}"));
        if ran.exit != 0 {
            killed += 1;
            slowest = slowest.max(again);
        }
    }
    println!(
        "{killed} of {times} were killed before they had ended; the slowest run again after that took {slowest:?}"
    );
}

#[test]
fn appending_survives_a_few_random_kills() {
    random_kills(12);
}

/// `cargo test --test it -- --ignored log::faults::appending_survives_a_thousand_random_kills --nocapture`
#[test]
#[ignore = "takes minutes"]
fn appending_survives_a_thousand_random_kills() {
    random_kills(1000);
}

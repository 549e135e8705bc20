//! Killed, out of room, or failing at every call that changes a file: what was cosigned last is the old or the new
//! checkpoint, whole, and no cosignature gets out that is not recorded.

use super::Bench;
use crate::run::{Ran, program};
use vouchsafe::transparency::{Checkpoint, Note};

const CALLS: [&str; 6] = ["write", "fsync", "rename", "flock", "unlink", "openat"];
const FAULTS: [&str; 3] = ["signal=SIGKILL", "error=ENOSPC", "error=EIO"];

/// One request with the n-th call of one kind failing. None when the program ended before it got so far.
fn fault(bench: &Bench, call: &str, fault: &str, nth: usize, request: &str) -> Option<Ran> {
    let inject = format!("inject={call}:{fault}:when={nth}");
    let trace = format!("trace={call}");
    let mut words = vec!["-f", "-qq", "-o", "strace.log", "-e", &trace, "-e", &inject];
    words.push(env!("CARGO_BIN_EXE_vouchsafe"));
    words.extend("log witness add-checkpoint w --key w.pem".split(' '));
    let ran = program("strace", &bench.scene.path(""), words, request.as_bytes());
    let log = bench.scene.text("strace.log");
    (log.contains("INJECTED") || log.contains("+++ killed by SIGKILL") || ran.exit == -1).then_some(ran)
}

fn recorded(bench: &Bench) -> (u64, String) {
    let note = Note::parse(bench.state().as_bytes()).expect("a whole note");
    let checkpoint = Checkpoint::parse(note.text()).unwrap();
    (checkpoint.size, checkpoint.root.to_string())
}

#[test]
fn a_cosignature_survives_every_fault() {
    let bench = Bench::new();
    let fork = bench.log.forked(1, 15);
    bench.add(&bench.log.request(0, 10)).says(0, "");
    let before = bench.state();
    let path = bench.scene.path(format!("w/logs/{}", bench.log.hash()));
    let mut struck = 0;
    for call in CALLS {
        for kind in FAULTS {
            for nth in 1.. {
                std::fs::write(&path, &before).unwrap();
                let Some(ran) = fault(&bench, call, kind, nth, &bench.log.request(10, 20)) else { break };
                let what = format!("{kind} at {call} {nth}: {ran:?}");
                struck += 1;
                // The old record or the new one, whole.
                let (size, root) = recorded(&bench);
                assert!([10, 20].contains(&size), "{what}");
                assert_eq!(root, bench.log.root(usize::try_from(size).unwrap()), "{what}");
                // Whatever got out is recorded, and it was all of it or nothing.
                if !ran.out.is_empty() {
                    bench.is_cosigned(20, ran.text());
                    assert_eq!(size, 20, "{what}: a cosignature that is not recorded");
                }
                assert!(ran.exit != 0 || !ran.out.is_empty(), "{what}: success without a cosignature");
                // The next request needs no repair; once one truth got out, the other one is refused.
                if size == 20 {
                    assert_eq!(bench.add(&fork.request(10, 20)).exit, 1, "{what}");
                    assert_eq!(bench.add(&fork.request(20, 20)).exit, 1, "{what}");
                }
                let again = bench.add(&bench.log.request(usize::try_from(size).unwrap(), 20));
                assert_eq!(again.exit, 0, "{what}: {again:?}");
            }
        }
    }
    assert!(struck > 30, "{struck} faults struck: are they still made?");
}

/// Making a log known, interrupted anywhere, never forgets what was cosigned.
#[test]
fn making_a_log_known_forgets_nothing() {
    let bench = Bench::new();
    bench.add(&bench.log.request(0, 10)).says(0, "");
    let before = bench.state();
    let other = bench.log.forked(7, 1);
    let config = bench.scene.read("w/witness.json");
    let mut struck = 0;
    for call in CALLS.into_iter().filter(|call| *call != "openat") {
        for kind in FAULTS {
            for nth in 1.. {
                bench.scene.write("w/witness.json", &config);
                let inject = format!("inject={call}:{kind}:when={nth}");
                let vkey = other.vkey();
                let words = ["-f", "-qq", "-o", "strace.log", "-e", &format!("trace={call}"), "-e", &inject];
                let ours = [env!("CARGO_BIN_EXE_vouchsafe"), "log", "witness", "add-log", "w", &vkey];
                let ran = program("strace", &bench.scene.path(""), words.into_iter().chain(ours), b"");
                let log = bench.scene.text("strace.log");
                if !log.contains("INJECTED") && !log.contains("+++ killed by SIGKILL") && ran.exit != -1 {
                    break;
                }
                struck += 1;
                assert_eq!(bench.state(), before, "{kind} at {call} {nth}");
                bench.scene.ok(&format!("log witness add-log w {vkey}"));
                bench.add(&bench.log.request(0, 10)).says(1, "[witness-size-conflict]");
            }
        }
    }
    assert!(struck > 10, "{struck} faults struck: are they still made?");
}

/// The server, killed at any moment under load, and started again: what it gave out is what it knows.
#[test]
fn a_killed_server_remembers() {
    let bench = Bench::new();
    let mut size = 0;
    for round in 0..12 {
        let served = bench.serve();
        let killer = {
            let pid = served.pid();
            std::thread::spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(3 + 7 * round));
                program("kill", ".".as_ref(), ["-9", &pid.to_string()], b"");
            })
        };
        // One after the other, until it is dead.
        while size < 290 {
            let Some(answer) = served.try_post(&bench.log.request(size, size + 1)) else { break };
            match answer.status {
                200 => size += 1,
                // The answer before the kill did not arrive; what was recorded is one further.
                409 => {
                    assert_eq!(answer.body, format!("{}\n", size + 1), "more or less than was asked for");
                    size += 1;
                }
                other => panic!("{other}: {answer:?}"),
            }
        }
        killer.join().unwrap();
        drop(served);
        if size > 0 {
            let (recorded, _) = recorded(&bench);
            let recorded = usize::try_from(recorded).unwrap();
            assert!(recorded == size || recorded == size + 1, "{recorded} is recorded, {size} were given out");
        }
    }
    assert!(size > 0, "not one was given out");
}

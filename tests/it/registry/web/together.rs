//! Several processes update the same view at once while its registry is published again, and others read it.

use super::super::{Bench, snapshot};
use super::nginx::Nginx;
use super::with;
use crate::run::Ran;
use std::sync::atomic::{AtomicBool, Ordering};

const UPDATERS: usize = 3;
const PUBLICATIONS: u64 = 6;

/// A trusted forum with a release of its member, which its policy accepts.
fn bench(source: &str, run: impl Fn(&Bench, &str) -> Ran) -> Bench {
    let bench = Bench::published();
    run(&bench, &format!("trust add {source} --fingerprint {}", bench.fingerprint())).says(0, "TRUSTED");
    std::fs::write(bench.path("acme-1.txt"), "a release").unwrap();
    let template = bench.ok("practice template --profile base").text().replace("\"notMet\"", "\"met\"");
    std::fs::write(bench.path("claims.toml"), template).unwrap();
    bench.ok("attest acme-1.txt --key acme.pem --member acme --profile base --claims claims.toml");
    bench
}

/// The registry version an answer is about.
fn version(ran: &Ran, path: &str) -> u64 {
    crate::run::parse(&ran.out).pointer(path).and_then(serde_json::Value::as_u64).unwrap_or_else(|| panic!("{ran:?}"))
}

/// Publishes, updates and reads at once; every answer is one that could be given if all stood in a line.
fn together(bench: &Bench) {
    let done = AtomicBool::new(false);
    let run = |line: &str| with(bench, &[], line);
    let update = || {
        let ran = run("--format json trust update");
        assert_eq!(ran.exit, 0, "what is published never stands in the way: {ran:?}");
        version(&ran, "/forums/0/versions/targets")
    };
    let show = || {
        let ran = run("--format json registry show");
        assert_eq!(ran.exit, 0, "{ran:?}");
        version(&ran, "/versions/targets")
    };
    // Each does it again and again until there is nothing new, and once more; no answer is older than the one before.
    let until_done = |each: &(dyn Fn() -> u64 + Sync)| {
        let (mut seen, mut last) = (1, false);
        while !last {
            last = done.load(Ordering::SeqCst);
            let is = each();
            assert!(is >= seen, "version {is} after version {seen}");
            seen = is;
        }
        seen
    };
    std::thread::scope(|scope| {
        let updaters: Vec<_> = (0..UPDATERS).map(|_| scope.spawn(|| until_done(&update))).collect();
        let reader = scope.spawn(|| until_done(&show));
        let verifier = scope.spawn(|| {
            until_done(&|| {
                run("verify acme-1.txt").says(0, "VERIFIED  acme-1.txt  Acme");
                1
            })
        });
        // The others are to end, whatever becomes of this.
        let published = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            (0..PUBLICATIONS).for_each(|_| bench.publish_again());
        }));
        done.store(true, Ordering::SeqCst);
        for updater in updaters {
            assert_eq!(updater.join().unwrap(), PUBLICATIONS + 1);
        }
        assert!(reader.join().unwrap() <= PUBLICATIONS + 1);
        verifier.join().unwrap();
        published.unwrap();
    });
    assert_eq!(show(), PUBLICATIONS + 1);
    let left: Vec<_> =
        snapshot(bench.folder.path()).into_keys().filter(|p| p.to_string_lossy().ends_with("tmp")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_folder_is_published_updated_and_read_at_once() {
    together(&bench("forum", |bench, line| bench.run(line)));
}

#[test]
fn a_server_is_published_updated_and_read_at_once() {
    let bench = bench("forum", |bench, line| bench.run(line));
    let nginx = Nginx::serving(&bench.path("forum/published"), |port| format!("{port};"));
    // From now on the view comes from the server.
    with(&bench, &[], &format!("trust add {} --fingerprint {}", nginx.url(), bench.fingerprint())).says(0, "TRUSTED");
    together(&bench);
}

//! A log in Python, written from the specification, asks our witness; curl reads what it says to monitors.

use super::Bench;
use crate::peers::python;

#[test]
fn a_foreign_log_is_cosigned() {
    let bench = Bench::new();
    let served = bench.serve();
    // The seed of the key that `Log::new(…, 1)` signs with.
    let seed = "01".repeat(32);
    let vkey = bench.vkey.to_string();
    let folder = bench.scene.path("");
    let asked = python(&folder, "witness_client.py", [&served.address, &vkey, &bench.log.origin, &seed]);
    asked.says(0, "ok 11 cosignatures");
    // It started anew; the witness did not.
    let again = python(&folder, "witness_client.py", [&served.address, &vkey, &bench.log.origin, &seed]);
    assert!(again.exit == 1 && again.err.contains("(409, '70\\n')"), "{again:?}");
}

//! The Python peers of tests/peers: python-tuf and securesystemslib read what we write.

use crate::run::{Ran, program};
use std::ffi::OsStr;
use std::path::Path;

/// Runs a script of tests/peers in `folder`. Without the peers the test fails: a test that does not run proves nothing.
pub(crate) fn python(folder: &Path, script: &str, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Ran {
    let python = std::env::var("VOUCHSAFE_PEERS_PYTHON").unwrap_or_default();
    assert!(Path::new(&python).is_file(), "the Python peers are not installed (VOUCHSAFE_PEERS_PYTHON); run tests/run");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(script).into_os_string();
    program(&python, folder, std::iter::once(script).chain(args.into_iter().map(|a| a.as_ref().to_owned())), b"")
}

/// Both ways of failing: nothing to read, and nothing asked for.
#[test]
fn the_peers_never_say_yes_to_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dsse = python(folder.path(), "dsse_verify.py", ["none.json", "none.pem"]);
    assert_eq!((dsse.exit, dsse.first().contains("FileNotFoundError")), (1, true), "{dsse:?}");
    let tuf = python(folder.path(), "tuf_read.py", [".", ".", "none.json", "none"]);
    assert_eq!((tuf.exit, tuf.err.contains("FileNotFoundError")), (1, true), "{tuf:?}");
    assert_eq!(python(folder.path(), "dsse_verify.py", [""; 0]).exit, 2);
    assert_eq!(python(folder.path(), "tuf_read.py", ["."]).exit, 2);
}

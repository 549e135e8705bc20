//! lcov tracefiles.

use super::{Code, Extracted, Fault, Target};
use std::io::Read;

/// The facts.
pub(super) fn extract(name: &str, _: &mut dyn Read, _: &Target<'_>) -> Result<Extracted, Fault> {
    Err(Fault::new(Code::Unsupported, name, "a kind of evidence this version reads", "one it does not"))
}

/// Whether a file seems to be one.
pub(super) fn looks(_: &str, _: &[u8]) -> bool {
    false
}

//! In a build without the feature `ml-dsa`: a witness that has such a key is not served by half.

use super::error::{WitnessError, config};
use crate::transparency::{Note, Signature};
use jiff::Timestamp;
use std::path::Path;

/// Refuses.
pub(super) fn line(_: &Path, _: &str, _: &Note, _: Timestamp) -> Result<Signature, WitnessError> {
    Err(config("it signs with ML-DSA-44, too, which takes a build with the feature ml-dsa"))
}

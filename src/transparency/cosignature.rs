//! Cosignatures (C2SP tlog-cosignature): a witness says that, at a time, this was the largest tree it had seen.

use jiff::Timestamp;

/// What an Ed25519 witness signs: a header, the time, and the text of the checkpoint.
pub fn message(text: &str, time: Timestamp) -> String {
    format!("cosignature/v1\ntime {}\n{text}", time.as_second())
}

/// A `timestamped_signature` from a time, in whole seconds, and a signature.
pub fn join(time: Timestamp, signature: &[u8]) -> Vec<u8> {
    let seconds = u64::try_from(time.as_second()).unwrap_or(0);
    [&seconds.to_be_bytes()[..], signature].concat()
}

/// Splits a `timestamped_signature`. None if it is too short, or its time is nought or past what a timestamp holds.
pub(super) fn split(bytes: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (seconds, signature) = bytes.split_first_chunk::<8>()?;
    let seconds = i64::try_from(u64::from_be_bytes(*seconds)).ok().filter(|s| *s > 0)?;
    Some((Timestamp::from_second(seconds).ok()?, signature))
}

//! Cosignatures (C2SP tlog-cosignature): a witness says that, at a time, this was the largest tree it had seen.

use jiff::Timestamp;

/// What an Ed25519 witness signs: a header, the time, and the text of the checkpoint.
pub fn message(text: &str, time: Timestamp) -> String {
    message_at(text, seconds(time))
}

pub(super) fn message_at(text: &str, seconds: u64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

/// A `timestamped_signature` from a time, in whole seconds, and a signature.
pub fn join(time: Timestamp, signature: &[u8]) -> Vec<u8> {
    [&seconds(time).to_be_bytes()[..], signature].concat()
}

/// Seconds since 1970; nought, which states no time, for anything before.
pub(super) fn seconds(time: Timestamp) -> u64 {
    u64::try_from(time.as_second()).unwrap_or(0)
}

/// Splits a `timestamped_signature`. None if it is too short, or its time is past 2^63 - 1.
pub(super) fn split(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (seconds, signature) = bytes.split_first_chunk::<8>()?;
    let seconds = u64::from_be_bytes(*seconds);
    i64::try_from(seconds).is_ok().then_some((seconds, signature))
}

/// The time that is stated: none if it is nought, which says that none is, or past the year 9999.
pub(super) fn stated(seconds: u64) -> Option<Timestamp> {
    let seconds = i64::try_from(seconds).ok().filter(|s| *s > 0)?;
    Timestamp::from_second(seconds).ok()
}

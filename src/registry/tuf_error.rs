//! What the TUF library and our own readers say about metadata, in our codes.

use super::refusal::{Code, Refusal};
use crate::encoding::{Malformed, duration};
use sigstore_tuf::Error as TufError;

pub(super) fn malformed(error: Malformed) -> Refusal {
    Refusal::new(Code::Malformed, error.what, "a well-formed document", error.why)
}

/// The TUF library's errors, in our codes.
pub(super) fn refusal(error: TufError) -> Refusal {
    let got = error.to_string();
    match error {
        TufError::ThresholdNotMet { role, found, threshold } => {
            Refusal::new(Code::SignatureInvalid, role, format!("{threshold} valid signatures"), format!("{found}"))
        }
        TufError::DuplicateSignature { role, .. } => Refusal::new(Code::SignatureInvalid, role, "each key once", got),
        TufError::Crypto(_) | TufError::UnusableKey { .. } | TufError::UnsupportedScheme { .. } => {
            Refusal::new(Code::SignatureInvalid, "", "keys and signatures this version can check", got)
        }
        TufError::Rollback { role, trusted, new } => {
            Refusal::new(Code::Rollback, role, format!("version {trusted} or later"), format!("version {new}"))
        }
        TufError::BadRootVersion { trusted, new } => Refusal::new(
            Code::Rollback,
            "root",
            format!("version {}", trusted.saturating_add(1)),
            format!("version {new}"),
        ),
        TufError::Expired { role, expires } => Refusal::new(
            Code::Expired,
            &role,
            format!("{role} metadata still in force"),
            format!("expired {}", duration::rfc3339(expires)),
        ),
        TufError::IntegrityMismatch(_) => {
            Refusal::new(Code::HashMismatch, "", "the file its signed metadata pins", got)
        }
        _ => Refusal::new(Code::Malformed, "", "well-formed TUF metadata", got),
    }
}

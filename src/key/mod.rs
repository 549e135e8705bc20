//! Keys: who can sign, in which suite, and when enough of them agree.
//!
//! [`PublicKey`] and [`SecretKey`] hide the algorithm; the suite of a member key is written in the signed
//! registry record, never chosen by an envelope. [`Quorum::agree`] is the only threshold loop in the crate.

mod import;
mod jwk;
mod minisign;
mod names;
mod openssh;
mod pem;
mod public;
mod quorum;
mod secret;
mod strict;
mod wire;

pub use import::{Imported, KeyFormat};
pub use minisign::MinisignId;
pub use pem::{Sealed, weak_encryption};
pub use public::{KeyId, PublicKey, Suite};
pub use quorum::{Principal, Quorum, QuorumError, Shortfall, Signers, Tally, Vote, enough};
pub use secret::SecretKey;

use crate::encoding::{Class, Explain, Malformed};

/// Why bytes are not a usable key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not the format it claims to be.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A small-order or non-canonical Ed25519 point: anybody can sign for it.
    #[error("this Ed25519 public key is weak: signatures under it can be forged by anybody")]
    Weak,
    /// An algorithm outside the suites of [`Suite`].
    #[error("unsupported key algorithm {0}")]
    Unsupported(String),
    /// The private key is encrypted and no passphrase was given.
    #[error("the private key is encrypted and no passphrase was given")]
    NeedsPassphrase,
    /// Decryption failed.
    #[error("the passphrase does not open this private key")]
    WrongPassphrase,
}

impl Explain for KeyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "key-malformed",
            Self::Weak => "key-weak",
            Self::Unsupported(_) => "key-unsupported",
            Self::NeedsPassphrase => "passphrase-needed",
            Self::WrongPassphrase => "passphrase-wrong",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Weak => Class::Refused,
            _ => Class::Undecided,
        }
    }
    fn expected(&self) -> String {
        match self {
            Self::Malformed(m) => format!("a {}", m.what),
            Self::Weak => "a canonical Ed25519 point of large order (RFC 8032, section 5.1)".into(),
            Self::Unsupported(_) => "an Ed25519 or ECDSA P-256 key".into(),
            Self::NeedsPassphrase => {
                "a passphrase from a terminal, --passphrase-file, --passphrase-fd or VOUCHSAFE_PASSPHRASE".into()
            }
            Self::WrongPassphrase => "the passphrase this key was encrypted with".into(),
        }
    }
    fn got(&self) -> String {
        match self {
            Self::Malformed(m) => m.why.clone(),
            Self::Weak => "a point that makes forgeries possible".into(),
            Self::Unsupported(name) => name.clone(),
            Self::NeedsPassphrase => "none, and no terminal to ask on".into(),
            Self::WrongPassphrase => "another one, or a damaged file".into(),
        }
    }
    fn next(&self) -> String {
        match self {
            Self::NeedsPassphrase | Self::WrongPassphrase => "give it with --passphrase-file FILE or in VOUCHSAFE_PASSPHRASE".into(),
            _ => "vouchsafe key generate --out NEW.pem makes a good one; vouchsafe key import reads PKCS#8, OpenSSH and minisign keys".into(),
        }
    }
}

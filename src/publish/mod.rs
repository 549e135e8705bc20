//! Writes what others will rely on: registry versions, and attestations.

#[cfg(feature = "http")]
pub mod add;
pub mod ask;
pub mod attest;
mod boards;
mod candid;
pub mod change;
mod draft;
mod edit;
mod endorse;
pub mod forum;
#[cfg(feature = "http")]
pub mod http_server;
pub mod log;
mod logging;
mod notice;
mod published;
mod rotate;
mod stage;
pub mod submit;
pub mod witness;

pub use change::{Change, Review, RoleReview};
pub use edit::Named;
pub use forum::{Forum, Founding};
pub use log::{Cosigner, NotAsked};
pub use logging::{Before, Keeper, Nobody, Notary};
pub use published::Published;
pub use rotate::Rotation;
pub use witness::WitnessFolder;

use crate::attestation::{Envelope, OpenError, SealError};
use crate::encoding::text::shown;
use crate::encoding::{Class, Explain, Malformed};
use crate::gather::trust::TrustError;
use crate::registry::Refusal;
use crate::signer::SignerError;
use crate::store;

/// Why something was not published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The registry's rules say no.
    #[error(transparent)]
    Registry(#[from] Refusal),
    /// The world failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The key failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// A file cannot be read.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// What was about to be published does not load.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A log says no, or cannot be written.
    #[error(transparent)]
    Log(#[from] log::Error),
    /// A log that somebody else keeps took nothing.
    #[error(transparent)]
    NotTaken(#[from] submit::NotTaken),
    /// A witness cannot be asked there.
    #[error(transparent)]
    Network(#[from] crate::gather::network::NetworkError),
    /// The key has signed this attestation already.
    #[error("this key has signed this attestation already")]
    SignedAlready,
    /// The attestation to add a signature to is about other bytes.
    #[error("the attestation to append to says something else than what would be signed")]
    OtherStatement,
    /// Evidence shows that a practice claimed as met is not.
    #[error("{practice} is claimed as met, and its check {check} fails on {}", shown(evidence))]
    Contradicted {
        /// The practice.
        practice: String,
        /// The check that fails.
        check: String,
        /// On which evidence.
        evidence: String,
        /// What was expected, and what is.
        why: String,
    },
    /// What we made does not pass our own check; nothing was written.
    #[error("the attestation that was made does not pass its own check: {0}")]
    SelfCheck(String),
}

impl Error {
    fn part(&self) -> Option<&dyn Explain> {
        match self {
            Self::Registry(e) => Some(e),
            Self::Store(e) => Some(e),
            Self::Signer(e) => Some(e),
            Self::Malformed(e) => Some(e),
            Self::Trust(e) => Some(e),
            Self::Log(e) => Some(e),
            Self::NotTaken(e) => Some(e),
            Self::Network(e) => Some(e),
            Self::SignedAlready | Self::OtherStatement | Self::Contradicted { .. } | Self::SelfCheck(_) => None,
        }
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::SignedAlready => "signed-already",
            Self::OtherStatement => "other-statement",
            Self::Contradicted { .. } => "claims-contradicted",
            Self::SelfCheck(_) => "self-check-failed",
            _ => self.part().map_or("malformed", Explain::code),
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::OtherStatement | Self::Contradicted { .. } => Class::Refused,
            _ => self.part().map_or(Class::Undecided, Explain::class),
        }
    }
    fn expected(&self) -> String {
        match self {
            Self::SignedAlready => "a key that has not signed yet".into(),
            Self::OtherStatement => "the same subjects, and the same predicate".into(),
            Self::Contradicted { .. } => "claims that the evidence bears out".into(),
            Self::SelfCheck(_) => "an attestation that reads back as it was written".into(),
            _ => self.part().map(Explain::expected).unwrap_or_default(),
        }
    }
    fn got(&self) -> String {
        match self {
            Self::SignedAlready => "one that has".into(),
            Self::OtherStatement => "other ones".into(),
            Self::Contradicted { why, .. } => shown(why),
            Self::SelfCheck(why) => why.clone(),
            _ => self.part().map(Explain::got).unwrap_or_default(),
        }
    }
    fn next(&self) -> String {
        match self {
            Self::SignedAlready => "nothing to do; another member adds its signature with its own key".into(),
            Self::OtherStatement => "attest the same files, or write a new attestation with -o".into(),
            Self::Contradicted { practice, .. } => {
                format!(
                    "mend what the report complains of, or claim {practice} as notMet, with an exception if there is one"
                )
            }
            Self::SelfCheck(_) => "run it again; if it stays so, the key's device is faulty: do not use it".into(),
            _ => self.part().map(Explain::next).unwrap_or_default(),
        }
    }
}

impl From<SealError<SignerError>> for Error {
    fn from(error: SealError<SignerError>) -> Self {
        match error {
            SealError::Signer(e) => Self::Signer(e),
            SealError::SignedAlready(_) => Self::SignedAlready,
        }
    }
}

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Self {
        Self::SelfCheck(error.to_string())
    }
}

/// Signs an envelope with a key; every signature is verified before it is kept.
pub fn seal(envelope: &mut Envelope, signer: &dyn crate::signer::Signer) -> Result<(), Error> {
    let sign = |message: &[u8]| crate::signer::sign_checked(signer, message).map(|s| (signer.public().id().clone(), s));
    Ok(envelope.seal(sign)?)
}

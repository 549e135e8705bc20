//! Why a witness gives no cosignature.

use crate::encoding::text::{shown, shown_path};
use crate::encoding::{Class, Explain, Malformed};
use crate::signer::SignerError;
use crate::store;
use crate::transparency::witness::NotCosigned;
use crate::transparency::{NoteKey, Scheme};
use jiff::Timestamp;
use std::path::PathBuf;

pub(super) const WHAT: &str = "witness.json";

/// No cosignature: on a rule of the specification, or because the witness itself cannot.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessError {
    /// The rule says no.
    #[error("not cosigned: {}", shown(&.0.to_string()))]
    NotCosigned(#[from] NotCosigned),
    /// The world failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The key failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// A file or key that is not what it should be.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// No witness was ever made there.
    #[error("{}: not the folder of a witness", shown_path(.0))]
    NotAWitness(PathBuf),
    /// The signing key is not the witness's.
    #[error("the key given is not the one of this witness")]
    OtherKey {
        /// The witness's vkey.
        expected: String,
        /// Id of the key that signed.
        got: String,
    },
    /// What was cosigned last cannot be known any more.
    #[error("{}: the record of what was cosigned last is damaged", shown_path(.path))]
    StateDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Nobody said where its private key is.
    #[error("{}: this witness does not say where its key is", shown_path(.0))]
    NoKeyFile(PathBuf),
    /// A clock that no cosignature can state.
    #[error("the clock of this machine says {0}, which no cosignature may state")]
    Clock(Timestamp),
}

/// A damaged `witness.json`.
pub(super) fn config(why: &str) -> WitnessError {
    Malformed::new(WHAT, why).into()
}

/// Refuses the keys of witnesses where those of logs are meant.
pub(super) fn a_log_key(key: &NoteKey) -> Result<(), WitnessError> {
    match key.scheme() {
        Scheme::Cosignature(_) => {
            Err(Malformed::new("log key", "a witness's key, where the key of a log is meant").into())
        }
        _ => Ok(()),
    }
}

impl WitnessError {
    fn part(&self) -> Option<&dyn Explain> {
        match self {
            Self::Store(e) => Some(e),
            Self::Signer(e) => Some(e),
            Self::Malformed(e) => Some(e),
            _ => None,
        }
    }
}

impl Explain for WitnessError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotCosigned(NotCosigned::BadRequest(_)) => "witness-request-malformed",
            Self::NotCosigned(NotCosigned::UnknownLog(_)) => "witness-log-unknown",
            Self::NotCosigned(NotCosigned::Unsigned) => "witness-log-unsigned",
            Self::NotCosigned(NotCosigned::Conflict(_)) => "witness-size-conflict",
            Self::NotCosigned(NotCosigned::Inconsistent) => "witness-inconsistent",
            Self::NotAWitness(_) => "not-a-witness",
            Self::OtherKey { .. } => "witness-key-other",
            Self::StateDamaged { .. } => "witness-state-damaged",
            Self::NoKeyFile(_) => "witness-key-unknown",
            Self::Clock(_) => "clock-unset",
            _ => self.part().map_or("malformed", Explain::code),
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::NotCosigned(NotCosigned::BadRequest(_)) => Class::Undecided,
            Self::NotCosigned(_) => Class::Refused,
            _ => self.part().map_or(Class::Undecided, Explain::class),
        }
    }
    fn expected(&self) -> String {
        match self {
            Self::NotCosigned(NotCosigned::BadRequest(_)) => {
                "\"old N\", a consistency proof, an empty line, a checkpoint (C2SP tlog-witness)".into()
            }
            Self::NotCosigned(NotCosigned::UnknownLog(_)) => "a log that this witness knows".into(),
            Self::NotCosigned(NotCosigned::Unsigned) => "a good signature by the key of the log".into(),
            Self::NotCosigned(NotCosigned::Conflict(size)) => format!("old {size}"),
            Self::NotCosigned(NotCosigned::Inconsistent) => {
                "a proof that the tree begins with the one that was cosigned last".into()
            }
            Self::NotAWitness(_) => "a folder with witness.json".into(),
            Self::OtherKey { expected, .. } => expected.clone(),
            Self::StateDamaged { .. } => "a checkpoint that this witness cosigned".into(),
            Self::NoKeyFile(_) => "the path of a private key in witness.json".into(),
            Self::Clock(_) => "a time after 1970".into(),
            _ => self.part().map(Explain::expected).unwrap_or_default(),
        }
    }
    fn got(&self) -> String {
        match self {
            Self::NotCosigned(NotCosigned::BadRequest(why)) => shown(why),
            Self::NotCosigned(NotCosigned::UnknownLog(origin)) => shown(origin),
            Self::NotCosigned(NotCosigned::Unsigned) => "none, or one that does not verify".into(),
            Self::NotCosigned(NotCosigned::Conflict(_)) => "another size".into(),
            Self::NotCosigned(NotCosigned::Inconsistent) => "another tree, or a proof that does not lead there".into(),
            Self::OtherKey { got, .. } => got.clone(),
            Self::StateDamaged { why, .. } => shown(why),
            Self::NotAWitness(_) | Self::NoKeyFile(_) => "none".into(),
            Self::Clock(now) => now.to_string(),
            _ => self.part().map(Explain::got).unwrap_or_default(),
        }
    }
    fn next(&self) -> String {
        match self {
            Self::NotCosigned(NotCosigned::BadRequest(_)) => "make the request again from the log".into(),
            Self::NotCosigned(NotCosigned::UnknownLog(_)) => {
                "if the witness shall watch it: vouchsafe log witness add-log DIR VKEY".into()
            }
            Self::NotCosigned(NotCosigned::Unsigned) => {
                "check that the witness knows the current key of the log; vouchsafe log witness add-log DIR VKEY adds one".into()
            }
            Self::NotCosigned(NotCosigned::Conflict(size)) => {
                format!("ask again with a consistency proof from {size} entries")
            }
            Self::NotCosigned(NotCosigned::Inconsistent) => {
                "if the proof is right, the log shows different people different truths: keep both checkpoints and tell the forum".into()
            }
            Self::NotAWitness(folder) => {
                format!("check the path; vouchsafe log witness init {} makes a witness there", shown_path(folder))
            }
            Self::OtherKey { .. } => "give the private key that the witness was made with".into(),
            Self::StateDamaged { .. } => {
                "restore the newest copy of this file; never an older one and never an empty one: the witness would sign a second truth".into()
            }
            Self::NoKeyFile(_) => {
                "let it answer over HTTP: vouchsafe log witness serve DIR --key KEY --listen ADDR:PORT".into()
            }
            Self::Clock(_) => "set the clock of this machine".into(),
            _ => self.part().map(Explain::next).unwrap_or_default(),
        }
    }
}

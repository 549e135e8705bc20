//! Who can sign: a [`Signer`] behind a key reference, and the only way to a signature, [`sign_checked`].
//!
//! This room touches the operating system for keys: files, environment variables, the terminal, randomness.

mod file;
mod passphrase;
pub mod random;
mod reference;
#[cfg_attr(not(unix), path = "terminal_absent.rs")]
mod terminal;

pub use file::FileSigner;
pub use passphrase::{Ask, PassphraseSource};
pub use reference::KeyReference;

use crate::encoding::{
    Class, Explain,
    text::{shown, shown_path},
};
use crate::key::{KeyError, KeyFormat, PublicKey};
use crate::store;
use std::path::PathBuf;

/// Something that signs with one key: a file today; agents, tokens and key services later.
pub trait Signer {
    /// The public half.
    fn public(&self) -> &PublicKey;
    /// Signs `message`. Call [`sign_checked`] instead, which does not believe it.
    ///
    /// # Errors
    /// [`SignerError`] if the key cannot be reached or declines.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError>;
}

/// Signs, and verifies the signature before it is handed out: a faulty machine, agent or token must not publish a
/// signature that nobody can check, and a faulty Ed25519 signature could give the key away.
///
/// # Errors
/// [`SignerError::BadSignature`] if it does not verify; whatever the signer says.
pub fn sign_checked(signer: &dyn Signer, message: &[u8]) -> Result<Vec<u8>, SignerError> {
    let signature = signer.sign(message)?;
    if signer.public().verifies(message, &signature) { Ok(signature) } else { Err(SignerError::BadSignature) }
}

/// Opens the key a reference names; asks for a passphrase only if the key needs one.
///
/// # Errors
/// [`SignerError`].
pub fn open(reference: &KeyReference, passphrase: &PassphraseSource) -> Result<Box<dyn Signer>, SignerError> {
    Ok(match reference {
        KeyReference::File(path) => Box::new(FileSigner::open(path, passphrase)?),
        KeyReference::Variable(name) => Box::new(FileSigner::from_variable(name, passphrase)?),
    })
}

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignerError {
    /// The key is not usable.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Its file is not.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A key, but not in our own format.
    #[error("{}: a key in another format ({format})", shown_path(.path))]
    NotImported {
        /// The key file.
        path: PathBuf,
        /// What it is.
        format: KeyFormat,
    },
    /// A public key where a private one is needed.
    #[error("{}: a public key, which cannot sign", shown_path(.0))]
    NotPrivate(PathBuf),
    /// The public key beside a private key is another one's: the private file is damaged or was exchanged.
    #[error("{}: the public key beside it, {}, belongs to another key", shown_path(.path), shown_path(.public))]
    PairMismatch {
        /// The private key.
        path: PathBuf,
        /// The public key.
        public: PathBuf,
    },
    /// A key reference of a kind this build does not know.
    #[error("key reference {}: keys behind {scheme} are not supported", shown(.reference))]
    ReferenceUnsupported {
        /// The whole reference.
        reference: String,
        /// Its kind.
        scheme: &'static str,
    },
    /// An environment variable that should hold something.
    #[error("the environment variable {} is not set", shown(.0))]
    NoVariable(String),
    /// A passphrase file that others can read.
    #[error("{}: others can read this passphrase file (mode {mode:04o})", shown_path(.path))]
    PassphraseExposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A passphrase nobody should use, or two that differ.
    #[error("the passphrase from {from} {why}")]
    BadPassphrase {
        /// Where it came from.
        from: String,
        /// What is wrong.
        why: &'static str,
    },
    /// A new key needs a passphrase and there is nobody to ask.
    #[error("a new key needs a passphrase, none was given and there is no terminal to ask on")]
    NoPassphrase,
    /// The terminal failed.
    #[error("the terminal cannot be used to ask for a passphrase: {0}")]
    Terminal(std::io::Error),
    /// The operating system gave no random bytes.
    #[error("the operating system gives no randomness: {0}")]
    NoRandomness(String),
    /// The signature does not verify under the signer's own public key.
    #[error("the signature that was made does not verify: the key, its agent or this machine is faulty")]
    BadSignature,
}

impl Explain for SignerError {
    fn code(&self) -> &'static str {
        match self {
            Self::Key(e) => e.code(),
            Self::Store(e) => e.code(),
            Self::NotImported { .. } => "key-not-imported",
            Self::NotPrivate(_) => "key-not-private",
            Self::PairMismatch { .. } => "key-pair-mismatch",
            Self::ReferenceUnsupported { .. } => "key-unsupported",
            Self::NoVariable(_) => "variable-not-set",
            Self::PassphraseExposed { .. } => "passphrase-exposed",
            Self::BadPassphrase { .. } => "passphrase-unusable",
            Self::NoPassphrase => "passphrase-needed",
            Self::Terminal(_) => "terminal-unusable",
            Self::NoRandomness(_) => "no-randomness",
            Self::BadSignature => "signature-faulty",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Key(e) => e.class(),
            Self::Store(e) => e.class(),
            _ => Class::Undecided,
        }
    }
    fn expected(&self) -> String {
        match self {
            Self::Key(e) => e.expected(),
            Self::Store(e) => e.expected(),
            Self::NotImported { .. } => {
                "PKCS#8 PEM, as vouchsafe key generate and vouchsafe key import write it".into()
            }
            Self::NotPrivate(_) => "a private key, such as acme.pem".into(),
            Self::PairMismatch { .. } => "the public half of this very key, or no such file".into(),
            Self::ReferenceUnsupported { .. } => "a path, file:PATH or env:NAME".into(),
            Self::NoVariable(_) => "a value in it".into(),
            Self::PassphraseExposed { .. } => "mode 0600: readable by its owner alone".into(),
            Self::BadPassphrase { .. } => "one line, not empty".into(),
            Self::NoPassphrase => KeyError::NeedsPassphrase.expected(),
            Self::Terminal(_) | Self::NoRandomness(_) | Self::BadSignature => String::new(),
        }
    }
    fn got(&self) -> String {
        match self {
            Self::Key(e) => e.got(),
            Self::Store(e) => e.got(),
            Self::NotImported { format, .. } => format.to_string(),
            Self::NotPrivate(_) => "its public half, or another's".into(),
            Self::ReferenceUnsupported { scheme, .. } => (*scheme).into(),
            Self::PassphraseExposed { mode, .. } => format!("mode {mode:04o}"),
            Self::NoVariable(_) | Self::NoPassphrase => "nothing".into(),
            _ => String::new(),
        }
    }
    fn next(&self) -> String {
        match self {
            Self::Key(e) => e.next(),
            Self::Store(store::Error::Exists(_)) => "choose another name; a key is never overwritten".into(),
            Self::Store(e) => e.next(),
            Self::NotImported { path, .. } => {
                format!("vouchsafe key import {} --out NEW.pem", shown_path(path))
            }
            Self::NotPrivate(_) => "give the private key that belongs to it: acme.pem beside acme.pub.pem".into(),
            Self::PairMismatch { path, .. } => {
                format!("vouchsafe key show {} says whose it is; restore the file from a backup", shown_path(path))
            }
            Self::ReferenceUnsupported { .. } => {
                "give --key FILE, or the PEM in an environment variable with --key env:NAME".into()
            }
            Self::NoVariable(name) => format!("set {} or give --key FILE", shown(name)),
            Self::PassphraseExposed { path, .. } => format!("chmod 600 {}", shown_path(path)),
            Self::BadPassphrase { .. } | Self::Terminal(_) => KeyError::NeedsPassphrase.next(),
            Self::NoPassphrase => {
                "give it with --passphrase-file FILE or in VOUCHSAFE_PASSPHRASE, or say --no-passphrase".into()
            }
            Self::NoRandomness(_) | Self::BadSignature => "try again on another machine".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PublicKey, Signer, SignerError, random, sign_checked};
    use crate::key::{SecretKey, Suite};

    /// Signs with another key than it says, or with one bit wrong.
    struct Faulty(SecretKey, SecretKey, u8);
    impl Signer for Faulty {
        fn public(&self) -> &PublicKey {
            self.0.public()
        }
        fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
            let mut signature = self.1.sign(message);
            signature[40] ^= self.2;
            Ok(signature)
        }
    }

    #[test]
    fn a_faulty_signature_never_leaves() {
        for suite in [Suite::Ed25519, Suite::EcdsaP256Sha256] {
            let key = || random::generate(suite).unwrap();
            let (a, b) = (key(), key());
            assert!(matches!(sign_checked(&Faulty(a, b, 0), b"m"), Err(SignerError::BadSignature)));
            let pem = key().to_pem(crate::key::Sealed::Plain).unwrap();
            let same = || SecretKey::from_pem(&pem, None).unwrap();
            assert!(sign_checked(&Faulty(same(), same(), 0), b"m").is_ok());
            assert!(matches!(sign_checked(&Faulty(same(), same(), 1), b"m"), Err(SignerError::BadSignature)));
        }
    }
}

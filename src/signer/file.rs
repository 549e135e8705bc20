//! Keys in files and in environment variables: PKCS#8 PEM, opened once, wiped when dropped.

use super::{PassphraseSource, Signer, SignerError};
use crate::encoding::{MAX_SMALL, Malformed};
use crate::key::{KeyError, KeyFormat, PublicKey, SecretKey};
use crate::store;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Signs with a private key held in memory.
#[derive(Debug)]
pub struct FileSigner {
    key: SecretKey,
}

impl FileSigner {
    /// Opens a PKCS#8 PEM file (RFC 5958) that only its owner can read.
    ///
    /// # Errors
    /// [`store::Error::Exposed`] for files others can read, [`SignerError::NotImported`] for other formats,
    /// [`SignerError::PairMismatch`] if the public key beside it is another one, [`KeyError`] for bad keys.
    pub fn open(path: &Path, passphrase: &PassphraseSource) -> Result<Self, SignerError> {
        let bytes = store::read_private(path, MAX_SMALL).map_err(|e| match e {
            // A public key may be read by anybody: "chmod 600" would be the wrong advice.
            store::Error::Exposed { .. } if is_public(path) => SignerError::NotPrivate(path.to_owned()),
            other => other.into(),
        })?;
        let format = KeyFormat::of(&bytes)?;
        if !format.is_private() {
            return Err(SignerError::NotPrivate(path.to_owned()));
        }
        if format != KeyFormat::Pkcs8Pem {
            return Err(SignerError::NotImported { path: path.to_owned(), format });
        }
        let prompt = format!("Passphrase of {}", crate::encoding::text::shown_path(path));
        let key = unlock(&bytes, passphrase, &prompt)?;
        let public = Self::public_path(path);
        // PKCS#8 version 1 holds an Ed25519 key without a checksum, so a flipped bit is another good key.
        let beside = store::read_bounded(&public, MAX_SMALL).ok().and_then(|b| PublicKey::import(&b).ok());
        if beside.is_some_and(|(beside, _)| beside != *key.public()) {
            return Err(SignerError::PairMismatch { path: path.to_owned(), public });
        }
        Ok(Self { key })
    }

    /// Opens PKCS#8 PEM in an environment variable.
    ///
    /// # Errors
    /// As [`FileSigner::open`], and [`SignerError::NoVariable`].
    pub fn from_variable(name: &str, passphrase: &PassphraseSource) -> Result<Self, SignerError> {
        let value = if name.is_empty() || name.contains(['=', '\0']) { None } else { std::env::var(name).ok() };
        let pem = Zeroizing::new(value.ok_or_else(|| SignerError::NoVariable(name.to_owned()))?);
        let prompt = format!("Passphrase of the key in {}", crate::encoding::text::shown(name));
        match KeyFormat::of(pem.as_bytes())? {
            KeyFormat::Pkcs8Pem => Ok(Self { key: unlock(pem.as_bytes(), passphrase, &prompt)? }),
            format => {
                Err(KeyError::from(Malformed::new("PKCS#8 PEM in that variable", format!("this is a {format}"))).into())
            }
        }
    }

    /// Where the public half of a key file is kept: `acme.pem` and `acme.pub.pem`; `acme.key` and `acme.key.pub.pem`.
    pub fn public_path(private: &Path) -> PathBuf {
        let pem = private.extension().is_some_and(|e| e == "pem");
        let mut name = if pem { private.file_stem() } else { private.file_name() }.unwrap_or_default().to_owned();
        name.push(".pub.pem");
        private.with_file_name(name)
    }
}

fn is_public(path: &Path) -> bool {
    store::read_bounded(path, MAX_SMALL).is_ok_and(|bytes| KeyFormat::of(&bytes).is_ok_and(|f| !f.is_private()))
}

/// Reads a key; asks for its passphrase only if it is encrypted.
fn unlock(pem: &[u8], passphrase: &PassphraseSource, prompt: &str) -> Result<SecretKey, SignerError> {
    match SecretKey::import(pem, None) {
        Err(KeyError::NeedsPassphrase) => {
            let given = passphrase.read(prompt)?;
            Ok(SecretKey::import(pem, given.as_ref().map(|p| p.as_slice()))?.0)
        }
        other => Ok(other?.0),
    }
}

impl Signer for FileSigner {
    fn public(&self) -> &PublicKey {
        self.key.public()
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.key.sign(message))
    }
}

//! One door for every key file: recognises the format, then reads it by the rules of its own file.
//!
//! Recognising looks at the first characters only and decides nothing but which reader is asked.

use super::{KeyError, MinisignId, PublicKey, SecretKey, Suite, minisign, names, openssh, weak_encryption};
use crate::encoding::{MAX_SMALL, Malformed};
use pkcs8::der::asn1::AnyRef;
use pkcs8::der::{Decode as _, SliceReader};
use pkcs8::{EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef, SubjectPublicKeyInfoRef};
use zeroize::Zeroizing;

/// What a key file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFormat {
    /// PKCS#8 PEM (RFC 5958, RFC 7468), plain or encrypted.
    Pkcs8Pem,
    /// PKCS#8 DER (RFC 5958).
    Pkcs8Der,
    /// `EC PRIVATE KEY` PEM (RFC 5915).
    Sec1Pem,
    /// `OPENSSH PRIVATE KEY` (openssh-key-v1).
    OpenSshPrivate,
    /// minisign secret key.
    MinisignSecret,
    /// SPKI PEM (RFC 7468, section 13).
    SpkiPem,
    /// SPKI DER (RFC 5280, section 4.1.2.7).
    SpkiDer,
    /// `ssh-ed25519 AAAA…` (RFC 4253, section 6.6).
    OpenSshPublic,
    /// minisign public key.
    MinisignPublic,
    /// JSON Web Key (RFC 7517).
    Jwk,
}

impl KeyFormat {
    /// Recognises a key by how it starts.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] naming what is accepted, [`KeyError::Unsupported`] for known formats of unsupported algorithms.
    pub fn of(bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.len() > MAX_SMALL {
            return Err(unknown(format!("{} bytes, more than any key", bytes.len())));
        }
        if bytes.first() == Some(&0x30) {
            return Self::of_der(bytes);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| unknown("neither text nor DER"))?.trim_start();
        if let Some(label) = pem_label(text) {
            return Self::of_label(label);
        }
        if text.starts_with('{') {
            return Ok(Self::Jwk);
        }
        if text.starts_with(minisign::COMMENT) {
            return Ok(if minisign::is_secret(text) { Self::MinisignSecret } else { Self::MinisignPublic });
        }
        if ["ssh-", "ecdsa-", "sk-"].iter().any(|start| text.starts_with(start)) {
            return Ok(Self::OpenSshPublic);
        }
        if text.starts_with("RW") && text.trim_end().len() == minisign::PUBLIC_LENGTH {
            return Ok(Self::MinisignPublic);
        }
        Err(unknown("it starts like none of them"))
    }

    fn of_label(label: &str) -> Result<Self, KeyError> {
        match label {
            "PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" => Ok(Self::Pkcs8Pem),
            "EC PRIVATE KEY" | "EC PARAMETERS" => Ok(Self::Sec1Pem),
            "OPENSSH PRIVATE KEY" => Ok(Self::OpenSshPrivate),
            "PUBLIC KEY" => Ok(Self::SpkiPem),
            "RSA PRIVATE KEY" | "RSA PUBLIC KEY" => Err(KeyError::Unsupported("RSA".into())),
            "DSA PRIVATE KEY" => Err(KeyError::Unsupported("DSA".into())),
            "CERTIFICATE" => Err(unknown("this is a certificate; openssl x509 -pubkey -noout prints its public key")),
            "PGP PRIVATE KEY BLOCK" | "PGP PUBLIC KEY BLOCK" => Err(KeyError::Unsupported("OpenPGP".into())),
            other => Err(unknown(format!("this PEM says {:?}", crate::encoding::text::shown(other)))),
        }
    }

    fn of_der(bytes: &[u8]) -> Result<Self, KeyError> {
        if PrivateKeyInfoRef::try_from(bytes).is_ok() || EncryptedPrivateKeyInfoRef::try_from(bytes).is_ok() {
            return Ok(Self::Pkcs8Der);
        }
        SubjectPublicKeyInfoRef::try_from(bytes)
            .map(|_| Self::SpkiDer)
            .map_err(|_| unknown("DER that is neither PKCS#8 nor SPKI"))
    }

    /// Whether files of this format hold the secret half.
    pub fn is_private(self) -> bool {
        matches!(self, Self::Pkcs8Pem | Self::Pkcs8Der | Self::Sec1Pem | Self::OpenSshPrivate | Self::MinisignSecret)
    }

    /// Its name for people and for JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pkcs8Pem => "PKCS#8 PEM",
            Self::Pkcs8Der => "PKCS#8 DER",
            Self::Sec1Pem => "SEC1 PEM",
            Self::OpenSshPrivate => "OpenSSH private key",
            Self::MinisignSecret => "minisign secret key",
            Self::SpkiPem => "SPKI PEM",
            Self::SpkiDer => "SPKI DER",
            Self::OpenSshPublic => "OpenSSH public key",
            Self::MinisignPublic => "minisign public key",
            Self::Jwk => "JSON Web Key",
        }
    }
}

impl std::fmt::Display for KeyFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What came with an imported key and has no place in PKCS#8 or SPKI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// What the file was written in.
    pub format: KeyFormat,
    /// Whether a passphrase protected it.
    pub encrypted: bool,
    /// The comment of an OpenSSH private key.
    pub comment: Option<String>,
    /// The key number of a minisign key.
    pub minisign_id: Option<MinisignId>,
    /// Why its protection was weak.
    pub warning: Option<String>,
}

impl Imported {
    fn plain(format: KeyFormat) -> Self {
        Self { format, encrypted: false, comment: None, minisign_id: None, warning: None }
    }
}

fn unknown(why: impl Into<String>) -> KeyError {
    Malformed::new("key (PKCS#8, SEC1 or SPKI PEM, PKCS#8 or SPKI DER, OpenSSH, minisign or JWK)", why).into()
}

/// The label of the first PEM block, if the text starts with one.
fn pem_label(text: &str) -> Option<&str> {
    text.strip_prefix("-----BEGIN ")?.split_once("-----").map(|(label, _)| label)
}

fn text(bytes: &[u8]) -> Result<&str, KeyError> {
    std::str::from_utf8(bytes).map_err(|_| unknown("not text"))
}

/// The curve that an ECPrivateKey (RFC 5915, section 3) names: version, secret, `[0]` curve.
fn sec1_curve(der: &[u8]) -> Option<ObjectIdentifier> {
    let mut fields = SliceReader::new(AnyRef::from_der(der).ok()?.value()).ok()?;
    let (_version, _secret) = (u8::decode(&mut fields).ok()?, AnyRef::decode(&mut fields).ok()?);
    ObjectIdentifier::from_der(AnyRef::decode(&mut fields).ok()?.value()).ok()
}

impl SecretKey {
    /// Reads a private key in any accepted format: PKCS#8 PEM and DER (versions 1 and 2, plain and PBES2), SEC1
    /// `EC PRIVATE KEY` PEM, OpenSSH, minisign.
    ///
    /// # Errors
    /// [`KeyError::NeedsPassphrase`] if it is encrypted and none was given; [`KeyError`] otherwise.
    pub fn import(bytes: &[u8], passphrase: Option<&[u8]>) -> Result<(Self, Imported), KeyError> {
        let format = KeyFormat::of(bytes)?;
        let plain = Imported::plain(format);
        match format {
            KeyFormat::Pkcs8Pem => {
                let pem = text(bytes)?;
                let key = Self::from_pem(pem, passphrase)?;
                let encrypted = pem_label(pem.trim_start()) == Some("ENCRYPTED PRIVATE KEY");
                Ok((key, Imported { encrypted, warning: weak_encryption(pem), ..plain }))
            }
            KeyFormat::Pkcs8Der => match EncryptedPrivateKeyInfoRef::try_from(bytes) {
                Ok(sealed) => {
                    let key = Self::from_sealed(&sealed, passphrase)?;
                    Ok((key, Imported { encrypted: true, warning: super::pem::weak_scheme(&sealed), ..plain }))
                }
                Err(_) => Ok((Self::from_pkcs8_der(bytes)?, plain)),
            },
            KeyFormat::Sec1Pem => Ok((Self::from_sec1_pem(text(bytes)?)?, plain)),
            KeyFormat::OpenSshPrivate => {
                let opened = openssh::read(text(bytes)?, passphrase)?;
                Ok((opened.key, Imported { encrypted: opened.encrypted, comment: Some(opened.comment), ..plain }))
            }
            KeyFormat::MinisignSecret => {
                let opened = minisign::read(text(bytes)?, passphrase)?;
                Ok((opened.key, Imported { encrypted: opened.encrypted, minisign_id: Some(opened.id), ..plain }))
            }
            _ => Err(Malformed::new("private key", format!("this is a public key ({format})")).into()),
        }
    }

    /// Reads `EC PRIVATE KEY` PEM (RFC 5915), after the `EC PARAMETERS` block that `openssl ecparam` puts before it.
    fn from_sec1_pem(pem: &str) -> Result<Self, KeyError> {
        const WHAT: &str = "SEC1 private key";
        let bad = |why: String| KeyError::Malformed(Malformed::new(WHAT, why));
        let start = pem.find("-----BEGIN EC PRIVATE KEY-----").ok_or_else(|| bad("no EC PRIVATE KEY block".into()))?;
        let block = pem.get(start..).unwrap_or_default().trim();
        if block.contains("Proc-Type:") {
            let advice = "OpenSSL's old PEM encryption (openssl pkcs8 -topk8 -in OLD -out NEW turns it into PKCS#8)";
            return Err(KeyError::Unsupported(advice.into()));
        }
        let (_, der) = pkcs8::der::pem::decode_vec(block.as_bytes()).map_err(|e| bad(e.to_string()))?;
        let der = Zeroizing::new(der);
        if let Some(curve) = sec1_curve(&der).filter(|curve| *curve != names::P256_OID) {
            return Err(KeyError::Unsupported(names::curve_name(curve)));
        }
        let key = p256::SecretKey::from_sec1_der(&der).map_err(|e| bad(e.to_string()))?;
        Self::from_random(Suite::EcdsaP256Sha256, &Zeroizing::new(key.to_bytes().into()))
    }
}

impl PublicKey {
    /// Reads a public key in any accepted format: SPKI PEM and DER, OpenSSH, minisign, JWK.
    ///
    /// # Errors
    /// [`KeyError`], also for private keys, which are never taken where a public one is asked for.
    pub fn import(bytes: &[u8]) -> Result<(Self, Imported), KeyError> {
        let format = KeyFormat::of(bytes)?;
        let plain = Imported::plain(format);
        match format {
            KeyFormat::SpkiPem => Ok((Self::from_pem(text(bytes)?)?, plain)),
            KeyFormat::SpkiDer => Ok((Self::from_spki_der(bytes)?, plain)),
            KeyFormat::OpenSshPublic => Ok((Self::from_openssh(text(bytes)?)?, plain)),
            KeyFormat::MinisignPublic => {
                let (key, id) = Self::from_minisign(text(bytes)?)?;
                Ok((key, Imported { minisign_id: Some(id), ..plain }))
            }
            KeyFormat::Jwk => Ok((Self::from_jwk(bytes)?, plain)),
            _ => {
                Err(Malformed::new("public key", format!("this is a private key ({format}); keep it to yourself"))
                    .into())
            }
        }
    }
}

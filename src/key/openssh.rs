//! OpenSSH keys: `openssh-key-v1` private keys (PROTOCOL.key) and one-line public keys (RFC 4253, section 6.6).
//!
//! A private key is accepted only if its two halves agree: the public key outside, the public key inside and the
//! one computed from the secret are the same, so no flipped bit gives another key.

use super::wire::{Reader, put};
use super::{KeyError, PublicKey, SecretKey, Suite};
use crate::encoding::{Malformed, base64};
use aes::cipher::{KeyIvInit as _, StreamCipher as _};
use sha2::Digest as _;
use zeroize::Zeroizing;

const WHAT: &str = "OpenSSH private key";
const MAGIC: &[u8] = b"openssh-key-v1\0";
const BEGIN: &str = "-----BEGIN OPENSSH PRIVATE KEY-----";
const END: &str = "-----END OPENSSH PRIVATE KEY-----";
/// More bcrypt rounds than this (OpenSSH writes 16 or 24) would only keep us busy: some ten seconds.
const MOST_ROUNDS: u32 = 1024;

/// What an OpenSSH private key file held.
pub(super) struct Opened {
    pub(super) key: SecretKey,
    pub(super) comment: String,
    pub(super) encrypted: bool,
}

fn bad(why: impl Into<String>) -> KeyError {
    Malformed::new(WHAT, why).into()
}

/// The key type's name on the wire (RFC 8709; RFC 5656, section 3.1).
fn type_name(suite: Suite) -> &'static str {
    match suite {
        Suite::Ed25519 => "ssh-ed25519",
        Suite::EcdsaP256Sha256 => "ecdsa-sha2-nistp256",
    }
}

impl PublicKey {
    /// The public key blob (RFC 8709, section 4; RFC 5656, section 3.1).
    fn openssh_blob(&self) -> Vec<u8> {
        let mut blob = Vec::new();
        put(&mut blob, type_name(self.suite()).as_bytes());
        if self.suite() == Suite::EcdsaP256Sha256 {
            put(&mut blob, b"nistp256");
        }
        put(&mut blob, &self.raw());
        blob
    }

    fn from_openssh_blob(blob: &[u8], what: &'static str) -> Result<Self, KeyError> {
        let mut reader = Reader::new(blob, what);
        let name = reader.text()?;
        let key = Self::from_openssh_fields(name, &mut reader)?;
        reader.end()?;
        Ok(key)
    }

    fn from_openssh_fields(name: &str, reader: &mut Reader<'_>) -> Result<Self, KeyError> {
        match name {
            "ssh-ed25519" => {
                let raw = reader.bytes()?;
                let raw = raw.try_into().map_err(|_| reader.bad(format!("{} key bytes, Ed25519 has 32", raw.len())))?;
                Self::from_ed25519(raw)
            }
            "ecdsa-sha2-nistp256" => {
                if reader.text()? != "nistp256" {
                    return Err(reader.bad("the curve's name is not nistp256").into());
                }
                let point = reader.bytes()?;
                if point.first() != Some(&4) {
                    return Err(reader.bad("the point is not uncompressed (RFC 5656, section 3.1)").into());
                }
                Self::from_p256_sec1(point)
            }
            other => Err(KeyError::Unsupported(ssh_name(other))),
        }
    }

    /// Writes one line, `ssh-ed25519 AAAA… comment`, as in `id_ed25519.pub` (RFC 8709; RFC 5656).
    pub fn to_openssh(&self, comment: &str) -> String {
        // A line break in a comment would start a second line, which an authorized_keys file would believe.
        let comment: String = comment.chars().filter(|c| !c.is_control()).collect();
        let line = format!("{} {} {comment}", type_name(self.suite()), base64::encode(&self.openssh_blob()));
        format!("{}\n", line.trim_end())
    }

    /// Reads one line, `ssh-ed25519 AAAA… comment`.
    ///
    /// # Errors
    /// [`KeyError`] for other key types, weak points and anything that is not exactly one such line.
    pub fn from_openssh(text: &str) -> Result<Self, KeyError> {
        const WHAT: &str = "OpenSSH public key";
        let line = text.trim();
        if line.contains(['\n', '\r']) {
            return Err(Malformed::new(WHAT, "more than one line").into());
        }
        let mut words = line.split_ascii_whitespace();
        let (name, blob) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let key = Self::from_openssh_blob(&base64::decode(blob, WHAT)?, WHAT)?;
        if name != type_name(key.suite()) {
            return Err(
                Malformed::new(WHAT, format!("the line says {name:?}, the key is {}", type_name(key.suite()))).into()
            );
        }
        Ok(key)
    }

    /// `SHA256:…`, as `ssh-keygen -l` shows it.
    pub fn openssh_fingerprint(&self) -> String {
        let digest = base64::encode(&sha2::Sha256::digest(self.openssh_blob()));
        format!("SHA256:{}", digest.trim_end_matches('='))
    }
}

/// A key type we do not support, in words.
fn ssh_name(name: &str) -> String {
    match name {
        "ssh-rsa" => "RSA (ssh-rsa)".into(),
        "ssh-dss" => "DSA (ssh-dss)".into(),
        "ecdsa-sha2-nistp384" => "ECDSA P-384".into(),
        "ecdsa-sha2-nistp521" => "ECDSA P-521".into(),
        sk if sk.starts_with("sk-") => {
            format!("{}, a security key, whose secret is not in this file", crate::encoding::text::shown(sk))
        }
        other => crate::encoding::text::shown(&other.chars().take(64).collect::<String>()),
    }
}

/// Reads `-----BEGIN OPENSSH PRIVATE KEY-----` (openssh-key-v1).
pub(super) fn read(text: &str, passphrase: Option<&[u8]>) -> Result<Opened, KeyError> {
    let inner = text
        .trim()
        .strip_prefix(BEGIN)
        .and_then(|t| t.strip_suffix(END))
        .ok_or_else(|| bad("no BEGIN and END line around it"))?;
    let folded = Zeroizing::new(inner.chars().filter(|c| !matches!(c, '\n' | '\r')).collect::<String>());
    let blob = Zeroizing::new(base64::decode(&folded, WHAT)?);
    let mut reader =
        Reader::new(blob.strip_prefix(MAGIC).ok_or_else(|| bad("does not start with openssh-key-v1"))?, WHAT);
    let (cipher, kdf, options) = (reader.text()?, reader.text()?, reader.bytes()?);
    let count = reader.number()?;
    if count != 1 {
        return Err(bad(format!("{count} keys in one file, expected 1")));
    }
    let outside = PublicKey::from_openssh_blob(reader.bytes()?, WHAT)?;
    let sealed = reader.bytes()?;
    // Ciphers we do not read put an authentication tag there; decrypting refuses them by name.
    if !reader.rest().is_empty() && matches!(cipher, "none" | "aes256-ctr") {
        return Err(bad("bytes after the private section"));
    }
    let encrypted = cipher != "none";
    let open = decrypt(cipher, kdf, options, sealed, passphrase)?;
    let (key, comment) = read_private(&open, cipher, encrypted)?;
    if *key.public() != outside {
        return Err(bad("the public key outside is not that of the private key inside"));
    }
    Ok(Opened { key, comment, encrypted })
}

fn decrypt(
    cipher: &str,
    kdf: &str,
    options: &[u8],
    sealed: &[u8],
    passphrase: Option<&[u8]>,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut bytes = Zeroizing::new(sealed.to_vec());
    match (cipher, kdf) {
        ("none", "none") if options.is_empty() => Ok(bytes),
        ("none", _) | (_, "none") => Err(bad("it says both that it is encrypted and that it is not")),
        ("aes256-ctr", "bcrypt") => {
            let mut reader = Reader::new(options, WHAT);
            let (salt, rounds) = (reader.bytes()?, reader.number()?);
            reader.end()?;
            if rounds == 0 || rounds > MOST_ROUNDS || salt.is_empty() {
                return Err(bad(format!(
                    "{rounds} rounds of bcrypt over {} bytes of salt; 1 to {MOST_ROUNDS} rounds are accepted",
                    salt.len()
                )));
            }
            let passphrase = passphrase.ok_or(KeyError::NeedsPassphrase)?;
            let mut derived = Zeroizing::new([0; 48]);
            bcrypt_pbkdf::bcrypt_pbkdf(passphrase, salt, rounds, &mut derived[..])
                .map_err(|_| KeyError::WrongPassphrase)?;
            let (key, iv) = derived.split_at(32);
            let mut stream = ctr::Ctr128BE::<aes::Aes256>::new_from_slices(key, iv).map_err(|e| bad(e.to_string()))?;
            stream.apply_keystream(&mut bytes);
            Ok(bytes)
        }
        (_, "bcrypt") => Err(KeyError::Unsupported(format!(
            "OpenSSH cipher {} (aes256-ctr is read; ssh-keygen -p -Z aes256-ctr -f FILE changes it)",
            crate::encoding::text::shown(cipher)
        ))),
        (_, other) => {
            Err(KeyError::Unsupported(format!("OpenSSH key derivation {}", crate::encoding::text::shown(other))))
        }
    }
}

/// The private section: two equal check numbers, the key, a comment, the padding 1, 2, 3, …
fn read_private(open: &[u8], cipher: &str, encrypted: bool) -> Result<(SecretKey, String), KeyError> {
    let block = if cipher == "none" { 8 } else { 16 };
    if !open.len().is_multiple_of(block) {
        return Err(bad(format!("the private section is no multiple of {block} bytes")));
    }
    let mut reader = Reader::new(open, WHAT);
    if reader.number()? != reader.number()? {
        return Err(if encrypted { KeyError::WrongPassphrase } else { bad("its two check numbers differ") });
    }
    let name = reader.text()?;
    let public = PublicKey::from_openssh_fields(name, &mut reader)?;
    let secret = reader.bytes()?;
    let seed = Zeroizing::new(match public.suite() {
        Suite::Ed25519 => {
            let (seed, tail) = secret.split_first_chunk::<32>().ok_or_else(|| bad("fewer than 64 secret bytes"))?;
            if tail != public.raw() {
                return Err(bad("the secret bytes do not end with the public key"));
            }
            *seed
        }
        Suite::EcdsaP256Sha256 => scalar(secret)?,
    });
    let key = SecretKey::from_random(public.suite(), &seed)?;
    if *key.public() != public {
        return Err(bad("the public half is not that of the secret half"));
    }
    let comment = reader.text()?.to_owned();
    let padding = reader.rest();
    if padding.len() >= block || !padding.iter().zip(1u8..).all(|(found, n)| *found == n) {
        return Err(bad("the padding is not 1, 2, 3, …"));
    }
    Ok((key, comment))
}

/// An mpint (RFC 4251, section 5) of at most 32 bytes, positive.
fn scalar(mpint: &[u8]) -> Result<[u8; 32], KeyError> {
    let digits = match mpint {
        [0, rest @ ..] if rest.first().is_some_and(|b| b & 0x80 != 0) => rest,
        [first, ..] if *first != 0 && first & 0x80 == 0 => mpint,
        _ => return Err(bad("the secret number is not a positive mpint in its shortest form")),
    };
    let mut out = [0; 32];
    let at = out.len().checked_sub(digits.len()).ok_or_else(|| bad("the secret number has more than 32 bytes"))?;
    if let Some(place) = out.get_mut(at..) {
        place.copy_from_slice(digits);
    }
    Ok(out)
}

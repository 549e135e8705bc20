//! minisign keys: secret keys read (plain and scrypt), public keys read and written.
//!
//! A minisign key carries a random key number beside the Ed25519 key. PKCS#8 has no place for it, so an imported
//! key forgets it; [`MinisignId::of`] gives every key a number of its own, the first 8 bytes of the SHA-256 of its
//! SPKI, and the original one can be given again when the public key is exported.

use super::{KeyError, PublicKey, SecretKey, Suite};
use crate::encoding::{Malformed, base64};
use blake2::Digest as _;
use zeroize::Zeroizing;

const WHAT: &str = "minisign secret key";
const WHAT_PUBLIC: &str = "minisign public key";
/// How minisign's secret key files start.
pub(super) const COMMENT: &str = "untrusted comment:";
/// Characters of base64 in a secret key (158 bytes) and in a public key (42 bytes).
const SECRET_LENGTH: usize = 212;
pub(super) const PUBLIC_LENGTH: usize = 56;
/// scrypt may take this much memory (log2 of N·r·128 bytes, with r = 8): minisign's own choice is 1 GiB.
const MOST_LOG_N: u8 = 20;
/// and this many passes over it; minisign's own choice is 1.
const MOST_PASSES: u32 = 8;

/// The key number of a minisign key: eight bytes, shown as minisign shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinisignId([u8; 8]);

impl MinisignId {
    /// The number of a key that was not made by minisign: the first 8 bytes of the SHA-256 of its SPKI.
    pub fn of(key: &PublicKey) -> Self {
        let digest: [u8; 32] = sha2::Sha256::digest(key.spki_der()).into();
        Self(digest.first_chunk().copied().unwrap_or_default())
    }
}

/// Upper-case hexadecimal without leading zeros: minisign's own spelling of the little-endian number.
impl std::fmt::Display for MinisignId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:X}", u64::from_le_bytes(self.0))
    }
}

impl std::str::FromStr for MinisignId {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let digits = (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).ok().filter(|_| digits);
        number
            .map(|n| Self(n.to_le_bytes()))
            .ok_or_else(|| Malformed::new("minisign key number", "expected 1 to 16 hexadecimal digits"))
    }
}

/// What a minisign secret key file held.
pub(super) struct Opened {
    pub(super) key: SecretKey,
    pub(super) id: MinisignId,
    pub(super) encrypted: bool,
}

fn bad(why: impl Into<String>) -> KeyError {
    Malformed::new(WHAT, why).into()
}

/// The one line of base64, after the comment line if there is one.
fn payload<'a>(text: &'a str, what: &'static str) -> Result<&'a str, Malformed> {
    let mut lines = text.trim().lines().map(str::trim_end);
    let first = lines.next().unwrap_or_default();
    let line = if first.starts_with(COMMENT) { lines.next().unwrap_or_default() } else { first };
    if lines.next().is_some() { Err(Malformed::new(what, "more lines than a comment and a key")) } else { Ok(line) }
}

/// Whether this is a minisign secret key, by its comment and length.
pub(super) fn is_secret(text: &str) -> bool {
    text.starts_with(COMMENT) && payload(text, WHAT).is_ok_and(|line| line.len() == SECRET_LENGTH)
}

/// Reads a minisign secret key.
pub(super) fn read(text: &str, passphrase: Option<&[u8]>) -> Result<Opened, KeyError> {
    let bytes = Zeroizing::new(base64::decode(payload(text, WHAT)?, WHAT)?);
    let (header, sealed) =
        bytes.split_at_checked(54).filter(|(_, s)| s.len() == 104).ok_or_else(|| bad("it is not 158 bytes long"))?;
    let Some((kinds, salt, ops, memory)) = fields(header) else { return Err(bad("it is cut short")) };
    let encrypted = match kinds {
        b"EdScB2" => true,
        b"Ed\0\0B2" => false,
        [b'E', b'd', ..] => return Err(bad("its key derivation or checksum is not one that minisign writes")),
        _ => return Err(KeyError::Unsupported("minisign signature algorithm other than Ed25519".into())),
    };
    let mut open = Zeroizing::new(sealed.to_vec());
    if encrypted {
        let cost = pick(ops, memory)?;
        let mut stream = Zeroizing::new([0; 104]);
        scrypt::scrypt(passphrase.ok_or(KeyError::NeedsPassphrase)?, salt, &cost, &mut stream[..])
            .map_err(|e| bad(e.to_string()))?;
        open.iter_mut().zip(stream.iter()).for_each(|(byte, mask)| *byte ^= mask);
    }
    let (body, checksum) = open.split_at(72);
    // minisign fills in no checksum when it writes a key without a passphrase; the public half is one there.
    let absent = !encrypted && checksum.iter().all(|b| *b == 0);
    if !absent && blake2::Blake2b256::new().chain_update(b"Ed").chain_update(body).finalize()[..] != *checksum {
        return Err(if encrypted { KeyError::WrongPassphrase } else { bad("its checksum does not match") });
    }
    let (Some((id, pair)), Some(seed)) =
        (body.split_first_chunk::<8>(), body.get(8..).and_then(<[u8]>::first_chunk::<32>))
    else {
        return Err(bad("it is cut short"));
    };
    let key = SecretKey::from_random(Suite::Ed25519, &Zeroizing::new(*seed))?;
    if pair.get(32..) != Some(&key.public().raw()[..]) {
        return Err(bad("the public half is not that of the secret half"));
    }
    Ok(Opened { key, id: MinisignId(*id), encrypted })
}

/// Algorithms, salt, operations limit and memory limit of a secret key's header.
fn fields(header: &[u8]) -> Option<(&[u8; 6], &[u8; 32], u64, u64)> {
    let (kinds, rest) = header.split_first_chunk()?;
    let (salt, rest) = rest.split_first_chunk()?;
    let (ops, rest) = rest.split_first_chunk()?;
    Some((kinds, salt, u64::from_le_bytes(*ops), u64::from_le_bytes(*rest.first_chunk()?)))
}

/// libsodium's `pickparams`: N, r and p of scrypt from its operations and memory limits.
fn pick(ops: u64, memory: u64) -> Result<scrypt::Params, KeyError> {
    let ops = ops.max(32_768);
    // The largest power of two that is at most `most`, but at least 2.
    let log = |most: u64| (1..63u8).find(|n| (1u64 << n) > most / 2).unwrap_or(63);
    let (log_n, p) = if ops < memory / 32 {
        (log(ops / 32), 1)
    } else {
        let log_n = log(memory / 1024);
        (log_n, ((ops / 4) >> log_n).min(0x3fff_ffff) / 8)
    };
    let p = u32::try_from(p).unwrap_or(u32::MAX);
    if log_n > MOST_LOG_N || p > MOST_PASSES {
        return Err(bad(format!(
            "its scrypt asks for N = 2^{log_n}, p = {p}; at most N = 2^{MOST_LOG_N} (1 GiB) and p = {MOST_PASSES} are accepted"
        )));
    }
    scrypt::Params::new(log_n, 8, p).map_err(|e| bad(e.to_string()))
}

impl PublicKey {
    /// Writes a minisign public key file: a comment line and `RW…`.
    ///
    /// # Errors
    /// [`KeyError::Unsupported`] for keys other than Ed25519, which minisign does not know.
    pub fn to_minisign(&self, id: MinisignId) -> Result<String, KeyError> {
        if self.suite() != Suite::Ed25519 {
            return Err(KeyError::Unsupported(format!("{} in a minisign key, which is always Ed25519", self.suite())));
        }
        let bytes = [b"Ed", &id.0[..], &self.raw()].concat();
        Ok(format!("{COMMENT} minisign public key {id}\n{}\n", base64::encode(&bytes)))
    }

    /// Reads a minisign public key, with or without its comment line, and its key number.
    ///
    /// # Errors
    /// [`KeyError`] for weak points and anything that is not exactly one such key.
    pub fn from_minisign(text: &str) -> Result<(Self, MinisignId), KeyError> {
        let bytes = base64::decode(payload(text, WHAT_PUBLIC)?, WHAT_PUBLIC)?;
        let bytes: &[u8; 42] =
            bytes.as_slice().try_into().map_err(|_| Malformed::new(WHAT_PUBLIC, "it is not 42 bytes long"))?;
        match bytes {
            [b'E', b'd', rest @ ..] => {
                let (Some(id), Some(raw)) = (rest.first_chunk::<8>(), rest.last_chunk::<32>()) else {
                    return Err(Malformed::new(WHAT_PUBLIC, "it is cut short").into());
                };
                Ok((Self::from_ed25519(raw)?, MinisignId(*id)))
            }
            _ => Err(KeyError::Unsupported("minisign signature algorithm other than Ed25519".into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::pick;

    #[test]
    fn parameters_are_those_of_libsodium() {
        let picked = |ops, memory| pick(ops, memory).map(|p| (p.log_n(), p.r(), p.p())).ok();
        assert_eq!(picked(33_554_432, 1_073_741_824), Some((20, 8, 1)), "SENSITIVE, which minisign asks for");
        assert_eq!(picked(524_288, 16_777_216), Some((14, 8, 1)), "INTERACTIVE");
        assert_eq!(picked(0, 16_777_216), Some((10, 8, 1)), "never fewer than 32,768 operations");
        assert_eq!(picked(u64::MAX, u64::MAX), None, "no more memory than 1 GiB");
        assert_eq!(picked(u64::MAX, 1 << 30), None, "no more passes than eight");
        assert_eq!(picked(0, 0), None, "a thousand passes over no memory");
    }

    /// As minisign prints it: no leading zeros.
    #[test]
    fn a_number_that_begins_with_zeros() {
        let id = super::MinisignId([0x00, 0x8b, 0x6b, 0xe7, 0xe9, 0x51, 0x22, 0x0c]);
        assert_eq!(id.to_string(), "C2251E9E76B8B00");
        assert_eq!(id.to_string().parse::<super::MinisignId>().unwrap(), id);
        for bad in ["", "x", "+1", "00000000000000000"] {
            assert!(bad.parse::<super::MinisignId>().is_err(), "{bad}");
        }
    }
}

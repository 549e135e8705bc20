//! Digests this process computed from bytes it read: the only ones a verdict may rest on.

use super::digest::{Algorithm, Digest};
use sha2::Digest as _;
use std::io::Read;

/// Bytes asked for at a time: read() is at its best from 128 to 256 KiB.
const CHUNK: usize = 256 << 10;

/// Where a measurement comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The bytes were read here.
    Bytes {
        /// How many.
        length: u64,
    },
    /// Somebody vouched for the digest; printed with every verdict about it.
    Assumed {
        /// Who, or why.
        because: String,
    },
}

/// The digest of an artifact as it was read by this process.
///
/// ```compile_fail
/// let digest = vouchsafe::artifact::Digest::parse(&format!("sha256:{}", "00".repeat(32))).unwrap();
/// let forged = vouchsafe::artifact::Measured { digests: vec![digest], basis: todo!() };
/// ```
///
/// Reading is how one is made:
///
/// ```
/// let measured = vouchsafe::artifact::Measured::read(&b"abc"[..], &[vouchsafe::artifact::Algorithm::Sha256]).unwrap();
/// assert!(measured.sha256().unwrap().hex().starts_with("ba7816bf"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    digests: Vec<Digest>,
    basis: Basis,
}

impl Measured {
    /// Reads to the end in one pass, with every algorithm asked for. Memory does not grow with the input.
    ///
    /// # Errors
    /// Whatever the reader returns.
    pub fn read(mut reader: impl Read, algorithms: &[Algorithm]) -> std::io::Result<Self> {
        let mut sha256 = algorithms.contains(&Algorithm::Sha256).then(sha2::Sha256::new);
        let mut sha512 = algorithms.contains(&Algorithm::Sha512).then(sha2::Sha512::new);
        let mut buffer = vec![0; CHUNK];
        let mut length = 0_u64;
        loop {
            let n = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            let chunk = buffer.get(..n).unwrap_or_default();
            if let Some(hash) = &mut sha256 {
                hash.update(chunk);
            }
            if let Some(hash) = &mut sha512 {
                hash.update(chunk);
            }
            length = length.saturating_add(n as u64);
        }
        let sha256 = sha256.and_then(|h| Digest::new(Algorithm::Sha256, h.finalize().to_vec()).ok());
        let sha512 = sha512.and_then(|h| Digest::new(Algorithm::Sha512, h.finalize().to_vec()).ok());
        Ok(Self { digests: sha256.into_iter().chain(sha512).collect(), basis: Basis::Bytes { length } })
    }

    /// The escape hatch: a digest taken on somebody's word instead of from bytes. The reason is shown.
    pub fn assume(digest: Digest, because: impl Into<String>) -> Self {
        Self { digests: vec![digest], basis: Basis::Assumed { because: because.into() } }
    }

    /// Every digest, by algorithm.
    pub fn digests(&self) -> &[Digest] {
        &self.digests
    }
    /// The digest in one algorithm, if it was asked for.
    pub fn digest(&self, algorithm: Algorithm) -> Option<&Digest> {
        self.digests.iter().find(|d| d.algorithm() == algorithm)
    }
    /// The SHA-256, if it was asked for.
    pub fn sha256(&self) -> Option<&Digest> {
        self.digest(Algorithm::Sha256)
    }
    /// Read here, or taken on somebody's word.
    pub fn basis(&self) -> &Basis {
        &self.basis
    }
}

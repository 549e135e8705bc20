//! Digests this process computed from bytes it read: the only ones a verdict may rest on.

use super::digest::{Algorithm, Digest};
use super::reading::Reading;
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
/// ```compile_fail,E0451
/// let forged = vouchsafe::artifact::Measured { digests: todo!(), basis: todo!() };
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
    digests: Digests,
    basis: Basis,
}

/// One digest, as nearly all files have, lies in place.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Digests {
    One([Digest; 1]),
    Others(Vec<Digest>),
}

impl Measured {
    /// Reads to the end in one pass, with every algorithm asked for. Memory does not grow with the input.
    ///
    /// # Errors
    /// Whatever the reader returns.
    pub fn read(mut reader: impl Read, algorithms: &[Algorithm]) -> std::io::Result<Self> {
        let mut reading = Reading::new(algorithms);
        let mut buffer = vec![0; CHUNK];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(reading.finish()),
                Ok(n) => reading.take(buffer.get(..n).unwrap_or_default()),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Of bytes that were read, as [`Reading`] alone can say.
    pub(super) fn of_bytes(sha256: Option<Digest>, sha512: Option<Digest>, length: u64) -> Self {
        let digests = match (sha256, sha512) {
            (Some(one), None) | (None, Some(one)) => Digests::One([one]),
            (sha256, sha512) => Digests::Others(sha256.into_iter().chain(sha512).collect()),
        };
        Self { digests, basis: Basis::Bytes { length } }
    }

    /// The escape hatch: a digest taken on somebody's word instead of from bytes. The reason is shown.
    pub fn assume(digest: Digest, because: impl Into<String>) -> Self {
        Self { digests: Digests::One([digest]), basis: Basis::Assumed { because: because.into() } }
    }

    /// Every digest, by algorithm.
    pub fn digests(&self) -> &[Digest] {
        match &self.digests {
            Digests::One(digest) => digest,
            Digests::Others(digests) => digests,
        }
    }
    /// The digest in one algorithm, if it was asked for.
    pub fn digest(&self, algorithm: Algorithm) -> Option<&Digest> {
        self.digests().iter().find(|d| d.algorithm() == algorithm)
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

//! Digest values and their algorithms (FIPS 180-4).

use crate::encoding::Malformed;

/// Hash algorithms that may identify an artifact. sha1 and md5 never do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// Both, strongest last.
    pub const ALL: [Self; 2] = [Self::Sha256, Self::Sha512];

    /// The name in-toto and SHA256SUMS tools use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }
    /// From such a name; None for algorithms we do not accept.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.as_str() == name)
    }
    /// Bytes of a digest.
    pub fn width(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// A digest somebody wrote down.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    algorithm: Algorithm,
    /// As long as SHA-512's; zeros follow a shorter one.
    bytes: [u8; 64],
}

impl Digest {
    /// From raw bytes.
    ///
    /// # Errors
    /// [`Malformed`] if the length is not the algorithm's.
    pub fn new(algorithm: Algorithm, bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() != algorithm.width() {
            return Err(Malformed::new(
                "digest",
                format!("{} bytes, {} has {}", bytes.len(), algorithm.as_str(), algorithm.width()),
            ));
        }
        let mut padded = [0; 64];
        padded.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Ok(Self { algorithm, bytes: padded })
    }
    /// From hexadecimal; upper case is read, lower case is written.
    ///
    /// # Errors
    /// [`Malformed`] if it is not hexadecimal of the right length.
    pub fn from_hex(algorithm: Algorithm, hex: &str) -> Result<Self, Malformed> {
        let bytes = hex::decode(hex).map_err(|_| {
            Malformed::new(
                "digest",
                format!("expected {} hexadecimal digits for {}", algorithm.width() * 2, algorithm.as_str()),
            )
        })?;
        Self::new(algorithm, &bytes)
    }
    /// Reads `sha256:HEX` or `sha512:HEX`.
    ///
    /// # Errors
    /// [`Malformed`] for other algorithms and lengths.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let (name, hex) =
            text.split_once(':').ok_or_else(|| Malformed::new("digest", "expected sha256:HEX or sha512:HEX"))?;
        let algorithm = Algorithm::named(name)
            .ok_or_else(|| Malformed::new("digest", format!("{name:?} is not accepted; expected sha256 or sha512")))?;
        Self::from_hex(algorithm, hex)
    }
    /// Its algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.algorithm.width()).unwrap_or_default()
    }
    /// Adds its lower-case hexadecimal to a text.
    pub(super) fn write_hex(&self, text: &mut Vec<u8>) {
        let mut digits = [0; 128];
        let digits = digits.get_mut(..2 * self.algorithm.width()).unwrap_or_default();
        if hex::encode_to_slice(self.as_bytes(), digits).is_ok() {
            text.extend_from_slice(digits);
        }
    }
    /// Lower-case hexadecimal.
    pub fn hex(&self) -> String {
        hex::encode(self.as_bytes())
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.algorithm.as_str(), self.hex())
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

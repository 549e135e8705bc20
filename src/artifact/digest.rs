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
pub struct Digest(Bytes);

/// There may be a hundred thousand, nearly all of SHA-256: the longer one lies elsewhere.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Bytes {
    Sha256([u8; 32]),
    Sha512(Box<[u8; 64]>),
}

impl Digest {
    /// From raw bytes.
    ///
    /// # Errors
    /// [`Malformed`] if the length is not the algorithm's.
    pub fn new(algorithm: Algorithm, bytes: &[u8]) -> Result<Self, Malformed> {
        let known = match algorithm {
            Algorithm::Sha256 => bytes.try_into().map(Bytes::Sha256),
            Algorithm::Sha512 => bytes.try_into().map(|bytes| Bytes::Sha512(Box::new(bytes))),
        };
        let long = || format!("{} bytes, {} has {}", bytes.len(), algorithm.as_str(), algorithm.width());
        known.map(Self).map_err(|_| Malformed::new("digest", long()))
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
        match self.0 {
            Bytes::Sha256(_) => Algorithm::Sha256,
            Bytes::Sha512(_) => Algorithm::Sha512,
        }
    }
    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Bytes::Sha256(bytes) => bytes,
            Bytes::Sha512(bytes) => bytes.as_slice(),
        }
    }
    /// Whether these hexadecimal digits, of either case, are it.
    pub fn is_hex(&self, hex: &str) -> bool {
        hex.len() == 2 * self.as_bytes().len() && self.with_hex(|own| own.eq_ignore_ascii_case(hex))
    }
    /// Hands over its lower-case hexadecimal, which is kept nowhere.
    pub(crate) fn with_hex<T>(&self, take: impl FnOnce(&str) -> T) -> T {
        let mut digits = [0; 128];
        let digits = digits.get_mut(..2 * self.as_bytes().len()).unwrap_or_default();
        let written = hex::encode_to_slice(self.as_bytes(), digits).is_ok();
        take(std::str::from_utf8(digits).ok().filter(|_| written).unwrap_or_default())
    }
    /// Adds its lower-case hexadecimal to a text.
    pub(super) fn write_hex(&self, text: &mut Vec<u8>) {
        self.with_hex(|hex| text.extend_from_slice(hex.as_bytes()));
    }
    /// Lower-case hexadecimal.
    pub fn hex(&self) -> String {
        self.with_hex(str::to_owned)
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.with_hex(|hex| write!(f, "{}:{hex}", self.algorithm().as_str()))
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

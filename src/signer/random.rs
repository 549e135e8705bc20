//! Randomness of the operating system: new keys, salts and initialisation vectors.

use super::SignerError;
use crate::key::{Sealed, SecretKey, Suite};
use zeroize::Zeroizing;

/// `N` random bytes.
///
/// # Errors
/// [`SignerError::NoRandomness`].
pub fn bytes<const N: usize>() -> Result<Zeroizing<[u8; N]>, SignerError> {
    let mut out = Zeroizing::new([0; N]);
    getrandom::fill(&mut out[..]).map_err(|e| SignerError::NoRandomness(e.to_string()))?;
    Ok(out)
}

/// A new private key (RFC 8032, section 5.1.5; FIPS 186-5, appendix A.2.2: draw until the number is in range).
///
/// # Errors
/// [`SignerError::NoRandomness`].
pub fn generate(suite: Suite) -> Result<SecretKey, SignerError> {
    // One draw in 2^32 is no P-256 scalar; eight in a row mean that the randomness is broken.
    for _ in 0..8 {
        if let Ok(key) = SecretKey::from_random(suite, &bytes()?) {
            return Ok(key);
        }
    }
    Err(SignerError::NoRandomness("eight draws in a row were no valid key".into()))
}

/// What protects a new key file: a passphrase with fresh salt and initialisation vector, or nothing.
///
/// # Errors
/// [`SignerError::NoRandomness`].
pub fn seal(passphrase: Option<&[u8]>) -> Result<Sealed<'_>, SignerError> {
    Ok(match passphrase {
        Some(passphrase) => Sealed::Passphrase { passphrase, salt: *bytes()?, iv: *bytes()? },
        None => Sealed::Plain,
    })
}

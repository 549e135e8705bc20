//! Keys of the demo: made at random, used, and thrown away.

use crate::cli::trouble::Trouble;
use vouchsafe::key::{PublicKey, SecretKey, Suite};
use vouchsafe::signer::{Signer, SignerError};
use zeroize::Zeroizing;

/// A key that is never written.
pub(super) struct Key(SecretKey);

impl Key {
    pub(super) fn new() -> Result<Self, Trouble> {
        let mut seed = Zeroizing::new([0; 32]);
        let none = |e: getrandom::Error| {
            let next = "run it again; without randomness of the system no key is made";
            Trouble::undecided("no-randomness", "the operating system gave no randomness", next)
                .because("32 random bytes", e.to_string())
        };
        getrandom::fill(seed.as_mut_slice()).map_err(none)?;
        Ok(Self(SecretKey::from_random(Suite::Ed25519, &seed)?))
    }
}

impl Signer for Key {
    fn public(&self) -> &PublicKey {
        self.0.public()
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.0.sign(message))
    }
}

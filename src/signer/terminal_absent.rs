//! Where a terminal's echo cannot be turned off, nobody is asked: a passphrase that is typed would be seen.

use super::SignerError;
use zeroize::Zeroizing;

/// None, as where there is no terminal; the refusal names the other ways.
pub(super) fn ask(_: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SignerError> {
    Ok(None)
}

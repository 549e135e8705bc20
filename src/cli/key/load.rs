//! Reads a key file of any kind for `show`, `import` and `export`.

use super::super::context::Context;
use super::super::trouble::Trouble;
use std::path::Path;
use vouchsafe::encoding::{Explain as _, MAX_SMALL, text::shown_path};
use vouchsafe::key::{Imported, KeyError, KeyFormat, PublicKey, SecretKey};
use vouchsafe::signer::{FileSigner, PassphraseSource, SignerError};
use vouchsafe::store;
use zeroize::Zeroizing;

/// The public half of whatever key is in a file. A private key that others can read is told, not refused: it is
/// not used here.
pub(super) fn public_half(
    context: &Context,
    path: &Path,
    passphrase: &PassphraseSource,
) -> Result<(PublicKey, Imported), Trouble> {
    let bytes = Zeroizing::new(store::read_bounded(path, MAX_SMALL)?);
    if !KeyFormat::of(&bytes)?.is_private() {
        return Ok(PublicKey::import(&bytes)?);
    }
    if let Err(exposed @ store::Error::Exposed { .. }) = store::read_private(path, MAX_SMALL) {
        context.say(format_args!("warning: {exposed}; {}", exposed.next()));
    }
    let beside = FileSigner::public_path(path);
    let (key, notes) = unlock(&bytes, path, passphrase).map_err(|e| {
        let needs = matches!(e, SignerError::Key(KeyError::NeedsPassphrase));
        let trouble = Trouble::from(e);
        if needs && store::exists(&beside) {
            trouble.then(format!("give the passphrase, or name its public half, {}", shown_path(&beside)))
        } else {
            trouble
        }
    })?;
    Ok((key.public().clone(), notes))
}

/// A private key in any format; its passphrase is asked for only if it needs one.
pub(super) fn unlock(
    bytes: &[u8],
    path: &Path,
    passphrase: &PassphraseSource,
) -> Result<(SecretKey, Imported), SignerError> {
    match SecretKey::import(bytes, None) {
        Err(KeyError::NeedsPassphrase) => {
            let given = passphrase.read(&format!("Passphrase of {}", shown_path(path)))?;
            Ok(SecretKey::import(bytes, given.as_ref().map(|p| p.as_slice()))?)
        }
        other => Ok(other?),
    }
}

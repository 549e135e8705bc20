//! The key to sign with, and the request to a forum to register it.

use super::InitArgs;
use crate::cli::context::Context;
use crate::cli::trouble::Trouble;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use vouchsafe::encoding::text::shown_path;
use vouchsafe::gather::trust::{self, TrustError};
use vouchsafe::key::Suite;
use vouchsafe::publish::{Forum, seal};
use vouchsafe::registry::{ForumRecord, KeyProof, Wanted};
use vouchsafe::signer::{self, FileSigner, KeyReference, SignerError, random};
use vouchsafe::store::{self, Overwrite, exists, write_atomic};

/// The request, beside the settings.
pub(super) const REQUEST: &str = "vouchsafe-enrolment.json";

/// The key there is, or the one to make.
pub(super) enum Key {
    /// Named by the user.
    Given(KeyReference),
    /// To be found or made at this path, outside of the repository.
    Home(PathBuf),
}

/// Where a member's key is kept that nobody named.
pub(crate) fn home_key(context: &Context, member: &str) -> Result<PathBuf, Trouble> {
    Ok(context.home()?.path().join("keys").join(format!("{member}.pem")))
}

impl Key {
    pub(super) fn of(args: &InitArgs, member: &str, context: &Context) -> Result<Self, Trouble> {
        match &args.key {
            Some(reference) => Ok(Self::Given(reference.clone())),
            None => Ok(Self::Home(home_key(context, member)?)),
        }
    }

    /// The file, if it may have to be made.
    pub(super) fn path(&self) -> Option<PathBuf> {
        match self {
            Self::Given(_) => None,
            Self::Home(path) => Some(path.clone()),
        }
    }

    /// The key's reference; makes the key if it is not there.
    pub(super) fn make(&self, args: &InitArgs, context: &Context) -> Result<KeyReference, Trouble> {
        let path = match self {
            Self::Given(reference) => return Ok(reference.clone()),
            Self::Home(path) => path,
        };
        if !exists(path) {
            let name = shown_path(path);
            let passphrase = match args.no_passphrase {
                true => None,
                false => Some(args.passphrase.source().read_new(&format!("New passphrase for {name}"))?),
            };
            let folder = path.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder).map_err(|e| store::Error::io(folder, e))?;
            let key = random::generate(Suite::Ed25519)?;
            let pem = key.to_pem(random::seal(passphrase.as_ref().map(|p| p.as_slice()))?)?;
            store::create_private(path, pem.as_bytes()).map_err(SignerError::from)?;
            let public = FileSigner::public_path(path);
            write_atomic(&public, key.public().to_pem().as_bytes(), Overwrite::Replace)?;
            if passphrase.is_none() {
                context.say(format_args!("warning: {name} is not encrypted; whoever reads it can sign"));
            }
        }
        Ok(KeyReference::File(path.clone()))
    }
}

/// The forum to ask: the one named, else the one that is trusted; none is no trouble.
pub(super) fn forum(context: &Context, named: Option<&Path>) -> Result<Option<ForumRecord>, Trouble> {
    if let Some(path) = named
        && let Ok(forum) = Forum::open(path)
    {
        return Ok(Some(forum.record()?));
    }
    let home = context.home().ok();
    match trust::resolve(home.as_ref(), named, context.now, Wanted::nobody) {
        Ok(held) => Ok(Some(held.registry.forum().clone())),
        Err(TrustError::NoForum | TrustError::SeveralForums(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Writes the proof that the key is held, bound to the forum and the member.
pub(super) fn request(
    forum: &ForumRecord,
    member: &str,
    key: &KeyReference,
    args: &InitArgs,
    path: &Path,
    now: Timestamp,
) -> Result<(), Trouble> {
    let signer = signer::open(key, &args.passphrase.source())?;
    let proof = KeyProof::new(&forum.id, member, signer.public(), now);
    let mut envelope = proof.envelope();
    seal(&mut envelope, signer.as_ref())?;
    let bytes = envelope.to_json();
    KeyProof::check(&bytes, &forum.id, member)?;
    Ok(write_atomic(path, &bytes, Overwrite::Refuse)?)
}

//! Asks witnesses for cosignatures: over HTTP (C2SP tlog-witness), or in a folder of this machine. Believes no answer
//! that does not verify.

use super::log::{Cosigner, NotAsked};
use super::witness::{WitnessError, WitnessFolder};
use crate::encoding::text::shown;
use crate::gather::http::Post;
use crate::gather::location::Url;
use crate::gather::network::{Network, NetworkError};
use crate::signer::{self, KeyReference, PassphraseSource};
use crate::transparency::witness::{AddCheckpoint, NotCosigned};
use crate::transparency::{MAX_NOTE, Note, NoteKey, Signature, Signed, Witness, number};
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// The most lines of an answer that are looked at.
const MAX_LINES: usize = 16;

/// A witness behind HTTP.
#[derive(Debug)]
pub struct HttpWitness {
    name: String,
    key: NoteKey,
    post: Post,
}

/// A witness folder on this machine, asked in this process.
#[derive(Debug)]
pub struct FolderWitness {
    name: String,
    key: NoteKey,
    folder: PathBuf,
    passphrase: PassphraseSource,
    clock: fn() -> Timestamp,
}

/// How the witnesses of a log policy are asked.
#[derive(Debug)]
pub struct Asking {
    /// For those behind HTTP.
    pub network: Network,
    /// For the keys of those in folders.
    pub passphrase: PassphraseSource,
    /// The time that those in folders state; asked for each time, since a log may run long.
    pub clock: fn() -> Timestamp,
}

impl Asking {
    /// A witness of a log policy: behind HTTP if its URL says so, else in the folder that it names, as a path or with
    /// `file:` before it. None if the policy does not say where it is.
    ///
    /// # Errors
    /// [`NetworkError`] for a URL that is none. Nobody is asked yet.
    pub fn cosigner(&self, witness: &Witness) -> Result<Option<Box<dyn Cosigner>>, NetworkError> {
        let (name, key) = (witness.name.clone(), witness.key.clone());
        let Some(place) = witness.url.as_deref() else { return Ok(None) };
        if ["http://", "https://"].iter().any(|scheme| place.starts_with(scheme)) {
            let post = Post::to(&Url::parse(place)?.below("add-checkpoint"), &self.network)?;
            return Ok(Some(Box::new(HttpWitness { name, key, post })));
        }
        let path = place.strip_prefix("file://").or_else(|| place.strip_prefix("file:")).unwrap_or(place);
        let (folder, passphrase) = (PathBuf::from(path), self.passphrase.clone());
        Ok(Some(Box::new(FolderWitness { name, key, folder, passphrase, clock: self.clock })))
    }
}

impl Cosigner for HttpWitness {
    fn name(&self) -> &str {
        &self.name
    }
    fn key(&self) -> &NoteKey {
        &self.key
    }
    fn ask(&self, request: &AddCheckpoint) -> Result<Vec<Signature>, NotAsked> {
        let asked = self.post.ask(request.to_string().as_bytes(), MAX_NOTE);
        let (status, answer) = asked.map_err(|e| NotAsked::Unreachable(in_words(&e)))?;
        let answer = String::from_utf8_lossy(&answer);
        match status {
            200 => good_lines(&answer, &self.key, &request.note),
            409 => Err(answer.strip_suffix('\n').and_then(number).map_or_else(
                || NotAsked::Refused("status 409 without the size it cosigned last".into()),
                NotAsked::Conflict,
            )),
            400..=499 => {
                let why: String = answer.lines().next().unwrap_or_default().chars().take(200).collect();
                Err(NotAsked::Refused(format!("status {status}: {}", shown(&why))))
            }
            _ => Err(NotAsked::Unreachable(format!("status {status}"))),
        }
    }
}

impl Cosigner for FolderWitness {
    fn name(&self) -> &str {
        &self.name
    }
    fn key(&self) -> &NoteKey {
        &self.key
    }
    fn ask(&self, request: &AddCheckpoint) -> Result<Vec<Signature>, NotAsked> {
        let lines = self.cosign(request).map_err(|error| match error {
            WitnessError::NotCosigned(NotCosigned::Conflict(size)) => NotAsked::Conflict(size),
            WitnessError::NotCosigned(no) => NotAsked::Refused(no.to_string()),
            other => NotAsked::Unreachable(in_words(&other)),
        })?;
        let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
        good_lines(&lines, &self.key, &request.note)
    }
}

impl FolderWitness {
    fn cosign(&self, request: &AddCheckpoint) -> Result<Vec<Signature>, WitnessError> {
        let witness = WitnessFolder::open(&self.folder)?;
        let path = witness.key_file().ok_or_else(|| WitnessError::NoKeyFile(self.folder.clone()))?;
        let signer = signer::open(&KeyReference::File(Path::to_owned(path)), &self.passphrase)?;
        witness.cosign(request, signer.as_ref(), (self.clock)())
    }
}

fn in_words(error: &dyn crate::encoding::Explain) -> String {
    let got = Some(error.got()).filter(|got| !got.is_empty()).map_or_else(String::new, |got| format!(" ({got})"));
    format!("{error}{got} [{}]", error.code())
}

/// The cosignatures of this key among the lines of an answer; those of unknown keys are ignored.
fn good_lines(answer: &str, key: &NoteKey, note: &Note) -> Result<Vec<Signature>, NotAsked> {
    let refused = |why: String| NotAsked::Refused(format!("its answer cannot be used: {why}"));
    let body = answer.strip_suffix('\n').ok_or_else(|| refused("the last line has no newline".into()))?;
    let mut good = Vec::new();
    for (nth, line) in (1_usize..).zip(body.split('\n')) {
        if nth > MAX_LINES {
            return Err(refused(format!("more than {MAX_LINES} lines")));
        }
        let signature = Signature::parse(line).map_err(|e| refused(e.to_string()))?;
        if !key.is_named_by(&signature) {
            continue;
        }
        let mut alone = note.only(|_| false);
        alone.add(signature.clone());
        match key.signed(&alone) {
            Signed::Good(Some(_)) => good.push(signature),
            _ => return Err(refused("a cosignature that does not verify".into())),
        }
    }
    if good.is_empty() { Err(refused(format!("no cosignature by {}", shown(&key.to_string())))) } else { Ok(good) }
}

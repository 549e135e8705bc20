//! Finding attestations: where the user says, beside the artifact, or in its folder. Believes nothing.

use super::{Error, Subject, proofs};
use crate::attestation::{Envelope, Envelopes, Payload as _, Statement, read_container};
use crate::encoding::{MAX_DOCUMENT, Malformed};
use crate::registry::{Wanted, valid_id};
use crate::store::{self, read_bounded};
use crate::transparency::TrustedTime;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Endings of the files attestations come in.
pub const ENDINGS: [&str; 2] = [".sigstore.json", ".intoto.jsonl"];
/// Up to so many attestations are all tried when none of them seems to be about the artifact.
const FEW: usize = 16;

/// An envelope and where it was found, unchecked.
#[derive(Clone, Debug)]
pub struct Found {
    /// The file, and the line where there are several.
    pub source: String,
    /// The envelope, or why it could not be read.
    pub envelope: Result<Envelope, Malformed>,
    /// A time proven for it.
    pub time: Option<TrustedTime>,
    /// What it says it is about, unverified: for choosing which to look at, never for a verdict.
    about: Arc<About>,
}

impl Found {
    /// The digests it says it is about, in hexadecimal. Unverified, as all below: for finding it again, never for a verdict.
    pub fn digests(&self) -> impl Iterator<Item = &str> {
        self.about.digests.iter().map(String::as_str)
    }
    /// The file names it says it is about, without folders.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.about.names.iter().map(String::as_str)
    }
    /// Whether it says it is about a subject: about one of its digests, or a file of its name.
    pub fn is_about(&self, subject: &Subject) -> bool {
        select(std::slice::from_ref(self), subject).len() == 1
    }
}

#[derive(Clone, Debug, Default)]
struct About {
    digests: BTreeSet<String>,
    names: BTreeSet<String>,
    sha512: bool,
    member: Option<String>,
}

/// Finds attestations for many subjects, reading each file once.
#[derive(Debug, Default)]
pub struct Finder {
    explicit: Option<Vec<Found>>,
    folders: BTreeMap<PathBuf, Vec<Found>>,
}

impl Finder {
    /// With `bundles` (files, or folders of them) that the user named; empty to look beside each artifact.
    ///
    /// # Errors
    /// If a named file cannot be read, or a named folder holds no attestation.
    pub fn new(bundles: &[PathBuf]) -> Result<Self, Error> {
        let mut explicit = Vec::new();
        for path in bundles {
            if path.is_dir() {
                let files = containers(path)?;
                if files.is_empty() {
                    return Err(Error::NothingToHash(path.clone()));
                }
                for file in files {
                    explicit.extend(read(&file)?);
                }
            } else {
                explicit.extend(read(path)?);
            }
        }
        Ok(Self { explicit: (!bundles.is_empty()).then_some(explicit), folders: BTreeMap::new() })
    }

    /// Attestations that may be about a subject: those named, else `NAME.sigstore.json`, else `NAME.intoto.jsonl`,
    /// else those in the same folder that name its digest or its file name.
    ///
    /// # Errors
    /// If a file that is there cannot be read.
    pub fn candidates(&mut self, subject: &Subject) -> Result<Vec<Found>, Error> {
        if let Some(explicit) = &self.explicit {
            let some = select(explicit, subject);
            return Ok(if some.is_empty() && explicit.len() <= FEW { explicit.clone() } else { some });
        }
        if let Some(path) = &subject.path {
            for ending in ENDINGS {
                let beside = with_ending(path, ending);
                // Whoever puts a pipe there would have us wait for ever.
                if beside.metadata().is_ok_and(|m| !m.is_file()) {
                    return Err(Error::NotAFile { path: beside, kind: "a pipe, a device or a folder" });
                }
                if store::exists(&beside) {
                    return read(&beside);
                }
            }
        }
        let folder = subject
            .path
            .as_deref()
            .and_then(Path::parent)
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        if !self.folders.contains_key(folder) {
            let files = if folder.is_dir() { containers(folder)? } else { Vec::new() };
            let found: Vec<Found> = files.iter().filter_map(|f| read(f).ok()).flatten().collect();
            self.folders.insert(folder.to_owned(), found);
        }
        Ok(self.folders.get(folder).map(|all| select(all, subject)).unwrap_or_default())
    }

    /// Whether any attestation met so far states SHA-512 digests, so that files have to be measured in it too.
    pub fn wants_sha512(found: &[Found]) -> bool {
        found.iter().any(|f| f.about.sha512)
    }
}

/// Whether a file is an attestation by its name: not itself a subject when a folder is verified.
pub fn is_container(path: &Path) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

fn containers(folder: &Path) -> Result<Vec<PathBuf>, store::Error> {
    let entries = std::fs::read_dir(folder).map_err(|e| store::Error::io(folder, e))?;
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|e| e.path()).filter(|p| is_container(p) && p.is_file()).collect();
    files.sort();
    Ok(files)
}

fn select(all: &[Found], subject: &Subject) -> Vec<Found> {
    let file = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
    let digests: Vec<String> = subject.measured.digests().iter().map(|d| d.hex()).collect();
    let by_digest = |f: &&Found| digests.iter().any(|d| f.about.digests.contains(d));
    let by_name = |f: &&Found| subject.path.is_some() && f.about.names.contains(&file(&subject.name));
    all.iter().filter(|f| by_digest(f) || by_name(f)).cloned().collect()
}

/// Reads one file of attestations, with the proofs that lie beside it.
///
/// # Errors
/// If it cannot be read at all; a bad line stands in the result.
pub fn read(path: &Path) -> Result<Vec<Found>, Error> {
    let bytes = read_bounded(path, MAX_DOCUMENT)?;
    let name = path.to_string_lossy().into_owned();
    let envelopes = match read_container(&bytes) {
        Ok(Envelopes { envelopes, .. }) => envelopes,
        Err(malformed) => vec![Err(malformed)],
    };
    let several = envelopes.len() > 1;
    let proofs = proofs::beside(path);
    let attach = |mut envelope: Envelope| {
        proofs.iter().for_each(|proof| envelope.attach(proof.clone()));
        envelope
    };
    let envelopes = envelopes.into_iter().map(|envelope| envelope.map(attach));
    let found = envelopes.enumerate().map(|(n, envelope)| Found {
        source: if several { format!("{name}, line {}", n + 1) } else { name.clone() },
        about: Arc::new(envelope.as_ref().map(about).unwrap_or_default()),
        envelope,
        time: None,
    });
    Ok(found.collect())
}

fn about(envelope: &Envelope) -> About {
    let (_, payload) = envelope.inspect_unverified("to choose which attestations to look at");
    let Ok(statement) = Statement::parse(payload) else { return About::default() };
    let member = statement.practices().map(|p| p.assessor.id.clone()).filter(|id| valid_id(id));
    let mut about = About { member: member.filter(|_| envelope.signatures() == 1), ..About::default() };
    for subject in statement.subjects() {
        about.names.insert(subject.name.rsplit('/').next().unwrap_or_default().to_owned());
        about.digests.extend(subject.digest.values().map(|h| h.to_ascii_lowercase()));
        about.sha512 |= subject.digest.contains_key("sha512");
    }
    about
}

/// Whose records it takes to decide on files with these attestations, or with those beside them: the members they say
/// they are from. What they say is unverified, so it only chooses which records are read, never what they say.
pub fn claimants(bundles: &[PathBuf], subjects: &[PathBuf]) -> Wanted {
    let mut files = Vec::new();
    for path in if bundles.is_empty() { subjects } else { bundles } {
        let beside = || ENDINGS.iter().map(|ending| with_ending(path, ending)).find(|beside| beside.is_file());
        match (bundles.is_empty(), path.is_dir()) {
            (false, false) => files.push(path.clone()),
            (true, false) if path.is_file() => match beside() {
                Some(found) => files.push(found),
                None => files.extend(containers(folder_of(path)).unwrap_or_default()),
            },
            (_, true) => files.extend(containers(path).unwrap_or_default()),
            (true, false) => return Wanted::Everybody,
        }
    }
    let found: Vec<Found> = files.iter().filter_map(|file| read(file).ok()).flatten().collect();
    match found.iter().map(|f| f.about.member.clone()).collect::<Option<BTreeSet<String>>>() {
        Some(members) if !members.is_empty() => Wanted::Members(members),
        _ => Wanted::Everybody,
    }
}

/// The folder a file is in; for a bare name the one we are in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Whether a file in a folder is evidence about the others and no subject itself: attestations, and their proofs.
pub fn is_evidence(path: &Path) -> bool {
    (is_container(path) && reads(path)) || (proofs::is_proof(path) && proofs::is_bare_proof(path))
}

/// Whether a file really is a container of attestations, and not merely named like one.
pub fn reads(path: &Path) -> bool {
    read(path).is_ok_and(|found| !found.is_empty() && found.iter().all(|f| f.envelope.is_ok()))
}

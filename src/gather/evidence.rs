//! Finding attestations: where the user says, beside the artifact, or in its folder. Believes nothing.

use super::proofs::{self, Beside};
use super::{Error, Subject};
use crate::attestation::{Envelope, Envelopes, Payload as _, Statement, read_container};
use crate::encoding::{MAX_DOCUMENT, Malformed};
use crate::registry::{Wanted, valid_id};
use crate::store::{self, read_bounded};
use crate::transparency::TrustedTime;
use memchr::{memchr, memmem};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;

/// Endings of the files attestations come in.
pub const ENDINGS: [&str; 2] = [".sigstore.json", ".intoto.jsonl"];
/// Up to so many attestations are all tried when none of them seems to be about the artifact.
const FEW: usize = 16;

/// Up to so many bytes a word is looked for without the processor's widest registers, unless one has been already.
const SHORT: usize = 64 << 10;
static MANY: AtomicBool = AtomicBool::new(false);

/// An envelope and where it was found, unchecked.
#[derive(Clone, Debug)]
pub struct Found {
    /// The file, and the line where there are several.
    pub source: String,
    /// The envelope, or why it could not be read.
    pub envelope: Result<Envelope, Malformed>,
    /// A time proven for it.
    pub time: Option<TrustedTime>,
    /// What it says it is about, unverified: for choosing which to look at, never for a verdict. Read if that is asked.
    about: Arc<OnceLock<About>>,
    sha512: Arc<OnceLock<bool>>,
}

impl Found {
    /// Whether it says it is about a subject: about one of its digests, or a file of its name.
    pub fn is_about(&self, subject: &Subject) -> bool {
        let about = self.about();
        let by_digest = subject.measured.digests().iter().any(|d| about.digests.contains(&d.hex()));
        by_digest || (subject.path().is_some() && about.names.contains(file(&subject.name)))
    }
    fn about(&self) -> &About {
        self.about.get_or_init(|| self.statement().map(|s| about(&s)).unwrap_or_default())
    }
    fn statement(&self) -> Option<Statement> {
        let (_, payload) = self.payload()?;
        Statement::parse(payload).ok()
    }
    fn payload(&self) -> Option<(&str, &[u8])> {
        self.envelope.as_ref().ok().map(|e| e.inspect_unverified("to choose which attestations to look at"))
    }
    /// The member it says it is from, if it has one signature.
    fn member(&self) -> Option<String> {
        let alone = self.envelope.as_ref().is_ok_and(|envelope| envelope.signatures() == 1);
        let statement = self.statement().filter(|_| alone)?;
        statement.practices().map(|p| p.assessor.id.clone()).filter(|id| valid_id(id))
    }
    /// Whether it states SHA-512 digests. A key is written as it is or with an escape: without both it is not there.
    fn states_sha512(&self) -> bool {
        // To ask what the processor can do takes longer than to look through a short one, and is worth its while for many.
        let could = |bytes: &[u8]| {
            if bytes.len() < SHORT && !MANY.load(Ordering::Relaxed) {
                MANY.store(true, Ordering::Relaxed);
                return bytes.contains(&b'\\') || String::from_utf8_lossy(bytes).contains("sha512");
            }
            memchr(b'\\', bytes).is_some() || memmem::find(bytes, b"sha512").is_some()
        };
        let states = |s: Statement| s.subjects().iter().any(|s| s.digest.get("sha512").is_some());
        let look = || self.payload().is_some_and(|(_, bytes)| could(bytes)) && self.statement().is_some_and(states);
        *self.sha512.get_or_init(look)
    }
}

/// What a statement is about.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Digests, in lower-case hexadecimal.
    pub digests: BTreeSet<String>,
    /// File names, without folders.
    pub names: BTreeSet<String>,
}

/// Finds attestations for many subjects, reading each file once.
#[derive(Debug, Default)]
pub struct Finder {
    explicit: Option<Shelf>,
    folders: Mutex<BTreeMap<PathBuf, Arc<Shelf>>>,
    /// Attestations that were read to know that they are some, until the artifact that they lie beside is asked about.
    kept: Mutex<HashMap<OsString, Vec<Found>>>,
}

/// Attestations that were named, perhaps being read while something else is done.
#[derive(Debug)]
pub enum Bundles {
    /// By a thread of their own.
    Begun(JoinHandle<Result<Finder, Error>>),
    /// Once they are needed.
    Named(Vec<PathBuf>),
}

impl Bundles {
    /// Begins to read files, in a thread of its own if one is to be had.
    pub fn begin(bundles: &[PathBuf]) -> Self {
        let own = bundles.to_vec();
        let reading = std::thread::Builder::new().spawn(move || Finder::new(&own));
        reading.map_or_else(|_| Self::Named(bundles.to_vec()), Self::Begun)
    }

    /// Has them read.
    ///
    /// # Errors
    /// As [`Finder::new`].
    pub fn finder(self) -> Result<Finder, Error> {
        match self {
            Self::Begun(reading) => reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Self::Named(bundles) => Finder::new(&bundles),
        }
    }
}

/// The most that is kept so, and of what size: some megabytes.
const KEPT: usize = 512;
const SMALL: usize = 32 << 10;

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
        Ok(Self { explicit: (!bundles.is_empty()).then(|| Shelf::of(explicit)), ..Self::default() })
    }

    /// The attestation that was named, if it is one alone.
    pub fn only(&self) -> Option<&Found> {
        match self.explicit.as_ref()?.all.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// As [`is_evidence`]. What was read is kept for the artifact that it lies beside, which will be asked about soon.
    pub fn is_evidence(&self, path: &Path, beside: Beside) -> bool {
        if self.explicit.is_some() || !is_container(path) {
            return is_evidence(path);
        }
        let Ok(Contained { found, length, proofs }) = contained(path, beside) else { return false };
        let is_evidence = are_attestations(&found);
        // Lines, and proofs beside, would make much of a small file.
        if is_evidence && found.len() == 1 && length <= SMALL && proofs == 0 {
            let mut kept = locked(&self.kept);
            if kept.len() >= KEPT {
                kept.clear();
            }
            kept.insert(path.into(), found);
        }
        is_evidence
    }

    /// Attestations that may be about a subject: those named, else `NAME.sigstore.json`, else `NAME.intoto.jsonl`,
    /// else those in the same folder that name its digest or its file name.
    ///
    /// # Errors
    /// If a file that is there cannot be read.
    pub fn candidates(&self, subject: &Subject) -> Result<Vec<Found>, Error> {
        if let Some(explicit) = &self.explicit {
            let all = &explicit.all;
            // A single one is looked at in any case.
            let some = if all.len() == 1 { Vec::new() } else { explicit.about(subject) };
            return Ok(if some.is_empty() && all.len() <= FEW { all.clone() } else { some });
        }
        if let Some(path) = subject.path() {
            for ending in ENDINGS {
                let beside = with_ending(path, ending);
                if let Some(found) = locked(&self.kept).remove(beside.as_os_str()) {
                    return Ok(found);
                }
                if !store::exists(&beside) {
                    continue;
                }
                // Whoever puts a pipe there would have us wait for ever.
                if beside.metadata().is_ok_and(|m| !m.is_file()) {
                    return Err(Error::NotAFile { path: beside, kind: "a pipe, a device or a folder" });
                }
                return read(&beside);
            }
        }
        let folder = subject.path().and_then(Path::parent).filter(|p| !p.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        Ok(self.shelf(folder)?.about(subject))
    }

    /// The attestations of a folder, read once.
    fn shelf(&self, folder: &Path) -> Result<Arc<Shelf>, Error> {
        if let Some(known) = locked(&self.folders).get(folder) {
            return Ok(Arc::clone(known));
        }
        let files = if folder.is_dir() { containers(folder)? } else { Vec::new() };
        let found = files.iter().filter_map(|f| read(f).ok()).flatten().collect();
        let shelf = Arc::new(Shelf::of(found));
        locked(&self.folders).insert(folder.to_owned(), Arc::clone(&shelf));
        Ok(shelf)
    }

    /// Whether any attestation met so far states SHA-512 digests, so that files have to be measured in it too.
    pub fn wants_sha512(found: &[Found]) -> bool {
        found.iter().any(Found::states_sha512)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a file is an attestation by its name: not itself a subject when a folder is verified.
pub fn is_container(path: &Path) -> bool {
    ENDINGS.iter().any(|ending| path.as_os_str().as_encoded_bytes().ends_with(ending.as_bytes()))
}

fn containers(folder: &Path) -> Result<Vec<PathBuf>, store::Error> {
    let entries = std::fs::read_dir(folder).map_err(|e| store::Error::io(folder, e))?;
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|e| e.path()).filter(|p| is_container(p) && p.is_file()).collect();
    files.sort();
    Ok(files)
}

/// Attestations, and by a hash of each digest and each file name which of them state it.
#[derive(Debug)]
struct Shelf {
    all: Vec<Found>,
    index: OnceLock<(RandomState, Vec<(u64, usize)>)>,
}

impl Shelf {
    fn of(all: Vec<Found>) -> Self {
        Self { all, index: OnceLock::new() }
    }

    fn index(&self) -> &(RandomState, Vec<(u64, usize)>) {
        self.index.get_or_init(|| {
            let (keys, mut places) = (RandomState::new(), Vec::new());
            for (at, statement) in self.all.iter().enumerate().filter_map(|(at, f)| Some((at, f.statement()?))) {
                for subject in statement.subjects().iter() {
                    places.push((keys.hash_one((true, file(subject.name))), at));
                    let digests = subject.digest.values().map(str::to_ascii_lowercase);
                    places.extend(digests.map(|hex| (keys.hash_one((false, hex.as_str())), at)));
                }
            }
            places.sort_unstable();
            places.dedup();
            (keys, places)
        })
    }

    /// Those that may be about a subject: that state one of its digests, or its file name.
    fn about(&self, subject: &Subject) -> Vec<Found> {
        let (keys, places) = self.index();
        let mut hashes: Vec<u64> =
            subject.measured.digests().iter().map(|d| keys.hash_one((false, d.hex().as_str()))).collect();
        hashes.extend(subject.path().map(|_| keys.hash_one((true, file(&subject.name)))));
        let of = |hash: u64| {
            let from = places.partition_point(|(known, _)| *known < hash);
            places.iter().skip(from).take_while(move |(known, _)| *known == hash).map(|(_, at)| *at)
        };
        let found: BTreeSet<usize> = hashes.into_iter().flat_map(of).collect();
        found.into_iter().filter_map(|at| self.all.get(at).cloned()).collect()
    }
}

/// A name without its folders.
fn file(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Reads one file of attestations, with the proofs that lie beside it.
///
/// # Errors
/// If it cannot be read at all; a bad line stands in the result.
pub fn read(path: &Path) -> Result<Vec<Found>, Error> {
    Ok(contained(path, Beside::Perhaps)?.found)
}

/// A file of attestations: what is in it, its bytes, and how many proofs lie beside it.
struct Contained {
    found: Vec<Found>,
    length: usize,
    proofs: usize,
}

fn contained(path: &Path, beside: Beside) -> Result<Contained, Error> {
    let bytes = read_bounded(path, MAX_DOCUMENT)?;
    let (name, length) = (path.to_string_lossy().into_owned(), bytes.len());
    let envelopes = match read_container(bytes) {
        Ok(Envelopes { envelopes, .. }) => envelopes,
        Err(malformed) => vec![Err(malformed)],
    };
    let several = envelopes.len() > 1;
    let proofs = match beside {
        Beside::Perhaps => proofs::beside(path),
        Beside::None => Arc::default(),
    };
    let attach = |mut envelope: Envelope| {
        envelope.attach_all(&proofs);
        envelope
    };
    let envelopes = envelopes.into_iter().map(|envelope| envelope.map(attach));
    let found = envelopes.enumerate().map(|(n, envelope)| Found {
        source: if several { format!("{name}, line {}", n + 1) } else { name.clone() },
        about: Arc::default(),
        sha512: Arc::default(),
        envelope,
        time: None,
    });
    Ok(Contained { found: found.collect(), length, proofs: proofs.len() })
}

/// What a statement says it is about. Of one that nobody has checked, that is for finding it again, never for a verdict.
pub fn about(statement: &Statement) -> About {
    let mut about = About::default();
    for subject in statement.subjects().iter() {
        about.names.insert(file(subject.name).to_owned());
        about.digests.extend(subject.digest.values().map(str::to_ascii_lowercase));
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
    match found.iter().map(Found::member).collect::<Option<BTreeSet<String>>>() {
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

/// Whether a file is called as evidence is.
pub fn is_named_like_evidence(path: &Path) -> bool {
    is_container(path) || proofs::is_proof(path)
}

/// Whether a file in a folder is evidence about the others and no subject itself: attestations, and their proofs.
pub fn is_evidence(path: &Path) -> bool {
    (is_container(path) && reads(path)) || (proofs::is_proof(path) && proofs::is_bare_proof(path))
}

/// Whether a file really is a container of attestations, and not merely named like one.
pub fn reads(path: &Path) -> bool {
    read(path).is_ok_and(|found| are_attestations(&found))
}

fn are_attestations(found: &[Found]) -> bool {
    !found.is_empty() && found.iter().all(|f| f.envelope.is_ok())
}

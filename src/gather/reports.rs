//! Evidence files: measured, recognised, read into facts; and read again to see whether signed facts are true.

use super::open::{self, Opened};
use super::{Effort, Error, tree};
use crate::artifact::{Algorithm, Measured};
use crate::attestation::{Practices, Statement};
use crate::encoding::base64;
use crate::evidence::{Extracted, Fault, Target, combine, extract, recognise};
use crate::key::PublicKey;
use crate::practice::EvidenceKind;
use crate::store;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek as _};
use std::path::{Path, PathBuf};

/// How much of a file its kind is recognised by.
const HEAD: u64 = 64 << 10;

/// A piece of evidence at hand.
#[derive(Clone, Debug)]
pub struct Report {
    /// The name it goes by in claims.
    pub name: String,
    /// What it is.
    pub kind: EvidenceKind,
    /// Its digest.
    pub measured: Measured,
    /// What was made of it: facts, or why there are none.
    pub extracted: Result<Extracted, Fault>,
}

/// What somebody gave as evidence: a file, and what it is if they said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The name it goes by in claims.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// What it is; recognised if they did not say.
    pub kind: Option<EvidenceKind>,
}

impl Given {
    /// Whether a report is of this file, whose kind nobody said.
    pub fn is_unsaid(&self, report: &Report) -> bool {
        self.kind.is_none() && self.name == report.name
    }
}

/// Reads evidence, and then holds the pieces against each other.
///
/// # Errors
/// If a file cannot be read at all, or changes while it is read. What is in it is no error: [`Report::extracted`].
pub fn read(given: &[Given], target: &Target<'_>) -> Result<Vec<Report>, Error> {
    let name = |one: &Given| one.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut reports = given.iter().map(|one| read_one(one, &name(one), target)).collect::<Result<Vec<_>, _>>()?;
    hold_together(&mut reports);
    Ok(reports)
}

fn hold_together(reports: &mut [Report]) {
    let mut whole: Vec<Extracted> = reports.iter().filter_map(|r| r.extracted.clone().ok()).collect();
    combine(&mut whole);
    let extracted = reports.iter_mut().filter_map(|r| r.extracted.as_mut().ok());
    extracted.zip(whole).for_each(|(old, new)| *old = new);
}

fn read_one(given: &Given, file_name: &str, target: &Target<'_>) -> Result<Report, Error> {
    let Given { name, path, kind } = given;
    let mut file = match open::named(path)? {
        Opened::File(file, _) => file,
        Opened::Folder(_) => return Err(Error::NotAFile { path: path.clone(), kind: "a folder" }),
    };
    let measured = tree::measure(&file, path, &[Algorithm::Sha256])?;
    let kind = match kind {
        Some(kind) => *kind,
        None => recognise(file_name, &head(&mut file, path)?).unwrap_or(EvidenceKind::Document),
    };
    rewind(&mut file, path)?;
    let extracted = extract(kind, file_name, &mut &file, target).map(|e| with_accepted(e, kind, target));
    rewind(&mut file, path)?;
    // The facts are of the bytes that were measured.
    if tree::measure(&file, path, &[Algorithm::Sha256])? != measured {
        return Err(store::Error::Changed(path.clone()).into());
    }
    Ok(Report { name: name.clone(), kind, measured, extracted })
}

fn head(file: &mut File, path: &Path) -> Result<Vec<u8>, Error> {
    rewind(file, path)?;
    let mut head = Vec::new();
    file.take(HEAD).read_to_end(&mut head).map_err(|e| store::Error::io(path, e))?;
    Ok(head)
}

fn rewind(file: &mut File, path: &Path) -> Result<(), Error> {
    Ok(file.rewind().map_err(|e| store::Error::io(path, e))?)
}

/// Facts of evidence that were made again, by the id of the evidence in the statement. Without an entry the file was
/// not there.
pub type Remade = BTreeMap<String, Result<Map<String, Value>, Fault>>;

/// Reads again, from a folder, the evidence that a statement rests on. The statement is believed in nothing but which
/// files to look for; a file is the one it names if it has its digest, and is read under the name it has there.
/// Evidence that shares its id with another is not read: nobody could say whose facts they are.
///
/// # Errors
/// As [`read`].
pub fn replay(statement: &Statement, folder: &Path) -> Result<Remade, Error> {
    let Some(practices) = statement.practices() else { return Ok(Remade::new()) };
    let digests: BTreeSet<String> =
        statement.subjects().iter().flat_map(|s| s.digest.values()).map(|hex| hex.to_ascii_lowercase()).collect();
    let (builders, keys) = accepted(practices);
    let source = practices.scope.source.as_ref();
    let target = Target {
        digests: Some(&digests),
        revision: source.and_then(|s| s.digest.get("gitCommit")),
        source: source.map(|s| s.uri.as_str()),
        product: practices.scope.product.as_deref(),
        builders: &builders,
        keys: &keys,
    };
    let there = by_digest(folder)?;
    let mut reports = Vec::new();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    practices.evidence.iter().for_each(|e| *known.entry(&e.id).or_default() += 1);
    for evidence in &practices.evidence {
        let kind = evidence.extractor.as_deref().and_then(EvidenceKind::of_extractor);
        let digest = evidence.digest.get("sha256").map(|hex| hex.to_ascii_lowercase());
        let alone = known.get(evidence.id.as_str()) == Some(&1);
        let Some((digest, path)) = digest.and_then(|d| there.get(&d).map(|path| (d, path))).filter(|_| alone) else {
            continue;
        };
        let Some(kind) = kind else { continue };
        let given = Given { name: evidence.id.clone(), path: path.clone(), kind: Some(kind) };
        let report = read_one(&given, &evidence.name, &target)?;
        if report.measured.sha256().is_none_or(|d| d.hex() != digest) {
            return Err(store::Error::Changed(path.clone()).into());
        }
        reports.push(report);
    }
    hold_together(&mut reports);
    Ok(reports.into_iter().map(|r| (r.name, r.extracted.map(|e| e.facts))).collect())
}

/// A file for each digest: of several with the same bytes, any one.
fn by_digest(folder: &Path) -> Result<BTreeMap<String, PathBuf>, Error> {
    let mut found = BTreeMap::new();
    for file in tree::walk(folder, &[Algorithm::Sha256], &Effort::default())? {
        found.insert(file.measured.sha256().map(|d| d.hex()).unwrap_or_default(), file.path);
    }
    Ok(found)
}

/// Facts of signed evidence, with the keys and builders it was held against: else nobody could make them again.
fn with_accepted(mut extracted: Extracted, kind: EvidenceKind, target: &Target<'_>) -> Extracted {
    use EvidenceKind::{SigstoreBundle, SlsaProvenance, SourceVsa};
    if matches!(kind, SlsaProvenance | SourceVsa | SigstoreBundle) {
        let keys: Vec<String> = target.keys.iter().map(|key| base64::encode(key.spki_der())).collect();
        extracted.fact(&[KEYS], keys);
        extracted.fact(&[BUILDERS], target.builders.to_vec());
    }
    extracted
}

const KEYS: &str = "acceptedKeys";
const BUILDERS: &str = "acceptedBuilders";

/// Builders and keys that the signer accepted, as the facts name them: whether they deserve it is for whoever reads the
/// facts to say, what is asked here is whether the facts are true.
fn accepted(practices: &Practices) -> (Vec<String>, Vec<PublicKey>) {
    let lists = |name: &'static str| {
        let facts = practices.evidence.iter().filter_map(|e| e.facts.as_ref());
        let list = facts.filter_map(move |f| f.get(name)?.as_array()).flatten();
        let unique: BTreeSet<String> = list.filter_map(Value::as_str).map(str::to_owned).collect();
        unique
    };
    let key = |spki: &String| PublicKey::from_spki_der(&base64::decode(spki, KEYS).ok()?).ok();
    (lists(BUILDERS).into_iter().collect(), lists(KEYS).iter().filter_map(key).collect())
}

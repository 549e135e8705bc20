//! Making an attestation: draft, sign, check what was made as a stranger would, and only then write it.

use super::{Error, seal};
use crate::artifact::Algorithm;
use crate::attestation::{
    About, Assessor, CatalogueRef, Completeness, DigestSet, Envelope, Evidence, Payload as _, Practices, Predicate,
    ProducedBy, ProductScope, Statement, StatementDraft, SubjectSet, Tool, holds, read_container,
};
use crate::encoding::Malformed;
use crate::gather::{reports::Report, subject::slashed};
use crate::key::Quorum;
use crate::practice::{
    Assessed, Basis, Catalogue, Claim, ClaimResult, EvidenceKind, Piece, PracticeId, assess, claims,
};
use crate::signer::Signer;
use crate::store::{Overwrite, write_atomic};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::num::NonZeroUsize;
use std::path::Path;
use std::thread::Builder;

/// What the practices predicate is made from.
#[derive(Debug)]
pub struct Assessment<'a> {
    /// The member who signs.
    pub member: &'a str,
    /// The catalogue the claims speak about.
    pub catalogue: &'a Catalogue,
    /// The profile to be met.
    pub profile: Option<&'a str>,
    /// Hand-written claims.
    pub claims: Vec<claims::Draft>,
    /// Evidence, read.
    pub evidence: Vec<Report>,
    /// Product, source, exclusions.
    pub scope: ProductScope,
    /// `self`, `secondParty` or `thirdParty`.
    pub independence: &'a str,
    /// Now.
    pub assessed_at: Timestamp,
    /// When the claims end.
    pub valid_until: Option<Timestamp>,
    /// Whether the subjects are the whole release.
    pub subject_set: Option<SubjectSet>,
}

/// What was made of an assessment.
#[derive(Debug)]
pub struct Made {
    /// The predicate.
    pub practices: Practices,
    /// What the evidence shows by itself, practice by practice.
    pub assessed: BTreeMap<PracticeId, Assessed>,
}

/// Builds the predicate. Evidence is bound by digest, claims refer to it by id. Where every check of a practice passes
/// on the evidence, the practice is claimed as checked.
///
/// # Errors
/// [`Malformed`] if a claim names evidence that was not given; [`Error::Contradicted`] if evidence shows that a practice
/// claimed as met is not.
pub fn practices(assessment: Assessment<'_>) -> Result<Made, Error> {
    let catalogue = assessment.catalogue;
    let about = about(&assessment.scope);
    let numbered = || assessment.evidence.iter().enumerate().map(|(n, report)| (report, format!("e{}", n + 1)));
    // One file may be several kinds of evidence: components and what is said of their vulnerabilities.
    let mut ids: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    numbered().for_each(|(report, id)| ids.entry(report.name.as_str()).or_default().push(id));
    let evidence: Vec<Evidence> = numbered().map(|(report, id)| document(report, id, about.as_ref())).collect();
    let piece = |entry: &'_ Evidence| {
        let kind = entry.extractor.as_deref().and_then(EvidenceKind::of_extractor);
        kind.zip(entry.facts.clone())
            .filter(|_| entry.about.is_some())
            .map(|(kind, facts)| (entry.id.clone(), kind, facts))
    };
    let pieces: Vec<_> = evidence.iter().filter_map(piece).collect();
    let pieces: Vec<Piece<'_>> = pieces.iter().map(|(id, kind, facts)| Piece { id, kind: *kind, facts }).collect();
    let assessed = assess(catalogue, &pieces, assessment.assessed_at);
    let mut made = Vec::new();
    for draft in assessment.claims {
        let of = |name: &String| {
            ids.get(name.as_str())
                .cloned()
                .ok_or_else(|| Malformed::new("claims", format!("evidence {name:?} was not given")))
        };
        let refers = draft.evidence.iter().map(of).collect::<Result<Vec<_>, _>>()?;
        made.push(draft.into_claim(refers.concat()));
    }
    fill(&mut made, &assessed, &evidence)?;
    let practices = Practices {
        completeness: assessment.profile.and_then(|p| completeness(catalogue, p, &made)),
        catalogue: CatalogueRef {
            id: catalogue.id.clone(),
            version: catalogue.version.as_str().to_owned(),
            digest: DigestSet::one("sha256", catalogue.digest_hex()),
            uri: None,
            profile: assessment.profile.map(str::to_owned),
        },
        scope: assessment.scope,
        assessor: Assessor {
            id: assessment.member.to_owned(),
            independence: assessment.independence.to_owned(),
            tool: Some(Tool { name: "vouchsafe".into(), version: env!("CARGO_PKG_VERSION").into() }),
        },
        assessed_at: assessment.assessed_at,
        valid_until: assessment.valid_until,
        subject_set: assessment.subject_set,
        evidence,
        claims: made,
        supersedes: None,
        affirmation: None,
    };
    Ok(Made { practices, assessed })
}

/// What evidence is about that does not say it itself: what the statement is about.
fn about(scope: &ProductScope) -> Option<About> {
    let git_commit = scope.source.as_ref().and_then(|s| s.digest.get("gitCommit")).map(str::to_owned);
    let product = scope.product.clone();
    (git_commit.is_some() || product.is_some()).then_some(About { product, git_commit })
}

/// Claims what the evidence shows. It never makes more of a claim than the evidence does, and refuses a claim that the
/// evidence contradicts; what somebody wrote as not met stays so.
fn fill(
    claims: &mut Vec<Claim>,
    assessed: &BTreeMap<PracticeId, Assessed>,
    evidence: &[Evidence],
) -> Result<(), Error> {
    let named = |id: &str| evidence.iter().find(|e| e.id == id).map_or_else(|| id.to_owned(), |e| e.name.clone());
    for (practice, found) in assessed {
        let claim = claims.iter_mut().find(|c| c.practice == *practice);
        if let (Some(claim), Some((check, id, why))) = (&claim, found.failure())
            && claim.result == ClaimResult::Met
        {
            let (practice, check, why) = (practice.to_string(), check.to_owned(), why.to_owned());
            return Err(Error::Contradicted { practice, check, evidence: named(id), why });
        }
        if !found.is_checked() {
            continue;
        }
        let checks = found.runs();
        let ids: BTreeSet<String> = checks.iter().flat_map(|run| run.evidence.clone()).collect();
        match claim {
            Some(claim) if claim.result == ClaimResult::Met => {
                let all: BTreeSet<String> = claim.evidence.drain(..).chain(ids).collect();
                (claim.basis, claim.checks, claim.evidence) = (Basis::Checked, checks, all.into_iter().collect());
            }
            Some(_) => {}
            None => claims.push(Claim::checked(*practice, checks, ids.into_iter().collect())),
        }
    }
    Ok(())
}

fn document(report: &Report, id: String, about: Option<&About>) -> Evidence {
    let Report { name, kind, measured, extracted } = report;
    let bytes = match measured.basis() {
        crate::artifact::Basis::Bytes { length } => Some(*length),
        crate::artifact::Basis::Assumed { .. } => None,
    };
    let read = extracted.as_ref().ok().filter(|e| !e.facts.is_empty());
    let by = read.and_then(|e| e.produced_by.clone());
    Evidence {
        id,
        name: name.rsplit('/').next().unwrap_or(name).to_owned(),
        media_type: Some(kind.media_type().to_owned()).filter(|_| read.is_some()),
        digest: DigestSet::of(measured),
        bytes,
        about: about.filter(|_| read.is_some()).cloned(),
        produced_at: read.and_then(|e| e.produced_at),
        produced_by: by.map(|(name, version)| ProducedBy { name, version }),
        extractor: read.map(|_| kind.extractor().to_owned()),
        facts: read.map(|e| e.facts.clone()),
    }
}

fn completeness(catalogue: &Catalogue, profile: &str, claims: &[Claim]) -> Option<Completeness> {
    let practices = catalogue.profile(profile)?;
    let claimed: BTreeSet<_> = claims.iter().map(|c| c.practice).collect();
    let unclaimed: Vec<String> = practices.difference(&claimed).map(ToString::to_string).collect();
    let claimed = practices.len() - unclaimed.len();
    Some(Completeness { profile: profile.to_owned(), practices: practices.len(), claimed, unclaimed })
}

/// The name that each file found below an argument gets in a statement: its file name, or for a file of a folder the
/// path from that folder on.
pub fn subject_name(argument: &Path) -> impl Fn(&str) -> String {
    let folder = argument.is_dir().then(|| argument.file_name().map(OsStr::to_string_lossy));
    let start = slashed(&argument.to_string_lossy());
    move |found| match &folder {
        Some(Some(folder)) => {
            let inside = found.strip_prefix(&start).unwrap_or(found).trim_start_matches('/');
            [folder, "/", inside].concat()
        }
        Some(None) => found.trim_start_matches("./").to_owned(),
        None => found.rsplit('/').next().unwrap_or(found).to_owned(),
    }
}

/// Signs a statement and opens the result with the signer's own key: an attestation that its signer cannot
/// verify is never written.
///
/// # Errors
/// [`Error::SelfCheck`]; what the signer says.
pub fn sign(draft: &StatementDraft, payload: Vec<u8>, signer: &dyn Signer) -> Result<Checked, Error> {
    let mut envelope = Envelope::around::<Statement>(payload);
    seal(&mut envelope, signer)?;
    Checked::new(envelope, draft, signer)
}

/// The two ways to look at an attestation whose payload has so many bytes are gone at once.
const LARGE: usize = 1 << 20;

/// An attestation, and the bytes of its file, which were read again and hold.
#[derive(Clone, Debug)]
pub struct Checked {
    envelope: Envelope,
    bytes: Vec<u8>,
}

impl Checked {
    fn new(envelope: Envelope, draft: &StatementDraft, signer: &dyn Signer) -> Result<Self, Error> {
        let own = Quorum::new([("self".to_owned(), signer.public().clone())], NonZeroUsize::MIN)
            .map_err(|e| Error::SelfCheck(e.to_string()))?;
        let written = || {
            let bytes = file(&envelope);
            let same = holds(&bytes, &envelope)?;
            same.then_some(bytes).ok_or_else(|| Error::SelfCheck("its file does not say what was signed".into()))
        };
        let opens = || {
            let same = envelope.open::<Statement>(&own)?.value().subjects() == draft.subjects();
            same.then_some(()).ok_or_else(|| Error::SelfCheck("its subjects are not those that were given".into()))
        };
        let (bytes, opened) = if envelope.length() < LARGE {
            (written(), opens())
        } else {
            std::thread::scope(|scope| {
                let Ok(writing) = Builder::new().spawn_scoped(scope, written) else { return (written(), opens()) };
                let opened = opens();
                (writing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), opened)
            })
        };
        let bytes = bytes?;
        opened?;
        Ok(Self { envelope, bytes })
    }
    /// The attestation.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }
    /// The bytes of its file: a sigstore bundle for one signature, a line of DSSE for several.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// What the store says.
    pub fn write(&self, path: &Path, overwrite: Overwrite) -> Result<(), Error> {
        Ok(write_atomic(path, &self.bytes, overwrite)?)
    }
}

/// Adds a signature to an attestation that is there already, provided it says what the signer would have said: the
/// same subjects, and in `payload` the same predicate but for who assessed and when.
///
/// # Errors
/// [`Error::OtherStatement`], [`Error::SignedAlready`]; what the signer says.
pub fn append(existing: &[u8], draft: &StatementDraft, payload: &[u8], signer: &dyn Signer) -> Result<Checked, Error> {
    let mut envelopes = read_container(existing)?.envelopes;
    if envelopes.len() != 1 {
        return Err(Malformed::new(
            "attestation file",
            format!("{} attestations, expected one to add a signature to", envelopes.len()),
        )
        .into());
    }
    let mut envelope = envelopes.remove(0)?;
    let (kind, there) = envelope
        .inspect_unverified("to compare it with ours before adding our signature; the quorum is checked by verifiers");
    let (there, ours) = (Statement::parse(there)?, Statement::parse(payload)?);
    if !Statement::is_type(kind) || there.subjects() != draft.subjects() || !says_no_more(&there, &ours) {
        return Err(Error::OtherStatement);
    }
    seal(&mut envelope, signer)?;
    Checked::new(envelope, draft, signer)
}

/// Whether whoever signs `there` vouches for nothing that `ours` does not say.
fn says_no_more(there: &Statement, ours: &Statement) -> bool {
    match (there.predicate(), ours.predicate()) {
        (Predicate::Practices(there), Predicate::Practices(ours)) => {
            let in_time = ours.valid_until.is_none_or(|end| there.valid_until.is_some_and(|t| t <= end));
            let same = Practices {
                assessor: Assessor { independence: there.assessor.independence.clone(), ..ours.assessor.clone() },
                assessed_at: ours.assessed_at,
                valid_until: ours.valid_until,
                ..(**there).clone()
            };
            in_time && same == **ours
        }
        (Predicate::Other(theirs), Predicate::Other(own)) => {
            there.predicate_type() == ours.predicate_type() && theirs == own
        }
        _ => false,
    }
}

/// The bytes of the file: a sigstore bundle for one signature, a line of DSSE for several.
pub fn file(envelope: &Envelope) -> Vec<u8> {
    envelope.to_bundle().unwrap_or_else(|| [envelope.to_json(), b"\n".to_vec()].concat())
}

/// The algorithm subjects are identified by.
pub const ALGORITHMS: &[Algorithm] = &[Algorithm::Sha256];

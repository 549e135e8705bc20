//! A release of the demo portfolio, good or with one planted fault.

use super::keys::Key;
use super::portfolio::Portfolio;
use crate::cli::trouble::Trouble;
use std::num::NonZeroUsize;
use vouchsafe::artifact::{Algorithm, Measured};
use vouchsafe::attestation::{DigestSet, Envelope, Evidence, Practices, ProductScope, StatementDraft};
use vouchsafe::encoding::duration::Span;
use vouchsafe::practice::{Basis, Claim, ClaimResult, Exception, Role};
use vouchsafe::publish::attest::{self, Assessment};
use vouchsafe::signer::Signer as _;
use vouchsafe::store;
use vouchsafe::transparency::Entry;

/// What is wrong with a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Tampered,
    Corrupt,
    Unattested,
    Revoked,
    Suspended,
    Declared,
    NotLogged,
    Quorum,
    Expiring,
    Exception,
    Evidence,
    Catalogue,
}

impl Fault {
    pub(super) const ALL: [Self; 12] = [
        Self::Tampered,
        Self::Corrupt,
        Self::Unattested,
        Self::Revoked,
        Self::Suspended,
        Self::Declared,
        Self::NotLogged,
        Self::Quorum,
        Self::Expiring,
        Self::Exception,
        Self::Evidence,
        Self::Catalogue,
    ];

    /// The finding it has to be found as.
    pub(super) fn finding(self) -> &'static str {
        match self {
            Self::Tampered => "refused",
            Self::Corrupt => "undecided",
            Self::Unattested => "unattested",
            Self::Revoked => "revoked-key-used",
            Self::Suspended => "member-suspended",
            Self::Declared => "declared-only",
            Self::NotLogged => "not-logged",
            Self::Quorum => "quorum-missing",
            Self::Expiring => "expiring",
            Self::Exception => "exception-expiring",
            Self::Evidence => "evidence-missing",
            Self::Catalogue => "catalogue-superseded",
        }
    }

    /// Whether the finding is about the attestation and not the artifact.
    pub(super) fn is_of_the_attestation(self) -> bool {
        matches!(self, Self::Expiring | Self::Exception | Self::Evidence | Self::Catalogue)
    }
}

/// A release.
pub(super) struct Release {
    pub(super) member: &'static str,
    /// Below the folder of releases.
    pub(super) name: String,
    pub(super) fault: Option<Fault>,
    pub(super) made: Made,
    bytes: Vec<u8>,
}

/// What lies beside it.
pub(super) enum Made {
    Nothing,
    Garbage,
    Envelope(Box<Envelope>),
}

impl Release {
    pub(super) fn make(
        portfolio: &Portfolio,
        member: &'static str,
        number: usize,
        fault: Option<Fault>,
        key: &Key,
    ) -> Result<Self, Trouble> {
        let (major, minor) = (number / 10 + 1, number % 10);
        let name = format!("{member}/{major}.{minor}/{member}-{major}.{minor}.tar.gz");
        let bytes = format!("release {number} of {member}, {major}.{minor}\n").into_bytes();
        let made = match fault {
            Some(Fault::Unattested) => Made::Nothing,
            Some(Fault::Corrupt) => Made::Garbage,
            _ => {
                let measured = Measured::read(bytes.as_slice(), &[Algorithm::Sha256])
                    .map_err(|e| store::Error::io(name.as_ref(), e))?;
                let mut draft = StatementDraft::default();
                draft.about(name.rsplit('/').next().unwrap_or(&name), &measured);
                let payload = draft.practices(&practices(portfolio, member, fault)?);
                Made::Envelope(Box::new(attest::sign(&draft, payload, key)?.envelope().clone()))
            }
        };
        Ok(Self { member, name, fault, made, bytes })
    }

    /// Its name without folders.
    pub(super) fn file(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// The bytes that are found, which need not be those that were attested.
    pub(super) fn found_bytes(&self) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        if self.fault == Some(Fault::Tampered) {
            bytes.push(b'!');
        }
        bytes
    }

    /// What is entered in the log.
    pub(super) fn entry(&self, key: &Key) -> Option<Entry> {
        match &self.made {
            Made::Envelope(envelope) => envelope.entries([key.public()]).into_iter().next(),
            Made::Nothing | Made::Garbage => None,
        }
    }
}

/// The base profile, all met and one practice reviewed, but for the fault.
fn practices(portfolio: &Portfolio, member: &str, fault: Option<Fault>) -> Result<Practices, Trouble> {
    let days = |n: i64| Span::seconds(n.saturating_mul(86_400)).after(portfolio.now);
    let [old, present] = &portfolio.catalogues;
    let catalogue = if fault == Some(Fault::Catalogue) { old } else { present };
    let mut practices = attest::practices(Assessment {
        member,
        catalogue,
        profile: Some("base"),
        claims: Vec::new(),
        evidence: Vec::new(),
        scope: ProductScope::default(),
        independence: "self",
        assessed_at: days(-2),
        valid_until: Some(days(if fault == Some(Fault::Expiring) { 10 } else { 300 })),
        subject_set: None,
    })?
    .practices;
    practices.claims = catalogue.profile("base").unwrap_or_default().into_iter().map(met).collect();
    let reviewed = practices.claims.iter_mut().find(|c| c.practice.to_string() == "TST-01");
    if let Some(claim) = reviewed.filter(|_| fault != Some(Fault::Declared)) {
        claim.basis = Basis::Reviewed;
        claim.reviewed_by = Some(Role { role: "security-lead".into() });
    }
    if fault == Some(Fault::Exception)
        && let Some(claim) = practices.claims.iter_mut().find(|c| c.practice.to_string() != "TST-01")
    {
        claim.result = ClaimResult::NotMet;
        claim.exception = Some(Box::new(Exception {
            reason: "the tool is being exchanged".into(),
            compensated_by: Vec::new(),
            owner: Role { role: "security-lead".into() },
            approved_at: days(-30),
            expires: days(12),
        }));
    }
    if fault == Some(Fault::Evidence) {
        practices.evidence.push(lost_evidence());
    }
    Ok(practices)
}

fn met(practice: vouchsafe::practice::PracticeId) -> Claim {
    let mut claim = Claim::checked(practice, Vec::new(), Vec::new());
    claim.basis = Basis::Declared;
    claim
}

/// Facts of a file that nobody keeps.
fn lost_evidence() -> Evidence {
    let digest = hex_of(b"a report that was lost");
    Evidence {
        id: "e1".into(),
        name: "junit.xml".into(),
        media_type: None,
        digest: DigestSet::one("sha256", digest),
        bytes: None,
        about: None,
        produced_at: None,
        produced_by: None,
        extractor: Some("vouchsafe.junit/v1".into()),
        facts: Some(serde_json::Map::from_iter([("tests".to_owned(), NonZeroUsize::MIN.get().into())])),
    }
}

fn hex_of(bytes: &[u8]) -> String {
    Measured::read(bytes, &[Algorithm::Sha256]).ok().and_then(|m| m.sha256().map(|d| d.hex())).unwrap_or_default()
}

//! What there is to claim with: claims somebody wrote, and evidence about a release.

use super::context::Context;
use super::trouble::Trouble;
use clap::Args;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use vouchsafe::artifact::name;
use vouchsafe::attestation::{DigestSet, ProductScope, Source, StatementDraft};
use vouchsafe::encoding::text::shown;
use vouchsafe::encoding::{Explain as _, MAX_SMALL};
use vouchsafe::evidence::Target;
use vouchsafe::gather::reports::{self, Given, Report};
use vouchsafe::key::PublicKey;
use vouchsafe::practice::{Assessed, Basis, Catalogue, Claim, ClaimResult, EvidenceKind, Outcome, PracticeId, claims};
use vouchsafe::store::read_text;

/// Claims, evidence, and what both are about.
#[derive(Args)]
pub(crate) struct EvidenceArgs {
    /// Claims, as vouchsafe practice template writes them
    #[arg(long, value_name = "FILE", env = "VOUCHSAFE_CLAIMS")]
    pub(crate) claims: Option<PathBuf>,
    /// A report or document the claims rest on; its kind is recognised, or said: KIND=FILE (repeatable)
    #[arg(long, value_name = "[KIND=]FILE", env = "VOUCHSAFE_EVIDENCE")]
    pub(crate) evidence: Vec<PathBuf>,
    /// A key whose signed provenance counts as evidence (repeatable)
    #[arg(long, value_name = "FILE", env = "VOUCHSAFE_PROVENANCE_KEY")]
    provenance_key: Vec<PathBuf>,
    /// A builder whose provenance counts, by its id (repeatable)
    #[arg(long, value_name = "URI", env = "VOUCHSAFE_BUILDER")]
    builder: Vec<String>,
    /// Package URL of the product, such as pkg:generic/acme/tool@1.4.0
    #[arg(long, value_name = "PURL", env = "VOUCHSAFE_PRODUCT")]
    product: Option<String>,
    /// Repository the artifacts were built from
    #[arg(long, value_name = "URI", requires = "revision", env = "VOUCHSAFE_SOURCE")]
    source: Option<String>,
    /// Git commit they were built from
    #[arg(long, value_name = "HEX", requires = "source", env = "VOUCHSAFE_REVISION")]
    revision: Option<String>,
}

/// On what the claims rest that say met: ` (12 checked, 22 declared)`.
pub(crate) fn bases(claims: &[Claim]) -> String {
    let of = |basis: Basis| claims.iter().filter(|c| c.result == ClaimResult::Met && c.basis == basis).count();
    let all = [Basis::Checked, Basis::Reviewed, Basis::Declared].map(|basis| (of(basis), basis.as_str()));
    let words: Vec<String> = all.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
}

/// What would have to be shown for practices that evidence touches and does not show: some of their checks pass, or
/// one fails.
pub(crate) fn lacks(
    claims: &[Claim],
    assessed: &BTreeMap<PracticeId, Assessed>,
    profile: Option<&BTreeSet<PracticeId>>,
) -> Vec<String> {
    let asked = |id: &PracticeId| profile.is_none_or(|p| p.contains(id));
    let checked = |id: &PracticeId| claims.iter().any(|c| c.practice == *id && c.basis == Basis::Checked);
    let touched = |a: &Assessed| {
        a.checks.iter().any(|(_, o)| matches!(o, Outcome::Passes(_) | Outcome::Fails { .. } | Outcome::NotShown { .. }))
    };
    let open = assessed.iter().filter(|(id, a)| asked(id) && !checked(id) && touched(a));
    open.map(|(id, a)| format!("{id} {}", a.missing().join("; "))).collect()
}

impl EvidenceArgs {
    /// What the claims are about.
    pub(crate) fn scope(&self) -> ProductScope {
        let source = self.source.clone().zip(self.revision.clone());
        ProductScope {
            product: self.product.clone(),
            source: source.map(|(uri, revision)| Source { uri, digest: DigestSet::one("gitCommit", revision) }),
            organization: None,
            exclusions: Vec::new(),
        }
    }

    /// Evidence, read and held against the release.
    pub(crate) fn read(
        &self,
        given: &[Given],
        draft: &StatementDraft,
        context: &Context,
    ) -> Result<Vec<Report>, Trouble> {
        // What there is no evidence about is not listed.
        let about = draft.subjects().iter().filter(|_| !given.is_empty());
        let digests = about.flat_map(|s| s.digest.values()).map(str::to_ascii_lowercase).collect();
        let keys = self.provenance_key.iter().map(|path| key_of(path)).collect::<Result<Vec<_>, Trouble>>()?;
        let target = Target {
            digests: Some(&digests),
            revision: self.revision.as_deref(),
            source: self.source.as_deref(),
            product: self.product.as_deref(),
            builders: &self.builder,
            keys: &keys,
        };
        let read = reports::read(given, &target)?;
        let unknown = |r: &&Report| given.iter().take(self.evidence.len()).any(|g| g.is_unsaid(r));
        for report in read.iter().filter(|r| r.kind == EvidenceKind::Document).filter(unknown) {
            context.say(format!(
                "note: {}: no format that is known; bound as a document, and KIND={0} says what it is",
                shown(&report.name)
            ));
        }
        for (report, fault) in read.iter().filter_map(|r| r.extracted.as_ref().err().map(|fault| (r, fault))) {
            context.say(format!(
                "note: {}: {fault} [{}]: expected {}, got {}; nothing rests on it",
                shown(&report.name),
                fault.code(),
                shown(&fault.expected()),
                shown(&fault.got())
            ));
        }
        Ok(read)
    }

    /// The claims file and every document it or the command line names. Evidence named in the file is found beside it.
    pub(crate) fn claimed(&self, catalogue: &Catalogue) -> Result<Claimed, Trouble> {
        let mut all: Vec<Given> = self.evidence.iter().map(|path| given(path)).collect();
        let mut drafts = Vec::new();
        if let Some(path) = &self.claims {
            drafts = claims::parse(&read_text(path, MAX_SMALL)?, catalogue)?;
            let folder = path.parent().unwrap_or(Path::new(""));
            for name in drafts.iter().flat_map(|d| &d.evidence) {
                if !all.iter().any(|known| known.name == *name) {
                    all.push(Given { name: name.clone(), path: folder.join(name), kind: None });
                }
            }
        }
        Ok((drafts, all))
    }
}

fn key_of(path: &Path) -> Result<PublicKey, Trouble> {
    Ok(PublicKey::from_pem(&read_text(path, MAX_SMALL)?)?)
}

/// `FILE`, or `KIND=FILE` with a kind that catalogues know.
fn given(argument: &Path) -> Given {
    let said = argument.to_str().and_then(|text| text.split_once('='));
    let said = said.and_then(|(kind, file)| EvidenceKind::parse(kind).map(|kind| (kind, PathBuf::from(file))));
    let (kind, path) = said.map_or_else(|| (None, argument.to_owned()), |(kind, path)| (Some(kind), path));
    Given { name: name::lossless(&name::bytes(path.as_os_str())), path, kind }
}

/// Hand-written claims, and the evidence they and the command line name.
pub(crate) type Claimed = (Vec<claims::Draft>, Vec<Given>);

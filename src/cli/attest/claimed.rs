//! What `attest` is given to claim with: claims somebody wrote, and evidence.

use super::AttestArgs;
use crate::cli::trouble::Trouble;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use vouchsafe::artifact::name;
use vouchsafe::attestation::StatementDraft;
use vouchsafe::encoding::MAX_SMALL;
use vouchsafe::evidence::Target;
use vouchsafe::gather::reports::{self, Given, Report};
use vouchsafe::key::PublicKey;
use vouchsafe::practice::{Assessed, Basis, Catalogue, Claim, ClaimResult, EvidenceKind, Outcome, PracticeId, claims};
use vouchsafe::store::read_text;

/// On what the claims rest that say met: ` (12 checked, 22 declared)`.
pub(super) fn bases(claims: &[Claim]) -> String {
    let of = |basis: Basis| claims.iter().filter(|c| c.result == ClaimResult::Met && c.basis == basis).count();
    let all = [Basis::Checked, Basis::Reviewed, Basis::Declared].map(|basis| (of(basis), basis.as_str()));
    let words: Vec<String> = all.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
}

/// What would have to be shown for practices that evidence touches and does not show: some of their checks pass, or
/// one fails.
pub(super) fn lacks(
    claims: &[Claim],
    assessed: &BTreeMap<PracticeId, Assessed>,
    profile: Option<&BTreeSet<PracticeId>>,
) -> Vec<String> {
    let asked = |id: &PracticeId| profile.is_none_or(|p| p.contains(id));
    let checked = |id: &PracticeId| claims.iter().any(|c| c.practice == *id && c.basis == Basis::Checked);
    let touched = |a: &Assessed| a.checks.iter().any(|(_, o)| matches!(o, Outcome::Passes(_) | Outcome::Fails { .. }));
    let open = assessed.iter().filter(|(id, a)| asked(id) && !checked(id) && touched(a));
    open.map(|(id, a)| format!("{id} {}", a.missing().join("; "))).collect()
}

/// Evidence, read and held against the release.
pub(super) fn evidence_of(args: &AttestArgs, given: &[Given], draft: &StatementDraft) -> Result<Vec<Report>, Trouble> {
    let digests = draft.subjects().iter().flat_map(|s| s.digest.values()).map(|hex| hex.to_ascii_lowercase()).collect();
    let keys = args.provenance_key.iter().map(|path| Ok(key_of(path)?)).collect::<Result<Vec<_>, Trouble>>()?;
    let target = Target {
        digests: Some(&digests),
        revision: args.revision.as_deref(),
        source: args.source.as_deref(),
        product: args.product.as_deref(),
        builders: &args.builder,
        keys: &keys,
    };
    Ok(reports::read(given, &target)?)
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
pub(super) type Claimed = (Vec<claims::Draft>, Vec<Given>);

/// The claims file and every document it or the command line names. Evidence named in the file is found beside it.
pub(super) fn claimed(args: &AttestArgs, catalogue: &Catalogue) -> Result<Claimed, Trouble> {
    let mut all: Vec<Given> = args.evidence.iter().map(|path| given(path)).collect();
    let mut drafts = Vec::new();
    if let Some(path) = &args.claims {
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

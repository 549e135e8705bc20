//! Attestations of the release's files: whether accepted keys signed, and which files they left out.

use super::signed::{self, Match, Release};
use super::{Extracted, Fault, Target, provenance, source_vsa};
use std::io::Read;

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, target: &Target<'_>) -> Result<Extracted, Fault> {
    let opened = signed::open(name, input, target)?;
    let mut out = Extracted::default();
    out.fact(&["signatureValid"], !opened.statements.is_empty());
    out.fact(&["attestations"], opened.envelopes);
    out.fact(&["accepted"], opened.statements.len());
    let Some(all) = target.digests.filter(|all| !all.is_empty()) else { return Ok(out) };
    let release = Release::of(target);
    let subjects = opened.statements.iter().flat_map(|statement| statement.subjects().iter());
    // Who contradicts himself covers nothing.
    let honest = subjects.filter(|subject| release.compare([*subject]) == Match::Same);
    let covered = release.known(honest);
    out.fact(&["uncoveredFiles"], all.difference(&covered).count());
    Ok(out)
}

/// Whether a file seems to be one: a file of envelopes that no other reader here is for.
pub(super) fn looks(name: &str, head: &[u8]) -> bool {
    signed::seems_envelope(head) && !provenance::looks(name, head) && !source_vsa::looks(name, head)
}

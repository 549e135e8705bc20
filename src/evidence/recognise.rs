//! What a file seems to be, by its name and its first bytes. A hint for people who name no kind; the reader of that
//! kind decides.

use crate::practice::EvidenceKind as K;

/// Whether a file of this name, that begins so, seems to be of a kind.
type Looks = fn(&str, &[u8]) -> bool;

/// The first that fits is the one; those that are easily taken for another stand behind it.
const KINDS: &[(K, Looks)] = &[
    (K::Binary, super::binary::looks),
    (K::SigstoreBundle, super::bundle::looks),
    (K::CargoAudit, super::cargo_audit::looks),
    (K::Cobertura, super::cobertura::looks),
    (K::CycloneDxVex, super::cyclonedx_vex::looks),
    (K::FuzzSummary, super::fuzz::looks),
    (K::GitLog, super::git_log::looks),
    (K::Gitleaks, super::gitleaks::looks),
    (K::Grype, super::grype::looks),
    (K::SecurityInsights, super::insights::looks),
    (K::Junit, super::junit::looks),
    (K::Lcov, super::lcov::looks),
    (K::Lockfile, super::lockfile::looks),
    (K::OpenVex, super::openvex::looks),
    (K::Osv, super::osv::looks),
    (K::SlsaProvenance, super::provenance::looks),
    (K::RepoFile, super::repo_file::looks),
    (K::Sarif, super::sarif::looks),
    (K::Scorecard, super::scorecard::looks),
    (K::SourceVsa, super::source_vsa::looks),
    (K::Spdx, super::spdx::looks),
    (K::Trivy, super::trivy::looks),
    (K::CycloneDx, super::cyclonedx::looks),
];

/// The kind a file seems to be of; None if it could be anything. `head` is its beginning, 64 KiB of it or all.
pub fn recognise(name: &str, head: &[u8]) -> Option<K> {
    KINDS.iter().find(|(_, looks)| looks(name, head)).map(|(kind, _)| *kind)
}

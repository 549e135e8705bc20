//! Kinds of evidence: what a catalogue's checks ask for, and which reader of ours makes facts of it.

/// A kind of evidence that facts are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EvidenceKind {
    /// SARIF 2.1.0: static analysers, linters, secret scanners.
    Sarif,
    /// JUnit XML, in the dialects of its many writers.
    Junit,
    /// lcov tracefile.
    Lcov,
    /// Cobertura XML.
    Cobertura,
    /// CycloneDX 1.4 to 1.7, as JSON.
    CycloneDx,
    /// SPDX 2.3 or 3.0, as JSON.
    Spdx,
    /// OSV-Scanner's JSON.
    Osv,
    /// cargo-audit's JSON.
    CargoAudit,
    /// Trivy's JSON.
    Trivy,
    /// Grype's JSON.
    Grype,
    /// OpenVEX.
    OpenVex,
    /// VEX in CycloneDX.
    CycloneDxVex,
    /// gitleaks' JSON.
    Gitleaks,
    /// Lock files of Cargo, npm, Go and pip.
    Lockfile,
    /// SLSA provenance v1, signed.
    SlsaProvenance,
    /// SLSA verification summary of a source revision, signed.
    SourceVsa,
    /// OpenSSF Scorecard's JSON.
    Scorecard,
    /// A summary of `git log` with signatures.
    GitLog,
    /// A policy file of the repository, such as SECURITY.md or CODEOWNERS.
    RepoFile,
    /// OpenSSF Security Insights 2.
    SecurityInsights,
    /// A summary of fuzzing.
    FuzzSummary,
    /// The artifact itself: ELF, PE, Mach-O.
    Binary,
    /// Any document, bound by its digest.
    Document,
    /// Attestations of the release's files.
    SigstoreBundle,
}

use EvidenceKind as K;

/// Kind, the name catalogues and `--evidence KIND=FILE` use, the extractor, and the media type.
const TABLE: [(EvidenceKind, &str, &str, &str); 24] = [
    (K::Sarif, "sarif-2.1.0", "sarif/1", "application/sarif+json"),
    (K::Junit, "junit-xml", "junit/1", "application/xml"),
    (K::Lcov, "lcov", "lcov/1", "text/plain"),
    (K::Cobertura, "cobertura", "cobertura/1", "application/xml"),
    (K::CycloneDx, "cyclonedx", "cyclonedx/1", "application/vnd.cyclonedx+json"),
    (K::Spdx, "spdx", "spdx/1", "application/spdx+json"),
    (K::Osv, "osv", "osv/1", "application/json"),
    (K::CargoAudit, "cargo-audit", "cargo-audit/1", "application/json"),
    (K::Trivy, "trivy", "trivy/1", "application/json"),
    (K::Grype, "grype", "grype/1", "application/json"),
    (K::OpenVex, "openvex", "openvex/1", "application/json"),
    (K::CycloneDxVex, "cyclonedx-vex", "cyclonedx-vex/1", "application/vnd.cyclonedx+json"),
    (K::Gitleaks, "gitleaks", "gitleaks/1", "application/json"),
    (K::Lockfile, "lockfile", "lockfile/1", "text/plain"),
    (K::SlsaProvenance, "slsa-provenance-1", "slsa-provenance/1", "application/vnd.in-toto+json"),
    (K::SourceVsa, "slsa-vsa-1", "slsa-vsa/1", "application/vnd.in-toto+json"),
    (K::Scorecard, "scorecard-json", "scorecard/1", "application/json"),
    (K::GitLog, "git-log", "git-log/1", "application/json"),
    (K::RepoFile, "repo-file", "repo-file/1", "text/plain"),
    (K::SecurityInsights, "security-insights-2", "security-insights/1", "application/yaml"),
    (K::FuzzSummary, "fuzz-summary", "fuzz-summary/1", "application/json"),
    (K::Binary, "binary-facts", "binary/1", "application/octet-stream"),
    (K::Document, "document", "document/1", "application/octet-stream"),
    (K::SigstoreBundle, "sigstore-bundle", "sigstore-bundle/1", "application/vnd.dev.sigstore.bundle.v0.3+json"),
];

impl EvidenceKind {
    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(kind, ..)| *kind)
    }
    fn row(self) -> (&'static str, &'static str, &'static str) {
        let row = TABLE.iter().find(|(kind, ..)| *kind == self);
        row.map_or(("", "", ""), |(_, name, extractor, media)| (name, extractor, media))
    }
    /// The name catalogues use.
    pub fn name(self) -> &'static str {
        self.row().0
    }
    /// The extractor, with the version of its reading: what stands in signed evidence.
    pub fn extractor(self) -> &'static str {
        self.row().1
    }
    /// The media type.
    pub fn media_type(self) -> &'static str {
        self.row().2
    }
    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        TABLE.iter().find(|(_, known, ..)| *known == name).map(|(kind, ..)| *kind)
    }
    /// The kind an extractor reads.
    pub fn of_extractor(extractor: &str) -> Option<Self> {
        TABLE.iter().find(|(_, _, known, _)| *known == extractor).map(|(kind, ..)| *kind)
    }
    /// Whether it is what a check asks for by this name. Line coverage is line coverage in either format.
    pub fn is(self, asked: &str) -> bool {
        self.name() == asked || (self == Self::Cobertura && asked == "lcov")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_and_an_extractor_of_its_own() {
        for kind in EvidenceKind::all() {
            assert_eq!(EvidenceKind::parse(kind.name()), Some(kind));
            assert_eq!(EvidenceKind::of_extractor(kind.extractor()), Some(kind));
            assert!(kind.is(kind.name()));
        }
    }
}

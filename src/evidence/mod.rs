//! Turns the reports of other people's tools into facts: small, typed, the same for the same bytes. Believes nothing of
//! a report but what it says, and says nothing of what it does not say.
//!
//! One file for each format. A reader takes bytes from anybody: every one has limits, none keeps more in memory than
//! its facts and a bounded part of the document.

mod binary;
mod bounded;
mod bundle;
mod cargo_audit;
mod cobertura;
mod combine;
mod coverage;
mod cvss;
mod cyclonedx;
mod cyclonedx_vex;
mod document;
mod fault;
mod finding;
mod fuzz;
pub mod git_log;
mod gitleaks;
mod grype;
mod insights;
mod junit;
mod lcov;
mod lock_npm;
mod lock_text;
mod lock_toml;
mod lockfile;
mod openvex;
mod osv;
mod provenance;
mod purl;
mod recognise;
mod repo_file;
mod revision;
mod sarif;
mod scorecard;
mod signed;
mod source_vsa;
mod spdx;
mod spdx3;
mod supply;
mod target;
mod trivy;
mod vex;
mod xml;

pub use combine::combine;
pub use fault::{Code, Fault};
pub use finding::{Finding, Scan};
pub use purl::Purl;
pub use recognise::recognise;
pub use target::{Extracted, Material, Target};
pub use vex::{Scope, Statement, Status};

use crate::practice::EvidenceKind as K;
use std::io::Read;

/// Makes facts of one document of a kind. `name` is its file name, for messages and for formats that are told apart by it.
///
/// # Errors
/// [`Fault`] with its code, if it is not of that kind, cannot be read, is over a limit, or is about another build.
pub fn extract(kind: K, name: &str, input: &mut dyn Read, target: &Target<'_>) -> Result<Extracted, Fault> {
    match kind {
        K::Sarif => sarif::extract(name, input, target),
        K::Junit => junit::extract(name, input, target),
        K::Lcov => lcov::extract(name, input, target),
        K::Cobertura => cobertura::extract(name, input, target),
        K::Gitleaks => gitleaks::extract(name, input, target),
        K::Scorecard => scorecard::extract(name, input, target),
        K::FuzzSummary => fuzz::extract(name, input, target),
        K::CycloneDx => cyclonedx::extract(name, input, target),
        K::Spdx => spdx::extract(name, input, target),
        K::Osv => osv::extract(name, input, target),
        K::CargoAudit => cargo_audit::extract(name, input, target),
        K::Trivy => trivy::extract(name, input, target),
        K::Grype => grype::extract(name, input, target),
        K::OpenVex => openvex::extract(name, input, target),
        K::CycloneDxVex => cyclonedx_vex::extract(name, input, target),
        K::Lockfile => lockfile::extract(name, input, target),
        K::SlsaProvenance => provenance::extract(name, input, target),
        K::SourceVsa => source_vsa::extract(name, input, target),
        K::GitLog => git_log::extract(name, input, target),
        K::RepoFile => repo_file::extract(name, input, target),
        K::SecurityInsights => insights::extract(name, input, target),
        K::Binary => binary::extract(name, input, target),
        K::SigstoreBundle => bundle::extract(name, input, target),
        K::Document => document::extract(input),
    }
}

//! What is asked of every artifact, and the digest by which the same question is known again.

use super::outcome::Reproduce;
use super::stamp::Stamp;
use crate::encoding::duration::{Span, rfc3339};
use crate::registry::TrustedRegistry;
use crate::verify::{Policy, Tier};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// What is asked.
#[derive(Debug)]
pub struct Question<'a> {
    /// Files, folders, `@LIST`s.
    pub paths: &'a [OsString],
    /// Attestations, or folders of them, that the user named; empty to look where the artifacts are.
    pub bundles: &'a [PathBuf],
    /// The registry.
    pub trust: &'a TrustedRegistry,
    /// Where it was read from, in words.
    pub source: &'a str,
    /// The policy.
    pub policy: &'a Policy,
    /// The moment asked about.
    pub at: Timestamp,
    /// This far ahead, what ends is a finding.
    pub expiring: Span,
    /// Where evidence is to be read again, if it is.
    pub evidence: Option<&'a Path>,
    /// How many files are read at a time.
    pub jobs: NonZeroUsize,
    /// Whether the times of files are believed.
    pub times: Times,
    /// The command, as it can be typed.
    pub command: String,
    /// Where relative paths begin.
    pub here: &'a Path,
    /// What is shown of the answer.
    pub view: Filter,
}

/// Whether a file that has the same size, times and place as before is taken to be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// Yes.
    Believed,
    /// No: every file is read again.
    Distrusted,
}

/// Which part of the answer is asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Attested since, or changed since.
    pub since: Option<Timestamp>,
    /// By this member, as the attestation says or the signatures show.
    pub member: Option<String>,
    /// About this practice: findings and the matrix.
    pub practice: Option<String>,
    /// Claimed against this profile.
    pub profile: Option<String>,
    /// Only lines of this verdict, or findings of this code.
    pub only: Option<String>,
}

impl Question<'_> {
    /// Everything that the answer about one file rests on, but for the file, its attestations and the moment.
    pub(super) fn digest(&self) -> Stamp {
        let Self { trust, policy, .. } = self;
        let view = format!("{:?} {:?} {:?} {:?}", trust.fingerprint(), trust.versions(), trust.issued(), trust.read());
        let named = !self.bundles.is_empty();
        let asked = format!("{policy:?} {:?} {:?} {named}", self.expiring, self.evidence);
        // What is kept counts in whole seconds.
        let asked = format!("{asked} {}", self.at.subsec_nanosecond());
        let here = self.here.as_os_str().as_encoded_bytes();
        let evidence = self.evidence.map(Stamp::of_folder).unwrap_or_default();
        let parts = [trust.forum().id.as_bytes(), view.as_bytes(), asked.as_bytes(), here, &evidence.0];
        Stamp::over(parts.into_iter().chain([env!("CARGO_PKG_VERSION").as_bytes()]))
    }

    /// The portfolio: what was named, from where.
    pub(super) fn portfolio(&self) -> Stamp {
        let named = self.paths.iter().map(|p| p.as_encoded_bytes());
        Stamp::over(std::iter::once(self.here.as_os_str().as_encoded_bytes()).chain(named))
    }

    /// The policy without what it says about the least basis: whoever passes it and not the policy falls short of a basis
    /// alone. None if no basis is asked for.
    pub(super) fn any_basis(&self) -> Option<Policy> {
        let rule = self.policy.practices.as_ref()?;
        let asks = rule.basis_default.is_some() || !rule.basis.is_empty() || rule.tier.is_some();
        let mut policy = self.policy.clone();
        if let Some(rule) = &mut policy.practices {
            (rule.basis_default, rule.basis) = (None, BTreeMap::new());
            rule.tier = rule.tier.filter(|tier| *tier == Tier::Signed);
        }
        asks.then_some(policy)
    }

    pub(super) fn reproduce(&self) -> Reproduce {
        Reproduce {
            command: self.command.clone(),
            at: rfc3339(self.at),
            fingerprint: self.trust.fingerprint().to_string(),
            registry_version: self.trust.versions().targets,
            policy_sha256: self.policy.digest.clone(),
            log: None,
            program: format!("vouchsafe {}", env!("CARGO_PKG_VERSION")),
        }
    }
}

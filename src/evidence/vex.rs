//! What VEX statements say, in one shape for both formats, and which findings they explain.

use super::finding::{Finding, named};
use super::purl::Purl;
use super::supply::{MAX_KEPT, names_subject};
use super::{Extracted, Material, Target};
use crate::encoding::Malformed;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What is said of a vulnerability in a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It is fixed there.
    Fixed,
    /// It does no harm there; whether it is said why.
    NotAffected {
        /// With a justification of the format's list.
        justified: bool,
    },
    /// Nobody knows yet, or nothing is said.
    UnderInvestigation,
    /// It does harm.
    Affected,
}

/// What a statement is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The release itself, whatever the component.
    Release,
    /// A component.
    Component(Purl),
}

/// A statement, with all that it names.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Names of the vulnerability, in capitals.
    pub ids: BTreeSet<String>,
    /// What it is about, as far as that can be told.
    pub scopes: Vec<Scope>,
    /// What it says.
    pub status: Status,
    /// When.
    pub at: Option<Timestamp>,
}

impl Statement {
    pub(super) fn new<'a>(ids: impl IntoIterator<Item = &'a str>, status: Status, at: Option<Timestamp>) -> Self {
        let ids = ids.into_iter().filter(|id| !id.trim().is_empty()).map(named).collect();
        Self { ids, scopes: Vec::new(), status, at }
    }
}

/// Whether a product of a VEX document is the release: by digest, or as the product that the release says it is.
pub(super) fn is_release(ids: &[&str], hashes: &[(&str, &str)], target: &Target<'_>) -> bool {
    let digest = |version: &str| version.split_once(':').is_some_and(|d| names_subject([d], target) == Some(true));
    let product = target.product.map(|product| (product, Purl::parse(product).ok()));
    names_subject(hashes.iter().copied(), target) == Some(true)
        || ids.iter().any(|id| {
            let purl = Purl::parse(id).ok();
            let same = product.as_ref().is_some_and(|(text, parsed)| {
                text == id || parsed.as_ref().zip(purl.as_ref()).is_some_and(|(ours, said)| said.covers(ours))
            });
            same || purl.and_then(|p| p.version).is_some_and(|version| digest(&version))
        })
}

/// Puts the facts of a VEX document, and keeps its statements.
pub(super) fn finish(statements: Vec<Statement>, out: &mut Extracted) -> Result<(), Malformed> {
    let size = |s: &Statement| s.ids.len().saturating_mul(s.scopes.len().max(1));
    let total = statements.iter().map(size).fold(0, usize::saturating_add);
    if total > MAX_KEPT {
        return Err(Malformed::new("VEX", format!("names more than {MAX_KEPT} vulnerabilities in products")));
    }
    let count = |is: fn(Status) -> bool| statements.iter().filter(|s| is(s.status)).count();
    out.fact(&["statements"], statements.len());
    out.fact(&["notAffected", "total"], count(|s| matches!(s, Status::NotAffected { .. })));
    out.fact(&["notAffected", "withoutJustification"], count(|s| s == Status::NotAffected { justified: false }));
    out.fact(&["fixed"], count(|s| s == Status::Fixed));
    out.fact(&["underInvestigation"], count(|s| s == Status::UnderInvestigation));
    out.fact(&["affected"], count(|s| s == Status::Affected));
    out.material = Material::Statements(statements);
    Ok(())
}

/// When, and then how bad: the latest counts, and of two at the same time the worse.
type Verdict = (Timestamp, Meaning);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Meaning {
    Explained,
    Open,
}

/// All statements of a set of documents, ready to be asked. The order they came in is lost.
#[derive(Debug, Default)]
pub(super) struct Verdicts(BTreeMap<String, BTreeMap<Scope, Verdict>>);

impl Verdicts {
    pub(super) fn add(&mut self, statement: &Statement) {
        let meaning = match statement.status {
            Status::Fixed | Status::NotAffected { justified: true } => Meaning::Explained,
            _ => Meaning::Open,
        };
        // Without a time it cannot override what is worse, and may be overridden by it at any time.
        let never = if meaning == Meaning::Explained { Timestamp::MIN } else { Timestamp::MAX };
        let verdict = (statement.at.unwrap_or(never), meaning);
        for id in &statement.ids {
            for scope in &statement.scopes {
                // Every version cannot be fixed.
                if statement.status == Status::Fixed && matches!(scope, Scope::Component(Purl { version: None, .. })) {
                    continue;
                }
                let known = self.0.entry(id.clone()).or_default().entry(scope.clone()).or_insert(verdict);
                *known = verdict.max(*known);
            }
        }
    }

    /// The verdict on one name of a finding.
    fn of(&self, id: &str, component: Option<&Purl>) -> Option<Verdict> {
        let scopes = self.0.get(id)?;
        let exact = component.and_then(|purl| scopes.get(&Scope::Component(purl.clone())));
        let any = component.and_then(|purl| scopes.get(&Scope::Component(purl.any_version())));
        [scopes.get(&Scope::Release), exact, any].into_iter().flatten().copied().max()
    }

    /// Whether a finding is explained.
    pub(super) fn explain(&self, finding: &Finding) -> bool {
        let of = |id: &String| self.of(id, finding.component.as_ref());
        let explained = |verdict: Option<Verdict>| verdict.is_some_and(|(_, meaning)| meaning == Meaning::Explained);
        // An advisory may be about several vulnerabilities: then each has to be explained by its own name.
        let cves: Vec<&String> = finding.ids.iter().filter(|id| id.starts_with("CVE-")).collect();
        explained(finding.ids.iter().filter_map(of).max())
            && (cves.len() < 2 || cves.into_iter().all(|c| explained(of(c))))
    }
}

//! What a scanner found, in one shape for every scanner, and the facts that are made of it.

use super::cvss;
use super::purl::Purl;
use super::supply::MAX_KEPT;
use super::{Extracted, Material};
use crate::encoding::Malformed;
use std::collections::{BTreeMap, BTreeSet};

/// One vulnerability in one component.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Its names in all the databases the report mentions, in capitals.
    pub ids: BTreeSet<String>,
    /// The component, if it has a package URL or one can be made.
    pub component: Option<Purl>,
    /// Name and version as the report writes them.
    pub label: String,
    /// CVSS; 10 if nothing is known.
    pub score: f64,
    /// Whether it is known to be exploited; None if the report does not say so either way.
    pub exploited: Option<bool>,
}

impl Finding {
    /// A finding; `ids` that are empty are none.
    pub(super) fn new<'a>(
        ids: impl IntoIterator<Item = &'a str>,
        component: Option<Purl>,
        label: String,
        score: f64,
    ) -> Self {
        let ids = ids.into_iter().filter(|id| !id.trim().is_empty()).map(named).collect();
        Self { ids, component, label, score, exploited: None }
    }
}

/// A name of a vulnerability as it is compared.
pub(super) fn named(id: &str) -> String {
    id.trim().to_ascii_uppercase()
}

/// What a scan brought to light.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scan {
    /// Vulnerabilities, each once.
    pub findings: Vec<Finding>,
    /// Components nobody maintains, if the report says which.
    pub unmaintained: Option<Vec<Finding>>,
    /// Whether the report holds all that was found, and not only what is above some severity.
    pub all: bool,
}

impl Scan {
    /// Findings with the same component and a name in common become one.
    pub(super) fn new(findings: Vec<Finding>) -> Self {
        Self { findings: merged(findings), unmaintained: None, all: true }
    }

    /// Adds one that was just read.
    ///
    /// # Errors
    /// [`Malformed`] if there are too many, or it has no name.
    pub(super) fn push(list: &mut Vec<Finding>, one: Finding) -> Result<(), Malformed> {
        if one.ids.is_empty() {
            return Err(Malformed::new("finding", "a vulnerability without a name"));
        }
        if list.len() >= MAX_KEPT || one.ids.len() > 1_000 {
            return Err(Malformed::new("findings", format!("more than {MAX_KEPT}")));
        }
        list.push(one);
        Ok(())
    }

    /// Puts the facts that depend on what is explained.
    pub(super) fn facts(&self, out: &mut Extracted, explained: impl Fn(&Finding) -> bool) {
        if let Some(list) = &self.unmaintained {
            out.fact(&["unmaintained", "total"], list.len());
            out.fact(&["unmaintained", "unexcused"], list.iter().filter(|f| !explained(f)).count());
        }
        // Of what the report leaves out nothing is known: neither how much, nor how bad.
        if !self.all {
            return;
        }
        let open: Vec<&Finding> = self.findings.iter().filter(|f| !explained(f)).collect();
        out.fact(&["found"], self.findings.len());
        out.fact(&["explained"], self.findings.len().saturating_sub(open.len()));
        out.fact(&["open", "count"], open.len());
        out.fact(&["open", "maxCvss"], open.iter().map(|f| f.score).fold(0.0, f64::max));
        // None exploited of none open is a fact; otherwise the report has to say so of every one.
        if open.iter().all(|f| f.exploited.is_some()) {
            out.fact(&["open", "knownExploited"], open.iter().filter(|f| f.exploited == Some(true)).count());
        }
    }

    /// Puts the facts as they are without any explanation, and keeps the findings for those that there may be.
    pub(super) fn finish(self, out: &mut Extracted) {
        self.facts(out, |_| false);
        out.material = Material::Scan(self);
    }
}

/// One finding for each set of names that belong together in one component. In time a little over linear.
fn merged(findings: Vec<Finding>) -> Vec<Finding> {
    let mut roots: Vec<usize> = (0..findings.len()).collect();
    let mut first: BTreeMap<(Option<&Purl>, &str, &str), usize> = BTreeMap::new();
    for (at, finding) in findings.iter().enumerate() {
        let label = if finding.component.is_some() { "" } else { finding.label.as_str() };
        for id in &finding.ids {
            let known = *first.entry((finding.component.as_ref(), label, id)).or_insert(at);
            let (a, b) = (root(&mut roots, known), root(&mut roots, at));
            if let Some(slot) = roots.get_mut(a.max(b)) {
                *slot = a.min(b);
            }
        }
    }
    let of: Vec<usize> = (0..findings.len()).map(|at| root(&mut roots, at)).collect();
    let mut kept: BTreeMap<usize, Finding> = BTreeMap::new();
    for (finding, root) in findings.into_iter().zip(of) {
        match kept.get_mut(&root) {
            Some(one) => {
                one.ids.extend(finding.ids);
                one.score = one.score.max(finding.score).min(cvss::UNKNOWN);
                one.exploited = match (one.exploited, finding.exploited) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                };
            }
            None => {
                kept.insert(root, finding);
            }
        }
    }
    kept.into_values().collect()
}

fn root(roots: &mut [usize], mut at: usize) -> usize {
    while let Some(up) = roots.get(at).copied().filter(|up| *up != at) {
        let higher = roots.get(up).copied().unwrap_or(up);
        if let Some(slot) = roots.get_mut(at) {
            *slot = higher;
        }
        at = higher;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_vulnerability_make_one_finding() {
        let purl = |name: &str| Purl::parse(name).ok();
        let one = |ids: &[&str], name: &str, score| Finding::new(ids.iter().copied(), purl(name), name.into(), score);
        let scan = Scan::new(vec![
            one(&["GHSA-a"], "pkg:cargo/a@1", 5.0),
            one(&["CVE-1"], "pkg:cargo/a@1", 7.0),
            one(&["cve-1"], "pkg:cargo/b@1", 1.0),
            one(&["RUSTSEC-1", "ghsa-A", "CVE-1"], "pkg:cargo/a@1", 3.0),
        ]);
        assert_eq!(scan.findings.len(), 2);
        assert_eq!((scan.findings[0].ids.len(), scan.findings[0].score), (3, 7.0));
        let mut out = Extracted::default();
        scan.facts(&mut out, |f| f.ids.len() == 3);
        let want = serde_json::json!({"found": 2, "explained": 1, "open": {"count": 1, "maxCvss": 1.0}});
        assert_eq!(serde_json::Value::Object(out.facts), want, "whether it is exploited is not said");
    }
}

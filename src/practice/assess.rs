//! Which practices the evidence at hand shows by itself, and what is missing for the others.
//!
//! A practice is checked only if every one of its checks passes on every piece of evidence that the check can be run
//! on: of two reports that disagree, the worse one counts. Documents that people read are never run: whoever read one
//! says so in a claim.

use super::check::{Assertion, CheckDef, evaluate};
use super::derived::with_ages;
use super::fact;
use super::kind::EvidenceKind;
use super::{Catalogue, Practice};
use super::{CheckRun, PracticeId};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Facts of one piece of evidence.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// Its id within the statement.
    pub id: &'a str,
    /// What it is.
    pub kind: EvidenceKind,
    /// What was found in it.
    pub facts: &'a Map<String, Value>,
}

/// How one check of a practice stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It passes on these, by id.
    Passes(Vec<String>),
    /// Evidence says that it does not hold.
    Fails {
        /// The evidence, by id.
        evidence: String,
        /// The assertion that does not hold, in words, and the fact as it is.
        why: String,
    },
    /// Evidence does not say that it holds: a yes that is asked for is not given. That a report names no revision is no
    /// proof that it is about another one.
    NotShown {
        /// The evidence, by id.
        evidence: String,
        /// The assertion that does not hold, in words, and the fact as it is.
        why: String,
    },
    /// There is no evidence of a kind it can be run on, or none that knows its facts.
    Missing {
        /// Kinds it can be run on.
        kinds: String,
    },
    /// A person has to read something.
    ForPeople,
}

/// How one practice stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessed {
    /// Its checks by id, in the order of the catalogue.
    pub checks: Vec<(String, Outcome)>,
}

impl Assessed {
    /// Every check passes, and there is one.
    pub fn is_checked(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(|(_, outcome)| matches!(outcome, Outcome::Passes(_)))
    }
    /// The first check that fails: its id, the evidence, and why.
    pub fn failure(&self) -> Option<(&str, &str, &str)> {
        self.checks.iter().find_map(|(id, outcome)| match outcome {
            Outcome::Fails { evidence, why } => Some((id.as_str(), evidence.as_str(), why.as_str())),
            _ => None,
        })
    }
    /// The runs that a claim with this basis names; of a practice that is checked.
    pub fn runs(&self) -> Vec<CheckRun> {
        let run = |(id, outcome): &(String, Outcome)| match outcome {
            Outcome::Passes(evidence) => Some(CheckRun { id: id.clone(), evidence: evidence.clone(), pass: true }),
            _ => None,
        };
        self.checks.iter().filter_map(run).collect()
    }
    /// What is missing, one line each: `sast-ran: no sarif-2.1.0`.
    pub fn missing(&self) -> Vec<String> {
        let line = |(id, outcome): &(String, Outcome)| match outcome {
            Outcome::Passes(_) => None,
            Outcome::Fails { evidence, why } | Outcome::NotShown { evidence, why } => {
                Some(format!("{id}: {why}, in {evidence}"))
            }
            Outcome::Missing { kinds } => Some(format!("{id}: no {kinds} that shows it")),
            Outcome::ForPeople => Some(format!("{id}: a document that somebody has reviewed")),
        };
        self.checks.iter().filter_map(line).collect()
    }
}

/// Runs every check of every practice on the evidence it can be run on.
pub fn assess(catalogue: &Catalogue, pieces: &[Piece<'_>], now: Timestamp) -> BTreeMap<PracticeId, Assessed> {
    let aged: Vec<(Piece<'_>, Map<String, Value>)> =
        pieces.iter().map(|piece| (*piece, with_ages(piece.facts, now))).collect();
    let outcomes: BTreeMap<&str, Outcome> =
        catalogue.checks.iter().map(|check| (check.id.as_str(), outcome(check, &aged))).collect();
    let one = |practice: &Practice| {
        let found = |id: &String| outcomes.get(id.as_str()).map(|outcome| (id.clone(), outcome.clone()));
        Assessed { checks: practice.checks.iter().filter_map(found).collect() }
    };
    catalogue.practices.iter().map(|practice| (practice.id, one(practice))).collect()
}

fn outcome(check: &CheckDef, pieces: &[(Piece<'_>, Map<String, Value>)]) -> Outcome {
    let kinds = || check.evidence_kinds().collect::<Vec<_>>().join(" or ");
    if check.evidence_kinds().any(|kind| kind == EvidenceKind::Document.name()) {
        return Outcome::ForPeople;
    }
    let (mut passes, mut not_shown) = (Vec::new(), None);
    for (piece, facts) in pieces.iter().filter(|(piece, facts)| runs_on(check, piece.kind, facts)) {
        if evaluate(check, facts) {
            passes.push(piece.id.to_owned());
            continue;
        }
        let (evidence, why) = (piece.id.to_owned(), why(check, facts));
        if contradicts(check, facts) {
            return Outcome::Fails { evidence, why };
        }
        not_shown.get_or_insert(Outcome::NotShown { evidence, why });
    }
    match (not_shown, passes.is_empty()) {
        (Some(outcome), _) => outcome,
        (None, true) => Outcome::Missing { kinds: kinds() },
        (None, false) => Outcome::Passes(passes),
    }
}

/// Whether facts say the opposite of what a check asserts: a count, a measure or a word is another. A truth value that is
/// false may only mean that the report does not say.
fn contradicts(check: &CheckDef, facts: &Map<String, Value>) -> bool {
    let refuted = check.assertions().filter(|assertion| assertion.is_refuted(facts));
    refuted.filter_map(|assertion| fact::lookup(facts, assertion.fact())).any(|value| !value.is_boolean())
}

/// Whether a check can be run on facts of a kind: it asks for that kind, and they know what it asks about. The facts
/// of one kind are not those of every document of it: a policy file knows no code owners. But facts that refute part
/// of a check refute it, whatever else they leave out: a severe finding is one, though nobody says if it is exploited.
fn runs_on(check: &CheckDef, kind: EvidenceKind, facts: &Map<String, Value>) -> bool {
    let known = |assertion: &Assertion| fact::lookup(facts, assertion.fact()).is_some();
    let refuted = |list: &Vec<Assertion>| list.iter().any(|assertion| assertion.is_refuted(facts));
    check.evidence_kinds().any(|asked| kind.is(asked))
        && (check.assertions().all(known) || check.all.as_ref().is_some_and(refuted))
}

/// The first assertion that does not hold, and the fact as it is.
fn why(check: &CheckDef, facts: &Map<String, Value>) -> String {
    let refuted = check.assertions().find(|assertion| assertion.is_refuted(facts));
    let failing = refuted.or_else(|| check.assertions().find(|assertion| !assertion.holds(facts)));
    failing.map_or_else(String::new, |assertion| {
        let is = fact::lookup(facts, assertion.fact()).map_or_else(|| "unknown".to_owned(), Value::to_string);
        format!("expected that {assertion}, it is {is}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::duration::instant;
    use serde_json::{Value, json};

    /// How a check of the built-in catalogue stands on reports of one kind.
    fn stands(id: &str, kind: EvidenceKind, facts: &[Value]) -> Outcome {
        let catalogue = Catalogue::parse(crate::practice::BUILTIN).unwrap();
        let ids: Vec<String> = (0..facts.len()).map(|n| format!("e{n}")).collect();
        let piece = |(id, facts)| Piece { id: String::as_str(id), kind, facts: Value::as_object(facts).unwrap() };
        let pieces: Vec<Piece<'_>> = ids.iter().zip(facts).map(piece).collect();
        let assessed = assess(&catalogue, &pieces, instant("2026-11-23").unwrap());
        let mut all = assessed.into_values().flat_map(|a| a.checks);
        all.find(|(check, _)| check == id).unwrap().1
    }

    #[test]
    fn a_report_that_leaves_something_out_is_not_passed_over_where_it_refutes() {
        let clean = json!({"open": {"maxCvss": 0.0, "knownExploited": 0}});
        let severe = json!({"open": {"maxCvss": 9.8}});
        let stood = stands("vulns-none-severe", EvidenceKind::Osv, &[clean.clone(), severe]);
        assert!(
            matches!(&stood, Outcome::Fails { evidence, why } if evidence == "e1" && why.contains("9.8")),
            "{stood:?}"
        );
        let mild = json!({"open": {"maxCvss": 3.1}});
        let passes = Outcome::Passes(vec!["e0".into()]);
        assert_eq!(stands("vulns-none-severe", EvidenceKind::Osv, &[clean, mild]), passes);
        let branch = json!({"probe": {"blocksForcePushOnBranches": "False"}});
        assert!(matches!(stands("scorecard-branch", EvidenceKind::Scorecard, &[branch]), Outcome::Fails { .. }));
    }

    /// Something else of the same kind, or by the same name, refutes nothing.
    #[test]
    fn what_a_check_is_not_about_does_not_fail_it() {
        let owners = json!({"present": true, "rules": 3, "unownedPaths": 0});
        let security = json!({"present": true, "hasContact": true, "hasResponseTime": true});
        for check in ["codeowners", "policy-file"] {
            let stood = stands(check, EvidenceKind::RepoFile, &[owners.clone(), security.clone()]);
            assert!(matches!(stood, Outcome::Passes(_)), "{check} {stood:?}");
        }
        let linter = json!({"runs": 1, "open": {"error": 2}});
        assert!(matches!(stands("secrets-none", EvidenceKind::Sarif, &[linter]), Outcome::Missing { .. }));
    }
}

//! What only several documents together say: findings that a VEX document explains, a lock file that agrees with the
//! list of components.

use super::vex::Verdicts;
use super::{Extracted, Material};

/// Adds the facts that need more than one document. The order of the documents changes nothing.
///
/// A finding is explained if, of all statements about one of its names and its component or the release, the latest is
/// `fixed`, or `not_affected` with a justification. A lock file agrees if one list of components holds all of it.
pub fn combine(all: &mut [Extracted]) {
    let mut verdicts = Verdicts::default();
    let mut lists = Vec::new();
    for one in all.iter() {
        match &one.material {
            Material::Statements(statements) => statements.iter().for_each(|s| verdicts.add(s)),
            Material::Components(components) => lists.push(components),
            _ => {}
        }
    }
    let agrees = |one: &Extracted| match &one.material {
        Material::Locked(locked) => Some(lists.iter().any(|list| locked.is_subset(list))),
        _ => None,
    };
    let agreed: Vec<Option<bool>> = all.iter().map(agrees).collect();
    for (one, agrees) in all.iter_mut().zip(agreed) {
        if let Some(agrees) = agrees {
            one.fact(&["sbomAgrees"], agrees);
        }
        if matches!(one.material, Material::Scan(_))
            && let Material::Scan(scan) = std::mem::take(&mut one.material)
        {
            scan.facts(one, |finding| verdicts.explain(finding));
            one.material = Material::Scan(scan);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::{Finding, Scan};
    use super::super::purl::Purl;
    use super::super::vex::{Scope, Statement, Status};
    use super::*;
    use crate::encoding::duration::instant;

    const LIB: &str = "pkg:cargo/lib@1.0.0";

    fn scan(ids: &[&str]) -> Extracted {
        let mut out = Extracted::default();
        let finding = Finding::new(ids.iter().copied(), Purl::parse(LIB).ok(), String::new(), 9.8);
        Scan::new(vec![finding]).finish(&mut out);
        out
    }

    fn says(id: &str, status: Status, scope: Scope, at: &str) -> Extracted {
        let mut statement = Statement::new([id], status, instant(at).ok());
        statement.scopes.push(scope);
        Extracted { material: Material::Statements(vec![statement]), ..Extracted::default() }
    }

    fn of(purl: &str) -> Scope {
        Scope::Component(Purl::parse(purl).unwrap())
    }

    /// What is open, the same in any order.
    fn open(mut documents: Vec<Extracted>) -> u64 {
        let mut seen = Vec::new();
        for _ in 0..documents.len() {
            documents.rotate_left(1);
            combine(&mut documents);
            combine(&mut documents);
            let found = documents.iter().find(|d| d.facts.contains_key("open")).unwrap();
            seen.push(found.facts["open"]["count"].as_u64().unwrap());
        }
        assert!(seen.iter().all(|n| *n == seen[0]), "{seen:?}");
        seen[0]
    }

    const WHY: Status = Status::NotAffected { justified: true };

    #[test]
    fn one_statement_explains_what_it_names() {
        assert_eq!(open(vec![scan(&["CVE-1"])]), 1);
        for (status, scope, want) in [
            (WHY, of(LIB), 0),
            (WHY, of("pkg:cargo/lib"), 0),
            (WHY, Scope::Release, 0),
            (WHY, of("pkg:cargo/lib@1.0.1"), 1),
            (WHY, of("pkg:npm/lib@1.0.0"), 1),
            (Status::Fixed, of(LIB), 0),
            (Status::Fixed, of("pkg:cargo/lib"), 1),
            (Status::NotAffected { justified: false }, of(LIB), 1),
            (Status::UnderInvestigation, of(LIB), 1),
            (Status::Affected, of(LIB), 1),
        ] {
            let statement = says("cve-1", status, scope.clone(), "2026-01-01");
            assert_eq!(open(vec![scan(&["CVE-1", "GHSA-1"]), statement]), want, "{status:?} {scope:?}");
        }
        assert_eq!(open(vec![scan(&["CVE-1"]), says("CVE-2", WHY, of(LIB), "2026-01-01")]), 1);
    }

    #[test]
    fn the_latest_counts_and_of_two_the_worse() {
        for (good, bad, want) in [
            ("2026-01-01", "2026-01-02", 1),
            ("2026-01-02", "2026-01-01", 0),
            ("2026-01-01", "2026-01-01", 1),
            ("no time", "2026-01-01", 1),
            ("2026-01-01", "no time", 1),
            ("no time", "no time", 1),
        ] {
            for worse in [Status::Affected, Status::UnderInvestigation, Status::NotAffected { justified: false }] {
                let (a, b) = (says("CVE-1", WHY, of(LIB), good), says("GHSA-1", worse, of("pkg:cargo/lib"), bad));
                assert_eq!(open(vec![a, scan(&["CVE-1", "GHSA-1"]), b]), want, "{good} {bad} {worse:?}");
            }
        }
    }

    #[test]
    fn an_advisory_about_two_vulnerabilities_needs_both_explained() {
        let one = says("CVE-1", WHY, of(LIB), "2026-01-01");
        let two = says("CVE-2", WHY, of(LIB), "2026-01-01");
        let all = says("DSA-1", WHY, of(LIB), "2026-01-01");
        let found = scan(&["CVE-1", "CVE-2", "DSA-1"]);
        assert_eq!(open(vec![found.clone(), one.clone(), all]), 1);
        assert_eq!(open(vec![found, one, two]), 0);
    }
}

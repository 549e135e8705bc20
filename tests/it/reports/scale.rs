//! Portfolios that are too large for a page: what it holds is bounded, and it says what it leaves out.

use super::portfolio::{Portfolio, scaled};
use super::{portfolio, written};
use vouchsafe::audit::{ArtifactLine, Each, Finding, FindingCode, NotChecked, Outcome, ReleaseLine, Summary, reports};

/// The lines of a portfolio, again and again under other names.
struct Many {
    one: Portfolio,
    times: usize,
}

impl Many {
    fn of(mut one: Portfolio, times: usize) -> Self {
        let totals = &mut one.summary.totals;
        for n in [&mut totals.requested, &mut totals.verified, &mut totals.refused, &mut totals.undecided] {
            *n *= times;
        }
        one.summary.releases *= times;
        one.summary.not_checked *= times;
        one.summary.findings.values_mut().for_each(|n| *n *= times);
        Self { one, times }
    }
}

impl Outcome for Many {
    fn summary(&self) -> &Summary {
        &self.one.summary
    }
    fn releases(&self, each: Each<'_, ReleaseLine>) -> std::io::Result<()> {
        for line in &self.one.releases {
            for i in 0..self.times {
                let source = format!("{i:05}/{}", line.source);
                each(&ReleaseLine { id: format!("{i}-{}", line.id), source, ..line.clone() })?;
            }
        }
        Ok(())
    }
    fn artifacts(&self, each: Each<'_, ArtifactLine>) -> std::io::Result<()> {
        for i in 0..self.times {
            for line in &self.one.artifacts {
                let release = line.release.as_ref().map(|id| format!("{i}-{id}"));
                each(&ArtifactLine { path: format!("{i:05}/{}", line.path), release, ..line.clone() })?;
            }
        }
        Ok(())
    }
    fn findings(&self, each: Each<'_, Finding>) -> std::io::Result<()> {
        for line in &self.one.findings {
            for i in 0..self.times {
                let path = line.path.as_ref().map(|path| format!("{i:05}/{path}"));
                each(&Finding { path, ..line.clone() })?;
            }
        }
        Ok(())
    }
    fn not_checked(&self, each: Each<'_, NotChecked>) -> std::io::Result<()> {
        for i in 0..self.times {
            for line in &self.one.not_checked {
                each(&NotChecked { path: format!("{i:05}/{}", line.path), why: line.why.clone() })?;
            }
        }
        Ok(())
    }
}

fn count(page: &str, words: &str) -> usize {
    page.matches(words).count()
}

#[test]
fn a_page_says_what_it_leaves_out() {
    let many = Many::of(portfolio::portfolio(), 200);
    let (releases, findings) = (many.one.summary.releases, many.one.findings.len() * 200);
    let page = written(&many, reports::html);
    assert!(page.contains(&format!("the 2000 newest of {releases} releases")));
    assert_eq!(count(&page, "<li data-severity="), 2_000);
    assert!(page.contains(&format!("This page leaves out {} more findings", findings - 2_000)));
    assert_eq!(count(&page, "<li data-verdict="), 2_000);
    assert!(page.contains("more artifacts that are not verified or have findings. They stand in the audit's JSON"));
    assert!(page.contains("more files that were not checked"));
    // The newest releases are those that stand; of as many as are left, the later ones.
    let newest = many.one.releases.iter().filter_map(|r| r.attested.clone()).max().unwrap();
    assert!(page.contains(&format!("<small>{}", &newest[..10])));
    assert!(!page.contains("<small>2025-01-07"), "the oldest do not");
}

#[test]
fn every_release_of_a_small_portfolio_is_in_the_matrix() {
    let page = written(&scaled(100), reports::html);
    let matrix = page.split("<table class=\"matrix\">").nth(1).unwrap().split("</table>").next().unwrap();
    assert_eq!(count(matrix, "<th scope=\"row\">"), 500);
    assert_eq!(count(matrix, "<tr class=\"group\">"), 5);
    assert_eq!(count(&page, "<li data-verdict="), 1_000);
    assert!(!page.contains("leaves out") && page.contains("nothing an auditor would have to look at"));
}

/// A verified artifact without findings needs no page; one with a finding has its details.
#[test]
fn of_very_many_only_what_matters_has_details() {
    let mut one = scaled(1);
    let line = one.artifacts[0].clone();
    let finding = Finding {
        severity: FindingCode::NotLogged.severity(),
        code: FindingCode::NotLogged,
        path: Some(line.path),
        release: line.release,
        member: None,
        practice: None,
        message: "in no log".into(),
        due: None,
    };
    // One about an attestation is one about both of its artifacts.
    let (source, expiring) = (one.releases[1].source.clone(), "the claims end");
    one.findings.push(Finding { path: Some(source), message: expiring.into(), ..finding.clone() });
    one.findings.push(finding);
    let page = written(&Many::of(one.counted(), 300), reports::html);
    assert_eq!(count(&page, "<li data-verdict="), 900);
    assert_eq!(count(&page, &format!("</code>: {expiring}</p>")), 600);
    assert_eq!(count(&page, "<ul class=\"checklist\""), 900, "with the checklists of their releases");
    assert!(page.contains("Of 3000 artifacts, only those"));
}

#[test]
fn a_page_of_twice_as_many_is_no_larger() {
    let of = |times| written(&Many::of(portfolio::portfolio(), times), reports::html).len();
    let (small, large) = (of(250), of(500));
    assert!(large < small + small / 100, "{small} and {large} bytes");
}

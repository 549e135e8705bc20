//! `vouchsafe audit`: of a portfolio with planted faults each is found, and nothing else; and the answer is the same however
//! it is come by.

mod hostile;
mod index;
#[cfg(unix)]
mod interrupt;
mod kept;
#[cfg(unix)]
mod pager;
mod past;
#[cfg(feature = "postgres")]
mod server;
mod stale;
mod store;
mod versions;

use crate::run::{Ran, valid};
use serde_json::Value;
use std::collections::BTreeSet;
use store::{Store, Stored};
use vouchsafe::audit::FindingCode;

/// A portfolio made by the program itself, and what was planted in it.
struct Portfolio {
    scene: Stored,
    planted: Value,
}

impl Portfolio {
    fn new(releases: usize) -> Self {
        Self::kept(Store::File, releases)
    }
    fn kept(store: Store, releases: usize) -> Self {
        let scene = store.empty();
        scene.ok(&format!("demo --portfolio {releases} p"));
        let planted = crate::run::parse(&scene.read("p/planted.json"));
        Self { scene, planted }
    }
    fn command(&self) -> &'static str {
        "audit p/releases --trust p/forum --evidence-dir p/evidence"
    }
    fn at(&self) -> &str {
        self.planted["at"].as_str().unwrap()
    }
    #[track_caller]
    fn audit(&self, more: &str) -> Ran {
        self.scene.run(&format!("{} --at {} {more}", self.command(), self.at())).says(1, "")
    }
    #[track_caller]
    fn json(&self, more: &str) -> Value {
        valid(&self.audit(&format!("--format json {more}")).out, "audit-v1.json")
    }
    /// Paths in the manifest begin at the root of the file system.
    fn relative(&self, path: &Value) -> Option<String> {
        let root = self.scene.path("").canonicalize().unwrap();
        path.as_str().map(|p| p.strip_prefix(&format!("{}/", root.display())).unwrap_or(p).to_owned())
    }
}

fn found(report: &Value) -> BTreeSet<(String, Option<String>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    report["findings"].as_array().unwrap().iter().map(|f| (text(&f["code"]).unwrap(), text(&f["path"]))).collect()
}

#[test]
fn every_planted_fault_is_found_and_nothing_else() {
    let portfolio = Portfolio::new(40);
    let report = portfolio.json("");
    let planted: BTreeSet<(String, Option<String>)> = portfolio.planted["planted"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p["code"].as_str().unwrap().to_owned(), portfolio.relative(&p["path"])))
        .collect();
    assert_eq!(found(&report), planted);
    let codes: BTreeSet<&str> = planted.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(codes, FindingCode::ALL.iter().map(|c| c.as_str()).collect(), "one fault of every kind");

    let (summary, len) = (&report["summary"], |name: &str| report[name].as_array().unwrap().len() as u64);
    let totals = |name: &str| summary["totals"][name].as_u64().unwrap();
    assert_eq!(totals("requested"), portfolio.planted["artifacts"].as_u64().unwrap());
    assert_eq!(totals("requested"), totals("verified") + totals("refused") + totals("undecided"));
    assert_eq!((len("artifacts"), len("releases")), (totals("requested"), summary["releases"].as_u64().unwrap()));
    assert_eq!(len("not_checked"), summary["not_checked"].as_u64().unwrap());
    let findings: u64 = ["high", "medium", "low"].iter().map(|s| summary["findings"][s].as_u64().unwrap()).sum();
    assert_eq!(len("findings"), findings);
    for (verdict, of) in [("verified", "verified"), ("refused", "refused"), ("undecided", "undecided")] {
        let n = report["artifacts"].as_array().unwrap().iter().filter(|a| a["verdict"] == verdict).count();
        assert_eq!(n as u64, totals(of));
    }
    let words = format!("{} of {} artifacts verified, ", totals("verified"), totals("requested"));
    let text = portfolio.audit("");
    assert!(text.first().contains(&words) && text.first().ends_with(&format!("{findings} findings")), "{text:?}");
    let lines = portfolio.audit("--format jsonl");
    let of = |kind: &str| lines.text().lines().filter(|l| l.starts_with(&format!("{{\"line\":\"{kind}\""))).count();
    assert_eq!((of("artifact") as u64, of("finding") as u64), (totals("requested"), findings));
}

#[test]
fn the_reports_say_what_the_json_says() {
    let portfolio = Portfolio::new(17);
    let outputs = ["text", "json", "jsonl", "md", "csv", "sarif", "junit", "html"];
    let outputs: String = outputs.iter().map(|format| format!(" --output {format}=out.{format}")).collect();
    let report = portfolio.json(&outputs);
    assert_eq!(crate::run::parse(&portfolio.scene.read("out.json")), report);
    let artifacts = report["artifacts"].as_array().unwrap();
    let csv = portfolio.scene.text("out.csv");
    assert_eq!(csv.lines().filter(|l| l.starts_with("\"artifact\"")).count(), artifacts.len());
    let junit = portfolio.scene.text("out.junit");
    let left = report["not_checked"].as_array().unwrap();
    assert_eq!(junit.matches("<testcase ").count(), artifacts.len() + left.len(), "{junit}");
    let html = portfolio.scene.text("out.html");
    for finding in report["findings"].as_array().unwrap() {
        assert!(html.contains(finding["code"].as_str().unwrap()));
    }
    assert!(portfolio.scene.text("out.text").starts_with("REFUSED  "));
}

#[test]
fn filters_leave_what_they_say() {
    let portfolio = Portfolio::new(40);
    let codes = |more: &str| found(&portfolio.json(more)).into_iter().map(|(code, _)| code).collect::<BTreeSet<_>>();
    assert_eq!(codes("--only unattested"), BTreeSet::from(["unattested".to_owned()]));
    assert_eq!(codes("--practice TST-01"), BTreeSet::from(["declared-only".to_owned()]));
    let refused = portfolio.json("--only refused");
    assert!(refused["artifacts"].as_array().unwrap().iter().all(|a| a["verdict"] == "refused"));
    assert_eq!(refused["summary"]["totals"], portfolio.json("")["summary"]["totals"], "what is shown changes no total");
    let suspended = portfolio.json("--member hooli");
    assert_eq!(suspended["summary"]["totals"]["requested"], 1);
    assert_eq!(found(&suspended).into_iter().map(|(c, _)| c).collect::<Vec<_>>(), ["member-suspended"]);
    let at = portfolio.at();
    let since = portfolio.scene.run(&format!("{} --at {at} --since 2100-01-01", portfolio.command()));
    assert!(since.says(0, "").first().starts_with("VERIFIED  0 of 0"));
    let none = portfolio.json("--profile base");
    assert_eq!(none["summary"]["totals"]["verified"], portfolio.json("")["summary"]["totals"]["verified"]);
}

#[test]
fn what_ends_is_a_finding_from_the_time_on_that_is_asked_for() {
    let portfolio = Portfolio::new(17);
    let expiring =
        |more: &str| found(&portfolio.json(more)).into_iter().filter(|(c, _)| c.contains("expiring")).count();
    assert_eq!((expiring(""), expiring("--expiring 9d"), expiring("--expiring 11d")), (3, 0, 2));
}

#[test]
fn findings_are_documented_in_their_order() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/findings.md")).unwrap();
    let headings: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(headings, FindingCode::ALL.iter().map(|c| c.as_str()).collect::<Vec<_>>());
    for (code, section) in FindingCode::ALL.iter().zip(page.split("\n## ").skip(1)) {
        let severity = format!("\n\n{}", code.severity().as_str());
        assert!(section.to_lowercase().contains(&severity), "{section}");
    }
}

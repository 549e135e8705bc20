//! Practice by subject: what was claimed, on what basis, how deeply it was verified, and what that supports elsewhere.
//!
//! The one export that also names what is not verified: as refused or undecided, with its code and no practices.

use super::{Asked, Claimed, Finding, claimed, inert};
use crate::audit::{SubjectReport, Verdict};
use crate::encoding::duration::rfc3339;
use crate::encoding::text::shown;
use crate::practice::Mappings;
use crate::verify::Verified;
use std::fmt::Write as _;

/// A subject of the table.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Its line of the report.
    pub report: &'a SubjectReport,
    /// The verdict, if it is yes.
    pub verified: Option<&'a Verified>,
}

const HEAD: [&str; 13] = [
    "subject",
    "digest",
    "verdict",
    "code",
    "practice",
    "title",
    "status",
    "result",
    "basis",
    "tier",
    "exception until",
    "supports",
    "computed by",
];

type Row = [String; 13];

/// The table as CSV (RFC 4180). No cell is a formula.
pub fn csv(lines: &[Line<'_>], asked: Asked<'_>) -> Vec<u8> {
    let mut out = HEAD.join(",") + "\r\n";
    for row in rows(lines, asked) {
        let cells: Vec<String> = row.iter().map(|c| csv_cell(c)).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out.into_bytes()
}

/// The table as Markdown.
pub fn markdown(lines: &[Line<'_>], asked: Asked<'_>) -> Vec<u8> {
    let mut out = String::from("# Practices and releases\n\n");
    let forum = &asked.trust.forum().name;
    let version = asked.trust.versions().targets;
    let _ = writeln!(
        out,
        "As of {}: registry version {version} of {}; policy: {}. The column \"supports\" is computed by the mapping named \
         in the last column; it is not stated by a signer, and what is supported is not fulfilled by that.\n",
        rfc3339(asked.at),
        super::plain(forum),
        super::plain(&asked.policy.name),
    );
    let _ = writeln!(out, "| {} |\n|{}", HEAD.join(" | "), " --- |".repeat(HEAD.len()));
    for row in rows(lines, asked) {
        let cells: Vec<String> = row.iter().map(|c| inert(c)).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out.into_bytes()
}

fn rows(lines: &[Line<'_>], asked: Asked<'_>) -> Vec<Row> {
    lines.iter().flat_map(|line| of_subject(*line, asked)).collect()
}

fn of_subject(line: Line<'_>, asked: Asked<'_>) -> Vec<Row> {
    let report = line.report;
    // A name that is not UTF-8 is escaped already.
    let name = if report.name_hex.is_some() { report.name.clone() } else { shown(&report.name) };
    let verdict = match report.verdict {
        Verdict::Verified => "verified",
        Verdict::Refused => "refused",
        Verdict::Undecided => "undecided",
    };
    let digest = report.digest.as_ref().map(ToString::to_string).unwrap_or_default();
    let code = report.code().unwrap_or_default();
    let head = || [name.clone(), digest.clone(), verdict.to_owned(), code.to_owned()];
    let bare = || {
        let [a, b, c, d] = head();
        let no = String::new;
        [a, b, c, d, no(), no(), no(), no(), no(), no(), no(), no(), no()]
    };
    let yes = line.verified.filter(|_| report.verdict == Verdict::Verified);
    let Some(claimed) = yes.and_then(|v| claimed(v, asked.trust)) else { return vec![bare()] };
    let (mappings, origin) = mapped(claimed);
    let rows: Vec<Row> = claimed.findings().iter().map(|f| row(head(), f, &mappings, &origin)).collect();
    if rows.is_empty() { vec![bare()] } else { rows }
}

fn mapped(claimed: Claimed<'_>) -> (Mappings, String) {
    let origin = || Mappings::origin(claimed.catalogue);
    Mappings::for_catalogue(claimed.catalogue).map_or_else(|_| Default::default(), |m| (m, origin()))
}

fn row([a, b, c, d]: [String; 4], finding: &Finding<'_>, mappings: &Mappings, origin: &str) -> Row {
    let exception = finding.claim.and_then(|c| c.exception.as_ref());
    let supports: Vec<String> = mappings
        .of(&finding.id)
        .iter()
        .filter(|m| m.relation == "supports")
        .map(|m| format!("{}:{}", shown(&m.framework), shown(&m.id)))
        .collect();
    let computed = if supports.is_empty() { "" } else { origin };
    [
        a,
        b,
        c,
        d,
        finding.id.to_string(),
        shown(finding.title),
        finding.status().to_owned(),
        finding.claim.map_or("unclaimed", |c| c.result.as_str()).to_owned(),
        finding.basis().to_owned(),
        finding.tier.to_owned(),
        exception.map(|e| rfc3339(e.expires)).unwrap_or_default(),
        supports.join(" "),
        computed.to_owned(),
    ]
}

/// Quoted, and with an apostrophe in front of what a spreadsheet would run.
pub fn csv_cell(text: &str) -> String {
    let formula =
        text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    let apostrophe = if formula { "'" } else { "" };
    format!("\"{apostrophe}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::csv_cell;

    #[test]
    fn no_cell_is_a_formula_and_every_cell_is_one_cell() {
        for bad in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"] {
            assert_eq!(csv_cell(bad), format!("\"'{bad}\""));
        }
        assert_eq!(csv_cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
    }
}

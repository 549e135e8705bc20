//! The findings: what each kind means and what to do about it, then every one of them, with a filter for those who have
//! a script.

use super::answer::rest;
use super::page::Page;
use super::page::Piece::{Count, Html, Text};
use super::section;
use super::survey::{MOST, Survey};
use crate::audit::{Finding, FindingCode, Outcome, Severity};
use std::io;

fn badge(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "<span class=\"badge refused\"><span aria-hidden=\"true\">▲ </span>high</span>",
        Severity::Medium => "<span class=\"badge undecided\"><span aria-hidden=\"true\">◆ </span>medium</span>",
        Severity::Low => "<span class=\"badge plain\"><span aria-hidden=\"true\">● </span>low</span>",
    }
}

/// Writes the findings.
pub(super) fn findings(page: &mut Page<'_>, outcome: &dyn Outcome, survey: &Survey) -> io::Result<()> {
    section(page, "findings")?;
    if survey.codes.is_empty() {
        return page.put(&[Html("<p>There is nothing an auditor would have to look at.</p>\n</section>\n")]);
    }
    kinds(page, survey)?;
    filter(page, survey)?;
    page.put(&[Html("<ol class=\"cards\" id=\"finding-list\">\n")])?;
    let mut met = 0_usize;
    outcome.findings(&mut |finding| {
        met += 1;
        if met > MOST { Ok(()) } else { card(page, finding) }
    })?;
    page.put(&[Html("</ol>\n")])?;
    rest(page, met, " more findings, none of them more severe", "<code>findings</code>")?;
    page.put(&[Html("</section>\n")])
}

/// A table: how many of each kind, why, and what to do.
fn kinds(page: &mut Page<'_>, survey: &Survey) -> io::Result<()> {
    page.put(&[
        Html("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Kinds of findings, table\">\n<table>\n"),
        Html("<caption>Kinds of findings, and what to do about each</caption>\n<thead><tr><th scope=\"col\">severity</th>"),
        Html("<th scope=\"col\">code</th><th scope=\"col\">how many</th><th scope=\"col\">what it means</th>"),
        Html("<th scope=\"col\">what to do</th></tr></thead>\n<tbody>\n"),
    ])?;
    for (code, number) in by_severity(survey) {
        page.put(&[
            Html("<tr><td>"),
            Html(badge(code.severity())),
            Html("</td><th scope=\"row\"><code>"),
            Html(code.as_str()),
            Html("</code></th><td>"),
            Count(number),
            Html("</td><td>"),
            Text(code.why()),
            Html("</td><td>"),
            Text(code.next()),
            Html("</td></tr>\n"),
        ])?;
    }
    page.put(&[Html("</tbody>\n</table>\n</div>\n")])
}

fn by_severity(survey: &Survey) -> Vec<(FindingCode, usize)> {
    let mut codes: Vec<(FindingCode, usize)> = survey.codes.iter().map(|(code, n)| (*code, *n)).collect();
    codes.sort_by_key(|(code, _)| (code.severity(), *code));
    codes
}

/// Shown by the script, which makes it work; without one the list is whole.
fn filter(page: &mut Page<'_>, survey: &Survey) -> io::Result<()> {
    page.put(&[
        Html("<form class=\"filter\" data-list=\"finding-list\" role=\"search\" aria-label=\"Filter findings\" hidden>\n"),
        Html("<label>Severity <select name=\"severity\"><option value=\"\">all</option><option>high</option>"),
        Html("<option>medium</option><option>low</option></select></label>\n"),
        Html("<label>Code <select name=\"code\"><option value=\"\">all</option>"),
    ])?;
    for (code, _) in by_severity(survey) {
        page.put(&[Html("<option>"), Html(code.as_str()), Html("</option>")])?;
    }
    page.put(&[
        Html("</select></label>\n<label>Text <input name=\"text\" type=\"search\" autocomplete=\"off\"></label>\n"),
        Html("<button type=\"reset\">Show all</button> <output aria-live=\"polite\"></output>\n</form>\n"),
    ])
}

fn card(page: &mut Page<'_>, finding: &Finding) -> io::Result<()> {
    page.put(&[
        Html("<li data-severity=\""),
        Html(finding.severity.as_str()),
        Html("\" data-code=\""),
        Html(finding.code.as_str()),
        Html("\"><p>"),
        Html(badge(finding.severity)),
        Html(" <code>"),
        Html(finding.code.as_str()),
        Html("</code> "),
        Text(&finding.message),
        Html("</p><dl class=\"facts\">"),
    ])?;
    let release = finding.release.as_ref().map(|id| id.chars().take(12).collect::<String>());
    let facts = [
        ("file", &finding.path),
        ("member", &finding.member),
        ("practice", &finding.practice),
        ("due", &finding.due),
        ("release", &release),
    ];
    for (name, value) in facts {
        if let Some(value) = value {
            page.put(&[Html("<div><dt>"), Html(name), Html("</dt><dd>"), Text(value), Html("</dd></div>")])?;
        }
    }
    page.put(&[Html("</dl></li>\n")])
}

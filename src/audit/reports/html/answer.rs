//! The parts of the page that everybody reads: the answer, the totals, the members; and the two that make it checkable:
//! what was not checked, and how to come to the same answer.

use super::page::Page;
use super::page::Piece::{Count, Html, Text};
use super::section;
use super::survey::Survey;
use crate::audit::reports::mark::Mark;
use crate::audit::reports::words::{reproduce as parts, sentence};
use crate::audit::{Outcome, Severity, Summary, Verdict};
use std::io;

/// A verdict as the page shows it: class, sign and word, so that none says it by colour alone.
pub(super) fn badge(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Verified => "<span class=\"badge verified\"><span aria-hidden=\"true\">✓ </span>verified</span>",
        Verdict::Refused => "<span class=\"badge refused\"><span aria-hidden=\"true\">✗ </span>refused</span>",
        Verdict::Undecided => "<span class=\"badge undecided\"><span aria-hidden=\"true\">? </span>undecided</span>",
    }
}

/// The sentence and the numbers.
pub(super) fn answer(page: &mut Page<'_>, summary: &Summary, survey: &Survey) -> io::Result<()> {
    let what = match (summary.verdict, summary.totals.requested) {
        (_, 0) => "Nothing was there to decide about. That is no yes.",
        (Verdict::Verified, _) => "Every artifact is verified.",
        (Verdict::Refused, _) => "At least one artifact was examined and refused. Those must not be used.",
        (Verdict::Undecided, _) => "No artifact was refused, but about some nothing could be decided. That is no yes.",
    };
    page.put(&[
        Html("<header>\n<h1>Audit of "),
        Text(&summary.as_of.forum),
        Html("</h1>\n<p class=\"answer\">"),
        Html(badge(summary.verdict)),
        Html(" <strong>"),
        Text(&sentence(summary)),
        Html("</strong></p>\n<p>"),
        Html(what),
        Html(" Asked of "),
        Text(&summary.reproduce.at),
        Html(", by the policy "),
        Text(&summary.policy.name),
        Html(".</p>\n"),
    ])?;
    page.put(&[Html("<dl class=\"totals\">\n")])?;
    let totals = summary.totals;
    total(page, "artifacts", totals.requested, "plain")?;
    total(page, "✓ verified", totals.verified, "verified")?;
    total(page, "✗ refused", totals.refused, "refused")?;
    total(page, "? undecided", totals.undecided, "undecided")?;
    total(page, "releases", summary.releases, "plain")?;
    let of = |severity| summary.findings.get(&severity).copied().unwrap_or(0);
    total(page, "▲ high findings", of(Severity::High), "refused")?;
    total(page, "◆ medium findings", of(Severity::Medium), "undecided")?;
    total(page, "● low findings", of(Severity::Low), "plain")?;
    total(page, "files not checked", summary.not_checked, "plain")?;
    let _ = survey;
    page.put(&[Html("</dl>\n</header>\n")])
}

fn total(page: &mut Page<'_>, name: &'static str, number: usize, class: &'static str) -> io::Result<()> {
    let class = if number == 0 { "plain" } else { class };
    let close = "</dd></div>\n";
    page.put(&[
        Html("<div class=\""),
        Html(class),
        Html("\"><dt>"),
        Html(name),
        Html("</dt><dd>"),
        Count(number),
        Html(close),
    ])
}

/// What each member's releases come to, of the practices that are asked for.
pub(super) fn members(page: &mut Page<'_>, survey: &Survey) -> io::Result<()> {
    section(page, "members")?;
    if survey.members.is_empty() {
        return page.put(&[Html("<p>No artifact is verified, so no member vouches for one.</p>\n</section>\n")]);
    }
    page.put(&[
        Html("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Members, table\">\n<table class=\"numbers\">\n"),
        Html("<caption>Claims about the practices the policy asks for, over all releases of a member</caption>\n"),
        Html("<thead><tr><th scope=\"col\">member</th><th scope=\"col\">releases</th>"),
        Html("<th scope=\"col\">artifacts verified</th>"),
    ])?;
    let used = |mark: &Mark| survey.members.values().any(|m| m.marks.contains_key(mark));
    let marks: Vec<Mark> = Mark::ALL.into_iter().rev().filter(used).collect();
    for mark in &marks {
        page.put(&[Html("<th scope=\"col\">"), Html(mark.meaning()), Html("</th>")])?;
    }
    page.put(&[Html("</tr></thead>\n<tbody>\n")])?;
    for (name, member) in &survey.members {
        page.put(&[
            Html("<tr><th scope=\"row\">"),
            Text(name),
            Html("</th><td>"),
            Count(member.releases),
            Html("</td><td>"),
            Count(member.verified),
            Html(" of "),
            Count(member.artifacts),
            Html("</td>"),
        ])?;
        for mark in &marks {
            let number = member.marks.get(mark).copied().unwrap_or(0);
            page.put(&[Html("<td>"), Count(number), Html("</td>")])?;
        }
        page.put(&[Html("</tr>\n")])?;
    }
    page.put(&[Html("</tbody>\n</table>\n</div>\n</section>\n")])
}

/// What lay there and was not checked.
pub(super) fn not_checked(page: &mut Page<'_>, outcome: &dyn Outcome) -> io::Result<()> {
    section(page, "not-checked")?;
    match outcome.summary().not_checked {
        0 => {
            return page
                .put(&[Html("<p>Every file that was met was checked, or is an attestation.</p>\n</section>\n")]);
        }
        number => page.put(&[Html("<p>These files were met, and nothing is said about them: "), Count(number)])?,
    }
    page.put(&[Html(".</p>\n<ul class=\"plain-list\">\n")])?;
    let mut listed = 0_usize;
    outcome.not_checked(&mut |file| {
        listed += 1;
        if listed > super::survey::MOST {
            return Ok(());
        }
        page.put(&[Html("<li><code>"), Text(&file.path), Html("</code>: "), Text(&file.why), Html("</li>\n")])
    })?;
    page.put(&[Html("</ul>\n")])?;
    rest(page, listed, " more files that were not checked", "<code>not_checked</code>")?;
    page.put(&[Html("</section>\n")])
}

/// Says how many lines the page leaves out, and where they are.
pub(super) fn rest(page: &mut Page<'_>, met: usize, what: &'static str, field: &'static str) -> io::Result<()> {
    match met.saturating_sub(super::survey::MOST) {
        0 => Ok(()),
        left => page.put(&[
            Html("<p class=\"rest\">This page leaves out "),
            Count(left),
            Html(what),
            Html(". They stand in the audit's JSON, under "),
            Html(field),
            Html(" (<code>--output json=PATH</code>).</p>\n"),
        ]),
    }
}

/// How to come to the same answer.
pub(super) fn reproduce(page: &mut Page<'_>, summary: &Summary) -> io::Result<()> {
    section(page, "reproduce")?;
    page.put(&[Html(
        "<p>The same state, policy and moment give the same answer, byte for byte.</p>\n<dl class=\"parts\">\n",
    )])?;
    for (name, value) in parts(summary) {
        let (open, close) = if name == "command" { ("<dd><pre>", "</pre></dd>") } else { ("<dd>", "</dd>") };
        page.put(&[Html("<dt>"), Html(name), Html("</dt>"), Html(open), Text(&value), Html(close), Html("\n")])?;
    }
    page.put(&[Html("</dl>\n</section>\n")])
}

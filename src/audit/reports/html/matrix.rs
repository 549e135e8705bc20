//! The coverage matrix: a row per release, a column per practice, a letter and a colour per claim.

use super::page::Page;
use super::page::Piece::{Count, Html, Text};
use super::section;
use super::survey::{Asked, MOST, Row, Survey};
use crate::audit::Summary;
use crate::audit::reports::mark::Mark;
use crate::encoding::duration::day;
use std::io;

/// Writes the matrix, its legend before it.
pub(super) fn matrix(page: &mut Page<'_>, summary: &Summary, survey: &Survey) -> io::Result<()> {
    section(page, "coverage")?;
    if survey.practices.is_empty() {
        return page
            .put(&[Html("<p>No verified release claims a practice, and the policy asks for none.</p>\n</section>\n")]);
    }
    legend(page)?;
    if summary.releases > MOST {
        page.put(&[
            Html("<p class=\"rest\">The matrix holds the "),
            Count(MOST),
            Html(" newest of "),
            Count(summary.releases),
            Html(" releases. All stand in the audit's JSON, under <code>releases</code> (<code>--output json=PATH</code>).</p>\n"),
        ])?;
    }
    page.put(&[
        Html("<div class=\"scroll box\" role=\"region\" tabindex=\"0\" aria-label=\"Coverage matrix\">\n"),
        Html("<table class=\"matrix\">\n<caption><span>Practices (columns) of each release (rows)</span></caption>\n"),
        Html("<thead><tr><th scope=\"col\">release</th>"),
    ])?;
    for practice in survey.practices.keys() {
        page.put(&[Html("<th scope=\"col\"><span>"), Text(practice), Html("</span></th>")])?;
    }
    page.put(&[Html("</tr></thead>\n")])?;
    let mut member: Option<&str> = None;
    for row in &survey.rows {
        if member != Some(&row.member) {
            group(page, member.is_some(), row, survey.practices.len())?;
            member = Some(&row.member);
        }
        release(page, row, survey)?;
    }
    page.put(&[Html("</tbody>\n</table>\n</div>\n</section>\n")])
}

fn legend(page: &mut Page<'_>) -> io::Result<()> {
    page.put(&[Html("<ul class=\"legend\" aria-label=\"Legend\">")])?;
    for mark in Mark::ALL.into_iter().rev() {
        page.put(&[Html("<li><b class=\""), Html(class(mark)), Html("\">"), Html(mark.letter()), Html("</b> ")])?;
        page.put(&[Html(mark.meaning()), Html("</li>")])?;
    }
    page.put(&[
        Html("</ul>\n<p>A letter in <span class=\"unasked\">(brackets)</span> is claimed, though the policy does not ask for "),
        Html("it; an empty field is neither. Not accepted means claimed, but not as the policy wants it. "),
        Html("<code>vouchsafe explain ID</code> says what a practice is.</p>\n"),
    ])
}

/// The line above a member's releases.
fn group(page: &mut Page<'_>, follows: bool, row: &Row, columns: usize) -> io::Result<()> {
    let name = if row.member.is_empty() { "nobody: nothing is verified" } else { &row.member };
    page.put(&[
        Html(if follows { "</tbody>\n" } else { "" }),
        Html("<tbody>\n<tr class=\"group\"><th scope=\"rowgroup\">"),
        Text(name),
        Html("</th><td colspan=\""),
        Count(columns),
        Html("\"></td></tr>\n"),
    ])
}

fn release(page: &mut Page<'_>, row: &Row, survey: &Survey) -> io::Result<()> {
    let made = row.attested.map(day).unwrap_or_default();
    page.put(&[Html("<tr><th scope=\"row\">"), Text(&row.product), Html(" <small>"), Text(&made)])?;
    if row.verified != row.artifacts {
        page.put(&[
            Html(if made.is_empty() { "" } else { " · " }),
            Count(row.verified),
            Html(" of "),
            Count(row.artifacts),
            Html(" verified"),
        ])?;
    }
    page.put(&[Html("</small></th>")])?;
    if row.marks.is_empty() {
        let none = if row.member.is_empty() { "nothing verified" } else { "no practices" };
        page.put(&[Html("<td class=\"none\" colspan=\""), Count(survey.practices.len()), Html("\">"), Html(none)])?;
        return page.put(&[Html("</td></tr>\n")]);
    }
    for number in survey.practices.values() {
        match row.marks.iter().find(|(n, ..)| n == number) {
            Some((_, mark, asked)) => cell(page, *mark, *asked)?,
            None => page.put(&[Html("<td></td>")])?,
        }
    }
    page.put(&[Html("</tr>\n")])
}

fn cell(page: &mut Page<'_>, mark: Mark, asked: Asked) -> io::Result<()> {
    let (open, close) = match asked {
        Asked::Yes => ("\">", "</td>"),
        Asked::No => (" unasked\">(", ")</td>"),
    };
    page.put(&[Html("<td class=\""), Html(class(mark)), Html(open), Html(mark.letter()), Html(close)])
}

/// The class that colours a mark.
pub(super) fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::NotMet => "m-not",
        Mark::NotAccepted => "m-bad",
        Mark::Unclaimed => "m-un",
        Mark::Partial => "m-part",
        Mark::Excepted => "m-exc",
        Mark::Checked => "m-chk",
        Mark::Reviewed => "m-rev",
        Mark::Declared => "m-dec",
        Mark::NotApplicable => "m-na",
    }
}

//! The audit as one page that needs nothing else: no network, no fonts, no images, and no script to be complete.
//!
//! The page allows itself one style and one script, by their digests, and nothing from anywhere (Content-Security-Policy).

mod answer;
mod artifacts;
mod findings;
mod matrix;
mod months;
mod page;
mod plots;
mod survey;

use super::words::sentence;
use crate::audit::Outcome;
use crate::encoding::base64;
use page::Page;
use page::Piece::{Html, Text};
use sha2::{Digest as _, Sha256};
use std::io::{self, Write};
use survey::Survey;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Sections: anchor and heading.
const SECTIONS: [(&str, &str); 7] = [
    ("members", "Members"),
    ("coverage", "Coverage"),
    ("plots", "Over time"),
    ("findings", "Findings"),
    ("artifacts", "Artifacts"),
    ("not-checked", "Not checked"),
    ("reproduce", "How to reproduce"),
];

/// Writes the audit as a page.
///
/// # Errors
/// What `out` or the outcome says.
pub fn html(outcome: &dyn Outcome, out: &mut dyn Write) -> io::Result<()> {
    let survey = Survey::of(outcome)?;
    let page = &mut Page::new(out);
    head(page, outcome)?;
    answer::answer(page, outcome.summary(), &survey)?;
    answer::members(page, &survey)?;
    matrix::matrix(page, outcome.summary(), &survey)?;
    plots::plots(page, &survey)?;
    findings::findings(page, outcome, &survey)?;
    artifacts::artifacts(page, outcome, &survey)?;
    answer::not_checked(page, outcome)?;
    answer::reproduce(page, outcome.summary())?;
    page.put(&[Html("</main>\n<script>"), Html(SCRIPT), Html("</script>\n</body>\n</html>\n")])
}

fn head(page: &mut Page<'_>, outcome: &dyn Outcome) -> io::Result<()> {
    let summary = outcome.summary();
    let of = |text: &str| format!("'sha256-{}'", base64::encode(&Sha256::digest(text.as_bytes())));
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        of(STYLE),
        of(SCRIPT)
    );
    page.put(&[
        Html("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"),
        Html("<meta http-equiv=\"Content-Security-Policy\" content=\""),
        Text(&policy),
        Html("\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"),
        Html("<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"),
        Html("<title>Audit of "),
        Text(&summary.as_of.forum),
        Html(": "),
        Text(&sentence(summary)),
        Html("</title>\n<style>"),
        Html(STYLE),
        Html("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the answer</a>\n"),
        Html("<nav aria-label=\"Sections\"><ul>"),
    ])?;
    for (anchor, heading) in SECTIONS {
        page.put(&[Html("<li><a href=\"#"), Html(anchor), Html("\">"), Html(heading), Html("</a></li>")])?;
    }
    page.put(&[Html("</ul></nav>\n<main id=\"main\" tabindex=\"-1\">\n")])
}

/// Opens a section of the page, with its heading.
fn section(page: &mut Page<'_>, anchor: &'static str) -> io::Result<()> {
    let heading = SECTIONS.iter().find(|(a, _)| *a == anchor).map_or(anchor, |(_, heading)| heading);
    page.put(&[
        Html("<section id=\""),
        Html(anchor),
        Html("\" aria-labelledby=\"h-"),
        Html(anchor),
        Html("\">\n<h2 id=\"h-"),
        Html(anchor),
        Html("\">"),
        Html(heading),
        Html("</h2>\n"),
    ])
}

//! Every artifact, with what decided, whose signatures counted, its findings and its checklist.

use super::answer::{badge, rest};
use super::matrix::class;
use super::page::Page;
use super::page::Piece::{Count, Html, Text};
use super::section;
use super::survey::{Asked, MOST, Row, Survey};
use crate::audit::reports::mark::Mark;
use crate::audit::reports::words::word;
use crate::audit::{ArtifactLine, Outcome, Verdict};
use std::io;

/// Writes the artifacts. Of very many, only those there is something to say about.
pub(super) fn artifacts(page: &mut Page<'_>, outcome: &dyn Outcome, survey: &Survey) -> io::Result<()> {
    section(page, "artifacts")?;
    let requested = outcome.summary().totals.requested;
    if requested > MOST {
        page.put(&[
            Html("<p>Of "),
            Count(requested),
            Html(" artifacts, only those that are not verified or have findings are listed. "),
            Html("The others stand in the audit's JSON, under <code>artifacts</code> (<code>--output json=PATH</code>).</p>\n"),
        ])?;
        if survey.crowded {
            page.put(&[Html(
                "<p>There are more findings than this page holds; an artifact that is verified may have some.</p>\n",
            )])?;
        }
    }
    page.put(&[
        Html("<form class=\"filter\" data-list=\"artifact-list\" role=\"search\" aria-label=\"Filter artifacts\" hidden>\n"),
        Html("<label>Verdict <select name=\"verdict\"><option value=\"\">all</option><option>refused</option>"),
        Html("<option>undecided</option><option>verified</option></select></label>\n"),
        Html("<label>Text <input name=\"text\" type=\"search\" autocomplete=\"off\"></label>\n"),
        Html("<button type=\"reset\">Show all</button> <output aria-live=\"polite\"></output>\n</form>\n"),
        Html("<ul class=\"cards\" id=\"artifact-list\">\n"),
    ])?;
    let mut met = 0_usize;
    outcome.artifacts(&mut |line| {
        if !survey.details(outcome, line) {
            return Ok(());
        }
        met += 1;
        if met > MOST { Ok(()) } else { detail(page, line, survey) }
    })?;
    page.put(&[Html("</ul>\n")])?;
    rest(page, met, " more artifacts that are not verified or have findings", "<code>artifacts</code>")?;
    page.put(&[Html("</section>\n")])
}

fn detail(page: &mut Page<'_>, line: &ArtifactLine, survey: &Survey) -> io::Result<()> {
    page.put(&[
        Html("<li data-verdict=\""),
        Html(word(line.verdict)),
        Html("\"><details><summary>"),
        Html(badge(line.verdict)),
        Html(" <span class=\"path\">"),
        Text(&line.path),
        Html("</span></summary>\n<dl class=\"parts\">"),
    ])?;
    part(page, "what", Some(&line.message))?;
    part(page, "code", line.code.as_ref())?;
    part(page, "expected", line.expected.as_ref())?;
    part(page, "got", line.got.as_ref())?;
    part(page, "next", line.hint.as_ref())?;
    part(page, "digest", line.digest.as_ref())?;
    for signer in &line.signers {
        let key = format!("{} ({}), key {}, {}", signer.name, signer.member, signer.keyid, signer.key_status);
        part(page, "signed by", Some(&key))?;
    }
    part(page, "verified to", line.tier.as_ref())?;
    part(page, "release", line.release.as_ref())?;
    let release = line.release.as_deref().and_then(|id| survey.find(id));
    if let Some(release) = release {
        about(page, release)?;
    }
    page.put(&[Html("</dl>\n")])?;
    // About the artifact, and about its attestation.
    let paths = std::iter::once(&line.path).chain(release.map(|r| &r.source));
    for (code, message) in paths.filter_map(|path| survey.by_path.get(path)).flatten() {
        let open = "<p class=\"note\">Finding <code>";
        page.put(&[Html(open), Html(code.as_str()), Html("</code>: "), Text(message), Html("</p>\n")])?;
    }
    if let Some(release) = release.filter(|r| !r.marks.is_empty()) {
        if line.verdict != Verdict::Verified {
            page.put(&[Html("<p class=\"note\">Other artifacts of this release are verified; its checklist is no yes about this one.</p>\n")])?;
        }
        checklist(page, release, survey)?;
    }
    page.put(&[Html("</details></li>\n")])
}

fn part(page: &mut Page<'_>, name: &'static str, value: Option<&String>) -> io::Result<()> {
    let Some(value) = value.filter(|v| !v.is_empty()) else { return Ok(()) };
    let exact = matches!(name, "code" | "digest" | "release");
    let (open, close) = if exact { ("</dt><dd><code>", "</code></dd>") } else { ("</dt><dd>", "</dd>") };
    page.put(&[Html("<dt>"), Html(name), Html(open), Text(value), Html(close)])
}

fn about(page: &mut Page<'_>, release: &Row) -> io::Result<()> {
    let attested = release.attested.map(crate::encoding::duration::rfc3339);
    part(page, "product", Some(&release.product))?;
    part(page, "attested", attested.as_ref())?;
    part(page, "valid until", Some(&release.valid_until))?;
    part(page, "logged by", Some(&release.logged))
}

/// The practices of the release, the worst first.
fn checklist(page: &mut Page<'_>, release: &Row, survey: &Survey) -> io::Result<()> {
    page.put(&[Html("<ul class=\"checklist\" aria-label=\"Checklist\">\n")])?;
    for mark in Mark::ALL {
        let is = |number: &usize, asked: Asked| release.marks.contains(&(*number, mark, asked));
        let mut practices: Vec<(&str, &'static str)> = Vec::new();
        for (id, number) in &survey.practices {
            if is(number, Asked::Yes) {
                practices.push((id, ""));
            } else if is(number, Asked::No) {
                practices.push((id, "("));
            }
        }
        if practices.is_empty() {
            continue;
        }
        page.put(&[
            Html("<li><b class=\""),
            Html(class(mark)),
            Html("\">"),
            Html(mark.letter()),
            Html("</b> "),
            Html(mark.meaning()),
            Html(", "),
            Count(practices.len()),
            Html(":"),
        ])?;
        for (i, (id, bracket)) in practices.iter().enumerate() {
            let comma = if i == 0 { " <span>" } else { ", <span>" };
            let close = if bracket.is_empty() { "</span>" } else { ")</span>" };
            page.put(&[Html(comma), Html(bracket), Text(id), Html(close)])?;
        }
        page.put(&[Html("</li>\n")])?;
    }
    page.put(&[Html("</ul>\n")])
}

//! What a build server is told beside the answer: annotations and a summary on GitHub Actions, reports of JUnit and SARIF on
//! GitLab. They come from the same report as the answer, and never change it. The runner reads commands from standard
//! error, since standard output is the answer.

use super::context::{Ci, Context, tell};
use super::settings::variable;
use super::trouble::Trouble;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use vouchsafe::audit::{Audit, Outcome as _, Report, SubjectReport, Verdict, reports};
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::store::{self, Overwrite, write_atomic};

/// The report a GitLab job names under `artifacts: reports: junit`.
const JUNIT: &str = "vouchsafe-junit.xml";

/// The findings of an audit, which a GitLab job keeps under `artifacts: paths`.
const SARIF: &str = "vouchsafe.sarif";

/// The runner shows few of them a step; the summary has all.
const ANNOTATIONS: usize = 50;

/// What the runner takes as a step's summary, at most.
const SUMMARY: usize = 1 << 20;

/// Tells of a `verify`.
pub(crate) fn verified(context: &Context, report: &Report) -> Result<(), Trouble> {
    match context.ci {
        Ci::Github => {
            for subject in report.subjects.iter().filter(|s| s.verdict != Verdict::Verified).take(ANNOTATIONS) {
                annotate(Some(&subject.name), subject.code().unwrap_or_default(), &why(subject));
            }
            summary(markdown(report).as_bytes())
        }
        Ci::Gitlab => Ok(write_atomic(Path::new(JUNIT), junit(report).as_bytes(), Overwrite::Replace)?),
        Ci::Auto | Ci::None => Ok(()),
    }
}

/// Tells of an `attest`: what was signed, in the summary.
pub(crate) fn signed(context: &Context, file: &str, member: &str, claimed: &str) -> Result<(), Trouble> {
    match context.ci {
        Ci::Github => {
            let (file, member, claimed) = (cell(file), cell(member), cell(claimed));
            summary(format!("## vouchsafe: signed\n\n{file} by {member}: {claimed}\n\n").as_bytes())
        }
        Ci::Gitlab | Ci::Auto | Ci::None => Ok(()),
    }
}

/// Tells of an `audit`.
pub(crate) fn audited(context: &Context, audit: &Audit) -> Result<(), Trouble> {
    let failed = |e| Trouble::from(store::Error::io(Path::new("the report for the build server"), e));
    match context.ci {
        Ci::Github => {
            let mut left = ANNOTATIONS;
            let tell = &mut |line: &vouchsafe::audit::ArtifactLine| {
                if line.verdict != Verdict::Verified && left > 0 {
                    left -= 1;
                    annotate(Some(&line.path), line.code.as_deref().unwrap_or_default(), &line.message);
                }
                Ok(())
            };
            audit.artifacts(tell).map_err(failed)?;
            let mut text = Vec::new();
            reports::markdown(audit, &mut text).map_err(failed)?;
            summary(&text)
        }
        Ci::Gitlab => {
            let asked = |format: &str| context.outputs().any(|(given, _)| given == format);
            if !asked("junit") {
                store::write_streamed(Path::new(JUNIT), |out| reports::junit(audit, out))?;
            }
            if !asked("sarif") {
                store::write_streamed(Path::new(SARIF), |out| reports::sarif(audit, out))?;
            }
            Ok(())
        }
        Ci::Auto | Ci::None => Ok(()),
    }
}

/// Tells of a command that gave no answer.
pub(crate) fn troubled(context: &Context, code: &str, message: &str) {
    if context.ci == Ci::Github {
        annotate(None, code, message);
    }
}

/// A workflow command of GitHub's runner.
fn annotate(file: Option<&str>, title: &str, message: &str) {
    let file = file.map(|file| format!("file={},", property(file))).unwrap_or_default();
    tell(format_args!("::error {file}title={}::{}\n", property(&format!("vouchsafe: {title}")), data(message)));
}

/// Text of a workflow command: the runner ends it at a line's end, and reads `%` as an escape.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of one: also ended by a colon or a comma.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Adds to the summary of the step, if the runner keeps one and it has room.
fn summary(text: &[u8]) -> Result<(), Trouble> {
    let Some(path) = variable("GITHUB_STEP_SUMMARY").map(std::path::PathBuf::from) else { return Ok(()) };
    let written = path.metadata().map_or(0, |about| usize::try_from(about.len()).unwrap_or(usize::MAX));
    let room = SUMMARY.saturating_sub(written);
    let long: &[u8] = b"The report is too long for a summary; `--output md=FILE` writes it to a file.\n";
    let text = if text.len() <= room { text } else { long };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    file.and_then(|mut file| file.write_all(text)).map_err(|e| store::Error::io(&path, e).into())
}

/// Why a subject is not verified, in a line.
fn why(subject: &SubjectReport) -> String {
    let message = subject.message().unwrap_or_default();
    let hint = subject.hint().unwrap_or_default();
    format!("{}: {}; next: {}", shown(&subject.name), shown(message), shown(hint))
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Verified => "verified",
        Verdict::Refused => "refused",
        Verdict::Undecided => "undecided",
    }
}

/// The verdict as Markdown.
fn markdown(report: &Report) -> String {
    let t = report.totals;
    let mut out = format!(
        "## vouchsafe: {}\n\n{} of {} verified, {} refused, {} undecided; as of registry version {} of {}\n\n\
         | artifact | verdict | why |\n| --- | --- | --- |\n",
        word(report.verdict),
        t.verified,
        count(t.requested, "artifact"),
        t.refused,
        t.undecided,
        report.as_of.registry_version,
        cell(&report.as_of.forum),
    );
    for subject in &report.subjects {
        let why = match (subject.code(), &subject.grounds.summary) {
            (Some(code), _) => format!("{} ({code})", cell(subject.message().unwrap_or_default())),
            (None, Some(summary)) => cell(summary),
            (None, None) => String::new(),
        };
        let _ = writeln!(out, "| {} | {} | {why} |", cell(&subject.name), word(subject.verdict));
    }
    out.push('\n');
    out
}

/// Text in a cell of a Markdown table: nothing in it is markup.
fn cell(text: &str) -> String {
    let escape = |c: char| match c {
        '|' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '#' | '\\' | '!' | '@' => format!("&#{};", u32::from(c)),
        c => c.to_string(),
    };
    shown(text).chars().map(escape).collect()
}

/// The verdict as JUnit XML: refused is a failure, undecided an error.
fn junit(report: &Report) -> String {
    let t = report.totals;
    let numbers = format!("tests=\"{}\" failures=\"{}\" errors=\"{}\"", t.requested, t.refused, t.undecided);
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"vouchsafe verify\" {numbers}>\n\
         <testsuite name=\"verify\" {numbers}>\n"
    );
    for subject in &report.subjects {
        let name = xml(&subject.name);
        let (element, code) = match subject.verdict {
            Verdict::Verified => {
                let _ = writeln!(out, "<testcase classname=\"vouchsafe.verify\" name=\"{name}\"/>");
                continue;
            }
            Verdict::Refused => ("failure", subject.code().unwrap_or_default()),
            Verdict::Undecided => ("error", subject.code().unwrap_or_default()),
        };
        let _ = writeln!(
            out,
            "<testcase classname=\"vouchsafe.verify\" name=\"{name}\"><{element} type=\"{code}\" message=\"{}\"/></testcase>",
            xml(&why(subject))
        );
    }
    out.push_str("</testsuite>\n</testsuites>\n");
    out
}

/// Text in an attribute of XML; what XML cannot hold at all is shown as an escape.
fn xml(text: &str) -> String {
    shown(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{cell, data, property, xml};

    #[test]
    fn nothing_ends_a_workflow_command_early() {
        assert_eq!(data("100%\r\n::error::x"), "100%25%0D%0A::error::x");
        assert_eq!(property("a:b,c%0A"), "a%3Ab%2Cc%250A");
        assert_eq!(cell("a|b\n<i>"), "a&#124;b&#92;u{a}&#60;i&#62;");
        assert_eq!(xml("<\"&\u{1b}"), "&lt;&quot;&amp;\\u{1b}");
    }
}

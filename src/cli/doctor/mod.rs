//! `vouchsafe doctor`: looks at this machine and its settings, and says what to do about what it finds.

mod keys;
mod machine;
mod trust;

use super::Answer;
use super::context::Context;
use super::settings::Settings;
use super::trouble::Trouble;
use clap::Args;
use serde::Serialize;
use std::fmt::Write as _;
use std::process::ExitCode;
use vouchsafe::encoding::duration::Span;
use vouchsafe::encoding::text::count;

/// Flags of `doctor`.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  vouchsafe doctor
  vouchsafe doctor --within 90d --format json

Nothing is changed, nothing is fetched, no passphrase is asked for.
Exit: 0 there is no problem, 3 there is one.")]
pub(crate) struct DoctorArgs {
    /// What ends within this time is told
    #[arg(long, value_name = "DURATION", default_value = "30d", env = "VOUCHSAFE_WITHIN", value_parser = Span::parse)]
    within: Span,
}

/// How a finding is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Note,
    /// Something will not work, or does not already.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    /// What was looked at: `clock`, `key`.
    check: &'static str,
    status: Status,
    message: String,
    /// The command to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, status: Status::Ok, message: message.into(), next: None }
    }
    fn note(check: &'static str, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self { check, status: Status::Note, message: message.into(), next: Some(next.into()) }
    }
    fn problem(check: &'static str, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self { check, status: Status::Problem, message: message.into(), next: Some(next.into()) }
    }
    fn trouble(check: &'static str, trouble: &Trouble) -> Self {
        let (message, next) = trouble.told();
        Self::problem(check, message, next)
    }
}

/// schemas/doctor-v1.json
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    version: &'static str,
    ok: bool,
    findings: Vec<Finding>,
}

/// Looks, and reports.
pub(crate) fn run(args: &DoctorArgs, settings: &Settings, broken: Option<&Trouble>, context: &Context) -> Answer {
    let mut findings = vec![machine::version(), machine::settings(settings, broken)];
    findings.push(machine::terminal(context));
    findings.extend(machine::home(context));
    let forums = trust::look(context, args.within, &mut findings);
    keys::look(settings, &forums, context, args.within, &mut findings);
    let problems = findings.iter().filter(|f| f.status == Status::Problem).count();
    let document =
        Document { schema: "vouchsafe-doctor/v1", version: env!("CARGO_PKG_VERSION"), ok: problems == 0, findings };
    context.answer(&text(context, &document, problems), &document)?;
    Ok(ExitCode::from(if document.ok { 0 } else { 3 }))
}

fn text(context: &Context, document: &Document, problems: usize) -> String {
    let looked = count(document.findings.len(), "finding");
    let mut out = match problems {
        0 => format!("{}  {looked}, no problem\n", context.paint(32, "WELL")),
        n => format!("{}  {looked}, {}\n", context.paint(31, "UNWELL"), count(n, "problem")),
    };
    for finding in &document.findings {
        let (colour, word) = match finding.status {
            Status::Ok => (32, "ok"),
            Status::Note => (33, "note"),
            Status::Problem => (31, "problem"),
        };
        let padded = context.paint(colour, &format!("{word:<7}"));
        let _ = writeln!(out, "  {padded}  {:<8}  {}", finding.check, finding.message);
        if let Some(next) = &finding.next {
            let _ = writeln!(out, "    next: {next}");
        }
    }
    out
}

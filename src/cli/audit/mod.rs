//! `vouchsafe audit`: the same question, asked of a whole portfolio.

mod ask;
mod lists;
mod pager;
mod past;
mod query;
mod text;

use super::context::{Context, Format};
use super::{Answer, ci, trust_of};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use std::ffi::OsString;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::audit::{Audit, Outcome as _, Verdict, document, reports};
use vouchsafe::encoding::duration::{Span, instant};
use vouchsafe::store::write_streamed;

/// What `--output` can be given here, beside json and jsonl.
const FORMATS: [&str; 6] = ["text", "md", "csv", "sarif", "junit", "html"];

/// Flags of `audit`.
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_long_help = "\
Examples:
  vouchsafe audit releases/
  vouchsafe audit releases/ --output html=report.html --output csv=findings.csv
  vouchsafe audit @SHA256SUMS --bundle attestations/ --only refused
  find /srv -name '*.tar.gz' | vouchsafe audit - --at 2026-10-01
  vouchsafe audit query lacking TST-01

Exit: 0 every artifact is verified, 1 one is refused, 3 none is refused and one is undecided, 2 usage."
)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    command: Option<AuditCommand>,
    #[command(flatten)]
    ask: AskArgs,
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Asks the index about the last audit
    Query(query::QueryArgs),
}

/// What is asked, of what.
#[derive(Args)]
struct AskArgs {
    /// Folders of releases, files, @LIST in SHA256SUMS form, or - for a list of paths on standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<OsString>,
    /// Attestations, or folders of them; without it they are looked for among what is audited
    #[arg(long, value_name = "FILE|DIR", env = "VOUCHSAFE_BUNDLE")]
    bundle: Vec<PathBuf>,
    /// A forum's folder, its published folder, or an exported trust file; without it the one trusted forum
    #[arg(long, value_name = "DIR|FILE", env = "VOUCHSAFE_TRUST")]
    trust: Option<PathBuf>,
    /// A policy file; without it the forum's recommended policy
    #[arg(long, value_name = "FILE", env = "VOUCHSAFE_POLICY")]
    policy: Option<PathBuf>,
    /// Ask as of this moment: from the registry of that time where an audit has kept it, else from the one held now
    #[arg(long, value_name = "TIME", env = "VOUCHSAFE_AT", value_parser = instant)]
    at: Option<Timestamp>,
    /// Only what was attested or changed since
    #[arg(long, value_name = "TIME", value_parser = instant)]
    since: Option<Timestamp>,
    /// Only what this member attested
    #[arg(long, value_name = "ID")]
    member: Option<String>,
    /// Only this practice, in findings and in the matrix
    #[arg(long, value_name = "ID")]
    practice: Option<vouchsafe::practice::PracticeId>,
    /// Only what was claimed against this profile
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Show only these lines: verified, refused, undecided, or the code of a finding
    #[arg(long, value_name = "VERDICT|CODE", value_parser = only)]
    only: Option<String>,
    /// What ends within this time is a finding
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = Span::parse)]
    expiring: Span,
    /// Read the evidence again, from this folder; files are found by their digest
    #[arg(long, value_name = "DIR", env = "VOUCHSAFE_EVIDENCE_DIR")]
    evidence_dir: Option<PathBuf>,
    /// How many files to read at a time
    #[arg(long, short, value_name = "N", env = "VOUCHSAFE_JOBS")]
    jobs: Option<NonZeroUsize>,
    /// Where answers are kept: a file, or postgres://USER@HOST/DATABASE; without it audit.sqlite where trusted forums are
    #[arg(long, value_name = "FILE|URL", env = "VOUCHSAFE_INDEX", hide_env_values = true, conflicts_with = "no_index")]
    index: Option<PathBuf>,
    /// Keep nothing, and take nothing over from before
    #[arg(long)]
    no_index: bool,
    /// Read every file again, also where size and times say that nothing changed
    #[arg(long)]
    rehash: bool,
}

fn only(text: &str) -> Result<String, String> {
    let codes = vouchsafe::audit::FindingCode::ALL.iter().map(|code| code.as_str());
    let known: Vec<&str> = ["verified", "refused", "undecided"].into_iter().chain(codes).collect();
    match known.contains(&text) {
        true => Ok(text.to_owned()),
        false => Err(format!("expected one of {}", known.join(", "))),
    }
}

/// Audits, reports, and exits as the verdict says.
pub(crate) fn run(args: &AuditArgs, context: &Context) -> Answer {
    if let Some(AuditCommand::Query(args)) = &args.command {
        return query::run(args, context);
    }
    context.check_outputs(&FORMATS)?;
    let audit = ask::ask(&args.ask, context)?;
    for (format, path) in context.outputs() {
        write_streamed(path.as_ref(), |out| write(&audit, format, out))?;
    }
    ci::audited(context, &audit)?;
    match context.format {
        Format::Text => pager::show(context, |out, width| text::write(&audit, context, width, out))?,
        Format::Json => context.print_streamed(|out| document::json(&audit, out))?,
        Format::Jsonl => context.print_streamed(|out| document::jsonl(&audit, out))?,
    }
    Ok(ExitCode::from(match audit.summary().verdict {
        Verdict::Verified => 0,
        Verdict::Refused => 1,
        Verdict::Undecided => 3,
    }))
}

fn write(audit: &Audit, format: &str, out: &mut dyn Write) -> io::Result<()> {
    match format {
        "json" => document::json(audit, out),
        "jsonl" => document::jsonl(audit, out),
        "md" => reports::markdown(audit, out),
        "csv" => reports::csv(audit, out),
        "sarif" => reports::sarif(audit, out),
        "junit" => reports::junit(audit, out),
        "html" => reports::html(audit, out),
        _ => text::write(audit, &Context::plain(Format::Text), None, out),
    }
}

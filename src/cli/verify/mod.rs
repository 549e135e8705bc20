//! `vouchsafe verify`: is each of these artifacts vouched for?

mod court;
mod export;
mod measure;
mod replay;
mod run;
mod text;

use super::context::{Context, Format};
use super::effort::{EffortArgs, at_the_end};
use super::trouble::Trouble;
use super::{Answer, ci, trust_of};
use clap::Args;
use court::Keep;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::audit::Verdict;
use vouchsafe::audit::export::Asked;
use vouchsafe::encoding::MAX_SMALL;
use vouchsafe::encoding::duration::{Span, instant};
use vouchsafe::gather::evidence;
use vouchsafe::practice::Requirement;
use vouchsafe::registry::{TrustedRegistry, Wanted};
use vouchsafe::store::read_bounded;
use vouchsafe::verify::{Policy, PracticesRule};

/// Flags of `verify`.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  vouchsafe verify app.tar.gz
  vouchsafe verify dist/ --exact-set
  vouchsafe verify @SHA256SUMS --bundle release.sigstore.json
  vouchsafe verify sha256:HEX --bundle release.sigstore.json --format json
  vouchsafe verify app.tar.gz --output vsa=app.vsa.json --output csv=practices.csv

Exit: 0 every subject is verified, 1 one is refused, 3 none is refused and one is undecided, 2 usage.")]
pub(crate) struct VerifyArgs {
    /// A file, a folder, sha256:HEX, @LIST in SHA256SUMS form, or - for standard input
    #[arg(required = true, value_name = "SUBJECT")]
    subjects: Vec<OsString>,
    /// Attestations, or folders of them; without it they are looked for beside each artifact
    #[arg(long, value_name = "FILE|DIR", env = "VOUCHSAFE_BUNDLE")]
    bundle: Vec<PathBuf>,
    /// A forum's folder, its published folder, or an exported trust file; without it the one trusted forum
    #[arg(long, value_name = "DIR|FILE", env = "VOUCHSAFE_TRUST")]
    trust: Option<PathBuf>,
    /// A policy file; without it the forum's recommended policy
    #[arg(long, value_name = "FILE", env = "VOUCHSAFE_POLICY")]
    policy: Option<PathBuf>,
    /// Also require these practices, such as TST-01 or ssdf-1.1:PS.3.2
    #[arg(long, value_name = "ID", env = "VOUCHSAFE_REQUIRE", value_delimiter = ',', value_parser = Requirement::parse)]
    require: Vec<Requirement>,
    /// Accept this member only
    #[arg(long, value_name = "ID", env = "VOUCHSAFE_SIGNER")]
    signer: Option<String>,
    /// Ask as of this moment, 2026-11-22 or 2026-11-22T10:00:00Z
    #[arg(long, value_name = "TIME", env = "VOUCHSAFE_AT", value_parser = instant)]
    at: Option<Timestamp>,
    /// Refuse claims older than this, such as 90d
    #[arg(long, value_name = "DURATION", env = "VOUCHSAFE_MAX_AGE", value_parser = Span::parse)]
    max_age: Option<Span>,
    /// The files must be exactly the release: none missing, none added
    #[arg(long)]
    exact_set: bool,
    /// Read the evidence again, from --evidence-dir, and compare what it says with the facts that were signed
    #[arg(long, requires = "evidence_dir")]
    replay: bool,
    /// Where the evidence is; files are found by their digest
    #[arg(long, value_name = "DIR", requires = "replay", env = "VOUCHSAFE_EVIDENCE_DIR")]
    evidence_dir: Option<PathBuf>,
    /// Ask for a statement of this predicate type instead of practices
    #[arg(long = "type", value_name = "URI")]
    predicate_type: Option<String>,
    #[command(flatten)]
    effort: EffortArgs,
}

/// Verifies, reports, and exits as the verdict says.
pub(crate) fn run(args: &VerifyArgs, context: &Context) -> Answer {
    answer(args, context, Shape::Report)
}

/// Verifies, and shows the practices against the subjects.
pub(crate) fn matrix(args: &VerifyArgs, context: &Context) -> Answer {
    answer(args, context, Shape::Matrix)
}

/// How people are answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Report,
    Matrix,
}

fn answer(args: &VerifyArgs, context: &Context, shape: Shape) -> Answer {
    context.check_outputs(&export::FORMATS)?;
    let now = args.at.unwrap_or(context.now);
    let read = |wanted: &dyn Fn() -> Wanted| trust_of(context, args.trust.as_deref(), now, args.at.is_some(), wanted);
    let bundles = run::bundles(args);
    let mut held = read(&|| wanted(args))?;
    let policy = policy(args, &held.registry)?;
    let exported = context.outputs().any(|(format, _)| export::FORMATS.contains(&format));
    let all = args.exact_set || exported || shape == Shape::Matrix;
    let lines = context.format == Format::Text && context.outputs().next().is_none();
    let keep = match (all, lines) {
        (true, _) => Keep::Verdicts,
        (false, true) => Keep::Lines,
        (false, false) => Keep::Grounds,
    };
    let (mut report, mut verified) = run::report(args, context, bundles, &held, &policy, now, keep)?;
    // Somebody signed whom the attestations do not name. Where the registry is at hand, everybody's record is.
    let unheld = report.subjects.iter().any(|s| s.code() == Some("member-not-held"));
    if unheld
        && args.trust.is_some()
        && !held.registry.is_whole()
        && let Ok(whole) = read(&|| Wanted::Everybody)
    {
        held = whole;
        let again = run::bundles(args);
        (report, verified) = run::report(args, context, again, &held, &policy, now, keep)?;
    }
    let asked = Asked { policy: &policy, trust: &held.registry, at: now };
    export::write(context, &report, &verified, asked)?;
    ci::verified(context, &report)?;
    let threads = if report.subjects.len() < 2 { 1 } else { args.effort.threads() };
    context.answer_streamed(&report, |out| match shape {
        Shape::Report => text::render(&report, context, threads, out),
        Shape::Matrix => out.write_all(&export::matrix(&report, &verified, asked)),
    })?;
    let exit = ExitCode::from(match report.verdict {
        Verdict::Verified => 0,
        Verdict::Refused => 1,
        Verdict::Undecided => 3,
    });
    at_the_end(report);
    Ok(exit)
}

/// Whose records of a very large registry are looked at: the member that is accepted, or those that are named by the
/// attestations of the files.
fn wanted(args: &VerifyArgs) -> Wanted {
    match &args.signer {
        Some(id) => Wanted::Members(BTreeSet::from([id.clone()])),
        None => {
            let subjects: Vec<PathBuf> = args.subjects.iter().map(PathBuf::from).collect();
            evidence::claimants(&args.bundle, &subjects)
        }
    }
}

/// The policy: from the file named, else the forum's, else one that asks for a member's signature only. The flags
/// add demands to it; none takes one away but `--type`, which asks for something else.
fn policy(args: &VerifyArgs, registry: &TrustedRegistry) -> Result<Policy, Trouble> {
    let mut policy = match (&args.policy, registry.policy("default")) {
        (Some(path), _) => Policy::parse(&path.to_string_lossy(), &read_bounded(path, MAX_SMALL)?)?,
        (None, Some(bytes)) => Policy::parse("default, recommended by the forum", bytes)?,
        (None, None) => Policy::signature_only("none: a member's signature is all that is asked"),
    };
    if let Some(asked) = &args.predicate_type {
        policy.practices = None;
        policy.predicate_type = Some(asked.clone());
    }
    let narrows = !args.require.is_empty() || args.max_age.is_some();
    if narrows && policy.predicate_type.is_some() {
        return Err(Trouble::usage(
            "--require and --max-age speak about practices; they do not go with another predicate type",
        ));
    }
    if narrows {
        let rule = policy.practices.get_or_insert_with(PracticesRule::default);
        rule.require.extend(args.require.iter().cloned());
        if let Some(asked) = args.max_age {
            rule.max_age = Some(rule.max_age.map_or(asked, |m| m.min(asked)));
        }
    }
    if let Some(id) = &args.signer {
        let accepted = policy.signers.members.as_ref().is_none_or(|m| m.contains(id));
        let only = BTreeSet::from([id.clone()]);
        policy.signers.members = Some(if accepted { only } else { BTreeSet::new() });
    }
    Ok(policy)
}

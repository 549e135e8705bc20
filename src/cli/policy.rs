//! `vouchsafe policy`: writes a policy to start from, and says whether one can be used.

use super::Answer;
use super::context::Context;
use super::quoted::quoted;
use super::trouble::Trouble;
use super::trust_view::trust_of;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::encoding::MAX_SMALL;
use vouchsafe::encoding::text::{count, shown, shown_path};
use vouchsafe::practice::{Catalogue, Mappings, builtin};
use vouchsafe::registry::{ForumRecord, Wanted};
use vouchsafe::store::{Overwrite, read_bounded, write_atomic};
use vouchsafe::verify::{DEFAULT_POLICY, Policy};

/// The arguments of `vouchsafe policy`.
#[derive(Args)]
pub(crate) struct PolicyArgs {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Subcommand)]
enum PolicyCommand {
    /// Writes a policy to start from: the one a new forum recommends
    Init {
        /// The file to write; standard output if left out
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Says whether a policy can be used with a catalogue, and what in it asks for something that does not exist
    Lint {
        /// The policy
        file: PathBuf,
        /// A catalogue file; without it, the built-in one
        #[arg(long, value_name = "FILE", env = "VOUCHSAFE_CATALOGUE")]
        catalogue: Option<PathBuf>,
        /// A forum's folder, its published folder, or an exported trust file, whose groups must have the seats asked for
        #[arg(long, value_name = "DIR|FILE")]
        trust: Option<PathBuf>,
    },
}

/// Runs the subcommand.
pub(crate) fn run(args: &PolicyArgs, context: &Context) -> Answer {
    match &args.command {
        PolicyCommand::Init { out: None } => context.print(DEFAULT_POLICY.as_bytes())?,
        PolicyCommand::Init { out: Some(path) } => {
            write_atomic(path, DEFAULT_POLICY.as_bytes(), Overwrite::Refuse)
                .map_err(|e| Trouble::from(e).then("choose another name with -o, or leave -o out"))?;
            let name = shown_path(path);
            let value = serde_json::json!({"schema": "vouchsafe-policy-init/v1", "file": path.to_string_lossy()});
            context.answer(
                &format!("WROTE  {name}\n  next      edit it, then vouchsafe policy lint {}\n", quoted(path)),
                &value,
            )?;
        }
        PolicyCommand::Lint { file, catalogue, trust } => {
            let catalogue = match catalogue {
                Some(path) => Catalogue::parse(&read_bounded(path, vouchsafe::encoding::MAX_DOCUMENT)?)?,
                None => builtin()?,
            };
            let policy = Policy::parse(&file.to_string_lossy(), &read_bounded(file, MAX_SMALL)?)?;
            let mut faults = faults(&policy, &catalogue)?;
            if let Some(path) = trust {
                let held = trust_of(context, Some(path), context.now, false, Wanted::nobody)?;
                faults.extend(seats_missing(&policy, held.registry.forum()));
            }
            let name = shown_path(file);
            let verdict = if faults.is_empty() { "OK" } else { "FAULTY" };
            let mut text = format!("{verdict}  {name}  against {}\n", shown(&catalogue.uri()));
            faults.iter().for_each(|f| text.push_str(&format!("  {}\n", shown(f))));
            let value = serde_json::json!({"schema": "vouchsafe-policy-lint/v1", "file": file.to_string_lossy(), "sha256": policy.digest, "faults": faults});
            context.answer(&text, &value)?;
            return Ok(ExitCode::from(u8::from(!faults.is_empty())));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What the policy asks of groups that the forum does not have, or that have too few seats.
fn seats_missing(policy: &Policy, forum: &ForumRecord) -> Vec<String> {
    let catalogue = policy.practices.iter().flat_map(|rule| &rule.endorsed_by).map(|asked| ("endorsed_by", asked));
    let members = policy.cosigners.iter().map(|asked| ("cosigners", asked));
    let fault = |(key, (group, need)): (&str, (&String, &std::num::NonZeroUsize))| match forum.groups.get(group) {
        None => Some(format!("{key}: the forum has no group {group:?}")),
        Some(seats) if seats.len() < need.get() => {
            Some(format!("{key}: group {group:?} has {}, {need} are asked for", count(seats.len(), "seat")))
        }
        Some(_) => None,
    };
    members.chain(catalogue).filter_map(fault).collect()
}

/// What the policy asks for that the catalogue does not have.
fn faults(policy: &Policy, catalogue: &Catalogue) -> Result<Vec<String>, Trouble> {
    let Some(rule) = &policy.practices else { return Ok(Vec::new()) };
    let mappings = Mappings::for_catalogue(catalogue)?;
    let mut out = Vec::new();
    if let Some(id) = rule.catalogue.as_ref().filter(|id| **id != catalogue.id) {
        out.push(format!("catalogue {id:?} is another than {}", catalogue.id));
    }
    if let Some(range) = rule.versions.as_ref().filter(|r| !r.contains(&catalogue.version)) {
        out.push(format!("versions {:?} leave {} out", range.as_str(), catalogue.version));
    }
    if let Some(profile) = rule.profile.as_ref().filter(|p| catalogue.profile(p).is_none()) {
        out.push(format!("there is no profile {profile:?}"));
    }
    for requirement in rule.require.iter().filter(|r| r.resolve(catalogue, &mappings).is_empty()) {
        out.push(format!("require: nothing is or maps to {requirement}"));
    }
    let never = rule.exceptions.iter().flat_map(|e| &e.never);
    for id in rule.basis.keys().chain(&rule.not_applicable).chain(never).filter(|id| catalogue.practice(id).is_none()) {
        out.push(format!("there is no practice {id}"));
    }
    Ok(out)
}

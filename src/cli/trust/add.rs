//! `vouchsafe trust add` and `import`: nothing is trusted before its fingerprint was confirmed.

use super::super::Answer;
use super::super::context::Context;
use super::super::registry::typed;
use super::super::trouble::Trouble;
use super::show;
use clap::Args;
use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};
use vouchsafe::gather::trust::{self, TrustError};
use vouchsafe::registry::Fingerprint;

/// Flags of `trust add` and `trust import`.
#[derive(Args)]
pub(super) struct AddArgs {
    /// A forum's folder, its published folder, or an exported trust file
    path: PathBuf,
    /// SHA-256 of the forum's root, as the forum publishes it elsewhere; asked for on a terminal without
    #[arg(long, value_name = "SHA256", value_parser = Fingerprint::parse)]
    fingerprint: Option<Fingerprint>,
    /// Keep the record of this member, where a registry is too large to keep them all; may be given several times
    #[arg(long, value_name = "ID")]
    member: Vec<String>,
}

/// Runs `trust add` and `trust import`.
pub(super) fn run(context: &Context, args: &AddArgs) -> Answer {
    if let Some(path) = args.path.to_str().filter(|p| p.contains("://")) {
        return Err(Trouble::undecided(
            "not-a-registry",
            format!("{}: registries are read from folders and files", typed(Path::new(path))),
            "fetch the forum's published folder, for example with wget -r or rsync, and name it",
        ));
    }
    let home = context.home()?;
    let fingerprint = match &args.fingerprint {
        Some(fingerprint) => fingerprint.clone(),
        None => confirm(context, &args.path)?,
    };
    let members = args.member.iter().cloned().collect();
    let (registry, state) = trust::add(&home, &args.path, &fingerprint, &members, context.now)?;
    let next = match registry.members().is_empty() && !registry.is_whole() {
        true => "vouchsafe trust update --member ID keeps the record of a member whose files you verify",
        false => "vouchsafe verify FILE",
    };
    show::answer(context, "TRUSTED", &[(state, Some(registry))], next)
}

/// Shows the fingerprint on a terminal and waits for a yes.
fn confirm(context: &Context, path: &Path) -> Result<Fingerprint, Trouble> {
    let offered = trust::offered(path)?;
    let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if terminal {
        context.ask(format_args!(
            "The root in {} has the fingerprint\n  {offered}\nCompare it with what the forum publishes elsewhere. Is it the same? Type yes: ",
            typed(path)
        ));
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        if read.is_ok() && line.trim() == "yes" {
            return Ok(offered);
        }
        return Err(Trouble::refused(
            "fingerprint-declined",
            "the fingerprint was not confirmed, so this forum is not trusted",
            "ask the forum for its fingerprint over another channel, then run it again with --fingerprint",
        ));
    }
    Err(TrustError::NotConfirmed(offered).into())
}

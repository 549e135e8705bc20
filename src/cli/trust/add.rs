//! `vouchsafe trust add` and `import`: nothing is trusted before its fingerprint was confirmed.

use super::super::Answer;
use super::super::context::Context;
use super::super::registry::typed;
use super::super::trouble::Trouble;
use super::location::location;
use super::show;
use clap::Args;
use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;
use vouchsafe::gather::Location;
use vouchsafe::gather::trust::{self, TrustError};
use vouchsafe::registry::Fingerprint;
use vouchsafe::store::{self, Home};

/// Flags of `trust add` and `trust import`.
#[derive(Args)]
pub(super) struct AddArgs {
    /// A forum's folder, its published folder or the URL of it, or an exported trust file
    path: PathBuf,
    /// SHA-256 of the forum's root, as the forum publishes it elsewhere; asked for on a terminal without
    #[arg(long, value_name = "SHA256", env = "VOUCHSAFE_FINGERPRINT", value_parser = Fingerprint::parse)]
    fingerprint: Option<Fingerprint>,
    /// Keep the record of this member, where a registry is too large to keep them all; may be given several times
    #[arg(long, value_name = "ID")]
    member: Vec<String>,
}

/// What may be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// Paths and URLs.
    Anywhere,
    /// Paths alone: `import` is for machines without a network.
    Files,
}

/// Runs `trust add` and `trust import`.
pub(super) fn run(context: &Context, args: &AddArgs, from: From) -> Answer {
    let location = location(args.path.as_os_str())?;
    if from == From::Files && location.is_web() {
        return Err(Trouble::undecided(
            "not-a-registry",
            format!("{}: trust import reads files alone", typed(&args.path)),
            format!("vouchsafe trust add {}", typed(&args.path)),
        ));
    }
    let home = context.home()?;
    let fingerprint = match &args.fingerprint {
        Some(fingerprint) => fingerprint.clone(),
        None => confirm(context, &location)?,
    };
    let members = args.member.iter().cloned().collect();
    let added = trust::add(&home, &location, &fingerprint, &members, context.now);
    let (registry, state) = added.map_err(|error| unkept(error, &home))?;
    let next = match registry.members().is_empty() && !registry.is_whole() {
        true => "vouchsafe trust update --member ID keeps the record of a member whose files you verify",
        false => "vouchsafe verify FILE",
    };
    show::answer(context, "TRUSTED", &[(state, Some(registry))], next)
}

/// A home that cannot be written to is no fault of the forum's.
fn unkept(error: TrustError, home: &Home) -> Trouble {
    let at_home = match &error {
        TrustError::Store(
            store::Error::NotFound(path)
            | store::Error::NotAFile(path)
            | store::Error::NotAFolder(path)
            | store::Error::Io { path, .. },
        ) => path.starts_with(home.path()),
        _ => false,
    };
    let trouble = Trouble::from(error);
    match at_home {
        true => trouble.then(
            "set VOUCHSAFE_HOME to a folder you can write to; vouchsafe verify --trust FILE needs none; vouchsafe doctor looks",
        ),
        false => trouble,
    }
}

/// Shows the fingerprint on a terminal and waits for a yes.
fn confirm(context: &Context, location: &Location) -> Result<Fingerprint, Trouble> {
    let offered = trust::offered(location)?;
    let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if terminal {
        context.ask(format_args!(
            "The root in {} has the fingerprint\n  {offered}\nCompare it with what the forum publishes elsewhere. Is it the same? Type yes: ",
            typed(location.as_path())
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

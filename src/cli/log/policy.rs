//! `vouchsafe log policy`: says which witnesses a log asks, and writes the log policy that a forum can adopt.

use super::super::Answer;
use super::super::context::Context;
use super::super::registry::typed;
use super::super::trouble::Trouble;
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vouchsafe::encoding::text::{count, shown, shown_path};
use vouchsafe::publish::WitnessFolder;
use vouchsafe::publish::log::LogFolder;
use vouchsafe::store::{Overwrite, write_atomic};
use vouchsafe::transparency::{Log, LogPolicy, NoteKey};

/// Flags of `log policy`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  vouchsafe log policy tlog --witness cisa=VKEY@https://witness.example.gov --witness nist=w2 --quorum 2 --out log-policy
  vouchsafe log policy tlog --quorum none --out log-policy
  vouchsafe log policy tlog-2027h1 --witness cisa=cisa --shard tlog-2026h2 --out log-policy

A policy with groups inside groups is written by hand (C2SP tlog-policy) and given to vouchsafe log init --policy.")]
pub(super) struct PolicyArgs {
    /// The log's folder
    folder: PathBuf,
    /// A witness: its name, and its key with the URL where it is asked, or its folder on this machine (repeatable)
    #[arg(long, value_name = "NAME=VKEY@URL|NAME=DIR")]
    witness: Vec<String>,
    /// How many of them have to cosign: a number, all, any, or none
    #[arg(long, value_name = "K", default_value = "all")]
    quorum: String,
    /// What their group is called
    #[arg(long, value_name = "NAME", default_value = "witnesses")]
    group: String,
    /// Where the log is served, for those who read it
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Another shard that the forum believes as well, an earlier one or the next: its key with the URL it is served at,
    /// or its folder on this machine (repeatable)
    #[arg(long, value_name = "VKEY@URL|DIR")]
    shard: Vec<String>,
    /// Also write the policy to a file, for vouchsafe registry set-log
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace that file
    #[arg(long, requires = "out")]
    force: bool,
}

#[derive(Serialize)]
struct PolicyAnswer<'a> {
    schema: &'static str,
    origin: &'a str,
    quorum: String,
    policy: &'a str,
}

/// Runs `log policy`.
pub(super) fn run(context: &Context, args: &PolicyArgs) -> Answer {
    let mut log = LogFolder::open(&args.folder)?;
    let text = text(args, log.key())?;
    let policy = LogPolicy::parse(text.as_bytes())?;
    if let Some(out) = &args.out {
        let overwrite = if args.force { Overwrite::Replace } else { Overwrite::Refuse };
        write_atomic(out, text.as_bytes(), overwrite)?;
    }
    log.set_policy(text.as_bytes())?;
    let origin = log.key().name();
    let answer = PolicyAnswer { schema: "vouchsafe-log-policy/v1", origin, quorum: policy.demand(), policy: &text };
    let next = match &args.out {
        Some(out) => format!("next: vouchsafe registry set-log FORUM {}\n", typed(out)),
        None => String::new(),
    };
    let words = format!(
        "{}  {}  asks {}; cosigned by {} its checkpoints are published\n{next}",
        context.paint(32, "SET"),
        shown(origin),
        count(policy.witnesses().len(), "witness"),
        shown(&policy.demand()),
    );
    context.answer(&words, &answer)?;
    Ok(ExitCode::SUCCESS)
}

/// The text of the policy.
fn text(args: &PolicyArgs, log: &NoteKey) -> Result<String, Trouble> {
    let url = args.url.as_ref().map(|url| format!(" {url}")).unwrap_or_default();
    let mut text = format!("log {log}{url}\n");
    for shard in &args.shard {
        text.push_str(&line_of(shard)?);
    }
    let mut names = Vec::new();
    for witness in &args.witness {
        let (name, place) = witness.split_once('=').ok_or_else(|| {
            Trouble::usage(format!("--witness {}: expected NAME=VKEY@URL, or NAME=DIR", shown(witness)))
        })?;
        let (vkey, url) = match place.split_once('@') {
            Some((vkey, url)) => (vkey.to_owned(), format!(" {url}")),
            None if NoteKey::parse(place).is_ok() => (place.to_owned(), String::new()),
            None => {
                let folder = std::path::absolute(place).unwrap_or_else(|_| PathBuf::from(place));
                (WitnessFolder::open(Path::new(place))?.key().to_string(), format!(" {}", url_of(&folder)?))
            }
        };
        text.push_str(&format!("witness {name} {vkey}{url}\n"));
        names.push(name);
    }
    match (args.quorum.as_str(), names.as_slice()) {
        ("none", _) => text.push_str("quorum none\n"),
        (_, []) => {
            return Err(Trouble::usage("no --witness is named; --quorum none says that no cosignature is asked for"));
        }
        (quorum, names) => {
            let group = &args.group;
            text.push_str(&format!("group {group} {quorum} {}\nquorum {group}\n", names.join(" ")));
        }
    }
    Ok(text)
}

/// The line of another log: of one in a folder, with the URL that its own policy gives it.
fn line_of(shard: &str) -> Result<String, Trouble> {
    let (vkey, url) = match shard.split_once('@') {
        Some((vkey, url)) if NoteKey::parse(vkey).is_ok() => (vkey.to_owned(), Some(url.to_owned())),
        _ if NoteKey::parse(shard).is_ok() => (shard.to_owned(), None),
        _ => {
            let log = LogFolder::open(Path::new(shard))?;
            let own = |other: &&Log| other.key.public_bytes() == log.key().public_bytes();
            let own = log.policy().and_then(|policy| policy.logs().iter().find(own)?.url.clone());
            (log.key().to_string(), own)
        }
    };
    Ok(format!("log {vkey}{}\n", url.map(|url| format!(" {url}")).unwrap_or_default()))
}

/// A witness folder as one word of a log policy.
fn url_of(folder: &Path) -> Result<String, Trouble> {
    let path = folder.to_str().filter(|path| !path.contains([' ', '\t', '\n']));
    path.map(|path| format!("file:{path}")).ok_or_else(|| {
        Trouble::usage(format!("{}: a log policy cannot name a path with spaces in it", shown_path(folder)))
    })
}

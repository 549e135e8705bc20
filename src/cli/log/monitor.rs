//! `vouchsafe log monitor`: what was entered in a log under a member's keys, and as versions of the registry.

use super::super::Answer;
use super::super::context::Context;
use super::super::trouble::Trouble;
use super::watched::WatchedArgs;
use clap::Args;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::ExitCode;
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::gather::watch::{self, Read};
use vouchsafe::registry::{Code, Refusal, TrustedRegistry, Wanted};
use vouchsafe::transparency::Entry;

/// Flags of `log monitor`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  vouchsafe log monitor --member acme
  vouchsafe log monitor https://log.example.org --member acme --from 1200 --format jsonl

A script keeps `next` of the last answer and gives it as --from the next time.

An entry under one's own key that one did not make is a key that somebody else has, or an entry that the log's keeper made
up: an entry holds the digest of what was signed, and a signature proves nothing without the bytes. So it shows that
somebody says the key signed; ask the log for the attestation. A P-256 signature that does not even fit its digest is made
up, and said to be; one that does fit proves nothing either, since anybody can make such a pair. No made-up entry helps an
attestation, whose own signatures are always checked.")]
pub(super) struct MonitorArgs {
    #[command(flatten)]
    watched: WatchedArgs,
    /// Entries under this member's keys (repeatable); everybody's, without it
    #[arg(long, value_name = "ID")]
    member: Vec<String>,
    /// The first entry to look at
    #[arg(long, value_name = "INDEX", default_value_t = 0)]
    from: u64,
}

#[derive(Serialize)]
struct MonitorAnswer {
    schema: &'static str,
    origin: String,
    /// How many entries the log has, so: where to go on.
    next: u64,
    from: u64,
    entries: Vec<EntryLine>,
}

/// One entry.
#[derive(Clone, Serialize)]
struct EntryLine {
    index: u64,
    kind: Kind,
    /// Whose key it is; null for a key that the registry does not know.
    member: Option<String>,
    keyid: Option<String>,
    /// SHA-256 of what was signed.
    sha256: Option<String>,
    /// The registry version that was signed, if it is one of those that led to the one held here.
    version: Option<String>,
    /// What the entry shows of the signature: that the key did not make it, or nothing.
    signature: Option<Told>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// By a member's key.
    Attestation,
    /// By a board key: a version of the registry.
    Registry,
    /// By a key that the registry does not know, or a made-up one, or not an entry of a signature at all.
    Other,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Told {
    /// A P-256 signature that does not fit its digest: whoever keeps the log made the entry up.
    Bad,
}

/// Runs `log monitor`.
pub(super) fn run(context: &Context, args: &MonitorArgs) -> Answer {
    let (log, policy) = args.watched.open(context)?;
    let wanted = match args.member.as_slice() {
        [] => Wanted::Everybody,
        ids => Wanted::Members(ids.iter().cloned().collect()),
    };
    let held = args.watched.registry(context, wanted)?;
    let registry = &held.registry;
    // Nothing under a name that nobody has is no answer.
    if let Some(id) = args.member.iter().find(|id| !registry.members().contains_key(*id)) {
        let unknown = Refusal::new(Code::MemberUnknown, shown(id), "a member whose record is held here", shown(id));
        let next = "check the id; of a large forum, vouchsafe trust update --member ID fetches a record";
        return Err(Trouble::from(unknown).then(next));
    }
    let members: BTreeSet<&str> = args.member.iter().map(String::as_str).collect();
    let wanted = |line: &EntryLine| match (&line.member, line.kind) {
        (Some(member), _) => members.is_empty() || members.contains(member.as_str()),
        (None, Kind::Registry) => true,
        (None, _) => members.is_empty(),
    };
    let keep = |bytes: &[u8]| wanted(&describe(0, bytes, registry));
    // What was read before is not read again, so it has to be what it was.
    let checked = args.watched.check(context, &log, &policy)?;
    let found = watch::entries(&log, &checked, args.from, keep)?;
    let is = checked.now.checkpoint();
    let line = |read: &Read| describe(read.index, &read.bytes, registry);
    let answer = MonitorAnswer {
        schema: "vouchsafe-log-monitor/v1",
        origin: is.origin.clone(),
        next: is.size,
        from: args.from,
        entries: found.iter().map(line).collect(),
    };
    context.answer(&text(context, &answer, args), &answer)?;
    Ok(ExitCode::SUCCESS)
}

fn describe(index: u64, bytes: &[u8], registry: &TrustedRegistry) -> EntryLine {
    let (member, keyid, sha256, version, signature) = (None, None, None, None, None);
    let blank = EntryLine { index, kind: Kind::Other, member, keyid, sha256, version, signature };
    let Ok(entry) = Entry::parse(bytes) else { return blank };
    let id = entry.key.id();
    let owner = registry.owner_of(id).map(|member| member.id.clone());
    let version = registry.signed_version(&entry.digest).map(str::to_owned);
    let of_board = registry.is_seat(id) || version.is_some();
    let signature = entry.key.refutes_digest(&entry.digest, &entry.signature).then_some(Told::Bad);
    let kind = match (&owner, of_board) {
        _ if signature == Some(Told::Bad) => Kind::Other,
        (Some(_), _) => Kind::Attestation,
        (None, true) => Kind::Registry,
        (None, false) => Kind::Other,
    };
    let (keyid, sha256) = (Some(id.to_string()), Some(hex::encode(entry.digest)));
    EntryLine { kind, member: owner, keyid, sha256, version, signature, ..blank }
}

fn text(context: &Context, answer: &MonitorAnswer, args: &MonitorArgs) -> String {
    let whose = if args.member.is_empty() { String::new() } else { format!(" of {}", shown(&args.member.join(", "))) };
    let of = |kind: Kind| answer.entries.iter().filter(|e| e.kind == kind).count();
    let mut out = format!(
        "{}  {}  {}{whose}, {}, among entries {} to {}\n",
        context.paint(1, "LOGGED"),
        shown(&answer.origin),
        count(of(Kind::Attestation), "attestation"),
        count(of(Kind::Registry), "registry version"),
        answer.from,
        answer.next,
    );
    for entry in &answer.entries {
        let what = match (entry.kind, &entry.member, &entry.version) {
            _ if entry.signature == Some(Told::Bad) => {
                let whose =
                    entry.member.as_deref().map_or_else(|| "a key".into(), |m| format!("a key of {}", shown(m)));
                format!("MADE UP: it names {whose}, which did not make this signature")
            }
            (Kind::Attestation, Some(member), _) => format!("attestation by {}", shown(member)),
            (Kind::Registry, _, Some(version)) => format!("registry {version}"),
            (Kind::Registry, _, None) => {
                "registry, another version than those that led to the one held here".to_owned()
            }
            _ => "a key that the registry does not know".to_owned(),
        };
        let (key, digest) = (entry.keyid.as_deref().unwrap_or("-"), entry.sha256.as_deref().unwrap_or("-"));
        let _ = writeln!(out, "  {:<8} {what}\n           key {key}, signed sha256:{digest}", entry.index);
    }
    let _ = writeln!(out, "next: the same with --from {}", answer.next);
    out
}

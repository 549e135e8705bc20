//! `vouchsafe claim`: says something about an attestation after it was signed. Withdraws, supersedes, disputes, endorses.

use super::context::Context;
use super::passphrase::PassphraseArgs;
use super::registry::{NoticeLine, typed};
use super::trouble::Trouble;
use super::{Answer, trust_of};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vouchsafe::attestation::{Envelope, Payload as _, Statement, read_container};
use vouchsafe::encoding::text::shown;
use vouchsafe::encoding::{MAX_DOCUMENT, Malformed};
use vouchsafe::practice::PracticeId;
use vouchsafe::publish::seal;
use vouchsafe::registry::{Action, Notice, NoticeSaid, TrustedRegistry, Wanted};
use vouchsafe::signer::{self, KeyReference};
use vouchsafe::store::{self, Overwrite, exists, read_bounded, write_atomic};

/// Flags of `claim`.
#[derive(Args)]
pub(crate) struct ClaimArgs {
    #[command(subcommand)]
    command: ClaimCommand,
}

#[derive(Subcommand)]
enum ClaimCommand {
    /// Name the attestation that takes the place of one you signed
    Supersede(SupersedeArgs),
    /// Take back an attestation you signed, or some of its practices
    Withdraw(NoticeArgs),
    /// Say that what an attestation claims is not so
    Dispute(NoticeArgs),
    /// Stand behind what an attestation claims
    Endorse(NoticeArgs),
}

#[derive(Args)]
struct SupersedeArgs {
    #[command(flatten)]
    notice: NoticeArgs,
    /// The attestation that takes its place
    #[arg(long, value_name = "NEW_ATTESTATION")]
    by: PathBuf,
}

/// What every notice needs.
#[derive(Args)]
struct NoticeArgs {
    /// The attestation it is about
    attestation: PathBuf,
    /// The key to sign with: a file, or env:NAME [env: VOUCHSAFE_KEY=such a name, or the PEM itself]
    #[arg(long, value_name = "REF", env = "VOUCHSAFE_KEY_REF")]
    key: KeyReference,
    /// Your member id in the forum
    #[arg(long, value_name = "ID", env = "VOUCHSAFE_MEMBER", required_unless_present = "seat")]
    member: Option<String>,
    /// Your seat in a group of the forum, in place of a member id; it may dispute and endorse
    #[arg(long, value_name = "GROUP/SEAT")]
    seat: Option<String>,
    /// Only this practice; may be given several times. All without
    #[arg(long, value_name = "ID", value_parser = PracticeId::parse)]
    practice: Vec<PracticeId>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The forum: its folder, its published folder, or an exported trust file; the one trusted forum without
    #[arg(long, visible_alias = "trust", value_name = "DIR|FILE", env = "VOUCHSAFE_TRUST")]
    forum: Option<PathBuf>,
    /// Where to write the notice
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// schemas/claim-v1.json
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    forum: String,
    forum_id: String,
    notice: NoticeLine,
    file: String,
    next: String,
}

/// An attestation that somebody says something about.
struct About {
    envelope: Envelope,
    /// Unchecked: what it is about is for whoever signs the notice to look at.
    claimed: Statement,
}

/// Shows what is about to be signed, signs it, checks it, writes it.
pub(crate) fn run(context: &Context, args: &ClaimArgs) -> Answer {
    match &args.command {
        ClaimCommand::Supersede(args) => give(context, &args.notice, Action::Supersede, Some(&args.by)),
        ClaimCommand::Withdraw(args) => give(context, args, Action::Withdraw, None),
        ClaimCommand::Dispute(args) => give(context, args, Action::Dispute, None),
        ClaimCommand::Endorse(args) => give(context, args, Action::Endorse, None),
    }
}

fn give(context: &Context, args: &NoticeArgs, action: Action, other: Option<&Path>) -> Answer {
    if exists(&args.out) && !args.force {
        return Err(store::Error::Exists(args.out.clone()).into());
    }
    let wanted = || Wanted::Members(args.member.iter().cloned().collect());
    let registry = trust_of(context, args.forum.as_deref(), context.now, false, wanted)?.registry;
    let notice = draft(context, args, (action, other), &registry)?;
    let forum = registry.forum();
    // Before anybody types a passphrase.
    let list: String = notice.words().iter().map(|line| format!("\n  {line}")).collect();
    context.say(format_args!("about to sign, in forum {} ({}):{list}", shown(&forum.name), forum.id));
    let mut envelope = notice.envelope()?;
    seal(&mut envelope, signer::open(&args.key, &args.passphrase.source())?.as_ref())?;
    let bytes = envelope.to_json();
    Notice::check(&bytes, registry.contents(), Some(context.now))?;
    write_atomic(&args.out, &bytes, if args.force { Overwrite::Replace } else { Overwrite::Refuse })?;
    let next = format!(
        "send it to the board, who run vouchsafe registry add-notice FORUM {}; until they publish it, it decides nothing",
        typed(&args.out)
    );
    let word = context.paint(32, "NOTICE");
    let text = format!("{word}  {}  {}\nnext: {next}\n", typed(&args.out), notice.sentence());
    let document = Document {
        schema: "vouchsafe-claim/v1",
        forum: forum.name.clone(),
        forum_id: forum.id.clone(),
        notice: NoticeLine::of(&notice),
        file: args.out.to_string_lossy().into_owned(),
        next,
    };
    context.answer(&text, &document)?;
    Ok(ExitCode::SUCCESS)
}

/// What is to be signed. Only a signer takes a signature back, and names its own attestation in place of another.
fn draft(
    context: &Context,
    args: &NoticeArgs,
    (action, other): (Action, Option<&Path>),
    registry: &TrustedRegistry,
) -> Result<Notice, Trouble> {
    let about = read(&args.attestation)?;
    let other = other.map(read).transpose()?;
    let practices: BTreeSet<PracticeId> = args.practice.iter().copied().collect();
    if let Some(missing) = practices.iter().find(|p| !about.claims(p)) {
        let file = typed(&args.attestation);
        return Err(Trouble::usage(format!("--practice {missing}: {file} claims nothing about it")));
    }
    if action.is_for_signers() {
        let member = args.member.as_deref().filter(|_| args.seat.is_none());
        let member = member.ok_or_else(|| Trouble::usage("--seat: only a member that signed may say so"))?;
        about.is_signed_by(member, registry, Some(&args.attestation))?;
        other.iter().try_for_each(|new| new.is_signed_by(member, registry, None))?;
    }
    let superseded_by = other.map(|other| other.envelope.payload_sha256());
    Ok(Notice {
        name: args.attestation.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
        attestation: about.envelope.payload_sha256(),
        said: NoticeSaid {
            forum: registry.forum().id.clone(),
            action,
            member: args.member.clone().filter(|_| args.seat.is_none()),
            seat: args.seat.clone(),
            practices: Some(practices).filter(|p| !p.is_empty()),
            reason: args.reason.clone(),
            at: context.now,
            superseded_by,
        },
    })
}

/// The one statement in a file.
fn read(path: &Path) -> Result<About, Trouble> {
    let bytes = read_bounded(path, MAX_DOCUMENT)?;
    let mut found = read_container(&bytes)?.envelopes;
    let several = found.len();
    let (Some(envelope), 1) = (found.pop(), several) else {
        return Err(Trouble::usage(format!("{} holds {several} attestations; give a file with one", typed(path))));
    };
    let envelope = envelope?;
    let (_, payload) = envelope.inspect_unverified("a notice is about the payload, whoever signed it");
    let claimed = Statement::parse(payload)?;
    if claimed.predicate_type() == vouchsafe::registry::CLAIM_NOTICE_V1 {
        return Err(Malformed::new("attestation", "a notice about one").into());
    }
    Ok(About { envelope, claimed })
}

impl About {
    fn claims(&self, practice: &PracticeId) -> bool {
        self.claimed.practices().is_some_and(|p| p.claims.iter().any(|c| c.practice == *practice))
    }

    fn is_signed_by(&self, member: &str, registry: &TrustedRegistry, path: Option<&Path>) -> Result<(), Trouble> {
        let signed = self.envelope.open::<Statement>(registry.keyring());
        let signers = signed.as_ref().map(|a| a.signers().principals()).unwrap_or_default();
        if signers.contains(member) {
            return Ok(());
        }
        let who = if signers.is_empty() {
            "nobody whose record is held".to_owned()
        } else {
            signers.iter().map(|s| shown(s)).collect::<Vec<_>>().join(", ")
        };
        let which = path.map_or_else(|| "the attestation that takes its place".to_owned(), typed);
        let why = format!("{which} is not signed by {}, who alone could take it back or replace it", shown(member));
        Err(Trouble::refused(
            "not-a-signer",
            why,
            "whoever did not sign an attestation may dispute it: vouchsafe claim dispute",
        )
        .because(format!("a signature of {}", shown(member)), who))
    }
}

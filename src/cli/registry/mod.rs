//! `vouchsafe registry`: keeps a forum's registry. Edits are staged, the board reviews and signs, publishing takes effect.

mod change;
mod check;
mod due;
mod endorse;
mod groups;
mod init;
mod keys;
mod log;
mod members;
mod notices;
mod publish;
mod review;
mod rotate;
mod seats;
mod show;
mod sign;

pub(super) use notices::NoticeLine;
pub(super) use show::Card;

use super::Answer;
use super::context::Context;
use super::trouble::Trouble;
use clap::{Args, Subcommand};
use std::path::Path;
use vouchsafe::encoding::Explain as _;
use vouchsafe::encoding::text::shown;
use vouchsafe::publish::{Error, Forum};

/// Keeps a forum's registry of members and keys
#[derive(Args)]
pub(crate) struct RegistryArgs {
    #[command(subcommand)]
    command: RegistryCommand,
}

#[derive(Subcommand)]
enum RegistryCommand {
    /// Found a forum: its board, its threshold, its online key
    Init(init::InitArgs),
    /// Admit a member, who has no key yet
    AddMember(members::AddMemberArgs),
    /// Change a member's display name or scope; the id stays
    EditMember(members::EditMemberArgs),
    /// Register a member's key on its holder's proof of possession
    AddKey(keys::AddKeyArgs),
    /// End a key's use; what it provably signed before stays good
    RetireKey(keys::RetireKeyArgs),
    /// Revoke a compromised key; only what it provably signed before the compromise stays good
    RevokeKey(keys::RevokeKeyArgs),
    /// Suspend a member
    Suspend(members::StateArgs),
    /// Make a suspended member active again
    Reinstate(members::StateArgs),
    /// End a membership, for good; what was provably signed before stays good
    Leave(members::LeaveArgs),
    /// Add a catalogue of practices; the built-in one when no file is named
    AddCatalogue(change::AddCatalogueArgs),
    /// Say which logs and witnesses the forum relies on; from then on each of its versions is entered there
    SetLog(log::SetLogArgs),
    /// Seat somebody in a group, such as an advisory group, whose endorsements a policy may ask for
    AddSeat(seats::AddSeatArgs),
    /// End a seat of a group; its endorsements no longer count
    DropSeat(seats::DropSeatArgs),
    /// Show what a seat would endorse, a member as recorded or a catalogue version, and sign it
    Endorse(endorse::EndorseArgs),
    /// Add a seat's endorsement to what it endorses
    AddEndorsement(endorse::AddEndorsementArgs),
    /// Add what a member or seat says about an attestation: withdrawn, superseded, disputed, endorsed
    AddNotice(notices::AddNoticeArgs),
    /// Stage the same content with a fresh expiry, and a fresh root when the old one nears its end
    Renew(change::FolderArgs),
    /// Spread very many members over hashed bins, so that looking at one costs the same as ever
    Split(change::SplitArgs),
    /// Exchange the board, its threshold or the online key: a new root, which old board and new board must sign
    Rotate(rotate::RotateArgs),
    /// Give the staged change up
    Drop(change::FolderArgs),
    /// Show a staged change in words, who has signed it and who is missing
    Review(review::ReviewArgs),
    /// Sign a staged change with a board key, here or by file on another machine
    Sign(sign::SignArgs),
    /// Publish the staged change once enough of the board have signed it
    Publish(publish::PublishArgs),
    /// Renew the online signatures of what is published
    Refresh(publish::OnlineArgs),
    /// Show a forum: fingerprints, board, members, keys, catalogues, policies
    Show(show::ShowArgs),
    /// Load what is published as a client would, and say what is wrong or about to expire
    Check(check::CheckArgs),
}

/// Runs `vouchsafe registry …`.
pub(crate) fn run(context: &Context, args: &RegistryArgs) -> Answer {
    match &args.command {
        RegistryCommand::Init(args) => init::run(context, args),
        RegistryCommand::AddMember(args) => members::add(context, args),
        RegistryCommand::EditMember(args) => members::edit(context, args),
        RegistryCommand::AddKey(args) => keys::add(context, args),
        RegistryCommand::RetireKey(args) => keys::retire(context, args),
        RegistryCommand::RevokeKey(args) => keys::revoke(context, args),
        RegistryCommand::Suspend(args) => members::suspend(context, args),
        RegistryCommand::Reinstate(args) => members::reinstate(context, args),
        RegistryCommand::Leave(args) => members::leave(context, args),
        RegistryCommand::AddCatalogue(args) => change::add_catalogue(context, args),
        RegistryCommand::SetLog(args) => log::set(context, args),
        RegistryCommand::AddSeat(args) => seats::add(context, args),
        RegistryCommand::DropSeat(args) => seats::drop_seat(context, args),
        RegistryCommand::Endorse(args) => endorse::run(context, args),
        RegistryCommand::AddEndorsement(args) => endorse::add(context, args),
        RegistryCommand::AddNotice(args) => notices::add(context, args),
        RegistryCommand::Renew(args) => change::renew(context, args),
        RegistryCommand::Split(args) => change::split(context, args),
        RegistryCommand::Rotate(args) => rotate::run(context, args),
        RegistryCommand::Drop(args) => change::drop_staged(context, args),
        RegistryCommand::Review(args) => review::run(context, args),
        RegistryCommand::Sign(args) => sign::run(context, args),
        RegistryCommand::Publish(args) => publish::publish(context, args),
        RegistryCommand::Refresh(args) => publish::refresh(context, args),
        RegistryCommand::Show(args) => show::run(context, args),
        RegistryCommand::Check(args) => check::run(context, args),
    }
}

/// A path as it can be typed back into a shell.
pub(crate) fn typed(path: &Path) -> String {
    let path = shown(&path.to_string_lossy());
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/-+@:,".contains(c);
    if !path.is_empty() && !path.starts_with('-') && path.chars().all(plain) {
        return path;
    }
    format!("'{}'", path.replace('\'', "'\\''"))
}

/// Opens a forum's folder.
fn open(folder: &Path) -> Result<Forum, Trouble> {
    Forum::open(folder).map_err(|e| trouble(e, folder))
}

/// A forum's own trouble, with the next step for those who keep it rather than for those who read it.
fn trouble(error: Error, folder: &Path) -> Trouble {
    let (code, folder) = (error.code(), typed(folder));
    let trouble = Trouble::from(error);
    let next = match code {
        "registry-hash-mismatch" | "registry-malformed" => format!(
            "something else wrote to {folder}: compare it with a backup; vouchsafe registry drop {folder} gives a damaged staged change up"
        ),
        "registry-expired" => format!("vouchsafe registry renew {folder}, then sign and publish it"),
        "registry-rollback" => format!(
            "another change was published meanwhile; vouchsafe registry renew {folder} stages this one on top of it"
        ),
        "threshold-not-met" => format!(
            "vouchsafe registry review {folder} says who is missing; they run vouchsafe registry sign {folder} --key KEY"
        ),
        "registry-not-logged" => format!(
            "vouchsafe registry publish {folder} --online-key KEY --log DIR --log-key KEY enters this version in the forum's log first"
        ),
        "log-policy-changed" => format!(
            "name the old log too, with vouchsafe log policy DIR --shard OLD and registry set-log {folder}; --log-lost if it cannot be written any more"
        ),
        "not-a-registry" => format!("check the path; vouchsafe registry init {folder} founds a forum there"),
        "member-unknown" | "key-unknown" | "not-on-board" | "seat-unknown" | "registry-catalogue-unknown" => {
            format!("vouchsafe registry review {folder} and vouchsafe registry show {folder} list them")
        }
        _ => return trouble,
    };
    trouble.then(next)
}

//! `vouchsafe registry endorse` and `add-endorsement`: a seat stands behind a member or a catalogue, offline.

use super::super::Answer;
use super::super::context::Context;
use super::super::passphrase::PassphraseArgs;
use super::super::trouble::Trouble;
use super::{open, review, trouble, typed};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vouchsafe::encoding::{MAX_SMALL, text::shown};
use vouchsafe::gather::trust;
use vouchsafe::publish::{Forum, seal};
use vouchsafe::registry::{Code, Contents, Endorsed, Endorsement, ForumRecord, Refusal, Wanted};
use vouchsafe::signer::{self, KeyReference};
use vouchsafe::store::{self, Overwrite, exists, read_bounded, write_atomic};

/// Flags of `registry endorse`.
#[derive(Args)]
pub(super) struct EndorseArgs {
    /// The forum: its folder, its published folder, or an exported trust file
    path: PathBuf,
    /// What to endorse
    kind: Kind,
    /// The member's id, or the catalogue version, such as forum-fp@2026.1
    name: String,
    /// The seat's private key; without it nothing is signed, only shown
    #[arg(long, value_name = "KEY", requires = "out")]
    key: Option<KeyReference>,
    /// Where to write the endorsement
    #[arg(long, short, value_name = "FILE", requires = "key")]
    out: Option<PathBuf>,
    /// Replace an existing file
    #[arg(long, requires = "out")]
    force: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// A member: id, name, since, scope and keys as recorded
    Member,
    /// A catalogue version: its bytes
    Catalogue,
}

/// Flags of `registry add-endorsement`.
#[derive(Args)]
pub(super) struct AddEndorsementArgs {
    /// The forum's folder
    folder: PathBuf,
    /// What vouchsafe registry endorse wrote
    file: PathBuf,
}

/// schemas/endorse-v1.json
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    forum: String,
    forum_id: String,
    /// Of the change that is staged, or of what is published.
    state: &'static str,
    endorses: Endorsed,
    /// What is endorsed, in words.
    words: Vec<String>,
    /// Where the endorsement is, and by whom; None if nothing was signed.
    signed: Option<Signed>,
    next: String,
}

#[derive(Serialize)]
struct Signed {
    group: String,
    seat: String,
    file: String,
}

/// What is to be endorsed, and by a seat of which forum.
struct Asked<'a> {
    forum: &'a ForumRecord,
    about: Endorsed,
    /// `staged` or `published`.
    state: &'static str,
}

/// Runs `registry endorse`.
pub(super) fn run(context: &Context, args: &EndorseArgs) -> Answer {
    if let Some(out) = args.out.as_ref().filter(|out| !args.force && exists(out)) {
        return Err(store::Error::Exists(out.clone()).into());
    }
    let (contents, state) = contents(context, args)?;
    let forum = contents.forum.as_ref().ok_or_else(|| {
        Trouble::undecided("registry-incomplete", "the registry has no forum record", "fetch it again from the forum")
    })?;
    let about = match args.kind {
        Kind::Member => Endorsed::member_of(&contents, &args.name),
        Kind::Catalogue => Endorsed::catalogue_of(&contents, &args.name),
    };
    let asked = Asked { forum, about: about.map_err(|e| trouble(e.into(), &args.path))?, state };
    match (&args.key, &args.out) {
        (Some(key), Some(out)) => sign(context, args, &asked, (key, out)),
        _ => show(context, args, &asked),
    }
}

fn show(context: &Context, args: &EndorseArgs, asked: &Asked<'_>) -> Answer {
    let kind = args.kind.to_possible_value().map(|k| k.get_name().to_owned()).unwrap_or_default();
    let (path, name) = (typed(&args.path), shown(&args.name));
    let next = format!("vouchsafe registry endorse {path} {kind} {name} --key KEY --out ENDORSEMENT.json");
    let (word, forum, about) = (context.paint(1, "SHOWN"), shown(&asked.forum.name), asked.about.named());
    let head = format!("{word}  {forum}: what an endorsement of {about} says, as {}", asked.state);
    answer(context, asked, None, &head, next)
}

fn sign(context: &Context, args: &EndorseArgs, asked: &Asked<'_>, (key, out): (&KeyReference, &Path)) -> Answer {
    let Asked { forum, about, state } = asked;
    // Before anybody types a passphrase.
    let list: String = about.words().iter().map(|line| format!("\n  {line}")).collect();
    context.say(format_args!("about to endorse, as {state} in forum {} ({}):{list}", shown(&forum.name), forum.id));
    let signer = signer::open(key, &args.passphrase.source())?;
    let (group, seat) = forum.seat_with(signer.public().id()).ok_or_else(|| {
        let seats: Vec<String> = forum.group_seats().map(|(group, seat, _)| format!("{group}/{seat}")).collect();
        let expected = if seats.is_empty() { "the forum has no groups".into() } else { seats.join(" or ") };
        Refusal::new(Code::NotASeat, "", expected, signer.public().id().to_string())
    })?;
    let mut envelope = Endorsement::new(forum, (group, seat), about.clone(), context.now).envelope();
    seal(&mut envelope, signer.as_ref())?;
    let bytes = envelope.to_json();
    Endorsement::check(&bytes, forum, about)?;
    write_atomic(out, &bytes, if args.force { Overwrite::Replace } else { Overwrite::Refuse })?;
    let (word, by, file) = (context.paint(32, "ENDORSED"), format!("{}/{}", shown(group), shown(seat)), typed(out));
    let head = format!("{word}  {file}  {} of {}, by {by}", about.named(), shown(&forum.name));
    let next = format!("send it to the board, who run vouchsafe registry add-endorsement FORUM {file}");
    let signed = Signed { group: group.into(), seat: seat.into(), file: out.to_string_lossy().into_owned() };
    answer(context, asked, Some(signed), &head, next)
}

fn answer(context: &Context, asked: &Asked<'_>, signed: Option<Signed>, head: &str, next: String) -> Answer {
    let words = asked.about.words();
    let list: String = words.iter().map(|line| format!("  {line}\n")).collect();
    let text = format!("{head}\n{list}next: {next}\n");
    let document = Document {
        schema: "vouchsafe-endorse/v1",
        forum: asked.forum.name.clone(),
        forum_id: asked.forum.id.clone(),
        state: asked.state,
        endorses: asked.about.clone(),
        words,
        signed,
        next,
    };
    context.answer(&text, &document)?;
    Ok(ExitCode::SUCCESS)
}

/// Runs `registry add-endorsement`.
pub(super) fn add(context: &Context, args: &AddEndorsementArgs) -> Answer {
    let forum = open(&args.folder)?;
    let bytes = read_bounded(&args.file, MAX_SMALL)?;
    let endorsement = forum.add_endorsement(&bytes, context.now).map_err(|e| trouble(e, &args.folder))?;
    let by = format!("{}/{}", shown(&endorsement.group), shown(&endorsement.seat));
    let answer = format!("the endorsement of {} by {by} is to be added", endorsement.endorses.named());
    review::staged(context, &forum, &args.folder, &answer, &review::to_sign(&args.folder))
}

/// What the registry holds: as staged, where a forum's folder has a change, otherwise as published; checked either way.
/// A change of a registry with bins holds only members of those it touches; any other is as it is published.
fn contents(context: &Context, args: &EndorseArgs) -> Result<(Contents, &'static str), Trouble> {
    let path = args.path.as_path();
    let wanted = || Wanted::Members([args.name.clone()].into());
    let published = || trust::resolve(None, Some(path), context.now, wanted);
    let staged = Forum::open(path).ok().map(|forum| forum.staged_change()).transpose().map_err(|e| trouble(e, path))?;
    let Some(change) = staged.flatten() else {
        return Ok((published()?.registry.contents().clone(), "published"));
    };
    let mut contents = change.contents().map_err(|e| trouble(e, path))?.1;
    let elsewhere = matches!(args.kind, Kind::Member) && !contents.members.contains_key(&args.name);
    let record = elsewhere.then(|| published().ok()?.registry.members().get(&args.name).cloned()).flatten();
    match record {
        Some(record) => {
            contents.members.insert(record.id.clone(), record);
            Ok((contents, "published"))
        }
        None => Ok((contents, "staged")),
    }
}

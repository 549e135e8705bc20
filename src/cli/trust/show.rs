//! `vouchsafe trust show` and `update`: who is trusted, and as of when.

use super::super::Answer;
use super::super::context::Context;
use super::super::trouble::Trouble;
use super::location::location;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::encoding::duration::{Span, rfc3339};
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::gather::Location;
use vouchsafe::gather::trust::{self, State, TrustError};
use vouchsafe::registry::{Fingerprint, TrustedRegistry, Versions, Wanted};

/// Flags of `trust update`.
#[derive(Args)]
pub(super) struct UpdateArgs {
    /// Where to read the registry from, a path or a URL; without, from where it came from
    path: Option<PathBuf>,
    /// From now on keep the record of this member as well, where a registry is too large to keep them all; may be
    /// given several times
    #[arg(long, value_name = "ID")]
    member: Vec<String>,
}

/// schemas/trust-show-v1.json
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    forums: Vec<Forum>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Forum {
    forum_id: String,
    forum: String,
    fingerprint: Fingerprint,
    source: String,
    versions: Versions,
    issued: Timestamp,
    updated: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<usize>,
    /// Ids of the members whose records are kept, where not all are.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    held: BTreeSet<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<Timestamp>,
}

/// Runs `trust show`.
pub(super) fn run(context: &Context) -> Answer {
    let states = trust::list(&context.home()?)?;
    if states.is_empty() {
        return Err(TrustError::NoForum.into());
    }
    let forums: Vec<_> = states.into_iter().map(|s| (s, None)).collect();
    answer(context, "TRUSTED", &forums, "vouchsafe trust update reads them again")
}

/// Runs `trust update`.
pub(super) fn update(context: &Context, args: &UpdateArgs) -> Answer {
    let home = context.home()?;
    let mut states = trust::list(&home)?;
    if states.is_empty() {
        return Err(TrustError::NoForum.into());
    }
    let named = args.path.as_ref().map(|path| location(path.as_os_str())).transpose()?;
    if let Some(named) = &named {
        states = chosen(states, named)?;
    }
    let (members, mut forums) = (args.member.iter().cloned().collect(), Vec::new());
    for state in &states {
        let from = match &named {
            Some(named) => named.clone(),
            None => location(state.source.as_ref())?,
        };
        let updated = trust::update(&home, state, Some(&from), &members, context.now);
        let (registry, state) = updated.map_err(|e| unreached(e, state, context.now))?;
        forums.push((state, Some(registry)));
    }
    answer(context, "UPDATED", &forums, "vouchsafe verify FILE")
}

/// Without a network nothing is lost: what is held stays, and gets older.
fn unreached(error: TrustError, state: &State, now: Timestamp) -> Trouble {
    let offline = matches!(error, TrustError::Network(_));
    let trouble = Trouble::from(error);
    if !offline {
        return trouble;
    }
    let (forum, age) = (shown(&state.forum), Span::between(state.issued, now));
    let stays = format!("the view of {forum} held before stays; it is {age} old");
    trouble.then(format!("{stays}; vouchsafe trust update again when the server answers"))
}

/// The trusted forum a registry is of; the only one there is, so that its own check says what is wrong, if there is one.
fn chosen(states: Vec<State>, named: &Location) -> Result<Vec<State>, Trouble> {
    if states.len() == 1 {
        return Ok(states);
    }
    let roots = trust::roots(named)?;
    let names = states.iter().map(|s| s.forum.clone()).collect();
    let known: Vec<State> = states.into_iter().filter(|s| roots.contains(&s.fingerprint)).collect();
    if known.is_empty() { Err(TrustError::SeveralForums(names).into()) } else { Ok(known) }
}

/// Answers with trusted forums.
pub(super) fn answer(context: &Context, word: &str, forums: &[(State, Option<TrustedRegistry>)], next: &str) -> Answer {
    let mut text = String::new();
    for (state, registry) in forums {
        let members = registry.as_ref().map(|r| format!("{}, ", held(r))).unwrap_or_default();
        let _ = writeln!(
            text,
            "{}  {}  {members}registry version {}, issued {} ago",
            context.paint(32, word),
            shown(&state.forum),
            state.versions.targets,
            Span::between(state.issued, context.now),
        );
        let _ = writeln!(text, "  fingerprint {}", state.fingerprint);
        let _ = writeln!(text, "  source      {}", shown(&state.source));
        let _ = writeln!(text, "  issued      {}", rfc3339(state.issued));
    }
    let _ = writeln!(text, "next: {next}");
    let forums = forums.iter().map(|(state, registry)| Forum::of(state, registry.as_ref())).collect();
    context.answer(&text, &Document { schema: "vouchsafe-trust-show/v1", forums })?;
    Ok(ExitCode::SUCCESS)
}

/// How many members a registry has, or of how many the record was read where that is not all.
pub(crate) fn held(registry: &TrustedRegistry) -> String {
    match registry.read() {
        Wanted::Everybody => count(registry.members().len(), "member"),
        Wanted::Members(_) => {
            format!("{} held of those in {}", count(registry.members().len(), "member"), count(registry.bins(), "bin"))
        }
    }
}

impl Forum {
    fn of(state: &State, registry: Option<&TrustedRegistry>) -> Self {
        Self {
            forum_id: state.forum_id.clone(),
            forum: state.forum.clone(),
            fingerprint: state.fingerprint.clone(),
            source: state.source.clone(),
            versions: state.versions,
            issued: state.issued,
            updated: state.updated,
            members: registry.filter(|r| r.is_whole()).map(|r| r.members().len()),
            held: state.members.clone(),
            expires: registry.map(TrustedRegistry::timestamp_expires),
        }
    }
}

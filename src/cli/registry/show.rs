//! `vouchsafe registry show`: a forum as its registry says it is, checked up from its first root.

use super::super::Answer;
use super::super::context::Context;
use super::super::trouble::Trouble;
use super::groups::{self, Group};
use super::log;
use super::notices::{self, NoticeLine};
use super::typed;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vouchsafe::encoding::Explain as _;
use vouchsafe::encoding::duration::{day, rfc3339};
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::gather::trust::{self, TrustError};
use vouchsafe::publish::Forum;
use vouchsafe::registry::{
    Endorsed, Expiry, Fingerprint, ForumRecord, KeyRecord, MemberRecord, TrustedRegistry, Versions, Wanted,
};

/// Flags of `registry show`.
#[derive(Args)]
pub(super) struct ShowArgs {
    /// A forum's folder, its published folder, or an exported trust file; the one trusted forum without
    path: Option<PathBuf>,
    /// The same, as verify takes it
    #[arg(long, value_name = "DIR|FILE", conflicts_with = "path")]
    trust: Option<PathBuf>,
    /// Show this member only, of a registry with very many; may be given several times
    #[arg(long, value_name = "ID")]
    member: Vec<String>,
}

/// schemas/registry-show-v1.json
#[derive(Serialize)]
pub(crate) struct Card {
    schema: &'static str,
    source: String,
    forum: Named,
    /// Of the root it was checked from.
    fingerprint: Fingerprint,
    /// Of every root there is, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    roots: Vec<Fingerprint>,
    versions: Versions,
    issued: Timestamp,
    expires: Expiry,
    board: Board,
    #[serde(skip_serializing_if = "Option::is_none")]
    bins: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<Group>,
    members: Vec<Member>,
    catalogues: Vec<Catalogue>,
    policies: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<log::LogCard>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<NoticeLine>,
    #[serde(skip)]
    notice_lines: String,
}

#[derive(Serialize)]
struct Named {
    id: String,
    name: String,
}

#[derive(Serialize)]
struct Board {
    threshold: usize,
    seats: Vec<Named>,
}

#[derive(Serialize)]
struct Member {
    id: String,
    name: String,
    since: Timestamp,
    state: &'static str,
    scope: Vec<String>,
    keys: Vec<Key>,
    /// Seats whose endorsements count, as GROUP/SEAT.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    endorsed: Vec<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    confusable: BTreeSet<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    keyid: String,
    suite: String,
    added: Timestamp,
    standing: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    retired_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compromised_since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize)]
struct Catalogue {
    id: String,
    version: String,
    practices: usize,
    sha256: String,
    /// Seats whose endorsements count, as GROUP/SEAT.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    endorsed: Vec<String>,
}

/// Runs `registry show`.
pub(super) fn run(context: &Context, args: &ShowArgs) -> Answer {
    let path = args.path.as_deref().or(args.trust.as_deref());
    let home = context.home().ok();
    let wanted = || match args.member.is_empty() {
        true => Wanted::Everybody,
        false => Wanted::Members(args.member.iter().cloned().collect()),
    };
    let held = trust::resolve(home.as_ref(), path, context.now, wanted).map_err(|e| unpublished(e, path))?;
    let mut card = Card::of(&held.registry, held.source, context.now);
    if let Some(path) = path {
        card.roots = trust::roots(path)?;
    }
    context.answer(&card.text(context), &card)?;
    Ok(ExitCode::SUCCESS)
}

/// A forum that was founded and not yet published is no mistake.
pub(super) fn unpublished(error: TrustError, path: Option<&Path>) -> Trouble {
    let staged = path.filter(|_| error.code() == "not-a-registry").filter(|p| Forum::open(p).is_ok());
    match staged {
        Some(path) => Trouble::undecided(
            "not-published",
            format!("{}: this forum has published nothing yet", typed(path)),
            format!("vouchsafe registry review {} shows what is staged", typed(path)),
        ),
        None => error.into(),
    }
}

impl Card {
    /// What a registry says about its forum at a moment.
    pub(crate) fn of(registry: &TrustedRegistry, source: String, now: Timestamp) -> Self {
        let forum = registry.forum();
        let board = registry.board();
        let name = |id: &String| forum.seats.get(id).cloned().unwrap_or_default();
        Self {
            schema: "vouchsafe-registry-show/v1",
            source,
            forum: Named { id: forum.id.clone(), name: forum.name.clone() },
            fingerprint: registry.fingerprint().clone(),
            roots: Vec::new(),
            versions: *registry.versions(),
            issued: registry.issued(),
            expires: *registry.expires(),
            board: Board {
                threshold: board.quorum.need(),
                seats: board.keys.keys().map(|id| Named { id: id.clone(), name: name(id) }).collect(),
            },
            bins: Some(registry.bins()).filter(|n| *n > 0),
            groups: groups::of(forum),
            members: registry.members().values().map(|m| Member::of(m, forum, now)).collect(),
            catalogues: registry
                .catalogues()
                .map(|c| Catalogue {
                    id: c.id.clone(),
                    version: c.version.as_str().to_owned(),
                    practices: c.practices.len(),
                    sha256: c.digest_hex(),
                    endorsed: groups::seats(registry.contents().endorsements_of(c), forum, &Endorsed::catalogue(c)),
                })
                .collect(),
            policies: registry.contents().policies.keys().cloned().collect(),
            log: registry.log_policy().map(log::LogCard::of),
            notices: notices::of(registry.contents()),
            notice_lines: notices::text(registry.contents()),
        }
    }

    fn text(&self, context: &Context) -> String {
        let mut out = format!(
            "{}  {}  registry version {}, {}, {} of {} board seats decide\n",
            context.paint(1, "FORUM"),
            shown(&self.forum.name),
            self.versions.targets,
            match self.bins {
                None => count(self.members.len(), "member"),
                Some(bins) =>
                    format!("{} shown of those in {}", count(self.members.len(), "member"), count(bins, "bin")),
            },
            self.board.threshold,
            self.board.seats.len()
        );
        let mut line = |name: &str, value: &str| {
            let _ = writeln!(out, "  {name:<12} {value}");
        };
        line("source", &self.source);
        line("forum id", &shown(&self.forum.id));
        line("fingerprint", self.fingerprint.as_str());
        self.roots.iter().filter(|r| **r != self.fingerprint).for_each(|r| line("later root", r.as_str()));
        let roles = [
            ("root", self.versions.root, self.expires.root),
            ("targets", self.versions.targets, self.expires.targets),
            ("snapshot", self.versions.snapshot, self.expires.snapshot),
            ("timestamp", self.versions.timestamp, self.expires.timestamp),
        ];
        for (role, version, until) in roles {
            line(role, &format!("version {version}, until {}", rfc3339(until)));
        }
        line("issued", &rfc3339(self.issued));
        let mut seats: Vec<String> =
            self.board.seats.iter().map(|s| format!("{} ({})", shown(&s.name), short(&s.id))).collect();
        seats.sort();
        line("board", &seats.join(", "));
        self.groups.iter().for_each(|group| line("group", &group.text()));
        for catalogue in &self.catalogues {
            let practices = count(catalogue.practices, "practice");
            line(
                "catalogue",
                &format!(
                    "{} {}, {practices}, sha256:{}",
                    shown(&catalogue.id),
                    shown(&catalogue.version),
                    catalogue.sha256
                ),
            );
            if !catalogue.endorsed.is_empty() {
                line("", &format!("endorsed by {}", shown(&catalogue.endorsed.join(", "))));
            }
        }
        line("policies", &shown(&self.policies.join(", ")));
        if let Some(log) = &self.log {
            line("log", &log.text());
        }
        out.push_str(&self.notice_lines);
        self.members.iter().for_each(|m| m.write(&mut out));
        out
    }
}

fn short(id: &str) -> String {
    id.chars().take(16).collect()
}

impl Member {
    fn of(record: &MemberRecord, forum: &ForumRecord, now: Timestamp) -> Self {
        Self {
            endorsed: groups::seats(&record.endorsements, forum, &Endorsed::member(record)),
            confusable: record.confusable_with.clone(),
            id: record.id.clone(),
            name: record.name.clone(),
            since: record.since,
            state: record.state_at(now).map_or("not yet a member", vouchsafe::registry::MemberState::as_str),
            scope: record.scope.clone(),
            keys: record.keys.iter().map(|k| Key::of(k, now)).collect(),
        }
    }

    fn write(&self, out: &mut String) {
        let (id, name) = (shown(&self.id), shown(&self.name));
        let _ = writeln!(out, "  member       {id}: {name}, {}, since {}", self.state, day(self.since));
        let _ = writeln!(out, "    scope      {}", shown(&self.scope.join("  ")));
        if self.keys.is_empty() {
            let _ = writeln!(out, "    no key yet");
        }
        for key in &self.keys {
            let _ = write!(
                out,
                "    key        {} {}, {}, added {}",
                shown(&key.keyid),
                key.suite,
                key.standing,
                day(key.added)
            );
            let ends = [("retired at", key.retired_at), ("compromised since", key.compromised_since)];
            for (word, at) in ends.into_iter().filter_map(|(word, at)| at.map(|at| (word, at))) {
                let _ = write!(out, ", {word} {}", rfc3339(at));
            }
            let reason = key.reason.as_deref().map(|r| format!(": {}", shown(r))).unwrap_or_default();
            let _ = writeln!(out, "{reason}");
        }
        if !self.endorsed.is_empty() {
            let _ = writeln!(out, "    endorsed   by {}", shown(&self.endorsed.join(", ")));
        }
        if !self.confusable.is_empty() {
            let others: Vec<String> = self.confusable.iter().map(|id| shown(id)).collect();
            let _ = writeln!(out, "    not to be confused with {}", others.join(", "));
        }
    }
}

impl Key {
    fn of(record: &KeyRecord, now: Timestamp) -> Self {
        Self {
            keyid: record.keyid.clone(),
            suite: record.suite.as_str().to_owned(),
            added: record.added,
            standing: record.standing(now, None).as_str(),
            retired_at: record.retired_at,
            compromised_since: record.compromised_since,
            reason: record.reason.clone(),
        }
    }
}

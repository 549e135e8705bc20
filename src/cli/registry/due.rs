//! What `registry check` looks for: everything that is wrong with a registry, or will be soon, with the command to run.

use super::typed;
use jiff::Timestamp;
use serde::Serialize;
use std::path::Path;
use vouchsafe::encoding::duration::{Span, rfc3339};
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::encoding::{Explain as _, json};
use vouchsafe::gather::survey::Survey;
use vouchsafe::gather::trust::TrustError;
use vouchsafe::publish::forum::{SNAPSHOT_LIFE, TIMESTAMP_LIFE};
use vouchsafe::publish::{Forum, Review};
use vouchsafe::registry::{Endorsed, Endorsement, ForumRecord, KeyRecord, MemberRecord, MemberState};

/// Something wrong, or about to be.
#[derive(Serialize)]
pub(super) struct Finding {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) next: String,
}

/// Findings, and what is worth knowing without being wrong.
#[derive(Default)]
pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    pub(super) notes: Vec<Finding>,
}

/// What clients say about a registry they do not take.
pub(super) fn refused(error: &TrustError, folder: &Path) -> Finding {
    let folder = typed(folder);
    let online = matches!(error, TrustError::Registry(refusal) if refusal.detail == "snapshot");
    let next = match error.code() {
        "registry-expired" if online => format!("vouchsafe registry refresh {folder} --online-key KEY"),
        "registry-expired" => format!("vouchsafe registry renew {folder}, then sign and publish it"),
        _ => "publish the folder again from a backup you trust, and find out who changed it".to_owned(),
    };
    let (expected, got) = (shown(&error.expected()), shown(&error.got()));
    Finding {
        code: error.code(),
        message: format!("clients refuse it: {error} (expected {expected}, got {got})"),
        next,
    }
}

/// What the files themselves tell.
pub(super) fn survey(survey: &Survey, folder: &Path, within: Span, now: Timestamp, found: &mut Found) {
    let folder = typed(folder);
    if let Some(version) = survey.missing_root {
        found.findings.push(Finding {
            code: "root-missing",
            message: format!("{version}.root.json is missing: who trusts an older root cannot come up from it"),
            next: format!(
                "put metadata/{version}.root.json back from a backup; its fingerprint has to be the one published"
            ),
        });
    }
    found.findings.extend(survey.expires.iter().filter_map(|role| expiry(*role, &folder, within, now)));
    board(survey, &folder, found);
    for member in survey.contents.members.values() {
        if member.state_at(now) == Some(MemberState::Active) {
            keys(member, &folder, within, now, found);
        }
    }
    if let Some(forum) = &survey.contents.forum {
        survey.contents.members.values().for_each(|member| lapsed(member, forum, &folder, found));
    }
}

/// Endorsements that are still in a record, though their seat is gone or has another key.
fn lapsed(member: &MemberRecord, forum: &ForumRecord, folder: &str, found: &mut Found) {
    let about = Endorsed::member(member);
    for envelope in &member.endorsements {
        let bytes = json::compact(envelope);
        let Err(refusal) = Endorsement::check(&bytes, forum, &about) else { continue };
        found.notes.push(Finding {
            code: "endorsement-lapsed",
            message: format!("an endorsement of {} no longer counts: {}", about.named(), shown(&refusal.detail)),
            next: format!("a seat endorses it again: vouchsafe registry endorse {folder} {}", about.named()),
        });
    }
}

/// What ends soon: board roles within the given time, online roles in the last third of their life.
fn expiry((role, at): (&'static str, Timestamp), folder: &str, within: Span, now: Timestamp) -> Option<Finding> {
    let third = |life: Span| Span::seconds(life.as_seconds() / 3);
    let renew = || format!("vouchsafe registry renew {folder}, then sign and publish it");
    let refresh = || format!("vouchsafe registry refresh {folder} --online-key KEY");
    let (code, within, next) = match role {
        "root" => ("root-expires", within, renew()),
        "targets" => ("targets-expires", within, renew()),
        "snapshot" => ("snapshot-expires", third(SNAPSHOT_LIFE), refresh()),
        _ => ("timestamp-expires", third(TIMESTAMP_LIFE), refresh()),
    };
    let message = match at <= now {
        true => format!("{role} expired at {}", rfc3339(at)),
        false => format!("{role} expires at {}, in {}", rfc3339(at), Span::between(now, at)),
    };
    (at <= within.after(now)).then_some(Finding { code, message, next })
}

/// A board that one stolen key overrules, or that one lost key ends.
fn board(survey: &Survey, folder: &str, found: &mut Found) {
    let Some(board) = &survey.board else { return };
    let (need, seats) = (board.quorum.need(), board.keys.len());
    if need == 1 {
        found.notes.push(Finding {
            code: "threshold-one",
            message: format!("1 of {} decides alone: whoever steals one key is the forum", count(seats, "board seat")),
            next: format!(
                "vouchsafe registry rotate {folder} --threshold 2, with --add-board-key FILE for each new seat"
            ),
        });
    } else if need == seats {
        found.notes.push(Finding {
            code: "no-spare-seat",
            message: format!("all of {seats} board seats must sign: one lost key, and nothing can be changed any more"),
            next: format!("vouchsafe registry rotate {folder} --add-board-key FILE"),
        });
    }
}

/// Members without a key in use, and those who are about to be.
fn keys(member: &MemberRecord, folder: &str, within: Span, now: Timestamp, found: &mut Found) {
    let usable = |at: Timestamp| move |key: &&KeyRecord| key.standing(at.max(key.added), None).counts();
    let id = shown(&member.id);
    let prove = |old: &str| {
        format!(
            "the member runs vouchsafe key prove --key KEY{old} --member {id} --forum {folder} --out {id}.proof.json"
        )
    };
    if !member.keys.iter().any(|key| usable(now)(&key)) {
        found.notes.push(Finding {
            code: "member-without-key",
            message: format!("member {id} is active and has no key in use"),
            next: prove(""),
        });
        return;
    }
    for key in member.keys.iter().filter(usable(now)) {
        let Some(at) = key.retired_at.filter(|at| *at <= within.after(now)) else { continue };
        let left = member.keys.iter().any(|key| usable(at)(&key));
        let finding = Finding {
            code: "key-retires",
            message: format!(
                "key {} of {id} retires at {}, in {}; {}",
                shown(&key.keyid),
                rfc3339(at),
                Span::between(now, at),
                if left { "another one stays" } else { "the member has no other" }
            ),
            next: prove(" --rotates OLD"),
        };
        if left { &mut found.notes } else { &mut found.findings }.push(finding);
    }
}

/// A staged change is a note; one that cannot be read is a finding.
pub(super) fn staged(path: &Path, readable: bool, found: &mut Found) {
    let Ok(forum) = Forum::open(path) else { return };
    let review = forum.staged_change().and_then(|change| change.map(|c| c.review()).transpose());
    let folder = typed(path);
    match review {
        Ok(None) => {}
        Ok(Some(review)) => {
            let changes = count(review.changes.len(), "change");
            found.notes.push(match review.missing {
                0 => Finding {
                    code: "staged-ready",
                    message: format!("a staged change ({changes}) is signed and not yet published"),
                    next: format!("vouchsafe registry publish {folder} --online-key KEY"),
                },
                n => Finding {
                    code: "staged-unsigned",
                    message: format!(
                        "a staged change ({changes}) waits for {}: {}",
                        count(n, "more board signature"),
                        awaited(&review)
                    ),
                    next: super::review::to_sign(path),
                },
            });
        }
        Err(error) if error.code() == "registry-rollback" => found.findings.push(Finding {
            code: "staged-behind",
            message: "the staged change was made on an older version than the one published".into(),
            next: format!("vouchsafe registry renew {folder} stages it on top of what is published, to be signed anew"),
        }),
        // The published part is unreadable: that was said already.
        Err(_) if !readable => {}
        Err(error) => found.findings.push(Finding {
            code: error.code(),
            message: format!("the staged change is damaged: {error}"),
            next: format!("vouchsafe registry drop {folder}, then stage it again"),
        }),
    }
}

/// Who could sign: `root 1 of board1, board3`.
fn awaited(review: &Review) -> String {
    let short = |role: &&vouchsafe::publish::RoleReview| role.need > role.signed.len();
    let word = |role: &vouchsafe::publish::RoleReview| {
        let board = role.board.as_ref().map(|b| format!(" (the {b} board)")).unwrap_or_default();
        let names: Vec<String> = role.missing.iter().map(|n| shown(n)).collect();
        format!("{}{board} {} of {}", role.role, role.need.saturating_sub(role.signed.len()), names.join(", "))
    };
    review.roles.iter().filter(short).map(word).collect::<Vec<_>>().join("; ")
}

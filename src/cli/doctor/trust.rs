//! The trusted forums: whether they can be read, how old they are, what ends soon, and this machine's clock beside them.

use super::Finding;
use crate::cli::context::Context;
use crate::cli::trouble::Trouble;
use crate::cli::trust_view::SKEW;
use jiff::Timestamp;
use std::path::PathBuf;
use vouchsafe::encoding::duration::{Span, rfc3339};
use vouchsafe::encoding::text::shown;
use vouchsafe::gather::trust::{self, Held};
use vouchsafe::registry::{MemberState, TrustedRegistry, Wanted};

/// Looks at the registry that `VOUCHSAFE_TRUST` names, else at every trusted forum; returns those that could be read.
pub(super) fn look(context: &Context, within: Span, findings: &mut Vec<Finding>) -> Vec<TrustedRegistry> {
    let named = crate::cli::settings::variable("VOUCHSAFE_TRUST").map(PathBuf::from);
    let home = context.home().ok();
    let states = home.as_ref().map(trust::list).transpose();
    let count = match (&states, &named) {
        (_, Some(_)) => 1,
        (Ok(states), None) => states.as_ref().map_or(0, Vec::len),
        (Err(_), None) => 0,
    };
    if let (Err(error), None) = (states, &named) {
        findings.push(Finding::trouble("trust", &Trouble::from(error)));
        return Vec::new();
    }
    if count == 0 {
        findings.push(Finding::note(
            "trust",
            "no forum is trusted yet",
            "vouchsafe trust add URL-or-DIR --fingerprint SHA256-OF-ROOT, with the fingerprint your forum publishes",
        ));
        findings.push(Finding::ok("clock", format!("{}; no registry to compare it with", rfc3339(context.now))));
        return Vec::new();
    }
    if count > 1 {
        findings.push(Finding::note(
            "trust",
            format!("{count} forums are trusted: a verdict needs one"),
            "name it with --trust: vouchsafe trust export writes a file for each",
        ));
        return Vec::new();
    }
    match trust::resolve(home.as_ref(), named.as_deref(), context.now, || Wanted::Everybody) {
        Ok(Held { registry, source }) => {
            clock(&registry, context.now, findings);
            age(&registry, &source, named.is_some(), context.now, within, findings);
            members(&registry, context.now, within, findings);
            vec![registry]
        }
        Err(error) => {
            findings.push(Finding::trouble("trust", &Trouble::from(error)));
            Vec::new()
        }
    }
}

/// A registry is never issued in the future: then this clock is behind.
fn clock(registry: &TrustedRegistry, now: Timestamp, findings: &mut Vec<Finding>) {
    let issued = registry.issued();
    findings.push(if issued > SKEW.after(now) {
        Finding::problem(
            "clock",
            format!("{} is before {}, when the trusted registry was issued", rfc3339(now), rfc3339(issued)),
            "set this machine's clock: timedatectl set-ntp true",
        )
    } else {
        Finding::ok("clock", format!("{}, after the trusted registry was issued", rfc3339(now)))
    });
}

/// How old the view is, and when its parts end.
fn age(
    registry: &TrustedRegistry,
    source: &str,
    named: bool,
    now: Timestamp,
    within: Span,
    findings: &mut Vec<Finding>,
) {
    let forum = shown(&registry.forum().name);
    let next = if named { "fetch the forum's registry again" } else { "vouchsafe trust update" };
    let ends = registry.expires();
    let age = Span::between(registry.issued().min(now), now);
    findings.push(match ends.timestamp <= now {
        true => Finding::note(
            "trust",
            format!("{forum} ({source}): {age} old, and its metadata ended at {}", rfc3339(ends.timestamp)),
            next,
        ),
        false => Finding::ok("trust", format!("{forum} ({source}): {age} old, good until {}", rfc3339(ends.timestamp))),
    });
    for (role, at) in
        [("root", ends.root), ("targets", ends.targets)].into_iter().filter(|(_, at)| *at <= within.after(now))
    {
        let message = match at <= now {
            true => format!("{forum}: its {role} ended at {}", rfc3339(at)),
            false => format!("{forum}: its {role} ends at {}, in {}", rfc3339(at), Span::between(now, at)),
        };
        findings.push(Finding::note("trust", message, format!("the board runs vouchsafe registry renew; then {next}")));
    }
}

/// Members' keys that retire soon.
fn members(registry: &TrustedRegistry, now: Timestamp, within: Span, findings: &mut Vec<Finding>) {
    let active = registry.members().values().filter(|m| m.state_at(now) == Some(MemberState::Active));
    for (member, key) in active.flat_map(|m| m.keys.iter().map(move |key| (m, key))) {
        let Some(at) = key.retired_at.filter(|at| *at > now && *at <= within.after(now)) else { continue };
        findings.push(Finding::note(
            "members",
            format!("a key of {} retires at {}, in {}", shown(&member.id), rfc3339(at), Span::between(now, at)),
            format!(
                "vouchsafe key prove --key NEW --rotates OLD --member {} --forum FORUM --out proof.json",
                member.id
            ),
        ));
    }
}

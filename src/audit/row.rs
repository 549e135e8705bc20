//! An answer as a row: everything a report says about one file.

use super::findings;
use super::index::{Row, Signed};
use super::judge::{Decided, finding};
use super::question::Question;
use super::stamp::Stamp;
use super::walk::Item;
use super::{Cell, Finding, Verdict};
use crate::artifact::name;
use crate::encoding::duration::{day, rfc3339};
use crate::encoding::text::shown;
use crate::encoding::{Class, Explain, json};
use crate::gather;
use crate::verify::{Coverage, LogShown, Refusal, Verified};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The row of a file that was decided on.
pub(super) fn decided(question: &Question<'_>, item: &Item, decided: Decided) -> Row {
    let path = shown_name(&item.path);
    let release = decided.by.as_ref().map(|(id, _)| id.clone());
    let source = decided.by.as_ref().map_or(path.as_str(), |(_, source)| source);
    let row = match &decided.decision {
        Ok(verified) => Row {
            findings: findings::of_verified(question, verified, source, release.as_deref(), &decided.absent),
            ..yes(item, verified)
        },
        Err(refusal) => Row { findings: of_refusal(question, refusal, &decided, &path), ..no(item, refusal) },
    };
    Row {
        digest: decided.subject.measured.digests().first().map(ToString::to_string),
        until: decided.until.as_second(),
        release,
        ..row
    }
}

/// The row of a file that cannot be looked at.
pub(super) fn trouble(item: &Item, error: &gather::Error) -> Row {
    Row { findings: vec![finding(error, &shown_name(&item.path))], ..no(item, error) }
}

/// The row of a folder that cannot be looked into.
pub(super) fn unreadable(path: &Path, error: &gather::Error) -> Row {
    let item = Item { path: path.to_owned(), stamp: Stamp::default(), changed: 0, beside: None, listed: None };
    Row { fresh: true, ..trouble(&item, error) }
}

fn shown_name(path: &Path) -> String {
    name::lossless(&name::bytes(path.as_os_str()))
}

fn of_refusal(question: &Question<'_>, refusal: &Refusal, decided: &Decided, path: &str) -> Vec<Finding> {
    let release = decided.by.as_ref().map(|(id, _)| id.as_str());
    let weak = decided.weaker.as_ref().map(|w| findings::of_weak_basis(question, w, path, release));
    match weak.filter(|weak| !weak.is_empty()) {
        Some(weak) => weak,
        None => {
            let missing = findings::missing(&decided.absent);
            let source = decided.by.as_ref().map(|(_, source)| source.clone());
            let missing = missing.map(|m| Finding { path: source, release: release.map(str::to_owned), ..m });
            std::iter::once(findings::of_refusal(refusal, path, release)).chain(missing).collect()
        }
    }
}

fn blank(item: &Item, verdict: Verdict, message: String) -> Row {
    Row {
        path: item.path.clone(),
        stamp: item.stamp.clone(),
        fresh: false,
        evidence: None,
        until: 0,
        changed: item.changed,
        verdict,
        digest: None,
        code: None,
        message,
        expected: None,
        got: None,
        hint: None,
        release: None,
        members: Vec::new(),
        signers: None,
        practices: None,
        tier: None,
        logged: None,
        log: None,
        findings: Vec::new(),
    }
}

fn no(item: &Item, error: &dyn Explain) -> Row {
    let verdict = match error.class() {
        Class::Refused => Verdict::Refused,
        Class::Undecided => Verdict::Undecided,
    };
    Row {
        code: Some(error.code().to_owned()),
        expected: Some(error.expected()),
        got: Some(error.got()),
        hint: Some(error.next()),
        ..blank(item, verdict, error.to_string())
    }
}

fn yes(item: &Item, verified: &Verified) -> Row {
    let signed = |s: &crate::verify::SignerShown| Signed {
        member: s.member.clone(),
        name: s.name.clone(),
        since: rfc3339(s.since),
        keyid: s.keyid.clone(),
        key_status: s.standing.as_str().to_owned(),
    };
    let signers: Vec<Signed> = verified.signers().iter().map(signed).collect();
    let mut members: Vec<String> = signers.iter().map(|s| s.member.clone()).collect();
    members.dedup();
    let largest = verified.logged().iter().max_by(|a, b| (a.size, &b.origin).cmp(&(b.size, &a.origin)));
    Row {
        members,
        signers: Some(text(&signers)),
        practices: Some(text(&practices(verified))),
        tier: verified.coverage().map(|c| c.tier.as_str().to_owned()),
        logged: verified.logged().iter().filter_map(|entry| entry.time).min().map(rfc3339),
        log: largest.map(|entry: &LogShown| (entry.origin.clone(), entry.size)),
        ..blank(item, Verdict::Verified, sentence(verified))
    }
}

fn text<T: Serialize>(value: &T) -> String {
    String::from_utf8_lossy(&json::compact(value)).into_owned()
}

/// `Acme Corp, attested 2026-10-03: base profile, 34 of 34 practices met (12 checked, 22 declared)`.
fn sentence(verified: &Verified) -> String {
    let names: Vec<String> = verified.signers().iter().map(|s| shown(&s.name)).collect();
    let attested = verified.statement().practices().map(|p| format!(", attested {}", day(p.assessed_at)));
    let says = verified.coverage().map(Coverage::sentence).unwrap_or_else(|| {
        format!("signed {}; no practices were asked for", shown(verified.statement().predicate_type()))
    });
    format!("{}{}: {says}", names.join("; "), attested.unwrap_or_default())
}

/// How the release stands on every practice that is asked for or claimed.
fn practices(verified: &Verified) -> BTreeMap<String, Cell> {
    let mut cells: BTreeMap<String, Cell> = BTreeMap::new();
    for claim in verified.statement().practices().map(|p| p.claims.as_slice()).unwrap_or_default() {
        let (result, basis) = (claim.result.as_str().to_owned(), claim.basis.as_str().to_owned());
        let cell = Cell { result: Some(result), basis: Some(basis), status: None };
        cells.insert(claim.practice.to_string(), cell);
    }
    for item in verified.coverage().into_iter().flat_map(|c| &c.items) {
        let none = Cell { result: None, basis: None, status: None };
        let cell = cells.entry(item.practice.to_string()).or_insert(none);
        cell.status = Some(item.status.as_str().to_owned());
    }
    cells
}

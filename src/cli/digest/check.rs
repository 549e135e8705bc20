//! `vouchsafe digest --check`: the answer in one line, then a line for everything that was asked about.

use super::super::Answer;
use super::super::context::Context;
use super::DigestArgs;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::artifact::{Algorithm, name};
use vouchsafe::encoding::{Explain as _, MAX_DOCUMENT};
use vouchsafe::gather::check::{Checked, check};
use vouchsafe::gather::{Effort, Error};

/// schemas/check-v1.json
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    verdict: &'static str,
    lists: Vec<String>,
    totals: Totals,
    files: Vec<Item>,
}

/// `requested = ok + failed + missing + unreadable + malformed`; extra files were not requested by a list.
#[derive(Default, Serialize)]
struct Totals {
    requested: usize,
    ok: usize,
    failed: usize,
    missing: usize,
    unreadable: usize,
    malformed: usize,
    extra: usize,
}

#[derive(Serialize)]
struct Item {
    name: String,
    #[serde(rename = "nameHex", skip_serializing_if = "Option::is_none")]
    name_hex: Option<String>,
    result: &'static str,
    #[serde(flatten)]
    why: Option<Why>,
}

#[derive(Serialize)]
struct Why {
    code: &'static str,
    message: String,
    expected: String,
    got: String,
    hint: String,
}

/// Runs the check: 1 if anything differs or is extra, else 3 if anything could not be checked, else 0.
pub(super) fn run(args: &DigestArgs, only: Option<Algorithm>, context: &Context) -> Answer {
    let lists = args.check.as_slice();
    let work = |effort: &Effort<'_>| check(lists, &args.paths, only, effort);
    let checked = args.effort.spend(context, || lines(lists), work);
    let mut totals = Totals::default();
    let files: Vec<Item> = checked.iter().map(|c| item(c, &mut totals)).collect();
    let (word, verdict, exit) = verdict(&totals);
    let names = lists.iter().map(|l| name::lossless(&name::bytes(l.as_os_str()))).collect();
    let mut out = format!("{}  {}\n", paint(context, word), sentence(&totals, lists));
    for (checked, item) in checked.iter().zip(&files) {
        let _ = write!(out, "{}  {}", paint(context, &item.result.to_uppercase()), name::display(&checked.name));
        let _ = match &item.why {
            Some(why) => writeln!(out, "  {}: expected {}, got {}", why.code, why.expected, why.got),
            None => writeln!(out),
        };
    }
    let hints: BTreeMap<_, _> = files.iter().filter_map(|f| f.why.as_ref()).map(|w| (w.code, w.hint.clone())).collect();
    context.answer(&out, &Document { schema: "vouchsafe-check/v1", verdict, lists: names, totals, files })?;
    for (code, hint) in hints {
        context.say(format_args!("next [{code}]: {hint}"));
    }
    Ok(ExitCode::from(exit))
}

/// How many files lists name, about, as far as they can be read twice.
fn lines(lists: &[PathBuf]) -> u64 {
    let read = |list: &PathBuf| vouchsafe::store::read_bounded(list, MAX_DOCUMENT).unwrap_or_default();
    lists.iter().map(|list| read(list).iter().filter(|byte| **byte == b'\n').count() as u64).sum()
}

fn item(checked: &Checked, totals: &mut Totals) -> Item {
    let (result, count) = match &checked.outcome {
        Ok(()) => ("ok", &mut totals.ok),
        Err(Error::DigestMismatch { .. }) => ("failed", &mut totals.failed),
        Err(Error::NotListed(_)) => ("extra", &mut totals.extra),
        Err(Error::Document { .. }) => ("malformed", &mut totals.malformed),
        Err(Error::Store(vouchsafe::store::Error::NotFound(_))) => ("missing", &mut totals.missing),
        Err(_) => ("unreadable", &mut totals.unreadable),
    };
    *count += 1;
    totals.requested += usize::from(result != "extra");
    let why = checked.outcome.as_ref().err().map(|e| Why {
        code: e.code(),
        message: e.to_string(),
        expected: e.expected(),
        got: e.got(),
        hint: e.next(),
    });
    Item { name: name::lossless(&checked.name), name_hex: name::not_utf8_hex(&checked.name), result, why }
}

/// No beats cannot say, which beats yes; yes needs at least one file.
fn verdict(totals: &Totals) -> (&'static str, &'static str, u8) {
    if totals.failed + totals.extra > 0 {
        ("FAILED", "refused", 1)
    } else if totals.ok == 0 || totals.ok != totals.requested {
        ("UNDECIDED", "undecided", 3)
    } else {
        ("OK", "verified", 0)
    }
}

fn sentence(totals: &Totals, lists: &[PathBuf]) -> String {
    let lists: Vec<String> = lists.iter().map(|l| name::display(&name::bytes(l.as_os_str()))).collect();
    let counted = [
        (totals.failed, "failed"),
        (totals.missing, "missing"),
        (totals.unreadable, "unreadable"),
        (totals.malformed, "malformed"),
        (totals.extra, "extra"),
    ];
    let parts: Vec<String> = counted.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let colon = if parts.is_empty() { "" } else { ": " };
    let match_ = if totals.requested == 1 { "file matches" } else { "files match" };
    format!("{} of {} {match_} {}{colon}{}", totals.ok, totals.requested, lists.join(", "), parts.join(", "))
}

fn paint(context: &Context, word: &str) -> String {
    let colour = match word {
        "OK" => 32,
        "FAILED" | "EXTRA" => 31,
        _ => 33,
    };
    context.paint(colour, word)
}

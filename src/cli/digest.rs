//! `vouchsafe digest`: the list `sha256sum` would write, or a strict check of one.

mod check;

use super::context::{Context, Format};
use super::effort::{EffortArgs, at_the_end, count, in_parts};
use super::trouble::Trouble;
use super::{Answer, context};
use clap::{Args, ValueEnum};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::artifact::{Algorithm, Basis, Measured, manifest::write_line, name};
use vouchsafe::encoding::text::shown;
use vouchsafe::gather::{Effort, Subject, subject};

/// What to hash, or to check.
#[derive(Args)]
pub(super) struct DigestArgs {
    /// Files, folders (every file below, sorted) or - for standard input; with --check, what must be listed completely
    #[arg(value_name = "PATH", required_unless_present = "check")]
    paths: Vec<OsString>,
    /// Check the files that FILE lists; - is standard input (repeatable)
    #[arg(long, value_name = "FILE")]
    check: Vec<PathBuf>,
    /// The hash; sha256 if not given. With --check, refuse lines with another one
    #[arg(long, value_enum, env = "VOUCHSAFE_ALGORITHM")]
    algorithm: Option<Hash>,
    #[command(flatten)]
    effort: EffortArgs,
}

/// The algorithms by name.
#[derive(Clone, Copy, ValueEnum)]
enum Hash {
    /// SHA-256
    Sha256,
    /// SHA-512
    Sha512,
}

impl From<Hash> for Algorithm {
    fn from(hash: Hash) -> Self {
        match hash {
            Hash::Sha256 => Self::Sha256,
            Hash::Sha512 => Self::Sha512,
        }
    }
}

/// schemas/digests-v1.json
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    algorithm: &'static str,
    #[serde(serialize_with = "descriptors")]
    subjects: &'a [Vec<Subject>],
}

/// An in-toto ResourceDescriptor, and the size.
#[derive(Serialize)]
struct Descriptor<'a> {
    name: &'a str,
    #[serde(rename = "nameHex", skip_serializing_if = "Option::is_none")]
    name_hex: Option<&'a str>,
    digest: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
}

/// Runs the command. Nothing is printed unless everything could be read: half a list is no list.
pub(super) fn run(args: &DigestArgs, context: &Context) -> Answer {
    let algorithm = args.algorithm.map(Algorithm::from);
    if !args.check.is_empty() {
        return check::run(args, algorithm, context);
    }
    context.check_outputs(&[])?;
    let algorithm = algorithm.unwrap_or(Algorithm::Sha256);
    if args.paths.len() == 1 && context.format == Format::Text && context.outputs().next().is_none() {
        return list_of_one(args, algorithm, context);
    }
    let measure = |effort: &Effort<'_>| subject::files(&args.paths, &[algorithm], effort, |_, subject| subject);
    let mut found = args.effort.spend(context, || count(&args.paths), measure)?;
    if let [_, _, ..] = found.as_slice() {
        named_once(&found)?;
    }
    let text = match context.format {
        Format::Text => list(&mut found, context::on_terminal(), &args.effort),
        Format::Json | Format::Jsonl => Vec::new(),
    };
    let schema = "vouchsafe-digests/v1";
    let document = Document { schema, algorithm: algorithm.as_str(), subjects: &found };
    context.answer_streamed(&document, |out| text.iter().try_for_each(|part| out.write_all(part)))?;
    at_the_end(found);
    Ok(ExitCode::SUCCESS)
}

/// The list of one file or folder. Each line is made where the file is measured, and nothing else is kept: of a hundred thousand
/// files the system has less than half to map.
fn list_of_one(args: &DigestArgs, algorithm: Algorithm, context: &Context) -> Answer {
    let safe = context::on_terminal();
    let line = |_, subject| lines(std::slice::from_ref(&subject), safe).into_boxed_slice();
    let measure = |effort: &Effort<'_>| subject::files(&args.paths, &[algorithm], effort, line);
    let found = args.effort.spend(context, || count(&args.paths), measure)?;
    context.print_streamed(|out| found.iter().flatten().try_for_each(|line| out.write_all(line)))?;
    at_the_end(found);
    Ok(ExitCode::SUCCESS)
}

/// So many lines are written by one thread before another costs less.
const MANY: usize = 4096;

/// The list in parts; safe to look at, if it is looked at.
fn list(found: &mut [Vec<Subject>], safe: bool, effort: &EffortArgs) -> Vec<Vec<u8>> {
    let threads = if found.iter().any(|of_one| of_one.len() > MANY) { effort.threads() } else { 1 };
    let parts = |of_one: &mut Vec<Subject>| in_parts(of_one, threads, |part| lines(part, safe));
    found.iter_mut().flat_map(parts).collect()
}

fn lines(subjects: &[Subject], safe: bool) -> Vec<u8> {
    let mut text = Vec::new();
    for subject in subjects {
        let name = written(subject);
        for digest in subject.measured.digests() {
            text.reserve(name.len() + digest.as_bytes().len() * 2 + 3);
            write_line(&mut text, &name, digest);
        }
    }
    if safe { for_terminal(&text) } else { text }
}

/// The name as the list has it: bytes, not what is shown.
fn written(subject: &Subject) -> Cow<'_, [u8]> {
    let path = subject.path().filter(|_| subject.name_hex().is_some());
    path.map_or(Cow::Borrowed(subject.name.as_bytes()), |p| name::borrowed(p.as_os_str()))
}

fn named_once(found: &[Vec<Subject>]) -> Result<(), Trouble> {
    let mut seen = HashSet::new();
    match found.iter().flatten().map(written).find(|name| !seen.insert(name.clone())) {
        None => Ok(()),
        Some(name) => {
            Err(Trouble::usage(format!("{} was named twice; a list names a file once", name::display(&name))))
        }
    }
}

/// Made one by one while they are written: of very many, most callers want the list alone.
fn descriptors<S: Serializer>(found: &[Vec<Subject>], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(found.iter().flatten().map(|subject| Descriptor {
        name: &subject.name,
        name_hex: subject.name_hex(),
        digest: subject.measured.digests().iter().map(|d| (d.algorithm().as_str(), d.hex())).collect(),
        size: size(&subject.measured),
    }))
}

fn size(measured: &Measured) -> Option<u64> {
    match measured.basis() {
        Basis::Bytes { length } => Some(*length),
        Basis::Assumed { .. } => None,
    }
}

/// The list as it is safe to look at: lines whose name could move the cursor or is not text are escaped.
/// A pipe or a file gets the bytes themselves.
fn for_terminal(text: &[u8]) -> Vec<u8> {
    let lines = text.split_inclusive(|b| *b == b'\n').map(|line| {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let harmless = std::str::from_utf8(line).is_ok_and(|l| shown(l) == l.replace('\\', "\\\\"));
        let line = if harmless { line.to_vec() } else { name::display(line).into_bytes() };
        [line, b"\n".to_vec()].concat()
    });
    lines.flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::for_terminal;

    #[test]
    fn names_on_a_terminal_do_nothing() {
        assert_eq!(for_terminal(b"ab  plain\n\\cd  n\\nl\n"), b"ab  plain\n\\cd  n\\nl\n");
        assert_eq!(for_terminal(b"ab  \x1b[2J\xff\n"), b"ab  \\u{1b}[2J\\xff\n");
    }
}

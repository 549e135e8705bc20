//! Checking digest lists against the files they name, line by line, and files against the lists.
//!
//! Everything that was asked about has a result of its own: a line that cannot be read, a file that cannot be
//! opened and a list that is not there count as much as a file that differs.

use super::crew::{self, Asked, Folders, Seen, Stop};
use super::{Effort, Error, subject, tree};
use crate::artifact::{Algorithm, Measured, manifest, name};
use crate::encoding::{MAX_DOCUMENT, Malformed};
use crate::store;
use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What became of one line, list or file.
#[derive(Debug)]
pub struct Checked {
    /// The name in the list; the list's own name where the line or the list is the trouble.
    pub name: Vec<u8>,
    /// Agreed, or why not.
    pub outcome: Result<(), Error>,
}

/// Checks every line of `lists` (`-` is standard input), then that each file below `paths` stands in one of them.
/// Names are relative to the current folder, as for `sha256sum --check`. `only` makes lines of another algorithm
/// an error. A list need not name itself. Never empty if a list was given.
pub fn check(lists: &[PathBuf], paths: &[OsString], only: Option<Algorithm>, effort: &Effort<'_>) -> Vec<Checked> {
    let (mut checked, mut asked) = (Vec::new(), Vec::new());
    let mut known: HashSet<PathBuf> = lists.iter().map(|list| place(list)).collect();
    for list in lists {
        let text = match read(list) {
            Ok(text) => text,
            Err(error) => {
                checked.push(Line::known(bytes(list), error));
                continue;
            }
        };
        for (line, number) in manifest::lines(&text).into_iter().zip(1_usize..) {
            match line.and_then(|entry| expect(entry, only, number)) {
                Ok(entry) => {
                    known.extend(name::os(&entry.name).map(|n| place(Path::new(&n))));
                    checked.push(Line::new(list, entry, &mut asked));
                }
                Err(source) => {
                    checked.push(Line::known(bytes(list), Error::Document { path: list.clone(), source }));
                }
            }
        }
    }
    for path in paths {
        match tree::list(Path::new(path)) {
            Ok(files) => checked.extend(
                files
                    .into_iter()
                    .filter(|f| known.insert(place(f)))
                    .map(|file| Line::known(bytes(&file), Error::NotListed(file))),
            ),
            Err(error) => checked.push(Line::known(name::bytes(path), error)),
        }
    }
    let mut measured = crew::measure(&asked, Stop::Never, effort, |_, seen| Some(seen)).into_iter();
    checked.into_iter().map(|line| line.checked(&mut measured)).collect()
}

/// One result, as far as it is known before files are measured.
enum Line<'a> {
    Known(Checked),
    /// The next that is measured is to have this digest.
    Compared(&'a Path, manifest::Entry),
}

impl<'a> Line<'a> {
    fn known(name: Vec<u8>, error: Error) -> Self {
        Self::Known(Checked { name, outcome: Err(error) })
    }

    /// What there is to be measured for it goes to the end of `asked`.
    fn new(list: &'a Path, entry: manifest::Entry, asked: &mut Vec<Asked>) -> Self {
        let algorithms = vec![entry.digest.algorithm()];
        let Some(path) = name::os(&entry.name).map(PathBuf::from) else {
            let missing = store::Error::NotFound(name::display(&entry.name).into());
            return Self::known(entry.name, missing.into());
        };
        if path.as_os_str() == "-" {
            let measured = subject::standard_input(&algorithms);
            let outcome = measured.and_then(|measured| compare(list, path, &entry, &measured));
            return Self::Known(Checked { name: entry.name, outcome });
        }
        asked.push(Asked { path, algorithms, folders: Folders::Refused });
        Self::Compared(list, entry)
    }

    fn checked(self, measured: &mut impl Iterator<Item = Result<Vec<Seen>, Error>>) -> Checked {
        let (list, entry) = match self {
            Self::Known(checked) => return checked,
            Self::Compared(list, entry) => (list, entry),
        };
        let found = measured.next().unwrap_or_else(|| Ok(Vec::new())).map(|mut found| found.pop());
        let outcome = found.and_then(|found| match found {
            Some(Seen { path, measured: Some(measured) }) => compare(list, path, &entry, &measured),
            _ => Err(store::Error::NotFound(name::display(&entry.name).into()).into()),
        });
        Checked { name: entry.name, outcome }
    }
}

fn read(list: &Path) -> Result<Vec<u8>, Error> {
    if list.as_os_str() != "-" {
        return Ok(store::read_bounded(list, MAX_DOCUMENT)?);
    }
    let mut text = Vec::new();
    let most = u64::try_from(MAX_DOCUMENT).unwrap_or(u64::MAX).saturating_add(1);
    let input = std::io::Read::take(std::io::stdin().lock(), most);
    let read = std::io::copy(&mut { input }, &mut text);
    read.map_err(|e| store::Error::io("standard input".as_ref(), e))?;
    if text.len() > MAX_DOCUMENT {
        return Err(store::Error::TooLarge { path: "standard input".into(), limit: MAX_DOCUMENT }.into());
    }
    Ok(text)
}

fn expect(entry: manifest::Entry, only: Option<Algorithm>, line: usize) -> Result<manifest::Entry, Malformed> {
    match only {
        Some(only) if only != entry.digest.algorithm() => {
            let (asked, stands) = (only.as_str(), entry.digest.algorithm().as_str());
            Err(Malformed::new("digest list", format!("line {line}: {stands}, where {asked} was asked for")))
        }
        _ => Ok(entry),
    }
}

fn compare(list: &Path, path: PathBuf, entry: &manifest::Entry, measured: &Measured) -> Result<(), Error> {
    match measured.digest(entry.digest.algorithm()) {
        Some(got) if *got == entry.digest => Ok(()),
        Some(got) => {
            let (expected, got) = (Box::new(entry.digest.clone()), Box::new(got.clone()));
            Err(Error::DigestMismatch { path, list: list.to_owned(), expected, got })
        }
        None => Err(store::Error::Changed(path).into()),
    }
}

/// Where a path is, so that `./a`, `a` and `/here/a` are one file. Links and `..` are left alone: two names that
/// differ only by these count as two files, which reports one too many and never one too few.
fn place(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn bytes(path: &Path) -> Vec<u8> {
    name::bytes(path.as_os_str())
}

//! What a user can name: a file, a folder, `-`, `sha256:HEX`, `@LIST`. All of it ends as measured subjects.

use super::crew::{self, Asked, Folders, Seen, Stop};
use super::evidence::is_named_like_evidence;
use super::{Effort, Error};
use crate::artifact::{Algorithm, Digest, Measured, manifest, name};
use crate::encoding::MAX_DOCUMENT;
use crate::store;
use std::ffi::{OsStr, OsString};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

/// One artifact that was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its name as the user knows it; escaped as [`name::lossless`] does where it is not UTF-8.
    pub name: String,
    /// Its digests.
    pub measured: Measured,
    place: Place,
}

/// Where its bytes were read. There may be a hundred thousand: a path that is the name is not kept twice.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// Standard input, or a digest without a file.
    Nowhere,
    /// Of a name that is not UTF-8, in hexadecimal, without a file.
    Called(Box<str>),
    /// The file the name is the path of.
    AsNamed,
    /// Another one, and the hexadecimal of a name that is not UTF-8.
    At(Box<(PathBuf, Option<String>)>),
}

impl Subject {
    /// A file, by the name the user knows it by.
    pub fn file(path: PathBuf, measured: Measured) -> Self {
        match path.into_os_string().into_string() {
            // Where folders are told apart by another sign, the name is not the path.
            Ok(path) if MAIN_SEPARATOR != '/' => {
                Self { name: slashed(&path), measured, place: Place::At(Box::new((path.into(), None))) }
            }
            Ok(name) => Self { name, measured, place: Place::AsNamed },
            Err(path) => Self::at(&name::bytes(&path), path.into(), measured),
        }
    }
    fn at(name: &[u8], path: PathBuf, measured: Measured) -> Self {
        let place = Place::At(Box::new((path, name::not_utf8_hex(name))));
        Self { name: name::lossless(name), measured, place }
    }
    fn named(name: &[u8], measured: Measured) -> Self {
        let place = name::not_utf8_hex(name).map_or(Place::Nowhere, |hex| Place::Called(hex.into()));
        Self { name: name::lossless(name), measured, place }
    }
    /// The file that was read; None for standard input and for digests without a file.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::Nowhere | Place::Called(_) => None,
            Place::AsNamed => Some(Path::new(&self.name)),
            Place::At(at) => Some(&at.0),
        }
    }
    /// The bytes of a name that is not UTF-8, in hexadecimal.
    pub fn name_hex(&self) -> Option<&str> {
        match &self.place {
            Place::Nowhere | Place::AsNamed => None,
            Place::Called(hex) => Some(hex),
            Place::At(at) => at.1.as_deref(),
        }
    }
}

/// A path as lists and statements have it: with a slash between folders, whatever this system writes there.
pub fn slashed(path: &str) -> String {
    path.replace(MAIN_SEPARATOR, "/")
}

/// What an argument names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// An artifact.
    Subject(Subject),
    /// A file below a folder that is called like evidence. Whether it is some, nobody has looked.
    LikeEvidence(PathBuf),
}

/// Measures what each argument names, and makes of it what is wanted; an error about one says nothing about the
/// others, and no list is empty. A file whose name begins with `sha256:`, `sha512:` or `@`, or is `-`, can be given as
/// `./NAME`.
///
/// # Errors
/// For each argument, as [`super::tree::walk`]; [`Error::Document`] for a list that is malformed anywhere;
/// [`Error::DigestMismatch`] for a file that is not the one listed.
pub fn subjects<T>(
    arguments: &[OsString],
    algorithms: &[Algorithm],
    effort: &Effort<'_>,
    make: impl Fn(Named) -> T,
) -> Vec<Result<Vec<T>, Error>> {
    let mut asked = Vec::new();
    let parts: Vec<_> = arguments.iter().map(|argument| named(argument, algorithms, &mut asked)).collect();
    let mut measured = crew::measure(&asked, Stop::Never, effort, |_, seen| Some(Named::of(seen))).into_iter();
    let mut made = |part: Part| Ok(moved(part.found(&mut measured)?, &make));
    let mut all = |parts: Vec<Part>| parts.into_iter().map(&mut made).collect::<Vec<_>>();
    // Every part takes its own, also behind one that is wrong.
    let taken = parts.into_iter().map(|parts| parts.map(&mut all));
    taken.map(|lists| lists?.into_iter().collect::<Result<Vec<_>, _>>().map(joined)).collect()
}

/// Lists as one; of one alone, it stays where it is.
fn joined<T>(mut lists: Vec<Vec<T>>) -> Vec<T> {
    if lists.len() == 1 { lists.pop().unwrap_or_default() } else { lists.into_iter().flatten().collect() }
}

/// Measures files, every file below folders, or standard input (`-`); no other form is special. Of each is made what is
/// wanted, by the number of its argument and in the thread that measured it. The n-th list is about the n-th argument.
///
/// # Errors
/// As [`super::tree::walk`]: the first error in the order of arguments and paths.
pub fn files<T: Send>(
    arguments: &[OsString],
    algorithms: &[Algorithm],
    effort: &Effort<'_>,
    make: impl Fn(usize, Subject) -> T + Sync,
) -> Result<Vec<Vec<T>>, Error> {
    let (mut asked, mut numbers) = (Vec::new(), Vec::new());
    let mut lists = Vec::new();
    for (n, argument) in arguments.iter().enumerate() {
        lists.push(match file(argument, algorithms, Folders::Walked, &mut asked)? {
            Part::Ready(subject) => vec![make(n, subject)],
            Part::Measured | Part::Listed { .. } => Vec::new(),
        });
        numbers.resize(asked.len(), n);
    }
    let number = |asked: usize| numbers.get(asked).copied().unwrap_or_default();
    let make = |n, seen: Seen| Some(make(number(n), Subject::file(seen.path, seen.measured?)));
    for (n, found) in crew::measure(&asked, Stop::AtFirst, effort, make).into_iter().enumerate() {
        if let Some(list) = lists.get_mut(number(n)) {
            *list = found?;
        }
    }
    Ok(lists)
}

/// Measures standard input to its end.
///
/// # Errors
/// What the system says.
pub fn standard_input(algorithms: &[Algorithm]) -> Result<Measured, Error> {
    let measured = Measured::read(std::io::stdin().lock(), algorithms);
    Ok(measured.map_err(|e| store::Error::io("standard input".as_ref(), e))?)
}

impl Named {
    fn of(seen: Seen) -> Self {
        match seen.measured {
            Some(measured) => Self::Subject(Subject::file(seen.path, measured)),
            None => Self::LikeEvidence(seen.path),
        }
    }
    fn subject(self) -> Option<Subject> {
        match self {
            Self::Subject(subject) => Some(subject),
            Self::LikeEvidence(_) => None,
        }
    }
}

/// What an argument, or a line of a list, comes to.
enum Part {
    /// A subject.
    Ready(Subject),
    /// What is measured next.
    Measured,
    /// What is measured next is to be the file of a list.
    Listed { list: PathBuf, path: PathBuf, entry: manifest::Entry },
}

impl Part {
    /// Takes what was measured for it, if anything was.
    fn found(self, measured: &mut impl Iterator<Item = Result<Vec<Named>, Error>>) -> Result<Vec<Named>, Error> {
        let mut next = || measured.next().unwrap_or_else(|| Ok(Vec::new()));
        match self {
            Self::Ready(subject) => Ok(vec![Named::Subject(subject)]),
            Self::Measured => next(),
            Self::Listed { list, path, entry } => {
                let measured = next()?.pop().and_then(Named::subject).map(|subject| subject.measured);
                let measured = measured.ok_or_else(|| store::Error::Changed(path.clone()))?;
                Ok(vec![Named::Subject(agreed(&list, path, entry, measured)?)])
            }
        }
    }
}

/// Makes something else of each of a list, and lets go of the list meanwhile: of a hundred thousand, some megabytes.
fn moved<T, U>(mut from: Vec<T>, mut make: impl FnMut(T) -> U) -> Vec<U> {
    const PART: usize = 8192;
    let mut to = Vec::with_capacity(from.len());
    while let Some(last) = from.pop() {
        to.push(make(last));
        if from.len().is_multiple_of(PART) {
            from.shrink_to_fit();
        }
    }
    to.reverse();
    to
}

/// Sees what an argument is. What has to be measured for it goes to the end of `asked`.
fn named(argument: &OsStr, algorithms: &[Algorithm], asked: &mut Vec<Asked>) -> Result<Vec<Part>, Error> {
    let bytes = name::bytes(argument);
    if bytes.starts_with(b"sha256:") || bytes.starts_with(b"sha512:") {
        let digest = Digest::parse(&String::from_utf8_lossy(&bytes))?;
        let measured = Measured::assume(digest, "named by its digest; no file was read");
        return Ok(vec![Part::Ready(Subject::named(&bytes, measured))]);
    }
    match bytes.strip_prefix(b"@").and_then(name::os) {
        Some(list) => listed(Path::new(&list), algorithms, asked),
        None => {
            let folders = Folders::WalkedBut(|name| is_named_like_evidence(Path::new(name)));
            Ok(vec![file(argument, algorithms, folders, asked)?])
        }
    }
}

fn file(argument: &OsStr, algorithms: &[Algorithm], folders: Folders, asked: &mut Vec<Asked>) -> Result<Part, Error> {
    if argument == "-" {
        return Ok(Part::Ready(Subject::named(b"-", standard_input(algorithms)?)));
    }
    asked.push(Asked { path: argument.into(), algorithms: algorithms.to_vec(), folders });
    Ok(Part::Measured)
}

/// Every entry of a list. Names are relative to the list's folder. A file that is there must have the digest
/// listed; one that is not there is taken on the list's word, which the verdict then says.
fn listed(list: &Path, algorithms: &[Algorithm], asked: &mut Vec<Asked>) -> Result<Vec<Part>, Error> {
    let text = store::read_bounded(list, MAX_DOCUMENT)?;
    let malformed = |source| Error::Document { path: list.to_owned(), source };
    let entries = manifest::parse(&text).map_err(malformed)?;
    Ok(entries.into_iter().map(|entry| line(list, entry, algorithms, asked)).collect())
}

/// One entry of a list, measured here and now, as [`subjects`] reads it.
///
/// # Errors
/// As [`subjects`].
pub fn entry_of(list: &Path, entry: manifest::Entry, algorithms: &[Algorithm]) -> Result<Subject, Error> {
    match line(list, entry, algorithms, &mut Vec::new()) {
        Part::Listed { list, path, entry } => {
            let algorithms: Vec<_> = algorithms.iter().copied().chain([entry.digest.algorithm()]).collect();
            let measured = super::tree::measure_file(&path, &algorithms)?;
            agreed(&list, path, entry, measured)
        }
        Part::Ready(subject) => Ok(subject),
        Part::Measured => Err(Error::NothingToHash(list.to_owned())),
    }
}

fn line(list: &Path, entry: manifest::Entry, algorithms: &[Algorithm], asked: &mut Vec<Asked>) -> Part {
    let path = name::os(&entry.name).map(|n| list.with_file_name("").join(n));
    let absent = |path: &PathBuf| path.symlink_metadata().is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound);
    let Some(path) = path.filter(|p| !absent(p)) else {
        let because = format!("listed in {}; the file itself was not read", super::display(list));
        return Part::Ready(Subject::named(&entry.name, Measured::assume(entry.digest, because)));
    };
    let algorithms = algorithms.iter().copied().chain([entry.digest.algorithm()]).collect();
    asked.push(Asked { path: path.clone(), algorithms, folders: Folders::Refused });
    Part::Listed { list: list.to_owned(), path, entry }
}

/// A file of a list, if it is the one listed.
fn agreed(list: &Path, path: PathBuf, entry: manifest::Entry, measured: Measured) -> Result<Subject, Error> {
    match measured.digest(entry.digest.algorithm()) {
        Some(got) if *got == entry.digest => Ok(Subject::at(&entry.name, path, measured)),
        Some(got) => {
            let (got, expected) = (Box::new(got.clone()), Box::new(entry.digest));
            Err(Error::DigestMismatch { path, list: list.to_owned(), got, expected })
        }
        None => Err(store::Error::Changed(path).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Named, Subject};
    use crate::artifact::{Algorithm, Basis};
    use crate::encoding::{Class, Explain as _};
    use crate::gather::Effort;
    use std::path::Path;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn named(argument: impl AsRef<Path>) -> Result<Vec<Subject>, super::Error> {
        let arguments = [argument.as_ref().as_os_str().to_owned()];
        let subject = |named| match named {
            Named::Subject(subject) => subject,
            Named::LikeEvidence(path) => panic!("{}", path.display()),
        };
        super::subjects(&arguments, &[Algorithm::Sha512], &Effort::default(), subject).pop().unwrap()
    }
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("abc"), b"abc").unwrap();
        folder
    }
    fn at(folder: &tempfile::TempDir, name: &str) -> String {
        format!("@{}", folder.path().join(name).display())
    }

    #[test]
    fn a_digest_is_taken_on_the_users_word_and_says_so() {
        let found = named(format!("sha256:{ABC}")).unwrap();
        assert_eq!((found.len(), found[0].name.as_str(), found[0].path()), (1, format!("sha256:{ABC}").as_str(), None));
        assert!(matches!(found[0].measured.basis(), Basis::Assumed { .. }));
        assert_eq!(named("sha256:abc").unwrap_err().code(), "malformed");
        assert_eq!(named("sha512:").unwrap_err().code(), "malformed");
    }

    #[test]
    fn a_list_is_checked_against_the_files_beside_it() {
        let folder = folder();
        std::fs::write(folder.path().join("sums"), format!("{ABC}  abc\n{ABC}  gone\n")).unwrap();
        let found = named(at(&folder, "sums")).unwrap();
        assert_eq!(found[0].path(), Some(folder.path().join("abc").as_path()));
        assert_eq!(found[0].measured.digests().len(), 2, "the algorithm asked for, and the one listed");
        assert_eq!((found[1].name.as_str(), found[1].path()), ("gone", None));
        assert!(matches!(found[1].measured.basis(), Basis::Assumed { because } if because.contains("was not read")));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn a_listed_file_that_differs_is_refused() {
        let folder = folder();
        std::fs::write(folder.path().join("sums"), format!("{}  abc\n", "00".repeat(32))).unwrap();
        let error = named(at(&folder, "sums")).unwrap_err();
        assert_eq!((error.code(), error.class()), ("digest-mismatch", Class::Refused));
        assert_eq!(error.got(), format!("sha256:{ABC}"));
    }

    #[test]
    fn what_is_there_but_is_no_file_is_not_taken_as_absent() {
        let folder = folder();
        std::fs::create_dir(folder.path().join("d")).unwrap();
        std::fs::write(folder.path().join("sums"), format!("{ABC}  d\n")).unwrap();
        assert_eq!(named(at(&folder, "sums")).unwrap_err().code(), "not-a-file");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("nowhere", folder.path().join("dangling")).unwrap();
            std::fs::write(folder.path().join("sums"), format!("{ABC}  dangling\n")).unwrap();
            assert_eq!(named(at(&folder, "sums")).unwrap_err().code(), "file-not-found");
        }
    }

    #[test]
    fn lists_are_read_strictly() {
        let folder = folder();
        for text in [String::new(), format!("{ABC}  abc\n\n"), "# nothing\n".into()] {
            std::fs::write(folder.path().join("sums"), text).unwrap();
            assert_eq!(named(at(&folder, "sums")).unwrap_err().code(), "malformed");
        }
        assert_eq!(named(at(&folder, "no-such-list")).unwrap_err().code(), "file-not-found");
    }

    #[test]
    fn folders_name_their_files_by_the_path_given() {
        let folder = folder();
        let found = named(folder.path()).unwrap();
        assert_eq!(
            found.iter().map(|s| s.name.clone()).collect::<Vec<_>>(),
            [folder.path().join("abc").display().to_string()]
        );
        assert_eq!(found[0].measured.digests().len(), 1);
    }
}

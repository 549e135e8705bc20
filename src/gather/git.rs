//! What a git repository says of the commits of a release: who signed them. Runs `git`, with nothing of the caller's
//! environment or configuration, so that the same repository and list of signers give the same bytes anywhere.
//!
//! The repository may be hostile: its own configuration could name programs to run, and does not here. Objects are
//! read as they were committed: no replacements, no grafts, nothing fetched while reading.

use crate::encoding::{Class, Explain, json, text::shown, text::shown_path};
use crate::evidence::git_log::{Commit, GitLog, MAX_COMMITS, SCHEMA, Signature};
use crate::store::{self, read_bounded};
use sha2::Digest as _;
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The most bytes that are read of what git writes.
const MAX_OUTPUT: u64 = 128 << 20;
/// The most bytes of a complaint of git's that are shown.
const MAX_COMPLAINT: u64 = 2 << 10;
/// The most bytes of a list of allowed signers.
const MAX_SIGNERS: usize = 1 << 20;

/// What is asked of a repository.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Where it is.
    pub repository: &'a Path,
    /// What to call it in the document: the address users know it by.
    pub name: Option<&'a str>,
    /// The release before, as git knows it: a tag or commit. None if there was none.
    pub since: Option<&'a str>,
    /// This release.
    pub until: &'a str,
    /// The list of allowed signers, in OpenSSH's format. Without one nobody is.
    pub allowed_signers: Option<&'a Path>,
    /// The folders in which `git` and `ssh-keygen` are looked for, as `PATH` lists them.
    pub programs: &'a OsStr,
}

/// Why there is no summary.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The list of signers cannot be read.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// There is no git to run.
    #[error("git cannot be run: {0}")]
    NoGit(std::io::Error),
    /// Git says no.
    #[error("{}: git {what}: {}", shown_path(.repository), shown(.complaint))]
    Failed {
        /// The repository.
        repository: PathBuf,
        /// What was asked.
        what: &'static str,
        /// What git wrote.
        complaint: String,
    },
    /// The history is cut off: commits that should be looked at are not there.
    #[error("{}: a shallow clone, without all of its commits", shown_path(.0))]
    Shallow(PathBuf),
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Store(e) => e.code(),
            Self::NoGit(_) => "git-missing",
            Self::Failed { .. } => "git-failed",
            Self::Shallow(_) => "git-shallow",
        }
    }
    fn class(&self) -> Class {
        Class::Undecided
    }
    fn expected(&self) -> String {
        match self {
            Self::Store(e) => e.expected(),
            Self::NoGit(_) => "git on the PATH".into(),
            Self::Failed { what, .. } => format!("an answer to git {what}"),
            Self::Shallow(_) => "the whole history".into(),
        }
    }
    fn got(&self) -> String {
        match self {
            Self::Store(e) => e.got(),
            Self::NoGit(e) => e.to_string(),
            Self::Failed { complaint, .. } => complaint.clone(),
            Self::Shallow(_) => "a shallow clone".into(),
        }
    }
    fn next(&self) -> String {
        match self {
            Self::Store(e) => e.next(),
            Self::NoGit(_) => "install git, or make the summary where it is".into(),
            Self::Failed { .. } => "check the folder, and that both revisions are there: git rev-parse REVISION".into(),
            Self::Shallow(_) => "git fetch --unshallow --tags".into(),
        }
    }
}

/// The commits that `until` has and `since` has not, and who signed each: a document of `schemas/git-log-v1.json`.
///
/// # Errors
/// [`Error`].
pub fn summary(ask: &Ask<'_>) -> Result<Vec<u8>, Error> {
    let signers = ask.allowed_signers.map(|path| read_bounded(path, MAX_SIGNERS).map(|bytes| (path, bytes)));
    let signers = signers.transpose()?;
    if git(ask, "rev-parse --is-shallow-repository", &["rev-parse", "--is-shallow-repository"])?.trim_ascii()
        != b"false"
    {
        return Err(Error::Shallow(ask.repository.to_owned()));
    }
    let to = resolve(ask, ask.until)?;
    let from = ask.since.map(|since| resolve(ask, since)).transpose()?;
    let list = match &signers {
        Some((path, _)) => std::path::absolute(path).map_err(|e| store::Error::io(path, e))?,
        None => PathBuf::from("/dev/null"),
    };
    let mut setting = std::ffi::OsString::from("gpg.ssh.allowedSignersFile=");
    setting.push(&list);
    let range = from.as_ref().map_or_else(|| to.clone(), |from| format!("{from}..{to}"));
    let arguments: Vec<&OsStr> = ["-c".as_ref(), setting.as_os_str()]
        .into_iter()
        .chain(["log", "-z", "--no-patch", "--no-notes", "--format=tformat:%H%x00%G?%x00%GS%x00%GK"].map(OsStr::new))
        .chain(["--end-of-options".as_ref(), range.as_ref()])
        .collect();
    let output = git(ask, "log", &arguments)?;
    // Whoever changes the list meanwhile would be recorded with one and judged by the other.
    if let Some((path, before)) = &signers
        && read_bounded(path, MAX_SIGNERS)? != *before
    {
        return Err(store::Error::Changed((*path).to_owned()).into());
    }
    let log = GitLog {
        schema: SCHEMA.to_owned(),
        repository: ask.name.map(str::to_owned),
        from,
        to,
        allowed_signers_sha256: signers.map(|(_, bytes)| hex::encode(sha2::Sha256::digest(&bytes))),
        commits: commits(ask, &output)?,
    };
    Ok(json::pretty(&log))
}

/// The commit that a revision is, in full.
fn resolve(ask: &Ask<'_>, revision: &str) -> Result<String, Error> {
    let commit = format!("{revision}^{{commit}}");
    let arguments = ["rev-parse", "--verify", "--end-of-options", &commit];
    let output = git(ask, "rev-parse --verify", &arguments)?;
    Ok(String::from_utf8_lossy(&output).trim().to_owned())
}

/// Four fields a commit, each with a NUL behind it.
fn commits(ask: &Ask<'_>, output: &[u8]) -> Result<Vec<Commit>, Error> {
    let failed = |complaint: String| failed(ask, "log", complaint);
    let mut fields: Vec<String> =
        output.split(|b| *b == 0).map(|field| String::from_utf8_lossy(field).into_owned()).collect();
    if fields.pop().is_none_or(|last| !last.is_empty()) {
        return Err(failed("its answer is cut short".into()));
    }
    let count = fields.len() / 4;
    if count > MAX_COMMITS {
        return Err(failed(format!("{count} commits, the limit is {MAX_COMMITS}: name a release before")));
    }
    let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let commit = |four: &[String]| match four {
        [id, letter, signer, key] => Ok(Commit {
            id: id.clone(),
            signature: signature(letter).ok_or_else(|| failed(format!("a signature that is {letter:?}")))?,
            signer: some(signer),
            key: some(key),
        }),
        _ => Err(failed("its answer is cut short".into())),
    };
    fields.chunks(4).map(commit).collect()
}

/// Git's letter for a signature, `%G?`.
fn signature(letter: &str) -> Option<Signature> {
    match letter {
        "G" => Some(Signature::Good),
        "B" => Some(Signature::Bad),
        "U" | "E" => Some(Signature::Unknown),
        "X" | "Y" => Some(Signature::Expired),
        "R" => Some(Signature::Revoked),
        "N" => Some(Signature::None),
        _ => None,
    }
}

fn failed(ask: &Ask<'_>, what: &'static str, complaint: String) -> Error {
    Error::Failed { repository: ask.repository.to_owned(), what, complaint }
}

/// What a repository's own configuration must not choose. OpenPGP and X.509 signatures are not checked and
/// count as none: whom their keys belong to is in no list that the document names.
const SETTINGS: &[&str] = &[
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "gpg.program=false",
    "gpg.openpgp.program=false",
    "gpg.x509.program=false",
    "gpg.ssh.program=ssh-keygen",
    "gpg.ssh.revocationFile=",
    "gpg.minTrustLevel=undefined",
    "log.showSignature=false",
    "log.mailmap=false",
    "log.follow=false",
];

/// All of the environment that git sees, but for `PATH`.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("LC_ALL", "C"),
    ("TZ", "UTC"),
    ("HOME", "/nonexistent"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_ATTR_NOSYSTEM", "1"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_GRAFT_FILE", "/dev/null"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_PAGER", "cat"),
];

/// Runs git to its end and returns what it wrote.
fn git(ask: &Ask<'_>, what: &'static str, arguments: &[impl AsRef<OsStr>]) -> Result<Vec<u8>, Error> {
    let mut command = Command::new("git");
    command.env_clear().env("PATH", ask.programs).envs(ENVIRONMENT.iter().copied());
    command.arg("--no-pager").arg("--no-replace-objects").arg("-C").arg(ask.repository);
    command.args(SETTINGS.iter().flat_map(|setting| ["-c", *setting]));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(Error::NoGit)?;
    let complaints = child.stderr.take().and_then(|errors| {
        // Where no thread is to be had, git complains to nobody.
        std::thread::Builder::new().spawn(move || complaint(errors)).ok()
    });
    let mut output = Vec::new();
    let read = match child.stdout.take() {
        Some(stdout) => stdout.take(MAX_OUTPUT.saturating_add(1)).read_to_end(&mut output),
        None => Ok(0),
    };
    let too_much = output.len() as u64 > MAX_OUTPUT;
    if too_much || read.is_err() {
        // It has already ended where this fails.
        let _ = child.kill();
    }
    let status = child.wait().map_err(Error::NoGit)?;
    let complaint = complaints.and_then(|thread| thread.join().ok()).unwrap_or_default();
    match (read, status.success()) {
        _ if too_much => Err(failed(ask, what, format!("over the limit of {MAX_OUTPUT} bytes"))),
        (Err(error), _) => Err(failed(ask, what, error.to_string())),
        (Ok(_), false) => Err(failed(ask, what, format!("{status}, {complaint}"))),
        (Ok(_), true) => Ok(output),
    }
}

/// The beginning of what is written; the rest is read, so that whoever writes it need not wait.
fn complaint(mut errors: impl Read) -> String {
    let mut beginning = Vec::new();
    let read = errors.by_ref().take(MAX_COMPLAINT).read_to_end(&mut beginning);
    let drained = read.and_then(|_| std::io::copy(&mut errors, &mut std::io::sink()));
    let text = String::from_utf8_lossy(&beginning).trim().to_owned();
    if drained.is_ok() || !text.is_empty() { text } else { "it says nothing more".into() }
}

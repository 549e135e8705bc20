//! The commits of a release and who signed them: `vouchsafe-git-log/v1`, which `gather::git` writes. It says which
//! signers were allowed, by the digest of their list; a signature that git took for good without such a list is not
//! one of an allowed signer.

use super::{Code, Extracted, Fault, Target};
use crate::encoding::elements::{Limits, elements};
use crate::encoding::{Malformed, json};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::Read;

/// The schema that is written and read.
pub const SCHEMA: &str = "vouchsafe-git-log/v1";
const WHAT: &str = "git log";
/// The most commits of one document.
pub const MAX_COMMITS: usize = 200_000;
const LIMITS: Limits = Limits { document: 256 << 20, rest: 64 << 10, element: 16 << 10 };

/// The document without its commits.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GitLog {
    /// [`SCHEMA`].
    pub schema: String,
    /// Where the repository is, as whoever wrote the document calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The commit of the release before; absent if there was none, and these are all commits there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The commit of this release.
    pub to: String,
    /// SHA-256 of the list of allowed signers; absent if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_signers_sha256: Option<String>,
    /// The commits that `to` has and `from` has not.
    pub commits: Vec<Commit>,
}

/// One commit.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// Its object id, in full.
    pub id: String,
    /// What git says of its signature.
    pub signature: Signature,
    /// Who signed it, by the list of allowed signers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// The key that signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// What git says of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Signature {
    /// Made by an allowed signer.
    Good,
    /// Does not fit the commit.
    Bad,
    /// Made by somebody who is not on the list, or cannot be checked.
    Unknown,
    /// There is none.
    None,
    /// Made by a key, or for a time, that has run out.
    Expired,
    /// Made by a key that was revoked.
    Revoked,
}

#[derive(Default)]
struct Seen {
    ids: BTreeSet<String>,
    unsigned: u64,
    unknown: u64,
    bad: u64,
    expired: u64,
    revoked: u64,
    signers: BTreeSet<String>,
}

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, target: &Target<'_>) -> Result<Extracted, Fault> {
    let mut seen = Seen::default();
    let rest = elements(
        input,
        LIMITS,
        WHAT,
        |path| path == ["commits"],
        |bytes| seen.add(json::parse(bytes, LIMITS.element, WHAT)?),
    )?;
    #[derive(Deserialize)]
    struct Peek {
        schema: String,
    }
    let peek: Peek = json::parse(&rest, LIMITS.rest, WHAT)?;
    if peek.schema != SCHEMA {
        return Err(Fault::new(Code::Unsupported, name, SCHEMA, peek.schema));
    }
    let log: GitLog = json::parse(&rest, LIMITS.rest, WHAT)?;
    seen.check(name, &log)?;
    if let Some(want) = target.revision
        && want != log.to
    {
        return Err(Fault::new(Code::OtherBuild, name, format!("commits up to {want}"), format!("up to {}", log.to)));
    }
    // Whoever signed, it was nobody on a list.
    if log.allowed_signers_sha256.is_none() {
        seen.unknown = (seen.ids.len() as u64).saturating_sub(seen.unsigned);
    }
    Ok(seen.facts(log))
}

impl Seen {
    fn add(&mut self, commit: Commit) -> Result<(), Malformed> {
        if !is_id(&commit.id) {
            return Err(Malformed::new(WHAT, format!("{:?} is no full commit id", commit.id)));
        }
        let signature = match commit.signature {
            // Good is whom one can name.
            Signature::Good if commit.signer.as_ref().is_none_or(|signer| signer.is_empty()) => Signature::Unknown,
            other => other,
        };
        let count = match signature {
            Signature::Good => {
                self.signers.extend(commit.signer);
                None
            }
            Signature::None => Some(&mut self.unsigned),
            Signature::Unknown => Some(&mut self.unknown),
            Signature::Bad => {
                self.bad = self.bad.saturating_add(1);
                Some(&mut self.unsigned)
            }
            Signature::Expired => {
                self.expired = self.expired.saturating_add(1);
                Some(&mut self.unknown)
            }
            Signature::Revoked => {
                self.revoked = self.revoked.saturating_add(1);
                Some(&mut self.unknown)
            }
        };
        if let Some(count) = count {
            *count = count.saturating_add(1);
        }
        if !self.ids.insert(commit.id) {
            return Err(Malformed::new(WHAT, "a commit is there twice"));
        }
        match self.ids.len() > MAX_COMMITS {
            true => Err(Malformed::new(WHAT, format!("more than {MAX_COMMITS} commits"))),
            false => Ok(()),
        }
    }

    fn check(&self, name: &str, log: &GitLog) -> Result<(), Fault> {
        let ids = [Some(&log.to), log.from.as_ref()];
        if let Some(bad) = ids.into_iter().flatten().find(|id| !is_id(id)) {
            return Err(Malformed::new(WHAT, format!("{bad:?} is no full commit id")).into());
        }
        if log.allowed_signers_sha256.as_ref().is_some_and(|sha| sha.len() != 64 || !is_hex(sha)) {
            return Err(Malformed::new(WHAT, "allowedSignersSha256 is no SHA-256").into());
        }
        if self.ids.is_empty() {
            return Err(Fault::new(Code::Empty, name, "at least one commit since the release before", "none"));
        }
        if !self.ids.contains(&log.to) || log.from.as_ref().is_some_and(|from| self.ids.contains(from)) {
            let why = "the commit of this release is not among the commits, or that of the release before is";
            return Err(Malformed::new(WHAT, why).into());
        }
        Ok(())
    }

    fn facts(self, log: GitLog) -> Extracted {
        let mut out = Extracted::default();
        for (fact, number) in [
            ("commits", self.ids.len() as u64),
            ("unsigned", self.unsigned),
            ("unknownSigner", self.unknown),
            ("bad", self.bad),
            ("expired", self.expired),
            ("revoked", self.revoked),
            ("signers", self.signers.len() as u64),
        ] {
            out.fact(&[fact], number);
        }
        out.fact(&["to"], log.to.as_str());
        let texts =
            [("from", log.from), ("allowedSignersSha256", log.allowed_signers_sha256), ("repository", log.repository)];
        for (fact, text) in texts {
            if let Some(text) = text {
                out.fact(&[fact], text);
            }
        }
        out.revision = Some(log.to);
        out
    }
}

/// A full object id, of SHA-1 or SHA-256 repositories.
fn is_id(id: &str) -> bool {
    matches!(id.len(), 40 | 64) && is_hex(id)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether a file seems to be one.
pub(super) fn looks(_: &str, head: &[u8]) -> bool {
    String::from_utf8_lossy(head).contains(SCHEMA)
}

//! A staged change: what it says in words, who has signed it, and the file that travels to offline signers.

use super::{Error, candid};
use crate::encoding::{MAX_DOCUMENT, Malformed, base64, json, text::count, text::shown};
use crate::key::PublicKey;
use crate::registry::{
    self, Board, Code, Contents, ForumRecord, Metadata, Refusal, TargetFile, differences, tuf_key_id,
};
use crate::signer::{Signer, sign_checked};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Target files by name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Everything a board member needs to see and sign a change, before and after.
#[derive(Clone, Debug)]
pub struct Change {
    /// The root in force, if there is one.
    pub before_root: Option<Metadata>,
    /// The targets metadata in force, signed by the board.
    pub before_targets: Option<Metadata>,
    /// Target files in force.
    pub before: Files,
    /// The new root, if the change has one.
    pub root: Option<Metadata>,
    /// The new targets metadata.
    pub targets: Metadata,
    /// Target files after the change.
    pub after: Files,
}

/// A change in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Review {
    /// The registry version it is compared with; None for a founding.
    pub since: Option<u64>,
    /// What would change, one sentence each.
    pub changes: Vec<String>,
    /// Who must sign what.
    pub roles: Vec<RoleReview>,
}

/// Signatures on one role so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoleReview {
    /// `root` or `targets`.
    pub role: String,
    /// The version it would become.
    pub version: u64,
    /// When it would expire.
    pub expires: String,
    /// How many seats must sign.
    pub need: usize,
    /// Seats that have.
    pub signed: Vec<String>,
    /// Seats that have not.
    pub missing: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    schema: String,
    before_root: Option<Value>,
    before_targets: Option<Value>,
    before: BTreeMap<String, String>,
    root: Option<Value>,
    targets: Value,
    after: BTreeMap<String, String>,
}

const SCHEMA: &str = "vouchsafe-change/v1";
const WHAT: &str = "staged change";

impl Change {
    /// Reads the file that travels to offline signers.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let written: Written = json::parse(bytes, MAX_DOCUMENT, WHAT)?;
        if written.schema != SCHEMA {
            return Err(Malformed::new(WHAT, format!("schema {:?}, expected {SCHEMA:?}", written.schema)));
        }
        let metadata = |value: Value| Metadata::parse(&json::compact(&value));
        let files = |map: BTreeMap<String, String>| -> Result<Files, Malformed> {
            map.into_iter().map(|(n, t)| base64::decode(&t, WHAT).map(|b| (n, b))).collect()
        };
        Ok(Self {
            before_root: written.before_root.map(metadata).transpose()?,
            before_targets: written.before_targets.map(metadata).transpose()?,
            before: files(written.before)?,
            root: written.root.map(metadata).transpose()?,
            targets: metadata(written.targets)?,
            after: files(written.after)?,
        })
    }

    /// The file that travels to offline signers.
    ///
    /// # Errors
    /// [`Malformed`] if our own metadata does not read back.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Malformed> {
        let value = |m: &Metadata| json::parse::<Value>(&m.to_bytes(), MAX_DOCUMENT, WHAT);
        let files = |files: &Files| files.iter().map(|(n, b)| (n.clone(), base64::encode(b))).collect();
        Ok(json::pretty(&Written {
            schema: SCHEMA.into(),
            before_root: self.before_root.as_ref().map(value).transpose()?,
            before_targets: self.before_targets.as_ref().map(value).transpose()?,
            before: files(&self.before),
            root: self.root.as_ref().map(value).transpose()?,
            targets: value(&self.targets)?,
            after: files(&self.after),
        }))
    }

    /// The board that decides on this change: that of the new root if there is one.
    ///
    /// # Errors
    /// [`Malformed`] if no root can be read.
    pub fn board(&self) -> Result<Board, Malformed> {
        let root = self.root.as_ref().or(self.before_root.as_ref()).ok_or_else(|| Malformed::new(WHAT, "no root"))?;
        registry::board(root.signed())
    }

    /// What the registry held, and would hold. What is shown is what is signed: refuses a change that says anything
    /// else than its files, whose past the board did not sign, or that rewrites history.
    ///
    /// # Errors
    /// [`Code::HashMismatch`], [`Code::SignatureInvalid`], what `check_history` refuses, or [`Malformed`].
    pub fn contents(&self) -> Result<(Contents, Contents), Error> {
        candid::contents(self)
    }

    /// The change in words, and who has signed it so far.
    ///
    /// # Errors
    /// As [`Change::contents`].
    pub fn review(&self) -> Result<Review, Error> {
        let (before, after) = self.contents()?;
        let roots = (
            self.before_root.as_ref().map(Metadata::signed),
            self.root.as_ref().or(self.before_root.as_ref()).map(Metadata::signed),
        );
        let board = self.board()?;
        let mut roles = Vec::new();
        for (name, metadata) in [("root", self.root.as_ref()), ("targets", Some(&self.targets))] {
            if let Some(metadata) = metadata {
                roles.push(role_review(name, metadata, &board, after.forum.as_ref())?);
            }
        }
        let mut changes = differences(&before, &after, roots);
        changes.extend(self.other_files());
        Ok(Review { since: self.before_targets.as_ref().map(Metadata::version), changes, roles })
    }

    /// Files of kinds this version does not know: shown, too, since they are signed, too.
    fn other_files(&self) -> Vec<String> {
        let digest = |bytes: &Vec<u8>| TargetFile::of(bytes).sha256().unwrap_or_default().to_owned();
        let names = self.before.keys().chain(self.after.keys()).filter(|n| !Contents::knows(n));
        let names: std::collections::BTreeSet<_> = names.collect();
        let word = |name: &&String| match (self.before.get(*name), self.after.get(*name)) {
            (None, Some(is)) => Some(format!("file {} is added, sha256:{}", shown(name), digest(is))),
            (Some(was), Some(is)) if was != is => {
                Some(format!("file {} is changed, sha256:{}", shown(name), digest(is)))
            }
            (Some(_), None) => Some(format!("file {} is removed", shown(name))),
            _ => None,
        };
        names.iter().filter_map(word).collect()
    }

    /// Adds the signatures of a board key to everything it may sign here.
    ///
    /// # Errors
    /// [`Code::NotOnBoard`] if it has no seat; as [`Change::contents`]; what the signer says.
    pub fn sign(&mut self, signer: &dyn Signer) -> Result<(), Error> {
        self.contents()?;
        let board = self.board()?;
        let id = tuf_key_id(signer.public());
        if !board.keys.contains_key(&id) {
            let seats: Vec<&str> = board.keys.keys().map(String::as_str).collect();
            return Err(Refusal::new(Code::NotOnBoard, "", format!("one of {}", seats.join(", ")), id).into());
        }
        for metadata in self.root.iter_mut().chain([&mut self.targets]) {
            let signature = sign_checked(signer, &metadata.canonical()?)?;
            metadata.add_signature(signer.public(), &signature);
        }
        Ok(())
    }

    /// The name of the seat a key has on the board.
    ///
    /// # Errors
    /// As [`Change::contents`].
    pub fn seat_of(&self, key: &PublicKey) -> Result<String, Error> {
        let (_, after) = self.contents()?;
        Ok(seat(after.forum.as_ref(), &tuf_key_id(key)))
    }

    /// Takes over the signatures of a copy that was signed elsewhere.
    ///
    /// # Errors
    /// [`Code::HashMismatch`] if it is a copy of another change.
    pub fn merge(&mut self, signed: &Self) -> Result<(), Error> {
        let root = |c: &Self| c.root.as_ref().map(|r| r.signed().clone());
        if root(self) != root(signed) || self.targets.signed() != signed.targets.signed() {
            return Err(Refusal::new(
                Code::HashMismatch,
                WHAT,
                "signatures on the change staged here",
                "signatures on another one",
            )
            .into());
        }
        let board = self.board()?;
        if let (Some(ours), Some(theirs)) = (&mut self.root, &signed.root) {
            ours.merge_signatures(theirs, &board)?;
        }
        Ok(self.targets.merge_signatures(&signed.targets, &board)?)
    }

    /// Refuses unless enough seats have signed every role of the change.
    ///
    /// # Errors
    /// [`Code::ThresholdNotMet`].
    pub fn check_threshold(&self) -> Result<(), Error> {
        let board = self.board()?;
        let (_, after) = self.contents()?;
        for (name, metadata) in [("root", self.root.as_ref()), ("targets", Some(&self.targets))] {
            let Some(metadata) = metadata else { continue };
            check_quorum(name, metadata, &board, after.forum.as_ref())?;
        }
        // A new root needs the old board as well as the new one.
        if let (Some(root), Some(before)) = (&self.root, &self.before_root) {
            check_quorum("root", root, &registry::board(before.signed())?, after.forum.as_ref())?;
        }
        Ok(())
    }
}

fn check_quorum(name: &str, metadata: &Metadata, board: &Board, forum: Option<&ForumRecord>) -> Result<(), Error> {
    let Err(short) = board.quorum.agree(&metadata.canonical()?, &metadata.votes()) else { return Ok(()) };
    let who: Vec<String> = short.signed.iter().map(|id| seat(forum, id)).collect();
    let got = if who.is_empty() { "none".to_owned() } else { format!("{}: {}", who.len(), who.join(", ")) };
    Err(Refusal::new(Code::ThresholdNotMet, name, format!("signatures of {}", count(short.need, "seat")), got).into())
}

fn role_review(
    role: &str,
    metadata: &Metadata,
    board: &Board,
    forum: Option<&ForumRecord>,
) -> Result<RoleReview, Malformed> {
    let tally = board.quorum.tally(&metadata.canonical()?, &metadata.votes());
    let signed = tally.signed();
    let named = |has: bool| {
        board.keys.keys().filter(|id| signed.contains(id.as_str()) == has).map(|id| seat(forum, id)).collect()
    };
    Ok(RoleReview {
        role: role.to_owned(),
        version: metadata.version(),
        expires: metadata.signed().get("expires").and_then(Value::as_str).unwrap_or_default().to_owned(),
        need: board.quorum.need(),
        signed: named(true),
        missing: named(false),
    })
}

/// A seat's name, or the beginning of its key id.
pub fn seat(forum: Option<&ForumRecord>, id: &str) -> String {
    forum.and_then(|f| f.seats.get(id)).cloned().unwrap_or_else(|| id.chars().take(16).collect())
}

/// The targets a metadata file lists.
///
/// # Errors
/// [`Malformed`].
pub fn listed(targets: &Metadata) -> Result<BTreeMap<String, TargetFile>, Malformed> {
    #[derive(Deserialize)]
    struct Signed {
        targets: BTreeMap<String, TargetFile>,
    }
    json::parse::<Signed>(&json::compact(targets.signed()), MAX_DOCUMENT, "TUF targets").map(|s| s.targets)
}

/// The files, parsed.
///
/// # Errors
/// [`Malformed`].
pub fn parse(files: &Files) -> Result<Contents, Malformed> {
    Contents::parse(files.iter().map(|(n, b)| (n.as_str(), b.as_slice())))
}

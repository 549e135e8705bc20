//! A staged change: what it says in words, who has signed it, and the file that travels to offline signers.

use super::boards::{Boards, Part};
use super::{Error, candid};
use crate::encoding::{MAX_DOCUMENT, Malformed, base64, json, text::count, text::shown};
use crate::key::PublicKey;
use crate::registry::{self, Bins, Board, Code, Contents, Metadata, Refusal, TargetFile, differences, tuf_key_id};
use crate::signer::{Signer, sign_checked};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Target files by name.
pub type Files = BTreeMap<String, Vec<u8>>;
/// Metadata of targets roles by name.
pub type Roles = BTreeMap<String, Metadata>;

/// Everything a board member needs to see and sign a change, before and after.
#[derive(Clone, Debug)]
pub struct Change {
    /// Every root from the first one to that in force: whose forum this is, provably.
    pub roots: Vec<Metadata>,
    /// The root in force, if there is one.
    pub before_root: Option<Metadata>,
    /// The targets metadata in force, signed by the board.
    pub before_targets: Option<Metadata>,
    /// The bins in force that are exchanged.
    pub before_bins: Roles,
    /// Target files in force: those of the top level, and of each bin that is to list something else.
    pub before: Files,
    /// The new root, if the change has one.
    pub root: Option<Metadata>,
    /// The new targets metadata.
    pub targets: Metadata,
    /// The new bins.
    pub bins: Roles,
    /// Target files after the change, of the same roles as `before`.
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
    /// How many more board signatures would do.
    #[serde(skip)]
    pub missing: usize,
}

/// Signatures on one role so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoleReview {
    /// `root` or `targets`, or `bins`: all that are signed anew, together.
    pub role: String,
    /// `old` or `new`, where the change exchanges the board.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub board: Option<String>,
    /// The version it would become; of bins the highest.
    pub version: u64,
    /// How many documents these are, where they are bins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documents: Option<usize>,
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
    roots: Vec<Value>,
    before_root: Option<Value>,
    before_targets: Option<Value>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    before_bins: BTreeMap<String, Value>,
    before: BTreeMap<String, String>,
    root: Option<Value>,
    targets: Value,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    bins: BTreeMap<String, Value>,
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
        let roles = |map: BTreeMap<String, Value>| -> Result<Roles, Malformed> {
            map.into_iter().map(|(role, value)| metadata(value).map(|m| (role, m))).collect()
        };
        let files = |map: BTreeMap<String, String>| -> Result<Files, Malformed> {
            map.into_iter().map(|(n, t)| base64::decode(&t, WHAT).map(|b| (n, b))).collect()
        };
        Ok(Self {
            roots: written.roots.into_iter().map(metadata).collect::<Result<_, _>>()?,
            before_root: written.before_root.map(metadata).transpose()?,
            before_targets: written.before_targets.map(metadata).transpose()?,
            before_bins: roles(written.before_bins)?,
            before: files(written.before)?,
            root: written.root.map(metadata).transpose()?,
            targets: metadata(written.targets)?,
            bins: roles(written.bins)?,
            after: files(written.after)?,
        })
    }

    /// The file that travels to offline signers.
    ///
    /// # Errors
    /// [`Malformed`] if our own metadata does not read back.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Malformed> {
        let value = |m: &Metadata| json::parse::<Value>(&m.to_bytes(), MAX_DOCUMENT, WHAT);
        let roles = |roles: &Roles| -> Result<BTreeMap<String, Value>, Malformed> {
            roles.iter().map(|(role, m)| value(m).map(|v| (role.clone(), v))).collect()
        };
        let files = |files: &Files| files.iter().map(|(n, b)| (n.clone(), base64::encode(b))).collect();
        Ok(json::pretty(&Written {
            schema: SCHEMA.into(),
            roots: self.roots.iter().map(value).collect::<Result<_, _>>()?,
            before_root: self.before_root.as_ref().map(value).transpose()?,
            before_targets: self.before_targets.as_ref().map(value).transpose()?,
            before_bins: roles(&self.before_bins)?,
            before: files(&self.before),
            root: self.root.as_ref().map(value).transpose()?,
            targets: value(&self.targets)?,
            bins: roles(&self.bins)?,
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
        let (roles, missing) = Boards::of(self)?.review(self)?;
        let mut changes = differences(&before, &after, roots);
        changes.extend(self.spread());
        changes.extend(self.other_files());
        Ok(Review { since: self.before_targets.as_ref().map(Metadata::version), changes, roles, missing })
    }

    /// Over how many bins the members are to be spread, if that is to change.
    fn spread(&self) -> Option<String> {
        let bins = |targets: &Metadata| Bins::of(targets.signed());
        let (was, is) = (self.before_targets.as_ref().map(bins).unwrap_or_default(), bins(&self.targets));
        let lowest = |bins: &Bins| 1_u64 << bins.digits().saturating_mul(4).min(32);
        let before = if was.is_empty() { "none".to_owned() } else { lowest(&was).to_string() };
        (was.digits() != is.digits())
            .then(|| format!("members are spread over {} bins, where there were {before}", lowest(&is)))
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

    /// Adds the signatures of a board key to everything it may sign here: a seat that goes signs the new root only.
    ///
    /// # Errors
    /// [`Code::NotOnBoard`] if it has no seat; as [`Change::contents`]; what the signer says.
    pub fn sign(&mut self, signer: &dyn Signer) -> Result<(), Error> {
        self.contents()?;
        let boards = Boards::of(self)?;
        let id = tuf_key_id(signer.public());
        let seats = boards.seats();
        if !seats.contains(id.as_str()) {
            let seats: Vec<&str> = seats.into_iter().collect();
            return Err(Refusal::new(Code::NotOnBoard, "", format!("one of {}", seats.join(", ")), id).into());
        }
        let stays = boards.new_board().keys.contains_key(&id);
        let targets = std::iter::once(&mut self.targets).chain(self.bins.values_mut());
        for metadata in self.root.iter_mut().chain(targets.filter(|_| stays)) {
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
        self.contents()?;
        Ok(Boards::of(self)?.name(&tuf_key_id(key)))
    }

    /// Takes over the signatures of a copy that was signed elsewhere.
    ///
    /// # Errors
    /// [`Code::HashMismatch`] if it is a copy of another change.
    pub fn merge(&mut self, signed: &Self) -> Result<(), Error> {
        let said = |c: &Self| -> Vec<Value> {
            c.root.iter().chain([&c.targets]).chain(c.bins.values()).map(|m| m.signed().clone()).collect()
        };
        if said(self) != said(signed) || !self.bins.keys().eq(signed.bins.keys()) {
            return Err(Refusal::new(
                Code::HashMismatch,
                WHAT,
                "signatures on the change staged here",
                "signatures on another one",
            )
            .into());
        }
        let boards = Boards::of(self)?;
        if let (Some(ours), Some(theirs)) = (&mut self.root, &signed.root) {
            boards.all().try_for_each(|board| ours.merge_signatures(theirs, board))?;
        }
        for (bin, ours) in &mut self.bins {
            if let Some(theirs) = signed.bins.get(bin) {
                ours.merge_signatures(theirs, boards.new_board())?;
            }
        }
        Ok(self.targets.merge_signatures(&signed.targets, boards.new_board())?)
    }

    /// Refuses unless enough seats have signed every role of the change; a new root needs the old board as well.
    ///
    /// # Errors
    /// [`Code::ThresholdNotMet`].
    pub fn check_threshold(&self) -> Result<(), Error> {
        self.contents()?;
        let boards = Boards::of(self)?;
        boards.parts(self).iter().try_for_each(|part| check_quorum(part, &boards))
    }
}

fn check_quorum(part: &Part<'_>, boards: &Boards) -> Result<(), Error> {
    let agreed = part.board.quorum.agree(&part.metadata.canonical()?, &part.metadata.votes());
    let Err(short) = agreed else { return Ok(()) };
    let who: Vec<String> = short.signed.iter().map(|id| boards.name(id)).collect();
    let got = if who.is_empty() { "none".to_owned() } else { format!("{}: {}", who.len(), who.join(", ")) };
    let whose = part.whose.map(|word| format!(" of the {word} board")).unwrap_or_default();
    let expected = format!("signatures of {}{whose}", count(short.need, "seat"));
    Err(Refusal::new(Code::ThresholdNotMet, &part.role, expected, got).into())
}

/// The files, parsed.
///
/// # Errors
/// [`Malformed`].
pub fn parse(files: &Files) -> Result<Contents, Malformed> {
    Contents::parse(files.iter().map(|(n, b)| (n.as_str(), b.as_slice())))
}

//! What the board signs about a forum and its members.

use super::group::Groups;
use crate::encoding::{MAX_SMALL, Malformed, base64, json};
use crate::key::{KeyId, PublicKey, Suite};
use crate::transparency::TrustedTime;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The forum itself: target `forum.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForumRecord {
    /// `vouchsafe-forum/v1`.
    pub schema: String,
    /// SHA-256 of the first root's signed part, fixed at the founding: what key proofs are bound to.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Name of each board seat, by TUF key id.
    pub seats: BTreeMap<String, String>,
    /// Seats beside the board, whose endorsements a policy may ask for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: Groups,
}

impl ForumRecord {
    /// The schema we write.
    pub const SCHEMA: &'static str = "vouchsafe-forum/v1";
    /// Where it stands among the targets.
    pub const TARGET: &'static str = "forum.json";

    /// Reads it.
    ///
    /// # Errors
    /// [`Malformed`], also for a schema we do not know.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let record: Self = json::parse(bytes, MAX_SMALL, "forum record")?;
        if record.schema != Self::SCHEMA {
            return Err(Malformed::new(
                "forum record",
                format!("schema {:?}, expected {:?}", record.schema, Self::SCHEMA),
            ));
        }
        let digest = |id: &str| id.len() == 64 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !digest(&record.id) {
            return Err(Malformed::new("forum record", format!("id {:?}, expected a SHA-256", record.id)));
        }
        Ok(record)
    }
}

/// A member: target `members/<id>.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberRecord {
    /// `vouchsafe-member/v1`.
    pub schema: String,
    /// The id; never used for anybody else.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Member since.
    pub since: Timestamp,
    /// What the board decided about the membership, oldest first.
    pub status: Vec<StatusChange>,
    /// Which products the member may speak for: package URL patterns (`pkg:…`) and file name patterns.
    pub scope: Vec<String>,
    /// Every key the member ever had, in order of admission.
    pub keys: Vec<KeyRecord>,
    /// Endorsements by seats of groups (DSSE envelopes), oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endorsements: Vec<serde_json::Value>,
    /// Members whose id or name could be taken for this one's, and are others, as the board confirmed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub confusable_with: BTreeSet<String>,
    /// SHA-256 of what is signed of every notice this member gave.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub notices: BTreeSet<String>,
}

/// A decision about a membership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusChange {
    /// What the member is from then on.
    pub state: MemberState,
    /// From when.
    pub at: Timestamp,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// States of a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemberState {
    /// May attest.
    Active,
    /// May not, for now.
    Suspended,
    /// Is no longer a member; what was signed before, in trusted time, stays good.
    Left,
}

impl MemberState {
    /// The word in records and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Left => "left",
        }
    }
}

/// One key of a member, with its whole life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyRecord {
    /// Base64 of the SHA-256 of the SPKI.
    pub keyid: String,
    /// Base64 of the SPKI DER.
    pub spki: String,
    /// The suite its signatures are made in. This record decides it, no envelope does.
    pub suite: Suite,
    /// When the board staged its admission.
    pub added: Timestamp,
    /// The signed proof of possession it was admitted on (a DSSE envelope).
    pub proof: serde_json::Value,
    /// Id of the member's key that signed the proof as well: the key this one follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
    /// Retired at: what was signed before, in trusted time, stays good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<Timestamp>,
    /// Compromised since: only what was signed before, in trusted time, stays good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compromised_since: Option<Timestamp>,
    /// Why it was retired or revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Whether a signature by a key counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStanding {
    /// The key is in use.
    Active,
    /// The key is retired, and the signature is older, in trusted time.
    RetiredLater,
    /// The key was compromised later than the signature, in trusted time.
    CompromisedLater,
    /// Not admitted yet at that time.
    NotYet,
    /// Retired, and nothing proves that the signature is older.
    Retired,
    /// Compromised, and nothing proves that the signature is older.
    Compromised,
}

impl KeyStanding {
    /// Whether the signature counts.
    pub fn counts(self) -> bool {
        matches!(self, Self::Active | Self::RetiredLater | Self::CompromisedLater)
    }
    /// The words in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::RetiredLater => "retired since",
            Self::CompromisedLater => "compromised since",
            Self::NotYet => "not admitted yet",
            Self::Retired => "retired",
            Self::Compromised => "compromised",
        }
    }
}

impl KeyRecord {
    /// A newly admitted key.
    pub fn new(key: &PublicKey, added: Timestamp, proof: serde_json::Value) -> Self {
        let (keyid, spki) = (key.id().to_string(), base64::encode(key.spki_der()));
        let (follows, retired_at, compromised_since, reason) = (None, None, None, None);
        Self { keyid, spki, suite: key.suite(), added, proof, follows, retired_at, compromised_since, reason }
    }

    /// The key itself; refused if weak, or if id or suite are not the key's own.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn public_key(&self) -> Result<PublicKey, Malformed> {
        let bad = |why: String| Malformed::new("member key", why);
        let key =
            PublicKey::from_spki_der(&base64::decode(&self.spki, "member key")?).map_err(|e| bad(e.to_string()))?;
        if key.id().as_str() != self.keyid {
            return Err(bad(format!("recorded as {}, but it is {}", self.keyid, key.id())));
        }
        if key.suite() != self.suite {
            return Err(bad(format!("recorded for suite {}, but it is {}", self.suite, key.suite())));
        }
        Ok(key)
    }

    /// Whether a signature counts at `now`, given the time by which it provably existed.
    /// Ends are exclusive: at the very moment of retirement or compromise a key no longer counts.
    pub fn standing(&self, now: Timestamp, signed: Option<&TrustedTime>) -> KeyStanding {
        let before = |end: Timestamp| signed.is_some_and(|t| t.at() < end);
        // A time is the latest at which the signature was made. One before the admission says no more against it than
        // none at all would, and may be left away.
        if now < self.added {
            return KeyStanding::NotYet;
        }
        match (self.compromised_since, self.retired_at) {
            (Some(since), _) if !before(since) => KeyStanding::Compromised,
            (_, Some(at)) if now >= at && !before(at) => KeyStanding::Retired,
            (Some(_), _) => KeyStanding::CompromisedLater,
            (None, Some(at)) if now >= at => KeyStanding::RetiredLater,
            (None, _) => KeyStanding::Active,
        }
    }
}

impl MemberRecord {
    /// The schema we write.
    pub const SCHEMA: &'static str = "vouchsafe-member/v1";

    /// A new, active member without keys.
    pub fn new(id: &str, name: &str, since: Timestamp, scope: Vec<String>) -> Self {
        let active = StatusChange { state: MemberState::Active, at: since, reason: None };
        Self {
            schema: Self::SCHEMA.into(),
            id: id.into(),
            name: name.into(),
            since,
            status: vec![active],
            scope,
            keys: Vec::new(),
            endorsements: Vec::new(),
            confusable_with: BTreeSet::new(),
            notices: BTreeSet::new(),
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`Malformed`], also for a schema we do not know.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let record: Self = json::parse(bytes, MAX_SMALL, "member record")?;
        if record.schema != Self::SCHEMA {
            return Err(Malformed::new(
                "member record",
                format!("schema {:?}, expected {:?}", record.schema, Self::SCHEMA),
            ));
        }
        Ok(record)
    }

    /// Where it stands among the targets.
    pub fn target(id: &str) -> String {
        format!("members/{id}.json")
    }

    /// The state at a moment; None before the membership began.
    pub fn state_at(&self, at: Timestamp) -> Option<MemberState> {
        if at < self.since {
            return None;
        }
        self.status.iter().rev().find(|s| s.at <= at).map(|s| s.state)
    }

    /// Whether the member was active at a moment or between that and `now`: whether what existed at that moment existed
    /// while it was. An earlier moment never says less than a later one.
    pub fn active_between(&self, at: Timestamp, now: Timestamp) -> bool {
        let later = self.status.iter().map(|s| s.at).filter(|later| at < *later && *later <= now);
        later.chain([at]).any(|moment| self.state_at(moment) == Some(MemberState::Active))
    }

    /// Whether the member has left, or is to leave at a time that was decided.
    pub fn leaves(&self) -> bool {
        self.status.iter().any(|s| s.state == MemberState::Left)
    }

    /// The record of one key.
    pub fn key(&self, id: &KeyId) -> Option<&KeyRecord> {
        self.keys.iter().find(|k| k.keyid == id.as_str())
    }
}

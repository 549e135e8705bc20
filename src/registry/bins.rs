//! Hashed bins: how a registry of many members is spread over roles, so that looking at one costs the same in any.
//!
//! A member's record belongs to the bin whose name starts the SHA-256 of the record's path, as TUF's hashed-bin
//! delegations have it. Bins stand in a tree of sixteen branches, `bin-3` above `bin-3a`; the lowest hold the records.
//! Every bin is signed by the board, as the targets are: no online key can admit anybody.

use super::metadata::{Board, Metadata, TargetFile, tuf_key, tuf_key_id};
use super::record::MemberRecord;
use crate::encoding::Malformed;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// The field of the targets in which the board writes down what every bin is.
const FIELD: &str = "x-vouchsafe-bins";
/// The field of a bin with its own name, so that no bin can be shown in place of another.
const ROLE: &str = "x-vouchsafe-role";
const HEX: &str = "0123456789abcdef";
/// So many members stand in the targets themselves before they are spread.
const MOST_FLAT: usize = 400;
/// So many stand in one bin before every bin is divided in sixteen.
const MOST_IN_BIN: usize = 800;
/// 65,536 bins would make the snapshot the largest file of all.
const MOST_DIGITS: usize = 3;

/// What the board wrote down about a bin. The version alone would not do: a bin that enough seats signed and that was
/// given up before it was published has the version of the one that came in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// Its version; 0 if it was never signed.
    pub version: u64,
    /// SHA-256 of the bytes that are signed, in lower-case hexadecimal.
    pub sha256: String,
}

impl Pin {
    /// Of a bin as it is.
    ///
    /// # Errors
    /// [`Malformed`] as [`Metadata::canonical`].
    pub fn of(metadata: &Metadata) -> Result<Self, Malformed> {
        let sha256 = hex::encode(Sha256::digest(metadata.canonical()?));
        Ok(Self { version: metadata.version(), sha256 })
    }
}

/// The bins of a registry and what each is; none where members stand in the targets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bins {
    pins: BTreeMap<String, Pin>,
}

impl Bins {
    /// The bins a targets document names.
    pub fn of(targets: &Value) -> Self {
        Self::read(targets.get(FIELD))
    }

    /// The bins among a targets document's other fields.
    pub(super) fn among(fields: &BTreeMap<String, Value>) -> Self {
        Self::read(fields.get(FIELD))
    }

    fn read(field: Option<&Value>) -> Self {
        let pins = field.and_then(Value::as_object).into_iter().flatten();
        Self { pins: pins.map(|(name, pin)| (name.clone(), read(pin))).collect() }
    }

    /// What the board wrote down about a role, among a targets document's other fields.
    pub(super) fn pinned(fields: &BTreeMap<String, Value>, role: &str) -> Option<Pin> {
        fields.get(FIELD)?.get(role).map(read)
    }

    /// Spread by so many hexadecimal digits, at least; every bin that is new has version 0.
    pub fn spread(mut self, digits: usize) -> Self {
        for name in names(digits.min(MOST_DIGITS)) {
            self.pins.entry(name).or_default();
        }
        self
    }

    /// How many hexadecimal digits of its path's hash decide on a member's bin; 0 without bins.
    pub fn digits(&self) -> usize {
        self.pins.keys().map(|name| digits(name).len()).max().unwrap_or(0)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.pins.is_empty()
    }

    /// How many roles there are.
    pub fn len(&self) -> usize {
        self.pins.len()
    }

    /// Whether these are all bins of a tree, and nothing else: else what stands in one is not found.
    pub fn is_tree(&self) -> bool {
        self.pins.keys().eq(Self::default().spread(self.digits()).pins.keys())
    }

    /// Every bin.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.pins.keys()
    }

    /// Every bin and what it is.
    pub fn pins(&self) -> &BTreeMap<String, Pin> {
        &self.pins
    }

    /// What a bin is; version 0 if it was never signed.
    pub fn pin(&self, bin: &str) -> Pin {
        self.pins.get(bin).cloned().unwrap_or_default()
    }

    /// Writes down what a bin is.
    pub fn set(&mut self, bin: &str, pin: Pin) {
        self.pins.insert(bin.to_owned(), pin);
    }

    /// The role that a target belongs to.
    pub fn home(&self, target: &str) -> String {
        match self.digits() {
            0 => TOP.to_owned(),
            _ if !target.starts_with("members/") => TOP.to_owned(),
            n => format!("bin-{}", hash(target).get(..n).unwrap_or_default()),
        }
    }

    /// The bin of a member, if there are any.
    pub fn of_member(&self, id: &str) -> Option<String> {
        Some(self.home(&MemberRecord::target(id))).filter(|role| role != TOP)
    }

    /// Digits needed when one role holds so many members: more than there are, if it is too many.
    pub fn needed(&self, members_in_role: usize) -> usize {
        match self.digits() {
            0 if members_in_role > MOST_FLAT => 1,
            n if n > 0 && members_in_role > MOST_IN_BIN => n.saturating_add(1).min(MOST_DIGITS),
            n => n,
        }
    }

    /// What the targets say about the bins, and every role above other bins about those: names, prefixes, who signs.
    pub(super) fn delegations(&self, role: &str, board: &Board) -> Option<Value> {
        let prefix = if role == TOP { "" } else { digits(role) };
        if self.is_empty() || prefix.len() >= self.digits() {
            return None;
        }
        let keys: BTreeMap<String, Value> = board.keys.values().map(|k| (tuf_key_id(k), tuf_key(k))).collect();
        let ids: Vec<&String> = keys.keys().collect();
        let roles = HEX.chars().map(|digit| {
            let prefix = format!("{prefix}{digit}");
            json!({
                "name": format!("bin-{prefix}"), "keyids": ids, "threshold": board.quorum.need(),
                "terminating": true, "path_hash_prefixes": [prefix],
            })
        });
        let roles: Vec<Value> = roles.collect();
        Some(json!({"keys": keys, "roles": roles}))
    }

    /// What a role says about bins besides: the targets what each is, a bin its name.
    pub(super) fn field(&self, role: &str) -> Option<(&'static str, Value)> {
        match role {
            TOP if self.is_empty() => None,
            TOP => Some((FIELD, json!(self.pins))),
            bin => Some((ROLE, json!(bin))),
        }
    }

    /// Whether a document is that of this role, as far as it says so: those of other repositories need not.
    pub fn is_role(role: &str, signed: &Value) -> bool {
        is_named(role, signed.get(ROLE))
    }

    /// The same, among a document's other fields.
    pub(super) fn says_role(role: &str, fields: &BTreeMap<String, Value>) -> bool {
        is_named(role, fields.get(ROLE))
    }
}

fn is_named(role: &str, field: Option<&Value>) -> bool {
    field.is_none_or(|name| name.as_str() == Some(role))
}

/// The role everything belongs to that is in no bin.
pub const TOP: &str = "targets";

/// A pin that cannot be read is one that no bin fits.
fn read(pin: &Value) -> Pin {
    let version = pin.get("version").and_then(Value::as_u64).unwrap_or(0);
    let sha256 = pin.get("sha256").and_then(Value::as_str).unwrap_or_default();
    Pin { version, sha256: sha256.to_owned() }
}

fn digits(bin: &str) -> &str {
    bin.strip_prefix("bin-").unwrap_or_default()
}

fn hash(target: &str) -> String {
    hex::encode(Sha256::digest(target))
}

/// Every bin of a tree so many digits deep.
fn names(depth: usize) -> Vec<String> {
    let mut all = Vec::new();
    let mut level = vec![String::new()];
    for _ in 0..depth {
        level = level.iter().flat_map(|prefix| HEX.chars().map(move |digit| format!("{prefix}{digit}"))).collect();
        all.extend(level.iter().map(|prefix| format!("bin-{prefix}")));
    }
    all
}

/// The role whose files these are, sorted by role.
pub fn by_role<'a>(bins: &Bins, files: impl IntoIterator<Item = &'a String>) -> BTreeMap<String, Vec<&'a String>> {
    let mut roles: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for name in files {
        roles.entry(bins.home(name)).or_default().push(name);
    }
    roles
}

/// Targets a role lists, by name.
pub type Listing = BTreeMap<String, TargetFile>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_in_the_bin_its_path_hashes_to() {
        let flat = Bins::default();
        assert_eq!((flat.digits(), flat.home("members/acme.json").as_str(), flat.of_member("acme")), (0, TOP, None));
        let bins = Bins::default().spread(2);
        assert_eq!((bins.digits(), bins.len()), (2, 16 + 256));
        let digest = hash("members/acme.json");
        assert_eq!(bins.home("members/acme.json"), format!("bin-{}", &digest[..2]));
        assert_eq!(bins.home("catalogues/forum-fp-2026.1.json"), TOP, "only members are spread");
        assert_eq!(bins.clone().spread(1).digits(), 2, "bins are never taken together again");
        let mut more = bins.clone();
        more.set("bin-abc", Pin::default());
        assert!(bins.is_tree() && Bins::default().is_tree() && !more.is_tree());
    }

    #[test]
    fn more_members_need_more_digits() {
        let flat = Bins::default();
        assert_eq!((flat.needed(400), flat.needed(401)), (0, 1));
        let one = Bins::default().spread(1);
        assert_eq!((one.needed(800), one.needed(801)), (1, 2));
        assert_eq!(Bins::default().spread(9).needed(99_999), 3, "no deeper than that");
    }
}

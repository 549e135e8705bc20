//! TUF 1.0.34 metadata as we write it: canonical bytes, signatures, the four roles.
//!
//! Reading for trust happens in `chain`, through sigstore-tuf; this file only lays documents out and shows
//! who has signed a document so far.

use super::bins::{Bins, Listing};
use crate::encoding::{MAX_DOCUMENT, Malformed, json};
use crate::key::{PublicKey, Quorum, Suite, Vote};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

/// The specification we write.
pub const SPEC_VERSION: &str = "1.0.34";

/// SHA-256 of a root file's bytes, in lower-case hexadecimal: what people compare over another channel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Of a root file.
    pub fn of(root: &[u8]) -> Self {
        Self(hex::encode(Sha256::digest(root)))
    }
    /// Reads 64 hexadecimal digits, with or without `sha256:` before them.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let digits = text.strip_prefix("sha256:").unwrap_or(text).to_ascii_lowercase();
        let digest = (digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit())).then_some(digits);
        digest.map(Self).ok_or_else(|| Malformed::new("fingerprint", "expected the 64 hexadecimal digits of a SHA-256"))
    }
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A metadata file: what is signed, and by whom so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata {
    signed: Value,
    signatures: Vec<WrittenSignature>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct WrittenSignature {
    keyid: String,
    sig: String,
}

impl Metadata {
    /// An unsigned file around the signed part.
    pub fn around(signed: Value) -> Self {
        Self { signed, signatures: Vec::new() }
    }
    /// Reads a file, believing nothing.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        #[derive(Deserialize)]
        struct Written {
            signed: Value,
            signatures: Vec<WrittenSignature>,
        }
        let Written { signed, signatures } = json::parse(bytes, MAX_DOCUMENT, "TUF metadata")?;
        if !signed.is_object() {
            return Err(Malformed::new("TUF metadata", "signed is not an object"));
        }
        Ok(Self { signed, signatures })
    }
    /// The signed part.
    pub fn signed(&self) -> &Value {
        &self.signed
    }
    /// Its version number; 0 if it has none.
    pub fn version(&self) -> u64 {
        self.signed.get("version").and_then(Value::as_u64).unwrap_or(0)
    }
    /// The bytes signatures cover: OLPC canonical JSON of the signed part, as every TUF client computes them.
    ///
    /// # Errors
    /// [`Malformed`] for numbers that are not integers.
    pub fn canonical(&self) -> Result<Vec<u8>, Malformed> {
        sigstore_tuf::canonical_json::to_canonical_bytes(&self.signed)
            .map_err(|e| Malformed::new("TUF metadata", e.to_string()))
    }
    /// Adds a signature, in place of an earlier one by the same key.
    pub fn add_signature(&mut self, key: &PublicKey, signature: &[u8]) {
        let keyid = tuf_key_id(key);
        self.signatures.retain(|s| s.keyid != keyid);
        self.signatures.push(WrittenSignature { keyid, sig: hex::encode(signature) });
    }
    /// Takes over the good signatures that seats of the board made on another copy of the same document.
    ///
    /// # Errors
    /// [`Malformed`] as [`Metadata::canonical`].
    pub fn merge_signatures(&mut self, other: &Self, board: &Board) -> Result<(), Malformed> {
        let message = self.canonical()?;
        for theirs in &other.signatures {
            let signature = hex::decode(&theirs.sig).unwrap_or_default();
            if let Some(key) = board.keys.get(&theirs.keyid).filter(|key| key.verifies(&message, &signature)) {
                self.add_signature(key, &signature);
            }
        }
        Ok(())
    }
    /// The signatures, as votes to be counted.
    pub fn votes(&self) -> Vec<Vote> {
        let decoded = self.signatures.iter().filter_map(|s| hex::decode(&s.sig).ok());
        decoded.map(|signature| Vote { hint: None, signature }).collect()
    }
    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        json::compact(&json!({ "signatures": self.signatures, "signed": self.signed }))
    }
}

/// The board's part of a root: who may sign, and how many must.
#[derive(Clone, Debug)]
pub struct Board {
    /// Distinct seats, by TUF key id.
    pub quorum: Quorum,
    /// The key of each seat.
    pub keys: BTreeMap<String, PublicKey>,
    /// TUF key ids that may sign timestamps.
    pub online: Vec<String>,
    /// The key of each of them.
    pub online_keys: BTreeMap<String, PublicKey>,
}

impl Board {
    /// Whether the same seats decide, and as many of them: what one board signed counts for the other.
    pub fn decides_as(&self, other: &Self) -> bool {
        self.quorum.need() == other.quorum.need() && self.keys.keys().eq(other.keys.keys())
    }
}

/// Reads the board out of a root's signed part.
///
/// # Errors
/// [`Malformed`] if keys or thresholds cannot be used.
pub fn board(root: &Value) -> Result<Board, Malformed> {
    #[derive(Deserialize)]
    struct Root {
        keys: BTreeMap<String, Key>,
        roles: BTreeMap<String, RoleKeys>,
    }
    #[derive(Deserialize)]
    struct Key {
        scheme: String,
        keyval: KeyVal,
    }
    #[derive(Deserialize)]
    struct KeyVal {
        public: String,
    }
    #[derive(Deserialize)]
    struct RoleKeys {
        keyids: Vec<String>,
        threshold: usize,
    }
    let bad = |why: String| Malformed::new("TUF root", why);
    let parsed: Root = json::parse(&json::compact(root), MAX_DOCUMENT, "TUF root")?;
    let role = |name: &str| parsed.roles.get(name).ok_or_else(|| bad(format!("no role {name}")));
    let read = |id: &String| -> Result<(String, PublicKey), Malformed> {
        let key = parsed.keys.get(id).ok_or_else(|| bad(format!("no key {id}")))?;
        let public = match key.scheme.as_str() {
            "ed25519" => hex::decode(&key.keyval.public)
                .ok()
                .and_then(|raw| <[u8; 32]>::try_from(raw).ok())
                .ok_or_else(|| bad(format!("key {id} is not 32 bytes of hexadecimal")))
                .and_then(|raw| PublicKey::from_ed25519(&raw).map_err(|e| bad(e.to_string()))),
            _ => PublicKey::from_pem(&key.keyval.public).map_err(|e| bad(e.to_string())),
        }?;
        Ok((id.clone(), public))
    };
    let keys: BTreeMap<_, _> = role("root")?.keyids.iter().map(read).collect::<Result<_, _>>()?;
    let online = role("timestamp")?.keyids.clone();
    let online_keys = online.iter().map(read).collect::<Result<_, _>>()?;
    let need = NonZeroUsize::new(role("root")?.threshold).ok_or_else(|| bad("threshold 0".into()))?;
    let quorum = Quorum::new(keys.clone(), need).map_err(|e| bad(e.to_string()))?;
    Ok(Board { quorum, keys, online, online_keys })
}

/// The root that says what this one is read as, and nothing else.
///
/// # Errors
/// [`Malformed`] if it cannot be read, or is of a shape we do not write.
pub fn rebuilt_root(signed: &Value) -> Result<Value, Malformed> {
    let board = board(signed)?;
    let online = board.online_keys.values().next().filter(|_| board.online.len() == 1);
    let threshold = NonZeroUsize::new(board.quorum.need());
    let (Some(online), Some(threshold)) = (online.cloned(), threshold) else {
        return Err(Malformed::new("TUF root", "not exactly one online key"));
    };
    let (version, expires) = ends(signed)?;
    Ok(root(&RootSpec { version, board: board.keys.into_values().collect(), threshold, online, expires }))
}

/// The metadata of a targets role, the top-level one or a bin, that says what this one is read as, and nothing else.
///
/// # Errors
/// [`Malformed`] if it cannot be read.
pub fn rebuilt_targets(role: &str, signed: &Value, bins: &Bins, board: &Board) -> Result<Value, Malformed> {
    let (version, expires) = ends(signed)?;
    Ok(targets(role, version, expires, &listed(signed)?, bins, board))
}

/// The targets a role lists.
///
/// # Errors
/// [`Malformed`].
pub fn listed(signed: &Value) -> Result<Listing, Malformed> {
    #[derive(Deserialize)]
    struct Signed {
        targets: Listing,
    }
    json::parse::<Signed>(&json::compact(signed), MAX_DOCUMENT, "TUF targets").map(|s| s.targets)
}

fn ends(signed: &Value) -> Result<(u64, Timestamp), Malformed> {
    let version = signed.get("version").and_then(Value::as_u64);
    let expires = signed.get("expires").and_then(Value::as_str).and_then(|e| e.parse().ok());
    version.zip(expires).ok_or_else(|| Malformed::new("TUF metadata", "no version, or no expiry"))
}

/// The key id TUF clients compute: SHA-256 of the canonical key object, in hexadecimal.
pub fn tuf_key_id(key: &PublicKey) -> String {
    let canonical = sigstore_tuf::canonical_json::to_canonical_bytes(&tuf_key(key)).unwrap_or_default();
    hex::encode(Sha256::digest(canonical))
}

pub(super) fn tuf_key(key: &PublicKey) -> Value {
    match key.suite() {
        Suite::Ed25519 => {
            json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": hex::encode(key.raw())}})
        }
        Suite::EcdsaP256Sha256 => {
            json!({"keytype": "ecdsa", "scheme": "ecdsa-sha2-nistp256", "keyval": {"public": key.to_pem()}})
        }
    }
}

/// What a root says.
#[derive(Clone, Debug)]
pub struct RootSpec {
    /// Version, from 1.
    pub version: u64,
    /// The board's keys.
    pub board: Vec<PublicKey>,
    /// How many of them must sign root and targets.
    pub threshold: NonZeroUsize,
    /// The key of snapshot and timestamp.
    pub online: PublicKey,
    /// When it ends.
    pub expires: Timestamp,
}

/// A root's signed part.
pub fn root(spec: &RootSpec) -> Value {
    let mut board: Vec<String> = spec.board.iter().map(tuf_key_id).collect();
    board.sort();
    let online = vec![tuf_key_id(&spec.online)];
    let keys: BTreeMap<String, Value> =
        spec.board.iter().chain([&spec.online]).map(|k| (tuf_key_id(k), tuf_key(k))).collect();
    let by_board = json!({"keyids": board, "threshold": spec.threshold.get()});
    let by_online = json!({"keyids": online, "threshold": 1});
    let roles = json!({"root": by_board, "targets": by_board, "snapshot": by_online, "timestamp": by_online});
    document(
        "root",
        spec.version,
        spec.expires,
        [("consistent_snapshot", json!(true)), ("keys", json!(keys)), ("roles", roles)],
    )
}

/// One target as the targets role lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetFile {
    /// Bytes.
    pub length: u64,
    /// Algorithm to hexadecimal.
    pub hashes: BTreeMap<String, String>,
}

impl TargetFile {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let hashes = BTreeMap::from([("sha256".to_owned(), hex::encode(Sha256::digest(bytes)))]);
        Self { length: bytes.len() as u64, hashes }
    }
    /// Whether these are the bytes: the length and the SHA-256, which has to be listed.
    pub fn is(&self, bytes: &[u8]) -> bool {
        self.length == bytes.len() as u64
            && self.hashes.get("sha256").is_some_and(|h| *h == hex::encode(Sha256::digest(bytes)))
    }
    /// Whether these are the bytes by every hash that is listed and known here, of which there has to be one: for
    /// repositories other than ours, which may list SHA-512 alone.
    pub fn agrees(&self, bytes: &[u8]) -> bool {
        let mut known = self.hashes.iter().filter_map(|(name, listed)| match name.as_str() {
            "sha256" => Some(*listed == hex::encode(Sha256::digest(bytes))),
            "sha512" => Some(*listed == hex::encode(Sha512::digest(bytes))),
            _ => None,
        });
        self.length == bytes.len() as u64 && known.next().is_some_and(|first| first && known.all(|agrees| agrees))
    }
    /// The digest under which it stands in a repository with consistent snapshots.
    pub(super) fn prefix(&self) -> Option<&str> {
        self.sha256().or_else(|| self.hashes.get("sha512").map(String::as_str))
    }
    /// Its SHA-256, if listed.
    pub fn sha256(&self) -> Option<&str> {
        self.hashes.get("sha256").map(String::as_str)
    }
}

/// Where a target's file stands in a repository with consistent snapshots: `members/HASH.acme.json`.
pub fn target_path(name: &str, sha256: &str) -> String {
    match name.rsplit_once('/') {
        Some((folder, file)) => format!("{folder}/{sha256}.{file}"),
        None => format!("{sha256}.{name}"),
    }
}

/// The signed part of a targets role, the top-level one or a bin.
pub fn targets(role: &str, version: u64, expires: Timestamp, files: &Listing, bins: &Bins, board: &Board) -> Value {
    let mut signed = document("targets", version, expires, [("targets", json!(files))]);
    if let Some(fields) = signed.as_object_mut() {
        fields.extend(bins.delegations(role, board).map(|delegations| ("delegations".to_owned(), delegations)));
        fields.extend(bins.field(role).map(|(name, value)| (name.to_owned(), value)));
    }
    signed
}

/// The snapshot role's signed part. Bins are pinned by version alone: the targets pin their bytes.
pub fn snapshot(version: u64, expires: Timestamp, targets: (u64, &[u8]), bins: &Bins) -> Value {
    let mut meta = serde_json::Map::from_iter([("targets.json".to_owned(), pin(targets))]);
    meta.extend(bins.pins().iter().map(|(bin, pin)| (format!("{bin}.json"), json!({"version": pin.version}))));
    document("snapshot", version, expires, [("meta", Value::Object(meta))])
}

/// The timestamp role's signed part. `x-vouchsafe-issued` is ours: how old a held view is, signed.
pub fn timestamp(version: u64, expires: Timestamp, issued: Timestamp, snapshot: (u64, &[u8])) -> Value {
    let meta = json!({"snapshot.json": pin(snapshot)});
    document(
        "timestamp",
        version,
        expires,
        [("meta", meta), ("x-vouchsafe-issued", json!(crate::encoding::duration::rfc3339(issued)))],
    )
}

fn pin((version, bytes): (u64, &[u8])) -> Value {
    json!({"version": version, "length": bytes.len(), "hashes": {"sha256": hex::encode(Sha256::digest(bytes))}})
}

fn document<const N: usize>(kind: &str, version: u64, expires: Timestamp, fields: [(&str, Value); N]) -> Value {
    let expires = crate::encoding::duration::rfc3339(expires);
    let mut signed = serde_json::Map::from_iter(fields.map(|(name, value)| (name.to_owned(), value)));
    signed.insert("_type".into(), json!(kind));
    signed.insert("spec_version".into(), json!(SPEC_VERSION));
    signed.insert("version".into(), json!(version));
    signed.insert("expires".into(), json!(expires));
    Value::Object(signed)
}

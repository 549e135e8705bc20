//! A forum, a mirror of it that an attacker owns, and a consumer: the stage of the attacks.

use crate::registry::{copy, snapshot};
use crate::world::*;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::path::PathBuf;
use vouchsafe::encoding::Explain;
use vouchsafe::gather::trust;
use vouchsafe::key::PublicKey;
use vouchsafe::registry::{self, Fingerprint, Metadata, RootSpec, Versions, target_path};
use vouchsafe::signer::Signer as _;
use vouchsafe::store::Home;

pub(super) const NEVER: &str = "2036-01-01";

/// A forum, a mirror of it that the attacker owns, and a consumer who trusted the forum while all was well.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) folder: tempfile::TempDir,
    pub(super) home: Home,
    pub(super) seen: Versions,
}

pub(super) fn signed(document: Value, keys: &[&Key]) -> Vec<u8> {
    let mut metadata = Metadata::around(document);
    let message = metadata.canonical().unwrap();
    for key in keys {
        metadata.add_signature(key.public(), &key.sign(&message).unwrap());
    }
    metadata.to_bytes()
}

pub(super) fn parse(bytes: &[u8]) -> Value {
    vouchsafe::encoding::json::parse(bytes, 1 << 24, "test document").unwrap()
}

impl Scene {
    pub(super) fn new() -> Self {
        let world = World::new();
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("home"));
        copy(&world.forum.published_path(), &folder.path().join("mirror"));
        let root = std::fs::read(folder.path().join("mirror/metadata/1.root.json")).unwrap();
        let (_, state) =
            trust::add(&home, &folder.path().join("mirror"), &Fingerprint::of(&root), &Default::default(), at(NOW))
                .unwrap();
        Self { world, folder, home, seen: state.versions }
    }
    pub(super) fn mirror(&self, name: &str) -> PathBuf {
        self.folder.path().join("mirror").join(name)
    }
    pub(super) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.mirror("metadata").join(name)).unwrap()
    }
    pub(super) fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.mirror("metadata").join(name), bytes).unwrap();
    }
    /// The mirror shows what the forum has published by now.
    pub(super) fn honest(&self) {
        std::fs::remove_dir_all(self.mirror("")).unwrap();
        copy(&self.world.forum.published_path(), &self.mirror(""));
    }
    /// The published path of a target.
    pub(super) fn target(&self, name: &str) -> PathBuf {
        let listed = parse(&self.read(&format!("{}.targets.json", self.seen.targets)));
        let hash = listed["signed"]["targets"][name]["hashes"]["sha256"].as_str().unwrap().to_owned();
        self.mirror("targets").join(target_path(name, &hash))
    }
    /// Snapshot and timestamp of these versions over targets metadata, by the holder of the online key.
    pub(super) fn issue(&self, online: &Key, versions: (u64, u64), targets: (u64, &[u8]), ends: (&str, &str)) {
        let snapshot = signed(registry::snapshot(versions.0, at(ends.0), targets, &Default::default()), &[online]);
        let over = (versions.0, snapshot.as_slice());
        let timestamp = signed(registry::timestamp(versions.1, at(ends.1), at(NOW), over), &[online]);
        self.put(&format!("{}.targets.json", targets.0), targets.1);
        self.put(&format!("{}.snapshot.json", versions.0), &snapshot);
        self.put("timestamp.json", &timestamp);
    }
    /// The next targets metadata, which says what `edit` makes of the present one.
    pub(super) fn targets(&self, keys: &[&Key], edit: impl FnOnce(&mut Value)) -> Vec<u8> {
        let mut document = parse(&self.read(&format!("{}.targets.json", self.seen.targets)))["signed"].clone();
        document["version"] = json!(self.seen.targets + 1);
        edit(&mut document);
        signed(document, keys)
    }
    /// Publishes such metadata on the mirror, by the holder of the online key.
    pub(super) fn issue_targets(&self, targets: &[u8]) {
        let next = (self.seen.snapshot + 1, self.seen.timestamp + 1);
        self.issue(&self.world.online, next, (self.seen.targets + 1, targets), (NEVER, NEVER));
    }
    /// A second root of this board.
    pub(super) fn root(&self, board: &[&Key], threshold: usize, expires: Timestamp) -> Value {
        let board: Vec<PublicKey> = board.iter().map(|k| k.public().clone()).collect();
        let online = self.world.online.public().clone();
        let threshold = std::num::NonZeroUsize::new(threshold).unwrap();
        registry::root(&RootSpec { version: 2, board, threshold, online, expires })
    }
    pub(super) fn update(&self, when: &str) -> Result<Versions, String> {
        let [state] = trust::list(&self.home).unwrap().try_into().unwrap();
        trust::update(&self.home, &state, None, &Default::default(), at(when))
            .map(|(registry, _)| *registry.versions())
            .map_err(|e| e.code().to_owned())
    }
    /// The update is refused with this code, and nothing the consumer holds changes.
    pub(super) fn refused(&self, code: &str) {
        self.refused_at(NOW, code);
    }
    pub(super) fn refused_at(&self, when: &str, code: &str) {
        let before = snapshot(self.home.path());
        assert_eq!(self.update(when), Err(code.to_owned()));
        assert_eq!(snapshot(self.home.path()), before, "what the consumer holds has changed");
    }
}

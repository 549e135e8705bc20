//! A registry whose board signed what no honest program would stage: what is left is the consumer's own care.

use crate::world::*;
use std::collections::BTreeMap;
use vouchsafe::gather::repository::Folder;
use vouchsafe::publish::Change;
use vouchsafe::publish::change::Files;
use vouchsafe::registry::{
    Bins, Board, Freshness, LoadError, Metadata, Refusal, Repository, TOP, TargetFile, TrustedRegistry, Wanted, board,
    load, snapshot, target_path, targets, timestamp,
};

struct Memory(BTreeMap<String, Vec<u8>>);

impl Repository for Memory {
    type Error = std::convert::Infallible;
    fn metadata(&self, name: &str, _: usize) -> Result<Option<Vec<u8>>, Self::Error> {
        Ok(self.0.get(name).cloned())
    }
    fn target(&self, path: &str, _: usize) -> Result<Option<Vec<u8>>, Self::Error> {
        Ok(self.0.get(path).cloned())
    }
}

fn seats_of(world: &World) -> Board {
    board(world.forum.published().unwrap().unwrap().root.signed()).unwrap()
}

/// The published files of a world, changed, and signed by its whole board and its online key.
pub(crate) fn forged(world: &World, change: impl FnOnce(&mut Files)) -> Result<TrustedRegistry, Refusal> {
    let mut files = world.forum.files().unwrap();
    change(&mut files);
    let sign = |signed: serde_json::Value, keys: &[&Key]| {
        let mut metadata = Metadata::around(signed);
        for key in keys {
            let signature = key.0.sign(&metadata.canonical().unwrap());
            metadata.add_signature(key.0.public(), &signature);
        }
        metadata.to_bytes()
    };
    let root = Folder::at(world.forum.published_path()).metadata("1.root.json", 1 << 20).unwrap().unwrap();
    let (ends, keys) = (at("2026-12-01"), [&world.board[0], &world.board[1], &world.board[2]]);
    let entries = files.iter().map(|(name, bytes)| (name.clone(), TargetFile::of(bytes))).collect();
    let mut memory = BTreeMap::from([("1.root.json".to_owned(), root.clone())]);
    for (name, bytes) in &files {
        memory.insert(target_path(name, TargetFile::of(bytes).sha256().unwrap()), bytes.clone());
    }
    let seats = seats_of(world);
    let listed = sign(targets(TOP, 9, ends, &entries, &Bins::default(), &seats), &keys);
    let snapshot = sign(snapshot(9, ends, (9, &listed), &Bins::default()), &[&world.online]);
    let issued = at(NOW);
    memory.insert("timestamp.json".into(), sign(timestamp(9, ends, issued, (9, &snapshot)), &[&world.online]));
    memory.insert("9.snapshot.json".into(), snapshot);
    memory.insert("9.targets.json".into(), listed);
    match load(&Memory(memory), &root, None, at(NOW), Freshness::Held, &Wanted::Everybody) {
        Ok(registry) => Ok(registry),
        Err(LoadError::Refused(refusal)) => Err(refusal),
        Err(LoadError::World(never)) => match never {},
    }
}

/// A change that travels to an offline signer, in which somebody put another file and made the lists fit.
pub(crate) fn travelled(world: &World, (name, bytes): (&str, &[u8])) -> Change {
    world.forum.renew(at(FOUNDED)).unwrap();
    let mut change = world.forum.need_staged().unwrap();
    world.forum.drop_staged().unwrap();
    change.after.insert(name.to_owned(), bytes.to_vec());
    let entries = change.after.iter().map(|(name, bytes)| (name.clone(), TargetFile::of(bytes))).collect();
    change.targets = Metadata::around(targets(
        TOP,
        change.targets.version(),
        at("2026-12-01"),
        &entries,
        &Bins::default(),
        &seats_of(world),
    ));
    Change::parse(&change.to_bytes().unwrap()).unwrap()
}

//! A log that is written: in one order, by one writer at a time, whatever goes wrong.

mod command;
mod faults;
mod lock;
mod order;
mod shards;
mod twice;
mod watch;
mod writers;

use jiff::Timestamp;
use vouchsafe::key::{PublicKey, SecretKey, Suite};
use vouchsafe::publish::log::memory::{Machine, Objects};
use vouchsafe::publish::log::{Cosigner, Log, NotAsked};
use vouchsafe::signer::{Signer, SignerError, sign_checked};
use vouchsafe::transparency::witness::{AddCheckpoint, NotCosigned};
use vouchsafe::transparency::{
    Checkpoint, Hash, LogPolicy, NoteKey, Proof, Scheme, Signature, cosignature, root_of_inclusion, signed_checkpoint,
};

/// A key made from a number, so that a test is the same each time.
pub(super) struct Key(SecretKey);

impl Key {
    pub(super) fn new(n: u8) -> Self {
        Self(SecretKey::from_random(Suite::Ed25519, &zeroize::Zeroizing::new([n; 32])).unwrap())
    }
    pub(super) fn log(&self) -> NoteKey {
        NoteKey::new("example.org/log", Scheme::Ed25519(self.0.public().clone())).unwrap()
    }
    pub(super) fn witness(&self, name: &str) -> NoteKey {
        NoteKey::new(name, Scheme::Cosignature(self.0.public().clone())).unwrap()
    }
}

impl Signer for Key {
    fn public(&self) -> &PublicKey {
        self.0.public()
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.0.sign(message))
    }
}

pub(super) fn now() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}

pub(super) fn entry(n: usize) -> Vec<u8> {
    format!("entry {n}").into_bytes()
}

pub(super) fn entries(from: usize, to: usize) -> Vec<Vec<u8>> {
    (from..to).map(entry).collect()
}

/// A log in memory, on a machine that can fail.
pub(super) fn on(machine: &Machine, key: &Key, policy: Option<LogPolicy>) -> Log<Objects, Machine> {
    Log::new(machine.area("public"), machine.area("state"), machine.clone(), key.log(), policy).unwrap()
}

/// The checkpoint of a proof that holds for an entry.
#[track_caller]
pub(super) fn holds(key: &NoteKey, entry: &[u8], proof: &Proof) -> Checkpoint {
    let checkpoint = signed_checkpoint(&proof.note, key).unwrap();
    let root = root_of_inclusion(Hash::leaf(entry), proof.index, checkpoint.size, &proof.hashes);
    assert_eq!(root, Some(checkpoint.root), "the proof of {:?}", String::from_utf8_lossy(entry));
    checkpoint
}

/// A witness as the specification has it, in memory; or one that misbehaves.
pub(super) struct InMemory {
    name: String,
    key: Key,
    note_key: NoteKey,
    log: NoteKey,
    last: std::sync::Mutex<Option<Checkpoint>>,
    pub(super) manner: std::sync::Mutex<Manner>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    Honest,
    Away,
    Refuses,
    /// Signs something else.
    Forges,
    /// Signs under another name.
    OtherName,
    /// Signs sixteen times, each for another second.
    Repeats,
}

impl InMemory {
    pub(super) fn new(name: &str, n: u8, log: &NoteKey) -> Self {
        let key = Key::new(n);
        let note_key = key.witness(&format!("witness.example/{name}"));
        let (last, manner) = (None.into(), Manner::Honest.into());
        Self { name: name.into(), key, note_key, log: log.clone(), last, manner }
    }
    pub(super) fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }
    pub(super) fn line(&self) -> String {
        format!("witness {} {}\n", self.name, self.note_key)
    }
}

impl Cosigner for InMemory {
    fn name(&self) -> &str {
        &self.name
    }
    fn key(&self) -> &NoteKey {
        &self.note_key
    }
    fn ask(&self, request: &AddCheckpoint) -> Result<Vec<Signature>, NotAsked> {
        let manner = *self.manner.lock().unwrap();
        match manner {
            Manner::Away => return Err(NotAsked::Unreachable("no route".into())),
            Manner::Refuses => return Err(NotAsked::Refused("403".into())),
            _ => {}
        }
        // What travels is bytes.
        let request = AddCheckpoint::parse(request.to_string().as_bytes()).unwrap();
        let mut last = self.last.lock().unwrap();
        let judged = request.judge(std::slice::from_ref(&self.log), last.as_ref());
        let checkpoint = judged.map_err(|e| match e {
            NotCosigned::Conflict(size) => NotAsked::Conflict(size),
            other => NotAsked::Refused(other.to_string()),
        })?;
        *last = Some(checkpoint);
        let text = if manner == Manner::Forges { "something else\n" } else { request.note.text() };
        let line = |seconds| {
            let at = now() - jiff::SignedDuration::from_secs(seconds);
            let signature = sign_checked(&self.key, cosignature::message(text, at).as_bytes()).unwrap();
            self.note_key.line(cosignature::join(at, &signature))
        };
        let mut first = line(0);
        if manner == Manner::OtherName {
            first.name.push('x');
        }
        let more = if manner == Manner::Repeats { 16 } else { 1 };
        Ok(std::iter::once(first).chain((1..more).map(line)).collect())
    }
}

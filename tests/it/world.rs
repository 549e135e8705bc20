//! A forum in a temporary folder, made through the library: three seats, an online key, two members.

use jiff::Timestamp;
use std::num::NonZeroUsize;
use vouchsafe::artifact::{Algorithm, Measured};
use vouchsafe::attestation::{Envelope, ProductScope, StatementDraft};
use vouchsafe::encoding::duration::instant;
use vouchsafe::key::{PublicKey, SecretKey, Suite};
use vouchsafe::practice::{Basis, Claim, ClaimResult, builtin};
use vouchsafe::publish::attest::{self, Assessment};
use vouchsafe::publish::{Forum, Founding, change::Files, seal};
use vouchsafe::registry::{Freshness, KeyProof, Repository, TrustedRegistry, load};
use vouchsafe::signer::{Signer, SignerError};

pub(crate) struct Key(pub(crate) SecretKey);

impl Signer for Key {
    fn public(&self) -> &PublicKey {
        self.0.public()
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.0.sign(message))
    }
}

pub(crate) fn key(n: u8) -> Key {
    Key(SecretKey::from_random(Suite::Ed25519, &zeroize::Zeroizing::new([n; 32])).unwrap())
}

pub(crate) fn at(text: &str) -> Timestamp {
    instant(text).unwrap()
}

/// The day the forum of these tests was founded, and the day its questions are asked.
pub(crate) const FOUNDED: &str = "2026-11-01";
pub(crate) const NOW: &str = "2026-11-02T12:00:00Z";

pub(crate) struct World {
    _home: tempfile::TempDir,
    pub(crate) forum: Forum,
    pub(crate) board: [Key; 3],
    pub(crate) online: Key,
    pub(crate) acme: Key,
    pub(crate) globex: Key,
    pub(crate) stranger: Key,
}

pub(crate) const POLICY: &str = r#"{"schema":"vouchsafe-policy/v1","practices":{"catalogue":"forum-fp","profile":"base"},"trust":{"max_age":"7d"}}"#;

impl World {
    pub(crate) fn new() -> Self {
        Self::founded_at(FOUNDED)
    }

    pub(crate) fn founded_at(when: &str) -> Self {
        Self::founded(when, 1)
    }

    /// A forum staged in `folder`, with keys that no other `seed` has.
    pub(crate) fn stage(folder: &std::path::Path, when: &str, seed: u8) -> ([Key; 3], Key, Forum) {
        let board = [key(seed), key(seed + 1), key(seed + 2)];
        let seats = board.iter().zip(["one", "two", "three"]).map(|(k, n)| (n.to_owned(), k.public().clone()));
        let seats: Vec<(String, PublicKey)> = seats.collect();
        let online = key(seed + 3);
        let files = Files::from([
            ("policies/default.json".to_owned(), POLICY.as_bytes().to_vec()),
            (format!("catalogues/{}", builtin().unwrap().file_name()), vouchsafe::practice::BUILTIN.to_vec()),
        ]);
        let online_key = online.public().clone();
        let founding = Founding { name: "Example Forum", board: &seats, threshold: 2, online: online_key, files };
        let forum = Forum::found(folder, founding, at(when)).unwrap();
        (board, online, forum)
    }

    pub(crate) fn founded(when: &str, seed: u8) -> Self {
        // Every file is synced; in memory that costs nothing.
        let memory = std::path::Path::new("/dev/shm");
        let home = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let (board, online, forum) = Self::stage(&home.path().join("forum"), when, seed);
        let (acme, globex) = (key(10), key(11));
        let world = Self { _home: home, forum, board, online, acme, globex, stranger: key(12) };
        for (id, name, scope, key) in
            [("acme", "Acme Corp", "acme-*", &world.acme), ("globex", "Globex", "globex-*", &world.globex)]
        {
            let scope = vec![scope.into(), format!("pkg:generic/{id}/*")];
            world.forum.add_member(id, name, scope, at("2019-01-01"), at(when)).unwrap();
            world.forum.add_key(id, &world.proof(key, id), at(when)).unwrap();
        }
        world.publish(when);
        world
    }

    pub(crate) fn proof(&self, key: &Key, member: &str) -> Vec<u8> {
        let forum = self.forum.record().unwrap().id;
        let mut envelope = KeyProof::new(&forum, member, key.public(), at(FOUNDED)).envelope();
        seal(&mut envelope, key).unwrap();
        envelope.to_json()
    }

    /// Signs with two seats and publishes.
    pub(crate) fn publish(&self, when: &str) {
        let mut change = self.forum.need_staged().unwrap();
        change.sign(&self.board[0]).unwrap();
        change.sign(&self.board[1]).unwrap();
        self.forum.write_signatures(&change).unwrap();
        self.forum.publish(&self.online, at(when)).unwrap();
    }

    pub(crate) fn trust(&self) -> TrustedRegistry {
        self.trust_at(NOW)
    }

    pub(crate) fn trust_at(&self, when: &str) -> TrustedRegistry {
        let folder = vouchsafe::gather::repository::Folder::at(self.forum.published_path());
        let root = folder.metadata("1.root.json", 1 << 20).unwrap().unwrap();
        load(&folder, &root, None, at(when), Freshness::Held, &vouchsafe::registry::Wanted::Everybody).unwrap()
    }
}

pub(crate) fn measured(bytes: &[u8]) -> Measured {
    Measured::read(bytes, &Algorithm::ALL).unwrap()
}

/// Every practice of the base profile, met and declared.
pub(crate) fn all_met() -> Vec<Claim> {
    let practices = builtin().unwrap().profile("base").unwrap();
    let claim = |practice| Claim {
        practice,
        result: ClaimResult::Met,
        basis: Basis::Declared,
        checks: Vec::new(),
        evidence: Vec::new(),
        reviewed_by: None,
        statement: None,
        reason: None,
        exception: None,
    };
    practices.into_iter().map(claim).collect()
}

/// A practices predicate over the built-in catalogue, to be changed by a test before it is signed.
pub(crate) fn predicate() -> vouchsafe::attestation::Practices {
    let catalogue = builtin().unwrap();
    let mut practices = attest::practices(Assessment {
        member: "acme",
        catalogue: &catalogue,
        profile: Some("base"),
        claims: Vec::new(),
        evidence: Vec::new(),
        scope: ProductScope::default(),
        independence: "self",
        assessed_at: at("2026-11-02"),
        valid_until: None,
        subject_set: None,
    })
    .unwrap()
    .practices;
    practices.claims = all_met();
    practices
}

/// An attestation about `acme-1.0`, whose bytes are `release`, by these keys.
pub(crate) fn attestation(predicate: &vouchsafe::attestation::Practices, keys: &[&Key]) -> Envelope {
    let mut draft = StatementDraft::default();
    draft.about("acme-1.0", &measured(b"release"));
    signed(draft.practices(predicate), keys)
}

/// Any payload, signed as a statement.
pub(crate) fn signed(payload: Vec<u8>, keys: &[&Key]) -> Envelope {
    let mut envelope = Envelope::around::<vouchsafe::attestation::Statement>(payload);
    for key in keys {
        seal(&mut envelope, *key).unwrap();
    }
    envelope
}

pub(crate) const ONE: NonZeroUsize = NonZeroUsize::MIN;

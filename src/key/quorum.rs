//! The only threshold loop: how many distinct principals signed these very bytes.
//!
//! It counts principals (members, board seats), never signatures, key ids or keys: one member with two
//! keys is one voice, one key listed twice is one key, and one key can never speak for two principals.

use super::{KeyId, PublicKey};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

/// Who is counted: a member id, a board seat.
pub type Principal = String;

/// One signature as it was written down. Its key id is a hint that saves work and decides nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    /// The key id the signature came with, if any.
    pub hint: Option<String>,
    /// The signature bytes.
    pub signature: Vec<u8>,
}

/// Keys, whom each speaks for, and how many distinct principals must agree.
#[derive(Clone, Debug)]
pub struct Quorum {
    keys: Vec<(Principal, PublicKey)>,
    by_id: BTreeMap<String, usize>,
    need: NonZeroUsize,
}

/// Why a set of keys cannot be a quorum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuorumError {
    /// The same key stands for two principals, who would then be counted twice.
    #[error("key {key} is listed for {first} and for {second}")]
    SharedKey {
        /// The key.
        key: KeyId,
        /// One of them.
        first: Principal,
        /// The other.
        second: Principal,
    },
}

/// Fewer principals than needed signed these bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} of {need} needed signed", .signed.len())]
pub struct Shortfall {
    /// Those who did.
    pub signed: BTreeSet<Principal>,
    /// How many are needed.
    pub need: usize,
}

impl Quorum {
    /// A quorum of `need` distinct principals among `keys`. A key listed twice for one principal is one key.
    ///
    /// # Errors
    /// [`QuorumError::SharedKey`].
    pub fn new(
        keys: impl IntoIterator<Item = (Principal, PublicKey)>,
        need: NonZeroUsize,
    ) -> Result<Self, QuorumError> {
        let mut quorum = Self { keys: Vec::new(), by_id: BTreeMap::new(), need };
        for (principal, key) in keys {
            let known = quorum.by_id.get(key.id().as_str()).and_then(|at| quorum.keys.get(*at));
            match known {
                Some((first, _)) if *first != principal => {
                    return Err(QuorumError::SharedKey {
                        key: key.id().clone(),
                        first: first.clone(),
                        second: principal,
                    });
                }
                Some(_) => {}
                None => {
                    quorum.by_id.insert(key.id().as_str().to_owned(), quorum.keys.len());
                    quorum.keys.push((principal, key));
                }
            }
        }
        Ok(quorum)
    }

    /// Who among the principals signed `message`. A hint is tried first; if it names no key or its key does
    /// not match, every key is tried, so that a missing or wrong key id is never a "no".
    pub fn tally(&self, message: &[u8], votes: &[Vote]) -> Tally {
        let mut signers = Signers { keys: Vec::new(), need: self.need };
        for vote in votes {
            let hinted = vote.hint.as_ref().and_then(|h| self.by_id.get(h)).and_then(|at| self.keys.get(*at));
            let good = hinted
                .filter(|(_, key)| key.verifies(message, &vote.signature))
                .or_else(|| self.keys.iter().find(|(_, key)| key.verifies(message, &vote.signature)));
            if let Some((principal, key)) = good {
                signers.add(key.id().clone(), principal.clone());
            }
        }
        Tally { signers }
    }

    /// Proof that enough principals signed `message`.
    ///
    /// # Errors
    /// [`Shortfall`] with those who did sign.
    pub fn agree(&self, message: &[u8], votes: &[Vote]) -> Result<Signers, Shortfall> {
        self.tally(message, votes).decide()
    }

    /// Everyone who may sign.
    pub fn principals(&self) -> BTreeSet<&str> {
        self.keys.iter().map(|(p, _)| p.as_str()).collect()
    }
    /// Whom a key speaks for.
    pub fn principal_of(&self, key: &KeyId) -> Option<&str> {
        self.by_id.get(key.as_str()).and_then(|at| self.keys.get(*at)).map(|(principal, _)| principal.as_str())
    }
    /// A key, by its id.
    pub fn key(&self, id: &KeyId) -> Option<&PublicKey> {
        self.by_id.get(id.as_str()).and_then(|at| self.keys.get(*at)).map(|(_, key)| key)
    }
    /// How many distinct keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }
    /// Whether there is no key at all.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
    /// How many must.
    pub fn need(&self) -> usize {
        self.need.get()
    }
}

/// The one comparison with a threshold in this crate: `agreeing` are distinct principals, whoever counts them.
pub fn enough(agreeing: usize, need: NonZeroUsize) -> bool {
    agreeing >= need.get()
}

/// A count that has not been decided on: for showing who signed so far.
#[derive(Clone, Debug)]
pub struct Tally {
    signers: Signers,
}

impl Tally {
    /// Those who signed so far.
    pub fn signed(&self) -> BTreeSet<&str> {
        self.signers.principals()
    }
    /// Whether they are enough.
    ///
    /// # Errors
    /// [`Shortfall`].
    pub fn decide(self) -> Result<Signers, Shortfall> {
        if enough(self.signers.distinct(), self.signers.need) {
            return Ok(self.signers);
        }
        let who = self.signers.principals().into_iter();
        Err(Shortfall { signed: who.map(str::to_owned).collect(), need: self.signers.need.get() })
    }
}

/// Proof that a quorum signed some bytes. Only [`Quorum::agree`] and [`Tally::decide`] make one:
///
/// ```compile_fail,E0451
/// let forged = vouchsafe::key::Signers { keys: Default::default(), need: std::num::NonZeroUsize::MIN };
/// ```
///
/// while an honest one is an ordinary value:
///
/// ```
/// fn how_many(signers: &vouchsafe::key::Signers) -> usize { signers.principals().len() }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signers {
    /// In the order of the keys, none of them twice.
    keys: Vec<(KeyId, Principal)>,
    need: NonZeroUsize,
}

impl Signers {
    /// Adds a key, unless it is there.
    fn add(&mut self, key: KeyId, principal: Principal) {
        if let Err(at) = self.keys.binary_search_by(|(known, _)| known.cmp(&key)) {
            self.keys.insert(at, (key, principal));
        }
    }
    /// The distinct principals.
    pub fn principals(&self) -> BTreeSet<&str> {
        self.keys.iter().map(|(_, who)| who.as_str()).collect()
    }
    /// How many these are.
    fn distinct(&self) -> usize {
        // Of none or one there is nothing to compare.
        if self.keys.len() < 2 { self.keys.len() } else { self.principals().len() }
    }
    /// Each key that signed, and for whom.
    pub fn keys(&self) -> impl Iterator<Item = (&KeyId, &Principal)> {
        self.keys.iter().map(|(key, who)| (key, who))
    }
    /// Keeps only the keys that `allowed` lets stand and counts again, against `need`.
    ///
    /// # Errors
    /// [`Shortfall`] if too few principals are left.
    pub fn keep(
        mut self,
        need: NonZeroUsize,
        mut allowed: impl FnMut(&KeyId, &str) -> bool,
    ) -> Result<Self, Shortfall> {
        self.keys.retain(|(key, who)| allowed(key, who));
        Tally { signers: Self { keys: self.keys, need } }.decide()
    }
    /// Those who signed apart, each a message of their own that the caller found to say the same, counted together
    /// against `need`. A key speaks for one principal here, too: the first it was counted for.
    ///
    /// # Errors
    /// [`Shortfall`] if they are too few principals together.
    pub fn together(need: NonZeroUsize, apart: impl IntoIterator<Item = Self>) -> Result<Self, Shortfall> {
        let mut signers = Self { keys: Vec::new(), need };
        apart.into_iter().flat_map(|one| one.keys).for_each(|(key, principal)| signers.add(key, principal));
        Tally { signers }.decide()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SecretKey, Suite};
    use super::*;

    fn key(n: u8) -> SecretKey {
        SecretKey::from_random(Suite::Ed25519, &zeroize::Zeroizing::new([n; 32])).unwrap()
    }
    fn vote(key: &SecretKey, hint: Option<&str>) -> Vote {
        Vote { hint: hint.map(str::to_owned), signature: key.sign(b"m") }
    }
    const TWO: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

    #[test]
    fn principals_are_counted_not_signatures_keys_or_ids() {
        let (a, a2, b) = (key(1), key(2), key(3));
        let listed = [("a", &a), ("a", &a), ("a", &a2), ("b", &b)].map(|(p, k)| (p.to_owned(), k.public().clone()));
        let quorum = Quorum::new(listed, TWO).unwrap();
        let short = |votes: &[Vote]| quorum.agree(b"m", votes).unwrap_err().signed.len();
        assert_eq!(short(&[]), 0, "no signature is not agreement");
        assert_eq!(
            short(&[vote(&a, None), vote(&a, Some("x")), vote(&a, Some(b.public().id().as_str()))]),
            1,
            "one key, three times"
        );
        assert_eq!(short(&[vote(&a, None), vote(&a2, None)]), 1, "two keys of one member");
        assert_eq!(quorum.agree(b"m", &[vote(&a, None), vote(&b, Some("wrong"))]).unwrap().principals().len(), 2);
        assert_eq!(quorum.agree(b"other", &[vote(&a, None), vote(&b, None)]).unwrap_err().signed.len(), 0);
    }

    #[test]
    fn one_key_cannot_speak_for_two() {
        let a = key(1);
        let listed = [("a", &a), ("b", &a)].map(|(p, k)| (p.to_owned(), k.public().clone()));
        assert!(matches!(Quorum::new(listed, TWO), Err(QuorumError::SharedKey { .. })));
    }

    #[test]
    fn keeping_counts_again() {
        let (a, b) = (key(1), key(3));
        let listed = [("a", &a), ("b", &b)].map(|(p, k)| (p.to_owned(), k.public().clone()));
        let signers =
            Quorum::new(listed, NonZeroUsize::MIN).unwrap().agree(b"m", &[vote(&a, None), vote(&b, None)]).unwrap();
        assert!(signers.clone().keep(TWO, |_, _| true).is_ok());
        assert!(signers.keep(TWO, |_, who| who == "a").is_err());
    }

    #[test]
    fn who_signed_apart_is_counted_once() {
        let (a, a2, b) = (key(1), key(2), key(3));
        let alone = |principal: &str, key: &SecretKey| {
            let quorum = Quorum::new([(principal.to_owned(), key.public().clone())], NonZeroUsize::MIN).unwrap();
            quorum.agree(b"m", &[vote(key, None)]).unwrap()
        };
        let counted = |apart: Vec<Signers>| match Signers::together(TWO, apart) {
            Ok(signers) => signers.principals().len(),
            Err(short) => short.signed.len(),
        };
        assert_eq!(counted(vec![]), 0);
        assert_eq!(counted(vec![alone("a", &a), alone("a", &a)]), 1, "one key, twice");
        assert_eq!(counted(vec![alone("a", &a), alone("a", &a2)]), 1, "two keys of one seat");
        assert_eq!(counted(vec![alone("a", &a), alone("b", &a)]), 1, "one key that says it is two");
        assert_eq!(counted(vec![alone("a", &a), alone("b", &b)]), 2);
    }
}

//! Where the strict JSON reader is: how deep, and which keys it has met in each object it is in.

use super::json::MAX_DEPTH;
use serde::de;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;

/// So many keys of one object are compared one by one.
const FEW: usize = 16;

/// How deep the reader is, and the first keys of every object it is in, one after the other.
pub(super) struct Walk<'de> {
    depth: Cell<u32>,
    keys: RefCell<Vec<Cow<'de, str>>>,
}

impl Walk<'_> {
    pub(super) fn new() -> Self {
        Self { depth: Cell::new(0), keys: RefCell::new(Vec::with_capacity(FEW)) }
    }
}

/// The keys of one object so far: a short list first, a set once it grows.
pub(super) struct Seen<'a, 'de> {
    walk: &'a Walk<'de>,
    from: usize,
    many: Option<HashSet<Cow<'de, str>>>,
}

impl<'a, 'de> Seen<'a, 'de> {
    pub(super) fn new(walk: &'a Walk<'de>) -> Self {
        Self { walk, from: walk.keys.borrow().len(), many: None }
    }
    /// The key, if it was there already.
    fn insert(&mut self, key: Cow<'de, str>) -> Result<(), Cow<'de, str>> {
        let mut keys = self.walk.keys.borrow_mut();
        let first = keys.get(self.from..).unwrap_or_default();
        if first.contains(&key) {
            return Err(key);
        }
        if first.len() < FEW {
            keys.push(key);
            return Ok(());
        }
        let many = self.many.get_or_insert_default();
        if many.contains(&key) {
            return Err(key);
        }
        many.insert(key);
        Ok(())
    }
}

impl Drop for Seen<'_, '_> {
    fn drop(&mut self) {
        self.walk.keys.borrow_mut().truncate(self.from);
    }
}

/// One level of nesting, left again when dropped.
pub(super) struct Level<'a, 'de>(pub(super) &'a Walk<'de>);

impl<'a, 'de> Level<'a, 'de> {
    pub(super) fn enter<E: de::Error>(walk: &'a Walk<'de>) -> Result<Self, E> {
        if walk.depth.get() >= MAX_DEPTH {
            return Err(E::custom(format_args!("nested deeper than {MAX_DEPTH} levels")));
        }
        walk.depth.set(walk.depth.get() + 1);
        Ok(Self(walk))
    }
}

impl Drop for Level<'_, '_> {
    fn drop(&mut self) {
        self.0.depth.set(self.0.depth.get().saturating_sub(1));
    }
}

/// Notes a key; refuses one that was there already.
pub(super) fn note<'de, E: de::Error>(seen: &mut Seen<'_, 'de>, key: Cow<'de, str>) -> Result<(), E> {
    seen.insert(key).map_err(|key| E::custom(format_args!("duplicate key {key:?}")))
}

//! Where the strict JSON reader is: how deep, and which keys it has met in each object it is in.

use super::json::MAX_DEPTH;
use serde::de;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;

/// How deep the reader is, and the keys of every object it is in, one after the other.
#[derive(Default)]
pub(super) struct Walk {
    depth: Cell<u32>,
    keys: RefCell<Keys>,
}

#[derive(Default)]
struct Keys {
    text: String,
    ends: Vec<usize>,
}

/// The keys of one object so far: a short list first, a set once it grows.
pub(super) struct Seen<'a> {
    walk: &'a Walk,
    from: usize,
    many: HashSet<String>,
}

impl<'a> Seen<'a> {
    pub(super) fn new(walk: &'a Walk) -> Self {
        Self { walk, from: walk.keys.borrow().ends.len(), many: HashSet::new() }
    }
    /// False if the key was there already.
    fn insert(&mut self, key: &str) -> bool {
        let mut keys = self.walk.keys.borrow_mut();
        let ends = keys.ends.get(self.from..).unwrap_or_default();
        let mut start = self.start(&keys);
        for end in ends {
            if keys.text.get(start..*end) == Some(key) {
                return false;
            }
            start = *end;
        }
        if ends.len() >= 16 {
            return self.many.insert(key.to_owned());
        }
        keys.text.push_str(key);
        let end = keys.text.len();
        keys.ends.push(end);
        true
    }
    /// Where the text of the first key of this object begins.
    fn start(&self, keys: &Keys) -> usize {
        self.from.checked_sub(1).and_then(|before| keys.ends.get(before)).copied().unwrap_or(0)
    }
}

impl Drop for Seen<'_> {
    fn drop(&mut self) {
        let mut keys = self.walk.keys.borrow_mut();
        let start = self.start(&keys);
        keys.text.truncate(start);
        keys.ends.truncate(self.from);
    }
}

/// One level of nesting, left again when dropped.
pub(super) struct Level<'a>(pub(super) &'a Walk);

impl<'a> Level<'a> {
    pub(super) fn enter<E: de::Error>(walk: &'a Walk) -> Result<Self, E> {
        if walk.depth.get() >= MAX_DEPTH {
            return Err(E::custom(format_args!("nested deeper than {MAX_DEPTH} levels")));
        }
        walk.depth.set(walk.depth.get() + 1);
        Ok(Self(walk))
    }
}

impl Drop for Level<'_> {
    fn drop(&mut self) {
        self.0.depth.set(self.0.depth.get().saturating_sub(1));
    }
}

/// Notes a key; refuses one that was there already.
pub(super) fn note<E: de::Error>(seen: &mut Seen<'_>, key: &str) -> Result<(), E> {
    if seen.insert(key) { Ok(()) } else { Err(E::custom(format_args!("duplicate key {key:?}"))) }
}

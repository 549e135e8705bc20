//! Objects and head in memory, which fail on demand: every operation can be refused, or be the last one before a crash
//! that loses whatever was not synced. For tests of the order; what is logged here is gone with the process.

use super::blobs::{Blobs, Fault, Head, Swap};
use crate::store;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The operation is refused.
    Refused,
    /// The process dies before the operation, and the machine with it: what was not synced is lost.
    CrashBefore,
    /// The same, after the operation.
    CrashAfter,
    /// The process dies after the operation, and the machine lives on.
    KilledAfter,
    /// A sync or swap says that it failed, though it took place.
    FalseAlarm,
}

/// What a machine remembers: objects that are synced, objects that are not, and the head.
#[derive(Debug, Default)]
struct State {
    synced: BTreeMap<String, Vec<u8>>,
    volatile: BTreeMap<String, Vec<u8>>,
    head: Option<Vec<u8>>,
    operations: u64,
    plan: Option<(u64, Trouble)>,
    down: bool,
}

/// A machine: the same objects and head for everybody who holds it.
#[derive(Clone, Debug, Default)]
pub struct Machine(Arc<Mutex<State>>);

/// One area of objects on a machine.
#[derive(Clone, Debug)]
pub struct Objects {
    machine: Machine,
    area: &'static str,
}

fn gone() -> store::Error {
    store::Error::io(Path::new("memory"), io::Error::other("refused"))
}

impl Machine {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Objects apart from those of other areas.
    pub fn area(&self, area: &'static str) -> Objects {
        Objects { machine: self.clone(), area }
    }
    /// How many operations that change something were tried.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }
    /// Makes the operation of this number, counted from now, go wrong.
    pub fn plan(&self, nth: u64, trouble: Trouble) {
        let mut state = self.state();
        state.plan = Some((state.operations.saturating_add(nth), trouble));
    }
    /// Starts anew after a crash, with what was synced; nothing is planned any more.
    pub fn restart(&self) {
        let mut state = self.state();
        state.plan = None;
        state.down = false;
    }

    /// Does something, unless it is planned to go wrong.
    fn attempt<T>(&self, change: impl FnOnce(&mut State) -> T) -> Result<T, (Option<T>, store::Error)> {
        let mut state = self.state();
        if state.down {
            return Err((None, gone()));
        }
        state.operations = state.operations.saturating_add(1);
        let trouble = state.plan.filter(|(at, _)| *at == state.operations).map(|(_, trouble)| trouble);
        match trouble {
            None => Ok(change(&mut state)),
            Some(Trouble::Refused) => Err((None, gone())),
            Some(Trouble::FalseAlarm) => Err((Some(change(&mut state)), gone())),
            Some(Trouble::CrashBefore) => {
                state.crash();
                Err((None, gone()))
            }
            Some(Trouble::CrashAfter) => {
                let done = change(&mut state);
                state.crash();
                Err((Some(done), gone()))
            }
            Some(Trouble::KilledAfter) => {
                let done = change(&mut state);
                state.down = true;
                Err((Some(done), gone()))
            }
        }
    }

    fn look<T>(&self, read: impl FnOnce(&State) -> T) -> Result<T, store::Error> {
        let state = self.state();
        if state.down { Err(gone()) } else { Ok(read(&state)) }
    }
}

impl State {
    fn crash(&mut self) {
        self.volatile.clear();
        self.down = true;
    }
    fn object(&self, name: &str) -> Option<&Vec<u8>> {
        self.volatile.get(name).or_else(|| self.synced.get(name))
    }
}

impl Objects {
    fn full(&self, name: &str) -> String {
        format!("{}/{name}", self.area)
    }
    /// Puts bytes where an object is, as somebody would who tampers with it.
    pub fn tamper(&self, name: &str, bytes: &[u8]) {
        let name = self.full(name);
        self.machine.state().synced.insert(name, bytes.to_vec());
    }
}

impl Blobs for Objects {
    fn read(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, store::Error> {
        let found = self.machine.look(|state| state.object(&self.full(name)).cloned())?;
        match found {
            Some(bytes) if bytes.len() > limit => Err(store::Error::TooLarge { path: self.full(name).into(), limit }),
            found => Ok(found),
        }
    }
    fn create(&self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        let full = self.full(name);
        let created = self.machine.attempt(|state| match state.object(&full) {
            Some(there) if there != bytes => false,
            Some(_) => true,
            None => {
                state.volatile.insert(full.clone(), bytes.to_vec());
                true
            }
        });
        match created {
            Ok(true) => Ok(()),
            Ok(false) => Err(Fault::Differs(name.to_owned())),
            Err((_, e)) => Err(Fault::Failed(e)),
        }
    }
    fn sync(&self) -> Result<(), Fault> {
        let area = format!("{}/", self.area);
        let synced = self.machine.attempt(|state| {
            let (mine, others) =
                std::mem::take(&mut state.volatile).into_iter().partition(|(n, _)| n.starts_with(&area));
            state.volatile = others;
            let mut mine: BTreeMap<String, Vec<u8>> = mine;
            state.synced.append(&mut mine);
        });
        synced.map_err(|(_, e)| Fault::Unsynced(e))
    }
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        let name = self.full(name);
        let replaced = self.machine.attempt(|state| state.synced.insert(name, bytes.to_vec()));
        replaced.map(|_| ()).map_err(|(_, e)| Fault::Failed(e))
    }
    fn remove(&self, name: &str) -> Result<(), store::Error> {
        let (name, below) = (self.full(name), self.full(&format!("{name}/")));
        let stays = |n: &String| *n != name && !n.starts_with(&below);
        let removed = self.machine.attempt(|state| {
            state.volatile.retain(|n, _| stays(n));
            state.synced.retain(|n, _| stays(n));
        });
        removed.map_err(|(_, e)| e)
    }
    fn list(&self, name: &str) -> Result<Vec<String>, store::Error> {
        let below = self.full(&format!("{name}/"));
        self.machine.look(|state| {
            let names = state.synced.keys().chain(state.volatile.keys());
            names.filter_map(|n| n.strip_prefix(&below)).filter(|n| !n.contains('/')).map(str::to_owned).collect()
        })
    }
}

/// No lock: two writers on one machine race, and the swap alone decides.
impl Head for Machine {
    type Held = ();
    fn lock(&self) -> Result<(), store::Error> {
        self.look(|_| ())
    }
    fn load(&self) -> Result<Option<Vec<u8>>, store::Error> {
        self.look(|state| state.head.clone())
    }
    fn swap(&self, old: Option<&[u8]>, new: &[u8]) -> Result<Swap, Fault> {
        let swapped = self.attempt(|state| {
            let same = state.head.as_deref() == old;
            if same {
                state.head = Some(new.to_vec());
            }
            if same { Swap::Done } else { Swap::Lost }
        });
        swapped.map_err(|(_, e)| Fault::Unknown(e))
    }
}

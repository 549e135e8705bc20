//! What is still to be measured, and how it is handed out: a few files at a time, each with its place in the order.

use super::Error;
use super::open::Folder;
use super::tree::{Leaf, Walk};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most tasks a thread is handed at a time, while files are small. Each may keep a folder open.
const HANDFUL: usize = 16;
/// So many files below folders are found before they are asked for.
const AHEAD: usize = 64;

/// Where a file stands in the order: the number of what was asked for, and its own below that.
pub(super) type Place = (usize, u32);

/// A file to be opened.
#[derive(Debug)]
pub(super) enum Task {
    Named(Place),
    Below(Place, Leaf),
}

impl Task {
    pub(super) fn place(&self) -> Place {
        match self {
            Self::Named(place) | Self::Below(place, _) => *place,
        }
    }
}

/// What is still to be handed out. Whoever looks what comes next does so while the others take what has been found: to
/// read the names of a folder takes as long as to measure some files.
#[derive(Debug)]
pub(super) struct Source {
    asked: usize,
    /// Found, or handed to a thread that had enough.
    ready: Mutex<VecDeque<Task>>,
    /// Locked before `ready` where both are.
    walks: Mutex<Walks>,
}

/// What is known of what was asked for.
#[derive(Debug, Default)]
struct Walks {
    next: usize,
    walk: Option<(usize, Walk)>,
    /// Folders that were asked for and opened, to be walked.
    folders: VecDeque<(usize, Folder)>,
}

impl Source {
    /// So many things were asked for.
    pub(super) fn new(asked: usize) -> Self {
        Self { asked, ready: Mutex::default(), walks: Mutex::default() }
    }

    /// Hands out some tasks; none if there are no more.
    pub(super) fn fill(&self, hand: &mut Hand, fail: &dyn Fn(Place, Error)) {
        loop {
            let left = hand.take_of(&mut locked(&self.ready));
            let walks = match left {
                _ if hand.is_empty() => Some(locked(&self.walks)),
                // Whoever has the lock is looking.
                0..AHEAD => self.walks.try_lock().ok(),
                _ => None,
            };
            let Some(mut walks) = walks else { return };
            if hand.is_empty() && !locked(&self.ready).is_empty() {
                continue;
            }
            if !self.look_ahead(&mut walks, hand.most, fail) || !hand.is_empty() {
                return;
            }
        }
    }

    /// Finds some tasks, if there are more: files below a folder, or else things that were asked for.
    fn look_ahead(&self, walks: &mut Walks, most: usize, fail: &dyn Fn(Place, Error)) -> bool {
        loop {
            let found: Vec<Task> = std::iter::from_fn(|| walks.below(fail)).take(HANDFUL).collect();
            let mut ready = locked(&self.ready);
            if found.is_empty() && ready.is_empty() {
                ready.extend(std::iter::from_fn(|| walks.named(self.asked)).take(most));
            }
            let over = found.is_empty();
            ready.extend(found);
            if over || ready.len() >= AHEAD {
                return !ready.is_empty();
            }
        }
    }

    /// A folder that was asked for turned out to be one.
    pub(super) fn walk(&self, asked: usize, folder: Folder) {
        locked(&self.walks).folders.push_back((asked, folder));
    }

    /// What a thread was handed and shall not begin after all.
    pub(super) fn take_back(&self, hand: &mut Hand) {
        let mut ready = locked(&self.ready);
        hand.tasks.drain(..).rev().for_each(|task| ready.push_front(task));
    }

    /// Whether nothing is left to be handed out.
    pub(super) fn is_exhausted(&self) -> bool {
        let walks = locked(&self.walks);
        walks.walk.is_none() && walks.folders.is_empty() && walks.next >= self.asked && locked(&self.ready).is_empty()
    }
}

impl Walks {
    /// The next file below a folder.
    fn below(&mut self, fail: &dyn Fn(Place, Error)) -> Option<Task> {
        loop {
            if let Some((n, walk)) = &mut self.walk {
                match walk.next() {
                    Some((at, Ok(leaf))) => return Some(Task::Below((*n, at), leaf)),
                    // What comes later in this folder matters no more.
                    Some((at, Err(error))) => {
                        fail((*n, at), error);
                        self.walk = None;
                    }
                    None => self.walk = None,
                }
            } else {
                let (n, folder) = self.folders.pop_front()?;
                match Walk::new(folder) {
                    Ok(walk) => self.walk = Some((n, walk)),
                    Err(error) => fail((n, 0), error),
                }
            }
        }
    }

    /// The next of so many that were asked for.
    fn named(&mut self, asked: usize) -> Option<Task> {
        let n = self.next;
        self.next = n.saturating_add(usize::from(n < asked));
        (n < asked).then_some(Task::Named((n, 0)))
    }
}

/// What a mutex holds; whoever panicked with it ends the program.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a thread has been handed and not begun, and how much it is handed next.
#[derive(Debug)]
pub(super) struct Hand {
    tasks: VecDeque<Task>,
    most: usize,
}

/// What the files were like that were opened last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Files {
    Small,
    Large,
}

impl Default for Hand {
    fn default() -> Self {
        Self { tasks: VecDeque::with_capacity(HANDFUL), most: 1 }
    }
}

impl Hand {
    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }
    pub(super) fn next(&mut self) -> Option<Task> {
        self.tasks.pop_front()
    }
    /// Takes what it has room for, and says how many are left.
    fn take_of(&mut self, ready: &mut VecDeque<Task>) -> usize {
        let some = self.most.saturating_sub(self.tasks.len()).min(ready.len());
        self.tasks.extend(ready.drain(..some));
        ready.len()
    }
    /// Large files are handed out one by one, for the others to have some.
    pub(super) fn expect(&mut self, files: Files) {
        self.most = match files {
            Files::Small => self.most.saturating_mul(2).min(HANDFUL),
            Files::Large => 1,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{Files, HANDFUL, Hand, Source};

    #[test]
    fn small_files_come_by_the_handful_and_what_is_given_back_comes_again() {
        let (source, mut hand) = (Source::new(200), Hand::default());
        let mut taken = Vec::new();
        let mut sizes = Vec::new();
        while taken.len() < 200 {
            source.fill(&mut hand, &|place, error| panic!("{place:?} {error}"));
            sizes.push(hand.tasks.len());
            taken.push(hand.next().unwrap().place().0);
            if taken.len() % 7 == 0 {
                hand.expect(Files::Large);
                source.take_back(&mut hand);
                assert!(hand.is_empty() && !source.is_exhausted());
            } else {
                hand.expect(Files::Small);
                while let Some(task) = hand.next() {
                    taken.push(task.place().0);
                }
            }
        }
        source.fill(&mut hand, &|place, error| panic!("{place:?} {error}"));
        assert!(hand.is_empty() && source.is_exhausted());
        taken.sort_unstable();
        assert_eq!(taken, (0..200).collect::<Vec<_>>());
        assert!(sizes.contains(&1) && sizes.iter().all(|size| *size <= HANDFUL), "{sizes:?}");
    }
}

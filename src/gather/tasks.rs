//! What is still to be measured, and how it is handed out: a few files at a time, each with its place in the order.

use super::Error;
use super::open::Folder;
use super::tree::{Leaf, Walk};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most tasks a thread is handed at a time, while files are small. Each may keep a folder open.
const HANDFUL: usize = 16;
/// So many files below folders are found before they are asked for: enough to do while somebody reads names.
const AHEAD: usize = 1024;
/// No more are found once they lie in more folders than that, each of which they keep open, with those it lies in.
const APART: usize = 64;

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
    /// Whether both are files in the same folder.
    fn is_beside(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Below(_, one), Self::Below(_, other)) => Arc::ptr_eq(&one.within, &other.within),
            _ => false,
        }
    }
}

/// What is still to be handed out. Whoever looks what comes next does so while the others take what has been found: to
/// read the names of a folder takes as long as to measure some files.
#[derive(Debug)]
pub(super) struct Source {
    asked: usize,
    /// Found, or handed to a thread that had enough.
    ready: Mutex<Ready>,
    /// Locked before `ready` where both are.
    walks: Mutex<Walks>,
}

/// Tasks that have been found, and how many times two neighbours lie in different folders.
#[derive(Debug, Default)]
struct Ready {
    tasks: VecDeque<Task>,
    apart: usize,
}

impl Ready {
    fn push(&mut self, task: Task) {
        let apart = self.tasks.back().is_some_and(|last| !last.is_beside(&task));
        self.apart = self.apart.saturating_add(apart.into());
        self.tasks.push_back(task);
    }
    fn push_first(&mut self, task: Task) {
        let apart = self.tasks.front().is_some_and(|first| !first.is_beside(&task));
        self.apart = self.apart.saturating_add(apart.into());
        self.tasks.push_front(task);
    }
    fn pop(&mut self) -> Option<Task> {
        let task = self.tasks.pop_front()?;
        let apart = self.tasks.front().is_some_and(|next| !next.is_beside(&task));
        self.apart = self.apart.saturating_sub(apart.into());
        Some(task)
    }
    fn are_enough(&self) -> bool {
        self.tasks.len() >= AHEAD || self.apart >= APART
    }
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
            let enough = hand.take_of(&mut locked(&self.ready));
            let walks = match enough {
                _ if hand.is_empty() => Some(locked(&self.walks)),
                // Whoever has the lock is looking.
                false => self.walks.try_lock().ok(),
                true => None,
            };
            let Some(mut walks) = walks else { return };
            if hand.is_empty() && !locked(&self.ready).tasks.is_empty() {
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
            let over = found.is_empty();
            if over && ready.tasks.is_empty() {
                std::iter::from_fn(|| walks.named(self.asked)).take(most).for_each(|task| ready.push(task));
            }
            found.into_iter().for_each(|task| ready.push(task));
            if over || ready.are_enough() {
                return !ready.tasks.is_empty();
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
        hand.tasks.drain(..).rev().for_each(|task| ready.push_first(task));
    }

    /// Whether nothing is left to be handed out.
    pub(super) fn is_exhausted(&self) -> bool {
        let walks = locked(&self.walks);
        walks.walk.is_none()
            && walks.folders.is_empty()
            && walks.next >= self.asked
            && locked(&self.ready).tasks.is_empty()
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
    /// Takes what it has room for, and says whether enough are left.
    fn take_of(&mut self, ready: &mut Ready) -> bool {
        while self.tasks.len() < self.most
            && let Some(task) = ready.pop()
        {
            self.tasks.push_back(task);
        }
        ready.are_enough()
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
    use super::{AHEAD, APART, Error, Files, HANDFUL, Hand, Place, Source, Task, locked};
    use crate::gather::open::{Opened, named};

    /// Found ahead below a folder: so many files, and how many times two neighbours lie apart.
    fn ahead(paths: impl Iterator<Item = String>) -> (usize, usize) {
        let here = tempfile::tempdir().unwrap();
        for path in paths {
            let path = here.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let (source, mut hand) = (Source::new(1), Hand::default());
        let Opened::Folder(folder) = named(here.path()).unwrap() else { panic!("a folder") };
        source.walk(0, folder);
        let fail = |place: Place, error: Error| panic!("{place:?} {error}");
        source.fill(&mut hand, &fail);
        let found = locked(&source.ready).tasks.len();
        let apart = locked(&source.ready).apart;
        let mut all = 0;
        while let Some(task) = hand.next() {
            all += u32::from(matches!(task, Task::Below(..)));
            hand.expect(Files::Small);
            if hand.is_empty() {
                source.fill(&mut hand, &fail);
                let ready = locked(&source.ready);
                let neighbours = ready.tasks.iter().zip(ready.tasks.iter().skip(1));
                assert_eq!(ready.apart, neighbours.filter(|(one, next)| !one.is_beside(next)).count());
            }
        }
        assert_eq!(all, 2000);
        (found, apart)
    }

    #[test]
    fn many_files_are_found_ahead_and_few_folders() {
        let (found, apart) = ahead((0..2000).map(|n| format!("{n}")));
        assert!(found + 1 >= AHEAD && found <= AHEAD + HANDFUL && apart == 0, "{found} {apart}");
        let (found, apart) = ahead((0..2000).map(|n| format!("{n}/a")));
        assert!(found >= APART && apart <= APART + HANDFUL, "{found} {apart}");
        let (_, apart) = ahead((0..2000).map(|n| if n % 2 == 0 { format!("{n}") } else { format!("{n}/a") }));
        assert!(apart <= APART + 2 * HANDFUL, "{apart}");
    }

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

//! What is still to be measured, and how it is handed out: a few files at a time, each with its place in the order.

use super::Error;
use super::open::Folder;
use super::tree::{Leaf, Walk};
use std::collections::VecDeque;

/// The most tasks a thread is handed at a time, while files are small. Each may keep a folder open.
const HANDFUL: usize = 16;

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

/// What is still to be handed out.
#[derive(Debug, Default)]
pub(super) struct Source {
    next: usize,
    walk: Option<(usize, Walk)>,
    /// Folders that were asked for and opened, to be walked.
    folders: VecDeque<(usize, Folder)>,
    /// What was handed to a thread that had enough.
    returned: Vec<Task>,
}

impl Source {
    /// Hands out some tasks, of so many things that were asked for.
    pub(super) fn fill(&mut self, hand: &mut Hand, asked: usize, fail: &dyn Fn(Place, Error)) {
        while hand.tasks.len() < hand.most
            && let Some(task) = self.returned.pop().or_else(|| self.next(asked, fail))
        {
            hand.tasks.push_back(task);
        }
    }

    fn next(&mut self, asked: usize, fail: &dyn Fn(Place, Error)) -> Option<Task> {
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
            } else if let Some((n, folder)) = self.folders.pop_front() {
                match Walk::new(folder) {
                    Ok(walk) => self.walk = Some((n, walk)),
                    Err(error) => fail((n, 0), error),
                }
            } else {
                let n = self.next;
                self.next = n.saturating_add(usize::from(n < asked));
                return (n < asked).then_some(Task::Named((n, 0)));
            }
        }
    }

    /// A folder that was asked for turned out to be one.
    pub(super) fn walk(&mut self, asked: usize, folder: Folder) {
        self.folders.push_back((asked, folder));
    }

    /// What a thread was handed and shall not begin after all.
    pub(super) fn take_back(&mut self, hand: &mut Hand) {
        self.returned.extend(hand.tasks.drain(..).rev());
    }

    /// Whether nothing is left to be handed out.
    pub(super) fn is_exhausted(&self, asked: usize) -> bool {
        self.returned.is_empty() && self.walk.is_none() && self.folders.is_empty() && self.next >= asked
    }
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
        let (mut source, mut hand) = (Source::default(), Hand::default());
        let mut taken = Vec::new();
        let mut sizes = Vec::new();
        while taken.len() < 200 {
            source.fill(&mut hand, 200, &|place, error| panic!("{place:?} {error}"));
            sizes.push(hand.tasks.len());
            taken.push(hand.next().unwrap().place().0);
            if taken.len() % 7 == 0 {
                hand.expect(Files::Large);
                source.take_back(&mut hand);
                assert!(hand.is_empty() && !source.is_exhausted(200));
            } else {
                hand.expect(Files::Small);
                while let Some(task) = hand.next() {
                    taken.push(task.place().0);
                }
            }
        }
        source.fill(&mut hand, 200, &|place, error| panic!("{place:?} {error}"));
        assert!(hand.is_empty() && source.is_exhausted(200));
        taken.sort_unstable();
        assert_eq!(taken, (0..200).collect::<Vec<_>>());
        assert!(sizes.contains(&1) && sizes.iter().all(|size| *size <= HANDFUL), "{sizes:?}");
    }
}

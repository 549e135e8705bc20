//! How much of the machine measuring may take, and how far it has come.

use crate::artifact::Lanes;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};

/// How measuring is done. It changes no digest, no order and no error.
#[derive(Clone, Copy, Debug, Default)]
pub struct Effort<'a> {
    /// Threads; None is as many as there are cores.
    pub jobs: Option<NonZeroUsize>,
    /// Files hashed side by side in each thread; None is what is fastest here.
    pub lanes: Option<Lanes>,
    /// Told what has been read.
    pub progress: Option<&'a Progress>,
}

impl Effort<'_> {
    pub(super) fn threads(&self) -> usize {
        self.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
    }
    /// How so many files are hashed. For one alone the processor is not asked what it can, which takes a virtual machine
    /// longer than a small file does.
    pub(super) fn lanes(&self, files: usize) -> Lanes {
        self.lanes.unwrap_or_else(|| if files < 2 { Lanes::ONE } else { Lanes::best() })
    }
    pub(super) fn bytes(&self, more: u64) {
        if let Some(progress) = self.progress {
            progress.bytes.fetch_add(more, Ordering::Relaxed);
        }
    }
    pub(super) fn files(&self, more: u64) {
        if let Some(progress) = self.progress {
            progress.files.fetch_add(more, Ordering::Relaxed);
        }
    }
    pub(super) fn opened(&self, size: u64) {
        if let Some(progress) = self.progress {
            progress.opened.fetch_add(1, Ordering::Relaxed);
            progress.size.fetch_add(size, Ordering::Relaxed);
        }
    }
}

/// How far measuring has come; another thread may look at it at any time.
#[derive(Debug, Default)]
pub struct Progress {
    files: AtomicU64,
    bytes: AtomicU64,
    opened: AtomicU64,
    size: AtomicU64,
}

impl Progress {
    /// Files measured to their end.
    pub fn files(&self) -> u64 {
        self.files.load(Ordering::Relaxed)
    }
    /// Bytes read.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
    /// Files opened, and the bytes that these have.
    pub fn opened(&self) -> (u64, u64) {
        (self.opened.load(Ordering::Relaxed), self.size.load(Ordering::Relaxed))
    }
}

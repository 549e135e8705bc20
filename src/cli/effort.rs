//! How much of the machine a command may take, and what is shown while it does.

use super::context::{Context, Shown};
use clap::Args;
use serde::Serialize;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};
use vouchsafe::artifact::Lanes;
use vouchsafe::gather::{Effort, Progress, tree};

/// Flags of commands that read many files.
#[derive(Args)]
pub(crate) struct EffortArgs {
    /// Threads that read and hash; by default as many as there are cores
    #[arg(long, short, value_name = "N", env = "VOUCHSAFE_JOBS")]
    jobs: Option<NonZeroUsize>,
    /// Files hashed side by side in each thread: 16, 8, 2 or 1. For tests; by default what is fastest here
    #[arg(long, hide = true, value_name = "N", env = "VOUCHSAFE_LANES", value_parser = lanes)]
    lanes: Option<Lanes>,
}

fn lanes(text: &str) -> Result<Lanes, String> {
    let here = || Lanes::here().map(|l| l.width().to_string()).collect::<Vec<_>>().join(", ");
    text.parse().ok().and_then(Lanes::of).ok_or_else(|| format!("this processor has {}", here()))
}

/// How long nothing is shown: most work is over by then.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often what is shown changes.
const BEAT: Duration = Duration::from_millis(200);

impl EffortArgs {
    /// How many threads work.
    pub(crate) fn threads(&self) -> usize {
        self.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
    }

    /// Does work, and shows how it goes: on a terminal after a second, or as JSON lines if that was asked for. `count`
    /// says how many files there are, and is asked only if something is shown.
    pub(crate) fn spend<T>(
        &self,
        context: &Context,
        count: impl Fn() -> u64 + Send,
        work: impl FnOnce(&Effort<'_>) -> T,
    ) -> T {
        let quiet = Effort { jobs: self.jobs, lanes: self.lanes, progress: None };
        let shown = context.progress();
        if shown == Shown::Nothing {
            return work(&quiet);
        }
        let progress = Progress::default();
        std::thread::scope(|scope| {
            let (ends, ended) = channel();
            let progress = &progress;
            let watch = move || watch(&Watched { context, shown, progress, started: Instant::now() }, &count, &ended);
            // Where no thread is to be had, nothing is shown.
            let _ = Builder::new().spawn_scoped(scope, watch);
            let done = work(&Effort { progress: Some(progress), ..quiet });
            drop::<std::sync::mpsc::Sender<()>>(ends);
            done
        })
    }
}

/// Less work than this for each thread is done before it has started.
const FEW: usize = 16;
/// The most that a thread takes at a time, and how many times each takes some: nobody waits long for the last one.
const PART: usize = 4096;
const TURNS: usize = 64;

/// Does work on parts of a list, where they lie, with so many threads; the results are in the order of the list.
pub(crate) fn in_parts<T: Send, R: Send>(all: &mut [T], threads: usize, work: impl Fn(&mut [T]) -> R + Sync) -> Vec<R> {
    if threads < 2 || all.len() / threads < FEW {
        return vec![work(all)];
    }
    // Even, since a file and what is said of it lie side by side.
    let part = all.len().div_ceil(threads.saturating_mul(TURNS)).clamp(FEW, PART).next_multiple_of(2);
    let rest = Mutex::new(all.chunks_mut(part).enumerate());
    let next = || rest.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || std::iter::from_fn(next).map(|(at, part)| (at, work(part))).collect::<Vec<_>>();
    let mut done = std::thread::scope(|scope| {
        // Where there are no more threads to be had, there are fewer.
        let others: Vec<_> = (1..threads).map_while(|_| Builder::new().spawn_scoped(scope, work).ok()).collect();
        let mut done = work();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, done)| done).collect()
}

/// Keeps what the program would let go of just before it ends: to give a hundred thousand names back one by one takes as
/// long as writing them.
pub(crate) fn at_the_end<T>(done: T) {
    std::mem::forget(done);
}

/// How many files arguments name; a list counts as one.
pub(crate) fn count(arguments: &[OsString]) -> u64 {
    arguments.iter().map(|a| tree::count(Path::new(a)).max(1)).sum()
}

/// Work under way.
struct Watched<'a> {
    context: &'a Context,
    shown: Shown,
    progress: &'a Progress,
    started: Instant,
}

/// Shows the work until it ends.
fn watch(watched: &Watched<'_>, count: &impl Fn() -> u64, ended: &Receiver<()>) {
    let over = |after| ended.recv_timeout(after) != Err(RecvTimeoutError::Timeout);
    if watched.shown == Shown::Line && over(PATIENCE) {
        return;
    }
    let total = count();
    while !over(BEAT) {
        watched.show(total);
    }
    match watched.shown {
        Shown::Json => watched.show(total),
        _ => watched.context.ask("\r\u{1b}[K"),
    }
}

/// schemas/progress-v1.json
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema: &'static str,
    files: u64,
    total_files: u64,
    bytes: u64,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_left: Option<f64>,
}

impl Watched<'_> {
    fn show(&self, total: u64) {
        let (files, bytes) = (self.progress.files(), self.progress.bytes());
        let seconds = self.started.elapsed().as_secs_f64();
        let left = left(self.progress, total).map(|per_done| per_done * seconds);
        if self.shown == Shown::Json {
            let round = |s: f64| (s * 1000.0).round() / 1000.0;
            let (seconds, seconds_left) = (round(seconds), left.map(round));
            let schema = "vouchsafe-progress/v1";
            let document = Document { schema, files, total_files: total, bytes, seconds, seconds_left };
            let line = vouchsafe::encoding::json::compact(&document);
            self.context.ask(format_args!("{}\n", String::from_utf8_lossy(&line)));
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "a rate to look at")]
        let rate = bytes as f64 / seconds.max(0.001);
        let left = left.map_or_else(String::new, |s| format!("  {s:.0} s left"));
        let line = format!("{files} of {total} files  {}  {}/s{left}", size(bytes), size_of(rate));
        self.context.ask(format_args!("\r{line}\u{1b}[K"));
    }
}

/// What is still to do, in units of what is done; None while that says little. Files count alike, those that are open
/// by the part of their bytes that is read.
#[expect(clippy::cast_precision_loss, reason = "an estimate to look at")]
fn left(progress: &Progress, total: u64) -> Option<f64> {
    let (opened, size) = progress.opened();
    let read = if size == 0 { 1.0 } else { progress.bytes() as f64 / size as f64 };
    let done = opened as f64 * read / total.max(1) as f64;
    (done > 0.01 && done <= 1.0).then(|| (1.0 - done) / done)
}

#[expect(clippy::cast_precision_loss, reason = "a size to look at")]
fn size(bytes: u64) -> String {
    size_of(bytes as f64)
}

fn size_of(bytes: f64) -> String {
    let kib = bytes / 1024.0;
    let (unit, name) = match kib {
        k if k < 1024.0 => (1.0, "KiB"),
        k if k < 1024.0 * 1024.0 => (1024.0, "MiB"),
        _ => (1024.0 * 1024.0, "GiB"),
    };
    format!("{:.1} {name}", kib / unit)
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_written_for_people() {
        assert_eq!([0, 1536, 5 << 20, 3 << 30].map(size), ["0.0 KiB", "1.5 KiB", "5.0 MiB", "3.0 GiB"]);
    }
}

//! Work over several cores: one thread hands it out and takes the results, so that only one writes.

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// So many pieces of work for each worker are on their way at a time.
const AHEAD: usize = 4;
/// So long at most a worker sits on results, unless one takes longer.
const PAUSE: Duration = Duration::from_millis(500);

/// Some results of a worker.
struct Done<R> {
    results: Vec<R>,
    /// Whether they are the last of what it was handed.
    last: bool,
}

/// Has everything that `feed` gives, several at a time, done by `work`, with what `state` makes once for each worker, and
/// the results handed to `take`, in no particular order. The first error ends it.
pub(super) fn spread<J: Send, R: Send, S, E: Send>(
    jobs: NonZeroUsize,
    mut feed: impl FnMut() -> Result<Option<Vec<J>>, E>,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, J) -> Result<R, E> + Sync,
    mut take: impl FnMut(Vec<R>) -> Result<(), E>,
) -> Result<(), E> {
    let most = jobs.get().saturating_mul(AHEAD);
    let (out, waiting) = sync_channel::<Vec<J>>(most);
    let waiting = Mutex::new(waiting);
    let (done, results) = channel::<Result<Done<R>, E>>();
    std::thread::scope(|scope| {
        for worker in 0..jobs.get() {
            let (done, waiting, state, work) = (done.clone(), &waiting, &state, &work);
            let working = Builder::new().spawn_scoped(scope, move || {
                let mut state = state();
                while let Some(some) = next(waiting) {
                    if !several(some, |one| work(&mut state, one), |some| done.send(some).is_ok()) {
                        break;
                    }
                }
            });
            match working {
                Ok(_) => {}
                Err(_) if worker == 0 => return one_by_one(&mut feed, state(), work, &mut take),
                // Where there are no more threads to be had, there are fewer.
                Err(_) => break,
            }
        }
        drop(done);
        conduct(most, &mut feed, out, &results, &mut take)
    })
}

/// As [`spread`], where no thread is to be had.
fn one_by_one<J, R, S, E>(
    feed: &mut impl FnMut() -> Result<Option<Vec<J>>, E>,
    mut state: S,
    work: impl Fn(&mut S, J) -> Result<R, E>,
    take: &mut impl FnMut(Vec<R>) -> Result<(), E>,
) -> Result<(), E> {
    while let Some(some) = feed()? {
        take(some.into_iter().map(|one| work(&mut state, one)).collect::<Result<Vec<R>, E>>()?)?;
    }
    Ok(())
}

fn next<J>(waiting: &Mutex<Receiver<J>>) -> Option<J> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Does one after the other, and sends what came of them; whether it is still wanted.
fn several<J, R, E>(
    some: Vec<J>,
    mut work: impl FnMut(J) -> Result<R, E>,
    send: impl Fn(Result<Done<R>, E>) -> bool,
) -> bool {
    let (mut results, mut began) = (Vec::with_capacity(some.len()), Instant::now());
    for one in some {
        match work(one) {
            Ok(result) => results.push(result),
            Err(error) => return send(Err(error)),
        }
        if began.elapsed() >= PAUSE {
            if !send(Ok(Done { results: std::mem::take(&mut results), last: false })) {
                return false;
            }
            began = Instant::now();
        }
    }
    send(Ok(Done { results, last: true }))
}

/// Hands out work as long as there is some, never more than `most` ahead, and takes what comes back. Dropping the sender
/// on the way out ends the workers.
fn conduct<J, R, E>(
    most: usize,
    feed: &mut impl FnMut() -> Result<Option<Vec<J>>, E>,
    out: SyncSender<Vec<J>>,
    results: &Receiver<Result<Done<R>, E>>,
    take: &mut impl FnMut(Vec<R>) -> Result<(), E>,
) -> Result<(), E> {
    let mut pending = 0_usize;
    let mut more = true;
    while more || pending > 0 {
        while more && pending < most {
            more = feed()?.is_some_and(|job| out.send(job).is_ok());
            pending = pending.saturating_add(usize::from(more));
        }
        if pending > 0 {
            let Ok(done) = results.recv() else { break };
            let Done { results, last } = done?;
            pending = pending.saturating_sub(usize::from(last));
            take(results)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::spread;
    use std::num::NonZeroUsize;

    #[test]
    fn everything_is_done_once_and_an_error_ends_it() {
        let jobs = NonZeroUsize::new(3).unwrap();
        let (mut next, mut sum) = (0_u64, 0_u64);
        let feed = || {
            next += 1;
            Ok::<_, u64>((next <= 1_000).then_some(vec![next, next]))
        };
        let take = |some: Vec<u64>| {
            sum += some.iter().sum::<u64>();
            Ok(())
        };
        spread(jobs, feed, || (), |(), n| Ok(n), take).unwrap();
        assert_eq!(sum, 2 * 500_500);
        let mut endless = 0_u64;
        let feed = || {
            endless += 1;
            Ok(Some(vec![endless]))
        };
        assert_eq!(spread(jobs, feed, || (), |(), n| if n == 50 { Err(n) } else { Ok(n) }, |_| Ok(())), Err(50));
    }
}

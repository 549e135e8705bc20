//! Work over several cores: one thread hands it out and takes the results, so that only one writes.

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};

/// So many pieces of work for each worker are on their way at a time.
const AHEAD: usize = 4;

/// Has every piece of work that `feed` gives done by `work`, with what `state` makes once for each worker, and the results
/// handed to `take`, in no particular order. The first error ends it.
pub(super) fn spread<J: Send, R: Send, S, E: Send>(
    jobs: NonZeroUsize,
    mut feed: impl FnMut() -> Result<Option<J>, E>,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, J) -> Result<R, E> + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let most = jobs.get().saturating_mul(AHEAD);
    let (out, waiting) = sync_channel::<J>(most);
    let waiting = Mutex::new(waiting);
    let (done, results) = channel::<Result<R, E>>();
    std::thread::scope(|scope| {
        for _ in 0..jobs.get() {
            let (done, waiting, state, work) = (done.clone(), &waiting, &state, &work);
            scope.spawn(move || {
                let mut state = state();
                while let Some(job) = next(waiting) {
                    if done.send(work(&mut state, job)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(done);
        conduct(most, &mut feed, out, &results, &mut take)
    })
}

fn next<J>(waiting: &Mutex<Receiver<J>>) -> Option<J> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Hands out work as long as there is some, never more than `most` ahead, and takes what comes back. Dropping the sender
/// on the way out ends the workers.
fn conduct<J, R, E>(
    most: usize,
    feed: &mut impl FnMut() -> Result<Option<J>, E>,
    out: SyncSender<J>,
    results: &Receiver<Result<R, E>>,
    take: &mut impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let mut pending = 0_usize;
    let mut more = true;
    while more || pending > 0 {
        while more && pending < most {
            more = feed()?.is_some_and(|job| out.send(job).is_ok());
            pending = pending.saturating_add(usize::from(more));
        }
        if pending > 0 {
            let Ok(result) = results.recv() else { break };
            pending = pending.saturating_sub(1);
            take(result?)?;
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
            Ok::<_, u64>((next <= 1_000).then_some(next))
        };
        let take = |n: u64| {
            sum += n;
            Ok(())
        };
        spread(jobs, feed, || (), |(), n| Ok(n), take).unwrap();
        assert_eq!(sum, 500_500);
        let mut endless = 0_u64;
        let feed = || {
            endless += 1;
            Ok(Some(endless))
        };
        assert_eq!(spread(jobs, feed, || (), |(), n| if n == 50 { Err(n) } else { Ok(n) }, |_| Ok(())), Err(50));
    }
}

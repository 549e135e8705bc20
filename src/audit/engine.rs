//! An audit from beginning to end: walk, read attestations, take over what is known, decide on the rest, sum up.

use super::error::AuditError;
use super::index::{Index, Waiting};
use super::judge::Judge;
use super::outcome::{ArtifactLine, Each, NotChecked, Outcome, ReleaseLine, Summary};
use super::question::{Filter, Question};
use super::report::{PolicyShown, Totals, Verdict, ViewShown};
use super::walk::{self, Item, Met, Place};
use super::{Finding, Severity, findings, read, row, spread, until};
use crate::gather;
use crate::verify::AsOf;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// So many things are written at once, and so much work is done again after an interruption at most.
const BATCH: usize = 1_000;
/// Where files are large, so long at most.
const PAUSE: Duration = Duration::from_secs(1);
/// So many files with attestations are kept at once. Where they are mentioned lies all over a table, so that few large
/// additions to it cost much less than many small ones.
const KEPT: usize = 4_000;
/// So many files are handed to a worker at a time.
const HANDFUL: usize = 32;

/// An audit that was carried through.
#[derive(Debug)]
pub struct Audit {
    index: Index,
    summary: Summary,
    view: Filter,
}

/// Asks the question of everything that was named. None if nothing was there to ask about.
///
/// # Errors
/// [`AuditError`] if there is no answer at all; what is wrong with single files stands in the answer.
pub fn audit(question: &Question<'_>, index: Index, clock: i64) -> Result<Option<Audit>, AuditError> {
    let asked = index.question(&question.digest())?;
    let explicit = !question.bundles.is_empty();
    let mut walked = Walked { question, index: &index, asked, clock, ..Walked::new(question, &index) };
    walked.all()?;
    read_places(question, &index)?;
    index.sort_out(explicit)?;
    let now = question.at.as_second();
    if question.times == super::Times::Believed {
        index.bring(asked, now)?;
    }
    if !explicit {
        index.take_over(asked, now, question.times)?;
    }
    let new = decide(question, &index, asked, clock)?;
    if index.number("SELECT count(*) FROM temp.asked", &[])? == 0 {
        return Ok(None);
    }
    index.narrow(&question.view)?;
    index.count_releases(&question.view)?;
    let members = index.members()?;
    index.gather_findings(&question.view, &findings::of_members(question, &members))?;
    let summary = summary(question, &index)?;
    index.note(question, &members, clock, new)?;
    Ok(Some(Audit { index, summary, view: question.view.clone() }))
}

/// What was met on the way, until there is enough of it to be noted.
struct Walked<'a> {
    question: &'a Question<'a>,
    index: &'a Index,
    asked: i64,
    clock: i64,
    items: Vec<Item>,
    places: Vec<Place>,
    skipped: Vec<(PathBuf, String)>,
    unreadable: Vec<(PathBuf, gather::Error)>,
}

impl<'a> Walked<'a> {
    fn new(question: &'a Question<'a>, index: &'a Index) -> Self {
        let (items, places, skipped, unreadable) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { question, index, asked: 0, clock: 0, items, places, skipped, unreadable }
    }

    fn all(&mut self) -> Result<(), AuditError> {
        for path in self.question.bundles {
            walk::named(path, &mut |met| self.take(met))?;
        }
        for argument in self.question.paths {
            walk::argument(argument, &mut |met| self.take(met))?;
        }
        self.note()
    }

    fn take(&mut self, met: Met) -> Result<(), AuditError> {
        match met {
            Met::Artifact(item) => self.items.push(item),
            Met::Container(place) => self.places.push(place),
            Met::NotChecked(path, why) => self.skipped.push((path, why)),
            Met::Unreadable(path, error) => {
                self.skipped.push((path.clone(), walk::why(&error)));
                self.unreadable.push((path, error));
            }
        }
        let met = self.items.len() + self.places.len() + self.skipped.len();
        if met >= BATCH { self.note() } else { Ok(()) }
    }

    fn note(&mut self) -> Result<(), AuditError> {
        self.index.ask(&std::mem::take(&mut self.items))?;
        self.index.place(self.question.here, &std::mem::take(&mut self.places), self.question.times)?;
        self.index.skip(&std::mem::take(&mut self.skipped))?;
        let rows: Vec<_> =
            std::mem::take(&mut self.unreadable).iter().map(|(path, error)| row::unreadable(path, error)).collect();
        self.index.write(self.asked, self.question.at.as_second(), self.clock, &rows)?;
        Ok(())
    }
}

/// Reads the files with attestations that were never read, or not since they changed.
fn read_places(question: &Question<'_>, index: &Index) -> Result<(), AuditError> {
    let (mut after, mut done) = (Vec::new(), Vec::new());
    let feed = || -> Result<_, AuditError> {
        let next = index.unread(&after, HANDFUL)?;
        let Some((last, _)) = next.last() else { return Ok(None) };
        after.clone_from(last);
        Ok(Some(next.into_iter().map(|(_, file)| file).collect::<Vec<_>>()))
    };
    let work = |(): &mut (), file| -> Result<_, AuditError> {
        let read = read::read(&file);
        Ok((file, read))
    };
    let take = |some: Vec<_>| -> Result<(), AuditError> {
        done.extend(some);
        if done.len() >= KEPT {
            index.keep(&std::mem::take(&mut done))?;
        }
        Ok(())
    };
    spread::spread(question.jobs, feed, || (), work, take)?;
    Ok(index.keep(&done)?)
}

/// Decides on every file without an answer, and says how many there were.
fn decide(question: &Question<'_>, index: &Index, asked: i64, clock: i64) -> Result<usize, AuditError> {
    let (now, explicit) = (question.at.as_second(), !question.bundles.is_empty());
    let weaker = question.any_basis();
    let ends = until::of_registry(question.trust, question.policy, question.at, question.expiring);
    let (mut after, mut rows, mut new, mut written) = (Vec::new(), Vec::new(), 0_usize, Instant::now());
    let believed = question.times == super::Times::Believed;
    let feed = || -> Result<Option<Vec<Waiting>>, AuditError> {
        loop {
            let next = index.waiting(&after, HANDFUL)?;
            let Some((last, _)) = next.last() else { return Ok(None) };
            after.clone_from(last);
            let (mut known, mut left) = (Vec::new(), Vec::new());
            for (_, waiting) in next {
                let lookup = believed && (explicit || waiting.item.beside.is_none());
                let row = if lookup { index.known(asked, now, &waiting.item, explicit)? } else { None };
                match row {
                    Some(row) => known.push((waiting.item.path, row)),
                    None => left.push(waiting),
                }
            }
            if !known.is_empty() {
                index.answered(&known)?;
            }
            if !left.is_empty() {
                return Ok(Some(left));
            }
        }
    };
    let judge = || Judge::new(question, index, weaker.as_ref(), ends);
    let work = |judge: &mut Judge<'_>, waiting: Waiting| judge.answer(&waiting);
    let take = |some: Vec<_>| -> Result<(), AuditError> {
        new += some.len();
        rows.extend(some);
        if rows.len() >= BATCH || written.elapsed() >= PAUSE {
            index.write(asked, now, clock, &std::mem::take(&mut rows))?;
            written = Instant::now();
        }
        Ok(())
    };
    spread::spread(question.jobs, feed, judge, work, take)?;
    index.write(asked, now, clock, &rows)?;
    Ok(new)
}

fn summary(question: &Question<'_>, index: &Index) -> Result<Summary, AuditError> {
    let totals = index.totals()?;
    let verdict = match totals {
        Totals { refused: 1.., .. } => Verdict::Refused,
        Totals { undecided: 1.., .. } => Verdict::Undecided,
        Totals { .. } => Verdict::Verified,
    };
    let mut found = BTreeMap::new();
    for (n, severity) in [Severity::High, Severity::Medium, Severity::Low].into_iter().enumerate() {
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        found.insert(severity, index.number("SELECT count(*) FROM temp.found WHERE severity = ?1", &[&n])?);
    }
    let mut reproduce = question.reproduce();
    reproduce.log = index.largest_log()?;
    Ok(Summary {
        schema: "vouchsafe-audit/v1",
        verdict,
        as_of: ViewShown::of(&AsOf::of(question.trust, question.at), question.at, question.source),
        policy: PolicyShown { name: question.policy.name.clone(), sha256: question.policy.digest.clone() },
        totals,
        releases: index.number("SELECT count(*) FROM temp.release", &[])?,
        findings: found,
        not_checked: index.number("SELECT count(*) FROM temp.skipped", &[])?,
        reproduce,
    })
}

impl Outcome for Audit {
    fn summary(&self) -> &Summary {
        &self.summary
    }
    fn releases(&self, each: Each<'_, ReleaseLine>) -> std::io::Result<()> {
        self.index.each_release(&self.view, each)
    }
    fn artifacts(&self, each: Each<'_, ArtifactLine>) -> std::io::Result<()> {
        self.index.each_artifact(&self.view, each)
    }
    fn findings(&self, each: Each<'_, Finding>) -> std::io::Result<()> {
        self.index.each_finding(each)
    }
    fn not_checked(&self, each: Each<'_, NotChecked>) -> std::io::Result<()> {
        self.index.each_skipped(each)
    }
}

//! What the page has to know before it is written: one pass over findings, artifacts and releases, of which a bounded
//! number is kept.

use super::months::{Ends, Timeline};
use crate::audit::reports::mark::Mark;
use crate::audit::{ArtifactLine, FindingCode, Outcome, ReleaseLine, Verdict};
use crate::encoding::duration::instant;
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::io;

/// The most releases in the matrix, findings in the list and artifacts with details. The rest is counted.
pub(super) const MOST: usize = 2_000;

/// A release, with a letter for each practice.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) source: String,
    pub(super) product: String,
    pub(super) member: String,
    pub(super) attested: Option<Timestamp>,
    pub(super) valid_until: String,
    pub(super) logged: String,
    pub(super) artifacts: usize,
    pub(super) verified: usize,
    /// By the number of the practice; whether the policy asks for it.
    pub(super) marks: Vec<(usize, Mark, Asked)>,
}

/// Whether the policy asks for a practice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Yes,
    No,
}

/// What a member's releases come to.
#[derive(Default)]
pub(super) struct Member {
    pub(super) releases: usize,
    pub(super) artifacts: usize,
    pub(super) verified: usize,
    pub(super) marks: BTreeMap<Mark, usize>,
}

/// What the page is made from, beside the lines that stream by.
#[derive(Default)]
pub(super) struct Survey {
    /// How many findings there are of each code.
    pub(super) codes: BTreeMap<FindingCode, usize>,
    /// Findings by the path they are about.
    pub(super) by_path: BTreeMap<String, Vec<(FindingCode, String)>>,
    /// Practices by id, with the number they have in rows.
    pub(super) practices: BTreeMap<String, usize>,
    /// Releases of the matrix, in the order of the outcome.
    pub(super) rows: Vec<Row>,
    /// Releases that only details speak about.
    pub(super) others: BTreeMap<String, Row>,
    pub(super) members: BTreeMap<String, Member>,
    pub(super) timeline: Timeline,
    pub(super) ends: Ends,
    /// Releases whose attestations have findings.
    noted: BTreeSet<String>,
    /// Paths with findings that are not in `by_path`.
    pub(super) crowded: bool,
}

impl Survey {
    pub(super) fn of(outcome: &dyn Outcome) -> io::Result<Self> {
        let at = instant(&outcome.summary().reproduce.at).unwrap_or_default();
        let mut survey = Self { timeline: Timeline::until(at), ends: Ends::from(at), ..Self::default() };
        survey.findings(outcome)?;
        outcome.releases(&mut |release| {
            if survey.by_path.contains_key(&release.source) {
                survey.noted.insert(release.id.clone());
            }
            Ok(())
        })?;
        let wanted = survey.wanted(outcome)?;
        let newest = newest(outcome)?;
        let mut order = 0;
        outcome.releases(&mut |release| {
            order += 1;
            survey.release(release, newest.is_none_or(|n| age(release, order) >= n), &wanted);
            Ok(())
        })?;
        // What nobody vouches for comes last; else the order stays.
        survey.rows.sort_by_key(|row| row.member.is_empty());
        Ok(survey)
    }

    fn findings(&mut self, outcome: &dyn Outcome) -> io::Result<()> {
        let mut kept = 0;
        outcome.findings(&mut |finding| {
            *self.codes.entry(finding.code).or_default() += 1;
            self.ends.finding(finding);
            if let Some(path) = &finding.path {
                if kept < MOST {
                    kept += 1;
                    self.by_path.entry(path.clone()).or_default().push((finding.code, finding.message.clone()));
                } else {
                    self.crowded = true;
                }
            }
            Ok(())
        })
    }

    /// Whether the page has details of an artifact: of all of them if they are few, else of those there is something
    /// to say about.
    pub(super) fn details(&self, outcome: &dyn Outcome, line: &ArtifactLine) -> bool {
        let few = outcome.summary().totals.requested <= MOST;
        let noted = line.release.as_ref().is_some_and(|id| self.noted.contains(id));
        few || noted || line.verdict != Verdict::Verified || self.by_path.contains_key(&line.path)
    }

    /// The releases that details speak about.
    fn wanted(&self, outcome: &dyn Outcome) -> io::Result<BTreeSet<String>> {
        let (mut wanted, mut shown) = (BTreeSet::new(), 0);
        outcome.artifacts(&mut |line| {
            if shown < MOST && self.details(outcome, line) {
                shown += 1;
                wanted.extend(line.release.clone());
            }
            Ok(())
        })?;
        Ok(wanted)
    }

    fn release(&mut self, release: &ReleaseLine, shown: bool, wanted: &BTreeSet<String>) {
        self.timeline.release(release);
        self.ends.release(release);
        for member in &release.members {
            let member = self.members.entry(member.clone()).or_default();
            member.releases += 1;
            member.artifacts += release.artifacts;
            member.verified += release.verified;
            for cell in release.practices.values().filter(|c| c.status.is_some()) {
                *member.marks.entry(Mark::of(cell)).or_default() += 1;
            }
        }
        if shown {
            let row = self.row(release);
            self.rows.push(row);
        } else if wanted.contains(&release.id) {
            let row = self.row(release);
            self.others.insert(release.id.clone(), row);
        }
    }

    fn row(&mut self, release: &ReleaseLine) -> Row {
        let mut marks = Vec::with_capacity(release.practices.len());
        for (id, cell) in &release.practices {
            let next = self.practices.len();
            let number = *self.practices.entry(id.clone()).or_insert(next);
            let asked = if cell.status.is_some() { Asked::Yes } else { Asked::No };
            marks.push((number, Mark::of(cell), asked));
        }
        Row {
            id: release.id.clone(),
            source: release.source.clone(),
            product: release.product.clone(),
            member: release.members.join(", "),
            attested: made(release),
            valid_until: release.valid_until.clone().unwrap_or_default(),
            logged: release.logged.clone().unwrap_or_default(),
            artifacts: release.artifacts,
            verified: release.verified,
            marks,
        }
    }

    /// A release the page knows, by its id.
    pub(super) fn find(&self, id: &str) -> Option<&Row> {
        self.others.get(id).or_else(|| self.rows.iter().find(|row| row.id == id))
    }
}

fn made(release: &ReleaseLine) -> Option<Timestamp> {
    release.attested.as_deref().and_then(|text| instant(text).ok())
}

/// By what releases are ordered, the newest last; no two are equal.
type Age = (Option<Timestamp>, usize);

fn age(release: &ReleaseLine, order: usize) -> Age {
    (made(release), order)
}

/// The oldest release that still stands in the matrix. None if all do.
fn newest(outcome: &dyn Outcome) -> io::Result<Option<Age>> {
    if outcome.summary().releases <= MOST {
        return Ok(None);
    }
    let (mut order, mut heap) = (0, BinaryHeap::with_capacity(MOST + 1));
    outcome.releases(&mut |release| {
        order += 1;
        heap.push(Reverse(age(release, order)));
        if heap.len() > MOST {
            heap.pop();
        }
        Ok(())
    })?;
    Ok(heap.pop().map(|Reverse(oldest)| oldest))
}

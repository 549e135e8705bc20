//! Months around the moment of the audit: coverage of the releases before it, and what ends after it.

use crate::audit::reports::mark::Mark;
use crate::audit::{Finding, FindingCode, ReleaseLine};
use crate::encoding::duration::instant;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// How many months a plot shows; what lies beyond is one bar.
const SPAN: u8 = 24;
const MONTHS: usize = SPAN as usize;

/// A month, counted from the year 0.
fn month(at: Timestamp) -> i64 {
    let day = TimeZone::UTC.to_datetime(at);
    i64::from(day.year()) * 12 + i64::from(day.month()) - 1
}

/// `2026-11`.
fn name(month: i64) -> String {
    format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1)
}

/// What the releases of a month claim of what is asked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Month {
    pub(super) releases: usize,
    pub(super) checked: usize,
    pub(super) reviewed: usize,
    pub(super) declared: usize,
    /// Everything asked for, but for what does not apply.
    pub(super) asked: usize,
}

/// Releases by the month in which their claims were made.
#[derive(Default)]
pub(super) struct Timeline {
    last: i64,
    /// `earlier`, then the months, the last one being that of the audit.
    months: Vec<Month>,
    /// Releases that state no time, or one after the audit.
    pub(super) undated: usize,
}

impl Timeline {
    pub(super) fn until(at: Timestamp) -> Self {
        Self { last: month(at), months: vec![Month::default(); MONTHS + 1], undated: 0 }
    }

    pub(super) fn release(&mut self, release: &ReleaseLine) {
        if release.members.is_empty() {
            return;
        }
        let made = release.attested.as_deref().and_then(|text| instant(text).ok()).map(month);
        let back = made.and_then(|made| usize::try_from(self.last - made).ok());
        let Some(bucket) = back.and_then(|back| self.months.get_mut(MONTHS.saturating_sub(back))) else {
            self.undated += 1;
            return;
        };
        bucket.releases += 1;
        for cell in release.practices.values().filter(|c| c.status.is_some()) {
            match Mark::of(cell) {
                Mark::NotApplicable => continue,
                Mark::Checked => bucket.checked += 1,
                Mark::Reviewed => bucket.reviewed += 1,
                Mark::Declared => bucket.declared += 1,
                _ => {}
            }
            bucket.asked += 1;
        }
    }

    /// Names and contents, from the first month with a release on.
    pub(super) fn shown(&self) -> Vec<(String, Month)> {
        let first = self.months.iter().position(|m| m.releases > 0).unwrap_or(self.months.len());
        let named = self.months.iter().zip(0_i64..).skip(first);
        named
            .map(|(m, i)| (if i == 0 { "earlier".into() } else { name(self.last - i64::from(SPAN) + i) }, *m))
            .collect()
    }
}

/// What ends in a month.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ending {
    pub(super) claims: usize,
    pub(super) keys: usize,
    pub(super) exceptions: usize,
}

impl Ending {
    pub(super) fn total(self) -> usize {
        self.claims + self.keys + self.exceptions
    }
}

/// What ends, by month.
#[derive(Default)]
pub(super) struct Ends {
    from: Timestamp,
    /// `ended`, the month of the audit and those after it, `later`.
    months: Vec<Ending>,
    /// Releases whose claims have no end.
    pub(super) endless: usize,
}

impl Ends {
    pub(super) fn from(at: Timestamp) -> Self {
        Self { from: at, months: vec![Ending::default(); MONTHS + 2], endless: 0 }
    }

    fn at(&mut self, text: &str) -> Option<&mut Ending> {
        let at = instant(text).ok()?;
        let ahead = usize::try_from(month(at) - month(self.from)).unwrap_or(0);
        let bucket = if at < self.from { 0 } else { ahead.saturating_add(1).min(MONTHS + 1) };
        self.months.get_mut(bucket)
    }

    pub(super) fn release(&mut self, release: &ReleaseLine) {
        if release.members.is_empty() {
            return;
        }
        match release.valid_until.as_deref().and_then(|text| self.at(text)) {
            Some(month) => month.claims += 1,
            None => self.endless += 1,
        }
    }

    /// Keys and exceptions are known by the findings about them; claims come from the releases.
    pub(super) fn finding(&mut self, finding: &Finding) {
        let Some(month) = finding.due.as_deref().and_then(|text| self.at(text)) else { return };
        match (finding.code, &finding.release) {
            (FindingCode::Expiring, None) => month.keys += 1,
            (FindingCode::ExceptionExpiring, _) => month.exceptions += 1,
            _ => {}
        }
    }

    /// Names and contents, up to the last month in which something ends.
    pub(super) fn shown(&self) -> Vec<(String, Ending)> {
        let first = month(self.from);
        let last = self.months.iter().rposition(|m| m.total() > 0).map_or(0, |last| last + 1);
        let named = self.months.iter().zip(0_i64..).take(last);
        let name = |i| match i {
            0 => "ended".to_owned(),
            i if i > i64::from(SPAN) => "later".to_owned(),
            i => name(first + i - 1),
        };
        named
            .map(|(m, i)| (name(i), *m))
            .skip(usize::from(self.months.first().is_none_or(|m| m.total() == 0)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_date_says_it_has_a_bucket() {
        let at = instant("2026-11-23").unwrap();
        let mut ends = Ends::from(at);
        for text in ["2026-11-22", "2026-11-24", "2027-01-01", "9999-12-30", "-009000-01-02T00:00:00Z"] {
            ends.at(text).unwrap().claims += 1;
        }
        assert!(ends.at("soon").is_none());
        let shown: Vec<String> = ends.shown().iter().map(|(n, m)| format!("{n} {}", m.claims)).collect();
        assert_eq!((&shown[..3], shown.len()), (&["ended 2", "2026-11 1", "2026-12 0"].map(str::to_owned)[..], 26));
        assert_eq!(shown.last().unwrap(), "later 1");
        assert_eq!(Timeline::until(at).shown().len(), 0);
    }
}

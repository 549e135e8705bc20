//! Spans of time as policies and flags write them: `90d`, `12h`, `30m`, `45s`, `2w`; and instants.

use super::Malformed;
use jiff::Timestamp;

/// A span in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(i64);

impl Span {
    /// From whole seconds.
    pub const fn seconds(n: i64) -> Self {
        Self(n)
    }
    /// From days of 24 hours.
    pub const fn days(n: i64) -> Self {
        Self(n * 86_400)
    }
    /// Whole seconds.
    pub const fn as_seconds(self) -> i64 {
        self.0
    }
    /// Reads one number and one unit of `s m h d w`; a year or month has no fixed length and is refused.
    ///
    /// # Errors
    /// [`Malformed`] for anything else, for 0 and for spans above ten thousand years.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let bad = || Malformed::new("duration", format!("expected a number and s, m, h, d or w, got {text:?}"));
        let unit = match text.chars().last() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3_600,
            Some('d') => 86_400,
            Some('w') => 604_800,
            _ => return Err(bad()),
        };
        let number = text.get(..text.len().saturating_sub(1)).unwrap_or_default();
        if !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad());
        }
        let number: i64 = number.parse().map_err(|_| bad())?;
        match number.checked_mul(unit) {
            Some(s) if s > 0 && s <= 315_360_000_000 => Ok(Self(s)),
            _ => Err(bad()),
        }
    }
    /// `now` minus `then`, never negative.
    pub fn between(then: Timestamp, now: Timestamp) -> Self {
        Self(now.as_second().saturating_sub(then.as_second()).max(0))
    }
    /// `at` plus this span; saturates at the end of time.
    pub fn after(self, at: Timestamp) -> Timestamp {
        Timestamp::from_second(at.as_second().saturating_add(self.0)).unwrap_or(Timestamp::MAX)
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (n, unit) = match self.0 {
            s if s >= 2 * 86_400 => (s / 86_400, "day"),
            s if s >= 2 * 3_600 => (s / 3_600, "hour"),
            s if s >= 120 => (s / 60, "minute"),
            s => (s, "second"),
        };
        f.write_str(&super::text::count(usize::try_from(n).unwrap_or_default(), unit))
    }
}

/// Reads an instant: RFC 3339 with an offset or `Z`, or a bare date (its first second, UTC).
///
/// # Errors
/// [`Malformed`] for anything else.
pub fn instant(text: &str) -> Result<Timestamp, Malformed> {
    let full = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    full.parse()
        .map_err(|_| Malformed::new("time", format!("expected 2026-11-22 or 2026-11-22T10:00:00Z, got {text:?}")))
}

/// Writes an instant the way every document of ours does: UTC, whole seconds, `Z`.
pub fn rfc3339(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}

/// The calendar day of an instant, UTC.
pub fn day(at: Timestamp) -> String {
    rfc3339(at).chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_instants() {
        assert_eq!(Span::parse("7d").unwrap(), Span::days(7));
        assert_eq!(Span::parse("90m").unwrap().as_seconds(), 5_400);
        for bad in ["", "d", "7", "-1d", "+1d", "1y", "0d", "99999999999999d", "7 d"] {
            assert!(Span::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(rfc3339(instant("2026-11-22").unwrap()), "2026-11-22T00:00:00Z");
        assert_eq!(rfc3339(instant("2026-11-22T12:00:00.9+02:00").unwrap()), "2026-11-22T10:00:00Z");
        assert!(instant("yesterday").is_err());
    }
}

//! Facts named after an age. They are worked out from timestamps at the time asked about, never stored: a stored age
//! would stay young for ever.

use crate::encoding::duration::instant;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// The age, the timestamp it counts from, and the one it counts to; the time asked about where there is none.
const AGES: [(&str, &str, Option<&str>, i64); 4] = [
    ("ageDays", "approvedAt", None, 86_400),
    ("reviewAgeDays", "reviewedAt", None, 86_400),
    ("toolchainAgeDays", "toolchainReleasedAt", None, 86_400),
    ("databaseAgeHours", "databaseAt", Some("scannedAt"), 3_600),
];

/// Facts with their ages as of `now`. An age that was stored is thrown away; one that lies in the future is unknown.
pub fn with_ages(facts: &Map<String, Value>, now: Timestamp) -> Map<String, Value> {
    let mut all = facts.clone();
    for (age, from, to, unit) in AGES {
        all.remove(age);
        let at = |name: &str| facts.get(name).and_then(Value::as_str).and_then(|text| instant(text).ok());
        let end = match to {
            Some(name) => at(name).filter(|end| *end <= now),
            None => Some(now),
        };
        if let (Some(start), Some(end)) = (at(from), end)
            && start <= end
        {
            // Begun hours and days count whole: an hour more than allowed is more than allowed.
            let seconds = end.as_second().saturating_sub(start.as_second());
            let units = seconds.saturating_add(unit.saturating_sub(1)).checked_div(unit).unwrap_or(i64::MAX);
            all.insert(age.to_owned(), units.into());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ages_come_from_timestamps_alone() {
        let facts = |value: Value| value.as_object().unwrap().clone();
        let now = instant("2026-11-23").unwrap();
        let aged = |value: Value| Value::Object(with_ages(&facts(value), now));
        assert_eq!(aged(json!({"approvedAt": "2026-11-22", "ageDays": 0}))["ageDays"], 1);
        assert_eq!(aged(json!({"ageDays": 3})), json!({}), "a stored age is none");
        assert_eq!(aged(json!({"approvedAt": "2026-11-24"})), json!({"approvedAt": "2026-11-24"}), "from the future");
        let scan = json!({"databaseAt": "2026-11-20T00:00:00Z", "scannedAt": "2026-11-21T00:00:01Z"});
        assert_eq!(aged(scan)["databaseAgeHours"], 25);
    }
}

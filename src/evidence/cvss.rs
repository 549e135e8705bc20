//! How bad a finding is, as one number. What is not known is as bad as can be.

use std::str::FromStr;

/// What an unknown severity counts as.
pub(super) const UNKNOWN: f64 = 10.0;

const BASE_3: [&str; 8] = ["AV", "AC", "PR", "UI", "S", "C", "I", "A"];
const BASE_4: [&str; 11] = ["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"];

/// The base score of a CVSS 3.0, 3.1 or 4.0 vector. Temporal, threat and environmental metrics, with which anybody may
/// make it smaller, are left out.
pub(super) fn score(vector: &str) -> Option<f64> {
    if vector.len() > 512 {
        return None;
    }
    let (version, metrics) = vector.trim().split_once('/')?;
    let base: &[&str] = match version {
        "CVSS:3.0" | "CVSS:3.1" => &BASE_3,
        "CVSS:4.0" => &BASE_4,
        _ => return None,
    };
    let is_base = |metric: &&str| metric.split_once(':').is_some_and(|(name, _)| base.contains(&name));
    let kept: Vec<&str> = metrics.split('/').filter(is_base).collect();
    // Each of them once: then the scorer has all that it takes for granted.
    let once = |name: &&str| kept.iter().filter(|m| m.split_once(':').is_some_and(|(n, _)| n == *name)).count() == 1;
    if !base.iter().all(once) {
        return None;
    }
    let parsed = cvss::Cvss::from_str(&format!("{version}/{}", kept.join("/"))).ok()?;
    Some(parsed.score()).filter(|score| (0.0..=10.0).contains(score))
}

/// The worst score that a word may stand for.
pub(super) fn word(severity: &str) -> f64 {
    match severity.to_ascii_lowercase().as_str() {
        "high" | "important" => 8.9,
        "medium" | "moderate" => 6.9,
        "low" | "minor" | "negligible" => 3.9,
        _ => UNKNOWN,
    }
}

/// What a report says of one finding's severity, from several sources.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Severity {
    current: Option<f64>,
    legacy: Option<f64>,
    word: Option<f64>,
}

impl Severity {
    /// A vector, and the score that stands beside it.
    pub(super) fn scored(&mut self, vector: Option<&str>, number: Option<f64>) {
        // CVSS 2 counts where there is nothing newer. Its vectors have no prefix.
        let legacy = vector.is_some_and(|v| !v.starts_with("CVSS:"));
        let sink = if legacy { &mut self.legacy } else { &mut self.current };
        // Tools write 0 for a score that they do not have; only a vector says 0.
        let number = number.filter(|n| *n > 0.0 && *n <= 10.0);
        for said in [vector.and_then(score), number].into_iter().flatten() {
            *sink = Some(sink.map_or(said, |worst| worst.max(said)));
        }
    }
    /// A score of CVSS 2.
    pub(super) fn legacy(&mut self, number: Option<f64>) {
        self.scored(Some(""), number);
    }
    /// A word, for when there is no score.
    pub(super) fn said(&mut self, severity: Option<&str>) {
        let said = severity.filter(|s| !s.is_empty()).map(word);
        self.word = match (self.word, said) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
    }
    /// The worst of the best kind there is.
    pub(super) fn value(self) -> f64 {
        self.current.or(self.legacy).or(self.word).unwrap_or(UNKNOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the examples of FIRST, for 3.1 and 4.0.
    #[test]
    fn published_scores() {
        for (vector, want) in [
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
            ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5),
            ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4),
            ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1),
            ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 8.8),
            ("CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:H", 9.3),
            ("CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 6.8),
            ("CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:N/I:N/A:N", 0.0),
            ("CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 7.3),
            ("CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 7.7),
            ("CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:L/VA:L/SC:N/SI:N/SA:N", 8.3),
            ("CVSS:4.0/AV:L/AC:L/AT:N/PR:N/UI:A/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N", 4.6),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:N/VI:N/VA:N/SC:L/SI:L/SA:N", 5.1),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N", 6.9),
            ("CVSS:4.0/AV:L/AC:L/AT:N/PR:H/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", 9.3),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", 10.0),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N", 8.7),
        ] {
            assert_eq!(score(vector), Some(want), "{vector}");
        }
    }

    #[test]
    fn nothing_but_a_whole_vector_has_a_score_and_nobody_makes_it_smaller() {
        let base = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
        assert_eq!(score(&format!("{base}/E:U/RL:O/RC:U/MAV:P/MC:N")), Some(9.8));
        for bad in ["", "CVSS:3.1", "CVSS:3.1/", "CVSS:3.1/AV:N", "CVSS:2.0/AV:N", "7.5", "AV:N/AC:L/Au:N/C:P/I:P/A:P"]
        {
            assert_eq!(score(bad), None, "{bad}");
        }
        assert_eq!(score(&format!("{base}/A:N")), None, "twice");
        assert_eq!(score(&base.replace("A:H", "A:X")), None);
        assert_eq!(score(&format!("{base}/{}", "E:U/".repeat(1000))), None);
    }

    #[test]
    fn every_vector_of_cvss_4_has_a_score() {
        let values: [&[&str]; 11] = [
            &["N", "A", "L", "P"],
            &["L", "H"],
            &["N", "P"],
            &["N", "L", "H"],
            &["N", "P", "A"],
            &["H", "L", "N"],
            &["H", "L", "N"],
            &["H", "L", "N"],
            &["H", "L", "N"],
            &["H", "L", "N"],
            &["H", "L", "N"],
        ];
        let mut all = vec!["CVSS:4.0".to_owned()];
        for (name, values) in BASE_4.iter().zip(values) {
            all = all.iter().flat_map(|v| values.iter().map(move |x| format!("{v}/{name}:{x}"))).collect();
        }
        assert_eq!(all.len(), 104_976);
        assert!(all.iter().step_by(7).all(|v| score(v).is_some()));
    }

    #[test]
    fn the_unknown_is_never_good() {
        let mut severity = Severity::default();
        assert_eq!(severity.value(), 10.0);
        severity.said(Some("LOW"));
        assert_eq!(severity.value(), 3.9);
        severity.legacy(Some(5.0));
        severity.scored(None, Some(0.0));
        severity.scored(None, Some(f64::NAN));
        assert_eq!(severity.value(), 5.0, "0 without a vector is no score");
        severity.scored(Some("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N"), Some(2.0));
        assert_eq!(severity.value(), 3.1);
        for (text, want) in [("Critical", 10.0), ("high", 8.9), ("Moderate", 6.9), ("UNKNOWN", 10.0), ("none", 10.0)] {
            assert_eq!(word(text), want, "{text}");
        }
    }
}

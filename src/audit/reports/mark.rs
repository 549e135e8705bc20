//! How a release stands on a practice, as one letter of the coverage matrix.

use crate::audit::Cell;

/// One letter of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Claimed as not met.
    NotMet,
    /// Met, says the claim, but the policy does not accept it: its basis is too weak, its checks fail, it was withdrawn.
    NotAccepted,
    /// Asked for, and nothing is claimed.
    Unclaimed,
    /// Met in part.
    Partial,
    /// Not met; an exception in force takes its place.
    Excepted,
    /// Does not apply.
    NotApplicable,
    /// Met, on the signer's word.
    Declared,
    /// Met, on the word of a named reviewer.
    Reviewed,
    /// Met, by checks on evidence.
    Checked,
}

impl Mark {
    /// Every mark, the worst first.
    pub const ALL: [Self; 9] = [
        Self::NotMet,
        Self::NotAccepted,
        Self::Unclaimed,
        Self::Partial,
        Self::Excepted,
        Self::NotApplicable,
        Self::Declared,
        Self::Reviewed,
        Self::Checked,
    ];

    /// Of a cell. What is claimed in words we do not know counts as not accepted.
    pub fn of(cell: &Cell) -> Self {
        let accepted = cell.status.as_deref().is_none_or(|s| matches!(s, "met" | "not applicable" | "excepted"));
        match (cell.status.as_deref(), cell.result.as_deref(), cell.basis.as_deref()) {
            (Some("excepted"), ..) => Self::Excepted,
            (_, None, _) => Self::Unclaimed,
            (_, Some("notMet"), _) => Self::NotMet,
            (_, Some("partial"), _) => Self::Partial,
            _ if !accepted => Self::NotAccepted,
            (_, Some("notApplicable"), _) => Self::NotApplicable,
            (_, Some("met"), Some("checked")) => Self::Checked,
            (_, Some("met"), Some("reviewed")) => Self::Reviewed,
            (_, Some("met"), Some("declared")) => Self::Declared,
            _ => Self::NotAccepted,
        }
    }

    /// The letter, which says it without colour.
    pub fn letter(self) -> &'static str {
        match self {
            Self::NotMet => "✗",
            Self::NotAccepted => "!",
            Self::Unclaimed => "–",
            Self::Partial => "P",
            Self::Excepted => "E",
            Self::Checked => "C",
            Self::Reviewed => "R",
            Self::Declared => "D",
            Self::NotApplicable => "n/a",
        }
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::NotMet => "not met",
            Self::NotAccepted => "not accepted",
            Self::Unclaimed => "unclaimed",
            Self::Partial => "partly met",
            Self::Excepted => "exception in force",
            Self::Checked => "checked",
            Self::Reviewed => "reviewed",
            Self::Declared => "declared",
            Self::NotApplicable => "not applicable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Mark;
    use crate::audit::Cell;

    #[test]
    fn only_what_the_policy_accepts_is_met() {
        let of = |result: &str, basis: &str, status: &str| {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            Mark::of(&Cell { result: some(result), basis: some(basis), status: some(status) })
        };
        assert_eq!(of("met", "checked", "met"), Mark::Checked);
        assert_eq!(of("met", "declared", ""), Mark::Declared, "claimed, though nobody asked");
        for status in ["basis too weak", "its checks fail", "withdrawn", "superseded", "disputed", "new word"] {
            assert_eq!(of("met", "checked", status), Mark::NotAccepted, "{status}");
        }
        assert_eq!(of("notMet", "declared", "excepted"), Mark::Excepted);
        assert_eq!(of("notMet", "declared", "not met"), Mark::NotMet);
        assert_eq!(of("notApplicable", "declared", "not applicable"), Mark::NotApplicable);
        assert_eq!(of("notApplicable", "declared", "not met"), Mark::NotAccepted);
        assert_eq!(of("", "", "unclaimed"), Mark::Unclaimed);
        assert_eq!(of("wonderful", "checked", "met"), Mark::NotAccepted);
        assert_eq!(Mark::ALL.len(), 9);
    }
}

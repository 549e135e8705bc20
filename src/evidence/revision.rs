//! Whether the revision a report names is the one that was released.

use super::{Code, Fault, Target};

/// The least that is taken for the beginning of a revision.
const MIN_ABBREVIATED: usize = 7;

/// How a named revision stands to the one released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// The same.
    Same,
    /// It cannot be told: nothing was named or released, or one is the beginning of the other.
    Unknown,
    /// Another one.
    Other,
}

/// Compares them, letters of either case alike.
pub(super) fn stands(named: &str, target: &Target<'_>) -> Stands {
    let named = named.trim().to_ascii_lowercase();
    let Some(released) = target.revision.map(str::to_ascii_lowercase) else { return Stands::Unknown };
    if named == released && !named.is_empty() {
        Stands::Same
    } else if named.is_empty() || released.is_empty() || beginning(&named, &released) || beginning(&released, &named) {
        Stands::Unknown
    } else {
        Stands::Other
    }
}

fn beginning(short: &str, long: &str) -> bool {
    short.len() >= MIN_ABBREVIATED && long.starts_with(short)
}

/// Whether they are the same; another one is refused.
pub(super) fn same(named: &str, target: &Target<'_>, name: &str) -> Result<bool, Fault> {
    match stands(named, target) {
        Stands::Other => Err(other(named, target, name)),
        known => Ok(known == Stands::Same),
    }
}

/// The refusal.
pub(super) fn other(named: &str, target: &Target<'_>, name: &str) -> Fault {
    let released = target.revision.unwrap_or_default();
    Fault::new(Code::OtherBuild, name, format!("revision {released}"), format!("revision {named}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_revision_is_the_same() {
        let target = Target { revision: Some("0123456789abcdef0123456789abcdef01234567"), ..Target::default() };
        assert_eq!(stands("0123456789ABCDEF0123456789abcdef01234567", &target), Stands::Same);
        for unknown in ["", " ", "0123456"] {
            assert_eq!(stands(unknown, &target), Stands::Unknown, "{unknown:?}");
        }
        for other in ["012345", "main", "f123456789abcdef0123456789abcdef01234567"] {
            assert_eq!(stands(other, &target), Stands::Other, "{other:?}");
        }
        assert_eq!(stands("0123456", &Target::default()), Stands::Unknown);
    }
}

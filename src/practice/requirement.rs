//! What a policy or a user asks for: a practice by its own id, or by that of another framework.

use super::{Catalogue, Mappings, PracticeId};
use crate::encoding::Malformed;
use std::collections::BTreeSet;

/// `TST-01`, or `ssdf-1.1:PS.3.2`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Requirement {
    /// A practice of the catalogue.
    Practice(PracticeId),
    /// A requirement of another framework: every practice mapped to it.
    Foreign {
        /// The framework.
        framework: String,
        /// The requirement, as that framework writes it.
        id: String,
    },
}

impl Requirement {
    /// Reads either form.
    ///
    /// # Errors
    /// [`Malformed`] for anything else.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let plain = |s: &str| {
            !s.is_empty()
                && s.len() <= 128
                && s.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'(' | b')'))
        };
        match text.split_once(':') {
            Some((framework, id)) if plain(framework) && plain(id) => {
                Ok(Self::Foreign { framework: framework.to_owned(), id: id.to_owned() })
            }
            Some(_) => Err(Malformed::new(
                "requirement",
                format!("expected FRAMEWORK:ID such as ssdf-1.1:PS.3.2, got {text:?}"),
            )),
            None => PracticeId::parse(text).map(Self::Practice).map_err(|_| {
                Malformed::new("requirement", format!("expected TST-01 or ssdf-1.1:PS.3.2, got {text:?}"))
            }),
        }
    }
    /// The practices of the catalogue that it asks for. Empty means that nothing could satisfy it: refuse.
    pub fn resolve(&self, catalogue: &Catalogue, mappings: &Mappings) -> BTreeSet<PracticeId> {
        let known = |id: &PracticeId| catalogue.practice(id).is_some();
        match self {
            Self::Practice(id) => Some(*id).into_iter().filter(known).collect(),
            Self::Foreign { framework, id } => mappings.foreign(framework, id).into_iter().filter(known).collect(),
        }
    }
}

impl std::fmt::Display for Requirement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Practice(id) => write!(f, "{id}"),
            Self::Foreign { framework, id } => write!(f, "{framework}:{id}"),
        }
    }
}

//! The claims file that people write (TOML), and the template they start from.
//!
//! A typing error must not pass for a claim: unknown keys, unknown practices and repeated practices are refused.
//! `checked` is refused too: only the tool sets it, from evidence.

use super::claim::{Basis, Claim, ClaimResult, Exception, Role};
use super::{Catalogue, PracticeId};
use crate::encoding::text::shown;
use crate::encoding::{Class, Explain, MAX_SMALL, duration};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeSet;

/// A claim as somebody wrote it: evidence is still named by file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The practice claimed.
    pub practice: PracticeId,
    /// What is said about it.
    pub result: ClaimResult,
    /// `declared` or `reviewed`.
    pub basis: Basis,
    /// Names of evidence files.
    pub evidence: Vec<String>,
    /// A sentence for readers.
    pub statement: Option<String>,
    /// The role of the person who reviewed it.
    pub reviewed_by: Option<Role>,
    /// Why it does not apply.
    pub reason: Option<String>,
    /// An accepted risk in place of the practice.
    pub exception: Option<Exception>,
}

impl Draft {
    /// The claim of the predicate, with the evidence named by the predicate's ids instead of files.
    pub fn into_claim(self, evidence: Vec<String>) -> Claim {
        let Self { practice, result, basis, statement, reviewed_by, reason, exception, .. } = self;
        let exception = exception.map(Box::new);
        Claim { practice, result, basis, checks: Vec::new(), evidence, reviewed_by, statement, reason, exception }
    }
}

/// Why a claims file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimsError {
    /// Not TOML, an unknown key, or a value of the wrong type.
    #[error("the claims file cannot be read: {0}")]
    Malformed(String),
    /// No claim at all.
    #[error("the claims file claims nothing")]
    Empty,
    /// `basis = "checked"`, written by hand.
    #[error("{0}: the basis \"checked\" cannot be written by hand; it is set by the tool when checks pass on evidence")]
    Checked(PracticeId),
    /// A practice that the catalogue does not have.
    #[error("{}: no such practice in {catalogue}", shown(.practice))]
    UnknownPractice {
        /// What was written.
        practice: String,
        /// The catalogue.
        catalogue: String,
        /// Ids that may have been meant.
        near: Vec<PracticeId>,
    },
    /// Two claims about one practice.
    #[error("{0}: claimed twice")]
    Duplicate(PracticeId),
    /// Something that the result or basis needs is missing, or something is there that contradicts it.
    #[error("{practice}: {why}")]
    Incomplete {
        /// The practice.
        practice: PracticeId,
        /// What is missing or too much.
        why: &'static str,
    },
}

impl Explain for ClaimsError {
    fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "claims-malformed",
            Self::Empty => "claims-empty",
            Self::Checked(_) => "claims-checked-by-hand",
            Self::UnknownPractice { .. } => "practice-unknown",
            Self::Duplicate(_) => "claims-duplicate",
            Self::Incomplete { .. } => "claims-incomplete",
        }
    }
    fn class(&self) -> Class {
        Class::Undecided
    }
    fn expected(&self) -> String {
        match self {
            Self::Malformed(_) | Self::Empty => "[[claim]] with practice, result and basis".into(),
            Self::Checked(_) => "basis = \"declared\" or \"reviewed\"".into(),
            Self::UnknownPractice { near, .. } if !near.is_empty() => {
                format!("perhaps {}", near.iter().map(PracticeId::as_str).collect::<Vec<_>>().join(", "))
            }
            Self::UnknownPractice { catalogue, .. } => format!("a practice of {catalogue}"),
            Self::Duplicate(_) => "one claim for each practice".into(),
            Self::Incomplete { why, .. } => (*why).into(),
        }
    }
    fn got(&self) -> String {
        match self {
            Self::Malformed(why) => why.clone(),
            Self::Empty => "none".into(),
            Self::Checked(_) => "basis = \"checked\"".into(),
            Self::UnknownPractice { practice, .. } => shown(practice),
            Self::Duplicate(id) => format!("two for {id}"),
            Self::Incomplete { practice, .. } => format!("the claim for {practice}"),
        }
    }
    fn next(&self) -> String {
        match self {
            Self::UnknownPractice { .. } => "vouchsafe practice list shows them all".into(),
            Self::Checked(_) => "write \"declared\", and give the tool's output with --evidence FILE".into(),
            _ => "edit the file; vouchsafe practice template --profile base shows one that is right".into(),
        }
    }
}

/// Reads a claims file against the catalogue it is about.
///
/// # Errors
/// [`ClaimsError`] at the first thing that is wrong.
pub fn parse(text: &str, catalogue: &Catalogue) -> Result<Vec<Draft>, ClaimsError> {
    if text.len() > MAX_SMALL {
        return Err(ClaimsError::Malformed(format!("{} bytes, the limit is {MAX_SMALL}", text.len())));
    }
    let table: toml::Table = toml::from_str(text).map_err(|e| unreadable(text, &e))?;
    refuse_lists_for_tables(&table)?;
    let file: File = toml::from_str(text).map_err(|e| unreadable(text, &e))?;
    if file.claim.is_empty() {
        return Err(ClaimsError::Empty);
    }
    let mut seen = BTreeSet::new();
    let mut drafts = Vec::with_capacity(file.claim.len());
    for written in file.claim {
        let draft = written.check(catalogue)?;
        if !seen.insert(draft.practice) {
            return Err(ClaimsError::Duplicate(draft.practice));
        }
        drafts.push(draft);
    }
    Ok(drafts)
}

/// The parser's complaint on one line, with the number of the line it is about.
fn unreadable(text: &str, e: &toml::de::Error) -> ClaimsError {
    let before = e.span().and_then(|s| text.get(..s.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    ClaimsError::Malformed(format!("line {line}: {}", e.message().replace('\n', ", ")))
}

/// serde would take a list of values, in order, for a table with named keys.
fn refuse_lists_for_tables(table: &toml::Table) -> Result<(), ClaimsError> {
    let claims = table.get("claim").and_then(toml::Value::as_array).into_iter().flatten();
    for claim in claims {
        let exception = claim.as_table().and_then(|c| c.get("exception"));
        if !claim.is_table() || exception.is_some_and(|e| !e.is_table()) {
            return Err(ClaimsError::Malformed("a claim and its exception are tables with named keys".into()));
        }
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    claim: Vec<WrittenClaim>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenClaim {
    practice: String,
    result: ClaimResult,
    basis: Basis,
    #[serde(default)]
    evidence: Vec<String>,
    statement: Option<String>,
    reviewed_by: Option<String>,
    reason: Option<String>,
    exception: Option<WrittenException>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenException {
    reason: String,
    owner: String,
    #[serde(deserialize_with = "instant")]
    approved_at: Timestamp,
    #[serde(deserialize_with = "instant")]
    expires: Timestamp,
    #[serde(default)]
    compensated_by: Vec<String>,
}

/// A quoted instant or date, or TOML's own; a time without an offset is refused.
fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => text,
        toml::Value::Datetime(at) => at.to_string(),
        other => return Err(serde::de::Error::custom(format_args!("expected a time, got {}", other.type_str()))),
    };
    duration::instant(&text).map_err(serde::de::Error::custom)
}

impl WrittenClaim {
    fn check(self, catalogue: &Catalogue) -> Result<Draft, ClaimsError> {
        let practice = known(&self.practice, catalogue)?;
        let incomplete = |why: &'static str| Err(ClaimsError::Incomplete { practice, why });
        let texts = [&self.statement, &self.reviewed_by, &self.reason];
        if texts.into_iter().flatten().chain(&self.evidence).any(|t| t.trim().is_empty()) {
            return incomplete("an empty text says nothing; leave the key out");
        }
        if self.evidence.iter().collect::<BTreeSet<_>>().len() != self.evidence.len() {
            return incomplete("a piece of evidence is named twice");
        }
        match self.basis {
            Basis::Checked => return Err(ClaimsError::Checked(practice)),
            Basis::Reviewed if self.reviewed_by.is_none() => {
                return incomplete("basis = \"reviewed\" needs reviewed_by, a role");
            }
            Basis::Reviewed if self.evidence.is_empty() => {
                return incomplete("basis = \"reviewed\" needs evidence, at least the document that was reviewed");
            }
            Basis::Declared if self.reviewed_by.is_some() => {
                return incomplete("reviewed_by needs basis = \"reviewed\"");
            }
            Basis::Declared | Basis::Reviewed => {}
        }
        if self.result == ClaimResult::NotApplicable && self.reason.is_none() {
            return incomplete("result = \"notApplicable\" needs a reason");
        }
        let open = matches!(self.result, ClaimResult::NotMet | ClaimResult::Partial);
        if self.exception.is_some() && !open {
            return incomplete("an exception belongs to a result of \"notMet\" or \"partial\"");
        }
        let exception = self.exception.map(|e| e.check(practice, catalogue)).transpose()?;
        Ok(Draft {
            practice,
            result: self.result,
            basis: self.basis,
            evidence: self.evidence,
            statement: self.statement,
            reviewed_by: self.reviewed_by.map(|role| Role { role }),
            reason: self.reason,
            exception,
        })
    }
}

impl WrittenException {
    fn check(self, practice: PracticeId, catalogue: &Catalogue) -> Result<Exception, ClaimsError> {
        let incomplete = |why: &'static str| Err(ClaimsError::Incomplete { practice, why });
        if self.reason.trim().is_empty() || self.owner.trim().is_empty() {
            return incomplete("an exception needs a reason and an owner");
        }
        if self.expires <= self.approved_at {
            return incomplete("an exception expires after it was approved");
        }
        let compensated_by =
            self.compensated_by.iter().map(|id| known(id, catalogue)).collect::<Result<Vec<_>, _>>()?;
        if compensated_by.contains(&practice) {
            return incomplete("a practice cannot make up for itself");
        }
        let owner = Role { role: self.owner };
        Ok(Exception {
            reason: self.reason,
            compensated_by,
            owner,
            approved_at: self.approved_at,
            expires: self.expires,
        })
    }
}

fn known(text: &str, catalogue: &Catalogue) -> Result<PracticeId, ClaimsError> {
    PracticeId::parse(text).ok().filter(|id| catalogue.practice(id).is_some()).ok_or_else(|| {
        ClaimsError::UnknownPractice {
            practice: text.to_owned(),
            catalogue: catalogue.uri(),
            near: super::search::nearest(catalogue, text),
        }
    })
}

/// A claims file with every practice of a profile as not met, to be edited. None if there is no such profile.
pub fn template(catalogue: &Catalogue, profile: &str) -> Option<String> {
    let wanted = catalogue.profile(profile)?;
    let mut out = format!(
        "# Claims for the profile {profile} of {}: {} practices.\n\
         # result: met, partial, notMet or notApplicable (with a reason). basis: declared or reviewed (with reviewed_by and evidence).\n\
         # \"checked\" is never written here: the tool sets it when the checks of a practice pass on the evidence it is given.\n",
        shown(&catalogue.uri()),
        wanted.len(),
    );
    for practice in catalogue.practices.iter().filter(|p| wanted.contains(&p.id)) {
        let (title, outcome) = (shown(&practice.title), shown(&practice.outcome));
        out.push_str(&format!(
            "\n# {title}: {outcome}\n[[claim]]\npractice = \"{}\"\nresult = \"notMet\"\nbasis = \"declared\"\n",
            practice.id
        ));
    }
    Some(out)
}

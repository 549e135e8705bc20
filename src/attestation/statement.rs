//! in-toto Statement v1: which artifacts, which predicate.

use super::digests::DigestSet;
use super::envelope::Payload;
use super::predicate::{PRACTICES_V1, Practices};
use crate::artifact::{Algorithm, Basis, Measured};
use crate::encoding::{MAX_DOCUMENT, Malformed, json};
use serde::{Deserialize, Serialize};

const STATEMENT_V1: &str = "https://in-toto.io/Statement/v1";
const WHAT: &str = "in-toto statement";

/// A statement. Reading one from an envelope needs a quorum first.
#[derive(Clone, Debug)]
pub struct Statement {
    subjects: Vec<Subject>,
    predicate_type: String,
    predicate: Predicate,
}

/// One artifact a statement is about (in-toto ResourceDescriptor).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// A name for people; it identifies nothing.
    #[serde(default)]
    pub name: String,
    /// What identifies it. Algorithms we do not know are ignored.
    pub digest: DigestSet,
}

/// How a subject compares with measured bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectMatch {
    /// Every accepted algorithm both sides know agrees, and there is at least one.
    Same,
    /// At least one accepted algorithm disagrees, even if another agrees.
    Different,
    /// One accepted algorithm agrees and another disagrees: somebody is lying.
    Contradicts,
    /// Nothing to compare: no accepted algorithm, or one that the bytes were not measured in.
    Incomparable,
}

impl Subject {
    /// Compares with measured bytes: by digest, never by name. Every accepted algorithm the subject lists has to
    /// agree; only where a bare digest was taken on somebody's word do the others stay unchecked.
    pub fn compare(&self, measured: &Measured) -> SubjectMatch {
        let (mut agree, mut differ, mut unmeasured) = (false, false, false);
        for algorithm in Algorithm::ALL {
            let Some(hex) = self.digest.get(algorithm.as_str()) else { continue };
            match measured.digest(algorithm) {
                Some(found) if found.is_hex(hex) => agree = true,
                Some(_) => differ = true,
                None => unmeasured = matches!(measured.basis(), Basis::Bytes { .. }),
            }
        }
        match (agree, differ) {
            (true, true) => SubjectMatch::Contradicts,
            (false, true) => SubjectMatch::Different,
            (true, false) if !unmeasured => SubjectMatch::Same,
            _ => SubjectMatch::Incomparable,
        }
    }
}

/// What is said about the subjects.
#[derive(Clone, Debug)]
pub enum Predicate {
    /// Practices that were followed.
    Practices(Box<Practices>),
    /// Anything else: signed and shown, not interpreted.
    Other(serde_json::Value),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written<P> {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    predicate_type: String,
    predicate: P,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Writing<'a, P> {
    #[serde(rename = "_type")]
    kind: &'static str,
    subject: &'a [Subject],
    predicate_type: &'a str,
    predicate: &'a P,
}

impl Payload for Statement {
    const TYPE: &'static str = "application/vnd.in-toto+json";

    /// `application/vnd.in-toto+json`, or `application/vnd.in-toto.<predicate>+json`.
    fn is_type(payload_type: &str) -> bool {
        payload_type == Self::TYPE
            || payload_type
                .strip_prefix("application/vnd.in-toto.")
                .and_then(|rest| rest.strip_suffix("+json"))
                .is_some_and(|predicate| !predicate.is_empty())
    }

    fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        // Ours is read in one go; whatever is otherwise is looked at first, and told what is wrong.
        if says_practices(bytes) {
            let ours = json::parse::<Written<Practices>>(bytes, MAX_DOCUMENT, WHAT);
            if let Ok(written) = ours
                && written.predicate_type == PRACTICES_V1
            {
                return Self::checked(written, |p| Predicate::Practices(Box::new(p)));
            }
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Peek {
            predicate_type: String,
        }
        let peek: Peek = json::parse(bytes, MAX_DOCUMENT, WHAT)?;
        if peek.predicate_type == PRACTICES_V1 {
            let written: Written<Practices> = json::parse(bytes, MAX_DOCUMENT, WHAT)?;
            Self::checked(written, |p| Predicate::Practices(Box::new(p)))
        } else {
            let written: Written<serde_json::Value> = json::parse(bytes, MAX_DOCUMENT, WHAT)?;
            Self::checked(written, Predicate::Other)
        }
    }
}

/// Whether the name of our predicate stands in these bytes. That only chooses how they are read first.
fn says_practices(bytes: &[u8]) -> bool {
    memchr::memmem::rfind(bytes, PRACTICES_V1.as_bytes()).is_some()
}

impl Statement {
    fn checked<P>(mut written: Written<P>, predicate: impl FnOnce(P) -> Predicate) -> Result<Self, Malformed> {
        if written.kind != STATEMENT_V1 {
            return Err(Malformed::new(WHAT, format!("_type {:?}, expected {STATEMENT_V1}", written.kind)));
        }
        if written.subject.is_empty() {
            return Err(Malformed::new(WHAT, "no subject: it is about nothing"));
        }
        if let Some(bare) = written.subject.iter().find(|s| s.digest.is_empty()) {
            return Err(Malformed::new(WHAT, format!("subject {:?} has no digest", bare.name)));
        }
        // A list that grew has room to grow: of a hundred thousand, some megabytes.
        written.subject.shrink_to_fit();
        let predicate = predicate(written.predicate);
        if let Predicate::Practices(practices) = &predicate {
            crate::practice::ByPractice::new(&practices.claims)?;
        }
        Ok(Self { subjects: written.subject, predicate_type: written.predicate_type, predicate })
    }

    /// What it is about.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }
    /// Which kind of predicate it carries.
    pub fn predicate_type(&self) -> &str {
        &self.predicate_type
    }
    /// What it says.
    pub fn predicate(&self) -> &Predicate {
        &self.predicate
    }
    /// The practices predicate, if it is one.
    pub fn practices(&self) -> Option<&Practices> {
        match &self.predicate {
            Predicate::Practices(practices) => Some(practices),
            Predicate::Other(_) => None,
        }
    }
}

/// A statement to be signed. It can only be drafted about artifacts that were measured.
#[derive(Clone, Debug, Default)]
pub struct StatementDraft {
    subjects: Vec<Subject>,
}

/// An artifact that was measured, to be added to a draft: of very many, each thread makes its own.
#[derive(Clone, Debug)]
pub struct Drafted(Subject);

impl Drafted {
    /// An artifact under a name.
    pub fn of(name: impl Into<String>, measured: &Measured) -> Self {
        Self(Subject { name: name.into(), digest: DigestSet::of(measured) })
    }
}

impl StatementDraft {
    /// Adds an artifact under a name.
    pub fn about(&mut self, name: impl Into<String>, measured: &Measured) {
        self.subjects.push(Drafted::of(name, measured).0);
    }
    /// Adds several. Of those that come first, a list stays where it is.
    pub fn about_all(&mut self, drafted: impl IntoIterator<Item = Drafted>) {
        let mut more: Vec<Subject> = drafted.into_iter().map(|drafted| drafted.0).collect();
        if self.subjects.is_empty() { self.subjects = more } else { self.subjects.append(&mut more) }
    }
    /// The subjects so far.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }
    /// The bytes to sign, with our predicate.
    pub fn practices(&self, predicate: &Practices) -> Vec<u8> {
        self.write(PRACTICES_V1, predicate)
    }
    /// The bytes to sign, with any predicate.
    pub fn other(&self, predicate_type: &str, predicate: &serde_json::Value) -> Vec<u8> {
        self.write(predicate_type, predicate)
    }
    fn write<P: Serialize>(&self, predicate_type: &str, predicate: &P) -> Vec<u8> {
        json::compact(&Writing { kind: STATEMENT_V1, subject: &self.subjects, predicate_type, predicate })
    }
}

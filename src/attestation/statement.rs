//! in-toto Statement v1: which artifacts, which predicate.

use super::digests::DigestSet;
use super::envelope::Payload;
use super::predicate::{PRACTICES_V1, Practices};
use super::signed::SharedPayload;
use super::subjects::{List, Subjects};
use crate::artifact::Measured;
use crate::encoding::{MAX_DOCUMENT, Malformed, json};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;

const STATEMENT_V1: &str = "https://in-toto.io/Statement/v1";
const WHAT: &str = "in-toto statement";

/// A statement. Reading one from an envelope needs a quorum first.
#[derive(Clone, Debug)]
pub struct Statement {
    subjects: Subjects,
    predicate_type: String,
    predicate: Predicate,
}

/// One artifact to be written into a statement (in-toto ResourceDescriptor).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// A name for people; it identifies nothing.
    #[serde(default)]
    pub name: String,
    /// What identifies it. Algorithms we do not know are ignored.
    pub digest: DigestSet,
}

impl Subject {
    /// About how many bytes it is written in.
    fn about(&self) -> usize {
        self.name.len() + self.digest.iter().map(|(name, hex)| name.len() + hex.len() + 8).sum::<usize>() + 32
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
        Self::parse_shared(&SharedPayload::of(bytes))
    }

    fn parse_shared(payload: &SharedPayload) -> Result<Self, Malformed> {
        let read = |kind| json::parse_seed(Reading { payload, kind }, payload.bytes(), MAX_DOCUMENT, WHAT);
        // Nearly all are read in one go; whatever is otherwise is looked at first, and told what is wrong.
        if let Ok(written) = read(Kind::AsItSays) {
            return written.checked();
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Peek {
            predicate_type: String,
        }
        let peek: Peek = json::parse(payload.bytes(), MAX_DOCUMENT, WHAT)?;
        read(Kind::of(&peek.predicate_type))?.checked()
    }
}

/// Which predicate is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Practices,
    Other,
    /// As the type says that was written before it.
    AsItSays,
}

impl Kind {
    fn of(predicate_type: &str) -> Self {
        if predicate_type == PRACTICES_V1 { Self::Practices } else { Self::Other }
    }
}

/// Reads a statement.
struct Reading<'p> {
    payload: &'p SharedPayload,
    kind: Kind,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Field {
    #[serde(rename = "_type")]
    Type,
    Subject,
    PredicateType,
    Predicate,
    #[serde(other)]
    Other,
}

struct Written {
    kind: String,
    statement: Statement,
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = Written;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Written, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = Written;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("struct Written")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Written, A::Error> {
        let (mut kind, mut subjects, mut predicate_type, mut predicate) = (None, None, None::<String>, None);
        while let Some(field) = fields.next_key()? {
            match field {
                Field::Type => kind = Some(fields.next_value()?),
                Field::Subject => subjects = Some(fields.next_value_seed(List(self.payload.clone()))?),
                Field::PredicateType => predicate_type = Some(fields.next_value()?),
                Field::Predicate => {
                    let kind = match (self.kind, &predicate_type) {
                        (Kind::AsItSays, Some(predicate_type)) => Kind::of(predicate_type),
                        (kind, _) => kind,
                    };
                    predicate = Some(match kind {
                        Kind::Practices => Predicate::Practices(fields.next_value()?),
                        Kind::Other => Predicate::Other(fields.next_value()?),
                        Kind::AsItSays => return Err(A::Error::custom("a predicate before its type")),
                    });
                }
                Field::Other => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        let missing = A::Error::missing_field;
        let kind = kind.ok_or_else(|| missing("_type"))?;
        let subjects = subjects.ok_or_else(|| missing("subject"))?;
        let predicate_type = predicate_type.ok_or_else(|| missing("predicateType"))?;
        let predicate = predicate.ok_or_else(|| missing("predicate"))?;
        Ok(Written { kind, statement: Statement { subjects, predicate_type, predicate } })
    }
}

impl Written {
    fn checked(self) -> Result<Statement, Malformed> {
        let Self { kind, statement } = self;
        if kind != STATEMENT_V1 {
            return Err(Malformed::new(WHAT, format!("_type {kind:?}, expected {STATEMENT_V1}")));
        }
        if statement.subjects.is_empty() {
            return Err(Malformed::new(WHAT, "no subject: it is about nothing"));
        }
        if let Some(bare) = statement.subjects.bare() {
            return Err(Malformed::new(WHAT, format!("subject {:?} has no digest", bare.name)));
        }
        if let Some(practices) = statement.practices() {
            crate::practice::ByPractice::new(&practices.claims)?;
        }
        Ok(statement)
    }
}

impl Statement {
    /// What it is about.
    pub fn subjects(&self) -> &Subjects {
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
        let subjects: usize = self.subjects.iter().map(Subject::about).sum();
        let writing = Writing { kind: STATEMENT_V1, subject: &self.subjects, predicate_type, predicate };
        json::compact_about(&writing, subjects.saturating_add(8 << 10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// A statement as serde reads it, with a copy of everything.
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Derived<P> {
        #[serde(rename = "_type")]
        _kind: String,
        subject: Vec<Subject>,
        predicate_type: String,
        #[serde(rename = "predicate")]
        _predicate: P,
    }

    fn derived(text: &str) -> Result<(Vec<Subject>, String), Malformed> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Peek {
            predicate_type: String,
        }
        fn read<P: for<'de> Deserialize<'de>>(text: &str) -> Result<(Vec<Subject>, String), Malformed> {
            let read: Derived<P> = json::parse(text.as_bytes(), MAX_DOCUMENT, WHAT)?;
            Ok((read.subject, read.predicate_type))
        }
        let peek: Peek = json::parse(text.as_bytes(), MAX_DOCUMENT, WHAT)?;
        if peek.predicate_type == PRACTICES_V1 { read::<Practices>(text) } else { read::<serde_json::Value>(text) }
    }

    const SUBJECT: &str = r#"{"name":"a","digest":{"sha256":"aa"}}"#;

    fn statement(subjects: &str) -> String {
        let (kind, text) = (STATEMENT_V1, r#""predicateType":"t","predicate":{"x":[1,null]}"#);
        format!(r#"{{"_type":"{kind}","subject":{subjects},{text}}}"#)
    }

    #[test]
    fn what_is_read_without_copies_is_what_serde_reads() {
        let mut texts: Vec<String> = [
            r#"[SUBJECT]"#,
            r#"[SUBJECT,{"digest":{"z":"1","sha512":"b","sha256":"C","a":""},"uri":{"deep":[{}]},"name":"x"},SUBJECT]"#,
            r#"[{"name":"\u00e9\n\\","digest":{"sh\u0061256":"a\u0061"}},{"name":"ünï","digest":{"gitCommit":"0"}}]"#,
            r#"[{"name":"","digest":{"sha256":""}}]"#,
            r#"[{"na\u006de":"b","digest":{"sha256":"aa"}}]"#,
            r#"[{"name":null,"digest":{"sha256":"aa"}}]"#,
            r#"[{"name":1,"digest":{}}]"#,
            r#"[{"name":"a"}]"#,
            r#"[{"name":"a","digest":null}]"#,
            r#"[{"name":"a","digest":[]}]"#,
            r#"[{"name":"a","digest":"aa"}]"#,
            r#"[{"name":"a","digest":{"sha256":1}}]"#,
            r#"[{"name":"a","digest":{"sha256":null}}]"#,
            r#"[{"name":"a","digest":{"sha256":"a","sha256":"b"}}]"#,
            r#"[{"name":"a","name":"b","digest":{"sha256":"a"}}]"#,
            r#"[{"x":1,"x":1,"digest":{"sha256":"a"}}]"#,
            r#"[["a",{"sha256":"a"}]]"#,
            r#"[1]"#,
            r#"[null]"#,
            r#"{}"#,
            r#"null"#,
            r#""a""#,
            r#"[SUBJECT,]"#,
            r#"[SUBJECT"#,
            r#"[{"name":"a","digest":{"sha256":"a"#,
        ]
        .map(|subjects| statement(&subjects.replace("SUBJECT", SUBJECT)))
        .into();
        let whole = statement(&format!("[{SUBJECT}]"));
        for (from, to) in [
            ("_type", "type"),
            ("\"subject\"", "\"subjects\""),
            ("predicateType", "predicatetype"),
            ("\"predicate\"", "\"predicat\""),
            ("\"t\"", "7"),
            ("{\"x\":[1,null]}", "null"),
            ("{\"x\":[1,null]}", "{\"x\":1,\"x\":1}"),
            ("\"predicateType\":\"t\",\"predicate\":{\"x\":[1,null]}", "\"predicate\":{},\"predicateType\":\"t\""),
            ("\"t\"", "\"t\",\"predicateType\":\"t\""),
            ("\"t\"", &format!("{PRACTICES_V1:?}")),
            ("}]", "}] , \"more\" : {\"a\":[{}]}"),
        ] {
            texts.push(whole.replace(from, to));
        }
        texts.extend(["", "[]", "7", "{}", "{\"predicateType\":\"t\"}", "x"].map(str::to_owned));
        texts.push(format!("{whole} "));
        texts.push(format!("{whole}x"));
        for text in texts {
            let read = json::parse_seed(
                Reading { payload: &SharedPayload::of(text.as_bytes()), kind: Kind::AsItSays },
                text.as_bytes(),
                MAX_DOCUMENT,
                WHAT,
            );
            let ours = match read {
                Ok(written) => Ok(written.statement),
                Err(_) => Statement::parse(text.as_bytes()),
            };
            match (derived(&text), ours) {
                (Ok((subjects, predicate_type)), Ok(ours)) => {
                    assert!(*ours.subjects() == *subjects, "{text}");
                    assert_eq!(ours.predicate_type(), predicate_type);
                    let ours = ours.subjects().digests().map(|(at, hex)| (at, hex.to_vec())).collect::<Vec<_>>();
                    let all = subjects.iter().enumerate();
                    let theirs =
                        all.flat_map(|(at, s)| s.digest.values().map(move |hex| (at, hex.as_bytes().to_vec())));
                    assert_eq!(ours, theirs.collect::<Vec<_>>());
                }
                (Err(theirs), Err(ours)) => assert_eq!(theirs.to_string(), ours.to_string(), "{text}"),
                (theirs, ours) => panic!("{text}: {:?}, but {:?}", theirs.map(|_| ()), ours.map(|_| ())),
            }
        }
    }

    #[test]
    fn a_subject_is_where_it_stands() {
        let text = statement(r#"[{"name":"\u0061b","digest":{"sha256":"1"}},{"digest":{"y":"\u0032","x":"3"}}]"#);
        let statement = Statement::parse(text.as_bytes()).unwrap();
        let subjects = statement.subjects();
        assert_eq!(subjects.iter().map(|s| s.name).collect::<Vec<_>>(), ["ab", ""]);
        let second = subjects.get(1).unwrap().digest;
        assert_eq!(second.iter().collect::<Vec<_>>(), [("x", "3"), ("y", "2")]);
        assert_eq!((second.get("y"), second.get("z"), second.len()), (Some("2"), None, 2));
        assert!(
            subjects.get(2).is_none() && subjects.first() == subjects.get(0) && subjects.first() != subjects.get(1)
        );
        let owned = BTreeMap::from([("sha256", "1")]);
        assert!(subjects.first().unwrap().digest.iter().eq(owned));
        for none in ["[]", r#"[{"digest":{"a":"1"}},{"name":"b","digest":{}}]"#] {
            assert!(Statement::parse(super::tests::statement(none).as_bytes()).is_err());
        }
    }
}

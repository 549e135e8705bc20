//! The schema of Security Insights 2.0 to 2.2, as a table: what has to be there, and of which type what is there is.
//! Fields that it does not know are let be: a later 2.x may have them.

use serde_json::Value;

/// The type of a value.
enum Shape {
    Text,
    Web,
    Mail,
    Date,
    Version,
    Flag,
    OneOf(&'static [&'static str]),
    /// A list of at least so many.
    List(usize, &'static Shape),
    Fields(&'static [Field]),
}

/// A field: its name, whether it has to be there, its type.
type Field = (&'static str, bool, Shape);

const MUST: bool = true;
const MAY: bool = false;

use Shape::{Date, Fields, Flag, List, Mail, OneOf, Text, Version, Web};

const DOCUMENT: Shape = Fields(&[("header", MUST, HEADER), ("project", MAY, PROJECT), ("repository", MAY, REPOSITORY)]);

const HEADER: Shape = Fields(&[
    ("schema-version", MUST, Version),
    ("last-updated", MUST, Date),
    ("last-reviewed", MUST, Date),
    ("url", MUST, Web),
    ("comment", MAY, Text),
    ("project-si-source", MAY, Web),
]);

const CONTACT: Shape = Fields(&[
    ("name", MUST, Text),
    ("primary", MUST, Flag),
    ("affiliation", MAY, Text),
    ("email", MAY, Mail),
    ("social", MAY, Text),
]);

const LINK: Shape = Fields(&[("uri", MUST, Text), ("comment", MUST, Text)]);

const LICENSE: Shape = Fields(&[("url", MUST, Web), ("expression", MUST, Text)]);

const ATTESTATION: Shape =
    Fields(&[("name", MUST, Text), ("location", MUST, Web), ("predicate-uri", MUST, Text), ("comment", MAY, Text)]);

const ASSESSMENT: Shape =
    Fields(&[("comment", MUST, Text), ("name", MAY, Text), ("evidence", MAY, Web), ("date", MAY, Date)]);

const PROJECT: Shape = Fields(&[
    ("name", MUST, Text),
    ("homepage", MAY, Web),
    ("roadmap", MAY, Web),
    ("funding", MAY, Web),
    ("steward", MAY, LINK),
    ("administrators", MUST, List(1, &CONTACT)),
    ("repositories", MUST, List(1, &Fields(&[("name", MUST, Text), ("comment", MUST, Text), ("url", MUST, Web)]))),
    ("vulnerability-reporting", MUST, REPORTING),
    (
        "documentation",
        MAY,
        Fields(&[
            ("design", MAY, Web),
            ("detailed-guide", MAY, Web),
            ("code-of-conduct", MAY, Web),
            ("quickstart-guide", MAY, Web),
            ("release-process", MAY, Web),
            ("support-policy", MAY, Web),
            ("signature-verification", MAY, Web),
        ]),
    ),
]);

const REPORTING: Shape = Fields(&[
    ("reports-accepted", MUST, Flag),
    ("bug-bounty-available", MUST, Flag),
    ("bug-bounty-program", MAY, Web),
    ("contact", MAY, CONTACT),
    ("comment", MAY, Text),
    ("policy", MAY, Web),
    ("security-policy", MAY, Web),
    ("pgp-key", MAY, Text),
    ("in-scope", MAY, List(0, &Text)),
    ("out-of-scope", MAY, List(0, &Text)),
]);

const REPOSITORY: Shape = Fields(&[
    (
        "status",
        MUST,
        OneOf(&["active", "abandoned", "concept", "inactive", "moved", "suspended", "unsupported", "WIP"]),
    ),
    ("url", MUST, Web),
    ("accepts-change-request", MUST, Flag),
    ("accepts-automated-change-request", MUST, Flag),
    ("bug-fixes-only", MAY, Flag),
    ("no-third-party-packages", MAY, Flag),
    ("core-team", MUST, List(1, &CONTACT)),
    ("license", MUST, LICENSE),
    ("security", MUST, SECURITY),
    (
        "documentation",
        MAY,
        Fields(&[
            ("contributing-guide", MAY, Web),
            ("dependency-management-policy", MAY, Web),
            ("governance", MAY, Web),
            ("review-policy", MAY, Web),
            ("security-policy", MAY, Web),
        ]),
    ),
    (
        "release",
        MAY,
        Fields(&[
            ("automated-pipeline", MUST, Flag),
            ("distribution-points", MUST, List(1, &LINK)),
            ("changelog", MAY, Web),
            ("license", MAY, LICENSE),
            ("attestations", MAY, List(0, &ATTESTATION)),
        ]),
    ),
]);

const SECURITY: Shape = Fields(&[
    ("assessments", MUST, Fields(&[("self", MUST, ASSESSMENT), ("third-party", MAY, List(0, &ASSESSMENT))])),
    ("champions", MAY, List(0, &CONTACT)),
    ("tools", MAY, List(0, &TOOL)),
]);

const TOOL: Shape = Fields(&[
    ("name", MUST, Text),
    ("type", MUST, OneOf(&["fuzzing", "container", "secret", "SCA", "SAST", "other"])),
    ("version", MAY, Text),
    ("comment", MAY, Text),
    ("rulesets", MUST, List(0, &Text)),
    ("integration", MUST, Fields(&[("adhoc", MUST, Flag), ("ci", MUST, Flag), ("release", MUST, Flag)])),
    ("results", MUST, Fields(&[("adhoc", MAY, ATTESTATION), ("ci", MAY, ATTESTATION), ("release", MAY, ATTESTATION)])),
]);

/// The first thing that does not fit, by where it is; None if all of it does.
pub(super) fn problem(document: &Value) -> Option<String> {
    // Neither a project nor a repository: that is about nothing.
    let about = ["project", "repository"].iter().any(|key| document.get(*key).is_some());
    DOCUMENT.problem(document, "").or_else(|| (!about).then(|| "neither project nor repository".to_owned()))
}

impl Shape {
    fn problem(&self, value: &Value, at: &str) -> Option<String> {
        let fits = |fits: bool, what: &str| (!fits).then(|| format!("{at} is no {what}"));
        let text = value.as_str();
        match self {
            Text => fits(text.is_some(), "text"),
            Web => fits(text.is_some_and(is_web), "web address"),
            Mail => fits(text.is_some_and(is_mail), "mail address"),
            Date => fits(text.is_some_and(is_date), "date"),
            Version => fits(text.is_some_and(is_version), "version"),
            Flag => fits(value.is_boolean(), "truth value"),
            OneOf(known) => fits(text.is_some_and(|text| known.contains(&text)), "word of the schema"),
            List(least, shape) => match value.as_array() {
                Some(list) if list.len() >= *least => {
                    list.iter().zip(0_usize..).find_map(|(one, n)| shape.problem(one, &format!("{at}[{n}]")))
                }
                _ => Some(format!("{at} is no list of at least {least}")),
            },
            Fields(fields) => match value.as_object() {
                Some(object) => fields.iter().find_map(|(name, must, shape)| {
                    let at = if at.is_empty() { (*name).to_owned() } else { format!("{at}.{name}") };
                    match object.get(*name) {
                        Some(value) => shape.problem(value, &at),
                        None => must.then(|| format!("{at} is missing")),
                    }
                }),
                None => fits(false, "mapping"),
            },
        }
    }
}

/// `2.1.0`.
pub(super) fn is_version(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.split('.').count() == 3 && text.split('.').all(digits) && !text.starts_with('0')
}

/// `2026-11-23`, a day of the calendar.
pub(super) fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

fn is_web(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}

fn is_mail(text: &str) -> bool {
    text.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && host.contains('.') && !host.contains('@') && !text.contains(char::is_whitespace)
    })
}

//! OpenSSF Security Insights 2: whether the file fits its schema, and when somebody last reviewed it.

mod schema;
mod yaml;

use super::bounded;
use super::{Code, Extracted, Fault, Target};
use crate::encoding::duration::{instant, rfc3339};
use serde_json::Value;
use std::io::Read;

/// The most bytes of one file.
const LIMIT: usize = 1 << 20;

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, _: &Target<'_>) -> Result<Extracted, Fault> {
    let bytes = bounded::some(input, LIMIT, name)?;
    let document = yaml::parse(&bytes)?;
    if document.is_null() {
        return Err(Fault::new(Code::Empty, name, "a document with something in it", "nothing but comments"));
    }
    if !document.is_object() {
        return Err(Fault::new(Code::Malformed, name, "a mapping, with a header", "something else"));
    }
    let header = |key: &str| document.get("header").and_then(|header| header.get(key)).and_then(Value::as_str);
    let mut out = Extracted::default();
    let version = header("schema-version").filter(|version| schema::is_version(version));
    if let Some(version) = version {
        if !version.starts_with("2.") {
            return Err(Fault::new(Code::Unsupported, name, "schema-version 2.x", version));
        }
        out.fact(&["schemaVersion"], version);
    }
    let problem = schema::problem(&document);
    out.fact(&["schemaValid"], problem.is_none());
    if let Some(problem) = problem {
        out.fact(&["problem"], problem);
    }
    for (fact, key) in [("reviewedAt", "last-reviewed"), ("updatedAt", "last-updated")] {
        let at = header(key).filter(|date| schema::is_date(date)).and_then(|date| instant(date).ok());
        if let Some(at) = at {
            out.fact(&[fact], rfc3339(at));
            out.produced_at = out.produced_at.max(Some(at));
        }
    }
    Ok(out)
}

/// Whether a file seems to be one.
pub(super) fn looks(name: &str, head: &[u8]) -> bool {
    let base = bounded::base(name).to_ascii_lowercase();
    let named = base.starts_with("security-insights") || base.starts_with("security_insights");
    named && String::from_utf8_lossy(head).contains("schema-version")
}

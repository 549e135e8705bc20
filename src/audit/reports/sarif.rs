//! The findings of an audit as SARIF 2.1.0, for code scanning and CI: a rule per code, a result per finding.

use super::words::{sentence, visible};
use crate::audit::{Finding, FindingCode, Outcome, Severity};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io::{self, Write};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes the findings as SARIF. The verdicts stand in the totals of the run's properties; what was not checked is a
/// notification of the run.
///
/// # Errors
/// What `out` or the outcome says.
pub fn sarif(outcome: &dyn Outcome, out: &mut dyn Write) -> io::Result<()> {
    let summary = outcome.summary();
    writeln!(out, "{{\"$schema\": {}, \"version\": \"2.1.0\", \"runs\": [{{", json!(SCHEMA))?;
    writeln!(out, "\"tool\": {},", tool(&summary.reproduce.program))?;
    let id = format!("vouchsafe-audit/{}/{}", uri(&summary.as_of.forum_id), uri(&summary.reproduce.at));
    writeln!(out, "\"automationDetails\": {},", json!({"id": id, "description": {"text": sentence(summary)}}))?;
    let command = json!(visible(&summary.reproduce.command));
    writeln!(out, "\"invocations\": [{{\"executionSuccessful\": true, \"commandLine\": {command},")?;
    writeln!(out, "\"toolExecutionNotifications\": [")?;
    let mut first = true;
    outcome.not_checked(&mut |file| {
        let text = format!("not checked: {}: {}", visible(&file.path), visible(&file.why));
        let note = json!({"level": "note", "message": {"text": text}, "locations": [location(&file.path)]});
        item(out, &mut first, &note)
    })?;
    writeln!(out, "]}}],\n\"columnKind\": \"unicodeCodePoints\",\n\"results\": [")?;
    first = true;
    outcome.findings(&mut |finding| item(out, &mut first, &result(finding)))?;
    writeln!(out, "],\n\"properties\": {}\n}}]}}", escaped(&serde_json::to_value(summary)?))
}

/// Every item but the first stands after a comma.
fn item(out: &mut dyn Write, first: &mut bool, value: &Value) -> io::Result<()> {
    let comma = if std::mem::take(first) { "" } else { ",\n" };
    write!(out, "{comma}{value}")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

fn tool(program: &str) -> Value {
    let rule = |code: &FindingCode| {
        json!({
            "id": code.as_str(),
            "shortDescription": {"text": code.why()},
            "help": {"text": code.next()},
            "defaultConfiguration": {"level": level(code.severity())},
        })
    };
    let rules: Vec<Value> = FindingCode::ALL.iter().map(rule).collect();
    let home = "https://vouchsafe.dev";
    json!({"driver": {"name": "vouchsafe", "version": visible(program), "informationUri": home, "rules": rules}})
}

fn result(finding: &Finding) -> Value {
    let rule = FindingCode::ALL.iter().position(|c| *c == finding.code);
    let text = |field: &Option<String>| field.as_deref().map(visible);
    let mut result = json!({
        "ruleId": finding.code.as_str(),
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": {"text": visible(&finding.message)},
        "partialFingerprints": {"vouchsafeFinding/v1": fingerprint(finding)},
        "properties": {
            "release": text(&finding.release),
            "member": text(&finding.member),
            "practice": text(&finding.practice),
            "due": text(&finding.due),
        },
    });
    let place = match (&finding.path, &finding.member) {
        (Some(path), _) => Some(location(path)),
        (None, Some(member)) => Some(
            json!({"logicalLocations": [{"name": visible(member), "fullyQualifiedName": visible(member), "kind": "member"}]}),
        ),
        (None, None) => None,
    };
    if let (Some(place), Some(fields)) = (place, result.as_object_mut()) {
        fields.insert("locations".into(), json!([place]));
    }
    result
}

fn location(path: &str) -> Value {
    json!({"physicalLocation": {"artifactLocation": {"uri": path_uri(path)}}})
}

/// The same finding of the next audit has the same fingerprint: its words, which may count days, are no part of it.
fn fingerprint(finding: &Finding) -> String {
    let mut hash = Sha256::new();
    let parts = [&finding.path, &finding.release, &finding.member, &finding.practice, &finding.due];
    for part in [Some(finding.code.as_str())].into_iter().chain(parts.map(Option::as_deref)) {
        // What is absent differs from what is empty, and parts do not run together.
        hash.update(part.map_or(u64::MAX, |p| p.len() as u64).to_be_bytes());
        hash.update(part.unwrap_or_default());
    }
    hex::encode(hash.finalize())
}

/// A path as a URI: relative, unless it starts at the root.
fn path_uri(path: &str) -> String {
    match path.strip_prefix('/') {
        Some(rest) => format!("file:///{}", uri(rest.trim_start_matches('/'))),
        None => uri(path),
    }
}

/// Percent-encoded but for letters, digits, `-._~` and `/`, so that no part of it is a scheme, a query or a fragment.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The value with every text in it made visible.
fn escaped(value: &Value) -> Value {
    match value {
        Value::String(text) => visible(text).into(),
        Value::Array(list) => list.iter().map(escaped).collect(),
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), escaped(v))).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::path_uri;

    #[test]
    fn a_path_is_nothing_but_a_path() {
        assert_eq!(path_uri("a b/c?d#e%f"), "a%20b/c%3Fd%23e%25f");
        assert_eq!(path_uri("javascript:x"), "javascript%3Ax");
        assert_eq!(path_uri("//host/x"), "file:///host/x");
        assert_eq!(path_uri("ü"), "%C3%BC");
    }
}

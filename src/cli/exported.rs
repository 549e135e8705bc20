//! `attest --predicate` of a whole statement, such as `verify --output vsa=FILE` writes: its predicate is what is signed, if
//! it is about these very artifacts.

use super::trouble::Trouble;
use serde_json::Value;
use std::collections::BTreeSet;
use vouchsafe::attestation::Subject;
use vouchsafe::encoding::text::shown;

/// The predicate to sign: the document itself, or that of the statement it is.
pub(crate) fn predicate(document: Value, kind: &str, subjects: &[Subject]) -> Result<Value, Trouble> {
    if document.get("_type").and_then(Value::as_str) != Some("https://in-toto.io/Statement/v1") {
        return Ok(document);
    }
    let stated = document.get("predicateType").and_then(Value::as_str).unwrap_or_default();
    if stated != kind {
        return Err(Trouble::usage(format!(
            "--predicate is a statement of type {}, not {}",
            shown(stated),
            shown(kind)
        )));
    }
    let sha256 = |subject: &Value| subject.pointer("/digest/sha256").and_then(Value::as_str).map(str::to_owned);
    let about: BTreeSet<Option<String>> =
        document.get("subject").and_then(Value::as_array).into_iter().flatten().map(sha256).collect();
    let measured: BTreeSet<Option<String>> =
        subjects.iter().map(|s| s.digest.get("sha256").map(str::to_owned)).collect();
    if about != measured || about.contains(&None) {
        return Err(Trouble::usage("--predicate is a statement about other artifacts than those named here"));
    }
    document.get("predicate").cloned().ok_or_else(|| Trouble::usage("--predicate is a statement without a predicate"))
}

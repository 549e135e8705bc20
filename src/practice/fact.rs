//! How a check names a fact: a dotted path, through nested objects and through keys that hold dots themselves.

use serde_json::{Map, Value};

/// Whether `path` can name a fact: at most 16 parts separated by dots, none of them empty.
pub(super) fn is_path(path: &str) -> bool {
    path.len() <= 200 && path.split('.').count() <= 16 && path.split('.').all(|part| !part.is_empty())
}

/// The one value that `path` names. A path that can be read in two ways (`{"a.b": 1, "a": {"b": 2}}`) names
/// nothing, so that nobody can show one value to a reader and another to a check; null is nothing too.
///
/// Every object is reached by one way only, so the cost is linear in the facts.
pub(super) fn lookup<'a>(facts: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut found = Vec::new();
    collect(facts, path, &mut found);
    match found.as_slice() {
        [Value::Null] => None,
        [one] => Some(one),
        _ => None,
    }
}

fn collect<'a>(facts: &'a Map<String, Value>, path: &str, found: &mut Vec<&'a Value>) {
    found.extend(facts.get(path));
    for (dot, _) in path.match_indices('.') {
        let (head, tail) = (path.get(..dot).unwrap_or_default(), path.get(dot + 1..).unwrap_or_default());
        if let Some(Value::Object(inner)) = facts.get(head) {
            collect(inner, tail, found);
        }
    }
}

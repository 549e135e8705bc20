//! Where provenance says that the sources came from, and which revision of them.

use super::super::signed::text;
use serde_json::Value;
use std::collections::BTreeSet;

/// What provenance says of the sources.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Source {
    /// Whether they came from the repository that was expected; None if none was, or if it does not say.
    pub(super) expected: Option<bool>,
    /// The revision, in lower case, if it says one and no other.
    pub(super) revision: Option<String>,
}

/// Fields of `externalParameters` that known builders name the source by: a text, or an object with `uri` and `digest`.
const NAMED: &[&[&str]] = &[&["source"], &["sourceUri"], &["repository"], &["workflow", "repository"]];

/// A source that is named, and the revision beside it.
struct Named<'a> {
    uri: &'a str,
    revision: Option<&'a str>,
}

impl Source {
    /// Of a predicate. What the builder was asked to build from decides; the list of what it resolved does where nothing
    /// was asked, for that list holds dependencies as well.
    pub(super) fn of(predicate: &Value, expected: Option<&str>) -> Self {
        let definition = predicate.get("buildDefinition");
        let asked: Vec<Named<'_>> = definition.and_then(|d| d.get("externalParameters")).map(asked).unwrap_or_default();
        let list = definition.and_then(|d| d.get("resolvedDependencies")).and_then(Value::as_array);
        let resolved: Vec<Named<'_>> = list.into_iter().flatten().filter_map(named).collect();
        let Some(expected) = expected.map(normal) else {
            return Self { expected: None, revision: only(asked.iter().chain(&resolved)) };
        };
        let is = |named: &&Named<'_>| normal(named.uri) == expected;
        let good = match asked.is_empty() {
            true => resolved.iter().any(|named| is(&named)),
            false => asked.iter().all(|named| is(&named)),
        };
        let known = !asked.is_empty() || !resolved.is_empty();
        let revision = only(asked.iter().chain(&resolved).filter(is)).filter(|_| good);
        Self { expected: known.then_some(good), revision }
    }
}

fn asked(parameters: &Value) -> Vec<Named<'_>> {
    let at = |path: &&[&str]| path.iter().try_fold(parameters, |at, key| at.get(*key));
    NAMED.iter().filter_map(at).filter_map(named).collect()
}

fn named(value: &Value) -> Option<Named<'_>> {
    if let Some(uri) = value.as_str() {
        return Some(Named { uri, revision: None });
    }
    let digest = |key: &str| text(value, &["digest", key]);
    Some(Named { uri: text(value, &["uri"])?, revision: digest("gitCommit").or_else(|| git(value, digest("sha1"))) })
}

/// A SHA-1 names a commit where the place is a git repository.
fn git<'a>(value: &Value, sha1: Option<&'a str>) -> Option<&'a str> {
    sha1.filter(|_| text(value, &["uri"]).is_some_and(|uri| uri.starts_with("git+")))
}

/// The one revision they name. Two of them are none.
fn only<'a, 'b: 'a>(all: impl Iterator<Item = &'a Named<'b>>) -> Option<String> {
    let hex = |r: &str| matches!(r.len(), 40 | 64) && r.bytes().all(|b| b.is_ascii_hexdigit());
    let revisions: BTreeSet<String> = all.filter_map(|named| named.revision).map(str::to_ascii_lowercase).collect();
    let mut each = revisions.into_iter();
    each.next().filter(|one| hex(one) && each.next().is_none())
}

/// A place as it is compared: without `git+` before it, without a fragment, a reference (`@refs/tags/v1`), a slash or
/// `.git` behind it; scheme and host in lower case. Everything else is compared as it stands.
pub(in super::super) fn normal(uri: &str) -> String {
    let uri = uri.trim();
    let uri = uri.strip_prefix("git+").unwrap_or(uri);
    let uri = uri.split('#').next().unwrap_or(uri);
    let Some((scheme, rest)) = uri.split_once("://") else { return uri.to_owned() };
    let (host, path) = match rest.split_once('/') {
        Some((host, path)) => (host, path),
        None => (rest, ""),
    };
    let path = path.split('@').next().unwrap_or(path).trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    format!("{}://{}/{path}", scheme.to_ascii_lowercase(), host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn places_are_compared_in_one_form() {
        let want = "https://example.com/Acme/tool";
        for same in [
            "https://example.com/Acme/tool",
            "git+https://example.com/Acme/tool",
            "git+https://EXAMPLE.com/Acme/tool.git@refs/tags/v1.0",
            "https://example.com/Acme/tool/#readme",
        ] {
            assert_eq!(normal(same), want, "{same}");
        }
        for other in [
            "http://example.com/Acme/tool",
            "https://example.com/acme/tool",
            "https://example.com/Acme/tool2",
            "https://example.com/Acme/tool/evil",
            "https://example.com@evil.test/Acme/tool",
            "https://evil.test/x@https://example.com/Acme/tool",
        ] {
            assert_ne!(normal(other), want, "{other}");
        }
    }

    fn of(asked: Value, resolved: Value) -> Source {
        let predicate = json!({"buildDefinition": {"externalParameters": asked, "resolvedDependencies": resolved}});
        Source::of(&predicate, Some("https://example.com/a"))
    }

    #[test]
    fn what_was_asked_for_decides_and_a_dependency_does_not() {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let dependency = |uri: &str, commit: &str| json!({"uri": uri, "digest": {"gitCommit": commit}});
        let good = of(
            json!({"workflow": {"repository": "https://example.com/a"}}),
            json!([
                dependency("git+https://example.com/a@refs/heads/main", &one),
                dependency("git+https://example.com/lib", &two),
            ]),
        );
        assert_eq!(good, Source { expected: Some(true), revision: Some(one.clone()) });
        let evil = of(
            json!({"workflow": {"repository": "https://evil.test/a"}}),
            json!([dependency("https://example.com/a", &one)]),
        );
        assert_eq!(evil, Source { expected: Some(false), revision: None }, "built from a fork that depends on us");
        let torn = of(
            json!({}),
            json!([dependency("https://example.com/a", &one), dependency("https://example.com/a", &two)]),
        );
        assert_eq!(torn, Source { expected: Some(true), revision: None }, "two revisions are none");
        assert_eq!(of(json!({}), json!([])), Source::default());
        assert_eq!(of(json!({}), json!([dependency("https://example.com/a", "main")])).revision, None);
    }
}

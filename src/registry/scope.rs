//! Which products a member may speak for.

use super::record::MemberRecord;
use crate::encoding::glob;

/// Whether a member's scope covers a product and an artifact name.
///
/// A stated product decides alone, against the `pkg:` patterns: naming somebody else's product is out of scope
/// whatever the file is called. Without one, the last component of the artifact's name has to match another
/// pattern. A member without a matching pattern speaks for nothing.
pub fn in_scope(member: &MemberRecord, product: Option<&str>, name: &str) -> bool {
    match product {
        Some(purl) => {
            is_plain(purl) && member.scope.iter().filter(|p| p.starts_with("pkg:")).any(|p| glob::matches(p, purl))
        }
        None => {
            let file = name.rsplit('/').next().unwrap_or(name);
            member.scope.iter().filter(|p| !p.starts_with("pkg:")).any(|p| glob::matches(p, file))
        }
    }
}

/// A package URL without `.` and `..` segments or percent-encoded slashes, which could climb out of a pattern.
fn is_plain(purl: &str) -> bool {
    purl.starts_with("pkg:")
        && !purl.to_ascii_lowercase().contains("%2f")
        && !purl.to_ascii_lowercase().contains("%2e")
        && !purl.split(['/', '@', '?', '#']).any(|segment| matches!(segment, "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes() {
        let member = |scope: &[&str]| {
            MemberRecord::new(
                "acme",
                "Acme",
                jiff::Timestamp::UNIX_EPOCH,
                scope.iter().map(|s| (*s).to_owned()).collect(),
            )
        };
        let acme = member(&["pkg:generic/acme/*", "acme-*"]);
        for (product, name, want) in [
            (None, "acme-1.0.tar.gz", true),
            (None, "dist/acme-1.0.tar.gz", true),
            (None, "acme-dir/globex-1.0", false),
            (Some("pkg:generic/acme/tool@1"), "anything", true),
            (Some("pkg:generic/globex/tool@1"), "acme-1.0", false),
            (Some("pkg:generic/acme/../globex/tool"), "acme-1.0", false),
            (Some("pkg:generic/acme/%2e%2E/globex"), "acme-1.0", false),
            (Some("acme-1.0"), "acme-1.0", false),
        ] {
            assert_eq!(in_scope(&acme, product, name), want, "{product:?} {name}");
        }
        assert!(!in_scope(&member(&[]), None, "acme-1.0"), "no scope is nothing, not everything");
        assert!(!in_scope(&member(&["acme-*"]), Some("pkg:generic/acme/tool"), "acme-1.0"));
    }
}

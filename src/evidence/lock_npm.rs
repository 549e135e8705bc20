//! package-lock.json and npm-shrinkwrap.json, versions 2 and 3.

use super::lock_toml::VERSION;
use super::lockfile::{Entry, Locked, WHAT, strong};
use crate::encoding::{MAX_DOCUMENT, Malformed, json};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lock {
    lockfile_version: u32,
    packages: Option<BTreeMap<String, Package>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    name: Option<String>,
    version: Option<String>,
    integrity: Option<String>,
    link: Option<bool>,
    dev: Option<bool>,
    optional: Option<bool>,
    dev_optional: Option<bool>,
    in_bundle: Option<bool>,
}

/// By folder: what is in a `node_modules` comes from elsewhere, unless it links to a folder of the project.
pub(super) fn package_lock(bytes: &[u8], locked: &mut Locked) -> Result<(), Malformed> {
    let lock: Lock = json::parse(bytes, MAX_DOCUMENT, WHAT)?;
    if !matches!(lock.lockfile_version, 2 | 3) {
        return Err(Malformed::new(VERSION, lock.lockfile_version.to_string()));
    }
    let packages = lock.packages.ok_or_else(|| Malformed::new(WHAT, "lists no packages"))?;
    for (folder, one) in &packages {
        let said = |flag: Option<bool>| flag == Some(true);
        let Some((_, installed)) = folder.rsplit_once("node_modules/") else {
            locked.local();
            continue;
        };
        if said(one.link) {
            continue;
        }
        // Several digests stand apart by spaces; npm checks the strongest.
        let digest = one.integrity.as_deref().is_some_and(|all| all.split_whitespace().any(strong));
        // What comes inside another package is under the digest of that one.
        let pinned = digest || (said(one.in_bundle) && bundled(folder, &packages));
        // Optional packages are often those of other machines, which no list of what was installed holds.
        let aside = said(one.dev) || said(one.dev_optional) || said(one.optional);
        let name = one.name.as_deref().unwrap_or(installed);
        locked.package("npm", &Entry { name, version: one.version.as_deref(), pinned, aside })?;
    }
    Ok(())
}

/// Whether a package that this one is installed inside of has a strong digest.
fn bundled(folder: &str, packages: &BTreeMap<String, Package>) -> bool {
    folder.match_indices("/node_modules/").any(|(at, _)| {
        let outer = folder.get(..at).and_then(|outer| packages.get(outer));
        outer.and_then(|p| p.integrity.as_deref()).is_some_and(|all| all.split_whitespace().any(strong))
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Code, Material, Purl, Target, lockfile};

    fn read(text: &str) -> Result<super::super::Extracted, Code> {
        lockfile::extract("package-lock.json", &mut text.as_bytes(), &Target::default()).map_err(|fault| fault.code)
    }

    #[test]
    fn npm() {
        let sum = format!("sha512-{}==", "A".repeat(86));
        let text = format!(
            r#"{{"lockfileVersion":3,"packages":{{"":{{"name":"me"}},"packages/x":{{"version":"1.0.0"}},
            "node_modules/x":{{"resolved":"packages/x","link":true}},
            "node_modules/@a/b":{{"version":"1.0.0","integrity":"{sum}"}},
            "node_modules/@a/b/node_modules/c":{{"version":"2.0.0","inBundle":true}},
            "node_modules/d":{{"version":"1.0.0","integrity":"sha1-{}=","dev":true}},
            "node_modules/e":{{"version":"1.0.0","name":"real","inBundle":true}}}}}}"#,
            "A".repeat(43)
        );
        let out = read(&text).unwrap();
        let want = serde_json::json!({"ecosystem": "npm", "packages": 4, "pinned": 2, "local": 2, "pinnedRatio": 0.5, "sbomAgrees": false});
        assert_eq!(serde_json::Value::Object(out.facts), want);
        let Material::Locked(all) = out.material else { panic!() };
        assert_eq!(all.len(), 3, "what is for development is no part of the release");
        assert!(all.contains(&Purl::parse("pkg:npm/%40a/b@1.0.0").unwrap()));
        assert!(all.contains(&Purl::parse("pkg:npm/real@1.0.0").unwrap()));
        for (text, code) in [
            (r#"{"lockfileVersion":1}"#, Code::Unsupported),
            (r#"{"lockfileVersion":3}"#, Code::Malformed),
            (r#"{"lockfileVersion":3,"packages":{}}"#, Code::Empty),
            (r#"{"lockfileVersion":3,"packages":{"node_modules/":{}}}"#, Code::Malformed),
            (r#"{"lockfileVersion":3,"packages":{"a":{},"a":{}}}"#, Code::Malformed),
            (r#"{"lockfileVersion":3,"packages":{"a":[]}}"#, Code::Malformed),
            (r#"{"lockfileVersion":3,"packages":{"a"#, Code::Malformed),
        ] {
            assert_eq!(read(text).unwrap_err(), code, "{text}");
        }
    }
}

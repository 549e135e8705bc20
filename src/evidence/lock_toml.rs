//! Lock files in TOML: Cargo.lock, uv.lock, poetry.lock.

use super::lockfile::{Entry, Locked, WHAT, strong};
use crate::encoding::Malformed;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// What a version that is not read here is called.
pub(super) const VERSION: &str = "version of a lock file";

#[derive(Deserialize)]
struct CargoLock {
    version: Option<u32>,
    package: Option<Vec<CargoPackage>>,
}

#[derive(Deserialize)]
struct CargoPackage {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
}

#[derive(Deserialize)]
struct PythonLock {
    version: Option<u32>,
    metadata: Option<Metadata>,
    package: Option<Vec<PythonPackage>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Metadata {
    lock_version: Option<String>,
}

#[derive(Deserialize)]
struct PythonPackage {
    name: String,
    version: Option<String>,
    source: Option<Table>,
    sdist: Option<File>,
    wheels: Option<Vec<File>>,
    files: Option<Vec<File>>,
    groups: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct File {
    hash: Option<String>,
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Malformed> {
    let text = std::str::from_utf8(bytes).map_err(|e| Malformed::new(WHAT, e.to_string()))?;
    toml::from_str(text).map_err(|e| Malformed::new(WHAT, e.message().to_owned()))
}

fn version(known: bool, said: String) -> Result<(), Malformed> {
    if known { Ok(()) } else { Err(Malformed::new(VERSION, said)) }
}

/// Cargo.lock, versions 3 and 4. A package without a source is the project's own; one from git has no checksum.
pub(super) fn cargo(bytes: &[u8], locked: &mut Locked) -> Result<(), Malformed> {
    let lock: CargoLock = parse(bytes)?;
    version(
        matches!(lock.version, Some(3 | 4)),
        lock.version.map_or("none, as in versions 1 and 2".into(), |v| v.to_string()),
    )?;
    for one in lock.package.unwrap_or_default() {
        if one.source.is_none() && !one.name.is_empty() {
            locked.local();
            continue;
        }
        let hex = |sum: &String| sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit());
        let pinned = one.checksum.as_ref().is_some_and(hex);
        locked.package("cargo", &Entry { name: &one.name, version: Some(&one.version), pinned, aside: false })?;
    }
    Ok(())
}

impl PythonPackage {
    /// Whether it is a folder of this project.
    fn is_local(&self, kinds: &[&str]) -> bool {
        let Some(source) = &self.source else { return false };
        let kind = source.get("type").and_then(Value::as_str);
        kinds.iter().any(|k| source.contains_key(*k)) || kind == Some("directory")
    }
    fn add(&self, files: &[&File], locked: &mut Locked) -> Result<(), Malformed> {
        let hashed = |file: &&File| file.hash.as_deref().is_some_and(strong);
        let pinned = !files.is_empty() && files.iter().all(hashed);
        // Poetry names the groups of each package; the others do not say what is for development.
        let groups = self.groups.as_deref().unwrap_or_default();
        let aside = !groups.is_empty() && !groups.iter().any(|g| g == "main");
        let version = self.version.as_deref();
        locked.package("pypi", &Entry { name: &self.name, version, pinned, aside })
    }
}

/// uv.lock, version 1.
pub(super) fn uv(bytes: &[u8], locked: &mut Locked) -> Result<(), Malformed> {
    let lock: PythonLock = parse(bytes)?;
    version(lock.version == Some(1), format!("{:?}", lock.version))?;
    for one in lock.package.iter().flatten() {
        if one.is_local(&["virtual", "editable", "directory"]) {
            locked.local();
            continue;
        }
        let files: Vec<&File> = one.sdist.iter().chain(one.wheels.iter().flatten()).collect();
        one.add(&files, locked)?;
    }
    Ok(())
}

/// poetry.lock, version 2.
pub(super) fn poetry(bytes: &[u8], locked: &mut Locked) -> Result<(), Malformed> {
    let lock: PythonLock = parse(bytes)?;
    let said = lock.metadata.and_then(|m| m.lock_version).unwrap_or_default();
    version(said.starts_with("2."), said)?;
    for one in lock.package.iter().flatten() {
        if one.is_local(&[]) {
            locked.local();
            continue;
        }
        one.add(&one.files.iter().flatten().collect::<Vec<_>>(), locked)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Code, Extracted, Fault, Target, lockfile};
    use serde_json::Value;

    fn read(name: &str, text: &str) -> Result<Value, Code> {
        let out: Result<Extracted, Fault> = lockfile::extract(name, &mut text.as_bytes(), &Target::default());
        out.map(|out| Value::Object(out.facts)).map_err(|fault| fault.code)
    }

    #[test]
    fn cargo() {
        let package = |rest: &str| format!("[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n{rest}\n");
        let sum = format!("checksum = \"{}\"\n", "0a".repeat(32));
        let (index, git) =
            ("source = \"registry+https://example.com/index\"\n", "source = \"git+https://example.com/a#0123\"\n");
        let text = format!("version = 4\n{}{}{}", package(""), package(&format!("{index}{sum}")), package(git));
        let want = serde_json::json!({"ecosystem": "cargo", "packages": 2, "pinned": 1, "local": 1, "pinnedRatio": 0.5, "sbomAgrees": false});
        assert_eq!(read("Cargo.lock", &text).unwrap(), want);
        for (text, code) in [
            (text.replace("version = 4", "version = 5"), Code::Unsupported),
            (text.replace("version = 4\n", ""), Code::Unsupported),
            ("version = 4\n".to_owned(), Code::Empty),
            ("version = 4\npackage = 3".to_owned(), Code::Malformed),
            (format!("version = 4\nversion = 4\n{}", package("")), Code::Malformed),
            (format!("version = 4\n{}", package("").replace("\"a\"", "\"\"")), Code::Malformed),
            (format!("version = 4\nx = {}", "[".repeat(100_000)), Code::Malformed),
            (format!("version = 4\nx = {}", "{a=".repeat(100_000)), Code::Malformed),
            (format!("version = 4\n{} = 1", vec!["a"; 100_000].join(".")), Code::Malformed),
            (format!("version = 4\n[{}]\n", vec!["a"; 100_000].join(".")), Code::Malformed),
            ("\0".to_owned(), Code::Malformed),
        ] {
            assert_eq!(read("Cargo.lock", &text).unwrap_err(), code, "{}", text.chars().take(60).collect::<String>());
        }
    }

    #[test]
    fn python() {
        let hash = format!("hash = \"sha256:{}\"", "0a".repeat(32));
        let uv = format!(
            "version = 1\n[[package]]\nname = \"me\"\nversion = \"0.1\"\nsource = {{ virtual = \".\" }}\n
            [[package]]\nname = \"a\"\nversion = \"1\"\nsource = {{ registry = \"x\" }}\nsdist = {{ {hash} }}\nwheels = [{{ {hash} }}]\n
            [[package]]\nname = \"b\"\nversion = \"1\"\nsource = {{ git = \"x\" }}\n
            [[package]]\nname = \"c\"\nversion = \"1\"\nwheels = [{{ {hash} }}, {{ url = \"x\" }}]\n"
        );
        let facts = read("uv.lock", &uv).unwrap();
        assert_eq!((&facts["packages"], &facts["pinned"], &facts["local"]), (&3.into(), &1.into(), &1.into()));
        let poetry = format!(
            "[[package]]\nname = \"a\"\nversion = \"1\"\ngroups = [\"dev\"]\nfiles = [{{file = \"x\", {hash}}}]\n
            [[package]]\nname = \"b\"\nversion = \"1\"\nfiles = []\n[package.source]\ntype = \"directory\"\n
            [metadata]\nlock-version = \"2.1\"\n"
        );
        let facts = read("poetry.lock", &poetry).unwrap();
        assert_eq!((&facts["packages"], &facts["pinned"], &facts["local"]), (&1.into(), &1.into(), &1.into()));
        assert_eq!(read("uv.lock", &uv.replace("version = 1\n[[", "version = 2\n[[")).unwrap_err(), Code::Unsupported);
        assert_eq!(read("poetry.lock", &uv).unwrap_err(), Code::Unsupported);
    }
}

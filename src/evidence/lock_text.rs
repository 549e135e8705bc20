//! Lock files of lines: go.sum, and requirements with hashes.

use super::lockfile::{Entry, Locked, WHAT, strong};
use crate::encoding::Malformed;
use std::collections::BTreeSet;

fn text(bytes: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(bytes).map_err(|e| Malformed::new(WHAT, e.to_string()))
}

/// go.sum: a module, its version, and the hash of its files; lines of `/go.mod` say what was only looked at.
pub(super) fn go_sum(bytes: &[u8], locked: &mut Locked) -> Result<(), Malformed> {
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    for line in text(bytes)?.lines().filter(|line| !line.trim().is_empty()) {
        let parts: Vec<&str> = line.split_whitespace().collect();
        let [module, version, hash] = parts.as_slice() else {
            return Err(Malformed::new(WHAT, "a line of go.sum has a module, a version and a hash"));
        };
        // h1 is SHA-256, in base64.
        let pinned = hash.strip_prefix("h1:").is_some_and(|h| h.len() == 44);
        if !pinned {
            return Err(Malformed::new(WHAT, "a hash of go.sum is h1: and 44 characters"));
        }
        if !version.ends_with("/go.mod") && seen.insert((module, version)) {
            locked.package("golang", &Entry { name: module, version: Some(version), pinned, aside: false })?;
        }
    }
    Ok(())
}

/// requirements.txt, as pip reads it with `--require-hashes`.
pub(super) fn requirements(bytes: &[u8], locked: &mut Locked) -> Result<(), Malformed> {
    let mut whole = String::new();
    for line in text(bytes)?.lines().chain([""]) {
        let line = line.trim_end_matches('\r');
        let comment = line.trim_start().starts_with('#');
        let line = line.split_once(" #").map_or(line, |(before, _)| before);
        if let Some(more) = line.strip_suffix('\\').filter(|_| !comment) {
            whole.push_str(more);
            continue;
        }
        if !comment {
            whole.push_str(line);
        }
        requirement(whole.trim(), locked)?;
        whole.clear();
    }
    Ok(())
}

fn requirement(line: &str, locked: &mut Locked) -> Result<(), Malformed> {
    let mut words = line.split_whitespace();
    let Some(first) = words.next() else { return Ok(()) };
    if first.starts_with("-r")
        || first.starts_with("-c")
        || first.starts_with("--requirement")
        || first.starts_with("--constraint")
    {
        return Err(Malformed::new(
            WHAT,
            "it includes another file; give one that holds all, such as pip-compile makes",
        ));
    }
    if first.starts_with("-e") || first.starts_with("--editable") || first.starts_with('.') || first.starts_with('/') {
        locked.local();
        return Ok(());
    }
    // Options about where packages come from are no packages.
    if first.starts_with('-') {
        return Ok(());
    }
    let (wanted, options) = line.split_once("--hash").map_or((line, ""), |(wanted, _)| (wanted, line));
    let mut hashes = options.split("--hash").skip(1).map(|h| h.trim_start_matches(['=', ' ']).trim());
    let wanted = wanted.split(';').next().unwrap_or_default();
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let end = wanted.find(|c| !is_name(c)).unwrap_or(wanted.len());
    let (name, rest) = wanted.split_at_checked(end).unwrap_or_default();
    // Extras stand between name and version.
    let rest = rest.trim().strip_prefix('[').and_then(|r| r.split_once(']')).map_or(rest, |(_, after)| after).trim();
    let version = rest.strip_prefix("==").map(|v| v.trim_start_matches('=').trim());
    let version = version.filter(|v| !v.is_empty() && v.chars().all(|c| is_name(c) || "+!".contains(c)));
    let hashed = hashes.clone().count() > 0 && hashes.all(strong);
    let pinned = hashed && (version.is_some() || rest.starts_with('@'));
    locked.package("pypi", &Entry { name, version, pinned, aside: false })
}

#[cfg(test)]
mod tests {
    use super::super::{Code, Extracted, Material, Purl, Target, lockfile};

    fn read(name: &str, text: &str) -> Result<Extracted, Code> {
        lockfile::extract(name, &mut text.as_bytes(), &Target::default()).map_err(|fault| fault.code)
    }

    #[test]
    fn go() {
        let hash = format!("h1:{}=", "A".repeat(43));
        let out = read(
            "go.sum",
            &format!(
                "example.com/a v1.0.0 {hash}\nexample.com/a v1.0.0/go.mod {hash}\nexample.com/b v1.0.0/go.mod {hash}\n"
            ),
        );
        let out = out.unwrap();
        assert!(out.facts["packages"] == 1 && out.facts["pinnedRatio"] == 1.0);
        assert_eq!(out.material, Material::Locked([Purl::parse("pkg:golang/example.com/a@v1.0.0").unwrap()].into()));
        for (text, code) in [
            (format!("a v1/go.mod {hash}\n"), Code::Empty),
            ("a v1\n".to_owned(), Code::Malformed),
            ("a v1 h1:x\n".to_owned(), Code::Malformed),
            (format!("a v1 {hash} x\n"), Code::Malformed),
        ] {
            assert_eq!(read("go.sum", &text).unwrap_err(), code, "{text}");
        }
    }

    #[test]
    fn pip() {
        let hash = format!("--hash=sha256:{}", "0a".repeat(32));
        let weak = format!("--hash=md5:{}", "0a".repeat(32));
        let text = format!(
            "# a comment \\\n--index-url https://example.com\na==1.0 \\\n    {hash} \\\n    {hash}\n    # via b\nB_x[y] == 2.0 ; python_version > '3' {hash}\n\
            c>=1 {hash}\nd==1\ne==1 {weak}\nf==1.* {hash}\ng==1 {hash} {weak}\n-e ./me\n"
        );
        let out = read("requirements.txt", &text).unwrap();
        let facts = |key: &str| out.facts[key].clone();
        assert_eq!((facts("packages"), facts("pinned"), facts("local")), (7.into(), 2.into(), 1.into()));
        assert_eq!(out.material, Material::None, "with c and f, nothing can agree");
        let out = read("requirements.txt", &format!("B_x[y] == 2.0 ; python_version > '3' {hash}")).unwrap();
        assert_eq!(out.material, Material::Locked([Purl::parse("pkg:pypi/b-x@2.0").unwrap()].into()));
        assert_eq!(read("requirements.txt", "-r other.txt\na==1").unwrap_err(), Code::Malformed);
        assert_eq!(read("requirements.txt", "# nothing\n").unwrap_err(), Code::Empty);
        assert_eq!(read("requirements.txt", "==1\n").unwrap_err(), Code::Malformed);
    }
}

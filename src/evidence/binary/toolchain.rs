//! Which compilers an ELF file names in `.comment`, and when they were released. The table and the rules stand in
//! docs/evidence/origin.md; a compiler that is not known makes the date unknown.

use super::{Facts, put};
use crate::encoding::duration::{instant, rfc3339};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// First releases of GCC's minor versions and of Clang's major ones. A later one of the same is dated as the first: it
/// seems older than it is, never newer.
const RELEASES: &[(&str, &str, &str)] = &[
    ("gcc", "11.1", "2021-04-27"),
    ("gcc", "11.2", "2021-07-28"),
    ("gcc", "11.3", "2022-04-21"),
    ("gcc", "11.4", "2023-05-29"),
    ("gcc", "11.5", "2024-07-19"),
    ("gcc", "12.1", "2022-05-06"),
    ("gcc", "12.2", "2022-08-19"),
    ("gcc", "12.3", "2023-05-08"),
    ("gcc", "12.4", "2024-06-20"),
    ("gcc", "12.5", "2025-07-11"),
    ("gcc", "13.1", "2023-04-26"),
    ("gcc", "13.2", "2023-07-27"),
    ("gcc", "13.3", "2024-05-21"),
    ("gcc", "13.4", "2025-06-05"),
    ("gcc", "14.1", "2024-05-07"),
    ("gcc", "14.2", "2024-08-01"),
    ("gcc", "14.3", "2025-05-23"),
    ("gcc", "15.1", "2025-04-25"),
    ("gcc", "15.2", "2025-08-08"),
    ("clang", "14", "2022-03-25"),
    ("clang", "15", "2022-09-06"),
    ("clang", "16", "2023-03-17"),
    ("clang", "17", "2023-09-19"),
    ("clang", "18", "2024-03-06"),
    ("clang", "19", "2024-09-17"),
    ("clang", "20", "2025-03-04"),
    ("clang", "21", "2025-08-26"),
];

/// A compiler that is named.
struct Named {
    family: &'static str,
    version: String,
    released: Option<Timestamp>,
}

/// `compilers`, and `toolchainReleasedAt` where every one that counts is known: the oldest of them.
pub(super) fn facts(comment: &[u8], facts: &mut Facts) {
    let texts = comment.split(|b| *b == 0).filter_map(|text| std::str::from_utf8(text).ok());
    let mut named: Vec<Named> = texts.filter_map(compiler).collect();
    let names: BTreeSet<String> = named.iter().map(|n| format!("{} {}", n.family, n.version)).collect();
    if names.is_empty() {
        return;
    }
    put(facts, "compilers", Some(names.into_iter().take(16).collect::<Vec<_>>()));
    // The startup files of the C library come with every Rust program, and were compiled with whatever that was.
    if named.iter().any(|n| n.family == "rustc") {
        named.retain(|n| n.family == "rustc");
    }
    let dates: Option<Vec<Timestamp>> = named.into_iter().map(|n| n.released).collect();
    put(facts, "toolchainReleasedAt", dates.and_then(|dates| dates.into_iter().min()).map(rfc3339));
}

fn compiler(text: &str) -> Option<Named> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix("rustc version ") {
        let mut words = rest.split(['(', ')', ' ']).filter(|word| !word.is_empty());
        let version = words.next()?.to_owned();
        // `1.95.0 (59807616e 2026-04-14)`: its last commit, some days before the release.
        let released = words.nth(1).filter(|date| date.len() == 10).and_then(|date| instant(date).ok());
        return Some(Named { family: "rustc", version, released });
    }
    let (family, version) = if text.starts_with("GCC: ") {
        ("gcc", text.rsplit(' ').find(|word| is_version(word))?)
    } else if let Some((_, rest)) = text.split_once("clang version ") {
        ("clang", rest.split([' ', '-', '+', '~']).next().filter(|word| is_version(word))?)
    } else {
        return None;
    };
    let parts = if family == "gcc" { 2 } else { 1 };
    let short = version.split('.').take(parts).collect::<Vec<_>>().join(".");
    let row = RELEASES.iter().find(|(known, first, _)| *known == family && *first == short);
    Some(Named { family, version: version.to_owned(), released: row.and_then(|(.., date)| instant(date).ok()) })
}

fn is_version(word: &str) -> bool {
    word.contains('.') && word.len() <= 20 && word.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn of(comment: &str) -> Value {
        let mut all = Facts::new();
        facts(comment.as_bytes(), &mut all);
        Value::Object(all)
    }

    #[test]
    fn compilers_are_named_and_dated() {
        let gcc = "GCC: (Debian 12.2.0-14+deb12u1) 12.2.0";
        assert_eq!(
            of(&format!("{gcc}\0")),
            json!({"compilers": ["gcc 12.2.0"], "toolchainReleasedAt": "2022-08-19T00:00:00Z"})
        );
        let rust = format!("{gcc}\0rustc version 1.95.0 (59807616e 2026-04-14)\0");
        assert_eq!(of(&rust)["toolchainReleasedAt"], "2026-04-14T00:00:00Z", "startup files do not count");
        let mixed = format!("Debian clang version 19.1.7-1\0{gcc}\0");
        assert_eq!(of(&mixed)["toolchainReleasedAt"], "2022-08-19T00:00:00Z", "the oldest");
        let unknown = format!("{gcc}\0GCC: (GNU) 99.1.0\0");
        assert_eq!(of(&unknown), json!({"compilers": ["gcc 12.2.0", "gcc 99.1.0"]}));
        assert_eq!(of("rustc version 1.63.0\0"), json!({"compilers": ["rustc 1.63.0"]}), "no date");
        assert_eq!(of("Linker: LLD 17\0\u{1b}[2J\0"), json!({}));
    }
}

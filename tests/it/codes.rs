//! Codes, their documentation and the tests that earn them: the three lists are one.

use std::collections::BTreeSet;
use std::path::Path;
use vouchsafe::encoding::refusal::Coded;

fn read(folder: &str, ending: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, ending: &str, out: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, ending, out);
            } else if path.to_string_lossy().ends_with(ending) {
                out.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut out = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), ending, &mut out);
    assert!(!out.is_empty(), "nothing under {folder}");
    out
}

/// String literals of a piece of source that look like codes.
fn literals(source: &str) -> impl Iterator<Item = String> {
    let kebab = |s: &&str| s.len() > 2 && s.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    source.split('"').skip(1).step_by(2).filter(kebab).map(str::to_owned)
}

/// Every code the program can say: the closed enums, the `code` functions, and the command line's own.
fn said() -> BTreeSet<String> {
    let mut codes: BTreeSet<String> = vouchsafe::verify::Code::ALL.iter().map(|c| c.as_str().to_owned()).collect();
    codes.extend(vouchsafe::registry::Code::ALL.iter().map(|c| c.as_str().to_owned()));
    codes.extend(vouchsafe::transparency::Code::ALL.iter().map(|c| c.as_str().to_owned()));
    codes.extend(vouchsafe::evidence::Code::ALL.iter().map(|c| c.as_str().to_owned()));
    codes.extend(vouchsafe::transparency::Code::ALL.iter().map(|c| c.as_str().to_owned()));
    for (_, text) in read("src", ".rs") {
        for body in text.split("fn code(").skip(1) {
            codes.extend(literals(body.split("\n    }").next().unwrap_or_default()));
        }
        for call in ["Trouble::undecided(", "Trouble::refused("] {
            for rest in text.split(call).skip(1) {
                codes.extend(literals(rest).take(1).filter(|_| rest.trim_start().starts_with('"')));
            }
        }
    }
    codes.insert("usage".into());
    codes
}

fn documented() -> Vec<String> {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/refusals.md")).unwrap();
    page.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_owned).collect()
}

#[test]
fn every_code_is_documented_and_every_heading_is_a_code() {
    let (said, documented) = (said(), documented());
    let headings: BTreeSet<String> = documented.iter().cloned().collect();
    assert_eq!(headings.len(), documented.len(), "a heading stands twice");
    let missing: Vec<_> = said.difference(&headings).collect();
    let stale: Vec<_> = headings.difference(&said).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "without a heading: {missing:?}; headings without a code: {stale:?}"
    );
}

/// Codes that no test can earn, and why.
const OUT_OF_REACH: &[(&str, &str)] = &[
    ("network-unsupported", "it takes a build without the feature http, or a processor without AES"),
    ("no-randomness", "the operating system would have to refuse randomness"),
    ("demo-failed", "this program would have to have a fault"),
    ("nothing-asked", "the argument parser refuses an empty list before; this is the second line of defence"),
];

#[test]
fn every_code_is_earned_by_a_test() {
    let tests: String = read("tests/it", ".rs")
        .into_iter()
        .filter(|(path, _)| !path.ends_with("codes.rs"))
        .map(|(_, text)| text)
        .collect();
    let pages: String = read("docs/commands", ".md").into_iter().map(|(_, text)| text).collect();
    let earned = |code: &String| {
        tests.contains(&format!("\"{code}\""))
            || tests.contains(&format!("[{code}]"))
            || pages.contains(&format!("[{code}]"))
    };
    let excused = |code: &String| OUT_OF_REACH.iter().any(|(known, _)| known == code);
    let unproven: Vec<String> = said().into_iter().filter(|code| !earned(code) && !excused(code)).collect();
    assert!(unproven.is_empty(), "no test earns these: {unproven:?}");
}

//! Evidence of where a release comes from: provenance, source summaries, bundles, commits, files of the repository, the
//! binaries themselves. What is cut short, hostile or about something else never yields a good fact.

mod binary;
mod commits;
mod files;
mod signed;

use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::io::Read;
use vouchsafe::encoding::Explain as _;
use vouchsafe::evidence::{Extracted, Fault, Target, extract, recognise};
use vouchsafe::practice::EvidenceKind;

const REVISION: &str = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";

fn vector(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/vectors/evidence/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn read(kind: EvidenceKind, name: &str, bytes: &[u8], target: &Target<'_>) -> Result<Extracted, Fault> {
    extract(kind, name, &mut &*bytes, target)
}

fn facts(kind: EvidenceKind, name: &str, bytes: &[u8], target: &Target<'_>) -> Value {
    Value::Object(read(kind, name, bytes, target).unwrap().facts)
}

#[track_caller]
fn code(kind: EvidenceKind, name: &str, bytes: &[u8], target: &Target<'_>) -> &'static str {
    read(kind, name, bytes, target).unwrap_err().code()
}

/// Whether the check of the built-in catalogue holds of these facts.
fn holds(check: &str, facts: &Value) -> bool {
    let catalogue = vouchsafe::practice::builtin().unwrap();
    let check = catalogue.checks.iter().find(|c| c.id == check).unwrap();
    vouchsafe::practice::evaluate(check, facts.as_object().unwrap_or(&Map::new()))
}

/// An input that never ends and never fails.
struct Endless(u8);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        buffer.fill(self.0);
        Ok(buffer.len())
    }
}

/// An input that breaks off.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("the cable was pulled"))
    }
}

const KINDS: [EvidenceKind; 7] = [
    EvidenceKind::SlsaProvenance,
    EvidenceKind::SourceVsa,
    EvidenceKind::SigstoreBundle,
    EvidenceKind::GitLog,
    EvidenceKind::SecurityInsights,
    EvidenceKind::RepoFile,
    EvidenceKind::Binary,
];

#[test]
fn garbage_is_a_fault_and_no_fact() {
    for kind in KINDS {
        for bytes in [&b"\xff\xfe\x00garbage"[..], b"[[[[", b"{\"a\":", b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe\x00"] {
            let got = read(kind, "CODEOWNERS", bytes, &Target::default());
            // A list of owners may be any text: it then has no rule for all paths.
            let harmless = kind == EvidenceKind::RepoFile
                && got.as_ref().is_ok_and(|e| e.facts.get("unownedPaths") != Some(&Value::from(0)));
            assert!(got.is_err() || harmless, "{kind:?} of {bytes:?}: {got:?}");
        }
        let got = extract(kind, "x", &mut Broken, &Target::default());
        assert_eq!(got.unwrap_err().code(), "evidence-malformed", "{kind:?}");
        if kind != EvidenceKind::RepoFile {
            assert!(["evidence-empty", "evidence-malformed"].contains(&code(kind, "x", b"", &Target::default())));
        }
    }
}

#[test]
fn what_never_ends_is_cut_off() {
    for kind in KINDS {
        for byte in [b'[', b' ', 0x7f] {
            let got = extract(kind, "SECURITY.md", &mut Endless(byte), &Target::default());
            assert_eq!(got.unwrap_err().code(), "evidence-malformed", "{kind:?} of {byte}");
            if kind == EvidenceKind::Binary {
                break;
            }
        }
    }
}

#[test]
fn kinds_are_recognised() {
    let known = |name: &str, bytes: &[u8]| recognise(name, bytes).map(EvidenceKind::name);
    assert_eq!(known("tool", &vector("binary/elf-hardened")), Some("binary-facts"));
    assert_eq!(known("tool.exe", &vector("binary/pe-weak.exe")), Some("binary-facts"));
    assert_eq!(known("tool", &vector("binary/macho-pie")), Some("binary-facts"));
    assert_eq!(known("docs/SECURITY.md", b"write to us"), Some("repo-file"));
    assert_eq!(known(".github/CODEOWNERS", b""), Some("repo-file"));
    let insights = vector("security-insights/minimal.yml");
    assert_eq!(known("SECURITY-INSIGHTS.yml", &insights), Some("security-insights-2"));
    assert_eq!(known("log.json", br#"{"schema":"vouchsafe-git-log/v1","#), Some("git-log"));
    assert_eq!(known("note.txt", b"hello"), None);
}

fn digests(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|digest| (*digest).to_owned()).collect()
}

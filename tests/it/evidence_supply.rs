//! Component lists, scans, VEX and lock files: what the tools really write, and facts that several of them make together.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use vouchsafe::evidence::{Code, Extracted, Fault, Target, combine, extract, recognise};
use vouchsafe::practice::EvidenceKind as K;

fn bytes(file: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/evidence");
    std::fs::read(folder.join(file)).unwrap()
}

fn target() -> Target<'static> {
    Target { product: Some("pkg:generic/demo@0.1.0"), ..Target::default() }
}

fn read(kind: K, file: &str) -> Extracted {
    extract(kind, file, &mut bytes(file).as_slice(), &target()).unwrap()
}

fn try_bytes(kind: K, file: &str, bytes: &[u8]) -> Result<Map<String, Value>, Fault> {
    extract(kind, file, &mut &bytes[..], &target()).map(|out| out.facts)
}

/// Every file, and the kind it is of.
const FILES: [(K, &str); 19] = [
    (K::Lockfile, "cargo/Cargo.lock"),
    (K::CargoAudit, "cargo/audit.json"),
    (K::CycloneDx, "cargo/bom.json"),
    (K::Lockfile, "go/go.sum"),
    (K::Grype, "grype/report.json"),
    (K::CycloneDx, "npm/bom-without-dev.json"),
    (K::CycloneDx, "npm/bom.json"),
    (K::Lockfile, "npm/package-lock.json"),
    (K::Spdx, "npm/sbom.spdx.json"),
    (K::Osv, "osv-scanner/report.json"),
    (K::CycloneDx, "pypi/bom-1.7.json"),
    (K::CycloneDx, "pypi/bom.json"),
    (K::Lockfile, "pypi/requirements.txt"),
    (K::Lockfile, "pypi/uv.lock"),
    (K::Spdx, "spdx3/sbom.json"),
    (K::Trivy, "trivy/report.json"),
    (K::CycloneDxVex, "vex/cyclonedx-vex.json"),
    (K::OpenVex, "vex/openvex.json"),
    (K::CycloneDx, "vex/cyclonedx-vex.json"),
];

#[test]
fn every_file_is_recognised_for_what_it_is() {
    for (kind, file) in &FILES[..FILES.len() - 1] {
        assert_eq!(recognise(file, &bytes(file)), Some(*kind), "{file}");
    }
}

#[test]
fn lists_of_components() {
    let sbom = |kind, file, version: &str, components: u64, no_version: u64| {
        let want = json!({"specVersion": version, "components": components, "withoutVersion": no_version, "withoutIdentity": 0});
        let out = read(kind, file);
        assert_eq!(Value::Object(out.facts), want, "{file}");
        (out.produced_at.is_some(), out.produced_by.map(|(tool, _)| tool))
    };
    let by = |tool: &str| (true, Some(tool.to_owned()));
    // The program that cargo-cyclonedx lists inside the root is one of them.
    assert_eq!(sbom(K::CycloneDx, "cargo/bom.json", "1.5", 9, 0), by("cargo-cyclonedx"));
    assert_eq!(sbom(K::CycloneDx, "npm/bom.json", "1.5", 3, 0), by("cli"));
    assert_eq!(sbom(K::Spdx, "npm/sbom.spdx.json", "2.3", 3, 0), by("npm/cli"));
    assert_eq!(sbom(K::CycloneDx, "pypi/bom.json", "1.6", 1, 0), by("cyclonedx-py"));
    assert_eq!(sbom(K::CycloneDx, "pypi/bom-1.7.json", "1.7", 1, 0), by("cyclonedx-py"));
    assert_eq!(sbom(K::Spdx, "spdx3/sbom.json", "3.0.1", 1, 0), (true, None));
}

#[test]
fn a_list_describes_what_its_root_has_the_digest_of() {
    let file = "spdx3/sbom.json";
    let digest = "d1a0b6d0e5a0e6f0c2b3a49586778695a4b3c2d1e0f1029384756657483920aa";
    for (digest, want) in [(digest.to_owned(), true), ("0".repeat(64), false)] {
        let digests = BTreeSet::from([digest]);
        let target = Target { digests: Some(&digests), ..Target::default() };
        let out = extract(K::Spdx, file, &mut bytes(file).as_slice(), &target).unwrap();
        assert_eq!(out.facts["describesSubject"], want);
        let npm = extract(K::Spdx, "x", &mut bytes("npm/sbom.spdx.json").as_slice(), &target).unwrap();
        assert_eq!(npm.facts["describesSubject"], false, "npm names no digest of the package it describes");
    }
}

#[test]
fn scans_before_anything_is_explained() {
    let audit = json!({"found": 1, "explained": 0, "open": {"count": 1, "maxCvss": 7.5}, "ignored": 0, "yanked": 0,
        "dependencies": 9, "unmaintained": {"total": 1, "unexcused": 1}});
    assert_eq!(Value::Object(read(K::CargoAudit, "cargo/audit.json").facts), audit);
    let osv = json!({"found": 1, "explained": 0, "open": {"count": 1, "maxCvss": 8.7}});
    assert_eq!(Value::Object(read(K::Osv, "osv-scanner/report.json").facts), osv);
    let trivy = json!({"found": 1, "explained": 0, "open": {"count": 1, "maxCvss": 7.5}, "ignored": 0,
        "scannedAt": "2026-11-21T08:30:00Z"});
    assert_eq!(Value::Object(read(K::Trivy, "trivy/report.json").facts), trivy);
    let grype = json!({"found": 1, "explained": 0, "open": {"count": 1, "maxCvss": 7.5, "knownExploited": 1}, "ignored": 0,
        "scannedAt": "2026-11-21T08:30:00Z", "databaseAt": "2026-11-20T06:12:31Z"});
    assert_eq!(Value::Object(read(K::Grype, "grype/report.json").facts), grype);
}

const SCANS: [(K, &str); 4] = [
    (K::CargoAudit, "cargo/audit.json"),
    (K::Osv, "osv-scanner/report.json"),
    (K::Trivy, "trivy/report.json"),
    (K::Grype, "grype/report.json"),
];

#[test]
fn vex_of_either_format_explains_what_any_scanner_finds() {
    for (vex, file) in [(K::OpenVex, "vex/openvex.json"), (K::CycloneDxVex, "vex/cyclonedx-vex.json")] {
        let facts = read(vex, file).facts;
        assert_eq!(facts["notAffected"], json!({"total": 1, "withoutJustification": 0}));
        let mut all: Vec<Extracted> = SCANS.iter().map(|(kind, file)| read(*kind, file)).collect();
        all.push(read(vex, file));
        combine(&mut all);
        let mut reversed: Vec<Extracted> = all.iter().rev().cloned().collect();
        combine(&mut reversed);
        reversed.reverse();
        assert_eq!(all, reversed);
        for (out, (_, scan)) in all.iter().zip(SCANS) {
            assert_eq!(out.facts["explained"], 1, "{scan} with {file}");
            assert_eq!(out.facts["open"], json!({"count": 0, "maxCvss": 0.0, "knownExploited": 0}), "{scan}");
        }
        assert_eq!(all[0].facts["unmaintained"]["unexcused"], 1, "to look into it is no excuse");
    }
}

#[test]
fn vex_of_another_release_explains_nothing() {
    let other = Target { product: Some("pkg:generic/demo@0.2.0"), ..Target::default() };
    let file = "vex/openvex.json";
    let vex = extract(K::OpenVex, file, &mut bytes(file).as_slice(), &other).unwrap();
    for (kind, scan) in SCANS {
        let mut all = [read(kind, scan), vex.clone()];
        combine(&mut all);
        assert_eq!(all[0].facts["open"]["count"], 1, "{scan}");
    }
}

#[test]
fn lock_files_agree_with_lists_that_hold_all_of_them() {
    for (lock, list, agrees) in [
        ("cargo/Cargo.lock", Some((K::CycloneDx, "cargo/bom.json")), true),
        ("npm/package-lock.json", Some((K::CycloneDx, "npm/bom.json")), true),
        ("npm/package-lock.json", Some((K::CycloneDx, "npm/bom-without-dev.json")), true),
        ("npm/package-lock.json", Some((K::Spdx, "npm/sbom.spdx.json")), true),
        ("pypi/requirements.txt", Some((K::CycloneDx, "pypi/bom.json")), true),
        ("pypi/uv.lock", Some((K::CycloneDx, "pypi/bom.json")), false),
        ("npm/package-lock.json", Some((K::CycloneDx, "cargo/bom.json")), false),
        ("cargo/Cargo.lock", Some((K::Spdx, "spdx3/sbom.json")), false),
        ("go/go.sum", None, false),
    ] {
        let mut all = vec![read(K::Lockfile, lock)];
        all.extend(list.map(|(kind, file)| read(kind, file)));
        combine(&mut all);
        assert_eq!(all[0].facts["sbomAgrees"], agrees, "{lock} {list:?}");
        assert_eq!(all[0].facts["pinnedRatio"], 1.0, "{lock}");
    }
    let facts = |file| Value::Object(read(K::Lockfile, file).facts);
    let want =
        json!({"ecosystem": "cargo", "packages": 8, "pinned": 8, "local": 1, "pinnedRatio": 1.0, "sbomAgrees": false});
    assert_eq!(facts("cargo/Cargo.lock"), want);
    let want =
        json!({"ecosystem": "npm", "packages": 3, "pinned": 3, "local": 1, "pinnedRatio": 1.0, "sbomAgrees": false});
    assert_eq!(facts("npm/package-lock.json"), want);
    let want =
        json!({"ecosystem": "pypi", "packages": 2, "pinned": 2, "local": 1, "pinnedRatio": 1.0, "sbomAgrees": false});
    assert_eq!(facts("pypi/uv.lock"), want);
}

/// A document cut short anywhere says nothing; only text formats may end after any line.
#[test]
fn what_is_torn_has_no_facts() {
    for (kind, file) in FILES.into_iter().filter(|(kind, _)| *kind != K::Lockfile) {
        let whole = bytes(file);
        let end = whole.trim_ascii_end().len();
        for at in (0..end).step_by(97).chain([end - 1]) {
            let fault = try_bytes(kind, file, &whole[..at]).unwrap_err();
            assert_eq!(fault.code, Code::Malformed, "{file} at {at}");
        }
    }
}

/// One byte changed anywhere may change the facts, and never ends in a panic.
#[test]
fn what_is_bent_is_read_or_refused() {
    for (kind, file) in FILES {
        let whole = bytes(file);
        for at in (0..whole.len()).step_by(whole.len() / 150 + 1) {
            for byte in [b'"', b'{', b']', b'0', b'%', b'/', 0xff] {
                let mut bent = whole.clone();
                bent[at] = byte;
                let _ = try_bytes(kind, file, &bent);
            }
        }
    }
}

/// A report of one kind given as another has no facts of that kind.
#[test]
fn one_kind_is_not_another() {
    let kinds: BTreeSet<K> = FILES.iter().map(|(kind, _)| *kind).filter(|kind| *kind != K::Lockfile).collect();
    for (kind, file) in FILES {
        for other in kinds.iter().filter(|other| **other != kind) {
            if FILES.contains(&(*other, file)) {
                continue;
            }
            assert!(try_bytes(*other, file, &bytes(file)).is_err(), "{file} as {other:?}");
        }
    }
    assert_eq!(try_bytes(K::Lockfile, "cargo/bom.json", b"{}").unwrap_err().code, Code::Unsupported);
}

/// Large and deep documents end at a limit, not at the end of the memory or the stack.
#[test]
fn limits() {
    for (kind, head) in [
        (K::CycloneDx, r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":"#),
        (K::Spdx, r#"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","packages":"#),
        (K::Osv, r#"{"results":"#),
        (K::Trivy, r#"{"SchemaVersion":2,"Results":"#),
        (K::Grype, r#"{"matches":"#),
        (K::OpenVex, r#"{"@context":"https://openvex.dev/ns/v0.2.0","statements":"#),
        (K::CycloneDxVex, r#"{"bomFormat":"CycloneDX","specVersion":"1.6","vulnerabilities":"#),
        (K::CargoAudit, r#"{"database":"#),
    ] {
        for open in ["[", r#"{"a":"#, r#"[{"components":"#] {
            let deep = format!("{head}{}", open.repeat(200_000));
            assert_eq!(try_bytes(kind, "x", deep.as_bytes()).unwrap_err().code, Code::Malformed, "{kind:?}");
        }
    }
    let many = format!(
        r#"{{"@context":"https://openvex.dev/ns/v0.2.0","statements":[{}]}}"#,
        vec![r#"{"vulnerability":{"name":"CVE-1"},"status":"fixed"}"#; 200_001].join(",")
    );
    assert_eq!(try_bytes(K::OpenVex, "x", many.as_bytes()).unwrap_err().code, Code::Malformed);
}

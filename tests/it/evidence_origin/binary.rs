//! Binaries: what was asked of the compiler is what is found, and only of a file of the release.

use super::{code, digests, facts, holds, read, vector};
use serde_json::{Value, json};
use std::process::Command;
use vouchsafe::artifact::{Algorithm, Measured};
use vouchsafe::evidence::{Extracted, Fault, Target};
use vouchsafe::practice::EvidenceKind as K;

fn digest(bytes: &[u8], algorithm: Algorithm) -> String {
    Measured::read(bytes, &[algorithm]).unwrap().digest(algorithm).unwrap().hex()
}

/// As a file of the release.
fn own(bytes: &[u8]) -> Result<Extracted, Fault> {
    let all = digests(&[&digest(bytes, Algorithm::Sha256)]);
    read(K::Binary, "tool", bytes, &Target { digests: Some(&all), ..Target::default() })
}

fn of(bytes: &[u8]) -> Value {
    let mut facts = own(bytes).unwrap().facts;
    assert_eq!(facts.remove("sha256"), Some(digest(bytes, Algorithm::Sha256).into()));
    assert_eq!(facts.remove("digestIsSubject"), Some(true.into()));
    Value::Object(facts)
}

#[test]
fn what_the_flags_asked_for_is_found() {
    let compilers = json!(["gcc 12.2.0"]);
    let released = "2022-08-19T00:00:00Z";
    for (name, want) in [
        (
            "elf-hardened",
            json!({"format": "elf", "arch": "x86_64", "kind": "program", "pie": true, "relro": "full",
            "nx": true, "stackProtector": true, "fortify": true, "cfi": true, "stripped": true,
            "compilers": compilers, "toolchainReleasedAt": released}),
        ),
        (
            "elf-weak",
            json!({"format": "elf", "arch": "x86_64", "kind": "program", "pie": false, "relro": "none",
            "nx": false, "stackProtector": false, "cfi": false, "stripped": false,
            "compilers": compilers, "toolchainReleasedAt": released}),
        ),
        (
            "elf-library.so",
            json!({"format": "elf", "arch": "x86_64", "kind": "library", "pie": true, "relro": "partial",
            "nx": true, "stackProtector": false, "cfi": false, "stripped": true,
            "compilers": compilers, "toolchainReleasedAt": released}),
        ),
        (
            "pe-hardened.exe",
            json!({"format": "pe", "arch": "x86_64", "kind": "program", "pie": true, "nx": true,
            "cfi": true, "stripped": true, "highEntropy": true}),
        ),
        (
            "pe-weak.exe",
            json!({"format": "pe", "arch": "x86", "kind": "program", "pie": false, "nx": false,
            "cfi": false, "stripped": true}),
        ),
        (
            "macho-pie",
            json!({"format": "mach-o", "arch": "x86_64", "kind": "program", "pie": true, "nx": true,
            "stackProtector": true, "stripped": false}),
        ),
        (
            "macho-weak",
            json!({"format": "mach-o", "arch": "x86_64", "kind": "program", "pie": false, "nx": true,
            "stackProtector": false, "stripped": true}),
        ),
        (
            "macho-library.dylib",
            json!({"format": "mach-o", "arch": "x86_64", "kind": "library", "pie": true, "nx": true,
            "stackProtector": true, "stripped": false}),
        ),
    ] {
        assert_eq!(of(&vector(&format!("binary/{name}"))), want, "{name}");
    }
    assert!(holds("hardening-flags", &of(&vector("binary/elf-hardened"))));
    assert!(!holds("hardening-flags", &of(&vector("binary/elf-weak"))));
    assert!(!holds("hardening-flags", &of(&vector("binary/elf-library.so"))));
}

#[test]
fn another_file_is_nobodys_evidence() {
    let bytes = vector("binary/elf-hardened");
    let other = digests(&[&"0".repeat(64)]);
    for target in [Target::default(), Target { digests: Some(&other), ..Target::default() }] {
        assert_eq!(code(K::Binary, "tool", &bytes, &target), "evidence-other-build");
    }
    let sha512 = digests(&[&digest(&bytes, Algorithm::Sha512)]);
    let target = Target { digests: Some(&sha512), ..Target::default() };
    assert_eq!(facts(K::Binary, "tool", &bytes, &target)["digestIsSubject"], true);
}

#[test]
fn what_is_no_program_is_refused() {
    let unsupported = |bytes: &[u8]| own(bytes).unwrap_err();
    use vouchsafe::encoding::Explain as _;
    assert_eq!(unsupported(b"#!/bin/sh\n").code(), "evidence-unsupported");
    // The type of an object file, in the header of a program.
    let mut object = vector("binary/elf-hardened");
    object[16] = 1;
    assert_eq!(unsupported(&object).code(), "evidence-unsupported");
    assert_eq!(unsupported(b"").code(), "evidence-empty");
}

#[test]
fn a_universal_binary_is_as_good_as_its_worst_part() {
    let fat = |parts: &[(u32, Vec<u8>)]| {
        let mut bytes = [0xcafe_babe_u32, parts.len() as u32].map(u32::to_be_bytes).concat();
        let at = |n: usize| 4096 + n * 16384;
        for (n, (cpu, part)) in parts.iter().enumerate() {
            bytes.extend([*cpu, 3, at(n) as u32, part.len() as u32, 12].map(u32::to_be_bytes).concat());
        }
        for (n, (_, part)) in parts.iter().enumerate() {
            bytes.resize(at(n), 0);
            bytes.extend(part);
        }
        bytes
    };
    let (good, weak) = ((0x0100_0007, vector("binary/macho-pie")), (0x0100_0007, vector("binary/macho-weak")));
    let both = of(&fat(&[good.clone(), good.clone()]));
    assert_eq!((&both["pie"], &both["arch"]), (&json!(true), &json!("x86_64+x86_64")));
    for order in [fat(&[good.clone(), weak.clone()]), fat(&[weak, good])] {
        let got = of(&order);
        assert_eq!((&got["pie"], &got["stackProtector"]), (&json!(false), &json!(false)), "{got}");
    }
    assert!(own(&fat(&[])).is_err());
}

/// Whatever is cut or changed: no panic. A file that is cut may lose facts, and never gains a good one.
#[test]
fn torn_binaries_gain_nothing() {
    for name in ["elf-hardened", "elf-weak", "pe-weak.exe", "macho-weak", "macho-pie"] {
        let bytes = vector(&format!("binary/{name}"));
        let whole = of(&bytes);
        for end in (0..bytes.len()).step_by(97) {
            let Ok(got) = own(&bytes[..end]) else { continue };
            for fact in ["pie", "nx", "relro", "stackProtector", "cfi", "fortify", "toolchainReleasedAt"] {
                let (Some(is), was) = (got.facts.get(fact), whole.get(fact)) else { continue };
                let good = *is == json!(true) || *is == json!("full");
                assert!(!good || Some(is) == was, "{name} of {end} bytes: {fact} is {is}, was {was:?}");
            }
        }
        let mut state = 7_u32;
        for _ in 0..300 {
            let mut changed = bytes.clone();
            for _ in 0..4 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = state as usize % changed.len().min(1500);
                changed[at] = (state >> 24) as u8;
            }
            let _ = own(&changed);
        }
    }
}

/// A larger file than what is kept: its headers tell, the rest is unknown and said to be.
#[test]
fn of_a_large_file_the_headers_tell() {
    let mut bytes = vector("binary/elf-hardened");
    bytes.resize(40 << 20, 0);
    let got = of(&bytes);
    assert_eq!((&got["partial"], &got["pie"], &got["relro"]), (&json!(true), &json!(true), &json!("full")));
    // The section table and the dynamic section lie behind what is kept.
    let far = (36_u64 << 20).to_le_bytes();
    bytes[40..48].copy_from_slice(&far);
    let got = of(&bytes);
    assert_eq!((got.get("stripped"), got.get("stackProtector"), &got["nx"]), (None, None, &json!(true)));
}

#[test]
fn a_program_compiled_now() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.c"), "int main(void) { return 0; }").unwrap();
    let compile = |flags: &[&str]| {
        let done = Command::new("cc").args(flags).args(["a.c", "-o", "a"]).current_dir(folder.path()).output();
        let done = done.ok().filter(|done| done.status.success())?;
        drop(done);
        std::fs::read(folder.path().join("a")).ok()
    };
    for (flags, pie, relro) in [
        (&["-fPIE", "-pie", "-Wl,-z,relro,-z,now"][..], true, "full"),
        (&["-fPIE", "-pie", "-Wl,-z,relro,-z,lazy"], true, "partial"),
        (&["-no-pie", "-Wl,-z,relro,-z,now"], false, "full"),
    ] {
        // Without a compiler for ELF there is nothing to look at.
        let Some(bytes) = compile(flags).filter(|bytes| bytes.starts_with(b"\x7fELF")) else { return };
        let got = of(&bytes);
        assert_eq!((&got["pie"], &got["relro"]), (&json!(pie), &json!(relro)), "{flags:?}: {got}");
    }
    if let Some(got) = compile(&["-static"]).map(|bytes| of(&bytes)) {
        assert_eq!(got.get("stackProtector"), None, "the C library has the name, whoever uses it");
    }
}

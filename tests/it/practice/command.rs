//! `vouchsafe practice` as users run it: first lines, exit codes, and JSON that follows its schemas.

use super::{assert_valid, value};
use std::process::{Command, Output};

fn vouchsafe(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vouchsafe")).arg("practice").args(args).env_clear().output().unwrap()
}

fn first_line(args: &[&str]) -> String {
    let out = vouchsafe(args);
    assert_eq!(out.status.code(), Some(0), "{args:?}");
    String::from_utf8(out.stdout).unwrap().lines().next().unwrap().to_owned()
}

#[test]
fn the_first_line_is_the_answer() {
    assert_eq!(first_line(&["list"]), "60 practices in 9 areas, forum-fp 2026.1 (draft)");
    assert_eq!(
        first_line(&["list", "--profile", "base", "--area", "vul"]),
        "5 practices in 1 area, forum-fp 2026.1 (draft), profile base"
    );
    assert_eq!(first_line(&["show", "TST-01"]), "TST-01  Static analysis gates the release");
    assert_eq!(
        first_line(&["show", "ssdf-1.1:PS.3.2"]),
        "2 practices for PS.3.2 of NIST SP 800-218 SSDF, forum-fp 2026.1 (draft)"
    );
    assert_eq!(first_line(&["search", "fuzz"]), "1 practice for \"fuzz\", forum-fp 2026.1 (draft)");
    assert_eq!(first_line(&["lint"]), "0 errors and 0 warnings in the built-in catalogue");
    assert_eq!(
        first_line(&["template", "--profile", "base"]),
        "# Claims for the profile base of forum-fp@2026.1: 34 practices."
    );
}

#[test]
fn json_follows_its_schemas() {
    for (schema, args) in [
        ("practice-list-v1", &["list"][..]),
        ("practice-list-v1", &["list", "--profile", "high", "--area", "int"]),
        ("practice-show-v1", &["show", "TST-01"]),
        ("practice-show-v1", &["show", "cisa-ssdaf-2024-03:1.e"]),
        ("practice-search-v1", &["search", "release", "signed"]),
        ("practice-lint-v1", &["lint"]),
        ("practice-template-v1", &["template", "--profile", "standard"]),
    ] {
        let out = vouchsafe(&[args, &["--format", "json"]].concat());
        assert_eq!(out.status.code(), Some(0), "{args:?}");
        assert_valid(schema, &value(&out.stdout));
    }
}

#[test]
fn what_is_unknown_is_undecided() {
    for (args, code, hint) in [
        (&["show", "TST-99"][..], "practice-unknown", "TST-09"),
        (&["show", "tst-1"], "practice-unknown", "TST-01"),
        (&["show", "ssdf-1.1:PS.9.9"], "practice-unknown", "NIST"),
        (&["show", "ssdf:PS.1.1"], "practice-unknown", "ssdf-1.1"),
        (&["show", "\u{1b}[2J"], "practice-unknown", "TST-01"),
        (&["list", "--profile", "huge"], "profile-unknown", "base, standard, high"),
        (&["template", "--profile", "huge"], "profile-unknown", "base, standard, high"),
        (&["list", "--area", "XYZ"], "area-unknown", "PRG"),
        (&["search", "unheard-of"], "practice-not-found", "fewer words"),
        (&["list", "--catalogue", "/nowhere.json"], "file-not-found", "/nowhere.json"),
    ] {
        let out = vouchsafe(args);
        let said = String::from_utf8(out.stderr).unwrap();
        assert_eq!(out.status.code(), Some(3), "{args:?}");
        assert!(said.starts_with(&format!("undecided[{code}]")) && said.contains(hint), "{args:?}: {said}");
        assert!(!said.contains('\u{1b}') && out.stdout.is_empty(), "{args:?}");
    }
    assert_eq!(vouchsafe(&["search"]).status.code(), Some(2));
}

#[test]
fn lint_says_no_with_exit_1() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalogue.json");
    let path = path.to_str().unwrap();
    let text = String::from_utf8(vouchsafe::practice::BUILTIN.to_vec()).unwrap();
    std::fs::write(path, text.replacen("\"extends\": \"base\"", "\"extends\": \"high\"", 1)).unwrap();
    let out = vouchsafe(&["lint", path, "--format", "json"]);
    assert_eq!(out.status.code(), Some(1));
    let report = value(&out.stdout);
    assert_valid("practice-lint-v1", &report);
    assert_eq!((report["errors"].as_u64(), report["findings"][0]["code"].as_str()), (Some(2), Some("profile-cycle")));
    let out = vouchsafe(&["list", "--catalogue", path]);
    assert_eq!(out.status.code(), Some(3));
    assert!(String::from_utf8(out.stderr).unwrap().contains("practice lint"));
}

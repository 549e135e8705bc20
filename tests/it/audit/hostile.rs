//! Whatever lies about: it has a line, and the rest goes on.

use crate::run::valid;
use crate::scene::Scene;
use serde_json::Value;

fn report(scene: &Scene, line: &str, exit: i32) -> Value {
    valid(&scene.run(&format!("{line} --trust forum --format json")).says(exit, "").out, "audit-v1.json")
}

fn verdict<'a>(report: &'a Value, path: &str) -> (&'a str, &'a str) {
    let line = report["artifacts"].as_array().unwrap().iter().find(|a| a["path"] == path);
    let line = line.unwrap_or_else(|| panic!("no line for {path} in {report:#}"));
    (line["verdict"].as_str().unwrap(), line["code"].as_str().unwrap_or_default())
}

#[test]
fn one_corrupt_attestation_is_its_own_line_and_the_rest_goes_on() {
    let scene = Scene::new();
    scene.release("r/acme-1.0");
    scene.release("r/acme-2.0");
    scene.write("r/acme-2.0.sigstore.json", b"{");
    let report = report(&scene, "audit r", 3);
    assert_eq!(verdict(&report, "r/acme-1.0"), ("verified", ""));
    assert_eq!(verdict(&report, "r/acme-2.0"), ("undecided", "attestation-malformed"));
    assert_eq!(verdict(&report, "r/acme-2.0.sigstore.json"), ("undecided", "attestation-malformed"));
}

#[cfg(unix)]
#[test]
fn links_pipes_and_names_are_told_and_nothing_hangs() {
    use std::os::unix::ffi::OsStrExt as _;
    let scene = Scene::new();
    scene.release("r/acme-1.0");
    std::os::unix::fs::symlink(".", scene.path("r/loop")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", scene.path("r/away")).unwrap();
    scene.peer("mkfifo", "r/pipe");
    scene.peer("mkfifo", "r/acme-3.0.sigstore.json");
    scene.write("r/acme-3.0", "its attestation is a pipe");
    scene.write("r/\u{1b}[31mred\n", "a name that would colour a terminal");
    scene.write(std::ffi::OsStr::from_bytes(b"r/\xff"), "no UTF-8");
    let deep: std::path::PathBuf = std::iter::once("r").chain(std::iter::repeat_n("d", 201)).collect();
    std::fs::create_dir_all(scene.path(deep)).unwrap();
    let report = report(&scene, "audit r", 3);
    assert_eq!(verdict(&report, "r/acme-1.0"), ("verified", ""));
    assert_eq!(verdict(&report, "r/acme-3.0"), ("undecided", "not-a-file"));
    assert_eq!(verdict(&report, "r/\\xff"), ("undecided", "attestation-missing"));
    assert_eq!(verdict(&report, "r/\u{1b}[31mred\n"), ("undecided", "attestation-missing"));
    let why = |path: &str| {
        let lines = report["not_checked"].as_array().unwrap();
        lines.iter().find(|l| l["path"] == path).map(|l| l["why"].as_str().unwrap().to_owned()).unwrap_or_default()
    };
    assert!(why("r/loop").contains("link") && why("r/away").contains("link") && why("r/pipe").contains("pipe"));
    let too_deep = report["artifacts"].as_array().unwrap().iter().filter(|a| a["code"] == "tree-too-deep").count();
    assert_eq!(too_deep, 1, "a folder that is not looked into is no yes");
    let text = scene.run("audit r --trust forum").says(3, "");
    assert!(!text.text().contains('\u{1b}'), "{text:?}");
    scene.run("audit r/nothing --trust forum").says(3, "[file-not-found]");
    std::fs::create_dir(scene.path("empty")).unwrap();
    scene.run("audit empty --trust forum").says(3, "[nothing-asked]");
}

#[test]
fn attestations_are_found_wherever_they_lie() {
    let scene = Scene::new();
    for n in 1..4 {
        scene.release(&format!("all/acme-{n}.0"));
        let (from, to) = (format!("all/acme-{n}.0.sigstore.json"), format!("bundles/{n}.sigstore.json"));
        std::fs::create_dir_all(scene.path("bundles")).unwrap();
        std::fs::rename(scene.path(from), scene.path(to)).unwrap();
    }
    scene.run("audit all --trust forum").says(3, "0 of 3");
    scene.run("audit all --bundle bundles --trust forum").says(0, "3 of 3");
    scene.run("audit all --bundle bundles --trust forum").says(0, "3 of 3");
    scene.run("audit all bundles --trust forum").says(0, "3 of 3");
    let sums = scene.ok("digest all/acme-1.0 all/acme-2.0");
    scene.write("SHA256SUMS", sums.text());
    scene.run("audit @SHA256SUMS --bundle bundles --trust forum").says(0, "2 of 2");
    scene.write("all/acme-2.0", "other bytes");
    scene.run("audit @SHA256SUMS --bundle bundles --trust forum").says(1, "[digest-mismatch]");
    std::fs::remove_file(scene.path("all/acme-2.0")).unwrap();
    scene.run("audit @SHA256SUMS --bundle bundles --trust forum").says(0, "2 of 2");
    let list = "audit - --bundle bundles --trust forum";
    scene.args(list.split(' '), b"all/acme-1.0\nall/acme-3.0\n").says(0, "2 of 2");
    scene.args(list.split(' '), b"all/acme-1.0\0all/acme-3.0\0").says(0, "2 of 2");
    scene.run("audit all/acme-1.0 all/acme-1.0 --bundle bundles --trust forum").says(0, "1 of 1");
}

#[test]
fn audit_and_verify_agree() {
    let scene = Scene::new();
    for (name, member) in [("r/acme-1.0", "acme"), ("r/acme-2.0", "mallory")] {
        scene.write(name, name);
        scene.ok(&format!("attest {name} --key {member}.pem --member acme --profile base --claims claims.toml"));
    }
    scene.write("r/acme-3.0", "unattested");
    scene.release("r/globex-1.0");
    let audit = report(&scene, "audit r", 1);
    for name in ["r/acme-1.0", "r/acme-2.0", "r/acme-3.0", "r/globex-1.0"] {
        let one = valid(&scene.run(&format!("verify {name} --format json")).out, "verify-v1.json");
        let line = &one["subjects"][0];
        let told = (line["verdict"].as_str().unwrap(), line["code"].as_str().unwrap_or_default());
        assert_eq!(verdict(&audit, name), told, "{name}");
    }
}

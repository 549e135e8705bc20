//! The five people of the design, each from an empty home and in at most two commands: `tests/cli/*.txt`. And what stands in the way
//! of newcomers: each trouble says what to do.

use crate::desk::with;
use crate::run::Ran;
use crate::scene::{ACME, Scene};
use std::path::Path;

/// A command of a transcript, how it has to end, and lines it has to say, in this order. `[..]` is anything.
struct Step {
    line: String,
    exit: i32,
    says: Vec<String>,
}

fn steps(name: &str) -> Vec<Step> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli").join(format!("{name}.txt"));
    let mut steps: Vec<Step> = Vec::new();
    for line in std::fs::read_to_string(path).unwrap().lines().filter(|line| !line.starts_with('#')) {
        if let Some(command) = line.strip_prefix("$ vouchsafe ") {
            steps.push(Step { line: command.to_owned(), exit: 0, says: Vec::new() });
        } else if let Some(exit) = line.strip_prefix("? ") {
            steps.last_mut().unwrap().exit = exit.parse().unwrap();
        } else {
            steps.last_mut().unwrap().says.push(line.to_owned());
        }
    }
    assert!((1..=2).contains(&steps.len()), "{name}: two commands at most");
    assert!(steps.iter().any(|step| !step.says.is_empty()), "{name}: a transcript that says nothing");
    steps
}

/// Whether the pieces between `[..]` stand in the line, from its start, one after the other.
fn fits(line: &str, pattern: &str) -> bool {
    let mut rest = line;
    for (i, piece) in pattern.split("[..]").enumerate() {
        match rest.find(piece) {
            Some(at) if i > 0 || at == 0 => rest = &rest[at + piece.len()..],
            _ => return false,
        }
    }
    true
}

/// Plays a person's transcript.
fn play(scene: &Scene, name: &str) -> Vec<Ran> {
    let _ = std::fs::remove_dir_all(scene.path("home"));
    let root = std::fs::read(scene.path("forum/published/metadata/1.root.json")).unwrap_or_default();
    let fingerprint = vouchsafe::registry::Fingerprint::of(&root).to_string();
    let mut all = Vec::new();
    for step in steps(name) {
        let ran = with(scene, &[], &step.line.replace("FINGERPRINT", &fingerprint)).says(step.exit, "");
        let text = ran.text().to_owned();
        let mut lines = text.lines();
        for said in &step.says {
            assert!(lines.any(|line| fits(line, said)), "{name}: {} does not say {said:?}: {ran:?}", step.line);
        }
        all.push(ran);
    }
    all
}

#[test]
fn a_release_engineer_attests() {
    let scene = Scene::empty();
    scene.write("Makefile", "all:\n");
    scene.write("dist/acme-tool", "bytes");
    play(&scene, "release-engineer");
}

#[test]
fn a_downloader_verifies() {
    let scene = Scene::new();
    scene.release("acme-1.0");
    play(&scene, "downloader");
}

#[test]
fn an_auditor_has_a_report() {
    let scene = Scene::new();
    scene.release("acme-1.0");
    for name in ["acme-1.0", "acme-1.0.sigstore.json"] {
        scene.write(format!("releases/{name}"), scene.read(name));
    }
    scene.write("releases/acme-2.0", "never attested");
    play(&scene, "auditor");
    assert!(scene.text("report.html").contains("<html"));
}

#[test]
fn a_forum_operator_founds_a_forum() {
    let scene = Scene::new();
    play(&scene, "forum-operator");
    assert!(scene.path("new/published/metadata/timestamp.json").exists());
    // Publishing with a key that has no seat changes nothing.
    scene.ok("registry add-catalogue new");
    scene.run("registry publish new --online-key online.pem --board-key mallory.pem").says(1, "[not-on-board]");
}

#[test]
fn an_advisory_co_signer_reads_and_signs() {
    let scene = Scene::new();
    scene.ok("registry add-member forum initech --name Initech --scope initech-*");
    play(&scene, "advisory-co-signer");
}

#[test]
fn what_stands_in_a_newcomers_way_says_what_to_do() {
    let scene = Scene::new();
    scene.release("acme-1.0");
    let root = scene.read("forum/published/metadata/1.root.json");
    let fingerprint = vouchsafe::registry::Fingerprint::of(&root).to_string();
    let says = |variables: &[(&str, &str)], line: &str, exit: i32, code: &str, next: &str| {
        let ran = with(&scene, variables, line).says(exit, &format!("[{code}]"));
        let told = ran.err.lines().find_map(|l| l.trim().strip_prefix("next      ")).unwrap_or_default().to_owned();
        assert!(told.contains(next), "{line}: {told:?}");
    };
    // No key; a wrong passphrase; a key that is not there.
    says(&[], "attest acme-1.0 --member acme --force", 2, "usage", "vouchsafe key generate --out");
    let sealed = [("VOUCHSAFE_PASSPHRASE", "right")];
    with(&scene, &sealed, "key generate --out sealed.pem").says(0, "");
    let attest = "attest acme-1.0 --member acme --force --key sealed.pem";
    says(&[("VOUCHSAFE_PASSPHRASE", "wrong")], attest, 3, "passphrase-wrong", "passphrase");
    says(&[], attest, 3, "passphrase-needed", "VOUCHSAFE_PASSPHRASE");
    says(&[("VOUCHSAFE_KEY", "env:NONE")], "attest acme-1.0 --member acme --force", 3, "variable-not-set", "set NONE");
    // No home, one that cannot be written to, nothing trusted yet.
    let add = format!("trust add forum --fingerprint {fingerprint}");
    let bare: Vec<(&str, &str)> = ["VOUCHSAFE_HOME", "XDG_DATA_HOME", "LOCALAPPDATA", "HOME"].map(|n| (n, "")).to_vec();
    says(&bare, &add, 3, "no-home", "VOUCHSAFE_HOME");
    scene.write("file", "no folder");
    says(&[("VOUCHSAFE_HOME", "file/home")], &add, 3, "file-unreadable", "set VOUCHSAFE_HOME to a folder");
    says(&[("VOUCHSAFE_HOME", "new")], "verify acme-1.0", 3, "no-trust", "vouchsafe trust add");
    // With no home at all, a named forum is enough.
    with(&scene, &bare, "verify acme-1.0 --trust forum").says(0, "VERIFIED");
    // A trusted view that is too old for the policy, and a server that does not answer.
    let late = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * 30);
    let late = format!("verify acme-1.0 --trust forum --at {late}");
    says(&[], &late, 3, "registry-expired", "vouchsafe trust update");
    #[cfg(feature = "http")]
    says(&[], &add.replace("add forum", "add http://127.0.0.1:9"), 3, "network-failed", "");
    with(&scene, &[], &format!("attest acme-1.0 {ACME} --force")).says(0, "SIGNED");
}

/// "A file of your own" of README.md, as a newcomer would: an empty home, no settings. Only the installation is left out.
#[cfg(unix)]
#[test]
fn five_commands_lead_from_the_readme_to_a_file_that_is_verified() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (_, rest) = readme.split_once("## A file of your own\n").unwrap();
    let block = rest.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let commands: Vec<&str> = block.lines().collect();
    assert!(commands.len() <= 5 && commands[0].starts_with("cargo install --locked"), "{commands:?}");
    let scene = Scene::empty();
    let bin = Path::new(env!("CARGO_BIN_EXE_vouchsafe")).parent().unwrap();
    let line = format!(
        "cd '{0}'; env -i HOME='{0}' PATH='{1}:/usr/bin:/bin' sh -e -c '{2}'",
        scene.path("").display(),
        bin.display(),
        commands[1..].join("\n")
    );
    let ran = crate::run::program("sh", &scene.path(""), ["-c", &line], b"").says(0, "VERIFIED  acme-hello  Acme Corp");
    assert!(ran.text().contains("next      vouchsafe verify acme-hello --trust scene/forum"), "{ran:?}");
    scene.write("acme-hello", "changed");
    with(&scene, &[], "verify acme-hello --trust scene/forum").says(1, "digest-mismatch");
}

//! Commits: a real repository with signed and unsigned ones, and what is made of its log.

use super::{REVISION, code, facts, holds};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use vouchsafe::encoding::Explain as _;
use vouchsafe::evidence::Target;
use vouchsafe::gather::git::{Ask, summary};
use vouchsafe::practice::EvidenceKind as K;

fn log(from: Option<&str>, commits: &Value) -> Vec<u8> {
    let mut log = json!({"schema": "vouchsafe-git-log/v1", "to": REVISION,
        "allowedSignersSha256": "a".repeat(64), "commits": commits});
    if let Some(from) = from {
        log["from"] = from.into();
    }
    serde_json::to_vec(&log).unwrap()
}

fn commit(id: &str, signature: &str) -> Value {
    json!({"id": id, "signature": signature, "signer": "ada@example.com"})
}

fn target() -> Target<'static> {
    Target { revision: Some(REVISION), ..Target::default() }
}

#[test]
fn whoever_did_not_sign_is_counted() {
    let id = |n: u8| format!("{n:02x}").repeat(20);
    let good = log(Some(&id(9)), &json!([commit(REVISION, "good"), commit(&id(1), "good")]));
    let got = facts(K::GitLog, "log.json", &good, &target());
    let want = json!({"commits": 2, "unsigned": 0, "unknownSigner": 0, "bad": 0, "expired": 0, "revoked": 0, "signers": 1,
        "from": id(9), "to": REVISION, "allowedSignersSha256": "a".repeat(64)});
    assert_eq!(got, want);
    assert!(holds("commits-signed", &got));
    for (signature, unsigned, unknown) in
        [("none", 1, 0), ("bad", 1, 0), ("unknown", 0, 1), ("expired", 0, 1), ("revoked", 0, 1)]
    {
        let bytes = log(None, &json!([commit(REVISION, "good"), commit(&id(1), signature)]));
        let got = facts(K::GitLog, "log.json", &bytes, &target());
        assert_eq!((&got["unsigned"], &got["unknownSigner"]), (&json!(unsigned), &json!(unknown)), "{signature}");
        assert!(!holds("commits-signed", &got), "{signature}");
    }
    let nameless = log(None, &json!([{"id": REVISION, "signature": "good"}]));
    assert_eq!(facts(K::GitLog, "log.json", &nameless, &target())["unknownSigner"], 1, "good is whom one can name");
    let unlisted = String::from_utf8(good.clone())
        .unwrap()
        .replace(&format!("\"allowedSignersSha256\":\"{}\",", "a".repeat(64)), "");
    assert_eq!(facts(K::GitLog, "log.json", unlisted.as_bytes(), &target())["unknownSigner"], 2, "nobody was allowed");
}

#[test]
fn logs_that_say_nothing_or_something_else() {
    let id = |n: u8| format!("{n:02x}").repeat(20);
    let of = |bytes: &[u8]| code(K::GitLog, "log.json", bytes, &target());
    assert_eq!(of(&log(None, &json!([]))), "evidence-empty");
    let other = Target { revision: Some("9999999999999999999999999999999999999999"), ..Target::default() };
    assert_eq!(code(K::GitLog, "l", &log(None, &json!([commit(REVISION, "good")])), &other), "evidence-other-build");
    for (why, bytes) in [
        ("the release is not among them", log(None, &json!([commit(&id(1), "good")]))),
        ("the one before is", log(Some(&id(1)), &json!([commit(REVISION, "good"), commit(&id(1), "good")]))),
        ("twice", log(None, &json!([commit(REVISION, "good"), commit(REVISION, "good")]))),
        ("an abbreviation", log(None, &json!([commit(REVISION, "good"), commit("1a2b3c", "good")]))),
        ("an unknown word", log(None, &json!([commit(REVISION, "perfect")]))),
        ("no list", log(None, &json!({}))),
        ("an unknown field", log(None, &json!([{"id": REVISION, "signature": "good", "x": 1}]))),
        ("a name for a revision", log(Some("main"), &json!([commit(REVISION, "good")]))),
    ] {
        assert_eq!(of(&bytes), "evidence-malformed", "{why}");
    }
    assert_eq!(of(br#"{"schema":"vouchsafe-git-log/v2","to":1,"commits":[]}"#), "evidence-unsupported");
    let whole = log(None, &json!([commit(REVISION, "good"), commit(&id(1), "none")]));
    for end in 0..whole.len() {
        assert!(super::read(K::GitLog, "l", &whole[..end], &target()).is_err(), "{end} bytes");
    }
}

/// A repository in a folder of its own.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new() -> Self {
        let new = Self(tempfile::tempdir().unwrap());
        new.git(&["init", "--quiet", "--initial-branch=main"]);
        for name in ["ada", "eve"] {
            let key = new.path(name);
            let done =
                Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&key).status();
            assert!(done.unwrap().success());
        }
        let public = std::fs::read_to_string(new.path("ada.pub")).unwrap();
        std::fs::write(new.path("allowed"), format!("ada@example.com {public}")).unwrap();
        new
    }
    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }
    fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        for (name, value) in [("NAME", "Ada"), ("EMAIL", "ada@example.com")] {
            git.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
        }
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        let done = git.arg("-C").arg(self.0.path()).args(arguments).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }
    fn commit(&self, signer: Option<&str>) -> String {
        let key = format!("user.signingKey={}", signer.map(|s| self.path(s).display().to_string()).unwrap_or_default());
        let sign = if signer.is_some() { "-S" } else { "--no-gpg-sign" };
        self.git(&["-c", "gpg.format=ssh", "-c", &key, "commit", "--quiet", "--allow-empty", "-m", "change", sign]);
        self.git(&["rev-parse", "HEAD"])
    }
    fn ask<'a>(&'a self, programs: &'a OsString, allowed: &'a Path, since: Option<&'a str>) -> Ask<'a> {
        let name = Some("https://example.com/acme/tool");
        Ask { repository: self.0.path(), name, since, until: "HEAD", allowed_signers: Some(allowed), programs }
    }
}

fn programs() -> OsString {
    std::env::var_os("PATH").unwrap()
}

#[test]
fn a_real_repository() {
    let (repository, programs) = (Repository::new(), programs());
    let allowed = repository.path("allowed");
    let first = repository.commit(None);
    repository.git(&["tag", "v1"]);
    let second = repository.commit(Some("ada"));
    let ask = repository.ask(&programs, &allowed, Some("v1"));
    let bytes = summary(&ask).unwrap();
    let document = crate::run::valid(&bytes, "git-log-v1.json");
    assert_eq!((&document["from"], &document["to"]), (&json!(first), &json!(second)));
    assert_eq!(document["commits"][0]["signer"], "ada@example.com");
    let held = |revision: &str, bytes: &[u8]| {
        facts(K::GitLog, "log.json", bytes, &Target { revision: Some(revision), ..Target::default() })
    };
    assert!(holds("commits-signed", &held(&second, &bytes)));
    assert_eq!(bytes, summary(&ask).unwrap(), "the same repository, the same bytes");

    let third = repository.commit(Some("eve"));
    let got = held(&third, &summary(&ask).unwrap());
    assert_eq!((&got["commits"], &got["unsigned"], &got["unknownSigner"]), (&json!(2), &json!(0), &json!(1)));
    let all = repository.ask(&programs, &allowed, None);
    let got = held(&third, &summary(&all).unwrap());
    assert_eq!((&got["commits"], &got["unsigned"], &got["unknownSigner"]), (&json!(3), &json!(1), &json!(1)));
    let nobody = Ask { allowed_signers: None, ..ask };
    assert_eq!(held(&third, &summary(&nobody).unwrap())["unknownSigner"], 2, "without a list nobody is allowed");
    let nothing = Ask { since: Some("HEAD"), ..ask };
    let bytes = summary(&nothing).unwrap();
    assert_eq!(code(K::GitLog, "l", &bytes, &Target::default()), "evidence-empty");
}

/// Its own configuration names programs, replaces commits and fetches; none of that happens.
#[cfg(unix)]
#[test]
fn a_hostile_repository_runs_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let (repository, programs) = (Repository::new(), programs());
    let allowed = repository.path("allowed");
    let unsigned = repository.commit(None);
    let signed = repository.commit(Some("ada"));
    let trap = repository.path("trap");
    std::fs::write(&trap, format!("#!/bin/sh\ntouch {}\necho x\n", repository.path("sprung").display())).unwrap();
    std::fs::set_permissions(&trap, std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = trap.to_str().unwrap();
    for setting in
        ["gpg.ssh.program", "gpg.program", "gpg.openpgp.program", "core.fsmonitor", "core.pager", "core.sshCommand"]
    {
        repository.git(&["-c", "core.fsmonitor=false", "config", setting, program]);
    }
    repository.git(&["config", "gpg.ssh.allowedSignersFile", repository.path("eve.pub").to_str().unwrap()]);
    // The unsigned commit shall look like the signed one.
    repository.git(&["-c", "core.fsmonitor=false", "replace", "-f", &unsigned, &signed]);
    let bytes = summary(&repository.ask(&programs, &allowed, None)).unwrap();
    let got = facts(K::GitLog, "l", &bytes, &Target { revision: Some(&signed), ..Target::default() });
    assert_eq!((&got["commits"], &got["unsigned"], &got["unknownSigner"]), (&json!(2), &json!(1), &json!(0)));
    assert!(!repository.path("sprung").exists(), "a program of the repository's own choice was run");
}

#[test]
fn signatures_of_other_kinds_are_nobodys() {
    let (repository, programs) = (Repository::new(), programs());
    let allowed = repository.path("allowed");
    repository.commit(Some("ada"));
    let tree = repository.git(&["rev-parse", "HEAD^{tree}"]);
    let object = repository.path("object");
    let armour = "-----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----";
    let who = "Ada <ada@example.com> 1 +0000";
    std::fs::write(&object, format!("tree {tree}\nauthor {who}\ncommitter {who}\ngpgsig {armour}\n\nchange\n"))
        .unwrap();
    let commit = repository.git(&["hash-object", "-t", "commit", "-w", object.to_str().unwrap()]);
    let bytes = summary(&Ask { until: &commit, ..repository.ask(&programs, &allowed, None) }).unwrap();
    let got = facts(K::GitLog, "l", &bytes, &Target { revision: Some(&commit), ..Target::default() });
    assert_eq!((&got["commits"], &got["unsigned"]), (&json!(1), &json!(1)));
}

#[test]
fn where_git_has_no_answer() {
    let (repository, programs) = (Repository::new(), programs());
    let allowed = repository.path("allowed");
    repository.commit(None);
    repository.commit(None);
    let ask = repository.ask(&programs, &allowed, None);
    let of = |ask: &Ask<'_>| summary(ask).unwrap_err().code();
    for since in ["v9", "--output=x", "-n1", ""] {
        assert_eq!(of(&Ask { since: Some(since), ..ask }), "git-failed", "{since:?}");
    }
    let elsewhere = tempfile::tempdir().unwrap();
    assert_eq!(of(&Ask { repository: elsewhere.path(), ..ask }), "git-failed");
    assert_eq!(of(&Ask { programs: elsewhere.path().as_os_str(), ..ask }), "git-missing");
    assert_eq!(of(&Ask { allowed_signers: Some(&repository.path("gone")), ..ask }), "file-not-found");
    let from = format!("file://{}", repository.0.path().display());
    let clone = elsewhere.path().join("clone");
    let done = Command::new("git").args(["clone", "--quiet", "--depth", "1", &from]).arg(&clone).status().unwrap();
    assert!(done.success());
    assert_eq!(of(&Ask { repository: &clone, ..ask }), "git-shallow");
}

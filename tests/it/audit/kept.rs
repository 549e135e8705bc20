//! What the index keeps changes no answer: not when it is dropped, shared, interrupted, or behind the times.

use super::Portfolio;
use super::store::{Store, on_both};
use std::process::{Command, Stdio};
use std::time::Duration;

on_both!(
    the_same_state_gives_the_same_bytes_however_it_is_come_by,
    nothing_is_decided_twice_unless_something_changed,
    whatever_changes_is_looked_at_again,
    an_audit_that_is_killed_goes_on_and_ends_as_ever,
    two_audits_at_once_give_the_answer_twice,
);

impl Portfolio {
    /// A run of the audit that can be interrupted.
    fn started(&self, more: &str) -> std::process::Child {
        let index = self.scene.index();
        let line = format!("--home home {} --at {} --format json {more} {index}", self.command(), self.at());
        let mut command = Command::new(env!("CARGO_BIN_EXE_vouchsafe"));
        command.args(line.split_whitespace()).current_dir(self.scene.path(""));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
    }
    fn rows(&self) -> String {
        let ran = self.scene.ok("audit query --csv --sql SELECT/**/count(*)/**/FROM/**/artifact");
        ran.text().lines().nth(1).unwrap().to_owned()
    }
}

fn the_same_state_gives_the_same_bytes_however_it_is_come_by(store: Store) {
    let portfolio = Portfolio::kept(store, 60);
    let first = portfolio.audit("--format json -j 1").out;
    assert_eq!(portfolio.audit("--format json -j 4").out, first, "the second audit, from the index");
    assert_eq!(portfolio.audit("--format json --no-index -j 3").out, first, "without an index");
    assert_eq!(portfolio.audit("--format json --rehash").out, first);
    portfolio.scene.forget();
    assert_eq!(portfolio.audit("--format json -j 2").out, first, "an index that was built anew");
    let html = |name: &str| {
        portfolio.audit(&format!("--output html={name} --output sarif={name}.sarif"));
        (portfolio.scene.read(name), portfolio.scene.read(format!("{name}.sarif")))
    };
    assert_eq!(html("a"), html("b"));
}

fn nothing_is_decided_twice_unless_something_changed(store: Store) {
    let portfolio = Portfolio::kept(store, 20);
    std::thread::sleep(Duration::from_millis(50));
    portfolio.audit("");
    let rows = portfolio.rows();
    portfolio.audit("");
    // The file that is no attestation, and the one beside it, were told apart from what cannot be read.
    assert_eq!(portfolio.rows(), rows, "everything was taken over");
    portfolio.audit("--rehash");
    assert_ne!(portfolio.rows(), rows);
}

fn whatever_changes_is_looked_at_again(store: Store) {
    let scene = store.scene();
    scene.release("r/acme-1.0");
    scene.release("r/acme-2.0");
    std::thread::sleep(Duration::from_millis(50));
    let audit = |exit: i32, words: &str| scene.run("audit r --trust forum").says(exit, words);
    audit(0, "2 of 2 artifacts verified");
    // The same size and the same modification time; only the system knows.
    let path = scene.path("r/acme-1.0");
    let before = std::fs::metadata(&path).unwrap().modified().unwrap();
    let bytes = scene.read("r/acme-1.0");
    scene.write("r/acme-1.0", bytes.iter().map(|b| b ^ 1).collect::<Vec<u8>>());
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(before).unwrap();
    audit(1, "[digest-mismatch]");
    scene.write("r/acme-1.0", &bytes);
    audit(0, "2 of 2");
    let bundle = scene.read("r/acme-1.0.sigstore.json");
    std::fs::remove_file(scene.path("r/acme-1.0.sigstore.json")).unwrap();
    audit(3, "[attestation-missing]");
    scene.write("elsewhere/x.sigstore.json", &bundle);
    audit(3, "[attestation-missing]");
    scene.run("audit r elsewhere --trust forum").says(0, "2 of 2");
    scene.write("r/release.sigstore.json", &bundle);
    audit(0, "2 of 2");
    scene.write("strict.toml", "schema = \"vouchsafe-policy/v1\"\n[signers]\nmembers = [\"globex\"]\n");
    scene.run("audit r --trust forum --policy strict.toml").says(1, "0 of 2");
    audit(0, "2 of 2");
    let later = vouchsafe::encoding::duration::Span::days(10).after(jiff::Timestamp::now());
    scene.run(&format!("audit r --trust forum --at {later}")).says(3, "[trust-stale]");
    let key = vouchsafe::key::PublicKey::from_pem(&scene.text("acme.pub.pem")).unwrap().id().to_string();
    scene.ok(&format!("registry revoke-key forum acme {key} --compromised-since 2020-01-01 --reason stolen"));
    scene.publish();
    audit(1, "revoked-key-used");
}

fn an_audit_that_is_killed_goes_on_and_ends_as_ever(store: Store) {
    let portfolio = Portfolio::kept(store, 300);
    let whole = portfolio.audit("--format json --no-index").out;
    for wait in [5, 20, 40, 80, 120, 200, 300] {
        let mut child = portfolio.started("");
        std::thread::sleep(Duration::from_millis(wait));
        let _ = child.kill();
        child.wait().unwrap();
    }
    assert_eq!(portfolio.audit("--format json").out, whole);
}

fn two_audits_at_once_give_the_answer_twice(store: Store) {
    let portfolio = Portfolio::kept(store, 200);
    let whole = portfolio.audit("--format json --no-index").out;
    let running: Vec<_> = (0..3).map(|n| portfolio.started(if n == 2 { "--rehash" } else { "" })).collect();
    for child in running {
        let done = child.wait_with_output().unwrap();
        assert!(done.status.code() == Some(1) && done.stdout == whole, "{:?}", done.status);
    }
}

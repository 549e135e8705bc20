//! `vouchsafe key` as its users meet it: files, modes, passphrases, refusals, JSON.

use super::{Bench, mode};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

fn generate(bench: &Bench, name: &str) {
    let said = bench.vouchsafe(&["key", "generate", "--no-passphrase", "--out", name], &[]);
    assert_eq!(said.code, 0, "{said:?}");
}

#[test]
fn keys_are_private_and_never_overwritten() {
    let bench = Bench::new();
    generate(&bench, "acme.pem");
    assert_eq!(mode(&bench.path("acme.pem")), 0o600);
    let before = (bench.text("acme.pem"), bench.text("acme.pub.pem"));
    let again = bench.vouchsafe(&["key", "generate", "--no-passphrase", "--out", "acme.pem"], &[]);
    assert!(
        again.code == 3 && again.err.contains("undecided[file-exists]") && !again.err.contains("--force"),
        "{again:?}"
    );
    std::fs::remove_file(bench.path("acme.pem")).unwrap();
    let again = bench.vouchsafe(&["key", "generate", "--no-passphrase", "--out", "acme.pem"], &[]);
    assert_eq!(again.code, 3, "the public key alone is in the way too");
    assert!(!bench.path("acme.pem").exists(), "nothing half written");
    assert_eq!(bench.text("acme.pub.pem"), before.1);
    std::os::unix::fs::symlink("elsewhere", bench.path("link.pem")).unwrap();
    let link = bench.vouchsafe(&["key", "generate", "--no-passphrase", "--out", "link.pem"], &[]);
    assert!(link.code == 3 && !bench.path("elsewhere").exists(), "a dangling link is not followed: {link:?}");
    generate(&bench, "no-ending");
    assert!(bench.path("no-ending.pub.pem").exists());
}

#[test]
fn a_pair_is_written_whole_or_not_at_all() {
    let bench = Bench::new();
    // The private name fits into a folder entry, the public one, eight characters longer, does not.
    let name = "k".repeat(250);
    let said = bench.vouchsafe(&["key", "generate", "--no-passphrase", "--out", &name], &[]);
    assert_eq!(said.code, 3, "{said:?}");
    assert_eq!(std::fs::read_dir(bench.path(".")).unwrap().count(), 0);
    let both = bench.vouchsafe(&["key", "generate", "--no-passphrase", "--passphrase-fd", "0", "--out", "k.pem"], &[]);
    assert_eq!(both.code, 2, "with a passphrase or without: {both:?}");
}

#[test]
fn exposed_files_are_refused() {
    let bench = Bench::new();
    generate(&bench, "a.pem");
    bench.write("pass", "secret\n");
    for bits in [0o640, 0o604, 0o660, 0o620] {
        std::fs::set_permissions(bench.path("a.pem"), std::fs::Permissions::from_mode(bits)).unwrap();
        let import = bench.vouchsafe(&["key", "import", "a.pem", "--out", "b.pem", "--no-passphrase"], &[]);
        assert!(
            import.code == 3 && import.err.contains("key-exposed") && import.err.contains("chmod 600 a.pem"),
            "{import:?}"
        );
        let opened = vouchsafe::signer::FileSigner::open(&bench.path("a.pem"), &Default::default());
        assert!(opened.unwrap_err().to_string().contains("others can read"));
        std::fs::set_permissions(bench.path("pass"), std::fs::Permissions::from_mode(bits)).unwrap();
        let made = bench.vouchsafe(&["key", "generate", "--out", "c.pem", "--passphrase-file", "pass"], &[]);
        assert!(made.code == 3 && made.err.contains("passphrase-exposed"), "{made:?}");
        assert!(!bench.path("c.pem").exists());
    }
    let shown = bench.vouchsafe(&["key", "show", "a.pem"], &[]);
    assert!(shown.code == 0 && shown.err.contains("others can read"), "showing tells: {shown:?}");
}

#[test]
fn passphrases_come_from_files_descriptors_and_variables() {
    let bench = Bench::new();
    bench.write("pass", "open sesame\n");
    let made = bench.vouchsafe(&["key", "generate", "--out", "a.pem", "--passphrase-file", "pass"], &[]);
    assert_eq!(made.code, 0, "{made:?}");
    assert!(bench.text("a.pem").starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    let shows = |args: &[&str], variables: &[(&str, &str)]| {
        bench.vouchsafe(&[&["key", "show", "a.pem"], args].concat(), variables)
    };
    assert_eq!(shows(&["--passphrase-file", "pass"], &[]).code, 0);
    assert_eq!(shows(&[], &[("VOUCHSAFE_PASSPHRASE", "open sesame")]).code, 0);
    assert!(shows(&[], &[("VOUCHSAFE_PASSPHRASE", "no")]).err.contains("passphrase-wrong"));
    let none = shows(&[], &[]);
    assert!(
        none.code == 3 && none.err.contains("passphrase-needed") && none.err.contains("a.pub.pem"),
        "no terminal, no question: {none:?}"
    );
    assert_eq!(
        shows(&["--passphrase-file", "pass"], &[("VOUCHSAFE_PASSPHRASE", "no")]).code,
        0,
        "flag before variable"
    );
    let exe = env!("CARGO_BIN_EXE_vouchsafe");
    bench.peer("sh", &["-c", &format!("{exe} key show a.pem --passphrase-fd 7 7< pass")], "");
    bench.peer("sh", &["-c", &format!("cat pass | {exe} key show a.pem --passphrase-fd 0")], "");
    let fresh = bench.vouchsafe(&["key", "generate", "--out", "b.pem"], &[]);
    assert!(fresh.code == 3 && fresh.err.contains("--no-passphrase"), "{fresh:?}");
    assert!(!bench.path("b.pem").exists());
    bench.write("empty", "\n");
    let empty = bench.vouchsafe(&["key", "generate", "--out", "b.pem", "--passphrase-file", "empty"], &[]);
    assert!(empty.err.contains("passphrase-unusable"), "{empty:?}");
    for args in [["--passphrase", "x"], ["--pass", "x"]] {
        assert_eq!(shows(&args, &[]).code, 2, "a command line is no place for a secret");
    }
}

/// Types answers on a pseudo-terminal, each after the question it waits for; everything that was shown comes back.
fn on_a_terminal(bench: &Bench, command: &str, talk: &[(&str, &str)]) -> String {
    let line = format!("{} {command}", env!("CARGO_BIN_EXE_vouchsafe"));
    let mut script = bench.command("script", &["-qec", &line, "/dev/null"]);
    script.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = script.spawn().unwrap_or_else(|e| panic!("this test needs script of bsdutils: {e}"));
    let (mut keys, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut shown, mut byte) = (Vec::new(), [0]);
    for (question, answer) in talk {
        while !shown.ends_with(question.as_bytes()) {
            assert_eq!(screen.read(&mut byte).unwrap(), 1, "no {question:?} in {}", String::from_utf8_lossy(&shown));
            shown.extend_from_slice(&byte);
        }
        keys.write_all(answer.as_bytes()).unwrap();
    }
    screen.read_to_end(&mut shown).unwrap();
    child.wait().unwrap();
    String::from_utf8_lossy(&shown).into_owned()
}

#[test]
fn a_terminal_is_asked_twice_and_shows_nothing() {
    let bench = Bench::new();
    let twice = [("New passphrase for t.pem: ", "open sesame\n"), ("again: ", "open sesame\n")];
    let shown = on_a_terminal(&bench, "key generate --out t.pem", &twice);
    assert!(shown.contains("GENERATED") && !shown.contains("sesame"), "{shown}");
    let opened = bench.vouchsafe(&["key", "show", "t.pem"], &[("VOUCHSAFE_PASSPHRASE", "open sesame")]);
    assert_eq!(opened.code, 0, "{opened:?}");
    let differ = [("New passphrase for u.pem: ", "open sesame\n"), ("again: ", "open seasme\n")];
    let shown = on_a_terminal(&bench, "key generate --out u.pem", &differ);
    assert!(shown.contains("passphrase-unusable") && !bench.path("u.pem").exists(), "{shown}");
    let shown = on_a_terminal(&bench, "key show t.pem", &[("Passphrase of t.pem: ", "open sesame\n")]);
    assert!(shown.contains("key id") && !shown.contains("sesame"), "{shown}");
    let shown = on_a_terminal(&bench, "key show t.pem", &[("Passphrase of t.pem: ", "open\u{3}")]);
    assert!(shown.contains("terminal-unusable"), "^C gives up: {shown}");
}

#[test]
fn other_formats_and_references_are_pointed_at_the_door() {
    let bench = Bench::new();
    bench.peer("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", "id"], "");
    let nobody = vouchsafe::signer::PassphraseSource::default();
    let error = vouchsafe::signer::FileSigner::open(&bench.path("id"), &nobody).unwrap_err();
    let next = vouchsafe::encoding::Explain::next(&error);
    assert!(next.starts_with("vouchsafe key import") && next.ends_with("--out NEW.pem"), "{next}");
    bench.write("big.pem", vec![b'-'; (1 << 20) + 1]);
    let big = vouchsafe::signer::FileSigner::open(&bench.path("big.pem"), &nobody).unwrap_err();
    assert_eq!(vouchsafe::encoding::Explain::code(&big), "file-too-large");
    let unset = vouchsafe::signer::open(&"env:VOUCHSAFE_TEST_UNSET".parse().unwrap(), &nobody);
    assert!(unset.is_err_and(|e| vouchsafe::encoding::Explain::code(&e) == "variable-not-set"));
}

#[test]
fn every_answer_fits_its_schema() {
    let bench = Bench::new();
    let schema: serde_json::Value = include_str!("../../../schemas/key-v1.json").parse().unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    bench.peer("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", "me", "-f", "id"], "");
    let commands: [&[&str]; 7] = [
        &["generate", "--out", "a.pem", "--no-passphrase"],
        &["generate", "--out", "b.pem", "--no-passphrase", "--algorithm", "ecdsa-p256"],
        &["show", "a.pem"],
        &["show", "b.pub.pem"],
        &["import", "id", "--out", "c.pem", "--no-passphrase"],
        &["export", "c.pem", "--as", "jwk"],
        &["export", "id.pub", "--as", "spki", "-o", "id.pem"],
    ];
    for command in commands {
        let said = bench.vouchsafe(&[&["--format", "json", "key"], command].concat(), &[]);
        assert_eq!(said.code, 0, "{said:?}");
        let answer: serde_json::Value = said.out.parse().unwrap();
        schema.validate(&answer).unwrap_or_else(|e| panic!("{command:?}: {e}\n{answer:#}"));
        assert!(!said.out.contains("PRIVATE"), "never a private half");
    }
}

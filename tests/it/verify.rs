//! `vouchsafe verify` as its users meet it: verdicts, and that every way of asking gives the same one.

mod discovery;
mod policy;
mod subjects;
mod trust;

use crate::run::Ran;
use crate::scene::{ACME, Scene};
use serde_json::Value;

/// A good release, a tampered one, one nobody attested, one signed by a stranger, and one that is not there.
const VERDICTS: [(&str, i32, &str, &str); 5] = [
    ("acme-good", 0, "verified", ""),
    ("acme-tampered", 1, "refused", "digest-mismatch"),
    ("acme-stranger", 1, "refused", "signer-unknown"),
    ("acme-unattested", 3, "undecided", "attestation-missing"),
    ("acme-absent", 3, "undecided", "file-not-found"),
];

fn scene() -> Scene {
    let scene = Scene::new();
    scene.release("acme-good");
    scene.release("acme-tampered");
    scene.write("acme-tampered", "the bytes of acme-tampered, changed");
    scene.write("acme-stranger", "by nobody");
    scene.ok(&format!("attest acme-stranger {}", ACME.replace("acme.pem", "mallory.pem")));
    scene.write("acme-unattested", "nobody's word");
    scene
}

/// The report in JSON, held to its schema; its totals add up and its verdict is that of the exit code.
#[track_caller]
fn report(ran: &Ran) -> Value {
    let report = ran.json("verify-v1.json");
    let number = |key: &str| report["totals"][key].as_u64().unwrap();
    assert_eq!(number("requested"), number("verified") + number("refused") + number("undecided"));
    let subjects = report["subjects"].as_array().unwrap();
    assert_eq!(usize::try_from(number("requested")).unwrap(), subjects.len());
    for verdict in ["verified", "refused", "undecided"] {
        let count = subjects.iter().filter(|s| s["verdict"] == verdict).count();
        assert_eq!(usize::try_from(number(verdict)).unwrap(), count);
    }
    let exit = match report["verdict"].as_str().unwrap() {
        "verified" => 0,
        "refused" => 1,
        _ => 3,
    };
    assert_eq!(ran.exit, exit, "{ran:?}");
    report
}

/// Name, verdict and code of every subject.
fn verdicts(report: &Value) -> Vec<(String, String, String)> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let subjects = report["subjects"].as_array().unwrap();
    subjects.iter().map(|s| (text(&s["name"]), text(&s["verdict"]), text(&s["code"]))).collect()
}

#[test]
fn the_first_line_is_the_answer() {
    let scene = Scene::new();
    scene.release("acme-1.0.tar.gz");
    let seen = scene.ok("verify acme-1.0.tar.gz");
    let (head, tail) = seen.first().split_once(", attested ").unwrap();
    assert_eq!(head, "VERIFIED  acme-1.0.tar.gz  Acme Corp, member since 2019");
    let (day, rest) = tail.split_once(": ").unwrap();
    assert!(day.len() == 10 && vouchsafe::encoding::duration::instant(day).is_ok(), "{day}");
    assert_eq!(rest, "base profile, 34 of 34 practices met (34 declared)");
}

#[test]
fn text_json_and_exit_code_agree() {
    let scene = scene();
    for (name, exit, verdict, code) in VERDICTS {
        let text = scene.run(&format!("verify {name}"));
        let json = scene.run(&format!("verify {name} --format json"));
        assert_eq!((text.exit, json.exit), (exit, exit), "{text:?}");
        let report = report(&json);
        assert_eq!(verdicts(&report), [(name.to_owned(), verdict.to_owned(), code.to_owned())]);
        assert_eq!(report["verdict"], verdict);
        assert!(text.first().starts_with(&format!("{}  {name}  ", verdict.to_uppercase())), "{text:?}");
        assert!(code.is_empty() || text.first().ends_with(&format!("[{code}]")), "{text:?}");
        let hint = report["subjects"][0]["hint"].as_str().unwrap_or_default();
        assert_eq!(code.is_empty(), hint.is_empty(), "a no says what to do next");
        let line = scene.run(&format!("verify {name} --format jsonl"));
        assert_eq!((line.text().lines().count(), line.exit), (1, exit));
    }
}

#[test]
fn a_batch_is_as_bad_as_its_worst() {
    let scene = scene();
    for (names, exit) in [
        ("acme-good acme-good", 0),
        ("acme-good acme-unattested", 3),
        ("acme-unattested acme-good acme-tampered", 1),
        ("acme-stranger acme-absent", 1),
        ("acme-absent acme-good", 3),
    ] {
        let ran = scene.run(&format!("verify {names} --format json"));
        report(&ran);
        assert_eq!(ran.exit, exit, "{names}");
    }
    let all = scene.run("verify acme-good acme-tampered acme-unattested");
    assert_eq!(all.first(), "REFUSED  1 of 3 verified, 1 refused, 1 undecided");
}

#[test]
fn as_many_jobs_as_you_like_give_the_same_answer() {
    let scene = scene();
    let names: Vec<&str> = VERDICTS.iter().map(|v| v.0).collect();
    let ask = |flags: &str| {
        let ran = scene.run(&format!("verify {} {} {flags} --format json", names.join(" "), names.join(" ")));
        verdicts(&report(&ran))
    };
    let one = ask("-j1");
    assert_eq!(one.len(), 10);
    for flags in ["-j4", "-j 64", ""] {
        assert_eq!(ask(flags), one, "{flags}");
    }
    for ((name, _, verdict, code), got) in VERDICTS.iter().cycle().zip(&one) {
        assert_eq!((got.0.as_str(), got.1.as_str(), got.2.as_str()), (*name, *verdict, *code));
    }
    scene.run("verify acme-good -j0").says(2, "");
}

#[test]
fn a_flag_with_a_value_that_does_not_fit_is_wrong_usage() {
    let scene = scene();
    for flag in ["--at yesterday", "--max-age soon", "--max-age 0s", "--require nonsense", "--jobs many", "--nonsense"]
    {
        let ran = scene.run(&format!("verify acme-good {flag}"));
        assert!(ran.exit == 2 && ran.out.is_empty(), "{flag}: {ran:?}");
    }
    scene.run("verify").says(2, "");
}

/// `vouchsafe verify … | true`, where `true` has ended already.
#[cfg(unix)]
#[test]
#[cfg(target_os = "linux")]
fn nobody_to_complain_to_is_no_panic() {
    let scene = scene();
    for (line, exit) in
        [("verify acme-good --trust nothing", 3), ("verify", 2), ("key generate --no-passphrase --out k.pem", 0)]
    {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vouchsafe"));
        command.args(["--home", "home"]).args(line.split(' ')).current_dir(scene.path("")).stderr(full);
        assert_eq!(command.output().unwrap().status.code(), Some(exit), "{line}");
    }
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let scene = scene();
    for line in ["verify acme-good", "verify acme-good --format json", "practice list", "explain unsigned"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vouchsafe"));
        command.args(["--home", "home"]).args(line.split(' ')).current_dir(scene.path("")).stdout(writer);
        let ran = command.output().unwrap();
        assert!(ran.status.code() == Some(0) && ran.stderr.is_empty(), "{line}: {ran:?}");
    }
}

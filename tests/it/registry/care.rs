//! `registry check` tells its keepers everything at once, each with the command to run.

use super::{Bench, now};
use serde_json::Value;
use vouchsafe::encoding::duration::{Span, rfc3339};
use vouchsafe::publish::Forum;
use vouchsafe::signer::{Ask, FileSigner, PassphraseSource};

/// Codes of the findings and of the notes.
fn found(bench: &Bench, line: &str, exit: i32) -> (Vec<String>, Vec<String>) {
    let ran = bench.run(&format!("--format json registry check {line}"));
    assert_eq!(ran.exit, exit, "{ran:?}");
    let document = ran.json("registry-check-v1.json");
    let codes = |list: &str| -> Vec<String> {
        let all: &Vec<Value> = document[list].as_array().unwrap();
        assert!(all.iter().all(|f| f["next"].as_str().unwrap().len() > 10), "{document:#}");
        all.iter().map(|f| f["code"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(document["ok"], exit == 0);
    (codes("findings"), codes("notes"))
}

#[test]
fn boards_and_members_that_need_care() {
    let bench = Bench::published();
    assert_eq!(found(&bench, "forum", 0), (vec![], vec![]));
    assert_eq!(found(&bench, "forum/published", 0), (vec![], vec![]));
    let within = |days: i64| rfc3339(Span::days(days).after(now()));
    bench.ok(&format!("registry retire-key forum acme {} --at {}", bench.keyid(), within(10)));
    bench.ok("registry add-member forum globex --name Globex --scope globex-*");
    bench.ok("registry rotate forum --remove-seat board3");
    let (findings, notes) = found(&bench, "forum", 0);
    assert_eq!((findings.len(), notes), (0, vec!["staged-unsigned".to_owned()]), "what is staged is not yet in force");
    let text = bench.ok("registry check forum");
    assert!(
        text.text().contains("root (the old board) 2 of board1, board2, board3; root (the new board) 2 of"),
        "{text:?}"
    );
    bench.publish();
    assert_eq!(
        found(&bench, "forum", 1),
        (vec!["key-retires".to_owned()], vec!["no-spare-seat".to_owned(), "member-without-key".to_owned()])
    );
    assert_eq!(found(&bench, "forum --within 5d", 0).1.len(), 2);
    bench.prove("globex", "acme", "next.json");
    bench.ok("registry add-key forum acme --proof next.json");
    bench.ok("registry rotate forum --threshold 1");
    bench.sign();
    assert!(found(&bench, "forum", 1).1.contains(&"staged-ready".to_owned()));
    bench.ok("registry publish forum --online-key online.pem");
    let (findings, notes) = found(&bench, "forum", 0);
    assert_eq!(
        (findings.len(), notes),
        (0, ["threshold-one", "key-retires", "member-without-key"].map(str::to_owned).into())
    );
}

#[test]
fn everything_that_is_wrong_at_once() {
    let bench = Bench::published();
    let forum = Forum::open(&bench.path("forum")).unwrap();
    // A forum that was last looked after long ago.
    let no_passphrase = || PassphraseSource { file: None, descriptor: None, variable: None, terminal: Ask::Never };
    let key = |name: &str| FileSigner::open(&bench.path(name), &no_passphrase()).unwrap();
    let ago = Span::days(-100).after(now());
    forum.renew(ago).unwrap();
    bench.sign();
    forum.publish(&key("online.pem"), ago).unwrap();
    let (findings, _) = found(&bench, "forum", 1);
    assert_eq!(findings, ["registry-expired", "targets-expires", "snapshot-expires", "timestamp-expires"]);
    bench.publish_again();
    // A chain with a hole, and a change that another one overtook.
    bench.ok("registry rotate forum --remove-seat board3");
    bench.publish();
    std::fs::rename(bench.path("forum/published/metadata/1.root.json"), bench.path("1.root.json")).unwrap();
    assert_eq!(found(&bench, "forum", 1).0, ["root-missing"]);
    std::fs::rename(bench.path("1.root.json"), bench.path("forum/published/metadata/1.root.json")).unwrap();
    bench.ok("registry suspend forum acme");
    super::copy(&bench.path("forum/staged"), &bench.path("late"));
    bench.ok("registry drop forum");
    bench.publish_again();
    super::copy(&bench.path("late"), &bench.path("forum/staged"));
    assert_eq!(found(&bench, "forum", 1).0, ["staged-behind"]);
    // Damage is told beside the rest.
    std::fs::write(bench.path("forum/published/metadata/timestamp.json"), b"{}").unwrap();
    assert_eq!(found(&bench, "forum", 1).0[0], "registry-malformed");
}

/// What an interruption or a full disk left in `staged/`, readable or not, is given up by one command.
#[test]
fn whatever_is_staged_can_be_dropped() {
    let bench = Bench::published();
    bench.no("registry drop forum", 3, "nothing-staged");
    for (name, text) in [("targets.json", "{\"signed\":"), ("root.json", "{}"), ("root.json", "not JSON")] {
        std::fs::create_dir_all(bench.path("forum/staged")).unwrap();
        std::fs::write(bench.path(&format!("forum/staged/{name}")), text).unwrap();
        bench.ok("registry drop forum");
        assert!(!bench.path("forum/staged").exists());
        bench.ok("registry show forum");
    }
}

//! Who may change a registry, and what no change may do.

use super::{Bench, copy, now, snapshot};
use serde_json::json;
use vouchsafe::publish::{Change, Error, Forum};
use vouchsafe::registry::{Code, Fingerprint, Metadata};
use vouchsafe::signer::{Ask, FileSigner, PassphraseSource};

fn refused<T: std::fmt::Debug>(answer: Result<T, Error>) -> Code {
    match answer {
        Err(Error::Registry(refusal)) => refusal.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_is_published_below_the_threshold() {
    let bench = Bench::published();
    bench.ok("registry renew forum");
    let before = snapshot(&bench.path("forum/published"));
    bench.no("registry publish forum --online-key online.pem", 1, "threshold-not-met");
    bench.ok("registry sign forum --key board1.pem");
    bench.ok("registry sign forum --key board1.pem");
    let review = bench.ok("--format json registry review forum").json("registry-review-v1.json");
    assert_eq!(review["roles"][0]["signed"], json!(["board1"]), "the same key twice is one seat");
    bench.no("registry publish forum --online-key online.pem", 1, "threshold-not-met");
    for key in ["acme", "online"] {
        bench.no(&format!("registry sign forum --key {key}.pem"), 1, "not-on-board");
    }
    assert_eq!(snapshot(&bench.path("forum/published")), before);
    bench.ok("registry sign forum --key board3.pem");
    bench.no("registry publish forum --online-key board1.pem", 1, "not-the-online-key");
    assert_eq!(snapshot(&bench.path("forum/published")), before);
    bench.ok("registry publish forum --online-key online.pem");
    bench.no("registry publish forum --online-key online.pem", 3, "nothing-staged");
}

#[test]
fn a_copied_signature_counts_once() {
    let bench = Bench::staged();
    bench.ok("registry sign forum --key board1.pem");
    for file in ["forum/staged/root.json", "forum/staged/targets.json"] {
        let mut written = bench.json(file);
        let mut copy = written["signatures"][0].clone();
        copy["keyid"] = json!("00".repeat(32));
        written["signatures"].as_array_mut().unwrap().push(copy);
        bench.write(file, &written);
    }
    bench.no("registry publish forum --online-key online.pem", 1, "threshold-not-met");
}

#[test]
fn impossible_boards_are_refused() {
    let bench = Bench::new();
    let init = |rest: &str| format!("registry init forum --name X --board-key board1.pub.pem {rest}");
    for rest in [
        "--threshold 0 --online-key online.pub.pem",
        "--threshold 2 --online-key online.pub.pem",
        "--threshold 1 --online-key board1.pub.pem",
        "--threshold 2 --board-key again=board1.pub.pem --online-key online.pub.pem",
    ] {
        bench.no(&init(rest), 1, "threshold-invalid");
        assert!(!bench.path("forum").exists(), "{rest}");
    }
    bench.no(&init("--threshold 1 --board-key board1.pub.pem --online-key online.pub.pem"), 2, "usage");
    let one = bench.ok(&init("--threshold 1 --online-key online.pub.pem"));
    assert!(one.err.contains("2 of 3"), "{one:?}");
    bench.no(&init("--threshold 1 --online-key online.pub.pem"), 3, "file-exists");
}

#[test]
fn signing_offline_by_file() {
    let bench = Bench::staged();
    bench.ok("registry sign forum --export change.json");
    bench.no("registry sign forum --export change.json", 3, "file-exists");
    let review = bench.ok("registry review change.json");
    assert!(review.text().contains("member acme (Acme) is admitted"), "{review:?}");
    bench.ok("registry sign change.json --key board2.pem");
    bench.ok("registry sign change.json --key board3.pem");
    bench.no("registry sign change.json --key acme.pem", 1, "not-on-board");
    let done = bench.ok("registry sign forum --import change.json");
    assert!(done.text().contains("registry publish forum"), "{done:?}");
    bench.ok("registry publish forum --online-key online.pem");
    bench.ok("registry add-member forum globex --name Globex --scope globex-*");
    bench.no("registry sign forum --import change.json", 1, "registry-hash-mismatch");
    assert_eq!(bench.run("registry sign forum").exit, 2, "one of --key, --export, --import");
}

#[test]
fn signatures_made_at_the_same_time_all_count() {
    let bench = Bench::staged();
    let forum = Forum::open(&bench.path("forum")).unwrap();
    let mut change = forum.need_staged().unwrap();
    let no_passphrase = PassphraseSource { file: None, descriptor: None, variable: None, terminal: Ask::Never };
    change.sign(&FileSigner::open(&bench.path("board3.pem"), &no_passphrase).unwrap()).unwrap();
    bench.ok("registry sign forum --key board1.pem");
    forum.write_signatures(&change).unwrap();
    assert!(forum.need_staged().unwrap().check_threshold().is_ok(), "board1 and board3");
    // A bad signature under a seat's name is not taken over, nor in the way of a good one.
    bench.ok("registry sign forum --export change.json");
    let mut file = bench.json("change.json");
    for role in ["root", "targets"] {
        file[role]["signatures"].as_array_mut().unwrap().iter_mut().for_each(|s| s["sig"] = json!("00".repeat(64)));
    }
    bench.write("change.json", &file);
    bench.ok("registry sign forum --import change.json");
    assert!(forum.need_staged().unwrap().check_threshold().is_ok());
    // Another change staged meanwhile is not mixed up with this one.
    bench.ok("registry add-member forum globex --name Globex --scope globex-*");
    assert_eq!(refused(forum.write_signatures(&change)), Code::HashMismatch);
}

#[test]
fn what_is_shown_is_what_is_signed() {
    let bench = Bench::published();
    bench.ok("registry add-member forum globex --name Globex --scope globex-*");
    let file = "forum/staged/targets/members/globex.json";
    let honest = bench.read(file);
    std::fs::write(bench.path(file), String::from_utf8(honest.clone()).unwrap().replace("globex-*", "*")).unwrap();
    for line in [
        "registry review forum",
        "registry sign forum --key board1.pem",
        "registry publish forum --online-key online.pem",
    ] {
        bench.no(line, 1, "registry-hash-mismatch");
    }
    std::fs::write(bench.path(file), honest).unwrap();
    bench.ok("registry sign forum --export change.json");
    let change = bench.json("change.json");
    let forged = |edit: &dyn Fn(&mut serde_json::Value)| {
        let mut copy = change.clone();
        edit(&mut copy);
        bench.write("forged.json", &copy);
        let ran = bench.run("registry sign forged.json --key board1.pem");
        assert_eq!(bench.json("forged.json"), copy, "not signed");
        assert!(ran.exit == 1 || ran.exit == 3, "{ran:?}");
        ran.err
    };
    // A past in which the new member stood already, so that the review would not mention it.
    let hidden = |c: &mut serde_json::Value| c["before"] = c["after"].clone();
    assert!(forged(&hidden).contains("registry-hash-mismatch"));
    let no_past = |c: &mut serde_json::Value| c["beforeTargets"] = serde_json::Value::Null;
    assert!(forged(&no_past).contains("registry-signature-invalid"));
    let unsigned = |c: &mut serde_json::Value| c["beforeTargets"]["signatures"] = json!([]);
    assert!(forged(&unsigned).contains("registry-signature-invalid"));
    // A root in the place of targets: the signature would be good for a new root.
    let root = |c: &mut serde_json::Value| {
        let targets = c["targets"]["signed"]["targets"].clone();
        c["targets"]["signed"] = c["beforeRoot"]["signed"].clone();
        c["targets"]["signed"]["targets"] = targets;
    };
    assert!(forged(&root).contains("registry-hash-mismatch"));
    let delegated =
        |c: &mut serde_json::Value| c["targets"]["signed"]["delegations"] = json!({"keys": {}, "roles": []});
    assert!(forged(&delegated).contains("registry-hash-mismatch"));
    let version = |c: &mut serde_json::Value| c["targets"]["signed"]["version"] = json!(9);
    assert!(forged(&version).contains("registry-rollback"));
}

#[test]
fn proofs_are_for_one_member_and_one_forum() {
    let bench = Bench::staged();
    bench.ok("registry add-member forum globex --name Globex --scope globex-*");
    bench.no("registry add-key forum globex --proof acme.proof.json", 1, "proof-invalid");
    bench.no("registry add-key forum acme --proof acme.proof.json", 1, "key-taken");
    bench.prove("acme", "globex", "twice.json");
    bench.no("registry add-key forum globex --proof twice.json", 1, "key-taken");
    bench.no("registry add-key forum nobody --proof twice.json", 1, "proof-invalid");
    bench.prove("globex", "nobody", "nobody.json");
    bench.no("registry add-key forum nobody --proof nobody.json", 3, "member-unknown");
    bench.ok("registry init other --name O --board-key board1.pub.pem --threshold 1 --online-key online.pub.pem");
    bench.ok("key prove --key globex.pem --member globex --forum other --out other.json");
    let other = bench.no("registry add-key forum globex --proof other.json", 1, "proof-invalid");
    assert!(other.err.contains("forum "), "{other:?}");
    // Signed by another key than the one it names.
    bench.prove("globex", "globex", "good.json");
    let (good, mut swapped) = (bench.json("good.json"), bench.json("nobody.json"));
    swapped["signatures"] = good["signatures"].clone();
    swapped["payload"] = bench.json("twice.json")["payload"].clone();
    bench.write("swapped.json", &swapped);
    bench.no("registry add-key forum globex --proof swapped.json", 1, "proof-invalid");
    // An envelope of another payload type, rightly signed, is no proof.
    let mut typed = good.clone();
    typed["payloadType"] = json!("application/vnd.in-toto+json");
    bench.write("typed.json", &typed);
    bench.no("registry add-key forum globex --proof typed.json", 1, "proof-invalid");
    bench.ok("registry add-key forum globex --proof good.json");
    bench.no("key prove --key acme.pem --member ../x --forum forum --out x.json", 2, "usage");
    bench.no("key prove --key acme.pem --member acme --forum forum --out acme.proof.json", 3, "file-exists");
}

#[test]
fn history_only_grows() {
    let bench = Bench::published();
    let key = bench.keyid();
    bench.no("registry add-member forum acme --name Other --scope x", 1, "member-taken");
    for id in ["Acme", "../x", "a/b", "", "-x", "\u{1b}[2J"] {
        let ran = bench.words(&["registry", "add-member", "forum", "--name", "x", "--scope", "x", "--", id]);
        assert!(ran.exit == 1 && ran.err.contains("[name-invalid]") && !ran.err.contains('\u{1b}'), "{id:?} {ran:?}");
    }
    bench.no(&format!("registry revoke-key forum acme {key} --compromised-since 2999-01-01 --reason x"), 2, "usage");
    bench.no("registry revoke-key forum acme AAAA --compromised-since 2026-01-01 --reason x", 3, "key-unknown");
    bench.ok(&format!("registry revoke-key forum acme {key} --compromised-since 2026-01-02 --reason stolen"));
    bench.publish();
    let shown = bench.ok("registry show forum");
    assert!(shown.text().contains("compromised since 2026-01-02T00:00:00Z: stolen"), "{shown:?}");
    let later = format!("registry revoke-key forum acme {key} --compromised-since 2026-01-03 --reason x");
    bench.no(&later, 1, "history-rewritten");
    let forum = Forum::open(&bench.path("forum")).unwrap();
    let files = forum.files().unwrap();
    let with = |edit: &dyn Fn(&mut serde_json::Value)| {
        let mut member = super::parse(&files["members/acme.json"]);
        edit(&mut member);
        let mut files = files.clone();
        files.insert("members/acme.json".into(), vouchsafe::encoding::json::pretty(&member));
        refused(forum.stage(&files, now()))
    };
    assert_eq!(
        with(&|m| drop(m["keys"][0].as_object_mut().unwrap().remove("compromisedSince"))),
        Code::HistoryRewritten
    );
    assert_eq!(with(&|m| m["keys"] = json!([])), Code::HistoryRewritten);
    assert_eq!(with(&|m| m["since"] = json!("2020-01-01T00:00:00Z")), Code::HistoryRewritten);
    let twice = |m: &mut serde_json::Value| m["keys"] = json!([m["keys"][0], m["keys"][0]]);
    assert_eq!(with(&twice), Code::KeyTaken);
    let mut gone = files.clone();
    gone.remove("members/acme.json");
    assert_eq!(refused(forum.stage(&gone, now())), Code::HistoryRewritten);
    assert!(!bench.path("forum/staged").exists(), "nothing was staged");
    bench.ok(&format!("registry revoke-key forum acme {key} --compromised-since 2026-01-01 --reason earlier"));
}

#[test]
fn suspension_retirement_and_nothing_at_all() {
    let bench = Bench::published();
    bench.ok("registry suspend forum acme --reason unpaid");
    bench.no("registry suspend forum acme", 3, "nothing-to-change");
    bench.publish();
    assert!(bench.ok("registry show forum").text().contains("acme: Acme, suspended"));
    bench.ok("registry reinstate forum acme");
    bench.ok(&format!("registry retire-key forum acme {} --at 2026-01-01 --reason rotated", bench.keyid()));
    let review = bench.ok("registry review forum");
    assert!(
        review.text().contains("acme is active from") && review.text().contains("is retired at 2026-01-01"),
        "{review:?}"
    );
    bench.publish();
    bench.no("registry add-catalogue forum", 3, "nothing-to-change");
    bench.no("registry drop forum", 3, "nothing-staged");
}

#[test]
fn a_root_is_renewed_in_time_and_by_the_old_board() {
    let bench = Bench::published();
    let forum = Forum::open(&bench.path("forum")).unwrap();
    let later = vouchsafe::encoding::duration::Span::days(200).after(now());
    forum.renew(later).unwrap();
    let change = forum.need_staged().unwrap();
    assert_eq!(change.root.as_ref().map(Metadata::version), Some(2));
    bench.publish();
    let shown = bench.ok("--format json registry show forum").json("registry-show-v1.json");
    assert_eq!((shown["versions"]["root"].as_u64(), shown["roots"].as_array().unwrap().len()), (Some(2), 2));
    assert_eq!(shown["fingerprint"], bench.fingerprint());
    bench.trust_add();
    let second = Fingerprint::of(&bench.read("forum/published/metadata/2.root.json"));
    let again = bench.ok(&format!("--format json trust add forum --fingerprint {second}")).json("trust-show-v1.json");
    assert_eq!(again["forums"][0]["fingerprint"], bench.fingerprint(), "the pin that was confirmed first stays");
    assert!(bench.ok("registry show").text().contains(&bench.fingerprint()));
    // A root of another board, signed by that board alone, needs the old one too.
    let mut root = bench.json("forum/published/metadata/2.root.json");
    root["signed"]["version"] = json!(3);
    root["signed"]["roles"]["root"]["threshold"] = json!(1);
    root["signed"]["roles"]["targets"]["threshold"] = json!(1);
    root["signatures"] = json!([]);
    bench.ok("registry renew forum");
    bench.write("forum/staged/root.json", &root);
    let review = bench.ok("registry sign forum --key board1.pem");
    assert!(review.text().contains("threshold changes from 2 to 1"), "{review:?}");
    bench.no("registry publish forum --online-key online.pem", 1, "threshold-not-met");
    let bytes = Change::to_bytes(&forum.need_staged().unwrap()).unwrap();
    assert!(Change::parse(&bytes).unwrap().contents().is_ok());
}

#[test]
fn an_interrupted_publication_can_be_gone_on_with() {
    let bench = Bench::staged();
    bench.sign();
    copy(&bench.path("forum/staged"), &bench.path("staged"));
    bench.ok("registry publish forum --online-key online.pem");
    copy(&bench.path("staged"), &bench.path("forum/staged"));
    bench.no("registry review forum", 3, "nothing-staged");
    assert!(bench.ok("registry check forum").first().starts_with("OK"));
    bench.ok("registry suspend forum acme");
    bench.publish();
    // A change that was staged on an older version is staged again on the new one, by hand and to be signed anew.
    bench.ok("registry add-member forum globex --name Globex --scope globex-*");
    copy(&bench.path("forum/staged"), &bench.path("late"));
    bench.ok("registry drop forum");
    bench.publish_again();
    copy(&bench.path("late"), &bench.path("forum/staged"));
    let late = bench.no("registry sign forum --key board1.pem", 1, "registry-rollback");
    assert!(late.err.contains("registry renew forum"), "{late:?}");
    let renewed = bench.ok("registry renew forum");
    assert!(renewed.text().contains("member globex (Globex) is admitted"), "{renewed:?}");
    bench.publish();
}

//! The board changes: seats, threshold, online key, and nobody who trusts the forum notices.

use super::{Bench, copy, snapshot};
use crate::peers::python;
use crate::run::{Ran, vouchsafe};
use serde_json::{Value, json};
use vouchsafe::publish::Forum;

impl Bench {
    /// Another board key for a seat, signed by old and new, published.
    fn exchange(&self, seat: &str, signers: &[&str]) {
        self.ok(&format!("key generate --no-passphrase --out new-{seat}.pem"));
        let line = format!("registry rotate forum --remove-seat {seat} --add-board-key {seat}=new-{seat}.pub.pem");
        let staged = self.ok(&line);
        assert!(staged.text().contains(&format!("board seat {seat} gets key ")), "{staged:?}");
        assert!(staged.text().contains(&format!("{seat} (old key)")), "{staged:?}");
        for key in signers {
            self.ok(&format!("registry sign forum --key {key}.pem"));
        }
        self.ok("registry publish forum --online-key online.pem");
    }
    fn at_home(&self, home: &str, line: &str) -> Ran {
        let words = ["--home", home].into_iter().chain(line.split_whitespace());
        vouchsafe(self.folder.path(), words)
    }
    fn versions_of(&self, home: &str) -> Value {
        self.at_home(home, "--format json registry show").json("registry-show-v1.json")["versions"].clone()
    }
}

#[test]
fn three_rotations_interrupt_no_client() {
    let bench = Bench::published();
    let root = bench.read("forum/published/metadata/1.root.json");
    std::fs::write(bench.path("pinned.json"), root).unwrap();
    for home in ["often", "late"] {
        let line = format!("trust add forum --fingerprint {}", bench.fingerprint());
        assert_eq!(bench.at_home(home, &line).exit, 0);
    }
    let steps: [(&str, &[&str]); 3] = [
        ("board1", &["board2", "board3"]),
        ("board2", &["new-board1", "board3"]),
        ("board3", &["new-board1", "new-board2"]),
    ];
    for (n, (seat, signers)) in steps.into_iter().enumerate() {
        bench.exchange(seat, signers);
        let update = bench.at_home("often", "trust update");
        assert_eq!(update.exit, 0, "{seat}: {update:?}");
        assert_eq!(bench.versions_of("often")["root"], n + 2);
    }
    let update = bench.at_home("late", "trust update");
    assert_eq!(update.exit, 0, "{update:?}");
    assert_eq!(bench.versions_of("late"), bench.versions_of("often"), "the same view by both ways");
    let shown = bench.at_home("late", "registry show");
    assert!(shown.text().contains(&bench.fingerprint()), "the pin stays: {shown:?}");
    let digest = python(
        bench.folder.path(),
        "tuf_read.py",
        ["forum/published/metadata", "forum/published/targets", "pinned.json", "forum.json", "members/acme.json"],
    );
    assert_eq!(digest.exit, 0, "python-tuf comes up from the first root, too: {digest:?}");
    // The seats that went have nothing to say any more.
    bench.ok("registry renew forum");
    bench.no("registry sign forum --key board1.pem", 1, "not-on-board");
}

#[test]
fn the_old_board_and_the_new_one_must_sign() {
    let bench = Bench::published();
    for key in ["x", "y", "z"] {
        bench.ok(&format!("key generate --no-passphrase --out {key}.pem"));
    }
    let whole = "registry rotate forum --remove-seat board1 --remove-seat board2 --remove-seat board3 \
         --add-board-key x.pub.pem --add-board-key y.pub.pem --add-board-key z.pub.pem";
    let staged = bench.ok(whole);
    assert!(staged.first().ends_with("4 board signatures missing"), "{staged:?}");
    let who = "must sign: root: 2 of 3 old seats, 2 of 3 new seats; targets: 2 of 3 new seats";
    assert!(staged.text().contains(who), "{staged:?}");
    assert!(staged.text().contains("board seat board1 is removed") && staged.text().contains("board seat x is added"));
    let publish = "registry publish forum --online-key online.pem";
    // The new board alone, the old board alone, each with one of the others.
    for key in ["x", "y", "board1"] {
        bench.ok(&format!("registry sign forum --key {key}.pem"));
    }
    let no = bench.no(publish, 1, "threshold-not-met");
    assert!(no.err.contains("of the old board"), "{no:?}");
    bench.ok("registry drop forum");
    bench.ok(whole);
    for key in ["board1", "board2", "z"] {
        bench.ok(&format!("registry sign forum --key {key}.pem"));
    }
    let no = bench.no(publish, 1, "threshold-not-met");
    assert!(no.err.contains("of the new board"), "{no:?}");
    let targets = bench.json("forum/staged/targets.json");
    assert_eq!(targets["signatures"].as_array().unwrap().len(), 1, "a seat that goes signs the root only");
    // The last signature comes by file, from a seat that goes and one that comes.
    bench.ok("registry sign forum --export change.json");
    bench.ok("registry sign change.json --key board3.pem");
    bench.ok("registry sign change.json --key y.pem");
    bench.no("registry sign change.json --key acme.pem", 1, "not-on-board");
    let review = bench.ok("--format json registry sign forum --import change.json").json("registry-review-v1.json");
    assert_eq!((&review["ready"], &review["roles"][0]["board"]), (&json!(true), &json!("old")));
    assert_eq!(review["roles"][0]["signed"].as_array().unwrap().len(), 3, "{review:#}");
    bench.ok(publish);
    assert!(bench.ok("registry show forum").text().contains("x ("));
}

#[test]
fn a_half_signed_rotation_can_wait_and_be_dropped() {
    let bench = Bench::published();
    bench.trust_add();
    bench.ok("key generate --no-passphrase --out x.pem");
    let before = snapshot(&bench.path("forum/published"));
    bench.ok("registry rotate forum --add-board-key x.pub.pem --threshold 3");
    bench.ok("registry sign forum --key board1.pem");
    // It waits, and everything goes on meanwhile.
    assert_eq!(snapshot(&bench.path("forum/published")), before);
    bench.ok("registry refresh forum --online-key online.pem");
    bench.ok("trust update");
    assert!(bench.ok("registry review forum").text().contains("threshold changes from 2 to 3"));
    bench.ok("registry drop forum");
    bench.no("registry review forum", 3, "nothing-staged");
    bench.publish_again();
    assert_eq!(bench.ok("--format json registry show forum").json("registry-show-v1.json")["versions"]["root"], 1);
    bench.ok("trust update");
}

#[test]
fn the_online_key_is_exchanged_by_the_change_it_publishes() {
    let bench = Bench::published();
    bench.trust_add();
    bench.ok("key generate --no-passphrase --out online2.pem");
    bench.ok("registry rotate forum --online-key online2.pub.pem");
    bench.sign();
    bench.no("registry publish forum --online-key online.pem", 1, "not-the-online-key");
    bench.ok("registry publish forum --online-key online2.pem");
    bench.no("registry refresh forum --online-key online.pem", 1, "not-the-online-key");
    bench.ok("registry refresh forum --online-key online2.pem");
    bench.ok("trust update");
    let versions = bench.versions_of("home");
    assert_eq!((&versions["snapshot"], &versions["timestamp"]), (&json!(3), &json!(3)), "they keep growing");
}

#[test]
fn boards_that_cannot_be() {
    let bench = Bench::staged();
    bench.no("registry rotate forum --threshold 1", 3, "not-published");
    bench.publish();
    bench.no("registry rotate forum --remove-seat nobody", 3, "seat-unknown");
    bench.no("registry rotate forum --add-board-key board1=acme.pub.pem", 1, "seat-taken");
    bench.no("registry rotate forum --add-board-key twin=board1.pub.pem", 1, "seat-taken");
    bench.no("registry rotate forum --threshold 4", 1, "threshold-invalid");
    bench.no("registry rotate forum --threshold 0", 1, "threshold-invalid");
    bench.no("registry rotate forum --online-key board1.pub.pem", 1, "threshold-invalid");
    bench.no("registry rotate forum --threshold 2", 3, "nothing-to-change");
    bench.no("registry rotate forum --remove-seat board1 --remove-seat board2", 1, "threshold-invalid");
    assert_eq!(bench.run("registry rotate forum").exit, 2);
    assert!(!bench.path("forum/staged").exists(), "nothing was staged");
    let one = bench.ok("registry rotate forum --remove-seat board1 --remove-seat board2 --threshold 1");
    assert!(one.err.contains("2 of 3"), "{one:?}");
    // Other edits join a staged rotation; so does another rotation.
    bench.ok("registry add-member forum globex --name Globex --scope globex-*");
    let both = bench.ok("registry rotate forum --add-board-key acme.pub.pem");
    assert!(both.text().contains("Globex") && both.text().contains("board seat board1 is removed"), "{both:?}");
}

#[test]
fn an_interrupted_rotation_can_be_gone_on_with() {
    let bench = Bench::published();
    bench.ok("key generate --no-passphrase --out x.pem");
    bench.ok("registry rotate forum --remove-seat board1 --add-board-key x.pub.pem");
    for key in ["board2", "board3"] {
        bench.ok(&format!("registry sign forum --key {key}.pem"));
    }
    std::fs::copy(bench.path("forum/staged/root.json"), bench.path("forum/published/metadata/2.root.json")).unwrap();
    let review = bench.ok("registry review forum");
    assert!(review.text().contains("board seat x is added"), "{review:?}");
    bench.ok("registry publish forum --online-key online.pem");
    assert!(bench.ok("registry check forum").first().starts_with("OK"));
}

#[test]
fn a_rotation_that_another_one_overtook_is_gone() {
    let bench = Bench::published();
    bench.ok("registry rotate forum --add-board-key late=acme.pub.pem");
    copy(&bench.path("forum/staged"), &bench.path("late"));
    bench.ok("registry drop forum");
    bench.ok("registry rotate forum --add-board-key first=globex.pub.pem");
    bench.publish();
    copy(&bench.path("late"), &bench.path("forum/staged"));
    bench.no("registry sign forum --key board1.pem", 1, "registry-rollback");
    let renewed = bench.ok("registry renew forum");
    assert!(renewed.text().contains("nothing changes but the expiry"), "{renewed:?}");
    bench.publish();
    let seats = bench.ok("--format json registry show forum").json("registry-show-v1.json")["board"]["seats"].clone();
    let names: Vec<&str> = seats.as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"first") && !names.contains(&"late") && names.len() == 4, "{names:?}");
}

#[test]
fn a_seat_that_goes_keeps_the_name_the_board_knew() {
    let bench = Bench::published();
    let forum = Forum::open(&bench.path("forum")).unwrap();
    let seats = forum.record().unwrap().seats;
    let third = seats.iter().find(|(_, name)| *name == "board3").unwrap().0.clone();
    bench.ok("registry rotate forum --remove-seat board3");
    // Whoever wrote the change calls the seat that goes otherwise.
    let mut files = forum.files().unwrap();
    let mut record = super::parse(&files["forum.json"]);
    record["seats"][&third] = json!("nobody");
    files.insert("forum.json".into(), vouchsafe::encoding::json::pretty(&record));
    forum.stage(&files, super::now()).unwrap();
    let review = bench.ok("registry review forum");
    assert!(review.text().contains("board seat board3 is removed, with key"), "{review:?}");
    assert!(review.text().contains("missing board1, board2, board3)"), "{review:?}");
}

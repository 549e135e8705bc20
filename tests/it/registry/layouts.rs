//! Bins against whoever writes the change file, whoever serves the files, and whoever was interrupted.

use super::{Bench, copy, parse};
use crate::world::{self, World, at, key};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use vouchsafe::attestation::Envelope;
use vouchsafe::encoding::Explain as _;
use vouchsafe::gather::repository::Folder;
use vouchsafe::publish::{Change, Forum, Rotation};
use vouchsafe::registry::{Bins, Freshness, MemberState, Metadata, Pin, TrustedRegistry, Wanted, load};
use vouchsafe::verify::{Candidate, Evidence, Policy, verify};

const LATER: &str = "2026-11-01T01:00:00Z";

fn bin(id: &str) -> String {
    Bins::default().spread(1).of_member(id).unwrap()
}

/// A published forum of sixteen bins.
fn spread() -> World {
    assert_ne!(bin("acme"), bin("globex"), "else much of this shows nothing");
    let world = World::new();
    world.forum.spread(1, at(LATER)).unwrap();
    world.publish(LATER);
    world
}

/// What a client sees of one member.
fn seen(world: &World, wanted: &Wanted) -> Result<TrustedRegistry, String> {
    let folder = Folder::at(world.forum.published_path());
    let root = std::fs::read(world.forum.published_path().join("metadata/1.root.json")).unwrap();
    load(&folder, &root, None, at(world::NOW), Freshness::Held, wanted).map_err(|e| e.to_string())
}

fn only(id: &str) -> Wanted {
    Wanted::Members(BTreeSet::from([id.to_owned()]))
}

/// A travelling change after somebody edited it.
fn edited(change: &Change, edit: impl FnOnce(&mut Value)) -> Change {
    let mut value = parse(&change.to_bytes().unwrap());
    edit(&mut value);
    Change::parse(&vouchsafe::encoding::json::compact(&value)).unwrap()
}

fn refused(change: &mut Change, world: &World) -> &'static str {
    change.sign(&world.board[1]).map(|()| "signed").unwrap_or_else(|e| e.code())
}

/// A seat was removed, but bins it once decided on still name its key: they must be signed anew with the root.
#[test]
fn a_new_board_signs_every_bin() {
    let world = spread();
    let rotation = Rotation {
        add: vec![("four".into(), key(40).0.public().clone())],
        remove: vec!["one".into()],
        ..Rotation::default()
    };
    world.forum.rotate(&rotation, at(LATER)).unwrap();
    let change = world.forum.need_staged().unwrap();
    assert_eq!(change.bins.len(), 16);
    let mut lacking = edited(&change, |c| {
        let was = c["beforeTargets"]["signed"]["x-vouchsafe-bins"].clone();
        c["targets"]["signed"]["x-vouchsafe-bins"] = was;
        c["bins"] = json!({});
        c["beforeBins"] = json!({});
    });
    assert_eq!(refused(&mut lacking, &world), "registry-rollback");
    assert_eq!(refused(&mut change.clone(), &world), "signed");
}

/// New bins below old ones that do not lead to them: what the board decides from then on, no client would find.
#[test]
fn bins_are_a_whole_tree() {
    let world = spread();
    world.forum.spread(2, at(LATER)).unwrap();
    let change = world.forum.need_staged().unwrap();
    let was = change.before_targets.as_ref().map(|t| t.signed()["x-vouchsafe-bins"].clone()).unwrap();
    // The old bins stay, with the records that clients find there.
    let mut below = edited(&change, |c| {
        for (bin, pin) in was.as_object().unwrap() {
            c["targets"]["signed"]["x-vouchsafe-bins"][bin] = pin.clone();
            c["bins"].as_object_mut().unwrap().remove(bin);
        }
        c["beforeBins"] = json!({});
        c["before"].as_object_mut().unwrap().retain(|name, _| !name.starts_with("members/"));
    });
    assert_eq!(refused(&mut below, &world), "registry-rollback");
    // One bin beyond the tree.
    world.forum.drop_staged().unwrap();
    world.forum.describe_member("acme", None, Some(vec!["acme-*".into()]), at(LATER)).unwrap();
    let change = world.forum.need_staged().unwrap();
    let mut beyond = edited(&change, |c| {
        let mut lone = c["bins"][bin("acme")].clone();
        lone["signed"]["x-vouchsafe-role"] = json!("bin-000");
        lone["signed"]["targets"] = json!({});
        lone["signed"]["version"] = json!(1);
        let pin = Pin::of(&Metadata::around(lone["signed"].clone())).unwrap();
        c["targets"]["signed"]["x-vouchsafe-bins"]["bin-000"] = json!(pin);
        c["bins"] = json!({"bin-000": lone});
        c["targets"]["signed"]["x-vouchsafe-bins"][bin("acme")] = was[bin("acme")].clone();
        c["beforeBins"] = json!({});
        c["before"].as_object_mut().unwrap().retain(|name, _| !name.starts_with("members/"));
        c["after"].as_object_mut().unwrap().retain(|name, _| !name.starts_with("members/"));
    });
    let no = beyond.sign(&world.board[1]).unwrap_err();
    assert!(no.code() == "registry-hash-mismatch" && no.expected() == "a whole tree of bins", "{no:?}");
}

/// A rotation that was interrupted after its root was written, and an edit after it: the new board signs all bins.
#[test]
fn an_edit_after_an_interrupted_rotation_leaves_no_bin_behind() {
    let world = spread();
    let rotation = Rotation {
        add: vec![("four".into(), key(40).0.public().clone())],
        remove: vec!["one".into()],
        ..Rotation::default()
    };
    world.forum.rotate(&rotation, at(LATER)).unwrap();
    let staged = world.forum.published_path().parent().unwrap().join("staged");
    let root = std::fs::read(staged.join("root.json")).unwrap();
    std::fs::remove_dir_all(&staged).unwrap();
    std::fs::create_dir_all(&staged).unwrap();
    std::fs::write(staged.join("root.json"), root).unwrap();
    world.forum.set_state("acme", MemberState::Suspended, at(LATER), None, at(LATER)).unwrap();
    let mut change = world.forum.need_staged().unwrap();
    change.sign(&world.board[1]).unwrap();
    change.sign(&world.board[2]).unwrap();
    world.forum.write_signatures(&change).unwrap();
    world.forum.publish(&world.online, at(LATER)).unwrap();
    seen(&world, &Wanted::Everybody).unwrap();
}

/// A copy of the forum's folder, where somebody else keeps it: the folder, the copy, and the forum in it.
fn elsewhere(world: &World) -> (std::path::PathBuf, tempfile::TempDir, Forum) {
    let folder = world.forum.published_path().parent().unwrap().to_owned();
    let other = tempfile::tempdir().unwrap();
    copy(&folder, other.path());
    let forum = Forum::open(other.path()).unwrap();
    (folder, other, forum)
}

fn publish_there(world: &World, elsewhere: &Forum) {
    let mut change = elsewhere.need_staged().unwrap();
    (0..2).for_each(|n| change.sign(&world.board[n]).unwrap());
    elsewhere.write_signatures(&change).unwrap();
    elsewhere.publish(&world.online, at(LATER)).unwrap();
}

/// A copy of the forum admits a key for one member and publishes; here it is staged for another.
#[test]
fn a_key_is_compared_with_everybody_when_it_is_published() {
    let world = spread();
    let (folder, other, elsewhere) = elsewhere(&world);
    elsewhere.add_key("globex", &world.proof(&world.stranger, "globex"), at(LATER)).unwrap();
    publish_there(&world, &elsewhere);
    world.forum.add_key("acme", &world.proof(&world.stranger, "acme"), at(LATER)).unwrap();
    copy(&other.path().join("published"), &folder.join("published"));
    world.forum.renew(at(LATER)).unwrap();
    let mut change = world.forum.need_staged().unwrap();
    (0..2).for_each(|n| change.sign(&world.board[n]).unwrap());
    world.forum.write_signatures(&change).unwrap();
    let no = world.forum.publish(&world.online, at(LATER)).map(|_| "published").unwrap_or_else(|e| e.code());
    assert_eq!(no, "key-taken");
    seen(&world, &Wanted::Everybody).unwrap();
}

/// The same bin was published by somebody else meanwhile: what is staged in it is not forgotten without a word.
#[test]
fn what_is_staged_in_a_bin_outlives_a_publication_by_somebody_else() {
    let world = spread();
    let (folder, other, elsewhere) = elsewhere(&world);
    elsewhere.renew(at(LATER)).unwrap();
    publish_there(&world, &elsewhere);
    world.forum.set_state("acme", MemberState::Suspended, at(LATER), None, at(LATER)).unwrap();
    copy(&other.path().join("published"), &folder.join("published"));
    world.forum.set_state("globex", MemberState::Suspended, at(LATER), None, at(LATER)).unwrap();
    world.publish(LATER);
    let trust = seen(&world, &Wanted::Everybody).unwrap();
    for id in ["acme", "globex"] {
        assert_eq!(trust.members()[id].state_at(at(world::NOW)), Some(MemberState::Suspended), "{id}");
    }
}

/// Two signed; the one whose record is held does not count. Whether the other does, nobody can say.
#[test]
fn a_signer_that_is_not_held_is_undecided_whoever_else_signed() {
    let world = spread();
    world.forum.describe_member("globex", None, Some(vec!["*".into()]), at(LATER)).unwrap();
    world.forum.set_state("acme", MemberState::Suspended, at(LATER), None, at(LATER)).unwrap();
    world.publish(LATER);
    let by = |keys: &[&world::Key]| world::attestation(&world::predicate(), keys);
    let answer = |wanted: &Wanted, envelopes: &[Envelope]| {
        let candidate =
            |e: &Envelope| Candidate { source: "test".into(), envelope: Ok(e.clone()), time: None, replay: None };
        let candidates = envelopes.iter().map(candidate).collect();
        let evidence = Evidence { name: "acme-1.0".into(), candidates };
        let (trust, policy) = (seen(&world, wanted).unwrap(), Policy::signature_only("test"));
        let verdict = verify(&world::measured(b"release"), evidence, &trust, &policy, at(world::NOW));
        verdict.map(|_| "verified").unwrap_or_else(|refusal| refusal.code())
    };
    let together = [by(&[&world.acme, &world.globex])];
    let apart = [by(&[&world.acme]), by(&[&world.globex])];
    for both in [&together[..], &apart[..]] {
        assert_eq!(answer(&only("acme"), both), "member-not-held");
        assert_eq!(answer(&Wanted::Everybody, both), "verified");
    }
    assert_eq!(answer(&only("acme"), &apart[..1]), "member-suspended");
}

/// A change that enough seats signed and that was then given up: what it says of a member nobody can serve.
#[test]
fn a_bin_that_was_given_up_cannot_stand_in_for_the_one_published() {
    let world = spread();
    world.forum.describe_member("acme", None, Some(vec!["acme-*".into()]), at(LATER)).unwrap();
    let mut change = world.forum.need_staged().unwrap();
    (0..2).for_each(|n| change.sign(&world.board[n]).unwrap());
    let given_up = change.bins[&bin("acme")].to_bytes();
    let record = change.after["members/acme.json"].clone();
    world.forum.drop_staged().unwrap();
    world.forum.set_state("acme", MemberState::Suspended, at(LATER), None, at(LATER)).unwrap();
    world.publish(LATER);
    // Whoever serves the files needs no key for this.
    let published = world.forum.published_path();
    std::fs::write(published.join(format!("metadata/2.{}.json", bin("acme"))), given_up).unwrap();
    let digest = vouchsafe::registry::Fingerprint::of(&record);
    std::fs::write(published.join(format!("targets/members/{digest}.acme.json")), record).unwrap();
    let is = seen(&world, &only("acme")).map(|t| format!("{:?}", t.members()["acme"].state_at(at(world::NOW))));
    assert!(is.is_err(), "{is:?}");
}

/// Interrupted between the new root and the timestamp, a rotation can only be gone on with; an edit joins it.
#[test]
fn an_edit_joins_a_rotation_that_is_half_published() {
    let bench = Bench::published();
    bench.ok("key generate --no-passphrase --out x.pem");
    bench.ok("registry rotate forum --remove-seat board1 --add-board-key x.pub.pem");
    for key in ["board2", "board3"] {
        bench.ok(&format!("registry sign forum --key {key}.pem"));
    }
    std::fs::copy(bench.path("forum/staged/root.json"), bench.path("forum/published/metadata/2.root.json")).unwrap();
    // Neither dropped nor made another one: clients may have seen the root.
    bench.no("registry drop forum", 1, "half-published");
    bench.no("registry rotate forum --threshold 3", 1, "half-published");
    bench.ok("registry suspend forum acme");
    let review = bench.ok("registry review forum");
    assert!(review.text().contains("acme is suspended"), "{review:?}");
    for key in ["board2", "board3"] {
        bench.ok(&format!("registry sign forum --key {key}.pem"));
    }
    bench.ok("registry publish forum --online-key online.pem");
    assert!(bench.ok("registry show forum").text().contains("x ("));
}

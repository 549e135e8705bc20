//! Members spread over hashed bins: the same answers at the same cost, however many members there are.

use super::{Bench, copy, now, parse, snapshot};
use crate::peers::python;
use crate::world::{self, World, at};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;
use vouchsafe::encoding::Explain as _;
use vouchsafe::encoding::duration::Span;
use vouchsafe::publish::{Change, Forum};
use vouchsafe::registry::{Bins, Code, MemberRecord, Metadata, Pin};

/// A published forum of sixteen bins, its member's file, and the attestation of it.
fn spread() -> Bench {
    let bench = Bench::published();
    let staged = bench.ok("registry split forum");
    assert!(staged.text().contains("members are spread over 16 bins, where there were none"), "{staged:?}");
    assert!(staged.text().contains("bins version 1"), "{staged:?}");
    bench.publish();
    std::fs::write(bench.path("acme-1.0"), "release").unwrap();
    let claims = bench.ok("practice template --profile base").text().replace("notMet", "met");
    std::fs::write(bench.path("claims.toml"), claims).unwrap();
    bench.ok("attest acme-1.0 --key acme.pem --member acme --profile base --claims claims.toml --trust forum");
    bench
}

fn bin(id: &str) -> String {
    Bins::default().spread(1).of_member(id).unwrap()
}

fn files(bench: &Bench) -> BTreeSet<PathBuf> {
    snapshot(&bench.path("forum/published")).into_keys().collect()
}

#[test]
fn a_change_rewrites_one_bin() {
    let bench = spread();
    bench.ok("verify acme-1.0 --trust forum");
    let before = files(&bench);
    bench.ok("registry suspend forum acme --reason checked");
    bench.publish();
    let new: BTreeSet<String> = files(&bench)
        .difference(&before)
        .map(|p| p.file_name().unwrap().to_string_lossy().into_owned())
        .map(|name| if name.ends_with("acme.json") { "HASH.acme.json".into() } else { name })
        .collect();
    let want =
        [format!("2.{}.json", bin("acme")), "3.snapshot.json".into(), "3.targets.json".into(), "HASH.acme.json".into()];
    assert_eq!(new, BTreeSet::from(want), "and timestamp.json was replaced");
    bench.no_such_answer();
}

impl Bench {
    fn no_such_answer(&self) {
        let ran = self.run("verify acme-1.0 --trust forum");
        assert!(ran.exit == 1 && ran.text().contains("member-suspended"), "{ran:?}");
    }
}

#[test]
fn python_tuf_finds_members_in_bins() {
    let bench = spread();
    bench.ok("registry split forum --bins 256");
    bench.publish();
    bench.ok("registry suspend forum acme --reason checked");
    bench.publish();
    let read = |target: &str| {
        let folder = "forum/published";
        let (metadata, targets) = (format!("{folder}/metadata"), format!("{folder}/targets"));
        let root = format!("{folder}/metadata/1.root.json");
        python(bench.folder.path(), "tuf_read.py", [metadata.as_str(), &targets, &root, target])
    };
    for target in ["members/acme.json", "forum.json"] {
        let ran = read(target);
        assert!(ran.exit == 0 && ran.text().contains(target), "{ran:?}");
    }
    let none = read("members/nobody.json");
    assert!(none.exit == 1 && none.err.contains("no target"), "{none:?}");
    // One file of the way down is gone.
    let parent = bench.target("metadata", &format!("2.{}.json", bin("acme")));
    std::fs::remove_file(parent).unwrap();
    assert_eq!(read("members/acme.json").exit, 1);
    bench.no("registry show forum", 3, "registry-incomplete");
}

#[test]
fn only_members_asked_for_are_kept_and_the_others_are_undecided() {
    let bench = spread();
    let added = bench.trust_add();
    assert!(added.text().contains("0 members held of those in 16 bins"), "{added:?}");
    assert!(added.text().contains("trust update --member ID"), "{added:?}");
    let ran = bench.run("verify acme-1.0");
    assert!(ran.exit == 3 && ran.text().contains("member-not-held"), "{ran:?}");
    bench.no("trust update --member nobody", 3, "member-unknown");
    bench.ok("trust update --member acme");
    let kept = snapshot(&bench.path("home"));
    let bins: Vec<_> = kept.keys().filter(|p| p.to_string_lossy().contains(".bin-")).collect();
    assert_eq!(bins.len(), 1, "{bins:?}");
    std::fs::rename(bench.path("forum/published"), bench.path("away")).unwrap();
    bench.ok("verify acme-1.0");
    let shown = bench.ok("--format json trust show").json("trust-show-v1.json");
    assert_eq!(shown["forums"][0]["held"], json!(["acme"]));
    // A changed byte is refused, not merely undecided: the key it names is one that is held.
    let bundle = bench.json("acme-1.0.sigstore.json");
    let mut other = bundle.clone();
    other["dsseEnvelope"]["signatures"][0]["sig"] = json!("AAAA");
    bench.write("acme-1.0.sigstore.json", &other);
    let ran = bench.run("verify acme-1.0");
    assert!(ran.exit == 1 && ran.text().contains("signer-unknown"), "{ran:?}");
    bench.write("acme-1.0.sigstore.json", &bundle);
    std::fs::rename(bench.path("away"), bench.path("forum/published")).unwrap();
    // What is kept stays fresh: a suspension is learnt without naming the member again.
    bench.ok("registry suspend forum acme --reason checked");
    bench.publish();
    bench.ok("trust update");
    let ran = bench.run("verify acme-1.0");
    assert!(ran.exit == 1 && ran.text().contains("member-suspended"), "{ran:?}");
    let exported = bench.ok("trust export --out forum.trust.json");
    assert!(exported.text().contains("EXPORTED"), "{exported:?}");
    let ran = bench.run("verify acme-1.0 --trust forum.trust.json");
    assert!(ran.exit == 1 && ran.text().contains("member-suspended"), "{ran:?}");
}

#[test]
fn four_hundred_members_are_spread_by_themselves() {
    let world = World::new();
    let mut files = world.forum.files().unwrap();
    for n in 0..400 {
        let record = MemberRecord::new(&format!("m{n:03}"), &format!("M{n}"), at("2020-01-01"), vec![]);
        files.insert(MemberRecord::target(&record.id), vouchsafe::encoding::json::pretty(&record));
    }
    let next = at("2026-11-01T01:00:00Z");
    world.forum.stage(&files, next).unwrap();
    let review = world.forum.need_staged().unwrap().review().unwrap();
    assert!(review.changes.iter().any(|c| c.contains("over 16 bins")), "{:?}", review.changes);
    world.publish("2026-11-01T01:00:00Z");
    let trust = world.trust();
    assert_eq!((trust.members().len(), trust.bins(), trust.is_whole()), (402, 16, true));
    // A key belongs to one member for ever, also to one in a bin that is not looked at.
    let error = world.forum.add_key("m000", &world.proof(&world.acme, "m000"), next).unwrap_err();
    assert_eq!(error.code(), "key-taken");
    world.forum.add_key("m000", &world.proof(&world.stranger, "m000"), next).unwrap();
    assert_eq!(world.forum.need_staged().unwrap().bins.len(), 1);
}

#[test]
fn the_board_rotates_with_its_bins() {
    let bench = spread();
    bench.trust_add();
    bench.ok("trust update --member acme");
    bench.ok("key generate --no-passphrase --out board4.pem");
    bench.ok("registry rotate forum --remove-seat board1 --add-board-key board4=board4.pub.pem");
    for key in ["board2", "board3"] {
        bench.ok(&format!("registry sign forum --key {key}.pem"));
    }
    bench.ok("registry publish forum --online-key online.pem");
    bench.ok("trust update");
    bench.ok("verify acme-1.0");
    bench.ok("verify acme-1.0 --trust forum");
}

/// The change travels to a seat's machine with the bins it touches, and says all that is signed.
#[test]
fn a_change_of_a_bin_is_signed_offline() {
    let bench = spread();
    bench.ok("registry suspend forum acme --reason checked");
    bench.ok("registry sign forum --export change.json");
    let change = bench.json("change.json");
    assert_eq!(change["bins"].as_object().unwrap().keys().collect::<Vec<_>>(), [&bin("acme")]);
    let lies: [&dyn Fn(&mut serde_json::Value); 5] = [
        // A bin that is not the one the targets name, of another version, of another role.
        &|c| c["bins"][bin("acme")]["signed"]["version"] = json!(9),
        &|c| c["bins"][bin("acme")]["signed"]["x-vouchsafe-role"] = json!("bin-0"),
        // One that is exchanged without being shown.
        &|c| drop(c["bins"].as_object_mut().unwrap().remove(&bin("acme"))),
        // More than what is shown.
        &|c| c["bins"][bin("acme")]["signed"]["delegations"] = json!({"keys": {}, "roles": []}),
        // A past that the board did not sign: the suspension would look like an admission.
        &|c| c["beforeBins"][bin("acme")]["signed"]["targets"] = json!({}),
    ];
    for (n, lie) in lies.iter().enumerate() {
        let mut lying = change.clone();
        lie(&mut lying);
        bench.write("lying.json", &lying);
        let ran = bench.run("registry sign lying.json --key board1.pem");
        assert_eq!(ran.exit, 1, "{n}: {ran:?}");
    }
    bench.ok("registry sign change.json --key board1.pem");
    bench.ok("registry sign forum --import change.json");
    bench.ok("registry sign forum --key board2.pem");
    bench.ok("registry publish forum --online-key online.pem");
    bench.no_such_answer();
}

/// The holder of the online key pins the older bin, in which nobody is suspended yet: the board wrote the version down.
#[test]
fn the_online_key_cannot_bring_an_older_bin_back() {
    let world = World::new();
    world.forum.spread(1, at(world::FOUNDED)).unwrap();
    world.publish(world::FOUNDED);
    let suspended = vouchsafe::registry::MemberState::Suspended;
    world.forum.set_state("acme", suspended, at(world::FOUNDED), None, at(world::FOUNDED)).unwrap();
    world.publish(world::FOUNDED);
    let metadata = world.forum.published_path().join("metadata");
    let read = |name: &str| std::fs::read(metadata.join(name)).unwrap();
    let targets = read("3.targets.json");
    let mut bins = Bins::of(&parse(&targets)["signed"]);
    bins.set(&bin("acme"), Pin { version: 1, ..Pin::default() });
    let ends = at("2026-12-01");
    let sign = |signed| {
        let mut metadata = Metadata::around(signed);
        let signature = vouchsafe::signer::Signer::sign(&world.online, &metadata.canonical().unwrap()).unwrap();
        metadata.add_signature(vouchsafe::signer::Signer::public(&world.online), &signature);
        metadata.to_bytes()
    };
    let older = sign(vouchsafe::registry::snapshot(4, ends, (3, &targets), &bins));
    std::fs::write(metadata.join("4.snapshot.json"), &older).unwrap();
    let timestamp = sign(vouchsafe::registry::timestamp(4, ends, at(world::FOUNDED), (4, &older)));
    std::fs::write(metadata.join("timestamp.json"), timestamp).unwrap();
    let folder = vouchsafe::gather::repository::Folder::at(world.forum.published_path());
    let load = |wanted: &vouchsafe::registry::Wanted| {
        let freshness = vouchsafe::registry::Freshness::Current;
        match vouchsafe::registry::load(&folder, &read("1.root.json"), None, at(world::NOW), freshness, wanted) {
            Err(vouchsafe::registry::LoadError::Refused(refusal)) => Err(refusal.code),
            other => Ok(other.unwrap().members().len()),
        }
    };
    let acme = vouchsafe::registry::Wanted::Members(BTreeSet::from(["acme".to_owned()]));
    assert_eq!(load(&acme), Err(Code::Rollback));
    assert_eq!(load(&vouchsafe::registry::Wanted::Everybody), Err(Code::Rollback));
    assert_eq!(load(&vouchsafe::registry::Wanted::nobody()), Ok(0), "nothing was asked of that bin");
    // Nor may another bin of the same version stand in for it.
    std::fs::copy(metadata.join("1.bin-0.json"), metadata.join(format!("1.{}.json", bin("globex")))).unwrap();
    let globex = vouchsafe::registry::Wanted::Members(BTreeSet::from(["globex".to_owned()]));
    assert_ne!(bin("globex"), "bin-0");
    assert_eq!(load(&globex), Err(Code::HashMismatch));
}

#[test]
fn bins_expire_and_are_renewed() {
    let bench = spread();
    let due = bench.run("registry check forum --within 91d");
    assert!(due.exit == 1 && due.text().contains("targets-expires"), "{due:?}");
    // A bin that nobody touched runs out with the version it was signed in.
    let forum = Forum::open(&bench.path("forum")).unwrap();
    let later = Span::days(60).after(now());
    let suspended = vouchsafe::registry::MemberState::Suspended;
    forum.set_state("acme", suspended, later, None, later).unwrap();
    let change = forum.need_staged().unwrap();
    assert_eq!(change.bins.len(), 1, "the fifteen others keep their expiry");
    let again = Change::parse(&change.to_bytes().unwrap()).unwrap();
    assert_eq!(again.contents().unwrap().1.members.len(), 1);
    forum.drop_staged().unwrap();
    forum.renew(later).unwrap();
    assert_eq!(forum.need_staged().unwrap().bins.len(), 16, "renewed, all of them are");
}

#[test]
fn bins_are_never_taken_together_again() {
    let bench = spread();
    bench.no("registry split forum --bins 16", 3, "nothing-to-change");
    bench.ok("registry split forum");
    let shown = bench.ok("registry review forum");
    assert!(shown.text().contains("over 256 bins, where there were 16"), "{shown:?}");
    bench.ok("registry drop forum");
    bench.ok("verify acme-1.0 --trust forum");
    // A copy that lacks the bin of a member it is asked about is incomplete; others are answered.
    copy(&bench.path("forum/published"), &bench.path("copy"));
    std::fs::remove_file(bench.path(&format!("copy/metadata/1.{}.json", bin("acme")))).unwrap();
    let ran = bench.run("verify acme-1.0 --trust copy");
    assert!(ran.exit == 3 && ran.text().contains("member-not-held"), "{ran:?}");
}

/// A change holds the members of one bin; who comes is compared with those of all others.
#[test]
fn newcomers_are_compared_with_members_of_other_bins() {
    let bench = spread();
    assert_ne!(bin("acrne"), bin("acme"), "else this shows nothing");
    let no = bench.no("registry add-member forum acrne --name Other --scope other-*", 1, "name-confusable");
    assert!(no.err.contains("acme (Acme)"), "{no:?}");
    bench.ok("registry add-member forum acrne --name Other --scope other-* --confusable-with acme");
    bench.prove("acme", "acrne", "taken.json");
    bench.no("registry add-key forum acrne --proof taken.json", 1, "key-taken");
    bench.no("registry add-seat forum advisory cisa --key acme.pub.pem", 1, "key-taken");
    bench.prove("globex", "acrne", "acrne.json");
    bench.ok("registry add-key forum acrne --proof acrne.json");
    bench.publish();
    bench.ok("verify acme-1.0 --trust forum");
}

/// Seats endorse a member that stands in a bin, also while a change of another bin is staged.
#[test]
fn a_member_in_a_bin_is_endorsed() {
    let bench = spread();
    bench.ok("key generate --no-passphrase --out cisa.pem");
    bench.ok("registry add-seat forum advisory cisa --key cisa.pub.pem");
    bench.ok("registry endorse forum member acme --key cisa.pem --out acme.endorsement.json");
    bench.ok("registry add-endorsement forum acme.endorsement.json");
    bench.publish();
    let policy = "schema = \"vouchsafe-policy/v1\"\n[cosigners]\nadvisory = 1\n";
    std::fs::write(bench.path("policy.toml"), policy).unwrap();
    let ran = bench.ok("verify acme-1.0 --trust forum --policy policy.toml");
    assert!(ran.text().contains("cisa"), "{ran:?}");
}

/// An attestation of another kind says nothing of who signed it; in a folder everybody is looked at.
#[test]
fn a_signer_who_is_not_named_is_found_in_a_folder() {
    let bench = spread();
    std::fs::write(bench.path("acme-2.0"), "release").unwrap();
    std::fs::write(bench.path("built.json"), "{}").unwrap();
    bench.ok("attest acme-2.0 --key acme.pem --member acme --predicate built.json --type https://example.com/built/v1");
    bench.ok("verify acme-2.0 --trust forum --type https://example.com/built/v1");
    bench.trust_add();
    let ran = bench.run("verify acme-2.0 --type https://example.com/built/v1");
    assert!(ran.exit == 3 && ran.text().contains("member-not-held"), "{ran:?}");
    bench.ok("trust update --member acme");
    bench.ok("verify acme-2.0 --type https://example.com/built/v1");
}

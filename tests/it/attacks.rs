//! Attacks that once went through, each by the smallest change to a good world.

use crate::world::*;
use vouchsafe::attestation::{Envelope, Practices, StatementDraft};
use vouchsafe::encoding::Explain;
use vouchsafe::gather::trust;
use vouchsafe::practice::EvidenceKind;
use vouchsafe::publish::{Change, attest};
use vouchsafe::registry::{MemberRecord, MemberState, TargetFile};
use vouchsafe::verify::*;

fn draft() -> StatementDraft {
    let mut draft = StatementDraft::default();
    draft.about("acme-1.0", &measured(b"release"));
    draft
}

/// The code of a decision on `release` under the forum's policy.
fn judge(world: &World, candidates: Vec<Candidate>) -> &'static str {
    let policy = Policy::parse("test", POLICY.as_bytes()).unwrap();
    let evidence = Evidence { name: "acme-1.0".into(), candidates };
    match verify(&measured(b"release"), evidence, &world.trust(), &policy, at(NOW)) {
        Ok(_) => "ok",
        Err(refusal) => refusal.code(),
    }
}

fn candidate(envelope: Envelope) -> Candidate {
    Candidate { source: String::new(), envelope: Ok(envelope), time: None, replay: None }
}

/// Somebody else's claims, about the right file, wait where a member adds its signature.
#[test]
fn a_signature_is_not_added_to_other_claims() {
    let there = |change: fn(&mut Practices)| {
        let mut predicate = predicate();
        change(&mut predicate);
        let existing = attestation(&predicate, &[&key(12)]).to_json();
        attest::append(&existing, &draft(), &draft().practices(&own()), &key(10)).map(drop)
    };
    there(|_| ()).unwrap();
    // What was shown to the signer is one claim short of what lies there, of another product, or for a shorter time.
    for change in [
        (|p| p.scope.product = Some("pkg:generic/acme/other@1".into())) as fn(&mut Practices),
        |p| p.claims.reverse(),
        |p| p.assessor.independence = "thirdParty".into(),
    ] {
        assert_eq!(there(change).unwrap_err().code(), "other-statement");
    }
    let existing = attestation(&predicate(), &[&key(12)]).to_json();
    let other = draft().other("https://example.org/x", &serde_json::json!({}));
    assert_eq!(attest::append(&existing, &draft(), &other, &key(10)).unwrap_err().code(), "other-statement");
    let mut until = predicate();
    until.valid_until = Some(at("2026-12-01"));
    let ours = draft().practices(&until);
    assert_eq!(attest::append(&existing, &draft(), &ours, &key(10)).unwrap_err().code(), "other-statement");
    until.valid_until = Some(at("2026-11-20"));
    let shorter = attestation(&until, &[&key(12)]).to_json();
    attest::append(&shorter, &draft(), &ours, &key(10)).unwrap();
}

/// The predicate its own signer would have made: the good one, by another member at another time.
fn own() -> Practices {
    let mut own = predicate();
    own.assessor.id = "globex".into();
    own.assessed_at = at("2026-11-02T10:00:00Z");
    own
}

/// One more file in the folder, with the bytes of another: every file is verified, the set is not the release.
#[test]
fn a_copy_under_another_name_is_a_file_more() {
    let world = World::new();
    let mut predicate = predicate();
    predicate.subject_set = Some(vouchsafe::attestation::SubjectSet::Exact);
    let policy = Policy::parse("test", POLICY.as_bytes()).unwrap();
    let artifact = measured(b"release");
    let evidence =
        Evidence { name: "acme-1.0".into(), candidates: vec![candidate(attestation(&predicate, &[&world.acme]))] };
    let verified = verify(&artifact, evidence, &world.trust(), &policy, at(NOW)).unwrap();
    let one = ("acme-1.0", &artifact, &verified);
    exact_set(&[one]).unwrap();
    assert_eq!(exact_set(&[one, ("postinstall.sh", &artifact, &verified)]).unwrap_err().code, Code::SetMismatch);
}

/// A `checked` claim rests on facts of this build: of two documents with one id the kinder one does not count, nor
/// do facts about another build, or about nobody knows what.
#[test]
fn facts_about_something_else_do_not_pass_a_check() {
    let world = World::new();
    let catalogue = vouchsafe::practice::builtin().unwrap();
    let base = catalogue.profile("base").unwrap();
    let passing = |id: &String| facts(catalogue.check(id).unwrap());
    let (practice, facts) = base
        .iter()
        .filter_map(|id| catalogue.practice(id))
        .filter(|p| !p.checks.is_empty())
        .find_map(|p| p.checks.iter().map(passing).collect::<Option<Vec<_>>>().map(|facts| (p, facts)))
        .unwrap();
    let good = || {
        let mut predicate = predicate();
        predicate.scope.product = Some("pkg:generic/acme/tool@1".into());
        let claim = predicate.claims.iter_mut().find(|c| c.practice == practice.id).unwrap();
        claim.basis = vouchsafe::practice::Basis::Checked;
        for (n, (id, facts)) in practice.checks.iter().zip(&facts).enumerate() {
            let evidence = vec![format!("e{n}")];
            let kind = catalogue.check(id).unwrap().evidence_kinds().find_map(EvidenceKind::parse).unwrap();
            claim.checks.push(vouchsafe::practice::CheckRun { id: id.clone(), evidence, pass: true });
            let about = serde_json::json!({"product": "pkg:generic/acme/tool@1"});
            let entry = serde_json::json!({
                "id": format!("e{n}"), "name": "x", "digest": {"sha256": "00"}, "about": about, "facts": facts,
                "extractor": kind.extractor(),
            });
            predicate.evidence.push(read(&entry));
        }
        predicate
    };
    let judged = |change: fn(&mut Practices)| {
        let mut predicate = good();
        change(&mut predicate);
        judge(&world, vec![candidate(attestation(&predicate, &[&world.acme]))])
    };
    assert_eq!(judged(|_| ()), "ok");
    for change in [
        (|p| p.evidence.extend(p.evidence.clone())) as fn(&mut Practices),
        |p| p.evidence.iter_mut().for_each(|e| e.about = None),
        |p| p.evidence[0].about.as_mut().unwrap().product = Some("pkg:generic/acme/other@1".into()),
        |p| p.evidence[0].about.as_mut().unwrap().git_commit = Some("00".into()),
        |p| p.scope.product = Some("pkg:generic/acme/tool@2".into()),
        // Facts of another kind of document than the check is about, or of none.
        |p| p.evidence[0].extractor = None,
        |p| p.evidence[0].extractor = Some("document/1".into()),
        |p| p.evidence[0].extractor = Some("sarif/2".into()),
    ] {
        assert_eq!(judged(change), "practices-not-met");
    }
}

fn read<T: serde::de::DeserializeOwned>(value: &serde_json::Value) -> T {
    vouchsafe::encoding::json::parse(&serde_json::to_vec(value).unwrap(), 1 << 20, "test").unwrap()
}

/// Facts that satisfy a check, if simple ones do.
fn facts(check: &vouchsafe::practice::CheckDef) -> Option<serde_json::Value> {
    let values = [serde_json::json!(0), serde_json::json!(1), serde_json::json!(true), serde_json::json!(false)];
    let mut facts = serde_json::Map::new();
    for assertion in check.assertions() {
        let one = |v: &serde_json::Value| {
            let mut value = v.clone();
            for part in assertion.fact().rsplit('.') {
                value = serde_json::json!({ part: value });
            }
            value.as_object().cloned().unwrap()
        };
        let found = values.iter().map(one).find(|f| assertion.holds(f))?;
        merge(&mut facts, found);
    }
    vouchsafe::practice::evaluate(check, &facts).then_some(serde_json::Value::Object(facts))
}

fn merge(into: &mut serde_json::Map<String, serde_json::Value>, from: serde_json::Map<String, serde_json::Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(serde_json::Value::Object(a)), serde_json::Value::Object(b)) => merge(a, b),
            (_, value) => drop(into.insert(key, value)),
        }
    }
}

/// The file that travels to an offline signer, meddled with on the way.
fn meddled(change: &Change, meddle: impl Fn(&mut serde_json::Value)) -> Change {
    let mut value: serde_json::Value = read(&read_bytes(&change.to_bytes().unwrap()));
    meddle(&mut value);
    Change::parse(&serde_json::to_vec(&value).unwrap()).unwrap()
}

fn read_bytes(bytes: &[u8]) -> serde_json::Value {
    vouchsafe::encoding::json::parse(bytes, 1 << 24, "test").unwrap()
}

/// Replaces a target file and what the metadata says of it; `folder` is `before` or `after`.
fn replace(value: &mut serde_json::Value, name: &str, bytes: Option<&[u8]>) {
    let listed = value["targets"]["signed"]["targets"].as_object_mut().unwrap();
    match bytes {
        Some(bytes) => listed.insert(name.into(), serde_json::to_value(TargetFile::of(bytes)).unwrap()),
        None => listed.remove(name),
    };
    let files = value["after"].as_object_mut().unwrap();
    match bytes {
        Some(bytes) => files.insert(name.into(), vouchsafe::encoding::base64::encode(bytes).into()),
        None => files.remove(name),
    };
}

fn code<T>(result: Result<T, vouchsafe::publish::Error>) -> &'static str {
    result.err().map_or("ok", |e| e.code())
}

/// Nobody signs what no review shows.
#[test]
fn a_change_is_not_signed_unless_its_review_shows_all_of_it() {
    let world = World::new();
    world.forum.renew(at(FOUNDED)).unwrap();
    let staged = world.forum.need_staged().unwrap();
    let attempt = |meddle: &dyn Fn(&mut serde_json::Value)| {
        let mut change = meddled(&staged, meddle);
        let reviewed = code(change.review());
        assert_eq!(reviewed, code(change.sign(&world.board[0])));
        reviewed
    };
    assert_eq!(attempt(&|_| ()), "ok");
    assert_eq!(attempt(&|v| replace(v, "members/globex.json", None)), "history-rewritten");
    assert_eq!(
        attempt(&|v| v["targets"]["signed"]["delegations"] = serde_json::json!({"keys": {}, "roles": []})),
        "registry-hash-mismatch"
    );
    // What is in force is what the board signed, not what the file says.
    assert_eq!(
        attempt(&|v| drop(v["before"].as_object_mut().unwrap().remove("members/acme.json"))),
        "registry-hash-mismatch"
    );
    assert_eq!(attempt(&|v| v["beforeTargets"]["signatures"] = serde_json::json!([])), "registry-signature-invalid");
    assert_eq!(attempt(&|v| v["beforeTargets"] = serde_json::Value::Null), "registry-signature-invalid");
    // An invented root, with seats of somebody else's choice, is another forum.
    let forged = {
        let others: Vec<_> = [1, 90].map(|n| (format!("s{n}"), key(n).0.public().clone())).into();
        let keys: Vec<_> = others.iter().map(|(_, k)| k.clone()).collect();
        let online = world.online.0.public().clone();
        let expires = at("2027-01-01");
        let spec = vouchsafe::registry::RootSpec { version: 1, board: keys, threshold: ONE, online, expires };
        let mut root = vouchsafe::registry::Metadata::around(vouchsafe::registry::root(&spec));
        let signature = key(90).0.sign(&root.canonical().unwrap());
        root.add_signature(key(90).0.public(), &signature);
        read_bytes(&root.to_bytes())
    };
    let invented = |v: &mut serde_json::Value| {
        v["beforeRoot"] = forged.clone();
        v["roots"] = serde_json::json!([forged.clone()]);
    };
    assert_eq!(attempt(&invented), "registry-hash-mismatch");
    assert_eq!(attempt(&|v| v["roots"] = serde_json::json!([])), "registry-signature-invalid");
    // A new root whose targets are signed by one seat alone.
    let root = |v: &mut serde_json::Value| {
        v["root"] = v["beforeRoot"].clone();
        v["root"]["signed"]["version"] = 2.into();
        v["root"]["signatures"] = serde_json::json!([]);
    };
    assert_eq!(attempt(&root), "ok");
    assert_eq!(
        attempt(&|v| {
            root(v);
            v["root"]["signed"]["roles"]["targets"]["threshold"] = 1.into();
        }),
        "registry-hash-mismatch"
    );
}

/// Renamed seats, another policy and unknown files are told in words.
#[test]
fn a_review_tells_of_seats_policies_and_unknown_files() {
    let world = World::new();
    world.forum.renew(at(FOUNDED)).unwrap();
    let staged = world.forum.need_staged().unwrap();
    let forum = world.forum.record().unwrap();
    let told = |name: &str, bytes: &[u8]| {
        meddled(&staged, |v| replace(v, name, Some(bytes))).review().unwrap().changes.join("\n")
    };
    let mut renamed = forum.clone();
    renamed.seats.values_mut().for_each(|name| *name = format!("{name}\u{1b}[2J"));
    assert!(told("forum.json", &serde_json::to_vec(&renamed).unwrap()).contains("is named one\\u{1b}"));
    assert!(told("policies/default.json", br#"{"schema":"x-y"}"#).contains("x-y"));
    assert!(told("notes.txt", b"log").contains("notes.txt"));
    let odd = MemberRecord::new("a\u{1b}[2J", "A", at(FOUNDED), Vec::new());
    let odd = meddled(&staged, |v| replace(v, "members/a\u{1b}[2J.json", Some(&serde_json::to_vec(&odd).unwrap())));
    assert_eq!(code(odd.review()), "name-invalid");
    let born = MemberRecord::new("new", "New", at("2001-01-01"), Vec::new());
    assert!(told("members/new.json", &serde_json::to_vec(&born).unwrap()).contains("2001-01-01"));
}

/// Two seats sign at the same time: neither signature is lost, and a change staged meanwhile is not undone.
#[test]
fn signatures_are_added_to_what_is_staged_now() {
    let world = World::new();
    world.forum.renew(at(FOUNDED)).unwrap();
    let (mut one, mut two) = (world.forum.need_staged().unwrap(), world.forum.need_staged().unwrap());
    one.sign(&world.board[0]).unwrap();
    two.sign(&world.board[1]).unwrap();
    world.forum.write_signatures(&one).unwrap();
    world.forum.write_signatures(&two).unwrap();
    world.forum.need_staged().unwrap().check_threshold().unwrap();
    world.forum.set_state("acme", MemberState::Suspended, at(FOUNDED), None, at(FOUNDED)).unwrap();
    assert_eq!(code(world.forum.write_signatures(&one)), "registry-hash-mismatch");
    assert!(world.forum.need_staged().unwrap().review().unwrap().changes.join(" ").contains("suspended"));
    // A signature that is none does not take a seat's place.
    let mut third = world.forum.need_staged().unwrap();
    third.sign(&world.board[2]).unwrap();
    let forged = meddled(&third, |v| v["targets"]["signatures"][0]["sig"] = "00".repeat(64).into());
    world.forum.write_signatures(&forged).unwrap();
    world.forum.write_signatures(&third).unwrap();
    assert_eq!(world.forum.need_staged().unwrap().review().unwrap().roles[0].signed, ["three"]);
}

/// A forum whose oldest root is a second one can call itself anything; it does not take a trusted forum's place.
#[test]
fn another_forum_cannot_take_a_trusted_forums_place() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let home = vouchsafe::store::Home::at(folder.path().join("home"));
    let fingerprint = world.forum.fingerprint().unwrap().unwrap();
    let real = world.forum.published_path();
    trust::add(&home, &real, &fingerprint, &Default::default(), at(NOW)).unwrap();
    let fake = folder.path().join("fake");
    imposter(&world, &fake);
    let offered = trust::offered(&fake).unwrap();
    assert!(trust::add(&home, &fake, &offered, &Default::default(), at(NOW)).is_err());
    assert_eq!(trust::list(&home).unwrap()[0].fingerprint, fingerprint);
}

/// A registry of one board key, with the members of `world` and its id, that begins with root 2.
fn imposter(world: &World, folder: &std::path::Path) {
    use vouchsafe::registry::*;
    let (board, online) = (key(40), key(41));
    let sign = |signed: serde_json::Value, key: &Key| {
        let mut metadata = Metadata::around(signed);
        let signature = key.0.sign(&metadata.canonical().unwrap());
        metadata.add_signature(key.0.public(), &signature);
        metadata.to_bytes()
    };
    let put = |name: String, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    let ends = at("2026-12-01");
    let spec = RootSpec {
        version: 2,
        board: vec![board.0.public().clone()],
        threshold: ONE,
        online: online.0.public().clone(),
        expires: ends,
    };
    let seats = vouchsafe::registry::board(&root(&spec)).unwrap();
    put("metadata/2.root.json".into(), &sign(root(&spec), &board));
    let files = world.forum.files().unwrap();
    for (name, bytes) in &files {
        let entry = TargetFile::of(bytes);
        put(format!("targets/{}", target_path(name, entry.sha256().unwrap())), bytes);
    }
    let entries = files.iter().map(|(n, b)| (n.clone(), TargetFile::of(b))).collect();
    let targets = sign(targets(vouchsafe::registry::TOP, 9, ends, &entries, &Default::default(), &seats), &board);
    put("metadata/9.targets.json".into(), &targets);
    let snapshot = sign(snapshot(9, ends, (9, &targets), &Default::default()), &online);
    put("metadata/9.snapshot.json".into(), &snapshot);
    put("metadata/timestamp.json".into(), &sign(timestamp(9, ends, at(NOW), (9, &snapshot)), &online));
}

/// Ten thousand lines of sixty-four signatures each: told before the first of them is checked.
#[test]
fn signatures_that_would_cost_minutes_are_not_checked() {
    let world = World::new();
    let line = |n: usize| {
        let signature = vouchsafe::encoding::base64::encode(&[1; 64]);
        let one = format!(r#"{{"sig":"{signature}"}}"#);
        let text = format!(r#"{{"payload":"","payloadType":"t","signatures":[{}]}}"#, vec![one; n].join(","));
        candidate(Envelope::parse(text.as_bytes()).unwrap())
    };
    let good = candidate(attestation(&predicate(), &[&world.acme]));
    assert_eq!(judge(&world, vec![line(64), good.clone()]), "ok");
    let started = std::time::Instant::now();
    assert_eq!(judge(&world, [vec![good], vec![line(64); 10_000]].concat()), "attestation-malformed");
    assert!(started.elapsed().as_secs() < 10);
}

/// A member signs another's file under a name of its own scope: the answer says under which.
#[test]
fn a_file_that_was_attested_under_another_name_says_so() {
    let world = World::new();
    let policy = Policy::parse("test", POLICY.as_bytes()).unwrap();
    let artifact = measured(b"release");
    let report = |name: &str| {
        let candidates = vec![candidate(attestation(&predicate(), &[&world.acme]))];
        let decision = verify(&artifact, Evidence { name: name.into(), candidates }, &world.trust(), &policy, at(NOW));
        vouchsafe::audit::SubjectReport::decided(name, &artifact, &decision, &policy).attested_as
    };
    assert_eq!(report("globex-9").as_deref(), Some("acme-1.0"));
    assert_eq!(report("dist/acme-1.0"), None);
}

/// A list in place of a table says by position what nobody reads that way.
#[test]
fn a_policy_table_is_no_list() {
    let policy = |line: &str| Policy::parse("x", format!("schema = \"vouchsafe-policy/v1\"\n{line}").as_bytes());
    policy("[signers]\nthreshold = 1").unwrap();
    for line in ["signers = [[\"acme\"], 1]", "log = [\"optional\"]", "trust = [\"900w\"]"] {
        assert_eq!(policy(line).unwrap_err().code(), "policy-malformed", "{line}");
    }
    assert!(policy("practices = { exceptions = [5, []] }").is_err());
}

/// A pipe where the attestation should be is not waited for.
#[cfg(unix)]
#[test]
fn a_pipe_is_no_attestation() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app"), b"x").unwrap();
    assert_eq!(crate::run::program("mkfifo", folder.path(), ["app.sigstore.json"], b"").exit, 0);
    let path = folder.path().join("app");
    let algorithms = &[vouchsafe::artifact::Algorithm::Sha256];
    let found = vouchsafe::gather::subjects(&[path.into()], algorithms, &Default::default(), |named| named);
    let named = found.into_iter().next().unwrap().unwrap().remove(0);
    let vouchsafe::gather::Named::Subject(subject) = named else { panic!("it is called app") };
    let found = vouchsafe::gather::Finder::new(&[]).unwrap().candidates(&subject);
    assert!(matches!(found, Err(vouchsafe::gather::Error::NotAFile { .. })));
}

//! Every refusal of the decision is one line: a change to a good world, and the code it must earn.

use crate::world::*;
use jiff::Timestamp;
use vouchsafe::artifact::{Algorithm, Digest, Measured};
use vouchsafe::attestation::{Envelope, Practices, StatementDraft};
use vouchsafe::encoding::Malformed;
use vouchsafe::encoding::duration::Span;
use vouchsafe::practice::{Basis, ClaimResult, Exception, PracticeId, Role};
use vouchsafe::registry::{MemberState, TrustedRegistry};
use vouchsafe::transparency::TrustedTime;
use vouchsafe::verify::*;

/// Everything a decision takes, good until an attack changes it.
pub(crate) struct Case {
    world: World,
    pub(crate) predicate: Practices,
    signers: Vec<u8>,
    artifact: Measured,
    pub(crate) envelope: Option<Result<Envelope, Malformed>>,
    time: Option<TrustedTime>,
    pub(crate) policy: Policy,
    now: Timestamp,
}

pub(crate) fn good() -> Case {
    Case {
        world: World::new(),
        predicate: predicate(),
        signers: vec![10],
        artifact: measured(b"release"),
        envelope: None,
        time: None,
        policy: Policy::parse("test", POLICY.as_bytes()).unwrap(),
        now: at(NOW),
    }
}

impl Case {
    pub(crate) fn decide(self) -> Result<Verified, Refusal> {
        let trust = self.world.trust();
        self.decide_with(&trust)
    }
    fn decide_with(self, trust: &TrustedRegistry) -> Result<Verified, Refusal> {
        let keys: Vec<Key> = self.signers.iter().map(|n| key(*n)).collect();
        let keys: Vec<&Key> = keys.iter().collect();
        let envelope = self.envelope.unwrap_or_else(|| Ok(attestation(&self.predicate, &keys)));
        let candidates = vec![Candidate { source: "test".into(), envelope, time: self.time, replay: None }];
        verify(&self.artifact, Evidence { name: "acme-1.0".into(), candidates }, trust, &self.policy, self.now)
    }
    fn claim(&mut self, id: &str) -> &mut vouchsafe::practice::Claim {
        let id = PracticeId::parse(id).unwrap();
        self.predicate.claims.iter_mut().find(|c| c.practice == id).unwrap()
    }
    fn rule(&mut self) -> &mut PracticesRule {
        self.policy.practices.as_mut().unwrap()
    }
    fn key_of(&self, key: &Key) -> String {
        key.0.public().id().to_string()
    }
    fn revoke(&mut self, since: &str) {
        let id = self.key_of(&self.world.acme);
        self.world.forum.revoke_key("acme", &id, at(since), "stolen".into(), at(FOUNDED)).unwrap();
        self.world.publish(FOUNDED);
    }
    fn retire(&mut self, when: &str) {
        let id = self.key_of(&self.world.acme);
        self.world.forum.retire_key("acme", &id, at(when), None, at(FOUNDED)).unwrap();
        self.world.publish(FOUNDED);
    }
    fn state(&mut self, state: MemberState, when: &str) {
        self.world.forum.set_state("acme", state, at(when), None, at(FOUNDED)).unwrap();
        self.world.publish(FOUNDED);
    }
    fn logged(&mut self, when: &str) {
        self.time = Some(TrustedTime::assume(at(when), "a test stands in for witnesses"));
    }
    /// Signs a statement whose JSON was changed.
    fn sign_changed(&mut self, change: impl Fn(&mut serde_json::Value)) {
        let mut draft = StatementDraft::default();
        draft.about("acme-1.0", &measured(b"release"));
        let mut value: serde_json::Value =
            vouchsafe::encoding::json::parse(&draft.practices(&self.predicate), 1 << 20, "test").unwrap();
        change(&mut value);
        self.envelope = Some(Ok(signed(vouchsafe::encoding::json::compact(&value), &[&key(10)])));
    }
}

type Attack = fn(&mut Case);

/// Every code of the decision, and what earns it. `ok` lines are the honest neighbours of the attacks.
const ATTACKS: &[(&str, &str, Attack)] = &[
    ("ok", "the good world", |_| ()),
    ("unsigned", "no signature", |c| {
        c.signers.clear();
    }),
    ("attestation-malformed", "not an envelope", |c| {
        c.envelope = Some(Err(Malformed::new("DSSE envelope", "cut short")))
    }),
    ("signer-unknown", "a stranger's key", |c| c.signers = vec![12]),
    ("signer-unknown", "a board key is no member key", |c| c.signers = vec![1]),
    ("ok", "a stranger beside a member", |c| c.signers = vec![12, 10]),
    ("statement-malformed", "two claims on one practice", |c| {
        let again = c.predicate.claims[0].clone();
        c.predicate.claims.push(again);
    }),
    ("statement-malformed", "no subject", |c| c.sign_changed(|s| s["subject"] = serde_json::json!([]))),
    ("statement-malformed", "another _type", |c| {
        c.sign_changed(|s| s["_type"] = serde_json::json!("https://in-toto.io/Statement/v0.1"))
    }),
    ("digest-mismatch", "one byte changed", |c| c.artifact = measured(b"releasf")),
    ("digest-contradiction", "sha256 right, sha512 wrong", |c| {
        c.sign_changed(|s| s["subject"][0]["digest"]["sha512"] = serde_json::json!("00".repeat(64)));
    }),
    ("digest-incomparable", "sha1 and md5 never suffice", |c| {
        c.sign_changed(|s| {
            s["subject"][0]["digest"] = serde_json::json!({"sha1": "00".repeat(20), "md5": "00".repeat(16)})
        });
    }),
    ("digest-incomparable", "an algorithm the bytes were not measured in", |c| {
        c.artifact = Measured::read(&b"release"[..], &[Algorithm::Sha256]).unwrap();
    }),
    ("ok", "a bare digest, on the user's word", |c| {
        let digest = measured(b"release").digest(Algorithm::Sha256).unwrap().clone();
        c.artifact = Measured::assume(digest, "test");
    }),
    ("ok", "every subject is looked at, not only the first", |c| {
        c.sign_changed(|s| {
            let right = s["subject"][0].clone();
            let others = (0..9).map(
                |n| serde_json::json!({"name": format!("acme-{n}"), "digest": {"sha256": format!("{n}0").repeat(32)}}),
            );
            s["subject"] = others.chain([right]).collect();
        });
    }),
    ("ok", "unknown algorithms are ignored", |c| {
        c.sign_changed(|s| s["subject"][0]["digest"]["blake9"] = serde_json::json!("00"))
    }),
    ("digest-mismatch", "the right name under another digest", |c| {
        c.sign_changed(|s| s["subject"][0]["digest"] = serde_json::json!({"sha256": "00".repeat(32)}));
    }),
    ("member-not-yet", "before the membership", |c| c.now = at("2018-01-01")),
    ("member-suspended", "suspended", |c| c.state(MemberState::Suspended, "2026-11-02")),
    ("member-left", "left, unlogged", |c| c.state(MemberState::Left, "2026-11-02")),
    ("ok", "left, but logged before", |c| {
        c.state(MemberState::Left, "2026-11-02");
        c.logged("2026-11-01T12:00:00Z");
    }),
    ("ok", "leaving later", |c| c.state(MemberState::Left, "2026-12-01")),
    ("key-not-yet", "before the key was admitted", |c| c.now = at("2026-10-31")),
    ("key-retired", "retired, unlogged", |c| c.retire("2026-11-02")),
    ("key-retired", "retired, logged at that very moment", |c| {
        c.retire("2026-11-02");
        c.logged("2026-11-02");
    }),
    ("ok", "retired, logged before", |c| {
        c.retire("2026-11-02");
        c.logged("2026-11-01T23:59:59Z");
    }),
    ("ok", "retiring tomorrow", |c| c.retire("2026-11-03")),
    ("key-compromised", "compromised, unlogged, though the signer dates it earlier", |c| {
        c.predicate.assessed_at = at("2026-11-01");
        c.revoke("2026-11-02");
    }),
    ("key-compromised", "compromised, logged later", |c| {
        c.revoke("2026-11-02");
        c.logged("2026-11-02T06:00:00Z");
    }),
    ("ok", "compromised, logged before", |c| {
        c.revoke("2026-11-02");
        c.logged("2026-11-01T12:00:00Z");
    }),
    ("key-compromised", "a compromise dated tomorrow counts today", |c| c.revoke("2026-11-03")),
    ("out-of-scope", "another member's artifact", |c| c.signers = vec![11]),
    ("out-of-scope", "another member's product", |c| {
        c.predicate.scope.product = Some("pkg:generic/globex/tool@1".into())
    }),
    ("ok", "the member's own product", |c| c.predicate.scope.product = Some("pkg:generic/acme/tool@1".into())),
    ("signer-not-accepted", "the policy wants globex", |c| {
        c.policy.signers.members = Some(["globex".to_owned()].into())
    }),
    ("signers-too-few", "two members asked, one twice", |c| {
        c.policy.signers.threshold = ONE.saturating_add(1);
    }),
    ("signers-too-few", "two asked, the other out of scope", |c| {
        c.policy.signers.threshold = ONE.saturating_add(1);
        c.signers = vec![10, 11];
    }),
    ("predicate-type", "another predicate", |c| {
        c.sign_changed(|s| s["predicateType"] = serde_json::json!("https://slsa.dev/provenance/v1"))
    }),
    ("predicate-type", "practices where provenance is asked", |c| {
        c.policy.practices = None;
        c.policy.predicate_type = Some("https://slsa.dev/provenance/v1".into());
    }),
    ("catalogue-not-accepted", "another catalogue", |c| c.rule().catalogue = Some("other-fp".into())),
    ("catalogue-not-accepted", "a version out of range", |c| {
        c.rule().versions = Some(vouchsafe::practice::VersionRange::parse(">=2027").unwrap());
    }),
    ("catalogue-unknown", "a version nobody published", |c| c.predicate.catalogue.version = "2030.1".into()),
    ("catalogue-digest-mismatch", "other bytes under the same version", |c| {
        c.predicate.catalogue.digest.insert("sha256", "00".repeat(32));
    }),
    ("catalogue-digest-mismatch", "no digest", |c| c.predicate.catalogue.digest = Default::default()),
    ("assessor-not-accepted", "self where a third party is asked", |c| {
        c.rule().independence = Some(["thirdParty".to_owned()].into())
    }),
    ("practices-not-met", "a practice left out", |c| {
        c.predicate.claims.pop();
    }),
    ("practices-not-met", "no claim at all", |c| c.predicate.claims.clear()),
    ("practices-not-met", "not met", |c| c.claim("TST-01").result = ClaimResult::NotMet),
    ("practices-not-met", "partly met is not met", |c| c.claim("TST-01").result = ClaimResult::Partial),
    ("practices-not-met", "not applicable, which the policy does not allow", |c| {
        c.claim("TST-01").result = ClaimResult::NotApplicable
    }),
    ("practices-not-met", "checked, without evidence", |c| c.claim("TST-01").basis = Basis::Checked),
    ("practices-not-met", "a weaker basis than asked", |c| {
        c.rule().basis.insert(PracticeId::parse("TST-01").unwrap(), Basis::Reviewed);
    }),
    ("practices-not-met", "an exception the policy does not accept", |c| except(c, "2027-01-01")),
    ("ok", "an accepted exception in force", |c| {
        c.rule().exceptions = Some(Exceptions::default());
        except(c, "2027-01-01");
    }),
    ("practices-not-met", "an expired exception", |c| {
        c.rule().exceptions = Some(Exceptions::default());
        except(c, "2026-11-02");
    }),
    ("practices-not-met", "an exception for what may never be excepted", |c| {
        c.rule().exceptions = Some(Exceptions { max: None, never: [PracticeId::parse("TST-01").unwrap()].into() });
        except(c, "2027-01-01");
    }),
    ("exceptions-too-many", "one more than allowed", |c| {
        c.rule().exceptions = Some(Exceptions { max: Some(0), never: [].into() });
        except(c, "2027-01-01");
    }),
    ("tier-not-reached", "recomputed asked, nothing to recompute", |c| c.rule().tier = Some(Tier::Recomputed)),
    ("policy-unusable", "a profile that does not exist", |c| c.rule().profile = Some("gold".into())),
    ("policy-unusable", "a foreign id that maps to nothing", |c| {
        c.rule().require = vec![vouchsafe::practice::Requirement::parse("ssdf-1.1:XX.9.9").unwrap()];
    }),
    ("cosigners-missing", "advisory seats asked", |c| {
        c.policy.cosigners.insert("advisory".into(), ONE);
    }),
    ("not-logged", "a log entry asked", |c| c.policy.log.require = LogRule::Required),
    ("not-logged", "a log entry asked, a time alone does not do", |c| {
        c.policy.log.require = LogRule::Required;
        c.logged("2026-11-02");
    }),
    ("attestation-from-future", "dated tomorrow", |c| c.predicate.assessed_at = at("2026-11-03")),
    ("attestation-expired", "claims that ended", |c| c.predicate.valid_until = Some(at("2026-11-02"))),
    ("ok", "claims end inclusively", |c| c.predicate.valid_until = Some(at(NOW))),
    ("attestation-too-old", "older than accepted", |c| c.rule().max_age = Some(Span::seconds(3_600))),
    ("trust-stale", "a view of last week", |c| c.now = at("2026-11-09")),
];

fn except(c: &mut Case, expires: &str) {
    let claim = c.claim("TST-01");
    claim.result = ClaimResult::NotMet;
    claim.exception = Some(Box::new(Exception {
        reason: "booked".into(),
        compensated_by: Vec::new(),
        owner: Role { role: "security-lead".into() },
        approved_at: at("2026-11-01"),
        expires: at(expires),
    }));
}

#[test]
fn refusals() {
    let mut wrong = Vec::new();
    for (want, what, attack) in ATTACKS {
        let mut case = good();
        attack(&mut case);
        let got = case.decide();
        let code = got.as_ref().map_or_else(|r| vouchsafe::encoding::Explain::code(r), |_| "ok");
        if code != *want {
            wrong.push(format!("{what}: wanted {want}, got {code}: {:?}", got.err()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_found_is_undecided() {
    let world = World::new();
    let policy = Policy::signature_only("test");
    let answer = verify(&measured(b"release"), Evidence::default(), &world.trust(), &policy, at(NOW)).unwrap_err();
    assert_eq!(answer.code, Code::AttestationMissing);
}

/// Taking anything away from the evidence never turns a no into a yes; nor does adding a revocation.
#[test]
fn taking_away_never_helps() {
    for (want, what, attack) in ATTACKS.iter().filter(|(want, ..)| *want != "ok") {
        let mut case = good();
        attack(&mut case);
        case.time = None;
        assert!(case.decide().is_err(), "{want}: {what}");
        let mut case = good();
        attack(&mut case);
        case.signers.pop();
        if case.envelope.is_none() {
            assert!(case.decide().is_err(), "{want}: {what}, one signature fewer");
        }
    }
    let mut case = good();
    case.signers = vec![12];
    case.revoke("2026-11-01");
    assert!(case.decide().is_err());
}

/// The same bytes, dated by nobody but their signer, stop counting when the key does.
#[test]
fn only_trusted_time_outlives_a_key() {
    let mut case = good();
    case.predicate.assessed_at = at("2026-11-01T00:00:01Z");
    case.retire("2026-11-02");
    assert_eq!(case.decide().unwrap_err().code, Code::KeyRetired);
}

/// The bytes that are verified are the bytes that were signed: spacing, order and escapes are kept, not written anew.
#[test]
fn the_payload_is_never_written_anew() {
    let mut case = good();
    let mut draft = StatementDraft::default();
    draft.about("acme-1.0", &measured(b"release"));
    let compact: serde_json::Value =
        vouchsafe::encoding::json::parse(&draft.practices(&case.predicate), 1 << 20, "test").unwrap();
    let odd =
        String::from_utf8(vouchsafe::encoding::json::pretty(&compact)).unwrap().replace("acme-1.0", "\\u0061cme-1.0");
    case.envelope = Some(Ok(signed(format!("\n\t{odd}  ").into_bytes(), &[&key(10)])));
    assert_eq!(case.decide().unwrap().subject(), "acme-1.0");
}

/// A digest list in which one accepted algorithm is malformed does not match by the other.
#[test]
fn a_malformed_accepted_digest_is_a_disagreement() {
    let mut case = good();
    case.sign_changed(|s| s["subject"][0]["digest"]["sha512"] = serde_json::json!("zz"));
    assert_eq!(case.decide().unwrap_err().code, Code::DigestContradiction);
    assert!(Digest::parse("md5:00").is_err());
}

/// Two members who may both speak are two; the threshold is on members.
#[test]
fn two_members_reach_two() {
    let mut case = good();
    case.world.forum.add_member("initech", "Initech", vec!["acme-*".into()], at("2020-01-01"), at(FOUNDED)).unwrap();
    let proof = case.world.proof(&key(20), "initech");
    case.world.forum.add_key("initech", &proof, at(FOUNDED)).unwrap();
    case.world.publish(FOUNDED);
    case.policy.signers.threshold = ONE.saturating_add(1);
    case.signers = vec![10, 20];
    assert_eq!(case.decide().unwrap().signers().len(), 2);
}

/// A batch remembers what it opened by where it was found, and believes it only of the very same envelope.
#[test]
fn a_batch_never_takes_one_attestation_for_another() {
    let world = World::new();
    let trust = world.trust();
    let policy = Policy::parse("test", POLICY.as_bytes()).unwrap();
    let batch = Batch::new(&trust, &policy, at(NOW));
    let ask = |signer: &Key, bytes: &[u8]| {
        let envelope = Ok(attestation(&predicate(), &[signer]));
        let candidates = vec![Candidate { source: "one place".into(), envelope, time: None, replay: None }];
        batch.verify(&measured(bytes), &Evidence { name: "acme-1.0".into(), candidates }).map_err(|r| r.code).map(drop)
    };
    for _ in 0..2 {
        assert_eq!(ask(&world.acme, b"release"), Ok(()));
        assert_eq!(ask(&world.acme, b"another"), Err(Code::DigestMismatch));
        assert_eq!(ask(&world.stranger, b"release"), Err(Code::SignerUnknown));
        assert_eq!(ask(&world.globex, b"release"), Err(Code::OutOfScope));
    }
}

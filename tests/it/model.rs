//! Random lives of a registry, held against a small model: what is accepted is exactly what the model accepts.

use crate::world::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use vouchsafe::attestation::StatementDraft;
use vouchsafe::encoding::Explain;
use vouchsafe::registry::{MemberState, Versions};
use vouchsafe::verify::{Candidate, Evidence, Policy, verify};

/// Days after the founding, at noon.
fn day(n: u8) -> jiff::Timestamp {
    let at = at(FOUNDED).as_second() + i64::from(n) * 86_400 + 43_200;
    jiff::Timestamp::from_second(at).unwrap()
}

/// One thing the board decides. Members and keys are numbers; keys 30.. belong to nobody at first.
#[derive(Clone, Debug)]
enum Edit {
    Member(u8),
    Key { member: u8, key: u8 },
    Retire { member: u8, key: u8, at: u8 },
    Revoke { member: u8, key: u8, since: u8 },
    State { member: u8, state: u8 },
}

fn edits() -> impl Strategy<Value = Edit> {
    // Few of each, so that decisions meet.
    let (member, key) = (0..2_u8, 0..2_u8);
    prop_oneof![
        member.clone().prop_map(Edit::Member),
        (member.clone(), key.clone()).prop_map(|(member, key)| Edit::Key { member, key }),
        (member.clone(), key.clone(), 0..30_u8).prop_map(|(member, key, at)| Edit::Retire { member, key, at }),
        (member.clone(), key, 0..30_u8).prop_map(|(member, key, since)| Edit::Revoke { member, key, since }),
        (member, 0..3_u8).prop_map(|(member, state)| Edit::State { member, state }),
    ]
}

/// A decision, who signs it, and the day on which it is published.
type Step = (Edit, [bool; 3]);

#[derive(Clone, Debug, Default, PartialEq)]
struct Member {
    state: u8,
    keys: BTreeMap<u8, Life>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Life {
    added: u8,
    retired: Option<u8>,
    compromised: Option<u8>,
}

/// The whole truth, in thirty lines: what is published, and what may be staged.
#[derive(Clone, Debug, Default)]
struct Model(BTreeMap<u8, Member>);

impl Model {
    /// The registry after an edit; None if it may not be made.
    fn after(&self, edit: &Edit, today: u8) -> Option<Self> {
        let mut next = self.clone();
        match *edit {
            Edit::Member(m) => {
                if next.0.insert(m, Member::default()).is_some() {
                    return None;
                }
            }
            Edit::Key { member, key } => {
                let taken = self.0.values().any(|m| m.keys.contains_key(&key));
                let life = Life { added: today, ..Life::default() };
                // Who has left has left for good.
                next.0.get_mut(&member).filter(|m| !taken && m.state != 2)?.keys.insert(key, life);
            }
            Edit::Retire { member, key, at } => {
                let life = next.0.get_mut(&member)?.keys.get_mut(&key)?;
                if life.retired.replace(at).is_some_and(|was| was != at) {
                    return None;
                }
            }
            Edit::Revoke { member, key, since } => {
                let life = next.0.get_mut(&member)?.keys.get_mut(&key)?;
                if life.compromised.replace(since).is_some_and(|was| since > was) {
                    return None;
                }
            }
            Edit::State { member, state } => {
                next.0.get_mut(&member).filter(|m| m.state != 2 || state == 2)?.state = state;
            }
        }
        Some(next)
    }

    /// Whether a signature by a key counts on a day, without trusted time.
    fn accepts(&self, key: u8, today: u8) -> bool {
        let found = self.0.values().find_map(|m| m.keys.get(&key).map(|life| (m, life)));
        found.is_some_and(|(member, life)| {
            let over = life.retired.is_some_and(|at| day(at) <= day(today)) || life.compromised.is_some();
            member.state == 0 && day(life.added) <= day(today) && !over
        })
    }
}

fn id(member: u8) -> String {
    format!("m{member}")
}

/// Makes an edit in the real registry.
fn make(world: &World, edit: &Edit, today: u8) -> Result<(), vouchsafe::publish::Error> {
    let now = day(today);
    let keyid = |n: u8| key(30 + n).0.public().id().to_string();
    match *edit {
        Edit::Member(m) => world.forum.add_member(&id(m), &id(m), vec!["acme-*".into()], at("2019-01-01"), now),
        Edit::Key { member, key: n } => {
            world.forum.add_key(&id(member), &world.proof(&key(30 + n), &id(member)), now).map(drop)
        }
        Edit::Retire { member, key, at } => world.forum.retire_key(&id(member), &keyid(key), day(at), None, now),
        Edit::Revoke { member, key, since } => {
            world.forum.revoke_key(&id(member), &keyid(key), day(since), "x".into(), now)
        }
        Edit::State { member, state } => {
            let state = [MemberState::Active, MemberState::Suspended, MemberState::Left][usize::from(state)];
            world.forum.set_state(&id(member), state, now, None, now)
        }
    }
}

/// Signs with some seats, one of them twice, and publishes.
fn publish(world: &World, seats: [bool; 3], today: u8) -> Result<(), String> {
    let mut change = world.forum.need_staged().map_err(|e| e.code().to_owned())?;
    for (seat, signs) in world.board.iter().zip(seats) {
        if signs {
            change.sign(seat).unwrap();
            change.sign(seat).unwrap();
        }
    }
    world.forum.write_signatures(&change).unwrap();
    world.forum.publish(&world.online, day(today)).map(drop).map_err(|e| e.code().to_owned())
}

fn accepted(world: &World, n: u8, today: u8) -> bool {
    let mut draft = StatementDraft::default();
    draft.about("acme-1.0", &measured(b"release"));
    let envelope = signed(draft.other("https://example.com/x", &serde_json::json!({})), &[&key(30 + n)]);
    let candidates = vec![Candidate { source: String::new(), envelope: Ok(envelope), time: None, replay: None }];
    let evidence = Evidence { name: "acme-1.0".into(), candidates };
    let trust = world.trust_at(&day(today).to_string());
    verify(&measured(b"release"), evidence, &trust, &Policy::signature_only("x"), day(today)).is_ok()
}

fn not_older(was: &Versions, is: &Versions) {
    assert!(is.root >= was.root && is.targets >= was.targets, "{was:?} {is:?}");
    assert!(is.snapshot >= was.snapshot && is.timestamp >= was.timestamp, "{was:?} {is:?}");
}

/// How the members of a registry are kept.
#[derive(Clone, Copy, Debug)]
enum Kept {
    InTheTargets,
    InBins,
}

fn live(steps: Vec<Step>, kept: Kept) {
    let world = World::new();
    if let Kept::InBins = kept {
        world.forum.spread(1, day(0)).unwrap();
        publish(&world, [true, true, false], 0).unwrap();
    }
    let mut model = Model::default();
    let mut today = 0;
    let mut versions = *world.trust_at(&day(0).to_string()).versions();
    let mut revoked: BTreeSet<u8> = BTreeSet::new();
    for (edit, seats) in steps {
        today += 1;
        match (model.after(&edit, today), make(&world, &edit, today)) {
            (None, made) => assert!(made.is_err(), "{edit:?} was staged"),
            (Some(next), Err(error)) => {
                assert_eq!((error.code(), &next.0), ("nothing-to-change", &model.0), "{edit:?}: {error}");
            }
            (Some(next), Ok(())) => match publish(&world, seats, today) {
                Ok(()) => {
                    assert!(seats.iter().filter(|s| **s).count() >= 2, "published by too few: {seats:?}");
                    model = next;
                }
                Err(code) => {
                    assert_eq!((code.as_str(), seats.iter().filter(|s| **s).count() < 2), ("threshold-not-met", true));
                    world.forum.drop_staged().unwrap();
                }
            },
        }
        world.forum.refresh(&world.online, day(today)).unwrap();
        let is = *world.trust_at(&day(today).to_string()).versions();
        not_older(&versions, &is);
        versions = is;
        for n in 0..2 {
            assert_eq!(accepted(&world, n, today), model.accepts(n, today), "key {n} on day {today} in {model:?}");
            let dead = model.0.values().any(|m| m.keys.get(&n).is_some_and(|l| l.compromised.is_some()));
            assert!(dead || !revoked.contains(&n), "key {n} came back");
            revoked.extend(dead.then_some(n));
        }
    }
}

/// Mostly enough of the board, sometimes too few; never nobody.
fn seats() -> impl Strategy<Value = [bool; 3]> {
    prop_oneof![
        5 => Just([true, true, false]),
        2 => Just([true, true, true]),
        1 => Just([false, false, true]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_life_of_a_registry_departs_from_the_model(
        steps in proptest::collection::vec((edits(), seats()), 8..24)
    ) {
        live(steps, Kept::InTheTargets);
    }

    #[test]
    fn nor_does_one_with_bins(steps in proptest::collection::vec((edits(), seats()), 8..16)) {
        live(steps, Kept::InBins);
    }
}

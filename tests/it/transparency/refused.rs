//! Every reason for which a checkpoint or a proof is not believed, by its stable code.

use super::{Ideal, Party, leaf_data, proof_of, second, signed};
use vouchsafe::encoding::refusal::Coded;
use vouchsafe::encoding::{Class, Explain};
use vouchsafe::transparency::{
    Checkpoint, Code, Hash, LogPolicy, Note, Proof, Refusal, TrustedCheckpoint, only_grew, signed_checkpoint,
};

const ORIGIN: &str = "example.org/log";
const NOW: i64 = 1_800_000_000;

struct World {
    tree: Ideal,
    log: Party,
    witnesses: [Party; 3],
    policy: LogPolicy,
}

impl World {
    fn new() -> Self {
        let log = Party::log(ORIGIN, 1);
        let witnesses = [2, 3, 4].map(|n| Party::witness(&format!("w{n}.example"), n));
        let lines: String = (1..).zip(&witnesses).map(|(n, w)| format!("witness w{n} {}\n", w.vkey())).collect();
        let text = format!("log {}\n{lines}group g 2 w1 w2 w3\nquorum g\n", log.vkey());
        Self { tree: Ideal::new(50), log, witnesses, policy: LogPolicy::parse(text.as_bytes()).unwrap() }
    }
    fn cosigned(&self, size: u64, by: &[usize]) -> Note {
        let mut note = signed(&self.log, &self.tree.checkpoint(ORIGIN, size));
        by.iter().for_each(|n| self.witnesses[*n].cosign(&mut note, second(NOW + i64::try_from(*n).unwrap())));
        note
    }
    fn trust(&self, note: &Note) -> Result<TrustedCheckpoint, Refusal> {
        self.policy.trust(note, second(NOW + 60))
    }
    fn proof(&self) -> Proof {
        proof_of(&self.tree, 7, 20, self.cosigned(20, &[0, 1]))
    }
}

fn code<T>(result: Result<T, Refusal>) -> &'static str {
    result.err().map_or("none", |refusal| refusal.code())
}

#[test]
fn a_cosigned_proof_is_believed_and_its_time_is_the_quorums() {
    let world = World::new();
    let included = world.policy.includes(Hash::leaf(&leaf_data(7)), &world.proof(), second(NOW + 60)).unwrap();
    assert_eq!((included.index(), included.checkpoint().checkpoint().size), (7, 20));
    assert_eq!(included.time().unwrap().at(), second(NOW + 1), "the second of two, when both had");
    assert!(included.time().unwrap().because().contains("w1, w2"), "{}", included.time().unwrap().because());
    let all = world.trust(&world.cosigned(20, &[2, 0, 1])).unwrap();
    assert_eq!(all.time().unwrap().at(), second(NOW + 1), "a third cannot make it later");
    assert_eq!(all.cosigned().iter().map(|c| c.witness.as_str()).collect::<Vec<_>>(), ["w1", "w2", "w3"]);
}

#[test]
fn log_malformed() {
    let world = World::new();
    let mut note = Note::unsigned("example.org/log\n20\n".into()).unwrap();
    world.log.sign(&mut note);
    let refusal = world.trust(&note).unwrap_err();
    assert_eq!((refusal.code(), refusal.class()), ("log-malformed", Class::Undecided));
    // An empty tree with another root than the empty tree's, well signed.
    let impossible = signed(&world.log, &Checkpoint::new(ORIGIN, 0, world.tree.root(1)));
    assert_eq!(code(world.trust(&impossible)), "log-malformed");
    assert_eq!(code(signed_checkpoint(&impossible, &world.log.public)), "log-malformed");
    assert!(signed_checkpoint(&world.cosigned(0, &[]), &world.log.public).is_ok());
}

#[test]
fn origin_unknown() {
    let world = World::new();
    let other = signed(&world.log, &world.tree.checkpoint("example.org/other", 20));
    let refusal = world.trust(&other).unwrap_err();
    assert_eq!((refusal.code(), refusal.class()), ("origin-unknown", Class::Refused));
    assert_eq!((refusal.expected(), refusal.got()), (ORIGIN.into(), "example.org/other".into()));
    let here = world.tree.checkpoint(ORIGIN, 20);
    assert_eq!(code(only_grew(&here, &world.tree.checkpoint("example.org/other", 20), &[])), "origin-unknown");
}

#[test]
fn checkpoint_unsigned() {
    let world = World::new();
    let mut note = Note::unsigned(world.tree.checkpoint(ORIGIN, 20).to_text()).unwrap();
    world.witnesses.iter().for_each(|w| w.cosign(&mut note, second(NOW)));
    assert_eq!(code(world.trust(&note)), "checkpoint-unsigned", "witnesses do not stand in for the log");
    // Somebody else under the log's name has another key id.
    Party::log(ORIGIN, 99).sign(&mut note);
    assert_eq!(code(world.trust(&note)), "checkpoint-unsigned");
}

#[test]
fn checkpoint_forged() {
    let world = World::new();
    let good = world.cosigned(20, &[0, 1]);
    let moved = |from: &Note| {
        let mut note = Note::unsigned(world.tree.checkpoint(ORIGIN, 21).to_text()).unwrap();
        from.signatures().iter().for_each(|line| note.add(line.clone()));
        note
    };
    assert_eq!(code(world.trust(&moved(&good))), "checkpoint-forged", "signatures of another checkpoint");
    let mut note = moved(&good.only(|line| line.name != ORIGIN));
    world.log.sign(&mut note);
    assert_eq!(code(world.trust(&note)), "checkpoint-forged", "the log signed, the witnesses did not");
    let mut note = good.clone();
    note.add(world.log.public.line(vec![0; 64]));
    assert_eq!(code(world.trust(&note)), "checkpoint-forged", "a good signature of the log, and a bad one");
}

#[test]
fn witnesses_missing() {
    let world = World::new();
    assert_eq!(code(world.trust(&world.cosigned(20, &[0, 2]))), "none");
    for by in [&[][..], &[0], &[1], &[2], &[1, 1]] {
        let refusal = world.trust(&world.cosigned(20, by)).unwrap_err();
        assert_eq!(refusal.code(), "witnesses-missing", "{by:?}");
        assert_eq!(refusal.expected(), "2 of g (w1, w2, w3)");
    }
    // Every cosignature that is taken away, and every one from the future, is one less.
    let all = world.cosigned(20, &[0, 1]);
    for name in ["w2.example", "w3.example"] {
        assert_eq!(code(world.trust(&all.only(|line| line.name != name))), "witnesses-missing");
    }
    let mut note = world.cosigned(20, &[0]);
    world.witnesses[1].cosign(&mut note, second(NOW + 60 + 301));
    assert_eq!(code(world.trust(&note)), "witnesses-missing", "a clock more than five minutes ahead");
    let mut note = world.cosigned(20, &[0]);
    world.witnesses[1].cosign(&mut note, second(NOW + 60 + 300));
    assert_eq!(code(world.trust(&note)), "none");
    // One that states no time says nothing of when.
    let mut note = world.cosigned(20, &[0]);
    world.witnesses[1].cosign(&mut note, second(0));
    assert_eq!(code(world.trust(&note)), "witnesses-missing");
    // A witness nobody asked for.
    let mut note = world.cosigned(20, &[0]);
    Party::witness("w9.example", 9).cosign(&mut note, second(NOW));
    assert_eq!(code(world.trust(&note)), "witnesses-missing");
}

#[test]
fn inclusion_wrong() {
    let world = World::new();
    let (leaf, good) = (Hash::leaf(&leaf_data(7)), world.proof());
    let includes = |leaf, proof: &Proof| world.policy.includes(leaf, proof, second(NOW + 60));
    assert_eq!(code(includes(leaf, &good)), "none");
    assert_eq!(code(includes(Hash::leaf(&leaf_data(8)), &good)), "inclusion-wrong", "another entry");
    for index in [6, 8, 19, 20, u64::MAX] {
        assert_eq!(code(includes(leaf, &Proof { index, ..good.clone() })), "inclusion-wrong", "at {index}");
    }
    let empty = proof_of(&world.tree, 0, 1, world.cosigned(0, &[0, 1]));
    assert_eq!(code(includes(Hash::leaf(&leaf_data(0)), &empty)), "inclusion-wrong", "nothing is in an empty log");
    let later = Proof { note: world.cosigned(21, &[0, 1]), ..good };
    assert_eq!(code(includes(leaf, &later)), "inclusion-wrong", "a proof for a smaller tree");
}

#[test]
fn log_rolled_back_and_log_forked() {
    let world = World::new();
    let at = |size| world.tree.checkpoint(ORIGIN, size);
    let grew =
        |old: u64, new: u64| only_grew(&at(old), &at(new), &world.tree.tree(new).consistency(old).unwrap_or_default());
    assert_eq!(code(grew(20, 50)), "none");
    assert_eq!(code(grew(0, 50)), "none");
    assert_eq!(code(grew(20, 20)), "none");
    assert_eq!(code(grew(20, 19)), "log-rolled-back");
    assert_eq!(code(grew(20, 0)), "log-rolled-back");

    let mut leaves = world.tree.leaves().to_vec();
    leaves[3] = leaves[4];
    let fork = Ideal::of(leaves);
    let proof = |new: u64| fork.tree(new).consistency(20).unwrap();
    assert_eq!(code(only_grew(&at(20), &fork.checkpoint(ORIGIN, 50), &proof(50))), "log-forked");
    assert_eq!(code(only_grew(&at(20), &fork.checkpoint(ORIGIN, 20), &proof(20))), "log-forked");
    assert_eq!(code(only_grew(&at(20), &at(50), &[])), "log-forked", "no proof is no proof");
    assert_eq!(code(only_grew(&at(3), &fork.checkpoint(ORIGIN, 50), &fork.tree(50).consistency(3).unwrap())), "none");
}

/// Whoever reads a whole log compares this root with the checkpoint's, and says `tile-wrong` if they differ.
#[test]
fn tile_wrong() {
    let world = World::new();
    for (at, bit) in (0..50).zip((0..8).cycle()) {
        let mut leaves = world.tree.leaves().to_vec();
        leaves[at][31] ^= 1 << bit;
        let tampered = Ideal { levels: vec![leaves] };
        assert_ne!(tampered.tree(50).root().unwrap(), world.tree.root(50), "hash {at}, bit {bit}");
        assert_ne!(tampered.tree(50).frontier().unwrap().root(), world.tree.root(50));
        let proof = proof_of(&tampered, 7, 50, world.cosigned(50, &[0, 1]));
        let included = world.policy.includes(Hash::leaf(&leaf_data(7)), &proof, second(NOW + 60));
        // A proof from a tampered tile is caught, unless the very hash that it does not need was changed.
        assert_eq!(code(included), if at == 7 { "none" } else { "inclusion-wrong" });
    }
    assert_eq!((Code::TileWrong.as_str(), Code::TileWrong.class()), ("tile-wrong", Class::Refused));
}

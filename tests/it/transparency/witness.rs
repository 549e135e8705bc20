//! What a witness decides: the statuses of its specification, and that it never signs two roots at one size.

use super::{Ideal, Party, signed};
use std::collections::BTreeMap;
use vouchsafe::transparency::witness::{AddCheckpoint, MAX_REQUEST, NotCosigned};
use vouchsafe::transparency::{Checkpoint, Hash, Note, NoteKey, Signature};

const ORIGIN: &str = "example.org/log";

fn request(tree: &Ideal, log: &Party, old: u64, new: u64) -> AddCheckpoint {
    let proof = tree.tree(new).consistency(old).unwrap_or_default();
    AddCheckpoint { old, proof, note: signed(log, &tree.checkpoint(ORIGIN, new)) }
}

/// The status, and the size that a conflict tells.
fn status(request: &AddCheckpoint, keys: &[NoteKey], last: Option<&Checkpoint>) -> (u16, Option<u64>) {
    match request.judge(keys, last) {
        Ok(_) => (200, None),
        Err(no @ NotCosigned::Conflict(size)) => (no.status(), Some(size)),
        Err(no) => (no.status(), None),
    }
}

#[test]
fn the_statuses_of_the_specification_in_its_order() {
    let (tree, log) = (Ideal::new(60), Party::log(ORIGIN, 1));
    let keys = [log.public.clone(), Party::log("example.org/other", 2).public];
    let last = tree.checkpoint(ORIGIN, 20);
    let judge = |r: &AddCheckpoint| status(r, &keys, Some(&last));
    assert_eq!(judge(&request(&tree, &log, 20, 60)), (200, None));
    assert_eq!(judge(&request(&tree, &log, 20, 20)), (200, None), "the same tree again");
    assert_eq!(status(&request(&tree, &log, 0, 60), &keys, None), (200, None), "the first time");
    assert_eq!(status(&request(&tree, &log, 0, 0), &keys, None), (200, None), "an empty tree");

    // 404, though the key is known: the origin decides; 403 before anything that the checkpoint says is looked at.
    let other = signed(&log, &tree.checkpoint("example.org/unknown", 60));
    assert_eq!(judge(&AddCheckpoint { note: other, ..request(&tree, &log, 61, 60) }), (404, None));
    let good = request(&tree, &log, 20, 60);
    let unsigned = AddCheckpoint { old: 61, note: good.note.only(|_| false), ..good.clone() };
    assert_eq!(judge(&unsigned), (403, None), "no signature at all");
    let mut note = good.note.clone();
    note.add(log.public.line(vec![0; 64]));
    assert_eq!(judge(&AddCheckpoint { note, ..good.clone() }), (403, None), "a good signature and a bad one");
    let mut note = good.note.clone();
    note.add(Signature { name: ORIGIN.into(), id: 7, bytes: vec![0; 64] });
    assert_eq!(judge(&AddCheckpoint { note, ..good.clone() }), (200, None), "a key that is not known");
    let stranger = signed(&Party::log(ORIGIN, 9), &tree.checkpoint(ORIGIN, 60));
    assert_eq!(judge(&AddCheckpoint { note: stranger, ..good.clone() }), (403, None));

    // 400 before 409 before 422.
    assert_eq!(judge(&AddCheckpoint { old: 61, ..good.clone() }), (400, None), "old is more than the tree has");
    assert_eq!(judge(&request(&tree, &log, 10, 60)), (409, Some(20)));
    assert_eq!(judge(&request(&tree, &log, 0, 60)), (409, Some(20)), "a client that does not know");
    assert_eq!(judge(&request(&tree, &log, 10, 15)), (409, Some(20)), "smaller than what was cosigned");
    assert_eq!(status(&good, &keys, None), (409, Some(0)), "nothing was cosigned yet");
    assert_eq!(judge(&request(&tree, &log, 21, 60)), (409, Some(20)));

    assert_eq!(judge(&AddCheckpoint { proof: vec![], ..good.clone() }), (422, None));
    let nothing = AddCheckpoint { proof: vec![Hash::of_nothing()], ..request(&tree, &log, 0, 60) };
    assert_eq!(status(&nothing, &keys, None), (422, None), "the proof from nothing is empty");
    let again = AddCheckpoint { proof: vec![Hash::of_nothing()], ..request(&tree, &log, 20, 20) };
    assert_eq!(judge(&again), (422, None), "and from a tree to itself");
    let fork = Ideal::of(tree.leaves().iter().rev().copied().collect());
    assert_eq!(judge(&request(&fork, &log, 20, 60)), (422, None));
    assert_eq!(judge(&request(&fork, &log, 20, 20)), (422, None), "another root at the same size");
    let empty = signed(&log, &Checkpoint::new(ORIGIN, 0, tree.root(1)));
    let empty = AddCheckpoint { old: 0, proof: vec![], note: empty };
    assert_eq!(status(&empty, &keys, None), (422, None), "an empty tree with another root");
    assert_eq!(judge(&empty), (409, Some(20)), "which does not hide a conflict");
    let short = AddCheckpoint { note: Note::unsigned("example.org/log\n1\n".into()).unwrap(), ..good };
    assert_eq!(judge(&short), (400, None), "no checkpoint");
}

#[test]
fn a_request_is_read_as_it_was_written() {
    let (tree, log) = (Ideal::new(60), Party::log(ORIGIN, 1));
    for old in [0, 20, 60] {
        let good = request(&tree, &log, old, 60);
        assert_eq!(AddCheckpoint::parse(good.to_string().as_bytes()).unwrap(), good);
        assert_eq!(good.origin().unwrap(), ORIGIN);
    }
    let text = request(&tree, &log, 20, 60).to_string();
    let hash = format!("{}\n", Hash::of_nothing());
    for (from, to) in [
        ("old 20", "old 020"),
        ("old 20", "old +20"),
        ("old 20", "old -1"),
        ("old 20", "Old 20"),
        ("old 20", "old 0x14"),
        ("old 20\n", ""),
        ("old 20\n", "old 20\n\n"),
        ("old 20\n", "old 20\nAAAA\n"),
        ("old 20\n", "old 20 \n"),
        ("old 20\n", "old 20\r\n"),
        ("\n\nexample", "\nexample"),
        ("old 20\n", &format!("old 20\n{}", hash.repeat(63))),
        ("old 20", "old 18446744073709551616"),
    ] {
        assert!(text.contains(from));
        assert!(AddCheckpoint::parse(text.replacen(from, to, 1).as_bytes()).is_err(), "{from:?} as {to:?}");
    }
    let full = AddCheckpoint { old: 0, proof: vec![Hash::of_nothing(); 63], ..request(&tree, &log, 0, 60) };
    assert_eq!(AddCheckpoint::parse(full.to_string().as_bytes()).unwrap(), full, "63 hashes are the most");
    assert!(AddCheckpoint::parse(&vec![b'a'; MAX_REQUEST + 1]).is_err());
}

#[test]
fn a_witness_never_signs_two_roots_at_one_size() {
    let log = Party::log(ORIGIN, 1);
    let keys = [log.public.clone()];
    let honest = Ideal::new(80);
    // Five truths, that part at one leaf each.
    let truths: Vec<Ideal> = [80, 0, 5, 31, 60]
        .iter()
        .map(|at| {
            let parted =
                honest.leaves().iter().enumerate().map(|(n, leaf)| if n >= *at { [n as u8 + 1; 32] } else { *leaf });
            Ideal::of(parted.collect())
        })
        .collect();
    let mut seed = 11_u64;
    let mut below = |end: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % end
    };
    let (mut cosigned, mut refused) = (0, BTreeMap::new());
    for _ in 0..40 {
        let (mut last, mut signed_at): (Option<Checkpoint>, BTreeMap<u64, Hash>) = (None, BTreeMap::new());
        for _ in 0..60 {
            let known = last.as_ref().map_or(0, |l| l.size);
            let new = (known + below(6)).saturating_sub(below(3)).min(80);
            let old = if below(4) > 0 { known } else { below(81) };
            let tree = &truths[if below(3) > 0 { 0 } else { usize::try_from(below(5)).unwrap() }];
            let mut asked = request(tree, &log, old.min(new), new);
            asked.old = old;
            match below(12) {
                0 => asked.proof.push(Hash::of_nothing()),
                1 => drop(asked.proof.pop()),
                2 => asked.proof = honest.tree(new).consistency(known.min(new)).unwrap(),
                _ => {}
            }
            match asked.judge(&keys, last.as_ref()) {
                Ok(checkpoint) => {
                    cosigned += 1;
                    assert!(checkpoint.size >= known, "smaller than what was cosigned");
                    let before = signed_at.insert(checkpoint.size, checkpoint.root);
                    assert!(before.is_none_or(|root| root == checkpoint.root), "two roots at {}", checkpoint.size);
                    // All that was ever cosigned is one history.
                    let history = truths.iter().any(|t| signed_at.iter().all(|(size, root)| t.root(*size) == *root));
                    assert!(history, "{signed_at:?}");
                    last = Some(checkpoint);
                }
                Err(no) => *refused.entry(no.status()).or_insert(0) += 1,
            }
        }
    }
    assert!(cosigned > 300, "{cosigned} cosigned");
    for status in [400, 409, 422] {
        assert!(refused.get(&status).is_some_and(|n| *n > 50), "{refused:?}");
    }
}

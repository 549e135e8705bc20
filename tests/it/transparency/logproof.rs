//! Proofs as files: read back as they were written, and good for one entry in one checkpoint only.

use super::{Ideal, Party, leaf_data, proof_of, second, signed};
use vouchsafe::transparency::{Hash, LogPolicy, Proof};

const ORIGIN: &str = "example.org/log";

fn world() -> (Ideal, LogPolicy, Proof) {
    let (log, w1, w2) = (Party::log(ORIGIN, 1), Party::witness("w1", 2), Party::witness("w2", 3));
    let text =
        format!("log {}\nwitness a {}\nwitness b {}\ngroup g all a b\nquorum g\n", log.vkey(), w1.vkey(), w2.vkey());
    let tree = Ideal::new(20);
    let mut note = signed(&log, &tree.checkpoint(ORIGIN, 13));
    w1.cosign(&mut note, second(1_800_000_000));
    w2.cosign(&mut note, second(1_800_000_007));
    let proof = proof_of(&tree, 6, 13, note);
    (tree, LogPolicy::parse(text.as_bytes()).unwrap(), proof)
}

#[test]
fn every_bit_of_a_proof_file_matters() {
    let (_, policy, proof) = world();
    let (now, leaf) = (second(1_800_000_100), Hash::leaf(&leaf_data(6)));
    let file = proof.to_string().into_bytes();
    let included = |bytes: &[u8], leaf| Proof::parse(bytes).ok().and_then(|p| policy.includes(leaf, &p, now).ok());
    assert_eq!(included(&file, leaf).unwrap().index(), 6);
    for bit in 0..file.len() * 8 {
        let mut changed = file.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(included(&changed, leaf).is_none(), "bit {bit}: {}", String::from_utf8_lossy(&changed));
    }
    for bit in 0..leaf_data(6).len() * 8 {
        let mut changed = leaf_data(6);
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(included(&file, Hash::leaf(&changed)).is_none(), "bit {bit} of the leaf");
    }
    for end in 0..file.len() {
        assert!(included(&file[..end], leaf).is_none(), "cut at {end}");
    }
}

#[test]
fn a_proof_is_read_as_it_was_written() {
    let (_, _, proof) = world();
    let text = proof.to_string();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nindex 6\n"));
    assert_eq!(Proof::parse(text.as_bytes()).unwrap(), proof);
    // Extra data is read over: nobody signed it.
    let extra = |line: &str| Proof::parse(text.replacen("index", &format!("{line}\nindex"), 1).as_bytes());
    assert_eq!(extra("extra aGVsbG8=").unwrap(), proof);
    assert_eq!(extra("extra ").unwrap(), proof);
    for wrong in [
        "extra",
        "extra aGVsbG8",
        "extra extra aGVsbG8=",
        "extra  aGVsbG8=",
        "extra aGVsbG8=\nextra aGVsbG8=",
        "more aGVsbG8=",
    ] {
        assert!(extra(wrong).is_err(), "{wrong}");
    }
    let swap = |from: &str, to: &str| {
        assert!(text.contains(from));
        Proof::parse(text.replacen(from, to, 1).as_bytes())
    };
    for (from, to) in [
        ("index 6", "index 06"),
        ("index 6", "index +6"),
        ("index 6", "index -6"),
        ("index 6", "index"),
        ("index 6\n", ""),
        ("index 6", "index 18446744073709551616"),
        ("@v1", "@v2"),
        ("@v1\n", "@v1\r\n"),
        ("index 6\n", "index 6\n\n"),
        ("\n\nexample", "\nexample"),
        ("index 6\n", "index 6\nAAAA\n"),
        ("index 6\n", "index 6 \n"),
    ] {
        assert!(swap(from, to).is_err(), "{from:?} as {to:?}");
    }
    let hash = format!("{}\n", Hash::of_nothing());
    assert!(swap("index 6\n", &format!("index 6\n{}", hash.repeat(60))).is_err(), "more hashes than any tree needs");
    assert_eq!(swap("index 6", "index 18446744073709551615").unwrap().index, u64::MAX);
    let none = Proof { hashes: Vec::new(), ..proof };
    assert_eq!(Proof::parse(none.to_string().as_bytes()).unwrap(), none, "a tree of one leaf needs no hashes");
}

//! Published probes for proofs: good ones, and each spoiled in every way its authors thought of.
//! tests/vectors/transparency/PROVENANCE.md says where they are from.

use serde_json::Value;
use vouchsafe::encoding::base64;
use vouchsafe::transparency::{Hash, is_consistent, root_of_inclusion};

fn probes(file: &str) -> Vec<Value> {
    let path = format!("{}/tests/vectors/transparency/{file}", env!("CARGO_MANIFEST_DIR"));
    vouchsafe::encoding::json::parse(&std::fs::read(path).unwrap(), 1 << 24, "vectors").unwrap()
}

/// None if it is no hash: a proof file with such a line is not read at all.
fn hash(value: &Value) -> Option<Hash> {
    Hash::from_bytes(&base64::decode(value.as_str().unwrap_or_default(), "probe").unwrap())
}

/// Roots that do not matter are words in the probes; each word is a hash of its own here.
fn root(value: &Value) -> Hash {
    hash(value).unwrap_or_else(|| Hash::leaf(value.as_str().unwrap_or_default().as_bytes()))
}

fn proof(value: &Value) -> Option<Vec<Hash>> {
    value.as_array().into_iter().flatten().map(hash).collect()
}

/// Sizes and indices below nought wrapped around in the probes' own tests; they are no numbers here.
fn number(value: &Value) -> Option<u64> {
    value.as_u64()
}

fn judged(file: &str, is_good: impl Fn(&Value) -> Option<bool>) {
    let all = probes(file);
    let good = |probe: &Value| is_good(probe).unwrap_or(false);
    let wrong: Vec<_> = all.iter().filter(|p| good(p) == p["wantErr"].as_bool().unwrap()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!((all.len(), all.iter().filter(|p| good(p)).count()), (98, 6));
}

#[test]
fn transparency_devs_probes_of_inclusion() {
    judged("inclusion.json", |p| {
        let root = root_of_inclusion(
            hash(&p["leafHash"])?,
            number(&p["leafIdx"])?,
            number(&p["treeSize"])?,
            &proof(&p["proof"])?,
        );
        Some(root? == hash(&p["root"])?)
    });
}

/// Theirs calls a proof from the empty tree meaningless; tlog-witness says that any tree begins with it.
const FROM_NOTHING: &str = "consistency/additional/size1-is-zero-and-size2-is-not-zero.json";

#[test]
fn transparency_devs_probes_of_consistency() {
    judged("consistency.json", |p| {
        let old = (number(&p["size1"])?, root(&p["root1"]));
        let good = is_consistent(old, (number(&p["size2"])?, root(&p["root2"])), &proof(&p["proof"])?);
        assert!(p["file"] != FROM_NOTHING || good, "the one in which we differ");
        Some(good && p["file"] != FROM_NOTHING)
    });
}

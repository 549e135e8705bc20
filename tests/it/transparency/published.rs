//! Published examples: the classic tree of eight leaves of Certificate Transparency, the notes of the specification
//! and of Go's checksum database, and what Rekor v2 really logged.

use super::{Bytes, hash};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use vouchsafe::encoding::base64;
use vouchsafe::key::PublicKey;
use vouchsafe::transparency::{
    Checkpoint, Frontier, Hash, Note, NoteKey, Scheme, Signed, root_of_inclusion, signed_checkpoint,
};

const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn the_eight_leaves_of_certificate_transparency() {
    let mut frontier = Frontier::default();
    for (leaf, root) in LEAVES.iter().map(Some).chain([None]).zip(ROOTS) {
        assert_eq!(hex::encode(frontier.root().as_bytes()), root, "{} leaves", frontier.size());
        if let Some(leaf) = leaf {
            frontier.append(Hash::leaf(&hex::decode(leaf).unwrap()));
        }
    }
}

#[test]
fn the_notes_of_the_specification_and_of_go() {
    let notes = [
        (
            "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n",
        ),
        (
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n\u{2014} EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n",
        ),
    ];
    for (vkey, text) in notes {
        let (key, note) = (NoteKey::parse(vkey).unwrap(), Note::parse(text.as_bytes()).unwrap());
        assert_eq!(key.to_string(), vkey);
        assert_eq!(note.to_string(), text);
        assert_eq!(key.signed(&note), Signed::Good(None));
        let changed = Note::parse(text.replacen("is", "iS", 1).as_bytes()).unwrap();
        assert_eq!(key.signed(&changed), Signed::Bad);
    }
    // A text may hold empty lines: the last one separates.
    let poem = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned \u{e8} subito sera.\n";
    let line = "\u{2014} quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=";
    let note = Note::parse(format!("{poem}\n{line}\n").as_bytes()).unwrap();
    assert_eq!((note.text(), note.signatures().len()), (poem, 1));
    assert_eq!((note.signatures()[0].id, note.signatures()[0].to_string()), (0x367b_a04b, line.to_owned()));
}

#[test]
fn a_tree_head_as_gos_checksum_database_writes_it() {
    let text = "go.sum database tree\n123456789012\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n";
    let head = Checkpoint::parse(text).unwrap();
    assert_eq!(head, Checkpoint::new("go.sum database tree", 123_456_789_012, Hash::leaf(b"hello world")));
    assert_eq!(head.to_text(), text);
    for bad in [
        text.replace("123456789012", "0xabcdef"),
        text.replace("BrwBb0=", "BTOOBIG="),
        text.replace("Bb0=", "BTOOBIG="),
        text.replace("123456789012", "0123456789012"),
        text.replace("123456789012", "+123456789012"),
        text.replace("123456789012", "-1"),
        text.replace("123456789012", "18446744073709551616"),
        text.replacen("go.sum database tree", "", 1),
        text.trim_end().to_owned(),
        format!("{text}\n"),
        format!("{text}\nmore\n"),
    ] {
        assert!(bad == text || Checkpoint::parse(&bad).is_err(), "{bad:?}");
    }
    let extended = Checkpoint::parse(&format!("{text}more\nand more\n")).unwrap();
    assert_eq!(extended.extensions, ["more", "and more"]);
    assert_eq!(extended.to_text(), format!("{text}more\nand more\n"));
}

fn rekor(file: &str) -> Value {
    let path = format!("{}/tests/vectors/transparency/{file}", env!("CARGO_MANIFEST_DIR"));
    vouchsafe::encoding::json::parse(&std::fs::read(path).unwrap(), 1 << 24, "vectors").unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    base64::decode_standard(value.as_str().unwrap(), "vector").unwrap()
}

fn number(value: &Value) -> u64 {
    value.as_str().unwrap().parse().unwrap()
}

/// The keys of the logs of a trusted root, each under its origin, and the id that the trusted root gives it.
fn logs(file: &Value) -> Vec<(NoteKey, String)> {
    let key = |log: &Value| {
        let key = PublicKey::from_spki_der(&bytes(&log["rawBytes"])).unwrap();
        let origin = log["baseUrl"].as_str().unwrap().trim_start_matches("https://");
        (NoteKey::new(origin, Scheme::Ed25519(key)).unwrap(), log["keyId"].as_str().unwrap().to_owned())
    };
    file["logs"].as_array().unwrap().iter().map(key).collect()
}

#[test]
fn what_rekor_v2_logged_is_included_in_the_checkpoint_that_its_key_signed() {
    for file in ["rekor2-hashedrekord.json", "rekor2-dsse.json"] {
        let file = rekor(file);
        let (entry, proof) = (&file["entry"], &file["entry"]["inclusionProof"]);
        let note = Note::parse(proof["checkpoint"]["envelope"].as_str().unwrap().as_bytes()).unwrap();
        let key_id = entry["logId"]["keyId"].as_str().unwrap();
        // A bundle names the log by all 32 bytes of what a note's key id is the first four of.
        let logs = logs(&file);
        let (key, stated) = logs.iter().find(|(key, _)| base64::encode(&key.log_id()) == key_id).unwrap();
        assert_eq!(stated, key_id);
        assert_eq!(bytes(&entry["logId"]["keyId"])[..4], key.id().to_be_bytes());

        let checkpoint = signed_checkpoint(&note, key).unwrap();
        assert_eq!(
            (checkpoint.size, checkpoint.root),
            (number(&proof["treeSize"]), Hash::parse(proof["rootHash"].as_str().unwrap()).unwrap())
        );
        let hashes: Vec<Hash> =
            proof["hashes"].as_array().unwrap().iter().map(|h| Hash::parse(h.as_str().unwrap()).unwrap()).collect();
        let leaf = Hash::leaf(&bytes(&entry["canonicalizedBody"]));
        assert_eq!(
            root_of_inclusion(leaf, number(&entry["logIndex"]), checkpoint.size, &hashes),
            Some(checkpoint.root)
        );
        assert!(logs.iter().all(|(k, _)| k.id() == key.id() || signed_checkpoint(&note, k).is_err()));
    }
}

#[test]
fn rekor_v2_logs_the_digest_of_the_pre_authentication_encoding() {
    let file = rekor("rekor2-dsse.json");
    let body: Value =
        vouchsafe::encoding::json::parse(&bytes(&file["entry"]["canonicalizedBody"]), 1 << 20, "body").unwrap();
    let (kind, payload) = (file["content"]["payloadType"].as_str().unwrap(), bytes(&file["content"]["payload"]));
    let encoded = [format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes(), payload].concat();
    let digest: Bytes = Sha256::digest(encoded).into();
    assert_eq!(
        hash(&digest),
        Hash::parse(body["spec"]["hashedRekordV002"]["data"]["digest"].as_str().unwrap()).unwrap()
    );
    assert_eq!(file["content"]["signatures"][0]["sig"], body["spec"]["hashedRekordV002"]["signature"]["content"]);
}

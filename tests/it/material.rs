//! The public material of keys/ is what its README says.

use std::path::{Path, PathBuf};
use vouchsafe::key::PublicKey;
use vouchsafe::registry::{Fingerprint, Metadata, board, tuf_key_id};
use vouchsafe::verify::{DEFAULT_POLICY, Policy};

fn keys(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("keys").join(name)
}

#[test]
fn the_example_root_is_signed_by_its_board_and_named_by_its_fingerprint() {
    let bytes = std::fs::read(keys("example-forum.root.json")).unwrap();
    let root = Metadata::parse(&bytes).unwrap();
    let board = board(root.signed()).unwrap();
    let signers = board.quorum.agree(&root.canonical().unwrap(), &root.votes()).unwrap();
    assert_eq!((signers.principals().len(), board.keys.len()), (2, 3));
    let readme = std::fs::read_to_string(keys("README.md")).unwrap();
    assert_eq!(readme.matches(Fingerprint::of(&bytes).as_str()).count(), 2);
    for seat in ["board1", "board2", "board3"] {
        let key =
            PublicKey::from_pem(&std::fs::read_to_string(keys(&format!("example-{seat}.pub.pem"))).unwrap()).unwrap();
        assert!(board.keys.contains_key(&tuf_key_id(&key)), "{seat}");
    }
    let online = PublicKey::from_pem(&std::fs::read_to_string(keys("example-online.pub.pem")).unwrap()).unwrap();
    assert_eq!(board.online, [tuf_key_id(&online)]);
    PublicKey::from_pem(&std::fs::read_to_string(keys("example-log.pub.pem")).unwrap()).unwrap();
}

#[test]
fn the_example_policy_is_the_default_one_and_can_be_used() {
    let text = std::fs::read_to_string(keys("example-policy.toml")).unwrap();
    assert_eq!(text, DEFAULT_POLICY);
    Policy::parse("example", text.as_bytes()).unwrap();
}

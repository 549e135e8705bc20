//! Codes that take some doing: faults of keys, devices, clocks, folders and environments.

use crate::run::{program, vouchsafe};
use crate::scene::{ACME, Scene};
use crate::world::*;
use std::cell::Cell;
use vouchsafe::attestation::StatementDraft;
use vouchsafe::encoding::Explain;
use vouchsafe::key::{PublicKey, SecretKey};
use vouchsafe::publish::attest;
use vouchsafe::signer::{FileSigner, PassphraseSource, Signer, SignerError, sign_checked};

/// A device that signs with another key than the one it shows. No honest device can be made to do this.
struct Faulty {
    shown: Key,
    signs: Key,
}

impl Signer for Faulty {
    fn public(&self) -> &PublicKey {
        self.shown.0.public()
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.signs.0.sign(message))
    }
}

/// A device that shows another key after it has signed.
struct Turncoat(Key, Key, Cell<u32>);

impl Signer for Turncoat {
    fn public(&self) -> &PublicKey {
        let turned = self.2.get() > 2;
        self.2.set(self.2.get() + 1);
        if turned { self.1.0.public() } else { self.0.0.public() }
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.0.0.sign(message))
    }
}

#[test]
fn a_faulty_device_publishes_nothing() {
    let faulty = Faulty { shown: key(1), signs: key(2) };
    assert_eq!(sign_checked(&faulty, b"m").unwrap_err().code(), "signature-faulty");
    let mut draft = StatementDraft::default();
    draft.about("acme-1.0", &measured(b"release"));
    let payload = draft.practices(&predicate());
    let codes: Vec<&str> = (0..6)
        .filter_map(|n| attest::sign(&draft, payload.clone(), &Turncoat(key(1), key(2), Cell::new(n))).err())
        .map(|e| e.code())
        .collect();
    assert!(codes.contains(&"self-check-failed"), "{codes:?}");
}

#[test]
fn keys_that_are_not() {
    let weak = PublicKey::from_ed25519(&[0; 32]).unwrap_err();
    assert_eq!(weak.code(), "key-weak");
    assert_eq!(SecretKey::from_pem("no key", None).unwrap_err().code(), "key-malformed");
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(program("ssh-keygen", folder.path(), ["-q", "-t", "ed25519", "-N", "", "-f", "foreign"], b"").exit, 0);
    let nobody = PassphraseSource::default();
    assert_eq!(FileSigner::open(&folder.path().join("foreign"), &nobody).unwrap_err().code(), "key-not-imported");
    for name in ["one", "two"] {
        let made = vouchsafe(folder.path(), ["key", "generate", "--no-passphrase", "--out", &format!("{name}.pem")]);
        assert_eq!(made.exit, 0, "{made:?}");
    }
    std::fs::copy(folder.path().join("two.pub.pem"), folder.path().join("one.pub.pem")).unwrap();
    assert_eq!(FileSigner::open(&folder.path().join("one.pem"), &nobody).unwrap_err().code(), "key-pair-mismatch");
}

#[test]
fn clocks_and_time() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("acme-1.0"), "release").unwrap();
    let verify = |world: &World| {
        let forum = world.forum.published_path();
        vouchsafe(folder.path(), ["verify", "acme-1.0", "--trust", forum.to_str().unwrap(), "--home", "none"])
    };
    // This machine's clock runs behind the forum's, or the forum's is wrong.
    let future = World::founded_at("2199-01-01");
    let ran = verify(&future);
    assert_eq!((ran.exit, ran.err.contains("[registry-from-future]")), (3, true), "{ran:?}");
    // Nobody renewed the root for years.
    let past = World::founded_at("2020-01-01");
    let ran = verify(&past);
    assert_eq!((ran.exit, ran.err.contains("[registry-expired]")), (3, true), "{ran:?}");
    let codes = ["registry-from-future", "registry-expired"];
    for code in codes {
        assert_eq!(vouchsafe(folder.path(), ["explain", code]).exit, 0);
    }
}

#[test]
fn no_home_and_several_forums() {
    let folder = tempfile::tempdir().unwrap();
    let at = |args: &[&str], home: Option<&str>| {
        let binary = env!("CARGO_BIN_EXE_vouchsafe");
        let mut words = vec!["-u", "HOME", "-u", "XDG_DATA_HOME", "-u", "LOCALAPPDATA", binary];
        words.extend(args);
        words.extend(home.iter().flat_map(|h| ["--home", h]));
        program("env", folder.path(), words, b"")
    };
    std::fs::write(folder.path().join("acme-1.0"), "release").unwrap();
    let homeless = at(&["verify", "acme-1.0"], None);
    assert_eq!((homeless.exit, homeless.err.contains("undecided[no-home]")), (3, true), "{homeless:?}");

    let now = jiff::Timestamp::now().to_string();
    for seed in [1, 60] {
        let world = World::founded(&now, seed);
        let forum = world.forum.published_path();
        let root = std::fs::read(forum.join("metadata/1.root.json")).unwrap();
        let fingerprint = vouchsafe::registry::Fingerprint::of(&root).to_string();
        let added = at(&["trust", "add", forum.to_str().unwrap(), "--fingerprint", &fingerprint], Some("home"));
        assert_eq!(added.exit, 0, "{added:?}");
    }
    let several = at(&["verify", "acme-1.0"], Some("home"));
    assert_eq!((several.exit, several.err.contains("undecided[several-forums]")), (3, true), "{several:?}");
}

#[test]
fn folders_without_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let deep = (0..=vouchsafe::gather::tree::MAX_DEPTH).fold(folder.path().join("d"), |path, _| path.join("d"));
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(deep.join("f"), "x").unwrap();
    let ran = vouchsafe(folder.path(), ["digest", "d"]);
    assert_eq!((ran.exit, ran.err.contains("[tree-too-deep]")), (3, true), "{ran:?}");
    let error = vouchsafe::store::Error::Changed("f".into());
    assert_eq!(error.code(), "file-changed", "when it is said is tested beside the code that says it");
}

#[test]
fn names_that_cannot_be() {
    let world = World::new();
    for id in ["", "Acme", "acme/x", "..", "-acme", "a..b", "acmé", &"a".repeat(65)] {
        let refused = world.forum.add_member(id, "x", vec!["*".into()], at(FOUNDED), at(FOUNDED)).unwrap_err();
        assert_eq!(refused.code(), "name-invalid", "{id:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let founded = folder.path().join("forum");
    drop(World::stage(&founded, FOUNDED, 1));
    let shown = vouchsafe(folder.path(), ["registry", "show", "forum", "--home", "none"]);
    assert_eq!((shown.exit, shown.err.contains("[not-published]")), (3, true), "{shown:?}");
}

/// On a terminal the fingerprint is shown, and anything but a yes is a no.
#[test]
fn a_fingerprint_that_is_declined() {
    let world = World::founded_at(&jiff::Timestamp::now().to_string());
    let folder = tempfile::tempdir().unwrap();
    let forum = world.forum.published_path();
    let command = format!("{} trust add {} --home home", env!("CARGO_BIN_EXE_vouchsafe"), forum.display());
    let answer = |text: &[u8]| program("script", folder.path(), ["-qec", &command, "/dev/null"], text);
    let declined = answer(b"no\n");
    assert_eq!((declined.exit, declined.text().contains("refused[fingerprint-declined]")), (1, true), "{declined:?}");
    assert!(
        !folder.path().join("home/forums").exists()
            || std::fs::read_dir(folder.path().join("home/forums")).unwrap().count() == 0
    );
    let accepted = answer(b"yes\n");
    assert_eq!((accepted.exit, accepted.text().contains("TRUSTED")), (0, true), "{accepted:?}");
}

/// As in a container that may run so many tasks and no more: the answer is the same, only later.
#[test]
fn where_no_thread_is_to_be_had_all_is_done_in_one() {
    let scene = Scene::new();
    for n in 0..80 {
        scene.write(format!("acme-tree/{n:02}"), format!("file {n}"));
    }
    scene.write("acme-big", vec![7; 6 << 20]);
    scene.ok(&format!("attest acme-tree {ACME} -o tree.sigstore.json"));
    scene.write("big.sigstore.json", [scene.read("tree.sigstore.json"), vec![b' '; 5 << 20]].concat());
    scene.ok(&format!("attest acme-tree/07 {ACME}"));
    for line in [
        "digest acme-tree",
        "digest acme-big acme-tree",
        "verify acme-tree --bundle big.sigstore.json",
        "verify acme-tree acme-big --bundle big.sigstore.json",
        "verify acme-tree/07 --bundle big.sigstore.json",
        "verify acme-tree/07 acme-big",
        "audit acme-tree --no-index",
    ] {
        let (jobs, home) = (["-j", "3"], ["--home", "home"]);
        let line = || home.into_iter().chain(line.split(' ')).chain(jobs);
        let told = program(env!("CARGO_BIN_EXE_vouchsafe"), &scene.path(""), line(), b"");
        let inject = ["-f", "-qq", "-o", "calls", "-e", "inject=clone,clone3:error=EAGAIN"];
        let args = inject.into_iter().chain([env!("CARGO_BIN_EXE_vouchsafe")]).chain(line());
        let alone = program("strace", &scene.path(""), args, b"");
        assert_eq!((alone.exit, alone.text()), (told.exit, told.text()), "{alone:?}");
        assert!(scene.text("calls").contains("INJECTED"), "no thread was asked for: {told:?}");
    }
}

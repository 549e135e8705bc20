//! Differential: the same trees, proofs, tiles and notes by implementations of other hands.

use super::{Bytes, Ideal, Party, definition, hash, leaf_data, leaf_hash, second, signed};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use sha2::Sha256;
use sigstore_types::Sha256Hash;
use tlog_tiles::{HashReader, TileHashReader, TileReader, TreeProof};
use vouchsafe::transparency::{Checkpoint, Hash, Kind, Note, Tile, Tiles, between, is_consistent, root_of_inclusion};

const SIZES: [u64; 12] = [1, 2, 3, 7, 8, 100, 255, 256, 257, 300, 513, 1000];

fn bytes(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

#[test]
fn ct_merkle_makes_the_same_roots_and_proofs() {
    let log = Ideal::new(1000);
    for size in SIZES {
        let mut theirs = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        (0..size).for_each(|n| theirs.push(leaf_data(n)));
        assert_eq!(theirs.root().as_bytes().as_slice(), log.root(size).as_bytes(), "{size}");
        for index in (0..size).step_by(7).chain([size - 1]) {
            let theirs = theirs.prove_inclusion(usize::try_from(index).unwrap());
            assert_eq!(theirs.as_bytes(), bytes(&log.tree(size).inclusion(index).unwrap()), "{index} of {size}");
        }
        for old in (1..=size).step_by(5) {
            let theirs = theirs.prove_consistency(usize::try_from(size - old).unwrap());
            assert_eq!(theirs.as_bytes(), bytes(&log.tree(size).consistency(old).unwrap()), "{old} to {size}");
        }
    }
}

/// Our tiles, as tlog_tiles asks for them.
struct Ours<'l>(&'l Ideal, u64);

impl TileReader for Ours<'_> {
    fn height(&self) -> u8 {
        8
    }
    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let read = |t: &tlog_tiles::Tile| {
            let ours =
                Tile::of(Kind::Hashes(t.level()), t.level_index(), self.1).ok_or(tlog_tiles::Error::InvalidTile)?;
            assert_eq!(u32::from(ours.width), t.width());
            assert_eq!(ours.path(), t.path().replacen("tile/8/", "tile/", 1));
            self.0.tile(ours).map_err(|_| tlog_tiles::Error::InvalidTile)
        };
        tiles.iter().map(read).collect()
    }
    fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
}

#[test]
fn tlog_tiles_reads_our_tiles_and_makes_the_same_proofs() {
    let log = Ideal::new(66_000);
    for size in SIZES.into_iter().chain([65_535, 65_536, 65_537, 66_000]) {
        let source = Ours(&log, size);
        let reader = TileHashReader::new(size, tlog_tiles::Hash(*log.root(size).as_bytes()), &source);
        let tree = log.tree(size);
        for index in (0..size).step_by(usize::try_from(size / 9 + 1).unwrap()).chain([size - 1]) {
            let theirs = tlog_tiles::prove_record(size, index, &reader).unwrap();
            let ours = tree.inclusion(index).unwrap();
            assert_eq!(theirs.iter().flat_map(|h| h.0).collect::<Vec<u8>>(), bytes(&ours), "{index} of {size}");
        }
        for old in (1..=size).step_by(usize::try_from(size / 9 + 1).unwrap()) {
            let theirs: TreeProof = tlog_tiles::prove_tree(size, old, &reader).unwrap();
            let ours = tree.consistency(old).unwrap();
            assert_eq!(theirs.iter().flat_map(|h| h.0).collect::<Vec<u8>>(), bytes(&ours), "{old} to {size}");
        }
        assert!(reader.read_hashes(&[tlog_tiles::stored_hash_index(0, size)]).is_err(), "past the edge");
    }
}

#[test]
fn tlog_tiles_writes_the_same_tiles_between_two_sizes() {
    let sizes = [0, 1, 2, 100, 255, 256, 257, 512, 700, 65_535, 65_536, 65_537, 70_000, 131_073];
    for (old, new) in sizes.iter().flat_map(|old| sizes.iter().map(move |new| (*old, *new))).filter(|(o, n)| o <= n) {
        let key = |path: String| path.replacen("tile/8/", "tile/", 1);
        let mut theirs: Vec<String> = tlog_tiles::Tile::new_tiles(8, old, new).iter().map(|t| key(t.path())).collect();
        let mut ours: Vec<String> =
            between(old, new).iter().filter(|t| t.kind != Kind::Entries).map(Tile::path).collect();
        theirs.sort_unstable();
        ours.sort_unstable();
        assert_eq!(ours, theirs, "{old} to {new}");
    }
}

/// What three judges say of an inclusion proof, and of a consistency proof.
fn agree_on_inclusion(leaf: Bytes, index: u64, size: u64, proof: &[Bytes], root: Bytes) -> bool {
    let ours = root_of_inclusion(hash(&leaf), index, size, &super::hashes(proof)) == Some(hash(&root));
    let typed: Vec<Sha256Hash> = proof.iter().map(|p| Sha256Hash::new(*p)).collect();
    let (leaf_, root_) = (Sha256Hash::new(leaf), Sha256Hash::new(root));
    let sigstore = sigstore_merkle::verify_inclusion_proof(&leaf_, index, size, &typed, &root_).is_ok();
    let typed = proof.iter().map(|p| tlog_tiles::Hash(*p)).collect();
    let tiles = tlog_tiles::check_record(&typed, size, tlog_tiles::Hash(root), index, tlog_tiles::Hash(leaf)).is_ok();
    assert_eq!((ours, ours), (sigstore, tiles), "{index} of {size}, {} hashes", proof.len());
    ours
}

fn agree_on_consistency(old: (u64, Bytes), new: (u64, Bytes), proof: &[Bytes]) -> bool {
    let ours = is_consistent((old.0, hash(&old.1)), (new.0, hash(&new.1)), &super::hashes(proof));
    let typed: Vec<Sha256Hash> = proof.iter().map(|p| Sha256Hash::new(*p)).collect();
    let roots = (Sha256Hash::new(old.1), Sha256Hash::new(new.1));
    let sigstore = sigstore_merkle::verify_consistency_proof(old.0, new.0, &typed, &roots.0, &roots.1).is_ok();
    let typed = proof.iter().map(|p| tlog_tiles::Hash(*p)).collect();
    let (n, t) = (old.0, new.0);
    let tiles = tlog_tiles::check_tree(&typed, t, tlog_tiles::Hash(new.1), n, tlog_tiles::Hash(old.1)).is_ok();
    assert_eq!((ours, ours), (sigstore, tiles), "{n} to {t}, {} hashes", proof.len());
    ours
}

#[test]
fn good_and_spoiled_proofs_get_the_same_verdict_from_all() {
    // Theirs hashes by whatever provider is installed; reading a registry installs ours.
    crate::world::World::new().trust();
    let log = Ideal::new(40);
    let raw = |proof: Vec<Hash>| proof.iter().map(|h| *h.as_bytes()).collect::<Vec<Bytes>>();
    let (mut yes, mut no) = (0, 0);
    let mut count = |verdict: bool| if verdict { yes += 1 } else { no += 1 };
    for size in 1..=40_u64 {
        let root = *log.root(size).as_bytes();
        for index in 0..size {
            let leaf = log.leaves()[usize::try_from(index).unwrap()];
            let proof = raw(log.tree(size).inclusion(index).unwrap());
            for (index, size) in
                [(index, size), (index + 1, size), (index ^ 1, size), (index, size + 1), (index, size - 1)]
            {
                count(agree_on_inclusion(leaf, index, size, &proof, root));
            }
            count(agree_on_inclusion(leaf, index, size, &[&proof[..], &[root]].concat(), root));
            count(agree_on_inclusion(root, index, size, &proof, leaf));
        }
        for old in 1..=size {
            let before = (old, *log.root(old).as_bytes());
            let proof = raw(log.tree(size).consistency(old).unwrap());
            for (before, now) in
                [(before, (size, root)), ((old + 1, before.1), (size, root)), (before, (size + 1, root))]
            {
                count(agree_on_consistency(before, now, &proof));
            }
            count(agree_on_consistency(before, (size, root), &[&proof[..], &[root]].concat()));
            count(agree_on_consistency((size, root), before, &proof));
        }
    }
    assert!(yes > 1_600 && no > 5_000, "{yes} good and {no} bad proofs were judged");
    assert_eq!(definition(&[leaf_hash(b"x")]), leaf_hash(b"x"));
}

#[test]
fn signed_note_and_tlog_tiles_read_our_checkpoints() {
    use signed_note::{StandardVerifier, VerifierList};
    let log = Party::log("example.org/log", 21);
    let witness = Party::witness("witness.example/w1", 22);
    let checkpoint = Ideal::new(300).checkpoint("example.org/log", 300);
    let mut note = signed(&log, &checkpoint);
    witness.cosign(&mut note, second(1_800_000_000));

    let theirs = signed_note::Note::from_bytes(note.to_string().as_bytes()).unwrap();
    let verifier = StandardVerifier::new(&log.vkey()).unwrap();
    let (known, unknown) = theirs.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
    assert_eq!((known.len(), unknown.len()), (1, 1), "the log's signature, and one of a witness they were not told of");
    assert_eq!(theirs.text(), note.text().as_bytes());
    assert_eq!(theirs.to_bytes(), note.to_string().as_bytes());

    let read = tlog_tiles::Checkpoint::from_bytes(note.text().as_bytes()).unwrap();
    assert_eq!((read.origin(), read.size(), read.hash().0), ("example.org/log", 300, *checkpoint.root.as_bytes()));
}

#[test]
fn signed_note_takes_and_refuses_the_same_notes() {
    let good = "a\n\nb\n\n\u{2014} n AAAAAQI=\n";
    let (mut yes, mut no) = (0, 0);
    for at in 0..good.chars().count() {
        for new in ["", "\n", "\n\n", " ", "+", "=", "A", "\u{2014}", "\u{a0}", "\u{7f}", "\t", "\r", "\u{0}"] {
            let before: String = good.chars().take(at).collect();
            for skip in [0, 1] {
                let text = format!("{before}{new}{}", good.chars().skip(at + skip).collect::<String>());
                let (ours, theirs) = (Note::parse(text.as_bytes()), signed_note::Note::from_bytes(text.as_bytes()));
                assert_eq!(ours.is_ok(), theirs.is_ok(), "{text:?}");
                if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
                    assert_eq!(ours.text().as_bytes(), theirs.text(), "{text:?}");
                    assert_eq!(ours.to_string(), text, "one note, one spelling");
                    yes += 1;
                } else {
                    no += 1;
                }
            }
        }
    }
    assert!(yes > 50 && no > 100, "{yes} taken, {no} refused");
    assert!(Checkpoint::parse("a\n1\n").is_err());
}

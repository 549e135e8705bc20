//! What it costs to look one member up from nothing, and to publish one change, in registries of 100, 10,000 and
//! 100,000 members. Prints a table; asserts nothing about time.
//!
//! `cargo bench --bench registry [-- SIZE…]`. With VOUCHSAFE_PEERS_PYTHON, python-tuf reads the same registries.

#![allow(clippy::indexing_slicing, clippy::print_stdout, reason = "a bench prints, and may stop")]

use jiff::Timestamp;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use vouchsafe::encoding::json;
use vouchsafe::gather::repository::Folder;
use vouchsafe::key::{PublicKey, SecretKey, Suite};
use vouchsafe::publish::{Forum, Founding, change::Files, seal};
use vouchsafe::registry::{
    self, Bins, Freshness, KeyProof, KeyRecord, Listing, MemberRecord, MemberState, Metadata, Pin, Repository, TOP,
    TargetFile, Wanted, by_role, load, target_path,
};
use vouchsafe::signer::{Signer, SignerError};
use vouchsafe::store;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

struct Key(SecretKey);

impl Key {
    fn new(n: u64) -> Outcome<Self> {
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&n.to_le_bytes());
        Ok(Self(SecretKey::from_random(Suite::Ed25519, &zeroize::Zeroizing::new(seed))?))
    }
}

impl Signer for Key {
    fn public(&self) -> &PublicKey {
        self.0.public()
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.0.sign(message))
    }
}

/// Counts what is fetched.
struct Counting {
    inner: Folder,
    files: Cell<usize>,
    bytes: Cell<usize>,
}

impl Counting {
    fn count(&self, found: Option<Vec<u8>>) -> Option<Vec<u8>> {
        if let Some(bytes) = &found {
            self.files.set(self.files.get() + 1);
            self.bytes.set(self.bytes.get() + bytes.len());
        }
        found
    }
}

impl Repository for Counting {
    type Error = store::Error;
    fn metadata(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, store::Error> {
        Ok(self.count(self.inner.metadata(name, limit)?))
    }
    fn target(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>, store::Error> {
        Ok(self.count(self.inner.target(path, limit)?))
    }
}

fn member(n: usize) -> String {
    format!("member-{n:06}")
}

/// A forum of so many members with a key each. Founded and published as any forum is; the members are then put into
/// the published folder without syncing each of their files, which would be all that is measured.
fn build(folder: &Path, size: usize, board: &[Key], online: &Key, now: Timestamp) -> Outcome<Forum> {
    let seats: Vec<(String, PublicKey)> =
        board.iter().enumerate().map(|(n, k)| (format!("seat{n}"), k.public().clone())).collect();
    let catalogue = vouchsafe::practice::builtin()?;
    let files = Files::from([(format!("catalogues/{}", catalogue.file_name()), vouchsafe::practice::BUILTIN.to_vec())]);
    let founding = Founding { name: "Bench", board: &seats, threshold: 2, online: online.public().clone(), files };
    let forum = Forum::found(folder, founding, now)?;
    publish(&forum, board, online, now)?;
    let id = forum.record()?.id;

    let published = forum.published()?.ok_or("nothing is published")?;
    let mut listing = published.listing(TOP)?;
    for n in 0..size {
        let (key, name) = (Key::new(n as u64 + 100)?, member(n));
        let mut proof = KeyProof::new(&id, &name, key.public(), now).envelope();
        seal(&mut proof, &key)?;
        let scope = vec![format!("pkg:generic/{name}/*"), format!("{name}-*")];
        let mut record = MemberRecord::new(&name, &format!("Member {n}"), now, scope);
        record.keys.push(KeyRecord::new(key.public(), now, json::parse(&proof.to_json(), 1 << 20, "key proof")?));
        let (bytes, target) = (json::pretty(&record), MemberRecord::target(&name));
        let entry = TargetFile::of(&bytes);
        let path =
            forum.published_path().join("targets").join(target_path(&target, entry.sha256().unwrap_or_default()));
        std::fs::create_dir_all(path.parent().ok_or("no folder")?)?;
        std::fs::write(path, bytes)?;
        listing.insert(target, entry);
    }
    let digits = (0..3).find(|d| size <= 400 << (4 * d)).unwrap_or(3);
    put(&forum, &Bins::default().spread(digits), &listing, board, online, now)?;
    Ok(forum)
}

/// The second version of the registry, with these targets in these bins.
fn put(forum: &Forum, bins: &Bins, all: &Listing, board: &[Key], online: &Key, now: Timestamp) -> Outcome<()> {
    let root = forum.published()?.ok_or("nothing is published")?.root;
    let seats = registry::board(root.signed())?;
    let expires = vouchsafe::encoding::duration::Span::days(90).after(now);
    let metadata = forum.published_path().join("metadata");
    let sign = |signed, keys: &[&Key]| -> Outcome<Vec<u8>> {
        let mut metadata = Metadata::around(signed);
        let message = metadata.canonical()?;
        keys.iter().for_each(|key| metadata.add_signature(key.public(), &key.0.sign(&message)));
        Ok(metadata.to_bytes())
    };
    let (homes, mut bins) = (by_role(bins, all.keys()), bins.clone());
    let names: Vec<String> = bins.names().cloned().collect();
    let two = [&board[0], &board[1]];
    let of = |role: &str| -> Listing {
        let names = homes.get(role).into_iter().flatten();
        names.filter_map(|n| all.get(*n).map(|entry| ((*n).clone(), entry.clone()))).collect()
    };
    for bin in &names {
        let signed = registry::targets(bin, 1, expires, &of(bin), &bins, &seats);
        let signed = sign(signed, &two)?;
        bins.set(bin, Pin::of(&Metadata::parse(&signed)?)?);
        std::fs::write(metadata.join(format!("1.{bin}.json")), signed)?;
    }
    let targets = sign(registry::targets(TOP, 2, expires, &of(TOP), &bins, &seats), &two)?;
    let snapshot = sign(registry::snapshot(2, expires, (2, &targets), &bins), &[online])?;
    let timestamp = sign(registry::timestamp(2, expires, now, (2, &snapshot)), &[online])?;
    std::fs::write(metadata.join("2.targets.json"), targets)?;
    std::fs::write(metadata.join("2.snapshot.json"), snapshot)?;
    Ok(std::fs::write(metadata.join("timestamp.json"), timestamp)?)
}

fn publish(forum: &Forum, board: &[Key], online: &Key, now: Timestamp) -> Outcome<()> {
    let mut change = forum.need_staged()?;
    change.sign(&board[0])?;
    change.sign(&board[1])?;
    forum.write_signatures(&change)?;
    forum.publish(online, now)?;
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn names(folder: &Path) -> Outcome<BTreeMap<String, Timestamp>> {
    let entry = |e: std::io::Result<std::fs::DirEntry>| -> Outcome<(String, Timestamp)> {
        let e = e?;
        Ok((e.file_name().to_string_lossy().into_owned(), e.metadata()?.modified()?.try_into()?))
    };
    std::fs::read_dir(folder)?.map(entry).collect()
}

fn measure(size: usize) -> Outcome<()> {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? };
    let now = Timestamp::from_second(Timestamp::now().as_second())?;
    let (board, online) = ([Key::new(1)?, Key::new(2)?, Key::new(3)?], Key::new(4)?);
    let forum = build(folder.path(), size, &board, &online, now)?;
    let root = std::fs::read(forum.published_path().join("metadata/1.root.json"))?;

    let (mut times, mut most, mut files) = (Vec::new(), 0, 0);
    for n in 0..50 {
        let repository =
            Counting { inner: Folder::at(forum.published_path()), files: Cell::new(0), bytes: Cell::new(0) };
        let id = member(n * (size / 50));
        let wanted = Wanted::Members(BTreeSet::from([id.clone()]));
        let start = Instant::now();
        let trust = load(&repository, &root, None, now, Freshness::Current, &wanted).map_err(|e| e.to_string())?;
        times.push(start.elapsed());
        assert!(trust.members().contains_key(&id), "the member that was asked about");
        (most, files) = (most.max(repository.bytes.get()), repository.files.get());
    }
    let catalogue = vouchsafe::practice::BUILTIN.len();
    let lookup = median(times);

    let metadata = forum.published_path().join("metadata");
    let (before, mut times) = (names(&metadata)?, Vec::new());
    for n in 0..5 {
        let start = Instant::now();
        let state = if n % 2 == 0 { MemberState::Suspended } else { MemberState::Active };
        forum.set_state(&member(size / 2), state, now, None, now)?;
        publish(&forum, &board, &online, now)?;
        times.push(start.elapsed());
    }
    let written = names(&metadata)?.iter().filter(|(n, t)| before.get(*n) != Some(t)).count();
    let change = median(times);

    let key = Key::new(5)?;
    let mut proof = KeyProof::new(&forum.record()?.id, &member(1), key.public(), now).envelope();
    seal(&mut proof, &key)?;
    let start = Instant::now();
    forum.add_key(&member(1), &proof.to_json(), now)?;
    publish(&forum, &board, &online, now)?;
    let admit = start.elapsed();

    let peer = python_tuf(&forum, &member(size / 2))?;
    let bins = Bins::of(forum.published()?.ok_or("nothing is published")?.targets.signed()).len();
    println!(
        "| {size} | {bins} | {files} | {:.1} KiB ({:.1} of it the catalogue) | {} | {} | {} | {} | {peer} |",
        most as f64 / 1024.0,
        catalogue as f64 / 1024.0,
        ms(lookup),
        ms(change),
        (written - 1) / 5,
        ms(admit),
    );
    Ok(())
}

/// A whole python-tuf client that looks for the same member in the same folder.
fn python_tuf(forum: &Forum, id: &str) -> Outcome<String> {
    let Ok(python) = std::env::var("VOUCHSAFE_PEERS_PYTHON") else { return Ok("not asked".into()) };
    let published = forum.published_path();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/tuf_read.py");
    let mut times = Vec::new();
    for targets in [vec![MemberRecord::target(id)], vec!["forum.json".to_owned()]] {
        let mut command = Command::new(&python);
        command.arg(&script).args([published.join("metadata"), published.join("targets")]);
        command.arg(published.join("metadata/1.root.json")).args(targets);
        let start = Instant::now();
        let output = command.output()?;
        if !output.status.success() {
            return Ok(format!("refuses: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        times.push(start.elapsed());
    }
    Ok(format!("{} (whole process)", ms(times[0])))
}

fn main() -> Outcome<()> {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![100, 10_000, 100_000] } else { sizes };
    println!(
        "| members | bins | files fetched | bytes fetched | look one up | publish one change | metadata files written, besides the timestamp | admit one key | python-tuf looks one up |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    sizes.into_iter().try_for_each(measure)
}

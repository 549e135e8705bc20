//! What a portfolio costs: the first audit of 100,000 attested artifacts, the second with nothing changed, one with one file
//! changed, peak memory; and a million rows in the index, and looking them up. Asserts nothing about time.
//!
//! `cargo bench --bench audit [-- N]`, or `-- index` for the last alone; with the feature `postgres`, below `tests/postgres`,
//! also on a server. Works in the system's temporary folder, or in $TMPDIR.

#![allow(clippy::print_stdout, reason = "a bench prints")]

use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use vouchsafe::artifact::{Algorithm, Measured};
use vouchsafe::attestation::{ProductScope, StatementDraft};
use vouchsafe::audit::{Index, Place};
use vouchsafe::encoding::duration::Span;
use vouchsafe::key::{PublicKey, SecretKey, Suite};
use vouchsafe::practice::{BUILTIN, Basis, Claim, builtin};
use vouchsafe::publish::attest::{self, Assessment};
use vouchsafe::publish::{Forum, Founding, change::Files, seal};
use vouchsafe::registry::KeyProof;
use vouchsafe::signer::{Signer, SignerError};
use vouchsafe::verify::default_policy_json;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

struct Key(SecretKey);

impl Key {
    fn new(n: u8) -> Outcome<Self> {
        Ok(Self(SecretKey::from_random(Suite::Ed25519, &zeroize::Zeroizing::new([n; 32]))?))
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

/// A forum with five members, and their keys.
fn forum(folder: &Path, now: Timestamp) -> Outcome<BTreeMap<String, Key>> {
    let (seat, online) = (Key::new(1)?, Key::new(2)?);
    let files = Files::from([
        ("policies/default.json".to_owned(), default_policy_json()?),
        (format!("catalogues/{}", builtin()?.file_name()), BUILTIN.to_vec()),
    ]);
    let board = [("one".to_owned(), seat.public().clone())];
    let founding = Founding { name: "Bench", board: &board, threshold: 1, online: online.public().clone(), files };
    let forum = Forum::found(folder, founding, now)?;
    let mut keys = BTreeMap::new();
    for n in 0..5_u8 {
        let (id, key) = (format!("member{n}"), Key::new(10 + n)?);
        forum.add_member(&id, id.as_str(), vec![format!("{id}-*")], now, now)?;
        let mut proof = KeyProof::new(&forum.record()?.id, &id, key.public(), now).envelope();
        seal(&mut proof, &key)?;
        forum.add_key(&id, &proof.to_json(), now)?;
        keys.insert(id, key);
    }
    let mut change = forum.need_staged()?;
    change.sign(&seat)?;
    forum.write_signatures(&change)?;
    forum.publish(&online, Timestamp::now())?;
    Ok(keys)
}

/// Artifacts of some bytes, each with its own attestation beside it, 500 a folder.
fn releases(folder: &Path, keys: &BTreeMap<String, Key>, n: usize, now: Timestamp) -> Outcome<()> {
    let catalogue = builtin()?;
    let met = |practice| {
        let mut claim = Claim::checked(practice, Vec::new(), Vec::new());
        claim.basis = Basis::Declared;
        claim
    };
    let claims: Vec<Claim> = catalogue.profile("base").unwrap_or_default().into_iter().map(met).collect();
    for (at, (member, key)) in keys.iter().cycle().take(n).enumerate() {
        let below = folder.join(format!("{:04}", at / 500));
        std::fs::create_dir_all(&below)?;
        let name = format!("{member}-{at}.tar.gz");
        let bytes = format!("release {at}\n").repeat(64);
        let mut practices = attest::practices(Assessment {
            member,
            catalogue: &catalogue,
            profile: Some("base"),
            claims: Vec::new(),
            evidence: Vec::new(),
            scope: ProductScope::default(),
            independence: "self",
            assessed_at: now,
            valid_until: None,
            subject_set: None,
        })?
        .practices;
        practices.claims.clone_from(&claims);
        let mut draft = StatementDraft::default();
        draft.about(name.as_str(), &Measured::read(bytes.as_bytes(), &[Algorithm::Sha256])?);
        let mut envelope =
            vouchsafe::attestation::Envelope::around::<vouchsafe::attestation::Statement>(draft.practices(&practices));
        seal(&mut envelope, key)?;
        std::fs::write(below.join(&name), bytes)?;
        std::fs::write(below.join(format!("{name}.sigstore.json")), attest::file(&envelope))?;
    }
    Ok(())
}

/// Seconds, and peak memory in MiB, of an audit.
fn audit(folder: &Path, more: &[&str]) -> Outcome<(f64, u64, String)> {
    let started = Instant::now();
    let out = std::fs::File::create(folder.join("out.txt"))?;
    let mut child = Command::new(env!("CARGO_BIN_EXE_vouchsafe"))
        .args(["--home", "home", "audit", "releases", "--trust", "forum"])
        .args(more)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(out)
        .spawn()?;
    let mut peak = 0;
    while child.try_wait()?.is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0).max(peak);
        std::thread::sleep(Duration::from_millis(10));
    }
    let text = std::fs::read_to_string(folder.join("out.txt"))?;
    Ok((started.elapsed().as_secs_f64(), peak / 1024, text.lines().next().unwrap_or_default().to_owned()))
}

fn show(what: &str, measured: Outcome<(f64, u64, String)>, n: usize) -> Outcome<()> {
    let (seconds, peak, line) = measured?;
    #[allow(clippy::cast_precision_loss, reason = "for people")]
    let rate = n as f64 / seconds;
    println!("{what:<34} {seconds:>7.2} s  {rate:>9.0}/s  {peak:>5} MiB  {line}");
    Ok(())
}

/// P10: a million rows into an index through the functions of an audit, and look-ups in another order.
fn index(place: &Place) -> Outcome<()> {
    let done = Index::open(place)?.rehearse(100_000, 4, 300_000)?;
    assert_eq!(done.asked, 300_000, "everything is found, once");
    let per_second = |n: usize, took: Duration| f64::from(u32::try_from(n).unwrap_or(u32::MAX)) / took.as_secs_f64();
    println!(
        "{} rows into {place}: {:.2} s, {:.0}/s",
        done.rows,
        done.loaded.as_secs_f64(),
        per_second(done.rows, done.loaded)
    );
    println!("looked up again: {:.0}/s", per_second(done.asked, done.found));
    Ok(())
}

/// In a file, and on the server that VOUCHSAFE_TEST_POSTGRES names, if there is one and this build can use it.
fn indexes(folder: &Path) -> Outcome<()> {
    index(&Place::File(folder.join("rows.sqlite")))?;
    match std::env::var_os("VOUCHSAFE_TEST_POSTGRES") {
        Some(address) => index(&Place::named(address.as_ref())?),
        None => Ok(()),
    }
}

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    if std::env::args().any(|a| a == "index") {
        return indexes(folder);
    }
    let n = std::env::args().find_map(|a| a.parse().ok()).unwrap_or(100_000);
    let now = Span::seconds(-86_400).after(Timestamp::now());
    let keys = forum(&folder.join("forum"), now)?;
    let started = Instant::now();
    releases(&folder.join("releases"), &keys, n, now)?;
    println!("{n} artifacts attested in {:.1} s", started.elapsed().as_secs_f64());
    show("without an index", audit(folder, &["--no-index"]), n)?;
    show("first audit", audit(folder, &[]), n)?;
    show("second audit, nothing changed", audit(folder, &[]), n)?;
    std::fs::write(folder.join("releases/0000/member0-0.tar.gz"), "other bytes")?;
    show("one artifact changed", audit(folder, &[]), n)?;
    show("read again all the same", audit(folder, &["--rehash"]), n)?;
    show("second audit, and an HTML report", audit(folder, &["--output", "html=report.html"]), n)?;
    indexes(folder)
}

//! A forum's registry as its board, its members and its consumers meet it.

mod bins;
mod care;
mod docs;
mod governance;
mod hostile;
mod layouts;
mod logged;
mod members;
mod rotation;
mod scene;
mod trust;
pub(crate) mod web;

use super::run::{Ran, vouchsafe};
use jiff::Timestamp;
use serde_json::Value;
use std::path::{Path, PathBuf};
use vouchsafe::registry::Fingerprint;

/// A folder with keys and, after `publish`, a forum; a home of its own.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    /// Keys of three seats, of the machine that publishes, and of two members.
    fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        for key in ["board1", "board2", "board3", "online", "acme", "globex"] {
            bench.ok(&format!("key generate --no-passphrase --out {key}.pem"));
        }
        bench
    }
    /// A staged forum with member acme, who has a key.
    fn staged() -> Self {
        let bench = Self::new();
        bench.init();
        bench.ok("registry add-catalogue forum");
        bench.ok("registry add-member forum acme --name Acme --scope acme-*");
        bench.prove("acme", "acme", "acme.proof.json");
        bench.ok("registry add-key forum acme --proof acme.proof.json");
        bench
    }
    /// The same, signed and published.
    fn published() -> Self {
        let bench = Self::staged();
        bench.publish();
        bench
    }
    fn init(&self) {
        self.ok("registry init forum --name Example --board-key board1.pub.pem --board-key board2.pub.pem \
             --board-key board3.pub.pem --threshold 2 --online-key online.pub.pem");
    }
    fn prove(&self, key: &str, member: &str, out: &str) {
        self.ok(&format!("key prove --key {key}.pem --member {member} --forum forum --out {out} --force"));
    }
    fn sign(&self) {
        self.ok("registry sign forum --key board1.pem");
        self.ok("registry sign forum --key board2.pem");
    }
    fn publish(&self) {
        self.sign();
        self.ok("registry publish forum --online-key online.pem");
    }
    /// Publishes another registry version.
    fn publish_again(&self) {
        self.ok("registry renew forum");
        self.publish();
    }
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    fn run(&self, line: &str) -> Ran {
        self.words(&line.split_whitespace().collect::<Vec<_>>())
    }
    fn words(&self, words: &[&str]) -> Ran {
        let home = self.path("home");
        vouchsafe(self.folder.path(), [&["--home", home.to_str().unwrap()], words].concat())
    }
    fn ok(&self, line: &str) -> Ran {
        let ran = self.run(line);
        assert_eq!(ran.exit, 0, "{line}: {ran:?}");
        ran
    }
    /// Runs what must be refused or undecided, with this exit code and this stable code.
    fn no(&self, line: &str, exit: i32, code: &str) -> Ran {
        let ran = self.run(line);
        assert!(ran.exit == exit && ran.err.contains(&format!("[{code}]")), "{line}: {ran:?}");
        assert!(ran.err.contains("next"), "{ran:?}");
        ran
    }
    fn fingerprint(&self) -> String {
        Fingerprint::of(&self.read("forum/published/metadata/1.root.json")).to_string()
    }
    fn trust_add(&self) -> Ran {
        self.ok(&format!("trust add forum --fingerprint {}", self.fingerprint()))
    }
    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }
    fn json(&self, name: &str) -> Value {
        parse(&self.read(name))
    }
    fn write(&self, name: &str, value: &Value) {
        std::fs::write(self.path(name), vouchsafe::encoding::json::pretty(value)).unwrap();
    }
    /// The published file whose name ends so.
    fn target(&self, folder: &str, end: &str) -> PathBuf {
        let folder = self.path("forum/published").join(folder);
        let found = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
        found.into_iter().find(|p| p.to_string_lossy().ends_with(end)).unwrap()
    }
    /// Id of the only key of acme.
    fn keyid(&self) -> String {
        let shown = self.ok("--format json registry show forum").json("registry-show-v1.json");
        shown["members"][0]["keys"][0]["keyid"].as_str().unwrap().to_owned()
    }
}

fn parse(bytes: &[u8]) -> Value {
    vouchsafe::encoding::json::parse(bytes, 1 << 24, "test document").unwrap()
}

fn valid(value: Value, schema: &str) -> Value {
    Ran { exit: 0, out: vouchsafe::encoding::json::pretty(&value), err: String::new() }.json(schema)
}

fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap()
}

/// Every file below a folder with its bytes: to show that nothing changed.
pub(crate) fn snapshot(folder: &Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut out = std::collections::BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => out.extend(snapshot(&path)),
            false => drop(out.insert(path.clone(), std::fs::read(path).unwrap())),
        }
    }
    out
}

pub(crate) fn copy(from: &Path, to: &Path) {
    for (path, bytes) in snapshot(from) {
        let to = to.join(path.strip_prefix(from).unwrap());
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, bytes).unwrap();
    }
}

//! A forum made by the built binary, and a folder to release software in: three seats, four key holders, one home.

use crate::run::{Ran, program};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

/// Acme may speak for `acme-*`, and so may Partner, with a P-256 key; Globex for `globex-*`; Mallory is a stranger.
pub(crate) struct Scene(TempDir);

/// The whole folder of a scene, made once.
struct File {
    path: PathBuf,
    bytes: Vec<u8>,
    permissions: std::fs::Permissions,
}

/// What `attest` needs to sign as Acme, with every practice of the base profile claimed.
pub(crate) const ACME: &str = "--key acme.pem --member acme --profile base --claims claims.toml";
pub(crate) const PARTNER: &str = "--key partner.pem --member partner --profile base --claims claims.toml";

impl Scene {
    pub(crate) fn new() -> Self {
        static MADE: OnceLock<Vec<File>> = OnceLock::new();
        let scene = Self::empty();
        for file in MADE.get_or_init(found) {
            let path = scene.path(&file.path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &file.bytes).unwrap();
            std::fs::set_permissions(&path, file.permissions.clone()).unwrap();
        }
        scene
    }

    /// Every file is synced; in memory that costs nothing.
    pub(crate) fn empty() -> Self {
        let memory = Path::new("/dev/shm");
        Self(if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap())
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }
    pub(crate) fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        std::fs::create_dir_all(self.path(&name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), bytes).unwrap();
    }
    pub(crate) fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        std::fs::read(self.path(&name)).unwrap_or_else(|e| panic!("{}: {e}", name.as_ref().display()))
    }
    pub(crate) fn text(&self, name: impl AsRef<Path>) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    /// Runs a peer, which has to succeed.
    #[track_caller]
    pub(crate) fn peer(&self, name: &str, line: &str) -> Ran {
        program(name, self.0.path(), line.split(' '), b"").says(0, "")
    }
    /// Runs `vouchsafe` with these arguments.
    pub(crate) fn args(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>, input: &[u8]) -> Ran {
        let args: Vec<_> = args.into_iter().map(|a| a.as_ref().to_owned()).collect();
        let home = ["--home", "home"].map(Into::into).into_iter();
        program(env!("CARGO_BIN_EXE_vouchsafe"), self.0.path(), home.chain(args), input)
    }
    /// Runs a line; a space parts arguments, and nothing else is special.
    pub(crate) fn run(&self, line: &str) -> Ran {
        self.args(line.split(' ').filter(|w| !w.is_empty()), b"")
    }
    /// Runs a line that has to succeed.
    #[track_caller]
    pub(crate) fn ok(&self, line: &str) -> Ran {
        self.run(line).says(0, "")
    }

    /// A file and Acme's attestation of it.
    #[track_caller]
    pub(crate) fn release(&self, name: &str) {
        self.write(name, format!("the bytes of {name}"));
        self.ok(&format!("attest {name} {ACME}"));
    }

    /// Two seats sign what is staged, and it is published.
    pub(crate) fn publish(&self) {
        for line in
            ["sign forum --key board1.pem", "sign forum --key board2.pem", "publish forum --online-key online.pem"]
        {
            self.ok(&format!("registry {line}"));
        }
    }
}

fn found() -> Vec<File> {
    let scene = Scene::empty();
    for name in ["board1", "board2", "board3", "online", "acme", "globex", "mallory"] {
        scene.ok(&format!("key generate --no-passphrase --out {name}.pem"));
    }
    scene.ok("key generate --no-passphrase --algorithm ecdsa-p256 --out partner.pem");
    let board = "--board-key board1.pub.pem --board-key board2.pub.pem --board-key board3.pub.pem --threshold 2";
    let init = format!("registry init forum {board} --online-key online.pub.pem --name");
    scene.args(init.split(' ').chain(["Example Forum"]), b"").says(0, "");
    scene.ok("registry add-catalogue forum");
    for (id, name, scope) in
        [("acme", "Acme Corp", "acme-*"), ("globex", "Globex", "globex-*"), ("partner", "Partner", "acme-*")]
    {
        let add = format!("registry add-member forum {id} --since 2019-05-01 --scope {scope} --name");
        scene.args(add.split(' ').chain([name]), b"").says(0, "");
        scene.ok(&format!("key prove --key {id}.pem --member {id} --forum forum --out {id}.proof.json"));
        scene.ok(&format!("registry add-key forum {id} --proof {id}.proof.json"));
    }
    scene.publish();
    let fingerprint = vouchsafe::registry::Fingerprint::of(&scene.read("forum/published/metadata/1.root.json"));
    scene.ok(&format!("trust add forum --fingerprint {fingerprint}"));
    let template = scene.ok("practice template --profile base");
    scene.write("claims.toml", template.text().replace("\"notMet\"", "\"met\""));
    let mut files = Vec::new();
    read(scene.0.path(), scene.0.path(), &mut files);
    files
}

fn read(root: &Path, folder: &Path, files: &mut Vec<File>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            read(root, &path, files);
        } else {
            let permissions = entry.metadata().unwrap().permissions();
            let bytes = std::fs::read(&path).unwrap();
            files.push(File { path: path.strip_prefix(root).unwrap().to_owned(), bytes, permissions });
        }
    }
}

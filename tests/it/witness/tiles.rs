//! A log behind nginx, with the configuration of docs/serving.md: what caches are told, and what readers get.

use super::server::{Answer, connect};
use crate::peers::python;
use crate::registry::web::nginx::Nginx;
use crate::scene::Scene;
use crate::world::{NOW, at, key};
use std::io::{Read as _, Write as _};
use vouchsafe::encoding::Malformed;
use vouchsafe::publish::log::LogFolder;
use vouchsafe::transparency::{Checkpoint, Note, NoteKey, Signed, Tile, Tiles, Tree, signed_checkpoint};

fn log(scene: &Scene, entries: usize) -> LogFolder {
    let log = LogFolder::init(&scene.path("tlog"), "example.org/log", &key(1), None, at(NOW)).unwrap();
    let entries: Vec<Vec<u8>> = (0..entries).map(|n| format!("{{\"entry\":{n}}}").repeat(9).into_bytes()).collect();
    log.append(&entries, &key(1), &[], at(NOW)).unwrap();
    log
}

/// The head of an answer, and its bytes.
fn get(nginx: &Nginx, path: &str, headers: &str) -> (Answer, Vec<u8>) {
    let mut stream = connect(&format!("127.0.0.1:{}", nginx.port));
    write!(stream, "GET {path} HTTP/1.1\r\nHost: log\r\nConnection: close\r\n{headers}\r\n").unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (Answer { status, head, body: String::new() }, bytes[end..].to_vec())
}

#[test]
fn caches_and_readers_get_what_the_page_says() {
    let scene = Scene::empty();
    let log = log(&scene, 600);
    let nginx = Nginx::of(1, "/srv/log/public", &log.public_path(), |port| format!("{port};"));
    let (tile, text) = ("application/octet-stream", "text/plain; charset=utf-8");
    for (path, status, cache, kind) in [
        ("/checkpoint", 200, "no-cache", text),
        ("/tile/0/000", 200, "public, max-age=31536000, immutable", tile),
        ("/tile/0/002.p/88", 200, "public, max-age=31536000, immutable", tile),
        ("/tile/1/000.p/2", 200, "public, max-age=31536000, immutable", tile),
        ("/tile/entries/000", 200, "public, max-age=31536000, immutable", tile),
        ("/tile/entries/002.p/88", 200, "public, max-age=31536000, immutable", tile),
        ("/tile/0/002", 404, "no-store", ""),
        ("/tile/entries/009", 404, "no-store", ""),
    ] {
        let (answer, _) = get(&nginx, path, "Accept-Encoding: gzip\r\n");
        assert_eq!((answer.status, answer.header("cache-control")), (status, cache), "{path}: {answer:?}");
        assert!(kind.is_empty() || answer.header("content-type") == kind, "{path}: {answer:?}");
        assert_eq!(answer.head.matches("Cache-Control").count(), 1, "{path}: {answer:?}");
        let packed = status == 200 && path.starts_with("/tile/entries/");
        assert_eq!(answer.header("content-encoding"), if packed { "gzip" } else { "" }, "{path}");
    }
    let (plain, bytes) = get(&nginx, "/tile/entries/000", "");
    assert_eq!(plain.header("content-encoding"), "", "nobody asked for it");
    assert_eq!(bytes, std::fs::read(log.public_path().join("tile/entries/000")).unwrap());
    python(&scene.path(""), "tlog_read.py", [nginx.url()]).says(0, "ok 600 entries");
    assert_eq!(ours(&nginx, log.key()).unwrap(), 600);
}

/// Both readers notice a tile that is not the log's.
#[test]
fn readers_notice_a_tampered_tile() {
    let scene = Scene::empty();
    let log = log(&scene, 300);
    let path = log.public_path().join("tile/0/001.p/44");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[7] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let nginx = Nginx::of(1, "/srv/log/public", &log.public_path(), |port| format!("{port};"));
    assert_eq!(python(&scene.path(""), "tlog_read.py", [nginx.url()]).exit, 1);
    assert!(ours(&nginx, log.key()).unwrap_err().contains("tile"));
}

struct Web<'n>(&'n Nginx);

#[derive(Debug)]
struct Gone(String);

impl From<Malformed> for Gone {
    fn from(malformed: Malformed) -> Self {
        Self(malformed.to_string())
    }
}

impl Tiles for Web<'_> {
    type Error = Gone;
    fn tile(&self, tile: Tile) -> Result<Vec<u8>, Gone> {
        let (answer, bytes) = get(self.0, &format!("/{}", tile.path()), "");
        if answer.status == 200 { Ok(bytes) } else { Err(Gone(answer.head)) }
    }
}

/// Our own reader: the checkpoint's signature, the root from tiles, and a proof of every tenth entry.
fn ours(nginx: &Nginx, key: &NoteKey) -> Result<u64, String> {
    let note = Note::parse(&get(nginx, "/checkpoint", "").1).unwrap();
    assert_eq!(key.signed(&note), Signed::Good(None));
    let Checkpoint { size, root, .. } = signed_checkpoint(&note, key).unwrap();
    let web = Web(nginx);
    let tree = Tree::new(&web, size);
    if tree.root().map_err(|e| e.0)? != root {
        return Err("the tiles have another root".into());
    }
    for index in (0..size).step_by(10) {
        let (leaf, proof) = (tree.leaf(index).map_err(|e| e.0)?, tree.inclusion(index).map_err(|e| e.0)?);
        assert_eq!(vouchsafe::transparency::root_of_inclusion(leaf, index, size, &proof), Some(root));
    }
    Ok(size)
}

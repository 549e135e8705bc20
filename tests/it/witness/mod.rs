//! A witness as logs, strangers and its operator meet it: the built binary, its folder, and real sockets.

mod ask;
mod command;
mod faults;
mod hostile;
mod lines;
mod log;
mod ml_dsa;
mod peer;
mod protocol;
mod race;
mod serve;
pub(crate) mod server;
mod tiles;
mod watch;

use crate::run::Ran;
use crate::scene::Scene;
use log::Log;
use server::Served;
use vouchsafe::transparency::{Note, NoteKey, Signed};

/// A folder with a witness `w` that knows one log.
struct Bench {
    scene: Scene,
    log: Log,
    vkey: NoteKey,
}

impl Bench {
    fn new() -> Self {
        let (scene, log) = (Scene::empty(), Log::new("example.org/log", 1));
        scene.ok("key generate --no-passphrase --out w.pem");
        let made = scene.ok(&format!("log witness init w --name w1.example.org --key w.pem --log {}", log.vkey()));
        let vkey = made.text().lines().find_map(|l| l.trim().strip_prefix("vkey ")).unwrap().trim().to_owned();
        Self { scene, log, vkey: NoteKey::parse(&vkey).unwrap() }
    }
    /// One request, as a file would bring it.
    fn add(&self, request: &str) -> Ran {
        self.scene.args("log witness add-checkpoint w --key w.pem".split(' '), request.as_bytes())
    }
    fn serve(&self) -> Served {
        Served::start(&self.scene, "log witness serve w --key w.pem --listen 127.0.0.1:0")
    }
    /// The file that holds what was cosigned last.
    fn state(&self) -> String {
        self.scene.text(format!("w/logs/{}", self.log.hash()))
    }
    /// Insists that these lines are a good cosignature by the witness on the log's tree of this size.
    #[track_caller]
    fn is_cosigned(&self, size: usize, lines: &str) {
        let note = format!("{}{lines}", self.log.note(size));
        let note = Note::parse(note.as_bytes()).unwrap();
        assert!(matches!(self.vkey.signed(&note), Signed::Good(Some(_))), "{note}");
    }
}

//! An interrupt from a terminal, made by util-linux `script`: in the middle of an audit, and while a pager is open.

use super::Portfolio;
use super::store::Store;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// `^C`, as a keyboard sends it.
const INTERRUPT: &[u8] = b"\x03";

/// A terminal with a shell that survives an interrupt, as the one somebody types at does.
struct Terminal {
    script: Child,
    seen: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    /// Runs a line; what is set of the terminal before and after is left in two files.
    fn open(folder: &Path, line: &str) -> Self {
        let line = format!(
            "trap : INT; stty cols 60 rows 6; stty -g >before; {line}; echo ended $?; stty -g >after; echo over"
        );
        let mut script = Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).current_dir(folder).env("SHELL", "/bin/sh").env("TERM", "xterm");
        script.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut script = script.spawn().expect("script");
        let (seen, mut out) = (Arc::new(Mutex::new(Vec::new())), script.stdout.take().unwrap());
        let shown = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut some = [0; 4096];
            while let Ok(n @ 1..) = out.read(&mut some) {
                shown.lock().unwrap().extend_from_slice(&some[..n]);
            }
        });
        Self { script, seen }
    }
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap()).into_owned()
    }
    #[track_caller]
    fn wait_for(&self, what: impl Fn(&str) -> bool) {
        let end = Instant::now() + Duration::from_secs(120);
        while !what(&self.text()) {
            assert!(Instant::now() < end, "{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    fn press(&mut self, keys: &[u8]) {
        let keyboard = self.script.stdin.as_mut().unwrap();
        keyboard.write_all(keys).unwrap();
        keyboard.flush().unwrap();
    }
    /// Waits for the end, and says with which code; the terminal has to be what it was.
    #[track_caller]
    fn ended(self, folder: &Path) -> String {
        self.wait_for(|text| text.contains("over"));
        let text = self.text();
        let settings = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(settings("before"), settings("after"), "{text}");
        text.split("ended ").nth(1).unwrap().lines().next().unwrap().trim().to_owned()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Without its terminal everything on it ends.
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}

fn command(portfolio: &Portfolio, settings: &str) -> String {
    let audit = format!("{} --at {}", portfolio.command(), portfolio.at());
    format!("{settings} {} --home home {audit}", env!("CARGO_BIN_EXE_vouchsafe"))
}

#[test]
fn an_interrupt_is_the_pagers_while_it_has_the_terminal() {
    let portfolio = Portfolio::new(17);
    let folder = portfolio.scene.path("");
    let mut terminal = Terminal::open(&folder, &command(&portfolio, "env -u LESS PAGER=less"));
    terminal.wait_for(|text| text.contains("REFUSED"));
    // An interrupt throws away what was typed before it and not read yet.
    for keys in [INTERRUPT, b" ", INTERRUPT] {
        terminal.press(keys);
        std::thread::sleep(Duration::from_millis(300));
        assert!(!terminal.text().contains("ended"), "a shell and a pager have the terminal: {}", terminal.text());
    }
    terminal.press(b"q");
    assert_eq!(terminal.ended(&folder), "1");
}

#[test]
fn a_pager_that_an_interrupt_ends_takes_the_audit_along() {
    let portfolio = Portfolio::new(17);
    let folder = portfolio.scene.path("");
    portfolio.scene.write("pager", "#!/bin/sh\necho paging\nexec sleep 100\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(portfolio.scene.path("pager"), mode).unwrap();
    let mut terminal = Terminal::open(&folder, &command(&portfolio, "env PAGER=./pager"));
    terminal.wait_for(|text| text.contains("paging"));
    terminal.press(INTERRUPT);
    assert_eq!(terminal.ended(&folder), "130");
}

#[test]
fn an_audit_that_is_interrupted_keeps_what_it_has_found() {
    const FILES: i64 = 64;
    let scene = Store::File.scene();
    std::fs::create_dir(scene.path("r")).unwrap();
    // Large enough that few take a while, and of nothing.
    std::fs::File::create(scene.path("r/0")).unwrap().set_len(512 << 20).unwrap();
    for n in 1..FILES {
        std::fs::hard_link(scene.path("r/0"), scene.path(format!("r/{n}"))).unwrap();
    }
    // To link to a file changes it; what was changed a moment ago is read again.
    std::thread::sleep(Duration::from_millis(50));
    let index = scene.path("home/audit.sqlite");
    let rows = || {
        let open = rusqlite::Connection::open_with_flags(&index, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY);
        let count = |open: rusqlite::Connection| open.query_row("SELECT count(*) FROM artifact", [], |row| row.get(0));
        open.and_then(count).unwrap_or(0_i64)
    };
    let folder = scene.path("");
    let line = format!("{} --home home audit r --trust forum -j 2", env!("CARGO_BIN_EXE_vouchsafe"));
    let mut terminal = Terminal::open(&folder, &line);
    terminal.wait_for(|_| rows() > 0);
    terminal.press(INTERRUPT);
    assert_eq!(terminal.ended(&folder), "130");
    let kept = rows();
    assert!(0 < kept && kept < FILES, "{kept}");
    let check = rusqlite::Connection::open(&index).unwrap();
    assert_eq!(check.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)).unwrap(), "ok");
    scene.run("audit r --trust forum").says(3, "0 of 64 artifacts verified");
    assert_eq!(rows(), FILES, "nothing was decided twice");
}

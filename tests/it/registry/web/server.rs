//! A small web server of published files that a test can tell to misbehave on one of them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What happens to one file. The number says how often it was asked for since.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Harm {
    /// A head and a body, as they stand here; then the connection ends.
    Says(&'static str),
    /// A head, then bytes without end.
    Endless(&'static str),
    /// A head, then a byte now and then, without end.
    Drips(&'static str),
    /// Nothing, and the connection stays open.
    Silent,
    /// This status, so many times; then the file.
    Fails(u16, usize),
    /// The first half of the file, honestly announced.
    Half,
    /// The connection is reset in the middle of the file.
    Reset,
}

#[derive(Debug, Default)]
struct Shared {
    harm: Option<(String, Harm)>,
    asked: Vec<String>,
}

/// The server. Its threads end with the test.
pub(crate) struct Server {
    pub(crate) url: String,
    shared: Arc<Mutex<Shared>>,
}

impl Server {
    pub(crate) fn of(published: &Path) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Mutex::new(Shared::default()));
        let (folder, theirs) = (published.to_owned(), shared.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (folder, shared) = (folder.clone(), theirs.clone());
                // A client that went away is no concern of ours.
                std::thread::spawn(move || drop(answer(stream, &folder, &shared)));
            }
        });
        Self { url, shared }
    }
    /// From now on, files whose path ends so are harmed, and no others.
    pub(crate) fn harm(&self, end: &str, harm: Harm) {
        *self.shared.lock().unwrap() = Shared { harm: Some((end.into(), harm)), asked: Vec::new() };
    }
    /// From now on it is honest.
    pub(crate) fn relent(&self) {
        *self.shared.lock().unwrap() = Shared::default();
    }
    /// The paths asked for since the last change.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.shared.lock().unwrap().asked.clone()
    }
}

fn answer(mut stream: TcpStream, folder: &Path, shared: &Mutex<Shared>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let mut first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    // A proxy is asked for a connection first. This one pretends to be every server.
    if first.starts_with("CONNECT ") {
        let _ = lines.by_ref().find(|line| line.as_ref().map_or(true, String::is_empty));
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    }
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let harm = {
        let mut shared = shared.lock().unwrap();
        shared.asked.push(path.clone());
        let times = shared.asked.iter().filter(|p| **p == path).count();
        let harm = shared.harm.clone().filter(|(end, _)| path.ends_with(end.as_str())).map(|(_, harm)| harm);
        harm.filter(|harm| !matches!(harm, Harm::Fails(_, most) if times > *most))
    };
    // A request that was not read to its end makes the system reset the connection.
    if !matches!(harm, Some(Harm::Reset)) {
        for line in lines {
            if line?.is_empty() {
                break;
            }
        }
    }
    let file: PathBuf = folder.join(path.trim_start_matches('/'));
    let bytes = if file.is_file() { Some(std::fs::read(file)?) } else { None };
    match (harm, bytes) {
        (Some(Harm::Says(text)), _) => stream.write_all(text.as_bytes()),
        (Some(Harm::Endless(head)), _) => {
            stream.write_all(head.as_bytes())?;
            loop {
                stream.write_all(&[b' '; 4096])?;
            }
        }
        (Some(Harm::Drips(head)), _) => {
            stream.write_all(head.as_bytes())?;
            loop {
                stream.write_all(b" ")?;
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        (Some(Harm::Silent), _) => stream.read(&mut [0]).map(drop),
        (Some(Harm::Fails(status, _)), _) => send(&mut stream, status, b"no"),
        (Some(Harm::Half), Some(bytes)) => send(&mut stream, 200, &bytes[..bytes.len() / 2]),
        (Some(Harm::Reset), Some(bytes)) => {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len())?;
            stream.write_all(&bytes[..bytes.len() / 2])
        }
        (_, Some(bytes)) => send(&mut stream, 200, &bytes),
        (_, None) => send(&mut stream, 404, b"no such file"),
    }
}

fn send(stream: &mut TcpStream, status: u16, body: &[u8]) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    stream.write_all(body)
}

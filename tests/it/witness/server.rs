//! The built binary as a server, and a client that says exactly what a test wants said.

use crate::scene::Scene;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server that ends with the value.
pub(crate) struct Served {
    child: Child,
    pub(crate) address: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a server said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        let values = self.head.lines().filter_map(|l| l.split_once(": ")).filter(|(n, _)| n.eq_ignore_ascii_case(name));
        values.map(|(_, value)| value).next().unwrap_or_default()
    }
}

impl Served {
    pub(crate) fn start(scene: &Scene, line: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vouchsafe"));
        command.args(["--home", "home"]).args(line.split(' ')).current_dir(scene.path(""));
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = quiet.spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let address = first.strip_prefix("LISTENING  http://").and_then(|rest| rest.split(' ').next());
        Self { child, address: address.unwrap_or_else(|| panic!("{first}")).trim().to_owned() }
    }
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
    pub(crate) fn connect(&self) -> TcpStream {
        connect(&self.address)
    }
    /// One request on a connection of its own.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let head = format!("{method} {path} HTTP/1.1\r\nHost: w\r\nContent-Length: {}\r\n", body.len());
        self.raw(format!("{head}Connection: close\r\n\r\n{body}").as_bytes())
    }
    /// The same, if the server lives.
    pub(crate) fn try_post(&self, body: &str) -> Option<Answer> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        let head = format!("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).ok()?;
        read_answer(&mut stream)
    }
    pub(crate) fn post(&self, body: &str) -> Answer {
        self.ask("POST", "/add-checkpoint", body)
    }
    /// Any bytes on a connection of their own; the one answer.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        // A server that has refused already may not want the rest.
        let _ = stream.write_all(bytes);
        read_answer(&mut stream).expect("an answer")
    }
}

/// A connection on which nothing takes for ever: a test that waits in vain fails.
pub(crate) fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// The next answer on a connection, and no byte more. None if the connection ends before one begins.
pub(crate) fn read_answer(stream: &mut TcpStream) -> Option<Answer> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).ok()? == 0 {
            assert!(head.is_empty(), "half a head: {}", String::from_utf8_lossy(&head));
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut answer = Answer { status, head, body: String::new() };
    let length = answer.header("content-length").parse().unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    answer.body = String::from_utf8(body).unwrap();
    Some(answer)
}

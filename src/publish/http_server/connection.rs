//! One connection: requests in, answers out, each within its time.

use super::request::{After, Body, Expects, Head, Request};
use super::{Limits, Response};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// Bytes read at once.
const STEP: usize = 8 << 10;
/// What is still read of a request that was refused, so that the client sees the answer and not a reset.
const LINGER: (usize, Duration) = (1 << 20, Duration::from_secs(2));

/// Why a request did not come.
enum Broken {
    /// The connection ended, or nothing was asked.
    Gone,
    /// The client is told, and the connection ends.
    Refused(Response),
}

impl From<io::Error> for Broken {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

pub(super) struct Connection<'l> {
    stream: TcpStream,
    /// What was read and not yet used.
    buffer: Vec<u8>,
    limits: &'l Limits,
}

impl<'l> Connection<'l> {
    pub(super) fn new(stream: TcpStream, limits: &'l Limits) -> Self {
        Self { stream, buffer: Vec::new(), limits }
    }

    /// Serves until one of the two has had enough.
    pub(super) fn serve(mut self, answer: impl Fn(Request) -> Option<Response>) -> io::Result<()> {
        self.stream.set_nodelay(true)?;
        for nth in 1..=self.limits.requests {
            let (request, mut after, body) = match self.request() {
                Ok(whole) => whole,
                Err(Broken::Gone) => return Ok(()),
                Err(Broken::Refused(response)) => {
                    self.write(&response, After::Close, Body::Sent)?;
                    return self.linger();
                }
            };
            if nth == self.limits.requests {
                after = After::Close;
            }
            let Some(response) = answer(request) else { return Ok(()) };
            self.write(&response, after, body)?;
            if after == After::Close {
                // Nothing unread: the connection ends without a reset, and the thread is free at once.
                return if self.buffer.is_empty() { Ok(()) } else { self.linger() };
            }
        }
        Ok(())
    }

    fn request(&mut self) -> Result<(Request, After, Body), Broken> {
        if self.buffer.is_empty() && self.fill(deadline(self.limits.idle))? == 0 {
            return Err(Broken::Gone);
        }
        let until = deadline(self.limits.request);
        let head = loop {
            if let Some(head) = Head::parse(&self.buffer, self.limits.body).map_err(Broken::Refused)? {
                break head;
            }
            if self.buffer.len() >= self.limits.head {
                let why = format!("at most {} bytes before the body\n", self.limits.head);
                return Err(Broken::Refused(Response::text(431, why)));
            }
            self.more(until)?;
        };
        self.buffer.drain(..head.bytes.min(self.buffer.len()));
        if head.expects == Expects::Continue && self.buffer.len() < head.length {
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        while self.buffer.len() < head.length {
            self.more(until)?;
        }
        let rest = self.buffer.split_off(head.length.min(self.buffer.len()));
        let body = std::mem::replace(&mut self.buffer, rest);
        Ok((Request { method: head.method, path: head.path, body }, head.after, head.body))
    }

    /// Reads more of a request that has begun.
    fn more(&mut self, until: Instant) -> Result<(), Broken> {
        match self.fill(until) {
            Ok(0) => Err(Broken::Gone),
            Ok(_) => Ok(()),
            Err(e) if late(&e) => Err(Broken::Refused(Response::text(408, "the request took too long\n"))),
            Err(_) => Err(Broken::Gone),
        }
    }

    /// Reads what there is, until then.
    fn fill(&mut self, until: Instant) -> io::Result<usize> {
        let mut step = [0; STEP];
        let read = loop {
            self.stream.set_read_timeout(Some(left(until)?))?;
            match self.stream.read(&mut step) {
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.buffer.extend_from_slice(step.get(..read).unwrap_or_default());
        Ok(read)
    }

    fn write(&mut self, response: &Response, after: After, body: Body) -> io::Result<()> {
        let mut bytes = format!(
            "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n",
            response.status,
            reason(response.status),
            response.content_type,
            response.body.len()
        );
        for (name, value) in &response.headers {
            bytes.push_str(&format!("{name}: {value}\r\n"));
        }
        if after == After::Close {
            bytes.push_str("Connection: close\r\n");
        }
        bytes.push_str("\r\n");
        let mut bytes = bytes.into_bytes();
        if body == Body::Sent {
            bytes.extend_from_slice(&response.body);
        }
        self.send(&bytes)
    }

    fn send(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let until = deadline(self.limits.answer);
        while !bytes.is_empty() {
            self.stream.set_write_timeout(Some(left(until)?))?;
            match self.stream.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(sent) => bytes = bytes.get(sent..).unwrap_or_default(),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Ends the connection so that the last answer arrives.
    fn linger(mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)?;
        let (most, wait) = LINGER;
        let (until, mut read) = (deadline(wait), 0_usize);
        while read < most {
            self.buffer.clear();
            match self.fill(until)? {
                0 => break,
                n => read = read.saturating_add(n),
            }
        }
        Ok(())
    }
}

fn deadline(after: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(after).unwrap_or(now)
}

/// What is left until then; a system would take nought for no limit at all.
fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

fn late(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        411 => "Length Required",
        413 => "Content Too Large",
        417 => "Expectation Failed",
        422 => "Unprocessable Content",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}

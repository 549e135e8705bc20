//! A small HTTP/1.1 server: a fixed number of threads, and a limit on every byte and every wait. Believes nothing.
//!
//! Connections are read and written on threads of their own; what was asked is answered on the thread that runs the
//! server, one batch after the other. So who answers needs no locks, and can do many requests in one go.

mod connection;
mod request;

use crate::encoding::{Class, Explain, text::shown};
use connection::Connection;
pub use request::{Method, Request};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// How much a client may send, and how long everything may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections served at once; each has a thread. Further ones wait in the system's queue.
    pub connections: usize,
    /// Bytes of a request's first line and headers.
    pub head: usize,
    /// Bytes of a request's body.
    pub body: usize,
    /// From the first byte of a request to its last: a client that sends a byte now and then does not win time.
    pub request: Duration,
    /// How long a connection may be open without a request.
    pub idle: Duration,
    /// For an answer to be taken.
    pub answer: Duration,
    /// Requests on one connection, after which it is closed, so that nobody keeps one for ever.
    pub requests: usize,
    /// Requests that are answered in one go.
    pub batch: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 64,
            head: 8 << 10,
            body: 64 << 10,
            request: Duration::from_secs(10),
            idle: Duration::from_secs(15),
            answer: Duration::from_secs(10),
            requests: 1000,
            batch: 1,
        }
    }
}

/// What a client is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Of what type the body is.
    pub content_type: &'static str,
    /// Other headers.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// Plain text.
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        let body: String = body.into();
        Self { status, content_type: "text/plain; charset=utf-8", headers: Vec::new(), body: body.into_bytes() }
    }
    /// There is nothing under this path.
    pub fn not_found() -> Self {
        Self::text(404, "not found\n")
    }
    /// Another method is meant.
    pub fn not_allowed(allow: &'static str) -> Self {
        let mut response = Self::text(405, format!("expected {allow}\n"));
        response.headers.push(("Allow", allow));
        response
    }
}

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("{}: cannot listen there: {source}", shown(.address))]
pub struct ListenError {
    address: String,
    source: std::io::Error,
}

impl Explain for ListenError {
    fn code(&self) -> &'static str {
        "listen-failed"
    }
    fn class(&self) -> Class {
        Class::Undecided
    }
    fn expected(&self) -> String {
        "ADDR:PORT of this machine, such as 127.0.0.1:8080, that nobody else uses".into()
    }
    fn got(&self) -> String {
        self.source.to_string()
    }
    fn next(&self) -> String {
        "choose another port; port 0 takes any free one".into()
    }
}

struct Asked {
    request: Request,
    reply: SyncSender<Response>,
}

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    limits: Limits,
}

impl Server {
    /// Listens on `address`, as in `127.0.0.1:8080`. Connections wait until [`Server::run`].
    ///
    /// # Errors
    /// [`ListenError`].
    pub fn bind(address: &str, limits: Limits) -> Result<Self, ListenError> {
        let failed = |source| ListenError { address: address.to_owned(), source };
        let listener = TcpListener::bind(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, limits })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the process ends. `answer` gets at most [`Limits::batch`] requests at once, and gives as many
    /// responses, in the same order.
    pub fn run(&self, mut answer: impl FnMut(&[Request]) -> Vec<Response>) {
        let (ask, asked) = sync_channel(self.limits.connections);
        std::thread::scope(|scope| {
            for _ in 0..self.limits.connections {
                let ask = ask.clone();
                scope.spawn(move || self.accept(&ask));
            }
            drop(ask);
            while let Some(batch) = next_batch(&asked, self.limits.batch) {
                let (requests, replies): (Vec<_>, Vec<_>) = batch.into_iter().map(|a| (a.request, a.reply)).unzip();
                let mut responses = answer(&requests).into_iter();
                for reply in replies {
                    // A client that went away meanwhile needs no answer.
                    let _ = reply.send(responses.next().unwrap_or_else(|| Response::text(500, "no answer\n")));
                }
            }
        });
    }

    fn accept(&self, ask: &SyncSender<Asked>) {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    let answer = |request| {
                        let (reply, answered) = sync_channel(1);
                        ask.send(Asked { request, reply }).ok()?;
                        answered.recv().ok()
                    };
                    // However a connection ends, the next one is served.
                    let _ = Connection::new(stream, &self.limits).serve(answer);
                }
                // Out of descriptors, say: others have to end first.
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }
}

/// The next request, and whatever else waits already. None once nobody can ask any more.
fn next_batch(asked: &Receiver<Asked>, most: usize) -> Option<Vec<Asked>> {
    let mut batch = vec![asked.recv().ok()?];
    while batch.len() < most {
        match asked.try_recv() {
            Ok(next) => batch.push(next),
            Err(_) => break,
        }
    }
    Some(batch)
}

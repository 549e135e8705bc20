//! Reads the head of a request (RFC 9112), strictly: what two readers could understand differently is refused.

use super::Response;

/// The most headers of a request.
const MAX_HEADERS: usize = 64;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// To read. HEAD is this, too; the server leaves the body out.
    Get,
    /// To do.
    Post,
    /// Anything else.
    Other,
}

/// A whole request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, without a query, as it was sent: nothing is decoded.
    pub path: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Whether more requests may follow on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    Open,
    Close,
}

/// Whether the body of an answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Sent,
    Omitted,
}

/// Whether a client waits to be told that its body is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expects {
    Nothing,
    Continue,
}

/// The head of a request, and what it says of the rest.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) method: Method,
    pub(super) path: String,
    /// Bytes of the body.
    pub(super) length: usize,
    /// Bytes of the head itself.
    pub(super) bytes: usize,
    pub(super) after: After,
    pub(super) body: Body,
    pub(super) expects: Expects,
}

impl Head {
    /// Reads a head. None if it is not all there yet.
    ///
    /// # Errors
    /// The response, after which the connection ends: nobody knows where the next request would start.
    pub(super) fn parse(bytes: &[u8], most_body: usize) -> Result<Option<Self>, Response> {
        let mut room = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut room);
        let length = match request.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(Response::text(431, "too many headers\n")),
            Err(httparse::Error::Version) => return Err(Response::text(505, "expected HTTP/1.1\n")),
            Err(e) => return Err(bad(&e.to_string())),
        };
        let headers = Headers(request.headers);
        let latest = request.version == Some(1);
        if latest && headers.all("host").count() != 1 {
            return Err(bad("expected one Host"));
        }
        let word = request.method.unwrap_or_default();
        let (method, body) = match word {
            "GET" => (Method::Get, Body::Sent),
            "HEAD" => (Method::Get, Body::Omitted),
            "POST" => (Method::Post, Body::Sent),
            _ => (Method::Other, Body::Sent),
        };
        let keep = latest && !headers.lists("connection", "close");
        Ok(Some(Self {
            method,
            path: path(request.path.unwrap_or_default()).ok_or_else(|| bad("expected a path"))?,
            length: headers.length(method, most_body)?,
            bytes: length,
            after: if keep { After::Open } else { After::Close },
            body,
            expects: headers.expects(latest)?,
        }))
    }
}

struct Headers<'h>(&'h [httparse::Header<'h>]);

impl<'h> Headers<'h> {
    fn all(&self, name: &str) -> impl Iterator<Item = &'h [u8]> {
        self.0.iter().filter(move |h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value)
    }
    /// Whether a word stands in the list that these headers are.
    fn lists(&self, name: &str, word: &str) -> bool {
        self.all(name)
            .any(|value| value.split(|b| *b == b',').any(|w| w.trim_ascii().eq_ignore_ascii_case(word.as_bytes())))
    }

    /// How long the body is. Only a length is understood: of a body in pieces, a proxy and we might see different ends.
    fn length(&self, method: Method, most: usize) -> Result<usize, Response> {
        if self.all("transfer-encoding").next().is_some() {
            return Err(Response::text(411, "expected Content-Length, and no Transfer-Encoding\n"));
        }
        let mut stated = self.all("content-length");
        let Some(first) = stated.next() else {
            return match method {
                Method::Post => Err(Response::text(411, "expected Content-Length\n")),
                _ => Ok(0),
            };
        };
        if stated.next().is_some() || first.is_empty() || !first.iter().all(u8::is_ascii_digit) {
            return Err(bad("expected one Content-Length, a number"));
        }
        // A number too large to be one is over the limit, too.
        let length = std::str::from_utf8(first).ok().and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
        if length > most {
            return Err(Response::text(413, format!("at most {most} bytes\n")));
        }
        Ok(length)
    }

    fn expects(&self, latest: bool) -> Result<Expects, Response> {
        match self.all("expect").next() {
            Some(what) if latest && what.eq_ignore_ascii_case(b"100-continue") => Ok(Expects::Continue),
            Some(_) if latest => Err(Response::text(417, "expected 100-continue, or nothing\n")),
            _ => Ok(Expects::Nothing),
        }
    }
}

fn bad(why: &str) -> Response {
    Response::text(400, format!("bad request: {why}\n"))
}

/// The path of a target in origin form or in absolute form.
fn path(target: &str) -> Option<String> {
    let rest = match target.split_once("://") {
        Some(("http" | "https", rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
        _ => target,
    };
    let path = rest.split('?').next().unwrap_or_default();
    path.starts_with('/').then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{After, Body, Expects, Head, Method};

    fn head(text: &str) -> Result<Option<Head>, u16> {
        Head::parse(text.as_bytes(), 100).map_err(|response| response.status)
    }

    #[test]
    fn heads_are_read_strictly() {
        let whole = head("POST /add?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\nExpect: 100-Continue\r\n\r\nrest")
            .unwrap()
            .unwrap();
        assert_eq!((whole.method, whole.path.as_str(), whole.length), (Method::Post, "/add", 7));
        assert_eq!((whole.after, whole.expects, whole.body), (After::Open, Expects::Continue, Body::Sent));
        let closing = head("HEAD http://h/a HTTP/1.1\nHost: h\nConnection: x, Close\n\n").unwrap().unwrap();
        assert_eq!((closing.path.as_str(), closing.after, closing.body), ("/a", After::Close, Body::Omitted));
        assert_eq!(head("GET / HTTP/1.0\r\n\r\n").unwrap().unwrap().after, After::Close);
        assert!(head("POST / HTTP/1.1\r\nHost: h\r\n").unwrap().is_none(), "not all there");
        let with = |headers: &str| head(&format!("POST / HTTP/1.1\r\nHost: h\r\n{headers}\r\n")).unwrap_err();
        for (headers, status) in [
            ("", 411),
            ("Transfer-Encoding: chunked\r\n", 411),
            ("Transfer-Encoding: identity\r\nContent-Length: 3\r\n", 411),
            ("Content-Length: 3\r\nContent-Length: 4\r\n", 400),
            ("Content-Length: 3\r\nContent-Length: 3\r\n", 400),
            ("Content-Length: 3, 3\r\n", 400),
            ("Content-Length: +3\r\n", 400),
            ("Content-Length: -1\r\n", 400),
            ("Content-Length: 0x3\r\n", 400),
            ("Content-Length:\r\n", 400),
            ("Content-Length: 101\r\n", 413),
            ("Content-Length: 99999999999999999999999999\r\n", 413),
            ("Content-Length: 3\r\nHost: other\r\n", 400),
            ("Content-Length : 3\r\n", 400),
            ("Content-Length: 3\r\n folded\r\n", 400),
            ("Content-Length: 3\r\nExpect: tea\r\n", 417),
        ] {
            assert_eq!(with(headers), status, "{headers}");
        }
        for (text, status) in [
            ("GET / HTTP/1.1\r\n\r\n", 400),
            ("GET * HTTP/1.1\r\nHost: h\r\n\r\n", 400),
            ("GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
            ("\0\0\0\0", 400),
            ("GET /\r\n\r\n", 400),
        ] {
            assert_eq!(head(text).unwrap_err(), status, "{text:?}");
        }
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(65));
        assert_eq!(head(&many).unwrap_err(), 431);
    }
}

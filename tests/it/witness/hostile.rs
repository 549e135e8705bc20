//! Clients that mean harm, or cannot spell: each is refused in its way, and the next honest one is served.

use super::server::{Served, connect, read_answer};
use super::{Bench, Log};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;
use vouchsafe::publish::http_server::{Limits, Method, Request, Response, Server};

const HEAD: &str = "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n";

#[track_caller]
fn serves(served: &Served, log: &Log) {
    let answer = served.post(&format!("old 2\n\n{}", log.note(0)));
    assert_eq!(answer.status, 400, "still there: {answer:?}");
}

#[test]
fn each_malformed_request_has_its_status() {
    let bench = Bench::new();
    let served = bench.serve();
    let good = bench.log.request(0, 5);
    let long = "a".repeat(20_000);
    for (what, bytes, status) in [
        ("garbage", "\u{1}\u{2}\u{3}\u{4}\r\n\r\n".into(), 400),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}".into(), 400),
        ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(), 505),
        ("no version", "GET /\r\n\r\n".into(), 400),
        ("no host", "GET / HTTP/1.1\r\n\r\n".into(), 400),
        ("an endless line", format!("GET /{long}"), 431),
        ("an endless header", format!("{HEAD}X: {long}"), 431),
        ("endless headers", format!("{HEAD}{}", "x: y\r\n".repeat(5000)), 431),
        ("a giant body", format!("{HEAD}Content-Length: 4294967296\r\n\r\n{long}"), 413),
        ("a body without end", format!("{HEAD}Content-Length: 99999999999999999999999\r\n\r\n"), 413),
        ("no length", format!("{HEAD}\r\n{good}"), 411),
        ("in pieces", format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), 411),
        ("both lengths", format!("{HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello"), 411),
        ("two lengths", format!("{HEAD}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"), 400),
        ("a negative length", format!("{HEAD}Content-Length: -5\r\n\r\nhello"), 400),
        ("a folded header", format!("{HEAD}Content-Length: 5\r\n x: y\r\n\r\nhello"), 400),
        ("too short a length", format!("{HEAD}Content-Length: 5\r\nConnection: close\r\n\r\n{good}"), 400),
        ("an expectation", format!("{HEAD}Content-Length: 5\r\nExpect: miracles\r\n\r\nhello"), 417),
        ("not UTF-8", format!("{HEAD}Content-Length: 4\r\nConnection: close\r\n\r\n\u{1}\u{2}\u{3}\u{4}"), 400),
    ] {
        let answer = served.raw(bytes.as_bytes());
        assert_eq!((answer.status, answer.header("connection")), (status, "close"), "{what}: {answer:?}");
        serves(&served, &bench.log);
    }
    let length = good.len();
    let old = served.raw(format!("POST /add-checkpoint HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{good}").as_bytes());
    assert_eq!((old.status, old.header("connection")), (200, "close"), "{old:?}");
}

/// Bytes of every kind, at every place: an answer or a closed connection, and never the end of the server.
#[test]
fn random_bytes_never_end_it() {
    let bench = Bench::new();
    let served = bench.serve();
    let request = bench.log.request(0, 5);
    let good = format!("{HEAD}Content-Length: {}\r\nConnection: close\r\n\r\n{request}", request.len()).into_bytes();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap()
    };
    for round in 0..300 {
        let mut bytes = good.clone();
        for _ in 0..=round % 4 {
            let at = random() % bytes.len();
            match random() % 3 {
                0 => bytes[at] = u8::try_from(random() % 256).unwrap(),
                1 => bytes.truncate(at.max(1)),
                _ => bytes.insert(at, b"\r\n\0:  "[random() % 6]),
            }
        }
        let mut stream = served.connect();
        stream.write_all(&bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let answer = read_answer(&mut stream);
        assert!(answer.is_none_or(|a| [200, 400, 403, 404, 405, 409, 411, 413, 417, 422, 505].contains(&a.status)));
    }
    serves(&served, &bench.log);
}

#[test]
fn connections_are_kept_and_requests_may_come_at_once() {
    let bench = Bench::new();
    let served = bench.serve();
    let mut stream = served.connect();
    let one = |old: usize, new: usize| {
        let body = bench.log.request(old, new);
        format!("{HEAD}Content-Length: {}\r\n\r\n{body}", body.len())
    };
    for size in 1..5 {
        stream.write_all(one(size - 1, size).as_bytes()).unwrap();
        let answer = read_answer(&mut stream).unwrap();
        assert_eq!((answer.status, answer.header("connection")), (200, ""), "{answer:?}");
    }
    // Four in one go; the answers come in order.
    stream.write_all([one(4, 6), one(4, 7), one(6, 7), one(7, 300)].concat().as_bytes()).unwrap();
    let answers = [(); 4].map(|()| read_answer(&mut stream).unwrap().status);
    assert_eq!(answers, [200, 409, 200, 200]);
    // A client that asks before it sends, and one byte at a time.
    let request = one(300, 300).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    stream.write_all(format!("{head}\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(read_answer(&mut stream).unwrap().status, 100);
    for byte in body.bytes() {
        stream.write_all(&[byte]).unwrap();
    }
    assert_eq!(read_answer(&mut stream).unwrap().status, 200);
}

/// More connections than threads, and each of them rude: half a request, then gone.
#[test]
fn clients_that_go_away_leave_no_trace() {
    let bench = Bench::new();
    let served = bench.serve();
    let request = bench.log.request(0, 5);
    for n in 0..150 {
        let mut stream = served.connect();
        let whole = format!("{HEAD}Content-Length: {}\r\n\r\n{request}", request.len());
        stream.write_all(&whole.as_bytes()[..whole.len() * n / 150]).unwrap();
    }
    serves(&served, &bench.log);
    assert_eq!(served.post(&request).status, 200, "nothing of it was taken for a request");
}

/// The library's server with short waits, so that a test need not wait long. It ends with the tests.
fn impatient() -> String {
    let limits = Limits {
        connections: 4,
        request: Duration::from_millis(300),
        idle: Duration::from_millis(300),
        requests: 3,
        batch: 8,
        ..Limits::default()
    };
    let server = Server::bind("127.0.0.1:0", limits).unwrap();
    let address = server.address().to_string();
    std::thread::spawn(move || {
        server.run(|requests| {
            assert!(requests.len() <= 8);
            let answer = |r: &Request| Response::text(200, format!("{:?} {} {}", r.method, r.path, r.body.len()));
            // One answer too few, when somebody asks for it: that one is told 500.
            let asked = requests.iter().filter(|r| r.path != "/silent" && r.method != Method::Other);
            asked.map(answer).collect()
        });
    });
    address
}

fn get(address: &str, path: &str) -> u16 {
    let mut stream = connect(address);
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    read_answer(&mut stream).expect("an answer").status
}

/// Twelve clients that send a byte now and then for as long as they are let, against four threads.
#[test]
fn who_is_slow_does_not_keep_others_out() {
    let address = impatient();
    let slow: Vec<_> = (0..12)
        .map(|n| {
            let mut stream = connect(&address);
            std::thread::spawn(move || {
                let part = if n % 2 == 0 {
                    "GET / HTTP/1.1\r\nX: "
                } else {
                    "POST / HTTP/1.1\r\nHost: w\r\nContent-Length: 900\r\n\r\n"
                };
                stream.write_all(part.as_bytes()).unwrap();
                while stream.write_all(b"x").is_ok() {
                    std::thread::sleep(Duration::from_millis(20));
                    if let Some(answer) = peeked(&mut stream) {
                        return answer;
                    }
                }
                0
            })
        })
        .collect();
    assert_eq!(get(&address, "/"), 200, "in its turn");
    let told: Vec<u16> = slow.into_iter().map(|s| s.join().unwrap()).collect();
    assert!(told.iter().all(|status| [408, 0].contains(status)), "{told:?}");
    assert!(told.contains(&408), "{told:?}");
    assert_eq!(get(&address, "/"), 200);
}

fn peeked(stream: &mut TcpStream) -> Option<u16> {
    stream.set_nonblocking(true).unwrap();
    let there = stream.peek(&mut [0]).is_ok_and(|n| n > 0);
    stream.set_nonblocking(false).unwrap();
    if there { read_answer(stream).map(|a| a.status) } else { None }
}

#[test]
fn a_connection_is_not_for_ever() {
    let address = impatient();
    let mut stream = connect(&address);
    for nth in 1..=3 {
        stream.write_all(b"GET /a?b HTTP/1.1\r\nHost: w\r\n\r\n").unwrap();
        let answer = read_answer(&mut stream).unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, "Get /a 0"));
        assert_eq!(answer.header("connection"), if nth == 3 { "close" } else { "" });
    }
    assert!(read_answer(&mut stream).is_none(), "closed after as many as it takes");
    let mut idle = connect(&address);
    assert_eq!(idle.read(&mut [0]).unwrap(), 0, "closed without a word");
    assert_eq!(get(&address, "/silent"), 500, "a request without an answer");
}

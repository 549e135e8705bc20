//! Every status of C2SP tlog-witness, by a real request to the real server.

use super::{Bench, Log};
use std::io::{Read as _, Write as _};
use vouchsafe::encoding::base64;
use vouchsafe::transparency::Note;

#[test]
fn a_log_that_only_grows_is_cosigned() {
    let bench = Bench::new();
    let served = bench.serve();
    let mut old = 0;
    for new in [0, 0, 1, 1, 2, 3, 7, 8, 9, 64, 100, 255, 256, 257, 300, 300] {
        let answer = served.post(&bench.log.request(old, new));
        assert_eq!(answer.status, 200, "{old} to {new}: {answer:?}");
        bench.is_cosigned(new, &answer.body);
        old = new;
    }
}

#[test]
fn every_refusal_has_its_status() {
    let bench = Bench::new();
    let served = bench.serve();
    let log = &bench.log;
    let (stranger, impostor) = (Log::new("example.org/other", 1), Log::new("example.org/log", 2));
    let fork = log.forked(1, 3);
    assert_eq!(served.post(&log.request(0, 10)).status, 200);
    let before = bench.state();
    let forged = {
        let note = log.note(20);
        let at = note.rfind('=').unwrap_or(note.len() - 1) - 9;
        let other = if note.as_bytes()[at] == b'A' { 'B' } else { 'A' };
        format!("old 10\n{}\n{}{other}{}", log.proof(10, 20), &note[..at], &note[at + 1..])
    };
    let empty = log.sign(&format!("{}\n0\n{}\n", log.origin, log.root(1)));
    let hashes = |n: usize| format!("{}\n", log.root(1)).repeat(n);
    let extended = log.sign(&format!("{}extension\n", log.text(20)));
    let cases = [
        ("no request", "nonsense".to_owned(), 400),
        ("nothing", String::new(), 400),
        ("old is larger", format!("old 21\n\n{}", log.note(20)), 400),
        ("a leading zero", log.request(10, 20).replace("old 10", "old 010"), 400),
        ("a sign", log.request(10, 20).replace("old 10", "old +10"), 400),
        ("64 hashes", format!("old 10\n{}\n{}", hashes(64), log.note(20)), 400),
        ("a short hash", format!("old 10\nAAAA\n\n{}", log.note(20)), 400),
        ("no final newline", log.request(10, 20).trim_end().to_owned(), 400),
        ("CRLF", log.request(10, 20).replace('\n', "\r\n"), 400),
        ("no signature line", format!("old 10\n\n{}\n", log.text(20)), 400),
        ("unknown log", stranger.request(0, 20), 404),
        ("another key of that name", impostor.request(10, 20), 403),
        ("a signature that does not verify", forged, 403),
        ("larger than what was cosigned", log.request(12, 20), 409),
        ("smaller than what was cosigned", log.request(5, 20), 409),
        ("nought", log.request(0, 20), 409),
        ("rolled back", log.request(0, 5), 409),
        ("63 hashes that prove nothing", format!("old 10\n{}\n{}", hashes(63), log.note(20)), 422),
        ("no proof", format!("old 10\n\n{}", log.note(20)), 422),
        ("a fork further on", fork.request(10, 20), 422),
        ("a fork at the same size", fork.request(10, 10), 422),
        ("a proof for the same size", format!("old 10\n{}\n{}", hashes(1), log.note(10)), 422),
        ("an empty tree with a root, after ten entries", format!("old 0\n\n{empty}"), 409),
        ("good", log.request(10, 20), 200),
        ("good, with an extension line", format!("old 20\n\n{extended}"), 200),
    ];
    for (what, request, status) in cases {
        let answer = served.post(&request);
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        if status == 409 {
            assert_eq!(answer.header("content-type"), "text/x.tlog.size", "{what}");
            assert_eq!(answer.body, "10\n", "{what}");
        }
        if status != 200 {
            assert_eq!(bench.state(), before, "{what}: changed what was cosigned last");
            assert!(!answer.body.contains('\u{2014}'), "{what}: a signature came with it: {answer:?}");
        }
    }
    assert_ne!(bench.state(), before, "the good ones did");
}

/// Of a log that was never cosigned: an empty proof is asked for, and nought is the size.
#[test]
fn the_first_checkpoint_needs_no_proof() {
    let bench = Bench::new();
    let served = bench.serve();
    let with_proof = format!("old 0\n{}\n\n{}", bench.log.root(1), bench.log.note(20));
    assert_eq!(served.post(&with_proof).status, 422);
    let conflict = served.post(&bench.log.request(5, 20));
    assert_eq!((conflict.status, conflict.body.as_str()), (409, "0\n"));
    let empty = bench.log.sign(&format!("{}\n0\n{}\n", bench.log.origin, bench.log.root(1)));
    assert_eq!(served.post(&format!("old 0\n\n{empty}")).status, 422);
    assert_eq!(served.post(&bench.log.request(0, 20)).status, 200);
}

#[test]
fn monitors_read_what_was_cosigned_last() {
    let bench = Bench::new();
    let served = bench.serve();
    let path = format!("/{}/checkpoint", bench.log.hash());
    assert_eq!(served.ask("GET", &path, "").status, 404, "never cosigned");
    // Somebody else's cosignature and an unknown key's signature come along; neither is kept.
    let noise = format!("\u{2014} other.example.org {}\n", base64::encode(&[7; 76]));
    let cosigned = served.post(&(bench.log.request(0, 42) + &noise));
    assert_eq!(cosigned.status, 200, "{cosigned:?}");
    let read = served.ask("GET", &path, "");
    assert_eq!((read.status, &read.body), (200, &format!("{}{}", bench.log.note(42), cosigned.body)));
    assert_eq!(Note::parse(read.body.as_bytes()).unwrap().signatures().len(), 2);
    let (mut stream, mut head) = (served.connect(), String::new());
    stream.write_all(format!("HEAD {path} HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    stream.read_to_string(&mut head).unwrap();
    assert!(head.starts_with("HTTP/1.1 200 ") && head.ends_with("\r\n\r\n"), "a head alone: {head}");
    assert!(head.contains(&format!("Content-Length: {}\r\n", read.body.len())), "{head}");
    for (method, path, status) in [
        ("POST", path.as_str(), 405),
        ("GET", "/add-checkpoint", 405),
        ("DELETE", "/add-checkpoint", 405),
        ("POST", "/", 404),
        ("GET", "/", 404),
        ("GET", "/../w.pem/checkpoint", 404),
        ("GET", "/..%2f..%2fw/checkpoint", 404),
        ("GET", "//checkpoint", 404),
        ("GET", &path.to_uppercase().replace("CHECKPOINT", "checkpoint"), 404),
        ("GET", &format!("/{}/checkpoint", "0".repeat(64)), 404),
    ] {
        assert_eq!(served.ask(method, path, "").status, status, "{method} {path}");
    }
}

/// While the server runs, its operator makes another log known.
#[test]
fn a_log_is_added_while_it_serves() {
    let bench = Bench::new();
    let served = bench.serve();
    let other = Log::new("example.org/other", 9);
    assert_eq!(served.post(&other.request(0, 3)).status, 404);
    bench.scene.ok(&format!("log witness add-log w {}", other.vkey())).says(0, "knows 2 logs");
    assert_eq!(served.post(&other.request(0, 3)).status, 200);
    assert_eq!(served.post(&bench.log.request(0, 3)).status, 200);
    // A second key of the same log: what was cosigned under the first one binds it, too.
    let rotated = bench.log.forked(7, 1);
    bench.scene.ok(&format!("log witness add-log w {}", rotated.vkey())).says(0, "knows 3 logs");
    assert_eq!(served.post(&rotated.request(0, 3)).status, 409);
    assert_eq!(served.post(&rotated.request(3, 9)).status, 422);
    assert_eq!(served.post(&Log::new(&bench.log.origin, 7).request(3, 9)).status, 200, "the new key, the same truth");
    bench.scene.ok(&format!("log witness add-log w {}", rotated.vkey())).says(0, "KNOWN");
}

/// A state that cannot be written means no cosignature, and a server that goes on.
#[test]
fn what_cannot_be_recorded_is_not_cosigned() {
    let bench = Bench::new();
    let served = bench.serve();
    assert_eq!(served.post(&bench.log.request(0, 3)).status, 200);
    let path = bench.scene.path(format!("w/logs/{}", bench.log.hash()));
    let good = std::fs::read(&path).unwrap();
    for damage in [&b"damaged"[..], bench.log.note(2).as_bytes()] {
        std::fs::write(&path, damage).unwrap();
        let answer = served.post(&bench.log.request(3, 4));
        assert_eq!((answer.status, answer.body.as_str()), (500, "the witness cannot answer\n"));
        let read = served.ask("GET", &format!("/{}/checkpoint", bench.log.hash()), "");
        assert_eq!(read.status, 500);
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(served.post(&bench.log.request(0, 4)).status, 500, "a lost record is no new beginning");
    std::fs::write(&path, good).unwrap();
    assert_eq!(served.post(&bench.log.request(3, 4)).status, 200);
}

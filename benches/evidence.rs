//! How fast a large report becomes facts, and how long all checks of the catalogue take. Prints; asserts nothing about
//! time. `cargo bench --bench evidence`.

#![allow(clippy::print_stdout, reason = "a bench prints")]

use std::io::Read;
use std::time::{Duration, Instant};
use vouchsafe::evidence::{Target, extract};
use vouchsafe::practice::{EvidenceKind, Piece, assess, builtin};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const HEAD: &str = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"bench","rules":[{"id":"js/sql-injection","properties":{"security-severity":"8.8","tags":["security"]}}]}},"results":["#;
const RESULT: &str = r#"{"ruleId":"js/sql-injection","ruleIndex":0,"message":{"text":"This query depends on a value that a user provides, by way of three functions and a template."},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"src/app/routes/users.js","uriBaseId":"%SRCROOT%","index":4},"region":{"startLine":34,"startColumn":12,"endColumn":45}}}],"partialFingerprints":{"primaryLocationLineHash":"39fa2ee980eb94b0:1"},"suppressions":[{"kind":"inSource","justification":"covered by a test"}]}"#;

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn main() -> Outcome {
    let count = (100 << 20) / (RESULT.len() + 1);
    let body = vec![RESULT; count].join(",");
    let (mut times, tail) = (Vec::new(), "]}]}");
    let bytes = HEAD.len() + body.len() + tail.len();
    let mut facts = serde_json::Map::new();
    for _ in 0..5 {
        let mut report = HEAD.as_bytes().chain(body.as_bytes()).chain(tail.as_bytes());
        let start = Instant::now();
        facts = extract(EvidenceKind::Sarif, "bench.sarif", &mut report, &Target::default())?.facts;
        times.push(start.elapsed());
    }
    let time = median(times);
    println!(
        "SARIF of {} MiB, {count} results, to facts: {:.2} s, {:.0} MB/s",
        bytes >> 20,
        time.as_secs_f64(),
        bytes as f64 / 1e6 / time.as_secs_f64()
    );

    let catalogue = builtin()?;
    let pieces = [Piece { id: "e1", kind: EvidenceKind::Sarif, facts: &facts }];
    let now = jiff::Timestamp::UNIX_EPOCH;
    let mut times = Vec::new();
    for _ in 0..1000 {
        let start = Instant::now();
        std::hint::black_box(assess(&catalogue, &pieces, now));
        times.push(start.elapsed());
    }
    println!(
        "all {} checks of {} practices: {:.0} us",
        catalogue.checks.len(),
        catalogue.practices.len(),
        median(times).as_secs_f64() * 1e6
    );
    Ok(())
}

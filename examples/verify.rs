//! The whole decision from a program of your own: measure, gather, decide.
//!
//! `cargo run --example verify -- FORUM_FOLDER ARTIFACT` answers as `vouchsafe verify` does.

#![expect(clippy::print_stdout, reason = "an example speaks")]

use std::error::Error;
use std::path::Path;
use vouchsafe::artifact::{Algorithm, Measured};
use vouchsafe::gather::{evidence, trust};
use vouchsafe::registry::Wanted;
use vouchsafe::verify::{Candidate, Evidence, Policy, verify};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [forum, artifact] = arguments.as_slice() else {
        return Err("usage: verify FORUM_FOLDER ARTIFACT".into());
    };

    // The world: bytes, time, and what was found beside the artifact. None of it is believed yet.
    let now = jiff::Timestamp::now();
    let held = trust::resolve(None, Some(Path::new(forum)), now, || Wanted::Everybody)?;
    let measured = Measured::read(std::fs::File::open(artifact)?, &Algorithm::ALL)?;
    let found = evidence::read(Path::new(&format!("{artifact}.sigstore.json")))?;
    let candidates =
        found.into_iter().map(|f| Candidate { source: f.source, envelope: f.envelope, time: f.time, replay: None });
    let evidence = Evidence { name: artifact.clone(), candidates: candidates.collect() };

    // The decision: pure, the same answer for the same inputs.
    let policy = Policy::parse("default", held.registry.policy("default").unwrap_or_default())?;
    let verified = verify(&measured, evidence, &held.registry, &policy, now)?;
    let by: Vec<&str> = verified.signers().iter().map(|s| s.name.as_str()).collect();
    println!("{artifact}: vouched for by {}", by.join(", "));
    Ok(())
}

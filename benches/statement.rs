//! What anybody would write to look for a digest in a large signed statement: the peer of row P11. `benches/run` runs it as
//! `statement BUNDLE KEY.pem DIGEST`; it reads, decodes, verifies strictly, parses and looks, each in one call of a library.

#![allow(clippy::print_stdout, reason = "a bench prints")]
#![allow(clippy::disallowed_methods, reason = "the libraries as they are, with nothing of ours")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::pkcs8::DecodePublicKey as _;
use ed25519_dalek::{Signature, VerifyingKey};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    dsse_envelope: Envelope,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signed>,
}

#[derive(Deserialize)]
struct Signed {
    sig: String,
}

#[derive(Deserialize)]
struct Statement {
    subject: Vec<Subject>,
}

#[derive(Deserialize)]
struct Subject {
    name: String,
    digest: BTreeMap<String, String>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [bundle, key, digest] = arguments.as_slice() else {
        println!("statement BUNDLE KEY.pem DIGEST: run by benches/run");
        return Ok(());
    };
    let envelope = serde_json::from_slice::<Bundle>(&std::fs::read(bundle)?)?.dsse_envelope;
    let key = VerifyingKey::from_public_key_pem(&std::fs::read_to_string(key)?)?;
    let payload = STANDARD.decode(&envelope.payload)?;
    let kind = &envelope.payload_type;
    let mut message = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    message.extend_from_slice(&payload);
    for signed in &envelope.signatures {
        key.verify_strict(&message, &Signature::from_slice(&STANDARD.decode(&signed.sig)?)?)?;
    }
    let start = std::time::Instant::now();
    let statement: Statement = serde_json::from_slice(&payload)?;
    let parsed = start.elapsed();
    let found = statement.subject.iter().find(|subject| subject.digest.get("sha256").is_some_and(|hex| hex == digest));
    println!("{}, parsed in {parsed:?}", found.ok_or("no such subject")?.name);
    Ok(())
}

//! Files with attestations, read for what they say they are about. Judges nothing.

use super::index::{Read, Stated, Written, word};
use super::stamp::is_fresh;
use super::walk::{Kind, why};
use crate::attestation::{Payload as _, Statement};
use crate::encoding::duration::rfc3339;
use crate::gather::{evidence, proofs};

/// Reads a file that is named like one with attestations or a proof.
pub(super) fn read(file: &Written) -> Read {
    let fresh = std::fs::metadata(&file.path).map_or(true, |about| is_fresh(&about));
    match file.kind {
        Kind::Proof => {
            let fault = (!proofs::is_bare_proof(&file.path)).then(|| "it holds something else than a proof".to_owned());
            Read { fault, fresh, ..Read::default() }
        }
        Kind::Attestation => Read { fresh, ..attestations(file) },
    }
}

fn attestations(file: &Written) -> Read {
    // Whoever puts a pipe there would have us wait for ever.
    if !std::fs::metadata(&file.path).is_ok_and(|about| about.is_file()) {
        return Read { fault: Some("it is no regular file".to_owned()), ..Read::default() };
    }
    let found = match evidence::read(&file.path) {
        Ok(found) => found,
        Err(error) => return Read { fault: Some(why(&error)), ..Read::default() },
    };
    let mut read = Read::default();
    if found.is_empty() {
        read.fault = Some("there is no attestation in it".to_owned());
    }
    for one in &found {
        match &one.envelope {
            Ok(envelope) => {
                let (_, payload) = envelope.inspect_unverified("to list which attestations there are");
                let (id, statement) = (envelope.payload_sha256(), Statement::parse(payload));
                read.words.extend(statement.iter().flat_map(words));
                read.attestations.push(match statement {
                    Ok(statement) => stated(id, &statement),
                    Err(_) => Stated { id, ..Stated::default() },
                });
            }
            Err(fault) => {
                read.fault.get_or_insert_with(|| fault.to_string());
            }
        }
    }
    read
}

/// By what it is found again.
fn words(statement: &Statement) -> Vec<i64> {
    let about = evidence::about(statement);
    let digests = about.digests.iter().map(|digest| word(digest.as_bytes()));
    digests.chain(about.names.iter().map(|name| word(&[b"name:", name.as_bytes()].concat()))).collect()
}

fn stated(id: String, statement: &Statement) -> Stated {
    let first = statement.subjects().first().map(|subject| subject.name.to_owned()).unwrap_or_default();
    let Some(practices) = statement.practices() else { return Stated { id, product: first, ..Stated::default() } };
    Stated {
        id,
        product: practices.scope.product.clone().unwrap_or(first),
        attested: Some(rfc3339(practices.assessed_at)),
        valid_until: practices.valid_until.map(rfc3339),
        member: Some(practices.assessor.id.clone()),
        profile: practices.catalogue.profile.clone(),
    }
}

//! A log's add path over HTTP: `POST /add` with an attestation, and the answer is its proof. What waits is logged in one
//! go, with one checkpoint.

use super::http_server::{Method, Request, Response};
use super::log::{Cosigner, Error, LogFolder};
use crate::attestation::{Envelope, read_container};
use crate::encoding::{Explain as _, text::shown};
use crate::key::PublicKey;
use crate::registry::TrustedRegistry;
use crate::signer::Signer;
use crate::transparency::{Code, Proof};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

const ADD: &str = "/add";

/// Public keys by their ids.
pub type KeysById = BTreeMap<String, PublicKey>;

/// The keys of all members, whatever became of them: what is logged is only on record, and `verify` judges it.
pub fn keys_of(registry: &TrustedRegistry) -> KeysById {
    let records = registry.members().values().flat_map(|member| &member.keys);
    records.filter_map(|record| record.public_key().ok()).map(|key| (key.id().as_str().to_owned(), key)).collect()
}

/// Who adds to a log, and what it takes.
pub struct AddPath<'a> {
    /// The log.
    pub log: &'a LogFolder,
    /// The log's key.
    pub signer: &'a dyn Signer,
    /// The witnesses of its policy.
    pub witnesses: &'a [&'a dyn Cosigner],
    /// Whose signatures are logged; anybody else's would let strangers fill the log.
    pub keys: &'a KeysById,
    /// The time.
    pub now: Timestamp,
}

impl AddPath<'_> {
    /// Answers requests, in their order. Of an attestation with one signature the answer is a C2SP tlog-proof; of
    /// several, one after the other: each begins with the line `c2sp.org/tlog-proof@v1`, which stands nowhere else.
    ///
    /// The second value is what went wrong with the log itself; clients are told no more than that something did.
    pub fn respond(&self, requests: &[Request]) -> (Vec<Response>, Option<Error>) {
        let asked: Vec<Result<Vec<Vec<u8>>, Response>> = requests.iter().map(|r| self.entries(r)).collect();
        let entries: Vec<Vec<u8>> = asked.iter().flatten().flatten().cloned().collect();
        let (mut proofs, failure, error) = match entries.is_empty() {
            true => (Vec::new().into_iter(), None, None),
            false => match self.log.append(&entries, self.signer, self.witnesses, self.now) {
                Ok(proofs) => (proofs.into_iter(), None, None),
                Err(error) => (Vec::new().into_iter(), Some(failed(&error)), Some(error)),
            },
        };
        let answers = asked.into_iter().map(|asked| match (asked, &failure) {
            (Err(refused), _) => refused,
            (Ok(_), Some(failure)) => failure.clone(),
            (Ok(own), None) => {
                let own: Vec<Proof> = proofs.by_ref().take(own.len()).collect();
                Response::text(200, own.iter().map(Proof::to_string).collect::<String>())
            }
        });
        (answers.collect(), error)
    }

    /// The entries of an attestation: one for each good signature by a known key.
    fn entries(&self, request: &Request) -> Result<Vec<Vec<u8>>, Response> {
        match (request.path.as_str(), request.method) {
            (ADD, Method::Post) => {}
            (ADD, _) => return Err(Response::not_allowed("POST")),
            _ => return Err(Response::not_found()),
        }
        let bad = |why: String| Response::text(400, format!("{}\n", shown(&why)));
        let container = read_container(&request.body).map_err(|e| bad(e.to_string()))?;
        let envelopes = container.envelopes.into_iter().collect::<Result<Vec<Envelope>, _>>();
        let envelopes = envelopes.map_err(|e| bad(e.to_string()))?;
        let mut bodies = Vec::new();
        for envelope in &envelopes {
            let entries = envelope.entries(self.candidates(envelope));
            if entries.is_empty() {
                return Err(Response::text(403, "no good signature by a key of the registry, under its key id\n"));
            }
            bodies.extend(entries.iter().map(|entry| entry.body()));
        }
        Ok(bodies)
    }

    /// The keys that a hint names; trying them all would let a stranger make us verify for hours.
    fn candidates(&self, envelope: &Envelope) -> Vec<&PublicKey> {
        let named: BTreeSet<&str> = envelope.hints().flatten().collect();
        named.into_iter().filter_map(|hint| self.keys.get(hint)).collect()
    }
}

/// What clients are told when the log cannot.
fn failed(error: &Error) -> Response {
    match error {
        Error::Refused(refusal) if refusal.code == Code::WitnessesMissing => {
            Response::text(503, format!("{}: too few witnesses have cosigned; ask again\n", error.code()))
        }
        _ => Response::text(500, "the log cannot answer\n"),
    }
}

//! `verify --replay`: evidence is read again, once for each attestation.

use std::collections::BTreeMap;
use std::path::PathBuf;
use vouchsafe::attestation::{Envelope, Statement};
use vouchsafe::encoding::Explain as _;
use vouchsafe::gather::{self, reports};
use vouchsafe::registry::TrustedRegistry;
use vouchsafe::verify::{Candidate, Remade};

/// Facts that were made again, by attestation; nothing if nobody asked for it.
pub(super) struct Replay<'a> {
    folder: Option<PathBuf>,
    trust: &'a TrustedRegistry,
    made: BTreeMap<String, (Envelope, Option<Remade>)>,
}

impl<'a> Replay<'a> {
    /// With the folder that holds the evidence, if it is to be read.
    pub(super) fn new(folder: Option<PathBuf>, trust: &'a TrustedRegistry) -> Self {
        Self { folder, trust, made: BTreeMap::new() }
    }

    /// For another thread, while nothing is read again.
    pub(super) fn none(&self) -> Self {
        Self::new(None, self.trust)
    }

    /// The facts of an attestation's evidence. Files are read for attestations that a registered key signed: what
    /// anybody else says is refused anyway, and could have the same large file read ten thousand times.
    pub(super) fn of(&mut self, found: &Candidate) -> Result<Option<Remade>, gather::Error> {
        let (Some(folder), Ok(envelope)) = (&self.folder, &found.envelope) else { return Ok(None) };
        if let Some((_, made)) = self.made.get(&found.source).filter(|(known, _)| known == envelope) {
            return Ok(made.clone());
        }
        let made = match envelope.open::<Statement>(self.trust.keyring()) {
            Ok(signed) => {
                let why = |fault: vouchsafe::evidence::Fault| format!("{fault} [{}]", fault.code());
                let remade = reports::replay(signed.value(), folder)?;
                Some(remade.into_iter().map(|(id, facts)| (id, facts.map_err(why))).collect())
            }
            Err(_) => None,
        };
        self.made.insert(found.source.clone(), (envelope.clone(), Option::clone(&made)));
        Ok(made)
    }
}

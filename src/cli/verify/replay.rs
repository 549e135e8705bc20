//! `verify --replay`: evidence is read again, once for each attestation.

use std::collections::BTreeMap;
use std::path::PathBuf;
use vouchsafe::attestation::{Envelope, Payload as _, Statement};
use vouchsafe::encoding::Explain as _;
use vouchsafe::gather::evidence::Found;
use vouchsafe::gather::{self, reports};
use vouchsafe::verify::Remade;

/// Facts that were made again, by attestation; nothing if nobody asked for it.
pub(super) struct Replay {
    folder: Option<PathBuf>,
    made: BTreeMap<String, (Envelope, Remade)>,
}

impl Replay {
    /// With the folder that holds the evidence, if it is to be read.
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, made: BTreeMap::new() }
    }

    /// The facts of an attestation's evidence. What it says is unverified, so it only chooses which files are read.
    pub(super) fn of(&mut self, found: &Found) -> Result<Option<Remade>, gather::Error> {
        let (Some(folder), Ok(envelope)) = (&self.folder, &found.envelope) else { return Ok(None) };
        if let Some((_, made)) = self.made.get(&found.source).filter(|(known, _)| known == envelope) {
            return Ok(Some(made.clone()));
        }
        let (_, payload) = envelope.inspect_unverified("to choose which evidence to read");
        let Ok(statement) = Statement::parse(payload) else { return Ok(None) };
        let remade = reports::replay(&statement, folder)?;
        let why = |fault: vouchsafe::evidence::Fault| format!("{fault} [{}]", fault.code());
        let made: Remade = remade.into_iter().map(|(id, facts)| (id, facts.map_err(why))).collect();
        self.made.insert(found.source.clone(), (envelope.clone(), made.clone()));
        Ok(Some(made))
    }
}

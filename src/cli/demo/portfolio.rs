//! `vouchsafe demo --portfolio N`: five members, their releases with real signatures and proofs, and planted among them one
//! fault for every code of a finding. What was planted stands in `planted.json`.

use super::keys::Key;
use super::notebook::{Finished, Notebook};
use super::release::{Fault, Made, Release};
use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::quoted::quoted;
use crate::cli::trouble::Trouble;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use vouchsafe::encoding::duration::{Span, rfc3339};
use vouchsafe::encoding::json;
use vouchsafe::encoding::text::{count, shown_path};
use vouchsafe::gather::proofs;
use vouchsafe::key::PublicKey;
use vouchsafe::practice::{BUILTIN, Catalogue};
use vouchsafe::publish::change::Files;
use vouchsafe::publish::{Forum, Founding, attest, seal};
use vouchsafe::registry::{KeyProof, MemberState};
use vouchsafe::signer::Signer as _;
use vouchsafe::store;

/// What the forum recommends: one practice has to be reviewed, and everything has to be in the log.
const POLICY: &str = r#"{"schema":"vouchsafe-policy/v1","practices":{"catalogue":"forum-fp","profile":"base","min_basis":{"TST-01":"reviewed"},"exceptions":{"max":3}},"log":{"require":"required"},"trust":{"max_age":"7d"}}"#;

/// Who releases. The last one is suspended.
const MEMBERS: [(&str, &str); 5] = [
    ("acme", "Acme Corp"),
    ("globex", "Globex"),
    ("initech", "Initech"),
    ("umbrella", "Umbrella Labs"),
    ("hooli", "Hooli"),
];

/// A fault, and where it is.
#[derive(Clone, Debug, Serialize)]
struct Planted {
    code: &'static str,
    path: Option<String>,
    member: Option<String>,
}

/// What was made and planted.
#[derive(Debug, Serialize)]
struct Manifest {
    schema: &'static str,
    at: String,
    artifacts: usize,
    command: String,
    planted: Vec<Planted>,
}

/// Everything that the releases are made with.
pub(super) struct Portfolio {
    pub(super) forum: Forum,
    board: [Key; 2],
    online: Key,
    keys: BTreeMap<&'static str, Key>,
    stolen: Key,
    ending: Key,
    log: Notebook,
    pub(super) now: Timestamp,
    pub(super) catalogues: [Catalogue; 2],
}

/// Makes it.
pub(super) fn make(folder: &Path, releases: usize, context: &Context) -> Answer {
    let portfolio = Portfolio::found(folder, context.now)?;
    let releases = releases.max(Fault::ALL.len() + MEMBERS.len());
    let made = portfolio.releases(folder, releases)?;
    let planted = portfolio.planted(folder, &made)?;
    let root = folder.join("releases");
    let words = [folder.join("forum"), folder.join("evidence"), folder.join("demo.sqlite")].map(quoted);
    let [forum, evidence, index] = &words;
    let at = rfc3339(context.now);
    let command = format!(
        "vouchsafe audit {} --trust {forum} --evidence-dir {evidence} --index {index} --at {at}",
        quoted(&root)
    );
    let manifest =
        Manifest { schema: "vouchsafe-portfolio/v1", at, artifacts: releases + 1, command: command.clone(), planted };
    write(&folder.join("planted.json"), &json::pretty(&manifest))?;
    context.print(
        format!(
            "{} of five members, with {} planted, in {}\n  planted   {}\n  next      {command}\n",
            count(releases, "release"),
            count(manifest.planted.len(), "fault"),
            shown_path(folder),
            shown_path(folder.join("planted.json")),
        )
        .as_bytes(),
    )?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|e| store::Error::io(folder, e))?;
    }
    // Ten thousands of files that can be made again are not worth ten thousands of syncs.
    Ok(std::fs::write(path, bytes).map_err(|e| store::Error::io(path, e))?)
}

fn before(now: Timestamp, days: i64) -> Timestamp {
    Span::seconds(-days.saturating_mul(86_400)).after(now)
}

impl Portfolio {
    fn found(folder: &Path, now: Timestamp) -> Result<Self, Trouble> {
        let founded = before(now, 40);
        let (board, online) = ([Key::new()?, Key::new()?], Key::new()?);
        let seats = board.iter().zip(["one", "two"]).map(|(key, name)| (name.to_owned(), key.public().clone()));
        let seats: Vec<(String, PublicKey)> = seats.collect();
        let text = String::from_utf8_lossy(BUILTIN).replacen("\"version\": \"2026.1\"", "\"version\": \"2026.2\"", 1);
        let catalogues = [Catalogue::parse(BUILTIN)?, Catalogue::parse(text.as_bytes())?];
        let mut files = Files::from([("policies/default.json".to_owned(), POLICY.as_bytes().to_vec())]);
        files.insert(format!("catalogues/{}", catalogues[0].file_name()), BUILTIN.to_vec());
        files.insert(format!("catalogues/{}", catalogues[1].file_name()), text.into_bytes());
        let founding =
            Founding { name: "Example Forum", board: &seats, threshold: 2, online: online.public().clone(), files };
        let forum = Forum::found(&folder.join("forum"), founding, founded)?;
        let mut keys = BTreeMap::new();
        for (id, _) in MEMBERS {
            keys.insert(id, Key::new()?);
        }
        let (stolen, ending, log) = (Key::new()?, Key::new()?, Notebook::new(before(now, 1))?);
        let portfolio = Self { forum, board, online, keys, stolen, ending, log, now, catalogues };
        portfolio.admit(founded)?;
        Ok(portfolio)
    }

    /// Members and their keys; one key is stolen, one ends soon, one member is suspended.
    fn admit(&self, founded: Timestamp) -> Result<(), Trouble> {
        for (id, name) in MEMBERS {
            self.forum.add_member(id, name, vec![format!("{id}-*")], before(self.now, 1_000), founded)?;
            self.add_key(id, self.key(id), founded)?;
        }
        self.add_key("initech", &self.stolen, founded)?;
        self.add_key("globex", &self.ending, founded)?;
        let id = |key: &Key| key.public().id().to_string();
        let (stolen, ending) = (id(&self.stolen), id(&self.ending));
        self.forum.revoke_key("initech", &stolen, before(self.now, 20), "stolen".into(), founded)?;
        self.forum.retire_key("globex", &ending, before(self.now, -10), None, founded)?;
        self.forum.set_state("hooli", MemberState::Suspended, before(self.now, 5), None, founded)?;
        self.forum.set_log_policy(Some(self.log.policy()?.as_bytes()), founded)?;
        let mut change = self.forum.need_staged()?;
        for seat in &self.board {
            change.sign(seat)?;
        }
        self.forum.write_signatures(&change)?;
        self.forum.publish_logged(&self.online, Some(&self.log), self.now)?;
        Ok(())
    }

    fn add_key(&self, id: &str, key: &Key, at: Timestamp) -> Result<(), Trouble> {
        let forum = self.forum.record()?.id;
        let mut envelope = KeyProof::new(&forum, id, key.public(), at).envelope();
        seal(&mut envelope, key)?;
        self.forum.add_key(id, &envelope.to_json(), at)?;
        Ok(())
    }

    fn key(&self, id: &str) -> &Key {
        self.keys.get(id).unwrap_or(&self.online)
    }

    /// Signs every release, enters those that are to be in the log, and writes them.
    fn releases(&self, folder: &Path, n: usize) -> Result<Vec<Release>, Trouble> {
        let mut all = Vec::with_capacity(n);
        for number in 0..n {
            let fault = Fault::ALL.get(number).copied();
            let member = match fault {
                Some(Fault::Suspended) => "hooli",
                Some(Fault::Revoked) => "initech",
                _ => MEMBERS.get(number % 4).map_or("acme", |(id, _)| id),
            };
            let key = if fault == Some(Fault::Revoked) { &self.stolen } else { self.key(member) };
            let release = Release::make(self, member, number, fault, key)?;
            if let Some(entry) = release.entry(key).filter(|_| fault != Some(Fault::NotLogged)) {
                self.log.add(&[entry]);
            }
            all.push(release);
        }
        let finished = self.log.finish()?;
        for release in &all {
            self.put(folder, release, &finished)?;
        }
        // Something that evidence could lie in, and does not.
        write(&folder.join("evidence/README"), b"the evidence of the releases; one file is missing\n")?;
        Ok(all)
    }

    fn put(&self, folder: &Path, release: &Release, log: &Finished) -> Result<(), Trouble> {
        let path = folder.join("releases").join(&release.name);
        let bundle = path.with_file_name(format!("{}.sigstore.json", release.file()));
        write(&path, &release.found_bytes())?;
        match &release.made {
            Made::Nothing => return Ok(()),
            Made::Garbage => return write(&bundle, b"{ this was an attestation once"),
            Made::Envelope(envelope) => write(&bundle, &attest::file(envelope))?,
        }
        let key = if release.fault == Some(Fault::Revoked) { &self.stolen } else { self.key(release.member) };
        let note = if release.fault == Some(Fault::Quorum) { &log.short } else { &log.note };
        match release.entry(key).and_then(|entry| log.proof(&entry, note)) {
            Some(proof) => write(&proofs::place(&bundle, 1), proof.to_string().as_bytes()),
            None => Ok(()),
        }
    }

    fn planted(&self, folder: &Path, made: &[Release]) -> Result<Vec<Planted>, Trouble> {
        let mut all = vec![Planted { code: "expiring", path: None, member: Some("globex".into()) }];
        for release in made {
            let Some(fault) = release.fault else { continue };
            let path = folder.join("releases").join(&release.name).to_string_lossy().into_owned();
            let bundle = format!("{path}.sigstore.json");
            let place = if fault.is_of_the_attestation() { bundle.clone() } else { path };
            all.push(Planted { code: fault.finding(), path: Some(place), member: None });
            if fault == Fault::Corrupt {
                all.push(Planted { code: fault.finding(), path: Some(bundle), member: None });
            }
        }
        Ok(all)
    }
}

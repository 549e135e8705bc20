//! What a registry version holds, taken apart: forum, members, catalogues, policies.

use super::endorsement::CatalogueEndorsements;
use super::notices::{self, Notices};
use super::record::{ForumRecord, MemberRecord};
use crate::encoding::Malformed;
use crate::key::PublicKey;
use crate::practice::Catalogue;
use crate::transparency::LogPolicy;
use std::collections::BTreeMap;

/// Name of the target that says which logs and witnesses the forum relies on (C2SP tlog-policy).
pub const LOG_POLICY: &str = "log-policy";

/// The targets of one registry version, parsed.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// The forum.
    pub forum: Option<ForumRecord>,
    /// Members by id.
    pub members: BTreeMap<String, MemberRecord>,
    /// Catalogues by target name.
    pub catalogues: BTreeMap<String, Catalogue>,
    /// Policies by name, as JSON text.
    pub policies: BTreeMap<String, Vec<u8>>,
    /// Endorsements of catalogues (DSSE envelopes), by the catalogue's target name.
    pub endorsements: BTreeMap<String, Vec<serde_json::Value>>,
    /// Notices about attestations.
    pub notices: Notices,
    /// Which logs and witnesses the forum relies on, and the text that says so.
    pub log_policy: Option<(LogPolicy, Vec<u8>)>,
}

impl Contents {
    /// Whether a target of this name is one of the fields above.
    pub fn knows(name: &str) -> bool {
        match name.split_once('/') {
            None => matches!(name, ForumRecord::TARGET | LOG_POLICY),
            Some(("policies", file)) => file.ends_with(".json"),
            Some((folder, _)) => matches!(folder, "members" | "catalogues" | "endorsements" | "notices"),
        }
    }

    /// Parses every target; targets of kinds we do not know are left alone.
    ///
    /// # Errors
    /// [`Malformed`] if a record is, if it stands under another's name, or holds an unusable key.
    pub fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Self, Malformed> {
        let mut contents = Self::default();
        for (name, bytes) in files {
            let misplaced = |what, is: String| Malformed::new(what, format!("target {name:?} holds {is}"));
            match name.split_once('/') {
                None if name == ForumRecord::TARGET => contents.forum = Some(ForumRecord::parse(bytes)?),
                None if name == LOG_POLICY => {
                    contents.log_policy = Some((LogPolicy::parse(bytes)?, bytes.to_vec()));
                }
                Some(("members", _)) => {
                    let record = MemberRecord::parse(bytes)?;
                    if MemberRecord::target(&record.id) != name {
                        return Err(misplaced("member record", format!("member {:?}", record.id)));
                    }
                    contents.members.insert(record.id.clone(), record);
                }
                Some(("catalogues", file)) => {
                    let catalogue = Catalogue::parse(bytes)?;
                    if catalogue.file_name() != file {
                        return Err(misplaced("catalogue", catalogue.file_name()));
                    }
                    contents.catalogues.insert(name.to_owned(), catalogue);
                }
                Some(("policies", file)) => {
                    if let Some(policy) = file.strip_suffix(".json") {
                        contents.policies.insert(policy.to_owned(), bytes.to_vec());
                    }
                }
                Some(("endorsements", file)) => {
                    let endorsements = CatalogueEndorsements::parse(bytes)?.endorsements;
                    contents.endorsements.insert(format!("catalogues/{file}"), endorsements);
                }
                Some(("notices", file)) => notices::read(file, bytes, &mut contents.notices)?,
                _ => {}
            }
        }
        Ok(contents)
    }

    /// The endorsements of a catalogue version.
    pub fn endorsements_of(&self, catalogue: &Catalogue) -> &[serde_json::Value] {
        self.endorsements.get(&format!("catalogues/{}", catalogue.file_name())).map_or(&[], Vec::as_slice)
    }

    /// Every key that was ever registered, and for whom.
    ///
    /// # Errors
    /// [`Malformed`] if a recorded key is unusable or weak.
    pub fn keys(&self) -> Result<Vec<(String, PublicKey)>, Malformed> {
        let of =
            |m: &MemberRecord| m.keys.iter().map(|k| k.public_key().map(|key| (m.id.clone(), key))).collect::<Vec<_>>();
        self.members.values().flat_map(of).collect()
    }
}

//! Endorsements: a seat of a group signs that it stands behind a member as recorded, or behind a catalogue version.
//!
//! What is endorsed is in the signed bytes, so that an endorsement of something else, of an earlier record or in another
//! forum is none. The end of a key or a suspension does not void it; a new key, scope or name does.

use super::contents::Contents;
use super::group::SeatRecord;
use super::record::{ForumRecord, MemberRecord};
use super::refusal::{Code, Refusal};
use crate::attestation::{Envelope, Payload};
use crate::encoding::duration::day;
use crate::encoding::text::shown;
use crate::encoding::{MAX_SMALL, Malformed, json};
use crate::key::{Quorum, Shortfall, Signers};
use crate::practice::Catalogue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::num::NonZeroUsize;

/// What is signed. A payload type of its own, so that no endorsement can pass for anything else or the reverse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Endorsement {
    /// `vouchsafe-endorsement/v1`.
    pub schema: String,
    /// The forum's id.
    pub forum: String,
    /// The seat's group.
    pub group: String,
    /// The seat.
    pub seat: String,
    /// What it stands behind.
    pub endorses: Endorsed,
    /// When, according to the seat.
    pub created_at: Timestamp,
}

/// What a seat stands behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Endorsed {
    /// A member, as recorded.
    Member(EndorsedMember),
    /// The bytes of a catalogue version.
    Catalogue(EndorsedCatalogue),
}

/// What is endorsed of a member's record: all but the decisions that only take away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndorsedMember {
    /// Its id.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// Member since.
    pub since: Timestamp,
    /// What it may speak for.
    pub scope: BTreeSet<String>,
    /// Ids of all keys it ever had.
    pub keys: BTreeSet<String>,
}

/// What is endorsed of a catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndorsedCatalogue {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its bytes, in lower-case hexadecimal.
    pub sha256: String,
}

/// Endorsements of a catalogue: target `endorsements/ID-VERSION.json`, since a catalogue's own bytes never change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CatalogueEndorsements {
    /// `vouchsafe-endorsements/v1`.
    pub schema: String,
    /// DSSE envelopes, oldest first.
    pub endorsements: Vec<Value>,
}

impl Payload for Endorsement {
    const TYPE: &'static str = "application/vnd.vouchsafe.endorsement+json";

    fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let endorsement: Self = json::parse(bytes, MAX_SMALL, "endorsement")?;
        if endorsement.schema != Self::SCHEMA {
            let why = format!("schema {:?}, expected {:?}", endorsement.schema, Self::SCHEMA);
            return Err(Malformed::new("endorsement", why));
        }
        Ok(endorsement)
    }
}

impl CatalogueEndorsements {
    const SCHEMA: &'static str = "vouchsafe-endorsements/v1";

    /// Of these envelopes.
    pub fn new(endorsements: Vec<Value>) -> Self {
        Self { schema: Self::SCHEMA.into(), endorsements }
    }
    /// Where they stand among the targets, by the catalogue's file name.
    pub fn target(catalogue: &str) -> String {
        format!("endorsements/{catalogue}")
    }
    /// Reads the file.
    ///
    /// # Errors
    /// [`Malformed`], also for a schema we do not know.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let file: Self = json::parse(bytes, MAX_SMALL, "endorsements")?;
        if file.schema != Self::SCHEMA {
            let why = format!("schema {:?}, expected {:?}", file.schema, Self::SCHEMA);
            return Err(Malformed::new("endorsements", why));
        }
        Ok(file)
    }
}

impl Endorsed {
    /// A member as it is recorded.
    pub fn member(record: &MemberRecord) -> Self {
        Self::Member(EndorsedMember {
            id: record.id.clone(),
            name: record.name.clone(),
            since: record.since,
            scope: record.scope.iter().cloned().collect(),
            keys: record.keys.iter().map(|k| k.keyid.clone()).collect(),
        })
    }
    /// A catalogue version.
    pub fn catalogue(catalogue: &Catalogue) -> Self {
        let (id, version) = (catalogue.id.clone(), catalogue.version.as_str().to_owned());
        Self::Catalogue(EndorsedCatalogue { id, version, sha256: catalogue.digest_hex() })
    }
    /// A member, as a registry holds it.
    ///
    /// # Errors
    /// [`Code::MemberUnknown`].
    pub fn member_of(contents: &Contents, id: &str) -> Result<Self, Refusal> {
        let known = || contents.members.keys().cloned().collect();
        let found = contents.members.get(id).map(Self::member);
        found.ok_or_else(|| unknown(Code::MemberUnknown, id, known()))
    }
    /// A catalogue version, as a registry holds it: `forum-fp@2026.1` or `forum-fp-2026.1`.
    ///
    /// # Errors
    /// [`Code::CatalogueUnknown`].
    pub fn catalogue_of(contents: &Contents, name: &str) -> Result<Self, Refusal> {
        let has = |c: &&Catalogue| c.uri() == name || format!("{}-{}", c.id, c.version) == name;
        let known = || contents.catalogues.values().map(Catalogue::uri).collect();
        let found = contents.catalogues.values().find(has).map(Self::catalogue);
        found.ok_or_else(|| unknown(Code::CatalogueUnknown, name, known()))
    }
    /// What it is, in two words: `member acme`.
    pub fn named(&self) -> String {
        match self {
            Self::Member(m) => format!("member {}", shown(&m.id)),
            Self::Catalogue(c) => format!("catalogue {}@{}", shown(&c.id), shown(&c.version)),
        }
    }
    /// All that is endorsed, in words, for whoever is about to sign it.
    pub fn words(&self) -> Vec<String> {
        match self {
            Self::Member(m) => {
                let line = |name: &str, value: &str| format!("{name:<6} {}", shown(value));
                let mut out = vec![line("member", &m.id), line("name", &m.name), line("since", &day(m.since))];
                out.extend(m.scope.iter().map(|pattern| line("scope", pattern)));
                out.extend(m.keys.iter().map(|key| line("key", key)));
                out.extend(m.keys.is_empty().then(|| "no key yet".to_owned()));
                out
            }
            Self::Catalogue(c) => vec![
                format!("catalogue {}, version {}", shown(&c.id), shown(&c.version)),
                format!("sha256    {}", shown(&c.sha256)),
            ],
        }
    }
}

fn unknown(code: Code, name: &str, known: Vec<String>) -> Refusal {
    let one = if known.is_empty() { "one that is registered; there is none".into() } else { known.join(" or ") };
    Refusal::new(code, name, one, name)
}

impl Endorsement {
    const SCHEMA: &'static str = "vouchsafe-endorsement/v1";

    /// An endorsement to be signed by a seat.
    pub fn new(forum: &ForumRecord, (group, seat): (&str, &str), endorses: Endorsed, created_at: Timestamp) -> Self {
        let (schema, forum) = (Self::SCHEMA.into(), forum.id.clone());
        Self { schema, forum, group: group.into(), seat: seat.into(), endorses, created_at }
    }

    /// An unsigned envelope around it.
    pub fn envelope(&self) -> Envelope {
        Envelope::around::<Self>(json::compact(self))
    }

    /// What an envelope says it is, unchecked: for finding out what to check it against, and for words about the past.
    ///
    /// # Errors
    /// [`Code::Malformed`] if it cannot be read.
    pub fn claimed(envelope: &[u8]) -> Result<Self, Refusal> {
        let malformed = |e: Malformed| {
            Refusal::new(Code::Malformed, "endorsement", "one made by vouchsafe registry endorse", e.to_string())
        };
        let envelope = Envelope::parse(envelope).map_err(malformed)?;
        let (_, claimed) = envelope.inspect_unverified("an endorsement names the seat it must be signed by");
        Self::parse(claimed).map_err(malformed)
    }

    /// Checks an endorsement: signed by the key of the seat it names, in this forum, of exactly this.
    ///
    /// # Errors
    /// [`Code::EndorsementInvalid`]; [`Code::Malformed`] if it cannot be read.
    pub fn check(envelope: &[u8], forum: &ForumRecord, about: &Endorsed) -> Result<(Self, Signers), Refusal> {
        let claimed = Self::claimed(envelope)?;
        let seat = format!("{}/{}", shown(&claimed.group), shown(&claimed.seat));
        let invalid = |expected: String, got: String| Refusal::new(Code::EndorsementInvalid, &seat, expected, got);
        let Some(record) = forum.seat(&claimed.group, &claimed.seat) else {
            return Err(invalid("a seat of the forum".into(), "none of its seats".into()));
        };
        let own = |e: String| invalid("a signature by the key of this seat".into(), e);
        let key = SeatRecord::public_key(record).map_err(|e| own(e.to_string()))?;
        let quorum = Quorum::new([(claimed.seat.clone(), key)], NonZeroUsize::MIN).map_err(|e| own(e.to_string()))?;
        let opened = Envelope::parse(envelope).map_err(|e| own(e.to_string()))?.open::<Self>(&quorum);
        let (endorsement, signers) = opened.map_err(|e| own(e.to_string()))?.into_parts();
        if endorsement.forum != forum.id {
            return Err(invalid(format!("forum {}", forum.id), format!("forum {}", shown(&endorsement.forum))));
        }
        if endorsement.endorses != *about {
            let got = endorsement.endorses;
            let what = if got.named() == about.named() { ", as it stands otherwise" } else { "" };
            return Err(invalid(format!("{} as it stands", about.named()), format!("{}{what}", got.named())));
        }
        Ok((endorsement, signers))
    }
}

/// The seats of a group that endorse this, counted as distinct seats against `need`.
///
/// # Errors
/// [`Shortfall`] with those that do.
pub fn endorsers(
    envelopes: &[Value],
    forum: &ForumRecord,
    group: &str,
    about: &Endorsed,
    need: NonZeroUsize,
) -> Result<Signers, Shortfall> {
    let good = envelopes.iter().filter_map(|e| Endorsement::check(&json::compact(e), forum, about).ok());
    Signers::together(need, good.filter(|(e, _)| e.group == group).map(|(_, signers)| signers))
}

/// Every seat whose endorsement of this counts: group and seat.
pub fn endorsing(envelopes: &[Value], forum: &ForumRecord, about: &Endorsed) -> BTreeSet<(String, String)> {
    let good = envelopes.iter().filter_map(|e| Endorsement::check(&json::compact(e), forum, about).ok());
    good.map(|(e, _)| (e.group, e.seat)).collect()
}

/// What a change may do to endorsements: add those of the record as it will be, one of each seat; drop those that no
/// longer count. `forum` and `about` are what will be.
///
/// # Errors
/// [`Code::EndorsementInvalid`], [`Code::HistoryRewritten`].
pub(super) fn check_endorsements(
    (old, new): (&[Value], &[Value]),
    forum: &ForumRecord,
    about: &Endorsed,
) -> Result<(), Refusal> {
    let mut seats = BTreeSet::new();
    for envelope in new {
        match Endorsement::check(&json::compact(envelope), forum, about) {
            Ok((endorsement, _)) => {
                let seat = format!("{}/{}", endorsement.group, endorsement.seat);
                if !seats.insert(seat.clone()) {
                    let got = format!("two of {}", about.named());
                    return Err(Refusal::new(Code::EndorsementInvalid, seat, "one endorsement of each seat", got));
                }
            }
            Err(_) if old.contains(envelope) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    let gone = old.iter().filter(|envelope| !new.contains(envelope));
    for envelope in gone {
        if let Ok((endorsement, _)) = Endorsement::check(&json::compact(envelope), forum, about) {
            let what = format!("the endorsement of {} by {}/{}", about.named(), endorsement.group, endorsement.seat);
            return Err(Refusal::new(Code::HistoryRewritten, what, "its place while it counts", "none"));
        }
    }
    Ok(())
}

/// Endorsements that come and go, one sentence each.
pub(super) fn difference((old, new): (&[Value], &[Value]), about: &Endorsed, out: &mut Vec<String>) {
    let told = |envelope: &Value| match Endorsement::claimed(&json::compact(envelope)) {
        Ok(claimed) => format!("{}/{}", shown(&claimed.group), shown(&claimed.seat)),
        Err(_) => "a seat that cannot be read".to_owned(),
    };
    let what = match about {
        Endorsed::Member(_) => format!("{}, as it will be recorded,", about.named()),
        Endorsed::Catalogue(_) => about.named(),
    };
    out.extend(new.iter().filter(|e| !old.contains(e)).map(|e| format!("{what} is endorsed by {}", told(e))));
    let gone = old.iter().filter(|e| !new.contains(e));
    out.extend(gone.map(|e| format!("the endorsement of {} by {} no longer counts and goes", about.named(), told(e))));
}

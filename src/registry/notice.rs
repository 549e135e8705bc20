//! A notice: what members and seats say about an attestation after it was signed. Withdrawn, superseded, disputed, endorsed.
//!
//! It is an in-toto statement about the attestation's payload, by digest, in a signed envelope.

use super::contents::Contents;
use super::record::{KeyRecord, MemberRecord, MemberState};
use super::refusal::{Code, Refusal};
use crate::attestation::{DigestSet, Envelope, Payload, Subject};
use crate::encoding::duration::{day, rfc3339};
use crate::encoding::text::shown;
use crate::encoding::{Malformed, json};
use crate::key::{PublicKey, Quorum};
use crate::practice::PracticeId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::num::NonZeroUsize;

/// The predicate type of a notice. An identifier; never fetched.
pub const CLAIM_NOTICE_V1: &str = "https://vouchsafe.dev/claim-notice/v1";

const STATEMENT_V1: &str = "https://in-toto.io/Statement/v1";
const WHAT: &str = "claim notice";
/// The largest envelope of one notice, in bytes.
pub(super) const MAX_NOTICE: usize = 16 << 10;
/// The longest reason, and the longest name of an attestation, in bytes.
const MAX_TEXT: usize = 2000;

/// What a notice does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// A signer names the attestation that takes the place of this one.
    Supersede,
    /// A signer no longer stands by what it signed.
    Withdraw,
    /// Somebody says that it is not so.
    Dispute,
    /// Somebody stands behind it.
    Endorse,
}

impl Action {
    /// What happened to the attestation, in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Supersede => "superseded",
            Self::Withdraw => "withdrawn",
            Self::Dispute => "disputed",
            Self::Endorse => "endorsed",
        }
    }
    /// Whether only those who signed the attestation may say so.
    pub fn is_for_signers(self) -> bool {
        matches!(self, Self::Supersede | Self::Withdraw)
    }
}

/// What is said; the predicate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NoticeSaid {
    /// The forum's id.
    pub forum: String,
    /// What the notice does.
    pub action: Action,
    /// The member that says so; or a seat does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// The seat of a group that says so, as `GROUP/SEAT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<String>,
    /// Which practices; all without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practices: Option<BTreeSet<PracticeId>>,
    /// Why.
    pub reason: String,
    /// When, according to who says so.
    pub at: Timestamp,
    /// SHA-256 of the payload of the attestation that takes the place of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<String>,
}

/// A notice about an attestation. Read from an envelope it is a claim until [`Notice::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The attestation's file name. For people; it identifies nothing.
    pub name: String,
    /// SHA-256 of the attestation's payload, in lower-case hexadecimal.
    pub attestation: String,
    /// What is said about it.
    pub said: NoticeSaid,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    predicate_type: String,
    predicate: NoticeSaid,
}

pub(super) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

impl Payload for Notice {
    const TYPE: &'static str = "application/vnd.in-toto+json";

    fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let bad = |why: &str| Malformed::new(WHAT, why);
        let written: Written = json::parse(bytes, MAX_NOTICE, WHAT)?;
        if written.kind != STATEMENT_V1 || written.predicate_type != CLAIM_NOTICE_V1 {
            return Err(bad("another kind of statement"));
        }
        let [subject] = written.subject.as_slice() else { return Err(bad("not exactly one subject")) };
        let attestation = subject.digest.get("sha256").filter(|hex| subject.digest.len() == 1 && is_sha256(hex));
        let attestation = attestation.ok_or_else(|| bad("a subject without one SHA-256, in lower case"))?.to_owned();
        let said = written.predicate;
        let fits = match (&said.superseded_by, said.action) {
            (Some(other), Action::Supersede) => is_sha256(other) && *other != attestation,
            (other, action) => other.is_none() && action != Action::Supersede,
        };
        if !fits {
            return Err(bad("supersededBy has to name another payload, for supersede and nothing else"));
        }
        if said.practices.as_ref().is_some_and(BTreeSet::is_empty) {
            return Err(bad("an empty list of practices"));
        }
        if said.member.is_some() == said.seat.is_some() || (said.seat.is_some() && said.action.is_for_signers()) {
            return Err(bad("who says so is a member, or a seat that disputes or endorses"));
        }
        if said.reason.trim().is_empty() || said.reason.len() > MAX_TEXT || subject.name.len() > MAX_TEXT {
            return Err(bad("no reason, or one that is too long"));
        }
        Ok(Self { name: subject.name.clone(), attestation, said })
    }
}

impl Notice {
    /// An unsigned envelope around it.
    ///
    /// # Errors
    /// [`Code::NoticeInvalid`] if it says what no notice may say.
    pub fn envelope(&self) -> Result<Envelope, Refusal> {
        let digest = DigestSet::one("sha256", self.attestation.as_str());
        let payload = json::compact(&Written {
            kind: STATEMENT_V1.into(),
            subject: vec![Subject { name: self.name.clone(), digest }],
            predicate_type: CLAIM_NOTICE_V1.into(),
            predicate: self.said.clone(),
        });
        Self::parse(&payload).map_err(|e| self.invalid("a notice that can be read", &e.why))?;
        Ok(Envelope::around::<Self>(payload))
    }

    /// What an envelope says it is, unchecked: for finding out what to check it against, and for words about the past.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn claimed(envelope: &[u8]) -> Result<Self, Malformed> {
        if envelope.len() > MAX_NOTICE {
            return Err(Malformed::new(WHAT, format!("{} bytes, the limit is {MAX_NOTICE}", envelope.len())));
        }
        let envelope = Envelope::parse(envelope)?;
        let (kind, claimed) = envelope.inspect_unverified("a notice names the member it must be signed by");
        if !Self::is_type(kind) {
            return Err(Malformed::new(WHAT, format!("payload type {kind:?}, expected {:?}", Self::TYPE)));
        }
        Self::parse(claimed)
    }

    /// Who says so: a member's id, or `GROUP/SEAT`.
    pub fn by(&self) -> &str {
        self.said.member.as_deref().or(self.said.seat.as_deref()).unwrap_or_default()
    }

    /// Checks a notice: signed by the member or seat it names, in this forum, by a key that was in force at that time,
    /// and is `now`, for whoever has a clock.
    ///
    /// # Errors
    /// [`Code::NoticeInvalid`], [`Code::Malformed`] if it cannot be read.
    pub fn check(envelope: &[u8], contents: &Contents, now: Option<Timestamp>) -> Result<Self, Refusal> {
        let malformed =
            |e: Malformed| Refusal::new(Code::Malformed, WHAT, "one made by vouchsafe claim", e.to_string());
        let claimed = Self::claimed(envelope).map_err(malformed)?;
        let forum = contents.forum.as_ref().map(|f| f.id.as_str()).unwrap_or_default();
        if claimed.said.forum != forum {
            let got = format!("forum {}", shown(&claimed.said.forum));
            return Err(claimed.invalid(&format!("forum {forum}"), &got));
        }
        let moments = [claimed.said.at, now.unwrap_or(claimed.said.at)];
        let member = claimed.author(contents, moments)?;
        let own = |e: String| claimed.invalid("a signature by a key of theirs", &e);
        let quorum = Quorum::new(claimed.keys(contents, member)?, NonZeroUsize::MIN).map_err(|e| own(e.to_string()))?;
        let opened = Envelope::parse(envelope).map_err(malformed)?.open::<Self>(&quorum);
        let (notice, signers) = opened.map_err(|e| own(e.to_string()))?.into_parts();
        if let Some(member) = member {
            let counts = |k: &KeyRecord| moments.iter().all(|at| k.standing(*at, None).counts());
            let kept = signers.keep(NonZeroUsize::MIN, |key, _| member.key(key).is_some_and(counts));
            kept.map_err(|_| claimed.invalid("a key in force at that time", "one that was not, or is compromised"))?;
        }
        Ok(notice)
    }

    /// The member that says so, which has to be active at these times; None if a seat does.
    fn author<'a>(&self, contents: &'a Contents, moments: [Timestamp; 2]) -> Result<Option<&'a MemberRecord>, Refusal> {
        let Some(id) = &self.said.member else { return Ok(None) };
        let Some(member) = contents.members.get(id) else {
            return Err(self.invalid("a member of the forum", "none of its members"));
        };
        for at in moments {
            let state = member.state_at(at);
            if state != Some(MemberState::Active) {
                let got = state.map_or("not a member yet", MemberState::as_str);
                return Err(self.invalid(&format!("an active member at {}", rfc3339(at)), got));
            }
        }
        Ok(Some(member))
    }

    fn keys(&self, contents: &Contents, member: Option<&MemberRecord>) -> Result<Vec<(String, PublicKey)>, Refusal> {
        let name = |key: Result<PublicKey, Malformed>| key.map(|key| (self.by().to_owned(), key));
        let keys: Result<Vec<_>, Malformed> = match member {
            Some(member) => member.keys.iter().map(|k| name(k.public_key())).collect(),
            None => {
                let seat = self.by().split_once('/');
                let seat = seat.and_then(|(group, seat)| contents.forum.as_ref()?.seat(group, seat));
                let seat = seat.ok_or_else(|| self.invalid("a seat of the forum", "none of its seats"))?;
                name(seat.public_key()).map(|key| vec![key])
            }
        };
        keys.map_err(|e| self.invalid("a key that can be used", &e.to_string()))
    }

    pub(super) fn invalid(&self, expected: &str, got: &str) -> Refusal {
        Refusal::new(Code::NoticeInvalid, shown(self.by()), expected, got)
    }

    /// What it says, in a sentence: `acme withdraws TST-01 of the attestation sha256:… (acme.sigstore.json): reason`.
    pub fn sentence(&self) -> String {
        let said = &self.said;
        let verb = match said.action {
            Action::Supersede => "supersedes",
            Action::Withdraw => "withdraws",
            Action::Dispute => "disputes",
            Action::Endorse => "endorses",
        };
        let practices = said.practices.as_ref().map(|p| format!("{} of ", listed(p))).unwrap_or_default();
        let name = if self.name.is_empty() { String::new() } else { format!(" ({})", shown(&self.name)) };
        let by = said.superseded_by.as_ref().map(|other| format!(" by sha256:{other}")).unwrap_or_default();
        format!(
            "{} {verb} {practices}the attestation sha256:{}{name}{by}, as of {}: {}",
            shown(self.by()),
            self.attestation,
            day(said.at),
            shown(&said.reason)
        )
    }

    /// All that is signed, in words, for whoever is about to sign it.
    pub fn words(&self) -> Vec<String> {
        let line = |name: &str, value: &str| format!("{name:<13} {value}");
        let said = &self.said;
        let all = "all of it".to_owned();
        let mut out = vec![
            line("attestation", &format!("{}, sha256:{}", shown(&self.name), self.attestation)),
            line("forum", &shown(&said.forum)),
            line("is", said.action.as_str()),
            line("by", &shown(self.by())),
            line("practices", &said.practices.as_ref().map_or(all, listed)),
            line("reason", &shown(&said.reason)),
            line("at", &rfc3339(said.at)),
        ];
        out.extend(said.superseded_by.as_ref().map(|other| line("superseded by", &format!("sha256:{other}"))));
        out
    }
}

fn listed(practices: &BTreeSet<PracticeId>) -> String {
    practices.iter().map(PracticeId::as_str).collect::<Vec<_>>().join(", ")
}

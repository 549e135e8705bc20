//! Proof of possession: the holder of a key signs that it is to become this member's, in this forum.

use crate::attestation::{Envelope, Payload};
use crate::encoding::{MAX_SMALL, Malformed, base64, json};
use crate::key::{KeyId, PublicKey, Quorum};
use crate::registry::{Code, MemberRecord, Refusal};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// What is signed. A payload type of its own, so that no proof can pass for an attestation or the reverse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyProof {
    /// `vouchsafe-key-proof/v1`.
    pub schema: String,
    /// The forum's id.
    pub forum: String,
    /// The member the key is to speak for.
    pub member: String,
    /// Base64 of the SPKI DER.
    pub spki: String,
    /// When, according to the holder.
    pub created_at: Timestamp,
}

impl Payload for KeyProof {
    const TYPE: &'static str = "application/vnd.vouchsafe.key-proof+json";

    fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        json::parse(bytes, MAX_SMALL, "key proof")
    }
}

impl KeyProof {
    /// A proof to be signed.
    pub fn new(forum: &str, member: &str, key: &PublicKey, created_at: Timestamp) -> Self {
        let spki = base64::encode(key.spki_der());
        Self { schema: "vouchsafe-key-proof/v1".into(), forum: forum.into(), member: member.into(), spki, created_at }
    }

    /// An unsigned envelope around it.
    pub fn envelope(&self) -> Envelope {
        Envelope::around::<Self>(json::compact(self))
    }

    /// Checks a proof: signed by the very key it names, for this member and this forum.
    ///
    /// # Errors
    /// [`Code::ProofInvalid`]; [`Code::Malformed`] if it cannot be read.
    pub fn check(envelope: &[u8], forum: &str, member: &str) -> Result<PublicKey, Refusal> {
        let invalid = |expected: &str, got: String| Refusal::new(Code::ProofInvalid, "", expected, got);
        let malformed = |e: Malformed| {
            Refusal::new(Code::Malformed, "key proof", "a proof made by vouchsafe key prove", e.to_string())
        };
        let envelope = Envelope::parse(envelope).map_err(malformed)?;
        let (_, claimed) = envelope.inspect_unverified("the proof names the key it must be signed by");
        let key = Self::parse(claimed)
            .and_then(|claim| base64::decode(&claim.spki, "key proof"))
            .map_err(malformed)
            .and_then(|spki| PublicKey::from_spki_der(&spki).map_err(|e| invalid("a usable key", e.to_string())))?;
        let quorum = Quorum::new([(member.to_owned(), key.clone())], NonZeroUsize::MIN)
            .map_err(|e| invalid("one key", e.to_string()))?;
        let proof =
            envelope.open::<Self>(&quorum).map_err(|e| invalid("a signature by the key itself", e.to_string()))?;
        let proof = proof.value();
        if proof.member != member {
            return Err(invalid(&format!("member {member}"), format!("member {}", proof.member)));
        }
        if proof.forum != forum {
            return Err(invalid(&format!("forum {forum}"), format!("forum {}", proof.forum)));
        }
        Ok(key)
    }

    /// The key that a proof's key follows: one of the member's own that signed the proof beside it. None if nobody
    /// else signed.
    ///
    /// # Errors
    /// [`Code::ProofInvalid`] if whoever else signed it is no key of the member, or one that was revoked.
    pub fn follows(envelope: &[u8], key: &KeyId, member: &MemberRecord) -> Result<Option<KeyId>, Refusal> {
        let bad = |got: String| Refusal::new(Code::ProofInvalid, &member.id, "a second signature by a key in use", got);
        let envelope = Envelope::parse(envelope).map_err(|e| bad(e.to_string()))?;
        if envelope.signatures() < 2 {
            return Ok(None);
        }
        for record in member.keys.iter().filter(|k| k.keyid != key.as_str()) {
            let old = record.public_key().map_err(|e| bad(e.to_string()))?;
            let id = old.id().clone();
            let quorum = Quorum::new([(member.id.clone(), old)], NonZeroUsize::MIN).map_err(|e| bad(e.to_string()))?;
            if envelope.open::<Self>(&quorum).is_ok() {
                return match record.compromised_since {
                    None => Ok(Some(id)),
                    Some(_) => Err(bad(format!("one by {id}, which was revoked"))),
                };
            }
        }
        Err(bad(format!("one by no key of {}", member.id)))
    }
}

//! Why an artifact is not verified: one code each, and the step of the decision it belongs to.

use crate::encoding::refusal::codes;

/// An answer that is not yes.
pub type Refusal = crate::encoding::refusal::Refusal<Code>;

codes! {
    /// Stable codes of verification refusals, in the order of the decision.
    AttestationMissing "attestation-missing" Undecided
        "no attestation was found for this artifact"
        "ask its publisher for NAME.sigstore.json, put it beside the file, or give --bundle FILE"
    AttestationMalformed "attestation-malformed" Undecided
        "the attestation cannot be read"
        "fetch it again from its publisher; vouchsafe inspect FILE shows what can be read of it"
    Unsigned "unsigned" Refused
        "the attestation carries no signature"
        "do not use the artifact; ask its publisher for a signed attestation"
    MemberNotHeld "member-not-held" Undecided
        "somebody signed whose record was not fetched, of a registry too large to keep them all"
        "vouchsafe trust update --member ID, with the id of the member that publishes the artifact"
    SignerUnknown "signer-unknown" Refused
        "no member of the forum signed this attestation"
        "do not use the artifact; vouchsafe trust update if the member may be new, vouchsafe registry show lists who is known"
    StatementMalformed "statement-malformed" Undecided
        "a member signed this, but it is not a well-formed in-toto statement"
        "ask the member for a statement that follows in-toto Statement v1"
    DigestMismatch "digest-mismatch" Refused
        "the attestation is about other bytes: the file was changed, or it is another version"
        "do not use the file; download it again from its publisher"
    DigestContradiction "digest-contradiction" Refused
        "the attestation states digests of which one agrees and another does not"
        "do not use the file; tell the member that the attestation contradicts itself"
    DigestIncomparable "digest-incomparable" Undecided
        "the attestation states no SHA-256 or SHA-512 that could be compared with the file"
        "ask the member for an attestation with SHA-256; sha1 and md5 never suffice"
    SetMismatch "set-mismatch" Refused
        "the files are not exactly the set the attestation is about"
        "look at the files named here; drop --exact-set only if a part of the release is what you mean to verify"
    MemberNotYet "member-not-yet" Refused
        "the signer's membership had not begun at that time"
        "check --at; vouchsafe registry show lists when members joined"
    MemberSuspended "member-suspended" Refused
        "the signer's membership is suspended"
        "do not use the artifact until the forum reinstates the member"
    MemberLeft "member-left" Refused
        "the signer has left the forum, and nothing proves that the signature is older"
        "ask for an attestation by a present member, or one with a trusted time"
    KeyNotYet "key-not-yet" Refused
        "the key was not admitted yet at that time"
        "check --at; vouchsafe registry show lists when keys were admitted"
    KeyRetired "key-retired" Refused
        "the key is retired, and nothing proves that the signature is older"
        "ask the member for an attestation by a current key, or one with a trusted time"
    KeyCompromised "key-compromised" Refused
        "the key is revoked as compromised, and nothing proves that the signature is older"
        "do not use the artifact; ask the member for an attestation by a new key"
    OutOfScope "out-of-scope" Refused
        "the member may not speak for this product"
        "do not use the artifact; vouchsafe registry show lists each member's scope"
    SignerNotAccepted "signer-not-accepted" Refused
        "a member signed, but none of those the policy or --signer accepts"
        "get the artifact from the accepted member, or change the policy"
    SignersTooFew "signers-too-few" Refused
        "fewer members signed than the policy asks for"
        "ask the missing members to add their signature: vouchsafe attest --append"
    PredicateType "predicate-type" Refused
        "the attestation says something else than what is asked"
        "give --bundle with the practices attestation, or --type URI to ask for another kind"
    CatalogueNotAccepted "catalogue-not-accepted" Refused
        "the claims are about a catalogue the policy does not accept"
        "ask the member for claims against the accepted catalogue"
    CatalogueUnknown "catalogue-unknown" Refused
        "the claims are about a catalogue version that the forum has not published"
        "vouchsafe trust update; ask the member which catalogue was used"
    CatalogueDigestMismatch "catalogue-digest-mismatch" Refused
        "the claims are about other bytes than the forum published under this catalogue version"
        "ask the member which catalogue was used; do not rely on the claims"
    AssessorNotAccepted "assessor-not-accepted" Refused
        "the assessor is not as independent as the policy asks"
        "ask the member for an assessment by an accepted kind of assessor"
    ClaimWithdrawn "claim-withdrawn" Refused
        "the signer withdrew this attestation"
        "do not use the artifact; ask the member for an attestation it stands by"
    ClaimSuperseded "claim-superseded" Refused
        "the signer named another attestation in place of this one, and the policy accepts none that is superseded"
        "ask the member for the attestation that takes its place"
    ClaimDisputed "claim-disputed" Refused
        "this attestation is disputed, and the policy accepts none that is"
        "ask the forum how the dispute stands; vouchsafe registry show lists the notices"
    PracticesNotMet "practices-not-met" Refused
        "the practices asked for are not all met"
        "vouchsafe explain PRACTICE says what a practice asks for; ask the member what is planned"
    ExceptionsTooMany "exceptions-too-many" Refused
        "more exceptions are claimed than the policy allows"
        "ask the member to close some, or change the policy's exceptions.max"
    EvidenceDiffers "evidence-differs" Refused
        "the signed facts are not what the evidence says"
        "do not rely on the claims; tell the member and the forum which evidence it is"
    TierNotReached "tier-not-reached" Refused
        "the claims were not verified as deeply as the policy asks"
        "ask the member for claims with evidence whose checks can be run again"
    CosignersMissing "cosigners-missing" Refused
        "fewer seats of a group endorse this than the policy asks for"
        "ask the missing seats to endorse it: vouchsafe registry endorse; vouchsafe registry show lists who does"
    NotLogged "not-logged" Refused
        "the policy asks for a transparency log entry and no proof of one was checked"
        "ask the member for a logged attestation, or for NAME.tlog-proof beside it"
    OriginUnknown "origin-unknown" Refused
        "the attestation is in a log that the forum's log policy does not name"
        "ask the member for a proof from the forum's log; vouchsafe trust update if the forum changed its log"
    CheckpointUnsigned "checkpoint-unsigned" Refused
        "the proof's checkpoint carries no signature by the key of its log"
        "ask the member for a proof made by the log: vouchsafe log prove"
    CheckpointForged "checkpoint-forged" Refused
        "a signature on the proof's checkpoint, by a key that is known, does not verify"
        "do not use the artifact; ask the member for a proof made by the log, and tell the forum"
    WitnessesMissing "witnesses-missing" Refused
        "fewer witnesses cosigned the proof's checkpoint than asked for"
        "ask the member for a proof from a later checkpoint: vouchsafe log prove"
    InclusionWrong "inclusion-wrong" Refused
        "the proof does not lead from this attestation to the root of the checkpoint"
        "do not use the artifact; ask the member for a proof of this very attestation"
    FromFuture "attestation-from-future" Refused
        "the attestation is dated after the present time"
        "check this machine's clock; if it is right, do not rely on the attestation"
    Expired "attestation-expired" Refused
        "the claims have ended"
        "ask the member for a new attestation"
    TooOld "attestation-too-old" Refused
        "the claims are older than the policy accepts"
        "ask the member for a new attestation"
    TrustStale "trust-stale" Undecided
        "the view of the registry is too old: a key may have been revoked since"
        "vouchsafe trust update, then verify again"
    PolicyUnusable "policy-unusable" Undecided
        "the policy asks for something that does not exist in this catalogue"
        "vouchsafe policy lint names it; vouchsafe practice list shows what exists"
}

/// The steps of the decision, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// An attestation was found and can be read.
    AttestationFound,
    /// A registered key signed these bytes.
    Signature,
    /// It is a well-formed statement.
    Statement,
    /// It is about this artifact.
    Subject,
    /// The signers are members, with keys valid at the time, for this product, and enough of them.
    Signers,
    /// It says what is asked.
    Predicate,
    /// The practices asked for are met.
    Practices,
    /// The groups asked for have cosigned.
    Cosigners,
    /// It is logged as asked.
    Logged,
    /// Neither the claims nor the view of the registry is too old.
    Fresh,
}

impl Step {
    /// All, in order.
    pub const ALL: [Self; 10] = [
        Self::AttestationFound,
        Self::Signature,
        Self::Statement,
        Self::Subject,
        Self::Signers,
        Self::Predicate,
        Self::Practices,
        Self::Cosigners,
        Self::Logged,
        Self::Fresh,
    ];

    /// The id in JSON and text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AttestationFound => "attestation-found",
            Self::Signature => "signature",
            Self::Statement => "statement",
            Self::Subject => "subject",
            Self::Signers => "signers",
            Self::Predicate => "predicate",
            Self::Practices => "practices",
            Self::Cosigners => "cosigners",
            Self::Logged => "logged",
            Self::Fresh => "fresh",
        }
    }
}

impl Code {
    /// The step that ends with this code.
    pub fn step(self) -> Step {
        use Code as C;
        match self {
            C::AttestationMissing | C::AttestationMalformed => Step::AttestationFound,
            C::Unsigned | C::MemberNotHeld | C::SignerUnknown => Step::Signature,
            C::StatementMalformed => Step::Statement,
            C::DigestMismatch | C::DigestContradiction | C::DigestIncomparable | C::SetMismatch => Step::Subject,
            C::MemberNotYet | C::MemberSuspended | C::MemberLeft | C::KeyNotYet | C::KeyRetired | C::KeyCompromised => {
                Step::Signers
            }
            C::OutOfScope | C::SignerNotAccepted | C::SignersTooFew => Step::Signers,
            C::PredicateType => Step::Predicate,
            C::CatalogueNotAccepted | C::CatalogueUnknown | C::CatalogueDigestMismatch | C::AssessorNotAccepted => {
                Step::Practices
            }
            C::ClaimWithdrawn | C::ClaimSuperseded | C::ClaimDisputed => Step::Practices,
            C::PracticesNotMet | C::ExceptionsTooMany | C::TierNotReached | C::EvidenceDiffers | C::PolicyUnusable => {
                Step::Practices
            }
            C::CosignersMissing => Step::Cosigners,
            C::NotLogged | C::OriginUnknown | C::CheckpointUnsigned | C::CheckpointForged | C::WitnessesMissing => {
                Step::Logged
            }
            C::InclusionWrong => Step::Logged,
            C::FromFuture | C::Expired | C::TooOld | C::TrustStale => Step::Fresh,
        }
    }
}

//! Why the registry says no, or cannot say: one code each, documented in docs/refusals.md.

use crate::encoding::refusal::codes;

/// A registry's no, with what was expected and what was found.
pub type Refusal = crate::encoding::refusal::Refusal<Code>;

codes! {
    /// Stable codes of registry refusals.
    ThresholdNotMet "threshold-not-met" Refused
        "too few board members have signed this change"
        "vouchsafe registry sign FORUM --key KEY, once for each missing board member"
    ThresholdInvalid "threshold-invalid" Refused
        "a board's threshold must be at least 1 and at most the number of its keys"
        "choose --threshold between 1 and the number of board keys; 2 of 3 is advised"
    NotOnBoard "not-on-board" Refused
        "this key has no seat on the board"
        "vouchsafe registry show FORUM lists the seats"
    SeatUnknown "seat-unknown" Undecided
        "there is no such seat"
        "vouchsafe registry show FORUM lists the seats"
    SeatTaken "seat-taken" Refused
        "there is a seat of this name, or with this key, already"
        "choose another name and another key, or give the old seat up: registry rotate --remove-seat for the board, drop-seat for a group"
    NotASeat "not-a-seat" Refused
        "this key has no seat in a group"
        "vouchsafe registry show FORUM lists the groups; the board seats it with vouchsafe registry add-seat"
    EndorsementInvalid "endorsement-invalid" Refused
        "this is no endorsement of the record as it stands"
        "the seat endorses the present record: vouchsafe registry endorse FORUM member ID, or catalogue NAME, --key KEY --out FILE"
    NoticeInvalid "notice-invalid" Refused
        "this is no notice that the forum may keep"
        "make it again: vouchsafe claim; one that is staged is given up with vouchsafe registry drop FORUM"
    CatalogueUnknown "registry-catalogue-unknown" Undecided
        "the forum has no such catalogue version"
        "vouchsafe registry show FORUM lists the catalogues"
    NameConfusable "name-confusable" Refused
        "this id or name could be taken for another member's"
        "choose another, or confirm that they are two: --confusable-with ID"
    NameInvisible "name-invisible" Refused
        "this name holds characters that cannot be seen"
        "type the name again, without what was pasted"
    NothingStaged "nothing-staged" Undecided
        "there is no staged change"
        "vouchsafe registry add-member, add-key or add-catalogue stage one; vouchsafe registry refresh renews what is published"
    HalfPublished "half-published" Refused
        "the publication of this rotation was interrupted, and its root is public already: it can only be gone on with"
        "vouchsafe registry publish FORUM --online-key KEY"
    NotLogged "registry-not-logged" Refused
        "the registry says that it is kept in a transparency log, and nothing shows that this version is in it"
        "do not use this copy: the forum may be showing others another registry; vouchsafe trust update, and ask the forum"
    LogPolicyChanged "log-policy-changed" Refused
        "the forum has changed its log policy, and this version is not in the log it relied on until now"
        "ask the forum whether it changed its log; then vouchsafe trust add SOURCE --fingerprint FINGERPRINT accepts it"
    Unchanged "nothing-to-change" Undecided
        "the registry says that already"
        "nothing to do; vouchsafe registry renew FORUM stages the same content with a fresh expiry"
    NotOnlineKey "not-the-online-key" Refused
        "this key is not the registry's online key"
        "give the private half of the key last named by --online-key, at registry init or registry rotate"
    ProofInvalid "proof-invalid" Refused
        "this proof of possession does not prove possession of the key for this member and forum"
        "vouchsafe key prove --key KEY --member ID --forum FORUM --out PROOF.json"
    KeyTaken "key-taken" Refused
        "this key is registered already; a key belongs to one member for ever"
        "vouchsafe key generate makes a new one"
    MemberTaken "member-taken" Refused
        "this member id is taken; ids are never used again"
        "choose another id"
    MemberUnknown "member-unknown" Undecided
        "there is no such member"
        "vouchsafe registry show FORUM lists the members"
    MemberGone "member-has-left" Refused
        "this member has left the forum, for good"
        "vouchsafe registry add-member admits them again, under another id"
    KeyUnknown "key-unknown" Undecided
        "this member has no such key"
        "vouchsafe registry show FORUM lists the keys"
    NameInvalid "name-invalid" Refused
        "this id cannot be used"
        "ids are 1 to 64 of a-z, 0-9, '-' and '.', starting with a letter or digit"
    HistoryRewritten "history-rewritten" Refused
        "a registry's history may grow, never change"
        "vouchsafe registry review FORUM shows the change; stage it again without touching what was published"
    Rollback "registry-rollback" Refused
        "this registry is older than one seen before: somebody may be hiding a revocation"
        "fetch the registry again from the forum; vouchsafe trust show says what was seen"
    SignatureInvalid "registry-signature-invalid" Refused
        "the registry's metadata is not signed by enough of the keys it must be signed by"
        "fetch the registry again from the forum; if it stays so, do not use it"
    HashMismatch "registry-hash-mismatch" Refused
        "a file of the registry is not the one its signed metadata lists"
        "fetch the registry again from the forum; if it stays so, do not use it"
    FingerprintMismatch "fingerprint-mismatch" Refused
        "no root of this registry has that fingerprint"
        "ask the forum for its fingerprint over another channel; do not use this registry until they agree"
    Expired "registry-expired" Undecided
        "the registry's metadata has expired"
        "vouchsafe trust update fetches a fresh view; the forum renews it with vouchsafe registry refresh"
    FromFuture "registry-from-future" Undecided
        "the registry was issued after the present time: a clock is wrong"
        "set this machine's clock, or give --at TIME"
    Incomplete "registry-incomplete" Undecided
        "a file of the registry is missing"
        "fetch the whole folder again from the forum"
    Malformed "registry-malformed" Undecided
        "a file of the registry cannot be read"
        "fetch the registry again from the forum"
}

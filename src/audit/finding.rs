//! What an auditor has to look at: stable codes, how bad each is, what to do.

use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The artifact must not be used.
    High,
    /// It will have to be dealt with.
    Medium,
    /// Worth knowing.
    Low,
}

impl Severity {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

macro_rules! findings {
    ($($name:ident $code:literal $severity:ident $why:literal $next:literal)*) => {
        /// Stable codes of findings; headings of docs/findings.md.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum FindingCode { $(#[doc = $why] $name,)* }

        impl FindingCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
            /// The kebab-case name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
            /// How bad it is.
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }
            /// One line.
            pub fn why(self) -> &'static str {
                match self { $(Self::$name => $why,)* }
            }
            /// What to do.
            pub fn next(self) -> &'static str {
                match self { $(Self::$name => $next,)* }
            }
        }
    };
}

findings! {
    Refused "refused" High
        "an artifact was examined and refused"
        "vouchsafe explain CODE says what the refusal means; do not use the artifact"
    Undecided "undecided" Medium
        "nothing could be decided about an artifact"
        "vouchsafe verify FILE shows the whole line, and the next command"
    Unattested "unattested" High
        "an artifact has no attestation"
        "ask its publisher for one; until then nobody vouches for it"
    RevokedKeyUsed "revoked-key-used" High
        "an attestation is signed by a key that is revoked"
        "ask the member for an attestation by a new key"
    MemberSuspended "member-suspended" High
        "an attestation is by a member that is suspended"
        "wait for the forum's decision, or take the artifact from elsewhere"
    DeclaredOnly "declared-only" Medium
        "a practice is only declared where the policy asks for more"
        "ask the member for evidence that can be checked"
    NotLogged "not-logged" Medium
        "an attestation is in no log where the policy, or the forum's log policy, has one"
        "vouchsafe log append LOG BUNDLE enters it"
    QuorumMissing "quorum-missing" Medium
        "too few witnesses cosigned, or too few seats endorse"
        "vouchsafe registry show lists who has; ask those who are missing"
    Expiring "expiring" Medium
        "the claims of a release, or a key, end soon"
        "ask the member for a new attestation, or a new key, in time"
    ExceptionExpiring "exception-expiring" Medium
        "an accepted exception ends soon"
        "ask the member whether the practice is met by then"
    EvidenceMissing "evidence-missing" Low
        "evidence that a claim names is not there to be read again"
        "ask the member for the evidence files, and replay with --evidence-dir"
    CatalogueSuperseded "catalogue-superseded" Low
        "the claims are about a catalogue version that a later one has followed"
        "ask the member for claims against the present catalogue"
}

/// Something an auditor has to look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Which kind.
    pub code: FindingCode,
    /// The artifact, or the attestation file; None if it is about a member or a key.
    pub path: Option<String>,
    /// The attestation, by its id.
    pub release: Option<String>,
    /// The member it is about.
    pub member: Option<String>,
    /// The practice it is about.
    pub practice: Option<String>,
    /// One line, of this very case.
    pub message: String,
    /// When it becomes worse, where that is known.
    pub due: Option<String>,
}

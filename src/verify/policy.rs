//! What must hold: a policy file in TOML, or the forum's recommended one in JSON with the same keys.
//!
//! Unknown keys are refused: a misspelt demand must not silently ask for nothing. There is no way to ask for
//! less than a member's signature.

use super::notices::ClaimsRule;
use crate::encoding::{Class, Explain, MAX_DOCUMENT, MAX_SMALL, Malformed, duration::Span, json};
use crate::practice::{Basis, PracticeId, Requirement, VersionRange};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

/// The schema we read and write.
const SCHEMA: &str = "vouchsafe-policy/v1";

/// The policy a new forum recommends: the base profile, with no exception for signing and known vulnerabilities.
pub const DEFAULT_POLICY: &str = include_str!("default.toml");

/// The same as JSON, the form in which a forum publishes it.
///
/// # Errors
/// [`PolicyError`], which would be a fault of this program.
pub fn default_policy_json() -> Result<Vec<u8>, PolicyError> {
    let value: serde_json::Value = toml::from_str(DEFAULT_POLICY).map_err(|e| PolicyError(e.to_string()))?;
    Ok(json::pretty(&value))
}

/// What must hold for an artifact to be verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Where it comes from, for reports.
    pub name: String,
    /// SHA-256 of its bytes, in hexadecimal, for reports.
    pub digest: String,
    /// Another predicate type than practices, asked for instead.
    pub predicate_type: Option<String>,
    /// Which practices; None asks for none.
    pub practices: Option<PracticesRule>,
    /// Who may sign, and how many must.
    pub signers: SignersRule,
    /// How many seats of each group must endorse a member for its signature to count.
    pub cosigners: BTreeMap<String, NonZeroUsize>,
    /// What notices about an attestation do.
    pub claims: ClaimsRule,
    /// Whether it must be logged.
    pub log: LogRules,
    /// How old the view of the registry may be; None leaves it to the timestamp's own expiry.
    pub trust_max_age: Option<Span>,
}

/// Which practices must be met, and how well that must be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PracticesRule {
    /// Catalogue id.
    pub catalogue: Option<String>,
    /// Accepted versions of it.
    pub versions: Option<VersionRange>,
    /// Every practice of this profile.
    pub profile: Option<String>,
    /// These, by their own or by foreign ids.
    pub require: Vec<Requirement>,
    /// Weakest accepted basis.
    pub basis_default: Option<Basis>,
    /// Weakest accepted basis of single practices.
    pub basis: BTreeMap<PracticeId, Basis>,
    /// How deeply claims must be verified.
    pub tier: Option<Tier>,
    /// Practices that may be claimed not to apply.
    pub not_applicable: BTreeSet<PracticeId>,
    /// Accepted exceptions; None accepts none.
    pub exceptions: Option<Exceptions>,
    /// Accepted kinds of assessor; None accepts all.
    pub independence: Option<BTreeSet<String>>,
    /// How old the claims may be.
    pub max_age: Option<Span>,
    /// How many seats of each group must endorse the catalogue.
    pub endorsed_by: BTreeMap<String, NonZeroUsize>,
}

/// Which exceptions count in place of a practice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exceptions {
    /// At most this many; None sets no limit.
    pub max: Option<usize>,
    /// Never for these.
    pub never: BTreeSet<PracticeId>,
}

/// How deeply claims were verified, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// A member signed them, in role, in scope, in time.
    Signed,
    /// And every check gave the same result again, from the signed facts.
    Recomputed,
    /// And the facts were extracted again from the evidence itself.
    Replayed,
}

impl Tier {
    /// The word in policies and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Recomputed => "recomputed",
            Self::Replayed => "replayed",
        }
    }
}

/// Who may sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignersRule {
    /// Accepted members; None accepts any active member in scope.
    pub members: Option<BTreeSet<String>>,
    /// How many of them must have signed.
    pub threshold: NonZeroUsize,
}

/// Whether a log entry is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogRule {
    /// Not asked for.
    Optional,
    /// Asked for.
    Required,
}

/// What is asked of the log; which log, and its quorum, are the forum's to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRules {
    /// Whether an entry is asked for.
    pub require: LogRule,
    /// A group or witness of the forum's log policy that has to have cosigned, besides its quorum.
    pub quorum: Option<String>,
}

impl LogRules {
    /// Asks for nothing.
    pub const OPTIONAL: Self = Self { require: LogRule::Optional, quorum: None };

    fn checked(written: WrittenLog) -> Result<Self, PolicyError> {
        let WrittenLog { require, quorum } = written;
        if require == LogRule::Optional && quorum.is_some() {
            return Err(PolicyError("log.quorum asks for nothing while log.require is \"optional\"".into()));
        }
        Ok(Self { require, quorum })
    }
}

/// Why a policy cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policy cannot be used: {0}")]
pub struct PolicyError(String);

impl Explain for PolicyError {
    fn code(&self) -> &'static str {
        "policy-malformed"
    }
    fn class(&self) -> Class {
        Class::Undecided
    }
    fn expected(&self) -> String {
        format!("a policy with schema = \"{SCHEMA}\" and known keys only")
    }
    fn got(&self) -> String {
        self.0.lines().last().unwrap_or_default().to_owned()
    }
    fn next(&self) -> String {
        "mend the policy; docs/policies.md describes every key".into()
    }
}

impl From<Malformed> for PolicyError {
    fn from(error: Malformed) -> Self {
        Self(error.to_string())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    schema: String,
    predicate_type: Option<String>,
    practices: Option<WrittenPractices>,
    signers: Option<WrittenSigners>,
    #[serde(default)]
    cosigners: BTreeMap<String, usize>,
    #[serde(default)]
    claims: ClaimsRule,
    log: Option<WrittenLog>,
    trust: Option<WrittenTrust>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPractices {
    catalogue: Option<String>,
    versions: Option<String>,
    profile: Option<String>,
    #[serde(default)]
    require: Vec<String>,
    #[serde(default)]
    min_basis: BTreeMap<String, Basis>,
    tier: Option<Tier>,
    #[serde(default)]
    not_applicable: Vec<String>,
    exceptions: Option<WrittenExceptions>,
    independence: Option<BTreeSet<String>>,
    max_age: Option<String>,
    #[serde(default)]
    endorsed_by: BTreeMap<String, usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenExceptions {
    max: Option<usize>,
    #[serde(default)]
    never: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSigners {
    members: Option<BTreeSet<String>>,
    threshold: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLog {
    require: LogRule,
    quorum: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTrust {
    max_age: Option<String>,
}

impl Policy {
    /// Asks for nothing but one member's signature.
    pub fn signature_only(name: &str) -> Self {
        let signers = SignersRule { members: None, threshold: NonZeroUsize::MIN };
        Self {
            name: name.to_owned(),
            digest: String::new(),
            predicate_type: None,
            practices: None,
            signers,
            cosigners: BTreeMap::new(),
            claims: ClaimsRule::default(),
            log: LogRules::OPTIONAL,
            trust_max_age: None,
        }
    }

    /// Reads a policy file: JSON if it starts with `{`, TOML otherwise.
    ///
    /// # Errors
    /// [`PolicyError`] for unknown keys, values that cannot be met, thresholds of 0.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, PolicyError> {
        use sha2::Digest as _;
        if bytes.len() > MAX_SMALL {
            return Err(PolicyError(format!("{} bytes, the limit is {MAX_SMALL}", bytes.len())));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| PolicyError("not UTF-8".into()))?;
        let written: Written = if text.trim_start().starts_with('{') {
            json::parse(bytes, MAX_SMALL, "policy")?
        } else {
            let bad = |e: toml::de::Error| PolicyError(e.to_string().trim_end().to_owned());
            toml::from_str::<Written>(text).map_err(bad)?;
            // That reader takes a list where a table is meant; the strict one does not.
            let table: toml::Table = toml::from_str(text).map_err(bad)?;
            json::parse(&json::compact(&table), MAX_DOCUMENT, "policy")?
        };
        let digest = hex::encode(sha2::Sha256::digest(bytes));
        Self::checked(name, digest, written)
    }

    fn checked(name: &str, digest: String, written: Written) -> Result<Self, PolicyError> {
        if written.schema != SCHEMA {
            return Err(PolicyError(format!("schema {:?}, expected {SCHEMA:?}", written.schema)));
        }
        if written.predicate_type.is_some() && written.practices.is_some() {
            return Err(PolicyError("predicate_type and [practices] exclude each other".into()));
        }
        let (members, threshold) = written.signers.map_or((None, None), |s| (s.members, s.threshold));
        if members.as_ref().is_some_and(BTreeSet::is_empty) {
            return Err(PolicyError("signers.members = [] accepts nobody; leave it out to accept any member".into()));
        }
        let threshold = NonZeroUsize::new(threshold.unwrap_or(1))
            .ok_or_else(|| PolicyError("signers.threshold = 0 asks for no signature".into()))?;
        let trust_max_age = written.trust.and_then(|t| t.max_age).map(|s| Span::parse(&s)).transpose()?;
        Ok(Self {
            name: name.to_owned(),
            digest,
            predicate_type: written.predicate_type,
            practices: written.practices.map(PracticesRule::checked).transpose()?,
            signers: SignersRule { members, threshold },
            cosigners: groups("cosigners", written.cosigners)?,
            claims: written.claims,
            log: written.log.map(LogRules::checked).transpose()?.unwrap_or(LogRules::OPTIONAL),
            trust_max_age,
        })
    }
}

impl PracticesRule {
    fn checked(mut written: WrittenPractices) -> Result<Self, PolicyError> {
        let ids = |list: Vec<String>| list.iter().map(|id| PracticeId::parse(id)).collect::<Result<BTreeSet<_>, _>>();
        let basis_default = written.min_basis.remove("default");
        let single = |(id, basis): (String, Basis)| PracticeId::parse(&id).map(|id| (id, basis));
        let exceptions =
            written.exceptions.map(|e| ids(e.never).map(|never| Exceptions { max: e.max, never })).transpose()?;
        Ok(Self {
            catalogue: written.catalogue,
            versions: written.versions.map(|v| VersionRange::parse(&v)).transpose()?,
            profile: written.profile,
            require: written.require.iter().map(|r| Requirement::parse(r)).collect::<Result<_, _>>()?,
            basis_default,
            basis: written.min_basis.into_iter().map(single).collect::<Result<_, _>>()?,
            tier: written.tier,
            not_applicable: ids(written.not_applicable)?,
            exceptions,
            independence: written.independence,
            max_age: written.max_age.map(|s| Span::parse(&s)).transpose()?,
            endorsed_by: groups("practices.endorsed_by", written.endorsed_by)?,
        })
    }

    /// The weakest basis accepted for a practice.
    pub fn least_basis(&self, practice: &PracticeId) -> Basis {
        self.basis.get(practice).copied().or(self.basis_default).unwrap_or(Basis::Declared)
    }
}

/// How many seats of each group; nought would ask for nothing.
fn groups(key: &str, written: BTreeMap<String, usize>) -> Result<BTreeMap<String, NonZeroUsize>, PolicyError> {
    let asked = |(group, seats): (String, usize)| match NonZeroUsize::new(seats) {
        Some(seats) => Ok((group, seats)),
        None => Err(PolicyError(format!("{key}.{group} = 0 asks for nothing; leave it out"))),
    };
    written.into_iter().map(asked).collect()
}

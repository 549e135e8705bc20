//! A verified result in the formats of others: VSA, SVR, CycloneDX, OSCAL, the CISA form, tables.
//!
//! Everything but the table is made from a [`Release`], which only verified artifacts can make: there is no document
//! that says yes about one that was refused. All is computed from what was signed and checked; the same inputs give
//! the same bytes. A mapping to another framework supports a requirement there, it never fulfils one.

mod cisa;
mod cyclonedx;
mod matrix;
mod oscal;
mod svr;
mod vsa;

pub use cisa::{NoForm, cisa, cisa_markdown};
pub use cyclonedx::cyclonedx;
pub use matrix::csv_cell;
pub use matrix::{Line, csv, markdown};
pub use oscal::oscal;
pub use svr::svr;
pub use vsa::vsa;

use crate::artifact::{Algorithm, Measured};
use crate::attestation::Practices;
use crate::encoding::text::shown;
use crate::practice::{Basis, Catalogue, Claim, PracticeId};
use crate::registry::TrustedRegistry;
use crate::verify::{Coverage, Item, ItemStatus, Policy, Verified};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Names the program and the rules by which it decides; a change of the rules changes it.
const VERIFIER: &str = "https://vouchsafe.dev/verifier/v1";
const VERSION: &str = env!("CARGO_PKG_VERSION");
const STATEMENT_V1: &str = "https://in-toto.io/Statement/v1";
/// The policy that asks for a member's signature and nothing else; it has no file and so no digest.
const SIGNATURE_ONLY: &str = "https://vouchsafe.dev/policy/signature-only";
const POLICY: &str = "https://vouchsafe.dev/policy/v1";

/// What a verdict was asked against, and when.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The policy of the decision.
    pub policy: &'a Policy,
    /// The registry of the decision.
    pub trust: &'a TrustedRegistry,
    /// The moment the question was asked of.
    pub at: Timestamp,
}

/// Verified artifacts that rest on one attestation. Never none.
///
/// ```compile_fail,E0308
/// fn forge(refusal: vouchsafe::verify::Refusal, asked: vouchsafe::audit::export::Asked<'_>) {
///     let _ = vouchsafe::audit::export::Release::of(&[&refusal], asked);
/// }
/// ```
///
/// ```
/// fn make(verified: &vouchsafe::verify::Verified, asked: vouchsafe::audit::export::Asked<'_>) {
///     let _ = vouchsafe::audit::export::Release::of(&[verified], asked);
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Release<'a> {
    subjects: Vec<&'a Verified>,
    first: &'a Verified,
    claimed: Option<Claimed<'a>>,
    asked: Asked<'a>,
}

/// Practices that were asked for, claimed and checked.
#[derive(Clone, Copy, Debug)]
struct Claimed<'a> {
    practices: &'a Practices,
    catalogue: &'a Catalogue,
    coverage: &'a Coverage,
}

/// A practice that was asked for or claimed.
struct Finding<'a> {
    id: PracticeId,
    title: &'a str,
    item: Option<&'a Item>,
    claim: Option<&'a Claim>,
    /// How deeply the claim was verified.
    tier: &'static str,
}

impl<'a> Release<'a> {
    /// Of these. None for an empty list, and for artifacts that do not all rest on the same statement by the same
    /// signers, with the same result: no one document could speak about them.
    pub fn of(subjects: &[&'a Verified], asked: Asked<'a>) -> Option<Self> {
        let first = *subjects.first()?;
        let alike = |v: &&Verified| {
            v.statement_sha256() == first.statement_sha256()
                && v.signers() == first.signers()
                && v.coverage() == first.coverage()
        };
        let claimed = claimed(first, asked.trust);
        subjects.iter().all(alike).then(|| Self { subjects: subjects.to_vec(), first, claimed, asked })
    }

    /// Whether practices were asked for; without them there is no control to report on.
    pub fn has_practices(&self) -> bool {
        self.claimed.is_some()
    }

    /// The package URL of the product, or what else identifies it: the digest of the one file, or of the statement.
    fn resource(&self) -> String {
        let product = self.claimed.and_then(|c| c.practices.scope.product.as_deref());
        let uri = |p: &&str| p.contains(':') && p.bytes().all(|b| b.is_ascii_graphic());
        match (product.filter(uri), self.subjects.as_slice()) {
            (Some(product), _) => product.to_owned(),
            (None, [one]) => one.artifact().digests().first().map(ToString::to_string).unwrap_or_default(),
            (None, _) => format!("sha256:{}", self.first.statement_sha256()),
        }
    }

    /// in-toto subjects: the name the member gave, and the digests that were compared.
    fn in_toto_subjects(&self) -> Vec<Value> {
        let one = |v: &&Verified| json!({"name": shown(v.subject()), "digest": digests(v.artifact())});
        self.subjects.iter().map(one).collect()
    }

    /// The policy as an in-toto resource, with the view of the registry and the catalogue it was applied to.
    fn policy(&self) -> Value {
        let as_of = self.first.as_of();
        let mut notes = json!({
            "forum": as_of.forum_id, "registryVersion": as_of.versions.targets.to_string(),
        });
        if let (Some(claimed), Some(notes)) = (self.claimed, notes.as_object_mut()) {
            notes.insert("catalogue".into(), json!(claimed.catalogue.uri()));
            notes.insert("catalogueSha256".into(), json!(claimed.catalogue.digest_hex()));
        }
        // Where another predicate was asked for, the practices of the policy file were not.
        let applied = self.asked.policy.predicate_type.is_none() && !self.asked.policy.digest.is_empty();
        if applied {
            let digest = json!({"sha256": self.asked.policy.digest});
            return json!({"uri": POLICY, "digest": digest, "annotations": notes});
        }
        json!({"uri": SIGNATURE_ONLY, "annotations": notes})
    }

    /// What holds, as names of ours: signed, the profile, the tier, every practice that is met. Never `SLSA_…`.
    fn properties(&self) -> Vec<String> {
        let mut out = vec!["SAFECODE_SIGNED_BY_MEMBER".to_owned()];
        let Some(Claimed { coverage, .. }) = self.claimed else { return out };
        if let Some(profile) = self.asked.policy.practices.as_ref().and_then(|p| p.profile.as_ref()) {
            let excepted = coverage.count(ItemStatus::Excepted) > 0;
            let with = if excepted { "_WITH_EXCEPTIONS" } else { "" };
            out.push(format!("SAFECODE_PROFILE_{}{with}", constant(profile)));
        }
        out.push(format!("SAFECODE_TIER_{}", constant(coverage.tier.as_str())));
        let met = coverage.items.iter().filter(|i| i.status == ItemStatus::Met);
        out.extend(met.map(|i| format!("SAFECODE_PRACTICE_{}", constant(i.practice.as_str()))));
        out
    }

    /// Every practice asked for, in order of id.
    fn findings(&self) -> Vec<Finding<'a>> {
        self.claimed.map(|c| c.findings()).unwrap_or_default().into_iter().filter(|f| f.item.is_some()).collect()
    }

    /// An identifier of a part of a document about this release.
    fn uuid(&self, part: &str) -> String {
        let digests = self.subjects.iter().flat_map(|v| v.artifact().digests()).map(ToString::to_string);
        let asked = [
            self.first.statement_sha256().to_owned(),
            self.asked.policy.digest.clone(),
            self.first.as_of().forum_id.clone(),
            self.first.as_of().versions.targets.to_string(),
            crate::encoding::duration::rfc3339(self.asked.at),
        ];
        let all: Vec<String> = asked.into_iter().chain(digests).chain([part.to_owned()]).collect();
        uuid(&all)
    }
}

impl<'a> Claimed<'a> {
    fn findings(self) -> Vec<Finding<'a>> {
        let items = self.coverage.items.iter().map(|i| (i.practice, (Some(i), None)));
        let mut all: BTreeMap<PracticeId, (Option<&Item>, Option<&Claim>)> = items.collect();
        for claim in &self.practices.claims {
            all.entry(claim.practice).or_default().1 = Some(claim);
        }
        let finding = |(id, (item, claim)): (PracticeId, (Option<&'a Item>, Option<&'a Claim>))| {
            let checked = item.is_some() && claim.is_some_and(|c| c.basis == Basis::Checked);
            let title = self.catalogue.practice(&id).map_or("", |p| p.title.as_str());
            Finding { id, title, item, claim, tier: if checked { self.coverage.tier.as_str() } else { "signed" } }
        };
        all.into_iter().map(finding).collect()
    }
}

impl Finding<'_> {
    fn status(&self) -> &'static str {
        self.item.map_or("not asked for", |i| i.status.as_str())
    }
    fn is(&self, status: ItemStatus) -> bool {
        self.item.is_some_and(|i| i.status == status)
    }
    fn basis(&self) -> &'static str {
        self.claim.map_or("", |c| c.basis.as_str())
    }
}

/// The claims, with the very catalogue they were checked against.
fn claimed<'a>(verified: &'a Verified, trust: &'a TrustedRegistry) -> Option<Claimed<'a>> {
    let (practices, coverage) = (verified.statement().practices()?, verified.coverage()?);
    let named = &practices.catalogue;
    let catalogue = trust.catalogue(&named.id, &named.version)?;
    let same = named.digest.get("sha256").is_some_and(|stated| stated == catalogue.digest_hex());
    same.then_some(Claimed { practices, catalogue, coverage })
}

/// A statement as a file; signing it is somebody else's decision.
fn statement(release: &Release<'_>, predicate_type: &str, predicate: &Value) -> Vec<u8> {
    crate::encoding::json::pretty(&json!({
        "_type": STATEMENT_V1,
        "subject": release.in_toto_subjects(),
        "predicateType": predicate_type,
        "predicate": predicate,
    }))
}

/// Digests as in-toto writes them.
fn digests(measured: &Measured) -> Map<String, Value> {
    measured.digests().iter().map(|d| (d.algorithm().as_str().to_owned(), Value::from(d.hex()))).collect()
}

/// The name by which SHA-2 goes in CycloneDX.
fn sha_name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Sha256 => "SHA-256",
        Algorithm::Sha512 => "SHA-512",
    }
}

/// A UUID in the form of version 5, from SHA-256: the same parts give the same one.
fn uuid(parts: &[String]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut number = u128::from_be_bytes(hash.finalize().first_chunk().copied().unwrap_or_default());
    number = (number & !(0xf << 76)) | (5 << 76);
    number = (number & !(0x3 << 62)) | (0x2 << 62);
    let hex = format!("{number:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

/// `base` as `BASE`; whatever is no letter or digit is an underscore.
fn constant(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

/// Text from outside, where Markdown is read: shown, and without effect.
fn plain(text: &str) -> String {
    inert(&shown(text))
}

/// Text that is shown already, without effect in Markdown.
pub(super) fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '>' | '!' | '~' | '$' | '@' => {
                out.push('\\');
                out.push(c);
            }
            // A scheme is what makes a bare address a link, and so is www.
            ':' if ["http", "https", "ftp", "mailto", "xmpp"].iter().any(|scheme| ends(&out, scheme)) => {
                out.push_str("&#58;");
            }
            '.' if ends(&out, "www") => out.push_str("&#46;"),
            c => out.push(c),
        }
    }
    out
}

/// Whether text ends with an ASCII word, in whatever case.
fn ends(text: &str, word: &str) -> bool {
    let from = text.len().saturating_sub(word.len());
    text.as_bytes().get(from..).is_some_and(|end| end.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{plain, uuid};

    #[test]
    fn a_uuid_has_the_form_of_version_5_and_parts_do_not_run_together() {
        let made = uuid(&["ab".into(), "c".into()]);
        assert_eq!((made.len(), &made[14..15]), (36, "5"));
        assert!("89ab".contains(&made[19..20]), "{made}");
        assert_ne!(made, uuid(&["a".into(), "bc".into()]));
    }

    #[test]
    fn markdown_has_no_effect() {
        assert_eq!(plain("a|b [x](http://y) <b>"), "a\\|b \\[x\\](http&#58;//y) &lt;b\\>");
        assert_eq!(plain("HTTP://x, www.x.example"), "HTTP&#58;//x, www&#46;x.example");
        assert_eq!(plain("one\ntwo"), "one\\\\u\\{a\\}two");
    }
}

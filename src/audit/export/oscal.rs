//! OSCAL assessment results 1.1.3: an observation and a finding for each practice that was asked for.

use super::{Claimed, Finding, Release, VERSION, plain};
use crate::encoding::duration::rfc3339;
use crate::encoding::json;
use crate::practice::Basis;
use crate::verify::ItemStatus;
use jiff::Timestamp;
use serde_json::{Value, json};

const OSCAL_VERSION: &str = "1.1.3";
const NAMESPACE: &str = "https://vouchsafe.dev/ns/oscal";

/// The results. None if no practices were asked for, or none of those asked for exists.
pub fn oscal(release: &Release<'_>) -> Option<Vec<u8>> {
    let claimed = release.claimed?;
    let findings = release.findings();
    if findings.is_empty() {
        return None;
    }
    let at = rfc3339(release.asked.at);
    let subjects = subjects(release);
    let observations: Vec<Value> = findings.iter().map(|f| observation(release, claimed, f)).collect();
    let found: Vec<Value> = findings.iter().map(|f| finding(release, f)).collect();
    let controls: Vec<Value> = findings.iter().map(|f| json!({"control-id": f.id.as_str()})).collect();
    let as_of = release.first.as_of();
    let view = format!("Registry version {} of {}", as_of.versions.targets, plain(&as_of.forum));
    let resource = |part: &str, title: String, digest: &str| {
        let digest = if digest.is_empty() { "none" } else { digest };
        json!({"uuid": release.uuid(part), "title": title, "props": [prop("sha256", digest)]})
    };
    let policy = &release.asked.policy;
    Some(json::pretty(&json!({"assessment-results": {
        "uuid": release.uuid("oscal"),
        "metadata": {
            "title": format!("Verification of {}", plain(release.first.subject())),
            "last-modified": at,
            "version": "1",
            "oscal-version": OSCAL_VERSION,
            "remarks": format!(
                "Computed by vouchsafe {VERSION} from a signed attestation. A control is a practice of the catalogue in the \
                 back matter. Nobody but the named signers asserts what stands here as declared or reviewed."
            ),
        },
        "import-ap": {"href": format!("#{}", release.uuid("policy")), "remarks": "The policy takes the place of a plan."},
        "results": [{
            "uuid": release.uuid("result"),
            "title": plain(&claimed.coverage.sentence()),
            "description": format!("{view}; signed by {}", signers(release)),
            "start": at,
            "end": at,
            "props": [prop("tier", claimed.coverage.tier.as_str())],
            "local-definitions": {"components": subjects},
            "reviewed-controls": {"control-selections": [{"include-controls": controls}]},
            "observations": observations,
            "findings": found,
        }],
        "back-matter": {"resources": [
            resource("policy", format!("Policy: {}", plain(&policy.name)), &policy.digest),
            resource("catalogue", format!("Catalogue: {}", plain(&claimed.catalogue.uri())), &claimed.catalogue.digest_hex()),
            resource("statement", "The signed statement".to_owned(), release.first.statement_sha256()),
        ]},
    }})))
}

fn signers(release: &Release<'_>) -> String {
    release.first.signers().iter().map(|s| plain(&s.name)).collect::<Vec<_>>().join(", ")
}

/// The artifacts as components.
fn subjects(release: &Release<'_>) -> Vec<Value> {
    let one = |(n, verified): (usize, &&crate::verify::Verified)| {
        let digests: Vec<Value> =
            verified.artifact().digests().iter().map(|d| prop(d.algorithm().as_str(), &d.hex())).collect();
        json!({
            "uuid": release.uuid(&format!("subject {n}")),
            "type": "software",
            "title": plain(verified.subject()),
            "description": "A file whose bytes the statement names by digest.",
            "props": digests,
            "status": {"state": "operational"},
        })
    };
    release.subjects.iter().enumerate().map(one).collect()
}

fn observation(release: &Release<'_>, claimed: Claimed<'_>, finding: &Finding<'_>) -> Value {
    let method = match finding.claim.map(|c| c.basis) {
        Some(Basis::Checked) => "TEST",
        Some(Basis::Reviewed) => "EXAMINE",
        Some(Basis::Declared) | None => "UNKNOWN",
    };
    let subjects: Vec<Value> = (0..release.subjects.len())
        .map(|n| json!({"subject-uuid": release.uuid(&format!("subject {n}")), "type": "component"}))
        .collect();
    let basis = if finding.basis().is_empty() { "none" } else { finding.basis() };
    let mut observation = json!({
        "uuid": release.uuid(&format!("observation {}", finding.id)),
        "title": finding.id.as_str(),
        "description": words(finding),
        "props": [prop("basis", basis), prop("tier", finding.tier)],
        "methods": [method],
        "types": ["control-objective"],
        "subjects": subjects,
        "collected": dated(claimed.practices.assessed_at).unwrap_or_else(|| rfc3339(release.asked.at)),
    });
    if let (Some(end), Some(observation)) = (claimed.practices.valid_until.and_then(dated), observation.as_object_mut())
    {
        observation.insert("expires".into(), json!(end));
    }
    observation
}

/// An instant, if OSCAL can write it: it knows the years 1900 to 2999.
fn dated(at: Timestamp) -> Option<String> {
    let text = rfc3339(at);
    let year: u16 = text.get(..4)?.parse().ok()?;
    (1900..3000).contains(&year).then_some(text)
}

/// What the member says, in the member's words.
fn words(finding: &Finding<'_>) -> String {
    let result = finding.claim.map_or("unclaimed", |c| c.result.as_str());
    let said = finding.claim.and_then(|c| c.statement.as_ref().or(c.reason.as_ref()));
    said.map_or_else(|| format!("Claimed: {result}."), |s| format!("Claimed: {result}. {}", plain(s)))
}

/// Only what is met is satisfied; an exception and what does not apply are told apart by reason and status.
fn finding(release: &Release<'_>, finding: &Finding<'_>) -> Value {
    let met = finding.is(ItemStatus::Met);
    let (state, reason) = if met { ("satisfied", "pass") } else { ("not-satisfied", "other") };
    let mut target = json!({
        "type": "objective-id",
        "target-id": finding.id.as_str(),
        "title": plain(finding.title),
        "status": {"state": state, "reason": reason, "remarks": remarks(finding)},
    });
    if let (true, Some(target)) = (finding.is(ItemStatus::NotApplicable), target.as_object_mut()) {
        target.insert("implementation-status".into(), json!({"state": "not-applicable"}));
    }
    json!({
        "uuid": release.uuid(&format!("finding {}", finding.id)),
        "title": format!("{} {}", finding.id, finding.status()),
        "description": plain(finding.title),
        "target": target,
        "related-observations": [{"observation-uuid": release.uuid(&format!("observation {}", finding.id))}],
    })
}

fn remarks(finding: &Finding<'_>) -> String {
    let exception = finding.claim.and_then(|c| c.exception.as_ref()).filter(|_| finding.is(ItemStatus::Excepted));
    match exception {
        Some(e) => {
            format!("Excepted until {}, accepted by {}: {}", rfc3339(e.expires), plain(&e.owner.role), plain(&e.reason))
        }
        None => finding.status().to_owned(),
    }
}

fn prop(name: &str, value: &str) -> Value {
    json!({"name": name, "ns": NAMESPACE, "value": value})
}

//! CycloneDX 1.6 declarations: the catalogue as a standard, and which of its requirements the claims are about.

use super::{Claimed, Finding, Release, VERSION, sha_name};
use crate::attestation::Evidence;
use crate::encoding::duration::rfc3339;
use crate::encoding::json;
use crate::encoding::text::shown;
use crate::practice::Catalogue;
use crate::verify::{ItemStatus, Verified};
use serde_json::{Value, json};

/// A BOM without components of its own: definitions and declarations. None if no practices were asked for.
pub fn cyclonedx(release: &Release<'_>) -> Option<Vec<u8>> {
    let claimed = release.claimed?;
    let findings = release.findings();
    let (mut claims, mut attestations) = (Vec::new(), Vec::new());
    for (n, subject) in release.subjects.iter().enumerate() {
        claims.extend(findings.iter().filter_map(|f| claim(f, n, claimed)));
        let map: Vec<Value> = findings.iter().map(|f| requirement(f, n)).collect();
        let assessor = "assessor";
        attestations.push(json!({"summary": summary(release, subject, claimed), "assessor": assessor, "map": map}));
    }
    let targets: Vec<Value> =
        release.subjects.iter().enumerate().map(|(n, v)| target(v, n, &release.resource())).collect();
    let evidence: Vec<Value> = claimed.practices.evidence.iter().enumerate().map(|(n, e)| document(e, n)).collect();
    let forum = shown(&release.first.as_of().forum);
    Some(json::pretty(&json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": format!("urn:uuid:{}", release.uuid("cyclonedx")),
        "version": 1,
        "metadata": {
            "timestamp": rfc3339(release.asked.at),
            "tools": {"components": [{"type": "application", "name": "vouchsafe", "version": VERSION}]},
        },
        "definitions": {"standards": [standard(claimed.catalogue, &forum)]},
        "declarations": {
            "assessors": [{
                "bom-ref": "assessor",
                "thirdParty": claimed.practices.assessor.independence == "thirdParty",
                "organization": {"name": shown(&claimed.practices.assessor.id)},
            }],
            "claims": claims,
            "evidence": evidence,
            "targets": {"components": targets},
            "attestations": attestations,
        },
    })))
}

/// All of the catalogue, whatever was asked of it.
fn standard(catalogue: &Catalogue, forum: &str) -> Value {
    let requirements: Vec<Value> = catalogue
        .practices
        .iter()
        .map(|p| {
            let id = p.id.as_str();
            let (title, text) = (shown(&p.title), shown(&p.outcome));
            json!({"bom-ref": format!("requirement-{id}"), "identifier": id, "title": title, "text": text})
        })
        .collect();
    json!({
        "bom-ref": "standard",
        "name": shown(&catalogue.title),
        "version": catalogue.version.as_str(),
        "description": format!("{}, sha256:{}", shown(&catalogue.uri()), catalogue.digest_hex()),
        "owner": forum,
        "requirements": requirements,
    })
}

fn target(verified: &Verified, n: usize, resource: &str) -> Value {
    let hashes: Vec<Value> = verified
        .artifact()
        .digests()
        .iter()
        .map(|d| json!({"alg": sha_name(d.algorithm()), "content": d.hex()}))
        .collect();
    let name = shown(verified.subject());
    let mut target = json!({"bom-ref": format!("target-{n}"), "type": "file", "name": name, "hashes": hashes});
    if let (true, Some(target)) = (resource.starts_with("pkg:"), target.as_object_mut()) {
        target.insert("purl".into(), json!(resource));
    }
    target
}

fn document(evidence: &Evidence, n: usize) -> Value {
    let digests: Vec<String> = evidence.digest.iter().map(|(a, h)| format!("{}:{}", shown(a), shown(h))).collect();
    let mut document = json!({
        "bom-ref": format!("evidence-{n}"),
        "description": format!("bound by digest: {}", digests.join(" ")),
        "data": [{"name": shown(&evidence.name)}],
    });
    if let (Some(at), Some(document)) = (evidence.produced_at.map(rfc3339), document.as_object_mut())
        // RFC 3339 has years of four digits.
        && !at.starts_with('-')
    {
        document.insert("created".into(), json!(at));
    }
    document
}

/// What the member says about a practice and one target.
fn claim(finding: &Finding<'_>, n: usize, claimed: Claimed<'_>) -> Option<Value> {
    let claim = finding.claim?;
    let named =
        |e: &Evidence| claim.evidence.contains(&e.id) || claim.checks.iter().any(|c| c.evidence.contains(&e.id));
    let evidence: Vec<String> = claimed
        .practices
        .evidence
        .iter()
        .enumerate()
        .filter(|(_, e)| named(e))
        .map(|(at, _)| format!("evidence-{at}"))
        .collect();
    let exception = claim.exception.as_ref().map(|e| &e.reason);
    let words = claim.statement.as_ref().or(claim.reason.as_ref()).or(exception);
    Some(json!({
        "bom-ref": reference(finding, n),
        "target": format!("target-{n}"),
        "predicate": format!("{} {}, {}", finding.id, claim.result.as_str(), claim.basis.as_str()),
        "reasoning": words.map(|w| shown(w)).unwrap_or_default(),
        "evidence": evidence,
    }))
}

/// How a requirement stands. Only what is met conforms; an exception in force is a claim against it, and what does
/// not apply has no score.
fn requirement(finding: &Finding<'_>, n: usize) -> Value {
    let requirement = format!("requirement-{}", finding.id);
    let claims: Vec<String> = finding.claim.iter().map(|_| reference(finding, n)).collect();
    let rationale = format!("{}; basis {}; verified: {}", finding.status(), finding.basis(), finding.tier);
    if finding.is(ItemStatus::Met) {
        let conformance = json!({"score": 1, "rationale": rationale});
        return json!({"requirement": requirement, "claims": claims, "conformance": conformance});
    }
    if finding.is(ItemStatus::NotApplicable) {
        return json!({"requirement": requirement, "claims": claims, "conformance": {"rationale": rationale}});
    }
    let until = finding.claim.and_then(|c| c.exception.as_ref()).map(|e| format!("; until {}", rfc3339(e.expires)));
    let conformance = json!({"score": 0, "rationale": rationale + &until.unwrap_or_default()});
    json!({"requirement": requirement, "counterClaims": claims, "conformance": conformance})
}

fn reference(finding: &Finding<'_>, n: usize) -> String {
    format!("claim-{n}-{}", finding.id)
}

fn summary(release: &Release<'_>, subject: &Verified, claimed: Claimed<'_>) -> String {
    let signers: Vec<String> = subject.signers().iter().map(|s| shown(&s.name)).collect();
    let as_of = release.first.as_of();
    format!(
        "{}: signed by {}; {}; tier {}; as of registry version {} of {}; statement sha256:{}",
        shown(subject.subject()),
        signers.join(", "),
        claimed.coverage.sentence(),
        claimed.coverage.tier.as_str(),
        as_of.versions.targets,
        shown(&as_of.forum),
        subject.statement_sha256(),
    )
}

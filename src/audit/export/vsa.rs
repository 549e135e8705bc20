//! SLSA Verification Summary v1: `PASSED`, about exactly these bytes, with levels of our own and none of SLSA's.

use super::{Release, VERIFIER, VERSION, statement};
use crate::encoding::duration::rfc3339;
use serde_json::json;

const VSA_V1: &str = "https://slsa.dev/verification_summary/v1";

/// The summary as an in-toto statement, unsigned. There is no other result than `PASSED`: who was refused has no
/// [`Release`].
pub fn vsa(release: &Release<'_>) -> Vec<u8> {
    let input = json!({
        "mediaType": "application/vnd.in-toto+json",
        "digest": {"sha256": release.first.statement_sha256()},
    });
    let predicate = json!({
        "verifier": {"id": VERIFIER, "version": {"vouchsafe": VERSION}},
        "timeVerified": rfc3339(release.asked.at),
        "resourceUri": release.resource(),
        "policy": release.policy(),
        "inputAttestations": [input],
        "verificationResult": "PASSED",
        "verifiedLevels": release.properties(),
    });
    statement(release, VSA_V1, &predicate)
}

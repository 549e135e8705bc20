//! in-toto Simple Verification Result v0.2: which properties hold, under which policy, as of when.

use super::{Release, VERIFIER, statement};
use crate::encoding::duration::rfc3339;
use serde_json::json;

const SVR_V02: &str = "https://in-toto.io/attestation/svr/v0.2";

/// The result as an in-toto statement, unsigned.
pub fn svr(release: &Release<'_>) -> Vec<u8> {
    let predicate = json!({
        "verifier": {"id": VERIFIER, "policies": [release.policy()]},
        "timeCreated": rfc3339(release.asked.at),
        "properties": release.properties(),
    });
    statement(release, SVR_V02, &predicate)
}

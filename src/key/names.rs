//! Names of algorithms this crate does not support, so that a refusal says "RSA" and not a row of numbers.

use super::KeyError;
use pkcs8::ObjectIdentifier;
use pkcs8::spki::AlgorithmIdentifierRef;

/// id-ecPublicKey (RFC 5480, section 2.1.1).
pub(super) const EC_OID: ObjectIdentifier = p256::elliptic_curve::ALGORITHM_OID;
/// secp256r1, also called P-256 (RFC 5480, section 2.1.1.1).
pub(super) const P256_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// The refusal of an algorithm (RFC 5280 AlgorithmIdentifier) that is none of ours, by its usual name.
pub(super) fn unsupported(algorithm: &AlgorithmIdentifierRef<'_>) -> KeyError {
    let curve = algorithm.parameters_oid().ok();
    KeyError::Unsupported(match (algorithm.oid, curve) {
        (EC_OID, Some(curve)) => curve_name(curve),
        (EC_OID, None) => "ECDSA over a curve that is not named".into(),
        (oid, _) => oid_name(oid),
    })
}

/// Whether this is ECDSA over P-256, by name.
pub(super) fn is_p256(algorithm: &AlgorithmIdentifierRef<'_>) -> bool {
    algorithm.oid == EC_OID && algorithm.parameters_oid() == Ok(P256_OID)
}

/// The name of a curve by its object identifier.
pub(super) fn curve_name(oid: ObjectIdentifier) -> String {
    match oid.to_string().as_str() {
        "1.2.840.10045.3.1.7" => "ECDSA P-256".into(),
        "1.3.132.0.34" => "ECDSA P-384".into(),
        "1.3.132.0.35" => "ECDSA P-521".into(),
        "1.3.132.0.10" => "ECDSA secp256k1".into(),
        other => format!("ECDSA over curve {other}"),
    }
}

fn oid_name(oid: ObjectIdentifier) -> String {
    let text = oid.to_string();
    let name = match text.as_str() {
        "1.2.840.113549.1.1.1" => "RSA",
        "1.2.840.113549.1.1.10" => "RSA-PSS",
        "1.2.840.113549.1.3.1" => "Diffie-Hellman",
        "1.2.840.10040.4.1" => "DSA",
        "1.3.101.110" => "X25519, which cannot sign",
        "1.3.101.111" => "X448, which cannot sign",
        "1.3.101.113" => "Ed448",
        "2.16.840.1.101.3.4.3.17" => "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18" => "ML-DSA-65",
        "2.16.840.1.101.3.4.3.19" => "ML-DSA-87",
        other => other,
    };
    name.into()
}

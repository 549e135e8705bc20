//! Public keys as JSON Web Keys (RFC 7517): OKP with Ed25519 (RFC 8037), EC with P-256 (RFC 7518, section 6.2).

use super::{KeyError, PublicKey, Suite};
use crate::encoding::{MAX_SMALL, Malformed, base64, json};
use serde_json::{Map, Value};

const WHAT: &str = "JSON Web Key";

fn bad(why: impl Into<String>) -> KeyError {
    Malformed::new(WHAT, why).into()
}

impl PublicKey {
    /// A public JWK for checking signatures: `kid` is the key's id, `alg` is `EdDSA` (RFC 8037) or `ES256`.
    pub fn to_jwk(&self) -> Value {
        let raw = self.raw();
        match self.suite() {
            Suite::Ed25519 => serde_json::json!({
                "kty": "OKP", "crv": "Ed25519", "x": base64::encode_url(&raw),
                "kid": self.id().as_str(), "use": "sig", "alg": "EdDSA",
            }),
            Suite::EcdsaP256Sha256 => {
                let (x, y) = raw.get(1..).unwrap_or_default().split_at_checked(32).unwrap_or_default();
                serde_json::json!({
                    "kty": "EC", "crv": "P-256", "x": base64::encode_url(x), "y": base64::encode_url(y),
                    "kid": self.id().as_str(), "use": "sig", "alg": "ES256",
                })
            }
        }
    }

    /// Reads a public JWK. Its `kid` is a label of its author's and decides nothing.
    ///
    /// # Errors
    /// [`KeyError`] for private keys, other algorithms and uses, weak points and anything that is not exactly one JWK.
    pub fn from_jwk(text: &[u8]) -> Result<Self, KeyError> {
        let jwk: Map<String, Value> = json::parse(text, MAX_SMALL, WHAT)?;
        let field = |name| jwk.get(name).and_then(Value::as_str);
        if jwk.contains_key("d") || jwk.contains_key("k") {
            return Err(bad("it holds a private key; give the public one"));
        }
        let (key, alg) = match (field("kty"), field("crv")) {
            (Some("OKP"), Some("Ed25519")) => (Self::from_ed25519(&coordinate(field("x"))?)?, ["EdDSA", "Ed25519"]),
            (Some("EC"), Some("P-256")) => {
                let point = [&[4][..], &coordinate(field("x"))?, &coordinate(field("y"))?].concat();
                (Self::from_p256_sec1(&point)?, ["ES256", "ES256"])
            }
            (Some("EC"), Some(curve)) => return Err(KeyError::Unsupported(format!("ECDSA {}", shown(curve)))),
            (Some(_), Some(curve)) => return Err(KeyError::Unsupported(shown(curve))),
            (Some(kty), None) => return Err(KeyError::Unsupported(shown(kty))),
            (None, _) => return Err(bad("no kty")),
        };
        if jwk.contains_key("alg") && !field("alg").is_some_and(|a| alg.contains(&a)) {
            return Err(bad(format!("its alg is not {}", alg.join(" or "))));
        }
        if jwk.contains_key("use") && field("use") != Some("sig") {
            return Err(bad("its use is not sig"));
        }
        let ops = jwk.get("key_ops");
        if ops.is_some_and(|o| !o.as_array().is_some_and(|a| a.iter().any(|v| v == "verify"))) {
            return Err(bad("its key_ops do not say verify"));
        }
        Ok(key)
    }
}

/// 32 bytes of unpadded base64url (RFC 7518, section 6.2.1.2).
fn coordinate(text: Option<&str>) -> Result<[u8; 32], KeyError> {
    let text = text.ok_or_else(|| bad("a coordinate is missing"))?;
    if text.contains(['=', '+', '/']) {
        return Err(bad("a coordinate is not unpadded base64url"));
    }
    let bytes = base64::decode(text, WHAT)?;
    bytes.try_into().map_err(|b: Vec<u8>| bad(format!("a coordinate of {} bytes, expected 32", b.len())))
}

fn shown(name: &str) -> String {
    crate::encoding::text::shown(&name.chars().take(64).collect::<String>())
}

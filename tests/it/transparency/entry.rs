//! What a leaf of our log is: byte for byte what Rekor v2 would have logged.

use super::Bytes;
use serde_json::{Value, json};
use vouchsafe::encoding::base64;
use vouchsafe::key::PublicKey;
use vouchsafe::transparency::{Entry, Hash};

/// The entry that the documentation of rekor-tiles shows for a key of one's own, in the spelling that its code makes
/// (`hashedRekordV002`; the page shows an older one as well).
const PUBLISHED: &str = concat!(
    r#"{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256","#,
    r#""digest":"dyj4ednYHjN4/zsjjBeeLahS9slp97Z67LTAVxjrjXw="},"signature":{"content":"#,
    r#""MEQCIB+YPa9o3SN0sQ4uduGf+mZxwFfOhFZ0Cgy+p7Vt1o2SAiAPFDHqOAJLYmvtCWOsDyNY1H4V3zm4NEDYs3NyvHh1Pg==","#,
    r#""verifier":{"keyDetails":"PKIX_ECDSA_P256_SHA_256","publicKey":{"rawBytes":"#,
    r#""MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2slOf8eZcj2moW2t4UFj7vCL6QpDzkDqqSUmm4OJCVvIauKLxm0aGs3VMPPfauMPaMutn0/s3jg0rroFxoicyg=="}}}}}}"#
);

fn decoded(value: &Value) -> Vec<u8> {
    base64::decode_standard(value.as_str().unwrap(), "vector").unwrap()
}

fn record(body: &Value) -> &Value {
    &body["spec"]["hashedRekordV002"]
}

#[test]
fn a_published_entry_is_read_and_written_again_byte_for_byte() {
    let entry = Entry::parse(PUBLISHED.as_bytes()).unwrap();
    assert_eq!(entry.body(), PUBLISHED.as_bytes());
    assert_eq!(entry.leaf(), Hash::leaf(PUBLISHED.as_bytes()));
    let body: Value = vouchsafe::encoding::json::parse(PUBLISHED.as_bytes(), 1 << 20, "body").unwrap();
    assert_eq!(entry.digest.as_slice(), decoded(&record(&body)["data"]["digest"]));
    assert_eq!(entry.signature, decoded(&record(&body)["signature"]["content"]));
    // Of a P-256 key the digest is enough to see that a signature is wrong.
    assert!(!entry.key.refutes_digest(&entry.digest, &entry.signature));
    assert!(entry.key.refutes_digest(&[7; 32], &entry.signature));
    assert!(entry.key.refutes_digest(&entry.digest, b"no signature"));
    assert!(!crate::world::key(9).0.public().refutes_digest(&entry.digest, &entry.signature));
    assert!(Entry::KIND == (body["kind"].as_str().unwrap(), body["apiVersion"].as_str().unwrap()));
}

#[test]
fn what_rekor_v2_logged_differs_from_ours_by_the_certificate_only() {
    let path = format!("{}/tests/vectors/transparency/rekor2-dsse.json", env!("CARGO_MANIFEST_DIR"));
    let file: Value = vouchsafe::encoding::json::parse(&std::fs::read(path).unwrap(), 1 << 24, "vectors").unwrap();
    let real = decoded(&file["entry"]["canonicalizedBody"]);
    assert!(Entry::parse(&real).is_err(), "an entry by certificate is none of ours");
    let published = Entry::parse(PUBLISHED.as_bytes()).unwrap();
    let mut body: Value = vouchsafe::encoding::json::parse(&real, 1 << 20, "body").unwrap();
    let digest: Bytes = decoded(&record(&body)["data"]["digest"]).try_into().unwrap();
    let ours = Entry { digest, signature: decoded(&record(&body)["signature"]["content"]), key: published.key };
    let verifier = body.pointer_mut("/spec/hashedRekordV002/signature/verifier").unwrap();
    let spki = base64::encode(ours.key.spki_der());
    verifier.as_object_mut().unwrap().remove("x509Certificate").unwrap();
    verifier["publicKey"] = json!({ "rawBytes": spki });
    // Values sort their fields by name, as the canonical form does.
    assert_eq!(ours.body(), serde_json::to_vec(&body).unwrap());
}

#[test]
fn an_ed25519_member_is_named_as_such_and_any_other_spelling_is_refused() {
    let key: PublicKey = crate::world::key(9).0.public().clone();
    let entry = Entry { digest: [7; 32], signature: vec![1; 64], key };
    let text = String::from_utf8(entry.body()).unwrap();
    assert!(text.contains(r#""keyDetails":"PKIX_ED25519""#), "{text}");
    assert_eq!(Entry::parse(text.as_bytes()).unwrap(), entry);
    assert!(text.len() < 1000);
    for wrong in [
        text.replace("PKIX_ED25519", "PKIX_ECDSA_P256_SHA_256"),
        text.replace("SHA2_256", "SHA2_512"),
        text.replace("0.0.2", "0.0.1"),
        text.replace("hashedrekord", "dsse"),
        text.replace("hashedRekordV002", "hashedRekordV0_0_2"),
        text.replace(
            r#"{"apiVersion":"0.0.2","kind":"hashedrekord","#,
            r#"{"kind":"hashedrekord","apiVersion":"0.0.2","#,
        ),
        text.replace(r#""kind""#, r#" "kind""#),
        text.replace(r#"{"algorithm""#, r#"{"more":1,"algorithm""#),
        format!("{text}\n"),
        text.replacen(&base64::encode(&[7; 32]), &base64::encode(&[7; 31]), 1),
        text.trim_end_matches('}').to_owned(),
    ] {
        assert_ne!(wrong, text);
        assert!(Entry::parse(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

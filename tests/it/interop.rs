//! Real peers: OpenSSL and securesystemslib check our signatures and we check OpenSSL's; python-tuf reads our registry.

use crate::peers::python;
use crate::run::{Ran, parse};
use crate::scene::{ACME, PARTNER, Scene};
use serde_json::{Value, json};
use std::path::Path;
use vouchsafe::encoding::base64;

const TYPE: &str = "application/vnd.in-toto+json";

/// DSSE's pre-authentication encoding, written down from its specification and not from our code.
fn pae(payload: &[u8]) -> Vec<u8> {
    [format!("DSSEv1 {} {TYPE} {} ", TYPE.len(), payload.len()).as_bytes(), payload].concat()
}

fn envelope(scene: &Scene, bundle: &str) -> (Vec<u8>, Vec<u8>) {
    let envelope = &parse(&scene.read(bundle))["dsseEnvelope"];
    assert_eq!(envelope["payloadType"], TYPE);
    let bytes = |v: &Value| base64::decode(v.as_str().unwrap(), "test").unwrap();
    (bytes(&envelope["payload"]), bytes(&envelope["signatures"][0]["sig"]))
}

#[test]
fn openssl_verifies_our_dsse_signatures() {
    for (flags, verify) in [
        (ACME, "pkeyutl -verify -pubin -inkey acme.pub.pem -rawin -in pae -sigfile sig"),
        (PARTNER, "dgst -sha256 -verify partner.pub.pem -signature sig pae"),
    ] {
        let scene = Scene::new();
        scene.write("acme-1.0", "release");
        scene.ok(&format!("attest acme-1.0 {flags}"));
        let (payload, signature) = envelope(&scene, "acme-1.0.sigstore.json");
        scene.write("pae", pae(&payload));
        scene.write("sig", signature);
        scene.peer("openssl", verify);
        scene.write("pae", pae(&[&payload[..], b" "].concat()));
        let refused = crate::run::program("openssl", &scene.path(""), verify.split(' '), b"");
        assert_ne!(refused.exit, 0, "{refused:?}");
    }
}

/// The statement, to be signed by a peer and put into an envelope by hand.
fn statement(scene: &Scene, flags: &str) -> Vec<u8> {
    scene.write("acme-1.0", "release");
    let payload = scene.ok(&format!("attest acme-1.0 {flags} --print-statement")).out;
    scene.write("pae", pae(&payload));
    payload
}

fn verify(scene: &Scene, payload: &[u8], signature: &[u8]) -> Ran {
    let envelope = json!({
        "payload": base64::encode(payload), "payloadType": TYPE, "signatures": [{"sig": base64::encode(signature)}],
    });
    scene.write("acme-1.0.intoto.jsonl", envelope.to_string() + "\n");
    scene.run("verify acme-1.0")
}

#[test]
fn we_verify_what_openssl_signs_with_ed25519() {
    let scene = Scene::new();
    let payload = statement(&scene, ACME);
    scene.peer("openssl", "pkeyutl -sign -inkey acme.pem -rawin -in pae -out sig");
    verify(&scene, &payload, &scene.read("sig")).says(0, "VERIFIED  acme-1.0  Acme Corp");
    scene.peer("openssl", "pkeyutl -sign -inkey mallory.pem -rawin -in pae -out sig");
    verify(&scene, &payload, &scene.read("sig")).says(1, "[signer-unknown]");
    scene.write("other", &payload);
    scene.peer("openssl", "pkeyutl -sign -inkey acme.pem -rawin -in other -out sig");
    verify(&scene, &payload, &scene.read("sig")).says(1, "[signer-unknown]");
}

/// The two numbers of a DER signature, each in 32 bytes.
fn raw(der: &[u8]) -> Vec<u8> {
    let (mut rest, mut out) = (&der[2..], Vec::new());
    for _ in 0..2 {
        let (number, tail) = rest[2..].split_at(usize::from(rest[1]));
        let number: Vec<u8> = number.iter().copied().skip_while(|b| *b == 0).collect();
        out.extend(vec![0; 32 - number.len()]);
        out.extend(number);
        rest = tail;
    }
    assert!(rest.is_empty() && out.len() == 64);
    out
}

#[test]
fn we_verify_what_openssl_signs_with_p256() {
    let scene = Scene::new();
    let payload = statement(&scene, PARTNER);
    scene.peer("openssl", "dgst -sha256 -sign partner.pem -out sig pae");
    let der = scene.read("sig");
    for signature in [der.clone(), raw(&der)] {
        verify(&scene, &payload, &signature).says(0, "VERIFIED  acme-1.0  Partner");
        let mut wrong = signature;
        *wrong.last_mut().unwrap() ^= 1;
        verify(&scene, &payload, &wrong).says(1, "[signer-unknown]");
    }
    scene.peer("openssl", "dgst -sha512 -sign partner.pem -out sig pae");
    verify(&scene, &payload, &scene.read("sig")).says(1, "[signer-unknown]");
}

#[test]
fn securesystemslib_verifies_our_envelopes() {
    for (flags, key) in [(ACME, "acme.pub.pem"), (PARTNER, "partner.pub.pem")] {
        let scene = Scene::new();
        scene.write("acme-1.0", "release");
        scene.ok(&format!("attest acme-1.0 {flags}"));
        let bundle = parse(&scene.read("acme-1.0.sigstore.json"));
        scene.write("envelope.json", bundle["dsseEnvelope"].to_string());
        let ask = |file: &str, key: &str| python(&scene.path(""), "dsse_verify.py", [file, key]);
        for file in ["acme-1.0.sigstore.json", "envelope.json"] {
            ask(file, key).says(0, &format!("verified {TYPE}"));
            ask(file, "globex.pub.pem").says(1, "");
        }
        let (payload, _) = envelope(&scene, "acme-1.0.sigstore.json");
        let other = String::from_utf8(payload).unwrap().replacen("acme-1.0", "acme-6.6", 1);
        let mut tampered = bundle["dsseEnvelope"].clone();
        tampered["payload"] = base64::encode(other.as_bytes()).into();
        scene.write("envelope.json", tampered.to_string());
        ask("envelope.json", key).says(1, "VerificationError");
        scene.run("verify acme-1.0 --bundle envelope.json").says(1, "[signer-unknown]");
    }
}

#[test]
fn securesystemslib_verifies_both_signatures_of_two_members() {
    let scene = Scene::new();
    scene.release("acme-1.0");
    scene.ok(&format!("attest acme-1.0 {PARTNER} --append"));
    for key in ["acme.pub.pem", "partner.pub.pem"] {
        python(&scene.path(""), "dsse_verify.py", ["acme-1.0.intoto.jsonl", key]).says(0, "verified");
    }
}

/// Reads targets of the published registry from its first root, as python-tuf does.
fn tuf(scene: &Scene, targets: &[&str]) -> Ran {
    let fixed = ["forum/published/metadata", "forum/published/targets", "forum/published/metadata/1.root.json"];
    python(&scene.path(""), "tuf_read.py", fixed.iter().chain(targets))
}

/// The file that holds the newest version of a target, by its SHA-256 as the metadata states it.
fn file_of(scene: &Scene, version: u64, target: &str) -> (std::path::PathBuf, String) {
    let metadata = parse(&scene.read(format!("forum/published/metadata/{version}.targets.json")));
    let digest = metadata["signed"]["targets"][target]["hashes"]["sha256"].as_str().unwrap().to_owned();
    let path = Path::new(target);
    let name = format!("{digest}.{}", path.file_name().unwrap().to_string_lossy());
    (Path::new("forum/published/targets").join(path.with_file_name(name)), digest)
}

const TARGETS: [&str; 6] = [
    "forum.json",
    "members/acme.json",
    "members/globex.json",
    "members/partner.json",
    "policies/default.json",
    "catalogues/forum-fp-2026.1.json",
];

#[track_caller]
fn reads_all(scene: &Scene, version: u64) {
    let read = parse(&tuf(scene, &TARGETS).says(0, "").out);
    assert_eq!(read.as_object().unwrap().len(), TARGETS.len());
    for target in TARGETS {
        let (path, stated) = file_of(scene, version, target);
        let sum = scene.peer("sha256sum", path.to_str().unwrap());
        assert!(sum.text().starts_with(&stated), "{target}: {sum:?}");
        assert_eq!(read[target], stated, "{target}");
    }
}

#[test]
fn python_tuf_reads_the_registry_through_its_life() {
    let scene = Scene::new();
    reads_all(&scene, 1);
    tuf(&scene, &["members/nobody.json"]).says(1, "LookupError");
    scene.ok("registry refresh forum --online-key online.pem");
    reads_all(&scene, 1);
    let card = scene.ok("key show acme.pub.pem --format json");
    let keyid = parse(&card.out)["keyid"].as_str().unwrap().to_owned();
    scene.ok(&format!("registry revoke-key forum acme {keyid} --compromised-since 2020-01-01 --reason stolen"));
    scene.publish();
    reads_all(&scene, 2);
    let member = parse(&scene.read(file_of(&scene, 2, "members/acme.json").0));
    assert!(member["keys"][0].to_string().contains("2020-01-01"), "the revocation is in what it read: {member:#}");
    let proof = "key generate --no-passphrase --out acme2.pem;key prove --key acme2.pem --member acme --forum forum --out acme2.proof.json;registry add-key forum acme --proof acme2.proof.json";
    proof.split(';').for_each(|line| drop(scene.ok(line)));
    scene.publish();
    reads_all(&scene, 3);
}

#[test]
fn a_tampered_registry_is_refused_by_python_tuf_and_by_us() {
    for (target, same_length) in [("members/acme.json", true), ("policies/default.json", false)] {
        let scene = Scene::new();
        scene.release("acme-1.0");
        let (path, _) = file_of(&scene, 1, target);
        let mut bytes = scene.read(&path);
        if same_length {
            let at = bytes.len() / 2;
            bytes[at] ^= 1;
        } else {
            bytes.push(b' ');
        }
        scene.write(&path, bytes);
        tuf(&scene, &[target]).says(1, "");
        let ours = scene.run("verify acme-1.0 --trust forum").says(1, "[registry-hash-mismatch]");
        assert!(ours.out.is_empty(), "{ours:?}");
    }
    for (file, code) in [
        ("1.targets.json", "registry-hash-mismatch"),
        ("1.snapshot.json", "registry-hash-mismatch"),
        ("timestamp.json", "registry-signature-invalid"),
    ] {
        let scene = Scene::new();
        scene.release("acme-1.0");
        let path = format!("forum/published/metadata/{file}");
        let changed = scene.text(&path).replacen("\"expires\":\"20", "\"expires\":\"21", 1);
        assert_ne!(changed, scene.text(&path), "{file}");
        scene.write(&path, changed);
        tuf(&scene, &["forum.json"]).says(1, "");
        scene.run("verify acme-1.0 --trust forum").says(1, &format!("[{code}]"));
    }
}

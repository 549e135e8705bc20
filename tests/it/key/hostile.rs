//! Damaged key files: cut short or with a bit flipped they never panic and never pass for another key.

use super::Bench;
use proptest::prelude::*;
use vouchsafe::key::{KeyError, MinisignId, PublicKey, Sealed, SecretKey, Suite};
use vouchsafe::signer::{FileSigner, PassphraseSource, SignerError};
use zeroize::Zeroizing;

fn key(suite: Suite) -> SecretKey {
    SecretKey::from_random(suite, &Zeroizing::new([7; 32])).unwrap()
}

/// Every truncation, and every byte with one of its bits flipped (another bit for each byte).
fn damaged(good: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let flip = move |at: usize, bit: usize| {
        let mut bytes = good.to_vec();
        bytes[at] ^= 1 << bit;
        bytes
    };
    let cut = (0..good.len()).map(|n| good[..n].to_vec());
    cut.chain((0..good.len()).flat_map(move |at| [at % 8, (at + 3) % 8].map(|bit| flip(at, bit))))
}

/// Keys whose file holds both halves or a checksum: what is read is the same key, or nothing.
#[test]
fn damaged_private_keys_are_the_same_key_or_none() {
    let bench = Bench::new();
    bench.peer("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", "me", "-f", "ed"], "");
    bench.peer("ssh-keygen", &["-q", "-t", "ecdsa", "-b", "256", "-N", "", "-f", "ec"], "");
    bench.peer("openssl", &["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "sec1.pem"], "");
    bench.peer("minisign", &["-G", "-W", "-p", "mini.pub", "-s", "mini.key"], "");
    let p256 = key(Suite::EcdsaP256Sha256).to_pem(Sealed::Plain).unwrap();
    for good in
        [bench.read("ed"), bench.read("ec"), bench.read("sec1.pem"), bench.read("mini.key"), p256.as_bytes().to_vec()]
    {
        let (original, _) = SecretKey::import(&good, None).unwrap();
        for bad in damaged(&good) {
            if let Ok((read, _)) = SecretKey::import(&bad, None) {
                assert_eq!(read.public(), original.public(), "{}", String::from_utf8_lossy(&bad));
            }
        }
    }
}

/// PKCS#8 version 1 holds an Ed25519 seed without any redundancy, so a flipped bit is another key. What notices is the
/// public key beside it, which every key of ours has.
#[test]
fn the_public_key_beside_it_notices_a_flipped_seed() {
    let bench = Bench::new();
    let good = key(Suite::Ed25519);
    let pem = good.to_pem(Sealed::Plain).unwrap();
    let body = pem.lines().nth(1).unwrap();
    let other = pem.replace(body, &body.replacen("BwcH", "BwcX", 1));
    assert_ne!(*pem, other);
    for bad in damaged(pem.as_bytes()) {
        let _ = SecretKey::import(&bad, None);
    }
    let path = bench.write("k.pem", other.as_bytes());
    let nobody = PassphraseSource::default();
    if let Ok(signer) = FileSigner::open(&path, &nobody) {
        assert_ne!(vouchsafe::signer::Signer::public(&signer), good.public(), "the damage is real");
        bench.write("k.pub.pem", good.public().to_pem());
        assert!(matches!(FileSigner::open(&path, &nobody), Err(SignerError::PairMismatch { .. })));
    } else {
        panic!("the damaged key should read as another one");
    }
    bench.write("k.pem", pem.as_bytes());
    assert!(FileSigner::open(&path, &nobody).is_ok());
}

/// The same for encrypted files; few cases, because each costs a key derivation.
#[test]
fn damaged_encrypted_keys_do_not_pass() {
    let bench = Bench::new();
    bench.peer("ssh-keygen", &["-q", "-t", "ed25519", "-N", "secret", "-f", "ed"], "");
    let seal = Sealed::Passphrase { passphrase: b"secret", salt: [1; 16], iv: [2; 16] };
    let sealed = key(Suite::EcdsaP256Sha256).to_pem(seal).unwrap();
    for good in [bench.read("ed"), sealed.as_bytes().to_vec()] {
        let (original, notes) = SecretKey::import(&good, Some(b"secret")).unwrap();
        assert!(notes.encrypted);
        assert_eq!(SecretKey::import(&good, None).unwrap_err(), KeyError::NeedsPassphrase);
        assert_eq!(SecretKey::import(&good, Some(b"Secret")).unwrap_err(), KeyError::WrongPassphrase);
        for bad in damaged(&good) {
            assert!(SecretKey::import(&bad, None).is_err());
        }
        for bad in damaged(&good).skip(good.len()).step_by(good.len() / 8) {
            if let Ok((read, _)) = SecretKey::import(&bad, Some(b"secret")) {
                assert_eq!(read.public(), original.public());
            }
        }
    }
}

/// A public key has no redundancy either; what is read must at least be a good key in its one canonical form.
#[test]
fn damaged_public_keys_never_panic() {
    for suite in [Suite::Ed25519, Suite::EcdsaP256Sha256] {
        let public = key(suite).public().clone();
        let jwk = vouchsafe::encoding::json::pretty(&public.to_jwk());
        let mut forms =
            vec![public.to_pem().into_bytes(), public.spki_der().to_vec(), public.to_openssh("me").into_bytes(), jwk];
        forms.extend(public.to_minisign(MinisignId::of(&public)).ok().map(String::into_bytes));
        for good in forms {
            assert_eq!(PublicKey::import(&good).unwrap().0, public);
            assert!(SecretKey::import(&good, None).is_err(), "a public key is no private key");
            for bad in damaged(&good) {
                if let Ok((read, _)) = PublicKey::import(&bad) {
                    assert_eq!(PublicKey::from_spki_der(read.spki_der()).unwrap(), read);
                }
            }
        }
    }
}

#[test]
fn greedy_key_derivations_are_refused_at_once() {
    let bench = Bench::new();
    bench.peer("ssh-keygen", &["-q", "-t", "ed25519", "-a", "2000", "-N", "secret", "-f", "slow"], "");
    let greedy = SecretKey::import(&bench.read("slow"), Some(b"secret")).unwrap_err();
    assert!(greedy.to_string().contains("2000 rounds"), "{greedy}");
    bench.peer("openssl", &["genpkey", "-algorithm", "ed25519", "-out", "k.pem"], "");
    let args = [
        "pkcs8",
        "-topk8",
        "-in",
        "k.pem",
        "-out",
        "big.pem",
        "-scrypt",
        "-scrypt_N",
        "1024",
        "-scrypt_p",
        "9",
        "-passout",
        "pass:x",
    ];
    bench.peer("openssl", &args, "");
    let greedy = SecretKey::import(&bench.read("big.pem"), Some(b"x")).unwrap_err();
    assert!(greedy.to_string().contains("asks for more"), "{greedy}");
}

#[test]
fn what_is_not_supported_is_named() {
    let bench = Bench::new();
    let made = |args: &[&str], file: &str| {
        bench.peer("openssl", args, "");
        SecretKey::import(&bench.read(file), None).unwrap_err().to_string()
    };
    let genpkey = |algorithm: &str| made(&["genpkey", "-algorithm", algorithm, "-out", "k.pem"], "k.pem");
    assert_eq!(genpkey("RSA"), "unsupported key algorithm RSA");
    assert_eq!(genpkey("ED448"), "unsupported key algorithm Ed448");
    let p384 = made(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", "e.pem"], "e.pem");
    assert_eq!(p384, "unsupported key algorithm ECDSA P-384");
    let sec1 = made(&["ecparam", "-name", "secp256k1", "-genkey", "-out", "s.pem"], "s.pem");
    assert_eq!(sec1, "unsupported key algorithm ECDSA secp256k1", "32 bytes too, and yet another curve");
    bench.peer("openssl", &["pkey", "-in", "e.pem", "-pubout", "-out", "e.pub"], "");
    assert_eq!(
        PublicKey::import(&bench.read("e.pub")).unwrap_err().to_string(),
        "unsupported key algorithm ECDSA P-384"
    );
    bench.peer("ssh-keygen", &["-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", "rsa"], "");
    for error in [
        SecretKey::import(&bench.read("rsa"), None).unwrap_err(),
        PublicKey::import(&bench.read("rsa.pub")).unwrap_err(),
    ] {
        assert_eq!(error.to_string(), "unsupported key algorithm RSA (ssh-rsa)");
    }
    bench.peer("ssh-keygen", &["-q", "-t", "ed25519", "-Z", "aes256-gcm@openssh.com", "-N", "x", "-f", "gcm"], "");
    let gcm = SecretKey::import(&bench.read("gcm"), Some(b"x")).unwrap_err().to_string();
    assert!(gcm.contains("aes256-gcm@openssh.com") && gcm.contains("aes256-ctr is read"), "{gcm}");
    let unknown = SecretKey::import(b"hello", None).unwrap_err().to_string();
    assert!(unknown.contains("PKCS#8") && unknown.contains("minisign"), "{unknown}");
}

#[test]
fn debug_never_shows_a_secret() {
    for suite in [Suite::Ed25519, Suite::EcdsaP256Sha256] {
        let shown = format!("{:?}", key(suite));
        assert!(
            shown.starts_with("SecretKey(of ")
                && !shown.contains("07, 7")
                && !shown.contains("070707")
                && !shown.contains("7, 7")
        );
    }
    let bench = Bench::new();
    let path = bench.write("k.pem", key(Suite::Ed25519).to_pem(Sealed::Plain).unwrap().as_bytes());
    let shown = format!("{:?}", FileSigner::open(&path, &PassphraseSource::default()).unwrap());
    assert!(!shown.contains("7, 7"), "{shown}");
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), start in 0..6usize) {
        let starts: [&[u8]; 6] = [b"", b"0", b"untrusted comment: x\n", b"ssh-ed25519 ", b"{\"kty\":\"OKP\"", b"-----BEGIN EC PARAMETERS-----\n"];
        let input = [starts[start], &bytes].concat();
        prop_assert!(SecretKey::import(&input, None).is_err());
        prop_assert!(PublicKey::import(&input).is_err());
    }

    #[test]
    fn every_key_survives_every_form(seed in any::<[u8; 32]>()) {
        let secret = SecretKey::from_random(Suite::Ed25519, &Zeroizing::new(seed)).unwrap();
        let public = secret.public();
        let id: MinisignId = MinisignId::of(public).to_string().parse().unwrap();
        let minisign = public.to_minisign(id).unwrap();
        let jwk = vouchsafe::encoding::json::pretty(&public.to_jwk());
        for form in [public.to_pem().into_bytes(), public.to_openssh("a b").into_bytes(), minisign.into_bytes(), jwk] {
            prop_assert_eq!(&PublicKey::import(&form).unwrap().0, public);
        }
        let pem = secret.to_pem(Sealed::Plain).unwrap();
        let (back, _) = SecretKey::import(pem.as_bytes(), None).unwrap();
        prop_assert_eq!(back.public(), public);
    }
}

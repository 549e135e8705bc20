//! Real peers read what we write, and we read what they write: openssl, ssh-keygen, minisign.

use super::Bench;
use vouchsafe::encoding::base64;
use vouchsafe::key::{PublicKey, Sealed, SecretKey, Suite};
use vouchsafe::signer::{FileSigner, PassphraseSource, Signer as _, sign_checked};

const PLAIN: PassphraseSource =
    PassphraseSource { file: None, descriptor: None, variable: None, terminal: vouchsafe::signer::Ask::Never };

/// Imports `file` without a new passphrase and checks that the pair that comes out works.
fn import(bench: &Bench, file: &str, out: &str, passphrase: Option<&str>) -> (FileSigner, String) {
    let variables: Vec<_> = passphrase.map(|p| ("VOUCHSAFE_IN_PASSPHRASE", p)).into_iter().collect();
    let said = bench.vouchsafe(&["key", "import", file, "--out", out, "--no-passphrase"], &variables);
    assert_eq!(said.code, 0, "{file}: {said:?}");
    assert!(said.out.starts_with("IMPORTED"), "{}", said.out);
    let signer = FileSigner::open(&bench.path(out), &PLAIN).unwrap();
    sign_checked(&signer, b"message").unwrap();
    (signer, said.err)
}

#[test]
fn openssl_reads_our_keys_and_checks_our_signatures() {
    for (algorithm, digest) in [("ed25519", None), ("ecdsa-p256", Some("sha256"))] {
        let bench = Bench::new();
        let made = bench
            .vouchsafe(&["key", "generate", "--out", "plain.pem", "--no-passphrase", "--algorithm", algorithm], &[]);
        assert_eq!(made.code, 0, "{made:?}");
        let made = bench.vouchsafe(
            &["key", "generate", "--out", "sealed.pem", "--algorithm", algorithm],
            &[("VOUCHSAFE_PASSPHRASE", "open sesame")],
        );
        assert_eq!(made.code, 0, "{made:?}");
        for (name, passin) in [("plain", "pass:"), ("sealed", "pass:open sesame")] {
            let private = format!("{name}.pem");
            let public = bench.peer("openssl", &["pkey", "-in", &private, "-passin", passin, "-pubout"], "");
            assert_eq!(public, bench.text(&format!("{name}.pub.pem")), "{algorithm} {name}");
        }
        let wrong = bench.try_peer("openssl", &["pkey", "-in", "sealed.pem", "-passin", "pass:wrong", "-noout"], "");
        assert_ne!(wrong.code, 0);
        let signer = FileSigner::open(&bench.path("plain.pem"), &PLAIN).unwrap();
        bench.write("message", "a message");
        bench.write("signature", sign_checked(&signer, b"a message").unwrap());
        let mut args = vec![
            "pkeyutl",
            "-verify",
            "-rawin",
            "-pubin",
            "-inkey",
            "plain.pub.pem",
            "-in",
            "message",
            "-sigfile",
            "signature",
        ];
        if let Some(digest) = digest {
            args.extend(["-digest", digest]);
        }
        assert!(bench.peer("openssl", &args, "").contains("Verified Successfully"));
    }
}

#[test]
fn we_read_what_openssl_writes() {
    let bench = Bench::new();
    let genpkey = |args: &[&str]| bench.peer("openssl", &[&["genpkey"], args].concat(), "");
    let p256: [&str; 4] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
    let sealed: [&str; 3] = ["-aes256", "-pass", "pass:secret"];
    genpkey(&["-algorithm", "ed25519", "-out", "ed.pem"]);
    genpkey(&[&p256[..], &["-out", "ec.pem"]].concat());
    genpkey(&[&["-algorithm", "ed25519", "-out", "ed-sealed.pem"], &sealed[..]].concat());
    genpkey(&[&p256[..], &["-out", "ec-sealed.pem"], &sealed].concat());
    bench.peer("openssl", &["ecparam", "-name", "prime256v1", "-genkey", "-out", "sec1.pem"], "");
    for (file, passphrase) in [
        ("ed.pem", None),
        ("ec.pem", None),
        ("sec1.pem", None),
        ("ed-sealed.pem", Some("secret")),
        ("ec-sealed.pem", Some("secret")),
    ] {
        let (signer, talk) = import(&bench, file, &format!("our-{file}"), passphrase);
        let passin = format!("pass:{}", passphrase.unwrap_or_default());
        let public = bench.peer("openssl", &["pkey", "-in", file, "-passin", &passin, "-pubout"], "");
        assert_eq!(public, signer.public().to_pem(), "{file}");
        // Its own default is 2,048 rounds of PBKDF2, which whoever steals the file tries out at leisure.
        assert_eq!(talk.contains("2048 rounds of PBKDF2"), passphrase.is_some(), "{file}: {talk}");
    }
    for (file, form) in [("ed", "der"), ("ec", "der")] {
        bench.peer(
            "openssl",
            &["pkcs8", "-topk8", "-nocrypt", "-in", &format!("{file}.pem"), "-outform", form, "-out", "k.der"],
            "",
        );
        let (key, _) = SecretKey::import(&bench.read("k.der"), None).unwrap();
        bench.peer(
            "openssl",
            &["pkey", "-in", &format!("{file}.pem"), "-pubout", "-outform", form, "-out", "k.pub"],
            "",
        );
        assert_eq!(*key.public(), PublicKey::import(&bench.read("k.pub")).unwrap().0);
        let args = [
            "pkcs8",
            "-topk8",
            "-scrypt",
            "-in",
            &format!("{file}.pem"),
            "-outform",
            form,
            "-out",
            "s.der",
            "-passout",
            "pass:x",
        ];
        bench.peer("openssl", &args, "");
        let (sealed, notes) = SecretKey::import(&bench.read("s.der"), Some(b"x")).unwrap();
        assert_eq!((sealed.public(), notes.warning), (key.public(), None), "scrypt is fine");
    }
}

#[test]
fn ssh_keygen_and_we_read_each_other() {
    let bench = Bench::new();
    for (file, kind, suite) in [("ed", "ed25519", Suite::Ed25519), ("ec", "ecdsa", Suite::EcdsaP256Sha256)] {
        for passphrase in ["", "open sesame"] {
            let name = format!("{file}{}", passphrase.len());
            bench.peer("ssh-keygen", &["-q", "-t", kind, "-N", passphrase, "-C", "me@home", "-f", &name], "");
            let (signer, _) = import(&bench, &name, &format!("{name}.pem"), Some(passphrase).filter(|p| !p.is_empty()));
            assert_eq!(signer.public().suite(), suite);
            let (theirs, _) = PublicKey::import(&bench.read(&format!("{name}.pub"))).unwrap();
            assert_eq!(theirs, *signer.public());
            let exported = bench
                .vouchsafe(&["key", "export", &format!("{name}.pem"), "--as", "openssh", "--comment", "me@home"], &[]);
            assert_eq!(exported.out, bench.text(&format!("{name}.pub")), "byte for byte");
            let listed = bench.peer("ssh-keygen", &["-lf", &format!("{name}.pub")], "");
            assert_eq!(listed.split(' ').nth(1), Some(theirs.openssh_fingerprint().as_str()));
            let shown = bench.vouchsafe(&["key", "show", &format!("{name}.pem")], &[]);
            assert!(shown.out.contains(&theirs.openssh_fingerprint()), "{shown:?}");
        }
    }
}

/// A minisign signature file made by hand: "Ed", the key number and the signature; then the same key over the
/// signature and the trusted comment.
fn minisig(signer: &FileSigner, number: &[u8], message: &[u8]) -> String {
    let signature = sign_checked(signer, message).unwrap();
    let trusted = "timestamp:1 file:message";
    let global = sign_checked(signer, &[&signature, trusted.as_bytes()].concat()).unwrap();
    let line = base64::encode(&[b"Ed", number, &signature].concat());
    format!("untrusted comment: x\n{line}\ntrusted comment: {trusted}\n{}\n", base64::encode(&global))
}

#[test]
fn minisign_and_we_read_each_other() {
    let bench = Bench::new();
    bench.write("message", "a message");
    bench.peer("minisign", &["-G", "-W", "-p", "plain.pub", "-s", "plain.key"], "");
    // The one encrypted key: its scrypt takes 1 GiB of memory.
    bench.peer("minisign", &["-G", "-p", "sealed.pub", "-s", "sealed.key"], "secret\nsecret\n");
    for (name, passphrase) in [("plain", None), ("sealed", Some("secret"))] {
        let (signer, talk) = import(&bench, &format!("{name}.key"), &format!("{name}.pem"), passphrase);
        let (theirs, notes) = PublicKey::import(&bench.read(&format!("{name}.pub"))).unwrap();
        assert_eq!(theirs, *signer.public());
        let id = notes.minisign_id.unwrap().to_string();
        assert!(talk.contains(&format!("--minisign-id {id}")), "{talk}");

        let private = format!("{name}.pem");
        let kept = ["key", "export", &private, "--as", "minisign", "--minisign-id", &id, "-o", "kept.pub"];
        assert_eq!(bench.vouchsafe(&kept, &[]).code, 0);
        assert_eq!(bench.text("kept.pub"), bench.text(&format!("{name}.pub")), "byte for byte");
        assert_eq!(bench.vouchsafe(&["key", "export", &private, "--to", "minisign", "-o", "ours.pub"], &[]).code, 0);
        for public in ["kept.pub", "ours.pub"] {
            let line = base64::decode(bench.text(public).lines().nth(1).unwrap(), "x").unwrap();
            bench.write("message.minisig", minisig(&signer, &line[2..10], b"a message"));
            let verified = bench.peer("minisign", &["-V", "-p", public, "-m", "message"], "");
            assert!(verified.contains("Signature and comment signature verified"), "{verified}");
            std::fs::remove_file(bench.path(public)).unwrap();
        }
    }
    let ec =
        bench.vouchsafe(&["key", "generate", "--out", "ec.pem", "--no-passphrase", "--algorithm", "ecdsa-p256"], &[]);
    assert_eq!(ec.code, 0);
    let refused = bench.vouchsafe(&["key", "export", "ec.pem", "--as", "minisign"], &[]);
    assert!(refused.code == 3 && refused.err.contains("key-unsupported"), "{refused:?}");
}

/// Version 1 without attributes is what OpenSSL 3.0 reads; version 2 is what others write.
#[test]
fn version_2_is_read_and_version_1_written() {
    // RFC 8410, section 10.3: the published example with attributes and a public key.
    let version_2 = "MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhCoB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUg\
        Q2hhaXJzgSEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";
    let public = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
    let (key, _) = SecretKey::import(&base64::decode(version_2, "x").unwrap(), None).unwrap();
    assert_eq!(key.public().to_pem(), public);
    let bench = Bench::new();
    bench.write("k.pem", key.to_pem(Sealed::Plain).unwrap().as_bytes());
    assert_eq!(bench.peer("openssl", &["pkey", "-in", "k.pem", "-pubout"], ""), public);
}

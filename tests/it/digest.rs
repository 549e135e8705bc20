//! `vouchsafe digest` beside the real `sha256sum`, both ways, and everything it must refuse.
#![cfg(unix)]

use crate::run::{Ran, program, vouchsafe};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::TempDir;

const ODD: [&[u8]; 12] = [
    b"plain",
    b"with space",
    b" leading",
    b"trailing ",
    b"*star",
    b"back\\slash",
    b"new\nline",
    b"carriage\rreturn",
    b"-dash",
    b"\xff\xfe not utf8",
    "Gr\u{fc}\u{df}e \u{202e}\u{4f60}".as_bytes(),
    b"SHA256 (x) = y",
];

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}
fn odd_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ODD {
        std::fs::write(folder.path().join(OsStr::from_bytes(name)), name).unwrap();
    }
    folder
}
fn args<'a>(first: &[&'a str], names: &[&'a [u8]]) -> Vec<&'a OsStr> {
    first.iter().copied().map(OsStr::new).chain(names.iter().map(|n| OsStr::from_bytes(n))).collect()
}
fn shell(folder: &Path, script: &str) -> Ran {
    let ran = program("sh", folder, ["-c", script], b"");
    assert_eq!((ran.exit, ran.err.as_str()), (0, ""), "{script}");
    ran
}
/// The command fails, prints no list, and names `code`.
fn refuses(folder: &Path, arguments: &[&str], exit: i32, code: &str) {
    let ran = vouchsafe(folder, arguments);
    assert_eq!((ran.exit, ran.text()), (exit, ""), "{arguments:?}: {ran:?}");
    assert!(ran.err.contains(&format!("[{code}]")), "{arguments:?}: {ran:?}");
    assert!(ran.err.contains("\n  next "), "{arguments:?} says no next step: {ran:?}");
}
/// A check ends with `exit`, and its first line is `answer`.
fn checks(folder: &Path, arguments: &[&str], exit: i32, answer: &str) -> Ran {
    let ran = vouchsafe(folder, arguments);
    assert_eq!((ran.exit, ran.first()), (exit, answer), "{arguments:?}: {ran:?}");
    ran
}

#[test]
fn odd_names_are_written_byte_for_byte_as_the_peers_do() {
    let folder = odd_folder();
    for (peer, algorithm) in [("sha256sum", "sha256"), ("sha512sum", "sha512")] {
        let ours = vouchsafe(folder.path(), args(&["digest", "--algorithm", algorithm, "--"], &ODD));
        let theirs = program(peer, folder.path(), args(&["--"], &ODD), b"");
        assert_eq!((ours.exit, theirs.exit), (0, 0), "{ours:?} {theirs:?}");
        assert_eq!(ours.out, theirs.out);
    }
}

#[test]
fn each_side_checks_what_the_other_wrote() {
    for (peer, algorithm) in [("sha256sum", "sha256"), ("sha512sum", "sha512")] {
        let folder = odd_folder();
        let ours = vouchsafe(folder.path(), args(&["digest", "--algorithm", algorithm, "--"], &ODD));
        std::fs::write(folder.path().join("ours"), &ours.out).unwrap();
        let check = program(peer, folder.path(), ["--check", "--strict", "--quiet", "ours"], b"");
        assert_eq!((check.exit, check.err.as_str()), (0, ""));
        for form in [&["--"][..], &["--binary", "--"], &["--tag", "--"]] {
            let theirs = program(peer, folder.path(), args(form, &ODD), b"");
            std::fs::write(folder.path().join("theirs"), &theirs.out).unwrap();
            checks(folder.path(), &["digest", "--check", "theirs"], 0, "OK  12 of 12 files match theirs");
        }
    }
}

#[test]
fn folders_are_listed_as_find_and_sort_name_them() {
    let folder =
        folder(&[("d/a/x", "1"), ("d/a-b", "2"), ("d/a.c", "3"), ("d/b/c/d/e", "4"), ("d/.hidden", "5"), ("top", "")]);
    for given in ["d", "d/", "./d", ".", "d/b"] {
        let ours = vouchsafe(folder.path(), ["digest", given]);
        let script = format!("find {given} -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum");
        assert_eq!(ours.text(), shell(folder.path(), &script).text(), "{given}");
    }
    let absolute = folder.path().join("d");
    let ours = vouchsafe(folder.path(), [OsStr::new("digest"), absolute.as_os_str()]);
    assert_eq!((ours.exit, ours.text().lines().count()), (0, 5));
}

#[test]
fn standard_input_is_named_with_a_dash() {
    let here = folder(&[("-", "a file called dash")]);
    let ours = program(env!("CARGO_BIN_EXE_vouchsafe"), here.path(), ["digest", "-"], b"abc");
    assert_eq!(ours.out, program("sha256sum", here.path(), ["-"], b"abc").out);
    let file = vouchsafe(here.path(), ["digest", "./-"]);
    assert_eq!(file.out, program("sha256sum", here.path(), ["./-"], b"").out);
    let list = program(env!("CARGO_BIN_EXE_vouchsafe"), here.path(), ["digest", "--check", "-"], &file.out);
    assert_eq!((list.exit, list.first()), (0, "OK  1 of 1 file matches -"));
}

/// FIPS 180-4 examples and NIST's CAVP short messages (SHA256ShortMsg.rsp, SHA512ShortMsg.rsp).
#[test]
fn nist_short_vectors() {
    let vectors: [(&str, &[u8], &str); 7] = [
        ("sha256", b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("sha256", b"\xd3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"),
        ("sha256", b"\x11\xaf", "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"),
        ("sha256", b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "sha256",
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
        (
            "sha512",
            b"",
            "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
        ),
        (
            "sha512",
            b"abc",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ),
    ];
    let here = folder(&[]);
    for (algorithm, message, expected) in vectors {
        std::fs::write(here.path().join("m"), message).unwrap();
        let ran = vouchsafe(here.path(), ["digest", "--algorithm", algorithm, "m"]);
        assert_eq!(ran.text(), format!("{expected}  m\n"));
    }
}

#[test]
fn links_inside_a_folder_are_refused_and_named_ones_followed() {
    for (what, target) in
        [("out", "/etc/passwd"), ("loop", "."), ("self", "self"), ("dangling", "nowhere"), ("inside", "a")]
    {
        let here = folder(&[("d/a", "1"), ("d/sub/b", "2")]);
        symlink(target, here.path().join("d/sub").join(what)).unwrap();
        refuses(here.path(), &["digest", "d"], 3, "link-in-tree");
        assert!(vouchsafe(here.path(), ["digest", "d"]).err.contains(&format!("d/sub/{what}")), "{what} is named");
    }
    let here = folder(&[("d/a", "1")]);
    symlink("d/a", here.path().join("to-file")).unwrap();
    symlink("d", here.path().join("to-folder")).unwrap();
    symlink("nowhere", here.path().join("dangling")).unwrap();
    let ours = vouchsafe(here.path(), ["digest", "to-file"]);
    assert_eq!(ours.out, program("sha256sum", here.path(), ["to-file"], b"").out);
    let ours = vouchsafe(here.path(), ["digest", "to-folder"]);
    assert_eq!(ours.out, program("sha256sum", here.path(), ["to-folder/a"], b"").out);
    refuses(here.path(), &["digest", "dangling"], 3, "file-not-found");
}

#[test]
fn pipes_sockets_and_devices_are_refused_without_waiting() {
    let here = folder(&[("d/a", "1"), ("s/a", "1")]);
    shell(here.path(), "mkfifo d/pipe pipe");
    let _socket = std::os::unix::net::UnixListener::bind(here.path().join("s/socket")).unwrap();
    for argument in ["pipe", "d", "d/pipe", "s", "s/socket", "/dev/null"] {
        refuses(here.path(), &["digest", argument], 3, "not-a-file");
    }
    let list = format!("{}  pipe\n", "00".repeat(32));
    std::fs::write(here.path().join("list"), list).unwrap();
    checks(here.path(), &["digest", "--check", "list"], 3, "UNDECIDED  0 of 1 file matches list: 1 unreadable");
}

#[test]
fn nothing_to_hash_is_never_a_success() {
    let here = folder(&[("a", "1")]);
    std::fs::create_dir_all(here.path().join("empty/inner")).unwrap();
    refuses(here.path(), &["digest", "empty"], 3, "nothing-to-hash");
    refuses(here.path(), &["digest", "a", "empty"], 3, "nothing-to-hash");
    refuses(here.path(), &["digest", "a", "nowhere"], 3, "file-not-found");
    refuses(here.path(), &["digest", ""], 3, "file-not-found");
    refuses(here.path(), &["digest", "a", "a"], 2, "usage");
    let none = vouchsafe(here.path(), ["digest"]);
    assert_eq!((none.exit, none.text()), (2, ""));
}

/// Permission bits where they bite; root reads everything, so there a folder stands where a file is meant.
#[test]
fn what_cannot_be_read_is_undecided() {
    use std::os::unix::fs::PermissionsExt as _;
    let here = folder(&[("d/a", "1"), ("d/locked", "2")]);
    let locked = here.path().join("d/locked");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    let list = format!("{}  d/locked\n", "00".repeat(32));
    if std::fs::File::open(&locked).is_ok() {
        std::fs::remove_file(&locked).unwrap();
        std::fs::create_dir(&locked).unwrap();
    } else {
        refuses(here.path(), &["digest", "d"], 3, "file-unreadable");
    }
    std::fs::write(here.path().join("list"), list).unwrap();
    checks(here.path(), &["digest", "--check", "list"], 3, "UNDECIDED  0 of 1 file matches list: 1 unreadable");
}

#[test]
fn json_is_what_the_schema_says() {
    let folder = odd_folder();
    std::fs::write(folder.path().join("zero"), b"").unwrap();
    let ran = vouchsafe(folder.path(), ["digest", "--format", "json", "."]);
    let value = ran.json("digests-v1.json");
    let subjects = value["subjects"].as_array().unwrap();
    assert_eq!(subjects.len(), ODD.len() + 1);
    let named: BTreeMap<&str, _> = subjects.iter().map(|s| (s["name"].as_str().unwrap(), s)).collect();
    assert_eq!(named.len(), subjects.len(), "no two names look alike");
    assert_eq!(named["./new\nline"]["size"], 8);
    assert_eq!(named["./zero"]["size"], 0);
    assert_eq!(named["./\\xff\\xfe not utf8"]["nameHex"], "2e2ffffe206e6f742075746638");
    let lines = vouchsafe(folder.path(), ["digest", "--format", "jsonl", "."]);
    assert_eq!(lines.json("digests-v1.json"), value);
    assert_eq!(lines.text().lines().count(), 1);
    let long = vouchsafe(folder.path(), ["digest", "--format", "json", "--algorithm", "sha512", "plain"])
        .json("digests-v1.json");
    assert_eq!(long["subjects"][0]["digest"].as_object().unwrap().keys().collect::<Vec<_>>(), ["sha512"]);
}

#[test]
fn a_check_says_no_before_cannot_say_before_yes() {
    let here = folder(&[("a", "1"), ("b", "2"), ("c", "3")]);
    let list = |name: &str, script: &str| shell(here.path(), &format!("({script}) > {name}"));
    let wrong = "sha256sum a | tr a b";
    list("good", "sha256sum a b c");
    list("bad", "sha256sum a; sha256sum b | sed s/b$/c/; sha256sum b");
    list("gone", "sha256sum a; sha256sum b | sed s/b$/absent/");
    list("both", "sha256sum a | sed s/a$/absent/; echo junk; sha256sum b | sed s/b$/c/");
    list("blank", "sha256sum a; echo; sha256sum b");
    list("twice", "sha256sum a a");
    list("empty", ":");
    list("comment", "echo '# none'");
    list("flipped", wrong);
    for (name, exit, answer) in [
        ("good", 0, "OK  3 of 3 files match good"),
        ("bad", 1, "FAILED  2 of 3 files match bad: 1 failed"),
        ("gone", 3, "UNDECIDED  1 of 2 files match gone: 1 missing"),
        ("both", 1, "FAILED  0 of 3 files match both: 1 failed, 1 missing, 1 malformed"),
        ("blank", 3, "UNDECIDED  2 of 3 files match blank: 1 malformed"),
        ("twice", 3, "UNDECIDED  1 of 2 files match twice: 1 malformed"),
        ("empty", 3, "UNDECIDED  0 of 1 file matches empty: 1 malformed"),
        ("comment", 3, "UNDECIDED  0 of 1 file matches comment: 1 malformed"),
        ("flipped", 1, "FAILED  0 of 1 file matches flipped: 1 failed"),
        ("nowhere", 3, "UNDECIDED  0 of 1 file matches nowhere: 1 missing"),
    ] {
        checks(here.path(), &["digest", "--check", name], exit, answer);
        let ran = vouchsafe(here.path(), ["digest", "--format", "json", "--check", name]);
        let value = ran.json("check-v1.json");
        let verdict =
            [(0, "verified"), (1, "refused"), (3, "undecided")].into_iter().find(|(e, _)| *e == ran.exit).unwrap().1;
        assert_eq!((ran.exit, value["verdict"].as_str().unwrap()), (exit, verdict));
        let count = |key: &str| value["totals"][key].as_u64().unwrap();
        let parts = ["ok", "failed", "missing", "unreadable", "malformed"].map(count);
        assert_eq!(parts.iter().sum::<u64>(), count("requested"), "{name}");
        assert_eq!(value["files"].as_array().unwrap().len() as u64, count("requested") + count("extra"));
    }
    checks(
        here.path(),
        &["digest", "--check", "nowhere", "--check", "bad"],
        1,
        "FAILED  2 of 4 files match nowhere, bad: 1 failed, 1 missing",
    );
}

#[test]
fn files_no_list_names_are_extra() {
    let here = folder(&[("d/a", "1"), ("d/sub/b", "2")]);
    shell(here.path(), "sha256sum d/a > d/SHA256SUMS");
    let ran = checks(
        here.path(),
        &["digest", "--check", "d/SHA256SUMS", "d"],
        1,
        "FAILED  1 of 1 file matches d/SHA256SUMS: 1 extra",
    );
    assert!(ran.text().contains("\nEXTRA  d/sub/b  not-listed: "), "{ran:?}");
    let json =
        vouchsafe(here.path(), ["digest", "--check", "d/SHA256SUMS", "d", "--format", "json"]).json("check-v1.json");
    assert_eq!(json["totals"]["extra"], 1);
    shell(here.path(), "sha256sum ./d/sub/b >> d/SHA256SUMS");
    let absolute = here.path().join("d");
    for path in ["d", "./d", ".", absolute.to_str().unwrap()] {
        checks(here.path(), &["digest", "--check", "d/SHA256SUMS", path], 0, "OK  2 of 2 files match d/SHA256SUMS");
    }
    checks(
        here.path(),
        &["digest", "--check", "d/SHA256SUMS", "nowhere"],
        3,
        "UNDECIDED  2 of 3 files match d/SHA256SUMS: 1 missing",
    );
    symlink("a", here.path().join("d/link")).unwrap();
    checks(
        here.path(),
        &["digest", "--check", "d/SHA256SUMS", "d"],
        3,
        "UNDECIDED  2 of 3 files match d/SHA256SUMS: 1 unreadable",
    );
}

#[test]
fn an_algorithm_asked_for_is_the_only_one_taken() {
    let here = folder(&[("a", "1"), ("b", "2")]);
    shell(here.path(), "(sha256sum a; sha512sum b) > mixed");
    checks(here.path(), &["digest", "--check", "mixed"], 0, "OK  2 of 2 files match mixed");
    let only = ["digest", "--check", "mixed", "--algorithm", "sha512"];
    let ran = checks(here.path(), &only, 3, "UNDECIDED  1 of 2 files match mixed: 1 malformed");
    assert!(ran.text().contains("line 1: sha256, where sha512 was asked for"), "{ran:?}");
}

#[test]
fn names_in_a_list_cannot_speak_for_us() {
    let here = folder(&[]);
    let list = format!("\\{}  a\\nOK  b\u{1b}[2J\n", "00".repeat(32));
    std::fs::write(here.path().join("list"), list).unwrap();
    let ran = checks(here.path(), &["digest", "--check", "list"], 3, "UNDECIDED  0 of 1 file matches list: 1 missing");
    assert!(ran.text().contains("\nMISSING  a\\u{a}OK  b\\u{1b}[2J  "), "{ran:?}");
    assert!(!ran.text().contains('\u{1b}') && ran.text().lines().count() == 2);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any names a file can have: our list is the peer's, and both checkers agree with both.
    #[test]
    fn any_names_round_trip(names in proptest::collection::btree_set("[^/\u{0}]{1,20}", 1..6)) {
        let names: Vec<OsString> = names.into_iter().filter(|n| n != "." && n != "..").map(|n| Path::new("n").join(n).into()).collect();
        prop_assume!(!names.is_empty());
        let here = folder(&[]);
        std::fs::create_dir(here.path().join("n")).unwrap();
        for name in &names {
            std::fs::write(here.path().join(name), name.as_bytes()).unwrap();
        }
        let ours = vouchsafe(here.path(), ["digest", "n"]);
        let theirs = program("sha256sum", here.path(), &names, b"");
        prop_assert_eq!(&ours.out, &theirs.out);
        std::fs::write(here.path().join("list"), &ours.out).unwrap();
        prop_assert_eq!(vouchsafe(here.path(), ["digest", "--check", "list", "n"]).exit, 0);
        prop_assert_eq!(program("sha256sum", here.path(), ["--check", "--strict", "list"], b"").exit, 0);
    }
}

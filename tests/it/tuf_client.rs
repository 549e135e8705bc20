//! `vouchsafe tuf-client` beside python-tuf's own client, on repositories that python-tuf makes: both say yes, or both say
//! no, each in its own words, and both keep the same files. Nothing here is a registry.

use crate::peers::python;
use crate::registry::web::server::{Harm, Server};
use crate::run::{Ran, parse, vouchsafe};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use vouchsafe::registry::Fingerprint;

/// What is said at each step of each case: `ok`, or python-tuf's exception and our code.
const CASES: &[(&str, &str)] = &[
    ("changed", "ok ok"),
    ("changed-flat", "ok ok"),
    ("changed-sha512", "ok ok"),
    ("changed-both-hashes", "ok ok"),
    ("hash-disagrees", "ok LengthOrHashMismatchError/registry-hash-mismatch"),
    ("delegated", "ok ok"),
    ("beyond-a-terminating-role", "ok LookupError/registry-incomplete"),
    ("outside-its-paths", "ok LookupError/registry-incomplete"),
    ("in-a-circle", "ok LookupError/registry-incomplete"),
    ("32-deep", "ok"),
    ("33-deep", "LookupError/registry-incomplete"),
    // TAP 15 is no part of TUF 1.0.34: its roles are not looked at, so its targets are not found.
    ("succinct", "ok/registry-incomplete"),
    ("rotated", "ok ok"),
    ("rotated-by-a-stranger", "ok UnsignedMetadataError/registry-signature-invalid"),
    ("recovered", "ok ok ok"),
    ("expired-root", "ok ok ExpiredMetadataError/registry-expired"),
    ("expired-docs", "ok ok ExpiredMetadataError/registry-expired"),
    ("expired-targets", "ok ok ExpiredMetadataError/registry-expired"),
    ("expired-snapshot", "ok ok ExpiredMetadataError/registry-expired"),
    ("expired-timestamp", "ok ok ExpiredMetadataError/registry-expired"),
    ("rolled-back-targets", "ok ok ok BadVersionNumberError/registry-rollback"),
    ("rolled-back-snapshot", "ok ok ok BadVersionNumberError/registry-rollback"),
    ("rolled-back-timestamp", "ok ok ok BadVersionNumberError/registry-rollback"),
    ("rolled-back-in-two-steps", "ok ok DownloadHTTPError/registry-incomplete BadVersionNumberError/registry-rollback"),
    ("wrongly-signed-docs", "ok ok UnsignedMetadataError/registry-signature-invalid"),
    ("wrongly-signed-targets", "ok ok UnsignedMetadataError/registry-signature-invalid"),
    ("wrongly-signed-snapshot", "ok ok UnsignedMetadataError/registry-signature-invalid"),
    ("wrongly-signed-timestamp", "ok ok UnsignedMetadataError/registry-signature-invalid"),
    ("mixed-targets", "ok LengthOrHashMismatchError/registry-hash-mismatch"),
    ("mixed-snapshot", "ok LengthOrHashMismatchError/registry-hash-mismatch"),
    ("gone-from-the-snapshot", "ok RepositoryError/registry-hash-mismatch"),
    ("never-in-the-snapshot", "RepositoryError/registry-malformed"),
    // python-tuf tells keys apart by their ids, which whoever writes the metadata makes up.
    ("one-key-twice", "ok/registry-signature-invalid"),
    ("endless-role", "ok DownloadLengthMismatchError/registry-hash-mismatch"),
    ("endless-target", "ok DownloadLengthMismatchError/registry-hash-mismatch"),
    ("substituted", "ok LengthOrHashMismatchError/registry-hash-mismatch"),
];

fn tuf_client(folder: &Path, words: &[&str]) -> Ran {
    vouchsafe(folder, ["tuf-client", "--metadata-dir", "metadata"].iter().chain(words))
}

/// The files of a folder, and the digest of each.
fn digests(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|e| e.unwrap());
    let named = entries.map(|e| (e.file_name().into_string().unwrap(), std::fs::read(e.path()).unwrap()));
    named.filter(|(name, _)| name != ".lock").map(|(name, bytes)| (name, Fingerprint::of(&bytes).to_string())).collect()
}

/// One step as our client: what is said, and what is kept.
fn step(client: &Path, made: &Path, url: &str) -> (String, BTreeMap<String, String>, BTreeMap<String, String>) {
    let wanted = std::fs::read_to_string(made.join("wanted")).unwrap();
    let [metadata, targets] = ["metadata", "targets"].map(|folder| format!("{url}/{folder}/"));
    let mut words = vec!["--metadata-url", &metadata, "--target-base-url", &targets, "--target-dir", "targets"];
    words.extend(wanted.lines().flat_map(|name| ["--target-name", name]));
    words.push("download");
    let ran = tuf_client(client, &words);
    assert!(ran.exit == 0 || ran.exit == 1, "{url}: {ran:?}");
    let code = ran.err.split_once('[').and_then(|(_, rest)| Some(rest.split_once(']')?.0)).unwrap_or_default();
    let said = if ran.exit == 0 { "ok" } else { code };
    (said.to_owned(), digests(&client.join("targets")), digests(&client.join("metadata")))
}

#[test]
fn both_clients_say_the_same_and_keep_the_same() {
    let folder = tempfile::tempdir().unwrap();
    python(folder.path(), "tuf_any.py", ["make", "."]).says(0, "");
    let server = Server::of(folder.path());
    server.harm("endless.json", Harm::Endless("HTTP/1.1 200 OK\r\n\r\n"));
    let read = python(folder.path(), "tuf_any.py", ["read", ".", &server.url]).says(0, "");
    let theirs = parse(&read.out);
    let mut made: Vec<&str> = theirs.as_object().unwrap().keys().map(String::as_str).collect();
    let mut known: Vec<&str> = CASES.iter().map(|(case, _)| *case).collect();
    made.sort_unstable();
    known.sort_unstable();
    assert_eq!(made, known);

    let mut wrong = Vec::new();
    for (case, expected) in CASES {
        let client = tempfile::tempdir().unwrap();
        let root = folder.path().join(case).join("1/metadata/1.root.json").display().to_string();
        tuf_client(client.path(), &["init", &root]).says(0, "");
        let steps = theirs[case].as_array().unwrap();
        assert_eq!(steps.len(), expected.split(' ').count(), "{case}");
        for (n, (theirs, expected)) in steps.iter().zip(expected.split(' ')).enumerate() {
            let (them, us) = expected.split_once('/').unwrap_or((expected, expected));
            let part = format!("{case}/{}", n + 1);
            let (said, targets, metadata) =
                step(client.path(), &folder.path().join(&part), &format!("{}/{part}", server.url));
            let of = |i: usize| -> BTreeMap<String, String> { serde_json::from_value(theirs[i].clone()).unwrap() };
            if theirs[0] != *them || said != us {
                wrong.push(format!("{part}: python-tuf says {}, we say {said}", theirs[0]));
            }
            // Where only they go on, they have more.
            if (them == "ok") == (us == "ok") && (of(1) != targets || of(2) != metadata) {
                wrong.push(format!("{part}: kept {:?} and {:?}, we {targets:?} and {metadata:?}", of(1), of(2)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_known_is_not_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    python(folder.path(), "tuf_any.py", ["make", "."]).says(0, "");
    let (server, client) = (Server::of(folder.path()), tempfile::tempdir().unwrap());
    let root = folder.path().join("delegated/1/metadata/1.root.json").display().to_string();
    tuf_client(client.path(), &["init", &root]).says(0, "");
    tuf_client(client.path(), &["init", &root]).says(1, "[file-exists]");
    let (made, url) = (folder.path().join("delegated/1"), format!("{}/delegated/1", server.url));
    assert_eq!(step(client.path(), &made, &url).0, "ok");
    let asked = server.asked();
    assert!(asked.iter().any(|path| path.ends_with("/metadata/1...%2Fdeep%2Fer.json")), "{asked:?}");
    server.relent();
    assert_eq!(step(client.path(), &made, &url).0, "ok");
    let again: Vec<String> = server.asked().iter().map(|p| p.rsplit('/').next().unwrap().to_owned()).collect();
    assert_eq!(again, ["2.root.json", "timestamp.json"]);
    // A target that was damaged here is fetched again.
    let target = client.path().join("targets/docs%2Fb.md");
    std::fs::write(&target, "three").unwrap();
    assert_eq!(step(client.path(), &made, &url).0, "ok");
    assert_eq!(std::fs::read_to_string(target).unwrap(), "two");
}

#[test]
fn every_failure_is_exit_1() {
    let folder = tempfile::tempdir().unwrap();
    for (words, code) in [
        (&["init", "none.json"][..], "file-not-found"),
        (&["refresh"], "usage"),
        (&["--metadata-url", "ftp://example.org", "refresh"], "url-invalid"),
        (&["--metadata-url", "http://127.0.0.1:1", "refresh"], "file-not-found"),
        (&["--metadata-url", "http://127.0.0.1:1", "download"], "usage"),
        (&["--metadata-url", "http://127.0.0.1:1", "--target-dir", "t", "download"], "usage"),
    ] {
        tuf_client(folder.path(), words).says(1, &format!("[{code}]"));
    }
    // What cannot be kept would be no floor the next time: no success then.
    python(folder.path(), "tuf_any.py", ["make", "."]).says(0, "");
    let root = folder.path().join("changed/1/metadata/1.root.json").display().to_string();
    tuf_client(folder.path(), &["init", &root]).says(0, "");
    std::fs::create_dir(folder.path().join("metadata/timestamp.json")).unwrap();
    let server = Server::of(folder.path());
    let url = format!("{}/changed/1/metadata", server.url);
    tuf_client(folder.path(), &["--metadata-url", &url, "refresh"]).says(1, "timestamp.json");
    assert!(server.asked().iter().all(|path| !path.ends_with("snapshot.json")));
    let _: Value = parse(&std::fs::read(folder.path().join("metadata/root.json")).unwrap());
}

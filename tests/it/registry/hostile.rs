//! Registries that somebody tampered with, each refused with its code.

use super::{Bench, now, parse, valid};
use serde_json::Value;
use std::path::Path;
use vouchsafe::encoding::duration::Span;
use vouchsafe::gather::repository::Folder;
use vouchsafe::registry::{Code, Freshness, LoadError, load};

/// Breaks one file of a fresh copy and returns what clients say: exit code and stable code, from every reader.
fn broken(bench: &Bench, file: &Path, edit: &dyn Fn(Vec<u8>) -> Option<Vec<u8>>) -> (i32, String) {
    let honest = std::fs::read(file).unwrap();
    match edit(honest.clone()) {
        Some(bytes) => std::fs::write(file, bytes).unwrap(),
        None => std::fs::remove_file(file).unwrap(),
    }
    let show = bench.run("--format json registry show forum");
    let add = bench.run(&format!("trust add forum --fingerprint {}", bench.fingerprint()));
    let check = bench.run("--format json registry check forum");
    std::fs::write(file, honest).unwrap();
    let error = parse(&show.out);
    let code = error["code"].as_str().unwrap_or_default().to_owned();
    assert!(add.exit == show.exit && add.err.contains(&format!("[{code}]")), "{show:?} {add:?}");
    match check.exit {
        1 => {
            let found = valid(parse(&check.out), "registry-check-v1.json");
            assert!(found["findings"].as_array().unwrap().iter().any(|f| f["code"] == code.as_str()), "{found:#}");
        }
        _ => assert!(check.exit == 3 && check.err.contains(&code), "{check:?}"),
    }
    (show.exit, code)
}

fn edited(edit: impl Fn(&mut Value)) -> impl Fn(Vec<u8>) -> Option<Vec<u8>> {
    move |bytes| {
        let mut value = parse(&bytes);
        edit(&mut value);
        Some(vouchsafe::encoding::json::pretty(&value))
    }
}

#[test]
fn every_tampering_has_its_code() {
    let bench = Bench::published();
    let published = bench.path("forum/published/metadata");
    let is = |file: &Path, edit: &dyn Fn(Vec<u8>) -> Option<Vec<u8>>, exit: i32, code: &str| {
        assert_eq!(broken(&bench, file, edit), (exit, code.to_owned()), "{}", file.display());
    };
    let later = edited(|v| v["signed"]["expires"] = "2999-01-01T00:00:00Z".into());
    is(&published.join("timestamp.json"), &later, 1, "registry-signature-invalid");
    is(&published.join("1.snapshot.json"), &later, 1, "registry-hash-mismatch");
    is(&published.join("1.targets.json"), &later, 1, "registry-hash-mismatch");
    let unsigned = edited(|v| v["signatures"] = serde_json::json!([]));
    is(&published.join("timestamp.json"), &unsigned, 1, "registry-signature-invalid");
    let member = bench.target("targets/members", "acme.json");
    let wider = |bytes: Vec<u8>| Some(String::from_utf8(bytes).unwrap().replace("acme-*", "*").into_bytes());
    is(&member, &wider, 1, "registry-hash-mismatch");
    let longer = |bytes: Vec<u8>| Some([bytes, b" ".to_vec()].concat());
    is(&member, &longer, 1, "registry-hash-mismatch");
    is(&member, &|_| None, 3, "registry-incomplete");
    for name in ["timestamp.json", "1.snapshot.json", "1.targets.json"] {
        is(&published.join(name), &|_| None, 3, "registry-incomplete");
    }
    let twice = |bytes: Vec<u8>| {
        Some(String::from_utf8(bytes).unwrap().replacen("\"signed\"", "\"signatures\": [], \"signed\"", 1).into_bytes())
    };
    is(&published.join("timestamp.json"), &twice, 3, "registry-malformed");
    is(&published.join("timestamp.json"), &|_| Some(b"{".to_vec()), 3, "registry-malformed");
    assert_eq!(bench.run("registry check forum").exit, 0, "as it was");
}

#[test]
fn everything_expires() {
    let bench = Bench::published();
    let folder = Folder::at(bench.path("forum/published"));
    let root = bench.read("forum/published/metadata/1.root.json");
    let at = |days: i64, freshness| {
        load(&folder, &root, None, Span::days(days).after(now()), freshness, &vouchsafe::registry::Wanted::Everybody)
    };
    assert!(at(2, Freshness::Current).is_ok());
    for (days, freshness) in
        [(4, Freshness::Current), (31, Freshness::Held), (91, Freshness::Held), (366, Freshness::Held)]
    {
        match at(days, freshness) {
            Err(LoadError::Refused(refusal)) => assert_eq!(refusal.code, Code::Expired, "after {days} days"),
            other => panic!("after {days} days: {other:?}"),
        }
    }
    assert!(at(4, Freshness::Held).is_ok(), "the age of a held view is left to the policy");
}

#[test]
fn names_do_nothing_to_a_terminal() {
    let bench = Bench::new();
    let odd = "Ex\u{1b}[2J\u{202e}ample\nnext: rm -rf /";
    let folder = "odd 'folder'\u{1b}[2J";
    let init = bench.words(&[
        "registry",
        "init",
        folder,
        "--name",
        odd,
        "--board-key",
        "board1.pub.pem",
        "--threshold",
        "1",
        "--online-key",
        "online.pub.pem",
    ]);
    assert_eq!(init.exit, 0, "{init:?}");
    let refused = bench.words(&["registry", "add-member", folder, "acme", "--name", odd, "--scope", odd]);
    let told = format!("{}{}", refused.text(), refused.err);
    assert!(refused.exit == 1 && told.contains("[name-invisible]") && !told.contains('\u{202e}'), "{refused:?}");
    let add = bench.words(&["registry", "add-member", folder, "acme", "--name", "Acme", "--scope", odd]);
    bench.words(&["registry", "sign", folder, "--key", "board1.pem"]);
    let publish = bench.words(&["registry", "publish", folder, "--online-key", "online.pem"]);
    let show = bench.words(&["registry", "show", folder]);
    let check = bench.words(&["registry", "check", folder]);
    for ran in [init, add, publish, show, check] {
        let all = format!("{}{}", ran.text(), ran.err);
        assert!(ran.exit == 0 && !all.contains('\u{1b}') && !all.contains('\u{202e}'), "{ran:?}");
        assert!(!all.lines().any(|l| l.starts_with("next: rm")), "{ran:?}");
    }
}

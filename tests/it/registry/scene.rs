//! The worked scene of the manual, word for word, and the shape of everything it writes.

use super::super::run::program;
use super::{Bench, valid};
use std::path::Path;
use vouchsafe::verify::Policy;

const SCENE: &str = r#"set -euo pipefail
for k in board1 board2 board3 online acme; do vouchsafe key generate --no-passphrase --out $k.pem; done
vouchsafe registry init forum --name "Example Forum" --board-key board1.pub.pem --board-key board2.pub.pem --board-key board3.pub.pem \
    --threshold 2 --online-key online.pub.pem
vouchsafe registry add-catalogue forum catalogue.json
vouchsafe registry add-member forum acme --name "Acme Corp" --scope 'pkg:generic/acme/*' --scope 'acme-*'
vouchsafe key prove --key acme.pem --member acme --forum forum --out acme.proof.json
vouchsafe registry add-key forum acme --proof acme.proof.json
vouchsafe registry review forum
vouchsafe registry sign forum --key board1.pem && vouchsafe registry sign forum --key board2.pem
vouchsafe registry publish forum --online-key online.pem
vouchsafe trust add forum --fingerprint $(sha256sum forum/published/metadata/1.root.json | cut -c1-64)
"#;

#[test]
fn the_scene_runs_as_typed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("catalogue.json"), vouchsafe::practice::BUILTIN).unwrap();
    let bin = Path::new(env!("CARGO_BIN_EXE_vouchsafe")).parent().unwrap();
    let before = format!("export HOME=$PWD; unset XDG_DATA_HOME; export PATH={}:$PATH\n", bin.display());
    let ran = program("bash", folder.path(), ["-c", &format!("{before}{SCENE}")], b"");
    assert_eq!(ran.exit, 0, "{ran:?}");
    let last: Vec<&str> =
        ran.text().lines().filter(|l| l.starts_with("TRUSTED") || l.starts_with("PUBLISHED")).collect();
    assert!(last[0].starts_with("PUBLISHED  Example Forum  registry version 1, 1 member"), "{last:?}");
    assert!(last[1].starts_with("TRUSTED  Example Forum  1 member, registry version 1"), "{last:?}");
    assert!(ran.text().trim_end().ends_with("next: vouchsafe verify FILE"), "{ran:?}");
    assert!(folder.path().join(".local/share/vouchsafe/forums").is_dir());
}

#[test]
fn everything_written_is_as_its_schema_says() {
    let bench = Bench::staged();
    let review = bench.ok("--format json registry review forum").json("registry-review-v1.json");
    assert_eq!((review["ready"].as_bool(), review["missing_signatures"].as_u64()), (Some(false), Some(2)));
    bench.ok("registry sign forum --export change.json");
    valid(bench.json("change.json"), "change-v1.json");
    bench.sign();
    let published =
        bench.ok("--format json registry publish forum --online-key online.pem").json("registry-show-v1.json");
    assert_eq!(published["members"][0]["keys"][0]["standing"], "active");
    let file = |folder: &str, end: &str| super::parse(&std::fs::read(bench.target(folder, end)).unwrap());
    valid(file("targets", "forum.json"), "forum-v1.json");
    let member = valid(file("targets/members", "acme.json"), "member-v1.json");
    let proof = vouchsafe::encoding::base64::decode(member["keys"][0]["proof"]["payload"].as_str().unwrap(), "proof");
    valid(super::parse(&proof.unwrap()), "key-proof-v1.json");
    let policy = bench.target("targets/policies", "default.json");
    valid(super::parse(&std::fs::read(&policy).unwrap()), "policy-v1.json");
    assert!(Policy::parse("default", &std::fs::read(policy).unwrap()).is_ok());
    let line = format!("--format json trust add forum --fingerprint {}", bench.fingerprint());
    bench.ok(&line).json("trust-show-v1.json");
    bench.ok("--format json trust show").json("trust-show-v1.json");
    let state = super::snapshot(&bench.path("home")).into_iter().find(|(p, _)| p.ends_with("state.json")).unwrap();
    valid(super::parse(&state.1), "trust-state-v1.json");
    valid(super::parse(&bench.ok("trust export").out), "trust-v1.json");
    bench.ok("--format json registry check forum").json("registry-check-v1.json");
    bench.ok("registry renew forum");
    bench.ok("--format json registry drop forum").json("registry-drop-v1.json");
    let proof = bench.ok("--format json key prove --key globex.pem --member globex --forum forum --out g.json");
    proof.json("key-proof-v1.json");
}

#[test]
fn text_json_and_exit_code_agree() {
    let bench = Bench::published();
    assert!(bench.ok("registry check forum").first().starts_with("OK  Example: clients accept registry version 1"));
    let due = bench.run("--format json registry check forum --within 365d");
    let found = due.json("registry-check-v1.json");
    assert!(due.exit == 1 && found["ok"] == false, "{due:?}");
    let codes: Vec<&str> = found["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["root-expires", "targets-expires"], "online roles are as fresh as can be");
    bench.no("registry check nowhere", 3, "file-not-found");
    let shown = bench.ok("registry show forum");
    assert!(shown.first().starts_with("FORUM  Example  registry version 1, 1 member, 2 of 3"), "{shown:?}");
    assert!(shown.text().contains(&bench.fingerprint()) && shown.text().contains(&bench.keyid()));
}

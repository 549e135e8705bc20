//! The transcripts of docs/commands/registry.md and trust.md, run as they stand.

#[test]
fn documentation_tells_the_truth() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/commands/");
    let cases = trycmd::TestCases::new();
    cases.register_bin("vouchsafe", std::path::PathBuf::from(env!("CARGO_BIN_EXE_vouchsafe")));
    cases.case(format!("{docs}registry.md")).case(format!("{docs}trust.md"));
    cases.run();
}

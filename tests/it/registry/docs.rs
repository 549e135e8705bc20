//! `docs/commands/registry.md` and `trust.md` say what really happens.

/// Runs a copy in a folder of its own: the commands write keys and a forum, which have no place in the repository.
fn run(page: &str) {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join(page);
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands");
    std::fs::copy(docs.join(page), &copy).unwrap();
    std::fs::create_dir(copy.with_extension("in")).unwrap();
    let home = folder.path().join("home");
    // The page is checked when the cases are dropped, before the folder is.
    trycmd::TestCases::new()
        .case(&copy)
        .env("VOUCHSAFE_COLOR", "never")
        .env("VOUCHSAFE_HOME", home.to_string_lossy().into_owned());
    assert!(copy.with_extension("in").join("forum/published").exists());
}

#[test]
fn the_page_about_registries_is_true() {
    run("registry.md");
}

#[test]
fn the_page_about_trust_is_true() {
    run("trust.md");
}

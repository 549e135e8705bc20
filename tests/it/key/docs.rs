//! `docs/commands/key.md` says what really happens.

use super::Bench;

/// Runs a copy in a folder of its own: the commands of the page write keys, which have no place in the repository.
#[test]
fn the_page_about_keys_is_true() {
    let bench = Bench::new();
    let page = bench.path("key.md");
    std::fs::copy("docs/commands/key.md", &page).unwrap();
    std::fs::create_dir(bench.path("key.in")).unwrap();
    // The page is checked when the cases are dropped, before the folder is.
    trycmd::TestCases::new().case(&page).env("VOUCHSAFE_COLOR", "never");
    assert!(bench.path("key.in/acme.pem").exists());
}

//! README.md and every page of docs/commands say what really happens: their `console` blocks are run and compared.
//!
//! A page runs in a copy, with its fixtures (`NAME.in/`) and an empty home, so that nothing is written into the tree.
//! `TRYCMD=overwrite cargo test docs` writes what really happens into the pages; read the difference before you keep it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

#[test]
fn the_pages_are_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md")];
    let commands = std::fs::read_dir(root.join("docs/commands")).unwrap().map(|e| e.unwrap().path());
    pages.extend(commands.filter(|p| p.extension().is_some_and(|e| e == "md")));
    pages.sort();
    assert!(pages.len() > 3, "{pages:?}: where are the pages?");
    let untrue: Vec<&PathBuf> = pages.iter().filter(|p| catch_unwind(AssertUnwindSafe(|| run(p))).is_err()).collect();
    assert!(untrue.is_empty(), "not true, see above: {untrue:?}");
}

fn run(page: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join(page.file_name().unwrap());
    let home = folder.path().join("home");
    std::fs::create_dir(&home).unwrap();
    std::fs::copy(page, &copy).unwrap();
    copy_tree(&page.with_extension("in"), &copy.with_extension("in"));

    let cases = trycmd::TestCases::new();
    cases.case(&copy).env("VOUCHSAFE_COLOR", "never").env("VOUCHSAFE_FORMAT", "text");
    for variable in ["HOME", "VOUCHSAFE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
        cases.env(variable, home.to_str().unwrap());
    }
    cases.run();
    if std::env::var("TRYCMD").is_ok_and(|v| v == "overwrite") {
        std::fs::copy(&copy, page).unwrap();
    }
}

/// A folder that is not there gives an empty one.
fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).into_iter().flatten() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

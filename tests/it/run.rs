//! Runs the built binary and its peers in a folder, and holds their answers to what is promised.

use serde_json::Value;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// How a run ended.
pub(crate) struct Ran {
    pub(crate) exit: i32,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl std::fmt::Debug for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {}\n{}\n{}", self.exit, String::from_utf8_lossy(&self.out), self.err)
    }
}

impl Ran {
    /// Standard output as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.out).unwrap()
    }
    /// Its first line, which is the answer.
    pub(crate) fn first(&self) -> &str {
        self.text().lines().next().unwrap_or_default()
    }
    /// Standard output as JSON that the named file of `schemas/` allows.
    pub(crate) fn json(&self, schema: &str) -> Value {
        valid(&self.out, schema)
    }
    /// Insists on the exit code and on words on either output.
    #[track_caller]
    pub(crate) fn says(self, exit: i32, words: &str) -> Self {
        let all = format!("{}\n{}", String::from_utf8_lossy(&self.out), self.err);
        assert!(self.exit == exit && all.contains(words), "wanted exit {exit} and {words:?}: {self:?}");
        self
    }
}

/// A JSON document that the named file of `schemas/` allows.
#[track_caller]
pub(crate) fn valid(bytes: &[u8], schema: &str) -> Value {
    let value = parse(bytes);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(schema);
    let schema = parse(&std::fs::read(path).unwrap());
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:?} in {value:#}");
    value
}

pub(crate) fn parse(bytes: &[u8]) -> Value {
    vouchsafe::encoding::json::parse(bytes, 1 << 20, "test document").unwrap()
}

/// Runs `vouchsafe` in `folder`.
pub(crate) fn vouchsafe(folder: &Path, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Ran {
    program(env!("CARGO_BIN_EXE_vouchsafe"), folder, args, b"")
}

/// Runs a program in `folder` with `input` on its standard input. A program that is not installed fails the test.
pub(crate) fn program(
    name: &str,
    folder: &Path,
    args: impl IntoIterator<Item = impl AsRef<OsStr>>,
    input: &[u8],
) -> Ran {
    let mut command = Command::new(name);
    command.args(args).current_dir(folder).env("LC_ALL", "C");
    for (variable, _) in std::env::vars_os().filter(|(v, _)| v.to_string_lossy().starts_with("VOUCHSAFE_")) {
        command.env_remove(variable);
    }
    // Nor are settings of the person, or of the build server, that runs the tests.
    command.env("XDG_CONFIG_HOME", folder.join("no-settings")).env("VOUCHSAFE_CI", "none");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect(name);
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let _ = writer.join();
    Ran { exit: status.code().unwrap_or(-1), out: stdout, err: String::from_utf8_lossy(&stderr).into_owned() }
}

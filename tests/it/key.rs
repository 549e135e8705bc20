//! Keys: published vectors, hostile files, the command line, and real peers (openssl, ssh-keygen, minisign).

mod command;
mod hostile;
mod peers;
mod vectors;

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A throw-away folder in which programs run.
pub(super) struct Bench(tempfile::TempDir);

impl Bench {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    pub(super) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }
    pub(super) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }
    /// Writes a file with mode 0600.
    pub(super) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let _ = std::fs::remove_file(self.path(name));
        vouchsafe::store::create_private(&self.path(name), bytes.as_ref()).unwrap();
        self.path(name)
    }

    /// `vouchsafe` here, without a terminal and without variables of ours.
    pub(super) fn vouchsafe(&self, args: &[&str], variables: &[(&str, &str)]) -> Said {
        let mut command = self.command(env!("CARGO_BIN_EXE_vouchsafe"), args);
        command.envs(variables.iter().copied());
        said(run(&mut command, "setsid of util-linux", b""))
    }
    /// A peer, which must be there and must succeed.
    pub(super) fn peer(&self, program: &str, args: &[&str], input: &str) -> String {
        let said = self.try_peer(program, args, input);
        assert_eq!(said.code, 0, "{program} {args:?}\n{}{}", said.out, said.err);
        said.out
    }
    /// A peer, which must be there.
    pub(super) fn try_peer(&self, program: &str, args: &[&str], input: &str) -> Said {
        said(run(Command::new(program).args(args).current_dir(self.0.path()), program, input.as_bytes()))
    }
    /// A program in a session of its own, so that there is no terminal even when the tests have one.
    pub(super) fn command(&self, program: impl AsRef<OsStr>, args: &[&str]) -> Command {
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(program).args(args).current_dir(self.0.path());
        for name in ["VOUCHSAFE_PASSPHRASE", "VOUCHSAFE_IN_PASSPHRASE", "VOUCHSAFE_FORMAT"] {
            command.env_remove(name);
        }
        command
    }
}

/// How a program ended.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

fn said(output: Output) -> Said {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

/// A missing peer is a failure, never a skip: a test that does not run proves nothing.
fn run(command: &mut Command, package: &str, input: &[u8]) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|e| panic!("this test needs {package} on the PATH: {e}"));
    // A program that ends without reading its input closes the pipe; that is its good right.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// The permission bits of a file.
pub(super) fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o7777
}

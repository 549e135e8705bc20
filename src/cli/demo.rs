//! `vouchsafe demo`: a whole forum in a folder, made by running this program's own commands.
//!
//! Nothing is staged for show: every line that starts with `$` goes through the same code as a shell would
//! reach, and a command that does not end as it should ends the demo.

mod keys;
mod notebook;
mod portfolio;
mod release;

use super::Answer;
use super::context::Context;
use super::quoted::quoted;
use super::trouble::Trouble;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use vouchsafe::encoding::MAX_SMALL;
use vouchsafe::encoding::text::shown_path;
use vouchsafe::practice::{builtin, claims};
use vouchsafe::registry::Fingerprint;
use vouchsafe::store::{self, Overwrite, read_bounded, write_atomic};

/// Flags of `demo`.
#[derive(Args)]
pub(crate) struct DemoArgs {
    /// An empty folder, or one to be made; by default a new one in the system's temporary folder
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Make so many releases of five members instead, with one fault of every kind planted, for vouchsafe audit
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "200")]
    portfolio: Option<usize>,
}

/// How a command has to end.
#[derive(Clone, Copy)]
enum Ends {
    Yes = 0,
    No = 1,
    Undecided = 3,
}

/// Plays the scene.
pub(crate) fn run(args: &DemoArgs, context: &Context) -> Answer {
    let here = std::env::current_dir().map_err(|e| store::Error::io(Path::new("."), e))?;
    let folder = folder(args, context)?;
    if let Some(releases) = args.portfolio {
        return portfolio::make(&folder, releases, context);
    }
    std::env::set_current_dir(&folder).map_err(|e| store::Error::io(&folder, e))?;
    let program = std::env::current_exe().map_err(|e| store::Error::io(Path::new("this program"), e))?;
    let color = if context.colours() { "always" } else { "never" };
    let scene = Scene { context, program, color };
    context.print(format!("A forum, its members and their releases, in {}\n", shown_path(&folder)).as_bytes())?;
    scene.found()?;
    scene.release(&here)?;
    scene.log()?;
    scene.refuse()?;
    scene.revoke()?;
    scene.audit()?;
    context.print(the_end(&folder, &scene.program).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn folder(args: &DemoArgs, context: &Context) -> Result<PathBuf, Trouble> {
    let folder = args.folder.clone().unwrap_or_else(|| {
        std::env::temp_dir().join(format!("vouchsafe-demo-{}-{}", context.now.as_second(), std::process::id()))
    });
    if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Trouble::from(store::Error::Exists(folder)).then("name an empty folder, or none"));
    }
    std::fs::create_dir_all(&folder).map_err(|e| store::Error::io(&folder, e))?;
    std::path::absolute(&folder).map_err(|e| store::Error::io(&folder, e).into())
}

struct Scene<'a> {
    context: &'a Context,
    program: PathBuf,
    color: &'static str,
}

impl Scene<'_> {
    fn heading(&self, text: &str) -> Result<(), Trouble> {
        self.context.print(format!("\n{}\n", self.context.paint(1, &format!("== {text}"))).as_bytes())
    }

    /// Shows a command, runs it as a process of its own, and insists on how it ends. Settings of the person at the
    /// keyboard are no part of the scene.
    fn command(&self, line: &str, ends: Ends) -> Result<(), Trouble> {
        self.context.print(format!("$ vouchsafe {line}\n").as_bytes())?;
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("VOUCHSAFE_")) {
            command.env_remove(name);
        }
        command
            .args(words(line))
            .env("VOUCHSAFE_HOME", "home")
            .env("VOUCHSAFE_COLOR", self.color)
            .env("VOUCHSAFE_CI", "none")
            .stdin(Stdio::null());
        let status = command.status().map_err(|e| store::Error::io(&self.program, e))?;
        if status.code() == Some(ends as i32) {
            return Ok(());
        }
        let next = "this is a bug: please report it with the output above";
        let failed = Trouble::undecided("demo-failed", format!("vouchsafe {line} did not end as it should"), next);
        Err(failed.because(format!("exit {}", ends as i32), status.to_string()))
    }

    fn all(&self, lines: &[&str]) -> Result<(), Trouble> {
        lines.iter().try_for_each(|line| self.command(line, Ends::Yes))
    }

    /// Keys, a board of three, two members, a catalogue; and a consumer who trusts the forum.
    fn found(&self) -> Result<(), Trouble> {
        self.heading("Keys: three board seats, the online key, two members, and a stranger")?;
        for name in ["board1", "board2", "board3", "online", "acme", "globex", "mallory"] {
            self.command(&format!("key generate --no-passphrase --out {name}.pem"), Ends::Yes)?;
        }
        self.heading("The forum: its board admits two members, two of three seats sign, the registry is published")?;
        self.all(&[
            "registry init forum --name 'Example Forum' --board-key board1.pub.pem --board-key board2.pub.pem --board-key board3.pub.pem --threshold 2 --online-key online.pub.pem",
            "registry add-catalogue forum",
            "registry add-member forum acme --name 'Acme Corp' --scope 'pkg:generic/acme/*' --scope 'acme-*' --since 2019-05-01",
            "registry add-member forum globex --name Globex --scope 'globex-*' --since 2022-01-01",
            "key prove --key acme.pem --member acme --forum forum --out acme.proof.json",
            "key prove --key globex.pem --member globex --forum forum --out globex.proof.json",
            "registry add-key forum acme --proof acme.proof.json",
            "registry add-key forum globex --proof globex.proof.json",
            "registry sign forum --key board1.pem",
        ])?;
        self.command("registry publish forum --online-key online.pem", Ends::No)?;
        self.all(&["registry sign forum --key board2.pem", "registry publish forum --online-key online.pem"])?;
        self.heading("A consumer trusts the forum, by the fingerprint of its root")?;
        let root = read_bounded(Path::new("forum/published/metadata/1.root.json"), MAX_SMALL)?;
        self.command(&format!("trust add forum --fingerprint {}", Fingerprint::of(&root)), Ends::Yes)
    }

    /// A member attests real files: this program, and this repository's where they are at hand.
    fn release(&self, here: &Path) -> Result<(), Trouble> {
        self.heading("Acme attests a release: this very program, and files of this repository if they are here")?;
        copy(&self.program, "dist/acme-tool")?;
        for (from, to) in [("README.md", "dist/acme-readme.md"), ("Cargo.lock", "dist/acme-dependencies.lock")] {
            if here.join(from).is_file() {
                copy(&here.join(from), to)?;
            }
        }
        let template = claims::template(&builtin()?, "base").unwrap_or_default();
        write("claims.toml", &template.replace("result = \"notMet\"", "result = \"met\""))?;
        self.all(&[
            "attest dist --key acme.pem --member acme --profile base --claims claims.toml --exact-set",
            "verify dist --exact-set",
            "verify dist/acme-tool",
        ])
    }

    /// A log with two witnesses, which the forum adopts; Acme's attestation is entered in it.
    fn log(&self) -> Result<(), Trouble> {
        self.heading("A transparency log, and two witnesses that cosign it only as long as it only grows")?;
        for name in ["log", "cisa", "nist"] {
            self.command(&format!("key generate --no-passphrase --out {name}.pem"), Ends::Yes)?;
        }
        self.all(&[
            "log init tlog --origin forum.example/log --key log.pem",
            "log witness init cisa --name cisa.example --key cisa.pem --log tlog",
            "log witness init nist --name nist.example --key nist.pem --log tlog",
            "log policy tlog --witness cisa=cisa --witness nist=nist --group advisory --quorum all --out log-policy",
        ])?;
        self.heading("The forum keeps its registry in it from now on, and Acme enters its attestation")?;
        self.all(&[
            "registry set-log forum log-policy",
            "registry sign forum --key board1.pem",
            "registry sign forum --key board2.pem",
            "registry publish forum --online-key online.pem --log tlog --log-key log.pem",
            "trust update",
            "log append tlog dist/attestation.sigstore.json --key log.pem",
            "verify dist/acme-tool",
            "log monitor tlog --member acme",
        ])
    }

    /// All of it at once.
    fn audit(&self) -> Result<(), Trouble> {
        self.heading("An auditor asks about everything at once")?;
        let folders = "dist changed stranger weaker unattested globex";
        self.command(&format!("audit {folders} --output html=report.html"), Ends::No)
    }

    /// What must not pass.
    fn refuse(&self) -> Result<(), Trouble> {
        self.heading("One byte is changed")?;
        copy(Path::new("dist/acme-tool"), "changed/acme-tool")?;
        copy(Path::new("dist/attestation.sigstore.json"), "changed/attestation.sigstore.json")?;
        let mut bytes =
            std::fs::read("changed/acme-tool").map_err(|e| store::Error::io(Path::new("changed/acme-tool"), e))?;
        if let Some(last) = bytes.last_mut() {
            *last ^= 1;
        }
        write_atomic(Path::new("changed/acme-tool"), &bytes, Overwrite::Replace)?;
        self.command("verify changed/acme-tool", Ends::No)?;

        self.heading("Somebody who is no member signs in Acme's name")?;
        write("stranger/acme-2.0.txt", "not Acme's work\n")?;
        self.command(
            "attest stranger/acme-2.0.txt --key mallory.pem --member acme --profile base --claims claims.toml",
            Ends::Yes,
        )?;
        self.command("verify stranger/acme-2.0.txt", Ends::No)?;

        self.heading("A practice of the profile is missing")?;
        let claims = store::read_text(Path::new("claims.toml"), MAX_SMALL)?;
        write("weaker.toml", &claims.replacen("result = \"met\"", "result = \"notMet\"", 1))?;
        write("weaker/acme-3.0.txt", "a release in a hurry\n")?;
        self.command(
            "attest weaker/acme-3.0.txt --key acme.pem --member acme --profile base --claims weaker.toml",
            Ends::Yes,
        )?;
        self.command("verify weaker/acme-3.0.txt", Ends::No)?;

        self.heading("Nobody attested it at all")?;
        write("unattested/acme-4.0.txt", "where is its attestation?\n")?;
        self.command("verify unattested/acme-4.0.txt", Ends::Undecided)
    }

    /// A key is stolen; the forum revokes it.
    fn revoke(&self) -> Result<(), Trouble> {
        self.heading("Globex's release is good, until its key is revoked")?;
        write("globex/globex-1.0.txt", "a release of Globex\n")?;
        self.all(&[
            "attest globex/globex-1.0.txt --key globex.pem --member globex --profile base --claims claims.toml",
            "verify globex/globex-1.0.txt",
        ])?;
        let pem = store::read_text(Path::new("globex.pub.pem"), MAX_SMALL)?;
        let key = vouchsafe::key::PublicKey::from_pem(&pem)?;
        let since = vouchsafe::encoding::duration::rfc3339(self.context.now);
        self.all(&[
            &format!("registry revoke-key forum globex {} --compromised-since {since} --reason stolen", key.id()),
            "registry sign forum --key board2.pem",
            "registry sign forum --key board3.pem",
            "registry publish forum --online-key online.pem --log tlog --log-key log.pem",
            "trust update",
        ])?;
        self.command("verify globex/globex-1.0.txt", Ends::No)
    }
}

/// Splits a line as a shell would, as far as this scene needs it: spaces part words, single quotes keep them together.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split('\'').enumerate().flat_map(|(n, part)| match n % 2 {
        0 => part.split_whitespace().collect::<Vec<_>>(),
        _ => vec![part],
    })
}

fn copy(from: &Path, to: &str) -> Result<(), Trouble> {
    let bytes = std::fs::read(from).map_err(|e| store::Error::io(from, e))?;
    Ok(write_atomic(Path::new(to), &bytes, Overwrite::Replace)?)
}

fn write(path: &str, text: &str) -> Result<(), Trouble> {
    Ok(write_atomic(Path::new(path), text.as_bytes(), Overwrite::Replace)?)
}

fn the_end(folder: &Path, program: &Path) -> String {
    let (folder, program) = (quoted(folder), quoted(program));
    format!(
        "\nEverything above is in {folder} and can be tried again:
  cd {folder}
  export VOUCHSAFE_HOME=$PWD/home; alias vouchsafe={program}
  vouchsafe verify dist/acme-tool                      # and with --format json
  vouchsafe inspect dist/attestation.sigstore.json     # what Acme signed
  vouchsafe registry show forum                        # members, keys, scopes
  vouchsafe log fsck tlog                              # the log, hashed again; report.html is the audit
  vouchsafe explain key-compromised                    # what a refusal means
"
    )
}

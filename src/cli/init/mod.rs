//! `vouchsafe init`: from a repository to its first attestation. Shows what it would write, and overwrites nothing.

mod enrol;
mod files;
mod look;

pub(super) use enrol::home_key;

use super::Answer;
use super::context::{Ci, Context};
use super::passphrase::PassphraseArgs;
use super::trouble::Trouble;
use clap::Args;
use look::Found;
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::practice::{builtin, claims};
use vouchsafe::registry::valid_id;
use vouchsafe::signer::KeyReference;
use vouchsafe::store::{Overwrite, exists, write_atomic};

/// Flags of `init`.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  vouchsafe init
  vouchsafe init --member acme --profile standard --ci gitlab --yes

It looks at the repository, shows what it would write, and writes it once you say yes: vouchsafe.toml, claims.toml, a
workflow for your build server, a key outside of the repository, and a request to your forum to enrol that key.
What is there already stays as it is.")]
pub(crate) struct InitArgs {
    /// Your member id in the forum; without it the owner of the repository, or the name of the folder
    #[arg(long, value_name = "ID", env = "VOUCHSAFE_MEMBER")]
    member: Option<String>,
    /// The profile you set out to meet
    #[arg(long, value_name = "NAME", default_value = "base", env = "VOUCHSAFE_PROFILE")]
    profile: String,
    /// The forum to ask for enrolment: its folder, its published folder, or an exported trust file; without it the one
    /// trusted forum
    #[arg(long, visible_alias = "trust", value_name = "DIR|FILE", env = "VOUCHSAFE_TRUST")]
    forum: Option<PathBuf>,
    /// A key you have; without it one is made in the folder of trusted forums [env: VOUCHSAFE_KEY=its name, or the PEM itself]
    #[arg(long, value_name = "REF", env = "VOUCHSAFE_KEY_REF")]
    key: Option<KeyReference>,
    /// Do not encrypt the key that is made: whoever reads its file can sign
    #[arg(long)]
    no_passphrase: bool,
    /// Write without asking
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// A file that is to be there in the end.
struct Plan {
    path: PathBuf,
    about: &'static str,
    bytes: Vec<u8>,
}

/// schemas/init-v1.json
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    found: &'a Found,
    files: Vec<Line>,
    written: bool,
    next: String,
}

#[derive(Serialize)]
struct Line {
    path: String,
    state: &'static str,
    about: &'static str,
}

/// Looks, shows, asks, writes.
pub(crate) fn run(args: &InitArgs, context: &Context) -> Answer {
    let found = look::look(context.ci_asked)?;
    let (member, assumed) = member(args, &found)?;
    let catalogue = builtin()?;
    let template = claims::template(&catalogue, &args.profile).ok_or_else(|| {
        let names: Vec<&str> = catalogue.profiles.iter().map(|p| p.id.as_str()).collect();
        Trouble::usage(format!("--profile {}: expected one of {}", shown(&args.profile), names.join(", ")))
    })?;
    let forum = enrol::forum(context, args.forum.as_deref())?;
    let mut plan = vec![
        Plan {
            path: super::settings::PROJECT_FILE.into(),
            about: "your member id, profile, claims and evidence",
            bytes: files::settings(&member, &args.profile, &found),
        },
        Plan {
            path: "claims.toml".into(),
            about: "what you claim: nothing yet, each practice to be edited",
            bytes: template.into_bytes(),
        },
    ];
    plan.extend(files::workflows(&found));
    let key = enrol::Key::of(args, &member, context)?;
    let proof = forum.is_some().then(|| PathBuf::from(enrol::REQUEST));
    let lines = lines(&plan, &key, proof.as_ref());
    let shown_plan = render(&found, &member, assumed, &lines);
    if !args.yes && !agreed(&shown_plan, context)? {
        let document =
            Document { schema: "vouchsafe-init/v1", found: &found, files: lines, written: false, next: AGREE.into() };
        context.answer(&format!("{shown_plan}next: {AGREE}\n"), &document)?;
        return Ok(ExitCode::from(3));
    }
    // The key comes first: without a passphrase for it nothing is written at all.
    let reference = key.make(args, context)?;
    for file in plan.iter().filter(|file| !exists(&file.path)) {
        write_atomic(&file.path, &file.bytes, Overwrite::Refuse)?;
    }
    let proved = match (&forum, &proof) {
        (Some(forum), Some(path)) if !exists(path) => {
            enrol::request(forum, &member, &reference, args, path, context.now)?;
            true
        }
        _ => false,
    };
    let next = next(&found, &member, forum.is_some(), proved);
    let written = lines.iter().filter(|line| line.state == "new").count();
    let text = format!("{}  {}\n{shown_plan}{next}", context.paint(32, "READY"), count(written, "file written"));
    let text = text.replacen("file writtens", "files written", 1);
    let document = Document { schema: "vouchsafe-init/v1", found: &found, files: lines, written: true, next };
    context.answer(&text, &document)?;
    Ok(ExitCode::SUCCESS)
}

const AGREE: &str = "vouchsafe init --yes writes these; nothing was written yet";

/// The id said, or one that the repository suggests, and by what.
fn member(args: &InitArgs, found: &Found) -> Result<(String, Option<&'static str>), Trouble> {
    match (&args.member, &found.suggests) {
        (Some(id), _) if valid_id(id) => Ok((id.clone(), None)),
        (Some(id), _) => Err(Trouble::usage(format!(
            "--member {}: expected a member id, such as acme: a-z, 0-9, '-' and '.'",
            shown(id)
        ))),
        (None, Some((id, by))) => Ok((id.clone(), Some(by))),
        (None, None) => Err(Trouble::usage("say with --member which member of the forum you are")
            .then("vouchsafe init --member ID, with the id that the forum gave you, or that you will ask for")),
    }
}

fn lines(plan: &[Plan], key: &enrol::Key, proof: Option<&PathBuf>) -> Vec<Line> {
    let state = |path: &PathBuf| if exists(path) { "kept" } else { "new" };
    let line = |path: &PathBuf, about| Line { path: shown(&path.to_string_lossy()), state: state(path), about };
    let mut lines: Vec<Line> = plan.iter().map(|file| line(&file.path, file.about)).collect();
    lines.extend(key.path().map(|path| line(&path, "the private key; keep it secret, and a copy of it safe")));
    lines.extend(proof.map(|path| line(path, "proof that you hold the key, for the board of your forum")));
    lines
}

fn render(found: &Found, member: &str, assumed: Option<&str>, lines: &[Line]) -> String {
    let or = |value: &Option<String>| value.as_deref().map_or_else(|| "none found".to_owned(), shown);
    let evidence = if found.evidence.is_empty() { "none found".to_owned() } else { shown(&found.evidence.join(", ")) };
    let server = match found.ci {
        "github" => "GitHub Actions",
        "gitlab" => "GitLab CI",
        _ => "none found; --ci github or --ci gitlab writes a workflow",
    };
    let mut out = format!(
        "  member      {member}{}\n  repository  {}\n  build       {}\n  artifacts   {}\n  CI          {server}\n  evidence    {evidence}\n",
        assumed.map(|by| format!(" (assumed, from {by}; --member says another)")).unwrap_or_default(),
        or(&found.remote),
        or(&found.build),
        or(&found.artifacts),
    );
    for line in lines {
        let _ = writeln!(out, "  {:<5} {}: {}", line.state, line.path, line.about);
    }
    out
}

/// A yes on a terminal. Elsewhere nobody is asked, and nothing is written.
fn agreed(plan: &str, context: &Context) -> Result<bool, Trouble> {
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return Ok(false);
    }
    context.ask(format_args!("{plan}Write the new ones? Type yes: "));
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    if read.is_ok() && line.trim() == "yes" {
        return Ok(true);
    }
    Err(Trouble::undecided("init-declined", "nothing was written", "vouchsafe init again when you want it"))
}

fn next(found: &Found, member: &str, forum: bool, proved: bool) -> String {
    let mut out = String::new();
    let artifacts = found.artifacts.as_deref().unwrap_or("FILE");
    let _ = writeln!(out, "next: edit claims.toml, then vouchsafe attest {}", shown(artifacts));
    if proved {
        let _ = writeln!(
            out,
            "next: send {} to the board, who run vouchsafe registry add-key FORUM {member} --proof {}",
            enrol::REQUEST,
            enrol::REQUEST
        );
    } else if !forum {
        let _ = writeln!(
            out,
            "next: vouchsafe trust add URL-or-DIR, and vouchsafe init again writes the request to enrol your key"
        );
    }
    if found.ci == "github" {
        let _ = writeln!(out, "next: gh secret set VOUCHSAFE_KEY < KEY.pem, and VOUCHSAFE_PASSPHRASE if it has one");
    } else if found.ci == "gitlab" {
        let _ = writeln!(out, "next: set the masked variables VOUCHSAFE_KEY and VOUCHSAFE_PASSPHRASE of the project");
    }
    out
}

/// Which build server a workflow is written for: the one asked for, else the one the repository is at.
fn server(asked: Ci, remote: Option<&str>) -> &'static str {
    let there = |path: &str| exists(path.as_ref());
    let at = |host: &str| remote.is_some_and(|remote| remote.contains(host));
    match asked {
        Ci::Github => "github",
        Ci::Gitlab => "gitlab",
        Ci::None => "none",
        Ci::Auto if there(".github/workflows") => "github",
        Ci::Auto if there(".gitlab-ci.yml") => "gitlab",
        Ci::Auto if at("github") => "github",
        Ci::Auto if at("gitlab") => "gitlab",
        Ci::Auto => "none",
    }
}

//! `vouchsafe config show`: every setting, what it is, and who says so.

use super::known::{KNOWN, Kind, Setting};
use super::{Settings, variable};
use crate::cli::Answer;
use crate::cli::context::Context;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::fmt::Write as _;
use std::process::ExitCode;
use vouchsafe::encoding::text::shown;

/// Flags of `config`.
#[derive(Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Shows what is set
    #[command(after_long_help = "\
A flag counts before its variable, that before ./vouchsafe.toml (or the file named with --config), that before your own
config.toml. Paths are from the folder of the file they stand in.

Examples:
  vouchsafe config show
  vouchsafe config show --origin --format json")]
    Show(ShowArgs),
}

#[derive(Args)]
struct ShowArgs {
    /// Also what is not set, and who says what
    #[arg(long)]
    origin: bool,
}

/// schemas/config-v1.json
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    files: Vec<String>,
    settings: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    name: &'static str,
    values: Vec<String>,
    /// `variable NAME`, a file, or `built in`.
    origin: String,
    variable: &'static str,
    about: &'static str,
    /// The commands whose verdict this decides, which do not take it from a project's file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_for: Vec<&'static str>,
}

/// Shows the settings.
pub(crate) fn run(args: &ConfigArgs, settings: &Settings, context: &Context) -> Answer {
    let ConfigCommand::Show(args) = &args.command;
    let lines: Vec<Line> = KNOWN.iter().map(|setting| line(setting, settings)).collect();
    let files: Vec<String> = settings.files.iter().map(|file| file.named()).collect();
    let mut text = match files.as_slice() {
        [] => "no file of settings: neither ./vouchsafe.toml nor one of your own\n".to_owned(),
        files => format!("settings of {}\n", files.join(", ")),
    };
    for line in lines.iter().filter(|line| args.origin || line.origin != BUILT_IN) {
        let value = if line.values.is_empty() { "-".to_owned() } else { shown(&line.values.join(", ")) };
        let _ = write!(text, "  {:<13} {value}", line.name);
        if args.origin {
            let _ = write!(text, "  [{}]", line.origin);
        }
        if !line.not_for.is_empty() {
            let _ = write!(text, "  (not for {})", line.not_for.join(" and "));
        }
        text.push('\n');
    }
    context.answer(&text, &Document { schema: "vouchsafe-config/v1", files, settings: lines })?;
    Ok(ExitCode::SUCCESS)
}

const BUILT_IN: &str = "built in";

fn line(setting: &'static Setting, settings: &Settings) -> Line {
    let mut line = Line {
        name: setting.name,
        values: Vec::new(),
        origin: BUILT_IN.to_owned(),
        variable: setting.variable,
        about: setting.about,
        not_for: Vec::new(),
    };
    if let Some(value) = variable(setting.variable) {
        let value = value.to_string_lossy().into_owned();
        // A key in a variable is not for anybody's eyes.
        let hidden = setting.kind == Kind::Key && value.contains("-----BEGIN");
        line.values = vec![if hidden { "(a key, not shown)".to_owned() } else { value }];
        line.origin = format!("variable {}", setting.variable);
    } else if let Some((values, file)) = settings.any(setting) {
        line.values = values.to_vec();
        line.origin = file.named();
        let judged = ["verify", "audit"].into_iter().filter(|command| setting.is_judged_with(command));
        line.not_for = judged.filter(|command| settings.of(setting, command).is_none()).collect();
    }
    line
}

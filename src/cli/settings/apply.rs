//! Puts settings below the parser: what is set in a file becomes the default of the argument it stands for.

use super::known::{KNOWN, Setting};
use super::{File, Settings, malformed, variable};
use crate::cli::trouble::Trouble;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use vouchsafe::encoding::text::shown;

/// The variable that holds a key, or the name of a file with one. Its value is never shown, and never an argument.
pub(super) const KEY: &str = "VOUCHSAFE_KEY";

/// The command with every setting as a default. A default that does not fit is told with its file.
pub(crate) fn with_defaults(root: Command, settings: &Settings) -> Result<Command, Trouble> {
    let mut wrong = Vec::new();
    let mut root = root;
    for (setting, id) in arguments("") {
        if let Some((values, file)) = settings.any(setting) {
            root = set(root, id, setting, values, Some(file), &mut wrong);
        }
    }
    let root = root.mut_subcommands(|command| {
        let name = command.get_name().to_owned();
        below(command, &name, settings, &mut wrong)
    });
    wrong.into_iter().next().map_or(Ok(root), Err)
}

/// The defaults of one command and of those below it.
fn below(mut command: Command, name: &str, settings: &Settings, wrong: &mut Vec<Trouble>) -> Command {
    for (setting, id) in arguments(name) {
        if let Some(reference) = key_of_the_environment(setting) {
            command = set(command, id, setting, &[reference], None, wrong);
        } else if let Some((values, file)) = settings.of(setting, name) {
            command = set(command, id, setting, values, Some(file), wrong);
        }
    }
    command.mut_subcommands(|inner| match name {
        // `key generate` and its like make a key; only what signs with a member's takes it from here.
        "key" if inner.get_name() != "prove" => inner,
        _ => below(inner, name, settings, wrong),
    })
}

fn arguments(command: &str) -> impl Iterator<Item = (&'static Setting, &'static str)> {
    let of = |setting: &'static Setting| setting.arguments.iter().map(move |argument| (setting, *argument));
    KNOWN.iter().flat_map(of).filter(move |(_, (of, _))| *of == command).map(|(setting, (_, id))| (setting, id))
}

/// `VOUCHSAFE_KEY`: a reference, or PEM, of which only the name of the variable goes on.
fn key_of_the_environment(setting: &Setting) -> Option<String> {
    let value = variable(setting.variable).filter(|_| setting.variable == KEY)?.into_string().ok()?;
    Some(if value.contains("-----BEGIN") { format!("env:{KEY}") } else { value })
}

/// Sets a default, if the command has such an argument and the value fits it.
fn set(
    command: Command,
    id: &str,
    setting: &Setting,
    values: &[String],
    file: Option<&File>,
    wrong: &mut Vec<Trouble>,
) -> Command {
    let Some(arg) = command.get_arguments().find(|arg| arg.get_id() == id) else { return command };
    match (fits(arg, values), file) {
        (Ok(()), _) => {
            let values = values.to_vec();
            command.mut_arg(id, |arg| arg.default_values(values).required(false))
        }
        (Err(got), Some(file)) => {
            wrong.push(malformed(&file.path, &format!("{} as --{} takes it", setting.name, flag(arg)), &got));
            command
        }
        (Err(_), None) => {
            wrong.push(Trouble::usage(format!("{KEY}: neither a key nor the name of one")));
            command
        }
    }
}

fn flag(arg: &Arg) -> String {
    arg.get_long().unwrap_or_default().to_owned()
}

/// Whether the argument's own parser takes the values; else the first it does not.
fn fits(arg: &Arg, values: &[String]) -> Result<(), String> {
    for value in values {
        let probe = Arg::new("value").long("value").value_parser(arg.get_value_parser().clone());
        let tried =
            Command::new("probe").arg(probe).try_get_matches_from(["probe".to_owned(), format!("--value={value}")]);
        if tried.is_err() {
            return Err(shown(value));
        }
    }
    Ok(())
}

/// The settings of the project's file that this command did not take, though nothing else was said: a note for each.
pub(crate) fn ignored(settings: &Settings, matches: &ArgMatches) -> Vec<String> {
    let Some((command, inner)) = matches.subcommand() else { return Vec::new() };
    let unsaid = |id: &str| {
        let source = inner.try_contains_id(id).ok().and_then(|_| inner.value_source(id));
        !matches!(source, Some(ValueSource::CommandLine | ValueSource::EnvVariable))
    };
    let judged = arguments(command).filter(|(setting, id)| setting.is_judged_with(command) && unsaid(id));
    let left = judged.filter_map(|(setting, _)| {
        let (values, file) = settings.any(setting)?;
        settings.of(setting, command).is_none().then(|| {
            format!(
                "note: {} names {} {}, which {command} takes from --{}, or from a file named with --config",
                file.named(),
                setting.name,
                shown(&values.join(", ")),
                setting.name
            )
        })
    });
    left.collect()
}

//! A command line that does not fit: the parser's complaint, told as every other trouble is.

use super::context::Format;
use super::trouble::Trouble;
use clap::error::ErrorKind;
use clap::{Arg, Command, ValueEnum as _};
use std::ffi::OsString;

/// Settings that are empty are not set: a build server sets every variable it was told of, and the empty ones with them.
pub(super) fn without_empty_settings(command: Command) -> Command {
    let unset = |arg: Arg| match arg.get_env() {
        Some(name) if std::env::var_os(name).is_some_and(|value| value.is_empty()) => arg.env(None::<&'static str>),
        _ => arg,
    };
    command.mut_args(unset).mut_subcommands(without_empty_settings)
}

/// The parser's complaint. A private key among the arguments is not repeated: logs are read by many.
pub(super) fn trouble(complaint: &clap::Error, root: &Command, given: &[OsString]) -> Trouble {
    let help = format!("{} --help shows how it is used", command_of(root, given));
    if matches!(complaint.kind(), ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand) {
        return Trouble::usage("a command is missing").then(help);
    }
    let text = complaint.render().to_string();
    if text.contains("PRIVATE KEY") {
        return Trouble::usage("a private key stands where the name of one is meant; others can read a command line")
            .because("--key FILE, or --key env:NAME", "the key itself, which is not repeated here")
            .then(
                "put it into a file (chmod 600) or a variable; if others could read it, make a new one and revoke it",
            );
    }
    let says = text.split("\n\nUsage:").next().unwrap_or_default();
    let says = says.split("\n\nFor more information").next().unwrap_or_default();
    let lines: Vec<&str> = says.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Trouble::usage(lines.join("\n").trim_start_matches("error: ")).then(help)
}

/// `vouchsafe key show`, as far as the arguments name commands.
fn command_of(root: &Command, given: &[OsString]) -> String {
    let (mut name, mut at) = (root.get_name().to_owned(), root);
    for argument in given.iter().skip(1).filter_map(|a| a.to_str()) {
        if let Some(found) = at.find_subcommand(argument) {
            name = format!("{name} {argument}");
            at = found;
        }
    }
    name
}

/// The format asked for, on a command line that could not be parsed.
pub(super) fn format_of(given: &[OsString]) -> Format {
    let given: Vec<&str> = given.iter().filter_map(|a| a.to_str()).collect();
    let after = given.windows(2).find_map(|pair| match pair {
        ["--format", value] => Some(*value),
        _ => None,
    });
    let flag = after.or_else(|| given.iter().find_map(|a| a.strip_prefix("--format=")));
    let setting = std::env::var("VOUCHSAFE_FORMAT").ok();
    flag.or(setting.as_deref()).and_then(|f| Format::from_str(f, false).ok()).unwrap_or(Format::Text)
}

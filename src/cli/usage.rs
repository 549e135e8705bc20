//! A command line that does not fit: the parser's complaint, told as every other trouble is.

use super::context::Format;
use super::trouble::Trouble;
use clap::error::ErrorKind;
use clap::{Arg, Command, ValueEnum as _};
use std::ffi::OsString;

/// Flags that no variable stands for: a descriptor's number means something to one process, and not to the next.
const WITHOUT_VARIABLE: [&str; 3] = ["passphrase-fd", "in-passphrase-fd", "rotates-passphrase-fd"];

/// The command with a variable for every flag that takes a value. What several commands share declares a short one; what belongs
/// to one command has the command in its name, `VOUCHSAFE_AUDIT_MEMBER`, so that no variable narrows a command it was not set for.
pub(super) fn with_variables(command: Command) -> Command {
    below(command, "VOUCHSAFE")
}

fn below(command: Command, start: &str) -> Command {
    if command.is_hide_set() {
        return command;
    }
    let command = command.mut_args(|arg| settable(arg, start));
    command.mut_subcommands(|inner| {
        let start = format!("{start}_{}", as_variable(inner.get_name()));
        below(inner, &start)
    })
}

fn settable(arg: Arg, start: &str) -> Arg {
    let named = match (arg.get_env(), arg.get_long()) {
        (None, Some(long)) if arg.get_action().takes_values() && !WITHOUT_VARIABLE.contains(&long) => {
            let name = format!("{start}_{}", as_variable(long));
            arg.env(name)
        }
        _ => arg,
    };
    // Help says what a variable holds, but not where that could be a key, or the flag itself says that it is none of its business.
    let key = named.get_long().is_some_and(|long| long.ends_with("key"));
    let secret = key || named.is_hide_env_values_set();
    let named = named.hide_env_values(secret);
    // One that is empty is not set: a build server sets every variable it was told of, and the empty ones with them.
    match named.get_env() {
        Some(name) if std::env::var_os(name).is_some_and(|value| value.is_empty()) => named.env(None::<&'static str>),
        _ => named,
    }
}

fn as_variable(name: &str) -> String {
    name.replace('-', "_").to_ascii_uppercase()
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

#[cfg(test)]
mod tests {
    use super::{WITHOUT_VARIABLE, with_variables};
    use clap::{Command, CommandFactory as _};
    use std::collections::BTreeMap;

    /// Every flag that takes a value, as `command --flag`, with its variable.
    fn flags(command: &Command, path: &str, found: &mut BTreeMap<String, Option<String>>) {
        for arg in command.get_arguments().filter(|arg| arg.get_action().takes_values()) {
            if let Some(long) = arg.get_long() {
                let variable = arg.get_env().map(|name| name.to_str().unwrap().to_owned());
                found.insert(format!("{path} --{long}"), variable);
            }
        }
        for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
            flags(inner, &format!("{path} {}", inner.get_name()), found);
        }
    }

    #[test]
    fn every_flag_has_a_variable() {
        let mut found = BTreeMap::new();
        flags(&with_variables(super::super::Args::command()), "vouchsafe", &mut found);
        assert!(found.len() > 100, "where are the flags? {found:?}");
        for (flag, variable) in &found {
            let excused = WITHOUT_VARIABLE.iter().any(|long| flag.ends_with(&format!(" --{long}")));
            assert_eq!(variable.is_none(), excused, "{flag}: {variable:?}");
            assert!(variable.iter().all(|name| name.starts_with("VOUCHSAFE_")), "{flag}: {variable:?}");
        }
        for long in WITHOUT_VARIABLE {
            assert!(found.keys().any(|flag| flag.ends_with(&format!(" --{long}"))), "{long} is no flag any more");
        }
    }

    /// What a variable with a command's name is for is that command's alone.
    #[test]
    fn a_variable_of_one_command_is_not_anothers() {
        let mut found = BTreeMap::new();
        flags(&with_variables(super::super::Args::command()), "vouchsafe", &mut found);
        let of = |flag: &str| found[flag].clone().unwrap();
        assert_eq!(of("vouchsafe attest --member"), "VOUCHSAFE_MEMBER");
        assert_eq!(of("vouchsafe audit --member"), "VOUCHSAFE_AUDIT_MEMBER");
        assert_eq!(of("vouchsafe registry sign --key"), "VOUCHSAFE_REGISTRY_SIGN_KEY");
        assert_eq!(of("vouchsafe log init --policy"), "VOUCHSAFE_LOG_INIT_POLICY");
    }
}

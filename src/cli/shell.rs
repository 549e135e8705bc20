//! `vouchsafe completions` and `vouchsafe man`: what a shell and `man` read, from the same table as `--help`.

use super::context::Context;
use super::trouble::Trouble;
use super::usage::with_variables;
use super::{Answer, Args as Whole};
use clap::builder::PossibleValuesParser;
use clap::{Args, Command, CommandFactory as _};
use clap_complete::Shell;
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::gather::trust;
use vouchsafe::practice::builtin;
use vouchsafe::registry::Wanted;
use vouchsafe::store;

/// Flags of `completions`.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  vouchsafe completions bash > ~/.local/share/bash-completion/completions/vouchsafe
  vouchsafe completions zsh > ~/.zfunc/_vouchsafe
  vouchsafe completions fish > ~/.config/fish/completions/vouchsafe.fish
  vouchsafe completions powershell >> $PROFILE

Practices and the members of the trusted forum are completed, too: as of when this was run.")]
pub(crate) struct CompletionsArgs {
    /// Your shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Flags of `man`.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  vouchsafe man | man -l -
  vouchsafe man ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// Folder to write a page for every command into; without it the first page goes to standard output
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// The most ids that are completed.
const MOST: usize = 1000;

/// Prints completions.
pub(crate) fn completions(args: &CompletionsArgs, context: &Context) -> Answer {
    let practices: Vec<String> = builtin()?.practices.iter().map(|p| p.id.to_string()).collect();
    let mut command = with_ids(Whole::command(), &["require", "practice"], &practices);
    let members = members(context);
    if !members.is_empty() {
        command = with_ids(command, &["member", "signer"], &members);
    }
    let mut out = Vec::new();
    clap_complete::generate(args.shell, &mut command, "vouchsafe", &mut out);
    context.print(&out)?;
    Ok(ExitCode::SUCCESS)
}

/// The members of the one trusted forum; none if there is none, which is no trouble here.
fn members(context: &Context) -> Vec<String> {
    let home = context.home().ok();
    let held = trust::resolve(home.as_ref(), None, context.now, || Wanted::Everybody);
    held.map(|held| held.registry.members().keys().take(MOST).cloned().collect()).unwrap_or_default()
}

/// The command, with these ids as what its arguments of these names may be. Only for completions.
fn with_ids(command: Command, names: &[&str], ids: &[String]) -> Command {
    let command = command.mut_args(|arg| match names.contains(&arg.get_id().as_str()) && arg.get_long().is_some() {
        true => arg.value_parser(PossibleValuesParser::new(ids.to_vec())),
        false => arg,
    });
    command.mut_subcommands(|inner| with_ids(inner, names, ids))
}

/// Prints the first page, or writes them all.
pub(crate) fn man(args: &ManArgs, context: &Context) -> Answer {
    let command = with_variables(Whole::command());
    let Some(folder) = &args.folder else {
        let mut out = Vec::new();
        let rendered = clap_mangen::Man::new(command).render(&mut out);
        rendered.map_err(|e| Trouble::from(store::Error::io("standard output".as_ref(), e)))?;
        context.print(&out)?;
        return Ok(ExitCode::SUCCESS);
    };
    std::fs::create_dir_all(folder).map_err(|e| store::Error::io(folder, e))?;
    clap_mangen::generate_to(command, folder).map_err(|e| store::Error::io(folder, e))?;
    context.say(format_args!("manual pages are in {}", vouchsafe::encoding::text::shown_path(folder)));
    Ok(ExitCode::SUCCESS)
}

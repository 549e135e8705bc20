//! `vouchsafe practice`: reads the catalogue to people.

mod diff;
mod gap;
mod lint;
mod list;
mod show;
mod template;

use super::context::Context;
use super::trouble::Trouble;
use super::verify::{VerifyArgs, matrix};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::encoding::MAX_DOCUMENT;
use vouchsafe::encoding::text::{shown, shown_path};
use vouchsafe::practice::{Catalogue, Mappings, builtin};
use vouchsafe::store;

/// The arguments of `vouchsafe practice`.
#[derive(Args)]
pub(crate) struct PracticeArgs {
    /// A catalogue file; without it, the built-in catalogue
    #[arg(long, global = true, value_name = "FILE", env = "VOUCHSAFE_CATALOGUE")]
    catalogue: Option<PathBuf>,
    #[command(subcommand)]
    command: PracticeCommand,
}

#[derive(Subcommand)]
enum PracticeCommand {
    /// Lists practices, all of them or those of a profile or area
    List(list::ListArgs),
    /// Shows one practice, or those that a requirement of another framework maps to
    Show(show::ShowArgs),
    /// Finds practices in which every word occurs
    Search(list::SearchArgs),
    /// Says what is missing before a release can claim a profile; exit 1 if something is
    Gap(gap::GapArgs),
    /// Verifies releases, and shows their practices side by side
    Matrix(VerifyArgs),
    /// Says what another version of the catalogue asks for; exit 1 if it is something else
    Diff(diff::DiffArgs),
    /// Says what is wrong with a catalogue file and mapping files; exit 1 on errors
    Lint(lint::LintArgs),
    /// Prints a claims file for a profile, to be edited
    Template(template::TemplateArgs),
}

/// Runs the subcommand.
pub(crate) fn run(args: &PracticeArgs, context: &Context) -> Result<ExitCode, Trouble> {
    if let PracticeCommand::Lint(lint) = &args.command {
        return lint.run(args.catalogue.as_deref(), context);
    }
    if let PracticeCommand::Diff(diff) = &args.command {
        return diff.run(context);
    }
    if let PracticeCommand::Matrix(verify) = &args.command {
        return matrix(verify, context);
    }
    let catalogue = match &args.catalogue {
        Some(path) => Catalogue::parse(&store::read_bounded(path, MAX_DOCUMENT)?).map_err(|e| {
            Trouble::from(e)
                .then(format!("vouchsafe practice lint {} says all that is wrong with it", shown_path(path)))
        })?,
        None => builtin()?,
    };
    let shelf = Shelf { mappings: Mappings::for_catalogue(&catalogue)?, catalogue };
    match &args.command {
        PracticeCommand::List(list) => list.run(&shelf, context),
        PracticeCommand::Search(search) => search.run(&shelf, context),
        PracticeCommand::Show(show) => show.run(&shelf, context),
        PracticeCommand::Template(template) => template.run(&shelf, context),
        PracticeCommand::Gap(gap) => gap.run(&shelf, context),
        PracticeCommand::Diff(diff) => diff.run(context),
        PracticeCommand::Matrix(verify) => matrix(verify, context),
        PracticeCommand::Lint(lint) => lint.run(None, context),
    }
}

/// Shows a practice of the built-in catalogue, for `explain`.
pub(crate) fn show(id: &str, context: &Context) -> Result<ExitCode, Trouble> {
    let catalogue = builtin()?;
    let shelf = Shelf { mappings: Mappings::for_catalogue(&catalogue)?, catalogue };
    show::ShowArgs { id: id.to_owned() }.run(&shelf, context)
}

/// A catalogue and the mappings that belong to it.
struct Shelf {
    catalogue: Catalogue,
    mappings: Mappings,
}

impl Shelf {
    /// `forum-fp 2026.1 (draft)`.
    fn name(&self) -> String {
        let c = &self.catalogue;
        shown(&format!("{} {} ({})", c.id, c.version, c.status))
    }
    fn about(&self) -> About<'_> {
        let c = &self.catalogue;
        About {
            id: &c.id,
            version: c.version.as_str(),
            status: &c.status,
            title: &c.title,
            digest: Sha256 { sha256: c.digest_hex() },
        }
    }
    fn unknown_profile(&self, name: &str) -> Trouble {
        let names: Vec<String> = self.catalogue.profiles.iter().map(|p| shown(&p.id)).collect();
        Trouble::undecided(
            "profile-unknown",
            format!("{} has no profile {:?}", self.name(), shown(name)),
            "vouchsafe practice list --profile NAME lists the practices of one",
        )
        .because(names.join(", "), shown(name))
    }
}

/// The catalogue an answer is about.
#[derive(Serialize)]
struct About<'a> {
    id: &'a str,
    version: &'a str,
    status: &'a str,
    title: &'a str,
    digest: Sha256,
}

#[derive(Serialize)]
struct Sha256 {
    sha256: String,
}

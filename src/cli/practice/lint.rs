//! `vouchsafe practice lint`: what is wrong with a catalogue and its mappings.

use super::super::context::Context;
use super::super::trouble::Trouble;
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vouchsafe::encoding::MAX_DOCUMENT;
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::practice::lint::{self, Finding, Severity};
use vouchsafe::practice::{BUILTIN, BUILTIN_MAPPINGS};
use vouchsafe::store;

#[derive(Args)]
pub(super) struct LintArgs {
    /// The catalogue file; without it, the built-in catalogue and its mappings
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Mapping files for the catalogue; each replaces what is known of its framework
    #[arg(long, value_name = "FILE", num_args = 1..)]
    mappings: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    catalogue: &'a str,
    errors: usize,
    warnings: usize,
    findings: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    code: &'static str,
    severity: &'static str,
    at: &'a str,
    message: &'a str,
}

impl<'a> Row<'a> {
    fn of(finding: &'a Finding) -> Self {
        let Finding { code, severity, at, message } = finding;
        Row { code, severity: severity.as_str(), at, message }
    }
}

impl LintArgs {
    pub(super) fn run(&self, catalogue: Option<&Path>, context: &Context) -> Result<ExitCode, Trouble> {
        let read = |path: &Path| store::read_bounded(path, MAX_DOCUMENT);
        let mut mappings = self.mappings.iter().map(|p| read(p)).collect::<Result<Vec<_>, _>>()?;
        let (name, bytes) = match self.file.as_deref().or(catalogue) {
            Some(path) => (path.to_string_lossy().into_owned(), read(path)?),
            None => {
                mappings.splice(..0, BUILTIN_MAPPINGS.iter().map(|m| m.to_vec()));
                ("the built-in catalogue".to_owned(), BUILTIN.to_vec())
            }
        };
        let findings = lint::lint(&bytes, mappings.iter().map(Vec::as_slice));
        let of = |severity| findings.iter().filter(|f| f.severity == severity).count();
        let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
        let report = Report {
            schema: "vouchsafe-practice-lint/v1",
            catalogue: &name,
            errors,
            warnings,
            findings: findings.iter().map(Row::of).collect(),
        };
        let mut text = format!("{} and {} in {}\n", count(errors, "error"), count(warnings, "warning"), shown(&name));
        for f in &findings {
            text.push_str(&format!("{}[{}]  {}: {}\n", f.severity.as_str(), f.code, shown(&f.at), shown(&f.message)));
        }
        context.answer(&text, &report)?;
        Ok(ExitCode::from(u8::from(errors > 0)))
    }
}

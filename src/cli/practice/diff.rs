//! `vouchsafe practice diff`: what another version of the catalogue asks for.

use super::super::context::Context;
use super::super::trouble::Trouble;
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vouchsafe::encoding::MAX_DOCUMENT;
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::practice::{Catalogue, builtin, compare};
use vouchsafe::store::read_bounded;

#[derive(Args)]
pub(super) struct DiffArgs {
    /// The older catalogue, a file, or `builtin`
    old: PathBuf,
    /// The newer one
    new: PathBuf,
}

impl DiffArgs {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Trouble> {
        let (old, new) = (read(&self.old)?, read(&self.new)?);
        let changes = compare(&old, &new);
        let name = |c: &Catalogue| shown(&c.uri());
        let head = match changes.len() {
            0 => format!("SAME  {} and {} ask for the same\n", name(&old), name(&new)),
            n => format!("DIFFERENT  {} against {}: {}\n", name(&new), name(&old), count(n, "change")),
        };
        let lines: String = changes.iter().map(|line| format!("  - {line}\n")).collect();
        let about = |c: &Catalogue| json!({"id": c.id, "version": c.version.as_str(), "sha256": c.digest_hex()});
        let value = json!({
            "schema": "vouchsafe-practice-diff/v1", "old": about(&old), "new": about(&new), "changes": changes,
        });
        context.answer(&format!("{head}{lines}"), &value)?;
        Ok(ExitCode::from(u8::from(!changes.is_empty())))
    }
}

fn read(path: &Path) -> Result<Catalogue, Trouble> {
    if path.as_os_str() == "builtin" {
        return Ok(builtin()?);
    }
    Ok(Catalogue::parse(&read_bounded(path, MAX_DOCUMENT)?)?)
}

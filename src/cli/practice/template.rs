//! `vouchsafe practice template`: a claims file to start from.

use super::super::context::Context;
use super::super::trouble::Trouble;
use super::{About, Shelf};
use clap::Args;
use serde::Serialize;
use std::process::ExitCode;
use vouchsafe::practice::claims;

#[derive(Args)]
pub(super) struct TemplateArgs {
    /// The profile whose practices are to be claimed
    #[arg(long, value_name = "NAME", env = "VOUCHSAFE_PROFILE")]
    profile: String,
}

#[derive(Serialize)]
struct Template<'a> {
    schema: &'static str,
    catalogue: About<'a>,
    profile: &'a str,
    toml: &'a str,
}

impl TemplateArgs {
    pub(super) fn run(&self, shelf: &Shelf, context: &Context) -> Result<ExitCode, Trouble> {
        let text =
            claims::template(&shelf.catalogue, &self.profile).ok_or_else(|| shelf.unknown_profile(&self.profile))?;
        let answer = Template {
            schema: "vouchsafe-practice-template/v1",
            catalogue: shelf.about(),
            profile: &self.profile,
            toml: &text,
        };
        context.answer(&text, &answer)?;
        Ok(ExitCode::SUCCESS)
    }
}

//! `vouchsafe practice list` and `search`: one line a practice.

use super::super::context::Context;
use super::super::trouble::Trouble;
use super::{About, Shelf};
use clap::Args;
use serde::Serialize;
use std::process::ExitCode;
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::practice::{Practice, PracticeId, search};

#[derive(Args)]
pub(super) struct ListArgs {
    /// Only the practices of this profile, those of the profiles it extends included
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Only the practices of this area
    #[arg(long, value_name = "AREA")]
    area: Option<String>,
}

#[derive(Args)]
pub(super) struct SearchArgs {
    /// Words that must all occur in the practice: id, title, outcome, area, checks, ids of other frameworks
    #[arg(required = true, value_name = "WORDS")]
    words: Vec<String>,
}

/// A practice in a list.
#[derive(Serialize)]
struct Row<'a> {
    id: PracticeId,
    area: &'a str,
    level: u8,
    state: &'static str,
    title: &'a str,
    outcome: &'a str,
    automation: &'static str,
    profiles: Vec<&'a str>,
}

#[derive(Serialize)]
struct List<'a> {
    schema: &'static str,
    catalogue: About<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    area: Option<&'a str>,
    practices: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Hits<'a> {
    schema: &'static str,
    catalogue: About<'a>,
    words: &'a [String],
    practices: Vec<Row<'a>>,
}

impl ListArgs {
    pub(super) fn run(&self, shelf: &Shelf, context: &Context) -> Result<ExitCode, Trouble> {
        let catalogue = &shelf.catalogue;
        let wanted = match &self.profile {
            Some(name) => Some(catalogue.profile(name).ok_or_else(|| shelf.unknown_profile(name))?),
            None => None,
        };
        let area = self.area.as_ref().map(|a| a.to_uppercase());
        if let Some(area) = area.as_deref().filter(|id| catalogue.areas.iter().all(|a| a.id != *id)) {
            return Err(unknown_area(shelf, area));
        }
        let chosen = |p: &&Practice| {
            wanted.as_ref().is_none_or(|w| w.contains(&p.id)) && area.as_ref().is_none_or(|a| p.area == *a)
        };
        let practices: Vec<&Practice> = catalogue.practices.iter().filter(chosen).collect();
        let text = self.text(shelf, &practices);
        let answer = List {
            schema: "vouchsafe-practice-list/v1",
            catalogue: shelf.about(),
            profile: self.profile.as_deref(),
            area: area.as_deref(),
            practices: rows(shelf, &practices),
        };
        context.answer(&text, &answer)?;
        Ok(ExitCode::SUCCESS)
    }
    fn text(&self, shelf: &Shelf, practices: &[&Practice]) -> String {
        let areas: Vec<_> = shelf.catalogue.areas.iter().filter(|a| practices.iter().any(|p| p.area == a.id)).collect();
        let profile = self.profile.as_ref().map(|p| format!(", profile {}", shown(p))).unwrap_or_default();
        let mut text = format!(
            "{} in {}, {}{profile}\n",
            count(practices.len(), "practice"),
            count(areas.len(), "area"),
            shelf.name()
        );
        for area in areas {
            text.push_str(&format!("\n{}  {}\n", shown(&area.id), shown(&area.title)));
            text.extend(practices.iter().filter(|p| p.area == area.id).map(|p| line(shelf, p)));
        }
        text
    }
}

impl SearchArgs {
    pub(super) fn run(&self, shelf: &Shelf, context: &Context) -> Result<ExitCode, Trouble> {
        let found = search::search(&shelf.catalogue, &shelf.mappings, &self.words);
        let words = shown(&self.words.join(" "));
        if found.is_empty() {
            let message = format!("no practice of {} has all of these words: {words}", shelf.name());
            return Err(Trouble::undecided(
                "practice-not-found",
                message,
                "use fewer words; vouchsafe practice list shows them all",
            ));
        }
        let mut text = format!("{} for \"{words}\", {}\n\n", count(found.len(), "practice"), shelf.name());
        text.extend(found.iter().map(|p| line(shelf, p)));
        let answer = Hits {
            schema: "vouchsafe-practice-search/v1",
            catalogue: shelf.about(),
            words: &self.words,
            practices: rows(shelf, &found),
        };
        context.answer(&text, &answer)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn unknown_area(shelf: &Shelf, area: &str) -> Trouble {
    let ids: Vec<String> = shelf.catalogue.areas.iter().map(|a| shown(&a.id)).collect();
    Trouble::undecided(
        "area-unknown",
        format!("{} has no area {:?}", shelf.name(), shown(area)),
        "vouchsafe practice list shows them all",
    )
    .because(ids.join(", "), shown(area))
}

/// Id, the smallest profile that asks for it, title.
fn line(shelf: &Shelf, practice: &Practice) -> String {
    let width = shelf.catalogue.profiles.iter().map(|p| p.id.len()).max().unwrap_or(0);
    let profile = shelf.catalogue.profiles_with(&practice.id).first().copied().unwrap_or("-");
    format!("  {}  {:<width$}  {}\n", practice.id, shown(profile), shown(&practice.title))
}

fn rows<'a>(shelf: &'a Shelf, practices: &[&'a Practice]) -> Vec<Row<'a>> {
    let row = |p: &&'a Practice| Row {
        id: p.id,
        area: &p.area,
        level: p.level,
        state: p.state.as_str(),
        title: &p.title,
        outcome: &p.outcome,
        automation: p.automation.as_str(),
        profiles: shelf.catalogue.profiles_with(&p.id),
    };
    practices.iter().map(row).collect()
}

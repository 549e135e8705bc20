//! `vouchsafe practice show`: everything the catalogue says about a practice.

use super::super::context::Context;
use super::super::trouble::Trouble;
use super::{About, Shelf};
use clap::Args;
use serde::Serialize;
use std::process::ExitCode;
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::practice::{Automation, CheckDef, Practice, PracticeId, Requirement, search};

#[derive(Args)]
pub(super) struct ShowArgs {
    /// A practice such as TST-01, or a requirement of another framework such as ssdf-1.1:PS.3.2
    pub(super) id: String,
}

#[derive(Serialize)]
struct Show<'a> {
    schema: &'static str,
    catalogue: About<'a>,
    asked: &'a str,
    practices: Vec<Full<'a>>,
}

#[derive(Serialize)]
struct Full<'a> {
    id: PracticeId,
    area: &'a str,
    level: u8,
    scope: &'static str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_by: Option<PracticeId>,
    title: &'a str,
    outcome: &'a str,
    automation: &'static str,
    origin: &'a [String],
    profiles: Vec<&'a str>,
    checks: Vec<Check<'a>>,
    mappings: Vec<Mapped<'a>>,
}

#[derive(Serialize)]
struct Check<'a> {
    id: &'a str,
    title: &'a str,
    evidence: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    any: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Mapped<'a> {
    framework: &'a str,
    id: &'a str,
    relation: &'a str,
    basis: &'a str,
}

impl ShowArgs {
    pub(super) fn run(&self, shelf: &Shelf, context: &Context) -> Result<ExitCode, Trouble> {
        let asked = Requirement::parse(&self.id).map_err(|_| self.unknown(shelf))?;
        let ids = asked.resolve(&shelf.catalogue, &shelf.mappings);
        let practices: Vec<&Practice> = ids.iter().filter_map(|id| shelf.catalogue.practice(id)).collect();
        let text = match (&asked, practices.as_slice()) {
            (_, []) => return Err(self.unknown(shelf)),
            (Requirement::Practice(_), [practice, ..]) => describe(shelf, practice),
            (Requirement::Foreign { framework, id }, list) => foreign(shelf, framework, id, list),
        };
        let answer = Show {
            schema: "vouchsafe-practice-show/v1",
            catalogue: shelf.about(),
            asked: &self.id,
            practices: practices.iter().map(|p| full(shelf, p)).collect(),
        };
        context.answer(&text, &answer)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Says what may have been meant: ids that look alike, frameworks, or requirements that are mapped.
    fn unknown(&self, shelf: &Shelf) -> Trouble {
        let asked = shown(&self.id);
        let next = "vouchsafe practice list shows them all; vouchsafe practice search WORDS finds one";
        let join = |ids: Vec<PracticeId>| ids.iter().map(PracticeId::as_str).collect::<Vec<_>>().join(", ");
        let (message, expected) = match self.id.split_once(':') {
            Some((framework, _)) => match shelf.mappings.framework(framework) {
                Some(f) => (
                    format!("no practice of {} is mapped to {asked}", shelf.name()),
                    format!("a requirement of {}", shown(&f.title)),
                ),
                None => {
                    let known: Vec<String> = shelf.mappings.frameworks.iter().map(|f| shown(&f.id)).collect();
                    (
                        format!("there is no mapping to a framework {:?}", shown(framework)),
                        format!("one of {}", known.join(", ")),
                    )
                }
            },
            None => {
                let near = search::nearest(&shelf.catalogue, &self.id);
                let expected = if near.is_empty() {
                    "an id such as TST-01, or ssdf-1.1:PS.3.2".into()
                } else {
                    format!("perhaps {}", join(near))
                };
                (format!("{} has no practice {asked}", shelf.name()), expected)
            }
        };
        Trouble::undecided("practice-unknown", message, next).because(expected, asked)
    }
}

fn foreign(shelf: &Shelf, framework: &str, id: &str, practices: &[&Practice]) -> String {
    let title = shelf.mappings.framework(framework).map(|f| shown(&f.title)).unwrap_or_default();
    let mut text = format!("{} for {id} of {title}, {}\n", count(practices.len(), "practice"), shelf.name());
    if let Some(via) = shelf.mappings.framework(framework).and_then(|f| f.via_framework.as_deref().map(|via| (f, via)))
    {
        let across: Vec<String> = via.0.crosswalk.get(id).into_iter().flatten().map(|i| shown(i)).collect();
        text.push_str(&format!("over {}: {}\n", shown(via.1), across.join(", ")));
    }
    text.push('\n');
    for practice in practices {
        text.push_str(&format!("  {}  {}\n", practice.id, shown(&practice.title)));
    }
    text
}

/// A practice in words.
fn describe(shelf: &Shelf, practice: &Practice) -> String {
    let catalogue = &shelf.catalogue;
    let area = catalogue.areas.iter().find(|a| a.id == practice.area).map(|a| shown(&a.title)).unwrap_or_default();
    let automation = match practice.automation {
        Automation::None => "none: a person has to look",
        Automation::Partial => "partial: tools see some of it",
        Automation::Full => "full: tools can see all of it",
    };
    let mut text = format!("{}  {}\n  {}\n\n", practice.id, shown(&practice.title), shown(&practice.outcome));
    let mut field = |name: &str, value: &str| text.push_str(&format!("  {name:<11} {value}\n"));
    field("area", &area);
    field("level", &practice.level.to_string());
    field("scope", practice.scope.as_str());
    field("profiles", &shown(&catalogue.profiles_with(&practice.id).join(", ")));
    field("automation", automation);
    if practice.state.as_str() != "active" {
        field(
            "state",
            &format!(
                "{}{}",
                practice.state.as_str(),
                practice.replaced_by.map(|id| format!(", replaced by {id}")).unwrap_or_default()
            ),
        );
    }
    field("catalogue", &format!("{}#{}", shown(&catalogue.uri()), practice.id));
    let checks: Vec<&CheckDef> = practice.checks.iter().filter_map(|id| catalogue.check(id)).collect();
    if !checks.is_empty() {
        text.push_str("\n  checks, all of which have to pass for the basis \"checked\"\n");
        text.extend(checks.into_iter().map(check_in_words));
    }
    let mappings = shelf.mappings.of(&practice.id);
    if !mappings.is_empty() {
        text.push_str("\n  maps to\n");
        for m in mappings {
            let target = shown(&format!("{}:{}", m.framework, m.id));
            text.push_str(&format!("    {target:<34} {} ({})\n", shown(&m.relation), shown(&m.basis)));
        }
    }
    if !practice.origin.is_empty() {
        text.push_str("\n  see also\n");
        text.extend(practice.origin.iter().map(|o| format!("    {}\n", shown(o))));
    }
    text
}

fn check_in_words(check: &CheckDef) -> String {
    let kinds: Vec<&str> = check.evidence_kinds().collect();
    let mut text =
        format!("    {}  {}\n      evidence: {}\n", shown(&check.id), shown(&check.title), shown(&kinds.join(" or ")));
    for (name, list) in [("all of", &check.all), ("one of", &check.any)] {
        if let Some(list) = list {
            let words: Vec<String> = list.iter().map(|a| shown(&a.to_string())).collect();
            text.push_str(&format!("      {name}: {}\n", words.join("; ")));
        }
    }
    text
}

fn full<'a>(shelf: &'a Shelf, practice: &'a Practice) -> Full<'a> {
    let words = |list: &Option<Vec<_>>| {
        list.as_ref().map(|l: &Vec<vouchsafe::practice::Assertion>| l.iter().map(ToString::to_string).collect())
    };
    let check = |c: &'a CheckDef| Check {
        id: &c.id,
        title: &c.title,
        evidence: c.evidence_kinds().collect(),
        all: words(&c.all),
        any: words(&c.any),
    };
    let mapped = |m: &'a vouchsafe::practice::Mapping| Mapped {
        framework: &m.framework,
        id: &m.id,
        relation: &m.relation,
        basis: &m.basis,
    };
    Full {
        id: practice.id,
        area: &practice.area,
        level: practice.level,
        scope: practice.scope.as_str(),
        state: practice.state.as_str(),
        replaced_by: practice.replaced_by,
        title: &practice.title,
        outcome: &practice.outcome,
        automation: practice.automation.as_str(),
        origin: &practice.origin,
        profiles: shelf.catalogue.profiles_with(&practice.id),
        checks: practice.checks.iter().filter_map(|id| shelf.catalogue.check(id)).map(check).collect(),
        mappings: shelf.mappings.of(&practice.id).into_iter().map(mapped).collect(),
    }
}

//! `vouchsafe practice gap`: what is missing before a release can claim a profile, with the evidence there is.

use super::super::claimed::EvidenceArgs;
use super::super::context::Context;
use super::super::trouble::Trouble;
use super::{About, Shelf};
use clap::Args;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::process::ExitCode;
use vouchsafe::attestation::StatementDraft;
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::gather::{Effort, subject};
use vouchsafe::practice::{Assessed, Claim, ClaimResult, PracticeId};
use vouchsafe::publish::attest::{self, ALGORITHMS, Assessment};

#[derive(Args)]
pub(super) struct GapArgs {
    /// Files of the release, for evidence that names them by digest
    #[arg(value_name = "PATH")]
    paths: Vec<OsString>,
    /// The profile to be met
    #[arg(long, value_name = "NAME", default_value = "base", env = "VOUCHSAFE_PROFILE")]
    profile: String,
    /// Say it in the words of another framework, such as ssdf-1.1
    #[arg(long, value_name = "ID")]
    framework: Option<String>,
    #[command(flatten)]
    with: EvidenceArgs,
}

/// A practice that is asked for.
#[derive(Serialize)]
struct Row {
    practice: PracticeId,
    title: String,
    met: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    basis: Option<&'static str>,
    /// What would make it checked.
    missing: Vec<String>,
}

/// A requirement of another framework, and how the practices stand that support it.
#[derive(Serialize)]
struct Foreign {
    id: String,
    met: Vec<PracticeId>,
    open: Vec<PracticeId>,
}

/// schemas/practice-gap-v1.json
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    catalogue: About<'a>,
    profile: &'a str,
    met: usize,
    practices: Vec<Row>,
    #[serde(skip_serializing_if = "Option::is_none")]
    framework: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requirements: Vec<Foreign>,
}

impl GapArgs {
    pub(super) fn run(&self, shelf: &Shelf, context: &Context) -> Result<ExitCode, Trouble> {
        let asked = shelf.catalogue.profile(&self.profile).ok_or_else(|| shelf.unknown_profile(&self.profile))?;
        let (claims, assessed) = self.claims(shelf, context)?;
        let rows: Vec<Row> = asked.iter().map(|id| row(shelf, *id, &claims, &assessed)).collect();
        let met = rows.iter().filter(|row| row.met).count();
        let requirements = self.framework.as_deref().map(|id| foreign(shelf, id, &rows)).transpose()?;
        let text = self.text(shelf, context, (&rows, met), requirements.as_deref().unwrap_or_default());
        let complete = met == rows.len();
        let document = Document {
            schema: "vouchsafe-practice-gap/v1",
            catalogue: shelf.about(),
            profile: &self.profile,
            met,
            practices: rows,
            framework: self.framework.as_deref(),
            requirements: requirements.unwrap_or_default(),
        };
        context.answer(&text, &document)?;
        Ok(ExitCode::from(u8::from(!complete)))
    }

    /// The claims an attestation would make.
    fn claims(
        &self,
        shelf: &Shelf,
        context: &Context,
    ) -> Result<(Vec<Claim>, BTreeMap<PracticeId, Assessed>), Trouble> {
        let mut draft = StatementDraft::default();
        for found in
            subject::files(&self.paths, ALGORITHMS, &Effort::default(), |_, subject| subject)?.into_iter().flatten()
        {
            draft.about(found.name.clone(), &found.measured);
        }
        let (claims, given) = self.with.claimed(&shelf.catalogue)?;
        let made = attest::practices(Assessment {
            member: "",
            catalogue: &shelf.catalogue,
            profile: Some(&self.profile),
            claims,
            evidence: self.with.read(&given, &draft, context)?,
            scope: self.with.scope(),
            independence: "self",
            assessed_at: context.now,
            valid_until: None,
            subject_set: None,
        })?;
        Ok((made.practices.claims, made.assessed))
    }

    fn text(&self, shelf: &Shelf, context: &Context, (rows, met): (&[Row], usize), foreign: &[Foreign]) -> String {
        let open = rows.len().saturating_sub(met);
        let word = if open == 0 { context.paint(32, "COMPLETE") } else { context.paint(33, "GAP") };
        let mut out = format!(
            "{word}  {} of {}: {met} of {} met, {} to go\n",
            shown(&self.profile),
            shelf.name(),
            rows.len(),
            count(open, "practice")
        );
        for row in rows.iter().filter(|row| !row.met) {
            let _ = writeln!(out, "  {} {}", row.practice, shown(&row.title));
            for line in &row.missing {
                let _ = writeln!(out, "    {}", shown(line));
            }
        }
        for requirement in foreign {
            let list = |ids: &[PracticeId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let state = match (requirement.met.is_empty(), requirement.open.is_empty()) {
                (_, true) => format!("supported by {}", list(&requirement.met)),
                (true, false) => format!("open: {}", list(&requirement.open)),
                (false, false) => format!("in part: {}; open: {}", list(&requirement.met), list(&requirement.open)),
            };
            let _ = writeln!(out, "  {} {state}", shown(&requirement.id));
        }
        out
    }
}

fn row(shelf: &Shelf, id: PracticeId, claims: &[Claim], assessed: &BTreeMap<PracticeId, Assessed>) -> Row {
    let claim = claims.iter().find(|c| c.practice == id).filter(|c| c.result == ClaimResult::Met);
    let checks = assessed.get(&id).map(Assessed::missing).unwrap_or_default();
    let missing = match (claim, checks.is_empty()) {
        (Some(_), _) => Vec::new(),
        (None, true) => vec!["a claim: nothing can be checked by a machine".to_owned()],
        (None, false) => checks,
    };
    let title = shelf.catalogue.practice(&id).map(|p| p.title.clone()).unwrap_or_default();
    Row { practice: id, title, met: claim.is_some(), basis: claim.map(|c| c.basis.as_str()), missing }
}

/// Requirements of another framework, by the practices of the profile that support them.
fn foreign(shelf: &Shelf, framework: &str, rows: &[Row]) -> Result<Vec<Foreign>, Trouble> {
    if shelf.mappings.framework(framework).is_none() {
        let known: Vec<String> = shelf.mappings.frameworks.iter().map(|f| shown(&f.id)).collect();
        return Err(Trouble::undecided(
            "framework-unknown",
            format!("there is no mapping to {}", shown(framework)),
            "vouchsafe practice show ID lists what a practice maps to",
        )
        .because(known.join(", "), shown(framework)));
    }
    let entries = shelf.mappings.entries.iter().filter(|entry| entry.framework == framework);
    let ids: BTreeSet<&str> = entries.map(|entry| entry.id.as_str()).collect();
    let one = |id: &str| {
        let practices = shelf.mappings.foreign(framework, id);
        let (met, open): (Vec<&Row>, Vec<&Row>) =
            rows.iter().filter(|row| practices.contains(&row.practice)).partition(|row| row.met);
        let ids = |rows: Vec<&Row>| rows.iter().map(|row| row.practice).collect();
        Foreign { id: id.to_owned(), met: ids(met), open: ids(open) }
    };
    Ok(ids.into_iter().map(one).filter(|f| !f.met.is_empty() || !f.open.is_empty()).collect())
}

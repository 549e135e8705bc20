//! The CISA Secure Software Development Attestation Form: what verified practices support of each of its questions,
//! computed by the form's own crosswalk, and what is left for a plan of action and milestones.
//!
//! It fills in nothing: who signs the form answers for it. A question is `supported` only if every task that it cites
//! has a practice mapped to it and every one of those practices is met.

use super::{Claimed, Finding, Release, VERSION, digests, inert, plain};
use crate::encoding::duration::rfc3339;
use crate::encoding::json;
use crate::encoding::text::shown;
use crate::practice::{Framework, Mappings, PracticeId};
use crate::verify::ItemStatus;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const FORM: &str = "cisa-ssdaf-2024-03";
const NOTICE: &str = "Computed from verified practices by a mapping; not stated by the signer. Practices support a question, they do \
                      not fulfil it. Whoever signs the form answers for it.";

/// What the questions are about, in our words.
const QUESTIONS: [(&str, &str); 9] = [
    ("1.a", "Environments of development and build are separated and protected"),
    ("1.b", "Trust relationships for access are logged, monitored and audited"),
    ("1.c", "Multi-factor authentication and conditional access are enforced"),
    ("1.d", "Products that bring undue risk are documented and kept few"),
    ("1.e", "Sensitive data such as credentials are encrypted"),
    ("1.f", "Operations are monitored, and incidents are responded to"),
    ("2", "The supply chain of source code is kept trusted by automated or comparable means"),
    ("3", "Provenance of internal code and third-party components is kept"),
    ("4", "Vulnerabilities are looked for before release, addressed, and can be reported"),
];

/// Why there are no answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoForm {
    /// No practices were asked for.
    #[error("no practices were asked for")]
    NoPractices,
    /// The catalogue has no mapping to the form, or one that cannot be read.
    #[error("the catalogue is not mapped to {FORM}")]
    NoMapping,
}

/// The whole document.
#[derive(Serialize)]
struct Answers {
    schema: &'static str,
    form: Value,
    computed: Value,
    producer: Value,
    subjects: Vec<Value>,
    as_of: Value,
    answers: Vec<Answer>,
    poam: Vec<Open>,
}

#[derive(Serialize)]
struct Answer {
    question: String,
    about: &'static str,
    answer: &'static str,
    tasks: Vec<String>,
    tasks_without_practice: Vec<String>,
    practices: Vec<Shown>,
}

#[derive(Serialize)]
struct Shown {
    practice: String,
    title: String,
    status: &'static str,
    basis: Option<&'static str>,
    tier: &'static str,
}

/// A practice behind a question that is not met.
#[derive(Serialize)]
struct Open {
    practice: String,
    title: String,
    questions: Vec<String>,
    status: &'static str,
    claimed: Option<&'static str>,
    reason: Option<String>,
    owner: Option<String>,
    approved_at: Option<String>,
    expires: Option<String>,
    compensated_by: Vec<String>,
}

/// The answers as JSON.
///
/// # Errors
/// [`NoForm`] if there is nothing they could be computed from.
pub fn cisa(release: &Release<'_>) -> Result<Vec<u8>, NoForm> {
    answers(release).map(|a| json::pretty(&a))
}

/// The same as a section of Markdown.
///
/// # Errors
/// As [`cisa`].
pub fn cisa_markdown(release: &Release<'_>) -> Result<Vec<u8>, NoForm> {
    let claimed = release.claimed.ok_or(NoForm::NoPractices)?;
    answers(release).map(|a| markdown(release, claimed, &a).into_bytes())
}

fn answers(release: &Release<'_>) -> Result<Answers, NoForm> {
    let claimed = release.claimed.ok_or(NoForm::NoPractices)?;
    let mappings = Mappings::for_catalogue(claimed.catalogue).map_err(|_| NoForm::NoMapping)?;
    let form = mappings.framework(FORM).filter(|f| !f.crosswalk.is_empty()).ok_or(NoForm::NoMapping)?;
    let mut findings: BTreeMap<PracticeId, Finding<'_>> = claimed.findings().into_iter().map(|f| (f.id, f)).collect();
    let cited: BTreeSet<PracticeId> = form.crosswalk.keys().flat_map(|q| mappings.foreign(FORM, q)).collect();
    for id in &cited {
        let title = claimed.catalogue.practice(id).map_or("", |p| p.title.as_str());
        findings.entry(*id).or_insert(Finding { id: *id, title, item: None, claim: None, tier: "signed" });
    }
    let answers: Vec<Answer> = form.crosswalk.keys().map(|q| answer(q, form, &mappings, &findings)).collect();
    let open = findings.values().filter(|f| cited.contains(&f.id) && !f.is(ItemStatus::Met));
    let poam = open.map(|f| unmet(f, form, &mappings)).collect();
    let as_of = release.first.as_of();
    let signers = release.first.signers().iter().map(|s| json!({"member": s.member, "name": shown(&s.name)}));
    Ok(Answers {
        schema: "vouchsafe-cisa-answers/v1",
        form: json!({"id": form.id, "title": form.title, "version": form.version}),
        computed: json!({
            "by": format!("vouchsafe {VERSION}"), "with": Mappings::origin(claimed.catalogue), "notice": NOTICE,
            "catalogue": claimed.catalogue.uri(), "catalogue_sha256": claimed.catalogue.digest_hex(),
            "statement_sha256": release.first.statement_sha256(),
        }),
        producer: json!({
            "product": claimed.practices.scope.product.as_deref().map(shown),
            "signers": signers.collect::<Vec<_>>(),
        }),
        subjects: release
            .subjects
            .iter()
            .map(|v| json!({"name": shown(v.subject()), "digest": digests(v.artifact())}))
            .collect(),
        as_of: json!({
            "at": rfc3339(release.asked.at), "forum": shown(&as_of.forum), "forum_id": as_of.forum_id,
            "registry_version": as_of.versions.targets,
        }),
        answers,
        poam,
    })
}

fn answer(question: &str, form: &Framework, mappings: &Mappings, all: &BTreeMap<PracticeId, Finding<'_>>) -> Answer {
    let tasks = form.crosswalk.get(question).cloned().unwrap_or_default();
    let via = form.via_framework.as_deref().unwrap_or_default();
    let lacking: Vec<String> = tasks.iter().filter(|t| mappings.foreign(via, t).is_empty()).cloned().collect();
    let found: Vec<&Finding<'_>> = mappings.foreign(FORM, question).iter().filter_map(|id| all.get(id)).collect();
    let met = found.iter().filter(|f| f.is(ItemStatus::Met)).count();
    let answer = match (met, found.len()) {
        (0, _) => "not shown",
        (met, all) if met == all && lacking.is_empty() => "supported",
        _ => "supported in part",
    };
    let about = QUESTIONS.iter().find(|(id, _)| *id == question).map_or("", |(_, about)| about);
    let practices = found.into_iter().map(|f| Shown {
        practice: f.id.to_string(),
        title: shown(f.title),
        status: f.status(),
        basis: f.claim.map(|c| c.basis.as_str()),
        tier: f.tier,
    });
    let practices = practices.collect();
    Answer { question: question.to_owned(), about, answer, tasks, tasks_without_practice: lacking, practices }
}

fn unmet(finding: &Finding<'_>, form: &Framework, mappings: &Mappings) -> Open {
    let behind = |q: &&String| mappings.foreign(FORM, q).contains(&finding.id);
    let exception = finding.claim.and_then(|c| c.exception.as_ref());
    let reason = exception.map(|e| &e.reason).or(finding.claim.and_then(|c| c.reason.as_ref()));
    Open {
        practice: finding.id.to_string(),
        title: shown(finding.title),
        questions: form.crosswalk.keys().filter(behind).cloned().collect(),
        status: finding.status(),
        claimed: finding.claim.map(|c| c.result.as_str()),
        reason: reason.map(|r| shown(r)),
        owner: exception.map(|e| shown(&e.owner.role)),
        approved_at: exception.map(|e| rfc3339(e.approved_at)),
        expires: exception.map(|e| rfc3339(e.expires)),
        compensated_by: exception
            .map(|e| e.compensated_by.iter().map(ToString::to_string).collect())
            .unwrap_or_default(),
    }
}

fn markdown(release: &Release<'_>, claimed: Claimed<'_>, answers: &Answers) -> String {
    let mut out = String::new();
    let names: Vec<String> = release.subjects.iter().map(|v| plain(v.subject())).collect();
    let signers: Vec<String> = release.first.signers().iter().map(|s| plain(&s.name)).collect();
    let _ = writeln!(out, "## CISA Secure Software Development Attestation Form: {}\n", names.join(", "));
    let _ = writeln!(out, "Signed by {}; as of {}. {NOTICE}\n", signers.join(", "), rfc3339(release.asked.at));
    let _ = writeln!(out, "Computed with {}.\n", plain(&Mappings::origin(claimed.catalogue)));
    let _ = writeln!(out, "| question | about | answer | met | without a practice |\n| --- | --- | --- | --- | --- |");
    for a in &answers.answers {
        let met = a.practices.iter().filter(|p| p.status == ItemStatus::Met.as_str()).count();
        let lacking = plain(&a.tasks_without_practice.join(" "));
        let (question, all) = (plain(&a.question), a.practices.len());
        let _ = writeln!(out, "| {question} | {} | {} | {met} of {all} | {lacking} |", a.about, a.answer);
    }
    let _ = writeln!(out, "\n### Plan of action and milestones\n");
    if answers.poam.is_empty() {
        let _ = writeln!(out, "Nothing is open.");
        return out;
    }
    let _ = writeln!(
        out,
        "| practice | questions | status | owner | expires | reason |\n| --- | --- | --- | --- | --- | --- |"
    );
    for o in &answers.poam {
        let cell = |text: &Option<String>| text.as_deref().map(inert).unwrap_or_default();
        let (questions, expires) = (plain(&o.questions.join(" ")), o.expires.as_deref().unwrap_or_default());
        let _ = writeln!(
            out,
            "| {} {} | {questions} | {} | {} | {expires} | {} |",
            o.practice,
            inert(&o.title),
            o.status,
            cell(&o.owner),
            cell(&o.reason)
        );
    }
    out
}

//! What is wrong with a catalogue and its mappings: findings with stable codes.
//!
//! Errors in the structure of a catalogue are also what makes [`Catalogue::parse`](super::Catalogue::parse) refuse it.

use super::document::{Document, WrittenPractice};
use super::mapping::{Entry, Framework, MappingFile};
use super::{PracticeId, State, Version};
use std::collections::{BTreeMap, HashSet};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It works, and is probably not what was meant.
    Warning,
    /// It cannot be used like this.
    Error,
}

impl Severity {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable kebab-case code.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where: `practice TST-01`, `profile base`, `check sast-ran`.
    pub at: String,
    /// What is wrong.
    pub message: String,
}

/// Everything that is wrong with a catalogue file and the mapping files for it, in the order of the files. A
/// framework that comes again replaces what came before it, as in [`Mappings::with`](super::Mappings::with).
pub fn lint<'a>(catalogue: &[u8], mappings: impl IntoIterator<Item = &'a [u8]>) -> Vec<Finding> {
    let document = match Document::read(catalogue) {
        Ok(document) => document,
        Err(e) => return vec![error("catalogue-malformed", "catalogue", e.why)],
    };
    let mut findings = structure(&document);
    let mut frameworks = document.frameworks.clone();
    let mut entries: Vec<Entry> = document.inline_mappings().collect();
    for bytes in mappings {
        match MappingFile::read(bytes) {
            Ok(file) => {
                let at = format!("mapping {}", file.framework.id);
                if file.catalogue != document.id {
                    findings.push(error(
                        "mapping-other-catalogue",
                        &at,
                        format!("is for {:?}, this is {:?}", file.catalogue, document.id),
                    ));
                }
                frameworks.retain(|f| f.id != file.framework.id);
                entries.retain(|e| e.framework != file.framework.id);
                entries.extend(file.entries());
                frameworks.push(file.framework);
            }
            Err(e) => findings.push(error("mapping-malformed", "mapping", e.why)),
        }
    }
    foreign(&document, &frameworks, &entries, &mut findings);
    findings
}

/// What is wrong inside the catalogue itself.
pub(super) fn structure(document: &Document) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !is_kebab(&document.id) {
        findings.push(error("id-malformed", "catalogue", format!("{:?} is not a kebab-case id", document.id)));
    }
    if let Err(e) = Version::parse(&document.version) {
        findings.push(error("version-malformed", "catalogue", e.why));
    }
    for (kind, ids) in [
        ("area", document.areas.iter().map(|a| a.id.as_str()).collect::<Vec<_>>()),
        ("profile", document.profiles.iter().map(|p| p.id.as_str()).collect()),
        ("check", document.checks.iter().map(|c| c.id.as_str()).collect()),
        ("practice", document.practices.iter().map(|p| p.id.as_str()).collect()),
        ("framework", document.frameworks.iter().map(|f| f.id.as_str()).collect()),
    ] {
        findings.extend(ids_of(kind, &ids));
    }
    practices(document, &mut findings);
    profiles(document, &mut findings);
    checks(document, &mut findings);
    findings
}

/// Each id well-formed and given once.
fn ids_of(kind: &str, ids: &[&str]) -> Vec<Finding> {
    let mut seen = HashSet::new();
    let mut findings = Vec::new();
    for id in ids {
        let well_formed = match kind {
            "practice" => PracticeId::parse(id).is_ok(),
            "area" => id.len() == 3 && id.bytes().all(|b| b.is_ascii_uppercase()),
            _ => is_kebab(id),
        };
        if !well_formed {
            findings.push(error(
                "id-malformed",
                &format!("{kind} {id}"),
                "the id does not follow the pattern for its kind".into(),
            ));
        }
        if !seen.insert(id) {
            findings.push(error("id-duplicate", &format!("{kind} {id}"), "the id is given twice".into()));
        }
    }
    findings
}

fn practices(document: &Document, findings: &mut Vec<Finding>) {
    let areas: HashSet<&str> = document.areas.iter().map(|a| a.id.as_str()).collect();
    let checks: HashSet<&str> = document.checks.iter().map(|c| c.id.as_str()).collect();
    let ids = practice_ids(document);
    let in_profiles: HashSet<&str> = document.profiles.iter().flat_map(|p| &p.practices).map(String::as_str).collect();
    if document.practices.is_empty() {
        findings.push(error("catalogue-empty", "catalogue", "there is no practice in it".into()));
    }
    for practice in &document.practices {
        let at = || format!("practice {}", practice.id);
        if !areas.contains(practice.area.as_str()) {
            findings.push(error("area-unknown", &at(), format!("there is no area {:?}", practice.area)));
        } else if !practice.id.starts_with(&practice.area) {
            findings.push(warning(
                "area-mismatch",
                &at(),
                format!("the id does not start with its area, {}", practice.area),
            ));
        }
        for check in practice.checks.iter().filter(|c| !checks.contains(c.as_str())) {
            findings.push(error("check-unknown", &at(), format!("there is no check {check:?}")));
        }
        if let Some(next) = practice.replaced_by.as_deref().filter(|next| !ids.contains(next) || *next == practice.id) {
            findings.push(error(
                "replacement-unknown",
                &at(),
                format!("is replaced by {next:?}, which is no other practice"),
            ));
        }
        findings.extend(state(practice, at, in_profiles.contains(practice.id.as_str())));
    }
}

/// Active practices are asked for somewhere, retired ones nowhere.
fn state(practice: &WrittenPractice, at: impl Fn() -> String, in_profile: bool) -> Option<Finding> {
    match (practice.state, in_profile) {
        (State::Active, false) => Some(warning("practice-in-no-profile", &at(), "no profile asks for it".into())),
        (State::Retired, true) => {
            Some(warning("practice-retired", &at(), "is retired, and a profile asks for it".into()))
        }
        _ => None,
    }
}

fn profiles(document: &Document, findings: &mut Vec<Finding>) {
    let ids = practice_ids(document);
    let extends: BTreeMap<&str, Option<&str>> =
        document.profiles.iter().map(|p| (p.id.as_str(), p.extends.as_deref())).collect();
    for profile in &document.profiles {
        let at = || format!("profile {}", profile.id);
        let mut seen = HashSet::new();
        for id in &profile.practices {
            if !ids.contains(id.as_str()) {
                findings.push(error("practice-unknown", &at(), format!("there is no practice {id:?}")));
            }
            if !seen.insert(id) {
                findings.push(warning("practice-repeated", &at(), format!("{id} is listed twice")));
            }
        }
        match profile.extends.as_deref() {
            Some(base) if !extends.contains_key(base) => {
                findings.push(error("profile-unknown", &at(), format!("extends {base:?}, which is no profile")));
            }
            Some(_) if comes_back(&extends, &profile.id) => {
                findings.push(error("profile-cycle", &at(), "extends itself, over other profiles or directly".into()));
            }
            None if profile.practices.is_empty() => {
                findings.push(error("profile-empty", &at(), "asks for nothing".into()))
            }
            _ => {}
        }
    }
}

/// Whether following `extends` from `start` leads to `start` again.
fn comes_back(extends: &BTreeMap<&str, Option<&str>>, start: &str) -> bool {
    let mut seen = HashSet::new();
    let mut next = extends.get(start).copied().flatten();
    while let Some(name) = next.filter(|name| seen.insert(*name)) {
        if name == start {
            return true;
        }
        next = extends.get(name).copied().flatten();
    }
    false
}

fn checks(document: &Document, findings: &mut Vec<Finding>) {
    let used: HashSet<&str> = document.practices.iter().flat_map(|p| &p.checks).map(String::as_str).collect();
    for check in &document.checks {
        let at = || format!("check {}", check.id);
        let empty = [&check.all, &check.any].into_iter().flatten().any(Vec::is_empty);
        if empty || (check.all.is_none() && check.any.is_none()) {
            findings.push(error("check-empty", &at(), "asserts nothing, so it can never pass".into()));
        }
        if check.evidence_kinds().next().is_none() {
            findings.push(error("check-without-evidence", &at(), "names no kind of evidence".into()));
        }
        if !used.contains(check.id.as_str()) {
            findings.push(warning("check-unused", &at(), "no practice uses it".into()));
        }
    }
}

/// What is wrong with mappings: unknown practices, frameworks and requirements.
fn foreign(document: &Document, frameworks: &[Framework], entries: &[Entry], findings: &mut Vec<Finding>) {
    let ids = practice_ids(document);
    let by_id: BTreeMap<&str, &Framework> = frameworks.iter().map(|f| (f.id.as_str(), f)).collect();
    let mut seen = HashSet::new();
    for entry in entries {
        let at = format!("mapping {} to {}:{}", entry.practice, entry.framework, entry.id);
        if !ids.contains(entry.practice.as_str()) {
            findings.push(error("mapping-practice-unknown", &at, format!("there is no practice {:?}", entry.practice)));
        }
        if !matches!(entry.relation.as_str(), "supports" | "relates-to") {
            findings.push(error(
                "mapping-relation-unknown",
                &at,
                format!("{:?} is not supports or relates-to", entry.relation),
            ));
        }
        if !seen.insert((&entry.practice, &entry.framework, &entry.id)) {
            findings.push(warning("mapping-repeated", &at, "is given twice".into()));
        }
        match by_id.get(entry.framework.as_str()) {
            Some(framework) => findings.extend(foreign_id(framework, &entry.id, &at)),
            None => {
                findings.push(error("framework-unknown", &at, format!("there is no framework {:?}", entry.framework)))
            }
        }
    }
    for framework in frameworks {
        let at = format!("crosswalk {}", framework.id);
        let via = framework.via_framework.as_deref().and_then(|via| by_id.get(via));
        match via {
            Some(via) => {
                findings.extend(framework.crosswalk.values().flatten().filter_map(|id| foreign_id(via, id, &at)))
            }
            None if framework.via_framework.is_some() || !framework.crosswalk.is_empty() => {
                findings.push(error("framework-unknown", &at, "goes over a framework that is not here".into()));
            }
            None => {}
        }
    }
}

/// A requirement id that its framework cannot have.
fn foreign_id(framework: &Framework, id: &str, at: &str) -> Option<Finding> {
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'(' | b')'))
    {
        return Some(error("foreign-id-malformed", at, format!("{id:?} is not an identifier")));
    }
    let unknown = framework.ids.as_ref().is_some_and(|ids| !ids.contains(id));
    unknown.then(|| error("foreign-id-unknown", at, format!("{} has no {id:?}", framework.title)))
}

fn practice_ids(document: &Document) -> HashSet<&str> {
    document.practices.iter().map(|p| p.id.as_str()).collect()
}

/// Lower-case letters, digits and dots in parts joined by single hyphens.
fn is_kebab(id: &str) -> bool {
    let part = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.');
    id.len() <= 64 && id.split('-').all(part)
}

fn error(code: &'static str, at: &str, message: String) -> Finding {
    Finding { code, severity: Severity::Error, at: at.to_owned(), message }
}

fn warning(code: &'static str, at: &str, message: String) -> Finding {
    Finding { code, severity: Severity::Warning, at: at.to_owned(), message }
}

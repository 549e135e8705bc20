//! What is counted of a suite, what it says of itself, and how the two are held against each other.

use super::super::xml::Tag;

/// Test cases as they stand in a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) tests: u64,
    pub(super) failures: u64,
    pub(super) errors: u64,
    pub(super) skipped: u64,
    pub(super) flaky: u64,
}

/// Totals as the attributes of an element say them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Declared {
    tests: Option<u64>,
    failures: Option<u64>,
    errors: Option<u64>,
    skipped: Option<u64>,
    /// One of them is no number.
    torn: bool,
}

/// A suite that is open.
#[derive(Debug)]
pub(super) struct Suite {
    pub(super) security: bool,
    pub(super) own: Counts,
    pub(super) inner: Counts,
    pub(super) declared: Declared,
    pub(super) inner_declared: Declared,
}

/// A test case that is open.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Case {
    pub(super) security: bool,
    failure: bool,
    error: bool,
    skipped: bool,
    flaky: bool,
}

impl Suite {
    pub(super) fn of(tag: &Tag<'_>, inherited: bool) -> Self {
        let named = ["name", "package"].iter().any(|key| tag.get(key).is_some_and(is_security));
        Self {
            security: inherited || named,
            own: Counts::default(),
            inner: Counts::default(),
            declared: Declared::of(tag),
            inner_declared: Declared::default(),
        }
    }
}

impl Case {
    pub(super) fn of(tag: &Tag<'_>) -> Self {
        // googletest marks what it did not run by attributes alone; others may mark failures so.
        let said = |key: &str, words: &[&str]| tag.get(key).is_some_and(|value| words.contains(&value));
        let skipped = said("status", &["notrun", "disabled", "skipped"]) || said("result", &["suppressed", "skipped"]);
        let failure = ["status", "result"].iter().any(|key| said(key, &["failed", "failure", "fail"]));
        let error = ["status", "result"].iter().any(|key| said(key, &["error", "errored", "broken"]));
        let security = tag.get("classname").is_some_and(is_security);
        Self { security, failure, error, skipped, ..Self::default() }
    }

    /// An element inside of the case. A rerun that failed stands beside the failure it repeats, so it adds nothing.
    pub(super) fn outcome(&mut self, element: &str) {
        match element {
            "failure" => self.failure = true,
            "error" => self.error = true,
            "skipped" | "disabled" => self.skipped = true,
            "flakyFailure" | "flakyError" => self.flaky = true,
            _ => {}
        }
    }
}

impl Counts {
    pub(super) fn case(&mut self, case: &Case) {
        let failed = case.failure || case.error;
        let add = |to: &mut u64, when: bool| *to = to.saturating_add(u64::from(when));
        add(&mut self.tests, true);
        add(&mut self.failures, case.failure);
        add(&mut self.errors, case.error);
        add(&mut self.skipped, case.skipped && !failed);
        add(&mut self.flaky, case.flaky && !failed);
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        Self {
            tests: self.tests.saturating_add(other.tests),
            failures: self.failures.saturating_add(other.failures),
            errors: self.errors.saturating_add(other.errors),
            skipped: self.skipped.saturating_add(other.skipped),
            flaky: self.flaky.saturating_add(other.flaky),
        }
    }

    pub(super) fn failed(&self) -> bool {
        self.failures > 0 || self.errors > 0
    }

    /// Whether the totals are those of these cases.
    pub(super) fn agrees(&self, declared: &Declared) -> bool {
        let is = |said: Option<u64>, counted: u64| said.is_none_or(|said| said == counted);
        !declared.torn
            && is(declared.tests, self.tests)
            && is(declared.failures, self.failures)
            && is(declared.errors, self.errors)
            && is(declared.skipped, self.skipped)
    }

    /// The worse of what is there and what is said: fewer tests, more of anything else.
    pub(super) fn worse(&self, declared: &Declared) -> Self {
        Self {
            tests: declared.tests.map_or(self.tests, |said| said.min(self.tests)),
            failures: declared.failures.map_or(self.failures, |said| said.max(self.failures)),
            errors: declared.errors.map_or(self.errors, |said| said.max(self.errors)),
            skipped: declared.skipped.map_or(self.skipped, |said| said.max(self.skipped)),
            flaky: self.flaky,
        }
    }
}

impl Declared {
    fn of(tag: &Tag<'_>) -> Self {
        let mut torn = false;
        let mut number = |keys: &[&str]| {
            let given = keys.iter().filter_map(|key| tag.get(key));
            given.fold(None, |sum: Option<u64>, text| match text.trim().parse::<u64>() {
                Ok(n) => Some(sum.unwrap_or(0).saturating_add(n)),
                Err(_) => {
                    torn = true;
                    sum
                }
            })
        };
        let (tests, failures, errors) = (number(&["tests"]), number(&["failures"]), number(&["errors"]));
        // googletest and CTest write `disabled` beside `skipped`, nose writes `skip`.
        let skipped = number(&["skipped", "disabled", "skip", "ignored"]);
        Self { tests, failures, errors, skipped, torn }
    }

    /// What it says, and the other where it says nothing.
    pub(super) fn or(&self, other: &Self) -> Self {
        Self {
            tests: self.tests.or(other.tests),
            failures: self.failures.or(other.failures),
            errors: self.errors.or(other.errors),
            skipped: self.skipped.or(other.skipped),
            torn: self.torn || other.torn,
        }
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        let add = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (one, other) => one.or(other),
        };
        Self {
            tests: add(self.tests, other.tests),
            failures: add(self.failures, other.failures),
            errors: add(self.errors, other.errors),
            skipped: add(self.skipped, other.skipped),
            torn: self.torn || other.torn,
        }
    }

    /// The more of failures, errors and skipped tests: a root that is silent of them hides none of its suites'.
    pub(super) fn worse(&self, other: &Self) -> Self {
        Self {
            tests: self.tests,
            failures: self.failures.max(other.failures),
            errors: self.errors.max(other.errors),
            skipped: self.skipped.max(other.skipped),
            torn: self.torn || other.torn,
        }
    }

    pub(super) fn failed(&self) -> bool {
        self.failures.is_some_and(|n| n > 0) || self.errors.is_some_and(|n| n > 0)
    }
}

/// Whether one segment of a name, between dots, colons, slashes and spaces, is `security`.
pub(super) fn is_security(name: &str) -> bool {
    name.split(|c: char| matches!(c, '.' | ':' | '/' | '\\') || c.is_whitespace())
        .any(|segment| segment.eq_ignore_ascii_case("security"))
}

/// `<property name="tag" value="security"/>`, also as `category`, also among others.
pub(super) fn tags_security(tag: &Tag<'_>) -> bool {
    let named = tag.get("name").is_some_and(|name| matches!(name, "tag" | "tags" | "category" | "categories"));
    let values = tag.get("value").unwrap_or_default();
    named && values.split([',', ';', ' ']).any(|value| value.trim().eq_ignore_ascii_case("security"))
}

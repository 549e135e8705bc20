//! Checks: closed assertions over the facts of one piece of evidence.
//!
//! Total and linear: no loops, no recursion, no arithmetic. Whatever is unknown, ambiguous or of another
//! type makes its assertion false, so that leaving facts out can never turn a failure into a pass.

use super::fact;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A check of a catalogue: what evidence it looks at and what must hold there.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckDef {
    /// Kebab-case identifier.
    pub id: String,
    /// Kinds of evidence it can be run on, separated by `|`.
    pub evidence: String,
    /// What it establishes, in words.
    pub title: String,
    /// How it is meant.
    #[serde(default)]
    pub note: Option<String>,
    /// Every one of these must hold.
    #[serde(default)]
    pub all: Option<Vec<Assertion>>,
    /// At least one of these must hold.
    #[serde(default)]
    pub any: Option<Vec<Assertion>>,
}

impl CheckDef {
    /// The kinds of evidence it can be run on.
    pub fn evidence_kinds(&self) -> impl Iterator<Item = &str> {
        self.evidence.split('|').map(str::trim).filter(|k| !k.is_empty())
    }
    /// Its assertions, `all` before `any`.
    pub fn assertions(&self) -> impl Iterator<Item = &Assertion> {
        self.all.iter().chain(&self.any).flatten()
    }
}

/// Whether the facts satisfy the check. Asking for nothing is not satisfied: a check without assertions is
/// false, and so is an empty `all` or `any`.
pub fn evaluate(check: &CheckDef, facts: &Map<String, Value>) -> bool {
    let all = check.all.as_ref().is_none_or(|list| !list.is_empty() && list.iter().all(|a| a.holds(facts)));
    let any = check.any.as_ref().is_none_or(|list| list.iter().any(|a| a.holds(facts)));
    (check.all.is_some() || check.any.is_some()) && all && any
}

/// One statement about one fact.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Assertion {
    fact: String,
    test: Test,
}

/// The closed list of tests.
#[derive(Clone, Debug, PartialEq)]
enum Test {
    Eq(Scalar),
    Ne(Scalar),
    Lt(f64),
    Le(f64),
    Gt(f64),
    Ge(f64),
    In(Vec<Scalar>),
    Exists,
}

/// What a fact can be compared with.
#[derive(Clone, Debug, PartialEq)]
enum Scalar {
    Bool(bool),
    Number(f64),
    Text(String),
}

impl Scalar {
    /// None for null, lists, objects and numbers that a double cannot hold exactly.
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(b) => Some(Self::Bool(*b)),
            Value::Number(_) => number(value).map(Self::Number),
            Value::String(s) => Some(Self::Text(s.clone())),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
    fn same_type(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// A finite number; integers past 2^53 would compare equal to their neighbours and are taken as unknown.
fn number(value: &Value) -> Option<f64> {
    const EXACT: u64 = 1 << 53;
    let too_large =
        value.as_u64().is_some_and(|n| n > EXACT) || value.as_i64().is_some_and(|n| n.unsigned_abs() > EXACT);
    value.as_f64().filter(|n| n.is_finite() && !too_large)
}

impl Assertion {
    /// The fact it is about.
    pub fn fact(&self) -> &str {
        &self.fact
    }
    /// Whether these facts say otherwise: the fact is known, of the type that is asked about, and the assertion false.
    /// What is unknown, or something else by the same name, says nothing.
    pub fn is_refuted(&self, facts: &Map<String, Value>) -> bool {
        let Some(value) = fact::lookup(facts, &self.fact) else { return false };
        let same = |want: &Scalar| Scalar::of(value).is_some_and(|got| got.same_type(want));
        let comparable = match &self.test {
            Test::Eq(want) | Test::Ne(want) => same(want),
            Test::In(wants) => wants.iter().any(same),
            Test::Lt(_) | Test::Le(_) | Test::Gt(_) | Test::Ge(_) => number(value).is_some(),
            Test::Exists => false,
        };
        comparable && !self.holds(facts)
    }
    /// Whether it holds of these facts.
    pub fn holds(&self, facts: &Map<String, Value>) -> bool {
        let Some(value) = fact::lookup(facts, &self.fact) else { return false };
        let against = |limit: f64, test: fn(&f64, &f64) -> bool| number(value).is_some_and(|n| test(&n, &limit));
        match &self.test {
            Test::Eq(want) => Scalar::of(value).is_some_and(|got| got == *want),
            Test::Ne(want) => Scalar::of(value).is_some_and(|got| got.same_type(want) && got != *want),
            Test::In(wants) => Scalar::of(value).is_some_and(|got| wants.contains(&got)),
            Test::Lt(limit) => against(*limit, f64::lt),
            Test::Le(limit) => against(*limit, f64::le),
            Test::Gt(limit) => against(*limit, f64::gt),
            Test::Ge(limit) => against(*limit, f64::ge),
            Test::Exists => true,
        }
    }
}

/// An assertion as a catalogue writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    fact: String,
    op: String,
    #[serde(default)]
    value: Option<Value>,
}

impl TryFrom<Written> for Assertion {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { fact, op, value } = written;
        if !fact::is_path(&fact) {
            return Err(format!("{fact:?} does not name a fact"));
        }
        let scalar = || {
            value.as_ref().and_then(Scalar::of).ok_or(format!("{fact} {op}: expected a text, number or truth value"))
        };
        let limit = || value.as_ref().and_then(number).ok_or(format!("{fact} {op}: expected a number"));
        let test = match op.as_str() {
            "eq" => Test::Eq(scalar()?),
            "ne" => Test::Ne(scalar()?),
            "lt" => Test::Lt(limit()?),
            "le" => Test::Le(limit()?),
            "gt" => Test::Gt(limit()?),
            "ge" => Test::Ge(limit()?),
            "in" => {
                let list = value.as_ref().and_then(Value::as_array).filter(|l| !l.is_empty());
                let list = list.and_then(|l| l.iter().map(Scalar::of).collect());
                Test::In(list.ok_or(format!("{fact} in: expected a list of texts, numbers or truth values"))?)
            }
            "exists" if value.as_ref().is_none_or(|v| *v == Value::Bool(true)) => Test::Exists,
            "exists" => {
                return Err(format!(
                    "{fact} exists: absence cannot be asked for, it could be had by leaving facts out"
                ));
            }
            _ => return Err(format!("unknown operator {op:?}; expected eq, ne, lt, le, gt, ge, in or exists")),
        };
        Ok(Self { fact, test })
    }
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(b) => write!(f, "{b}"),
            Self::Number(n) => write!(f, "{n}"),
            Self::Text(t) => write!(f, "{t:?}"),
        }
    }
}

/// In words: `open.error is 0`.
impl std::fmt::Display for Assertion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ", self.fact)?;
        match &self.test {
            Test::Eq(v) => write!(f, "is {v}"),
            Test::Ne(v) => write!(f, "is known and is not {v}"),
            Test::Lt(n) => write!(f, "is less than {n}"),
            Test::Le(n) => write!(f, "is at most {n}"),
            Test::Gt(n) => write!(f, "is more than {n}"),
            Test::Ge(n) => write!(f, "is at least {n}"),
            Test::In(list) => {
                let words: Vec<String> = list.iter().map(Scalar::to_string).collect();
                write!(f, "is one of {}", words.join(", "))
            }
            Test::Exists => write!(f, "is known"),
        }
    }
}

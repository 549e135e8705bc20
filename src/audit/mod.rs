//! One question asked of many artifacts: the report that text, JSON and exit code are all made from.

mod report;

pub use report::{ClaimShown, PolicyShown, Report, SignerLine, StepLine, SubjectReport, Totals, Verdict, ViewShown};

//! One question asked of many artifacts: the report that text, JSON and exit code are all made from, and the formats
//! of others that a verified result is written in.

pub mod export;
mod finding;
mod outcome;
mod report;
pub mod reports;

pub use finding::{Finding, FindingCode, Severity};
pub use outcome::{ArtifactLine, Cell, Each, LogSize, NotChecked, Outcome, ReleaseLine, Reproduce, Summary};
pub use report::{
    ClaimShown, LogLine, PolicyShown, Report, SignerLine, StepLine, SubjectReport, Totals, Verdict, ViewShown,
    WitnessLine,
};

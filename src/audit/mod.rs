//! One question asked of many artifacts: the report that text, JSON and exit code are all made from, and the formats
//! of others that a verified result is written in.

pub mod export;
mod report;

pub use report::{
    ClaimShown, LogLine, PolicyShown, Report, SignerLine, StepLine, SubjectReport, Totals, Verdict, ViewShown,
    WitnessLine,
};

//! One question asked of many artifacts: the report that text, JSON and exit code are all made from, and the formats
//! of others that a verified result is written in.

pub mod document;
mod engine;
mod error;
pub mod export;
mod finding;
mod findings;
mod grounds;
mod index;
mod judge;
mod outcome;
mod query;
mod question;
mod read;
mod report;
pub mod reports;
mod row;
mod spread;
mod stamp;
mod until;
mod walk;

pub use engine::{Audit, audit};
pub use error::AuditError;
pub use index::{Address, Index, IndexError, Place, Rehearsal};
pub use query::{Answer, Asked};
pub use question::{Filter, Question, Times};

pub use finding::{Finding, FindingCode, Severity};
pub use grounds::{ClaimShown, GroundsShown, LogLine, SignerLine, StepLine, WitnessLine};
pub use outcome::{ArtifactLine, Cell, Each, LogSize, NotChecked, Outcome, ReleaseLine, Reproduce, Summary};
pub use report::{PolicyShown, Report, SubjectReport, Teller, Totals, TroubleShown, Verdict, ViewShown};

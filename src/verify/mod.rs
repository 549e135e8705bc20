//! The decision: [`verify`]. No files, no network, no clock: the same inputs give the same answer.

mod batch;
mod cosigners;
mod decision;
mod exact;
mod logged;
mod notices;
mod policy;
mod practices;
mod refusal;
mod replay;
mod signers;
mod subjects;
mod verified;

pub use batch::Batch;
pub use decision::{Candidate, Evidence, verify};
pub use exact::exact_set;
pub use logged::LogShown;
pub use notices::{ClaimsRule, Effect, NoticeRule, NoticeShown, WithdrawnRule};
pub use policy::{
    DEFAULT_POLICY, Exceptions, LogRule, LogRules, Policy, PolicyError, PracticesRule, SignersRule, Tier,
    default_policy_json,
};
pub use practices::{Coverage, Item, ItemStatus};
pub use refusal::{Code, Refusal, Step};
pub use replay::Remade;
pub use verified::{AsOf, CosignerShown, SignerShown, StepShown, StepStatus, Verified, steps};

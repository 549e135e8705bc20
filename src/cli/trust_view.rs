//! Which registry a command decides with, and whether this machine's clock can be right about it.

use super::context::Context;
use super::trouble::Trouble;
use jiff::Timestamp;
use std::path::Path;
use vouchsafe::encoding::duration::{Span, rfc3339};
use vouchsafe::gather::trust::{Held, resolve};
use vouchsafe::registry::{Code, Refusal, Wanted};

/// How far a forum's clock may be ahead of ours.
pub(crate) const SKEW: Span = Span::seconds(300);

/// The registry at `path`, or the one trusted forum, with the records of whoever is wanted. A registry from the future means that a clock is wrong, unless
/// the user asked about another time.
pub(crate) fn trust_of(
    context: &Context,
    path: Option<&Path>,
    now: Timestamp,
    asked_time: bool,
    wanted: impl FnOnce() -> Wanted,
) -> Result<Held, Trouble> {
    let home = match path {
        Some(_) => context.home().ok(),
        None => Some(context.home()?),
    };
    let held = resolve(home.as_ref(), path, now, wanted)?;
    let issued = held.registry.issued();
    if !asked_time && issued > SKEW.after(now) {
        return Err(Refusal::new(Code::FromFuture, "", format!("at most {}", rfc3339(now)), rfc3339(issued)).into());
    }
    Ok(held)
}

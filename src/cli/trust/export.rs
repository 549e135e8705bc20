//! `vouchsafe trust export`: a forum's registry as one file.

use super::super::Answer;
use super::super::context::Context;
use super::super::registry::{Card, typed};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::encoding::text::shown;
use vouchsafe::gather::trust;
use vouchsafe::store::{Overwrite, write_atomic};

/// Flags of `trust export`.
#[derive(Args)]
pub(super) struct ExportArgs {
    /// Where to write it; standard output without
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// A forum's folder, its published folder, or another exported file; the one trusted forum without
    #[arg(long, value_name = "DIR|FILE")]
    trust: Option<PathBuf>,
    /// With the record of this member, of a registry with very many; may be given several times
    #[arg(long, value_name = "ID")]
    member: Vec<String>,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
}

/// Runs `trust export`.
pub(super) fn run(context: &Context, args: &ExportArgs) -> Answer {
    let home = context.home().ok();
    let (bytes, registry) =
        trust::export(home.as_ref(), args.trust.as_deref(), &args.member.iter().cloned().collect(), context.now)?;
    let Some(out) = &args.out else {
        context.print(&bytes)?;
        return Ok(ExitCode::SUCCESS);
    };
    write_atomic(out, &bytes, if args.force { Overwrite::Replace } else { Overwrite::Refuse })?;
    let text = format!(
        "{}  {}  {}, registry version {}\n  fingerprint {}\nnext: vouchsafe trust import {} --fingerprint {}, or vouchsafe verify FILE --trust {}\n",
        context.paint(32, "EXPORTED"),
        typed(out),
        shown(&registry.forum().name),
        registry.versions().targets,
        registry.fingerprint(),
        typed(out),
        registry.fingerprint(),
        typed(out),
    );
    context.answer(&text, &Card::of(&registry, out.to_string_lossy().into_owned(), context.now))?;
    Ok(ExitCode::SUCCESS)
}

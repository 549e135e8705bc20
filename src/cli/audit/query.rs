//! `vouchsafe audit query`: what the last audit found, without auditing again.

use super::ask;
use crate::cli::Answer;
use crate::cli::context::{Context, Format};
use crate::cli::trouble::{Trouble, harmless};
use clap::{Args, Subcommand};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::audit::export::csv_cell;
use vouchsafe::audit::{self, Asked, Index};
use vouchsafe::encoding::duration::{Span, rfc3339};
use vouchsafe::practice::PracticeId;
use vouchsafe::store::{Overwrite, write_atomic};

/// Flags of `audit query`.
#[derive(Args)]
#[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = false)]
pub(super) struct QueryArgs {
    #[command(subcommand)]
    named: Option<Named>,
    /// A SELECT of your own, over the tables that docs/auditing.md lists; at most 10,000 rows
    #[arg(long, value_name = "QUERY", required = true)]
    sql: Option<String>,
    /// Where answers are kept: a file, or postgres://USER@HOST/DATABASE; without it audit.sqlite where trusted forums are
    #[arg(long, value_name = "FILE|URL", env = "VOUCHSAFE_INDEX", hide_env_values = true, global = true)]
    index: Option<PathBuf>,
    /// Write a CSV table instead
    #[arg(long, global = true)]
    csv: bool,
}

#[derive(Subcommand)]
enum Named {
    /// Which releases do not have a practice
    Lacking {
        /// The practice, such as TST-01
        practice: PracticeId,
    },
    /// Which keys of members end soon
    ExpiringKeys {
        /// How soon
        #[arg(long, value_name = "DURATION", default_value = "90d", value_parser = Span::parse)]
        within: Span,
    },
    /// How much is verified, by member and profile
    Coverage,
    /// What is otherwise than in the audit before
    Changed,
}

/// Asks, and shows the table.
pub(super) fn run(args: &QueryArgs, context: &Context) -> Answer {
    context.check_outputs(&["csv"])?;
    let asked = match (&args.named, &args.sql) {
        (Some(Named::Lacking { practice }), _) => Asked::Lacking(practice.to_string()),
        (Some(Named::ExpiringKeys { within }), _) => Asked::ExpiringKeys(rfc3339(within.after(context.now))),
        (Some(Named::Coverage), _) => Asked::Coverage,
        (Some(Named::Changed), _) => Asked::Changed,
        (None, Some(sql)) => Asked::Sql(sql.clone()),
        (None, None) => return Err(Trouble::usage("name a question, or give --sql QUERY")),
    };
    let answer = Index::to_ask(&ask::place(args.index.as_deref(), context)?)?.answer(&asked)?;
    for (_, path) in context.outputs().filter(|(format, _)| *format == "csv") {
        write_atomic(path.as_ref(), csv(&answer).as_bytes(), Overwrite::Replace)?;
    }
    let text = if args.csv && context.format == Format::Text { csv(&answer) } else { table(&answer) };
    context.answer_beside(text.as_bytes(), &answer)?;
    Ok(ExitCode::SUCCESS)
}

fn csv(answer: &audit::Answer) -> String {
    let mut out = String::new();
    let line = |cells: Vec<String>| cells.join(",") + "\r\n";
    out.push_str(&line(answer.columns.iter().map(|cell| csv_cell(cell)).collect()));
    for row in &answer.rows {
        out.push_str(&line(row.iter().map(|cell| csv_cell(cell.as_deref().unwrap_or_default())).collect()));
    }
    out
}

fn table(answer: &audit::Answer) -> String {
    let shown = |cell: &Option<String>| cell.as_deref().map(harmless).unwrap_or_else(|| "-".to_owned());
    let rows: Vec<Vec<String>> = answer.rows.iter().map(|row| row.iter().map(shown).collect()).collect();
    let width = |n: usize| {
        let cells = rows.iter().filter_map(|row| row.get(n)).chain(answer.columns.get(n));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..answer.columns.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut out = line(&answer.columns) + "\n";
    for row in &rows {
        let _ = writeln!(out, "{}", line(row));
    }
    if answer.truncated {
        out.push_str("there are more rows; ask for fewer, with WHERE or LIMIT\n");
    }
    if rows.is_empty() {
        out.push_str("(none)\n");
    }
    out
}

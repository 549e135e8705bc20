//! A long answer on a terminal goes through a pager; anywhere else it is written as it is.

use crate::cli::context::{Context, on_terminal};
use crate::cli::trouble::Trouble;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Shows what `write` writes, which is told the width to keep to, if there is one.
pub(super) fn show(
    context: &Context,
    write: impl FnOnce(&mut dyn Write, Option<usize>) -> io::Result<()>,
) -> Result<(), Trouble> {
    let Some((width, height)) = size().filter(|_| on_terminal()) else {
        return context.print_streamed(|out| write(out, None));
    };
    let mut text = Vec::new();
    write(&mut text, Some(width)).map_err(|e| vouchsafe::store::Error::io("standard output".as_ref(), e))?;
    let lines = text.split(|byte| *byte == b'\n').count();
    if lines > height && paged(&text) {
        return Ok(());
    }
    context.print(&text)
}

/// Hands a text to `$PAGER`, or to `less`; false if there is none.
fn paged(text: &[u8]) -> bool {
    let chosen = std::env::var("PAGER").unwrap_or_else(|_| "less".to_owned());
    let mut words = chosen.split_whitespace();
    let Some(program) = words.next() else { return false };
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::piped());
    // Without R, less spells colours out; the others are what is good for an answer that may fit after all.
    if Path::new(program).file_stem().is_some_and(|name| name == "less") {
        command.arg("-R");
    }
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", "FRX");
    }
    let Ok(mut child) = command.spawn() else { return false };
    // Whoever leaves the pager early has seen enough.
    if let Some(mut pipe) = child.stdin.take() {
        let _ = pipe.write_all(text);
    }
    child.wait().is_ok()
}

/// Columns and lines of the terminal.
#[cfg(unix)]
fn size() -> Option<(usize, usize)> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then(|| (usize::from(size.ws_col), usize::from(size.ws_row)))
}
/// Columns and lines of the terminal.
#[cfg(not(unix))]
fn size() -> Option<(usize, usize)> {
    None
}

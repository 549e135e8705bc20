//! A long answer on a terminal goes through a pager; anywhere else it is written as it is.

use crate::cli::context::{Context, on_terminal};
use crate::cli::trouble::Trouble;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
#[cfg(unix)]
use {
    signal_hook::consts::{SIGINT, SIGQUIT},
    std::sync::Arc,
    std::sync::atomic::{AtomicBool, Ordering},
};

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
    if lines > height && paged(&text, &Interrupts::ours()) {
        return Ok(());
    }
    context.print(&text)
}

/// Hands a text to `$PAGER`, or to `less`; false if there is none.
fn paged(text: &[u8], interrupts: &Interrupts) -> bool {
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
    let _theirs = interrupts.leave();
    let Ok(mut child) = command.spawn() else { return false };
    // Whoever leaves the pager early has seen enough.
    if let Some(mut pipe) = child.stdin.take() {
        let _ = pipe.write_all(text);
    }
    let Ok(status) = child.wait() else { return false };
    interrupts.share(status);
    true
}

/// What an interrupt (^C) or a quit (^\) does, which a terminal sends to us and to the pager alike. While the pager has the
/// terminal it is the pager's to answer: if we ended, the shell and the pager would both read what is typed.
#[cfg(unix)]
struct Interrupts(Arc<AtomicBool>);

#[cfg(unix)]
impl Interrupts {
    /// They end us, as ever.
    fn ours() -> Self {
        let ours = Arc::new(AtomicBool::new(true));
        for signal in [SIGINT, SIGQUIT] {
            // Where that cannot be had, they end us at any time.
            let _ = signal_hook::flag::register_conditional_default(signal, Arc::clone(&ours));
        }
        Self(ours)
    }
    /// They do nothing to us until the answer is dropped.
    fn leave(&self) -> Theirs<'_> {
        self.0.store(false, Ordering::SeqCst);
        Theirs(&self.0)
    }
    /// A pager that one of them ended takes us along, so that a shell sees it.
    fn share(&self, status: ExitStatus) {
        use std::os::unix::process::ExitStatusExt as _;
        if let Some(signal @ (SIGINT | SIGQUIT)) = status.signal() {
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    }
}

#[cfg(unix)]
struct Theirs<'a>(&'a AtomicBool);

#[cfg(unix)]
impl Drop for Theirs<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Elsewhere an answer goes through no pager.
#[cfg(not(unix))]
struct Interrupts;

#[cfg(not(unix))]
struct Theirs;

#[cfg(not(unix))]
impl Interrupts {
    fn ours() -> Self {
        Self
    }
    fn leave(&self) -> Theirs {
        Theirs
    }
    fn share(&self, _: ExitStatus) {}
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

//! Asks a person on the controlling terminal, without showing what is typed.

use super::SignerError;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{Read as _, Write as _};
use zeroize::Zeroizing;

/// The most bytes of a typed line; terminals give 4096 at most.
const MOST: usize = 4096;

/// Turns the echo off, and on again when dropped, whatever happened in between.
struct Silence<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Silence<'a> {
    fn of(terminal: &'a File) -> rustix::io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut quiet = before.clone();
        // Signals stay off while the echo is: an interrupt would leave the shell without it. ^C ends the line instead.
        quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ECHOE | LocalModes::ECHOK | LocalModes::ISIG);
        quiet.local_modes.insert(LocalModes::ECHONL | LocalModes::ICANON);
        quiet.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
        tcsetattr(terminal, OptionalActions::Flush, &quiet)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, OptionalActions::Drain, &self.before);
    }
}

/// Shows `prompt` on the terminal and reads one line; None if there is no terminal. `^C` gives the question up.
pub(super) fn ask(prompt: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SignerError> {
    let Ok(terminal) = File::options().read(true).write(true).open("/dev/tty") else { return Ok(None) };
    let failed = |e: std::io::Error| SignerError::Terminal(e);
    let silence = Silence::of(&terminal).map_err(|e| failed(e.into()))?;
    write!(&terminal, "{prompt}: ").map_err(failed)?;
    let line = read_line(&terminal).map_err(failed)?;
    drop(silence);
    if line.contains(&INTERRUPT) {
        return Err(failed(std::io::Error::from(std::io::ErrorKind::Interrupted)));
    }
    Ok(Some(line))
}

/// What `^C` types while it makes no signal.
const INTERRUPT: u8 = 3;

fn read_line(mut terminal: &File) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(Vec::with_capacity(MOST));
    let mut byte = Zeroizing::new([0]);
    while line.len() < MOST && terminal.read(&mut byte[..])? == 1 {
        line.extend_from_slice(&byte[..]);
        if matches!(*byte, [b'\n' | INTERRUPT]) {
            break;
        }
    }
    Ok(line)
}

//! `-`: a list of paths on standard input, one a line, or each ended by a NUL as `find -print0` writes them.

use crate::cli::trouble::Trouble;
use std::ffi::OsString;
use std::io::Read as _;
use std::path::Path;
use vouchsafe::artifact::name;
use vouchsafe::encoding::MAX_DOCUMENT;
use vouchsafe::store;

/// What was named, with the list in the place of `-`.
pub(super) fn paths(named: &[OsString]) -> Result<Vec<OsString>, Trouble> {
    let mut all = Vec::new();
    for argument in named {
        if argument == "-" {
            all.extend(listed()?);
        } else {
            all.push(argument.clone());
        }
    }
    Ok(all)
}

fn listed() -> Result<Vec<OsString>, Trouble> {
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_DOCUMENT).unwrap_or(u64::MAX).saturating_add(1);
    let stdin = Path::new("standard input");
    std::io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(|e| store::Error::io(stdin, e))?;
    if bytes.len() > MAX_DOCUMENT {
        return Err(store::Error::TooLarge { path: stdin.to_owned(), limit: MAX_DOCUMENT }.into());
    }
    let end = if bytes.contains(&0) { 0 } else { b'\n' };
    let lines = bytes.split(|byte| *byte == end).map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    // In a list nothing but a path is meant: a file called @x is that file.
    let plain = |line: &[u8]| match line.first() {
        Some(b'@' | b'-') => [b"./", line].concat(),
        _ => line.to_vec(),
    };
    Ok(lines.filter(|line| !line.is_empty()).filter_map(|line| name::os(&plain(line))).collect())
}

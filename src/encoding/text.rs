//! Names that came from outside, made safe to show on a terminal.

/// Escapes control characters, bidirectional overrides, zero-width characters and backslashes as `\u{..}`,
/// so that a name cannot move the cursor, change colours or look like another name.
pub fn shown(name: &str) -> String {
    // Nearly all names are plain, and copied as they are.
    if name.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'\\') {
        return name.to_owned();
    }
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            c if c.is_control() || invisible(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// As [`shown`], for bytes that need not be UTF-8: `\xNN` for each byte that is not. No two names look alike because of
/// their escapes, for a backslash is always doubled.
pub fn shown_bytes(name: &[u8]) -> String {
    let mut out = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        out.push_str(&shown(chunk.valid()));
        out.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    out
}

/// A path, safe to show, none of its bytes lost.
pub fn shown_path(path: impl AsRef<std::ffi::OsStr>) -> String {
    shown_bytes(path.as_ref().as_encoded_bytes())
}

/// Unicode format characters that change how other characters are drawn, or are not drawn at all.
pub fn invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// `1 subject`, `2 subjects`; `2 entries`, `2 keys`, `2 witnesses`.
pub fn count(n: usize, one: &str) -> String {
    let vowel = one.ends_with("ay") || one.ends_with("ey") || one.ends_with("oy");
    match (n, one.strip_suffix('y').filter(|_| !vowel)) {
        (1, _) => format!("1 {one}"),
        (_, Some(stem)) => format!("{n} {stem}ies"),
        _ if one.ends_with('s') => format!("{n} {one}es"),
        _ => format!("{n} {one}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn terminal_escapes_do_not_pass() {
        assert_eq!(shown("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\u{a}");
        assert_eq!(shown("cod\u{202e}txt.exe"), "cod\\u{202e}txt.exe");
        assert_eq!(shown("Überraschung.tar.gz"), "Überraschung.tar.gz");
    }
}

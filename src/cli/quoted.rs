//! A user's own argument as part of a command to copy: what a shell reads back as that argument, safe on a terminal.

use std::ffi::OsStr;
use vouchsafe::encoding::text::shown_path;

/// The argument, quoted if a shell wants it so. A name that begins with a dash becomes `./-name`.
pub(crate) fn quoted(argument: impl AsRef<OsStr>) -> String {
    let bytes = argument.as_ref().as_encoded_bytes();
    let dashed = if bytes.starts_with(b"-") && bytes != b"-" { "./" } else { "" };
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_./:@%+=,".contains(b);
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() && bytes.iter().all(|b| plain(b) || !b.is_ascii()) && !escaped(text) => {
            format!("{dashed}{text}")
        }
        Ok(text) if !escaped(text) => format!("'{dashed}{}'", text.replace('\'', "'\\''")),
        // What a terminal must not see, bash, zsh and ksh read as escapes.
        _ => {
            let byte = |b: &u8| match b {
                b'\\' | b'\'' => format!("\\{}", char::from(*b)),
                b' '..=b'~' => char::from(*b).to_string(),
                _ => format!("\\x{b:02x}"),
            };
            format!("$'{dashed}{}'", bytes.iter().map(byte).collect::<String>())
        }
    }
}

/// Whether text cannot be shown as it is. A backslash alone can, between quotes.
fn escaped(text: &str) -> bool {
    shown_path(text) != text.replace('\\', "\\\\")
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn what_is_quoted_is_read_back_by_a_shell() {
        let odd =
            ["a b", "it's", "-dash", "$(x)", "new\nline", "\u{1b}[31m", "\\x41", "\u{e9}", "", "a\u{202e}b", "'\n"];
        for name in odd {
            let line = format!("printf %s {}", quoted(name));
            assert!(!line.contains(['\n', '\u{1b}', '\u{202e}']), "{line}");
            let ran = std::process::Command::new("bash").args(["-c", &line]).output().unwrap();
            let back = String::from_utf8(ran.stdout).unwrap();
            assert_eq!(back.trim_start_matches("./"), name, "{line}");
        }
        assert_eq!((quoted("dist/a-1.0.tar.gz").as_str(), quoted("-").as_str()), ("dist/a-1.0.tar.gz", "-"));
        #[cfg(unix)]
        assert_eq!(quoted(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"a\xff")), "$'a\\xff'");
    }
}

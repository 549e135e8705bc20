//! Digest lists: the SHA256SUMS text that GNU coreutils writes and checks, read strictly.
//!
//! A line is `HEX  NAME`, `HEX *NAME` or `SHA256 (NAME) = HEX`; it begins with a backslash when NAME holds a
//! backslash, newline or carriage return, which are then written `\\`, `\n` and `\r`. Every line is an entry or
//! an error: where coreutils skips what it does not recognise, nothing is skipped here, and an empty list,
//! which would agree with everything, is an error as well.

use super::digest::{Algorithm, Digest};
use super::name;
use crate::encoding::Malformed;
use std::collections::HashMap;

const WHAT: &str = "digest list";

/// One line of a digest list: this name has this digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name as bytes, for a file name need not be UTF-8.
    pub name: Vec<u8>,
    /// The digest; its algorithm follows from the tag or the number of digits.
    pub digest: Digest,
}

impl Entry {
    /// The line `sha256sum` and `sha512sum` write, with its newline.
    pub fn line(&self) -> Vec<u8> {
        let mut line = Vec::new();
        write_line(&mut line, &self.name, &self.digest);
        line
    }
}

/// Adds the line of an entry, with its newline.
pub fn write_line(text: &mut Vec<u8>, name: &[u8], digest: &Digest) {
    let odd = name.iter().any(|byte| matches!(byte, b'\\' | b'\n' | b'\r'));
    text.extend(odd.then_some(b'\\'));
    digest.write_hex(text);
    text.extend(b"  ");
    if odd {
        escape(text, name)
    } else {
        text.extend_from_slice(name)
    }
    text.push(b'\n');
}

fn escape(text: &mut Vec<u8>, name: &[u8]) {
    for &byte in name {
        match byte {
            b'\\' => text.extend(b"\\\\"),
            b'\n' => text.extend(b"\\n"),
            b'\r' => text.extend(b"\\r"),
            other => text.push(other),
        }
    }
}

/// Writes a list as `sha256sum` does, in the order given.
pub fn write<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<u8> {
    entries.into_iter().flat_map(Entry::line).collect()
}

/// Reads a list in which every line is right.
///
/// # Errors
/// The first line that is not an entry, a name that stands twice, or no line at all.
pub fn parse(text: &[u8]) -> Result<Vec<Entry>, Malformed> {
    lines(text).into_iter().collect()
}

/// Reads line by line, so that the good lines can be checked and the bad ones told. Never empty: a list
/// without a line is one error. The n-th result is line n.
///
/// Windows line ends are taken if every line has one; any other bare carriage return is an error.
pub fn lines(text: &[u8]) -> Vec<Result<Entry, Malformed>> {
    let mut lines: Vec<&[u8]> = text.split(|b| *b == b'\n').collect();
    if lines.last().is_some_and(|l| l.is_empty()) {
        lines.pop();
    }
    if lines.is_empty() {
        return vec![Err(Malformed::new(WHAT, "it is empty"))];
    }
    let windows = lines.iter().all(|l| l.ends_with(b"\r"));
    let mut seen: HashMap<Vec<u8>, usize> = HashMap::new();
    let numbered = lines.into_iter().zip(1_usize..);
    let parsed = numbered.map(|(line, number)| {
        let line = if windows { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
        let entry = entry(line).and_then(|entry| match seen.insert(entry.name.clone(), number) {
            Some(first) => Err(format!("{} stands on line {first} already", name::display(&entry.name))),
            None => Ok(entry),
        });
        entry.map_err(|why| Malformed::new(WHAT, format!("line {number}: {why}")))
    });
    parsed.collect()
}

/// One line without its end.
fn entry(line: &[u8]) -> Result<Entry, String> {
    if line.is_empty() {
        return Err("it is blank".into());
    }
    let (escaped, body) = line.strip_prefix(b"\\").map_or((false, line), |rest| (true, rest));
    let (digest, written) = match tagged(body) {
        Some(tagged) => tagged?,
        None => plain(body)?,
    };
    if let Some(bad) = written.iter().find(|b| matches!(b, b'\0' | b'\r')) {
        return Err(format!("the name holds byte {bad:#04x}, which no writer of lists leaves bare"));
    }
    let name = if escaped { unescaped(written)? } else { written.to_vec() };
    if name.is_empty() {
        return Err("the name is empty".into());
    }
    Ok(Entry { name, digest })
}

/// `SHA256 (NAME) = HEX`; None if the line does not begin with such a tag. NAME may hold `) = ` itself.
fn tagged(body: &[u8]) -> Option<Result<(Digest, &[u8]), String>> {
    let tags: [(&[u8], Algorithm); 2] = [(b"SHA256 (", Algorithm::Sha256), (b"SHA512 (", Algorithm::Sha512)];
    let (rest, algorithm) = tags.into_iter().find_map(|(tag, a)| Some((body.strip_prefix(tag)?, a)))?;
    let middle: &[u8] = b") = ";
    let split = rest.windows(middle.len()).rposition(|w| w == middle).and_then(|at| rest.split_at_checked(at));
    Some(match split {
        Some((name, end)) => digest(algorithm, end.strip_prefix(middle).unwrap_or_default()).map(|d| (d, name)),
        None => Err("expected SHA256 (NAME) = HEX".into()),
    })
}

/// `HEX  NAME` or `HEX *NAME`.
fn plain(body: &[u8]) -> Result<(Digest, &[u8]), String> {
    let digits = body.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    let wrong = || "expected HEX, two spaces and a name, as sha256sum writes it".to_owned();
    let (hex, rest) = body.split_at_checked(digits).ok_or_else(wrong)?;
    let name = rest.strip_prefix(b"  ").or_else(|| rest.strip_prefix(b" *")).ok_or_else(wrong)?;
    let algorithm = Algorithm::ALL.into_iter().find(|a| a.width() * 2 == digits);
    let algorithm = algorithm.ok_or_else(|| format!("{digits} hexadecimal digits; sha256 has 64, sha512 has 128"))?;
    Ok((digest(algorithm, hex)?, name))
}

fn digest(algorithm: Algorithm, hex: &[u8]) -> Result<Digest, String> {
    Digest::from_hex(algorithm, &String::from_utf8_lossy(hex)).map_err(|e| e.why)
}

/// Undoes `\\`, `\n` and `\r`; anything else after a backslash is an error.
fn unescaped(written: &[u8]) -> Result<Vec<u8>, String> {
    let mut name = Vec::with_capacity(written.len());
    let mut bytes = written.iter();
    while let Some(&byte) = bytes.next() {
        name.push(match byte {
            b'\\' => match bytes.next() {
                Some(b'\\') => b'\\',
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                _ => return Err("a backslash in the name is followed by neither \\, n nor r".into()),
            },
            other => other,
        });
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::{Entry, lines, parse, write};
    use crate::artifact::{Algorithm, Digest};
    use proptest::prelude::*;

    fn digest(algorithm: Algorithm) -> Digest {
        Digest::new(algorithm, &vec![0xab; algorithm.width()]).unwrap()
    }
    fn why(text: &str) -> String {
        parse(text.as_bytes()).unwrap_err().why
    }

    #[test]
    fn every_form_coreutils_writes_is_read() {
        let (short, long) = ("ab".repeat(32), "AB".repeat(64));
        let text = format!(
            "{short}  a b\n{long} *bin\n\\{short}  n\\nr\\rb\\\\\nSHA256 (x) = y) = {short}\n\\SHA512 (t\\n) = {long}"
        );
        let read = parse(text.as_bytes()).unwrap();
        let names: Vec<_> = read.iter().map(|e| e.name.as_slice()).collect();
        assert_eq!(names, [&b"a b"[..], b"bin", b"n\nr\rb\\", b"x) = y", b"t\n"]);
        let algorithms: Vec<_> = read.iter().map(|e| e.digest.algorithm().as_str()).collect();
        assert_eq!(algorithms, ["sha256", "sha512", "sha256", "sha256", "sha512"]);
        assert_eq!(read[1].digest, digest(Algorithm::Sha512), "upper case is read");
    }

    #[test]
    fn no_line_is_skipped() {
        let hex = "ab".repeat(32);
        assert_eq!(why(""), "it is empty");
        assert_eq!(why("\n"), "line 1: it is blank");
        assert_eq!(why(&format!("{hex}  a\n\n{hex}  b\n")), "line 2: it is blank");
        assert_eq!(why(&format!("{hex}  a\n{hex} *a\n")), "line 2: a stands on line 1 already");
        assert_eq!(why(&format!("{hex}  \n")), "line 1: the name is empty");
        assert_eq!(
            why(&format!("{}  a", "ab".repeat(20))),
            "line 1: 40 hexadecimal digits; sha256 has 64, sha512 has 128"
        );
        assert_eq!(
            why(&format!("\\{hex}  a\\tb")),
            "line 1: a backslash in the name is followed by neither \\, n nor r"
        );
        for bad in [
            "# comment".into(),
            format!(" {hex}  a"),
            format!("{hex} a"),
            format!("{hex}\ta"),
            hex.clone(),
            "SHA256 (a) ".into(),
        ] {
            assert!(why(&bad).starts_with("line 1: expected "), "{bad}");
        }
        assert!(why(&format!("SHA512 (a) = {hex}")).starts_with("line 1: "), "the tag decides, not the length");
        assert!(why(&format!("{hex}  a\0b")).contains("byte 0x00"));
    }

    #[test]
    fn good_lines_are_told_from_bad_ones() {
        let hex = "ab".repeat(32);
        let read = lines(format!("{hex}  a\njunk\n{hex}  b\n").as_bytes());
        assert_eq!(read.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    }

    #[test]
    fn windows_line_ends_are_all_or_none() {
        let hex = "ab".repeat(32);
        assert_eq!(parse(format!("{hex}  a\r\n{hex}  b\r\n").as_bytes()).unwrap()[0].name, b"a");
        assert!(why(&format!("{hex}  a\r\n{hex}  b\n")).contains("byte 0x0d"));
    }

    proptest! {
        #[test]
        fn names_round_trip(names in proptest::collection::btree_set(proptest::collection::vec(1..=255_u8, 1..40), 1..8)) {
            let entries: Vec<_> = names.into_iter().zip(Algorithm::ALL.into_iter().cycle())
                .map(|(name, algorithm)| Entry { name, digest: digest(algorithm) }).collect();
            prop_assert_eq!(parse(&write(&entries)).unwrap(), entries);
        }

        #[test]
        fn any_bytes_are_entries_or_errors(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(!lines(&text).is_empty());
        }
    }
}

//! A Rust file as the architecture tests look at it: code alone, without comments, strings and test modules.

use std::path::{Path, PathBuf};

/// One file of src/.
pub(super) struct Source {
    /// Its path below src/.
    path: PathBuf,
    /// As it is.
    pub(super) text: String,
    /// With comments, literals and test modules blanked out; lines stay where they are.
    code: String,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "src/{}", self.path.display())
    }
}

/// Every Rust file below `src`.
pub(super) fn below(src: &Path) -> Vec<Source> {
    let (mut folders, mut found) = (vec![src.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push(Source::new(path.strip_prefix(src).unwrap(), text));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

impl Source {
    fn new(path: &Path, text: String) -> Self {
        Self { path: path.to_owned(), code: without_tests(&code(&text)), text }
    }
    /// The folder, or the file's own stem for a room of one file.
    pub(super) fn room(&self) -> &str {
        let first = self.path.iter().next().unwrap().to_str().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }
    /// Every path that starts at `root` (`crate`, `std`), use groups spread out: line, and what follows the root.
    pub(super) fn paths(&self, root: &str) -> Vec<(usize, Vec<String>)> {
        let tokens = tokens(&self.code);
        let mut found = Vec::new();
        for (i, (line, token)) in tokens.iter().enumerate() {
            if *token == root && tokens.get(i + 1).is_some_and(|t| t.1 == "::") {
                tree(&tokens, i + 2, &mut Vec::new(), &mut |path| found.push((*line, path.to_vec())));
            }
        }
        found
    }
    /// Lines where a path climbs out of the room with `super`.
    pub(super) fn ways_out(&self) -> Vec<usize> {
        let folder = self.path.file_stem().is_some_and(|s| s == "mod");
        let depth = self.path.iter().count() - usize::from(folder);
        self.words(&"super::".repeat(depth))
    }
    /// Lines where these words stand, as whole tokens in this order.
    pub(super) fn words(&self, words: &str) -> Vec<usize> {
        let (code, words) = (tokens(&self.code), tokens(words));
        let same = |part: &[(usize, &str)]| part.iter().zip(&words).all(|(a, b)| a.1 == b.1);
        code.windows(words.len()).filter(|part| same(part)).map(|part| part[0].0).collect()
    }
}

/// Calls `found` for every path of the use tree at `tokens[i]`; returns where it ends.
fn tree(tokens: &[(usize, &str)], mut i: usize, path: &mut Vec<String>, found: &mut dyn FnMut(&[String])) -> usize {
    let depth = path.len();
    while let Some((_, token)) = tokens.get(i) {
        if *token == "{" {
            i += 1;
            while tokens.get(i).is_some_and(|t| t.1 != "}") {
                let end = tree(tokens, i, path, found);
                // Past `as name` and the comma.
                i = end.max(i + 1);
                while tokens.get(i).is_some_and(|t| t.1 != "," && t.1 != "}") {
                    i += 1;
                }
                i += usize::from(tokens.get(i).is_some_and(|t| t.1 == ","));
            }
            path.truncate(depth);
            return i + 1;
        }
        path.push((*token).to_owned());
        i += 1;
        if tokens.get(i).is_none_or(|t| t.1 != "::") {
            break;
        }
        i += 1;
    }
    found(path);
    path.truncate(depth);
    i
}

/// Words, `::`, and every other sign by itself, each with its line.
fn tokens(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = match rest.find(|c: char| !(c.is_alphanumeric() || c == '_')) {
                Some(0) if rest.starts_with("::") => 2,
                Some(0) => first.len_utf8(),
                Some(end) => end,
                None => rest.len(),
            };
            found.push((number + 1, &rest[..length]));
            rest = rest[length..].trim_start();
        }
    }
    found
}

/// The text with comments and the insides of literals blanked out.
fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = out.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(raw) = raw_string(rest).filter(|_| !word) {
            raw
        } else if first == '"' {
            1 + until_unescaped(&rest[1..], '"')
        } else if first == '\'' && is_char_literal(rest) {
            1 + until_unescaped(&rest[1..], '\'')
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        out.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = &rest[length..];
    }
    out
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        let step = if rest.starts_with(b"/*") {
            depth += 1;
            2
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            2
        } else {
            1
        };
        at += step;
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of `r"…"`, `br#"…"#` and the like, if one starts here.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix("br").or_else(|| text.strip_prefix("cr")).or_else(|| text.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let start = text.len() - body.len();
    Some(body.find(&close).map_or(text.len(), |end| start + end + close.len()))
}

fn until_unescaped(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (i, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return i + 1,
            _ => {}
        }
    }
    text.len()
}

/// `'x'` and `'\n'`, not the lifetime `'a`.
fn is_char_literal(text: &str) -> bool {
    let mut chars = text.chars().skip(1);
    chars.next() == Some('\\') || chars.next() == Some('\'')
}

/// Blanks out `#[cfg(test)] mod name { … }`.
fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    while let Some(start) = out.find("#[cfg(test)]") {
        let end = item_end(&out[start..]) + start;
        let blank: String = out[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        out.replace_range(start..end, &blank);
    }
    out
}

/// Where the item ends: at its semicolon, or at the brace that closes its body.
fn item_end(item: &str) -> usize {
    let mut depth = 0_usize;
    for (i, c) in item.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return i + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return i + 1,
            _ => {}
        }
    }
    item.len()
}

#[test]
fn imports_are_seen_however_they_are_written() {
    let text = "//! crate::no\n\
        use crate::{a::{self, b::C}, d as e, f::*};\n\
        #[error(\"{} crate::no\", crate::g::h(.0))] // crate::no\n\
        /* crate::no /* nested */ crate::no */ fn x<'a>(c: char) { if c == '\"' { crate::i::j() } }\n\
        const S: &str = r#\"crate::no\"#;\n\
        use crate::\n    k;\n\
        pub(crate) fn l() { super::m(); super::super::n() }\n\
        #[cfg(test)]\nmod tests {\n    use crate::no;\n    fn t() { let b = '{'; }\n}\n\
        use std::{io, fs::File}; fn after() { crate::o::p() }\n";
    let file = Source::new(Path::new("room/file.rs"), text.into());
    let first = |root: &str| file.paths(root).into_iter().map(|(_, p)| p[0].clone()).collect::<Vec<_>>().join(" ");
    assert_eq!(first("crate"), "a a d f g i k o");
    assert_eq!(first("std"), "io fs");
    assert_eq!(file.paths("crate")[1], (2, ["a", "b", "C"].map(str::to_owned).to_vec()));
    assert_eq!(file.paths("crate")[7].0, 14, "lines stay where they are");
    assert_eq!(file.ways_out(), [8]);
    assert_eq!(file.words("fn after"), [14]);
    assert_eq!(file.words("no").len(), 0);
    assert_eq!(Source::new(Path::new("room/mod.rs"), "use super::x;".into()).ways_out().len(), 1);
    assert_eq!(Source::new(Path::new("room/mod.rs"), "pub(super) fn x() {}".into()).ways_out().len(), 0);
    assert_eq!((file.room(), Source::new(Path::new("lib.rs"), String::new()).room()), ("room", "lib"));
}

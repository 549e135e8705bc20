//! Patterns of a member's product scope: `*` stands for any run of characters, everything else for itself.
//!
//! Deliberately less than a shell's: no `?`, no classes, no escapes, so that a board member reading a
//! record cannot be surprised. Linear in pattern and text for one star, never exponential.

/// Whether `pattern` matches the whole of `text`.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    let mut pieces = rest.split('*').peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return text.ends_with(piece);
        }
        match text.find(piece).and_then(|at| text.get(at + piece.len()..)) {
            Some(after) => text = after,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_only() {
        for (pattern, text, want) in [
            ("acme-*", "acme-1.0.tar.gz", true),
            ("acme-*", "acme", false),
            ("acme-*", "not-acme-1", false),
            ("*", "", true),
            ("a*b*c", "a--b--b--c", true),
            ("a*b*c", "a--c--b", false),
            ("a*a", "a", false),
            ("**", "x", true),
            ("a?", "ab", false),
            ("pkg:generic/acme/*", "pkg:generic/acme/tool@1.0", true),
            ("pkg:generic/acme/*", "pkg:generic/acme-evil/tool", false),
        ] {
            assert_eq!(matches(pattern, text), want, "{pattern} on {text}");
        }
    }
}

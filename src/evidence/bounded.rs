//! Whole documents of bounded size.

use super::{Code, Fault};
use std::io::Read;

/// The bytes of a document that is read as a whole.
pub(super) fn all(input: &mut dyn Read, limit: usize, name: &str) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    if let Err(error) = input.take(most).read_to_end(&mut bytes) {
        return Err(Fault::new(Code::Malformed, name, "a document that can be read", error.to_string()));
    }
    if bytes.len() > limit {
        let got = format!("more than {limit} bytes");
        return Err(Fault::new(Code::Malformed, name, format!("at most {limit} bytes"), got));
    }
    Ok(bytes)
}

/// As [`all`], for formats in which a document without a byte to read says nothing.
pub(super) fn some(input: &mut dyn Read, limit: usize, name: &str) -> Result<Vec<u8>, Fault> {
    let bytes = all(input, limit, name)?;
    if bytes.trim_ascii().is_empty() {
        return Err(Fault::new(Code::Empty, name, "a document with something in it", "an empty file"));
    }
    Ok(bytes)
}

/// The last part of a path, in whatever way the platform that named it separates them.
pub(super) fn base(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

//! XML as it streams by: the elements that open and close, with their attributes; text is skipped.
//!
//! Refused: declarations of a DTD (a bare reference to one is ignored where the format has it, and never followed),
//! entities beyond XML's own five, encodings other than UTF-8, and whatever is too deep, too long or not closed.

use crate::encoding::Malformed;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::borrow::Cow;
use std::cell::Cell;
use std::io::{BufReader, Error, Read};

/// The most bytes of a document, of one tag or run of text in it, and of one attribute.
const MAX_DOCUMENT: u64 = 1 << 30;
const MAX_PART: u64 = 16 << 20;
const MAX_VALUE: usize = 1 << 20;
const MAX_NAME: usize = 256;
const MAX_ATTRIBUTES: usize = 64;
const MAX_DEPTH: usize = 64;

/// Whether a document may name a DTD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doctype {
    /// It may not.
    Refused,
    /// It may name one, which is not read; it may declare nothing.
    Named,
}

/// What streams by.
#[derive(Debug)]
pub(super) enum Node<'a> {
    /// An element opens.
    Open(Tag<'a>),
    /// The element opened last that is still open is closed.
    Close,
}

/// An element's name, without a prefix, and its attributes.
#[derive(Debug)]
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    attributes: Vec<(&'a str, Cow<'a, str>)>,
}

impl Tag<'_> {
    /// The value of an attribute.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_ref())
    }
}

/// Hands on every element of a document.
pub(super) fn read(
    input: &mut dyn Read,
    what: &'static str,
    doctype: Doctype,
    mut each: impl FnMut(Node<'_>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let bad = |why: String| Malformed::new(what, why);
    let (total, part) = (Cell::new(0), Cell::new(0));
    let guard = Guard { input, total: &total, part: &part };
    let mut reader = Reader::from_reader(BufReader::with_capacity(64 << 10, guard));
    let (mut buffer, mut depth, mut roots) = (Vec::new(), 0_usize, 0_usize);
    loop {
        buffer.clear();
        part.set(0);
        let event = reader.read_event_into(&mut buffer).map_err(|e| bad(e.to_string()))?;
        match event {
            Event::Start(start) => {
                roots = roots.saturating_add(usize::from(depth == 0));
                depth = depth.saturating_add(1);
                if depth > MAX_DEPTH {
                    return Err(bad(format!("nested deeper than {MAX_DEPTH} levels")));
                }
                each(Node::Open(tag(&start, what)?))?;
            }
            Event::Empty(start) => {
                roots = roots.saturating_add(usize::from(depth == 0));
                each(Node::Open(tag(&start, what)?))?;
                each(Node::Close)?;
            }
            Event::End(_) => {
                depth = depth.checked_sub(1).ok_or_else(|| bad("closes what is not open".into()))?;
                each(Node::Close)?;
            }
            Event::Eof => break,
            other => skip(&other, depth, doctype).map_err(bad)?,
        }
        if roots > 1 {
            return Err(bad("a second document after the first".into()));
        }
    }
    if depth > 0 || roots == 0 { Err(bad("ends in the middle".into())) } else { Ok(()) }
}

/// What is neither opened nor closed: passed over, if it is harmless.
fn skip(event: &Event<'_>, depth: usize, doctype: Doctype) -> Result<(), String> {
    match event {
        Event::DocType(_) if doctype == Doctype::Refused => Err("a document type declaration".into()),
        Event::DocType(declared) if declared.contains('[') => Err("it declares a document type".into()),
        Event::Decl(decl) => match decl.encoding() {
            Some(Ok(name)) if !name.eq_ignore_ascii_case("utf-8") && !name.eq_ignore_ascii_case("us-ascii") => {
                Err(format!("encoded as {name}, not as UTF-8"))
            }
            Some(Err(e)) => Err(e.to_string()),
            _ => Ok(()),
        },
        Event::GeneralRef(name) => {
            let five = ["lt", "gt", "amp", "apos", "quot"].contains(&name.as_ref());
            let known = five || matches!(name.resolve_char_ref(), Ok(Some(_)));
            if known && depth > 0 { Ok(()) } else { Err(format!("unknown entity {:?}", name.as_ref())) }
        }
        Event::Text(text) if depth == 0 && !text.trim().is_empty() => Err("text outside of the document".into()),
        Event::CData(_) if depth == 0 => Err("text outside of the document".into()),
        _ => Ok(()),
    }
}

/// The name and the attributes, all of them checked.
fn tag<'a>(start: &'a BytesStart<'_>, what: &'static str) -> Result<Tag<'a>, Malformed> {
    let bad = |why: String| Malformed::new(what, why);
    let full: &'a str = start.as_ref();
    let full = full.get(..start.name().as_ref().len()).unwrap_or_default();
    let name = full.rsplit(':').next().unwrap_or(full);
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| bad(e.to_string()))?;
        if attributes.len() >= MAX_ATTRIBUTES {
            return Err(bad(format!("an element with more than {MAX_ATTRIBUTES} attributes")));
        }
        if attribute.value.len() > MAX_VALUE || attribute.key.as_ref().len() > MAX_NAME {
            return Err(bad(format!("an attribute is over the limit of {MAX_VALUE} bytes")));
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|e| bad(e.to_string()))?;
        attributes.push((attribute.key.into_inner(), value));
    }
    if name.len() > MAX_NAME { Err(bad("an element's name is too long".into())) } else { Ok(Tag { name, attributes }) }
}

/// Stops a document, or one part of it, that would not end.
struct Guard<'a> {
    input: &'a mut dyn Read,
    total: &'a Cell<u64>,
    part: &'a Cell<u64>,
}

impl Read for Guard<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.total.set(self.total.get().saturating_add(read as u64));
        self.part.set(self.part.get().saturating_add(read as u64));
        if self.total.get() > MAX_DOCUMENT {
            return Err(Error::other(format!("over the limit of {MAX_DOCUMENT} bytes")));
        }
        if self.part.get() > MAX_PART {
            return Err(Error::other(format!("a tag or a text is over the limit of {MAX_PART} bytes")));
        }
        Ok(read)
    }
}

/// The name of the first element of a document that begins so.
pub(super) fn root(head: &[u8]) -> Option<&str> {
    let text = head.utf8_chunks().next().map(|chunk| chunk.valid())?;
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        rest = if let Some(comment) = rest.strip_prefix("<!--") {
            comment.split_once("-->")?.1.trim_start()
        } else if rest.starts_with("<?") || rest.starts_with("<!") {
            rest.split_once('>')?.1.trim_start()
        } else {
            let name = rest.strip_prefix('<')?;
            return name.split(|c: char| c.is_whitespace() || c == '>' || c == '/').next();
        };
    }
}

//! The one strict JSON reader, over serde_json, and the one writer.
//!
//! Refused, at any depth and in ignored fields too: duplicate keys, arrays where a struct is meant (serde's
//! derive would take them), a byte order mark, bytes after the value, nesting past [`MAX_DEPTH`], and
//! documents over the caller's limit, which is checked before the first byte is parsed.

use super::Malformed;
use super::walk::{Level, Seen, Walk, note};
use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::io::Write;
use std::marker::PhantomData;
use std::ops::Range;

/// How deep objects and arrays may nest.
pub const MAX_DEPTH: u32 = 64;

/// Parses exactly one JSON value of at most `limit` bytes.
///
/// # Errors
/// [`Malformed`] naming `what`, with the line and column.
pub fn parse<'de, T: Deserialize<'de>>(bytes: &'de [u8], limit: usize, what: &'static str) -> Result<T, Malformed> {
    parse_seed(PhantomData, bytes, limit, what)
}

/// As [`parse`], where it takes more than the bytes to make a value of them.
///
/// # Errors
/// As [`parse`].
pub fn parse_seed<'de, S: DeserializeSeed<'de>>(
    seed: S,
    bytes: &'de [u8],
    limit: usize,
    what: &'static str,
) -> Result<S::Value, Malformed> {
    if bytes.len() > limit {
        return Err(Malformed::new(what, format!("{} bytes, the limit is {limit}", bytes.len())));
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(Malformed::new(what, "starts with a byte order mark"));
    }
    // All of it is looked at once, whether it is text; string by string that takes longer.
    let Ok(text) = std::str::from_utf8(bytes) else { return Err(no_text(bytes, what)) };
    read(serde_json::Deserializer::from_str(text), seed).map_err(|e| Malformed::new(what, e.to_string()))
}

fn read<'de, R: serde_json::de::Read<'de>, S: DeserializeSeed<'de>>(
    mut json: serde_json::Deserializer<R>,
    seed: S,
) -> serde_json::Result<S::Value> {
    let walk = Walk::new();
    let value = seed.deserialize(Strict { inner: &mut json, walk: &walk });
    value.and_then(|v| json.end().map(|()| v))
}

/// Where in a document a text stands that is borrowed from it.
pub fn place(document: &[u8], text: &str) -> Option<Range<usize>> {
    let start = text.as_ptr().addr().checked_sub(document.as_ptr().addr())?;
    let place = start..start.checked_add(text.len())?;
    (place.end <= document.len()).then_some(place)
}

/// Where bytes that are not UTF-8 stop being JSON.
fn no_text(bytes: &[u8], what: &'static str) -> Malformed {
    let read = read(serde_json::Deserializer::from_slice(bytes), PhantomData::<de::IgnoredAny>);
    Malformed::new(what, read.err().map_or_else(|| "not UTF-8".to_owned(), |e| e.to_string()))
}

/// Writes indented JSON with a final newline: what people and diffs read.
pub fn pretty<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut out = serde_json::to_vec_pretty(value).unwrap_or_default();
    out.push(b'\n');
    out
}

/// As [`pretty`], to a writer.
///
/// # Errors
/// What the writer says.
pub fn write_pretty<T: Serialize + ?Sized>(out: &mut dyn Write, value: &T) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}

/// As [`compact`], with a newline, to a writer: JSON Lines.
///
/// # Errors
/// What the writer says.
pub fn write_line<T: Serialize + ?Sized>(out: &mut dyn Write, value: &T) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// Writes JSON on one line, without the newline: payloads, bundles and JSON Lines.
pub fn compact<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    compact_about(value, 128)
}

/// As [`compact`], of what will be about so many bytes: megabytes that grow are moved again and again.
pub fn compact_about<T: Serialize + ?Sized>(value: &T, length: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(length);
    serde_json::to_writer(&mut out, value).map(|()| out).unwrap_or_default()
}

/// A deserializer that forwards to `inner` and applies the rules of this file on the way.
struct Strict<'a, 'de, D> {
    inner: D,
    walk: &'a Walk<'de>,
}

macro_rules! forward {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method(Visit { inner: visitor, walk: self.walk })
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<'_, 'de, D> {
    type Error = D::Error;

    forward! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_char deserialize_str deserialize_string deserialize_bytes
        deserialize_byte_buf deserialize_option deserialize_unit deserialize_seq deserialize_map
        deserialize_identifier
    }

    /// A struct is an object: asking for a map makes serde_json refuse the array form.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_map(Visit { inner: visitor, walk: self.walk })
    }
    /// Ignored values are walked like all others; serde_json would skip them without looking.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(Visit { inner: visitor, walk: self.walk })
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_newtype_struct(name, Visit { inner: visitor, walk: self.walk })
    }
    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_unit_struct(name, Visit { inner: visitor, walk: self.walk })
    }
    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_tuple(len, Visit { inner: visitor, walk: self.walk })
    }
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_tuple_struct(name, len, Visit { inner: visitor, walk: self.walk })
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_enum(name, variants, Visit { inner: visitor, walk: self.walk })
    }
}

/// A visitor that wraps what it is handed, so that the rules reach every level.
struct Visit<'a, 'de, V> {
    inner: V,
    walk: &'a Walk<'de>,
}

macro_rules! pass {
    ($($method:ident: $type:ty)*) => {$(
        fn $method<E: de::Error>(self, value: $type) -> Result<V::Value, E> {
            self.inner.$method(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Visit<'_, 'de, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }
    pass! {
        visit_bool: bool visit_i64: i64 visit_i128: i128 visit_u64: u64 visit_u128: u128 visit_f64: f64
        visit_str: &str visit_borrowed_str: &'de str visit_string: String visit_bytes: &[u8]
        visit_borrowed_bytes: &'de [u8] visit_byte_buf: Vec<u8>
    }
    fn visit_none<E: de::Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }
    fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }
    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.inner.visit_some(Strict { inner, walk: self.walk })
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.inner.visit_newtype_struct(Strict { inner, walk: self.walk })
    }
    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let level = Level::enter(self.walk)?;
        self.inner.visit_seq(Items { inner, walk: level.0 })
    }
    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let level = Level::enter(self.walk)?;
        self.inner.visit_map(Fields { inner, walk: level.0, seen: Seen::new(level.0) })
    }
    fn visit_enum<A: EnumAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let level = Level::enter(self.walk)?;
        self.inner.visit_enum(Choice { inner, walk: level.0 })
    }
}

struct Items<'a, 'de, A> {
    inner: A,
    walk: &'a Walk<'de>,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Items<'_, 'de, A> {
    type Error = A::Error;
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        self.inner.next_element_seed(Seed { inner: seed, walk: self.walk })
    }
    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

struct Fields<'a, 'de, A> {
    inner: A,
    walk: &'a Walk<'de>,
    seen: Seen<'a, 'de>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<'_, 'de, A> {
    type Error = A::Error;
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        self.inner.next_key_seed(KeySeed { inner: seed, seen: &mut self.seen })
    }
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.inner.next_value_seed(Seed { inner: seed, walk: self.walk })
    }
    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

/// Reads a key as text, notes it, and hands it on.
struct KeySeed<'s, 'a, 'de, K> {
    inner: K,
    seen: &'s mut Seen<'a, 'de>,
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for KeySeed<'_, '_, 'de, K> {
    type Value = K::Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<K::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for KeySeed<'_, '_, 'de, K> {
    type Value = K::Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_str<E: de::Error>(self, key: &str) -> Result<K::Value, E> {
        note(self.seen, Cow::Owned(key.to_owned()))?;
        self.inner.deserialize(de::value::StrDeserializer::new(key))
    }
    fn visit_borrowed_str<E: de::Error>(self, key: &'de str) -> Result<K::Value, E> {
        note(self.seen, Cow::Borrowed(key))?;
        self.inner.deserialize(de::value::BorrowedStrDeserializer::new(key))
    }
}

struct Seed<'a, 'de, T> {
    inner: T,
    walk: &'a Walk<'de>,
}

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for Seed<'_, 'de, T> {
    type Value = T::Value;
    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<T::Value, D::Error> {
        self.inner.deserialize(Strict { inner, walk: self.walk })
    }
}

struct Choice<'a, 'de, A> {
    inner: A,
    walk: &'a Walk<'de>,
}

impl<'a, 'de, A: EnumAccess<'de>> EnumAccess<'de> for Choice<'a, 'de, A> {
    type Error = A::Error;
    type Variant = Choice<'a, 'de, A::Variant>;
    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self::Variant), A::Error> {
        let (value, variant) = self.inner.variant_seed(seed)?;
        Ok((value, Choice { inner: variant, walk: self.walk }))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Choice<'_, 'de, A> {
    type Error = A::Error;
    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, A::Error> {
        self.inner.newtype_variant_seed(Seed { inner: seed, walk: self.walk })
    }
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.inner.tuple_variant(len, Visit { inner: visitor, walk: self.walk })
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.inner.struct_variant(fields, Visit { inner: visitor, walk: self.walk })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Inner {
        a: u32,
    }
    #[derive(Debug, Deserialize, PartialEq)]
    struct Outer {
        inner: Inner,
        #[serde(default)]
        list: Vec<Inner>,
        #[serde(default)]
        maybe: Option<Inner>,
    }

    fn read(text: &str) -> Result<Outer, Malformed> {
        parse(text.as_bytes(), 10_000, "test")
    }

    #[test]
    fn the_plain_case() {
        let want = Outer { inner: Inner { a: 1 }, list: vec![Inner { a: 2 }], maybe: Some(Inner { a: 3 }) };
        assert_eq!(read(r#"{"inner":{"a":1},"list":[{"a":2}],"maybe":{"a":3},"new":[1,{"x":null}]}"#).unwrap(), want);
    }

    #[test]
    fn what_serde_would_let_pass() {
        for (text, why) in [
            (r#"{"inner":[1]}"#, "array for struct"),
            (r#"[{"a":1}]"#, "array for the outer struct"),
            (r#"{"inner":{"a":1},"list":[[2]]}"#, "array for struct in a list"),
            (r#"{"inner":{"a":1},"maybe":[3]}"#, "array for struct in an option"),
            (r#"{"inner":{"a":1},"x":1,"x":2}"#, "duplicate unknown key"),
            (r#"{"inner":{"a":1},"x":{"y":1,"y":2}}"#, "duplicate key in an ignored value"),
            (r#"{"inner":{"a":1,"\u0061":2}}"#, "duplicate key, escaped"),
            (r#"{"inner":{"a":1}} x"#, "trailing bytes"),
            (r#"{"inner":{"a":1}}{}"#, "a second value"),
            ("\u{feff}{\"inner\":{\"a\":1}}", "byte order mark"),
        ] {
            assert!(read(text).is_err(), "{why}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused_where_it_stands() {
        for (bytes, at) in [
            (&b"{\"inner\":{\"a\":1},\"x\":\"\xff\"}"[..], "invalid unicode code point at line 1 column 23"),
            (b"{\"inner\":{\"a\":1},\n\"\xc3\x28\":1}", "invalid unicode code point at line 2 column 2"),
            (b"{\"inner\":{\"a\":1}}\xff", "trailing characters at line 1 column 18"),
        ] {
            assert_eq!(parse::<Outer>(bytes, 100, "test").unwrap_err().why, at);
        }
        assert_eq!(place(b"abc", &String::from("abc")), None, "elsewhere");
        let document = b" \"abc\"";
        assert_eq!(place(document, parse(document, 100, "test").unwrap()), Some(2..5));
    }

    #[test]
    fn depth_and_size_are_limits() {
        let nested = |n: usize| format!(r#"{{"inner":{{"a":1}},"x":{}{}}}"#, "[".repeat(n), "]".repeat(n));
        assert!(read(&nested(63)).is_ok());
        assert!(read(&nested(64)).is_err());
        assert!(parse::<Outer>(nested(1).as_bytes(), 10, "test").is_err());
        let value: serde_json::Value = parse(br#"{"a":[1,2]}"#, 100, "test").unwrap();
        assert_eq!(value["a"][1], 2);
        assert!(parse::<serde_json::Value>(br#"{"a":{"b":1,"b":1}}"#, 100, "test").is_err());
    }
}

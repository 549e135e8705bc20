//! YAML 1.2 as plain data: no anchors, no tags, no merging, no key twice, text keys alone, one document.

use crate::encoding::Malformed;
use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

const WHAT: &str = "YAML";
/// How deep lists and mappings may nest.
const MAX_DEPTH: usize = 32;
/// The most values of one document.
const MAX_VALUES: usize = 100_000;

/// What is open, outermost first.
enum Open {
    List(Vec<Value>),
    /// The pairs so far, and the key whose value comes next.
    Mapping(Map<String, Value>, Option<String>),
}

/// Reads one document. Null if there is none.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, Malformed> {
    let text = std::str::from_utf8(bytes).map_err(|_| bad("not UTF-8"))?;
    let mut build = Build::default();
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|e| bad(e.to_string()))?;
        build.take(event)?;
    }
    match (build.open.is_empty(), build.documents) {
        (false, _) => Err(bad("ends in the middle")),
        (true, 0 | 1) => Ok(build.root.unwrap_or(Value::Null)),
        (true, n) => Err(bad(format!("{n} documents in one file"))),
    }
}

fn bad(why: impl Into<String>) -> Malformed {
    Malformed::new(WHAT, why)
}

#[derive(Default)]
struct Build {
    open: Vec<Open>,
    root: Option<Value>,
    documents: usize,
    values: usize,
}

impl Build {
    fn take(&mut self, event: Event<'_>) -> Result<(), Malformed> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => {
                self.documents = self.documents.saturating_add(1);
                Ok(())
            }
            Event::Alias(_) => Err(bad("an alias")),
            Event::Scalar(text, style, anchor, tag) => {
                plain(anchor, tag.is_some())?;
                self.scalar(&text, style)
            }
            Event::SequenceStart(anchor, tag) => {
                plain(anchor, tag.is_some())?;
                self.enter(Open::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                plain(anchor, tag.is_some())?;
                self.enter(Open::Mapping(Map::new(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List(list)) => self.put(Value::Array(list)),
                Some(Open::Mapping(map, None)) => self.put(Value::Object(map)),
                Some(Open::Mapping(_, Some(_))) | None => Err(bad("an end of nothing")),
            },
        }
    }

    fn enter(&mut self, open: Open) -> Result<(), Malformed> {
        if let Some(Open::Mapping(_, None)) = self.open.last() {
            return Err(bad("a key that is no text"));
        }
        self.open.push(open);
        match self.open.len() > MAX_DEPTH {
            true => Err(bad(format!("nested deeper than {MAX_DEPTH} levels"))),
            false => Ok(()),
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle) -> Result<(), Malformed> {
        if let Some(Open::Mapping(map, key @ None)) = self.open.last_mut() {
            if map.contains_key(text) {
                return Err(bad(format!("{text:?} is there twice")));
            }
            if text == "<<" {
                return Err(bad("a merge key"));
            }
            *key = Some(text.to_owned());
            return Ok(());
        }
        self.put(match style {
            ScalarStyle::Plain => resolve(text),
            _ => Value::String(text.to_owned()),
        })
    }

    fn put(&mut self, value: Value) -> Result<(), Malformed> {
        self.values = self.values.saturating_add(1);
        if self.values > MAX_VALUES {
            return Err(bad(format!("more than {MAX_VALUES} values")));
        }
        match self.open.last_mut() {
            Some(Open::List(list)) => list.push(value),
            Some(Open::Mapping(map, key)) => {
                let key = key.take().ok_or_else(|| bad("a key that is no text"))?;
                map.insert(key, value);
            }
            None => self.root = Some(value),
        }
        Ok(())
    }
}

fn plain(anchor: usize, tagged: bool) -> Result<(), Malformed> {
    match (anchor, tagged) {
        (0, false) => Ok(()),
        (_, true) => Err(bad("a tag")),
        (_, false) => Err(bad("an anchor")),
    }
}

/// The core schema: null, truth values, numbers; everything else is text.
fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => {
            let number = text.trim_start_matches(['-', '+']);
            let numeric = number.starts_with(|c: char| c.is_ascii_digit() || c == '.');
            match (text.parse::<i64>(), text.parse::<f64>()) {
                (Ok(whole), _) => whole.into(),
                (_, Ok(real)) if numeric => real.into(),
                _ => Value::String(text.to_owned()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_data_is_read() {
        let text = "# hi\na: 1\nb: [x, 'true', true, ~, 2.5, 2025-03-01]\nc:\n  - d: |\n      e\n    f:\n";
        let want = json!({"a": 1, "b": ["x", "true", true, null, 2.5, "2025-03-01"], "c": [{"d": "e\n", "f": null}]});
        assert_eq!(parse(text.as_bytes()).unwrap(), want);
        assert_eq!(parse(br#"{"a": {"b": ["c"]}}"#).unwrap(), json!({"a": {"b": ["c"]}}), "JSON is YAML");
        assert_eq!(parse(b"# nothing\n").unwrap(), Value::Null);
    }

    #[test]
    fn what_is_more_than_data_is_refused() {
        for text in [
            "a: &x 1\nb: *x\n",
            "a: !!str 1\n",
            "a: 1\na: 2\n",
            "x: {<<: 1}\n",
            "[a]: 1\n",
            "a: 1\n---\nb: 2\n",
            "a: [1\n",
            "a: 'x\n",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(b"\xff\xfe").is_err());
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
        assert!(parse("- ".repeat(10_000).as_bytes()).is_err());
        assert!(parse("{a: ".repeat(10_000).as_bytes()).is_err());
        assert!(parse(format!("[{}]", "1,".repeat(MAX_VALUES + 1)).as_bytes()).is_err());
    }
}

//! Rules, and how a result names the one it is about: by index, by id, by guid, in the tool itself or in an extension.

use super::level::{Level, Properties};
use super::run::{Run, Tool};
use super::{Text, WHAT};
use crate::encoding::{Malformed, json};
use serde::Deserialize;
use std::collections::HashMap;

/// The most tags of a rule or result, and the most bytes of one.
const MAX_TAGS: usize = 32;
const MAX_TAG: usize = 64;

/// What is kept of a rule.
#[derive(Debug)]
pub(super) struct Rule {
    id: Box<str>,
    guid: Option<Box<str>>,
    pub(super) level: Option<Level>,
    pub(super) severity: Option<f64>,
    pub(super) tags: Vec<Box<str>>,
}

/// A rule as a report writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(default, borrow)]
    guid: Option<Text<'a>>,
    #[serde(default, borrow)]
    default_configuration: Option<Configuration<'a>>,
    #[serde(default, borrow)]
    properties: Option<Properties<'a>>,
}

/// How a rule is set up.
#[derive(Debug, Deserialize)]
pub(super) struct Configuration<'a> {
    #[serde(default, borrow)]
    level: Option<Text<'a>>,
}

impl Configuration<'_> {
    pub(super) fn level(&self) -> Result<Option<Level>, Malformed> {
        let Some(text) = &self.level else { return Ok(None) };
        let level = Level::parse(text.as_str());
        level.map(Some).ok_or_else(|| Malformed::new(WHAT, format!("unknown level {:?}", text.as_str())))
    }
}

/// Tags worth counting.
pub(super) fn tags<'a>(properties: Option<&'a Properties<'_>>) -> impl Iterator<Item = &'a str> {
    let all = properties.into_iter().flat_map(|p| p.tags.iter().flatten());
    all.map(Text::as_str).filter(|tag| (1..=MAX_TAG).contains(&tag.len())).take(MAX_TAGS)
}

impl Rule {
    pub(super) fn read(bytes: &[u8], limit: usize) -> Result<Self, Malformed> {
        let written: Written<'_> = json::parse(bytes, limit, WHAT)?;
        let level = written.default_configuration.as_ref().map(Configuration::level).transpose()?.flatten();
        Ok(Self {
            id: written.id.as_str().into(),
            guid: written.guid.as_ref().map(|guid| guid.as_str().into()),
            level,
            severity: written.properties.as_ref().and_then(Properties::severity),
            tags: tags(written.properties.as_ref()).map(Box::from).collect(),
        })
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        let tags = self.tags.iter().map(|tag| tag.len().saturating_add(32)).sum::<usize>();
        [self.id.len(), self.guid.as_ref().map_or(0, |g| g.len()), tags, 96].iter().sum()
    }
}

/// A reference to a rule.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reference<'a> {
    #[serde(default, borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(default)]
    pub(super) index: Option<i64>,
    #[serde(default, borrow)]
    pub(super) guid: Option<Text<'a>>,
    #[serde(default, borrow)]
    pub(super) tool_component: Option<ComponentReference<'a>>,
}

impl Reference<'_> {
    /// What it names; the component in the words of [`Named::component`].
    pub(super) fn named<'b>(&'b self, component: Option<&'b str>) -> Named<'b> {
        let index = self.index.and_then(|index| usize::try_from(index).ok());
        Named { id: self.id.as_ref().map(Text::as_str), guid: self.guid.as_ref().map(Text::as_str), index, component }
    }
}

/// A reference to an extension of a tool, or to the tool.
#[derive(Debug, Deserialize)]
pub(super) struct ComponentReference<'a> {
    #[serde(default)]
    pub(super) index: Option<i64>,
    #[serde(default, borrow)]
    pub(super) guid: Option<Text<'a>>,
    #[serde(default, borrow)]
    pub(super) name: Option<Text<'a>>,
}

/// What names a rule, in the least words.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Named<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) guid: Option<&'a str>,
    pub(super) index: Option<usize>,
    /// `index:N`, `guid:…` or `name:…`.
    pub(super) component: Option<&'a str>,
}

impl ComponentReference<'_> {
    /// As [`Named::component`].
    pub(super) fn named(&self) -> Option<String> {
        let index = self.index.filter(|index| *index >= 0).map(|index| format!("index:{index}"));
        let guid = || self.guid.as_ref().map(|guid| format!("guid:{}", guid.as_str()));
        index.or_else(guid).or_else(|| self.name.as_ref().map(|name| format!("name:{}", name.as_str())))
    }
}

/// The rules of one part of a tool.
struct Part<'a> {
    name: &'a str,
    guid: Option<&'a str>,
    rules: &'a [Rule],
    by_id: HashMap<&'a str, usize>,
}

/// The rules of a run: of its tool, and behind it of the extensions.
pub(super) struct Rulebook<'a> {
    parts: Vec<Part<'a>>,
}

impl<'a> Rulebook<'a> {
    /// Takes, of arrays in the order of the document, those of this run.
    pub(super) fn of(
        run: &'a Run<'_>,
        drivers: &mut std::slice::Iter<'a, Vec<Rule>>,
        extensions: &mut std::slice::Iter<'a, Vec<Rule>>,
    ) -> Self {
        let part = |tool: &'a Tool<'_>, from: &mut std::slice::Iter<'a, Vec<Rule>>| {
            let rules = if tool.rules.is_some() { from.next() } else { None }.map_or(&[][..], Vec::as_slice);
            let mut by_id = HashMap::new();
            for (at, rule) in rules.iter().enumerate() {
                by_id.entry(&*rule.id).or_insert(at);
            }
            Part { name: tool.name.as_str(), guid: tool.guid.as_ref().map(Text::as_str), rules, by_id }
        };
        let mut parts = vec![part(&run.tool.driver, drivers)];
        parts.extend(run.tool.extensions.iter().flatten().map(|tool| part(tool, extensions)));
        Self { parts }
    }

    /// Which rule is meant: the part it is in, and its place there.
    pub(super) fn find(&self, named: Named<'_>) -> Option<(usize, usize)> {
        let Some(component) = named.component else {
            // Whoever names no part means the tool, or leaves it to the reader to look further.
            let others = || (1..self.parts.len()).find_map(|part| self.within(part, Named { index: None, ..named }));
            return self.within(0, named).or_else(others);
        };
        let part = match component.split_once(':')? {
            ("index", index) => index.parse::<usize>().ok()?.checked_add(1)?,
            ("guid", guid) => self.parts.iter().position(|part| part.guid == Some(guid))?,
            (_, name) => self.parts.iter().position(|part| part.name == name)?,
        };
        self.within(part, named)
    }

    fn within(&self, part: usize, named: Named<'_>) -> Option<(usize, usize)> {
        let book = self.parts.get(part)?;
        let is = |id: &str, rule: &Rule| {
            id.strip_prefix(&*rule.id).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let by_index = named.index.filter(|at| {
            let rule = book.rules.get(*at);
            rule.is_some_and(|rule| named.id.is_none_or(|id| is(id, rule)))
        });
        let by_guid = || {
            let guid = named.guid?;
            book.rules.iter().position(|rule| rule.guid.as_deref() == Some(guid))
        };
        by_index.or_else(|| book.by_id(named.id?)).or_else(by_guid).map(|at| (part, at))
    }

    /// The rule that [`Self::find`] found.
    pub(super) fn get(&self, (part, at): (usize, usize)) -> Option<&'a Rule> {
        self.parts.get(part)?.rules.get(at)
    }
}

impl Part<'_> {
    /// `CA1000/1` is a case of `CA1000`, if there is no rule of that very name.
    fn by_id(&self, id: &str) -> Option<usize> {
        let mut id = id;
        loop {
            if let Some(at) = self.by_id.get(id) {
                return Some(*at);
            }
            id = id.rsplit_once('/')?.0;
        }
    }
}

//! Which logs are believed, and which witnesses have to have cosigned (C2SP tlog-policy).

use super::notekey::{NoteKey, Scheme};
use crate::encoding::text::shown;
use crate::encoding::{MAX_SMALL, Malformed};
use crate::key;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

/// The most logs, witnesses and groups, each. With the log's own, their signatures fit into a note.
const MAX_EACH: usize = 60;
const WHAT: &str = "log policy";

/// A log that is believed.
#[derive(Clone, Debug)]
pub struct Log {
    /// Its key; the name is the log's origin.
    pub key: NoteKey,
    /// Where it is, if that is said.
    pub url: Option<String>,
}

/// A witness whose cosignatures count.
#[derive(Clone, Debug)]
pub struct Witness {
    /// What the policy calls it.
    pub name: String,
    /// Its key.
    pub key: NoteKey,
    /// Where it is asked, if that is said.
    pub url: Option<String>,
}

#[derive(Clone, Debug)]
enum Named {
    /// By its place among the witnesses.
    Witness(usize),
    /// So many of these, by their places among the names.
    Group(NonZeroUsize, Vec<usize>),
}

/// Logs, witnesses and the quorum.
#[derive(Clone, Debug)]
pub struct LogPolicy {
    logs: Vec<Log>,
    witnesses: Vec<Witness>,
    named: Vec<(String, Named)>,
    quorum: Option<usize>,
}

impl LogPolicy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// [`Malformed`], with the line.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > MAX_SMALL {
            return Err(Malformed::new(WHAT, format!("{} bytes, the limit is {MAX_SMALL}", bytes.len())));
        }
        if bytes.iter().any(|b| b.is_ascii_control() && !matches!(b, b'\t' | b'\n')) {
            return Err(Malformed::new(WHAT, "control characters"));
        }
        let text = octets(bytes);
        let body = text.strip_suffix('\n').ok_or_else(|| Malformed::new(WHAT, "the last line has no newline"))?;
        let mut reading = Reading::default();
        for (number, line) in (1_usize..).zip(body.split('\n')) {
            let words: Vec<&str> = line.split([' ', '\t']).filter(|w| !w.is_empty()).collect();
            if words.first().is_some_and(|w| !w.starts_with('#')) {
                reading.line(&words).map_err(|why| Malformed::new(WHAT, format!("line {number}: {why}")))?;
            }
        }
        reading.check_voices().map_err(|why| Malformed::new(WHAT, why))?;
        let Reading { logs, witnesses, named, quorum, .. } = reading;
        let quorum =
            quorum.ok_or_else(|| Malformed::new(WHAT, "no quorum line; \"quorum none\" asks for no witness"))?;
        Ok(Self { logs, witnesses, named, quorum })
    }

    /// The logs that are believed.
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }
    /// Whether it names the log of this key, under this name.
    pub fn names(&self, key: &NoteKey) -> bool {
        self.logs.iter().any(|log| log.key.to_string() == key.to_string())
    }
    /// The same for the log of this origin alone, with all witnesses and the quorum. None if no such log is named.
    #[must_use]
    pub fn only(&self, origin: &str) -> Option<Self> {
        let log = self.logs.iter().find(|log| log.key.name() == origin)?;
        Some(Self { logs: vec![log.clone()], ..self.clone() })
    }
    /// Every witness, whether the quorum needs it or not.
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }
    /// Whether any cosignature is asked for.
    pub fn asks_for_witnesses(&self) -> bool {
        self.quorum.is_some()
    }
    /// The quorum, by its name.
    pub fn quorum(&self) -> &str {
        self.quorum.and_then(|at| self.named.get(at)).map_or("none", |(name, _)| name)
    }
    /// Whether a group or witness of this name is defined.
    pub fn defines(&self, name: &str) -> bool {
        self.named.iter().any(|(n, _)| n == name)
    }

    /// Since when the quorum had cosigned, from the times of the witnesses that did, by their names. None if it has
    /// not. Without a quorum there is no such time, and nothing is missing.
    pub fn met(&self, cosigned: &BTreeMap<&str, Timestamp>) -> Met {
        match self.quorum {
            None => Met::NothingAsked,
            Some(at) => self.since(at, cosigned).map_or(Met::No, Met::Since),
        }
    }
    /// The same for one group or witness, by its name.
    pub fn met_by(&self, name: &str, cosigned: &BTreeMap<&str, Timestamp>) -> Met {
        let at = self.named.iter().position(|(n, _)| n == name);
        at.and_then(|at| self.since(at, cosigned)).map_or(Met::No, Met::Since)
    }

    /// A group has agreed when as many of its members have as it needs: at the latest of the earliest so many times,
    /// so that no fewer than that many would have to lie to make it earlier.
    fn since(&self, at: usize, cosigned: &BTreeMap<&str, Timestamp>) -> Option<Timestamp> {
        match self.named.get(at)? {
            (_, Named::Witness(witness)) => cosigned.get(self.witnesses.get(*witness)?.name.as_str()).copied(),
            (_, Named::Group(need, members)) => {
                let mut times: Vec<Timestamp> = members.iter().filter_map(|m| self.since(*m, cosigned)).collect();
                times.sort_unstable();
                (1_usize..).zip(times).find(|(agreeing, _)| key::enough(*agreeing, *need)).map(|(_, time)| time)
            }
        }
    }

    /// The quorum in words: `2 of members (w1, w2, w3)`.
    pub fn demand(&self) -> String {
        self.quorum.map_or_else(|| "no witness".into(), |at| self.words(at))
    }

    /// The same of one group or witness, by its name.
    pub fn demand_of(&self, name: &str) -> String {
        self.named.iter().position(|(n, _)| n == name).map_or_else(|| "no witness".into(), |at| self.words(at))
    }

    fn words(&self, at: usize) -> String {
        match self.named.get(at) {
            Some((name, Named::Group(need, members))) => {
                let members: Vec<String> = members.iter().map(|m| self.words(*m)).collect();
                format!("{need} of {} ({})", shown(name), members.join(", "))
            }
            Some((name, Named::Witness(_))) => shown(name),
            None => String::new(),
        }
    }
}

/// Octets as text, so that different octets are different text. Names need not be UTF-8; an octet that is not is
/// written in hex after a U+007F, which no policy contains.
fn octets(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|octet| format!("\u{7f}{octet:02x}")));
    }
    text
}

/// Whether a quorum was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// None is asked for.
    NothingAsked,
    /// Yes, and all of it by this time.
    Since(Timestamp),
    /// No.
    No,
}

#[derive(Default)]
struct Reading {
    logs: Vec<Log>,
    witnesses: Vec<Witness>,
    named: Vec<(String, Named)>,
    listed: BTreeSet<usize>,
    quorum: Option<Option<usize>>,
}

impl Reading {
    fn line(&mut self, words: &[&str]) -> Result<(), String> {
        match words {
            ["log", vkey] => self.log(vkey, None),
            ["log", vkey, url] => self.log(vkey, Some(url)),
            ["witness", name, vkey] => self.witness(name, vkey, None),
            ["witness", name, vkey, url] => self.witness(name, vkey, Some(url)),
            ["group", name, need, members @ ..] => self.group(name, need, members),
            ["quorum", name] => self.quorum(name),
            [first, ..] => Err(format!("{first:?} with {} words is no line of a log policy", words.len())),
            [] => Ok(()),
        }
    }

    fn log(&mut self, vkey: &str, url: Option<&str>) -> Result<(), String> {
        let key = NoteKey::parse(vkey).map_err(|e| e.to_string())?;
        if matches!(key.scheme(), Scheme::Cosignature(_)) {
            return Err("a witness's key, where the key of a log is meant".into());
        }
        if self.logs.iter().any(|l| l.key.public_bytes() == key.public_bytes()) {
            return Err("the same log key twice".into());
        }
        // A checkpoint says by its origin alone which log it is of.
        if self.logs.iter().any(|l| l.key.name() == key.name()) {
            return Err(format!("a second log with the origin {}", shown(key.name())));
        }
        limit("logs", self.logs.len())?;
        self.logs.push(Log { key, url: url.map(str::to_owned) });
        Ok(())
    }

    fn witness(&mut self, name: &str, vkey: &str, url: Option<&str>) -> Result<(), String> {
        let key = NoteKey::parse(vkey).map_err(|e| e.to_string())?;
        if matches!(key.scheme(), Scheme::Ed25519(_)) {
            return Err("a log's key, where the key of a witness is meant".into());
        }
        if self.witnesses.iter().any(|w| w.key.public_bytes() == key.public_bytes()) {
            return Err("the same witness key twice".into());
        }
        limit("witnesses", self.witnesses.len())?;
        self.define(name, Named::Witness(self.witnesses.len()))?;
        self.witnesses.push(Witness { name: name.to_owned(), key, url: url.map(str::to_owned) });
        Ok(())
    }

    fn group(&mut self, name: &str, need: &str, members: &[&str]) -> Result<(), String> {
        let members: Vec<usize> = members.iter().map(|m| self.find(m)).collect::<Result<_, _>>()?;
        let need = match need {
            "any" => 1,
            "all" => members.len(),
            k => super::checkpoint::number(k).and_then(|n| usize::try_from(n).ok()).unwrap_or(0),
        };
        let need = NonZeroUsize::new(need).filter(|n| n.get() <= members.len());
        let need = need.ok_or_else(|| format!("expected all, any, or a number from 1 to {}", members.len()))?;
        for member in &members {
            if !self.listed.insert(*member) {
                return Err("a name that is a member of a group already".into());
            }
        }
        limit("groups", self.named.len().saturating_sub(self.witnesses.len()))?;
        self.define(name, Named::Group(need, members))
    }

    fn quorum(&mut self, name: &str) -> Result<(), String> {
        let quorum = if name == "none" { None } else { Some(self.find(name)?) };
        match self.quorum.replace(quorum) {
            None => Ok(()),
            Some(_) => Err("a second quorum line".into()),
        }
    }

    /// One witness has one voice, however many keys it has: two of its keys may stand in one group that asks for one of
    /// its members, and nowhere else. Nor is a log a witness of its own. The specification knows the first rule for
    /// one key under two names only, and not the second.
    fn check_voices(&self) -> Result<(), String> {
        for (n, witness) in self.witnesses.iter().enumerate() {
            if self.logs.iter().any(|log| log.key.public_bytes() == witness.key.public_bytes()) {
                return Err(format!("witness {:?} has the key of a log", witness.name));
            }
            let other = |(_, other): &(usize, &Witness)| other.key.name() == witness.key.name();
            for (m, other) in self.witnesses.iter().enumerate().skip(n.saturating_add(1)).filter(other) {
                if let (Some(one), Some(two)) = (self.group_of(n), self.group_of(m))
                    && (one != two || !self.asks_for_one(one))
                {
                    let (a, b, name) = (&witness.name, &other.name, shown(witness.key.name()));
                    return Err(format!("{a:?} and {b:?} are two keys of the one witness {name}, and count twice"));
                }
            }
        }
        Ok(())
    }

    /// The group that a witness is a member of, by its place among the names.
    fn group_of(&self, witness: usize) -> Option<usize> {
        let own = self.named.iter().position(|(_, n)| matches!(n, Named::Witness(w) if *w == witness))?;
        self.named.iter().position(|(_, n)| matches!(n, Named::Group(_, members) if members.contains(&own)))
    }

    fn asks_for_one(&self, group: usize) -> bool {
        matches!(self.named.get(group), Some((_, Named::Group(need, _))) if need.get() == 1)
    }

    fn define(&mut self, name: &str, named: Named) -> Result<(), String> {
        if name == "none" || self.named.iter().any(|(n, _)| n == name) {
            return Err(format!("the name {name:?} is taken"));
        }
        self.named.push((name.to_owned(), named));
        Ok(())
    }

    fn find(&self, name: &str) -> Result<usize, String> {
        self.named.iter().position(|(n, _)| n == name).ok_or_else(|| format!("{name:?} is not defined above"))
    }
}

fn limit(what: &str, so_far: usize) -> Result<(), String> {
    if so_far < MAX_EACH { Ok(()) } else { Err(format!("more than {MAX_EACH} {what}")) }
}

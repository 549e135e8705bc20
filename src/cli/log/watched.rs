//! Which log a command looks at, and whose word says that it is this one: the flags `log check` and `log monitor` share.

use super::super::context::Context;
use super::super::trouble::Trouble;
use super::super::trust::location;
use super::super::trust_of;
use clap::Args;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use vouchsafe::encoding::text::shown;
use vouchsafe::encoding::{Explain as _, MAX_SMALL};
use vouchsafe::gather::Location;
use vouchsafe::gather::network::Network;
use vouchsafe::gather::tiles::TilesAt;
use vouchsafe::gather::trust::Held;
use vouchsafe::gather::watch::{self, Checked, Sought};
use vouchsafe::publish::log::LogFolder;
use vouchsafe::registry::Wanted;
use vouchsafe::store::read_bounded;
use vouchsafe::transparency::{Code, Log, LogPolicy, NoteKey, Refusal};

/// The log, and who says what its key is.
#[derive(Args)]
pub(super) struct WatchedArgs {
    /// A log's folder, its public folder, or the URL it is served at; without it, the one log that the policy names
    #[arg(value_name = "URL|DIR")]
    log: Option<OsString>,
    /// A log policy, instead of that of the trusted forum
    #[arg(long, value_name = "FILE", conflicts_with = "log_key")]
    log_policy: Option<PathBuf>,
    /// Which of the logs that the log policy names, by its origin, where the place is not one that the policy gives
    #[arg(long, value_name = "NAME")]
    origin: Option<String>,
    /// The key of the log, NAME+ID+BASE64, where no witness is to be asked for
    #[arg(long, value_name = "VKEY", value_parser = NoteKey::parse)]
    log_key: Option<NoteKey>,
    /// A forum's folder, its published folder, or an exported trust file; without it the one trusted forum
    #[arg(long, value_name = "DIR|FILE", env = "VOUCHSAFE_TRUST")]
    trust: Option<PathBuf>,
}

impl WatchedArgs {
    /// The log, and the policy it is held to, which names this log alone: the one given, the trusted forum's, or, for
    /// whoever keeps the log in this folder, its own.
    pub(super) fn open(&self, context: &Context) -> Result<(TilesAt, LogPolicy), Trouble> {
        let policy = self.policy(context)?;
        let log = self.log_of(&policy)?;
        let place = match (&self.log, &log.url) {
            (Some(place), _) => place.clone(),
            (None, Some(url)) => url.into(),
            (None, None) => {
                let why = "which log? name its folder or URL; the log policy does not say where it is served";
                return Err(Trouble::usage(why));
            }
        };
        let narrow = policy.only(log.key.name()).ok_or_else(|| unknown(&policy, log.key.name()))?;
        Ok((TilesAt::open(&location(&place)?)?, narrow))
    }

    /// That it only grew, and is the log that was at this place before.
    pub(super) fn check(&self, context: &Context, log: &TilesAt, policy: &LogPolicy) -> Result<Checked, Trouble> {
        let sought = if self.origin.is_some() { Sought::Chosen } else { Sought::Same };
        let checked = watch::check(log, policy, sought, &context.home()?, context.now);
        checked.map_err(|error| match error.code() {
            "origin-unknown" => Trouble::from(error).then(
                "ask whoever serves it where that log is; --origin NAME looks at another one that the log policy names",
            ),
            _ => error.into(),
        })
    }

    /// The log that is meant. Whoever serves one must not choose it: an old shard in place of the present one would show
    /// that nothing is new.
    fn log_of<'p>(&self, policy: &'p LogPolicy) -> Result<&'p Log, Trouble> {
        let named = |log: &&Log| self.origin.as_ref().is_none_or(|origin| log.key.name() == origin);
        let logs: Vec<&Log> = policy.logs().iter().filter(named).collect();
        let here: Vec<&Log> = match &self.log {
            Some(place) => {
                let place = remembered(place);
                let here = |log: &&&Log| log.url.as_ref().is_some_and(|url| remembered(url.as_ref()) == place);
                logs.iter().filter(here).copied().collect()
            }
            None => Vec::new(),
        };
        match (here.as_slice(), logs.as_slice(), &self.origin) {
            ([log], _, _) | (_, [log], _) => Ok(log),
            (_, [], Some(origin)) => Err(unknown(policy, origin)),
            (_, [], None) => Err(Trouble::usage("which log? the log policy names none")),
            (_, several, _) => {
                let name = |log: &&Log| match &log.url {
                    Some(url) => format!("{} at {}", shown(log.key.name()), shown(url)),
                    None => shown(log.key.name()),
                };
                let names: Vec<String> = several.iter().map(name).collect();
                let why = format!("which log? the log policy names {}; --origin says which", names.join(" and "));
                Err(Trouble::usage(why))
            }
        }
    }

    /// The registry whose members' entries are looked for.
    pub(super) fn registry(&self, context: &Context, wanted: Wanted) -> Result<Held, Trouble> {
        trust_of(context, self.trust.as_deref(), context.now, false, || wanted)
    }

    fn policy(&self, context: &Context) -> Result<LogPolicy, Trouble> {
        if let Some(file) = &self.log_policy {
            return Ok(LogPolicy::parse(&read_bounded(file, MAX_SMALL)?)?);
        }
        if let Some(key) = &self.log_key {
            return Ok(LogPolicy::parse(format!("log {key}\nquorum none\n").as_bytes())?);
        }
        let held = self.registry(context, Wanted::nobody());
        match (held, self.kept()) {
            (Ok(held), own) => match (held.registry.log_policy(), own) {
                (Some(policy), _) => Ok(policy.clone()),
                (None, Some(own)) => Ok(own),
                (None, None) => Err(Trouble::undecided(
                    "log-policy-missing",
                    "the trusted forum has no log policy, so that nobody says what the log's key is",
                    "give --log-policy FILE or --log-key VKEY; the forum sets one with vouchsafe registry set-log",
                )),
            },
            (Err(_), Some(own)) => Ok(own),
            (Err(trouble), None) => Err(trouble),
        }
    }

    /// The policy of a log that is kept in the folder named.
    fn kept(&self) -> Option<LogPolicy> {
        let log = LogFolder::open(self.log.as_ref()?.as_ref()).ok()?;
        match log.policy() {
            Some(policy) => policy.only(log.key().name()),
            None => LogPolicy::parse(format!("log {}\nquorum none\n", log.key()).as_bytes()).ok(),
        }
    }
}

/// A place in the one way to write it, as far as it can be read.
fn remembered(place: &OsStr) -> String {
    let location = Location::parse(place, &Network::default());
    location.map_or_else(|_| place.to_string_lossy().into_owned(), |location| location.remembered())
}

fn unknown(policy: &LogPolicy, origin: &str) -> Trouble {
    let names: Vec<String> = policy.logs().iter().map(|log| shown(log.key.name())).collect();
    Refusal::new(Code::OriginUnknown, "", names.join(" or "), shown(origin)).into()
}

//! Which log a command looks at, and whose word says that it is this one: the flags `log check` and `log monitor` share.

use super::super::context::Context;
use super::super::trouble::Trouble;
use super::super::trust::location;
use super::super::trust_of;
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;
use vouchsafe::encoding::MAX_SMALL;
use vouchsafe::encoding::text::shown;
use vouchsafe::gather::tiles::TilesAt;
use vouchsafe::gather::trust::Held;
use vouchsafe::publish::log::LogFolder;
use vouchsafe::registry::Wanted;
use vouchsafe::store::read_bounded;
use vouchsafe::transparency::{Log, LogPolicy, NoteKey};

/// The log, and who says what its key is.
#[derive(Args)]
pub(super) struct WatchedArgs {
    /// A log's folder, its public folder, or the URL it is served at; without it, the one log that the policy names
    #[arg(value_name = "URL|DIR")]
    log: Option<OsString>,
    /// A log policy, instead of that of the trusted forum
    #[arg(long, value_name = "FILE", conflicts_with = "log_key")]
    log_policy: Option<PathBuf>,
    /// The key of the log, NAME+ID+BASE64, where no witness is to be asked for
    #[arg(long, value_name = "VKEY", value_parser = NoteKey::parse)]
    log_key: Option<NoteKey>,
    /// A forum's folder, its published folder, or an exported trust file; without it the one trusted forum
    #[arg(long, value_name = "DIR|FILE", env = "VOUCHSAFE_TRUST")]
    trust: Option<PathBuf>,
}

impl WatchedArgs {
    /// The log, and the policy it is held to: the one given, the trusted forum's, or, for whoever keeps the log in this
    /// folder, its own.
    pub(super) fn open(&self, context: &Context) -> Result<(TilesAt, LogPolicy), Trouble> {
        let policy = self.policy(context)?;
        let place = match (&self.log, policy.logs()) {
            (Some(place), _) => place.clone(),
            (None, [Log { url: Some(url), .. }]) => url.into(),
            // Who looks at one shard of several has not seen what is in the others.
            (None, [_, _, ..]) => {
                let logs = policy.logs().iter().map(|log| shown(log.url.as_deref().unwrap_or(log.key.name())));
                let logs: Vec<String> = logs.collect();
                return Err(Trouble::usage(format!("which log? the log policy names {}", logs.join(" and "))));
            }
            (None, _) => {
                let why = "which log? name its folder or URL; the log policy does not say where it is served";
                return Err(Trouble::usage(why));
            }
        };
        Ok((TilesAt::open(&location(&place)?)?, policy))
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
        let alone = || LogPolicy::parse(format!("log {}\nquorum none\n", log.key()).as_bytes()).ok();
        log.policy().cloned().or_else(alone)
    }
}

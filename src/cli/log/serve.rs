//! `vouchsafe log serve`: takes attestations over HTTP into a log. Reading the log is a web server's business.

use super::super::context::Context;
use super::super::passphrase::PassphraseArgs;
use super::super::trouble::Trouble;
use super::super::trust::network;
use super::super::{Answer, trust_of};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::encoding::Explain as _;
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::publish::Cosigner;
use vouchsafe::publish::add::{AddPath, KeysById, keys_of};
use vouchsafe::publish::ask::Asking;
use vouchsafe::publish::http_server::{Limits, Server};
use vouchsafe::publish::log::{Error, LogFolder};
use vouchsafe::registry::Wanted;
use vouchsafe::signer::{self, KeyReference};

/// How long the members that were read are good for.
const REREAD: SignedDuration = SignedDuration::from_secs(60);
/// Requests read at once, and so the most that share a checkpoint.
const CONNECTIONS: usize = 32;
/// The most bytes of an attestation that comes in.
const MAX_BODY: usize = 8 << 20;

/// Take attestations over HTTP into a log
#[derive(Args)]
pub(super) struct ServeArgs {
    /// The log's folder
    folder: PathBuf,
    /// The log's private key
    #[arg(long, value_name = "KEY")]
    key: KeyReference,
    /// Where to listen; port 0 takes any free one
    #[arg(long, value_name = "ADDR:PORT")]
    listen: String,
    /// The forum whose members may add; without it the one trusted forum
    #[arg(long, value_name = "DIR|FILE", env = "VOUCHSAFE_TRUST")]
    trust: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Runs `log serve`.
pub(super) fn run(context: &Context, args: &ServeArgs) -> Answer {
    let mut log = LogFolder::open(&args.folder)?;
    let signer = signer::open(&args.key, &args.passphrase.source())?;
    if signer.public().raw() != log.key().public_bytes() {
        let (origin, expected) = (log.key().name().to_owned(), log.key().to_string());
        return Err(Error::OtherKey { origin, expected, got: signer.public().id().to_string() }.into());
    }
    let mut asked = Some(witnesses(&log, args)?);
    let mut members = Members { keys: members(context, args)?, read: context.now };
    let limits = Limits { connections: CONNECTIONS, batch: CONNECTIONS, body: MAX_BODY, ..Limits::default() };
    let server = Server::bind(&args.listen, limits)?;
    let text = format!(
        "LISTENING  http://{}  {} takes what {} sign, and asks {}\n",
        server.address(),
        shown(log.key().name()),
        count(members.keys.len(), "member key"),
        count(asked.as_ref().map_or(0, Vec::len), "witness")
    );
    context.print(text.as_bytes())?;
    server.run(|requests| {
        let now = Timestamp::now();
        members.refresh(context, args, now);
        if let Err(trouble) = follow(&mut log, &mut asked, args) {
            let _ = trouble.report(context);
        }
        let witnesses: Vec<&dyn Cosigner> = asked.iter().flatten().map(AsRef::as_ref).collect();
        let add = AddPath { log: &log, signer: signer.as_ref(), witnesses: &witnesses, keys: &members.keys, now };
        let (answers, trouble) = add.respond(requests);
        if let Some(error) = trouble {
            context.say(format_args!("undecided[{}]: {error}; {}", error.code(), error.next()));
        }
        answers
    });
    Ok(ExitCode::SUCCESS)
}

/// Takes up what `log policy` said in the meantime. What cannot be read changes nothing; witnesses that cannot be asked
/// are looked for again the next time.
fn follow(log: &mut LogFolder, asked: &mut Option<Vec<Box<dyn Cosigner>>>, args: &ServeArgs) -> Result<(), Trouble> {
    if log.reread_policy()? {
        *asked = None;
    }
    if asked.is_none() {
        *asked = Some(witnesses(log, args)?);
    }
    Ok(())
}

/// The witnesses of the log's policy that say where they are.
fn witnesses(log: &LogFolder, args: &ServeArgs) -> Result<Vec<Box<dyn Cosigner>>, Trouble> {
    let network = network()?;
    let asking = Asking { network, passphrase: args.passphrase.source(), clock: Timestamp::now };
    let listed = log.policy().map(|policy| policy.witnesses()).unwrap_or_default();
    Ok(listed.iter().filter_map(|witness| asking.cosigner(witness).transpose()).collect::<Result<_, _>>()?)
}

/// The keys of the forum's members, as of when they were read.
struct Members {
    keys: KeysById,
    read: Timestamp,
}

impl Members {
    /// Reads them again if that was long ago. If it cannot be done now, those known stay.
    fn refresh(&mut self, context: &Context, args: &ServeArgs, now: Timestamp) {
        if now.duration_since(self.read) < REREAD {
            return;
        }
        self.read = now;
        match members(context, args) {
            Ok(keys) => self.keys = keys,
            Err(trouble) => {
                let _ = trouble.report(context);
            }
        }
    }
}

fn members(context: &Context, args: &ServeArgs) -> Result<KeysById, Trouble> {
    let held = trust_of(context, args.trust.as_deref(), Timestamp::now(), false, || Wanted::Everybody)?;
    Ok(keys_of(&held.registry))
}

//! `vouchsafe log witness`: makes a witness, and lets it answer, over HTTP or from a file.

use super::super::Answer;
use super::super::context::Context;
use super::super::passphrase::PassphraseArgs;
use super::super::registry::typed;
use super::super::trouble::Trouble;
use super::log_key;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::encoding::{Explain as _, MAX_SMALL};
use vouchsafe::key::{KeyFormat, PublicKey};
use vouchsafe::publish::WitnessFolder;
#[cfg(feature = "http")]
use vouchsafe::publish::http_server::{Limits, Response, Server};
use vouchsafe::publish::witness::{Known, WitnessError};
use vouchsafe::signer::{self, KeyReference, Signer};
use vouchsafe::store;
use vouchsafe::transparency::NoteKey;
use vouchsafe::transparency::witness::{MAX_REQUEST, NotCosigned};

/// Be a witness: cosign what a log says, as long as it only grows
#[derive(Args)]
pub(super) struct WitnessArgs {
    #[command(subcommand)]
    command: WitnessCommand,
}

#[derive(Subcommand)]
enum WitnessCommand {
    /// Make a witness with a key and the logs it knows; prints the vkey that goes into log policies
    Init(InitArgs),
    /// Make a further log known to a witness, or a further key of a log
    AddLog(AddLogArgs),
    /// Answer one add-checkpoint request from a file or standard input; prints the cosignature
    AddCheckpoint(AddCheckpointArgs),
    /// Answer requests over HTTP (C2SP tlog-witness) until the process ends
    #[cfg(feature = "http")]
    Serve(ServeArgs),
}

#[derive(Args)]
struct InitArgs {
    /// The witness's folder; made if it is missing
    folder: PathBuf,
    /// The witness's name, as a URL without its scheme: w1.example.org
    #[arg(long)]
    name: String,
    /// The witness's key (Ed25519), private or public; where a private key file lies is remembered
    #[arg(long, value_name = "KEY")]
    key: KeyReference,
    /// A log it shall watch: its key, NAME+ID+BASE64, or the folder it is kept in (repeatable)
    #[arg(long, value_name = "VKEY|DIR", value_parser = log_key)]
    log: Vec<NoteKey>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

#[derive(Args)]
struct AddLogArgs {
    /// The witness's folder
    folder: PathBuf,
    /// Key of the log, NAME+ID+BASE64, or the folder it is kept in
    #[arg(value_name = "VKEY|DIR", value_parser = log_key)]
    log: NoteKey,
}

#[derive(Args)]
struct AddCheckpointArgs {
    /// The witness's folder
    folder: PathBuf,
    /// The request; standard input when it is - or absent
    request: Option<PathBuf>,
    /// The witness's private key
    #[arg(long, value_name = "KEY")]
    key: KeyReference,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

#[cfg(feature = "http")]
#[derive(Args)]
struct ServeArgs {
    /// The witness's folder
    folder: PathBuf,
    /// The witness's private key
    #[arg(long, value_name = "KEY")]
    key: KeyReference,
    /// Where to listen; port 0 takes any free one
    #[arg(long, value_name = "ADDR:PORT")]
    listen: String,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Runs `log witness …`.
pub(super) fn run(context: &Context, args: &WitnessArgs) -> Answer {
    match &args.command {
        WitnessCommand::Init(args) => init(context, args),
        WitnessCommand::AddLog(args) => add_log(context, args),
        WitnessCommand::AddCheckpoint(args) => add_checkpoint(context, args),
        #[cfg(feature = "http")]
        WitnessCommand::Serve(args) => serve(context, args),
    }
}

/// What a witness is, for scripts.
#[derive(Serialize)]
struct Card {
    schema: &'static str,
    name: String,
    vkey: String,
    logs: Vec<String>,
}

impl Card {
    fn of(witness: &WitnessFolder) -> Result<Self, WitnessError> {
        Ok(Self {
            schema: "vouchsafe-log-witness/v1",
            name: witness.key().name().to_owned(),
            vkey: witness.key().to_string(),
            logs: witness.logs()?.iter().map(NoteKey::to_string).collect(),
        })
    }
}

fn init(context: &Context, args: &InitArgs) -> Answer {
    let (key, file) = public_half(args)?;
    let witness = WitnessFolder::init(&args.folder, &args.name, &key, &args.log, file.as_deref())
        .map_err(|e| trouble(e, &args.folder))?;
    let card = Card::of(&witness)?;
    let folder = typed(&args.folder);
    let text = format!(
        "WITNESS  {}  knows {}\n  vkey        {}\nnext: vouchsafe log witness {}\n",
        shown(&card.name),
        count(card.logs.len(), "log"),
        shown(&card.vkey),
        if card.logs.is_empty() {
            format!("add-log {folder} VKEY")
        } else {
            format!(
                "serve {folder} --key KEY --listen 127.0.0.1:8080; the line \"witness NAME VKEY URL\" goes into log policies"
            )
        },
    );
    context.answer(&text, &card)?;
    Ok(ExitCode::SUCCESS)
}

/// The public key, and where the private one lies if that was given as a file.
fn public_half(args: &InitArgs) -> Result<(PublicKey, Option<PathBuf>), Trouble> {
    if let KeyReference::File(path) = &args.key {
        let bytes = store::read_bounded(path, MAX_SMALL)?;
        if !KeyFormat::of(&bytes)?.is_private() {
            return Ok((PublicKey::import(&bytes)?.0, None));
        }
    }
    let key = open(&args.key, &args.passphrase)?.public().clone();
    let file = match &args.key {
        KeyReference::File(path) => Some(std::path::absolute(path).unwrap_or_else(|_| path.clone())),
        _ => None,
    };
    Ok((key, file))
}

fn add_log(context: &Context, args: &AddLogArgs) -> Answer {
    let witness = WitnessFolder::open(&args.folder).map_err(|e| trouble(e, &args.folder))?;
    let added = witness.add_log(&args.log).map_err(|e| trouble(e, &args.folder))?;
    let card = Card::of(&witness)?;
    let word = match added {
        Known::Added => "ADDED",
        Known::Already => "KNOWN",
    };
    let text =
        format!("{word}  {}  {} knows {}\n", shown(args.log.name()), shown(&card.name), count(card.logs.len(), "log"));
    context.answer(&text, &card)?;
    Ok(ExitCode::SUCCESS)
}

/// The lines of a cosignature, for scripts.
#[derive(Serialize)]
struct Lines {
    schema: &'static str,
    witness: String,
    cosignatures: Vec<String>,
}

fn add_checkpoint(context: &Context, args: &AddCheckpointArgs) -> Answer {
    let witness = WitnessFolder::open(&args.folder).map_err(|e| trouble(e, &args.folder))?;
    let request = match args.request.as_deref().filter(|path| *path != Path::new("-")) {
        Some(path) => store::read_bounded(path, MAX_REQUEST)?,
        None => {
            let (mut bytes, most) = (Vec::new(), u64::try_from(MAX_REQUEST).unwrap_or(u64::MAX).saturating_add(1));
            let read = std::io::stdin().take(most).read_to_end(&mut bytes);
            read.map_err(|e| store::Error::io("standard input".as_ref(), e))?;
            bytes
        }
    };
    let signer = open(&args.key, &args.passphrase)?;
    let lines =
        witness.add_checkpoint(&request, signer.as_ref(), Timestamp::now()).map_err(|e| trouble(e, &args.folder))?;
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let witness = witness.key().name().to_owned();
    context.answer(&text, &Lines { schema: "vouchsafe-log-cosignature/v1", witness, cosignatures: lines })?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "http")]
fn serve(context: &Context, args: &ServeArgs) -> Answer {
    let witness = WitnessFolder::open(&args.folder).map_err(|e| trouble(e, &args.folder))?;
    let signer = open(&args.key, &args.passphrase)?;
    witness.check_signer(signer.as_ref())?;
    let server = Server::bind(&args.listen, Limits { body: MAX_REQUEST, ..Limits::default() })?;
    let card = Card::of(&witness)?;
    let text = format!(
        "LISTENING  http://{}  {} knows {}\n",
        server.address(),
        shown(&card.name),
        count(card.logs.len(), "log")
    );
    context.print(text.as_bytes())?;
    server.run(|requests| {
        let answered = requests.iter().map(|request| {
            // A server runs long: the clock is read for each request.
            witness.respond(request, signer.as_ref(), Timestamp::now()).unwrap_or_else(|error| {
                context.say(format_args!("undecided[{}]: {error}; {}", error.code(), error.next()));
                Response::text(500, "the witness cannot answer\n")
            })
        });
        answered.collect()
    });
    Ok(ExitCode::SUCCESS)
}

fn open(key: &KeyReference, passphrase: &PassphraseArgs) -> Result<Box<dyn Signer>, Trouble> {
    Ok(signer::open(key, &passphrase.source())?)
}

/// A witness's own trouble, with the folder in the next command.
fn trouble(error: WitnessError, folder: &Path) -> Trouble {
    let folder = typed(folder);
    let next = match &error {
        WitnessError::NotCosigned(NotCosigned::UnknownLog(_)) => {
            format!("if the witness shall watch it: vouchsafe log witness add-log {folder} VKEY")
        }
        WitnessError::Store(store::Error::Exists(_)) => {
            format!(
                "choose another folder; vouchsafe log witness add-log {folder} VKEY adds a log to the witness there"
            )
        }
        _ => return Trouble::from(error),
    };
    Trouble::from(error).then(next)
}

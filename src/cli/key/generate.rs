//! `vouchsafe key generate`: a new key pair in two new files.

use super::super::Answer;
use super::super::context::Context;
use super::super::passphrase::PassphraseArgs;
use super::super::trouble::Trouble;
use super::card::{Card, Protection};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vouchsafe::encoding::text::shown_path;
use vouchsafe::key::{SecretKey, Suite};
use vouchsafe::signer::{FileSigner, SignerError, random};
use vouchsafe::store;

/// Flags of `key generate`.
#[derive(Args)]
pub(super) struct GenerateArgs {
    /// The private key's file; the public key goes beside it (acme.pem, acme.pub.pem). Never overwritten
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    /// Ed25519, unless those who check use sigstore clients or Rekor v2
    #[arg(long, value_enum, default_value_t = AlgorithmName::Ed25519, env = "VOUCHSAFE_ALGORITHM")]
    algorithm: AlgorithmName,
    #[command(flatten)]
    seal: SealArgs,
}

/// How a new key file is protected.
#[derive(Args)]
pub(super) struct SealArgs {
    /// Do not encrypt the new key: whoever reads the file can sign
    #[arg(long, conflicts_with_all = ["passphrase_file", "passphrase_fd"])]
    no_passphrase: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Names of algorithms on the command line.
#[derive(Clone, Copy, ValueEnum)]
enum AlgorithmName {
    /// Ed25519 (RFC 8032)
    Ed25519,
    /// ECDSA over P-256 with SHA-256
    #[value(alias = "ecdsa-p256-sha256", alias = "p256")]
    EcdsaP256,
}

/// Runs `key generate`.
pub(super) fn run(context: &Context, args: &GenerateArgs) -> Answer {
    refuse_existing(&args.out)?;
    let key = random::generate(match args.algorithm {
        AlgorithmName::Ed25519 => Suite::Ed25519,
        AlgorithmName::EcdsaP256 => Suite::EcdsaP256Sha256,
    })?;
    let card = write_pair(context, &key, &args.out, &args.seal, Card::of(key.public()))?;
    let public = FileSigner::public_path(&args.out);
    let text = format!(
        "{}  {}  {} key; its public half is in {}\n{}",
        context.paint(32, "GENERATED"),
        shown_path(&args.out),
        key.public().suite(),
        shown_path(&public),
        card.details()
    );
    context.answer(&text, &card)?;
    Ok(ExitCode::SUCCESS)
}

/// Says no before anybody is asked for a passphrase.
pub(super) fn refuse_existing(private: &Path) -> Result<(), Trouble> {
    for path in [private, &FileSigner::public_path(private)] {
        if store::exists(path) {
            return Err(SignerError::from(store::Error::Exists(path.to_owned())).into());
        }
    }
    Ok(())
}

/// Writes both files or none.
pub(super) fn write_pair(
    context: &Context,
    key: &SecretKey,
    private: &Path,
    seal: &SealArgs,
    card: Card,
) -> Result<Card, Trouble> {
    let public = FileSigner::public_path(private);
    let passphrase = match seal.no_passphrase {
        true => None,
        false => Some(seal.passphrase.source().read_new(&format!("New passphrase for {}", shown_path(private)))?),
    };
    let pem = key.to_pem(random::seal(passphrase.as_ref().map(|p| p.as_slice()))?)?;
    store::create_private(private, pem.as_bytes()).map_err(SignerError::from)?;
    let written = store::write_atomic(&public, key.public().to_pem().as_bytes(), store::Overwrite::Refuse);
    if let Err(e) = written {
        // Ours alone: it was created a moment ago, exclusively.
        let _ = std::fs::remove_file(private);
        return Err(SignerError::from(e).into());
    }
    let sealed = if passphrase.is_some() { Protection::Encrypted } else { Protection::Plain };
    if sealed == Protection::Plain {
        context.say(format_args!("warning: {} is not encrypted; whoever reads it can sign", shown_path(private)));
    }
    Ok(card.written_to(private, &public, sealed))
}

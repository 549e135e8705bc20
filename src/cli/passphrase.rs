//! The flags every command shares that opens or makes a private key.

use clap::Args;
use std::path::PathBuf;
use vouchsafe::signer::{Ask, PassphraseSource};

/// Where the passphrase of a private key comes from; without these it is asked for on a terminal.
#[derive(Args)]
pub(crate) struct PassphraseArgs {
    /// File that holds the passphrase on one line (mode 0600) [env: VOUCHSAFE_PASSPHRASE=the passphrase itself]
    #[arg(long, value_name = "FILE", env = "VOUCHSAFE_PASSPHRASE_FILE", conflicts_with = "passphrase_fd")]
    passphrase_file: Option<PathBuf>,
    /// Open file descriptor to read the passphrase from
    #[arg(long, value_name = "N")]
    passphrase_fd: Option<u32>,
}

impl PassphraseArgs {
    /// The flags, else `VOUCHSAFE_PASSPHRASE`, else the terminal.
    pub(crate) fn source(&self) -> PassphraseSource {
        PassphraseSource {
            file: self.passphrase_file.clone(),
            descriptor: self.passphrase_fd,
            variable: Some("VOUCHSAFE_PASSPHRASE"),
            terminal: Ask::IfTerminal,
        }
    }
}

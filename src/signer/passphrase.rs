//! Where passphrases come from: a file, a descriptor, an environment variable, a terminal; never the command line,
//! which every user of a machine can read.

use super::SignerError;
use crate::store;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// The most bytes of a passphrase; a larger file is not one.
const MOST: usize = 4096;

/// Where to look for a passphrase: the file, else the descriptor, else the variable, else the terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PassphraseSource {
    /// A file that holds it on one line and that only its owner can read.
    pub file: Option<PathBuf>,
    /// The number of an open file descriptor.
    pub descriptor: Option<u32>,
    /// The name of an environment variable; an empty value counts as not set.
    pub variable: Option<&'static str>,
    /// Whether a person at the terminal may be asked.
    pub terminal: Ask,
}

/// Whether a person may be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ask {
    /// No.
    #[default]
    Never,
    /// If there is a terminal.
    IfTerminal,
}

impl PassphraseSource {
    /// The passphrase of an existing key; None if no source has one.
    ///
    /// # Errors
    /// [`SignerError`] for exposed files, unusable passphrases and a failing terminal.
    pub fn read(&self, prompt: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SignerError> {
        match self.given()? {
            Some(given) => Ok(Some(given)),
            None => self.ask(prompt),
        }
    }

    /// The passphrase for a new key: not empty, and typed twice if it is typed.
    ///
    /// # Errors
    /// [`SignerError::NoPassphrase`] if no source has one; [`SignerError::BadPassphrase`] if the two differ.
    pub fn read_new(&self, prompt: &str) -> Result<Zeroizing<Vec<u8>>, SignerError> {
        if let Some(given) = self.given()? {
            return Ok(given);
        }
        let first = self.ask(prompt)?.ok_or(SignerError::NoPassphrase)?;
        let again = self.ask(&format!("{prompt}, again"))?.ok_or(SignerError::NoPassphrase)?;
        if first == again {
            Ok(first)
        } else {
            Err(SignerError::BadPassphrase {
                from: "the terminal".into(),
                why: "was typed differently the second time",
            })
        }
    }

    fn given(&self) -> Result<Option<Zeroizing<Vec<u8>>>, SignerError> {
        if let Some(path) = &self.file {
            let bytes = store::read_private(path, MOST).map_err(|e| match e {
                store::Error::Exposed { path, mode } => SignerError::PassphraseExposed { path, mode },
                other => other.into(),
            })?;
            return one_line(bytes, "the passphrase file").map(Some);
        }
        if let Some(number) = self.descriptor {
            return descriptor(number).map(Some);
        }
        let value = self.variable.and_then(std::env::var_os).filter(|v| !v.is_empty());
        match (value, self.variable) {
            (Some(value), Some(name)) => one_line(Zeroizing::new(value.into_encoded_bytes()), name).map(Some),
            _ => Ok(None),
        }
    }

    fn ask(&self, prompt: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SignerError> {
        match self.terminal {
            Ask::Never => Ok(None),
            Ask::IfTerminal => match super::terminal::ask(prompt)? {
                Some(typed) => one_line(typed, "the terminal").map(Some),
                None => Ok(None),
            },
        }
    }
}

/// What an open descriptor gives. Opening it by name reads pipes, files and here-documents alike, without unsafe code.
#[cfg(unix)]
fn descriptor(number: u32) -> Result<Zeroizing<Vec<u8>>, SignerError> {
    let bytes = Zeroizing::new(store::read_bounded(format!("/dev/fd/{number}").as_ref(), MOST)?);
    one_line(bytes, "the descriptor")
}

/// Here an open descriptor has no name that it could be opened by.
#[cfg(not(unix))]
fn descriptor(_: u32) -> Result<Zeroizing<Vec<u8>>, SignerError> {
    let why = "cannot be read: this system has no descriptors to name";
    Err(SignerError::BadPassphrase { from: "the descriptor".into(), why })
}

/// Takes off the line ending that editors and `echo` leave; refuses what cannot be meant.
fn one_line(mut bytes: Zeroizing<Vec<u8>>, from: &str) -> Result<Zeroizing<Vec<u8>>, SignerError> {
    let bad = |why| Err(SignerError::BadPassphrase { from: from.to_owned(), why });
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    match bytes.as_slice() {
        [] => bad("is empty"),
        line if line.iter().any(|b| matches!(b, b'\n' | b'\r' | 0)) => bad("has more than one line"),
        _ => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::one_line;
    use zeroize::Zeroizing;

    #[test]
    fn one_line_ending_is_not_part_of_a_passphrase() {
        let line = |text: &[u8]| one_line(Zeroizing::new(text.to_vec()), "x").ok().map(|l| l.to_vec());
        for good in [&b" a b "[..], b" a b \n", b" a b \r\n"] {
            assert_eq!(line(good).unwrap(), b" a b ");
        }
        for bad in [&b""[..], b"\n", b"\r\n", b"a\n\n", b"a\nb", b"a\0b"] {
            assert_eq!(line(bad), None, "{bad:?}");
        }
    }
}

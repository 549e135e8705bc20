//! What may follow `--key`: a path, `file:PATH` or `env:NAME`.

use super::SignerError;
use std::path::PathBuf;

/// Where a signing key is. A name that starts with no known scheme is a path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyReference {
    /// A PKCS#8 PEM file.
    File(PathBuf),
    /// An environment variable that holds PKCS#8 PEM.
    Variable(String),
}

/// Kinds of references that have a meaning elsewhere, so that they are never taken for file names.
const OTHERS: [(&str, &str); 6] = [
    ("ssh-agent:", "an SSH agent"),
    ("pkcs11:", "PKCS#11"),
    ("exec:", "a program"),
    ("awskms:", "a key service"),
    ("gcpkms:", "a key service"),
    ("azurekms:", "a key service"),
];

impl std::str::FromStr for KeyReference {
    type Err = SignerError;

    fn from_str(text: &str) -> Result<Self, SignerError> {
        if let Some((_, scheme)) = OTHERS.iter().find(|(start, _)| text.starts_with(start)) {
            return Err(SignerError::ReferenceUnsupported { reference: text.to_owned(), scheme });
        }
        if text.contains("PRIVATE KEY") {
            return Err(SignerError::ReferenceUnsupported {
                reference: "(not repeated)".into(),
                scheme: "its own text",
            });
        }
        match text.split_once(':') {
            Some(("env", name)) => Ok(Self::Variable(name.to_owned())),
            Some(("file", path)) => Ok(Self::File(path.into())),
            _ => Ok(Self::File(text.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::KeyReference;

    #[test]
    fn known_kinds_are_never_taken_for_paths() {
        assert_eq!("a.pem".parse::<KeyReference>().unwrap(), KeyReference::File("a.pem".into()));
        assert_eq!("C:\\a.pem".parse::<KeyReference>().unwrap(), KeyReference::File("C:\\a.pem".into()));
        assert_eq!("file:env:a".parse::<KeyReference>().unwrap(), KeyReference::File("env:a".into()));
        assert_eq!("env:KEY".parse::<KeyReference>().unwrap(), KeyReference::Variable("KEY".into()));
        for other in ["ssh-agent:", "pkcs11:token=x", "exec:sign", "-----BEGIN PRIVATE KEY-----"] {
            assert!(other.parse::<KeyReference>().is_err(), "{other}");
        }
    }
}

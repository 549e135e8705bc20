//! What is said about a key, as text and as `vouchsafe-key/v1`.

use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;
use vouchsafe::artifact::name;
use vouchsafe::encoding::text::shown;
use vouchsafe::key::{Imported, KeyFormat, MinisignId, PublicKey, Suite};

/// A key's passport. Never holds anything secret.
#[derive(Serialize)]
pub(super) struct Card {
    schema: &'static str,
    keyid: String,
    suite: Suite,
    spki_sha256: String,
    openssh_fingerprint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    minisign_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    private: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    private_file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exported: Option<String>,
    public_pem: String,
}

impl Card {
    /// What the public half says.
    pub(super) fn of(key: &PublicKey) -> Self {
        Self {
            schema: "vouchsafe-key/v1",
            keyid: key.id().to_string(),
            suite: key.suite(),
            spki_sha256: key.spki_sha256(),
            openssh_fingerprint: key.openssh_fingerprint(),
            minisign_id: (key.suite() == Suite::Ed25519).then(|| MinisignId::of(key).to_string()),
            format: None,
            private: None,
            encrypted: None,
            comment: None,
            warning: None,
            private_file: None,
            public_file: None,
            exported: None,
            public_pem: key.to_pem(),
        }
    }
    /// Adds what was found in the file the key was read from.
    pub(super) fn read_from(mut self, notes: &Imported) -> Self {
        self.format = Some(notes.format.as_str());
        self.private = Some(notes.format.is_private());
        self.encrypted = notes.format.is_private().then_some(notes.encrypted);
        self.comment = notes.comment.clone().filter(|c| !c.is_empty());
        self.warning = notes.warning.clone();
        self.minisign_id = notes.minisign_id.map(|id| id.to_string()).or(self.minisign_id);
        self
    }
    /// Adds the two files that were written.
    pub(super) fn written_to(mut self, private: &Path, public: &Path, sealed: Protection) -> Self {
        self.format = Some(KeyFormat::Pkcs8Pem.as_str());
        self.private = Some(true);
        self.encrypted = Some(sealed == Protection::Encrypted);
        (self.private_file, self.public_file) = (Some(lossless(private)), Some(lossless(public)));
        self
    }
    /// Adds the public half in another tool's words.
    pub(super) fn exported(mut self, text: &str) -> Self {
        self.exported = Some(text.to_owned());
        self
    }

    /// The lines below the answer.
    pub(super) fn details(&self) -> String {
        let mut out = String::new();
        let mut line = |name: &str, value: &str| {
            let _ = writeln!(out, "  {name:<14} {value}");
        };
        line("key id", &self.keyid);
        line("suite", self.suite.as_str());
        line("spki sha256", &self.spki_sha256);
        line("openssh", &self.openssh_fingerprint);
        if let Some(id) = &self.minisign_id {
            line("minisign id", id);
        }
        if let Some(encrypted) = self.encrypted {
            line("encrypted", if encrypted { "yes" } else { "no" });
        }
        if let Some(comment) = &self.comment {
            line("comment", &shown(comment));
        }
        if let Some(warning) = &self.warning {
            line("warning", warning);
        }
        out
    }
}

fn lossless(path: &Path) -> String {
    name::lossless(&name::bytes(path.as_os_str()))
}

/// Whether a key file is guarded by a passphrase.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Protection {
    /// By a passphrase.
    Encrypted,
    /// By its permissions alone.
    Plain,
}

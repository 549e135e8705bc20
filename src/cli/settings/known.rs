//! The settings there are: which argument each stands for, and which variable is above it.

use std::path::Path;

/// The file of a project.
pub(crate) const PROJECT_FILE: &str = "vouchsafe.toml";

/// What a file of settings may say it is.
pub(super) const SCHEMA: &str = "vouchsafe-settings/v1";

/// What a setting holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Words, or a number.
    Text,
    /// Several.
    Texts,
    /// A file or folder, from the folder of the file it stands in.
    Path,
    /// Several; each may begin with `KIND=`.
    Paths,
    /// A reference to a key: a file, or `env:NAME`.
    Key,
}

impl Kind {
    /// How it is written.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Text => "\"TEXT\"",
            Self::Texts => "[\"TEXT\", …]",
            Self::Path => "\"PATH\"",
            Self::Paths => "[\"PATH\", …]",
            Self::Key => "\"FILE\" or \"env:NAME\"",
        }
    }
}

/// A setting.
pub(super) struct Setting {
    /// Its key in the file.
    pub(super) name: &'static str,
    /// The variable above it.
    pub(super) variable: &'static str,
    /// What it holds.
    pub(super) kind: Kind,
    /// What it is for, in a few words.
    pub(super) about: &'static str,
    /// The arguments it stands for, by command and id; no command means every one.
    pub(super) arguments: &'static [(&'static str, &'static str)],
}

/// What decides a verdict, for the commands that give one.
const JUDGED: [&str; 2] = ["trust", "policy"];

impl Setting {
    /// Whether this is what a verdict of the command rests on.
    pub(super) fn is_judged_with(&self, command: &str) -> bool {
        JUDGED.contains(&self.name) && ["verify", "audit", "matrix"].contains(&command)
    }

    /// The values as text; None if they are of another type.
    pub(super) fn texts(&self, value: &toml::Value) -> Option<Vec<String>> {
        let one = |value: &toml::Value| match value {
            toml::Value::String(text) if !text.is_empty() => Some(text.clone()),
            toml::Value::Integer(number) => Some(number.to_string()),
            _ => None,
        };
        match (self.kind, value) {
            (Kind::Texts | Kind::Paths, toml::Value::Array(values)) => values.iter().map(one).collect(),
            (_, value) => one(value).map(|text| vec![text]),
        }
    }

    /// A value that is a path, from the folder of its file.
    pub(super) fn within(&self, folder: &Path, text: &str) -> String {
        let at = |path: &str| folder.join(path).to_string_lossy().into_owned();
        match self.kind {
            Kind::Text | Kind::Texts => text.to_owned(),
            Kind::Path => at(text),
            Kind::Paths => match text.split_once('=') {
                Some((kind, path)) => format!("{kind}={}", at(path)),
                None => at(text),
            },
            Kind::Key => match text.split_once(':') {
                Some(("file", path)) => format!("file:{}", at(path)),
                Some((scheme, _)) if scheme.len() > 1 => text.to_owned(),
                _ => at(text),
            },
        }
    }
}

const fn setting(
    name: &'static str,
    variable: &'static str,
    kind: Kind,
    about: &'static str,
    arguments: &'static [(&'static str, &'static str)],
) -> Setting {
    Setting { name, variable, kind, about, arguments }
}

/// Every setting, in the order in which they are shown.
pub(super) const KNOWN: &[Setting] = &[
    setting(
        "member",
        "VOUCHSAFE_MEMBER",
        Kind::Text,
        "your member id",
        &[("attest", "member"), ("key", "member"), ("init", "member")],
    ),
    setting(
        "key",
        "VOUCHSAFE_KEY",
        Kind::Key,
        "the key to sign with",
        &[("attest", "key"), ("claim", "key"), ("key", "key")],
    ),
    setting(
        "profile",
        "VOUCHSAFE_PROFILE",
        Kind::Text,
        "the profile you set out to meet",
        &[("attest", "profile"), ("practice", "profile"), ("init", "profile")],
    ),
    setting("claims", "VOUCHSAFE_CLAIMS", Kind::Path, "your claims", &[("attest", "claims"), ("practice", "claims")]),
    setting(
        "evidence",
        "VOUCHSAFE_EVIDENCE",
        Kind::Paths,
        "reports the claims rest on",
        &[("attest", "evidence"), ("practice", "evidence")],
    ),
    setting(
        "product",
        "VOUCHSAFE_PRODUCT",
        Kind::Text,
        "package URL of the product",
        &[("attest", "product"), ("practice", "product")],
    ),
    setting(
        "source",
        "VOUCHSAFE_SOURCE",
        Kind::Text,
        "repository it is built from",
        &[("attest", "source"), ("practice", "source")],
    ),
    setting(
        "builders",
        "VOUCHSAFE_BUILDER",
        Kind::Texts,
        "builders whose provenance counts",
        &[("attest", "builder"), ("practice", "builder")],
    ),
    setting("independence", "VOUCHSAFE_INDEPENDENCE", Kind::Text, "who assessed", &[("attest", "independence")]),
    setting("valid_for", "VOUCHSAFE_VALID_FOR", Kind::Text, "how long claims last", &[("attest", "valid_for")]),
    setting("catalogue", "VOUCHSAFE_CATALOGUE", Kind::Path, "the catalogue of practices", &[("attest", "catalogue")]),
    setting(
        "trust",
        "VOUCHSAFE_TRUST",
        Kind::Path,
        "the forum",
        &[
            ("attest", "trust"),
            ("key", "forum"),
            ("claim", "forum"),
            ("verify", "trust"),
            ("audit", "trust"),
            ("init", "forum"),
        ],
    ),
    setting(
        "policy",
        "VOUCHSAFE_POLICY",
        Kind::Path,
        "what a verdict asks for",
        &[("verify", "policy"), ("audit", "policy")],
    ),
    setting(
        "bundles",
        "VOUCHSAFE_BUNDLE",
        Kind::Paths,
        "where attestations lie",
        &[("verify", "bundle"), ("audit", "bundle")],
    ),
    setting("require", "VOUCHSAFE_REQUIRE", Kind::Texts, "practices that are asked for, too", &[("verify", "require")]),
    setting("signer", "VOUCHSAFE_SIGNER", Kind::Text, "the one member that is accepted", &[("verify", "signer")]),
    setting("max_age", "VOUCHSAFE_MAX_AGE", Kind::Text, "how old claims may be", &[("verify", "max_age")]),
    setting(
        "evidence_dir",
        "VOUCHSAFE_EVIDENCE_DIR",
        Kind::Path,
        "where evidence is read again",
        &[("verify", "evidence_dir"), ("audit", "evidence_dir")],
    ),
    setting(
        "jobs",
        "VOUCHSAFE_JOBS",
        Kind::Text,
        "how many files at a time",
        &[("attest", "jobs"), ("verify", "jobs"), ("audit", "jobs"), ("digest", "jobs")],
    ),
    setting("format", "VOUCHSAFE_FORMAT", Kind::Text, "how answers are written", &[("", "format")]),
    setting("color", "VOUCHSAFE_COLOR", Kind::Text, "colours", &[("", "color")]),
    setting("progress", "VOUCHSAFE_PROGRESS", Kind::Text, "how far long work has come", &[("", "progress")]),
    setting("ci", "VOUCHSAFE_CI", Kind::Text, "the build server to speak to", &[("", "ci")]),
];

#[cfg(test)]
mod tests {
    use super::{KNOWN, Path};

    #[test]
    fn paths_are_from_the_folder_of_their_file() {
        let within = |name: &str, text: &str| {
            let setting = KNOWN.iter().find(|s| s.name == name).unwrap();
            setting.within(Path::new("up"), text).replace('\\', "/")
        };
        assert_eq!(within("trust", "forum"), "up/forum");
        assert_eq!(within("evidence", "sarif=a.json"), "sarif=up/a.json");
        assert_eq!(within("key", "acme.pem"), "up/acme.pem");
        assert_eq!(within("key", "env:KEY"), "env:KEY");
        assert_eq!(within("key", "file:acme.pem"), "file:up/acme.pem");
        assert_eq!(within("member", "acme"), "acme");
    }
}

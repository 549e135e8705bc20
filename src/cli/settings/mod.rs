//! Settings in files, below flags and variables: `vouchsafe.toml` of a project, and `config.toml` of a user.
//!
//! They become defaults of the very arguments they stand for, so that there is one parser for all of them, and
//! `--help` shows what is set. What decides a verdict is not taken from a file that merely lies in the folder: whoever
//! unpacks a download would decide with the trust it brought along.

mod apply;
mod known;
mod show;

pub(super) use apply::{ignored, with_defaults};
pub(super) use known::PROJECT_FILE;
pub(super) use show::{ConfigArgs, run};

use super::trouble::Trouble;
use known::{KNOWN, SCHEMA, Setting};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use vouchsafe::encoding::MAX_SMALL;
use vouchsafe::encoding::text::{shown, shown_path};
use vouchsafe::store::{exists, read_text};

/// Where a file of settings comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    /// Named with `--config` or `VOUCHSAFE_CONFIG`.
    Named,
    /// `./vouchsafe.toml`, because it is there.
    Project,
    /// The user's own.
    User,
}

/// One file, read.
struct File {
    layer: Layer,
    path: PathBuf,
    values: BTreeMap<&'static str, Vec<String>>,
}

/// All files that were found, strongest first.
#[derive(Default)]
pub(crate) struct Settings {
    files: Vec<File>,
}

/// A setting's values, and the file they stand in.
type Set<'a> = (&'a [String], &'a File);

impl Settings {
    /// The file named on this command line or in `VOUCHSAFE_CONFIG`, else `./vouchsafe.toml`; and the user's.
    pub(super) fn read(given: &[OsString]) -> Result<Self, Trouble> {
        let mut files = Vec::new();
        if let Some(path) = named(given) {
            files.push(File::read(Layer::Named, path)?);
        } else if exists(Path::new(PROJECT_FILE)) {
            files.push(File::read(Layer::Project, PROJECT_FILE.into())?);
        }
        if let Some(path) = users().filter(|path| exists(path)) {
            files.push(File::read(Layer::User, path)?);
        }
        Ok(Self { files })
    }

    /// What is set for a command. See the top of this file for what a project's own file may not say.
    fn of(&self, setting: &Setting, command: &str) -> Option<Set<'_>> {
        let heard = |file: &&File| file.layer != Layer::Project || !setting.is_judged_with(command);
        self.files.iter().filter(heard).find_map(|file| Some((file.values.get(setting.name)?.as_slice(), file)))
    }

    /// What is set whoever asks.
    fn any(&self, setting: &Setting) -> Option<Set<'_>> {
        self.files.iter().find_map(|file| Some((file.values.get(setting.name)?.as_slice(), file)))
    }

    /// The first value of a setting, for commands that have no flag of that name.
    pub(super) fn first(&self, name: &str) -> Option<&str> {
        let setting = KNOWN.iter().find(|setting| setting.name == name)?;
        self.any(setting)?.0.first().map(String::as_str)
    }

    /// Whether no file says anything.
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The files, strongest first.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| file.path.as_path())
    }
}

/// `--config FILE`, else `VOUCHSAFE_CONFIG`; looked for by hand, since the parser's defaults depend on it.
fn named(given: &[OsString]) -> Option<PathBuf> {
    let before: Vec<&OsString> = given.iter().take_while(|argument| *argument != "--").collect();
    let after = before.windows(2).find(|pair| matches!(pair, [flag, _] if *flag == "--config"));
    let after = after.and_then(|pair| pair.last()).map(PathBuf::from);
    let joined = || before.iter().find_map(|a| a.to_str()?.strip_prefix("--config=")).map(PathBuf::from);
    after.or_else(joined).or_else(|| variable("VOUCHSAFE_CONFIG").map(PathBuf::from))
}

/// `config.toml` in the folder where this system keeps a user's settings.
fn users() -> Option<PathBuf> {
    let folder = |name: &str| variable(name).map(PathBuf::from);
    folder("XDG_CONFIG_HOME")
        .or_else(|| folder("APPDATA"))
        .or_else(|| folder("HOME").map(|home| home.join(".config")))
        .map(|folder| folder.join("vouchsafe").join("config.toml"))
}

/// A variable that says something; an empty one is not set.
pub(super) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

impl File {
    fn read(layer: Layer, path: PathBuf) -> Result<Self, Trouble> {
        let text = read_text(&path, MAX_SMALL)?;
        // A parser's complaint quotes the line, and a key that was pasted in must not end in a log.
        if text.contains("PRIVATE KEY") {
            return Err(malformed(&path, "key = \"FILE\" or key = \"env:NAME\"", "the key itself, not repeated here"));
        }
        let table: toml::Table = toml::from_str(&text).map_err(|e| {
            malformed(&path, "TOML", &shown(e.to_string().trim_end().lines().last().unwrap_or_default()))
        })?;
        let mut values = BTreeMap::new();
        for (name, value) in &table {
            if name == "schema" {
                if value.as_str() != Some(SCHEMA) {
                    return Err(malformed(&path, SCHEMA, value.type_str()));
                }
                continue;
            }
            let Some(setting) = KNOWN.iter().find(|setting| setting.name == name) else {
                let names: Vec<&str> = KNOWN.iter().map(|setting| setting.name).collect();
                return Err(malformed(&path, &names.join(", "), &shown(name)));
            };
            let texts = setting
                .texts(value)
                .ok_or_else(|| malformed(&path, &format!("{name} = {}", setting.kind.words()), value.type_str()))?;
            let folder = path.parent().unwrap_or(Path::new(""));
            values.insert(setting.name, texts.iter().map(|text| setting.within(folder, text)).collect());
        }
        Ok(Self { layer, path, values })
    }

    /// As a person would name it.
    fn named(&self) -> String {
        match self.layer {
            Layer::Project => format!("./{PROJECT_FILE}"),
            Layer::Named | Layer::User => shown_path(&self.path),
        }
    }
}

fn malformed(path: &Path, expected: &str, got: &str) -> Trouble {
    let path = shown_path(path);
    Trouble::undecided(
        "settings-malformed",
        format!("{path}: these settings cannot be used"),
        format!("correct {path}; vouchsafe config show --origin shows every setting there is"),
    )
    .because(expected, got)
}

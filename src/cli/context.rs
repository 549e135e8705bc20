//! What every command is handed: how to speak, where home is, what time it is.

use super::trouble::Trouble;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use vouchsafe::encoding::json;
use vouchsafe::store::Home;

/// Writes on standard error. Where that is full or closed nobody listens, and the exit code still says how it ended.
pub(crate) fn tell(text: std::fmt::Arguments<'_>) {
    let _ = std::io::stderr().lock().write_fmt(text);
}

/// Flags that every command takes.
#[derive(Args)]
pub(crate) struct GlobalArgs {
    /// How the answer is written on standard output
    #[arg(long, global = true, value_enum, default_value_t = Format::Text, env = "VOUCHSAFE_FORMAT", hide_possible_values = false)]
    format: Format,
    /// Also write the answer to a file, for example json=report.json (repeatable)
    #[arg(long, global = true, value_name = "FORMAT=PATH", env = "VOUCHSAFE_OUTPUT")]
    output: Vec<String>,
    /// Say nothing but the answer
    #[arg(long, short, global = true, env = "VOUCHSAFE_QUIET", value_parser = clap::builder::FalseyValueParser::new())]
    quiet: bool,
    /// How far long work has come, on standard error
    #[arg(long, global = true, value_enum, default_value_t = ProgressArg::Auto, env = "VOUCHSAFE_PROGRESS")]
    progress: ProgressArg,
    /// Colours
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, env = "VOUCHSAFE_COLOR")]
    color: Color,
    /// Where trusted forums are kept
    #[arg(long, global = true, value_name = "DIR", env = "VOUCHSAFE_HOME", help_heading = "Global")]
    home: Option<PathBuf>,
    /// Settings, in place of ./vouchsafe.toml
    #[arg(long, global = true, value_name = "FILE", env = "VOUCHSAFE_CONFIG", help_heading = "Global")]
    config: Option<PathBuf>,
    /// The build server to speak to: its annotations, and its summary of the step
    #[arg(long, global = true, value_enum, default_value_t = Ci::Auto, env = "VOUCHSAFE_CI", help_heading = "Global")]
    ci: Ci,
}

/// Build servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ci {
    /// As the environment says
    Auto,
    /// GitHub Actions: annotations, and $GITHUB_STEP_SUMMARY
    Github,
    /// GitLab CI: JUnit and SARIF reports
    Gitlab,
    /// None: say nothing more
    None,
}

impl Ci {
    /// The one there is: what was asked for, or what the variables of the environment say.
    fn found(self) -> Self {
        let on = |name: &str| std::env::var_os(name).is_some_and(|value| value == "true");
        match self {
            Self::Auto if on("GITHUB_ACTIONS") => Self::Github,
            Self::Auto if on("GITLAB_CI") => Self::Gitlab,
            Self::Auto => Self::None,
            said => said,
        }
    }
}

/// Formats of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// One JSON document a line
    Jsonl,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ProgressArg {
    /// A line on a terminal, after a second
    Auto,
    /// A JSON document a line, for machines
    Json,
    /// Not at all
    None,
}

/// What is shown of progress here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Nothing.
    Nothing,
    /// A line that is written over.
    Line,
    /// JSON lines.
    Json,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How to speak, where home is, what time it is. The clock is read once.
pub(crate) struct Context {
    /// The format of the answer.
    pub(crate) format: Format,
    /// The moment this process started.
    pub(crate) now: Timestamp,
    outputs: Vec<String>,
    quiet: bool,
    color: bool,
    progress: ProgressArg,
    home: Option<PathBuf>,
    /// The build server to speak to; never [`Ci::Auto`].
    pub(crate) ci: Ci,
    /// The build server that was asked for.
    pub(crate) ci_asked: Ci,
}

/// Whether standard output is looked at by a person.
pub(crate) fn on_terminal() -> bool {
    std::io::stdout().is_terminal()
}

impl Context {
    /// From the global flags and the environment.
    pub(crate) fn new(args: &GlobalArgs) -> Self {
        let color = match args.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        };
        Self {
            format: args.format,
            now: Timestamp::from_second(Timestamp::now().as_second()).unwrap_or(Timestamp::UNIX_EPOCH),
            outputs: args.output.clone(),
            quiet: args.quiet,
            color,
            progress: args.progress,
            home: args.home.clone(),
            ci: args.ci.found(),
            ci_asked: args.ci,
        }
    }

    /// For a command line that could not be parsed: a format, and nothing else.
    pub(crate) fn plain(format: Format) -> Self {
        let (now, progress) = (Timestamp::UNIX_EPOCH, ProgressArg::None);
        Self {
            format,
            now,
            outputs: Vec::new(),
            quiet: false,
            color: false,
            progress,
            home: None,
            ci: Ci::None,
            ci_asked: Ci::None,
        }
    }

    /// `--home`, `$VOUCHSAFE_HOME`, `$XDG_DATA_HOME/vouchsafe` or `~/.local/share/vouchsafe`.
    pub(crate) fn home(&self) -> Result<Home, Trouble> {
        let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let found = self
            .home
            .clone()
            .or_else(|| set("XDG_DATA_HOME").map(|d| d.join("vouchsafe")))
            .or_else(|| set("LOCALAPPDATA").map(|d| d.join("vouchsafe")))
            .or_else(|| set("HOME").map(|d| d.join(".local/share/vouchsafe")));
        found.map(Home::at).ok_or_else(|| {
            Trouble::undecided(
                "no-home",
                "there is no home folder to keep trusted forums in",
                "set VOUCHSAFE_HOME to a folder, or give --trust",
            )
        })
    }

    /// The answer: `text` for people, or `json` (one document) where that was asked for. Also writes `--output json=…`.
    pub(crate) fn answer<T: serde::Serialize>(&self, text: &str, value: &T) -> Result<(), Trouble> {
        self.check_outputs(&[])?;
        self.answer_beside(text.as_bytes(), value)
    }

    /// What `--output` asks for, as format and path.
    pub(crate) fn outputs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.outputs.iter().map(|output| output.split_once('=').unwrap_or(("", output)))
    }

    /// Refuses formats that are neither JSON nor the command's own.
    pub(crate) fn check_outputs(&self, own: &[&str]) -> Result<(), Trouble> {
        let known = |format: &str| ["json", "jsonl"].contains(&format) || own.contains(&format);
        match self.outputs.iter().find(|o| !o.split_once('=').is_some_and(|(f, path)| known(f) && !path.is_empty())) {
            None => Ok(()),
            Some(output) if own.is_empty() => {
                Err(Trouble::usage(format!("--output {output}: expected json=PATH or jsonl=PATH")))
            }
            Some(output) => {
                let own = own.join(", ");
                Err(Trouble::usage(format!("--output {output}: expected FORMAT=PATH, of json, jsonl, {own}")))
            }
        }
    }

    /// As [`Context::answer`], for a command that writes formats of its own and has checked what was asked for.
    pub(crate) fn answer_beside<T: serde::Serialize>(&self, text: &[u8], value: &T) -> Result<(), Trouble> {
        self.answer_streamed(value, |out| out.write_all(text))
    }

    /// As [`Context::answer_beside`], for what is too large to be held.
    pub(crate) fn answer_streamed<T: serde::Serialize>(
        &self,
        value: &T,
        text: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
    ) -> Result<(), Trouble> {
        for (format, path) in self.outputs() {
            let bytes = match format {
                "json" => json::pretty(value),
                "jsonl" => [json::compact(value), b"\n".to_vec()].concat(),
                _ => continue,
            };
            vouchsafe::store::write_atomic(path.as_ref(), &bytes, vouchsafe::store::Overwrite::Replace)?;
        }
        self.print_streamed(|out| match self.format {
            Format::Text => text(out),
            Format::Json => json::write_pretty(out, value),
            Format::Jsonl => json::write_line(out, value),
        })
    }

    /// Raw bytes on standard output; a closed pipe ends quietly.
    pub(crate) fn print(&self, bytes: &[u8]) -> Result<(), Trouble> {
        let mut out = std::io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(vouchsafe::store::Error::io("standard output".as_ref(), e).into())
            }
            _ => Ok(()),
        }
    }

    /// As [`Context::print`], for what is too large to be held.
    pub(crate) fn print_streamed(
        &self,
        write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
    ) -> Result<(), Trouble> {
        let mut out = std::io::BufWriter::with_capacity(64 << 10, std::io::stdout().lock());
        match write(&mut out).and_then(|()| out.flush()) {
            Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(vouchsafe::store::Error::io("standard output".as_ref(), e).into())
            }
            _ => Ok(()),
        }
    }

    /// Talk, on standard error; silent under `--quiet`.
    pub(crate) fn say(&self, text: impl std::fmt::Display) {
        if !self.quiet {
            tell(format_args!("{text}\n"));
        }
    }

    /// A question, on standard error, even under `--quiet`.
    pub(crate) fn ask(&self, text: impl std::fmt::Display) {
        tell(format_args!("{text}"));
    }

    /// What is shown of progress: machines get it when they ask, people when they look.
    pub(crate) fn progress(&self) -> Shown {
        match self.progress {
            ProgressArg::Json => Shown::Json,
            ProgressArg::Auto if !self.quiet && std::io::stderr().is_terminal() => Shown::Line,
            ProgressArg::Auto | ProgressArg::None => Shown::Nothing,
        }
    }

    /// Whether the answer is coloured.
    pub(crate) fn colours(&self) -> bool {
        self.color
    }

    /// Colours a word on a terminal: `32` green, `31` red, `33` yellow, `1` bold.
    pub(crate) fn paint(&self, code: u8, word: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{word}\u{1b}[0m") } else { word.to_owned() }
    }
}

//! When a command cannot give its answer: code, one line, expected and got, the next command, exit code.

use super::context::{Context, Format, tell};
use std::process::ExitCode;
use vouchsafe::encoding::text::shown;
use vouchsafe::encoding::{Class, Explain};

/// Anything that ends a command early.
#[derive(Debug)]
pub(crate) struct Trouble {
    kind: Kind,
    code: &'static str,
    message: String,
    expected: String,
    got: String,
    next: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Refused,
    Usage,
    Undecided,
}

/// Every library error explains itself the same way.
impl<E: Explain> From<E> for Trouble {
    fn from(error: E) -> Self {
        let kind = match error.class() {
            Class::Refused => Kind::Refused,
            Class::Undecided => Kind::Undecided,
        };
        Self {
            kind,
            code: error.code(),
            message: error.to_string(),
            expected: error.expected(),
            got: error.got(),
            next: error.next(),
        }
    }
}

impl Trouble {
    /// The command line itself is wrong: exit 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, "usage", message.into(), "vouchsafe COMMAND --help shows how it is used".into())
    }
    /// There is nothing to decide with: exit 3.
    pub(crate) fn undecided(code: &'static str, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self::new(Kind::Undecided, code, message.into(), next.into())
    }
    /// The answer is no: exit 1.
    pub(crate) fn refused(code: &'static str, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self::new(Kind::Refused, code, message.into(), next.into())
    }
    fn new(kind: Kind, code: &'static str, message: String, next: String) -> Self {
        Self { kind, code, message, expected: String::new(), got: String::new(), next }
    }
    /// Adds what would have been right and what was found.
    pub(crate) fn because(mut self, expected: impl Into<String>, got: impl Into<String>) -> Self {
        self.expected = expected.into();
        self.got = got.into();
        self
    }
    /// Replaces the next step by one that knows the command's own arguments.
    pub(crate) fn then(mut self, next: impl Into<String>) -> Self {
        self.next = next.into();
        self
    }

    /// What happened and what to do, for a command that goes on: the line, with what was expected and found.
    pub(crate) fn told(&self) -> (String, String) {
        let found = match (self.expected.as_str(), self.got.as_str()) {
            ("", "") => String::new(),
            (expected, got) => format!(" (expected {expected}, got {got})"),
        };
        (harmless(&format!("{}{found} [{}]", self.message, self.code)), harmless(&self.next))
    }

    /// Tells the user and returns the exit code: 1 refused, 2 usage, 3 undecided.
    pub(crate) fn report(&self, context: &Context) -> ExitCode {
        let (word, exit) = match self.kind {
            Kind::Refused => ("refused", 1),
            Kind::Usage => ("usage", 2),
            Kind::Undecided => ("undecided", 3),
        };
        if context.format != Format::Text {
            let document = serde_json::json!({
                "schema": "vouchsafe-error/v1", "verdict": word, "code": self.code, "message": self.message,
                "expected": self.expected, "got": self.got, "hint": self.next,
            });
            let _ = context.print(&vouchsafe::encoding::json::pretty(&document));
        }
        super::ci::troubled(context, self.code, &harmless(&self.message));
        tell(format_args!("{word}[{}]: {}\n", self.code, harmless(&self.message)));
        for (name, value) in [("expected", &self.expected), ("got", &self.got), ("next", &self.next)] {
            if !value.is_empty() {
                tell(format_args!("  {name:<9} {}\n", harmless(value)));
            }
        }
        ExitCode::from(exit)
    }
}

/// Text from many sources, made safe for a terminal: what was escaped already stays as it is, further lines are indented.
pub(crate) fn harmless(text: &str) -> String {
    let line = |line: &str| line.split('\\').map(shown).collect::<Vec<_>>().join("\\");
    text.lines().map(line).collect::<Vec<_>>().join("\n            ")
}

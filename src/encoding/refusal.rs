//! A refusal: one stable code, about what, what was expected, what was got.
//!
//! Each room that refuses has its own closed list of codes, made with `codes!`; the shape is this one.

use super::{Class, Explain};

/// A closed list of stable codes.
pub trait Coded: Copy + std::fmt::Debug + 'static {
    /// Every code.
    const ALL: &'static [Self];
    /// The kebab-case name; a heading of docs/refusals.md.
    fn as_str(self) -> &'static str;
    /// Refused or undecided.
    fn class(self) -> Class;
    /// One line.
    fn why(self) -> &'static str;
    /// The next command to run.
    fn next(self) -> &'static str;
}

/// An answer that is not yes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}", .code.why(), if .detail.is_empty() { String::new() } else { format!(": {}", super::text::shown(.detail)) })]
pub struct Refusal<C: Coded> {
    /// Which.
    pub code: C,
    /// About what; empty where the code says it all.
    pub detail: String,
    /// What would have been right.
    pub expected: String,
    /// What was found.
    pub got: String,
}

impl<C: Coded> Refusal<C> {
    /// A refusal about `detail`.
    pub fn new(code: C, detail: impl Into<String>, expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), expected: expected.into(), got: got.into() }
    }
}

impl<C: Coded> Explain for Refusal<C> {
    fn code(&self) -> &'static str {
        self.code.as_str()
    }
    fn class(&self) -> Class {
        self.code.class()
    }
    fn expected(&self) -> String {
        self.expected.clone()
    }
    fn got(&self) -> String {
        self.got.clone()
    }
    fn next(&self) -> String {
        self.code.next().to_owned()
    }
}

/// Declares an enum of codes: variant, kebab-case name, class, one line why, next step.
macro_rules! codes {
    ($(#[$about:meta])* $($name:ident $code:literal $class:ident $why:literal $next:literal)*) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code { $(#[doc = $why] $name,)* }

        impl $crate::encoding::refusal::Coded for Code {
            const ALL: &'static [Self] = &[$(Self::$name),*];
            fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
            fn class(self) -> $crate::encoding::Class {
                match self { $(Self::$name => $crate::encoding::Class::$class,)* }
            }
            fn why(self) -> &'static str {
                match self { $(Self::$name => $why,)* }
            }
            fn next(self) -> &'static str {
                match self { $(Self::$name => $next,)* }
            }
        }
    };
}
pub(crate) use codes;

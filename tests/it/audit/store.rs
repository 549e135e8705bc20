//! A scene whose audits are kept in a file, or on a PostgreSQL server: the same tests hold for both.

use crate::run::Ran;
use crate::scene::Scene;
use std::ffi::OsStr;
use std::ops::Deref;

/// Where audits are kept.
#[derive(Clone, Copy)]
pub(super) enum Store {
    File,
    #[cfg(feature = "postgres")]
    Server,
}

/// Makes a test of each function twice. Each is told the store.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod file {
            $(#[test] fn $name() { super::$name(super::Store::File) })*
        }
        #[cfg(feature = "postgres")]
        mod server {
            $(#[test] fn $name() { super::$name(super::Store::Server) })*
        }
    };
}
pub(super) use on_both;

/// A scene, and the argument that says where its audits are kept.
pub(super) struct Stored(Scene, String);

impl Store {
    pub(super) fn scene(self) -> Stored {
        self.of(Scene::new())
    }
    pub(super) fn empty(self) -> Stored {
        self.of(Scene::empty())
    }
    fn of(self, scene: Scene) -> Stored {
        let index = match self {
            Self::File => String::new(),
            #[cfg(feature = "postgres")]
            Self::Server => format!("--index {}", super::server::database()),
        };
        Stored(scene, index)
    }
}

impl Deref for Stored {
    type Target = Scene;
    fn deref(&self) -> &Scene {
        &self.0
    }
}

impl Stored {
    pub(super) fn index(&self) -> &str {
        &self.1
    }
    pub(super) fn args(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>, input: &[u8]) -> Ran {
        let mut args: Vec<_> = args.into_iter().map(|a| a.as_ref().to_owned()).collect();
        if args.first().is_some_and(|first| first == "audit") && !args.iter().any(|a| a == "--no-index") {
            args.extend(self.1.split_whitespace().map(Into::into));
        }
        self.0.args(args, input)
    }
    pub(super) fn run(&self, line: &str) -> Ran {
        self.args(line.split(' ').filter(|w| !w.is_empty()), b"")
    }
    #[track_caller]
    pub(super) fn ok(&self, line: &str) -> Ran {
        self.run(line).says(0, "")
    }
    /// Throws away what is kept.
    pub(super) fn forget(&self) {
        match self.1.strip_prefix("--index ") {
            #[cfg(feature = "postgres")]
            Some(address) => super::server::execute(address, "DROP SCHEMA vouchsafe CASCADE"),
            _ => std::fs::remove_file(self.path("home/audit.sqlite")).unwrap(),
        }
    }
}

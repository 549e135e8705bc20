//! What this build can do, the settings, the terminal, and the folder where trusted forums are kept.

use super::Finding;
use crate::cli::context::{Ci, Context, on_terminal};
use crate::cli::settings::Settings;
use crate::cli::trouble::Trouble;
use std::io::IsTerminal as _;
use std::path::Path;
use vouchsafe::encoding::text::shown_path;

/// This build.
pub(super) fn version() -> Finding {
    let has = |feature: &str, on: bool| format!("{feature} {}", if on { "yes" } else { "no" });
    let features = [has("http", cfg!(feature = "http")), has("ml-dsa", cfg!(feature = "ml-dsa"))].join(", ");
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    Finding::ok("version", format!("vouchsafe {} for {arch} {os}; features: {features}", env!("CARGO_PKG_VERSION")))
}

/// The files of settings, or what is wrong with them.
pub(super) fn settings(settings: &Settings, broken: Option<&Trouble>) -> Finding {
    if let Some(trouble) = broken {
        return Finding::trouble("settings", trouble);
    }
    let files: Vec<String> = settings.files().map(shown_path).collect();
    match files.as_slice() {
        [] => Finding::ok("settings", "no file; flags, variables and what is built in"),
        files => Finding::ok("settings", format!("read from {}", files.join(", "))),
    }
}

/// Whether anybody can be asked, and which build server is spoken to.
pub(super) fn terminal(context: &Context) -> Finding {
    let who = match (std::io::stdin().is_terminal(), on_terminal()) {
        (true, true) => "a person can be asked",
        (false, true) => "a person reads, and nobody can be asked: standard input is no terminal",
        _ => "no terminal: nobody is asked anything, and nothing is coloured unless --color always",
    };
    let server = match context.ci {
        Ci::Github => "; GitHub Actions",
        Ci::Gitlab => "; GitLab CI",
        Ci::Auto | Ci::None => "",
    };
    Finding::ok("terminal", format!("{who}{server}"))
}

/// Whether there is a home, and it can be written to. Nothing is written to find out.
pub(super) fn home(context: &Context) -> Vec<Finding> {
    let home = match context.home() {
        Ok(home) => home,
        Err(trouble) => return vec![Finding::trouble("home", &trouble)],
    };
    let path = home.path();
    let there = path.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    if there.is_dir() && is_writable(there) {
        return vec![Finding::ok("home", format!("trusted forums are kept in {}", shown_path(path)))];
    }
    vec![Finding::problem(
        "home",
        format!("{} cannot be written to: no forum can be trusted or updated there", shown_path(path)),
        "set VOUCHSAFE_HOME to a folder of your own, or give --trust with an exported trust file, which needs no home",
    )]
}

#[cfg(unix)]
fn is_writable(folder: &Path) -> bool {
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_ok()
}

#[cfg(not(unix))]
fn is_writable(folder: &Path) -> bool {
    folder.metadata().is_ok_and(|about| !about.permissions().readonly())
}

//! A registry on the web: a real server, one with TLS, and one that means harm.

mod hostile;
pub(crate) mod nginx;
pub(crate) mod server;
mod tls;
mod together;

use super::{Bench, snapshot};
use crate::run::{Ran, program};

/// What the person at the keyboard has set about networks, which is no part of a test.
const SETTINGS: [&str; 9] = [
    "ALL_PROXY",
    "all_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
];

/// Runs `vouchsafe` with these variables and no others about networks.
fn with(bench: &Bench, variables: &[String], line: &str) -> Ran {
    let mut words: Vec<String> = SETTINGS.iter().flat_map(|name| ["-u".into(), (*name).into()]).collect();
    words.extend_from_slice(variables);
    words.extend([env!("CARGO_BIN_EXE_vouchsafe").into(), "--home".into(), bench.path("home").display().to_string()]);
    words.extend(line.split_whitespace().map(str::to_owned));
    program("env", bench.folder.path(), words, b"")
}

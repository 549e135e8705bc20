//! The integration tests: one binary, linked once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails should stop there"
)]

mod digest;
mod key;
mod practice;
mod registry;
mod run;

//! The integration tests: one binary, linked once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails should stop there"
)]

mod architecture;
mod codes;
mod digest;
mod docs;
mod key;
mod material;
mod peers;
mod practice;
mod rare;
mod refusals;
mod registry;
mod run;
mod tuf_attacks;
mod world;

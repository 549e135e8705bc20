//! The integration tests: one binary, linked once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails should stop there"
)]

mod acceptance;
mod action;
mod architecture;
mod attacks;
mod attest;
mod audit;
mod ci;
mod codes;
mod confusable;
mod cosigners;
mod desk;
mod digest;
mod docs;
mod evidence;
mod evidence_origin;
mod evidence_reports;
mod evidence_supply;
mod export;
mod faults;
mod hashing;
mod interop;
mod key;
mod log;
mod logbook;
mod logged;
mod material;
mod mistakes;
mod model;
mod notices;
mod peers;
mod practice;
mod rare;
mod reading;
mod refusals;
mod registry;
mod release;
mod reports;
mod root_causes;
mod run;
mod scene;
mod transparency;
mod tuf_attacks;
mod tuf_client;
mod verify;
mod witness;
mod world;

//! The built binary and its peers: one binary, linked once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod digest;
mod run;

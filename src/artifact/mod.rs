//! Bytes we hold: measuring them, and writing the measurements down.
//!
//! A [`Digest`] is a value somebody wrote down; a [`Measured`] comes from bytes this process read itself.

mod digest;
pub mod manifest;
mod measured;
pub mod name;

pub use digest::{Algorithm, Digest};
pub use measured::{Basis, Measured};

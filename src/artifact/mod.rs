//! Bytes we hold: measuring them, and writing the measurements down.
//!
//! A [`Digest`] is a value somebody wrote down; a [`Measured`] comes from bytes this process read itself.

mod digest;
#[allow(unsafe_code, reason = "instructions that a processor need not have, and loads into its registers")]
mod lanes;
pub mod manifest;
mod measured;
pub mod name;
mod reading;
mod sha512;

pub use digest::{Algorithm, Digest};
pub use lanes::Lanes;
pub use measured::{Basis, Measured};
pub use reading::Reading;
pub(crate) use sha512::Sha512;

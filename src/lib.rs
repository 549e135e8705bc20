//! A **key** in the **registry** signs an **attestation** that an **artifact** followed **practices**;
//! **transparency** makes it public; **verify** decides. **store** keeps bytes, **publish** writes them,
//! **gather** reads them, **audit** asks many times, **cli** speaks.
//!
//! Start at [`verify::verify`]: it is the whole decision, top to bottom.

// Pure rooms: bytes in, types out. No files, no network, no clock, no async, no printing.
pub mod artifact;
pub mod attestation;
pub mod encoding;
pub mod evidence;
pub mod key;
pub mod practice;
pub mod registry;
pub mod transparency;
pub mod verify;

// The world.
pub mod audit;
pub mod gather;
pub mod publish;
pub mod signer;
pub mod store;

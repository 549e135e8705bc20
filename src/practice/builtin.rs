//! The catalogue and the mappings that every copy of the tool carries.

use super::Catalogue;
use crate::encoding::Malformed;

/// The exact bytes of the built-in catalogue, `forum-fp`.
pub const BUILTIN: &[u8] = include_bytes!("builtin/forum-fp.json");

/// The exact bytes of the built-in mapping files.
pub const BUILTIN_MAPPINGS: [&[u8]; 6] = [
    include_bytes!("builtin/mappings/ssdf-1.1.json"),
    include_bytes!("builtin/mappings/osps-2026.02.19.json"),
    include_bytes!("builtin/mappings/slsa-1.2.json"),
    include_bytes!("builtin/mappings/s2c2f-1.1.json"),
    include_bytes!("builtin/mappings/cra-2024-2847-annex-1.json"),
    include_bytes!("builtin/mappings/cisa-ssdaf-2024-03.json"),
];

/// The built-in catalogue; its bytes are [`BUILTIN`].
///
/// # Errors
/// Never for the data of a release: a test reads and lints it.
pub fn builtin() -> Result<Catalogue, Malformed> {
    Catalogue::parse(BUILTIN)
}

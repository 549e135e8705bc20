//! The artifact itself: what an ELF, PE or Mach-O file says of how it was hardened. It has to be a subject of the
//! release, by digest: the flags of another file are nobody's evidence.
//!
//! The file is hashed as it streams past, and its first [`KEPT`] bytes stay in memory. What stands behind these in a
//! larger file is not looked at, and the facts that would come from there are absent.

mod elf;
mod macho;
mod pe;
mod toolchain;

use super::{Code, Extracted, Fault, Target};
use object::FileKind;
use serde_json::{Map, Value};
use sha2::Digest as _;
use std::io::{ErrorKind, Read};

/// How much of the file is kept.
const KEPT: usize = 32 << 20;
/// The most bytes of a file.
const LIMIT: u64 = 512 << 20;
const READ_AT_ONCE: usize = 128 << 10;

type Facts = Map<String, Value>;

/// The beginning of a file, or all of it.
#[derive(Clone, Copy)]
struct Image<'a> {
    bytes: &'a [u8],
    whole: bool,
}

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, target: &Target<'_>) -> Result<Extracted, Fault> {
    let (bytes, length, [sha256, sha512]) = read(name, input)?;
    if bytes.is_empty() {
        return Err(Fault::new(Code::Empty, name, "a program or library", "an empty file"));
    }
    if !target.digests.is_some_and(|all| all.contains(&sha256) || all.contains(&sha512)) {
        let expected = "a file of this release: one whose digest is a subject's";
        return Err(Fault::new(Code::OtherBuild, name, expected, format!("sha256:{sha256}")));
    }
    let image = Image { bytes: &bytes, whole: bytes.len() as u64 == length };
    let facts = facts(name, image)?;
    let mut out = Extracted { facts, ..Extracted::default() };
    out.fact(&["digestIsSubject"], true);
    out.fact(&["sha256"], sha256);
    if !image.whole {
        out.fact(&["partial"], true);
    }
    Ok(out)
}

/// The beginning of the file, its length, and its digests.
fn read(name: &str, input: &mut dyn Read) -> Result<(Vec<u8>, u64, [String; 2]), Fault> {
    let malformed = |got: String| Fault::new(Code::Malformed, name, "a file that can be read", got);
    let (mut sha256, mut sha512) = (sha2::Sha256::new(), sha2::Sha512::new());
    let mut buffer = vec![0; READ_AT_ONCE];
    // Grown to its full size at once, where memory is only taken when it is written to.
    let (mut kept, mut length) = (Vec::with_capacity(KEPT), 0_u64);
    loop {
        let chunk = match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => buffer.get(..read).unwrap_or_default(),
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            Err(e) => return Err(malformed(e.to_string())),
        };
        length = length.saturating_add(chunk.len() as u64);
        if length > LIMIT {
            return Err(malformed(format!("more than {LIMIT} bytes")));
        }
        sha256.update(chunk);
        sha512.update(chunk);
        let room = KEPT.saturating_sub(kept.len()).min(chunk.len());
        kept.extend_from_slice(chunk.get(..room).unwrap_or_default());
    }
    Ok((kept, length, [hex::encode(sha256.finalize()), hex::encode(sha512.finalize())]))
}

fn facts(name: &str, image: Image<'_>) -> Result<Facts, Fault> {
    let kind = FileKind::parse(image.bytes);
    let facts = match kind {
        Ok(FileKind::Elf32) => elf::facts::<object::elf::FileHeader32<object::Endianness>>(image),
        Ok(FileKind::Elf64) => elf::facts::<object::elf::FileHeader64<object::Endianness>>(image),
        Ok(FileKind::Pe32) => pe::facts::<object::pe::ImageNtHeaders32>(image),
        Ok(FileKind::Pe64) => pe::facts::<object::pe::ImageNtHeaders64>(image),
        Ok(FileKind::MachO32) => macho::facts::<object::macho::MachHeader32<object::Endianness>>(image.bytes),
        Ok(FileKind::MachO64) => macho::facts::<object::macho::MachHeader64<object::Endianness>>(image.bytes),
        Ok(FileKind::MachOFat32 | FileKind::MachOFat64) if !image.whole => {
            Err(Trouble::Unsupported(format!("a universal binary of more than {KEPT} bytes")))
        }
        Ok(FileKind::MachOFat32) => macho::universal::<object::macho::FatArch32>(image.bytes),
        Ok(FileKind::MachOFat64) => macho::universal::<object::macho::FatArch64>(image.bytes),
        Ok(_) | Err(_) => Err(Trouble::Unsupported("another kind of file".into())),
    };
    facts.map_err(|trouble| match trouble {
        Trouble::Unsupported(got) => {
            Fault::new(Code::Unsupported, name, "an ELF, PE or Mach-O program or library", got)
        }
        Trouble::Malformed(why) => Fault::new(Code::Malformed, name, "a program or library that is whole", why),
    })
}

/// Why there are no facts.
enum Trouble {
    Unsupported(String),
    Malformed(String),
}

impl From<object::Error> for Trouble {
    fn from(error: object::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}

/// Puts a fact that is known.
fn put(facts: &mut Facts, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        facts.insert(name.to_owned(), value.into());
    }
}

/// Whether a file seems to be one.
pub(super) fn looks(_: &str, head: &[u8]) -> bool {
    const MACHO: [&[u8]; 4] = [b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xfe\xed\xfa\xce"];
    // A universal binary begins as a Java class does, and is told apart by its few architectures.
    let universal = head.starts_with(b"\xca\xfe\xba\xbe") && matches!(head.get(4..8), Some([0, 0, 0, 1..=20]));
    head.starts_with(b"\x7fELF") || head.starts_with(b"MZ") || universal || MACHO.iter().any(|m| head.starts_with(m))
}

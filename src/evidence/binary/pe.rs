//! PE: what the headers of a Windows program say, as the loader would read them.

use super::{Facts, Image, Trouble, put};
use object::LittleEndian as LE;
use object::pe;
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader as _};

/// Where the load configuration has the address of the stack cookie, and how wide it is: 32 and 64 bits.
const COOKIE: [(usize, usize); 2] = [(60, 4), (88, 8)];

/// The facts.
pub(super) fn facts<Nt: ImageNtHeaders>(image: Image<'_>) -> Result<Facts, Trouble> {
    let dos = pe::ImageDosHeader::parse(image.bytes)?;
    let mut offset = dos.nt_headers_offset().into();
    let (headers, directories) = Nt::parse(image.bytes, &mut offset)?;
    let sections = headers.sections(image.bytes, offset)?;
    let file = headers.file_header();
    let optional = headers.optional_header();
    let flags = optional.dll_characteristics().0;
    let has = |flag: pe::DllFlags| flags & flag.0 != 0;
    let characteristics = file.characteristics.get(LE).0;
    let fixed = characteristics & pe::IMAGE_FILE_RELOCS_STRIPPED.0 != 0;
    let library = characteristics & pe::IMAGE_FILE_DLL.0 != 0;
    let mut facts = Facts::new();
    put(&mut facts, "format", Some("pe"));
    put(&mut facts, "arch", Some(architecture(file.machine.get(LE))));
    put(&mut facts, "kind", Some(if library { "library" } else { "program" }));
    put(&mut facts, "pie", Some(has(pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE) && !fixed));
    let both = |s: &pe::ImageSectionHeader| {
        let flags = s.characteristics.get(LE).0;
        flags & pe::IMAGE_SCN_MEM_WRITE.0 != 0 && flags & pe::IMAGE_SCN_MEM_EXECUTE.0 != 0
    };
    put(&mut facts, "nx", Some(has(pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT) && !sections.iter().any(both)));
    put(&mut facts, "cfi", Some(has(pe::IMAGE_DLLCHARACTERISTICS_GUARD_CF)));
    put(&mut facts, "stripped", Some(file.number_of_symbols.get(LE) == 0));
    if headers.is_type_64() {
        put(&mut facts, "highEntropy", Some(has(pe::IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA)));
    }
    let config =
        directories.get(pe::IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG).and_then(|d| d.data(image.bytes, &sections).ok());
    let [narrow, wide] = COOKIE;
    let (at, width) = if headers.is_type_64() { wide } else { narrow };
    let cookie = config.and_then(|bytes| bytes.get(at..at.checked_add(width)?));
    // Compilers that keep no cookie there may still protect the stack: that is unknown.
    put(&mut facts, "stackProtector", cookie.map(|bytes| bytes.iter().any(|b| *b != 0)).filter(|known| *known));
    Ok(facts)
}

fn architecture(machine: pe::Machine) -> String {
    let name = match machine {
        pe::IMAGE_FILE_MACHINE_I386 => "x86",
        pe::IMAGE_FILE_MACHINE_AMD64 => "x86_64",
        pe::IMAGE_FILE_MACHINE_ARMNT => "arm",
        pe::IMAGE_FILE_MACHINE_ARM64 => "aarch64",
        other => return format!("pe-{}", other.0),
    };
    name.to_owned()
}

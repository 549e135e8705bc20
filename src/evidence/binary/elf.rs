//! ELF: what the program headers, the dynamic section and the notes say, as the loader would read them.

use super::toolchain;
use super::{Facts, Image, Trouble, put};
use object::Endianness;
use object::elf;
use object::read::elf::{Dyn as _, FileHeader, ProgramHeader as _, SectionHeader as _, SectionTable, Sym as _};

/// The most symbols that are looked at.
const MAX_SYMBOLS: usize = 1 << 20;
/// The most bytes of `.comment`.
const MAX_COMMENT: usize = 64 << 10;

/// What the dynamic section says.
#[derive(Default)]
struct Dynamic {
    present: bool,
    pie: bool,
    now: bool,
    needs: bool,
}

/// The facts.
pub(super) fn facts<Elf: FileHeader<Endian = Endianness>>(image: Image<'_>) -> Result<Facts, Trouble> {
    let header = Elf::parse(image.bytes)?;
    let endian = header.endian()?;
    let segments = header.program_headers(endian, image.bytes)?;
    let kind = header.e_type(endian);
    if !matches!(kind, elf::ET_EXEC | elf::ET_DYN) || segments.is_empty() {
        return Err(Trouble::Unsupported("an ELF file that cannot be loaded: an object file, a core".into()));
    }
    let dynamic = dynamic::<Elf>(endian, segments, image)?;
    let interpreter = segments.iter().any(|s| s.p_type(endian) == elf::PT_INTERP);
    let program = kind == elf::ET_EXEC || interpreter || dynamic.as_ref().is_some_and(|d| d.pie);
    let machine = header.e_machine(endian);
    let mut facts = Facts::new();
    put(&mut facts, "format", Some("elf"));
    put(&mut facts, "arch", Some(architecture(machine)));
    put(&mut facts, "kind", Some(if program { "program" } else { "library" }));
    put(&mut facts, "pie", Some(kind == elf::ET_DYN));
    put(&mut facts, "nx", Some(nx::<Elf>(endian, segments)));
    let relro = segments.iter().any(|s| s.p_type(endian) == elf::PT_GNU_RELRO);
    let relro = match (&dynamic, relro) {
        (_, false) => Some("none"),
        (Some(dynamic), true) if dynamic.now => Some("full"),
        (Some(_), true) => Some("partial"),
        (None, true) => None,
    };
    put(&mut facts, "relro", relro);
    let cfi = cfi::<Elf>(endian, segments, image, machine);
    match header.sections(endian, image.bytes) {
        Ok(sections) => from_sections::<Elf>(endian, &sections, image, dynamic.as_ref(), cfi, &mut facts),
        Err(error) if image.whole => return Err(error.into()),
        Err(_) => put(&mut facts, "cfi", cfi.filter(|known| *known)),
    }
    Ok(facts)
}

/// None if it lies behind what was kept. A program without one is linked statically.
fn dynamic<Elf: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    segments: &[Elf::ProgramHeader],
    image: Image<'_>,
) -> Result<Option<Dynamic>, Trouble> {
    let mut found = Dynamic::default();
    for segment in segments {
        let entries = match segment.dynamic(endian, image.bytes) {
            Ok(Some(entries)) => entries,
            Ok(None) => continue,
            Err(error) if image.whole => return Err(error.into()),
            Err(_) => return Ok(None),
        };
        found.present = true;
        for entry in entries.iter().take_while(|entry| entry.tag(endian) != elf::DT_NULL) {
            let value = entry.val(endian);
            let has = |flag: u64| value & flag != 0;
            match entry.tag(endian) {
                elf::DT_BIND_NOW => found.now = true,
                elf::DT_FLAGS => found.now |= has(elf::DF_BIND_NOW.0),
                elf::DT_FLAGS_1 => {
                    found.now |= has(elf::DF_1_NOW.0);
                    found.pie |= has(elf::DF_1_PIE.0);
                }
                elf::DT_NEEDED => found.needs = true,
                _ => {}
            }
        }
    }
    Ok(Some(found))
}

/// Whether neither the stack nor any other memory can be both written and run. Without `PT_GNU_STACK` it depends on the
/// system, and counts as no.
fn nx<Elf: FileHeader<Endian = Endianness>>(endian: Endianness, segments: &[Elf::ProgramHeader]) -> bool {
    let has = |s: &Elf::ProgramHeader, flag: elf::ProgramFlags| s.p_flags(endian).0 & flag.0 != 0;
    let of = |kind: elf::ProgramType| segments.iter().filter(move |s| s.p_type(endian) == kind);
    let mut stacks = of(elf::PT_GNU_STACK).peekable();
    stacks.peek().is_some()
        && stacks.all(|s| !has(s, elf::PF_X))
        && !of(elf::PT_LOAD).any(|s| has(s, elf::PF_X) && has(s, elf::PF_W))
}

/// Whether the processor's checks of indirect jumps and returns are asked for: IBT and shadow stacks on x86-64, BTI on
/// 64-bit ARM. None elsewhere.
fn cfi<Elf: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    segments: &[Elf::ProgramHeader],
    image: Image<'_>,
    machine: elf::Machine,
) -> Option<bool> {
    let (property, wanted) = match machine {
        elf::EM_X86_64 => (elf::GNU_PROPERTY_X86_FEATURE_1_AND, 3),
        elf::EM_AARCH64 => (elf::GNU_PROPERTY_AARCH64_FEATURE_1_AND, 1),
        _ => return None,
    };
    let mut features = 0;
    for segment in segments {
        let Ok(Some(mut notes)) = segment.notes(endian, image.bytes) else { continue };
        while let Ok(Some(note)) = notes.next() {
            let Some(mut properties) = note.gnu_properties(endian) else { continue };
            while let Ok(Some(one)) = properties.next() {
                if one.pr_type() == property {
                    features |= one.data_u32(endian).unwrap_or(0);
                }
            }
        }
    }
    Some(features & wanted == wanted)
}

/// What only the section table leads to; nothing at run time needs it, and it may be gone.
fn from_sections<'a, Elf: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    sections: &SectionTable<'a, Elf>,
    image: Image<'a>,
    dynamic: Option<&Dynamic>,
    cfi: Option<bool>,
    facts: &mut Facts,
) {
    let stripped = !sections.iter().any(|s| s.sh_type(endian) == elf::SHT_SYMTAB);
    put(facts, "stripped", Some(stripped).filter(|_| !sections.is_empty()));
    let imports = imports::<Elf>(endian, sections, image);
    let any = |test: fn(&str) -> bool| imports.as_ref().is_some_and(|names| names.iter().any(|name| test(name)));
    let protector = any(|name| matches!(name, "__stack_chk_fail" | "__stack_chk_guard"));
    // What is linked in statically has the name or not, whether or not its own functions use it.
    let known = imports.is_some() && dynamic.is_some_and(|d| d.present && d.needs);
    put(facts, "stackProtector", Some(protector).filter(|_| known));
    let fortified = any(|name| name.starts_with("__") && name.ends_with("_chk") && !name.starts_with("__stack"));
    put(facts, "fortify", Some(true).filter(|_| known && fortified));
    put(facts, "cfi", cfi.map(|hardware| hardware || any(|name| name.starts_with("__cfi_"))));
    let comment = sections.section_by_name(endian, b".comment").and_then(|(_, s)| s.data(endian, image.bytes).ok());
    if let Some(comment) = comment.filter(|bytes| bytes.len() <= MAX_COMMENT) {
        toolchain::facts(comment, facts);
    }
}

/// Names that the program takes from its libraries. None if they cannot be read.
fn imports<'a, Elf: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    sections: &SectionTable<'a, Elf>,
    image: Image<'a>,
) -> Option<Vec<&'a str>> {
    let table = sections.symbols(endian, image.bytes, elf::SHT_DYNSYM).ok()?;
    if table.is_empty() || table.len() > MAX_SYMBOLS {
        return None;
    }
    let missing = table.symbols().iter().filter(|symbol| symbol.st_shndx(endian) == elf::SHN_UNDEF);
    let names = missing.map(|symbol| symbol.name(endian, table.strings()).ok());
    names.map(|name| name.map(|bytes| std::str::from_utf8(bytes).unwrap_or_default())).collect()
}

fn architecture(machine: elf::Machine) -> String {
    let name = match machine {
        elf::EM_386 => "x86",
        elf::EM_X86_64 => "x86_64",
        elf::EM_ARM => "arm",
        elf::EM_AARCH64 => "aarch64",
        elf::EM_RISCV => "riscv",
        elf::EM_PPC64 => "powerpc64",
        elf::EM_S390 => "s390x",
        elf::EM_LOONGARCH => "loongarch",
        other => return format!("elf-{}", other.0),
    };
    name.to_owned()
}

//! Mach-O: what the headers and load commands say. Of a universal binary, what holds of every part.

use super::{Facts, Trouble, put};
use object::Endianness;
use object::macho;
use object::read::macho::{FatArch, MachHeader, MachOFatFile, Nlist as _, Segment as _};
use serde_json::Value;

/// The most symbols that are looked at.
const MAX_SYMBOLS: usize = 1 << 20;
/// The most architectures of a universal binary.
const MAX_PARTS: usize = 16;

/// The facts of one architecture.
pub(super) fn facts<Mach: MachHeader<Endian = Endianness>>(bytes: &[u8]) -> Result<Facts, Trouble> {
    let header = Mach::parse(bytes, 0)?;
    let endian = header.endian()?;
    let kind = header.filetype(endian);
    let program = kind == macho::MH_EXECUTE;
    if !program && !matches!(kind, macho::MH_DYLIB | macho::MH_BUNDLE) {
        return Err(Trouble::Unsupported("a Mach-O file that is neither program nor library".into()));
    }
    let has = |flag: macho::FileFlags| header.flags(endian).0 & flag.0 != 0;
    let mut commands = header.load_commands(endian, bytes, 0)?;
    let (mut both, mut symbols, mut segments) = (false, None, 0_usize);
    while let Some(command) = commands.next()? {
        if let Some((segment, _)) = Mach::Segment::from_command(command)? {
            let protection = segment.initprot(endian).0;
            both |= protection & macho::VM_PROT_WRITE.0 != 0 && protection & macho::VM_PROT_EXECUTE.0 != 0;
            segments = segments.saturating_add(1);
        }
        if let Some(table) = command.symtab()? {
            symbols = table.symbols::<Mach, _>(endian, bytes).ok();
        }
    }
    if segments == 0 {
        return Err(Trouble::Malformed("no segment".into()));
    }
    let mut facts = Facts::new();
    put(&mut facts, "format", Some("mach-o"));
    put(&mut facts, "arch", Some(architecture(header.cputype(endian), header.cpusubtype(endian))));
    put(&mut facts, "kind", Some(if program { "program" } else { "library" }));
    put(&mut facts, "pie", Some(!program || has(macho::MH_PIE)));
    put(&mut facts, "nx", Some(!both && !has(macho::MH_ALLOW_STACK_EXECUTION)));
    if let Some(symbols) = symbols.filter(|table| !table.is_empty() && table.len() <= MAX_SYMBOLS) {
        let named =
            |wanted: &[u8]| symbols.iter().any(|s| s.name(endian, symbols.strings()).is_ok_and(|n| n == wanted));
        put(&mut facts, "stackProtector", Some(named(b"___stack_chk_fail")));
        let own = symbols.iter().any(|s| s.n_type().0 & (macho::N_STAB | macho::N_EXT.0) == 0);
        put(&mut facts, "stripped", Some(!own));
    }
    Ok(facts)
}

/// The facts that hold of every architecture: a truth value that one denies is false, one that is unknown for one is
/// unknown, and so is a text that differs.
pub(super) fn universal<Fat: FatArch>(bytes: &[u8]) -> Result<Facts, Trouble> {
    let file = MachOFatFile::<Fat>::parse(bytes)?;
    let parts = file.arches();
    if parts.is_empty() || parts.len() > MAX_PARTS {
        return Err(Trouble::Malformed(format!("{} architectures", parts.len())));
    }
    let (mut all, mut names): (Option<Facts>, Vec<String>) = (None, Vec::new());
    for part in parts {
        let bytes = part.data(bytes)?;
        let facts = match object::FileKind::parse(bytes)? {
            object::FileKind::MachO32 => facts::<macho::MachHeader32<Endianness>>(bytes),
            object::FileKind::MachO64 => facts::<macho::MachHeader64<Endianness>>(bytes),
            _ => Err(Trouble::Unsupported("a universal file of something else".into())),
        }?;
        names.extend(facts.get("arch").and_then(Value::as_str).map(str::to_owned));
        all = Some(match all {
            None => facts,
            Some(known) => common(known, &facts),
        });
    }
    names.sort_unstable();
    let mut facts = all.unwrap_or_default();
    put(&mut facts, "arch", Some(names.join("+")));
    Ok(facts)
}

fn common(mut facts: Facts, other: &Facts) -> Facts {
    for (name, value) in other.iter().filter(|(_, value)| **value == Value::Bool(false)) {
        facts.insert(name.clone(), value.clone());
    }
    facts.retain(|name, value| *value == Value::Bool(false) || other.get(name) == Some(value));
    facts
}

fn architecture(kind: macho::CpuType, subtype: macho::CpuSubtype) -> String {
    let name = match kind {
        macho::CPU_TYPE_X86 => "x86",
        macho::CPU_TYPE_X86_64 => "x86_64",
        macho::CPU_TYPE_ARM => "arm",
        // The upper byte holds capabilities.
        macho::CPU_TYPE_ARM64 if subtype.0 & 0xff_ffff == macho::CPU_SUBTYPE_ARM64E.0 => "arm64e",
        macho::CPU_TYPE_ARM64 => "aarch64",
        other => return format!("mach-o-{}", other.0),
    };
    name.to_owned()
}

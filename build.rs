//! A table that is written for the program, and what the linker is told so that the program starts faster on Linux. Nothing
//! depends on the latter: wherever something is missing or unusual, nothing is told, and the program is the same but for a
//! fraction of a millisecond.
#![allow(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use unicode_normalization::UnicodeNormalization as _;
use unicode_security::skeleton;

/// Asked for by `packaging/build`, and no choice of a linker.
const PACKED: &str = "link-arg=-Wl,-z,pack-relative-relocs";
/// Which functions stand side by side; `benches/layout` writes it.
const LAYOUT: &str = "packaging/layout.ld";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    std::fs::write(Path::new(&env::var("OUT_DIR")?).join("prototypes.rs"), prototypes()?)?;
    told_to_the_linker();
    Ok(())
}

/// What each character looks like (TR39), where that is not itself, for `src/registry/skeleton.rs`: the characters in order,
/// where the look of each ends, and all looks in a row. The crate's own table is of pointers, forty pages of them, which a
/// program that may be loaded anywhere has to set whenever it starts.
fn prototypes() -> Result<String, Box<dyn Error>> {
    let (mut chars, mut ends, mut looks) = (String::new(), String::new(), String::new());
    let mut count = 0;
    let decomposed = |c: &char| c.nfd().eq([*c]);
    for c in (char::MIN..=char::MAX).filter(decomposed) {
        let look: String = skeleton(c.encode_utf8(&mut [0; 4])).collect();
        if !look.chars().eq([c]) {
            looks += &look;
            write!(chars, "{c:?},")?;
            write!(ends, "{},", u16::try_from(looks.len())?)?;
            count += 1;
        }
    }
    Ok(format!(
        "static CHARS: [char; {count}] = [{chars}];\nstatic ENDS: [u16; {count}] = [{ends}];\nstatic LOOKS: &str = {looks:?};\n"
    ))
}

fn told_to_the_linker() {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|is| is == value);
    // Whoever chose a linker may have chosen one that knows neither.
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let mut flags = flags.split('\u{1f}').map(|flag| flag.trim_start_matches("-C"));
    let chosen = env::var_os("RUSTC_LINKER").is_some() || flags.any(|flag| flag.starts_with("link") && flag != PACKED);
    if chosen || !is("CARGO_CFG_TARGET_OS", "linux") || !is("PROFILE", "release") {
        return;
    }
    if is("CARGO_CFG_TARGET_ARCH", "x86_64") {
        side_by_side();
    }
    if is("CARGO_CFG_TARGET_ENV", "gnu") {
        unwinder();
    }
}

/// Puts what a small verification runs next to one another: a tenth of its time, and a third of its memory, is for pages that
/// are touched for a single function. The crate does not hold the list.
fn side_by_side() {
    let script = Path::new(&env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join(LAYOUT);
    if script.is_file() {
        println!("cargo::rerun-if-changed={LAYOUT}");
        println!("cargo::rustc-link-arg-bins=-T{}", script.display());
    }
}

/// Takes the unwinder, a few functions, from the compiler's own library: `libgcc_s.so` is one file more to be found,
/// mapped and relocated whenever the program starts.
fn unwinder() {
    let asked = Command::new("cc").arg("-print-file-name=libgcc_eh.a").output();
    // A compiler that has none gives the bare name back.
    if asked.is_ok_and(|told| told.status.success() && told.stdout.starts_with(b"/")) {
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
}

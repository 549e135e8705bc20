//! The house rules a compiler does not know: which room may import which, which rooms are pure, how files open,
//! how long they are, and that no private key lies about. ARCHITECTURE.md holds the same table.

mod source;

use source::Source;
use std::path::Path;
use std::process::Command;

const PURE: bool = true;
const WORLD: bool = false;

/// (room, pure?, may import). Read it top-down: nothing may import what stands below it.
const ROOMS: &[(&str, bool, &[&str])] = &[
    ("encoding", PURE, &[]),
    ("artifact", PURE, &["encoding"]),
    ("practice", PURE, &["encoding"]),
    ("key", PURE, &["encoding", "artifact"]),
    ("transparency", PURE, &["encoding", "key"]),
    ("attestation", PURE, &["encoding", "artifact", "practice", "key", "transparency"]),
    ("evidence", PURE, &["encoding", "artifact", "practice", "key", "attestation"]),
    ("registry", PURE, &["encoding", "practice", "key", "transparency", "attestation"]),
    ("verify", PURE, &["encoding", "artifact", "practice", "key", "transparency", "attestation", "registry"]),
    ("store", WORLD, &["encoding"]),
    ("signer", WORLD, &["encoding", "key", "store"]),
    (
        "gather",
        WORLD,
        &["encoding", "artifact", "practice", "key", "transparency", "attestation", "evidence", "registry", "store"],
    ),
    (
        "publish",
        WORLD,
        &[
            "encoding",
            "artifact",
            "practice",
            "key",
            "transparency",
            "attestation",
            "evidence",
            "registry",
            "store",
            "signer",
            "gather",
        ],
    ),
    (
        "audit",
        WORLD,
        &[
            "encoding",
            "artifact",
            "practice",
            "key",
            "transparency",
            "attestation",
            "registry",
            "verify",
            "store",
            "gather",
        ],
    ),
];

/// What a pure room never touches: of `std`, by path; anything else, by the words as they stand in the source.
const IMPURE_STD: &[&str] = &["fs", "env", "net", "process", "thread"];
const IMPURE_WORDS: &[&str] = &[
    "async fn",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
    "Instant::now",
    "print!",
    "println!",
    "eprint!",
    "eprintln!",
    "rustix",
    "getrandom",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let found = source::below(&root().join("src"));
    assert!(found.len() > 40, "the scan found {} files: is the path right?", found.len());
    found
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for file in sources() {
        let Some((room, _, allowed)) = ROOMS.iter().find(|(room, ..)| *room == file.room()) else { continue };
        for (line, path) in file.paths("crate") {
            let used = path.first().map_or("", String::as_str);
            if ROOMS.iter().any(|(r, ..)| *r == used && r != room) {
                seen += 1;
                if !allowed.contains(&used) {
                    wrong.push(format!("{file}:{line}: `{room}` may not import `{used}`"));
                }
            }
        }
        wrong.extend(
            file.ways_out().into_iter().map(|line| format!("{file}:{line}: `super` leaves the room; write crate::")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 20, "only {seen} imports between rooms: does the scan work?");
}

#[test]
fn pure_rooms_touch_nothing() {
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|f| ROOMS.iter().any(|(room, pure, _)| *pure && *room == f.room())) {
        for (line, path) in file.paths("std") {
            if path.first().is_some_and(|first| IMPURE_STD.contains(&first.as_str())) {
                wrong.push(format!("{file}:{line}: std::{} in a pure room", path.join("::")));
            }
        }
        for word in IMPURE_WORDS {
            wrong.extend(file.words(word).into_iter().map(|line| format!("{file}:{line}: `{word}` in a pure room")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Who asks, and who listens; nobody else opens a connection.
const NETWORK: [&str; 2] = ["src/gather/http.rs", "src/publish/http_server"];

#[test]
fn two_places_use_a_network() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for file in sources() {
        let named = NETWORK.iter().any(|place| file.to_string().starts_with(place));
        let std = file.paths("std").into_iter().filter(|(_, path)| path.first().is_some_and(|first| first == "net"));
        let lines = std.map(|(line, _)| line).chain(["ureq", "httparse"].iter().flat_map(|word| file.words(word)));
        for line in lines {
            seen += 1;
            if !named {
                wrong.push(format!("{file}:{line}: a network, outside {NETWORK:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 10, "only {seen} uses of a network: does the scan work?");
}

#[test]
fn the_table_has_no_cycles_and_misses_no_room() {
    for (i, (room, _, allowed)) in ROOMS.iter().enumerate() {
        for a in *allowed {
            let j = ROOMS.iter().position(|(r, ..)| r == a).unwrap();
            assert!(j < i, "{room} imports {a}, which stands later in the table");
        }
    }
    let allowed = |room: &str| ROOMS.iter().find(|(r, ..)| *r == room).unwrap().2;
    assert!(!allowed("gather").contains(&"verify"), "who reads does not judge");
    assert!(!allowed("verify").contains(&"gather"), "who judges does not read");

    let lib = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let mut declared: Vec<&str> = lib.lines().filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let mut rooms: Vec<&str> = ROOMS.iter().map(|(room, ..)| *room).collect();
    declared.sort_unstable();
    rooms.sort_unstable();
    assert_eq!(declared, rooms, "src/lib.rs and the table list the same rooms");
}

#[test]
fn the_same_table_stands_in_architecture_md() {
    let document = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let table = document.lines().skip_while(|l| *l != "| room | pure? | may import |").skip(2);
    let rows: Vec<String> = table.take_while(|l| l.starts_with('|')).map(str::to_owned).collect();
    let want: Vec<String> = ROOMS.iter().map(|(room, pure, allowed)| row(room, *pure, allowed)).collect();
    assert_eq!(rows, want, "write these rows into ARCHITECTURE.md:\n{}", want.join("\n"));
    let lines = document.lines().count();
    assert!(lines <= 150, "ARCHITECTURE.md has {lines} lines; 150 are what somebody reads");
}

fn row(room: &str, pure: bool, allowed: &[&str]) -> String {
    let allowed = if allowed.is_empty() { "nothing".into() } else { allowed.join(", ") };
    format!("| `{room}` | {} | {allowed} |", if pure { "pure" } else { "world" })
}

#[test]
fn files_say_what_they_are_for_and_stay_short() {
    let mut wrong = Vec::new();
    for file in sources() {
        if !file.text.starts_with("//!") {
            wrong.push(format!("{file}: does not open with what it is for (//!)"));
        }
        let lines = file.text.lines().count();
        if lines > 400 {
            wrong.push(format!("{file}: {lines} lines; split it at 400"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The one folder where `unsafe` may stand, and only with its reason on the line above.
const UNSAFE: &str = "src/artifact/lanes/";

/// An example that must not compile has a reason, and a twin that compiles. `tests/rustdoc` holds it to the reason.
#[test]
fn each_forgery_in_the_docs_says_why_it_fails() {
    let mut forgeries = 0;
    for source in sources() {
        let mut blocks = source.text.split("/// ```").skip(1).step_by(2);
        while let Some(block) = blocks.next() {
            let Some(reason) = block.strip_prefix("compile_fail") else { continue };
            let code = reason.lines().next().unwrap();
            assert!(code.len() == 6 && code.starts_with(",E0"), "{source}: no error code: compile_fail{code}");
            let twin = blocks.next().unwrap_or_else(|| panic!("{source}: a forgery without a twin"));
            assert!(twin.starts_with('\n'), "{source}: the twin does not have to compile: {twin}");
            forgeries += 1;
        }
    }
    assert!(forgeries > 8, "{forgeries}");
}

#[test]
fn unsafe_stands_in_one_module_with_its_reasons() {
    let (mut wrong, mut seen, mut allowed) = (Vec::new(), 0, 0);
    for file in sources() {
        allowed += file.words("unsafe_code").len();
        for line in file.words("unsafe") {
            seen += 1;
            let reason = line.checked_sub(2).and_then(|above| file.text.lines().nth(above)).unwrap_or_default();
            if !file.to_string().starts_with(UNSAFE) || !reason.trim_start().starts_with("// SAFETY: ") {
                wrong.push(format!("{file}:{line}: unsafe"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 5, "only {seen} times unsafe: does the scan work?");
    assert_eq!(allowed, 1, "one module is allowed it");
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("\nunsafe_code = \"deny\"\n"));
}

#[test]
fn no_private_key_lies_in_the_tree() {
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = Command::new("git").args(list).current_dir(root()).output().expect("this test needs git on the PATH");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).unwrap();
    let names: Vec<&str> = names.split_terminator('\0').collect();
    assert!(names.contains(&"Cargo.toml"), "the list of files is not ours: {names:?}");
    // A listed file that was deleted since, or a link, is no key.
    let bytes = |name: &&str| std::fs::read(root().join(name)).unwrap_or_default();
    let keys: Vec<&&str> = names.iter().filter(|n| holds_private_key(&bytes(n))).collect();
    assert!(keys.is_empty(), "private keys: {keys:?}");
}

/// Looks for the base64 body of a key, so that naming the markers (as parsers and pages do) is no finding.
fn holds_private_key(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let pem = text.split("PRIVATE KEY-----").skip(1).any(|after| {
        // PEM headers and the quotes, escapes and indents of a source file may stand between marker and body.
        after.split(|c: char| c.is_whitespace() || "\"'\\".contains(c)).take(20).any(|word| {
            let word = word.strip_prefix('n').unwrap_or(word);
            word.len() >= 40 && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b))
        })
    });
    let words = || text.split(|c: char| !(c.is_ascii_alphanumeric() || "+/=".contains(c)));
    // openssh-key-v1, without its PEM lines; minisign, encrypted and not.
    let openssh = words().any(|w| w.starts_with("b3BlbnNzaC1rZXktdjE") && w.len() >= 60);
    let minisign = words().any(|w| (w.starts_with("RWRTY0Iy") || w.starts_with("RWQAAEIy")) && w.len() >= 200);
    pem || openssh || minisign
}

#[test]
fn the_search_for_private_keys_finds_them() {
    let body = "MC4CAQAwBQYDK2VwBCIEI".to_owned() + &"A".repeat(43);
    for (text, found) in [
        (format!("-----BEGIN PRIVATE {}-----\n{body}\n", "KEY"), true),
        (format!("-----BEGIN EC PRIVATE {}-----\nProc-Type: 4,ENCRYPTED\n\n{body}\n", "KEY"), true),
        (format!("\"-----BEGIN PRIVATE {}-----\\n{body}\\n\"", "KEY"), true),
        (format!("b3BlbnNzaC1rZXktdjE{}", "A".repeat(80)), true),
        (format!("x\nRWRTY0Iy{}\n", "A".repeat(204)), true),
        (format!("x\nRWQAAEIy{}\n", "A".repeat(204)), true),
        (format!("if label == \"-----BEGIN PRIVATE {}-----\" {{ return; }}", "KEY"), false),
        (format!("-----BEGIN PUBLIC {}-----\n{body}\n", "KEY"), false),
    ] {
        assert_eq!(holds_private_key(text.as_bytes()), found, "{text}");
    }
}

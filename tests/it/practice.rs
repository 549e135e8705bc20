//! Practices: the built-in data, versions, requirements and search; hostile input is in the files beside this one.

mod catalogue;
mod check;
mod claims;
mod command;

use jsonschema::Validator;
use serde_json::Value;
use vouchsafe::encoding::json as strict;
use vouchsafe::practice::lint::lint;
use vouchsafe::practice::{
    BUILTIN, BUILTIN_MAPPINGS, Catalogue, Mappings, PracticeId, Requirement, Version, VersionRange, builtin, search,
};

/// Every identifier that was ever given out. None is ever removed from this list, or from the catalogue.
const IDS: [&str; 60] = [
    "PRG-01", "PRG-02", "PRG-03", "PRG-04", "PRG-05", "PRG-06", "REQ-01", "DES-01", "DES-02", "DES-03", "DES-04",
    "DES-05", "DES-06", "DES-07", "COD-01", "COD-02", "COD-03", "COD-04", "COD-05", "COD-06", "COD-07", "TPC-01",
    "TPC-02", "TPC-03", "TPC-04", "TPC-05", "TPC-06", "TST-01", "TST-02", "TST-03", "TST-04", "TST-05", "TST-06",
    "TST-07", "TST-08", "TST-09", "FND-01", "FND-02", "FND-03", "VUL-01", "VUL-02", "VUL-03", "VUL-04", "VUL-05",
    "VUL-06", "VUL-07", "VUL-08", "VUL-09", "VUL-10", "INT-01", "INT-02", "INT-03", "INT-04", "INT-05", "INT-06",
    "INT-07", "INT-08", "INT-09", "INT-10", "INT-11",
];

fn value(bytes: &[u8]) -> Value {
    strict::parse(bytes, usize::MAX, "test").unwrap()
}

fn id(text: &str) -> PracticeId {
    PracticeId::parse(text).unwrap()
}

fn schema(name: &str) -> Validator {
    let path = format!("{}/schemas/{name}.json", env!("CARGO_MANIFEST_DIR"));
    jsonschema::validator_for(&value(&std::fs::read(path).unwrap())).unwrap()
}

fn assert_valid(name: &str, document: &Value) {
    let errors: Vec<String> =
        schema(name).iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{name}: {errors:?}");
}

#[test]
fn every_practice_of_the_seed_is_kept() {
    let catalogue = builtin().unwrap();
    let ids: Vec<&str> = catalogue.practices.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(ids, IDS);
    assert_eq!((catalogue.areas.len(), catalogue.profiles.len(), catalogue.checks.len()), (9, 3, 36));
    assert_eq!((catalogue.uri().as_str(), catalogue.status.as_str()), ("forum-fp@2026.1", "draft"));
    assert_eq!(catalogue.file_name(), "forum-fp-2026.1.json");
}

#[test]
fn profiles_add_up() {
    let catalogue = builtin().unwrap();
    let size = |name| catalogue.profile(name).map(|set| set.len());
    assert_eq!((size("base"), size("standard"), size("high"), size("none")), (Some(34), Some(53), Some(60), None));
    assert_eq!(catalogue.profiles_with(&id("TST-08")), ["high"]);
}

#[test]
fn all_mappings_are_kept() {
    let mappings = Mappings::builtin().unwrap();
    let of = |framework| mappings.entries.iter().filter(|m| m.framework == framework).count();
    assert_eq!(mappings.entries.len(), 193);
    assert_eq!(
        (of("ssdf-1.1"), of("osps-2026.02.19"), of("cra-2024-2847-annex-1"), of("s2c2f-1.1"), of("slsa-1.2")),
        (94, 57, 19, 14, 9)
    );
    assert_eq!(mappings.frameworks.len(), 6);
    assert_eq!(mappings.foreign("ssdf-1.1", "PS.3.2"), [id("INT-09"), id("TPC-01")]);
    assert_eq!(mappings.foreign("cisa-ssdaf-2024-03", "1.e"), mappings.foreign("ssdf-1.1", "PO.5.2"));
    assert!(mappings.foreign("cisa-ssdaf-2024-03", "PO.5.2").is_empty());
    assert!(mappings.foreign("ssdf-1.1", "PS.9.9").is_empty() && mappings.foreign("nothing", "1").is_empty());
    assert_eq!(mappings.of(&id("PRG-01")).len(), 1);
}

#[test]
fn the_built_in_data_lints_clean() {
    assert_eq!(lint(BUILTIN, BUILTIN_MAPPINGS), []);
}

#[test]
fn the_built_in_data_follows_its_schemas() {
    assert_valid("catalogue-v1", &value(BUILTIN));
    for mapping in BUILTIN_MAPPINGS {
        assert_valid("mapping-v1", &value(mapping));
    }
}

#[test]
fn the_digest_is_of_the_exact_bytes() {
    let catalogue = builtin().unwrap();
    let spaced = [BUILTIN, b"\n"].concat();
    assert_eq!(catalogue.digest_hex().len(), 64);
    assert_ne!(catalogue.digest_sha256(), Catalogue::parse(&spaced).unwrap().digest_sha256());
}

#[test]
fn versions_in_order() {
    let order = [
        "0",
        "1-a",
        "1",
        "2026.1-draft",
        "2026.1-rc.2",
        "2026.1-rc.10",
        "2026.1",
        "2026.1.1",
        "2026.2",
        "2026.10",
        "2027",
    ];
    let order: Vec<Version> = order.into_iter().map(|v| Version::parse(v).unwrap()).collect();
    for (i, a) in order.iter().enumerate() {
        for (j, b) in order.iter().enumerate() {
            assert_eq!(a.cmp(b), i.cmp(&j), "{a} {b}");
        }
    }
    assert_eq!(Version::parse("2026.1").unwrap(), Version::parse("2026.01.0").unwrap());
    for bad in [
        "",
        "v1",
        "1.",
        ".1",
        "1..2",
        "1-",
        "1-ä",
        "1 ",
        "+1",
        "1.-1",
        "1/2",
        "99999999999999999999",
        "1.2.3.4.5.6.7.8.9",
    ] {
        assert!(Version::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn version_ranges() {
    for (range, version, want) in [
        (">=2026.1, <2027", "2026.1", true),
        (">=2026.1, <2027", "2026.10.3", true),
        (">=2026.1, <2027", "2026.1-draft", false),
        (">=2026.1, <2027", "2027", false),
        (">=2026.1, <2027", "2025.9", false),
        (">=2026.1-draft", "2026.1-draft", true),
        ("2026.1", "2026.1.0", true),
        ("2026.1", "2026.1.1", false),
        ("= 2026.1", "2026.1", true),
        (">2026.1", "2026.1", false),
        ("<=2026.1", "2026.1-draft", true),
        (">=2, <1", "1", false),
    ] {
        let inside = VersionRange::parse(range).unwrap().contains(&Version::parse(version).unwrap());
        assert_eq!(inside, want, "{version} in {range}");
    }
    for bad in ["", " ", ">=", ",", ">=1,", "~1", "^1", "*", ">=1 <2", "=>1", ">=1,,<2"] {
        assert!(VersionRange::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn requirements() {
    let (catalogue, mappings) = (builtin().unwrap(), Mappings::builtin().unwrap());
    let resolve = |text: &str| Requirement::parse(text).unwrap().resolve(&catalogue, &mappings).len();
    assert_eq!(
        (resolve("TST-01"), resolve("TST-99"), resolve("ssdf-1.1:PS.3.2"), resolve("ssdf-1.1:XX")),
        (1, 0, 2, 0)
    );
    assert_eq!(Requirement::parse("ssdf-1.1:PS.3.2").unwrap().to_string(), "ssdf-1.1:PS.3.2");
    for bad in ["", "tst-01", ":", "a:", ":b", "a b:c", "a:b:c", "a:\u{1b}[2J"] {
        assert!(Requirement::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn searching() {
    let (catalogue, mappings) = (builtin().unwrap(), Mappings::builtin().unwrap());
    let find = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
        search::search(&catalogue, &mappings, &words).into_iter().map(|p| p.id.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(find(&["FUZZED"]), ["TST-03"]);
    assert_eq!(find(&["signed", "release"])[0], "INT-07");
    assert_eq!(find(&["ps.3.2"]), ["TPC-01", "INT-09"]);
    assert_eq!(find(&["tst-01"]), ["TST-01"]);
    assert!(find(&["fuzzed", "cryptography"]).is_empty() && find(&[]).is_empty() && find(&["  "]).is_empty());
    assert_eq!(search::nearest(&catalogue, "tst-1")[0], id("TST-01"));
    assert!(search::nearest(&catalogue, "a long way from any of them").is_empty());
}

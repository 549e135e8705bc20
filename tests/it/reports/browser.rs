//! The page in a real browser: headless Chromium opens it, filters, opens a detail, and says what it met.

use super::{portfolio, written};
use crate::peers::python;
use serde_json::{Value, json};
use std::path::Path;
use vouchsafe::audit::{FindingCode, Severity, reports};

/// What tests/peers/browse_report.py saw. It leaves pictures in a folder, if one is named.
fn browse(page: &str, pictures: Option<&Path>) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let report = pictures.unwrap_or(folder.path()).join("report.html");
    std::fs::write(&report, page).unwrap();
    let args = std::iter::once(report.as_path()).chain(pictures);
    let ran = python(folder.path(), "browse_report.py", args).says(0, "");
    crate::run::parse(&ran.out)
}

/// With `VOUCHSAFE_PICTURES` naming a folder, the page and its pictures stay there, to be looked at.
#[test]
fn a_browser_shows_it_to_everybody_and_talks_to_nobody() {
    let made = portfolio();
    let pictures = std::env::var_os("VOUCHSAFE_PICTURES");
    let seen = browse(&written(&made, reports::html), pictures.as_deref().map(Path::new));
    let head = &seen["head"];
    let sentence = reports::sentence(&made.summary);
    assert_eq!(
        (&head["lang"], &head["scripts"], &head["images"], &head["styled"]),
        (&json!("en"), &json!(1), &json!(0), &json!(0))
    );
    assert!(head["answer"].as_str().unwrap().contains(&sentence), "{head}");
    assert!(head["title"].as_str().unwrap().contains("Example <Forum>"), "{head}");
    // Contrast, in both schemes, of every text.
    for scheme in ["light", "dark"] {
        assert_eq!(seen[scheme]["low"], json!([]), "{scheme}");
        assert!(seen[scheme]["measured"].as_u64().unwrap() > 2_000, "{}", seen[scheme]);
    }
    assert_eq!(seen["names"]["nameless"], json!([]));
    for role in ["DisclosureTriangle", "combobox", "searchbox", "button", "link", "region", "table"] {
        assert!(
            seen["names"]["roles"].as_array().unwrap().contains(&json!(role)),
            "{role}: {}",
            seen["names"]["roles"]
        );
    }
    keys(&seen, &made);
    assert_eq!(
        (&seen["phone"]["page"], &seen["phone"]["wide"]),
        (&json!(320), &json!([])),
        "nothing but boxes scrolls"
    );
    // No error, no warning, no dialog; and of the network nothing but the file itself.
    assert_eq!((&seen["noise"]["said"], &seen["noise"]["asked"]), (&json!([]), &json!([seen["url"]])));
    assert_eq!(seen["reached"], "stopped");
}

/// With keys alone, and without a script.
fn keys(seen: &Value, made: &portfolio::Portfolio) {
    let tab = &seen["tab"];
    assert_eq!(
        (&tab["text"], &tab["seen"], &tab["outline"]),
        (&json!("Skip to the answer"), &json!(true), &json!("solid"))
    );
    let count = |of: &dyn Fn(&FindingCode) -> bool| made.findings.iter().filter(|f| of(&f.code)).count();
    let (all, high) = (count(&|_| true), count(&|c| c.severity() == Severity::High));
    let filter = &seen["filter"];
    assert_eq!((&filter["all"], &filter["form"], &filter["again"]), (&json!(all), &json!(true), &json!(all)));
    assert_eq!((&filter["severity"], &filter["high"], &filter["others"]), (&json!("high"), &json!(high), &json!(0)));
    assert_eq!((&filter["text"], &filter["said"]), (&json!(1), &json!(format!("1 of {all} shown"))));
    let detail = &seen["detail"];
    assert_eq!((&detail["before"], &detail["open"]), (&json!(false), &json!(true)));
    for words in
        ["expected", "a release nobody tampered with", "vouchsafe explain CODE", "no yes about this one", "COD-01"]
    {
        assert!(detail["text"].as_str().unwrap().contains(words), "{words}: {detail}");
    }
    let plain = &seen["plain"];
    assert_eq!((&plain["shown"], &plain["form"], &plain["open"]), (&json!(all), &json!(false), &json!(true)));
    assert_eq!(
        (&plain["paper"]["hidden"], &plain["paper"]["nav"]),
        (&json!(0), &json!(0)),
        "paper has no closed details"
    );
    assert!(plain["paper"]["closed"].as_u64().unwrap() > 80, "{plain}");
}

/// The browser's checks see what is wrong: a page that is.
#[test]
fn a_browser_tells_what_is_wrong() {
    let good = written(&portfolio(), reports::html);
    let at = good.find("default-src").unwrap();
    let end = at + good[at..].find("\">").unwrap();
    let bad = format!(
        "{}default-src *; style-src * 'unsafe-inline'; script-src * 'unsafe-inline'{}",
        &good[..at],
        &good[end..]
    );
    let more = "<button></button><p style='color:#888;width:999px'>pale</p><script>console.error('x')</script></main>";
    let seen = browse(&bad.replace("</main>", more), None);
    assert_eq!((&seen["head"]["scripts"], &seen["head"]["styled"]), (&json!(2), &json!(1)));
    assert_eq!(seen["light"]["low"].as_array().unwrap().len(), 1, "{}", seen["light"]);
    assert_eq!(seen["names"]["nameless"].as_array().unwrap().len(), 1);
    assert!(seen["phone"]["page"].as_u64().unwrap() > 320 || seen["phone"]["wide"] != json!([]), "{}", seen["phone"]);
    assert!(!seen["noise"]["said"].as_array().unwrap().is_empty());
}

#[test]
fn a_page_without_a_browser_or_a_report_is_no_yes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(python(folder, "browse_report.py", [""; 0]).exit, 2);
    assert_eq!(python(folder, "read_report.py", ["csv"]).exit, 2);
    python(folder, "read_report.py", ["junit", "Cargo.toml"]).says(1, "ParseError");
}

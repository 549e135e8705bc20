//! The files that `init` writes: settings, and a workflow for a build server.

use super::Plan;
use super::look::Found;
use std::fmt::Write as _;

/// `vouchsafe.toml`.
pub(super) fn settings(member: &str, profile: &str, found: &Found) -> Vec<u8> {
    let quoted = |text: &str| toml_string(text);
    let mut out = format!(
        "# What vouchsafe takes from here where no flag and no variable says otherwise: vouchsafe config show --origin.\n\
         # The key is not named here: VOUCHSAFE_KEY holds it on a build server.\n\
         schema = \"vouchsafe-settings/v1\"\n\
         member = {}\nprofile = {}\nclaims = \"claims.toml\"\n",
        quoted(member),
        quoted(profile),
    );
    if let Some(product) = &found.product {
        let _ = writeln!(out, "product = {}", quoted(product));
    }
    let evidence: Vec<String> = found.evidence.iter().map(|file| quoted(file)).collect();
    let _ = match evidence.as_slice() {
        [] => writeln!(out, "# Reports of tools, whose facts are signed: evidence = [\"junit.xml\", \"scan.sarif\"]"),
        files => writeln!(out, "evidence = [\n    {},\n]", files.join(",\n    ")),
    };
    out.into_bytes()
}

/// A TOML basic string.
fn toml_string(text: &str) -> String {
    let escaped = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}

/// The workflow of the build server there is.
pub(super) fn workflows(found: &Found) -> Vec<Plan> {
    let build = found.build.as_deref().unwrap_or("echo 'say here how it is built' && false");
    let artifacts = found.artifacts.as_deref().unwrap_or("dist");
    let filled = |template: &str| {
        let version = env!("CARGO_PKG_VERSION");
        let steps = template.replace("@BUILD@", build).replace("@ARTIFACTS@", artifacts).replace("@VERSION@", version);
        steps.into_bytes()
    };
    let plan = |path: &str, about, bytes| Plan { path: path.into(), about, bytes };
    match found.ci {
        "github" => vec![plan(".github/workflows/vouchsafe.yml", "attests each tag that is pushed", filled(GITHUB))],
        "gitlab" => vec![
            plan(".gitlab/vouchsafe.yml", "attests each tag that is pushed", filled(GITLAB)),
            plan(".gitlab-ci.yml", "includes it; add the same line to one that is there", filled(INCLUDE)),
        ],
        _ => Vec::new(),
    }
}

const GITHUB: &str = include_str!("github.yml");
const GITLAB: &str = include_str!("gitlab.yml");
const INCLUDE: &str = "include:\n  - local: .gitlab/vouchsafe.yml\n";

//! A policy file of the repository: SECURITY.md, security.txt, CODEOWNERS. Told apart by its name; the rules, which are
//! rules of thumb, stand in docs/evidence/origin.md.

mod owners;
mod policy;

use super::bounded;
use super::{Code, Extracted, Fault, Target};
use std::io::Read;

/// The most bytes of one file.
const LIMIT: usize = 1 << 20;

/// What a file of this name is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Tells people how to report a vulnerability, in prose.
    Policy,
    /// RFC 9116.
    SecurityTxt,
    /// Who has to approve changes to which paths.
    Owners,
    /// Anything else.
    Other,
}

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, _: &Target<'_>) -> Result<Extracted, Fault> {
    let bytes = bounded::all(input, LIMIT, name)?;
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return Err(Fault::new(Code::Malformed, name, "text, in UTF-8", "other bytes"));
    };
    if text.contains('\0') {
        return Err(Fault::new(Code::Malformed, name, "text, in UTF-8", "zero bytes"));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut out = Extracted::default();
    out.fact(&["file"], bounded::base(name));
    out.fact(&["present"], true);
    match kind(name, text) {
        Kind::Policy => {
            let prose = policy::visible(text);
            out.fact(&["hasContact"], policy::has_contact(&prose));
            out.fact(&["hasResponseTime"], policy::has_response_time(&prose));
        }
        Kind::SecurityTxt => {
            out.fact(&["hasContact"], policy::contact_fields(text) > 0);
            out.fact(&["hasResponseTime"], false);
        }
        Kind::Owners => {
            let owners = owners::read(text);
            out.fact(&["rules"], owners.rules);
            if let Some(unowned) = owners.unowned {
                out.fact(&["unownedPaths"], unowned);
            }
        }
        Kind::Other => {}
    }
    Ok(out)
}

fn kind(name: &str, text: &str) -> Kind {
    let base = bounded::base(name).to_ascii_lowercase();
    match base.as_str() {
        "codeowners" => Kind::Owners,
        "security.txt" if policy::contact_fields(text) > 0 => Kind::SecurityTxt,
        "security" | "security.md" | "security.txt" | "security.rst" | "security.adoc" | "security.markdown"
        | "security_policy.md" | "security-policy.md" => Kind::Policy,
        _ => Kind::Other,
    }
}

/// Whether a file seems to be one.
pub(super) fn looks(name: &str, _: &[u8]) -> bool {
    kind(name, "") != Kind::Other
}

//! `--output FORMAT=PATH` of `verify` in the formats of others: rendered all, then written.

use crate::cli::context::Context;
use crate::cli::trouble::Trouble;
use vouchsafe::audit::export::{self, Asked, Line, Release};
use vouchsafe::audit::{Report, Verdict};
use vouchsafe::encoding::text::shown;
use vouchsafe::store::{Overwrite, write_atomic};
use vouchsafe::verify::Verified;

/// What only `verify` can write.
pub(super) const FORMATS: [&str; 8] = ["vsa", "svr", "cyclonedx", "oscal", "cisa", "cisa-md", "csv", "md"];

/// Formats that only speak about practices.
const OF_PRACTICES: [&str; 4] = ["cyclonedx", "oscal", "cisa", "cisa-md"];

/// Writes what was asked for. A document about a release is written only if something was verified. If one cannot be
/// written for another reason, that is wrong usage, unless the verdict is worse.
pub(super) fn write(
    context: &Context,
    report: &Report,
    verified: &[Option<Verified>],
    asked: Asked<'_>,
) -> Result<(), Trouble> {
    let lines = lines(report, verified);
    let yes: Vec<&Verified> = verified.iter().flatten().collect();
    let release = Release::of(&yes, asked);
    let (mut files, mut trouble) = (Vec::new(), None);
    for (format, path) in context.outputs().filter(|(format, _)| FORMATS.contains(format)) {
        match format {
            "csv" => files.push((path, export::csv(&lines, asked))),
            "md" => files.push((path, export::markdown(&lines, asked))),
            _ if yes.is_empty() => {
                context.say(format!("{format}={}: not written, nothing is verified", shown(path)));
            }
            _ => match document(format, release.as_ref()) {
                Ok(bytes) => files.push((path, bytes)),
                Err(why) => trouble = Some(format!("--output {format}={}: not written: {why}", shown(path))),
            },
        }
    }
    match trouble {
        // Whoever is told yes takes the files to be there.
        Some(why) if report.verdict == Verdict::Verified => return Err(Trouble::usage(why)),
        Some(why) => context.say(why),
        None => {}
    }
    for (path, bytes) in files {
        write_atomic(path.as_ref(), &bytes, Overwrite::Replace)?;
    }
    Ok(())
}

/// The practices against the subjects, as Markdown.
pub(super) fn matrix(report: &Report, verified: &[Option<Verified>], asked: Asked<'_>) -> Vec<u8> {
    export::markdown(&lines(report, verified), asked)
}

fn lines<'a>(report: &'a Report, verified: &'a [Option<Verified>]) -> Vec<Line<'a>> {
    report.subjects.iter().zip(verified).map(|(report, v)| Line { report, verified: v.as_ref() }).collect()
}

fn document(format: &str, release: Option<&Release<'_>>) -> Result<Vec<u8>, String> {
    let release =
        release.ok_or("it speaks about one attestation, these files rest on several; verify them one by one")?;
    if OF_PRACTICES.contains(&format) && !release.has_practices() {
        return Err("no practices were asked for".to_owned());
    }
    let none = || "no practices were asked for".to_owned();
    match format {
        "vsa" => Ok(export::vsa(release)),
        "svr" => Ok(export::svr(release)),
        "cyclonedx" => export::cyclonedx(release).ok_or_else(none),
        "oscal" => export::oscal(release).ok_or_else(none),
        "cisa" => export::cisa(release).map_err(|e| e.to_string()),
        _ => export::cisa_markdown(release).map_err(|e| e.to_string()),
    }
}

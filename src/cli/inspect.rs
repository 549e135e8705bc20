//! `vouchsafe inspect`: what stands in a file, without any belief; says UNVERIFIED at the top, always.

use super::Answer;
use super::context::Context;
use super::trouble::Trouble;
use clap::Args;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use vouchsafe::artifact::name;
use vouchsafe::attestation::{Envelope, Payload as _, Predicate, Statement, read_container};
use vouchsafe::encoding::json::parse;
use vouchsafe::encoding::text::{count, shown};
use vouchsafe::encoding::{MAX_DOCUMENT, Malformed};
use vouchsafe::gather::repository::View;
use vouchsafe::publish::Change;
use vouchsafe::registry::{Endorsement, KeyProof, Metadata, Notice};
use vouchsafe::store::read_bounded;

/// Flags of `inspect`.
#[derive(Args)]
#[command(after_help = "Nothing that inspect shows has been checked. vouchsafe verify checks.")]
pub(crate) struct InspectArgs {
    /// An attestation, a key proof, TUF metadata, a staged change or an exported trust file
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Shows what stands in the file.
pub(crate) fn run(args: &InspectArgs, context: &Context) -> Answer {
    let bytes = read_bounded(&args.file, MAX_DOCUMENT)?;
    let (kind, text, content) = look(&bytes).map_err(|malformed| {
        Trouble::from(malformed)
            .then("give an attestation, a key proof, TUF metadata, a staged change, an exported trust file or a policy")
    })?;
    let name = name::bytes(args.file.as_os_str());
    let text = format!("UNVERIFIED  {}  {kind}; nothing here has been checked\n{text}", name::display(&name));
    let value = json!({"schema": "vouchsafe-inspect/v1", "verified": false, "file": name::lossless(&name), "kind": kind, "content": content});
    context.answer(&text, &value)?;
    Ok(ExitCode::SUCCESS)
}

fn look(bytes: &[u8]) -> Result<(&'static str, String, Value), Malformed> {
    if let Ok(found) = read_container(bytes)
        && found.envelopes.iter().any(Result::is_ok)
    {
        return Ok(envelopes(&found.envelopes));
    }
    let document: Value = parse(bytes, MAX_DOCUMENT, "file that vouchsafe knows")?;
    if let Ok(metadata) = Metadata::parse(bytes) {
        let what = metadata.signed().get("_type").and_then(Value::as_str).unwrap_or("unknown");
        let expires = metadata.signed().get("expires").and_then(Value::as_str).unwrap_or("unknown");
        let text = format!(
            "  role      {}\n  version   {}\n  expires   {}\n  signed by {}\n",
            shown(what),
            metadata.version(),
            shown(expires),
            count(metadata.votes().len(), "key")
        );
        return Ok(("TUF metadata", text, document));
    }
    if let Ok(change) = Change::parse(bytes) {
        let text = change.review().map(|r| r.changes.iter().map(|c| format!("  {c}\n")).collect()).unwrap_or_default();
        return Ok(("staged change of a registry", text, document));
    }
    if let Ok(view) = View::parse(bytes) {
        let files = count(view.metadata.len() + view.targets.len(), "file");
        return Ok(("exported trust file", format!("  holds     {files}\n"), document));
    }
    if document.get("schema").is_some() || document.get("kind").is_some() {
        let text = format!("{}\n", String::from_utf8_lossy(&vouchsafe::encoding::json::pretty(&document)).trim_end());
        return Ok(("JSON document", shown_lines(&text), document));
    }
    Err(Malformed::new("file that vouchsafe knows", "JSON of no kind that vouchsafe writes or reads"))
}

/// Each line escaped, the line breaks kept.
fn shown_lines(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", shown(line))).collect()
}

fn envelopes(found: &[Result<Envelope, Malformed>]) -> (&'static str, String, Value) {
    let (mut text, mut content) = (String::new(), Vec::new());
    for (n, envelope) in found.iter().enumerate() {
        if found.len() > 1 {
            let _ = writeln!(text, "line {}", n + 1);
        }
        match envelope {
            Err(error) => {
                let _ = writeln!(text, "  unreadable: {}", shown(&error.to_string()));
                content.push(json!({"unreadable": error.to_string()}));
            }
            Ok(envelope) => {
                let (payload_type, payload) =
                    envelope.inspect_unverified("inspect shows what stands there and says UNVERIFIED");
                let _ = writeln!(text, "  type      {}", shown(payload_type));
                for hint in envelope.hints() {
                    let _ = writeln!(
                        text,
                        "  key id    {} (a hint, unchecked)",
                        hint.map_or_else(|| "none".to_owned(), shown)
                    );
                }
                match Endorsement::parse(payload).ok().filter(|_| payload_type == Endorsement::TYPE) {
                    Some(endorsement) => endorses(&endorsement, &mut text),
                    None => match Notice::parse(payload) {
                        Ok(notice) => notice.words().iter().for_each(|line| {
                            let _ = writeln!(text, "  {line}");
                        }),
                        Err(_) => describe(payload, &mut text),
                    },
                }
                let payload: Value = parse(payload, MAX_DOCUMENT, "payload").unwrap_or(Value::Null);
                let hints: Vec<_> = envelope.hints().collect();
                content.push(json!({"payloadType": payload_type, "keyids": hints, "payload": payload}));
            }
        }
    }
    let is = |kind: &str| found.iter().flatten().any(|e| e.inspect_unverified("to name what the file is").0 == kind);
    let notice =
        |e: &Envelope| Notice::parse(e.inspect_unverified("to name what the file is").1).is_ok() && is(Notice::TYPE);
    let kind = match (is(KeyProof::TYPE), is(Endorsement::TYPE)) {
        (true, _) => "key proof",
        (_, true) => "endorsement",
        _ if !found.is_empty() && found.iter().all(|e| e.as_ref().is_ok_and(notice)) => "notice about an attestation",
        _ => "attestation",
    };
    (kind, text, Value::Array(content))
}

fn endorses(endorsement: &Endorsement, text: &mut String) {
    let _ = writeln!(text, "  forum     {}", shown(&endorsement.forum));
    let _ = writeln!(text, "  seat      {}/{}", shown(&endorsement.group), shown(&endorsement.seat));
    let _ = writeln!(text, "  endorses  {}", endorsement.endorses.named());
    for line in endorsement.endorses.words() {
        let _ = writeln!(text, "            {line}");
    }
}

fn describe(payload: &[u8], text: &mut String) {
    let statement = match Statement::parse(payload) {
        Ok(statement) => statement,
        Err(error) => {
            let _ = writeln!(text, "  payload   no in-toto statement: {}", shown(&error.why));
            return;
        }
    };
    let _ = writeln!(text, "  predicate {}", shown(statement.predicate_type()));
    for subject in statement.subjects().iter().take(20) {
        let digests: Vec<String> = subject.digest.iter().map(|(a, h)| format!("{}:{}", shown(a), shown(h))).collect();
        let _ = writeln!(text, "  subject   {}  {}", shown(subject.name), digests.join(" "));
    }
    if statement.subjects().len() > 20 {
        let _ = writeln!(text, "  subject   and {} more", statement.subjects().len() - 20);
    }
    if let Predicate::Practices(practices) = statement.predicate() {
        let catalogue = &practices.catalogue;
        let profile = catalogue.profile.as_deref().map(|p| format!(", profile {}", shown(p))).unwrap_or_default();
        let _ = writeln!(text, "  catalogue {} {}{profile}", shown(&catalogue.id), shown(&catalogue.version));
        let _ = writeln!(
            text,
            "  assessor  {} ({})",
            shown(&practices.assessor.id),
            shown(&practices.assessor.independence)
        );
        for claim in &practices.claims {
            let _ = writeln!(text, "  claim     {} {} ({})", claim.practice, claim.result, claim.basis);
        }
    }
}

//! The key that would sign here: whether it is there, nobody else's, and known to the forum. It is not opened.

use super::Finding;
use crate::cli::context::Context;
use crate::cli::settings::{Settings, variable};
use crate::cli::trouble::Trouble;
use std::path::Path;
use vouchsafe::encoding::MAX_SMALL;
use vouchsafe::encoding::duration::{Span, rfc3339};
use vouchsafe::encoding::text::{shown, shown_path};
use vouchsafe::key::{KeyFormat, PublicKey};
use vouchsafe::registry::{TrustedRegistry, valid_id};
use vouchsafe::signer::{FileSigner, KeyReference};
use vouchsafe::store::{read_bounded, read_private};

/// Looks at the key named by `VOUCHSAFE_KEY`, `VOUCHSAFE_KEY_REF` or a file of settings.
pub(super) fn look(
    settings: &Settings,
    forums: &[TrustedRegistry],
    context: &Context,
    within: Span,
    findings: &mut Vec<Finding>,
) {
    let said = |name: &str| variable(name).map(|value| value.to_string_lossy().into_owned());
    let given = said("VOUCHSAFE_KEY_REF").or_else(|| said("VOUCHSAFE_KEY"));
    let Some(given) = given.or_else(|| settings.first("key").map(str::to_owned)) else {
        findings.push(Finding::note(
            "key",
            "no key is set; only who signs needs one",
            "vouchsafe init, or vouchsafe key generate --out acme.pem and VOUCHSAFE_KEY=acme.pem",
        ));
        return;
    };
    let reference = if given.contains("-----BEGIN") { "env:VOUCHSAFE_KEY" } else { &given };
    let public = match reference.parse::<KeyReference>() {
        Ok(KeyReference::File(path)) => file(&path, findings),
        Ok(KeyReference::Variable(name)) => in_variable(&name, findings),
        Ok(_) => None,
        Err(error) => {
            findings.push(Finding::trouble("key", &Trouble::from(error)));
            None
        }
    };
    let member = said("VOUCHSAFE_MEMBER").or_else(|| settings.first("member").map(str::to_owned));
    if let (Some(public), [forum]) = (public, forums) {
        registered(&public, member.as_deref(), forum, context, within, findings);
    }
}

/// A key file: private, ours, and with its public half beside it.
fn file(path: &Path, findings: &mut Vec<Finding>) -> Option<PublicKey> {
    let name = shown_path(path);
    let bytes = match read_private(path, MAX_SMALL) {
        Ok(bytes) => bytes,
        Err(error) => {
            findings.push(Finding::trouble("key", &Trouble::from(error)));
            return None;
        }
    };
    kind(&name, &bytes, &format!("vouchsafe key import {name} --out NEW.pem"), findings);
    let public = FileSigner::public_path(path);
    let beside = read_bounded(&public, MAX_SMALL).ok().and_then(|bytes| PublicKey::import(&bytes).ok());
    beside.map(|(key, _)| key)
}

/// What kind of key it is, and whether it is encrypted.
fn kind(name: &str, bytes: &[u8], import: &str, findings: &mut Vec<Finding>) {
    findings.push(match KeyFormat::of(bytes) {
        Ok(KeyFormat::Pkcs8Pem) if bytes.starts_with(b"-----BEGIN ENCRYPTED") => Finding::ok(
            "key",
            format!("{name}: encrypted; its passphrase comes from VOUCHSAFE_PASSPHRASE or a terminal"),
        ),
        Ok(KeyFormat::Pkcs8Pem) => Finding::note(
            "key",
            format!("{name}: not encrypted; whoever reads it can sign"),
            "keep it where nobody else can read it, such as the secrets of a build server",
        ),
        Ok(format) if format.is_private() => {
            Finding::problem("key", format!("{name}: {format}, not our own format"), import)
        }
        Ok(_) => Finding::problem("key", format!("{name}: a public key, which cannot sign"), "name the private key"),
        Err(error) => Finding::trouble("key", &Trouble::from(error)),
    });
}

fn in_variable(name: &str, findings: &mut Vec<Finding>) -> Option<PublicKey> {
    let Some(value) = variable(name) else {
        findings.push(Finding::problem(
            "key",
            format!("the variable {} is not set", shown(name)),
            format!("set {}; a build server may keep its secrets from this job", shown(name)),
        ));
        return None;
    };
    let import = "vouchsafe key import FILE --out NEW.pem, then set the variable to what is in NEW.pem";
    kind(&format!("variable {}", shown(name)), value.as_encoded_bytes(), import, findings);
    None
}

/// Whether the forum knows the key, as this member's, and for how long.
fn registered(
    public: &PublicKey,
    member: Option<&str>,
    forum: &TrustedRegistry,
    context: &Context,
    within: Span,
    findings: &mut Vec<Finding>,
) {
    let name = shown(&forum.forum().name);
    let prove =
        |id: &str| format!("vouchsafe key prove --key KEY --member {id} --forum FORUM --out proof.json, for the board");
    let Some(owner) = forum.owner_of(public.id()) else {
        let id = member.filter(|id| valid_id(id)).unwrap_or("ID");
        findings.push(Finding::problem(
            "key",
            format!("{name} does not know this key; what it signs is refused"),
            prove(id),
        ));
        return;
    };
    if member.is_some_and(|id| id != owner.id) {
        findings.push(Finding::problem(
            "key",
            format!("{name} knows this key as {}'s, not as {}'s", shown(&owner.id), shown(member.unwrap_or_default())),
            format!("set member = \"{}\", or name the other key", owner.id),
        ));
        return;
    }
    let Some(record) = owner.key(public.id()) else { return };
    if !record.standing(context.now.max(record.added), None).counts() {
        let message = format!("{name} no longer takes what this key signs");
        findings.push(Finding::problem("key", message, prove(&owner.id)));
        return;
    }
    match record.retired_at.filter(|at| *at <= within.after(context.now)) {
        Some(at) => findings.push(Finding::note(
            "key",
            format!("it retires at {}, in {}", rfc3339(at), Span::between(context.now, at)),
            format!("vouchsafe key prove --key NEW --rotates OLD --member {} --forum FORUM --out proof.json", owner.id),
        )),
        None => findings.push(Finding::ok("key", format!("{name} knows it as {}'s", shown(&owner.id)))),
    }
}

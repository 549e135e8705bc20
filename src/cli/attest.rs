//! `vouchsafe attest`: signs that artifacts followed practices, or any other statement about them.

use super::claimed::{EvidenceArgs, bases, lacks};
use super::context::Context;
use super::effort::{EffortArgs, at_the_end, count as count_files};
use super::exported;
use super::passphrase::PassphraseArgs;
use super::quoted::quoted;
use super::trouble::Trouble;
use super::{Answer, ci, home_key, trust_of};
use clap::Args;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vouchsafe::artifact::name;
use vouchsafe::attestation::{DigestSet, Drafted, StatementDraft, Subject, SubjectSet};
use vouchsafe::encoding::duration::Span;
use vouchsafe::encoding::text::{count, shown, shown_path};
use vouchsafe::encoding::{MAX_DOCUMENT, json};
use vouchsafe::gather::{self, Effort, evidence, subject};
use vouchsafe::practice::{Catalogue, ClaimResult, builtin};
use vouchsafe::publish::attest::{self, ALGORITHMS, Assessment};
use vouchsafe::registry::{Wanted, valid_id};
use vouchsafe::signer::{self, KeyReference, Signer};
use vouchsafe::store::{self, Overwrite, read_bounded};

/// Flags of `attest`.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  vouchsafe attest app.tar.gz --key acme.pem --member acme --profile base --claims claims.toml
  vouchsafe attest dist/* --key acme.pem --member acme --profile base --claims claims.toml -o dist/release.sigstore.json
  vouchsafe attest app.tar.gz --key acme.pem --member acme --predicate provenance.json --type https://slsa.dev/provenance/v1")]
pub(crate) struct AttestArgs {
    /// Files, or folders of files; all become subjects of one statement
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<OsString>,
    /// The key to sign with: a file, or env:NAME [env: VOUCHSAFE_KEY=such a name, or the PEM itself]
    #[arg(long, value_name = "REF", env = "VOUCHSAFE_KEY_REF")]
    key: Option<KeyReference>,
    /// Your member id in the forum
    #[arg(long, value_name = "ID", env = "VOUCHSAFE_MEMBER", value_parser = member_id)]
    member: String,
    /// The profile you set out to meet
    #[arg(long, value_name = "NAME", env = "VOUCHSAFE_PROFILE")]
    profile: Option<String>,
    #[command(flatten)]
    with: EvidenceArgs,
    /// The attestation to write; by default NAME.sigstore.json beside a single artifact
    #[arg(short, long, value_name = "FILE", env = "VOUCHSAFE_OUT")]
    out: Option<PathBuf>,
    /// Add your signature to the attestation that is there, instead of making one
    #[arg(long)]
    append: bool,
    /// Show what would be signed, and sign nothing
    #[arg(long)]
    print_statement: bool,
    /// Another predicate than practices, as JSON, or a statement that has it, about these artifacts
    #[arg(long, value_name = "FILE", requires = "predicate_type", conflicts_with_all = ["claims", "profile", "evidence"])]
    predicate: Option<PathBuf>,
    /// The type of that predicate
    #[arg(long = "type", value_name = "URI", requires = "predicate")]
    predicate_type: Option<String>,
    /// Who assessed: self, secondParty or thirdParty
    #[arg(long, value_name = "KIND", default_value = "self", env = "VOUCHSAFE_INDEPENDENCE", value_parser = ["self", "secondParty", "thirdParty"])]
    independence: String,
    /// The claims end after this time, such as 365d
    #[arg(long, value_name = "DURATION", env = "VOUCHSAFE_VALID_FOR", value_parser = Span::parse)]
    valid_for: Option<Span>,
    /// Say that the subjects are exactly the release: no file more, none fewer
    #[arg(long)]
    exact_set: bool,
    /// A catalogue file; by default the trusted forum's, or the built-in one
    #[arg(long, value_name = "FILE", env = "VOUCHSAFE_CATALOGUE")]
    catalogue: Option<PathBuf>,
    /// The forum, to take its catalogue and to check that the key is registered
    #[arg(long, value_name = "DIR|FILE", env = "VOUCHSAFE_TRUST")]
    trust: Option<PathBuf>,
    /// Replace an attestation that is there already
    #[arg(long, conflicts_with = "append")]
    force: bool,
    #[command(flatten)]
    effort: EffortArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// An id that a registry could hold: a display name in its place would be signed, and refused by every verifier.
fn member_id(text: &str) -> Result<String, String> {
    let expected = "expected a member id, such as acme: a-z, 0-9, '-' and '.'";
    if valid_id(text) { Ok(text.to_owned()) } else { Err(expected.to_owned()) }
}

/// What was made, for the answer.
struct Made {
    payload: Vec<u8>,
    summary: String,
    unmet: usize,
    /// What evidence touches and does not show, a line for each practice.
    lacks: Vec<String>,
}

/// Measures, drafts, signs, checks, writes.
pub(crate) fn run(args: &AttestArgs, context: &Context) -> Answer {
    let draft = subjects(args, context)?;
    let mut made = statement(args, &draft, context)?;
    if args.print_statement {
        let value: serde_json::Value = json::parse(&made.payload, MAX_DOCUMENT, "statement")?;
        context.print(&json::pretty(&value))?;
        return Ok(ExitCode::SUCCESS);
    }
    let out = out(args, &draft)?;
    // A key that `init` made needs no name.
    let made_here = || home_key(context, &args.member).ok().filter(|path| store::exists(path)).map(KeyReference::File);
    let reference = args.key.clone().or_else(made_here).ok_or_else(no_key)?;
    if !args.append && !args.force && store::exists(&out) {
        return Err(Trouble::from(store::Error::Exists(out))
            .then("choose another name with -o, add your signature with --append, or replace it with --force"));
    }
    let signer = signer::open(&reference, &args.passphrase.source())?;
    warn_unregistered(args, signer.as_ref(), context);
    let (checked, overwrite) = if args.append {
        (
            attest::append(&read_bounded(&out, MAX_DOCUMENT)?, &draft, &made.payload, signer.as_ref())?,
            Overwrite::Replace,
        )
    } else {
        let overwrite = if args.force { Overwrite::Replace } else { Overwrite::Refuse };
        (attest::sign(&draft, std::mem::take(&mut made.payload), signer.as_ref())?, overwrite)
    };
    let out = rename_for_several(out, &checked, args)?;
    checked.write(&out, overwrite)?;
    if made.unmet > 0 {
        context.say(format!(
            "note: {} of the profile not claimed as met; a policy that asks for the profile will refuse",
            count(made.unmet, "practice")
        ));
    }
    let answer = answer(args, context, &draft, &out, signer.as_ref(), &made, checked.envelope().signatures());
    at_the_end((draft, checked));
    answer
}

/// Nothing to sign with: the three ways to say it.
fn no_key() -> Trouble {
    Trouble::usage("attest needs a key to sign with").because("--key FILE, VOUCHSAFE_KEY, or key = in vouchsafe.toml", "none of them").then(
        "give --key FILE; vouchsafe key generate --out acme.pem makes one; vouchsafe doctor says what else is missing",
    )
}

fn answer(
    args: &AttestArgs,
    context: &Context,
    draft: &StatementDraft,
    out: &Path,
    signer: &dyn Signer,
    made: &Made,
    signatures: usize,
) -> Answer {
    let file = shown_path(out);
    let lacks: String = made.lacks.iter().map(|line| format!("  missing   {}\n", shown(line))).collect();
    let text = format!(
        "SIGNED  {file}  {}: {}\n  member    {}\n  key       {}\n  signed by {}\n{lacks}  next      {}\n",
        count(draft.subjects().len(), "subject"),
        made.summary,
        shown(&args.member),
        signer.public().id(),
        count(signatures, "key"),
        next(args, out),
    );
    ci::signed(context, &file, &args.member, &made.summary)?;
    let answer = Written {
        file: name::lossless(&name::bytes(out.as_os_str())),
        keyid: signer.public().id().as_str(),
        member: &args.member,
        missing: &made.lacks,
        schema: "vouchsafe-attest/v1",
        signatures,
        subjects: draft.subjects(),
        summary: &made.summary,
    };
    context.answer(&text, &answer)?;
    Ok(ExitCode::SUCCESS)
}

/// schemas/attest-v1.json; in the order of the names.
#[derive(serde::Serialize)]
struct Written<'a> {
    file: String,
    keyid: &'a str,
    member: &'a str,
    missing: &'a [String],
    schema: &'static str,
    signatures: usize,
    #[serde(serialize_with = "digest_first")]
    subjects: &'a [Subject],
    summary: &'a str,
}

fn digest_first<S: serde::Serializer>(subjects: &[Subject], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(serde::Serialize)]
    struct Shown<'a> {
        digest: &'a DigestSet,
        name: &'a str,
    }
    serializer.collect_seq(subjects.iter().map(|s| Shown { digest: &s.digest, name: &s.name }))
}

/// The command that checks what was just signed, with what this one was given. A release of many files is tried on one.
fn next(args: &AttestArgs, out: &Path) -> String {
    let evidence = |p: &&OsString| evidence::is_evidence(p.as_ref());
    let files: Vec<&OsString> = args.paths.iter().filter(|p| !evidence(p)).collect();
    let few = if args.exact_set || files.len() <= 8 { files.len() } else { 1 };
    let mut words = vec!["vouchsafe verify".to_owned()];
    words.extend(files.iter().take(few).map(quoted));
    let flag = |name: &str, value: &OsStr| format!("{name} {}", quoted(value));
    words.extend(args.out.as_ref().map(|_| flag("--bundle", out.as_os_str())));
    words.extend(args.trust.as_ref().map(|trust| flag("--trust", trust.as_os_str())));
    words.extend(args.predicate_type.as_ref().map(|kind| flag("--type", kind.as_ref())));
    words.extend(args.exact_set.then(|| "--exact-set".to_owned()));
    words.join(" ")
}

/// Every file named, but for attestations that lie among them.
fn subjects(args: &AttestArgs, context: &Context) -> Result<StatementDraft, Trouble> {
    let names: Vec<_> = args.paths.iter().map(|argument| attest::subject_name(Path::new(argument))).collect();
    let subject = |n: usize, found: gather::Subject| match (found.path(), names.get(n)) {
        (Some(path), _) if evidence::is_evidence(path) => Err(found.name),
        (_, name_of) => Ok(Drafted::of(name_of.map_or_else(String::new, |of| of(&found.name)), &found.measured)),
    };
    let measure = |effort: &Effort<'_>| subject::files(&args.paths, ALGORITHMS, effort, subject);
    let found = args.effort.spend(context, || count_files(&args.paths), measure)?;
    let mut draft = StatementDraft::default();
    for found in found {
        let left_out =
            |name: String| context.say(format!("note: {} is an attestation itself and is left out", shown(&name)));
        draft.about_all(found.into_iter().filter_map(|found| found.map_err(left_out).ok()));
    }
    if draft.subjects().is_empty() {
        return Err(gather::Error::NothingToHash(args.paths.first().map(PathBuf::from).unwrap_or_default()).into());
    }
    match named_twice(&draft) {
        None => Ok(draft),
        Some(name) => Err(Trouble::usage(format!(
            "two artifacts would both be called {}: attest their folder instead",
            shown(name)
        ))),
    }
}

fn named_twice(draft: &StatementDraft) -> Option<&str> {
    let mut names: Vec<&str> = draft.subjects().iter().map(|subject| subject.name.as_str()).collect();
    names.sort_unstable();
    names.iter().zip(names.iter().skip(1)).find(|(one, next)| one == next).map(|(twice, _)| *twice)
}

fn statement(args: &AttestArgs, draft: &StatementDraft, context: &Context) -> Result<Made, Trouble> {
    if let (Some(path), Some(kind)) = (&args.predicate, &args.predicate_type) {
        let document: serde_json::Value = json::parse(&read_bounded(path, MAX_DOCUMENT)?, MAX_DOCUMENT, "predicate")?;
        let predicate = exported::predicate(document, kind, draft.subjects())?;
        return Ok(Made {
            payload: draft.other(kind, &predicate),
            summary: format!("a statement of type {}", shown(kind)),
            unmet: 0,
            lacks: Vec::new(),
        });
    }
    let catalogue = catalogue(args, context)?;
    let profile = profile(args, &catalogue)?;
    let (claims, given) = args.with.claimed(&catalogue)?;
    let evidence = args.with.read(&given, draft, context)?;
    let valid_until = args.valid_for.map(|s| s.after(context.now));
    let attest::Made { practices, assessed } = attest::practices(Assessment {
        member: &args.member,
        catalogue: &catalogue,
        profile: profile.as_ref().map(|(name, _)| name.as_str()),
        claims,
        evidence,
        scope: args.with.scope(),
        independence: &args.independence,
        assessed_at: context.now,
        valid_until,
        subject_set: args.exact_set.then_some(SubjectSet::Exact),
    })?;
    let met: BTreeSet<_> =
        practices.claims.iter().filter(|c| c.result == ClaimResult::Met).map(|c| c.practice).collect();
    let (summary, unmet) = match &profile {
        Some((name, asked)) => {
            let n = asked.intersection(&met).count();
            (format!("{n} of {} practices of {name} claimed as met", asked.len()), asked.len() - n)
        }
        None => (format!("{} claimed as met", count(met.len(), "practice")), 0),
    };
    let summary = format!("{summary}{}", bases(&practices.claims));
    let lacks = lacks(&practices.claims, &assessed, profile.as_ref().map(|(_, asked)| asked));
    if practices.evidence.iter().any(|e| e.facts.is_some() && e.about.is_none()) {
        context.say(
            "note: evidence counts once it is known what it is about: give --product, or --source with --revision",
        );
    }
    Ok(Made { payload: draft.practices(&practices), summary, unmet, lacks })
}

type Profile = (String, BTreeSet<vouchsafe::practice::PracticeId>);

fn profile(args: &AttestArgs, catalogue: &Catalogue) -> Result<Option<Profile>, Trouble> {
    let Some(name) = &args.profile else { return Ok(None) };
    let practices = catalogue.profile(name).ok_or_else(|| {
        let names: Vec<&str> = catalogue.profiles.iter().map(|p| p.id.as_str()).collect();
        Trouble::undecided(
            "profile-unknown",
            format!("{} has no profile {}", catalogue.uri(), shown(name)),
            "vouchsafe practice list shows the profiles",
        )
        .because(names.join(", "), shown(name))
    })?;
    Ok(Some((name.clone(), practices)))
}

/// `--catalogue`, else the newest of the forum's, else the built-in one.
fn catalogue(args: &AttestArgs, context: &Context) -> Result<Catalogue, Trouble> {
    if let Some(path) = &args.catalogue {
        return Ok(Catalogue::parse(&read_bounded(path, MAX_DOCUMENT)?)?);
    }
    match trust_of(context, args.trust.as_deref(), context.now, false, Wanted::nobody) {
        Ok(held) => match held.registry.catalogues().max_by(|a, b| a.version.cmp(&b.version)).cloned() {
            Some(newest) => Ok(newest),
            None => Ok(builtin()?),
        },
        Err(trouble) if args.trust.is_some() => Err(trouble),
        Err(_) => Ok(builtin()?),
    }
}

/// Tells a signer whose key the forum does not know; signing goes on, since admission may be under way.
fn warn_unregistered(args: &AttestArgs, signer: &dyn Signer, context: &Context) {
    let member = || Wanted::Members([args.member.clone()].into());
    let Ok(held) = trust_of(context, args.trust.as_deref(), context.now, false, member) else { return };
    let owner = held.registry.owner_of(signer.public().id()).map(|m| m.id.clone());
    if owner.as_ref() != Some(&args.member) {
        let whose = owner.map_or_else(|| "nobody's".to_owned(), |o| format!("{}'s", shown(&o)));
        context.say(format!(
            "note: {} knows this key as {whose}; verification there will refuse",
            shown(&held.registry.forum().name)
        ));
    }
}

/// `-o`, else `NAME.sigstore.json` beside one file, else `attestation.sigstore.json` in the folder they share.
fn out(args: &AttestArgs, draft: &StatementDraft) -> Result<PathBuf, Trouble> {
    if let Some(out) = &args.out {
        return Ok(out.clone());
    }
    let files: Vec<&Path> = args.paths.iter().map(Path::new).filter(|p| !evidence::is_container(p)).collect();
    match files.as_slice() {
        [one] if draft.subjects().len() == 1 && one.is_file() => {
            let beside = |ending: &str| {
                let mut name = one.as_os_str().to_owned();
                name.push(ending);
                PathBuf::from(name)
            };
            let (bundle, lines) = (beside(".sigstore.json"), beside(".intoto.jsonl"));
            Ok(if args.append && !store::exists(&bundle) && store::exists(&lines) { lines } else { bundle })
        }
        several => {
            let folders: BTreeSet<Option<&Path>> =
                several.iter().map(|p| if p.is_dir() { Some(*p) } else { p.parent() }).collect();
            match folders.first() {
                Some(Some(folder)) if folders.len() == 1 => Ok(folder.join("attestation.sigstore.json")),
                _ => Err(Trouble::usage(
                    "these artifacts share no folder: name the attestation with -o FILE.sigstore.json",
                )),
            }
        }
    }
}

/// A sigstore bundle holds one signature; with more, the attestation is DSSE lines and is named so.
fn rename_for_several(out: PathBuf, checked: &attest::Checked, args: &AttestArgs) -> Result<PathBuf, Trouble> {
    let name = out.to_string_lossy().into_owned();
    match name.strip_suffix(".sigstore.json") {
        Some(stem) if checked.envelope().signatures() > 1 => {
            let lines = PathBuf::from(format!("{stem}.intoto.jsonl"));
            if args.append && store::exists(&lines) {
                return Err(
                    Trouble::from(store::Error::Exists(lines)).then("move it away, or name it with -o to add to it")
                );
            }
            checked.write(&lines, Overwrite::Refuse)?;
            std::fs::remove_file(&out).map_err(|e| store::Error::io(&out, e))?;
            Ok(lines)
        }
        _ => Ok(out),
    }
}

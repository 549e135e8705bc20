//! From flags to a question, and from there to an answer.

use super::{AskArgs, lists, past, trust_of};
use crate::cli::context::Context;
use crate::cli::quoted::quoted;
use crate::cli::trouble::Trouble;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::Path;
use vouchsafe::audit::{Audit, Filter, Index, Place, Question, Times, audit};
use vouchsafe::encoding::MAX_SMALL;
use vouchsafe::encoding::duration::rfc3339;
use vouchsafe::registry::{TrustedRegistry, Wanted};
use vouchsafe::store::{self, read_bounded};
use vouchsafe::verify::Policy;

/// Where answers are kept, below the folder of trusted forums.
pub(super) const INDEX: &str = "audit.sqlite";

/// Asks.
pub(super) fn ask(args: &AskArgs, context: &Context) -> Result<Audit, Trouble> {
    let at = args.at.unwrap_or(context.now);
    let held = trust_of(context, args.trust.as_deref(), at, args.at.is_some(), || Wanted::Everybody)?;
    if !args.no_index {
        past::keep(context, args.trust.as_deref(), &held);
    }
    let held = past::as_of(context, held, at);
    let policy = policy(args.policy.as_deref(), &held.registry)?;
    let paths = lists::paths(&args.paths)?;
    let here = std::env::current_dir().map_err(|e| store::Error::io(Path::new("."), e))?;
    let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let question = Question {
        paths: &paths,
        bundles: &args.bundle,
        trust: &held.registry,
        source: &held.source,
        policy: &policy,
        at,
        expiring: args.expiring,
        evidence: args.evidence_dir.as_deref(),
        jobs: args.jobs.unwrap_or_else(cores),
        times: if args.rehash { Times::Distrusted } else { Times::Believed },
        command: command(args, &rfc3339(at)),
        here: &here,
        view: Filter {
            since: args.since,
            member: args.member.clone(),
            practice: args.practice.as_ref().map(ToString::to_string),
            profile: args.profile.clone(),
            only: args.only.clone(),
        },
    };
    let place = if args.no_index { Place::Passing } else { place(args.index.as_deref(), context)? };
    let index = Index::open(&place)?;
    audit(&question, index, context.now.as_second())?.ok_or_else(|| {
        Trouble::undecided("nothing-asked", "there is nothing to audit", "name a folder with artifacts in it")
    })
}

/// The index that is meant.
pub(super) fn place(named: Option<&Path>, context: &Context) -> Result<Place, Trouble> {
    match named {
        Some(named) => Place::named(named).map_err(|e| Trouble::usage(format!("--index: {}", e.why))),
        None => Ok(Place::File(context.home()?.path().join(INDEX))),
    }
}

fn policy(path: Option<&Path>, registry: &TrustedRegistry) -> Result<Policy, Trouble> {
    Ok(match (path, registry.policy("default")) {
        (Some(path), _) => Policy::parse(&path.to_string_lossy(), &read_bounded(path, MAX_SMALL)?)?,
        (None, Some(bytes)) => Policy::parse("default, recommended by the forum", bytes)?,
        (None, None) => Policy::signature_only("none: a member's signature is all that is asked"),
    })
}

/// The command by which somebody else comes to the same answer: what the answer depends on, and the moment.
fn command(args: &AskArgs, at: &str) -> String {
    let mut words: Vec<OsString> = vec!["vouchsafe".into(), "audit".into()];
    words.extend(args.paths.iter().cloned());
    let mut add = |name: &str, value: Option<OsString>| {
        words.extend(value.into_iter().flat_map(|value| [OsString::from(name), value]));
    };
    for bundle in &args.bundle {
        add("--bundle", Some(bundle.into()));
    }
    add("--trust", args.trust.clone().map(Into::into));
    add("--policy", args.policy.clone().map(Into::into));
    add("--at", Some(at.into()));
    add("--since", args.since.map(|since| rfc3339(since).into()));
    add("--member", args.member.clone().map(Into::into));
    add("--practice", args.practice.map(|id| id.to_string().into()));
    add("--profile", args.profile.clone().map(Into::into));
    add("--only", args.only.clone().map(Into::into));
    add("--expiring", Some(format!("{}s", args.expiring.as_seconds()).into()));
    add("--evidence-dir", args.evidence_dir.clone().map(Into::into));
    let flag = |word: &OsString| word.as_encoded_bytes().starts_with(b"--");
    let shown = |word: &OsString| if flag(word) { word.to_string_lossy().into_owned() } else { quoted(word) };
    words.iter().map(shown).collect::<Vec<_>>().join(" ")
}

//! Everything below what was named, folder by folder, in the order of names, with nothing opened and no link followed.

use super::stamp::{Stamp, modified};
use crate::artifact::{manifest, name};
use crate::encoding::{Explain as _, MAX_DOCUMENT};
use crate::gather::{self, evidence, proofs};
use crate::store::{self, read_bounded};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::path::{Path, PathBuf};

/// Something that lies there.
#[derive(Debug)]
pub(super) enum Met {
    /// A file that is asked about.
    Artifact(Item),
    /// A file with attestations or a proof, by its name.
    Container(Place),
    /// What cannot be an artifact, and why.
    NotChecked(PathBuf, String),
    /// What cannot be looked at, and what the system says.
    Unreadable(PathBuf, gather::Error),
}

/// A file that is asked about.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) path: PathBuf,
    pub(super) stamp: Stamp,
    pub(super) changed: i64,
    /// The attestation beside it, with the stamp of that file and its proofs.
    pub(super) beside: Option<(PathBuf, Stamp)>,
    /// The list that names it, and its line there.
    pub(super) listed: Option<(PathBuf, manifest::Entry)>,
}

/// A file with attestations or a proof.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) stamp: Stamp,
    /// Of the file, and of the proofs that lie beside it.
    pub(super) full: Stamp,
    pub(super) kind: Kind,
    pub(super) role: Role,
}

/// What a file is by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Attestation,
    Proof,
}

/// How it came to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It lies below what was named.
    Met,
    /// It lies beside a single file that was named.
    Aside,
    /// `--bundle` names it.
    Named,
}

/// Called with one thing after the other.
pub(super) type Visit<'a, E> = &'a mut dyn FnMut(Met) -> Result<(), E>;

/// The names of a folder with what the system says of each.
type Names = BTreeMap<OsString, std::io::Result<Metadata>>;

/// Walks what an argument names.
pub(super) fn argument<E: From<gather::Error>>(argument: &OsStr, visit: Visit<'_, E>) -> Result<(), E> {
    let bytes = name::bytes(argument);
    if let Some(list) = bytes.strip_prefix(b"@").and_then(name::os) {
        return listed(Path::new(&list), visit);
    }
    let path = Path::new(argument);
    match std::fs::metadata(path) {
        Err(error) => visit(Met::Unreadable(path.to_owned(), store::Error::io(path, error).into())),
        Ok(about) if about.is_dir() => below(path, gather::tree::MAX_DEPTH, visit),
        Ok(about) if about.is_file() => {
            let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            aside(folder, visit)?;
            let beside = evidence::ENDINGS.iter().find_map(|ending| {
                let found = with_ending(path, ending);
                Some((found.clone(), full(&found, &std::fs::metadata(&found).ok()?)))
            });
            visit(Met::Artifact(item(path.to_owned(), &about, beside)))
        }
        Ok(_) => visit(Met::NotChecked(path.to_owned(), "a pipe, a socket or a device".into())),
    }
}

/// The attestations that `--bundle` names.
pub(super) fn named<E: From<gather::Error>>(path: &Path, visit: Visit<'_, E>) -> Result<(), E> {
    let fail = |error| E::from(store::Error::io(path, error).into());
    let about = std::fs::metadata(path).map_err(fail)?;
    if !about.is_dir() {
        return visit(Met::Container(place(path.to_owned(), &about, full(path, &about), Role::Named)));
    }
    let mut any = false;
    for (name, about) in names(path).map_err(fail)? {
        let (path, about) = (path.join(name), about.map_err(fail)?);
        if about.is_file() && evidence::is_container(&path) {
            any = true;
            let full = full(&path, &about);
            visit(Met::Container(place(path, &about, full, Role::Named)))?;
        }
    }
    if any { Ok(()) } else { Err(gather::Error::NothingToHash(path.to_owned()).into()) }
}

/// The attestations in the folder of a single file.
fn aside<E>(folder: &Path, visit: Visit<'_, E>) -> Result<(), E> {
    for (name, about) in names(folder).unwrap_or_default() {
        let path = if folder == Path::new(".") { PathBuf::from(name) } else { folder.join(name) };
        if let Some(about) = about.ok().filter(|about| about.is_file() && evidence::is_container(&path)) {
            let full = full(&path, &about);
            visit(Met::Container(place(path, &about, full, Role::Aside)))?;
        }
    }
    Ok(())
}

fn names(folder: &Path) -> std::io::Result<Names> {
    let mut names = Names::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        names.insert(entry.file_name(), entry.metadata());
    }
    Ok(names)
}

fn below<E>(folder: &Path, depth: usize, visit: Visit<'_, E>) -> Result<(), E> {
    let Some(depth) = depth.checked_sub(1) else {
        return visit(Met::Unreadable(folder.to_owned(), gather::Error::TooDeep(folder.to_owned())));
    };
    let names = match names(folder) {
        Ok(names) => names,
        Err(error) => return visit(Met::Unreadable(folder.to_owned(), store::Error::io(folder, error).into())),
    };
    for (name, about) in &names {
        let path = folder.join(name);
        let about = match about {
            Ok(about) => about,
            // It was there a moment ago.
            Err(error) => {
                let error = std::io::Error::new(error.kind(), error.to_string());
                visit(Met::Unreadable(path.clone(), store::Error::io(&path, error).into()))?;
                continue;
            }
        };
        match about.file_type() {
            kind if kind.is_dir() => below(&path, depth, visit)?,
            kind if kind.is_symlink() => visit(Met::NotChecked(path, "a symbolic link; it is not followed".into()))?,
            kind if !kind.is_file() => visit(Met::NotChecked(path, "a pipe, a socket or a device".into()))?,
            _ if evidence::is_container(&path) => {
                let full = full_among(folder, &path, about, &names);
                visit(Met::Container(place(path, about, full, Role::Met)))?;
            }
            _ if proofs::is_proof(&path) => {
                visit(Met::Container(Place { kind: Kind::Proof, ..place(path, about, Stamp::of(about), Role::Met) }))?
            }
            _ => {
                let beside = beside_among(folder, name, &names);
                visit(Met::Artifact(item(path, about, beside)))?;
            }
        }
    }
    Ok(())
}

fn item(path: PathBuf, about: &Metadata, beside: Option<(PathBuf, Stamp)>) -> Item {
    Item { stamp: Stamp::of(about), changed: modified(about), path, beside, listed: None }
}

fn place(path: PathBuf, about: &Metadata, full: Stamp, role: Role) -> Place {
    Place { path, stamp: Stamp::of(about), full, kind: Kind::Attestation, role }
}

/// The attestation beside an artifact: whatever is there under that name, so that a pipe or link is not taken as absent.
fn beside_among(folder: &Path, name: &OsStr, names: &Names) -> Option<(PathBuf, Stamp)> {
    evidence::ENDINGS.iter().find_map(|ending| {
        let mut beside = name.to_owned();
        beside.push(ending);
        let about = names.get(&beside)?.as_ref().ok()?;
        let path = folder.join(&beside);
        let stamp = full_among(folder, &path, about, names);
        Some((path, stamp))
    })
}

fn full_among(folder: &Path, path: &Path, about: &Metadata, names: &Names) -> Stamp {
    let stamp = |place: &Path| {
        let name = place.strip_prefix(folder).ok()?.as_os_str();
        names.get(name)?.as_ref().ok().map(|about| followed(place, about))
    };
    with_proofs(path, about, &stamp)
}

/// The stamp of an attestation or proof. A link is read for where it leads to, so what is there counts as well.
fn followed(path: &Path, about: &Metadata) -> Stamp {
    let own = Stamp::of(about);
    if !about.is_symlink() {
        return own;
    }
    let there = std::fs::metadata(path).ok().as_ref().map(Stamp::of).unwrap_or_default();
    Stamp::over([own.0.as_slice(), there.0.as_slice()])
}

fn full(path: &Path, about: &Metadata) -> Stamp {
    with_proofs(path, about, &|place| std::fs::metadata(place).ok().as_ref().map(Stamp::of))
}

fn with_proofs(path: &Path, about: &Metadata, stamp: &dyn Fn(&Path) -> Option<Stamp>) -> Stamp {
    let mut parts = vec![followed(path, about)];
    parts.extend((1..=proofs::MAX_PROOFS).map_while(|nth| stamp(&proofs::place(path, nth))));
    Stamp::over(parts.iter().map(|part| part.0.as_slice()))
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Every line of a list. Names are relative to its folder.
fn listed<E: From<gather::Error>>(list: &Path, visit: Visit<'_, E>) -> Result<(), E> {
    let fail = |error: std::io::Error| gather::Error::from(store::Error::io(list, error));
    let text = read_bounded(list, MAX_DOCUMENT).map_err(gather::Error::from)?;
    let bad = |source| gather::Error::Document { path: list.to_owned(), source };
    let entries = manifest::parse(&text).map_err(bad)?;
    let own = Stamp::of(&std::fs::metadata(list).map_err(fail)?);
    let folder = list.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    aside(folder, visit)?;
    for entry in entries {
        let Some(path) = name::os(&entry.name).map(|n| list.with_file_name("").join(n)) else {
            visit(Met::NotChecked(list.to_owned(), "a name that this system cannot have".into()))?;
            continue;
        };
        let about = std::fs::metadata(&path).ok();
        let stamp = about.as_ref().map(Stamp::of).unwrap_or(Stamp(Vec::new()));
        let stamp = Stamp::over([stamp.0.as_slice(), &own.0, entry.digest.to_string().as_bytes()]);
        let beside = evidence::ENDINGS.iter().find_map(|ending| {
            let found = with_ending(&path, ending);
            Some((found.clone(), full(&found, &std::fs::metadata(&found).ok()?)))
        });
        let beside = beside.filter(|_| about.is_some());
        let changed = about.as_ref().map(modified).unwrap_or_default();
        visit(Met::Artifact(Item { path, stamp, changed, beside, listed: Some((list.to_owned(), entry)) }))?;
    }
    Ok(())
}

/// What a system error about one thing comes to in a line.
pub(super) fn why(error: &gather::Error) -> String {
    format!("{error} [{}]", error.code())
}

//! What there is in a repository: where it comes from, how it is built, which build server it has, which evidence.

use super::server;
use crate::cli::context::Ci;
use crate::cli::trouble::Trouble;
use serde::Serialize;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use vouchsafe::encoding::MAX_SMALL;
use vouchsafe::evidence::recognise;
use vouchsafe::practice::EvidenceKind;
use vouchsafe::registry::valid_id;
use vouchsafe::store::{exists, read_text};

/// What was found.
#[derive(Serialize)]
pub(super) struct Found {
    /// The repository's own URL, without any credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remote: Option<String>,
    /// `github`, `gitlab` or `none`.
    pub(super) ci: &'static str,
    /// The command that builds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) build: Option<String>,
    /// Package URL of what is built, without a version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) product: Option<String>,
    /// Where the build puts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) artifacts: Option<String>,
    /// Files that are evidence already.
    pub(super) evidence: Vec<String>,
    /// A member id that would fit, and what suggests it.
    #[serde(skip)]
    pub(super) suggests: Option<(String, &'static str)>,
}

/// Looks at the current folder.
pub(super) fn look(asked: Ci) -> Result<Found, Trouble> {
    let remote = remote();
    let (build, product, artifacts) = build();
    let mut evidence = Vec::new();
    search(Path::new(""), 0, &mut evidence);
    evidence.sort();
    let suggests = suggests(remote.as_deref());
    Ok(Found { ci: server(asked, remote.as_deref()), remote, build, product, artifacts, evidence, suggests })
}

/// Whose repository it is, or else what its folder is called.
fn suggests(remote: Option<&str>) -> Option<(String, &'static str)> {
    // https://host/owner/…/name: of nested groups the outermost is the organisation.
    let parts: Vec<&str> = remote.map(|url| url.split('/').skip(3).collect()).unwrap_or_default();
    let owner = parts.first().filter(|_| parts.len() > 1).and_then(|name| as_id(name));
    let folder = || std::env::current_dir().ok()?.file_name()?.to_str().and_then(as_id);
    let owner = owner.map(|id| (id, "the owner of the repository"));
    owner.or_else(|| folder().map(|id| (id, "the name of this folder")))
}

/// A name as a member id could hold it.
fn as_id(name: &str) -> Option<String> {
    let fits = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c.to_ascii_lowercase() } else { '-' };
    let id: String = name.chars().map(fits).collect();
    Some(id.trim_matches(['-', '.']).to_owned()).filter(|id| valid_id(id))
}

fn text(path: &str) -> Option<String> {
    read_text(path.as_ref(), MAX_SMALL).ok()
}

/// The URL of `origin`, as a web address: `git@host:owner/name.git` is `https://host/owner/name`.
fn remote() -> Option<String> {
    let config = text(".git/config")?;
    let origin = config.lines().map(str::trim).skip_while(|line| *line != "[remote \"origin\"]").skip(1);
    let mut lines = origin.take_while(|line| !line.starts_with('['));
    let url = lines.find_map(|line| line.strip_prefix("url")?.trim_start().strip_prefix('='))?.trim().to_owned();
    web_address(&url)
}

/// A web address without user, password and `.git`; None for a path on this machine.
fn web_address(url: &str) -> Option<String> {
    let rest = match url.split_once("://") {
        Some(("https" | "http" | "ssh" | "git", rest)) => rest.to_owned(),
        Some(_) => return None,
        None => {
            let (host, path) = url.split_once(':')?;
            if host.contains('/') || host.len() < 2 {
                return None;
            }
            format!("{host}/{path}")
        }
    };
    let rest = match rest.split_once('/') {
        Some((host, path)) => format!("{}/{path}", host.rsplit('@').next().unwrap_or(host)),
        None => return None,
    };
    let rest = rest.trim_end_matches('/');
    Some(format!("https://{}", rest.strip_suffix(".git").unwrap_or(rest)))
}

type Build = (Option<String>, Option<String>, Option<String>);

/// How it is built: the command, what comes out as a package URL, and where.
fn build() -> Build {
    let all = |build: &str, product: Option<String>, artifacts: &str| {
        (Some(build.to_owned()), product, Some(artifacts.to_owned()))
    };
    let purl = |kind: &str, name: &str| format!("pkg:{kind}/{}", name.replace('@', "%40"));
    if let Some(manifest) = text("Cargo.toml") {
        let table = manifest.parse::<toml::Table>().ok();
        let name = table.and_then(|t| Some(t.get("package")?.get("name")?.as_str()?.to_owned())).filter(|n| plain(n));
        let artifacts =
            name.as_ref().map_or_else(|| "target/release/NAME".to_owned(), |n| format!("target/release/{n}"));
        return all("cargo build --release --locked", name.map(|n| purl("cargo", &n)), &artifacts);
    }
    if let Some(manifest) = text("package.json") {
        let name = json(&manifest, "name").filter(|n| plain(n));
        return all(
            "mkdir -p dist && npm ci && npm pack --pack-destination dist",
            name.map(|n| purl("npm", &n)),
            "dist",
        );
    }
    if let Some(manifest) = text("pyproject.toml") {
        let table = manifest.parse::<toml::Table>().ok();
        let name = table.and_then(|t| Some(t.get("project")?.get("name")?.as_str()?.to_owned())).filter(|n| plain(n));
        return all("python3 -m build --outdir dist", name.map(|n| purl("pypi", &n)), "dist");
    }
    if let Some(manifest) = text("go.mod") {
        let module = manifest.lines().find_map(|l| l.strip_prefix("module ")).map(str::trim).filter(|n| plain(n));
        return all("mkdir -p dist && go build -trimpath -o dist/ ./...", module.map(|m| purl("golang", m)), "dist");
    }
    match () {
        () if exists("pom.xml".as_ref()) => all("mvn --batch-mode package", None, "target"),
        () if exists("CMakeLists.txt".as_ref()) => all("cmake -B build && cmake --build build", None, "build"),
        () if exists("Makefile".as_ref()) => all("make", None, "dist"),
        () => (None, None, None),
    }
}

/// A name that can stand in a workflow as it is: what a manifest says is not trusted with more.
fn plain(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "@/._-".contains(c);
    !name.is_empty() && !name.starts_with('-') && name.len() <= 128 && !name.contains("..") && name.chars().all(fits)
}

fn json(text: &str, name: &str) -> Option<String> {
    let value: serde_json::Value = vouchsafe::encoding::json::parse(text.as_bytes(), MAX_SMALL, "manifest").ok()?;
    Some(value.get(name)?.as_str()?.to_owned())
}

/// How deep evidence is looked for, and how much of it is listed.
const DEEPEST: usize = 3;
const MOST: usize = 40;

/// Folders that hold other people's files, or what is made anew.
const NOT_OURS: [&str; 6] = ["node_modules", "vendor", "dist", "build", "venv", "fixtures"];

/// Files that are evidence by their name and first bytes, without links, hidden folders and what others made.
fn search(folder: &Path, depth: usize, found: &mut Vec<String>) {
    let here = if depth == 0 { Path::new(".") } else { folder };
    let mut entries: Vec<_> = std::fs::read_dir(here).into_iter().flatten().flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let Ok(kind) = entry.file_type() else { continue };
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = folder.join(&name);
        let ours = !name.starts_with('.') && !NOT_OURS.contains(&name.as_str()) && (name != "target" || depth > 0);
        if kind.is_dir() && depth < DEEPEST && ours && name != "tests" {
            search(&path, depth + 1, found);
        } else if kind.is_file() && found.len() < MOST && is_evidence(&name, &path) {
            found.push(path.to_string_lossy().replace('\\', "/"));
        }
    }
}

fn is_evidence(name: &str, path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(1 << 16).read_to_end(&mut head));
    let kind = read.ok().and_then(|_| recognise(name, &head));
    kind.is_some_and(|kind| !matches!(kind, EvidenceKind::Binary | EvidenceKind::SigstoreBundle))
}

#[cfg(test)]
mod tests {
    use super::{as_id, plain, web_address};

    #[test]
    fn a_name_becomes_an_id_or_none() {
        for (name, id) in [("Acme Corp", "acme-corp"), ("my_tool", "my-tool"), (".tmpX1", "tmpx1"), ("a.b", "a.b")] {
            assert_eq!(as_id(name).as_deref(), Some(id));
        }
        assert_eq!((as_id("--"), as_id("")), (None, None));
    }

    #[test]
    fn a_remote_is_told_without_its_credentials() {
        for (url, address) in [
            ("git@git.example:acme/tool.git", "https://git.example/acme/tool"),
            ("https://user:secret@git.example/acme/tool.git", "https://git.example/acme/tool"),
            ("ssh://git@git.example/acme/tool/", "https://git.example/acme/tool"),
        ] {
            assert_eq!(web_address(url).as_deref(), Some(address));
        }
        for local in ["/srv/tool.git", "../tool", "C:\\tool", "file:///srv/tool"] {
            assert_eq!(web_address(local), None, "{local}");
        }
    }

    #[test]
    fn names_that_would_be_more_than_names_are_not_taken() {
        assert!(plain("@acme/tool") && plain("example.org/tool") && plain("a-b_c"));
        for odd in ["", "a b", "$(x)", "-x", "../x", "a\nb", "a;b", "${{x}}"] {
            assert!(!plain(odd), "{odd:?}");
        }
    }
}

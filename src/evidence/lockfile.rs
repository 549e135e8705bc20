//! Lock files of Cargo, npm, Go, pip, uv and Poetry, told apart by their names.

use super::purl::Purl;
use super::supply::{self, MAX_KEPT};
use super::{Code, Extracted, Fault, Material, Target, lock_npm, lock_text, lock_toml};
use crate::encoding::Malformed;
use std::collections::BTreeSet;
use std::io::Read;

pub(super) const WHAT: &str = "lock file";

/// What a lock file comes to.
#[derive(Debug, Default)]
pub(super) struct Locked {
    packages: usize,
    pinned: usize,
    local: usize,
    /// What a list of components has to hold.
    shipped: BTreeSet<Purl>,
    /// Something without a version is locked nowhere, and can be in no list.
    unversioned: bool,
}

/// One package of a lock file.
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    pub(super) version: Option<&'a str>,
    /// Whether the file holds a strong digest of all that may be installed for it.
    pub(super) pinned: bool,
    /// Whether the file says that it is for development only, or for other machines.
    pub(super) aside: bool,
}

impl Locked {
    /// A package of this project.
    pub(super) fn local(&mut self) {
        self.local = self.local.saturating_add(1);
    }
    /// A package from elsewhere.
    pub(super) fn package(&mut self, ecosystem: &str, entry: &Entry<'_>) -> Result<(), Malformed> {
        if self.packages >= MAX_KEPT || entry.name.is_empty() {
            let why = if entry.name.is_empty() { "a package without a name" } else { "too many packages" };
            return Err(Malformed::new(WHAT, why));
        }
        self.packages = self.packages.saturating_add(1);
        self.pinned = self.pinned.saturating_add(usize::from(entry.pinned));
        if !entry.aside {
            self.unversioned |= entry.version.is_none_or(str::is_empty);
            self.shipped.insert(Purl::new(ecosystem, entry.name, entry.version));
        }
        Ok(())
    }
}

/// Whether a digest with the name of its algorithm before it, `sha512-…` or `sha256:…`, is a strong one.
pub(super) fn strong(digest: &str) -> bool {
    let split = digest.split_once(['-', ':']);
    split.is_some_and(|(algorithm, value)| value.len() >= 43 && supply::strong(algorithm))
}

type Read1 = fn(&[u8], &mut Locked) -> Result<(), Malformed>;

/// By the end of the name: the ecosystem and the reader.
const FORMATS: [(&str, &str, Read1); 7] = [
    ("cargo.lock", "cargo", lock_toml::cargo),
    ("package-lock.json", "npm", lock_npm::package_lock),
    ("npm-shrinkwrap.json", "npm", lock_npm::package_lock),
    ("go.sum", "golang", lock_text::go_sum),
    ("uv.lock", "pypi", lock_toml::uv),
    ("poetry.lock", "pypi", lock_toml::poetry),
    ("requirements", "pypi", lock_text::requirements),
];

/// The ecosystem and the reader of a file, by its name alone: what is inside is theirs to judge.
fn format(name: &str) -> Option<(&'static str, Read1)> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name).to_ascii_lowercase();
    let requirements = name.contains("requirements") && name.ends_with(".txt");
    let found = FORMATS.iter().find(|(end, ..)| match *end {
        "requirements" => requirements,
        end => name == end,
    });
    found.map(|(_, ecosystem, read)| (*ecosystem, *read))
}

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, _: &Target<'_>) -> Result<Extracted, Fault> {
    let known = "Cargo.lock, package-lock.json, npm-shrinkwrap.json, go.sum, uv.lock, poetry.lock or requirements*.txt";
    let Some((ecosystem, read)) = format(name) else {
        return Err(Fault::new(Code::Unsupported, name, known, "a file of another name"));
    };
    let mut locked = Locked::default();
    read(&supply::whole(input, WHAT)?, &mut locked).map_err(|error| match error.what {
        lock_toml::VERSION => supply::unsupported(name, "a version of the lock file that is read here", &error.why),
        _ => error.into(),
    })?;
    if locked.packages == 0 && locked.local == 0 {
        return Err(supply::empty(name, "locked packages", "none"));
    }
    let mut out = Extracted::default();
    out.fact(&["ecosystem"], ecosystem);
    out.fact(&["packages"], locked.packages);
    out.fact(&["pinned"], locked.pinned);
    out.fact(&["local"], locked.local);
    out.fact(&["pinnedRatio"], ratio(locked.pinned, locked.packages));
    // Until there is a list of components that holds all of it.
    out.fact(&["sbomAgrees"], false);
    if !locked.unversioned {
        out.material = Material::Locked(locked.shipped);
    }
    Ok(out)
}

/// 1 only if all of them are, and if there are none in a file that says so.
fn ratio(pinned: usize, packages: usize) -> f64 {
    if pinned == packages {
        return 1.0;
    }
    let exact = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    (exact(pinned) / exact(packages)).min(0.999_999)
}

/// Whether a file seems to be one.
pub(super) fn looks(name: &str, _: &[u8]) -> bool {
    format(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::combine;
    use super::*;

    pub(in super::super) fn read(name: &str, text: &str) -> Result<Extracted, Code> {
        extract(name, &mut text.as_bytes(), &Target::default()).map_err(|fault| fault.code)
    }

    #[test]
    fn the_name_says_which() {
        for name in ["Cargo.lock", "a/b/package-lock.json", "go.sum", "requirements-dev.txt", "dev_requirements.txt"] {
            assert!(looks(name, b""), "{name}");
        }
        for name in ["Cargo.toml", "go.mod", "cargo.lock.txt", "xgo.sum", "requirements.in"] {
            assert!(!looks(name, b""), "{name}");
        }
        assert_eq!(read("go.mod", "").unwrap_err(), Code::Unsupported);
        assert_eq!(read("go.sum", "").unwrap_err(), Code::Empty);
    }

    #[test]
    fn a_list_agrees_if_it_holds_all_of_it() {
        let lock = "a v1.0.0 h1:x\nb v2.0.0 h1:x\n".replace('x', &format!("{}=", "A".repeat(43)));
        let bom = |purls: &[&str]| {
            let purls = purls.iter().map(|p| Purl::parse(p).unwrap()).collect();
            Extracted { material: Material::Components(purls), ..Extracted::default() }
        };
        let (a, b) = ("pkg:golang/a@v1.0.0?type=module", "pkg:golang/b@2.0.0");
        for (lists, want) in [
            (vec![], false),
            (vec![bom(&[a])], false),
            (vec![bom(&[a, b])], true),
            (vec![bom(&[a, b, "pkg:npm/c@1"])], true),
            (vec![bom(&[a]), bom(&[b])], false),
            (vec![bom(&[a, "pkg:golang/b"])], false),
            (vec![bom(&[a, "pkg:golang/b@2.0.1"])], false),
        ] {
            let mut all = lists.clone();
            all.insert(0, read("go.sum", &lock).unwrap());
            combine(&mut all);
            assert_eq!(all[0].facts["sbomAgrees"], want, "{lists:?}");
            assert_eq!(all[0].facts["pinnedRatio"], 1.0);
        }
    }

    #[test]
    fn all_but_one_is_not_all() {
        assert!(ratio(199_999, 200_000) < 1.0);
        assert!(ratio(9_999_999, 10_000_000) < 1.0);
        assert_eq!((ratio(1, 2), ratio(0, 0)), (0.5, 1.0));
    }
}

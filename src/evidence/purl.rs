//! Package URLs, made comparable: without qualifiers and subpath, names the way their ecosystem compares them.

use crate::encoding::Malformed;

/// A package: its ecosystem (the type of a package URL), its whole name, and its version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Purl {
    /// `cargo`, `npm`, `golang`, `pypi` and so on.
    pub kind: String,
    /// Namespace and name, with `/` between them.
    pub name: String,
    /// None is said of every version.
    pub version: Option<String>,
}

impl Purl {
    /// From parts that are not percent-encoded.
    pub fn new(kind: &str, name: &str, version: Option<&str>) -> Self {
        let kind = kind.to_ascii_lowercase();
        let name = match kind.as_str() {
            "pypi" => pypi(name),
            "golang" | "github" | "bitbucket" | "deb" | "apk" | "composer" => name.to_lowercase(),
            _ => name.to_owned(),
        };
        let version = version.filter(|v| !v.is_empty()).map(|v| match kind.as_str() {
            "golang" => v.strip_prefix('v').unwrap_or(v).to_owned(),
            _ => v.to_owned(),
        });
        Self { kind, name, version }
    }

    /// Reads a package URL.
    ///
    /// # Errors
    /// [`Malformed`] if it has no scheme, type or name, or is not percent-encoded UTF-8.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let bad = || Malformed::new("package URL", format!("expected pkg:TYPE/NAME@VERSION, got {text:?}"));
        let rest = text.strip_prefix("pkg:").ok_or_else(bad)?.trim_start_matches('/');
        let rest = rest.split(['#', '?']).next().unwrap_or_default().trim_end_matches('/');
        let (kind, rest) = rest.split_once('/').ok_or_else(bad)?;
        // A scope such as @angular may stand unencoded, so the version begins at an @ of the last part.
        let last = rest.rfind('/').map_or(0, |at| at.saturating_add(1));
        let (name, version) = match rest.rfind('@').filter(|at| *at > last) {
            Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at.saturating_add(1)..)),
            // The version of a container image may be a digest; those of other kinds hold no slash.
            None => (rest, None),
        };
        let kind_is_plain = kind.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        let name = decoded(name).filter(|name| !name.is_empty() && text.len() <= 4_096).ok_or_else(bad)?;
        let version = version.map(|v| decoded(v).ok_or_else(bad)).transpose()?;
        if kind.is_empty() || !kind_is_plain {
            return Err(bad());
        }
        Ok(Self::new(kind, &name, version.as_deref()))
    }

    /// The same package, of any version.
    pub fn any_version(&self) -> Self {
        Self { version: None, ..self.clone() }
    }

    /// Whether what is said of `self` is said of `other`.
    pub fn covers(&self, other: &Self) -> bool {
        self.kind == other.kind && self.name == other.name && (self.version.is_none() || self.version == other.version)
    }
}

/// Names on PyPI compare without case, and with `-`, `_` and `.` as one.
fn pypi(name: &str) -> String {
    let parts: Vec<String> =
        name.split(['-', '_', '.']).filter(|part| !part.is_empty()).map(str::to_ascii_lowercase).collect();
    parts.join("-")
}

/// Percent-decodes; None if it is torn or no UTF-8.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digit = |b: Option<u8>| char::from(b?).to_digit(16);
            let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
            out.push(u8::try_from(high.checked_mul(16)?.checked_add(low)?).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, String, String) {
        let Purl { kind, name, version } = Purl::parse(text).unwrap();
        (kind, name, version.unwrap_or_default())
    }

    #[test]
    fn purls_compare_as_their_ecosystems_do() {
        let want = |k: &str, n: &str, v: &str| (k.to_owned(), n.to_owned(), v.to_owned());
        assert_eq!(read("pkg:npm/%40angular/core@12.3.1?x=y#z"), want("npm", "@angular/core", "12.3.1"));
        assert_eq!(read("pkg:npm/@angular/core@12.3.1"), want("npm", "@angular/core", "12.3.1"));
        assert_eq!(read("pkg:npm/@angular/core"), want("npm", "@angular/core", ""));
        assert_eq!(read("pkg:PyPI/Foo._Bar@1"), want("pypi", "foo-bar", "1"));
        assert_eq!(read("pkg:golang/github.com/Acme/X@v1.0.0"), want("golang", "github.com/acme/x", "1.0.0"));
        assert_eq!(read("pkg:cargo/serde@1.0.0%2Bb"), want("cargo", "serde", "1.0.0+b"));
        assert_eq!(read("pkg:oci/app@sha256%3Aab"), want("oci", "app", "sha256:ab"));
        for bad in ["", "serde", "pkg:", "pkg:cargo", "pkg:cargo/", "pkg:cargo/a%2", "pkg:cargo/%ff", "pkg:c d/a"] {
            assert!(Purl::parse(bad).is_err(), "{bad:?}");
        }
    }
}

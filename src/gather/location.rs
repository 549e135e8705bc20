//! Where a registry is read from: a path, or the URL of a published folder.

use super::network::{Network, NetworkError};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// A path, or a URL with the settings to read it with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Location {
    /// A forum's folder, its published folder, or an exported trust file.
    Path(PathBuf),
    /// A published folder behind HTTP or HTTPS.
    Web(Url, Network),
}

impl Location {
    /// What somebody typed, or what was remembered: a URL if it starts with a scheme and `://`, a path otherwise.
    ///
    /// # Errors
    /// [`NetworkError::UrlInvalid`].
    pub fn parse(text: &OsStr, network: &Network) -> Result<Self, NetworkError> {
        match text.to_str().filter(|text| has_scheme(text)) {
            Some(url) => Ok(Self::Web(Url::parse(url)?, network.clone())),
            None => Ok(Self::Path(text.into())),
        }
    }
    /// Whether reading it takes the network.
    pub fn is_web(&self) -> bool {
        matches!(self, Self::Web(..))
    }
    /// As it is remembered: the URL, or the path from the root of the file system on.
    pub fn remembered(&self) -> String {
        match self {
            Self::Path(path) => {
                std::path::absolute(path).unwrap_or_else(|_| path.clone()).to_string_lossy().into_owned()
            }
            Self::Web(url, _) => url.as_str().to_owned(),
        }
    }
    /// As it is shown, and as a path where one is asked for.
    pub fn as_path(&self) -> &Path {
        match self {
            Self::Path(path) => path,
            Self::Web(url, _) => Path::new(url.as_str()),
        }
    }
}

impl From<&Path> for Location {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<&PathBuf> for Location {
    fn from(path: &PathBuf) -> Self {
        Self::Path(path.clone())
    }
}

impl From<&Self> for Location {
    fn from(location: &Self) -> Self {
        location.clone()
    }
}

/// `scheme://…`, as RFC 3986 spells a scheme.
pub(super) fn has_scheme(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    })
}

/// The base of a published folder: `URL/metadata/…` and `URL/targets/…` are its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// An `http://` or `https://` URL of a folder: no user, query or fragment. A slash at its end is dropped.
    ///
    /// # Errors
    /// [`NetworkError::UrlInvalid`].
    pub fn parse(text: &str) -> Result<Self, NetworkError> {
        let invalid = |why| NetworkError::UrlInvalid { url: without_user(text), why };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| invalid("no scheme"))?;
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            return Err(invalid("another scheme"));
        }
        if let Some(why) = rest.chars().find_map(unfit) {
            return Err(invalid(why));
        }
        let rest = rest.trim_end_matches('/');
        let authority = rest.split('/').next().unwrap_or_default();
        if authority.is_empty() || authority.starts_with(':') {
            return Err(invalid("no host"));
        }
        // It would be remembered and shown.
        if authority.contains('@') {
            return Err(invalid("a user name or password"));
        }
        Ok(Self(format!("{scheme}://{rest}")))
    }
    /// Without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Whether it starts with `https`.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }
    /// The URL of a file below it. Each part of the name is one segment, whatever stands in it.
    pub fn join<'a>(&self, parts: impl IntoIterator<Item = &'a str>) -> String {
        let mut url = self.0.clone();
        for part in parts {
            url.push('/');
            url.push_str(&segment(part));
        }
        url
    }
    /// The folder of this name below it.
    pub fn below(&self, folder: &str) -> Self {
        Self(self.join([folder]))
    }
}

/// A name as one segment of a path: whatever is not a letter, a digit or one of `-._~` is percent-encoded.
pub(super) fn segment(name: &str) -> String {
    let mut segment = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => segment.push(byte.into()),
            _ => segment.push_str(&format!("%{byte:02X}")),
        }
    }
    segment
}

/// The text as it may be shown: whatever stands before an `@` could be a password.
fn without_user(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://...@{rest}"),
        _ => text.to_owned(),
    }
}

fn unfit(c: char) -> Option<&'static str> {
    match c {
        '?' | '#' => Some("a query or fragment"),
        '\\' => Some("a backslash"),
        c if !c.is_ascii_graphic() => Some("a character that has to be percent-encoded"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Location, Network, Url};
    use std::ffi::OsStr;

    #[test]
    fn a_url_is_the_address_of_a_folder() {
        for (text, url) in [
            ("https://example.org/forum/", "https://example.org/forum"),
            ("HTTP://example.org", "http://example.org"),
            ("http://[::1]:8080/a//", "http://[::1]:8080/a"),
        ] {
            assert_eq!(Url::parse(text).unwrap().as_str(), url);
        }
        for text in [
            "ftp://example.org",
            "file:///srv/forum",
            "https://",
            "https:///forum",
            "https://:443/forum",
            "https://me:secret@example.org/",
            "https://example.org/?a",
            "https://example.org/#a",
            "https://exa mple.org/",
            "https://example.org/ü",
            "https://example.org\\@other.org/",
            "https://example.org/\r\nHost:x",
        ] {
            let error = Url::parse(text).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn only_a_scheme_makes_a_url() {
        let is_web = |text: &str| Location::parse(OsStr::new(text), &Network::default()).unwrap().is_web();
        assert!(is_web("https://example.org/forum"));
        for path in ["forum", "./https://example.org", "/srv/a://b", "://x", "C:\\forum", "http:/x"] {
            assert!(!is_web(path), "{path}");
        }
    }

    #[test]
    fn a_name_is_one_segment() {
        let url = Url::parse("https://example.org/f").unwrap();
        assert_eq!(
            url.join(["metadata", "a/../b?c#d%2e é.json"]),
            concat!("https://example.org/f/metadata/", "a%2F..%2Fb%3Fc%23d%252e%20%C3%A9.json")
        );
    }
}

//! What a name can stand for, whatever the operating system.

/// Kinds of what lies in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Link,
    /// Met on Unix alone, as is a socket; elsewhere both would be devices.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are none"))]
    Pipe,
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are none"))]
    Socket,
    Device,
}

impl Kind {
    /// With its article, as an error says it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::File => "a file",
            Self::Folder => "a folder",
            Self::Link => "a link",
            Self::Pipe => "a pipe",
            Self::Socket => "a socket",
            Self::Device => "a device",
        }
    }
}

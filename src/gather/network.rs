//! Reading over a network: how patient, whom to believe, and how it fails. Nothing here needs an HTTP client.

use crate::encoding::{Class, Explain, text::shown};
use crate::registry::Oversize;
use std::time::Duration;

/// How a network is used.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// How long things may take.
    pub patience: Patience,
    /// Whose certificates are believed under `https://`.
    pub authorities: Authorities,
    /// Which proxy is asked.
    pub proxy: Proxy,
}

/// How long reading may take, and how often it is tried.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a name to be looked up, and for a connection.
    pub connect: Duration,
    /// For one request, from the start to the last byte: a server that sends a byte now and then does not win time.
    pub request: Duration,
    /// For all requests together.
    pub in_all: Duration,
    /// How often a file is asked for when connections fail or the server has trouble; at least once.
    pub attempts: u32,
    /// Before the second attempt; twice as long before each further one.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            request: Duration::from_secs(60),
            in_all: Duration::from_secs(600),
            attempts: 3,
            pause: Duration::from_millis(300),
        }
    }
}

/// Whose certificates are believed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Authorities {
    /// Mozilla's list, as this program was built with it.
    #[default]
    Mozilla,
    /// These, in PEM, and no others.
    Pem(Vec<u8>),
}

/// Which proxy is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proxy {
    /// None.
    #[default]
    Direct,
    /// What `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say.
    Environment,
}

/// The network failed, or what came over it is not what was asked for. Never an answer about trust.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// Not the address of a folder on a web server.
    #[error("{}: not the URL of a published registry", shown(.url))]
    UrlInvalid {
        /// What was given.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// No name, no connection, no HTTP.
    #[error("{}: the server cannot be reached", shown(.url))]
    Failed {
        /// What was asked for.
        url: String,
        /// In the words of the system.
        why: String,
    },
    /// It took too long.
    #[error("{}: no complete answer in time", shown(.url))]
    Timeout {
        /// What was asked for.
        url: String,
        /// How long was waited.
        after: Duration,
    },
    /// The server answers with something else than the file, or its absence.
    #[error("{}: the server does not give this file", shown(.url))]
    Status {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// More bytes than the limit for this kind of file.
    #[error("{}: over the limit of {limit} bytes", shown(.url))]
    TooLarge {
        /// What was asked for.
        url: String,
        /// The limit.
        limit: usize,
    },
    /// The connection ended before the file did.
    #[error("{}: the connection ended before the file did", shown(.url))]
    Truncated {
        /// What was asked for.
        url: String,
        /// In the words of the system.
        why: String,
    },
    /// Bytes in an encoding that was not asked for.
    #[error("{}: the server sends it compressed", shown(.url))]
    Encoded {
        /// What was asked for.
        url: String,
        /// The content coding.
        coding: String,
    },
    /// Round and round, or from `https` to `http`.
    #[error("{}: the server sends us elsewhere too often, or to an unprotected place", shown(.url))]
    Redirect {
        /// What was asked for.
        url: String,
        /// Which of the two.
        why: String,
    },
    /// The certificate is not believed.
    #[error("{}: the server's certificate is not trusted", shown(.url))]
    Certificate {
        /// What was asked for.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The list of certificate authorities is none.
    #[error("the list of certificate authorities cannot be read")]
    Authorities {
        /// What is wrong with it.
        why: String,
    },
    /// This build or machine cannot do it.
    #[error("{}: this build cannot read it", shown(.url))]
    Unsupported {
        /// What was asked for.
        url: String,
        /// What is missing.
        why: &'static str,
    },
}

impl Oversize for NetworkError {
    fn is_oversize(&self) -> bool {
        matches!(self, Self::TooLarge { .. })
    }
}

impl Explain for NetworkError {
    fn code(&self) -> &'static str {
        match self {
            Self::UrlInvalid { .. } => "url-invalid",
            Self::Failed { .. } => "network-failed",
            Self::Timeout { .. } => "network-timeout",
            Self::Status { .. } => "http-status",
            Self::TooLarge { .. } => "response-too-large",
            Self::Truncated { .. } => "response-truncated",
            Self::Encoded { .. } => "response-encoded",
            Self::Redirect { .. } => "redirect-refused",
            Self::Certificate { .. } => "certificate-untrusted",
            Self::Authorities { .. } => "authorities-unusable",
            Self::Unsupported { .. } => "network-unsupported",
        }
    }
    fn class(&self) -> Class {
        Class::Undecided
    }
    fn expected(&self) -> String {
        match self {
            Self::UrlInvalid { .. } => "http:// or https://, a host, and the path of the published folder".into(),
            Self::Failed { .. } => "a web server that answers".into(),
            Self::Timeout { after, .. } => format!("a complete answer within {} seconds", after.as_secs_f32()),
            Self::Status { .. } => "status 200, or 404 for a file that is not there".into(),
            Self::TooLarge { limit, .. } => format!("at most {limit} bytes"),
            Self::Truncated { .. } => "the whole file".into(),
            Self::Encoded { .. } => "the file as it is (Content-Encoding: identity)".into(),
            Self::Redirect { .. } => "few redirects, and none from https to http".into(),
            Self::Certificate { .. } => "a certificate for this host, by an authority that is believed".into(),
            Self::Authorities { .. } => "certificates in PEM".into(),
            Self::Unsupported { .. } => "a build with the feature http; for https also a processor with AES".into(),
        }
    }
    fn got(&self) -> String {
        match self {
            Self::UrlInvalid { why, .. } | Self::Unsupported { why, .. } => (*why).into(),
            Self::Failed { why, .. }
            | Self::Truncated { why, .. }
            | Self::Redirect { why, .. }
            | Self::Certificate { why, .. }
            | Self::Authorities { why } => why.clone(),
            Self::Timeout { .. } => "none, or a part of one".into(),
            Self::Status { status, .. } => format!("status {status}"),
            Self::TooLarge { .. } => "more".into(),
            Self::Encoded { coding, .. } => format!("Content-Encoding: {coding}"),
        }
    }
    fn next(&self) -> String {
        match self {
            Self::UrlInvalid { .. } => "give the address below which metadata/ and targets/ lie".into(),
            Self::Failed { .. } | Self::Timeout { .. } | Self::Truncated { .. } => {
                "run the command again when the server can be reached; vouchsafe verify needs no network".into()
            }
            Self::Status { .. } | Self::TooLarge { .. } | Self::Encoded { .. } | Self::Redirect { .. } => {
                "check the address; if it is right, tell the forum how its server answers".into()
            }
            Self::Certificate { .. } => {
                "check the address and this machine's clock; for an authority of your own, set SSL_CERT_FILE".into()
            }
            Self::Authorities { .. } => "name a file of PEM certificates in SSL_CERT_FILE, or unset it".into(),
            Self::Unsupported { .. } => "fetch the published folder by other means, and name the folder".into(),
        }
    }
}

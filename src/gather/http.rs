//! The web, as a client: published registries, and witnesses. Bounded in bytes, in time, in redirects and in attempts.
//! Believes nothing.

use super::location::Url;
use super::network::{Authorities, Network, NetworkError, Patience, Proxy};
use crate::registry::Repository;
use std::io::{self, Read as _};
use std::time::{Duration, Instant};
use ureq::http::Response;
use ureq::tls::TlsConfig;
use ureq::{Agent, Body};

/// Redirects followed for one file.
const MAX_REDIRECTS: u32 = 3;
/// Most bytes of the head of an answer.
const MAX_HEAD: usize = 32 << 10;

/// The files below one URL, or two.
#[derive(Debug)]
pub struct Http {
    metadata: Url,
    targets: Url,
    agent: Agent,
    patience: Patience,
    until: Instant,
}

impl Http {
    /// A repository below this URL. Nothing is asked of the server yet; the time for all requests starts now.
    ///
    /// # Errors
    /// [`NetworkError::Authorities`]; [`NetworkError::Unsupported`] for https on a processor that cannot do it.
    pub fn open(base: &Url, network: &Network) -> Result<Self, NetworkError> {
        Self::at(base.below("metadata"), base.below("targets"), network)
    }

    /// As [`Http::open`], of a repository whose metadata and targets lie below any two URLs.
    ///
    /// # Errors
    /// As [`Http::open`].
    pub fn at(metadata: Url, targets: Url, network: &Network) -> Result<Self, NetworkError> {
        let agent = agent(&[&metadata, &targets], network, MAX_REDIRECTS)?;
        let patience = network.patience;
        let now = Instant::now();
        let until = now.checked_add(patience.in_all).unwrap_or(now);
        Ok(Self { metadata, targets, agent, patience, until })
    }

    /// Asks until there is an answer, or no use in asking.
    fn fetch(&self, url: &str, limit: usize, absent: &[u16]) -> Result<Option<Vec<u8>>, NetworkError> {
        let mut pause = self.patience.pause;
        for _ in 1..self.patience.attempts {
            match self.ask(url, limit, absent) {
                Err(error) if may_pass(&error) => std::thread::sleep(pause.min(self.left())),
                done => return done,
            }
            pause = pause.saturating_mul(2);
        }
        self.ask(url, limit, absent)
    }

    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// One request: the file, or None at a status that means there is none.
    fn ask(&self, url: &str, limit: usize, absent: &[u16]) -> Result<Option<Vec<u8>>, NetworkError> {
        let (url_, most) = (|| url.to_owned(), self.patience.request.min(self.left()));
        if most.is_zero() {
            return Err(NetworkError::Timeout { url: url_(), after: self.patience.in_all });
        }
        let request = self.agent.get(url).config().timeout_global(Some(most)).build();
        let answer =
            request.call().map_err(|e| failure(url, e, Time { connect: self.patience.connect, request: most }))?;
        let status = answer.status().as_u16();
        if absent.contains(&status) {
            return Ok(None);
        }
        if status != 200 {
            return Err(NetworkError::Status { url: url_(), status });
        }
        whole(answer, url, limit, Time { connect: self.patience.connect, request: most }).map(Some)
    }
}

/// Posts to one address, and takes a short answer. Nothing is asked twice and no redirect is followed: who is asked to
/// do something is the one that was named.
#[derive(Debug)]
pub struct Post {
    url: Url,
    agent: Agent,
    patience: Patience,
}

impl Post {
    /// To this URL. Nothing is asked yet.
    ///
    /// # Errors
    /// As [`Http::open`].
    pub fn to(url: &Url, network: &Network) -> Result<Self, NetworkError> {
        Ok(Self { url: url.clone(), agent: agent(&[url], network, 0)?, patience: network.patience })
    }

    /// Asks, and gives the status and an answer of at most `limit` bytes, whatever the status is.
    ///
    /// # Errors
    /// [`NetworkError`]; never for a status.
    pub fn ask(&self, body: &[u8], limit: usize) -> Result<(u16, Vec<u8>), NetworkError> {
        let url = self.url.as_str();
        let time = Time { connect: self.patience.connect, request: self.patience.request };
        let request = self.agent.post(url).config().timeout_global(Some(time.request)).build();
        let answer = request.content_type("text/plain; charset=utf-8").send(body).map_err(|e| failure(url, e, time))?;
        let status = answer.status().as_u16();
        Ok((status, whole(answer, url, limit, time)?))
    }
}

/// How long was waited for a connection, and for all of it.
#[derive(Clone, Copy)]
struct Time {
    connect: Duration,
    request: Duration,
}

/// The body of an answer, if it is plain and not over the limit.
fn whole(answer: Response<Body>, url: &str, limit: usize, time: Time) -> Result<Vec<u8>, NetworkError> {
    let url_ = || url.to_owned();
    let coding = answer.headers().get("content-encoding").map(|v| String::from_utf8_lossy(v.as_bytes()));
    if let Some(coding) = coding.filter(|coding| coding != "identity") {
        return Err(NetworkError::Encoded { url: url_(), coding: coding.into_owned() });
    }
    let too_large = || NetworkError::TooLarge { url: url_(), limit };
    let room = u64::try_from(limit).unwrap_or(u64::MAX);
    if answer.body().content_length().is_some_and(|length| length > room) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let reader = answer.into_body().into_reader();
    reader.take(room.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| cut(url, e, time))?;
    if bytes.len() > limit { Err(too_large()) } else { Ok(bytes) }
}

/// The client's errors, in our codes.
fn failure(url: &str, error: ureq::Error, time: Time) -> NetworkError {
    let (url, why) = (url.to_owned(), error.to_string());
    match error {
        ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => {
            NetworkError::Timeout { url, after: time.connect.min(time.request) }
        }
        ureq::Error::Timeout(_) => NetworkError::Timeout { url, after: time.request },
        ureq::Error::TooManyRedirects | ureq::Error::RequireHttpsOnly(_) | ureq::Error::RedirectFailed => {
            NetworkError::Redirect { url, why }
        }
        ureq::Error::Rustls(e) if is_about_a_certificate(&e) => NetworkError::Certificate { url, why },
        ureq::Error::Io(e) => match e.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) {
            Some(tls) if is_about_a_certificate(tls) => NetworkError::Certificate { url, why: tls.to_string() },
            _ if e.kind() == io::ErrorKind::TimedOut => NetworkError::Timeout { url, after: time.request },
            _ => NetworkError::Failed { url, why: e.to_string() },
        },
        _ => NetworkError::Failed { url, why },
    }
}

/// As [`failure`], while the body is read.
fn cut(url: &str, error: io::Error, time: Time) -> NetworkError {
    match failure(url, ureq::Error::from(error), time) {
        NetworkError::Failed { url, why } => NetworkError::Truncated { url, why },
        other => other,
    }
}

impl Repository for Http {
    type Error = NetworkError;
    fn metadata(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, NetworkError> {
        if !is_part(name) {
            return Ok(None);
        }
        // Object stores that may not be listed answer 403 for what is not there. As other TUF clients do, only the
        // search for the next root takes that for its end: who could fake it could as well fake a 404.
        let absent: &[u16] = if name.ends_with(".root.json") { &[404, 410, 403] } else { &[404, 410] };
        self.fetch(&self.metadata.join([name]), limit, absent)
    }
    fn target(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>, NetworkError> {
        if !path.split('/').all(is_part) {
            return Ok(None);
        }
        self.fetch(&self.targets.join(path.split('/')), limit, &[404, 410])
    }
}

/// Whether a name is one that leads somewhere: a part of a path, and not the folder itself or the one above.
fn is_part(name: &str) -> bool {
    !matches!(name, "" | "." | "..")
}

/// Whether trying again may help. Who has used up the time for a file is given no more.
fn may_pass(error: &NetworkError) -> bool {
    match error {
        NetworkError::Failed { .. } | NetworkError::Truncated { .. } => true,
        NetworkError::Status { status, .. } => *status == 429 || *status >= 500,
        _ => false,
    }
}

/// A client for these addresses.
fn agent(bases: &[&Url], network: &Network, redirects: u32) -> Result<Agent, NetworkError> {
    let patience = network.patience;
    let config = Agent::config_builder()
        .https_only(bases.iter().all(|base| base.is_https()))
        .http_status_as_error(false)
        .max_redirects(redirects)
        .max_response_header_size(MAX_HEAD)
        .timeout_resolve(Some(patience.connect))
        .timeout_connect(Some(patience.connect))
        .user_agent(concat!("vouchsafe/", env!("CARGO_PKG_VERSION")))
        // A compressed body would be small on the wire and large in memory.
        .accept_encoding("identity")
        .proxy(match network.proxy {
            Proxy::Direct => None,
            Proxy::Environment => ureq::Proxy::try_from_env(),
        });
    // A redirect may lead from http to https, so there is TLS wherever it can be had.
    let config = match tls(&network.authorities)? {
        Some(tls) => config.tls_config(tls),
        None => match bases.iter().find(|base| base.is_https()) {
            Some(base) => {
                let why = "a processor without the instructions that TLS is built on";
                return Err(NetworkError::Unsupported { url: base.as_str().into(), why });
            }
            None => config,
        },
    };
    Ok(config.build().new_agent())
}

/// TLS with these authorities; None where the processor cannot do it.
fn tls(authorities: &Authorities) -> Result<Option<TlsConfig>, NetworkError> {
    let roots = match authorities {
        Authorities::Mozilla => ureq::tls::RootCerts::WebPki,
        Authorities::Pem(pem) => certificates(pem)?,
    };
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    if graviola::util::is_cpu_supported() {
        let provider = std::sync::Arc::new(rustls_graviola::default_provider());
        let config = TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(provider);
        return Ok(Some(config.build()));
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    drop(roots);
    Ok(None)
}

fn certificates(pem: &[u8]) -> Result<ureq::tls::RootCerts, NetworkError> {
    let mut found = Vec::new();
    for item in ureq::tls::parse_pem(pem) {
        match item {
            Ok(ureq::tls::PemItem::Certificate(certificate)) => found.push(certificate),
            Ok(_) => {}
            Err(e) => return Err(NetworkError::Authorities { why: e.to_string() }),
        }
    }
    if found.is_empty() {
        return Err(NetworkError::Authorities { why: "no certificate".into() });
    }
    Ok(ureq::tls::RootCerts::new_with_certs(&found))
}

fn is_about_a_certificate(error: &rustls::Error) -> bool {
    matches!(error, rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented)
}

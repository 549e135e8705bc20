//! Hands attestations to a log that somebody else keeps, and believes no proof that does not hold.

use super::Error;
use crate::encoding::text::shown;
use crate::encoding::{Class, Explain};
use crate::gather::http::Post;
use crate::gather::location::Url;
use crate::gather::network::{Network, NetworkError};
use crate::transparency::{Entry, LogPolicy, Proof};
use jiff::Timestamp;

/// The most bytes of an answer: a proof for each of some signatures.
const MAX_ANSWER: usize = 4 << 20;
/// The line that each proof begins with.
const HEADER: &str = "c2sp.org/tlog-proof@v1\n";

/// The add path of a log (`vouchsafe log serve`).
#[derive(Debug)]
pub struct RemoteLog {
    url: String,
    post: Post,
}

/// Why a log took nothing.
#[derive(Debug, thiserror::Error)]
#[error("{}: the log did not take it", shown(.url))]
pub struct NotTaken {
    /// The log.
    pub url: String,
    /// The HTTP status.
    pub status: u16,
    /// What it said.
    pub why: String,
}

impl Explain for NotTaken {
    fn code(&self) -> &'static str {
        "log-refuses"
    }
    fn class(&self) -> Class {
        Class::Undecided
    }
    fn expected(&self) -> String {
        "status 200, and a proof of each signature".into()
    }
    fn got(&self) -> String {
        format!("status {}: {}", self.status, shown(&self.why))
    }
    fn next(&self) -> String {
        match self.status {
            403 => "the signer has to be a member of the log's forum, with its key registered; ask the forum".into(),
            503 => "run the command again in a while: witnesses have not cosigned yet".into(),
            _ => "check the URL; if it is right, ask the operator of the log".into(),
        }
    }
}

impl RemoteLog {
    /// At the URL below which `/add` is. Nothing is asked yet.
    ///
    /// # Errors
    /// [`NetworkError`] if this build cannot ask it.
    pub fn at(url: &Url, network: &Network) -> Result<Self, NetworkError> {
        let post = Post::to(&url.below("add"), network)?;
        Ok(Self { url: url.as_str().to_owned(), post })
    }

    /// Hands over an attestation file, whose signatures make these entries. The proofs stand in the order of the entries;
    /// each holds, by the policy.
    ///
    /// # Errors
    /// [`NotTaken`]; what the policy says of a proof; the network's.
    pub fn enter(
        &self,
        attestation: &[u8],
        entries: &[Entry],
        policy: &LogPolicy,
        now: Timestamp,
    ) -> Result<Vec<Proof>, Error> {
        let (status, answer) = self.post.ask(attestation, MAX_ANSWER)?;
        let text = String::from_utf8_lossy(&answer);
        if status != 200 {
            let why: String = text.lines().next().unwrap_or_default().chars().take(200).collect();
            return Err(NotTaken { url: self.url.clone(), status, why }.into());
        }
        let parts = text.split(HEADER).skip(1);
        let proofs: Vec<Proof> =
            parts.map(|part| Proof::parse(format!("{HEADER}{part}").as_bytes())).collect::<Result<_, _>>()?;
        entries.iter().map(|entry| self.of(entry, &proofs, policy, now)).collect()
    }

    /// The proof of this entry, wherever it stands; if none holds, what is wrong with the one that got furthest.
    fn of(&self, entry: &Entry, proofs: &[Proof], policy: &LogPolicy, now: Timestamp) -> Result<Proof, Error> {
        let mut fault = None;
        for proof in proofs {
            match policy.includes(entry.leaf(), proof, now) {
                Ok(_) => return Ok(proof.clone()),
                Err(why) => fault = Some(why),
            }
        }
        let none = || NotTaken { url: self.url.clone(), status: 200, why: "no proof of this signature".into() };
        Err(fault.map_or_else(|| none().into(), |why| super::log::Error::from(why).into()))
    }
}

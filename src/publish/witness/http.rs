//! A witness behind HTTP (C2SP tlog-witness): each answer of the rule is a status of the specification.

use super::{WitnessError, WitnessFolder};
use crate::publish::http_server::{Method, Request, Response};
use crate::signer::Signer;
use crate::transparency::witness::NotCosigned;
use jiff::Timestamp;

const ADD_CHECKPOINT: &str = "/add-checkpoint";

impl WitnessFolder {
    /// Answers a request: `POST /add-checkpoint`, or `GET /ORIGIN-HASH/checkpoint`.
    ///
    /// # Errors
    /// Whatever is no answer of the rule: the witness itself cannot. Clients are told 500 and nothing else.
    pub fn respond(&self, request: &Request, signer: &dyn Signer, now: Timestamp) -> Result<Response, WitnessError> {
        let of_log = request.path.strip_prefix('/').and_then(|path| path.strip_suffix("/checkpoint"));
        match (request.method, request.path.as_str(), of_log) {
            (Method::Post, ADD_CHECKPOINT, _) => match self.add_checkpoint(&request.body, signer, now) {
                Ok(lines) => Ok(Response::text(200, lines.iter().map(|line| format!("{line}\n")).collect::<String>())),
                Err(WitnessError::NotCosigned(no)) => Ok(refusal(&no)),
                Err(other) => Err(other),
            },
            (_, ADD_CHECKPOINT, _) => Ok(Response::not_allowed("POST")),
            (Method::Get, _, Some(hash)) => Ok(self
                .checkpoint(hash)?
                .map_or_else(Response::not_found, |note| Response::text(200, note.to_string()))),
            (_, _, Some(_)) => Ok(Response::not_allowed("GET, HEAD")),
            _ => Ok(Response::not_found()),
        }
    }
}

fn refusal(no: &NotCosigned) -> Response {
    match no {
        NotCosigned::Conflict(size) => {
            let mut response = Response::text(no.status(), format!("{size}\n"));
            response.content_type = "text/x.tlog.size";
            response
        }
        _ => Response::text(no.status(), format!("{}\n", crate::encoding::text::shown(&no.to_string()))),
    }
}

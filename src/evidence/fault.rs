//! Why no facts could be made of a document: one code each.

use crate::encoding::Malformed;
use crate::encoding::refusal::codes;

/// Why there are no facts.
pub type Fault = crate::encoding::refusal::Refusal<Code>;

codes! {
    /// Stable codes of evidence that yields no facts.
    Unsupported "evidence-unsupported" Undecided
        "this version of the format is not one that is read here"
        "have the tool write a version that is read, or bind the file as a document: --evidence document=FILE"
    Malformed "evidence-malformed" Undecided
        "this evidence cannot be read"
        "run the tool again and look at its output; a file that is cut short says nothing"
    Empty "evidence-empty" Undecided
        "this evidence says nothing: the tool has not run, or found nothing to run on"
        "run the tool on the sources of this release, and give what it writes then"
    OtherBuild "evidence-other-build" Refused
        "this evidence is about another build"
        "give the report that was made for this revision"
}

impl From<Malformed> for Fault {
    fn from(error: Malformed) -> Self {
        Self::new(Code::Malformed, error.what, "a document that can be read", error.why)
    }
}

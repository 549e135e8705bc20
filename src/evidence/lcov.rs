//! lcov tracefiles, of geninfo, llvm-cov, grcov, coverage.py, nyc. Lines are counted from `DA`, not taken from `LF` and
//! `LH`; a file that stands there for several tests is one file.

use super::coverage::Coverage;
use super::{Code, Extracted, Fault, Target};
use crate::encoding::Malformed;
use std::io::{BufRead, BufReader, Read};

const WHAT: &str = "lcov tracefile";
/// The most bytes of one line, and of the file.
const MAX_LINE: u64 = 64 << 10;
const MAX_DOCUMENT: u64 = 1 << 30;
/// Records that say nothing that is counted here.
const OTHERS: &[&str] = &["TN", "VER", "FNF", "FNH", "FNL", "BRF", "BRH", "MCDC", "MCF", "MCH", "LF", "LH", "BA"];

/// The facts.
pub(super) fn extract(name: &str, input: &mut dyn Read, _: &Target<'_>) -> Result<Extracted, Fault> {
    let mut trace = Trace { coverage: Coverage::new(WHAT), file: None };
    let mut input = BufReader::with_capacity(256 << 10, input.take(MAX_DOCUMENT.saturating_add(1)));
    let (mut line, mut total) = (Vec::new(), 0_u64);
    loop {
        line.clear();
        let read = input.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).map_err(|e| bad(e.to_string()))? as u64;
        if read == 0 {
            break;
        }
        total = total.saturating_add(read);
        if total > MAX_DOCUMENT || (read == MAX_LINE && !line.ends_with(b"\n")) {
            return Err(bad(format!("a line over {MAX_LINE} bytes, or more than {MAX_DOCUMENT} bytes")).into());
        }
        trace.record(line.trim_ascii())?;
    }
    if trace.file.is_some() {
        return Err(bad("ends in the middle of a file").into());
    }
    let facts = trace.coverage.facts();
    let facts = facts.ok_or_else(|| Fault::new(Code::Empty, name, "a file with lines that could be run", "none"))?;
    Ok(Extracted { facts, ..Extracted::default() })
}

fn bad(why: impl Into<String>) -> Malformed {
    Malformed::new(WHAT, why)
}

struct Trace {
    coverage: Coverage,
    file: Option<u32>,
}

impl Trace {
    fn record(&mut self, line: &[u8]) -> Result<(), Malformed> {
        let line = String::from_utf8_lossy(line);
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if line == "end_of_record" {
            return self.file.take().map(|_| ()).ok_or_else(|| bad("end_of_record without SF"));
        }
        let (kind, value) = line.split_once(':').ok_or_else(|| bad(format!("{line:?} is no record")))?;
        match (kind, self.file) {
            ("SF", Some(_)) => Err(bad("SF without end_of_record before it")),
            ("SF", None) => {
                self.file = Some(self.coverage.file(value)?);
                Ok(())
            }
            ("TN", _) => Ok(()),
            (_, None) => Err(bad(format!("{kind} without SF"))),
            ("DA", Some(file)) => {
                let (line, rest) = value.split_once(',').ok_or_else(|| bad("DA without a count"))?;
                let count = rest.split(',').next().unwrap_or_default();
                let line = line.parse().map_err(|_| bad(format!("no number of a line: {line:?}")))?;
                self.coverage.line(file, line, run(count)?)
            }
            ("BRDA", _) => {
                let taken = value.rsplit(',').next().unwrap_or_default();
                let covered = taken != "-" && run(taken)?;
                self.coverage.branches.add(1, u64::from(covered));
                Ok(())
            }
            ("FN", _) => Ok(()),
            ("FNDA", _) => self.function(value.split(',').next().unwrap_or_default()),
            ("FNA", _) => self.function(value.split(',').nth(1).unwrap_or_default()),
            (other, _) if OTHERS.contains(&other) => Ok(()),
            (other, _) => Err(bad(format!("{other:?} is no record of a tracefile"))),
        }
    }

    fn function(&mut self, count: &str) -> Result<(), Malformed> {
        let covered = run(count)?;
        self.coverage.functions.add(1, u64::from(covered));
        Ok(())
    }
}

/// Whether a count says that it was run. Some compilers count below zero, which is a fault of theirs and no run.
fn run(count: &str) -> Result<bool, Malformed> {
    let digits = count.strip_prefix('-').unwrap_or(count);
    if digits.is_empty() || digits.len() > 30 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad(format!("no count: {count:?}")));
    }
    Ok(digits.len() == count.len() && digits.bytes().any(|b| b != b'0'))
}

/// Whether a file seems to be one.
pub(super) fn looks(_: &str, head: &[u8]) -> bool {
    let mut lines =
        head.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|l| !l.is_empty() && !l.starts_with(b"#"));
    lines.find(|line| !line.starts_with(b"TN:")).is_some_and(|line| line.starts_with(b"SF:"))
}

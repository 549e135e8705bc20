//! What is begun or said twice: a head is begun once, and a witness is written down once.

use super::{InMemory, Key, Manner, entries, entry, now, on};
use vouchsafe::encoding::Explain as _;
use vouchsafe::publish::log::blobs::Head as _;
use vouchsafe::publish::log::memory::Machine;
use vouchsafe::transparency::LogPolicy;

/// Two people make a log in one folder at once, or somebody lost its configuration: what was committed stays so. Else
/// the log would sign a second tree of a size.
#[test]
fn a_log_that_has_entries_is_not_begun_again() {
    let (machine, key) = (Machine::default(), Key::new(1));
    let one = InMemory::new("one", 11, &key.log());
    let policy = format!("log {}\n{}quorum one\n", key.log(), one.line());
    let log = on(&machine, &key, Some(LogPolicy::parse(policy.as_bytes()).unwrap()));
    log.begin(&key, now()).unwrap();
    log.begin(&key, now()).unwrap();
    one.behave(Manner::Away);
    assert_eq!(log.append(&[entry(0)], &key, &[&one], now()).unwrap_err().code(), "witnesses-missing");
    let committed = machine.load().unwrap();
    assert_eq!(log.begin(&key, now()).unwrap_err().code(), "file-exists");
    assert_eq!(machine.load().unwrap(), committed);
}

/// A witness that answers with many good lines cannot make the checkpoint one that nobody can read.
#[test]
fn of_a_witness_that_says_it_often_one_line_is_published() {
    let (machine, key) = (Machine::default(), Key::new(1));
    let many: Vec<InMemory> = (0..5).map(|n| InMemory::new(&format!("w{n}"), 11 + n, &key.log())).collect();
    let lines: String = many.iter().map(InMemory::line).collect();
    let policy = format!("log {}\n{lines}group every all w0 w1 w2 w3 w4\nquorum every\n", key.log());
    let log = on(&machine, &key, Some(LogPolicy::parse(policy.as_bytes()).unwrap()));
    log.begin(&key, now()).unwrap();
    many.iter().for_each(|w| w.behave(Manner::Repeats));
    let asked: Vec<&dyn vouchsafe::publish::log::Cosigner> = many.iter().map(|w| w as _).collect();
    log.append(&entries(0, 3), &key, &asked, now()).unwrap();
    let proofs = log.append(&entries(3, 4), &key, &asked, now()).unwrap();
    assert_eq!(proofs[0].note.signatures().len(), 6);
}

//! What a witness writes down it can read again: a request must not be able to take its memory away.

use super::Bench;

/// Anybody may repeat the log's signature line as often as a note may have lines.
#[test]
fn a_note_full_of_the_logs_lines_leaves_the_witness_its_memory() {
    let bench = Bench::new();
    let served = bench.serve();
    let request = bench.log.request(0, 3);
    let line = request.lines().last().unwrap().to_owned() + "\n";
    assert_eq!(served.post(&format!("{request}{}", line.repeat(63))).status, 200);
    assert_eq!(bench.state().lines().filter(|l| l.starts_with('\u{2014}')).count(), 2, "the log's line and its own");
    assert_eq!(served.post(&bench.log.request(3, 4)).status, 200);
}

/// A checkpoint that leaves no room for the cosignature is not cosigned.
#[test]
fn a_checkpoint_that_could_not_be_read_again_is_not_cosigned() {
    let bench = Bench::new();
    let served = bench.serve();
    let most = vouchsafe::transparency::MAX_NOTE - bench.log.note(3).len() - 1;
    let full = bench.log.sign(&format!("{}{}\n", bench.log.text(3), "x".repeat(most)));
    assert_eq!(served.post(&format!("old 0\n\n{full}")).status, 400);
    assert_eq!(bench.state(), "", "nothing was written");
    assert_eq!(served.post(&bench.log.request(0, 3)).status, 200);
}

/// A second key of a log is no new beginning, either, when the record of the first is lost.
#[test]
fn a_lost_record_stays_lost_when_the_log_gets_another_key() {
    let bench = Bench::new();
    bench.add(&bench.log.request(0, 3)).says(0, "");
    std::fs::remove_file(bench.scene.path(format!("w/logs/{}", bench.log.hash()))).unwrap();
    let rotated = bench.log.forked(7, 1);
    let _ = bench.scene.args(["log", "witness", "add-log", "w", &rotated.vkey()], b"");
    let answer = bench.add(&rotated.request(0, 4));
    assert!(answer.exit != 0 && !answer.text().contains('\u{2014}'), "a second tree of what was cosigned: {answer:?}");
}

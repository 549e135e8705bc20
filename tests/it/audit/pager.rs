//! A long answer on a terminal, made by util-linux `script`: through a pager, which changes nothing but what is seen.

use super::Portfolio;
use crate::run::{Ran, program};

/// An audit on a terminal of six lines of sixty characters, with this pager, and with these keys pressed.
fn on_a_terminal(portfolio: &Portfolio, settings: &str, keys: &[u8]) -> Ran {
    let binary = env!("CARGO_BIN_EXE_vouchsafe");
    let audit = format!("{} --at {}", portfolio.command(), portfolio.at());
    let line = format!("stty cols 60 rows 6; {settings} TERM=xterm {binary} --home home {audit}");
    program("script", &portfolio.scene.path(""), ["-qec", &line, "/dev/null"], keys)
}

/// The lines of a terminal, without the ways to begin one.
fn lines(ran: &Ran) -> Vec<&str> {
    ran.text().lines().map(|line| line.trim_end_matches('\r')).collect()
}

#[test]
fn whatever_the_pager_the_answer_is_whole_and_fits_and_the_exit_code_stays() {
    let portfolio = Portfolio::new(17);
    let plain = portfolio.audit("");
    let long = plain.text().lines().count();
    assert!(long > 6, "{plain:?}");
    for settings in ["env NO_COLOR=1 PAGER=cat", "env NO_COLOR=1 PAGER=", "env NO_COLOR=1 PAGER=nowhere/pager"] {
        let shown = on_a_terminal(&portfolio, settings, b"").says(1, "REFUSED");
        assert!(!shown.text().contains('\u{1b}'), "{settings}: {shown:?}");
        let shown = lines(&shown);
        assert_eq!(shown.len(), long, "{settings}");
        let wide = |line: &&str| line.chars().count() > 60 && !line.starts_with("  again");
        // The answer itself is never cut, nor is the command that is to be copied.
        assert_eq!(shown.into_iter().skip(1).find(wide), None, "{settings}");
    }
    let coloured = on_a_terminal(&portfolio, "env PAGER=cat", b"").says(1, "\u{1b}[31mREFUSED\u{1b}[0m");
    assert_eq!(lines(&coloured).len(), long);
}

#[test]
fn whoever_leaves_the_pager_early_has_the_answer_all_the_same() {
    let portfolio = Portfolio::new(17);
    let head = on_a_terminal(&portfolio, "env NO_COLOR=1 PAGER='head -n 1'", b"").says(1, "REFUSED");
    assert_eq!(lines(&head).len(), 1, "{head:?}");
    for less in ["", "PAGER=less", "PAGER=less LESS=-S"] {
        let quit = on_a_terminal(&portfolio, &format!("env -u PAGER -u LESS {less}"), b"q").says(1, "REFUSED");
        assert!(!quit.text().contains("error") && !quit.text().contains("ESC["), "{less}: {quit:?}");
        assert!(!quit.text().contains("  again"), "{less}: only the first page was asked for: {quit:?}");
    }
}

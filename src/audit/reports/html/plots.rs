//! Two plots, drawn as SVG in the page: what releases claimed, by month, and what ends when. The numbers stand below.

use super::months::{Ending, Month};
use super::page::Page;
use super::page::Piece::{Count, Html, Text};
use super::section;
use super::survey::Survey;
use std::io;

/// The drawing, in units of the SVG: its width, where the axes stand, how high the bars may be.
const WIDTH: usize = 760;
const HEIGHT: usize = 250;
const LEFT: usize = 46;
const FLOOR: usize = 190;
const TALL: usize = 160;

/// A part of a bar: class of its colour and pattern, letter, value.
type Part = (&'static str, &'static str, usize);

/// A bar: name, label above it, parts from the floor up.
struct Bar {
    name: String,
    label: String,
    parts: Vec<Part>,
}

/// Writes both plots.
pub(super) fn plots(page: &mut Page<'_>, survey: &Survey) -> io::Result<()> {
    section(page, "plots")?;
    coverage(page, survey)?;
    ends(page, survey)?;
    page.put(&[Html("</section>\n")])
}

fn coverage(page: &mut Page<'_>, survey: &Survey) -> io::Result<()> {
    page.put(&[Html("<h3>Coverage by month of attestation</h3>\n")])?;
    let months = survey.timeline.shown();
    if months.is_empty() {
        return page.put(&[Html("<p>No verified release states when its claims were made.</p>\n")]);
    }
    let bar = |(name, month): &(String, Month)| {
        // From the sum, so that roundings do not add up.
        let share = |sum: usize| (sum * 100 + month.asked / 2) / month.asked.max(1);
        let checked = share(month.checked);
        let reviewed = share(month.checked + month.reviewed);
        let declared = share(month.checked + month.reviewed + month.declared);
        Bar {
            name: name.clone(),
            label: month.releases.to_string(),
            parts: vec![
                ("p-chk", "C", checked),
                ("p-rev", "R", reviewed - checked),
                ("p-dec", "D", declared - reviewed),
            ],
        }
    };
    let bars: Vec<Bar> = months.iter().map(bar).collect();
    page.put(&[
        Html("<p>Of the practices asked for, how many per cent were met, by basis: "),
        Html(
            "<b class=\"m-chk\">C</b> checked, <b class=\"m-rev\">R</b> reviewed, <b class=\"m-dec\">D</b> declared. ",
        ),
        Html("Above each bar stands the number of releases.</p>\n"),
    ])?;
    let words = "A bar per month; each shows how many per cent of the practices asked for were met, by checks, by review, \
                 by declaration. The table below holds the same numbers.";
    drawing(page, ["cov", "Coverage by month of attestation", words, "% met"], &bars, 100)?;
    table(page, "Coverage by month", &["month", "releases", "checked", "reviewed", "declared", "asked for"], |page| {
        for (name, m) in &months {
            row(page, name, &[m.releases, m.checked, m.reviewed, m.declared, m.asked])?;
        }
        Ok(())
    })?;
    match survey.timeline.undated {
        0 => Ok(()),
        n => page.put(&[
            Html("<p class=\"rest\">Not in the plot: "),
            Count(n),
            Html(" of the releases, which state no time, or one after the audit.</p>\n"),
        ]),
    }
}

fn ends(page: &mut Page<'_>, survey: &Survey) -> io::Result<()> {
    page.put(&[Html("<h3>What ends when</h3>\n")])?;
    let months = survey.ends.shown();
    if months.is_empty() {
        return page.put(&[Html("<p>No claim, key or exception is known to end.</p>\n")]);
    }
    let bar = |(name, month): &(String, Ending)| Bar {
        name: name.clone(),
        label: if month.total() == 0 { String::new() } else { month.total().to_string() },
        parts: vec![("p-claim", "C", month.claims), ("p-key", "K", month.keys), ("p-exc", "E", month.exceptions)],
    };
    let bars: Vec<Bar> = months.iter().map(bar).collect();
    let most = months.iter().map(|(_, m)| m.total()).max().unwrap_or(0);
    page.put(&[
        Html("<p><b class=\"p-claim\">C</b> claims of releases, <b class=\"p-key\">K</b> keys of members and "),
        Html("<b class=\"p-exc\">E</b> accepted exceptions. Of keys and exceptions, those that the audit warns of.</p>\n"),
    ])?;
    let words =
        "A bar per month; each shows how many claims, keys and exceptions end. The table below holds the same numbers.";
    drawing(page, ["end", "What ends when", words, "how many end"], &bars, ceiling(most))?;
    table(page, "What ends, by month", &["month", "claims", "keys", "exceptions"], |page| {
        for (name, m) in &months {
            row(page, name, &[m.claims, m.keys, m.exceptions])?;
        }
        Ok(())
    })?;
    match survey.ends.endless {
        0 => Ok(()),
        n => page.put(&[
            Html("<p class=\"rest\">Not in the plot: the claims of "),
            Count(n),
            Html(" of the releases, which state no end.</p>\n"),
        ]),
    }
}

/// The next number that is 1, 2 or 5 times a power of ten, and can be halved or is 1.
fn ceiling(most: usize) -> usize {
    let mut power = 1_usize;
    loop {
        for step in [1, 2, 4, 6, 8] {
            if let Some(top) = power.checked_mul(step).filter(|top| *top >= most) {
                return top;
            }
        }
        match power.checked_mul(10) {
            Some(next) => power = next,
            None => return usize::MAX,
        }
    }
}

/// `[id, title, description, name of the axis]`, and bars up to `top`.
fn drawing(
    page: &mut Page<'_>,
    [id, title, words, axis]: [&'static str; 4],
    bars: &[Bar],
    top: usize,
) -> io::Result<()> {
    page.put(&[
        Html("<div class=\"scroll plot\" role=\"region\" tabindex=\"0\" aria-label=\""),
        Html(title),
        Html(", plot\">\n<svg role=\"img\" viewBox=\"0 0 "),
        Count(WIDTH),
        Html(" "),
        Count(HEIGHT),
        Html("\" aria-labelledby=\"t-"),
        Html(id),
        Html(" d-"),
        Html(id),
        Html("\"><title id=\"t-"),
        Html(id),
        Html("\">"),
        Html(title),
        Html("</title><desc id=\"d-"),
        Html(id),
        Html("\">"),
        Html(words),
        Html("</desc>\n"),
    ])?;
    let middle = FLOOR - TALL / 2;
    text(page, LEFT, 14, "axis", "start", axis)?;
    for (y, value) in [(FLOOR, 0), (middle, top / 2), (FLOOR - TALL, top)] {
        if value == 0 && y != FLOOR {
            continue;
        }
        let to = WIDTH - 4;
        page.put(&[
            Html("<path class=\"grid\" d=\"M"),
            Count(LEFT),
            Html(" "),
            Count(y),
            Html("H"),
            Count(to),
            Html("\"/>"),
        ])?;
        text(page, LEFT - 6, y + 4, "axis", "end", &value.to_string())?;
    }
    let step = (WIDTH - LEFT - 4) / bars.len().max(12);
    let mut year = "";
    for (i, bar) in bars.iter().enumerate() {
        column(page, bar, LEFT + i * step, step, top)?;
        let (new, month) = bar.name.split_once('-').unwrap_or((year, &bar.name));
        name(page, month, if new == year { "" } else { new }, LEFT + i * step + step / 2)?;
        year = new;
    }
    page.put(&[Html("</svg>\n</div>\n")])
}

fn column(page: &mut Page<'_>, bar: &Bar, left: usize, step: usize, top: usize) -> io::Result<()> {
    let wide = (step * 7 / 10).clamp(4, 60);
    let (x, middle) = (left + (step - wide.min(step)) / 2, left + step / 2);
    let (mut sum, mut y) = (0_usize, FLOOR);
    for (class, letter, value) in &bar.parts {
        sum = sum.saturating_add(*value);
        // From the sum, so that roundings do not add up.
        let upper = FLOOR - TALL.min(scaled(sum, top));
        let tall = y - upper.min(y);
        if tall > 0 {
            page.put(&[Html("<rect class=\""), Html(class), Html("\" x=\""), Count(x), Html("\" y=\""), Count(upper)])?;
            page.put(&[Html("\" width=\""), Count(wide), Html("\" height=\""), Count(tall), Html("\"/>")])?;
        }
        if tall >= 13 {
            text(page, middle, upper + tall / 2 + 4, class, "middle", letter)?;
        }
        y = upper.min(y);
    }
    text(page, middle, y - 5, "axis", "middle", &bar.label)
}

/// The month below the axis, and where a new year begins, the year.
fn name(page: &mut Page<'_>, month: &str, year: &str, middle: usize) -> io::Result<()> {
    if !month.starts_with(|c: char| c.is_ascii_digit()) {
        let turned = "<text class=\"axis\" text-anchor=\"end\" transform=\"translate(";
        page.put(&[Html(turned), Count(middle + 4), Html(" "), Count(FLOOR + 14), Html(") rotate(-45)\">")])?;
        return page.put(&[Text(month), Html("</text>\n")]);
    }
    text(page, middle, FLOOR + 18, "axis", "middle", month)?;
    if year.is_empty() { Ok(()) } else { text(page, middle, FLOOR + 34, "axis", "middle", year) }
}

fn scaled(value: usize, top: usize) -> usize {
    value.saturating_mul(TALL) / top.max(1)
}

fn text(
    page: &mut Page<'_>,
    x: usize,
    y: usize,
    class: &'static str,
    anchor: &'static str,
    words: &str,
) -> io::Result<()> {
    page.put(&[
        Html("<text class=\""),
        Html(class),
        Html("\" text-anchor=\""),
        Html(anchor),
        Html("\" x=\""),
        Count(x),
        Html("\" y=\""),
        Count(y),
        Html("\">"),
        Text(words),
        Html("</text>\n"),
    ])
}

type Rows<'a> = &'a mut dyn FnMut(&mut Page<'_>) -> io::Result<()>;

fn table(
    page: &mut Page<'_>,
    caption: &'static str,
    head: &[&'static str],
    mut rows: impl FnMut(&mut Page<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let rows: Rows<'_> = &mut rows;
    page.put(&[Html(
        "<details><summary>The numbers</summary>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"",
    )])?;
    page.put(&[Html(caption), Html(", numbers\"><table class=\"numbers\"><caption><span>"), Html(caption)])?;
    page.put(&[Html("</span></caption><thead><tr>")])?;
    for name in head {
        page.put(&[Html("<th scope=\"col\">"), Html(name), Html("</th>")])?;
    }
    page.put(&[Html("</tr></thead><tbody>\n")])?;
    rows(page)?;
    page.put(&[Html("</tbody></table></div>\n</details>\n")])
}

fn row(page: &mut Page<'_>, name: &str, numbers: &[usize]) -> io::Result<()> {
    page.put(&[Html("<tr><th scope=\"row\">"), Text(name), Html("</th>")])?;
    for number in numbers {
        page.put(&[Html("<td>"), Count(*number), Html("</td>")])?;
    }
    page.put(&[Html("</tr>\n")])
}

#[cfg(test)]
mod tests {
    use super::ceiling;

    #[test]
    fn an_axis_ends_at_a_round_number() {
        let of = [0, 1, 2, 3, 5, 9, 11, 61, 99, 101].map(ceiling);
        assert_eq!(of, [1, 1, 2, 4, 6, 10, 20, 80, 100, 200]);
        assert_eq!(ceiling(usize::MAX), usize::MAX);
    }
}

//! Security policies: whether they name somebody to write to, and a time in which an answer comes.

/// Words that begin so are about an answer.
const ANSWERS: &[&str] = &["respond", "response", "reply", "replies", "acknowledg", "answer", "confirm"];
/// Units of time.
const UNITS: &[&str] = &["hour", "hours", "day", "days", "week", "weeks", "hrs", "h", "d"];
/// Words that may stand between a number and its unit.
const BETWEEN: &[&str] = &["business", "working", "calendar", "full"];
/// Numbers as words.
const NUMBERS: &[&str] =
    &["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "fourteen", "thirty"];
/// How many words may lie between the time and what it is about.
const NEAR: usize = 12;

/// What readers see: without HTML comments, where templates keep their instructions.
pub(super) fn visible(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("<!--") {
        out.push_str(before);
        out.push(' ');
        // One that is never closed hides the rest.
        rest = after.split_once("-->").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

/// A mail address, or a web address to report at.
pub(super) fn has_contact(text: &str) -> bool {
    let words = || text.split(|c: char| c.is_whitespace() || "<>()[]\"'`,;|*".contains(c));
    words().map(|word| word.trim_matches(['.', ':', '!'])).any(|word| is_mail(word) || is_web(word))
}

fn is_mail(word: &str) -> bool {
    let word = word.strip_prefix("mailto:").unwrap_or(word);
    let user = |c: char| c.is_ascii_alphanumeric() || "._%+-".contains(c);
    let host = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
    word.split_once('@').is_some_and(|(name, place)| {
        let last = place.rsplit('.').next().unwrap_or_default();
        !name.is_empty()
            && name.chars().all(user)
            && place.chars().all(host)
            && place.contains('.')
            && last.len() >= 2
            && last.chars().all(|c| c.is_ascii_alphabetic())
    })
}

fn is_web(word: &str) -> bool {
    word.strip_prefix("https://").is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        host.contains('.') && host.len() >= 4
    })
}

/// How many fields `Contact:` of security.txt name an address that RFC 9116 allows.
pub(super) fn contact_fields(text: &str) -> usize {
    let value = |line: &str| {
        let (field, value) = line.split_once(':')?;
        field.trim().eq_ignore_ascii_case("contact").then(|| value.trim().to_owned())
    };
    let is = |value: &String| {
        let mail = value.strip_prefix("mailto:").is_some_and(is_mail);
        let phone = value.strip_prefix("tel:").is_some_and(|number| number.chars().any(|c| c.is_ascii_digit()));
        mail || phone || is_web(value)
    };
    text.lines().filter_map(value).filter(is).count()
}

/// A number of hours, days or weeks, near a word about an answer, in the same paragraph.
pub(super) fn has_response_time(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut paragraph: Vec<&str> = Vec::new();
    for line in lower.lines() {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            if promises(&paragraph) {
                return true;
            }
            paragraph.clear();
        } else {
            paragraph.extend(line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()));
        }
    }
    promises(&paragraph)
}

fn promises(words: &[&str]) -> bool {
    (0..words.len()).filter(|at| is_time(words.get(*at..).unwrap_or_default())).any(|at| {
        let near = words.get(at.saturating_sub(NEAR)..words.len().min(at.saturating_add(NEAR))).unwrap_or_default();
        near.iter().any(|word| ANSWERS.iter().any(|answer| word.starts_with(answer)))
    })
}

/// `48 hours`, `2 business days`, `three days`, `48h`.
fn is_time(words: &[&str]) -> bool {
    let mut words = words.iter().copied();
    let Some(first) = words.next() else { return false };
    let digits = first.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number = NUMBERS.contains(&first) || digits.parse::<u32>().is_ok_and(|n| (1..=1000).contains(&n));
    let unit = first.strip_prefix(digits).unwrap_or_default();
    if !number {
        return false;
    }
    if !digits.is_empty() && !unit.is_empty() {
        return UNITS.contains(&unit);
    }
    words.find(|word| !BETWEEN.contains(word)).is_some_and(|word| UNITS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts() {
        for (text, found) in [
            ("Write to <security@example.com>.", true),
            ("mailto:security@example.com", true),
            ("Report at https://example.com/report.", true),
            ("http://example.com", false),
            ("security@localhost, @acme, a@b", false),
            ("https://", false),
            ("Tell us.", false),
        ] {
            assert_eq!(has_contact(text), found, "{text}");
        }
        assert!(!has_contact(&visible("<!-- security@example.com -->")));
        assert!(!has_contact(&visible("a <!-- security@example.com")));
        assert_eq!(contact_fields("Contact: mailto:a@example.com\ncontact: tel:+1-201\nContact: me\nExpires: x"), 2);
    }

    #[test]
    fn response_times() {
        for (text, found) in [
            ("We respond within 48 hours.", true),
            ("You get an acknowledgement in 2 business days", true),
            ("Within three\nworking days we will reply.", true),
            ("First response: 72h", true),
            ("a 5-day response time", true),
            ("We respond quickly.", false),
            ("Disclosure happens after 90 days.", false),
            ("We respond.\n\nFixes take 14 days.", false),
            ("We respond within 0 days", false),
            ("Respond to ticket 48", false),
            ("", false),
        ] {
            assert_eq!(has_response_time(text), found, "{text}");
        }
    }
}

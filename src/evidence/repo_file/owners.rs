//! CODEOWNERS: whether every path has an owner.

/// What the file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Owners {
    /// How many rules there are.
    pub(super) rules: usize,
    /// How many rules leave paths without an owner: 1 where no rule stands for all paths. None if the file has
    /// sections, which are read in another way.
    pub(super) unowned: Option<usize>,
}

/// Reads the rules in order; the last that fits a path is the one. After a rule for all paths, only what follows it
/// can take owners away.
pub(super) fn read(text: &str) -> Owners {
    let mut owners = Owners::default();
    let (mut catch_all, mut without, mut sections) = (false, 0_usize, false);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with('[') || line.starts_with("^[") {
            sections = true;
            continue;
        }
        let mut words = line.split_whitespace().take_while(|word| !word.starts_with('#'));
        let Some(pattern) = words.next() else { continue };
        owners.rules = owners.rules.saturating_add(1);
        let mut names = words.peekable();
        // One name that is none makes hosts skip the rule, or take its paths to be without owners.
        let owned = names.peek().is_some() && names.all(is_owner);
        match (owned, matches!(pattern, "*" | "**" | "/**")) {
            (true, true) => (catch_all, without) = (true, 0),
            (true, false) => {}
            (false, all) => {
                catch_all &= !all;
                without = without.saturating_add(1);
            }
        }
    }
    owners.unowned = match (sections, catch_all) {
        (true, _) => None,
        (false, true) => Some(without),
        (false, false) => Some(without.max(1)),
    };
    owners
}

/// `@user`, `@team/name`, or a mail address.
fn is_owner(word: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '+'))
    };
    match word.split_once('@') {
        Some(("", name)) => plain(name),
        Some((user, host)) => plain(user) && plain(host) && host.contains('.'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn the_last_rule_that_fits_is_the_one() {
        for (text, rules, unowned) in [
            ("", 0, Some(1)),
            ("# * @all\n", 0, Some(1)),
            ("* @acme/all\n", 1, Some(0)),
            ("* @acme/all dev@example.com # everybody\n/docs/ @writers\n", 2, Some(0)),
            ("/src/ @acme/all\n", 1, Some(1)),
            ("* @acme/all\n/vendor/\n/gen/ # nobody\n", 3, Some(2)),
            ("/vendor/\n* @acme/all\n", 2, Some(0)),
            ("* @acme/all\n*\n", 2, Some(1)),
            ("* @acme/all\n/x nobody\n", 2, Some(1)),
            ("*\n", 1, Some(1)),
            ("* @\n", 1, Some(1)),
            ("[Docs] @writers\n*\n", 1, None),
            ("* @all\n^[Optional]\n/x @y\n", 2, None),
        ] {
            let owners = read(text);
            assert_eq!((owners.rules, owners.unowned), (rules, unowned), "{text:?}");
        }
    }
}

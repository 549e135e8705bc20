//! Names that could be taken for another member's: compared by their Unicode skeleton (TR39).

use super::record::MemberRecord;
use super::refusal::{Code, Refusal};
use super::skeleton::skeleton;
use crate::encoding::text::{invisible, shown};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use unicode_security::MixedScript as _;

/// What a name looks like: two names with a look in common are confusable. Capitals are looked at as they are and as
/// small letters, for `I` is like `l` and `i` is not.
pub fn looks(name: &str) -> BTreeSet<String> {
    let spaced = name.split_whitespace().collect::<Vec<_>>().join(" ");
    [settled(spaced.clone()), settled(spaced.to_lowercase())].into()
}

/// Skeleton and small letters in turn, until neither changes anything: the skeleton of `0` is a capital `O`.
fn settled(mut look: String) -> String {
    for _ in 0..4 {
        let next: String = skeleton(&look).to_lowercase();
        if next == look {
            break;
        }
        look = next;
    }
    look
}

/// The members of `all` whose id or name could be taken for the id or name of one of `asked`, for each of these.
/// One pass over `all`, which is looked up in the looks of `asked`.
pub fn confusable<'a>(
    asked: impl IntoIterator<Item = (&'a str, &'a str)>,
    all: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut known: HashMap<String, BTreeSet<&'a str>> = HashMap::new();
    for (id, name) in asked {
        for look in looks(id).into_iter().chain(looks(name)) {
            known.entry(look).or_default().insert(id);
        }
    }
    let mut found: BTreeMap<&'a str, BTreeSet<&'a str>> = BTreeMap::new();
    for (id, name) in all.into_iter().filter(|_| !known.is_empty()) {
        for look in looks(id).into_iter().chain(looks(name)) {
            for other in known.get(&look).into_iter().flatten().filter(|other| **other != id) {
                found.entry(other).or_default().insert(id);
            }
        }
    }
    found
}

/// Refuses a name with characters that cannot be seen: nobody could tell it from the name without them.
///
/// # Errors
/// [`Code::NameInvisible`].
pub(super) fn check_visible(id: &str, name: &str) -> Result<(), Refusal> {
    let ignored = |c: char| skeleton(c.encode_utf8(&mut [0; 4])).is_empty();
    let unseen = |c: &char| c.is_control() || invisible(*c) || ignored(*c);
    let hidden: Vec<String> = name.chars().filter(unseen).map(|c| c.escape_unicode().to_string()).collect();
    if hidden.is_empty() && !name.trim().is_empty() {
        return Ok(());
    }
    let got = if hidden.is_empty() { "nothing that can be seen".to_owned() } else { hidden.join(" ") };
    Err(Refusal::new(Code::NameInvisible, id, "a name of characters that can be seen", got))
}

/// Refuses names of `named` that could be taken for another's in `all`, which is read once, unless one of the two
/// records says so; `record` finds those that are alike.
///
/// # Errors
/// [`Code::NameInvisible`], [`Code::NameConfusable`].
pub(super) fn check_names<'a>(
    named: &[&'a MemberRecord],
    all: impl IntoIterator<Item = (&'a str, &'a str)>,
    record: impl Fn(&str) -> Option<&'a MemberRecord>,
) -> Result<(), Refusal> {
    named.iter().try_for_each(|m| check_visible(&m.id, &m.name))?;
    let confirmed = |a: &str, b: &str| record(a).is_some_and(|m| m.confusable_with.contains(b));
    let full = |id: &str| record(id).map_or_else(|| shown(id), |m| format!("{} ({})", shown(&m.id), shown(&m.name)));
    for (id, others) in confusable(named.iter().map(|m| (m.id.as_str(), m.name.as_str())), all) {
        if let Some(other) = others.into_iter().find(|other| !confirmed(id, other) && !confirmed(other, id)) {
            let expected = "an id and a name that nobody could take for another member's";
            let got = format!("one like that of {}", full(other));
            return Err(Refusal::new(Code::NameConfusable, full(id), expected, got));
        }
    }
    Ok(())
}

/// What a board member should know about a new name besides the name.
pub(super) fn remarks(member: &MemberRecord, members: &BTreeMap<String, MemberRecord>, out: &mut Vec<String>) {
    let id = &member.id;
    for other in &member.confusable_with {
        let name = members.get(other).map_or_else(String::new, |m| format!(" ({})", shown(&m.name)));
        out.push(format!(
            "CONFIRMED: member {id} ({}) could be taken for member {}{name}, and is another",
            shown(&member.name),
            shown(other)
        ));
    }
    for word in member.name.split_whitespace().filter(|word| !word.is_single_script()) {
        out.push(format!("the name of member {id} mixes alphabets in one word: {}", shown(word)));
    }
}

#[cfg(test)]
mod tests {
    use super::{confusable, looks};

    fn alike(a: &str, b: &str) -> bool {
        !looks(a).is_disjoint(&looks(b))
    }

    #[test]
    fn what_looks_alike_has_a_look_in_common() {
        for (a, b) in [
            ("acme", "acrne"),
            ("acme", "ACME"),
            ("acme", "аcme"),
            ("acme corp", "Acme  C\u{43e}rp"),
            ("globex", "gl0bex"),
            ("paypal", "paypa1"),
            ("IBM", "lBM"),
            ("ibm", "IBM"),
            ("Acme Corp", "Ａｃｍｅ Ｃｏｒｐ"),
            ("café", "cafe\u{301}"),
        ] {
            assert!(alike(a, b), "{a} {b}: {:?} {:?}", looks(a), looks(b));
        }
        for (a, b) in [("acme", "acne"), ("globex", "globe"), ("Acme Corp", "Acme"), ("m10", "m12")] {
            assert!(!alike(a, b), "{a} {b}");
        }
    }

    #[test]
    fn each_of_many_is_compared_with_all() {
        let all = [("acme", "Acme Corp"), ("acrne", "Other"), ("third", "Асme Соrp"), ("fourth", "ACRNE")];
        let found = confusable([all[0]], all);
        assert_eq!(found.get("acme").unwrap().iter().copied().collect::<Vec<_>>(), ["acrne", "fourth", "third"]);
        assert!(confusable([("globex", "Globex")], all).is_empty());
        // Every one of twenty thousand against all of them: a second, where every pair would take an hour.
        let many: Vec<(String, String)> = (0..20_000).map(|n| (format!("v{n}"), format!("Vendor {n}"))).collect();
        let many = || many.iter().map(|(id, name)| (id.as_str(), name.as_str()));
        assert!(confusable(many(), many()).is_empty());
    }
}

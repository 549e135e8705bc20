//! Skeletons of names (TR39, section 4): what a name looks like. The table is `unicode_security`'s, written anew by `build.rs`.

use unicode_normalization::UnicodeNormalization as _;

include!(concat!(env!("OUT_DIR"), "/prototypes.rs"));

/// The skeleton of a name: equal for names that can be taken for one another.
pub(super) fn skeleton(name: &str) -> String {
    let mut look = String::with_capacity(name.len());
    for c in name.nfd() {
        match prototype(c) {
            Some(other) => look.push_str(other),
            None => look.push(c),
        }
    }
    look.nfd().collect()
}

/// What a decomposed character looks like, if not like itself: nothing at all, if it is not seen.
fn prototype(c: char) -> Option<&'static str> {
    let at = CHARS.binary_search(&c).ok()?;
    let start = at.checked_sub(1).and_then(|before| ENDS.get(before)).map_or(0, |end| usize::from(*end));
    LOOKS.get(start..usize::from(*ENDS.get(at)?))
}

#[cfg(test)]
mod tests {
    use super::skeleton;
    use proptest::prelude::*;

    fn theirs(name: &str) -> String {
        unicode_security::skeleton(name).collect()
    }

    #[test]
    fn every_character_looks_as_in_the_table_of_the_crate() {
        let differ = |c: &char| skeleton(&c.to_string()) != theirs(&c.to_string());
        assert_eq!((char::MIN..=char::MAX).find(differ), None);
        assert_eq!((skeleton("\u{430}m"), skeleton("m\u{ad}")), ("arn".to_owned(), "rn".to_owned()));
    }

    proptest! {
        #[test]
        fn every_name_looks_as_by_the_crate(name in "\\PC*", marks in "[\u{300}-\u{34f}a\u{e9}\u{1d5e}\u{feff}\u{fdfa}]{0,12}") {
            for text in [name.clone(), marks.clone(), format!("{name}{marks}")] {
                prop_assert_eq!(skeleton(&text), theirs(&text));
            }
        }
    }
}

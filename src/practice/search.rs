//! Finding a practice: by words, and by an id that is nearly right.

use super::{Catalogue, Mappings, Practice, PracticeId};

/// The practices in which every word occurs, in id, title, outcome, area, titles of checks or foreign ids.
/// Case does not matter. Best first: words in the id or title count most, then the catalogue's order.
pub fn search<'a>(catalogue: &'a Catalogue, mappings: &Mappings, words: &[String]) -> Vec<&'a Practice> {
    let words: Vec<String> = words.iter().flat_map(|w| w.split_whitespace()).map(str::to_lowercase).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(u32, &Practice)> = Vec::new();
    for practice in &catalogue.practices {
        let fields = fields(catalogue, mappings, practice);
        let score =
            |word: &String| fields.iter().filter(|(_, text)| text.contains(word)).map(|(weight, _)| *weight).max();
        if let Some(scores) = words.iter().map(score).collect::<Option<Vec<u32>>>() {
            found.push((scores.iter().sum(), practice));
        }
    }
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, practice)| practice).collect()
}

/// What is searched, in lower case, with what a word in it is worth.
fn fields(catalogue: &Catalogue, mappings: &Mappings, practice: &Practice) -> Vec<(u32, String)> {
    let area = catalogue.areas.iter().find(|a| a.id == practice.area).map(|a| a.title.as_str()).unwrap_or_default();
    let checks =
        practice.checks.iter().filter_map(|id| catalogue.check(id)).map(|c| (1, format!("{} {}", c.id, c.title)));
    let foreign = mappings.of(&practice.id).into_iter().map(|m| (1, format!("{}:{}", m.framework, m.id)));
    [(8, practice.id.to_string()), (4, practice.title.clone()), (2, practice.outcome.clone()), (1, area.to_owned())]
        .into_iter()
        .chain(checks)
        .chain(foreign)
        .map(|(weight, text)| (weight, text.to_lowercase()))
        .collect()
}

/// Up to three ids of the catalogue that `text` may have been meant to be, nearest first; at most three
/// letters apart.
pub fn nearest(catalogue: &Catalogue, text: &str) -> Vec<PracticeId> {
    let text: String = text.trim().to_uppercase().chars().take(32).collect();
    let mut near: Vec<(usize, PracticeId)> =
        catalogue.practices.iter().map(|p| (distance(&text, p.id.as_str()), p.id)).collect();
    near.sort();
    near.into_iter().filter(|(d, _)| *d <= 3).map(|(_, id)| id).take(3).collect()
}

/// Letters to insert, delete or change to turn one text into the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (y, above) in b.chars().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(x != y)).min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

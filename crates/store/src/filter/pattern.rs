//! Patterns as they are matched: what `like` and `regexp` mean without `PostgreSQL`, and what a pattern weighs.

use regex::{Regex, RegexBuilder};

/// How many bytes of a compiled pattern weigh one.
const UNIT: usize = 64 * 1024;
/// What a pattern may weigh, in a few steps, since it is compiled once for each.
const WEIGHTS: [usize; 3] = [1, 4, MOST];
/// The most that one pattern may weigh: a megabyte.
const MOST: usize = 16;
/// A `like` with so many wildcards, and no longer than this many bytes, weighs one, without being looked at closely.
const SMALL: (usize, usize) = (16, 200);

/// A regular expression, compiled; `None` where it is too large.
#[cfg(feature = "sqlite")]
pub(crate) fn regexp(pattern: &str, insensitive: bool) -> Option<Regex> {
    compile(pattern, insensitive, MOST)
}

/// A pattern of `LIKE`, compiled; `None` where it is too large.
#[cfg(feature = "sqlite")]
pub(crate) fn like(pattern: &str, insensitive: bool) -> Option<Regex> {
    compile(&expression(pattern), insensitive, MOST)
}

/// What a regular expression weighs; `None` where it is too large.
pub(super) fn weight(pattern: &str, insensitive: bool) -> Option<usize> {
    WEIGHTS.into_iter().find(|weight| compile(pattern, insensitive, *weight).is_some())
}

/// What a pattern of `LIKE` weighs; `None` where it is too large.
pub(super) fn weight_of_like(pattern: &str, insensitive: bool) -> Option<usize> {
    let (wildcards, length) = SMALL;
    if pattern.len() <= length && pattern.matches(['%', '_']).count() <= wildcards {
        return Some(1);
    }
    weight(&expression(pattern), insensitive)
}

/// A dot matches a line feed too, as in `PostgreSQL`.
fn compile(pattern: &str, insensitive: bool, weight: usize) -> Option<Regex> {
    let mut builder = RegexBuilder::new(pattern);
    builder.case_insensitive(insensitive).dot_matches_new_line(true).size_limit(weight * UNIT).dfa_size_limit(4 * UNIT);
    builder.build().ok()
}

/// The regular expression that means the same as a pattern of `LIKE`.
fn expression(pattern: &str) -> String {
    let mut expression = String::from("^");
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '%' => expression.push_str(".*"),
            '_' => expression.push('.'),
            '\\' => expression.push_str(&escape(characters.next().unwrap_or('\\'))),
            other => expression.push_str(&escape(other)),
        }
    }
    expression.push('$');
    expression
}

fn escape(character: char) -> String {
    regex::escape(character.encode_utf8(&mut [0; 4]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_search_for_weighs_little_and_what_is_written_out_much() {
        for (pattern, most) in [
            ("^admin", 1),
            ("[a-z0-9]{1,63}", 1),
            (r"\d{3}-\d{4}", 1),
            (r"^\w+@\w+\.\w+$", 4),
            (r"^[\w.+-]+@[\w-]+\.[\w.]+$", 4),
            (r"\w{1,20}", 16),
        ] {
            let weight = weight(pattern, true);
            assert!(weight.is_some_and(|weight| weight <= most), "{pattern}: {weight:?}");
        }
        assert_eq!(weight(r"\w{180}Z", false), None);
        assert_eq!(weight_of_like("%admin%", true), Some(1));
        let wildcards = weight_of_like(&format!("%a{}", "_".repeat(200)), true);
        assert!(wildcards.is_some_and(|weight| weight > 1), "{wildcards:?}");
        assert_eq!(weight_of_like(&"_".repeat(999), true), Some(MOST));
    }
}

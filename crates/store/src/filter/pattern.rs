//! Patterns as they are matched: what `like` and `regexp` mean without `PostgreSQL`, and what a pattern weighs.

#[cfg(feature = "sqlite")]
use regex::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// How many bytes of a compiled pattern weigh one.
const UNIT: usize = 64 * 1024;
/// The most that one pattern may weigh: a megabyte.
const MOST: usize = 16;
/// What a compiled pattern takes for a letter, for a class of letters, and for each range of one, in bytes.
const STATE: usize = 64;
const CLASS: usize = 1_800;
const RANGE: usize = 70;

/// A regular expression, compiled; `None` where it is too large.
#[cfg(feature = "sqlite")]
pub(crate) fn regexp(pattern: &str, insensitive: bool) -> Option<Regex> {
    compile(pattern, insensitive)
}

/// A pattern of `LIKE`, compiled; `None` where it is too large.
#[cfg(feature = "sqlite")]
pub(crate) fn like(pattern: &str, insensitive: bool) -> Option<Regex> {
    compile(&expression(pattern), insensitive)
}

/// What a regular expression weighs; `None` where it is too large. The weight is estimated from the syntax tree: a client may
/// send many patterns, and to compile them all would take the service seconds.
pub(super) fn weight(pattern: &str, insensitive: bool) -> Option<usize> {
    let mut parser = ParserBuilder::new();
    let tree = parser.case_insensitive(insensitive).dot_matches_new_line(true).build().parse(pattern).ok()?;
    Some(bytes(&tree).div_ceil(UNIT)).filter(|weight| *weight <= MOST)
}

/// What a pattern of `LIKE` weighs; `None` where it is too large.
pub(super) fn weight_of_like(pattern: &str, insensitive: bool) -> Option<usize> {
    weight(&expression(pattern), insensitive)
}

/// How many bytes a syntax tree takes at most when it is compiled, by what `regex` 1.13 was seen to take: letters in UTF-8
/// become states, those of a class for each range of it.
fn bytes(tree: &Hir) -> usize {
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => STATE,
        HirKind::Literal(literal) => literal.0.len().saturating_mul(STATE),
        HirKind::Class(Class::Unicode(class)) if class.is_ascii() => 2 * STATE,
        HirKind::Class(Class::Unicode(class)) => CLASS.saturating_add(class.ranges().len().saturating_mul(RANGE)),
        HirKind::Class(Class::Bytes(_)) => CLASS,
        HirKind::Capture(capture) => bytes(&capture.sub).saturating_add(2 * STATE),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or_else(|| repetition.min.saturating_add(1)).max(1);
            bytes(&repetition.sub).saturating_add(STATE).saturating_mul(usize::try_from(times).unwrap_or(usize::MAX))
        }
        HirKind::Concat(all) | HirKind::Alternation(all) => all.iter().map(bytes).fold(STATE, usize::saturating_add),
    }
}

/// A dot matches a line feed too, as in `PostgreSQL`. The compiled pattern may take twice what it weighs.
#[cfg(feature = "sqlite")]
fn compile(pattern: &str, insensitive: bool) -> Option<Regex> {
    let weight = weight(pattern, insensitive)?;
    let mut builder = RegexBuilder::new(pattern);
    builder
        .case_insensitive(insensitive)
        .dot_matches_new_line(true)
        .size_limit(2 * weight * UNIT)
        .dfa_size_limit(4 * UNIT);
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
            ("[a-z0-9]{1,63}", 3),
            (r"\d{3}-\d{4}", 1),
            (r"^\w+@\w+\.\w+$", 6),
            (r"^[\w.+-]+@[\w-]+\.[\w.]+$", 6),
            (r"\w{1,16}", 16),
        ] {
            let weight = weight(pattern, true);
            assert!(weight.is_some_and(|weight| weight <= most), "{pattern}: {weight:?}");
        }
        assert_eq!(weight(r"\w{60}", false), None);
        assert_eq!(weight_of_like("%admin%", true), Some(1));
        let wildcards = weight_of_like(&format!("%a{}", "_".repeat(200)), true);
        assert!(wildcards.is_some_and(|weight| weight > 1), "{wildcards:?}");
    }

    // What is let through must not fail when it is compiled.
    #[cfg(feature = "sqlite")]
    #[test]
    fn what_is_not_too_large_can_be_compiled() {
        let pieces = [
            r"\w",
            r"\d",
            r"\s",
            r"\S",
            r"\D",
            "[^x]",
            ".",
            "a",
            "é",
            "[a-zé]",
            "(\\w|é)",
            "(a?b?)",
            "[\u{3b1}-\u{3c9}]",
        ];
        for piece in pieces {
            for times in [1, 2, 5, 10, 15, 20, 50, 99] {
                for pattern in [format!("^{piece}{{{times}}}$"), format!("x{piece}{{1,{times}}}|({piece}?){{{times}}}")]
                {
                    for insensitive in [false, true] {
                        if weight(&pattern, insensitive).is_some() {
                            assert!(regexp(&pattern, insensitive).is_some(), "{pattern} {insensitive}");
                        }
                    }
                }
            }
        }
        for letters in ["_".repeat(999), "é_%".repeat(249), "ſ".repeat(499), "k".repeat(999)] {
            for insensitive in [false, true] {
                if weight_of_like(&letters, insensitive).is_some() {
                    assert!(like(&letters, insensitive).is_some(), "{letters}");
                }
            }
        }
    }
}

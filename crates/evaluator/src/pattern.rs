//! The patterns of `like` and `regexp`: parsing, the limits of what is accepted, and matching.

use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

/// Regular expressions that `PostgreSQL` and the `regex` crate read alike. A quantifier follows an atom, never another quantifier.
const COMMON_SUBSET: &str = r"(?xs)^(?:
    (?: [^\\\[\](){}*+?|^$]                                                 # a character
      | \\[dws.\[\](){}*+?|^$\\/-]                                          # a class, or a character taken literally
      | \[\^?-?(?: (?: [^\\\[\]&~^-] | \\[.\[\](){}*+?|^$\\/-] )
                   (?: - (?: [^\\\[\]&~^-] | \\[.\[\](){}*+?|^$\\/-] ) )?
                 | \\[dws] )+-?\]                                           # a bracket expression
      | \) )
    (?: [*+?] | \{ (?: 25[0-5] | 2[0-4]\d | 1?\d?\d ) (?: , (?: 25[0-5] | 2[0-4]\d | 1?\d?\d )? )? \} )?
  | \( (?: \?: )? | [|^$]
)*$";

/// A pattern of the `like` family: `%` for any text, `_` for one character, a backslash before a literal character.
#[derive(Debug)]
pub(crate) struct Like {
    wildcards: Vec<Wildcard>,
    fold: bool,
}

#[derive(Debug)]
enum Wildcard {
    Anything,
    One,
    Exactly(char),
}

impl Like {
    /// Parses `pattern`; `fold` makes it blind to case.
    pub(crate) fn parse(pattern: &str, fold: bool) -> Result<Self, String> {
        let mut chars = folded(pattern, fold);
        let mut wildcards = Vec::new();
        while let Some(c) = chars.next() {
            wildcards.push(match c {
                '%' => Wildcard::Anything,
                '_' => Wildcard::One,
                '\\' => Wildcard::Exactly(chars.next().ok_or("the pattern ends with its escape character")?),
                c => Wildcard::Exactly(c),
            });
        }
        Ok(Self { wildcards, fold })
    }

    /// Whether the pattern covers the whole of `text`.
    pub(crate) fn matches(&self, text: &str) -> bool {
        covers(&self.wildcards, &folded(text, self.fold).collect::<Vec<_>>())
    }
}

fn covers(wildcards: &[Wildcard], text: &[char]) -> bool {
    match wildcards.split_first() {
        None => text.is_empty(),
        Some((Wildcard::Anything, rest)) => (0..=text.len()).any(|taken| covers(rest, &text[taken..])),
        Some((Wildcard::One, rest)) => !text.is_empty() && covers(rest, &text[1..]),
        Some((Wildcard::Exactly(c), rest)) => text.first() == Some(c) && covers(rest, &text[1..]),
    }
}

fn folded(text: &str, fold: bool) -> impl Iterator<Item = char> {
    text.chars().map(move |c| if fold { lower(c) } else { c })
}

/// Unicode's simple lower case: always one character (so not the final sigma, and `i` for the dotted capital I).
fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// A regular expression of the common subset, searched for anywhere in a text.
#[derive(Debug)]
pub(crate) struct Expression(Regex);

impl Expression {
    /// Parses `pattern` or `/pattern/flags`: `i` ignores case, `g` and `m` mean nothing here.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        static COMMON: LazyLock<Result<Regex, regex::Error>> = LazyLock::new(|| Regex::new(COMMON_SUBSET));
        let slashed = text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/'));
        let (pattern, flags) = slashed.unwrap_or((text, ""));
        if flags.contains(|flag| !"gim".contains(flag)) {
            return Err(format!("invalid regex flags: {flags}"));
        }
        let common = COMMON.as_ref().map_err(ToString::to_string)?;
        if !common.is_match(pattern) {
            return Err(format!("{pattern} is outside the common subset"));
        }
        let mut builder = RegexBuilder::new(pattern);
        builder.case_insensitive(flags.contains('i')).dot_matches_new_line(true);
        builder.build().map(Self).map_err(|error| error.to_string())
    }

    /// Whether some part of `text` matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

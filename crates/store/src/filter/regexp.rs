//! Patterns of `regexp` and `like`: which of them both databases read alike, and in what form they get them.
//!
//! The syntax tree comes from `regex-syntax`; here is only the list of what is common to it and
//! to the advanced regular expressions of `PostgreSQL`.

use regex_syntax::ast::{
    self, Ast, ClassSet, ClassSetItem, ErrorKind, GroupKind, LiteralKind, RepetitionKind, RepetitionRange,
};

/// Largest count of a repetition that `PostgreSQL` accepts.
const MAX_REPETITION: u32 = 255;
/// Longest pattern, in bytes.
const MAX_LENGTH: usize = 1_000;
/// Most steps of a pattern once its repetitions are written out: each may be taken at each letter of a long text, and nothing
/// ends a match before it is done.
const MAX_STEPS: u64 = 100;

/// Splits `/pattern/flags`, checks the pattern and says whether case is ignored. A pattern that is
/// no regular expression at all is taken literally, as the original does.
///
/// # Errors
/// The reason, for the client.
pub(super) fn parse(text: &str) -> Result<(String, bool), String> {
    let (pattern, flags) = split(text);
    if let Some(flag) = flags.chars().find(|flag| !"gim".contains(*flag)) {
        return Err(format!("Invalid regex flags: {flag}"));
    }
    if pattern.len() > MAX_LENGTH || pattern.contains('\0') {
        return Err(format!("a pattern has at most {MAX_LENGTH} bytes and no NUL character"));
    }
    let insensitive = flags.contains('i');
    match ast::parse::Parser::new().parse(pattern) {
        // Operators on sets of characters, which PostgreSQL reads as the characters themselves.
        Ok(_) if pattern.contains('[') && ["--", "&&", "~~"].iter().any(|operator| pattern.contains(operator)) => {
            Err("the pattern uses syntax outside the common subset of regular expressions".to_owned())
        }
        Ok(tree) if steps(&tree) > MAX_STEPS => Err("the pattern repeats too often".to_owned()),
        Ok(tree) if is_common(&tree) => Ok((pattern.to_owned(), insensitive)),
        Ok(_) => Err("the pattern uses syntax outside the common subset of regular expressions".to_owned()),
        Err(error) if is_other_dialect(error.kind()) => {
            Err("the pattern uses syntax outside the common subset of regular expressions".to_owned())
        }
        Err(_) => Ok((regex::escape(pattern), insensitive)),
    }
}

/// A `LIKE` pattern that both databases accept: a final lone escape stands for itself.
/// `None` when it holds a NUL character or is too long.
pub(super) fn like_pattern(text: &str) -> Option<String> {
    let trailing = text.chars().rev().take_while(|c| *c == '\\').count();
    let suffix = if trailing % 2 == 1 { "\\" } else { "" };
    (!text.contains('\0') && text.len() <= MAX_LENGTH).then(|| format!("{text}{suffix}"))
}

fn split(text: &str) -> (&str, &str) {
    match (text.strip_prefix('/'), text.rfind('/')) {
        (Some(_), Some(end)) if end > 0 && text[end + 1..].chars().all(|c| c.is_ascii_alphabetic()) => {
            (&text[1..end], &text[end + 1..])
        }
        _ => (text, ""),
    }
}

/// Valid elsewhere, so that taking it literally would change its meaning.
fn is_other_dialect(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnsupportedBackreference
            | ErrorKind::UnsupportedLookAround
            | ErrorKind::EscapeUnrecognized
            | ErrorKind::FlagUnrecognized
            | ErrorKind::NestLimitExceeded(_)
            | ErrorKind::CaptureLimitExceeded
    )
}

/// How long a pattern is once its repetitions are written out.
fn steps(tree: &Ast) -> u64 {
    match tree {
        Ast::Repetition(repetition) => {
            let times = match &repetition.op.kind {
                RepetitionKind::Range(RepetitionRange::Exactly(n) | RepetitionRange::Bounded(_, n)) => *n,
                RepetitionKind::Range(RepetitionRange::AtLeast(n)) => n.saturating_add(1),
                _ => 1,
            };
            steps(&repetition.ast).saturating_mul(u64::from(times.max(1)))
        }
        Ast::Group(group) => steps(&group.ast),
        Ast::Alternation(alternation) => alternation.asts.iter().map(steps).fold(0, u64::saturating_add),
        Ast::Concat(concat) => concat.asts.iter().map(steps).fold(0, u64::saturating_add),
        _ => 1,
    }
}

fn is_common(tree: &Ast) -> bool {
    match tree {
        Ast::Empty(_) | Ast::Dot(_) | Ast::ClassPerl(_) => true,
        Ast::Literal(literal) => is_common_literal(literal),
        Ast::Assertion(assertion) => {
            matches!(assertion.kind, ast::AssertionKind::StartLine | ast::AssertionKind::EndLine)
        }
        Ast::ClassBracketed(class) => match &class.kind {
            ClassSet::Item(item) => is_common_item(item),
            ClassSet::BinaryOp(_) => false,
        },
        Ast::Repetition(repetition) => {
            repetition.greedy
                && match &repetition.op.kind {
                    RepetitionKind::Range(RepetitionRange::Exactly(n) | RepetitionRange::AtLeast(n)) => {
                        *n <= MAX_REPETITION
                    }
                    RepetitionKind::Range(RepetitionRange::Bounded(_, n)) => *n <= MAX_REPETITION,
                    _ => true,
                }
                && !matches!(&*repetition.ast, Ast::Repetition(_) | Ast::Assertion(_) | Ast::Empty(_))
                && is_common(&repetition.ast)
        }
        Ast::Group(group) => {
            let plain = match &group.kind {
                GroupKind::CaptureIndex(_) => true,
                GroupKind::NonCapturing(flags) => flags.items.is_empty(),
                GroupKind::CaptureName { .. } => false,
            };
            plain && is_common(&group.ast)
        }
        Ast::Alternation(alternation) => alternation.asts.iter().all(is_common),
        Ast::Concat(concat) => concat.asts.iter().all(is_common),
        Ast::Flags(_) | Ast::ClassUnicode(_) => false,
    }
}

fn is_common_item(item: &ClassSetItem) -> bool {
    match item {
        ClassSetItem::Literal(literal) => is_common_literal(literal),
        ClassSetItem::Range(range) => is_common_literal(&range.start) && is_common_literal(&range.end),
        ClassSetItem::Perl(class) => !class.negated,
        ClassSetItem::Union(union) => union.items.iter().all(is_common_item),
        ClassSetItem::Empty(_) | ClassSetItem::Ascii(_) | ClassSetItem::Unicode(_) | ClassSetItem::Bracketed(_) => {
            false
        }
    }
}

fn is_common_literal(literal: &ast::Literal) -> bool {
    match literal.kind {
        LiteralKind::Verbatim | LiteralKind::Meta => true,
        LiteralKind::Superfluous => literal.c.is_ascii_punctuation(),
        LiteralKind::Special(ref kind) => {
            matches!(
                kind,
                ast::SpecialLiteralKind::LineFeed
                    | ast::SpecialLiteralKind::CarriageReturn
                    | ast::SpecialLiteralKind::Tab
            )
        }
        _ => false,
    }
}

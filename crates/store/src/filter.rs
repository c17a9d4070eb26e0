//! The `LoopBack` filter as a checked syntax tree: every property, operator and relation in it exists.
//!
//! [`parse`] makes one from JSON, [`brackets`] makes the JSON from a query string. Nothing here
//! knows SQL, and nothing outside `crate::sql` turns a tree into a statement.

pub mod brackets;
mod error;
pub mod parse;
pub(crate) mod pattern;
mod regexp;

pub use error::FilterError;

use std::borrow::Cow;

use crate::entity::{Property, Relation};
use crate::value::Value;

/// What to read: which rows, in which order, which properties, with which relations.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Which rows; none means all that the scope lets through.
    pub predicate: Option<Predicate>,
    /// Where a page of them begins: apart from the predicate, since the whole list does not begin there.
    pub behind: Option<Predicate>,
    /// Whether a page says how many rows the whole list has.
    pub counted: bool,
    /// Order; empty means by id.
    pub order: Vec<Order>,
    /// At most so many rows.
    pub limit: Option<u64>,
    /// Leave out so many rows first.
    pub skip: u64,
    /// Positions of the wanted properties in the entity's list; none means all.
    pub fields: Option<Vec<usize>>,
    /// Relations to load with each row.
    pub include: Vec<Include>,
}

/// One relation to load.
#[derive(Debug, Clone)]
pub struct Include {
    /// The relation.
    pub relation: &'static Relation,
    /// Filter of the related rows; its `limit` and `skip` count for each parent.
    pub scope: Filter,
}

/// One key of an order.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    /// The property.
    pub property: &'static Property,
    /// Whether large values come first.
    pub descending: bool,
}

/// A condition on a row.
#[derive(Debug, Clone)]
pub enum Predicate {
    /// All hold.
    And(Vec<Predicate>),
    /// One holds.
    Or(Vec<Predicate>),
    /// A comparison of one property, or of the text at a path inside a JSON property.
    Comparison {
        /// The property.
        property: &'static Property,
        /// Keys into a JSON property; empty for the property itself.
        path: Vec<String>,
        /// The comparison.
        comparison: Comparison,
    },
}

impl Predicate {
    /// Whether only the row with some id can satisfy it, if `id` is what it is known by.
    pub fn names(&self, id: &'static Property) -> bool {
        match self {
            Self::And(all) => all.iter().any(|one| one.names(id)),
            Self::Or(any) => matches!(any.as_slice(), [only] if only.names(id)),
            Self::Comparison { property, path, comparison } => {
                std::ptr::eq(*property, id) && path.is_empty() && matches!(comparison, Comparison::Equal(_))
            }
        }
    }

    /// Whether it compares columns as they are: no patterns, no items of arrays, and nothing inside JSON.
    pub fn is_light(&self) -> bool {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().all(Self::is_light),
            Self::Comparison { path, comparison, .. } => {
                path.is_empty()
                    && !matches!(
                        comparison,
                        Comparison::Like { .. } | Comparison::Regexp { .. } | Comparison::HoldsAll(_)
                    )
            }
        }
    }

    /// What it is made of by `and`.
    pub(crate) fn conjuncts(&self) -> Vec<&Self> {
        match self {
            Self::And(all) => all.iter().flat_map(Self::conjuncts).collect(),
            one => vec![one],
        }
    }

    /// The properties that it tests, each once.
    pub(crate) fn properties(&self) -> Vec<&'static Property> {
        let mut properties = match self {
            Self::And(all) | Self::Or(all) => all.iter().flat_map(Self::properties).collect(),
            Self::Comparison { property, .. } => vec![*property],
        };
        properties.sort_by_key(|property| property.name);
        properties.dedup_by_key(|property| property.name);
        properties
    }

    /// What is left of a budget of weight: each pattern takes of it by its size, each other comparison that is not light one. What
    /// it is too small for is not looked at.
    fn weighed(&self, budget: usize) -> Result<usize, Overweight> {
        let weight = match self {
            Self::And(all) | Self::Or(all) => return all.iter().try_fold(budget, |left, one| one.weighed(left)),
            Self::Comparison { .. } if self.is_light() => 0,
            Self::Comparison { .. } if budget == 0 => return Err(Overweight::Together),
            Self::Comparison { comparison: Comparison::Like { pattern, insensitive, .. }, .. } => {
                pattern::weight_of_like(pattern, *insensitive).ok_or(Overweight::Pattern)?
            }
            Self::Comparison { comparison: Comparison::Regexp { pattern, insensitive }, .. } => {
                pattern::weight(pattern, *insensitive).ok_or(Overweight::Pattern)?
            }
            Self::Comparison { .. } => 1,
        };
        budget.checked_sub(weight).ok_or(Overweight::Together)
    }
}

/// Why a predicate weighs too much.
enum Overweight {
    /// One pattern does.
    Pattern,
    /// All of it does.
    Together,
}

/// A comparison of one value. A null value passes only [`Comparison::Null`], as in SQL.
#[derive(Debug, Clone)]
pub enum Comparison {
    /// Equal.
    Equal(Value),
    /// Equal text, but for the case of letters; the value is in lower case.
    EqualInLowerCase(String),
    /// An array that holds each of these.
    HoldsAll(Vec<Value>),
    /// An array that holds at least one of these; not in the language of clients.
    HoldsAny(Vec<Value>),
    /// Not equal, and not null.
    NotEqual(Value),
    /// Greater.
    Greater(Value),
    /// Greater or equal.
    GreaterOrEqual(Value),
    /// Less.
    Less(Value),
    /// Less or equal.
    LessOrEqual(Value),
    /// Between, both ends included.
    Between(Value, Value),
    /// One of.
    In(Vec<Value>),
    /// None of.
    NotIn(Vec<Value>),
    /// SQL `LIKE` with `%`, `_` and the escape `\`.
    Like {
        /// The pattern.
        pattern: String,
        /// Whether case is ignored.
        insensitive: bool,
        /// Whether the match must fail.
        negated: bool,
    },
    /// Regular expression of the subset that both databases read alike; unanchored.
    Regexp {
        /// The pattern.
        pattern: String,
        /// Whether case is ignored.
        insensitive: bool,
    },
    /// A text with a character outside ASCII; not in the language of clients.
    BeyondAscii,
    /// Null.
    Null,
    /// Not null.
    NotNull,
    /// Nothing passes.
    Never,
}

impl Filter {
    /// What a filter of `LoopBack` may hold.
    pub const CLAUSES: [&str; 7] = ["where", "fields", "order", "limit", "skip", "offset", "include"];

    /// This filter, of rows that also satisfy a predicate, whatever its own says.
    #[must_use]
    pub fn within(mut self, predicate: Predicate) -> Self {
        self.predicate = Some(match self.predicate {
            Some(own) => Predicate::And(vec![predicate, own]),
            None => predicate,
        });
        self
    }

    /// Which rows are read: those of the predicate, behind the place where the page begins.
    pub(crate) fn rows(&self) -> Option<Cow<'_, Predicate>> {
        match (&self.behind, &self.predicate) {
            (Some(behind), Some(own)) => Some(Cow::Owned(Predicate::And(vec![behind.clone(), own.clone()]))),
            (Some(only), None) | (None, Some(only)) => Some(Cow::Borrowed(only)),
            (None, None) => None,
        }
    }

    /// A filter of rows by predicate only.
    pub fn matching(predicate: Predicate) -> Self {
        Self { predicate: Some(predicate), ..Self::default() }
    }
}

impl Predicate {
    /// This predicate and another one.
    #[must_use]
    pub fn and(self, other: Option<&Self>) -> Self {
        match other {
            Some(other) => Self::And(vec![self, other.clone()]),
            None => self,
        }
    }

    /// `property = value`.
    pub fn equals(property: &'static Property, value: Value) -> Self {
        Self::Comparison { property, path: Vec::new(), comparison: Comparison::Equal(value) }
    }
}

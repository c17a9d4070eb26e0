//! Forms of text: names that look the same, or lead to the same place, are written in one way, and looked up in it.

use crate::value::Value;

/// How the texts of a property are written.
#[derive(Debug)]
pub struct Form {
    /// The text in this form, or why it has none. What is in the form already stays as it is.
    pub write: fn(&str) -> Result<String, Unwritable>,
    /// Whether every value that is set is written so, and refused where it cannot be. Else the rules of the entity see to it,
    /// which know what the row holds; conditions are read in the form all the same.
    pub is_set_by_store: bool,
    /// Whether it has no capital letters: patterns of conditions are then read without them too.
    pub is_lower_case: bool,
}

/// Why a text has no such form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// Nothing that can be seen is in it.
    #[error("must NOT have fewer than 1 characters")]
    Empty,
    /// It is longer than it may be, in characters.
    #[error("must NOT have more than {0} characters")]
    TooLong(u32),
    /// What it must be.
    #[error("{0}")]
    Not(&'static str),
}

impl Form {
    /// A value that is set, in this form.
    pub(crate) fn set(&self, value: Value) -> Result<Value, Unwritable> {
        match value {
            Value::Text(text) if self.is_set_by_store => (self.write)(&text).map(Value::Text),
            other => Ok(other),
        }
    }

    /// All texts that a literal of a condition may stand for: itself, since a row may be older than the form, and it in the
    /// form. `None` where they are one.
    pub(crate) fn read(&self, literal: &Value) -> Option<Value> {
        let Value::Text(text) = literal else { return None };
        (self.write)(text).ok().filter(|written| written != text).map(Value::Text)
    }
}

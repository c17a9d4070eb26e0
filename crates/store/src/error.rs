//! What can go wrong in the store: match on [`StoreError`] and turn each outcome into your own error once.

use crate::filter::FilterError;

/// Result of a store operation.
pub type StoreResult<T> = Result<T, StoreError>;

/// Every outcome of the store that is not success. No variant names a protocol, and the text of
/// none repeats what the driver said; that stays in `source()` for the log.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The filter names something that does not exist, or has the wrong shape.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// A unique constraint refused the write.
    #[error("a row with the same {} exists", .columns.join(", "))]
    Conflict {
        /// Name of the constraint or index, or `table.column` where the database names no more.
        constraint: String,
        /// The columns of the attempted write, with their values as text.
        attempted: Vec<(&'static str, String)>,
        /// Columns of the constraint as far as the database tells.
        columns: Vec<String>,
    },
    /// A row that the write refers to does not exist, or lies outside the scope.
    #[error("a row that this one refers to does not exist")]
    MissingReference,
    /// The row is still referred to.
    #[error("the row is still referred to")]
    StillReferenced,
    /// A value breaks a rule of its column: too long, out of range, null where none may be.
    #[error("a value is not allowed in its column")]
    InvalidValue(#[source] BoxError),
    /// The write would place a row outside the scope.
    #[error("the write names another tenant")]
    OutsideScope,
    /// The answer would have more rows than allowed.
    #[error(
        "an answer holds at most {limit} {}; ask for them in pages with limit and skip",
        if *.limit == 1 { "row" } else { "rows" }
    )]
    TooManyRows {
        /// The bound.
        limit: u64,
    },
    /// The answer would take more bytes than allowed.
    #[error("an answer holds at most {limit} bytes; ask for it in pages with limit and skip, or for fewer fields")]
    TooManyBytes {
        /// The bound.
        limit: u64,
    },
    /// A condition selects more rows than are changed at once.
    #[error("at most {limit} rows are changed at once; select fewer, one part after the other")]
    TooManyToChange {
        /// The bound.
        limit: u64,
    },
    /// The rows that a condition selects hold more bytes than are changed at once.
    #[error("rows of at most {limit} bytes together are changed at once; select fewer, one part after the other")]
    TooMuchToChange {
        /// The bound.
        limit: u64,
    },
    /// The statement ran longer than the configured bound.
    #[error("the database took too long")]
    Timeout(#[source] BoxError),
    /// The database cannot be reached now; the same call may succeed later. Of a write it is not known whether it was
    /// made, if the connection was lost while it was under way.
    #[error("the database is not available")]
    Unavailable(#[source] BoxError),
    /// The file of the database is damaged, or none: it must be mended before any call succeeds.
    #[error("the file of the database is damaged")]
    Damaged(#[source] BoxError),
    /// Another transaction was in the way; the same call may succeed at once.
    #[error("another write was in the way")]
    Contention(#[source] BoxError),
    /// A statement of this transaction failed before, so it cannot be committed.
    #[error("the transaction had failed and was rolled back")]
    Aborted,
    /// Anything else: a defect, or a database that is not the one we expect.
    #[error("the database refused the statement")]
    Database(#[source] BoxError),
}

/// The driver's own error, kept for the log.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An error and its causes as one line, for a log.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl StoreError {
    /// Whether trying the same call again later can help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Timeout(_) | Self::Contention(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_is_named_as_one() {
        let said = |limit| StoreError::TooManyRows { limit }.to_string();
        assert!(said(1).starts_with("an answer holds at most 1 row; "), "{}", said(1));
        assert!(said(20).starts_with("an answer holds at most 20 rows; "), "{}", said(20));
    }
}

//! SQLSTATE to outcome: the only reader of `PostgreSQL`'s error codes.

use std::fmt;

use deadpool_postgres::{HookError, PoolError};
use tokio_postgres::error::{Error, SqlState};

use crate::error::{BoxError, StoreError};

/// What a driver error means.
pub(crate) fn classify(error: Error) -> StoreError {
    let Some(database) = error.as_db_error() else {
        return if error.is_closed()
            || std::error::Error::source(&error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
        {
            StoreError::Unavailable(Box::new(error))
        } else {
            StoreError::Database(Box::new(error))
        };
    };
    let code = database.code().clone();
    match code {
        SqlState::UNIQUE_VIOLATION => StoreError::Conflict {
            constraint: database.constraint().unwrap_or_default().to_owned(),
            attempted: Vec::new(),
            columns: Vec::new(),
        },
        SqlState::FOREIGN_KEY_VIOLATION if database.message().starts_with("update or delete") => {
            StoreError::StillReferenced
        }
        SqlState::FOREIGN_KEY_VIOLATION => StoreError::MissingReference,
        SqlState::NOT_NULL_VIOLATION | SqlState::CHECK_VIOLATION => StoreError::InvalidValue(told(error)),
        SqlState::QUERY_CANCELED | SqlState::LOCK_NOT_AVAILABLE => StoreError::Timeout(told(error)),
        SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => StoreError::Contention(told(error)),
        // A primary that has become a standby, or is about to; and a server, or we, that stood still in the middle of a transaction.
        SqlState::READ_ONLY_SQL_TRANSACTION | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => {
            StoreError::Unavailable(told(error))
        }
        _ if is_away(&code) => StoreError::Unavailable(told(error)),
        _ if code.code().starts_with("22") => StoreError::InvalidValue(told(error)),
        _ => StoreError::Database(told(error)),
    }
}

/// Connection exceptions, insufficient resources, and operator intervention (shut-down, start-up): a server that is not
/// there for us now.
pub(crate) fn is_away(code: &SqlState) -> bool {
    matches!(code.code().get(..2), Some("08" | "53" | "57"))
}

/// Whether the server is read-only. Its connection is closed then: the next one may lead to a server that takes writes.
pub(super) fn only_reads(error: &StoreError) -> bool {
    let StoreError::Unavailable(source) = error else { return false };
    let said = source.downcast_ref::<Said>().and_then(|said| said.0.code());
    said == Some(&SqlState::READ_ONLY_SQL_TRANSACTION)
}

/// What a failure to get a connection means: always that the database is not there for us now,
/// unless it answered and refused.
pub(super) fn pool_error(error: PoolError) -> StoreError {
    StoreError::Unavailable(match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => told(error),
        other => Box::new(other),
    })
}

/// An error for the log and the command line: of the server its own words, which the driver hides behind others.
pub(crate) fn told(error: Error) -> BoxError {
    if error.as_db_error().is_some() { Box::new(Said(error)) } else { Box::new(error) }
}

/// What the server says.
#[derive(Debug)]
struct Said(Error);

impl fmt::Display for Said {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(said) = self.0.as_db_error() else { return self.0.fmt(formatter) };
        formatter.write_str(said.message())?;
        said.detail().map_or(Ok(()), |detail| write!(formatter, ": {detail}"))
    }
}

impl std::error::Error for Said {}

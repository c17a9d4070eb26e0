//! SQLSTATE to outcome: the only reader of `PostgreSQL`'s error codes.

use deadpool_postgres::PoolError;
use tokio_postgres::error::{Error, SqlState};

use crate::error::StoreError;

/// What a driver error means.
pub(super) fn classify(error: Error) -> StoreError {
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
    let class = &code.code()[..2];
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
        SqlState::NOT_NULL_VIOLATION | SqlState::CHECK_VIOLATION => StoreError::InvalidValue(Box::new(error)),
        SqlState::QUERY_CANCELED | SqlState::LOCK_NOT_AVAILABLE => StoreError::Timeout(Box::new(error)),
        SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => {
            StoreError::Contention(Box::new(error))
        }
        // Connection exceptions, insufficient resources, and operator intervention (shut-down, start-up).
        _ if matches!(class, "08" | "53" | "57") => StoreError::Unavailable(Box::new(error)),
        _ if class == "22" => StoreError::InvalidValue(Box::new(error)),
        _ => StoreError::Database(Box::new(error)),
    }
}

/// What a failure to get a connection means: always that the database is not there for us now,
/// unless it answered and refused.
pub(super) fn pool_error(error: PoolError) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

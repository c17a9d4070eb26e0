//! Result codes to outcome: the only reader of `SQLite`'s error codes.

use rusqlite::{Error, ErrorCode, ffi};

use crate::error::StoreError;

/// What a driver error means.
pub(super) fn classify(error: Error) -> StoreError {
    let Error::SqliteFailure(failure, message) = &error else {
        return StoreError::Database(Box::new(error));
    };
    match (failure.code, failure.extended_code) {
        (_, ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => {
            let (constraint, columns) = unique(message.as_deref().unwrap_or_default());
            StoreError::Conflict { constraint, attempted: Vec::new(), columns }
        }
        (_, ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => StoreError::MissingReference,
        (ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig, _) => {
            StoreError::InvalidValue(Box::new(error))
        }
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => StoreError::Contention(Box::new(error)),
        (ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt, _) => StoreError::Damaged(Box::new(error)),
        (ErrorCode::OperationInterrupted, _) => StoreError::Timeout(Box::new(error)),
        (
            ErrorCode::CannotOpen
            | ErrorCode::SystemIoFailure
            | ErrorCode::DiskFull
            | ErrorCode::ReadOnly
            | ErrorCode::OutOfMemory,
            _,
        ) => StoreError::Unavailable(Box::new(error)),
        _ => StoreError::Database(Box::new(error)),
    }
}

/// `UNIQUE constraint failed: tenants.key` or `…: index 'uq_roles_name'`: the name, and the columns where they are told.
fn unique(message: &str) -> (String, Vec<String>) {
    let subject = message.rsplit(": ").next().unwrap_or_default();
    if let Some(index) = subject.strip_prefix("index '") {
        return (index.trim_end_matches('\'').to_owned(), Vec::new());
    }
    let columns = subject.split(", ").filter_map(|name| name.split('.').nth(1)).map(ToOwned::to_owned).collect();
    (subject.to_owned(), columns)
}

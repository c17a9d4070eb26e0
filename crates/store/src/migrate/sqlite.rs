//! Migrations on `SQLite`: the ledger is `schema_migrations`, and the file's write lock keeps runs apart.

use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Transaction, TransactionBehavior, params};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::obstacles::{exists as already, made};
use super::{AuditTriggers, Finding, MigrateError, Migration, Migrations, Record, Status, Step};
use super::{compare, failed, findings, foreign_ledger, next_down, next_up};
use crate::error::BoxError;

mod text;
mod triggers;

use triggers::Difference;

const LEDGER: &str = "schema_migrations";

const CREATE_LEDGER: &str = "CREATE TABLE schema_migrations (
  version INTEGER NOT NULL CONSTRAINT pk_schema_migrations_version PRIMARY KEY,
  name TEXT NOT NULL,
  checksum TEXT NOT NULL,
  applied_on TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  additive INTEGER NOT NULL DEFAULT 0 CHECK (additive IN (0, 1))
) STRICT";

/// Ledgers of earlier programs lack the column.
const ADD_ADDITIVE: &str =
    "ALTER TABLE schema_migrations ADD COLUMN additive INTEGER NOT NULL DEFAULT 0 CHECK (additive IN (0, 1))";

/// How long a run waits for another process to leave the file.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where the database stands with each migration, in order of version. Changes nothing.
pub(super) fn status(connection: &Connection, migrations: &[Migration]) -> Result<Vec<Status>, MigrateError> {
    Ok(compare(migrations, &ledger(connection)?.unwrap_or_default()))
}

/// Everything that separates the database from what the program expects; nothing, if it is as it should be.
/// Changes nothing.
pub(super) fn check(connection: &Connection, migrations: &Migrations) -> Result<Vec<Finding>, MigrateError> {
    // As the file is at one moment: another process may be making its tables.
    let moment = connection.unchecked_transaction().map_err(ledger_error)?;
    let ledger = ledger(&moment)?;
    let foreign = ledger.is_none() && holds_tables(&moment)?;
    if ledger.is_none() && !foreign {
        free(&moment, migrations)?;
    }
    let ledger = ledger.unwrap_or_default();
    let mut all = findings(migrations.sqlite, &ledger, foreign);
    if let Some(audit) = audit(migrations, &ledger) {
        let difference = Difference::of(&moment, Some(audit)).map_err(ledger_error)?;
        all.extend(difference.tables().into_iter().map(|table| Finding::Triggers(table.to_owned())));
    }
    Ok(all)
}

/// Applies all pending migrations, in order, and says which. Safe to repeat and to run from several
/// processes at once: each migration is applied by one of them. Sets the connection's busy timeout to a minute.
pub(super) fn up(connection: &mut Connection, migrations: &Migrations) -> Result<Vec<Step>, MigrateError> {
    let mut steps = Vec::new();
    // An up-to-date schema takes no lock, so that a command need not wait for another program that writes to the file.
    if check(connection, migrations)?.is_empty() {
        return Ok(steps);
    }
    while let Some(step) = apply_next(connection, migrations)? {
        steps.push(step);
    }
    Ok(steps)
}

/// Undoes the applied migrations above version `to`, last one first, and says which. Down to 0 leaves
/// nothing of ours, the ledger included. Sets the connection's busy timeout to a minute.
pub(super) fn down(connection: &mut Connection, migrations: &Migrations, to: u32) -> Result<Vec<Step>, MigrateError> {
    let mut steps = Vec::new();
    while let Some(step) = undo_last(connection, migrations, to)? {
        steps.push(step);
    }
    Ok(steps)
}

fn apply_next(connection: &mut Connection, migrations: &Migrations) -> Result<Option<Step>, MigrateError> {
    let transaction = begin(connection)?;
    let before = ledger(&transaction)?;
    let foreign = before.is_none() && holds_tables(&transaction)?;
    let is_first = before.is_none();
    let before = before.unwrap_or_default();
    let Some(next) = next_up(migrations.sqlite, &before, foreign)? else {
        return mend_triggers(transaction, migrations, &before);
    };
    if is_first {
        free(&transaction, migrations)?;
    }
    transaction.execute_batch(next.up).map_err(|error| {
        let source = told(error);
        let said = source.to_string();
        // An index, say: what a migration makes is not ours before.
        if said.ends_with(" already exists") { MigrateError::Occupied(vec![said]) } else { failed(next, source) }
    })?;
    if is_first {
        transaction.execute_batch(CREATE_LEDGER).map_err(ledger_error)?;
    }
    if !tells_additive(&transaction)? {
        transaction.execute_batch(ADD_ADDITIVE).map_err(ledger_error)?;
    }
    let insert = "INSERT INTO schema_migrations (version, name, checksum, additive) VALUES (?1, ?2, ?3, ?4)";
    let values = params![next.version, next.name, next.checksum(), next.additive];
    transaction.execute(insert, values).map_err(ledger_error)?;
    let after = ledger(&transaction)?.unwrap_or_default();
    if let Some(audit) = audit(migrations, &after) {
        let difference = Difference::of(&transaction, Some(audit)).map_err(ledger_error)?;
        difference.mend(&transaction).map_err(|error| failed(next, told(error)))?;
    }
    transaction.commit().map_err(|error| failed(next, told(error)))?;
    Ok(Some(next.step()))
}

/// Makes the triggers anew that are not those of the entities, and says the step that first made them; `None`: none is.
fn mend_triggers(
    transaction: Transaction<'_>,
    migrations: &Migrations,
    ledger: &[Record],
) -> Result<Option<Step>, MigrateError> {
    let Some(audit) = audit(migrations, ledger) else { return Ok(None) };
    let difference = Difference::of(&transaction, Some(audit)).map_err(ledger_error)?;
    let made_them = migrations.sqlite.iter().find(|migration| migration.version == audit.since);
    let Some(step) = made_them.filter(|_| !difference.is_empty()) else { return Ok(None) };
    difference.mend(&transaction).map_err(|error| failed(step, told(error)))?;
    transaction.commit().map_err(|error| failed(step, told(error)))?;
    Ok(Some(step.step()))
}

/// What the triggers are made from, once the step is applied that makes them the runner's, and unless a newer program
/// has been here, whose triggers log what this one does not know of.
fn audit(migrations: &Migrations, ledger: &[Record]) -> Option<&'static AuditTriggers> {
    let is_known = |record: &Record| migrations.sqlite.iter().any(|migration| migration.version == record.version);
    let is_due = |audit: &&AuditTriggers| ledger.iter().any(|record| record.version == audit.since);
    migrations.audit.filter(is_due).filter(|_| ledger.iter().all(is_known))
}

fn undo_last(connection: &mut Connection, migrations: &Migrations, to: u32) -> Result<Option<Step>, MigrateError> {
    let transaction = begin(connection)?;
    let mut ledger = ledger(&transaction)?.unwrap_or_default();
    let Some(last) = next_down(migrations.sqlite, &ledger, to)? else {
        return Ok(None);
    };
    // A column that a trigger names cannot be dropped.
    Difference::of(&transaction, None).and_then(|all| all.mend(&transaction)).map_err(ledger_error)?;
    if ledger.len() == 1 {
        transaction.execute_batch("DROP TABLE schema_migrations").map_err(ledger_error)?;
    } else {
        let delete = "DELETE FROM schema_migrations WHERE version = ?1";
        transaction.execute(delete, [last.version]).map_err(ledger_error)?;
    }
    transaction.execute_batch(last.down).map_err(|error| failed(last, told(error)))?;
    ledger.retain(|record| record.version != last.version);
    let triggers = Difference::of(&transaction, audit(migrations, &ledger)).map_err(ledger_error)?;
    triggers.mend(&transaction).map_err(|error| failed(last, told(error)))?;
    transaction.commit().map_err(|error| failed(last, told(error)))?;
    Ok(Some(last.step()))
}

/// Opens a transaction that has the write lock, so that the ledger cannot change under it.
fn begin(connection: &mut Connection) -> Result<Transaction<'_>, MigrateError> {
    connection.busy_timeout(PATIENCE).map_err(ledger_error)?;
    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(ledger_error)
}

/// That nothing is in the way of the first migration. Tables, views and indexes share their names here.
fn free(connection: &Connection, migrations: &Migrations) -> Result<(), MigrateError> {
    let Some(first) = migrations.sqlite.first() else { return Ok(()) };
    let mut obstacles = Vec::new();
    for (_, name) in made(first.up) {
        let select = "SELECT type FROM sqlite_schema WHERE type <> 'trigger' AND name = ?1 COLLATE NOCASE";
        let found: Option<String> =
            connection.query_row(select, [name], |row| row.get(0)).optional().map_err(ledger_error)?;
        obstacles.extend(found.map(|what| already(&what, name)));
    }
    if obstacles.is_empty() { Ok(()) } else { Err(MigrateError::Occupied(obstacles)) }
}

/// The same failure with the name of the file, where that is what is wrong.
pub(super) fn with_path(error: MigrateError, connection: &Connection) -> MigrateError {
    let path = || connection.path().unwrap_or_default().to_owned();
    match error {
        MigrateError::Ledger(source) | MigrateError::Failed { source, .. }
            if source.downcast_ref().is_some_and(is_unusable) =>
        {
            MigrateError::Unusable { path: path(), source }
        }
        other => other,
    }
}

/// Whether the file, or where it lies, is what is wrong, so that trying again does not help.
pub(super) fn is_unusable(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(
        code,
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::CannotOpen | ErrorCode::ReadOnly)
    )
}

/// What the driver says, without the statements that it was given.
fn told(error: rusqlite::Error) -> BoxError {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.into(),
        other => other.into(),
    }
}

fn ledger_error(error: rusqlite::Error) -> MigrateError {
    MigrateError::Ledger(told(error))
}

/// The rows of the ledger; `None` without one.
fn ledger(connection: &Connection) -> Result<Option<Vec<Record>>, MigrateError> {
    if !exists(connection, LEDGER)? {
        return Ok(None);
    }
    let additive = if tells_additive(connection)? { "additive" } else { "0" };
    let mut select = connection
        .prepare(&format!("SELECT version, name, checksum, applied_on, {additive} FROM schema_migrations"))
        .map_err(row_error)?;
    let mut rows = select.query([]).map_err(ledger_error)?;
    let mut records = Vec::new();
    while let Some(row) = rows.next().map_err(ledger_error)? {
        let applied_on: String = row.get(3).map_err(row_error)?;
        records.push(Record {
            version: row.get(0).map_err(row_error)?,
            name: row.get(1).map_err(row_error)?,
            checksum: row.get(2).map_err(row_error)?,
            applied_on: OffsetDateTime::parse(&applied_on, &Rfc3339).map_err(|_| foreign_ledger(LEDGER))?,
            additive: row.get(4).map_err(row_error)?,
        });
    }
    Ok(Some(records))
}

/// What cannot be read as a row of the ledger was not written by us.
fn row_error(error: rusqlite::Error) -> MigrateError {
    match error {
        rusqlite::Error::SqliteFailure(..) => ledger_error(error),
        _ => foreign_ledger(LEDGER),
    }
}

/// Whether the ledger says which migrations are additive.
fn tells_additive(connection: &Connection) -> Result<bool, MigrateError> {
    let select = "SELECT EXISTS (SELECT 1 FROM pragma_table_info('schema_migrations') WHERE name = 'additive')";
    connection.query_row(select, [], |row| row.get(0)).map_err(ledger_error)
}

/// Whether the table is there that no database of this service is without.
fn holds_tables(connection: &Connection) -> Result<bool, MigrateError> {
    exists(connection, "tenants")
}

/// Asks the file. The driver's own `table_exists` asks the connection's memory of it, which another
/// process may have made stale.
fn exists(connection: &Connection, table: &str) -> Result<bool, MigrateError> {
    let select = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)";
    connection.query_row(select, [table], |row| row.get(0)).map_err(ledger_error)
}

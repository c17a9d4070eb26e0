//! Migrations on `PostgreSQL`: the ledger is `main.schema_migrations`, and a transaction-level advisory lock keeps runs apart.

use tokio_postgres::{Client, GenericClient, IsolationLevel, Transaction};

use super::{Finding, MigrateError, Migration, Record, Status, Step};
use super::{compare, failed, findings, ledger_error, next_down, next_up};

/// Made after the first migration, which makes the schema; gone before its `down`, which drops it.
const CREATE_LEDGER: &str = "CREATE TABLE main.schema_migrations (
  version    bigint      NOT NULL CONSTRAINT pk_schema_migrations_version PRIMARY KEY,
  name       text        NOT NULL,
  checksum   text        NOT NULL,
  applied_on timestamptz NOT NULL DEFAULT now()
)";

/// Waits for other runs to end. The lock goes with the transaction, also when the caller is cancelled,
/// and however long others take, the wait is not a statement that has run away.
/// The number only has to be the same in every process: `migrate` in ASCII.
const LOCK: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;
  SELECT pg_advisory_xact_lock(x'006d696772617465'::bigint)";

/// Where the database stands with each migration, in order of version. Changes nothing.
pub(super) async fn status(client: &Client, migrations: &[Migration]) -> Result<Vec<Status>, MigrateError> {
    Ok(compare(migrations, &ledger(client).await?.unwrap_or_default()))
}

/// Everything that separates the database from what the program expects; nothing, if it is as it should be.
/// Changes nothing.
pub(super) async fn check(client: &Client, migrations: &[Migration]) -> Result<Vec<Finding>, MigrateError> {
    let ledger = ledger(client).await?;
    let foreign = ledger.is_none() && holds_tables(client).await?;
    Ok(findings(migrations, &ledger.unwrap_or_default(), foreign))
}

/// Applies all pending migrations, in order, and says which. Safe to repeat and to run from several
/// processes at once: each migration is applied by one of them.
pub(super) async fn up(client: &mut Client, migrations: &[Migration]) -> Result<Vec<Step>, MigrateError> {
    let mut steps = Vec::new();
    while let Some(step) = apply_next(client, migrations).await? {
        steps.push(step);
    }
    Ok(steps)
}

/// Undoes the applied migrations above version `to`, last one first, and says which. Down to 0 leaves
/// nothing of ours, the ledger included.
pub(super) async fn down(client: &mut Client, migrations: &[Migration], to: u32) -> Result<Vec<Step>, MigrateError> {
    let mut steps = Vec::new();
    while let Some(step) = undo_last(client, migrations, to).await? {
        steps.push(step);
    }
    Ok(steps)
}

async fn apply_next(client: &mut Client, migrations: &[Migration]) -> Result<Option<Step>, MigrateError> {
    let transaction = begin(client).await?;
    let ledger = ledger(&transaction).await?;
    let foreign = ledger.is_none() && holds_tables(&transaction).await?;
    let is_first = ledger.is_none();
    let Some(next) = next_up(migrations, &ledger.unwrap_or_default(), foreign)? else {
        return Ok(None);
    };
    transaction.batch_execute(next.up).await.map_err(|error| failed(next, error))?;
    if is_first {
        transaction.batch_execute(CREATE_LEDGER).await.map_err(ledger_error)?;
    }
    let insert = "INSERT INTO main.schema_migrations (version, name, checksum) VALUES ($1, $2, $3)";
    let (version, checksum) = (i64::from(next.version), next.checksum());
    transaction.execute(insert, &[&version, &next.name, &checksum]).await.map_err(ledger_error)?;
    transaction.commit().await.map_err(|error| failed(next, error))?;
    Ok(Some(next.step()))
}

async fn undo_last(client: &mut Client, migrations: &[Migration], to: u32) -> Result<Option<Step>, MigrateError> {
    let transaction = begin(client).await?;
    let ledger = ledger(&transaction).await?.unwrap_or_default();
    let Some(last) = next_down(migrations, &ledger, to)? else {
        return Ok(None);
    };
    if ledger.len() == 1 {
        transaction.batch_execute("DROP TABLE main.schema_migrations").await.map_err(ledger_error)?;
    } else {
        let delete = "DELETE FROM main.schema_migrations WHERE version = $1";
        transaction.execute(delete, &[&i64::from(last.version)]).await.map_err(ledger_error)?;
    }
    transaction.batch_execute(last.down).await.map_err(|error| failed(last, error))?;
    transaction.commit().await.map_err(|error| failed(last, error))?;
    Ok(Some(last.step()))
}

/// Opens a transaction that has the lock, and whose every statement sees what others committed before.
async fn begin(client: &mut Client) -> Result<Transaction<'_>, MigrateError> {
    let transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::ReadCommitted)
        .read_only(false)
        .start()
        .await
        .map_err(ledger_error)?;
    transaction.batch_execute(LOCK).await.map_err(ledger_error)?;
    Ok(transaction)
}

/// The rows of the ledger; `None` without one.
async fn ledger(client: &impl GenericClient) -> Result<Option<Vec<Record>>, MigrateError> {
    if !exists(client, "main.schema_migrations").await? {
        return Ok(None);
    }
    let select = "SELECT version, name, checksum, applied_on FROM main.schema_migrations";
    let rows = client.query(select, &[]).await.map_err(ledger_error)?;
    rows.iter()
        .map(|row| {
            Ok(Record {
                version: u32::try_from(row.try_get::<_, i64>(0).map_err(ledger_error)?).map_err(ledger_error)?,
                name: row.try_get(1).map_err(ledger_error)?,
                checksum: row.try_get(2).map_err(ledger_error)?,
                applied_on: row.try_get(3).map_err(ledger_error)?,
            })
        })
        .collect::<Result<_, MigrateError>>()
        .map(Some)
}

/// Whether the table is there that no database of this service is without.
async fn holds_tables(client: &impl GenericClient) -> Result<bool, MigrateError> {
    exists(client, "main.tenants").await
}

async fn exists(client: &impl GenericClient, table: &str) -> Result<bool, MigrateError> {
    let row = client.query_one("SELECT to_regclass($1) IS NOT NULL", &[&table]).await;
    row.and_then(|row| row.try_get(0)).map_err(ledger_error)
}

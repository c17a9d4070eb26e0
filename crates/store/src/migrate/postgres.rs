//! Migrations on `PostgreSQL`: the ledger is `schema_migrations` in the schema of the tables, and a transaction-level advisory lock keeps runs apart.
//!
//! Texts name the schema `main`, ours here and those of migrations; they are carried out with the name of the one that is
//! meant ([`SchemaName`]). The checksum of a migration is that of its text.

use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, GenericClient, IsolationLevel, Row, Transaction};

mod adopt;
mod obstacles;

use self::obstacles::{obstacles, unfit};
use super::adoption::Placed;
use super::{Choice, Finding, MigrateError, Migration, Migrations, Record, State, Status, Step};
use super::{compare, failed, findings, foreign_ledger, ledger_error, next_down, next_up};
use crate::error::{BoxError, StoreError};
use crate::schema_name::SchemaName;
use crate::sql::postgres::{classify, is_away, told};

/// What a program has for one schema.
#[derive(Debug)]
pub(super) struct Plan {
    schema: SchemaName,
    migrations: &'static [Migration],
    adoption: Option<Placed>,
}

impl Plan {
    pub(super) fn new(schema: SchemaName, migrations: &Migrations) -> Self {
        let adoption = migrations.adoption.map(|adoption| adoption.placed(schema));
        Self { schema, migrations: migrations.postgres, adoption }
    }
}

/// Made after the first migration, which makes the schema; gone before its `down`, which drops it.
const CREATE_LEDGER: &str = "CREATE TABLE main.schema_migrations (
  version    bigint      NOT NULL CONSTRAINT pk_schema_migrations_version PRIMARY KEY,
  name       text        NOT NULL,
  checksum   text        NOT NULL,
  applied_on timestamptz NOT NULL DEFAULT now(),
  additive   boolean     NOT NULL DEFAULT false
)";

/// Ledgers of earlier programs lack it.
const ADD_ADDITIVE: &str = "SET LOCAL client_min_messages = warning;
  ALTER TABLE main.schema_migrations ADD COLUMN IF NOT EXISTS additive boolean NOT NULL DEFAULT false;
  RESET client_min_messages";

/// Waits for other runs to end. The lock goes with the transaction, also when the caller is cancelled,
/// and however long others take, the wait is not a statement that has run away.
/// The number only has to be the same in every process: `migrate` in ASCII. It is the same for every schema, since the first
/// migration makes what a database has once.
const LOCK: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;
  SELECT pg_advisory_xact_lock(x'006d696772617465'::bigint)";

/// What the server says of a name that is taken.
const TAKEN: [SqlState; 4] =
    [SqlState::DUPLICATE_TABLE, SqlState::DUPLICATE_OBJECT, SqlState::DUPLICATE_FUNCTION, SqlState::DUPLICATE_SCHEMA];

/// Where the database stands with each migration, in order of version. Changes nothing.
pub(super) async fn status(client: &Client, plan: &Plan) -> Result<Vec<Status>, MigrateError> {
    let mut statuses = compare(plan.migrations, &ledger(client, plan.schema).await?.unwrap_or_default());
    if let (Some(first), Some(record)) = (statuses.first_mut(), adopt::record(client, plan.schema).await?)
        && let State::Applied { on } = first.state
    {
        let without = record.into_iter().filter(|(_, added)| !added).map(|(name, _)| name).collect();
        first.state = State::Adopted { on, without };
    }
    Ok(statuses)
}

/// Whether the database was adopted.
pub(super) async fn is_adopted(client: &Client, plan: &Plan) -> Result<bool, MigrateError> {
    exists(client, plan.schema, "schema_adoption").await
}

/// Everything that separates the database from what the program expects; nothing, if it is as it should be.
/// Changes nothing.
pub(super) async fn check(client: &Client, plan: &Plan) -> Result<Vec<Finding>, MigrateError> {
    encoding(client).await?;
    let ledger = ledger(client, plan.schema).await?;
    let foreign = ledger.is_none() && holds_tables(client, plan.schema).await?;
    if ledger.is_none() && !foreign {
        free(client, plan).await?;
    }
    let mut all = match &plan.adoption {
        Some(adoption) if foreign => adopt::findings(client, plan, adoption).await?,
        _ => findings(plan.migrations, &ledger.unwrap_or_default(), foreign),
    };
    if let Some(adoption) = &plan.adoption
        && !all.contains(&Finding::ForeignSchema)
    {
        all.extend(adopt::unwritable(client, adoption).await?);
        if !foreign {
            all.extend(adopt::nulls(client, adoption).await?);
        }
    }
    Ok(all)
}

/// Adopts the database if another program has made it, then applies all pending migrations, in order, and says
/// which. Safe to repeat and to run from several processes at once: each migration is applied by one of them.
pub(super) async fn up(client: &mut Client, plan: &Plan, choice: &Choice) -> Result<Vec<Step>, MigrateError> {
    encoding(client).await?;
    let mut steps = Vec::new();
    if let (Some(adoption), Some(first)) = (&plan.adoption, plan.migrations.first()) {
        steps.extend(adopt(client, plan, adoption, first, choice).await?);
    }
    while let Some(step) = apply_next(client, plan).await? {
        steps.push(step);
    }
    Ok(steps)
}

/// Refuses a database that cannot hold every name, before anything is made in it.
async fn encoding(client: &Client) -> Result<(), MigrateError> {
    let row = client.query_one("SHOW server_encoding", &[]).await.map_err(ledger_error)?;
    match row.get::<_, &str>(0) {
        "UTF8" => Ok(()),
        other => Err(MigrateError::Encoding(other.to_owned())),
    }
}

/// Undoes the applied migrations above version `to`, last one first, and says which. Down to 0 leaves
/// nothing of ours, the ledger included. What was adopted stays.
pub(super) async fn down(client: &mut Client, plan: &Plan, to: u32) -> Result<Vec<Step>, MigrateError> {
    let mut steps = Vec::new();
    while let Some(step) = undo_last(client, plan, to).await? {
        steps.push(step);
    }
    Ok(steps)
}

/// Adoption takes the place of the first migration. Later, it adds what was left out, where the choice says so.
async fn adopt(
    client: &mut Client,
    plan: &Plan,
    adoption: &Placed,
    first: &Migration,
    choice: &Choice,
) -> Result<Option<Step>, MigrateError> {
    let schema = plan.schema;
    let transaction = begin(client).await?;
    let changed = match (ledger(&transaction, schema).await?, adopt::record(&transaction, schema).await?) {
        (None, _) if holds_tables(&transaction, schema).await? => {
            adopt::adopt(&transaction, plan, adoption, choice).await?;
            transaction.batch_execute(schema.text(CREATE_LEDGER)).await.map_err(ledger_error)?;
            enter(&transaction, schema, first).await?;
            true
        }
        (Some(_), Some(record)) => adopt::complete(&transaction, adoption, &record, choice).await?,
        _ if choice.is_empty() => false,
        _ => return Err(MigrateError::NotAdopted),
    };
    transaction.commit().await.map_err(|error| failed(first, error))?;
    Ok(changed.then(|| first.step()))
}

async fn apply_next(client: &mut Client, plan: &Plan) -> Result<Option<Step>, MigrateError> {
    let schema = plan.schema;
    let transaction = begin(client).await?;
    let ledger = ledger(&transaction, schema).await?;
    let foreign = ledger.is_none() && holds_tables(&transaction, schema).await?;
    let is_first = ledger.is_none();
    let Some(next) = next_up(plan.migrations, &ledger.unwrap_or_default(), foreign)? else {
        return Ok(None);
    };
    if is_first {
        free(&transaction, plan).await?;
    }
    transaction.batch_execute(schema.text(next.up)).await.map_err(|error| match error.as_db_error() {
        // An index or a function, say: what a migration makes is not ours before.
        Some(said) if TAKEN.contains(said.code()) => MigrateError::Occupied(vec![said.message().to_owned()]),
        _ => failed(next, error),
    })?;
    if is_first {
        transaction.batch_execute(schema.text(CREATE_LEDGER)).await.map_err(ledger_error)?;
    }
    enter(&transaction, schema, next).await?;
    transaction.commit().await.map_err(|error| failed(next, error))?;
    Ok(Some(next.step()))
}

/// Writes a migration into the ledger.
async fn enter(transaction: &Transaction<'_>, schema: SchemaName, migration: &Migration) -> Result<(), MigrateError> {
    transaction.batch_execute(schema.text(ADD_ADDITIVE)).await.map_err(ledger_error)?;
    let insert = "INSERT INTO main.schema_migrations (version, name, checksum, additive) VALUES ($1, $2, $3, $4)";
    let (version, checksum) = (i64::from(migration.version), migration.checksum());
    let values: [&(dyn ToSql + Sync); 4] = [&version, &migration.name, &checksum, &migration.additive];
    transaction.execute(schema.text(insert), &values).await.map_err(ledger_error)?;
    Ok(())
}

async fn undo_last(client: &mut Client, plan: &Plan, to: u32) -> Result<Option<Step>, MigrateError> {
    let schema = plan.schema;
    let transaction = begin(client).await?;
    let ledger = ledger(&transaction, schema).await?.unwrap_or_default();
    let Some(last) = next_down(plan.migrations, &ledger, to)? else {
        return Ok(None);
    };
    if ledger.len() == 1 {
        let drop = "DROP TABLE main.schema_migrations";
        transaction.batch_execute(schema.text(drop)).await.map_err(ledger_error)?;
    } else {
        let delete = "DELETE FROM main.schema_migrations WHERE version = $1";
        transaction.execute(schema.text(delete), &[&i64::from(last.version)]).await.map_err(ledger_error)?;
    }
    match (adopt::record(&transaction, schema).await?, &plan.adoption) {
        (Some(record), Some(adoption)) if ledger.len() == 1 => adopt::undo(&transaction, adoption, &record).await?,
        _ => transaction.batch_execute(schema.text(last.down)).await.map_err(|error| failed(last, error))?,
    }
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

/// That nothing is in the way of the first migration.
async fn free(client: &impl GenericClient, plan: &Plan) -> Result<(), MigrateError> {
    let obstacles = obstacles(client, plan).await?;
    if obstacles.is_empty() { Ok(()) } else { Err(MigrateError::Occupied(obstacles)) }
}

/// The same failure in the server's words: the driver's own are none.
pub(super) fn in_words(error: MigrateError) -> MigrateError {
    let changed = match error {
        MigrateError::Ledger(source) => words(source).map(MigrateError::Ledger),
        MigrateError::Adoption(source) => words(source).map(MigrateError::Adoption),
        MigrateError::Failed { step, source } => words(source).map(|source| MigrateError::Failed { step, source }),
        other => Ok(other),
    };
    changed.unwrap_or_else(|other| other)
}

/// A cause in the server's words, or the failure that it is by itself.
fn words(source: BoxError) -> Result<BoxError, MigrateError> {
    let error = match source.downcast::<tokio_postgres::Error>() {
        Ok(error) => *error,
        Err(other) => return Ok(other),
    };
    match error.as_db_error() {
        Some(said) if *said.code() == SqlState::INSUFFICIENT_PRIVILEGE => {
            Err(MigrateError::Denied(said.message().to_owned()))
        }
        Some(said) if !is_away(said.code()) => Ok(told(error)),
        _ => match classify(error) {
            StoreError::Database(source) => Ok(source),
            away => Err(MigrateError::Unreachable(Box::new(away))),
        },
    }
}

/// The rows of the ledger; `None` without one.
async fn ledger(client: &impl GenericClient, schema: SchemaName) -> Result<Option<Vec<Record>>, MigrateError> {
    if !exists(client, schema, "schema_migrations").await? {
        return Ok(None);
    }
    let select = "SELECT version, name, checksum, applied_on, coalesce((to_jsonb(m) ->> 'additive')::boolean, false)
      FROM main.schema_migrations AS m";
    let foreign = || foreign_ledger(&format!("{schema}.schema_migrations"));
    let rows = client.query(schema.text(select), &[]).await.map_err(|error| {
        if error.code() == Some(&SqlState::UNDEFINED_COLUMN) { foreign() } else { ledger_error(error) }
    })?;
    let record = |row: &Row| {
        Ok::<_, BoxError>(Record {
            version: u32::try_from(row.try_get::<_, i64>(0)?)?,
            name: row.try_get(1)?,
            checksum: row.try_get(2)?,
            applied_on: row.try_get(3)?,
            additive: row.try_get(4)?,
        })
    };
    // What is of another type was not written by us.
    rows.iter().map(record).collect::<Result<_, _>>().map(Some).map_err(|_| foreign())
}

/// Whether the table is there that no database of this service is without.
async fn holds_tables(client: &impl GenericClient, schema: SchemaName) -> Result<bool, MigrateError> {
    exists(client, schema, "tenants").await
}

/// Whether there is such a table or view. `to_regclass` would answer from what the session remembers of the catalogue, and
/// a session that has waited for the lock has not heard yet of what others made meanwhile.
async fn exists(client: &impl GenericClient, schema: SchemaName, table: &str) -> Result<bool, MigrateError> {
    let select = "SELECT EXISTS (SELECT FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2)";
    let row = client.query_one(select, &[&schema.as_str(), &table]).await;
    row.and_then(|row| row.try_get(0)).map_err(ledger_error)
}

//! Adopting a `PostgreSQL` database: looks at what is there, reports what stands in the way, adds what is missing, and takes it away again.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::{GenericClient, Transaction};

use super::super::adoption::{Addition, Choice, Nulls, Placed, Violation};
use super::super::{Finding, MigrateError, ledger_error};
use super::{Plan, unfit};
use crate::error::BoxError;
use crate::schema_name::SchemaName;

/// Says that the database was adopted, and what became of the additions that were missing.
const CREATE_RECORD: &str = "CREATE TABLE main.schema_adoption (
  name  text    NOT NULL CONSTRAINT pk_schema_adoption_name PRIMARY KEY,
  added boolean NOT NULL
);
COMMENT ON TABLE main.schema_adoption IS 'what was missing when the database was adopted: added, or left out';";

/// Tables, and of tables the indexes that can be relied on, constraints and triggers: kind, table, name. Tables are named as
/// [`Addition::table`] names them.
const PRESENT: &str = "
  WITH relations AS (
    SELECT c.oid, c.relkind, format(CASE n.nspname WHEN 'main' THEN 'main.%s' ELSE 'logs.%s' END, c.relname) AS name
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('main', 'logs')
  )
  SELECT 'table', t.name, ''
  FROM relations t
  WHERE t.relkind IN ('r', 'p')
  UNION ALL
  SELECT CASE WHEN i.indisunique THEN 'unique' ELSE 'index' END, t.name, x.relname::text
  FROM pg_index i
  JOIN pg_class x ON x.oid = i.indexrelid
  JOIN relations t ON t.oid = i.indrelid
  WHERE i.indisvalid
  UNION ALL
  SELECT k.contype::text, t.name, k.conname::text
  FROM pg_constraint k
  JOIN relations t ON t.oid = k.conrelid
  UNION ALL
  SELECT 'trigger', t.name, g.tgname::text
  FROM pg_trigger g
  JOIN relations t ON t.oid = g.tgrelid
  WHERE NOT g.tgisinternal";

/// Which of these columns nothing keeps nulls out of: table, column. `PostgreSQL` 18 knows constraints that hold for later
/// rows only, and says of the column that it holds none.
const NULLABLE: &str = "
  SELECT needed.relation, needed.name
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS needed (relation, name, place)
  JOIN pg_attribute a ON a.attrelid = to_regclass(needed.relation) AND a.attname = needed.name
  WHERE NOT a.attnotnull OR EXISTS (
    SELECT FROM pg_constraint k
    WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum] AND NOT k.convalidated
  )
  ORDER BY needed.place";

/// How many rows of a report are named.
const NAMED: i64 = 10;

/// The kind, table and name of all that [`PRESENT`] lists.
type Present = BTreeSet<(String, String, String)>;

/// What adoption has left in a database: each addition that was missing by its name, and whether it was added.
/// `None`: the database was not adopted.
pub(super) async fn record(
    client: &impl GenericClient,
    schema: SchemaName,
) -> Result<Option<BTreeMap<String, bool>>, MigrateError> {
    if !super::exists(client, schema, "schema_adoption").await? {
        return Ok(None);
    }
    let select = schema.text("SELECT name, added FROM main.schema_adoption");
    let rows = client.query(select, &[]).await.map_err(ledger_error)?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect::<Result<_, tokio_postgres::Error>>()
        .map(Some)
        .map_err(ledger_error)
}

/// What [`adopt`] would meet: why the database cannot be adopted, or that it can be, and each row in the way.
pub(super) async fn findings(
    client: &impl GenericClient,
    plan: &Plan,
    adoption: &Placed,
) -> Result<Vec<Finding>, MigrateError> {
    let rows = client.query(adoption.differences, &[]).await.map_err(failed)?;
    let mut differences = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    differences.extend(unfit(client, plan).await?);
    if !differences.is_empty() {
        let differences = differences.into_iter().map(Finding::Unlike);
        return Ok([Finding::ForeignSchema].into_iter().chain(differences).collect());
    }
    let mut findings = vec![Finding::Adoptable];
    let present = present(client, adoption.schema).await?;
    // A table that is yet to be made holds no row.
    for addition in missing(&present, adoption).into_iter().filter(|addition| holds(&present, addition.table)) {
        findings.extend(violations(client, addition).await?.into_iter().map(Finding::Violation));
    }
    findings.extend(nulls(client, adoption).await?);
    Ok(findings)
}

/// Rows that hold null where the program needs a value.
pub(super) async fn nulls(client: &impl GenericClient, adoption: &Placed) -> Result<Vec<Finding>, MigrateError> {
    let all = adoption.required.iter().flat_map(|(table, columns)| columns.iter().map(|column| (*table, *column)));
    let (tables, columns): (Vec<_>, Vec<_>) = all.unzip();
    let mut findings = Vec::new();
    for row in client.query(NULLABLE, &[&tables, &columns]).await.map_err(failed)? {
        let (named, column): (String, String) = (row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?);
        let Some((table, _)) = adoption.required.iter().find(|(table, _)| *table == named) else { continue };
        let select =
            format!("SELECT id::text, count(*) OVER () FROM {table} WHERE {column} IS NULL ORDER BY id LIMIT {NAMED}");
        let rows = client.query(&select, &[]).await.map_err(failed)?;
        if let Some(first) = rows.first() {
            let count = first.try_get(1).map_err(failed)?;
            let ids = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().map_err(failed)?;
            findings.push(Finding::Nulls(Nulls { table, column, ids, count }));
        }
    }
    Ok(findings)
}

/// Tables that take no change.
pub(super) async fn unwritable(client: &impl GenericClient, adoption: &Placed) -> Result<Vec<Finding>, MigrateError> {
    let rows = client.query(adoption.unwritable, &[]).await.map_err(failed)?;
    rows.iter().map(|row| row.try_get(0).map(Finding::Unwritable)).collect::<Result<_, _>>().map_err(failed)
}

/// Brings a database that can be adopted to the first migration, or says why not and changes nothing.
pub(super) async fn adopt(
    transaction: &Transaction<'_>,
    plan: &Plan,
    adoption: &Placed,
    choice: &Choice,
) -> Result<(), MigrateError> {
    // Before the lock, so that a database that is not adopted is not locked either.
    refuse(findings(transaction, plan, adoption).await?, choice)?;
    let there = present(transaction, adoption.schema).await?;
    lock(transaction, adoption.additions.iter().filter(|addition| holds(&there, addition.table))).await?;
    refuse(findings(transaction, plan, adoption).await?, choice)?;
    let missing = missing(&present(transaction, adoption.schema).await?, adoption);
    transaction.batch_execute(adoption.mend).await.map_err(failed)?;
    transaction.batch_execute(adoption.schema.text(CREATE_RECORD)).await.map_err(failed)?;
    for addition in missing {
        let added = !(addition.is_optional() && choice.without.contains(addition.name));
        if added {
            transaction.batch_execute(&addition.create()).await.map_err(failed)?;
        }
        let insert = "INSERT INTO main.schema_adoption (name, added) VALUES ($1, $2)";
        transaction.execute(adoption.schema.text(insert), &[&addition.name, &added]).await.map_err(failed)?;
    }
    Ok(())
}

/// Adds what was left out before and is chosen now; false when there is nothing to add.
pub(super) async fn complete(
    transaction: &Transaction<'_>,
    adoption: &Placed,
    record: &BTreeMap<String, bool>,
    choice: &Choice,
) -> Result<bool, MigrateError> {
    let left_out = |addition: &&Addition| record.get(addition.name) == Some(&false);
    let chosen: Vec<_> = adoption
        .additions
        .iter()
        .filter(left_out)
        .filter(|addition| choice.with.contains(addition.name))
        .copied()
        .collect();
    if chosen.is_empty() {
        return Ok(false);
    }
    lock(transaction, &chosen).await?;
    let mut findings = Vec::new();
    for addition in &chosen {
        findings.extend(violations(transaction, addition).await?.into_iter().map(Finding::Violation));
    }
    refuse(findings, choice)?;
    for addition in &chosen {
        transaction.batch_execute(&addition.create()).await.map_err(failed)?;
        let update = "UPDATE main.schema_adoption SET added = true WHERE name = $1";
        transaction.execute(adoption.schema.text(update), &[&addition.name]).await.map_err(failed)?;
    }
    Ok(true)
}

/// Takes away what [`adopt`] and [`complete`] have added, and nothing that was there before: no table, no row.
pub(super) async fn undo(
    transaction: &Transaction<'_>,
    adoption: &Placed,
    record: &BTreeMap<String, bool>,
) -> Result<(), MigrateError> {
    lock(transaction, &adoption.additions).await?;
    for addition in adoption.additions.iter().rev().filter(|addition| record.get(addition.name) == Some(&true)) {
        transaction.batch_execute(&addition.drop()).await.map_err(failed)?;
    }
    transaction.batch_execute(adoption.schema.text("DROP TABLE main.schema_adoption")).await.map_err(failed)
}

async fn present(client: &impl GenericClient, schema: SchemaName) -> Result<Present, MigrateError> {
    let rows = client.query(schema.text(PRESENT), &[]).await.map_err(failed)?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)))
        .collect::<Result<_, tokio_postgres::Error>>()
        .map_err(failed)
}

fn holds(present: &Present, table: &str) -> bool {
    present.contains(&("table".to_owned(), table.to_owned(), String::new()))
}

fn missing<'a>(present: &Present, adoption: &'a Placed) -> Vec<&'a Addition> {
    let is_missing = |addition: &&Addition| {
        !present.contains(&(addition.catalog_kind().to_owned(), addition.table.to_owned(), addition.name.to_owned()))
    };
    adoption.additions.iter().filter(is_missing).collect()
}

async fn violations(client: &impl GenericClient, addition: &Addition) -> Result<Vec<Violation>, MigrateError> {
    let Some(query) = addition.violations() else { return Ok(Vec::new()) };
    let rows = client.query(&query, &[]).await.map_err(failed)?;
    rows.iter()
        .map(|row| {
            let values: Vec<String> = row.try_get(1)?;
            Ok(Violation {
                constraint: addition.name,
                table: addition.table,
                ids: row.try_get(0)?,
                values: addition.columns().iter().copied().zip(values).collect(),
                remedy: addition.remedy(),
            })
        })
        .collect::<Result<_, tokio_postgres::Error>>()
        .map_err(failed)
}

fn refuse(mut findings: Vec<Finding>, choice: &Choice) -> Result<(), MigrateError> {
    if findings.contains(&Finding::ForeignSchema) {
        return Err(MigrateError::ForeignSchema);
    }
    findings.retain(|finding| match finding {
        Finding::Violation(violation) => !choice.without.contains(violation.constraint),
        finding => matches!(finding, Finding::Nulls(_)),
    });
    if findings.is_empty() { Ok(()) } else { Err(MigrateError::InTheWay(findings)) }
}

/// Waits for those who use the tables, and keeps them out until the end of the transaction. All at once and in one
/// order, so that nobody waits for us while we wait for him.
async fn lock(
    transaction: &Transaction<'_>,
    additions: impl IntoIterator<Item = &Addition>,
) -> Result<(), MigrateError> {
    let tables: BTreeSet<_> = additions.into_iter().map(|addition| addition.table).collect();
    let tables: Vec<_> = tables.into_iter().collect();
    let lock = format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", tables.join(", "));
    transaction.batch_execute(&lock).await.map_err(failed)
}

fn failed(source: impl Into<BoxError>) -> MigrateError {
    MigrateError::Adoption(source.into())
}

//! What SQLite's audit log says is what the triggers of the migrations before 0004 said, which were written by hand.

use std::collections::BTreeSet;

use rusqlite::Connection;
use tempfile::TempDir;
use user_tenant_store::entity::{EntityMeta, Property, PropertyType};
use user_tenant_store::migrate::Migrator;
use user_tenant_store::session::{DatabaseOptions, SqliteOptions};

use super::*;

/// When a statement says that a row was changed. Other times are those of the trigger, and not compared.
const SAID: [&str; 2] = ["2024-01-02T03:04:05.678Z", "2024-05-06T07:08:09.012Z"];

struct File {
    directory: TempDir,
}

impl File {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    async fn migrator(&self, migrations: Migrations) -> Migrator {
        let options = SqliteOptions::new(self.directory.path().join("test.db"));
        Migrator::connect(&DatabaseOptions::Sqlite(options), migrations).await.unwrap()
    }

    fn open(&self) -> Connection {
        let connection = Connection::open(self.directory.path().join("test.db")).unwrap();
        // Rows of one table at a time.
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        connection
    }

    /// All that the file holds, as it was written.
    fn schema(&self) -> Vec<(String, Option<String>)> {
        let connection = self.open();
        let mut select = connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").unwrap();
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    }
}

fn logged() -> Vec<&'static EntityMeta> {
    registry().iter().map(|entity| entity()).filter(|meta| meta.is_logged()).collect()
}

/// A value that the column takes, as SQL: one of two.
fn value(property: &Property, which: usize) -> String {
    let pick = |values: [&str; 2]| values[which].to_owned();
    match property.kind {
        PropertyType::Uuid => format!("'{which}0000000-0000-4000-8000-00000000000{which}'"),
        PropertyType::Text if property.rules.max_length == Some(1) => pick(["'F'", "'M'"]),
        PropertyType::Text => pick(["'é\"''\\'", "'{,}'"]),
        PropertyType::Integer => which.to_string(),
        PropertyType::Boolean => (1 - which).to_string(),
        PropertyType::Timestamp => format!("'{}'", SAID[which]),
        PropertyType::Date => pick(["'1990-05-06'", "'1990-05-07'"]),
        PropertyType::Json => pick(["'{\"b\": [1, null], \"a\": \"é\"}'", "'{}'"]),
        PropertyType::TextArray => pick(["'[\"a\", \"b\"]'", "'[]'"]),
        PropertyType::IntegerArray => pick(["'[1, 2]'", "'[]'"]),
    }
}

/// Statements that insert, change in each way, delete softly and delete a row of a table that has these columns.
fn changes(meta: &EntityMeta, columns: &BTreeSet<String>) -> Vec<String> {
    let table = meta.table;
    let list = |properties: &[&Property], which: usize| {
        let (columns, values): (Vec<_>, Vec<_>) =
            properties.iter().map(|property| (property.column, value(property, which))).unzip();
        format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), values.join(", "))
    };
    let all: Vec<_> = meta.properties.iter().filter(|property| columns.contains(property.column)).collect();
    let required: Vec<_> = all
        .iter()
        .copied()
        .filter(|property| property.required || [meta.id().column, "key", "created_on"].contains(&property.column))
        .collect();
    let mut changes = vec![list(&all, 0), format!("UPDATE {table} SET deleted = 0")];
    for property in &all {
        changes.push(format!("UPDATE {table} SET {} = {}", property.column, value(property, 1)));
    }
    let other = value(meta.property("modifiedBy").unwrap(), 0);
    changes.extend([
        // Says when, and changes nothing else.
        format!("UPDATE {table} SET modified_on = '{}'", SAID[0]),
        format!("UPDATE {table} SET modified_by = {other}, modified_on = '{}'", SAID[1]),
        format!(
            "UPDATE {table} SET deleted = 1, deleted_on = '{}', deleted_by = {}, modified_on = '{}'",
            SAID[0],
            value(meta.property("deletedBy").unwrap(), 0),
            SAID[0]
        ),
        format!("DELETE FROM {table}"),
        list(&required, 0),
        list(&required, 1),
        format!("UPDATE {table} SET modified_by = {other}"),
        format!("DELETE FROM {table}"),
    ]);
    changes
}

fn columns(connection: &Connection, table: &str) -> BTreeSet<String> {
    let mut select = connection.prepare("SELECT name FROM pragma_table_info(?1)").unwrap();
    select.query_map([table], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// The lines that one statement leaves, without their ids and times.
fn lines(connection: &Connection, statement: &str) -> Vec<[Option<String>; 8]> {
    connection.execute_batch("DELETE FROM audit_logs").unwrap();
    connection.execute_batch(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    let mut select = connection
        .prepare(
            "SELECT operation_name, table_name, log_type, entity_id, user_id, before, after, changed_secrets
             FROM audit_logs ORDER BY rowid",
        )
        .unwrap();
    let mut lines = Vec::new();
    let mut rows = select.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        lines.push(std::array::from_fn(|at| row.get::<_, Option<String>>(at).unwrap().map(|text| without_now(&text))));
    }
    lines
}

/// A row of the log without a time that no statement has said.
fn without_now(row: &str) -> String {
    let name = "\"modified_on\":\"";
    match row.split_once(name) {
        Some((head, tail)) if !SAID.iter().any(|said| tail.starts_with(said)) => {
            format!("{head}{name}NOW{}", &tail[SAID[0].len()..])
        }
        _ => row.to_owned(),
    }
}

#[tokio::test]
async fn what_the_made_triggers_log_is_what_the_written_ones_logged() {
    let (written, made) = (File::new(), File::new());
    written.migrator(Migrations { sqlite: &MIGRATIONS.sqlite[..3], ..MIGRATIONS }).await.up().await.unwrap();
    made.migrator(Migrations { sqlite: &MIGRATIONS.sqlite[..4], ..MIGRATIONS }).await.up().await.unwrap();
    assert_ne!(written.schema(), made.schema());
    let (written, made) = (written.open(), made.open());
    let mut tables = BTreeSet::new();
    for meta in logged() {
        let (mut operations, mut stamps) = (BTreeSet::new(), 0);
        // Later migrations have added some, and whole tables.
        let known = columns(&written, meta.table);
        if known.is_empty() {
            continue;
        }
        for change in changes(meta, &known) {
            let expected = lines(&written, &change);
            assert_eq!(lines(&made, &change), expected, "{change}");
            for line in expected {
                let [.., before, after, _] = &line;
                let is_now = |row: &Option<String>| row.as_ref().is_some_and(|row| row.contains("NOW"));
                stamps += usize::from(before.is_some() && is_now(after) && !is_now(before));
                operations.insert(line[0].clone());
                tables.insert(line[1].clone());
            }
        }
        assert_eq!(operations.len(), 3, "{}", meta.table);
        assert_eq!(stamps > 0, AUDIT.stamped.contains(&meta.table), "{}", meta.table);
    }
    assert_eq!(tables.len(), 11, "{tables:?}");
}

#[tokio::test]
async fn the_way_back_puts_the_written_triggers_back() {
    let file = File::new();
    file.migrator(Migrations { sqlite: &MIGRATIONS.sqlite[..3], ..MIGRATIONS }).await.up().await.unwrap();
    let before = file.schema();
    let mut migrator = file.migrator(MIGRATIONS).await;
    migrator.up().await.unwrap();
    assert_ne!(file.schema(), before);
    migrator.down(3).await.unwrap();
    assert_eq!(file.schema(), before);
}

/// Else a change of it is logged as one without a difference, or not at all.
#[tokio::test]
async fn every_column_of_a_logged_table_is_a_property() {
    let file = File::new();
    file.migrator(MIGRATIONS).await.up().await.unwrap();
    let connection = file.open();
    for meta in logged() {
        let columns = columns(&connection, meta.table);
        let known: BTreeSet<String> = meta.properties.iter().map(|property| property.column.to_owned()).collect();
        assert_eq!(columns, known, "{}", meta.table);
    }
}

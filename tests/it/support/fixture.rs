//! The fixture of the recorded cases on either database, and what is in the tables after a request.

use std::collections::BTreeMap;

use rusqlite::types::ValueRef;
use serde_json::{Map, Value as Json};

use super::postgres::PostgresDatabase;
use super::sqlite::SqliteDatabase;
use super::{contract_text, token};

/// The tables that requests can change; `logs.audit_logs` is read on its own.
const TABLES: [&str; 17] = [
    "tenants",
    "roles",
    "users",
    "user_credentials",
    "user_tenants",
    "groups",
    "user_groups",
    "group_roles",
    "group_groups",
    "tenant_configs",
    "user_tenant_prefs",
    "user_permissions",
    "user_invitations",
    "auth_clients",
    "role_templates",
    "invitations",
    "address_proofs",
];
/// Columns that hold JSON text on SQLite.
const JSON_COLUMNS: [&str; 6] =
    ["permissions", "allowed_clients", "auth_client_ids", "config_value", "introduction", "group_ids"];
/// Columns that hold 0 or 1 on SQLite.
const BOOLEAN_COLUMNS: [&str; 3] = ["deleted", "allowed", "by_master"];
const KEY_CREATED_ON: &str = "2024-01-02T03:04:05.678Z";

/// One database with the schema of the service in it.
pub(crate) enum Database {
    /// PostgreSQL.
    Postgres(Box<PostgresDatabase>),
    /// SQLite.
    Sqlite(SqliteDatabase),
}

/// What the tables hold: rows by table and id, in the shape that PostgreSQL gives them as JSON.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Tables {
    /// Rows by table and id.
    pub(crate) rows: BTreeMap<(String, String), Map<String, Json>>,
    /// The audit log as `table:OPERATION`, sorted.
    pub(crate) audit: Vec<String>,
}

impl Database {
    /// A new one on PostgreSQL.
    pub(crate) fn postgres() -> Self {
        Self::Postgres(Box::new(PostgresDatabase::create()))
    }

    /// A new one on SQLite.
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(SqliteDatabase::create())
    }

    /// Where the service finds the database.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Postgres(database) => database.url().to_owned(),
            Self::Sqlite(database) => database.url(),
        }
    }

    /// Puts the fixture in place of whatever is there, with the key that verifies [`token`]s; the administrators of tenants
    /// A and B hold what their tokens say, without which they could change nothing.
    pub(crate) fn restore(&self) {
        self.restore_with(|seed| {
            let [names, numbers] = ["names", "numbers"].map(token::permissions);
            let all = [names, numbers].concat();
            let (braces, brackets) = (format!("'{{{}}}'", all.join(",")), format!("'{}'", Json::from(all)));
            seed.replace("'{ViewTenant,UpdateTenant,CreateRoles}'", &braces)
                .replace("'[\"ViewTenant\",\"UpdateTenant\",\"CreateRoles\"]'", &brackets)
                .replace(
                    "'b0000000-0000-4000-8000-000000000001', '{ViewTenant}'",
                    &format!("'b0000000-0000-4000-8000-000000000001', {braces}"),
                )
                .replace(
                    "'b0000000-0000-4000-8000-000000000001', '[\"ViewTenant\"]'",
                    &format!("'b0000000-0000-4000-8000-000000000001', {brackets}"),
                )
        });
    }

    /// Puts the fixture of the recordings in place, in which tokens say more than the database grants.
    pub(crate) fn restore_recorded(&self) {
        self.restore_with(str::to_owned);
    }

    fn restore_with(&self, prepared: impl Fn(&str) -> String) {
        // What migrations have made is no part of the recorded fixture; a database of the original has none of it yet.
        let made = format!(
            "DELETE FROM main.role_templates WHERE version > 1 OR name NOT IN ('owner', 'administrator', 'member', 'viewer');
             UPDATE main.role_templates
                 SET retired_on = NULL, created_on = '{KEY_CREATED_ON}', modified_on = '{KEY_CREATED_ON}';"
        );
        match self {
            Self::Postgres(database) => database.run(&format!(
                "DO $$ BEGIN IF to_regclass('main.role_templates') IS NOT NULL THEN {made} END IF; END $$"
            )),
            Self::Sqlite(_) => self.run(&made),
        }
        match self {
            Self::Postgres(database) => {
                database.run(&prepared(&contract_text("seed.postgres.sql")));
                let insert = "INSERT INTO main.jwt_keys (key_id, public_key, private_key, created_on) VALUES ($1, $2, 'unused', now())";
                database.execute(insert, &[&token::KEY_ID, &contract_text("keys/public.pem")]);
            }
            Self::Sqlite(database) => {
                let connection = database.connect();
                connection
                    .execute_batch(&prepared(&contract_text("seed.sqlite.sql")))
                    .expect("the fixture fits the schema");
                let insert =
                    "INSERT INTO jwt_keys (key_id, public_key, private_key, created_on) VALUES (?1, ?2, 'unused', ?3)";
                let parameters = (token::KEY_ID, contract_text("keys/public.pem"), KEY_CREATED_ON);
                connection.execute(insert, parameters).expect("the key can be inserted");
            }
        }
    }

    /// Runs statements; a table is called `main.…`, which SQLite understands too.
    pub(crate) fn run(&self, sql: &str) {
        match self {
            Self::Postgres(database) => database.run(sql),
            Self::Sqlite(database) => {
                database.connect().execute_batch(sql).unwrap_or_else(|error| panic!("{error} in {sql}"));
            }
        }
    }

    /// Reads all tables.
    pub(crate) fn tables(&self) -> Tables {
        let mut tables = match self {
            Self::Postgres(database) => postgres_tables(database),
            Self::Sqlite(database) => sqlite_tables(database),
        };
        tables.audit.sort();
        tables
    }
}

fn postgres_tables(database: &PostgresDatabase) -> Tables {
    // A database of the original has not all of them yet.
    let there =
        |table: &&&str| database.query(&format!("SELECT to_regclass('main.{table}') IS NOT NULL"))[0].get::<_, bool>(0);
    let tables = TABLES.iter().filter(there);
    let selects: Vec<_> =
        tables.map(|table| format!("SELECT '{table}', to_jsonb(t)::text FROM main.{table} AS t")).collect();
    let mut tables = Tables::default();
    database.run("SET timezone = 'UTC'");
    for row in database.query(&selects.join(" UNION ALL ")) {
        let Json::Object(columns) = serde_json::from_str(row.get(1)).expect("PostgreSQL writes JSON") else {
            unreachable!("a row is an object")
        };
        tables.insert(row.get(0), columns);
    }
    for row in database.query("SELECT table_name, operation_name FROM logs.audit_logs") {
        tables.audit.push(format!("{}:{}", row.get::<_, &str>(0), row.get::<_, &str>(1)));
    }
    tables
}

fn sqlite_tables(database: &SqliteDatabase) -> Tables {
    let connection = database.connect();
    let mut tables = Tables::default();
    for table in TABLES {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).expect("the table exists");
        let names: Vec<String> = statement.column_names().map(ToOwned::to_owned).collect();
        let mut rows = statement.query(()).expect("the table can be read");
        while let Some(row) = rows.next().expect("the table can be read") {
            let columns =
                names.iter().enumerate().map(|(at, name)| (name.clone(), sqlite_value(name, row.get_ref(at).unwrap())));
            tables.insert(table, columns.collect());
        }
    }
    let mut statement =
        connection.prepare("SELECT table_name || ':' || operation_name FROM audit_logs").expect("the log exists");
    tables.audit = statement.query_map((), |row| row.get(0)).and_then(Iterator::collect).expect("the log can be read");
    tables
}

fn sqlite_value(column: &str, value: ValueRef<'_>) -> Json {
    match value {
        ValueRef::Null => Json::Null,
        ValueRef::Integer(number) if BOOLEAN_COLUMNS.contains(&column) => Json::Bool(number != 0),
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) if JSON_COLUMNS.contains(&column) => {
            serde_json::from_slice(text).expect("the column holds JSON")
        }
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        ValueRef::Blob(_) => panic!("{column} holds bytes, which no column should"),
    }
}

impl Tables {
    fn insert(&mut self, table: &str, columns: Map<String, Json>) {
        let id = match &columns["id"] {
            Json::String(id) => id.clone(),
            other => other.to_string(),
        };
        self.rows.insert((table.to_owned(), id), columns);
    }
}

/// A row as JSON.
pub(crate) fn text(row: &Map<String, Json>) -> String {
    serde_json::to_string(row).expect("a row is JSON")
}

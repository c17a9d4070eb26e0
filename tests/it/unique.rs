//! Unique constraints: entities declare what the migrations make, and one that nobody declares is taken for no other.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use user_tenant_service::model::registry;

use crate::request::{json, text};
use crate::support::fixture::Database;
use crate::support::postgres::PostgresDatabase;
use crate::support::sqlite::SqliteDatabase;
use crate::world::{World, on_both};

const TENANT_A: &str = "a0000000-0000-4000-8000-000000000001";
const ROLE_A: &str = "a0000000-0000-4000-8000-000000000011";

/// Table, name, columns (`lower(…)` of those in any case), and whether a deleted row gives way.
type Constraint = (String, String, Vec<String>, bool);

/// What the entities declare.
fn declared() -> BTreeSet<Constraint> {
    let mut declared = BTreeSet::new();
    for meta in registry().iter().map(|entity| entity()) {
        for unique in meta.unique {
            let column = |name: &&str| {
                let column = meta.property(name).expect("a property of the entity").column;
                if unique.in_any_case.contains(name) { format!("lower({column})") } else { column.to_owned() }
            };
            let columns = sorted(unique.properties.iter().map(column).collect());
            declared.insert((meta.table.to_owned(), unique.name.to_owned(), columns, unique.not_deleted));
        }
    }
    declared
}

fn sorted(mut columns: Vec<String>) -> Vec<String> {
    columns.sort_unstable();
    columns
}

/// `lower((name)::text)` and `name`, without the casts.
fn plain(column: &str) -> String {
    let is_folded = column.starts_with("lower(");
    let name = column.trim_start_matches("lower(").trim_start_matches('(');
    let name: String = name.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
    if is_folded { format!("lower({name})") } else { name }
}

fn of_postgres(database: &PostgresDatabase) -> BTreeSet<Constraint> {
    let constraints = "
        SELECT t.relname::text, i.relname::text,
          (SELECT array_agg(pg_get_indexdef(x.indexrelid, k, true) ORDER BY k) FROM generate_series(1, x.indnkeyatts) k),
          x.indpred IS NOT NULL
        FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
          JOIN pg_namespace n ON n.oid = t.relnamespace
        WHERE n.nspname = 'main' AND x.indisunique AND NOT x.indisprimary";
    let rows = database.query(constraints);
    let of_row = |row: &tokio_postgres::Row| {
        let columns: Vec<String> = row.get(2);
        (row.get(0), row.get(1), sorted(columns.iter().map(|column| plain(column)).collect()), row.get(3))
    };
    rows.iter().map(of_row).collect()
}

/// SQLite keeps the name of a constraint in the text of its table alone.
fn of_sqlite(database: &SqliteDatabase, declared: &BTreeSet<Constraint>) -> BTreeSet<Constraint> {
    let connection = database.connect();
    let mut statement = connection
        .prepare(
            "SELECT t.name, i.name, i.origin, i.partial, t.sql, (SELECT sql FROM sqlite_schema s WHERE s.name = i.name),
               (SELECT group_concat(c.name) FROM pragma_index_info(i.name) c)
             FROM sqlite_schema t, pragma_index_list(t.name) i
             WHERE t.type = 'table' AND i.\"unique\" AND i.origin <> 'pk'",
        )
        .expect("the schema can be read");
    let rows = statement.query_map((), |row| {
        let (table, name, origin): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (partial, of_table, of_index): (bool, String, Option<String>) = (row.get(3)?, row.get(4)?, row.get(5)?);
        let listed: Option<String> = row.get(6)?;
        let columns = match of_index {
            Some(sql) => {
                let list = sql.split_once(&format!("ON {table} (")).expect("columns").1.split(" WHERE ").next();
                list.unwrap_or_default().split(", ").map(plain).collect()
            }
            None => listed.unwrap_or_default().split(',').map(ToOwned::to_owned).collect(),
        };
        let columns = sorted(columns);
        let named = |constraint: &&Constraint| {
            constraint.0 == table
                && constraint.2 == columns
                && of_table.contains(&format!("CONSTRAINT {} UNIQUE", constraint.1))
        };
        let name = if origin == "u" { declared.iter().find(named).map_or(name, |found| found.1.clone()) } else { name };
        Ok((table, name, columns, partial))
    });
    rows.and_then(Iterator::collect).expect("the schema can be read")
}

on_both!(entities_declare_the_unique_constraints_that_migrations_make);
fn entities_declare_the_unique_constraints_that_migrations_make(world: &World) {
    let declared = declared();
    assert!(declared.len() > 12, "{declared:?}");
    let made = match &world.database {
        Database::Postgres(database) => of_postgres(database),
        Database::Sqlite(database) => of_sqlite(database, &declared),
    };
    assert_eq!(made, declared);
}

/// An application's own index, on a table of ours.
fn index(database: &Database, name: &str, table: &str, column: &str) {
    match database {
        Database::Postgres(database) => database.run(&format!("CREATE UNIQUE INDEX {name} ON main.{table} ({column})")),
        Database::Sqlite(_) => database.run(&format!("CREATE UNIQUE INDEX {name} ON {table} ({column})")),
    }
}

on_both!(a_constraint_that_nobody_declares_is_taken_for_no_other);
fn a_constraint_that_nobody_declares_is_taken_for_no_other(world: &World) {
    index(&world.database, "own_designations", "users", "designation");
    index(&world.database, "own_descriptions", "roles", "lower(description)");
    let user = |name: &str| {
        json!({
            "roleId": ROLE_A, "firstName": "N", "username": name, "email": format!("{name}@x.example"),
            "designation": "Boss",
        })
    };
    let role = |name: &str| json!({ "name": name, "description": "The one" , "permissions": [] });
    let tenant = format!("/tenants/{TENANT_A}");
    let send = |line: String, body: &Json| world.request(&line).token("admin_a").json(body).send();
    for (path, bodies) in [
        (format!("POST {tenant}/users"), [user("first"), user("second")]),
        (format!("POST {tenant}/roles"), [role("first"), role("second")]),
    ] {
        let first = send(path.clone(), &bodies[0]);
        assert_eq!(first.status, 200, "{}", text(&first));
        let second = send(path.clone(), &bodies[1]);
        let expected = json!({
            "error": { "statusCode": 409, "name": "ConflictError", "message": "Unique constraint violation error !" },
        });
        assert_eq!((second.status, json(&second)), (409, expected), "{path}");
    }
    let metrics = text(&world.request("GET /metrics").send());
    assert!(metrics.contains("user_tenant_service_errors_total{code=\"NOT_UNIQUE\"} 2\n"), "{metrics}");
}

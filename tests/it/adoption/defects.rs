//! What a database may have that is named, whoever made it: nulls where a value is needed, publications, newer migrations.

use std::collections::BTreeSet;

use user_tenant_service::MIGRATIONS;

use super::{Legacy, SCHEMA_NOT_READY};
use crate::program::{Outcome, Workplace};
use crate::support::fixture::Database;
use crate::support::postgres::PostgresDatabase;
use crate::support::server::Server;
use crate::support::token;

const MEMBER: &str = "a0000000-0000-4000-8000-000000000012";

/// A role without a name, which nothing forbids any more.
const NAMELESS: &str = "ALTER TABLE main.roles ALTER name DROP NOT NULL;
  UPDATE main.roles SET name = NULL WHERE id = 'a0000000-0000-4000-8000-000000000012'";

#[track_caller]
fn assert_names(outcome: &Outcome, words: &[&str]) {
    assert_eq!(outcome.code, SCHEMA_NOT_READY, "{outcome:?}");
    for word in words {
        assert!(outcome.stderr.contains(word), "no {word:?} in {}", outcome.stderr);
    }
}

#[test]
fn a_null_where_a_value_is_needed_stands_in_the_way_of_adoption() {
    let legacy = Legacy::new();
    legacy.run(NAMELESS);
    for command in ["check", "up"] {
        legacy.assert_refuses(&[command], &["main.roles: name is null in 1 row", MEMBER, "Nothing has been changed"]);
    }
    legacy.run("UPDATE main.roles SET name = 'named' WHERE name IS NULL");
    legacy.migrated(&["up"]);
    legacy.migrated(&["check"]);
}

#[test]
fn a_null_that_comes_later_is_named_and_the_service_starts_all_the_same() {
    let legacy = Legacy::new();
    legacy.migrated(&["up"]);
    legacy.run(NAMELESS);
    let outcome = legacy.migrate(&["check"]);
    assert_names(&outcome, &["main.roles: name is null in 1 row", MEMBER, "fails until that is mended"]);
    let mut running = legacy.workplace.serve(&["serve"]);
    assert_eq!(running.request("GET /tenants").token("master_a").send().status, 200);
    running.stop();
    legacy.run("UPDATE main.roles SET name = 'named' WHERE name IS NULL");
    legacy.migrated(&["check"]);
}

#[test]
fn of_many_nulls_the_first_are_named() {
    let legacy = Legacy::new();
    legacy.run(
        "ALTER TABLE main.users ALTER first_name DROP NOT NULL;
         INSERT INTO main.users (first_name, username) SELECT NULL, 'nobody-' || n FROM generate_series(1, 25) AS n",
    );
    legacy.assert_refuses(&["check"], &["main.users: first_name is null in 25 rows (", ", …)"]);
}

/// What is needed is what a new database keeps nulls out of, but for ids, times and the text of keys, which is their owner's; and
/// tables that no database of the original has are made, not adopted.
#[test]
fn every_column_that_a_new_database_keeps_nulls_out_of_is_looked_at() {
    let (database, _) = ours();
    let kept = server(&database).query(
        "SELECT format('%s.%s', table_schema, table_name), column_name::text FROM information_schema.columns
         WHERE table_schema = 'main' AND is_nullable = 'NO' AND table_name NOT LIKE 'schema\\_%'
           AND table_name NOT IN
             ('jobs', 'idempotency_keys', 'group_roles', 'group_groups', 'role_templates', 'older_permissions',
              'login_attempts', 'password_records', 'password_resets', 'mails', 'invitations', 'address_proofs')
           AND column_name NOT IN ('id', 'created_on', 'modified_on', 'public_key', 'private_key')",
    );
    let kept: BTreeSet<(String, String)> = kept.iter().map(|row| (row.get(0), row.get(1))).collect();
    let required = MIGRATIONS.adoption.expect("databases of the original are adopted").required;
    let looked_at: BTreeSet<(String, String)> = required
        .iter()
        .flat_map(|(table, columns)| columns.iter().map(|column| ((*table).to_owned(), (*column).to_owned())))
        .collect();
    assert_eq!(looked_at, kept);
}

/// A database of our own, with the fixture in it.
fn ours() -> (Database, Workplace) {
    let database = Database::postgres();
    Server::migrate(&database.url());
    database.restore();
    let workplace = Workplace::with(&[
        ("DATABASE_URL", &database.url()),
        ("JWT_VERIFIER", "jwt-keys"),
        ("JWT_ISSUER", token::ISSUER),
    ]);
    (database, workplace)
}

fn server(database: &Database) -> &PostgresDatabase {
    match database {
        Database::Postgres(server) => server,
        Database::Sqlite(_) => unreachable!("SQLite has no publications"),
    }
}

#[test]
fn a_publication_that_makes_writes_fail_is_named_with_the_table() {
    let (database, workplace) = ours();
    let check = || workplace.run(&["migrate", "check"]);
    for (publish, code, words) in [
        (
            "CREATE PUBLICATION of_a_tenant FOR TABLE main.roles
             WHERE (tenant_id = 'a0000000-0000-4000-8000-000000000001' AND role_type > 0)",
            "42P10",
            &[
                "publication of_a_tenant",
                "main.roles",
                "row filter reads role_type, tenant_id",
                "REPLICA IDENTITY FULL",
            ][..],
        ),
        (
            "CREATE PUBLICATION of_names FOR TABLE main.roles (name)",
            "42P10",
            &["publication of_names", "main.roles", "list of columns"],
        ),
        (
            "CREATE PUBLICATION of_all FOR ALL TABLES; ALTER TABLE main.roles REPLICA IDENTITY NOTHING",
            "55000",
            &["publication of_all", "main.roles", "no replica identity"],
        ),
    ] {
        database.run(publish);
        assert_names(&check(), words);
        // What is said to fail does.
        let refusal = server(&database).refusal("UPDATE main.roles SET description = 'x'");
        assert_eq!(refusal.as_deref(), Some(code), "{publish}");
        database.run(
            "ALTER TABLE main.roles REPLICA IDENTITY DEFAULT;
             DROP PUBLICATION IF EXISTS of_a_tenant, of_names, of_all",
        );
        assert_eq!(check().code, 0, "{publish}");
    }
}

#[test]
fn a_publication_that_does_no_harm_is_none_of_our_business() {
    let (database, workplace) = ours();
    database.run(
        "CREATE PUBLICATION of_all FOR ALL TABLES;
         CREATE PUBLICATION of_insertions FOR TABLE main.roles WHERE (role_type > 0) WITH (publish = 'insert');
         CREATE PUBLICATION by_id FOR TABLE main.groups (id, name) WHERE (id <> 'a0000000-0000-4000-8000-000000000041');
         CREATE TABLE main.of_the_owner (id integer PRIMARY KEY, n integer);
         CREATE PUBLICATION of_others FOR TABLE main.of_the_owner WHERE (n > 0);
         ALTER TABLE main.users REPLICA IDENTITY FULL;
         CREATE PUBLICATION of_users FOR TABLE main.users WHERE (NOT deleted)",
    );
    let outcome = workplace.run(&["migrate", "check"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    database.run(
        "UPDATE main.roles SET description = 'x'; UPDATE main.groups SET description = 'x'; UPDATE main.users SET phone = '1'",
    );
}

#[test]
fn a_program_starts_on_a_newer_database_only_if_the_ledger_says_that_it_may() {
    let (database, workplace) = ours();
    database.run(
        "INSERT INTO main.schema_migrations (version, name, checksum, additive) VALUES (900, 'later', 'unknown', true)",
    );
    let outcome = workplace.run(&["migrate", "check"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.stdout.contains("0900 later is newer than this program"), "{outcome:?}");
    workplace.ok(&["migrate", "up"]);
    let mut running = workplace.serve(&["serve"]);
    assert_eq!(running.request("GET /health/ready").send().status, 200);
    running.stop();

    database.run("UPDATE main.schema_migrations SET additive = false WHERE version = 900");
    for command in [&["migrate", "check"][..], &["migrate", "up"], &["serve", "--port", "0"]] {
        assert_names(&workplace.run(command), &["0900 later is applied, but not part of this program"]);
    }
}

//! What of others is in the way of the schema: named with what to mend, and with an exit code after which nobody tries again.

use std::fs;
use std::net::TcpListener;

use super::{INVALID_CONFIGURATION, SCHEMA_NOT_READY, UNREACHABLE, assert_fails_politely, on};
use crate::program::Workplace;
use crate::support::contract_file;
use crate::support::fixture::Database;
use crate::world::on_both;

const COMMANDS: [&[&str]; 3] = [&["migrate", "up"], &["migrate", "check"], &["serve", "--migrate", "--port", "0"]];

/// That all that is named is in the way, in our words, and stays.
#[track_caller]
fn assert_occupied(workplace: &Workplace, names: &[&str]) {
    for arguments in COMMANDS {
        let outcome = workplace.run(arguments);
        assert_fails_politely(&outcome, SCHEMA_NOT_READY, names);
        assert!(outcome.stderr.contains("Name another database"), "{arguments:?}: {outcome:?}");
        assert!(outcome.stderr.len() < 500, "{}", outcome.stderr);
    }
}

#[test]
fn on_postgres_what_is_in_the_way_is_named_with_its_schema() {
    for (made, names) in [
        ("CREATE TABLE main.users (a int)", &["table main.users already exists"][..]),
        ("CREATE VIEW main.v_users AS SELECT 1", &["view main.v_users already exists"]),
        ("CREATE TABLE logs.audit_logs (a int)", &["table logs.audit_logs already exists"]),
        ("CREATE TYPE main.groups AS ENUM ('a')", &["type main.groups already exists"]),
        (
            "CREATE FUNCTION main.moddatetime() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            &["function main.moddatetime already exists"],
        ),
        (
            "CREATE TABLE main.users (a int); CREATE MATERIALIZED VIEW main.roles AS SELECT 1",
            &["table main.users already exists", "materialized view main.roles already exists"],
        ),
        (
            "CREATE TABLE main.jwt_keys (a int)",
            &["table main.jwt_keys already exists, and lacks id, key_id, public_key, private_key, created_on"],
        ),
        (
            "CREATE TABLE main.schema_migrations (version text)",
            &["table main.schema_migrations already exists, and is another program's"],
        ),
    ] {
        let database = Database::postgres();
        database.run(&format!("CREATE SCHEMA main; CREATE SCHEMA logs; {made}"));
        assert_occupied(&on(&database), names);
    }
    // What comes with a table is met when it is made.
    let database = Database::postgres();
    database.run("CREATE SCHEMA main; CREATE SEQUENCE main.uq_users_email");
    assert_fails_politely(&on(&database).run(COMMANDS[0]), SCHEMA_NOT_READY, &["\"uq_users_email\" already exists"]);
}

#[test]
fn on_postgres_what_is_in_the_way_of_a_later_migration_is_named() {
    let database = Database::postgres();
    database.run(
        "CREATE SCHEMA logs; CREATE FUNCTION logs.audit_insert() RETURNS trigger LANGUAGE plpgsql
         AS 'BEGIN RETURN NULL; END'",
    );
    let words = ["function \"audit_insert\" already exists"];
    assert_fails_politely(&on(&database).run(COMMANDS[0]), SCHEMA_NOT_READY, &words);
}

on_both!(a_table_that_was_dropped_or_changed_beside_the_migrations_is_named);
fn a_table_that_was_dropped_or_changed_beside_the_migrations_is_named(database: &Database) {
    let workplace = on(database);
    workplace.ok(&["migrate", "up"]);
    workplace.ok(&["bootstrap"]);
    workplace.ok(&["migrate", "check"]);
    let mut names = vec!["groups cannot be read"];
    for broken in ["ALTER TABLE main.groups RENAME COLUMN photo_url TO photo", "DROP TABLE main.user_groups"] {
        database.run(broken);
        for arguments in [&["migrate", "check"][..], &["serve", "--port", "0"], &["tenant", "list"]] {
            let outcome = workplace.run(arguments);
            assert_fails_politely(&outcome, SCHEMA_NOT_READY, &names);
            assert!(!outcome.stderr.contains("roles"), "{}", outcome.stderr);
        }
        names.push("user_groups cannot be read");
    }
}

on_both!(an_audit_log_that_was_dropped_is_named_and_a_locked_table_is_not_waited_for);
fn an_audit_log_that_was_dropped_is_named_and_a_locked_table_is_not_waited_for(database: &Database) {
    let workplace = on(database);
    workplace.ok(&["migrate", "up"]);
    workplace.ok(&["bootstrap"]);
    if let Database::Postgres(database) = database {
        database.run("BEGIN; LOCK TABLE main.groups IN ACCESS EXCLUSIVE MODE");
        assert!(workplace.ok(&["tenant", "list"]).contains("Default"));
        database.run("ROLLBACK");
    }
    database.run(match database {
        Database::Sqlite(_) => "DROP TABLE audit_logs",
        Database::Postgres(_) => "DROP TABLE logs.audit_logs",
    });
    for arguments in [&["migrate", "check"][..], &["serve", "--port", "0"], &["tenant", "list"]] {
        assert_fails_politely(&workplace.run(arguments), SCHEMA_NOT_READY, &["audit_logs cannot be read"]);
    }
}

/// One that accepts connections, and says nothing.
#[test]
fn a_silent_server_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    let workplace = Workplace::with(&[
        ("DATABASE_URL", &format!("postgres://nobody@{address}/nothing")),
        ("DB_CONNECTION_TIMEOUT_MILLIS", "200"),
    ]);
    for arguments in [COMMANDS[0], COMMANDS[1]] {
        super::assert_fails(&workplace.run(arguments), UNREACHABLE, &["cannot be reached"]);
    }
}

#[test]
fn on_sqlite_nothing_is_locked_where_nothing_is_to_be_done() {
    let database = Database::sqlite();
    let workplace = on(&database);
    workplace.ok(&["migrate", "up"]);
    workplace.ok(&["bootstrap"]);
    let Database::Sqlite(file) = &database else { panic!("it is a file") };
    let other = file.connect();
    other.execute_batch("BEGIN IMMEDIATE").expect("nobody writes");
    workplace.ok(&["migrate", "up"]);
    assert!(workplace.ok(&["tenant", "list"]).contains("Default"));
}

#[test]
fn on_postgres_what_is_in_the_way_in_another_schema_is_named_with_that() {
    let database = Database::postgres();
    database.run(
        "CREATE SCHEMA main; CREATE TABLE main.users (a int); CREATE SCHEMA acme; CREATE TABLE acme.roles (a int)",
    );
    let mut workplace = on(&database);
    workplace.set("DB_SCHEMA", "acme");
    assert_occupied(&workplace, &["itself: table acme.roles already exists\n"]);
    database.run("DROP TABLE acme.roles");
    workplace.ok(&["migrate", "up"]);
}

#[test]
fn on_postgres_an_encoding_that_cannot_hold_every_name_is_refused_before_anything_is_made() {
    let database = Database::postgres();
    let name = format!("latin1_{}", std::process::id());
    database.run(&format!("CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"));
    let url = database.url();
    let (server, _) = url.rsplit_once('/').expect("a URL names a database");
    let workplace = Workplace::with(&[
        ("DATABASE_URL", &format!("{server}/{name}")),
        ("JWT_VERIFIER", "secret"),
        ("JWT_SECRET", super::SECRET),
    ]);
    for arguments in COMMANDS {
        assert_fails_politely(&workplace.run(arguments), INVALID_CONFIGURATION, &["UTF8", "LATIN1", "CREATE DATABASE"]);
    }
    database.run(&format!("DROP DATABASE {name}"));
}

/// The authentication service makes it in the same database.
#[test]
fn on_postgres_a_table_of_keys_that_fits_is_shared() {
    let database = Database::postgres();
    database.run(
        "CREATE SCHEMA main; CREATE TABLE main.jwt_keys (id serial PRIMARY KEY, key_id varchar(100) NOT NULL UNIQUE,
         public_key text, private_key text, created_on timestamp DEFAULT now())",
    );
    let workplace = on(&database);
    workplace.ok(&["migrate", "up"]);
    assert_eq!(workplace.ok(&["keys", "list"]), "");
}

#[test]
fn on_postgres_a_right_that_is_missing_is_named_and_no_defect() {
    let database = Database::postgres();
    database.run("CREATE SCHEMA main");
    let mut workplace = on(&database);
    // Whoever connects so may read the catalogue, and nothing of ours.
    workplace.set("DATABASE_URL", &format!("{}?options=-c%20role%3Dpg_monitor", database.url()));
    assert_fails_politely(
        &workplace.run(COMMANDS[0]),
        INVALID_CONFIGURATION,
        &["DB_USER", "permission denied for", "GRANT"],
    );
    on(&database).ok(&["migrate", "up"]);
    for arguments in [&["migrate", "up"][..], &["migrate", "check"], &["serve", "--port", "0"], &["keys", "list"]] {
        let words = ["permission denied for schema main"];
        assert_fails_politely(&workplace.run(arguments), INVALID_CONFIGURATION, &words);
    }
}

on_both!(what_the_database_says_is_in_its_own_words);
fn what_the_database_says_is_in_its_own_words(database: &Database) {
    let workplace = on(database);
    workplace.ok(&["migrate", "up"]);
    let key = contract_file("keys/public.pem").display().to_string();
    database.run(match database {
        Database::Sqlite(_) => {
            "CREATE TRIGGER refuse BEFORE INSERT ON jwt_keys BEGIN INSERT INTO nowhere VALUES (1); END"
        }
        Database::Postgres(_) => {
            "CREATE FUNCTION main.refuse() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'a rule of the house'; END $$;
             CREATE TRIGGER refuse BEFORE INSERT ON main.jwt_keys FOR EACH ROW EXECUTE FUNCTION main.refuse()"
        }
    });
    let says = match database {
        Database::Sqlite(_) => "no such table",
        Database::Postgres(_) => "a rule of the house",
    };
    let outcome = workplace.run(&["keys", "add", "--kid", "one", "--public-key", &key]);
    assert!(outcome.stderr.contains(says) && !outcome.stderr.contains("db error"), "{outcome:?}");
}

#[test]
fn on_sqlite_all_that_is_in_the_way_is_named() {
    for (made, name) in [
        ("CREATE TABLE users (a)", "table users already exists"),
        ("CREATE VIEW v_users AS SELECT 1", "view v_users already exists"),
        ("CREATE VIEW Roles AS SELECT 1", "view roles already exists"),
        (
            "CREATE TABLE schema_migrations (version TEXT)",
            "table schema_migrations already exists, and is another program's",
        ),
        (
            "CREATE TABLE schema_migrations (version, name, checksum, applied_on); INSERT INTO schema_migrations VALUES ('a', 1, 2, 3)",
            "table schema_migrations already exists, and is another program's",
        ),
    ] {
        let database = Database::sqlite();
        database.run(made);
        assert_occupied(&on(&database), &[name]);
    }
}

#[test]
fn on_sqlite_a_damaged_file_is_named_and_not_tried_again() {
    let whole = Workplace::new();
    whole.ok(&["bootstrap"]);
    let bytes = fs::read(whole.path().join("data/user-tenant.db")).expect("the file is there");
    let (short, mut overwritten) = (bytes[..20_000].to_vec(), bytes.clone());
    overwritten[4_096..].fill(0x5a);
    for damaged in [short, overwritten] {
        let workplace = Workplace::new();
        fs::create_dir(workplace.path().join("data")).expect("a directory can be made");
        fs::write(workplace.path().join("data/user-tenant.db"), damaged).expect("a file can be written");
        for arguments in
            [&["serve", "--port", "0"][..], &["migrate", "check"], &["migrate", "up"], &["tenant", "list"], &["token"]]
        {
            let outcome = workplace.run(arguments);
            super::assert_fails(&outcome, INVALID_CONFIGURATION, &["data/user-tenant.db must be a database", "backup"]);
        }
    }
}

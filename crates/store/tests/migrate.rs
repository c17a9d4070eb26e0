//! Migrations and the schema they make: every test runs on `SQLite` and on `PostgreSQL` and expects the same.

#[path = "migrate/actor.rs"]
mod actor;
#[path = "migrate/beside.rs"]
mod beside;
#[path = "support/database.rs"]
mod database;
#[path = "migrate/schema.rs"]
mod schema;
#[path = "migrate/statements.rs"]
mod statements;
#[path = "migrate/triggers.rs"]
mod triggers;

use database::{Database, Outcome};
use user_tenant_store::migrate::{Finding, MigrateError, Migration, Migrations, Migrator, State, Status, Step};

/// Makes two tests, `sqlite` and `postgres`, of a function that takes a database.
macro_rules! on_both {
    ($case:ident) => {
        mod $case {
            use crate::database::{Database, Outcome};

            #[tokio::test]
            async fn sqlite() -> Outcome {
                super::$case(&Database::sqlite()?).await
            }

            #[tokio::test]
            async fn postgres() -> Outcome {
                super::$case(&Database::postgres(stringify!($case)).await?).await
            }
        }
    };
}
use on_both;

/// The service's own schema. Its adoption has tests of its own.
const SCHEMA: Migrations = Migrations { adoption: None, ..user_tenant_service::MIGRATIONS };

/// The steps of the schema, in order.
fn steps() -> Vec<Step> {
    SCHEMA.sqlite.iter().map(step).collect()
}

/// Three steps that both databases understand.
const STEPS: [Migration; 3] = [
    Migration {
        version: 1,
        name: "first",
        up: "CREATE TABLE one (id integer)",
        down: "DROP TABLE one",
        additive: false,
    },
    Migration {
        version: 2,
        name: "second",
        up: "CREATE TABLE two (id integer)",
        down: "DROP TABLE two",
        additive: false,
    },
    Migration {
        version: 3,
        name: "third",
        up: "CREATE TABLE three (id integer)",
        down: "DROP TABLE three",
        additive: false,
    },
];

/// The same steps on both databases; the ledger of `PostgreSQL` needs its schema.
async fn migrator(database: &Database, steps: &'static [Migration]) -> Outcome<Migrator> {
    if database.is_postgres() {
        database.execute("CREATE SCHEMA IF NOT EXISTS main").await?;
    }
    Ok(Migrator::connect(&database.options, Migrations { postgres: steps, sqlite: steps, adoption: None, audit: None })
        .await?)
}

/// Names of everything that statements made: schemas, tables, views, indexes, functions and triggers.
async fn objects(database: &Database) -> Outcome<Vec<String>> {
    let sql = if database.is_postgres() {
        "SELECT nspname || '.' || relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
           WHERE nspname !~ '^(pg_|information_schema)'
         UNION ALL SELECT nspname || '.' || proname FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
           WHERE nspname !~ '^(pg_|information_schema)'
         UNION ALL SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema|public)'
         ORDER BY 1"
    } else {
        "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY 1"
    };
    Ok(database.rows(sql).await?.concat())
}

fn step(migration: &Migration) -> Step {
    Step { version: migration.version, name: migration.name.to_owned() }
}

on_both!(up_twice_applies_once);
async fn up_twice_applies_once(database: &Database) -> Outcome {
    let mut migrator = Migrator::connect(&database.options, SCHEMA).await?;
    assert_eq!(
        migrator.check().await?,
        SCHEMA.sqlite.iter().map(|one| Finding::Pending(step(one))).collect::<Vec<_>>()
    );
    assert_eq!(migrator.up().await?, steps());
    assert_eq!(migrator.up().await?, []);
    assert_eq!(migrator.check().await?, []);
    let status = migrator.status().await?;
    let is_applied = |status: &Status| matches!(status.state, State::Applied { .. });
    assert!(status.len() == steps().len() && status.iter().all(is_applied), "{status:?}");
    Ok(())
}

on_both!(processes_at_once_apply_each_migration_once);
async fn processes_at_once_apply_each_migration_once(database: &Database) -> Outcome {
    let runs: Vec<_> = (0..6)
        .map(|_| {
            let options = database.options.clone();
            // A thread and a runtime of its own, so that files are worked on at once too.
            std::thread::spawn(move || -> Result<Vec<Step>, String> {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.map_err(|error| error.to_string())?.block_on(async {
                    let migrator = Migrator::connect(&options, SCHEMA).await;
                    migrator.map_err(|error| format!("{error:?}"))?.up().await.map_err(|error| format!("{error:?}"))
                })
            })
        })
        .collect();
    let mut applied = Vec::new();
    for run in runs {
        applied.extend(run.join().map_err(|_| "a run panicked")??);
    }
    // Two runs may share the steps.
    applied.sort_by_key(|step| step.version);
    assert_eq!(applied, steps());
    assert_eq!(database.rows("SELECT count(*) FROM schema_migrations").await?, [[steps().len().to_string()]]);
    Ok(())
}

on_both!(down_to_zero_leaves_an_empty_database);
async fn down_to_zero_leaves_an_empty_database(database: &Database) -> Outcome {
    let before = objects(database).await?;
    let mut migrator = Migrator::connect(&database.options, SCHEMA).await?;
    migrator.up().await?;
    assert!(objects(database).await?.len() > before.len() + 14);
    assert_eq!(migrator.down(0).await?, steps().into_iter().rev().collect::<Vec<_>>());
    assert_eq!(objects(database).await?, before);
    assert_eq!(migrator.down(0).await?, []);
    assert_eq!(migrator.up().await?.len(), steps().len());
    Ok(())
}

on_both!(down_stops_at_the_version_asked_for);
async fn down_stops_at_the_version_asked_for(database: &Database) -> Outcome {
    let mut migrator = migrator(database, &STEPS).await?;
    migrator.up().await?;
    assert_eq!(migrator.down(1).await?, [step(&STEPS[2]), step(&STEPS[1])]);
    let states: Vec<_> = migrator.status().await?.into_iter().map(|status| status.state == State::Pending).collect();
    assert_eq!(states, [false, true, true]);
    assert!(database.execute("SELECT * FROM one").await.is_ok());
    assert!(database.execute("SELECT * FROM two").await.is_err());
    Ok(())
}

on_both!(an_edited_migration_is_refused);
async fn an_edited_migration_is_refused(database: &Database) -> Outcome {
    const EDITED: [Migration; 2] = [Migration { up: "CREATE TABLE one (id text)", ..STEPS[0] }, STEPS[1]];
    migrator(database, &STEPS[..1]).await?.up().await?;
    let mut edited = migrator(database, &EDITED).await?;
    assert!(matches!(edited.up().await, Err(MigrateError::Changed(changed)) if changed.version == 1));
    assert!(matches!(edited.down(0).await, Err(MigrateError::Changed(_))));
    assert_eq!(edited.check().await?, [Finding::Changed(step(&EDITED[0])), Finding::Pending(step(&EDITED[1]))]);
    assert!(database.execute("SELECT * FROM two").await.is_err(), "the second was applied all the same");
    Ok(())
}

on_both!(a_database_newer_than_the_program_is_refused);
async fn a_database_newer_than_the_program_is_refused(database: &Database) -> Outcome {
    migrator(database, &STEPS).await?.up().await?;
    let mut older = migrator(database, &STEPS[..1]).await?;
    assert_eq!(older.check().await?, [Finding::Unknown(step(&STEPS[1])), Finding::Unknown(step(&STEPS[2]))]);
    assert!(matches!(older.up().await, Err(MigrateError::Unknown(_))));
    assert!(matches!(older.down(0).await, Err(MigrateError::Unknown(_))));
    assert_eq!(older.status().await?[2].state, State::Unknown);
    Ok(())
}

on_both!(an_older_program_starts_where_all_that_is_newer_is_additive);
async fn an_older_program_starts_where_all_that_is_newer_is_additive(database: &Database) -> Outcome {
    const ADDITIVE: [Migration; 3] =
        [STEPS[0], Migration { additive: true, ..STEPS[1] }, Migration { additive: true, ..STEPS[2] }];
    const MIXED: [Migration; 3] = [STEPS[0], Migration { additive: true, ..STEPS[1] }, STEPS[2]];
    migrator(database, &ADDITIVE).await?.up().await?;
    let mut older = migrator(database, &STEPS[..1]).await?;
    let findings = older.check().await?;
    assert_eq!(findings, [Finding::Ahead(step(&STEPS[1])), Finding::Ahead(step(&STEPS[2]))]);
    assert!(findings.iter().all(Finding::is_bearable));
    assert_eq!(older.up().await?, []);
    assert_eq!(older.status().await?[1].state, State::Ahead);
    // What it does not know it cannot undo.
    assert!(matches!(older.down(0).await, Err(MigrateError::Unknown(unknown)) if unknown.version == 3));

    // One that is not makes the database another one.
    migrator(database, &ADDITIVE).await?.down(1).await?;
    migrator(database, &MIXED).await?.up().await?;
    assert_eq!(older.check().await?, [Finding::Ahead(step(&STEPS[1])), Finding::Unknown(step(&STEPS[2]))]);
    assert!(matches!(older.up().await, Err(MigrateError::Unknown(unknown)) if unknown.version == 3));
    Ok(())
}

on_both!(a_ledger_that_says_nothing_of_additions_is_read_and_completed);
async fn a_ledger_that_says_nothing_of_additions_is_read_and_completed(database: &Database) -> Outcome {
    const ADDITIVE: [Migration; 2] = [STEPS[0], Migration { additive: true, ..STEPS[1] }];
    migrator(database, &STEPS[..1]).await?.up().await?;
    let ledger = if database.is_postgres() { "main.schema_migrations" } else { "schema_migrations" };
    database.execute(&format!("ALTER TABLE {ledger} DROP COLUMN additive")).await?;
    let mut newer = migrator(database, &ADDITIVE).await?;
    assert_eq!(newer.check().await?, [Finding::Pending(step(&STEPS[1]))]);
    assert_eq!(newer.up().await?, [step(&STEPS[1])]);
    let mut older = migrator(database, &STEPS[..1]).await?;
    assert_eq!(older.check().await?, [Finding::Ahead(step(&STEPS[1]))]);
    Ok(())
}

on_both!(a_failed_migration_leaves_nothing_behind);
async fn a_failed_migration_leaves_nothing_behind(database: &Database) -> Outcome {
    const BROKEN: [Migration; 2] =
        [STEPS[0], Migration { up: "CREATE TABLE two (id integer); INSERT INTO absent VALUES (1)", ..STEPS[1] }];
    let mut broken = migrator(database, &BROKEN).await?;
    let error = broken.up().await.err().ok_or("a broken migration was applied")?;
    assert_eq!(error.to_string(), "migration 0002 second failed and was rolled back");
    assert_eq!(broken.check().await?, [Finding::Pending(step(&BROKEN[1]))]);
    assert!(database.execute("SELECT * FROM two").await.is_err());

    let mut mended = migrator(database, &STEPS).await?;
    assert_eq!(mended.up().await?, [step(&STEPS[1]), step(&STEPS[2])]);
    Ok(())
}

on_both!(tables_that_no_migration_made_are_left_alone);
async fn tables_that_no_migration_made_are_left_alone(database: &Database) -> Outcome {
    if database.is_postgres() {
        database.execute("CREATE SCHEMA main").await?;
    }
    database.execute("CREATE TABLE tenants (id text)").await?;
    let before = objects(database).await?;
    let mut migrator = Migrator::connect(&database.options, SCHEMA).await?;
    assert_eq!(migrator.check().await?, [Finding::ForeignSchema]);
    assert!(matches!(migrator.up().await, Err(MigrateError::ForeignSchema)));
    assert_eq!(migrator.down(0).await?, []);
    assert_eq!(objects(database).await?, before);
    Ok(())
}

/// Only on `PostgreSQL`, where the authentication service shares the schema and may have made the table of keys.
#[tokio::test]
async fn what_was_there_before_stays_on_postgres() -> Outcome {
    let database = Database::postgres("what_was_there_before_stays").await?;
    database.execute("CREATE SCHEMA main").await?;
    database.execute("CREATE TABLE main.jwt_keys (id serial, key_id varchar(100), public_key text)").await?;
    let before = objects(&database).await?;
    let mut migrator = Migrator::connect(&database.options, SCHEMA).await?;
    migrator.up().await?;
    database.execute("CREATE TABLE logs.of_somebody_else (id integer)").await?;
    migrator.down(0).await?;
    let mut expected = before;
    expected.extend(["logs".to_owned(), "logs.of_somebody_else".to_owned()]);
    expected.sort();
    assert_eq!(objects(&database).await?, expected);
    Ok(())
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_an_error() -> Outcome {
    let directory = tempfile::tempdir()?;
    let options = user_tenant_store::session::SqliteOptions::new(directory.path());
    let error = Migrator::connect(&user_tenant_store::session::DatabaseOptions::Sqlite(options), SCHEMA).await;
    assert!(matches!(error, Err(MigrateError::Unusable { .. })));
    Ok(())
}

/// `SQLite` opens a file that may not be written to all the same; an address that asks for that stands for the rights of one.
#[tokio::test]
async fn a_file_that_may_not_be_written_to_is_an_error() -> Outcome {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("there.db");
    let connect = |path: std::path::PathBuf| {
        let options = user_tenant_store::session::SqliteOptions::new(path);
        async { Migrator::connect(&user_tenant_store::session::DatabaseOptions::Sqlite(options), SCHEMA).await }
    };
    connect(path.clone()).await?.up().await?;
    match connect(format!("file:{}?mode=ro", path.display()).into()).await {
        Err(MigrateError::Unusable { source, .. }) => {
            assert!(source.to_string().contains("may not be written"), "{source}");
        }
        other => return Err(format!("{:?}", other.map(drop)).into()),
    }
    Ok(())
}

//! The schema of the service in another schema of `PostgreSQL` than `main`, alone and beside another.

use user_tenant_store::migrate::State;
use user_tenant_store::session::{DatabaseOptions, SchemaName};

use super::database::{Database, Outcome};
use super::schema::filled;
use super::{Migrator, SCHEMA, objects, steps};

/// A word of SQL, which stands in no statement without quotes.
const OTHER: &str = "order";

/// How many tables log what becomes of their rows.
const LOGGED: &str = "11";

async fn migrator(database: &Database, schema: &str) -> Outcome<Migrator> {
    let mut options = database.options.clone();
    if let DatabaseOptions::Postgres(options) = &mut options {
        options.schema = SchemaName::new(schema)?;
    }
    Ok(Migrator::connect(&options, SCHEMA).await?)
}

/// The number of lines of a log.
async fn lines(database: &Database, schema: &str) -> Outcome<String> {
    Ok(database.rows(&format!("SELECT count(*) FROM \"{schema}\".audit_logs")).await?.concat().concat())
}

#[tokio::test]
async fn another_schema_holds_all_that_main_and_logs_hold() -> Outcome {
    let reference = Database::postgres("another_schema_reference").await?;
    migrator(&reference, "main").await?.up().await?;
    // Schemas themselves have no dot.
    let of = |objects: Vec<String>| -> Vec<String> {
        let mut names: Vec<_> =
            objects.iter().filter_map(|name| name.split_once('.')).map(|(_, name)| name.to_owned()).collect();
        names.sort();
        names
    };

    let mut database = Database::postgres("another_schema_holds_all").await?;
    if let DatabaseOptions::Postgres(options) = &mut database.options {
        options.schema = SchemaName::new(OTHER)?;
    }
    let before = objects(&database).await?;
    let mut migrator = migrator(&database, OTHER).await?;
    assert_eq!(migrator.up().await?, steps());
    assert_eq!(migrator.up().await?, []);
    assert_eq!(migrator.check().await?, []);
    let made = objects(&database).await?;
    let elsewhere: Vec<_> = made.iter().filter(|name| *name != OTHER && !name.starts_with("order.")).collect();
    assert_eq!(elsewhere, before.iter().collect::<Vec<_>>(), "nothing is made anywhere else");
    assert_eq!(of(made), of(objects(&reference).await?));

    // The ledger says what it says of `main`: a checksum is that of the text.
    let ledger = "SELECT version, name, checksum, additive FROM {}.schema_migrations ORDER BY version";
    assert_eq!(
        database.rows(&ledger.replace("{}", "\"order\"")).await?,
        reference.rows(&ledger.replace("{}", "main")).await?
    );

    // A row of each table: the triggers work where there is neither `main` nor `logs`.
    filled(&database).await?;
    assert_eq!(lines(&database, OTHER).await?, LOGGED);
    for step in (0..SCHEMA.postgres.len()).rev() {
        assert_eq!(migrator.down(u32::try_from(step)?).await?.len(), 1);
    }
    assert_eq!(objects(&database).await?, before);
    Ok(())
}

#[tokio::test]
async fn two_schemas_of_one_database_are_migrated_each_by_itself() -> Outcome {
    let database = Database::postgres("two_schemas_of_one_database").await?;
    filled(&database).await?;
    let only_main = objects(&database).await?;
    let mut main = migrator(&database, "main").await?;
    let mut other = migrator(&database, OTHER).await?;
    assert_eq!(other.check().await?.len(), SCHEMA.postgres.len(), "all is pending");

    // At different versions.
    other.up().await?;
    main.down(2).await?;
    assert_eq!(other.check().await?, []);
    assert!(other.status().await?.iter().all(|status| matches!(status.state, State::Applied { .. })));
    assert_eq!(main.check().await?.len(), SCHEMA.postgres.len() - 2);
    main.up().await?;
    assert_eq!([lines(&database, "logs").await?, lines(&database, OTHER).await?], [LOGGED, "0"]);

    other.down(0).await?;
    assert_eq!(objects(&database).await?, only_main);
    assert_eq!(main.check().await?, []);
    assert_eq!(lines(&database, "logs").await?, LOGGED);

    other.up().await?;
    let insert = "INSERT INTO \"order\".tenants (name, key) VALUES ('A', 'a')";
    database.execute(insert).await?;
    main.down(0).await?;
    assert_eq!(other.check().await?, []);
    assert_eq!(lines(&database, OTHER).await?, "1");
    database.execute("UPDATE \"order\".tenants SET name = 'B'").await?;
    assert_eq!(lines(&database, OTHER).await?, "2");
    Ok(())
}

/// The statements of docs/operations.md.
#[tokio::test]
async fn a_service_is_moved_as_the_documentation_says() -> Outcome {
    let pages = include_str!("../../../../docs/operations.md");
    let statements = pages.split("```sql\n").filter_map(|rest| rest.split("```").next());
    let moving = statements.into_iter().find(|sql| sql.contains("ALTER SCHEMA main RENAME TO acme"));
    let database = Database::postgres("a_service_is_moved").await?;
    filled(&database).await?;
    let made: Vec<_> = objects(&database).await?.into_iter().map(|name| name.replace("main", "logs")).collect();
    database.execute(moving.ok_or("no such statements")?).await?;

    let mut acme = migrator(&database, "acme").await?;
    assert_eq!(acme.check().await?, []);
    assert_eq!(acme.up().await?, []);
    let mut expected: Vec<_> = made.iter().map(|name| name.replacen("logs", "acme", 1)).collect();
    expected.push("logs".to_owned());
    expected.sort();
    expected.dedup();
    assert_eq!(objects(&database).await?, expected);
    database
        .execute("UPDATE acme.tenants SET name = 'B'; INSERT INTO acme.tenants (name, key) VALUES ('C', 'c')")
        .await?;
    assert_eq!(lines(&database, "acme").await?, "13");
    acme.down(0).await?;
    acme.up().await?;
    Ok(())
}

#[tokio::test]
async fn a_schema_that_somebody_else_made_stays() -> Outcome {
    let database = Database::postgres("a_schema_that_somebody_else_made").await?;
    database.execute("CREATE SCHEMA \"order\"; CREATE TABLE \"order\".things (id integer)").await?;
    let before = objects(&database).await?;
    let mut migrator = migrator(&database, OTHER).await?;
    migrator.up().await?;
    migrator.down(0).await?;
    assert_eq!(objects(&database).await?, before);
    Ok(())
}

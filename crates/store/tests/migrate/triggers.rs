//! The audit log's triggers on `SQLite` follow the entities, whatever becomes of those.

use serde::Deserialize;
use user_tenant_store::Entity;
use user_tenant_store::migrate::{AuditTriggers, Finding, Migration, Migrations, Migrator, Step};
use uuid::Uuid;

use super::database::{Database, Outcome};

const STEPS: [Migration; 2] = [
    Migration {
        version: 1,
        name: "notes",
        up: "CREATE TABLE notes (id text, \"order\" integer, done integer, created_on text, modified_on text, deleted integer);
             CREATE TABLE keys (id integer, key text, modified_on text);
             CREATE TABLE audit_logs (
               operation_name text, table_name text, log_type text, entity_id text, user_id text,
               before text, after text, changed_secrets text
             );
             CREATE TRIGGER of_somebody_else AFTER INSERT ON notes BEGIN SELECT 1; END",
        down: "DROP TABLE notes; DROP TABLE keys; DROP TABLE audit_logs",
        additive: false,
    },
    Migration {
        version: 2,
        name: "words",
        up: "ALTER TABLE notes ADD COLUMN words text; UPDATE notes SET words = '[]'",
        down: "ALTER TABLE notes DROP COLUMN words",
        additive: true,
    },
];

/// A note.
#[expect(dead_code, reason = "only its metadata is looked at")]
#[derive(Deserialize, Entity)]
#[entity(table = "notes", tenancy(itself))]
struct Note {
    #[property(id)]
    id: Uuid,
    order: i32,
    done: bool,
}

/// The same, with a property more. The table has it since the second step.
#[expect(dead_code, reason = "only its metadata is looked at")]
#[derive(Deserialize, Entity)]
#[entity(table = "notes", tenancy(itself))]
struct WordyNote {
    #[property(id)]
    id: Uuid,
    order: i32,
    words: Option<Vec<String>>,
    done: bool,
}

/// The same, whose words are nobody's to read.
#[expect(dead_code, reason = "only its metadata is looked at")]
#[derive(Deserialize, Entity)]
#[entity(table = "notes", tenancy(itself))]
struct SecretNote {
    #[property(id)]
    id: Uuid,
    order: i32,
    #[property(hidden)]
    words: Option<String>,
    done: bool,
}

/// Belongs to nobody, and is not logged.
#[expect(dead_code, reason = "only its metadata is looked at")]
#[derive(Deserialize, Entity)]
#[entity(table = "keys", audit = "none", tenancy(global = "a test"))]
struct Key {
    #[property(id)]
    id: i32,
    key: String,
}

const fn program(steps: &'static [Migration], audit: &'static AuditTriggers) -> Migrations {
    Migrations { postgres: steps, sqlite: steps, adoption: None, audit: Some(audit) }
}

const FIRST: Migrations =
    program(&[STEPS[0]], &AuditTriggers { since: 1, entities: &[Note::meta, Key::meta], stamped: &["keys"] });
const WORDY: Migrations =
    program(&STEPS, &AuditTriggers { since: 1, entities: &[WordyNote::meta, Key::meta], stamped: &["keys"] });
const SECRET: Migrations =
    program(&STEPS, &AuditTriggers { since: 1, entities: &[SecretNote::meta, Key::meta], stamped: &["keys"] });

async fn of(database: &Database, program: Migrations) -> Outcome<Migrator> {
    Ok(Migrator::connect(&database.options, program).await?)
}

fn step(version: u32, name: &str) -> Step {
    Step { version, name: name.to_owned() }
}

/// What the log says since it was last asked: operation, before, after, secrets that changed.
async fn said(database: &Database) -> Outcome<Vec<String>> {
    let lines =
        database.rows("SELECT operation_name, before, after, changed_secrets FROM audit_logs ORDER BY rowid").await?;
    database.execute("DELETE FROM audit_logs").await?;
    Ok(lines.into_iter().map(|line| line.join(" ")).collect())
}

#[tokio::test]
async fn a_property_is_logged_once_the_table_has_it() -> Outcome {
    let database = Database::sqlite()?;
    assert_eq!(of(&database, WORDY).await?.up().await?, [step(1, "notes"), step(2, "words")]);
    database.execute("INSERT INTO notes (id, \"order\", done, words) VALUES ('a', 1, 0, '[\"x\"]')").await?;
    database.execute("UPDATE notes SET done = 1").await?;
    database.execute("DELETE FROM notes").await?;
    let row = |done: bool| {
        format!(
            "{{\"id\":\"a\",\"order\":1,\"done\":{done},\"words\":[\"x\"],\"created_on\":null,\"modified_on\":null,\"deleted\":null}}"
        )
    };
    let (old, new) = (row(false), row(true));
    assert_eq!(
        said(&database).await?,
        [format!("INSERT null {old} null"), format!("UPDATE {old} {new} null"), format!("DELETE {new} null null")]
    );
    Ok(())
}

#[tokio::test]
async fn a_step_may_add_and_drop_a_column_without_a_word_about_triggers() -> Outcome {
    let database = Database::sqlite()?;
    of(&database, FIRST).await?.up().await?;
    database.execute("INSERT INTO notes (id) VALUES ('a')").await?;
    let mut wordy = of(&database, WORDY).await?;
    assert_eq!(wordy.up().await?, [step(2, "words")]);
    // What a step changes is logged too, by the triggers from before it.
    let lines = said(&database).await?;
    assert!(lines.len() == 2 && lines[1].starts_with("UPDATE") && !lines[1].contains("words"), "{lines:?}");
    database.execute("UPDATE notes SET words = '[\"x\"]'").await?;
    assert!(said(&database).await?.concat().contains("\"words\":[\"x\"]"));

    assert_eq!(wordy.down(1).await?, [step(2, "words")]);
    database.execute("UPDATE notes SET done = 1").await?;
    let lines = said(&database).await?;
    assert!(lines.len() == 1 && !lines[0].contains("words"), "{lines:?}");
    assert_eq!(wordy.up().await?, [step(2, "words")]);
    assert_eq!(wordy.down(0).await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn triggers_that_are_not_those_of_the_entities_are_found_and_made_anew() -> Outcome {
    let database = Database::sqlite()?;
    let mut wordy = of(&database, WORDY).await?;
    wordy.up().await?;
    assert_eq!(wordy.check().await?, []);
    database.execute("INSERT INTO notes (id, words) VALUES ('a', '[\"hush\"]')").await?;
    assert!(said(&database).await?.concat().contains("hush"));

    // The property becomes a secret; no step says so.
    let mut secret = of(&database, SECRET).await?;
    let found = secret.check().await?;
    assert_eq!(found, [Finding::Triggers("notes".to_owned())]);
    assert!(found[0].is_bearable() && found[0].to_string().contains("the triggers of notes"), "{}", found[0]);
    assert_eq!(secret.up().await?, [step(1, "notes")]);
    assert_eq!(secret.check().await?, []);
    assert_eq!(secret.up().await?, []);
    database.execute("UPDATE notes SET words = '[\"hush-hush\"]'").await?;
    let lines = said(&database).await?;
    assert!(lines[0].ends_with("[\"words\"]") && !lines[0].contains("hush"), "{lines:?}");

    // Somebody drops one, or writes one of its own by its name.
    database.execute("DROP TRIGGER notes_audit_delete; DROP TRIGGER mdt_keys").await?;
    let missing = ["keys", "notes"].map(|table| Finding::Triggers(table.to_owned()));
    assert_eq!(secret.check().await?, missing);
    database.execute("CREATE TRIGGER mdt_keys AFTER DELETE ON keys BEGIN SELECT 1; END").await?;
    assert_eq!(secret.check().await?, missing);
    secret.up().await?;
    assert_eq!(secret.check().await?, []);
    let names = database.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger' ORDER BY 1").await?.concat();
    let expected = ["mdt_keys", "notes_audit_delete", "notes_audit_insert", "notes_audit_update", "of_somebody_else"];
    assert_eq!(names, expected);
    Ok(())
}

#[tokio::test]
async fn an_older_program_leaves_the_triggers_of_a_newer_one() -> Outcome {
    let database = Database::sqlite()?;
    of(&database, WORDY).await?.up().await?;
    let mut older = of(&database, FIRST).await?;
    assert_eq!(older.check().await?, [Finding::Ahead(step(2, "words"))]);
    assert_eq!(older.up().await?, []);
    database.execute("INSERT INTO notes (id, words) VALUES ('a', '[\"x\"]')").await?;
    assert!(said(&database).await?.concat().contains("\"words\":[\"x\"]"));
    Ok(())
}

#[tokio::test]
async fn the_time_of_a_change_is_set_where_the_statement_leaves_it() -> Outcome {
    let database = Database::sqlite()?;
    of(&database, WORDY).await?.up().await?;
    database.execute("INSERT INTO keys VALUES (1, 'a', 'then'), (2, 'b', 'then')").await?;
    database.execute("UPDATE keys SET key = 'c' WHERE id = 1").await?;
    database.execute("UPDATE keys SET key = 'd', modified_on = 'said' WHERE id = 2").await?;
    let times = database.rows("SELECT modified_on LIKE '20%Z', modified_on = 'said' FROM keys ORDER BY id").await?;
    assert_eq!(times, [["1", "0"], ["0", "1"]]);
    assert_eq!(said(&database).await?, [""; 0]);
    Ok(())
}

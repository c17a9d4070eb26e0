//! What the audit log says of statements that concern many rows, or none.

use user_tenant_service::MIGRATIONS;
use user_tenant_store::migrate::Migrations;

use super::database::{Database, Outcome};
use super::schema::{filled, filled_as};
use super::{SCHEMA, on_both};

/// What the log says since it was last asked, in any order: operation, key and name of the tenant before, and after.
async fn said(database: &Database) -> Outcome<Vec<String>> {
    let lines = database
        .rows("SELECT operation_name, before, after, entity_id FROM audit_logs WHERE table_name = 'tenants'")
        .await?;
    database.execute("DELETE FROM audit_logs").await?;
    let mut said = Vec::new();
    for line in lines {
        let mut words = vec![line[0].clone()];
        for row in [&line[1], &line[2]] {
            let row: serde_json::Value = serde_json::from_str(row)?;
            if let (Some(key), Some(name)) = (row["key"].as_str(), row["name"].as_str()) {
                assert_eq!(row["id"].as_str(), Some(line[3].as_str()), "{row}");
                words.push(format!("{key}={name}"));
            }
        }
        said.push(words.join(" "));
    }
    said.sort();
    Ok(said)
}

on_both!(each_row_of_a_statement_has_a_line_of_its_own);
async fn each_row_of_a_statement_has_a_line_of_its_own(database: &Database) -> Outcome {
    filled(database).await?;
    said(database).await?;
    let id = |number: u32| format!("'c0000000-0000-4000-8000-00000000000{number}'");
    let row = |number: u32, name: &str| format!("({}, '{name}', 'k{number}')", id(number));
    let insert = "INSERT INTO tenants (id, name, key) VALUES";
    database.execute(&format!("{insert} {}, {}, {}", row(1, "A"), row(2, "B"), row(3, "C"))).await?;
    assert_eq!(said(database).await?, ["INSERT k1=A", "INSERT k2=B", "INSERT k3=C"]);

    // One of these is there already: it is changed, and the other is made.
    let clash = "ON CONFLICT (key) DO UPDATE SET name = 'again'";
    database.execute(&format!("{insert} {}, {} {clash}", row(4, "D"), row(3, "E"))).await?;
    assert_eq!(said(database).await?, ["INSERT k4=D", "UPDATE k3=C k3=again"]);
    database.execute(&format!("{insert} {} ON CONFLICT DO NOTHING", row(3, "F"))).await?;
    assert_eq!(said(database).await?, [""; 0]);

    database.execute("UPDATE tenants SET name = 'x' || name WHERE key LIKE 'k%' AND key < 'k3'").await?;
    assert_eq!(said(database).await?, ["UPDATE k1=A k1=xA", "UPDATE k2=B k2=xB"]);
    database.execute("UPDATE tenants SET name = 'none' WHERE key = 'absent'").await?;
    database
        .execute("INSERT INTO tenants (id, name, key) SELECT id, name, key FROM tenants WHERE key = 'absent'")
        .await?;
    database.execute("DELETE FROM tenants WHERE key = 'absent'").await?;
    assert_eq!(said(database).await?, [""; 0]);
    database.execute("DELETE FROM tenants WHERE key IN ('k1', 'k2')").await?;
    assert_eq!(said(database).await?, ["DELETE k1=xA", "DELETE k2=xB"]);
    Ok(())
}

/// `SQLite` has a test of its own, which knows the entities.
#[tokio::test]
async fn on_postgres_the_log_says_what_it_said_before_it_was_written_a_statement_at_a_time() -> Outcome {
    let log = async |name: &str, schema: Migrations| -> Outcome<Vec<Vec<String>>> {
        let database = Database::postgres(name).await?;
        filled_as(&database, schema).await?;
        database
            .execute(
                "SELECT set_config('logs.actor', 'ann', false);
                 INSERT INTO user_credentials (id, user_id, password, created_on, modified_on)
                   SELECT 'c0000000-0000-4000-8000-000000000001', id, 'hush', created_on, created_on FROM users
                   ON CONFLICT (user_id) DO UPDATE SET password = 'hush';
                 DELETE FROM user_credentials;
                 INSERT INTO user_credentials (id, user_id, created_on, modified_on)
                   SELECT 'c0000000-0000-4000-8000-000000000002', id, created_on, created_on FROM users;
                 DELETE FROM user_invitations",
            )
            .await?;
        database
            .rows(
                // Columns that were added since are null here.
                "SELECT operation_name, table_name, log_type, entity_id, user_id, before - l.others, after - l.others, changed_secrets
                 FROM audit_logs, (SELECT '{modified_on,archived_from,archived_on,retention_days,max_members,max_invitations,
                   deactivated_on,suspended_from,purging_on,template_name,template_version}'::text[] AS others) AS l ORDER BY audit_logs.ctid",
            )
            .await
    };
    let before = log("log_before", Migrations { postgres: &SCHEMA.postgres[..3], ..SCHEMA }).await?;
    let after = log("log_after", Migrations { postgres: &SCHEMA.postgres[..4], ..SCHEMA }).await?;
    assert_eq!(after, before);
    assert_eq!(log("log_now", SCHEMA).await?, before);
    assert_eq!(before.len(), 11 + 4);
    assert!(!before.concat().concat().contains("hush"), "{before:?}");
    Ok(())
}

/// On `SQLite` they follow from the entities; here somebody has to write them.
#[tokio::test]
async fn on_postgres_the_triggers_of_a_table_know_its_secrets() -> Outcome {
    let database = Database::postgres("triggers_know_secrets").await?;
    filled(&database).await?;
    let triggers = database
        .rows("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE '%\\_audit\\_%'")
        .await?
        .concat();
    let functions = database
        .rows(
            "SELECT prosrc FROM pg_proc WHERE pronamespace = 'logs'::regnamespace AND prorettype = 'trigger'::regtype",
        )
        .await?
        .concat();
    assert_eq!(functions.len(), 2);
    let entities = MIGRATIONS.audit.ok_or("the entities are declared")?.entities;
    let mut expected = Vec::new();
    for meta in entities.iter().map(|entity| entity()) {
        if !meta.is_logged() {
            continue;
        }
        let table = meta.table;
        let log_type = format!("{}_LOGS", table.trim_end_matches('s').to_uppercase());
        let mut secrets: Vec<_> =
            meta.properties.iter().filter(|property| property.secret).map(|property| property.column).collect();
        secrets.sort_unstable();
        for (function, secret) in functions.iter().flat_map(|function| secrets.iter().map(move |name| (function, name)))
        {
            let (_, list) = function.split_once("'{").ok_or("no list of secrets")?;
            let list = list.split_once('}').ok_or("no end of the list")?.0;
            assert!(list.split(',').any(|name| name == *secret), "{secret} is not in {list}");
        }
        let names = secrets.iter().map(|name| format!(", '{name}'")).collect::<Vec<_>>().concat();
        expected.extend([
            format!(
                "CREATE TRIGGER {table}_audit_insert AFTER INSERT ON main.{table} REFERENCING NEW TABLE AS new_rows \
                 FOR EACH STATEMENT EXECUTE FUNCTION audit_insert('{log_type}'{names})"
            ),
            format!(
                "CREATE TRIGGER {table}_audit_trigger AFTER DELETE OR UPDATE ON main.{table} \
                 FOR EACH ROW EXECUTE FUNCTION audit_trigger('{log_type}')"
            ),
        ]);
    }
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    assert_eq!(sorted(triggers), sorted(expected));
    Ok(())
}

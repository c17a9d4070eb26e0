//! What the first migration makes: the same tables on both databases, their rules, and their triggers.

use std::collections::BTreeMap;

use super::database::{Database, Outcome};
use super::{Migrations, Migrator, SCHEMA, on_both};

const TENANT: &str = "a0000000-0000-4000-8000-000000000001";
const PERSON: &str = "a0000000-0000-4000-8000-0000000000ff";

/// A row of each table, parents first: table, `log_type` in the audit log (none: not audited), columns, values.
const ROWS: [(&str, Option<&str>, &str, &str); 12] = [
    ("auth_clients", None, "id, client_id, client_secret, secret", "1, 'web', 'hush-client', 'hush-jwt'"),
    ("tenants", Some("TENANT_LOGS"), "id, name, status, key", "'a0000000-0000-4000-8000-000000000001', 'A', 1, 'a'"),
    (
        "roles",
        Some("ROLE_LOGS"),
        "id, name, tenant_id",
        "'a0000000-0000-4000-8000-000000000011', 'admin', 'a0000000-0000-4000-8000-000000000001'",
    ),
    (
        "users",
        Some("USER_LOGS"),
        "id, first_name, username, email",
        "'a0000000-0000-4000-8000-000000000021', 'Ann', 'ann', 'ann@a.example'",
    ),
    (
        "user_credentials",
        Some("USER_CREDENTIAL_LOGS"),
        "id, user_id, password, secret_key, auth_token",
        "'a0000000-0000-4000-8000-000000000091', 'a0000000-0000-4000-8000-000000000021', 'hush-hash', 'hush-key', 'hush-token'",
    ),
    (
        "user_tenants",
        Some("USER_TENANT_LOGS"),
        "id, user_id, tenant_id, role_id",
        "'a0000000-0000-4000-8000-000000000031', 'a0000000-0000-4000-8000-000000000021',
         'a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000011'",
    ),
    (
        "groups",
        Some("GROUP_LOGS"),
        "id, name, tenant_id",
        "'a0000000-0000-4000-8000-000000000041', 'sales', 'a0000000-0000-4000-8000-000000000001'",
    ),
    (
        "user_groups",
        Some("USER_GROUP_LOGS"),
        "id, user_tenant_id, group_id",
        "'a0000000-0000-4000-8000-000000000051', 'a0000000-0000-4000-8000-000000000031', 'a0000000-0000-4000-8000-000000000041'",
    ),
    (
        "tenant_configs",
        Some("TENANT_CONFIG_LOGS"),
        "id, config_key, config_value, tenant_id",
        "'a0000000-0000-4000-8000-000000000061', 'profile', '{\"logo\": [1, null]}', 'a0000000-0000-4000-8000-000000000001'",
    ),
    (
        "user_tenant_prefs",
        Some("USER_TENANT_PREF_LOGS"),
        "id, config_key, config_value, user_tenant_id",
        "'a0000000-0000-4000-8000-000000000071', 'theme', '{\"dark\": true}', 'a0000000-0000-4000-8000-000000000031'",
    ),
    (
        "user_permissions",
        Some("USER_PERMISSION_LOGS"),
        "id, user_tenant_id, permission, allowed",
        "'a0000000-0000-4000-8000-000000000081', 'a0000000-0000-4000-8000-000000000031', 'ViewTenant', '1'",
    ),
    (
        "user_invitations",
        Some("USER_INVITATION_LOGS"),
        "id, user_tenant_id, token, expires_on",
        "'a0000000-0000-4000-8000-0000000000a1', 'a0000000-0000-4000-8000-000000000031', 'hush-invitation', '2030-01-01T00:00:00.000Z'",
    ),
];

const SECRETS: [&str; 6] = ["password", "secret_key", "auth_token", "client_secret", "secret", "token"];

const WRITER_SAYS_WHEN: [&str; 4] = ["groups", "user_groups", "user_invitations", "user_tenant_prefs"];

pub(crate) async fn filled(database: &Database) -> Outcome {
    filled_as(database, SCHEMA).await
}

/// At an earlier version too.
pub(crate) async fn filled_as(database: &Database, schema: Migrations) -> Outcome {
    Migrator::connect(&database.options, schema).await?.up().await?;
    for (table, _, columns, values) in ROWS {
        database
            .execute(&format!(
                "INSERT INTO {table} ({columns}, created_by, created_on, modified_on)
                 VALUES ({values}, '{PERSON}', '2024-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z')"
            ))
            .await?;
    }
    Ok(())
}

/// Columns of every table and view with whether they may be null, and the names of indexes.
async fn shape(database: &Database) -> Outcome<(BTreeMap<String, Vec<String>>, Vec<String>)> {
    Migrator::connect(&database.options, SCHEMA).await?.up().await?;
    let (columns, indexes) = if database.is_postgres() {
        (
            "SELECT table_name, column_name || CASE is_nullable WHEN 'NO' THEN '!' ELSE '' END
             FROM information_schema.columns WHERE table_schema IN ('main', 'logs') ORDER BY 1, 2",
            "SELECT indexname FROM pg_indexes WHERE schemaname IN ('main', 'logs')
             AND indexname LIKE ANY (ARRAY['uq\\_%', 'idx\\_%']) ORDER BY 1",
        )
    } else {
        (
            "SELECT t.name, c.name || iif(c.\"notnull\" = 1, '!', '') FROM sqlite_schema t, pragma_table_info(t.name) c
             WHERE t.type IN ('table', 'view') AND t.name NOT LIKE 'sqlite_%' ORDER BY 1, 2",
            "SELECT name FROM sqlite_schema WHERE type = 'index' AND name NOT LIKE 'sqlite_%' ORDER BY 1",
        )
    };
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mut row in database.rows(columns).await? {
        let column = row.pop().unwrap_or_default();
        tables.entry(row.concat()).or_default().push(column);
    }
    Ok((tables, database.rows(indexes).await?.concat()))
}

#[tokio::test]
async fn both_databases_have_the_same_tables_columns_and_indexes() -> Outcome {
    let mut sqlite = shape(&Database::sqlite()?).await?;
    // A sequence on PostgreSQL.
    assert!(sqlite.0.remove("audit_positions").is_some());
    let mut postgres = shape(&Database::postgres("both_have_the_same").await?).await?;
    // SQLite names no index after a constraint.
    let of_constraints =
        ["idx_tenants", "idx_user_credentials_uniq", "idx_user_credentials_user_id", "uq_jwt_keys_key_id"];
    postgres.1.retain(|name| !of_constraints.contains(&name.as_str()));
    assert_eq!(sqlite.0, postgres.0);
    assert_eq!(sqlite.1, postgres.1);
    assert_eq!(
        sqlite.0.len(),
        12 + 16,
        "twelve tables, the keys, the log, the view, the ledger, jobs, answers that are kept, what groups carry and hold, templates, \
         older permissions, what is known of passwords, links to set one, failed attempts, mails, invitations, proofs of addresses"
    );
    Ok(())
}

on_both!(every_change_of_a_tenants_row_is_logged_without_secrets);
async fn every_change_of_a_tenants_row_is_logged_without_secrets(database: &Database) -> Outcome {
    filled(database).await?;
    let (tables, _) = shape(database).await?;
    for (table, log_type, _, values) in ROWS.into_iter().rev() {
        let id = values.split(',').next().unwrap_or_default().trim_matches('\'');
        let other = "b0000000-0000-4000-8000-0000000000ee";
        database.execute(&format!("UPDATE {table} SET modified_by = '{other}', deleted = '1'")).await?;
        database.execute(&format!("DELETE FROM {table}")).await?;
        let log = database
            .rows(&format!(
                "SELECT operation_name, log_type, entity_id, user_id, before, after FROM audit_logs
                 WHERE table_name = '{table}' ORDER BY CASE operation_name WHEN 'INSERT' THEN 1 WHEN 'UPDATE' THEN 2 ELSE 3 END"
            ))
            .await?;
        let Some(log_type) = log_type else {
            assert!(log.is_empty(), "{table}: {log:?}");
            continue;
        };
        let heads: Vec<_> = log.iter().map(|line| line[..4].join(" ")).collect();
        // These statements name nobody as the one who writes; `actor.rs` has those that do.
        let expected = ["INSERT", "UPDATE", "DELETE"].map(|operation| format!("{operation} {log_type} {id} null"));
        assert_eq!(heads, expected, "{table}");

        let columns: Vec<_> = tables[table]
            .iter()
            .map(|name| name.trim_end_matches('!'))
            .filter(|name| !SECRETS.contains(name))
            .collect();
        for (line, (has_before, has_after)) in log.iter().zip([(false, true), (true, true), (true, false)]) {
            for (image, expected) in [(&line[4], has_before), (&line[5], has_after)] {
                assert_eq!(image != "null", expected, "{table}: {line:?}");
                assert!(!image.contains("hush"), "{table}: {image}");
                if expected {
                    let row: BTreeMap<String, serde_json::Value> = serde_json::from_str(image)?;
                    assert_eq!(row.keys().collect::<Vec<_>>(), columns, "{table}");
                }
            }
        }
        let (before, after): (serde_json::Value, serde_json::Value) =
            (serde_json::from_str(&log[1][4])?, serde_json::from_str(&log[1][5])?);
        assert_eq!((&before["deleted"], &after["deleted"]), (&false.into(), &true.into()), "{table}");
        let was_stamped = before["modified_on"] != after["modified_on"];
        assert_eq!(was_stamped, !WRITER_SAYS_WHEN.contains(&table), "{table}: {after}");
    }
    Ok(())
}

on_both!(an_update_sets_modified_on_where_the_original_has_a_trigger);
async fn an_update_sets_modified_on_where_the_original_has_a_trigger(database: &Database) -> Outcome {
    filled(database).await?;
    for (table, ..) in ROWS {
        database.execute(&format!("UPDATE {table} SET deleted = '1'")).await?;
        let touched = database
            .rows(&format!("SELECT count(*) FROM {table} WHERE modified_on > '2025-01-01T00:00:00.000Z'"))
            .await?;
        let expected = if WRITER_SAYS_WHEN.contains(&table) { "0" } else { "1" };
        assert_eq!(touched, [[expected]], "{table}");
    }
    Ok(())
}

/// Whether the database refuses the statement because of the named constraint or rule.
async fn refused(database: &Database, sql: &str, because: &str) -> Outcome {
    match database.execute(sql).await {
        Ok(()) => Err(format!("was accepted: {sql}").into()),
        Err(error) => {
            let reason = error
                .downcast_ref::<tokio_postgres::Error>()
                .and_then(tokio_postgres::Error::as_db_error)
                .map_or_else(|| error.to_string(), |error| error.to_string() + error.constraint().unwrap_or_default());
            assert!(reason.contains(because), "{sql} was refused because: {reason}");
            Ok(())
        }
    }
}

on_both!(live_rows_are_unique_and_deleted_ones_give_way);
async fn live_rows_are_unique_and_deleted_ones_give_way(database: &Database) -> Outcome {
    filled(database).await?;
    let copies = [
        ("users", "first_name, username", "'B', 'ANN'", "uq_users_username"),
        ("users", "first_name, username, email", "'B', 'b', 'Ann@A.example'", "uq_users_email"),
        ("roles", "name, tenant_id", "'Admin', 'a0000000-0000-4000-8000-000000000001'", "uq_roles_tenant_id_name"),
        ("groups", "name, tenant_id", "'SALES', 'a0000000-0000-4000-8000-000000000001'", "uq_groups_tenant_id_name"),
        ("auth_clients", "client_id, client_secret, secret", "'web', 'x', 'y'", "client_id"),
        (
            "user_tenants",
            "user_id, tenant_id, role_id",
            "'a0000000-0000-4000-8000-000000000021', 'a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000011'",
            "user_id",
        ),
        (
            "user_groups",
            "user_tenant_id, group_id",
            "'a0000000-0000-4000-8000-000000000031', 'a0000000-0000-4000-8000-000000000041'",
            "group_id",
        ),
        (
            "user_permissions",
            "user_tenant_id, permission, allowed",
            "'a0000000-0000-4000-8000-000000000031', 'ViewTenant', '0'",
            "permission",
        ),
        (
            "tenant_configs",
            "config_key, config_value, tenant_id",
            "'profile', '{}', 'a0000000-0000-4000-8000-000000000001'",
            "config_key",
        ),
        (
            "user_tenant_prefs",
            "config_key, config_value, user_tenant_id",
            "'theme', '{}', 'a0000000-0000-4000-8000-000000000031'",
            "config_key",
        ),
    ];
    for (number, (table, columns, values, rule)) in copies.into_iter().enumerate() {
        let id = if table == "auth_clients" {
            "7".to_owned()
        } else {
            format!("'c0000000-0000-4000-8000-0000000000{number:02}'")
        };
        let copy = format!("INSERT INTO {table} (id, {columns}) VALUES ({id}, {values})");
        refused(database, &copy, rule).await?;
        database.execute(&format!("UPDATE {table} SET deleted = '1'")).await?;
        database.execute(&copy).await?;
        database.execute(&format!("DELETE FROM {table} WHERE id = {id}")).await?;
        database.execute(&format!("UPDATE {table} SET deleted = '0'")).await?;
    }
    Ok(())
}

on_both!(rows_that_make_no_sense_are_refused);
async fn rows_that_make_no_sense_are_refused(database: &Database) -> Outcome {
    filled(database).await?;
    let nobody = "f0000000-0000-4000-8000-00000000000f";
    let reference = |name: &'static str| {
        if database.is_postgres() { name } else { "FOREIGN KEY" }
    };
    let key = if database.is_postgres() { "idx_tenants" } else { "tenants.key" };
    for (sql, because) in [
        ("UPDATE tenants SET status = 3".to_owned(), "ck_tenants_status"),
        ("UPDATE tenants SET status = -1".to_owned(), "ck_tenants_status"),
        ("UPDATE user_tenants SET status = 13".to_owned(), "ck_user_tenants_status"),
        ("UPDATE roles SET role_type = 16".to_owned(), "ck_roles_role_type"),
        (format!("UPDATE roles SET tenant_id = '{nobody}'"), reference("fk_roles_tenants")),
        (format!("UPDATE groups SET tenant_id = '{nobody}'"), reference("fk_groups_tenants")),
        (format!("UPDATE users SET default_tenant_id = '{nobody}'"), reference("fk_users_default_tenant")),
        // A deleted tenant keeps its key.
        (
            format!(
                "UPDATE tenants SET deleted = '1'; INSERT INTO tenants (id, name, key) VALUES ('{nobody}', 'B', 'a')"
            ),
            key,
        ),
        (format!("UPDATE tenants SET name = '{}'", "é".repeat(101)), ""),
        ("UPDATE tenant_configs SET config_value = '{'".to_owned(), ""),
    ] {
        refused(database, &sql, because).await?;
    }
    database.execute(&format!("UPDATE tenants SET name = '{}'", "é".repeat(100))).await?;
    Ok(())
}

on_both!(the_view_shows_one_row_a_membership);
async fn the_view_shows_one_row_a_membership(database: &Database) -> Outcome {
    filled(database).await?;
    database.execute("UPDATE user_tenants SET deleted = '1', status = 2").await?;
    let seen = database
        .rows("SELECT id, username, tenant_id, status, name, key, rolename, user_tenant_id FROM v_users")
        .await?;
    let expected = [
        "a0000000-0000-4000-8000-000000000021",
        "ann",
        TENANT,
        "2",
        "A",
        "a",
        "admin",
        "a0000000-0000-4000-8000-000000000031",
    ];
    assert_eq!(seen, [expected]);
    Ok(())
}

/// `PostgreSQL` takes a partial index for a query that implies its predicate; `SQLite` only for one that repeats it.
#[tokio::test]
async fn queries_for_live_rows_use_the_partial_indexes_on_sqlite() -> Outcome {
    let database = Database::sqlite()?;
    filled(&database).await?;
    let plan = database
        .rows("EXPLAIN QUERY PLAN SELECT * FROM user_tenants AS t WHERE t.user_id = 'x' AND t.tenant_id = 'y' AND NOT t.deleted")
        .await?;
    assert!(plan.concat().concat().contains("uq_user_tenants_tenant_id_user_id"), "{plan:?}");
    Ok(())
}

//! A database that the authentication service made first: it is given what it lacks, and keeps what is its own.

use super::{Legacy, SCHEMA_NOT_READY, catalog, difference, lacking};

/// What the service has written: a person who can log in, and rows of tables that are none of ours.
const WRITTEN: &str = "
  INSERT INTO main.auth_clients (id, client_id, client_secret, secret) VALUES (1, 'web', 'hush', 'hush');
  INSERT INTO main.tenants (id, name, status, key) VALUES ('a0000000-0000-4000-8000-000000000001', 'A', 1, 'a');
  INSERT INTO main.roles (id, name, tenant_id, permissions) VALUES
    ('a0000000-0000-4000-8000-000000000011', 'admin', 'a0000000-0000-4000-8000-000000000001', '{ViewTenant}');
  INSERT INTO main.users (id, first_name, username, auth_client_ids, default_tenant_id) VALUES
    ('a0000000-0000-4000-8000-000000000021', 'Ann', 'ann', '{1}', 'a0000000-0000-4000-8000-000000000001');
  INSERT INTO main.user_credentials (user_id, password) VALUES ('a0000000-0000-4000-8000-000000000021', 'hush');
  INSERT INTO main.user_tenants (id, user_id, tenant_id, role_id, status) VALUES
    ('a0000000-0000-4000-8000-000000000031', 'a0000000-0000-4000-8000-000000000021',
     'a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000011', 1);
  INSERT INTO main.user_resources (user_tenant_id, resource_name) VALUES
    ('a0000000-0000-4000-8000-000000000031', 'door');
  INSERT INTO main.login_activity (actor, token_payload, login_type) VALUES ('ann', '{}', 'ACTIVE');";

fn made_by_the_service() -> Legacy {
    let legacy = Legacy::empty();
    legacy.run(include_str!("authentication.sql"));
    legacy.run(WRITTEN);
    legacy
}

/// How many rows of a table there are, as text.
fn rows(legacy: &Legacy, table: &str) -> String {
    legacy.text(&format!("SELECT count(*)::text FROM {table}"))
}

#[test]
fn it_is_given_the_tables_and_the_view_that_it_lacks() {
    let legacy = made_by_the_service();
    let outcome = legacy.migrate(&["check"]);
    assert_eq!(outcome.code, SCHEMA_NOT_READY, "{outcome:?}");
    assert!(outcome.stderr.contains("can be adopted") && outcome.stderr.contains("No row stands"), "{outcome:?}");
    let before = catalog(legacy.server());
    assert!(legacy.migrated(&["up"]).contains("applied 0001"));
    legacy.migrated(&["check"]);
    assert_eq!(legacy.migrated(&["up"]).lines().next(), Some("nothing to do"));

    let after = catalog(legacy.server());
    assert_eq!(lacking(&after), [""; 0]);
    let (gone, _) = difference(&before, &after);
    let gone: Vec<_> = gone.iter().map(|line| line.trim()).collect();
    assert_eq!(
        gone,
        ["column main.tenant_configs created_by integer f", "column main.tenant_configs modified_by integer f"],
        "its own was changed"
    );
    for table in ["main.user_resources", "main.login_activity", "main.user_credentials", "main.v_users"] {
        assert_eq!(rows(&legacy, table), "1", "{table}");
    }

    let listed = legacy.workplace.ok(&["user", "list", "--tenant", "a0000000-0000-4000-8000-000000000001"]);
    assert!(listed.contains("ann"), "{listed}");
    legacy.run("UPDATE main.roles SET description = 'by the service' WHERE name = 'admin'");
    assert_eq!(rows(&legacy, "logs.audit_logs"), "1");
}

#[test]
fn the_way_back_leaves_the_new_tables_with_their_rows() {
    let legacy = made_by_the_service();
    legacy.migrated(&["up"]);
    legacy.run(
        "INSERT INTO main.groups (id, name, tenant_id) VALUES
         ('a0000000-0000-4000-8000-000000000041', 'sales', 'a0000000-0000-4000-8000-000000000001')",
    );
    legacy.migrated(&["down", "--to", "0"]);
    let catalog = catalog(legacy.server());
    assert!(!catalog.iter().any(|line| line.contains("uq_groups_tenant_id_name")), "an addition stayed");
    assert!(!catalog.iter().any(|line| line.contains("audit_trigger AFTER")), "a trigger stayed");
    assert_eq!((rows(&legacy, "main.groups"), rows(&legacy, "main.user_resources")), ("1".into(), "1".into()));
    legacy.migrated(&["up"]);
    legacy.migrated(&["check"]);
}

#[test]
fn what_stands_in_the_way_is_named_here_too() {
    let legacy = made_by_the_service();
    legacy.run(
        "INSERT INTO main.users (id, first_name, username) VALUES ('f0000000-0000-4000-8000-000000000001', 'A', 'ANN')",
    );
    for command in ["check", "up"] {
        let outcome = legacy.migrate(&[command]);
        assert_eq!(outcome.code, SCHEMA_NOT_READY, "{outcome:?}");
        assert!(outcome.stderr.contains("uq_users_username: rows"), "{outcome:?}");
    }
    assert_eq!(legacy.text("SELECT coalesce(to_regclass('main.groups')::text, 'none')"), "none");
}

/// The statements of `@sourceloop/authentication-service` 19.2.2 at a login and at a change of password, and a row that it saves as it was.
#[test]
fn what_the_service_does_is_nobodys_doing_and_a_row_as_it_was_is_no_event() {
    let legacy = made_by_the_service();
    legacy.migrated(&["up"]);
    let ann = "a0000000-0000-4000-8000-000000000021";
    let membership = "a0000000-0000-4000-8000-000000000031";
    // Our own doing comes first: whoever was named by it must not be named again.
    legacy.run(&format!(
        "BEGIN; SELECT set_config('logs.actor', '{membership}', true);
         UPDATE main.users SET modified_by = '{membership}', last_name = 'Lee' WHERE id = '{ann}'; COMMIT"
    ));
    legacy.run(&format!("UPDATE main.users SET last_login = now() WHERE id = '{ann}'"));
    legacy.run(&format!("UPDATE main.user_credentials SET password = 'hush-hush' WHERE user_id = '{ann}'"));
    legacy.run(&format!("UPDATE main.user_credentials SET password = 'hush-hush' WHERE user_id = '{ann}'"));
    legacy.run(&format!("UPDATE main.users SET first_name = first_name WHERE id = '{ann}'"));
    let log = legacy.text(
        "SELECT string_agg(concat_ws(' ', table_name, operation_name, coalesce(user_id, 'nobody'), changed_secrets), '; '
             ORDER BY position) FROM logs.audit_logs",
    );
    assert_eq!(
        log,
        format!("users UPDATE {membership}; users UPDATE nobody; user_credentials UPDATE nobody {{password}}"),
    );
    let told = legacy.text("SELECT string_agg(l::text, ' ') FROM logs.audit_logs AS l");
    assert!(!told.contains("hush"), "{told}");
    // What a session of ours touches is its doing, whether or not a value is another.
    legacy.run(&format!(
        "BEGIN; SELECT set_config('logs.actor', '{membership}', true);
         UPDATE main.users SET first_name = first_name WHERE id = '{ann}'; COMMIT"
    ));
    assert_eq!(rows(&legacy, "logs.audit_logs"), "4");
}

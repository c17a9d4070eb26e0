//! What stands in the way of adoption: rows that violate a new constraint, and schemas that are not the original's.

use super::{Legacy, catalog};

/// For each constraint that rows may violate: its name, statements that violate it, words of the report.
const VIOLATIONS: [(&str, &str, &[&str]); 16] = [
    (
        "uq_users_username",
        "INSERT INTO main.users (id, first_name, username) VALUES ('f0000000-0000-4000-8000-000000000001', 'A', 'ALICE')",
        &["a0000000-0000-4000-8000-000000000021, f0000000-0000-4000-8000-000000000001", "\"alice\""],
    ),
    (
        "uq_users_email",
        "INSERT INTO main.users (id, first_name, username, email)
         VALUES ('f0000000-0000-4000-8000-000000000002', 'B', 'other', 'Bob@B.example')",
        &["b0000000-0000-4000-8000-000000000021, f0000000-0000-4000-8000-000000000002", "\"bob@b.example\""],
    ),
    (
        "uq_user_tenants_tenant_id_user_id",
        "INSERT INTO main.user_tenants (id, user_id, tenant_id, role_id)
         SELECT 'f0000000-0000-4000-8000-000000000003', user_id, tenant_id, role_id FROM main.user_tenants
         WHERE id = 'a0000000-0000-4000-8000-000000000032'",
        &["a0000000-0000-4000-8000-000000000032, f0000000-0000-4000-8000-000000000003"],
    ),
    (
        "uq_roles_tenant_id_name",
        "INSERT INTO main.roles (id, tenant_id, name)
         VALUES ('f0000000-0000-4000-8000-000000000004', 'a0000000-0000-4000-8000-000000000001', 'Member')",
        &["a0000000-0000-4000-8000-000000000012, f0000000-0000-4000-8000-000000000004", "\"member\""],
    ),
    (
        "uq_groups_tenant_id_name",
        "INSERT INTO main.groups (id, tenant_id, name)
         VALUES ('f0000000-0000-4000-8000-000000000005', 'a0000000-0000-4000-8000-000000000001', 'SALES')",
        &["a0000000-0000-4000-8000-000000000042, f0000000-0000-4000-8000-000000000005", "\"sales\""],
    ),
    (
        "uq_user_groups_group_id_user_tenant_id",
        "INSERT INTO main.user_groups (id, user_tenant_id, group_id)
         SELECT 'f0000000-0000-4000-8000-000000000006', user_tenant_id, group_id FROM main.user_groups
         WHERE id = 'a0000000-0000-4000-8000-000000000051'",
        &["a0000000-0000-4000-8000-000000000051, f0000000-0000-4000-8000-000000000006"],
    ),
    (
        "uq_user_permissions_user_tenant_id_permission",
        "INSERT INTO main.user_permissions (id, user_tenant_id, permission, allowed)
         VALUES ('f0000000-0000-4000-8000-000000000007', 'a0000000-0000-4000-8000-000000000031', 'ViewRoles', false)",
        &["a0000000-0000-4000-8000-000000000084, f0000000-0000-4000-8000-000000000007", "\"ViewRoles\""],
    ),
    (
        "uq_tenant_configs_tenant_id_config_key",
        "INSERT INTO main.tenant_configs (id, tenant_id, config_key, config_value)
         VALUES ('f0000000-0000-4000-8000-000000000008', 'b0000000-0000-4000-8000-000000000001', 'profile', '{}')",
        &["b0000000-0000-4000-8000-000000000061, f0000000-0000-4000-8000-000000000008", "\"profile\""],
    ),
    (
        "uq_user_tenant_prefs_user_tenant_id_config_key",
        "INSERT INTO main.user_tenant_prefs (id, user_tenant_id, config_key, config_value)
         VALUES ('f0000000-0000-4000-8000-000000000009', 'b0000000-0000-4000-8000-000000000031', 'theme', '{}')",
        &["b0000000-0000-4000-8000-000000000071, f0000000-0000-4000-8000-000000000009", "\"theme\""],
    ),
    (
        "uq_auth_clients_client_id",
        "INSERT INTO main.auth_clients (id, client_id, client_secret, secret) VALUES (77, 'web', 'hush', 'hush')",
        &["1, 77", "\"web\""],
    ),
    (
        "fk_roles_tenants",
        "INSERT INTO main.roles (id, tenant_id, name)
         VALUES ('f0000000-0000-4000-8000-00000000000a', 'f0000000-0000-4000-8000-0000000000ff', 'lost')",
        &["f0000000-0000-4000-8000-00000000000a", "\"f0000000-0000-4000-8000-0000000000ff\"", "no row of main.tenants"],
    ),
    (
        "fk_groups_tenants",
        "INSERT INTO main.groups (id, tenant_id, name)
         VALUES ('f0000000-0000-4000-8000-00000000000b', 'f0000000-0000-4000-8000-0000000000ff', 'lost')",
        &["f0000000-0000-4000-8000-00000000000b", "no row of main.tenants"],
    ),
    (
        "fk_users_default_tenant",
        "INSERT INTO main.users (id, first_name, username, default_tenant_id)
         VALUES ('f0000000-0000-4000-8000-00000000000c', 'C', 'lost', 'f0000000-0000-4000-8000-0000000000ff')",
        &["f0000000-0000-4000-8000-00000000000c", "no row of main.tenants"],
    ),
    (
        "ck_tenants_status",
        "UPDATE main.tenants SET status = 9 WHERE key = 'tenant-c'",
        &["c0000000-0000-4000-8000-000000000001", "status = \"9\"", "from 0 to 2"],
    ),
    (
        "ck_roles_role_type",
        "UPDATE main.roles SET role_type = -1 WHERE id = 'b0000000-0000-4000-8000-000000000012'",
        &["b0000000-0000-4000-8000-000000000012", "role_type = \"-1\"", "from 0 to 15"],
    ),
    (
        "ck_user_tenants_status",
        "UPDATE main.user_tenants SET status = 13 WHERE id = 'a0000000-0000-4000-8000-000000000034'",
        &["a0000000-0000-4000-8000-000000000034", "status = \"13\"", "from 0 to 12"],
    ),
];

#[test]
fn every_row_in_the_way_is_named_and_nothing_changes() {
    let legacy = Legacy::new();
    for (_, violate, _) in VIOLATIONS {
        legacy.run(violate);
    }
    for command in ["check", "up"] {
        legacy.assert_refuses(&[command], &["Nothing has been changed"]);
        let report = legacy.migrate(&[command]).stderr;
        for (constraint, _, words) in VIOLATIONS {
            let line = report.lines().find(|line| line.starts_with(&format!("{constraint}: "))).unwrap_or_default();
            assert!(words.iter().all(|word| line.contains(word)), "{constraint}: {words:?} in\n{report}");
        }
        assert_eq!(report.matches(": row").count(), VIOLATIONS.len(), "{report}");
        assert!(!report.contains("hush"), "{report}");
    }
    let outcome = legacy.workplace.run(&["serve", "--migrate", "--port", "0"]);
    assert_eq!(outcome.code, super::SCHEMA_NOT_READY, "{outcome:?}");
}

#[test]
fn a_violated_constraint_is_left_out_when_named_and_added_once_mended() {
    let legacy = Legacy::new();
    for (constraint, violate, _) in VIOLATIONS {
        if ["uq_users_email", "ck_tenants_status"].contains(&constraint) {
            legacy.run(violate);
        }
    }
    legacy.assert_refuses(&["up", "--without", "ck_tenants_status"], &["uq_users_email: "]);
    let all = ["up", "--without", "uq_users_email", "--without", "ck_tenants_status", "--without", "fk_groups_tenants"];
    assert!(legacy.migrated(&all).contains("without ck_tenants_status, fk_groups_tenants, uq_users_email"));
    for (command, said) in
        [("status", "by adoption, without ck_tenants_status"), ("check", ", without ck_tenants_status")]
    {
        let text = legacy.migrated(&[command]);
        assert!(text.contains(said), "{text}");
    }
    let left_out = |name: &str| !catalog(legacy.server()).iter().any(|line| line.contains(name));
    for name in ["uq_users_email", "ck_tenants_status", "fk_groups_tenants"] {
        assert!(left_out(name), "{name} was made");
    }
    assert!(!left_out("uq_users_username"));
    let mut running = legacy.workplace.serve(&["serve"]);
    assert_eq!(running.request("GET /tenants").token("master_a").send().status, 200);
    running.stop();

    // What was chosen stays, until something else is.
    assert_eq!(legacy.migrated(&["up"]).lines().next(), Some("nothing to do"));
    assert!(left_out("fk_groups_tenants"));
    legacy.assert_refuses(&["up", "--with", "uq_users_email", "--with", "fk_groups_tenants"], &["uq_users_email: "]);
    legacy.run("UPDATE main.users SET deleted = true WHERE id = 'f0000000-0000-4000-8000-000000000002'");
    let report = legacy.migrated(&["up", "--with", "uq_users_email", "--with", "fk_groups_tenants"]);
    assert!(report.contains(", without ck_tenants_status\n"), "{report}");
    assert!(!left_out("uq_users_email") && !left_out("fk_groups_tenants"));
}

#[test]
fn what_fails_half_way_leaves_nothing_behind() {
    let legacy = Legacy::new();
    // A name that adoption needs, on another table.
    legacy.run("CREATE INDEX idx_user_invitations_token ON main.tenants (city)");
    let before = (catalog(legacy.server()), legacy.database.tables());
    let outcome = legacy.migrate(&["up"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(
        outcome.stderr.contains("rolled back") && outcome.stderr.contains("idx_user_invitations_token"),
        "{outcome:?}"
    );
    assert!(before == (catalog(legacy.server()), legacy.database.tables()));
}

#[test]
fn a_schema_that_is_not_the_originals_is_told_what_it_lacks() {
    let legacy = Legacy::new();
    legacy.run(
        "ALTER TABLE main.roles DROP COLUMN allowed_clients;
         ALTER TABLE main.groups ALTER COLUMN created_by TYPE text;
         DROP VIEW main.v_users;",
    );
    for command in ["check", "up"] {
        legacy.assert_refuses(&[command], &[]);
    }
    let lacking =
        ["main.roles lacks allowed_clients _text", "main.groups lacks created_by uuid", "main.v_users is not there"];
    legacy.assert_refuses(&["check"], &lacking);
}

#[test]
fn what_the_owner_has_added_is_no_obstacle_and_stays() {
    let legacy = Legacy::new();
    legacy.run(
        "ALTER TABLE main.users ADD COLUMN shoe_size integer;
         ALTER TABLE main.tenants ALTER COLUMN city TYPE text;
         CREATE TABLE main.of_the_owner (id integer);
         CREATE INDEX idx_roles_tenant_id ON main.roles (tenant_id);",
    );
    legacy.migrated(&["up"]);
    legacy.migrated(&["down", "--to", "0"]);
    let catalog = catalog(legacy.server());
    for own in ["main.users shoe_size", "main.tenants city text", "main.of_the_owner", "INDEX idx_roles_tenant_id"] {
        assert!(catalog.iter().any(|line| line.contains(own)), "{own} is gone");
    }
}

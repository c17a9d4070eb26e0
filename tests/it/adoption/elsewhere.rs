//! The tables of the original in another schema than `main`, as `ALTER SCHEMA … RENAME` leaves them: the log of their own is made.

use super::{Legacy, SCHEMA_NOT_READY};

#[test]
fn tables_of_the_original_in_another_schema_are_adopted_there() {
    let mut legacy = Legacy::new();
    legacy.run("ALTER SCHEMA main RENAME TO acme");
    legacy.workplace.set("DB_SCHEMA", "acme");
    let counted = "SELECT concat_ws(' ', (SELECT count(*) FROM acme.users), (SELECT count(*) FROM logs.audit_logs))";
    let before = legacy.text(counted);

    // A row in the way is named with its schema.
    legacy.run(
        "INSERT INTO acme.users (id, first_name, username)
         VALUES ('f0000000-0000-4000-8000-000000000001', 'A', 'ALICE')",
    );
    let outcome = legacy.migrate(&["check"]);
    assert_eq!(outcome.code, SCHEMA_NOT_READY, "{outcome:?}");
    assert!(outcome.stderr.contains("of \"acme\".users: lower(username) = \"alice\""), "{outcome:?}");
    legacy.run(
        "DELETE FROM acme.users WHERE username = 'ALICE';
         DELETE FROM logs.audit_logs WHERE after ->> 'username' = 'ALICE' OR before ->> 'username' = 'ALICE'",
    );

    let outcome = legacy.migrate(&["check"]);
    assert!(outcome.stderr.contains("can be adopted"), "{outcome:?}");
    assert!(legacy.migrated(&["up"]).contains("applied 0001"));
    assert_eq!(legacy.migrated(&["up"]).lines().next(), Some("nothing to do"));
    assert!(legacy.migrated(&["status"]).contains("by adoption"));
    legacy.migrated(&["check"]);
    assert_eq!(legacy.text(counted), before, "no row is lost, and the log of the original stays as it was");
    assert_eq!(legacy.text("SELECT to_regnamespace('main') IS NULL || ''"), "true");

    // Every table logs to the schema's own log from now on.
    legacy.run("UPDATE acme.tenants SET city = 'Rome'; UPDATE acme.groups SET description = 'x'");
    assert_eq!(legacy.text("SELECT string_agg(DISTINCT table_name, ' ') FROM acme.audit_logs"), "groups tenants");
    assert_eq!(legacy.text(counted), before);

    legacy.migrated(&["down", "--to", "0"]);
    let tables = "SELECT count(*)::text FROM pg_tables WHERE schemaname = 'acme' AND tablename LIKE 'schema_%'";
    assert_eq!(legacy.text(tables), "0");
    assert_eq!(legacy.text(counted), before);
}

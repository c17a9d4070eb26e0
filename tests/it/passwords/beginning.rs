//! How people begin who are new, as the settings say it.

use serde_json::json;

use crate::authorization::operation::FREE_ROLE;
use crate::authorization::prepare;
use crate::holes::A;
use crate::request::text;
use crate::support::fixture::{Database, text as row_text};
use crate::world::{World, on_both};

const INTERNAL: &[(&str, &str)] = &[("NEW_USER_AUTH_PROVIDER", "internal"), ("NEW_USER_STATUS", "3")];
const BY_USERNAME: &[(&str, &str)] = &[("NEW_USER_AUTH_ID", "username"), ("NEW_USER_STATUS", "1")];

/// Adds Fay, and tells the rows that are new, as text.
#[track_caller]
fn added(world: &World, email: &str) -> Vec<String> {
    prepare(world);
    let before = world.database.tables();
    let body =
        json!({ "firstName": "Fay", "username": email.split('@').next(), "email": email, "roleId": FREE_ROLE[0] });
    let answer = world.request(&format!("POST /tenants/{A}/users")).token("admin_a").json(&body).send();
    assert_eq!(answer.status, 200, "{}", text(&answer));
    assert!(!text(&answer).contains("$2b$"), "no answer shows a hash");
    let after = world.database.tables();
    let new = after.rows.iter().filter(|(key, _)| !before.rows.contains_key(*key));
    new.map(|((table, _), row)| format!("{table} {}", row_text(row))).collect()
}

fn is_there(rows: &[String], parts: &[&str]) -> bool {
    rows.iter().any(|row| parts.iter().all(|part| row.contains(part)))
}

on_both!(a_new_person_has_a_hash_of_no_password_where_passwords_are_kept_here, INTERNAL);
fn a_new_person_has_a_hash_of_no_password_where_passwords_are_kept_here(world: &World) {
    let rows = added(world, "fay@a.example");
    assert!(is_there(&rows, &["user_credentials", "internal", "$2b$10$"]), "{rows:?}");
    assert!(is_there(&rows, &["user_tenants", "\"status\":3"]), "{rows:?}");
    let log = match &world.database {
        Database::Postgres(database) => {
            let lines =
                database.query("SELECT coalesce(before::text, '') || coalesce(after::text, '') FROM logs.audit_logs");
            lines.iter().map(|line| line.get::<_, String>(0)).collect::<Vec<_>>().join("\n")
        }
        Database::Sqlite(database) => {
            let sql = "SELECT group_concat(coalesce(before, '') || coalesce(after, '')) FROM audit_logs";
            database.connect().query_row(sql, (), |row| row.get(0)).expect("a log")
        }
    };
    assert!(log.contains("internal") && !log.contains("$2b$"), "no line of the log shows a hash");
    // Whom another tenant has keeps what they have, and has not come by our word.
    let rows = added(world, "beth@b.example");
    assert!(is_there(&rows, &["user_tenants", "\"status\":0"]) && !is_there(&rows, &["user_credentials"]), "{rows:?}");
}

on_both!(keycloak_finds_a_new_person_by_the_username_where_it_is_told_so, BY_USERNAME);
fn keycloak_finds_a_new_person_by_the_username_where_it_is_told_so(world: &World) {
    let rows = added(world, "fay@a.example");
    assert!(is_there(&rows, &["user_credentials", "keycloak", "\"auth_id\":\"fay\""]), "{rows:?}");
    assert!(is_there(&rows, &["user_tenants", "\"status\":1"]), "{rows:?}");
}

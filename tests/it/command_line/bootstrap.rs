//! `bootstrap` with a client application and a password, and `migrate check --login`: the administrator can log in.

use serde_json::{Value as Json, json};

use super::{FAILED, on};
use crate::program::Workplace;
use crate::support::fixture::Database;
use crate::world::on_both;

const PASSWORD: &str = "correct horse battery staple";
const ANN: [&str; 7] = ["bootstrap", "--username", "ann", "--email", "ann@acme.example", "--client-id", "web"];

fn bootstrap(workplace: &Workplace, more: &[&str], password: &str) -> crate::program::Outcome {
    workplace.run_with_input(&[&ANN[..], &["--password-stdin"], more].concat(), password)
}

/// The row of a table where a column has this value.
fn row(database: &Database, table: &str, column: &str, value: &Json) -> serde_json::Map<String, Json> {
    let rows = database.tables().rows;
    let found = rows.iter().find(|((name, _), row)| name == table && row[column] == *value);
    found.unwrap_or_else(|| panic!("{table} has no {value}")).1.clone()
}

fn secret(said: &str) -> Option<&str> {
    said.lines().find_map(|line| line.strip_prefix("client_secret  "))
}

on_both!(the_administrator_can_log_in_with_a_client_and_a_password);
fn the_administrator_can_log_in_with_a_client_and_a_password(database: &Database) {
    let workplace = &on(database);
    workplace.ok(&["migrate", "up"]);
    let made = bootstrap(workplace, &[], &format!("{PASSWORD}\n"));
    assert_eq!(made.code, 0, "{made:?}");
    let client = row(database, "auth_clients", "client_id", &json!("web"));
    assert_eq!(secret(&made.stdout), client["client_secret"].as_str(), "told once");
    let ann = row(database, "users", "username", &json!("ann"));
    assert_eq!(ann["auth_client_ids"], json!([client["id"]]));
    let credentials = row(database, "user_credentials", "user_id", &ann["id"]);
    let hash = credentials["password"].as_str().unwrap();
    assert!(credentials["auth_provider"] == "internal" && hash.starts_with("$2b$") && hash.len() == 60, "{hash}");
    assert!(bcrypt::verify(PASSWORD, hash).unwrap());
    let checked = workplace.ok(&["migrate", "check", "--login"]);
    assert!(checked.contains("0 of 1 people cannot log in"), "{checked}");

    // Another tenant lets her in too, with the client that is there, and another password.
    workplace.ok(&["bootstrap", "--tenant-key", "beta", "--tenant-name", "Beta", "--email", "b@beta.example"]);
    let let_in = bootstrap(workplace, &["--tenant", "beta"], "another horse battery staple");
    assert!(let_in.code == 0 && secret(&let_in.stdout).is_none(), "{let_in:?}");
    let again = row(database, "users", "username", &json!("ann"));
    assert_eq!(again["auth_client_ids"], json!([client["id"]]), "she had it already");
    let credentials = row(database, "user_credentials", "user_id", &ann["id"]);
    assert!(bcrypt::verify("another horse battery staple", credentials["password"].as_str().unwrap()).unwrap());
    let checked = workplace.ok(&["migrate", "check", "--login"]);
    assert!(checked.contains("1 of 2 people cannot") && checked.contains("1  no client application"), "{checked}");
}

on_both!(a_password_that_breaks_the_policy_makes_nothing);
fn a_password_that_breaks_the_policy_makes_nothing(database: &Database) {
    let workplace = &on(database);
    workplace.ok(&["migrate", "up"]);
    let before = database.tables().rows;
    for password in ["", "hunter2", "ann@acme.example", &"x".repeat(73)] {
        let refused = bootstrap(workplace, &[], password);
        assert!(refused.code == FAILED && refused.stderr.contains("breaks the policy"), "{password}: {refused:?}");
        assert!(password.is_empty() || !refused.stderr.contains(password), "{refused:?}");
    }
    assert!(database.tables().rows == before, "who is refused changes nothing");
}

on_both!(who_cannot_log_in_is_counted_by_cause);
fn who_cannot_log_in_is_counted_by_cause(database: &Database) {
    let workplace = &on(database);
    workplace.ok(&["migrate", "up"]);
    assert_eq!(bootstrap(workplace, &[], PASSWORD).code, 0);
    let count = |change: &str, words: &str, back: &str| {
        database.run(change);
        let checked = workplace.ok(&["migrate", "check", "--login"]);
        assert!(checked.contains("1 of 1 people cannot") && checked.contains(words), "{change}: {checked}");
        assert!(!checked.contains("$2b$12"), "no hash is shown: {checked}");
        database.run(back);
        let checked = workplace.ok(&["migrate", "check", "--login"]);
        assert!(checked.contains("0 of 1 people cannot"), "{back}: {checked}");
    };
    for (table, column, value, words, back) in [
        ("users", "deactivated_on", "'2024-01-02T03:04:05.678Z'", "deactivated", "NULL"),
        ("auth_clients", "deleted", "true", "no client application", "false"),
        ("user_credentials", "deleted", "true", "no credentials", "false"),
        ("user_credentials", "auth_provider", "'keycloak'", "another provider", "'internal'"),
        ("tenants", "status", "0", "default tenant that is not active", "1"),
        ("roles", "deleted", "true", "a role that is not there", "false"),
        ("user_tenants", "status", "0", "status 0 in their first", "1"),
        ("user_tenants", "status", "2", "suspended or rejected", "1"),
        ("user_tenants", "deleted", "true", "no default tenant in which", "false"),
        ("users", "username", "'Ann'", "not in lower case", "'ann'"),
    ] {
        let set = |value: &str| format!("UPDATE main.{table} SET {column} = {value}");
        count(&set(value), words, &set(back));
    }
    let hash = row(database, "user_credentials", "auth_provider", &json!("internal"))["password"].clone();
    let hash = hash.as_str().unwrap();
    let other = format!("UPDATE main.user_credentials SET password = '{}'", hash.replace("$2b$", "$2y$"));
    let back = format!("UPDATE main.user_credentials SET password = '{hash}'");
    count(&other, "no password, or not one of bcrypt", &back);
    count("UPDATE main.user_credentials SET password = NULL", "no password", &back);
}

//! `tenant`, `user`, `role` and `group`: the same rows at an address and in the configured database, in each form.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::{FAILED, INVALID_CONFIGURATION, WRONG_USAGE, assert_fails, assert_fails_politely, on};
use crate::program::Workplace;
use crate::support::fixture::Database;
use crate::support::token;
use crate::world::{World, on_both};

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The ids of what a command prints as JSON.
fn ids(printed: &str) -> Vec<String> {
    json(printed).as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

on_both!(rows_are_made_changed_and_removed_at_an_address);
fn rows_are_made_changed_and_removed_at_an_address(world: &World) {
    let url = format!("http://{}", world.server.address());
    let admin = token::token("admin_a");
    let workplace = Workplace::with(&[("USER_TENANT_URL", url.as_str()), ("USER_TENANT_TOKEN", admin.as_str())]);
    let ok = |arguments: &[&str]| workplace.ok(arguments);
    assert_eq!(
        ok(&["tenant", "list"]).lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect::<Vec<_>>(),
        [
            vec!["ID", "KEY", "NAME", "STATUS"],
            vec!["a0000000-0000-4000-8000-000000000001", "tenant-a", "Tenant", "A", "active"],
        ]
    );
    for (kind, properties, change, changed) in [
        (
            "role",
            &["name=made by command", "permissions=[\"ViewTenant\"]"][..],
            "description=changed",
            ("description", "changed"),
        ),
        ("group", &["name=made by command"], "description=42 of them", ("description", "42 of them")),
        (
            "user",
            &["firstName=Mia", "username=mia", "email=mia@a.example", "roleId=a0000000-0000-4000-8000-000000000012"],
            "firstName=Maria",
            ("firstName", "Maria"),
        ),
    ] {
        let before = ids(&ok(&[kind, "list", "-o", "json"]));
        let set: Vec<&str> = properties.iter().flat_map(|property| ["--set", property]).collect();
        let made = ids(&ok(&[&[kind, "create", "-o", "json"], &set[..]].concat())).remove(0);
        let updated = json(&ok(&[kind, "update", &made, "--set", change, "-o", "json"]));
        assert_eq!(updated[0][changed.0], changed.1, "{updated}");
        assert_eq!(json(&ok(&[kind, "get", &made, "-o", "json"])), updated);
        let listed = ids(&ok(&[kind, "list", "-o", "json", "--where", &format!("id={made}")]));
        assert_eq!(listed, std::slice::from_ref(&made));
        let csv = ok(&[kind, "list", "--output", "csv", "--filter", &json!({ "where": { "id": made } }).to_string()]);
        let lines: Vec<&str> = csv.lines().collect();
        assert!(lines.len() == 2 && lines[0].contains("createdOn,") && lines[1].contains(&made), "{csv}");
        assert_fails_politely(&workplace.run(&[kind, "remove", &made]), WRONG_USAGE, &["--yes"]);
        assert_eq!(ok(&[kind, "remove", &made, "--yes"]).trim(), format!("removed {made}"));
        assert_eq!(ids(&ok(&[kind, "list", "-o", "json"])), before);
    }
    let listed = json(&ok(&["role", "list", "--order", "name DESC", "--limit", "2", "--skip", "1", "-o", "json"]));
    assert_eq!(listed.as_array().unwrap().iter().map(|role| &role["name"]).collect::<Vec<_>>(), ["super", "member"]);

    // Another tenant's, and what makes no sense.
    let foreign = "b0000000-0000-4000-8000-000000000001";
    for (arguments, code, words) in [
        (&["role", "list", "--tenant", foreign][..], FAILED, &["403", "another's"][..]),
        (&["tenant", "get", foreign], FAILED, &["there is no", foreign]),
        (&["role", "get", "nothing"], WRONG_USAGE, &["there is no role \"nothing\"", "super"]),
        (&["tenant", "create", "--set", "name=X"], FAILED, &["422", "must have required property 'status'"]),
        (&["tenant", "create"], WRONG_USAGE, &["--set NAME=VALUE"]),
        (&["role", "list", "--filter", "{\"limit\": 1}", "--limit", "2"], WRONG_USAGE, &["\"limit\" already"]),
        (&["role", "list", "--all", "--filter", "{\"limit\": 1}"], WRONG_USAGE, &["--all"]),
        (&["role", "list", "--where", "name=a", "--where", "name=b"], WRONG_USAGE, &["\"name\" twice", "inq"]),
        (&["tenant", "update", "", "--set", "name=X"], WRONG_USAGE, &["is no id"]),
        (&["role", "create", "--set", "name=X", "--set", "nope=1"], FAILED, &["422", ": nope"]),
        (&["role", "list", "--where", "name"], WRONG_USAGE, &["NAME=VALUE"]),
        (&["tenant", "list", "--tenant", foreign], WRONG_USAGE, &["--tenant", "tenant get NAME"]),
        (&["role", "list", "--token", "garbage"], WRONG_USAGE, &["which tenant?"]),
        (&["tenant", "list", "--token", "garbage"], FAILED, &["401", "Mint one with"]),
        (&["tenant", "list", "--url", "nowhere"], WRONG_USAGE, &["--url", "http://"]),
    ] {
        assert_fails_politely(&workplace.run(arguments), code, words);
    }
    let alone = workplace.run(&["tenant", "list", "--url", "http://127.0.0.1:1"]);
    assert_fails(&alone, FAILED, &["the service cannot be reached", "http://127.0.0.1:1", "refused"]);
}

#[test]
fn without_an_address_the_configured_database_is_worked_with() {
    let workplace = Workplace::new();
    // Nothing is made where somebody only looks, in the wrong directory perhaps.
    let lost = ["there is no database at", "user-tenant.db", "--data-dir", "bootstrap"];
    assert_fails_politely(&workplace.run(&["tenant", "list"]), INVALID_CONFIGURATION, &lost);
    assert!(!workplace.path().join("data").exists());
    workplace.ok(&["bootstrap"]);
    assert!(workplace.ok(&["tenant", "list"]).contains("default"));
    let users = json(&workplace.ok(&["user", "list", "-o", "json"]));
    assert_eq!(users[0]["username"], "admin");
    // As a master it reaches the tenants that it makes.
    let made = ids(&workplace.ok(&[
        "tenant",
        "create",
        "-o",
        "json",
        "--data",
        r#"{"name": "Acme", "key": "acme", "status": 1}"#,
    ]));
    workplace.ok(&["role", "create", "--tenant", &made[0], "--set", "name=reader"]);
    assert!(workplace.ok(&["role", "list", "--tenant", &made[0]]).contains("reader"));
    assert!(!workplace.ok(&["role", "list"]).contains("reader"));
}

#[test]
fn on_the_configured_database_it_does_not_matter_how_tokens_are_verified() {
    let workplace = Workplace::with(&[("DATABASE_URL", "sqlite:users.db")]);
    workplace.ok(&["migrate", "up", "--jwt-issuer", "elsewhere"]);
    workplace.ok(&["bootstrap", "--tenant-key", "acme", "--jwt-issuer", "elsewhere"]);
    for verifier in [
        &["--jwt-verifier", "jwt-keys", "--jwt-issuer", "elsewhere"][..],
        &["--jwt-verifier", "jwks", "--jwt-issuer", "elsewhere", "--jwt-jwks-url", "https://elsewhere.example/keys"],
    ] {
        let listed = workplace.ok(&[&["tenant", "list", "--output", "json"], verifier].concat());
        assert_eq!(json(&listed)[0]["key"], "acme", "{verifier:?}");
    }
}

#[test]
fn whoever_has_the_database_is_locked_out_by_nothing_in_it() {
    let workplace = Workplace::new();
    workplace.ok(&["bootstrap"]);
    let tenant = ids(&workplace.ok(&["tenant", "list", "-o", "json"])).remove(0);
    let closed = json(&workplace.ok(&["tenant", "update", &tenant, "--set", "status=0", "-o", "json"]));
    assert_eq!(closed[0]["status"], 0);
    assert_fails_politely(&workplace.run(&["token"]), FAILED, &["no membership is active", "tenant activate KEY"]);
    let open = json(&workplace.ok(&["tenant", "update", &tenant, "--set", "status=1", "-o", "json"]));
    assert_eq!(open[0]["status"], 1);
    // The first member need not be an administrator, nor be there any more.
    let connection = rusqlite::Connection::open(workplace.path().join("data/user-tenant.db")).unwrap();
    connection.execute("UPDATE roles SET permissions = '[\"ViewTenant\"]'", []).unwrap();
    workplace.ok(&["role", "create", "--set", "name=rescue", "--set", "permissions=[\"CreateTenant\"]"]);
    connection.execute("UPDATE user_tenants SET status = 2", []).unwrap();
    assert!(workplace.ok(&["role", "list"]).contains("rescue"));
    // Nor has the operator a role of their own, which nobody may change.
    workplace.ok(&["role", "update", "admin", "--set", "description=ours"]);
    // A database without any member has tenants too.
    connection.execute("UPDATE user_tenants SET deleted = TRUE", []).unwrap();
    assert!(workplace.ok(&["tenant", "list"]).contains("default"));
    assert_fails_politely(&workplace.run(&["role", "list"]), WRONG_USAGE, &["which tenant?", "--tenant NAME"]);
    assert!(workplace.ok(&["role", "list", "--tenant", "default"]).contains("rescue"));
}

#[test]
fn values_are_what_their_properties_are() {
    let workplace = Workplace::new();
    workplace.ok(&["bootstrap"]);
    workplace.ok(&["role", "create", "--set", "name=1984", "--set", "description=true", "--set", "roleType=7"]);
    let found = json(&workplace.ok(&["role", "list", "--where", "name=1984", "-o", "json"]));
    assert_eq!((&found[0]["description"], &found[0]["roleType"]), (&json!("true"), &json!(7)), "{found}");
}

#[test]
fn all_rows_are_listed_page_by_page() {
    const MANY: i32 = 501;
    let workplace = Workplace::new();
    workplace.ok(&["bootstrap"]);
    let connection = rusqlite::Connection::open(workplace.path().join("data/user-tenant.db")).unwrap();
    connection
        .execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
             INSERT INTO groups (id, name, description, tenant_id)
             SELECT format('00000000-0000-4000-8000-%012d', i), 'group ' || i, 'kind ' || (i % 7), (SELECT id FROM tenants) FROM n",
            [MANY],
        )
        .unwrap();
    for order in [&[][..], &["--order", "description"]] {
        let listed = ids(&workplace.ok(&[&["group", "list", "--all", "-o", "json"], order].concat()));
        assert_eq!(listed.iter().collect::<BTreeSet<_>>().len(), listed.len(), "{order:?}");
        assert_eq!(i32::try_from(listed.len()), Ok(MANY), "{order:?}");
    }
    let rest = ids(&workplace.ok(&["group", "list", "--all", "--skip", "499", "-o", "json"]));
    assert_eq!(rest.len(), 2);
}

#[test]
fn what_steers_a_terminal_is_not_shown_on_one() {
    let workplace = Workplace::new();
    workplace.ok(&["bootstrap"]);
    workplace.ok(&["group", "create", "--set", "name=alert", "--set", "description=red \u{1b}[31m alert"]);
    let table = workplace.ok(&["group", "list"]);
    assert!(table.contains("red \u{fffd}[31m alert"), "{table:?}");
    assert!(workplace.ok(&["group", "list", "--output", "json"]).contains("red \\u001b[31m alert"));
}

on_both!(what_a_command_does_is_nobodys_of_the_tenant);
/// Whoever has the database is no member: what a command does is not logged as a member's doing.
fn what_a_command_does_is_nobodys_of_the_tenant(database: &Database) {
    let workplace = on(database);
    workplace.ok(&["migrate", "up"]);
    workplace.ok(&["bootstrap"]);
    workplace.ok(&["group", "create", "--set", "name=by hand"]);
    workplace.ok(&["group", "update", "by hand", "--set", "description=changed"]);
    let count = |condition: &str| -> i64 {
        let from = |log: &str| format!("SELECT count(*) FROM {log} WHERE table_name LIKE '%groups' AND {condition}");
        match database {
            Database::Sqlite(file) => file.connect().query_row(&from("audit_logs"), [], |row| row.get(0)).unwrap(),
            Database::Postgres(server) => server.query(&from("logs.audit_logs"))[0].get(0),
        }
    };
    assert!(count("user_id IS NULL") >= 2 && count("user_id IS NOT NULL") == 0);
}

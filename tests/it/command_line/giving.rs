//! `group roles` and `group groups`: by names, and what follows for a user and for a minted token.

use serde_json::{Value as Json, json};

use super::{FAILED, WRONG_USAGE, assert_fails_politely, claims, on};
use crate::support::fixture::Database;
use crate::world::on_both;

on_both!(an_operator_lets_groups_carry_roles_and_hold_groups_by_name);
fn an_operator_lets_groups_carry_roles_and_hold_groups_by_name(database: &Database) {
    let workplace = on(database);
    workplace.ok(&["migrate", "up"]);
    workplace.ok(&["bootstrap", "--tenant-key", "acme", "--username", "ann", "--email", "ann@acme.example"]);
    let at = |arguments: &[&str]| workplace.ok(&[arguments, &["--tenant", "acme"]].concat());
    let rows = |arguments: &[&str]| -> Json {
        serde_json::from_str(&at(&[arguments, &["--output", "json"]].concat())).expect("it is JSON")
    };
    at(&["role", "create", "--set", "name=reader", "--set", "permissions=[\"ViewRoles\", \"33\"]"]);
    at(&["role", "create", "--set", "name=plain"]);
    let ben = ["--set", "firstName=Ben", "--set", "username=ben", "--set", "email=ben@acme.example"];
    at(&[&["user", "create", "--role", "plain"], &ben[..]].concat());
    for group in ["engineers", "staff"] {
        at(&["group", "create", "--set", &format!("name={group}")]);
    }
    let membership = rows(&["user", "get", "ben"])[0]["userTenantId"].as_str().expect("an id").to_owned();
    database.run(&format!(
        "INSERT INTO main.user_groups (id, user_tenant_id, group_id)
             SELECT ut.id, ut.id, g.id FROM main.user_tenants AS ut JOIN main.groups AS g ON g.tenant_id = ut.tenant_id
             WHERE ut.id = '{membership}' AND g.name = 'engineers'"
    ));
    let minted = |workplace: &crate::program::Workplace| {
        claims(&workplace.ok(&["token", "--user-tenant", &membership]))["permissions"].clone()
    };
    assert_eq!(minted(&workplace), json!([]));

    assert_eq!(rows(&["group", "roles", "add", "staff", "reader"])[0]["name"], "reader");
    assert_eq!(rows(&["group", "groups", "add", "Staff", "engineers"])[0]["name"], "engineers");
    assert_eq!(rows(&["group", "roles", "list", "staff"])[0]["name"], "reader");
    assert!(at(&["group", "groups", "list", "staff"]).contains("engineers"));
    let held = rows(&["permissions", "of", "ben"]);
    let from: Vec<_> = held.as_array().expect("rows").iter().map(|row| (&row["permission"], &row["from"])).collect();
    let group = json!("group engineers in staff");
    assert_eq!(from, [(&json!("ViewGroupList"), &group), (&json!("ViewRoles"), &group)]);
    assert_eq!(workplace.run(&["permissions", "check", "ben", "6", "33", "--tenant", "acme"]).code, 0);
    let mut permissions: Vec<String> = serde_json::from_value(minted(&workplace)).expect("texts");
    permissions.sort_unstable();
    assert_eq!(permissions, ["ViewGroupList", "ViewRoles"]);

    let cycle = workplace.run(&["group", "groups", "add", "engineers", "staff", "--tenant", "acme"]);
    assert_fails_politely(&cycle, FAILED, &["422", "engineers, staff, engineers"]);
    let used = workplace.run(&["role", "remove", "reader", "--yes", "--tenant", "acme"]);
    assert_fails_politely(&used, FAILED, &["1 group carries it"]);
    let unknown = workplace.run(&["group", "roles", "add", "staff", "writer", "--tenant", "acme"]);
    assert_fails_politely(&unknown, WRONG_USAGE, &["there is no role \"writer\""]);
    at(&["group", "groups", "remove", "staff", "engineers"]);
    assert_eq!(minted(&workplace), json!([]));
    at(&["group", "roles", "remove", "staff", "reader"]);
    at(&["role", "remove", "reader", "--yes"]);
}

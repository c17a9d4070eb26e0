//! `permissions`: the catalogue, what a user holds and why, and an exit code for whether they may do something.

use serde_json::Value as Json;

use super::{FAILED, WRONG_USAGE, assert_fails_politely, on};
use crate::support::fixture::Database;
use crate::world::on_both;

on_both!(an_operator_sees_what_a_user_may_do_and_why);
fn an_operator_sees_what_a_user_may_do_and_why(database: &Database) {
    let workplace = on(database);
    workplace.ok(&["migrate", "up"]);
    workplace.ok(&["bootstrap", "--tenant-key", "acme", "--username", "ann", "--email", "ann@acme.example"]);
    let grants = "permissions=[\"ViewRoles\", \"33\"]";
    workplace.ok(&["role", "create", "--tenant", "acme", "--set", "name=reader", "--set", grants]);
    let ben = ["--set", "firstName=Ben", "--set", "username=ben", "--set", "email=ben@acme.example"];
    workplace.ok(&[&["user", "create", "--tenant", "acme", "--role", "reader"], &ben[..]].concat());

    let all = workplace.ok(&["permissions", "list"]);
    assert!(all.lines().any(|line| line.starts_with("ViewRoles") && line.contains(" 6 ")), "{all}");
    let told = workplace.ok(&["permissions", "of", "ben", "--tenant", "acme", "-o", "json"]);
    let told: Json = serde_json::from_str(&told).expect("it is JSON");
    let rows: Vec<_> = told.as_array().expect("rows").iter().map(|row| (&row["permission"], &row["from"])).collect();
    let (role, [roles, groups]) = (Json::from("role"), ["ViewRoles", "ViewGroupList"].map(Json::from));
    assert_eq!(rows, [(&groups, &role), (&roles, &role)]);

    let check = |who: &str, permissions: &[&str]| {
        workplace.run(&[&["permissions", "check", who], permissions, &["--tenant", "acme"]].concat())
    };
    assert_eq!(check("ben", &["6", "ViewGroupList"]).code, 0);
    assert_eq!(check("ann", &["UpdateTenantUser"]).code, 0);
    let refused = check("ben", &["ViewRoles", "UpdateRoles"]);
    assert_fails_politely(&refused, FAILED, &["ben lacks UpdateRoles"]);
    assert!(refused.stdout.contains("UpdateRoles") && refused.stdout.contains("false"), "{}", refused.stdout);
    assert_fails_politely(&check("carl", &["ViewRoles"]), WRONG_USAGE, &["there is no user \"carl\""]);
    workplace.ok(&["user", "update", "ben", "--tenant", "acme", "--set", "status=inactive"]);
    assert_fails_politely(&check("ben", &["ViewRoles"]), FAILED, &["not active"]);
}

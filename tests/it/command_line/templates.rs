//! `role template`: what roles are made from, and which roles differ; permissions of the application by settings.

use serde_json::Value as Json;

use super::{FAILED, WRONG_USAGE, assert_fails, assert_fails_politely, on};
use crate::support::fixture::Database;
use crate::world::on_both;

fn rows(text: &str) -> Vec<Json> {
    serde_json::from_str(text).expect("it is a list")
}

on_both!(an_operator_saves_templates_and_gives_them_to_tenants);
fn an_operator_saves_templates_and_gives_them_to_tenants(database: &Database) {
    let mut workplace = on(database);
    workplace.set("PERMISSIONS", "UseOven, EatBread");
    workplace.ok(&["migrate", "up"]);
    for (key, user) in [("acme", "ann"), ("beta", "ben")] {
        let email = format!("{user}@{key}.example");
        workplace.ok(&["bootstrap", "--tenant-key", key, "--username", user, "--email", &email]);
    }
    let listed = workplace.ok(&["role", "template", "list"]);
    for name in ["owner", "administrator", "member", "viewer"] {
        assert!(listed.lines().any(|line| line.starts_with(name)), "{listed}");
    }
    let save = |permissions: &[&str], more: &[&str]| {
        let permissions: Vec<_> = permissions.iter().flat_map(|name| ["--permission", name]).collect();
        workplace.run(&[&["role", "template", "save", "line cook"], &permissions[..], more].concat())
    };
    assert_eq!(save(&["ViewTenant", "UseOven"], &["--expected-version", "0"]).code, 0);
    assert_fails(&save(&["UseOvne"], &[]), FAILED, &["422", "\"UseOvne\" is unknown"]);
    assert_fails(&save(&["ViewTenant"], &["--expected-version", "0"]), FAILED, &["409", "newest version"]);

    let apply =
        |more: &[&str]| workplace.run(&[&["role", "template", "apply", "line cook", "-o", "json"], more].concat());
    let made = rows(&apply(&["acme", "beta", "--create", "--reason", "New ovens"]).stdout);
    assert_eq!(made.iter().map(|row| row["outcome"].clone()).collect::<Vec<_>>(), ["created", "created"]);
    assert_eq!(save(&["ViewTenant", "EatBread"], &[]).code, 0);
    let differing = || rows(&workplace.ok(&["role", "template", "differences", "line cook", "-o", "json"]));
    assert_eq!(differing().len(), 2);
    assert_eq!(rows(&apply(&["acme"]).stdout)[0]["added"], serde_json::json!(["EatBread"]));
    assert_eq!(differing().len(), 1);
    let shown = rows(&workplace.ok(&["role", "template", "show", "LINE COOK", "-o", "json"]));
    assert_eq!(shown.iter().map(|row| row["version"].clone()).collect::<Vec<_>>(), [2, 1]);

    workplace.ok(&["tenant", "archive", "beta"]);
    let refused = apply(&["beta"]);
    assert_fails(&refused, FAILED, &["refused in 1 of 1 tenants"]);
    assert!(refused.stdout.contains("TENANT_NOT_ACTIVE"), "{}", refused.stdout);
    assert_fails_politely(&apply(&["gamma"]), WRONG_USAGE, &["there is no tenant \"gamma\""]);
    let retire = ["role", "template", "retire", "line cook"];
    assert_fails_politely(&workplace.run(&retire), WRONG_USAGE, &["--yes"]);
    workplace.ok(&[&retire[..], &["--yes"]].concat());
    assert!(!workplace.ok(&["role", "template", "list"]).contains("line cook"));

    let all = workplace.ok(&["permissions", "list"]);
    assert!(all.lines().any(|line| line.starts_with("UseOven")), "{all}");
}

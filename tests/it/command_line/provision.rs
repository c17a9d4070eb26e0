//! `tenant provision`: from options, from a file, and from both.

use serde_json::{Value as Json, json};

use super::{FAILED, WRONG_USAGE, assert_fails, on};
use crate::support::fixture::Database;
use crate::world::on_both;

on_both!(a_tenant_is_provisioned_by_options_and_by_a_file);
fn a_tenant_is_provisioned_by_options_and_by_a_file(database: &Database) {
    let workplace = on(database);
    workplace.ok(&["migrate", "up"]);
    let by_options = [
        "tenant",
        "provision",
        "--name",
        "Acme",
        "--key",
        "acme",
        "--email",
        "ann@acme.example",
        "--first-name",
        "Ann",
        "--role",
        "member",
        "--group",
        "Night shift",
        "--set-config",
        "theme={\"colour\": \"green\"}",
        "--client",
        "acme-web",
        "--max-members",
        "5",
        "--reason",
        "Order 4711",
    ];
    let told = workplace.ok(&by_options);
    let value = |name: &str| {
        let line = told.lines().find(|line| line.split_whitespace().next() == Some(name));
        line.and_then(|line| line.split_whitespace().nth(1)).unwrap_or_else(|| panic!("{name}: {told}")).to_owned()
    };
    assert_eq!((value("client_secret").len(), value("tenant").len()), (43, 36));
    for word in ["member", "owner", "Night shift", "theme", "acme-web"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    let listed = workplace.ok(&["user", "list", "--tenant", "acme"]);
    assert!(
        listed.contains("ann@acme.example") && listed.contains("owner") && listed.contains("registered"),
        "{listed}"
    );
    // The administrator lets others in, once they are active.
    workplace.ok(&["user", "activate", "ann@acme.example", "--tenant", "acme"]);
    let token = workplace.ok(&["token", "--user-tenant", &value("user_tenant")]);
    assert!(token.starts_with("eyJ"), "{token}");

    let body = json!({
        "tenant": { "name": "Globex", "key": "globex" },
        "administrator": { "firstName": "Gus", "email": "gus@globex.example" },
    });
    let file = workplace.file("globex.json", &body.to_string());
    let told = workplace.ok(&["tenant", "provision", "--file", &file, "--key", "globex-2", "--pending", "-o", "json"]);
    let told: Json = serde_json::from_str(&told).unwrap();
    assert_eq!((&told[0]["tenant"]["key"], &told[0]["tenant"]["status"]), (&json!("globex-2"), &json!("pending")));
    assert_eq!(told[0]["client"], Json::Null);

    assert_fails(&workplace.run(&by_options), FAILED, &["409", "acme"]);
    assert_fails(&workplace.run(&["tenant", "provision", "--key", "b"]), FAILED, &["422", "/administrator"]);
    let broken = workplace.file("broken.json", "[]");
    assert_fails(
        &workplace.run(&["tenant", "provision", "--file", &broken]),
        WRONG_USAGE,
        &["broken.json", "no JSON object"],
    );
    assert_fails(&workplace.run(&["tenant", "provision", "--file", "none.json"]), WRONG_USAGE, &["none.json"]);
    assert_fails(&workplace.run(&["tenant", "provision", "--set-config", "a"]), WRONG_USAGE, &["equals sign"]);
    assert_eq!(workplace.ok(&["tenant", "list", "-o", "json"]).matches("\"key\"").count(), 2);
}

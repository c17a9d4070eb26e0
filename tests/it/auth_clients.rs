//! Client applications: secrets once, masters alone, and none removed that somebody uses.

use serde_json::{Value as Json, json};

use crate::holes::{A, ANDY, Scene};
use crate::program::Workplace;
use crate::request::{json as json_of, text};
use crate::support::fixture::Database;
use crate::world::{World, on_both};

fn client(scene: &Scene, id: i64) -> serde_json::Map<String, Json> {
    scene.row("auth_clients", &id.to_string())
}

on_both!(a_client_is_made_rotated_and_removed);
fn a_client_is_made_rotated_and_removed(scene: &Scene) {
    let body = json!({ "clientId": "shop", "redirectUrl": "https://shop.example/cb", "accessTokenExpiration": 60 });
    let post = || scene.by("master_a", "POST /clients").json(&body).send();
    let answer = post();
    assert_eq!(answer.status, 201, "{}", text(&answer));
    let made = json_of(&answer);
    let (id, secret) = (made["id"].as_i64().unwrap(), made["clientSecret"].as_str().unwrap());
    assert_eq!(secret.len(), 43, "256 bits");
    let row = client(scene, id);
    // The authentication service compares what it finds there.
    assert_eq!((&row["client_secret"], &row["client_id"]), (&json!(secret), &json!("shop")));
    assert!(row["secret"].as_str().unwrap().len() == 43 && row["secret"] != secret);
    assert_eq!((&row["access_token_expiration"], &row["refresh_token_expiration"]), (&json!(60), &json!(86400)));
    let again = post();
    assert_eq!((again.status, &json_of(&again)["code"]), (409, &json!("TAKEN")));

    let listed =
        scene.by("master_a", "GET /clients").query("filter", &json!({ "where": { "clientId": "shop" } })).send();
    let shown = &json_of(&listed)[0];
    assert_eq!((&shown["id"], &shown["accessTokenExpiration"]), (&json!(id), &json!(60)));
    let names: Vec<_> = shown.as_object().unwrap().keys().filter(|name| name.contains("ecret")).collect();
    assert!(names.is_empty() && !text(&listed).contains(secret), "{}", text(&listed));
    for condition in [json!({ "clientSecret": { "like": "%" } }), json!({ "secret": secret })] {
        let asked = scene.by("master_a", "GET /clients").query("filter", &json!({ "where": condition })).send();
        assert!(asked.status >= 400, "secrets are no conditions: {}", text(&asked));
    }

    let rotated = json_of(&scene.by("master_a", &format!("POST /clients/{id}/rotate")).send());
    assert_eq!((&rotated["id"], &rotated["clientId"]), (&json!(id), &json!("shop")));
    assert_ne!(rotated["clientSecret"], secret);
    assert_eq!(client(scene, id)["client_secret"], rotated["clientSecret"]);
    assert_eq!(client(scene, id)["secret"], row["secret"], "codes that are on their way stay good");

    assert_eq!(scene.by("master_a", &format!("DELETE /clients/{id}")).send().status, 204);
    assert_eq!(client(scene, id)["deleted"], true);
    for line in [format!("DELETE /clients/{id}"), format!("POST /clients/{id}/rotate"), "DELETE /clients/99x".into()] {
        assert_eq!(scene.by("master_a", &line).send().status, 404, "{line}");
    }
}

on_both!(what_somebody_uses_is_not_removed);
fn what_somebody_uses_is_not_removed(scene: &Scene) {
    let remove = |id: i32| {
        let answer = scene.by("master_a", &format!("DELETE /clients/{id}")).send();
        let code = if answer.status == 204 { Json::Null } else { json_of(&answer)["code"].clone() };
        (answer.status, code)
    };
    let in_use = (409, json!("STILL_REFERENCED"));
    scene.given("UPDATE main.users SET auth_client_ids = NULL; UPDATE main.roles SET allowed_clients = NULL");
    let allow = |names: Json| {
        let request = scene.by("master_a", &format!("PUT /users/{ANDY}/clients")).json(&json!({ "clients": names }));
        request.send().status
    };
    assert_eq!(allow(json!(["mobile", "web"])), 204);
    assert_eq!(scene.row("users", ANDY)["auth_client_ids"], json!([2, 1]));
    assert_eq!(remove(2), in_use, "a person logs in with it");
    assert_eq!((allow(json!(["web", "nothing"])), allow(json!("web"))), (422, 422));
    assert_eq!(allow(json!(["web"])), 204);
    let role = scene.by("admin_a", &format!("POST /tenants/{A}/roles"));
    let role = role.json(&json!({ "name": "mobile ones", "allowedClients": ["mobile"] })).send();
    assert_eq!(role.status, 200, "{}", text(&role));
    assert_eq!(remove(2), in_use, "a role is bound to it");
    let id = json_of(&role)["id"].as_str().unwrap().to_owned();
    assert_eq!(scene.by("admin_a", &format!("DELETE /tenants/{A}/roles/{id}")).send().status, 204);
    assert_eq!(remove(2).0, 204);
    assert_eq!(remove(1), in_use);
}

/// Settings of a service whose new people may log in with the client 2.
const DEFAULT_CLIENTS: &[(&str, &str)] = &[("DEFAULT_AUTH_CLIENT_IDS", "2, 1")];

on_both!(who_is_made_by_somebody_without_clients_gets_those_of_the_deployment, DEFAULT_CLIENTS);
fn who_is_made_by_somebody_without_clients_gets_those_of_the_deployment(world: &World) {
    let clients_of = |name: &str| {
        let body = json!({
            "firstName": "N", "username": name, "email": format!("{name}@a.example"),
            "roleId": "a0000000-0000-4000-8000-000000000013",
        });
        let answer = world.request(&format!("POST /tenants/{A}/users")).token("admin_a").json(&body).send();
        assert_eq!(answer.status, 200, "{}", text(&answer));
        json_of(&answer)["authClientIds"].clone()
    };
    for nothing in ["NULL", if matches!(world.database, Database::Sqlite(_)) { "'[]'" } else { "'{}'" }] {
        world.run(&format!("UPDATE main.users SET auth_client_ids = {nothing}"));
        assert_eq!(clients_of(if nothing == "NULL" { "one" } else { "two" }), json!([2, 1]));
    }
    let own = if matches!(world.database, Database::Sqlite(_)) { "'[1]'" } else { "'{1}'" };
    world.run(&format!("UPDATE main.users SET auth_client_ids = {own}"));
    assert_eq!(clients_of("three"), json!([1]), "as the original does");
}

on_both!(an_operator_works_with_clients_by_name);
fn an_operator_works_with_clients_by_name(database: &Database) {
    let workplace =
        Workplace::with(&[("DATABASE_URL", &database.url()), ("JWT_VERIFIER", "jwt-keys"), ("JWT_ISSUER", "x")]);
    workplace.ok(&["migrate", "up"]);
    let made = workplace.ok(&["client", "create", "shop", "--redirect-url", "https://shop.example/cb"]);
    let secret =
        |said: &str| said.lines().find_map(|line| line.strip_prefix("client_secret ")).unwrap().trim().to_owned();
    let rotated = workplace.ok(&["client", "rotate", "shop"]);
    assert!(secret(&made).len() == 43 && secret(&rotated).len() == 43 && secret(&made) != secret(&rotated));
    let listed = workplace.ok(&["client", "list"]);
    assert!(listed.contains("shop") && !listed.contains(&secret(&rotated)), "{listed}");
    workplace.ok(&["bootstrap"]);
    workplace.ok(&["user", "clients", "admin", "shop", "--tenant", "default"]);
    let refused = workplace.run(&["client", "remove", "shop", "--yes"]);
    assert!(refused.code == 1 && refused.stderr.contains("still referred to"), "{refused:?}");
    workplace.ok(&["user", "clients", "admin", "--tenant", "default"]);
    workplace.ok(&["user", "default-tenant", "admin", "default", "--tenant", "default"]);
    workplace.ok(&["client", "remove", "shop", "--yes"]);
    let unknown = workplace.run(&["client", "rotate", "shop"]);
    assert!(unknown.code == 1 && unknown.stderr.contains("no client application"), "{unknown:?}");
}

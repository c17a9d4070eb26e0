//! `JWT_PERMISSIONS=live`: the database says what a caller may do, whatever the token says, and a change is felt at once.

use serde_json::{Value as Json, json};

use crate::holes::{A, ANDY, ANDY_IN_A, ENGINEERS, MEMBER, SALES, VIEWER};
use crate::request::{Request, text};
use crate::support::fixture::Database;
use crate::support::server::Server;
use crate::system::bounds::eventually;
use crate::world::on_both;

const LIVE: &[(&str, &str)] = &[("JWT_PERMISSIONS", "live"), ("CALLER_CACHE_MILLISECONDS", "1000")];

/// A role that a group carries.
const READER: &str = "a0000000-0000-4000-8000-000000000019";

/// Statuses of requests for which one permission each is needed, by Andy, with a token of this profile.
fn may(server: &Server, profile: &str) -> [u16; 3] {
    ["roles", "groups", "users"].map(|list| {
        let request = Request::new(server.address(), &format!("GET /tenants/{A}/{list}"));
        request.token(profile).send().status
    })
}

/// Andy's role grants this, and nothing is his own.
fn grant(server: &Server, permissions: &Json) {
    let role = Request::new(server.address(), &format!("PATCH /tenants/{A}/roles")).token("master_b");
    let role = role.query("where", &json!({ "id": MEMBER })).json(&json!({ "permissions": permissions }));
    let answer = role.send();
    assert_eq!(answer.status, 200, "{}", text(&answer));
}

fn own(server: &Server, permission: &str, allowed: bool) {
    let line = format!("POST /user-tenants/{ANDY_IN_A}/user-level-permissions");
    let own = Request::new(server.address(), &line).token("master_b");
    let answer = own.json(&json!({ "permission": permission, "allowed": allowed })).send();
    assert_eq!(answer.status, 200, "{}", text(&answer));
}

fn started(database: &Database) -> Server {
    let server = Server::start(&database.url(), LIVE);
    database.restore();
    database.run(&format!(
        "UPDATE main.user_tenants SET role_id = '{MEMBER}' WHERE id = '{ANDY_IN_A}';
         DELETE FROM main.user_permissions WHERE user_tenant_id = '{ANDY_IN_A}'"
    ));
    server
}

on_both!(what_the_database_grants_is_felt_at_once_whatever_the_token_says);
fn what_the_database_grants_is_felt_at_once_whatever_the_token_says(database: &Database) {
    let server = started(database);
    let none = |server: &Server| may(server, "andy_none");
    grant(&server, &json!([]));
    assert_eq!(may(&server, "andy_all"), [403; 3], "the token says all, and the database nothing");
    grant(&server, &json!(["ViewRoles", "33"]));
    assert_eq!(none(&server), [200, 200, 403], "by name and by number");
    own(&server, "ViewTenantUser", true);
    assert_eq!(none(&server), [200, 200, 200]);
    own(&server, "6", false);
    assert_eq!(none(&server), [403, 200, 200], "what is withheld by number is withheld by name");
    let line = format!("DELETE /user-tenants/{ANDY_IN_A}/user-level-permissions");
    assert_eq!(Request::new(server.address(), &line).token("master_b").send().status, 200);
    assert_eq!(none(&server), [200, 200, 403]);
    let role = Request::new(server.address(), &format!("PATCH /tenants/{A}/users/{ANDY}")).token("master_b");
    assert_eq!(role.json(&json!({ "roleId": VIEWER })).send().status, 204);
    assert_ne!(none(&server), [200, 200, 403], "another role grants something else");
}

on_both!(another_process_feels_it_within_its_cache);
fn another_process_feels_it_within_its_cache(database: &Database) {
    let servers = [started(database), Server::start(&database.url(), LIVE)];
    grant(&servers[0], &json!(["ViewRoles"]));
    for server in &servers {
        assert_eq!(may(server, "andy_none"), [200, 403, 403]);
    }
    grant(&servers[0], &json!(["33"]));
    assert_eq!(may(&servers[0], "andy_none"), [403, 200, 403]);
    eventually("the other process feels it", || may(&servers[1], "andy_none") == [403, 200, 403]);
}

on_both!(what_a_group_gives_is_felt_at_once_and_by_another_process_within_its_cache);
fn what_a_group_gives_is_felt_at_once_and_by_another_process_within_its_cache(database: &Database) {
    let servers = [started(database), Server::start(&database.url(), LIVE)];
    grant(&servers[0], &json!([]));
    let ask = |line: String, body: Json| {
        let request = Request::new(servers[0].address(), &line).token("master_b");
        let answer = if body.is_null() { request.send() } else { request.json(&body).send() };
        assert!(answer.status < 300, "{line}: {}", text(&answer));
    };
    let both = |expected: [u16; 3]| {
        assert_eq!(may(&servers[0], "andy_none"), expected, "at once");
        eventually("the other process feels it", || may(&servers[1], "andy_none") == expected);
    };
    both([403; 3]);
    database.run(&format!(
        "INSERT INTO main.roles (id, name, tenant_id, permissions) SELECT '{READER}', 'reader', id,
             (SELECT permissions FROM main.roles WHERE id = 'a0000000-0000-4000-8000-000000000011')
             FROM main.tenants WHERE id = '{A}'"
    ));
    // The role of a group, the group in a group, the member in a group, and each of it taken away again.
    ask(format!("POST /groups/{SALES}/roles"), json!({ "roleId": READER }));
    both([403; 3]);
    ask(format!("POST /groups/{SALES}/groups"), json!({ "groupId": ENGINEERS }));
    both([200; 3]);
    ask(format!("DELETE /groups/{ENGINEERS}/user/{ANDY}"), Json::Null);
    both([403; 3]);
    ask(format!("POST /groups/{ENGINEERS}/user"), json!({ "userTenantId": ANDY_IN_A }));
    both([200; 3]);
    ask(format!("DELETE /groups/{SALES}/groups/{ENGINEERS}"), Json::Null);
    both([403; 3]);
    ask(format!("POST /groups/{ENGINEERS}/roles"), json!({ "roleId": READER }));
    both([200; 3]);
    let role = Request::new(servers[0].address(), &format!("PATCH /tenants/{A}/roles")).token("master_b");
    let role = role.query("where", &json!({ "id": READER })).json(&json!({ "permissions": ["ViewRoles"] }));
    assert_eq!(role.send().status, 200);
    both([200, 403, 403]);
    ask(format!("DELETE /groups/{ENGINEERS}/roles/{READER}"), Json::Null);
    both([403; 3]);
    ask(format!("POST /groups/{ENGINEERS}/roles"), json!({ "roleId": READER }));
    both([200, 403, 403]);
    ask(format!("DELETE /tenants/{A}/groups/{ENGINEERS}"), Json::Null);
    both([403; 3]);
}

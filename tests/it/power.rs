//! Who gives and takes power: members are protected from those who hold less, and what is held now counts.
//!
//! The first tests walk all operations of `/openapi.json`: a new one is covered without writing a test, and fails until it
//! stands in a table below when it is meant to be let through.

mod groups;
mod names;

use serde_json::{Value as Json, json};

use crate::authorization::operation::{self, FREE_ROLE, Operation, Target};
use crate::authorization::{IDLE, prepare};
use crate::holes::{A, ALICE, ALICE_IN_A, ANDY, ANDY_IN_A, B, MEMBER, SAM};
use crate::request::{json, text};
use crate::support::fixture::Database;
use crate::world::{World, on_both};

/// The role of administrators of tenant A, which Alice has.
const ADMIN: &str = "a0000000-0000-4000-8000-000000000011";

/// Operations that write, and give no member power and take none: the token alone opens them.
const WITHOUT_POWER: &[&str] = &[
    "POST /tenants/{id}/tenant-configs",
    "PATCH /tenants/{id}/tenant-configs",
    "DELETE /tenants/{id}/tenant-configs",
    "POST /user-tenant-prefs",
    "DELETE /user-tenant-prefs/{id}",
    "DELETE /user-tenant-prefs/{id}/hard",
    "PUT /users/{id}/password",
    "POST /credentials/verify",
    "POST /user/{id}/tenants/{tenantId}/accept",
    "PUT /user/{id}/default-tenant",
];

/// Operations that change nothing of a member, nor of a role, who might hold more than the caller. These groups give nothing.
const OF_NO_MEMBER: &[&str] = &[
    "POST /tenants",
    "PATCH /tenants",
    "PATCH /tenants/{id}",
    "PUT /tenants/{id}",
    "DELETE /tenants/{id}",
    "POST /tenants/{id}/roles",
    "POST /tenants/{id}/groups",
    "PATCH /tenants/{id}/groups",
    "DELETE /tenants/{id}/groups/{groupId}",
    "POST /groups/{id}/user",
    "POST /groups/{id}/user/bulk",
    "DELETE /groups/{id}/user/{userId}",
    "POST /groups/{id}/groups",
    "DELETE /groups/{id}/groups/{memberGroupId}",
    // Whom it may not invite is refused one by one, as the tests of invitations show.
    "POST /tenants/{id}/invitations",
    "DELETE /tenants/{id}/invitations/{invitationId}",
];

/// The operations that ask for a token.
fn secured(world: &World) -> Vec<Operation> {
    let mut operations = operation::all(&json(&world.request("GET /openapi.json").send()));
    operations.retain(|operation| operation.secured);
    operations
}

fn user(tenant: &str, id: &str) -> String {
    format!("/tenants/{tenant}/users/{id}")
}

/// Changes the role of Alice to what it is to grant.
pub(crate) fn alice_holds(world: &World, permissions: &[&str]) {
    let value = match &world.database {
        Database::Postgres(_) => format!("'{{{}}}'", permissions.join(",")),
        Database::Sqlite(_) => format!("'{}'", json!(permissions)),
    };
    world.run(&format!("UPDATE main.roles SET permissions = {value} WHERE id = '{ADMIN}'"));
}

on_both!(who_holds_less_changes_no_member_and_no_role_that_holds_more, IDLE);
fn who_holds_less_changes_no_member_and_no_role_that_holds_more(world: &World) {
    let mut protected = 0;
    // Andy and the free role hold what no token says: by role, by a permission of his own.
    let own = format!(
        "INSERT INTO main.user_permissions (id, user_tenant_id, permission, allowed)
         VALUES ('a0000000-0000-4000-8000-000000000089', '{ANDY_IN_A}', 'NotGrantedToAnyone', true)"
    );
    let by_role = format!(
        "UPDATE main.user_tenants SET role_id = 'a0000000-0000-4000-8000-000000000015' WHERE id = '{ANDY_IN_A}'"
    );
    for stronger in [own, by_role] {
        let set_up = || {
            prepare(world);
            world.run(&stronger);
            let free = FREE_ROLE[0];
            world.run(&format!(
                "UPDATE main.roles SET permissions =
                     (SELECT permissions FROM main.roles WHERE id = 'a0000000-0000-4000-8000-000000000015')
                 WHERE id = '{free}'"
            ));
        };
        // What masters alone may do they do to whomever they reach.
        let changes = |operation: &&Operation| !operation.only_reads() && !operation.for_masters;
        for operation in secured(world).iter().filter(changes) {
            set_up();
            world.run(operation.given());
            let before = world.database.tables();
            let name = operation.name.as_str();
            let passes = WITHOUT_POWER.contains(&name) || OF_NO_MEMBER.contains(&name);
            let mut request = operation.request(world.server.address(), Target::Own);
            if name == "PATCH /tenants/{id}/roles" {
                let body = operation.body(Target::Own).expect("a change has a body");
                request = operation.bare(world.server.address(), &[Target::Own]).json(&body);
                request = request.query("where", &json!({ "id": FREE_ROLE[0] }));
            }
            let request = request.token("admin_a");
            let answer = request.send();
            if passes {
                assert!(answer.status < 300, "{name}: {} {}", answer.status, text(&answer));
            } else {
                assert_eq!(answer.status, 403, "{name}: {}", text(&answer));
                assert!(world.database.tables() == before, "{name} was refused, and changed something");
                protected += 1;
            }
        }
    }
    assert_eq!(protected, 32, "sixteen operations, two ways to hold more");
}

on_both!(a_token_counts_only_as_far_as_the_database_grants_it_now, IDLE);
fn a_token_counts_only_as_far_as_the_database_grants_it_now(world: &World) {
    for profile in ["admin_a", "master_a"] {
        prepare(world);
        alice_holds(world, &[]);
        let mut before = world.database.tables();
        let open = |operation: &&Operation| !operation.for_masters || profile.starts_with("master");
        for operation in secured(world).iter().filter(open) {
            let name = operation.name.as_str();
            if WITHOUT_POWER.contains(&name) {
                world.run(operation.given());
            }
            let answer = operation.request(world.server.address(), Target::Own).token(profile).send();
            if operation.only_reads() || WITHOUT_POWER.contains(&name) {
                assert!(answer.status < 300, "{name} with {profile}: {}", text(&answer));
                if !operation.only_reads() {
                    prepare(world);
                    alice_holds(world, &[]);
                    before = world.database.tables();
                }
                continue;
            }
            assert_eq!(answer.status, 403, "{name} with {profile}: {}", text(&answer));
            let told = json(&answer);
            let code = if operation.tells_problems { &told["code"] } else { &told["error"]["code"] };
            assert_eq!(code, "PERMISSION_WITHDRAWN", "{name} with {profile}");
            assert_eq!(world.database.tables().rows, before.rows, "{name} was refused, and changed something");
        }
    }
}

on_both!(what_is_held_now_is_found_by_name_and_number_and_taken_away_by_either);
fn what_is_held_now_is_found_by_name_and_number_and_taken_away_by_either(world: &World) {
    let rename = |profile: &str| {
        let request = world.request(&format!("PATCH {}", user(A, ANDY))).token(profile);
        request.json(&json!({ "designation": "Engineer" })).send().status
    };
    let withhold = |permission: &str| {
        world.run(&format!(
            "DELETE FROM main.user_permissions WHERE id = 'a0000000-0000-4000-8000-000000000088';
             INSERT INTO main.user_permissions (id, user_tenant_id, permission, allowed)
             VALUES ('a0000000-0000-4000-8000-000000000088', '{ALICE_IN_A}', '{permission}', false)"
        ));
    };
    for held in ["14", "UpdateTenantUser"] {
        prepare(world);
        alice_holds(world, &[held]);
        for profile in ["only:14", "only:UpdateTenantUser", "admin_a"] {
            assert_eq!(rename(profile), 204, "{profile} where {held} is granted");
        }
        for withheld in ["14", "UpdateTenantUser"] {
            withhold(withheld);
            assert_eq!(rename("admin_a"), 403, "{held} is granted and {withheld} withheld");
        }
    }
    prepare(world);
    alice_holds(world, &["ViewTenant"]);
    withhold("ViewTenant");
    world.run("UPDATE main.user_permissions SET permission = '14', allowed = true WHERE id = 'a0000000-0000-4000-8000-000000000088'");
    assert_eq!(rename("admin_a"), 204, "a permission of her own");
}

on_both!(what_was_taken_away_is_not_given_to_others);
/// Of what the token says and the role does not grant any more, nothing is given on.
fn what_was_taken_away_is_not_given_to_others(world: &World) {
    alice_holds(world, &["CreateRoles", "UpdateTenantUser", "CreateUserTenant", "ViewTenant"]);
    let role = |permission: &str| json!({ "name": "new", "permissions": [permission] });
    let post = |line: String, body: &Json| world.request(&line).token("admin_a").json(body).send().status;
    assert_eq!(post(format!("POST /tenants/{A}/roles"), &role("DeleteTenant")), 403);
    assert_eq!(post(format!("POST /tenants/{A}/roles"), &role("17")), 200, "the number of a name that is held");
    let grant = |permission: &str| json!({ "permission": permission, "allowed": true });
    let andys = format!("POST /user-tenants/{ANDY_IN_A}/user-level-permissions");
    assert_eq!(post(andys.clone(), &grant("UpdateRoles")), 403);
    assert_eq!(post(andys, &grant("CreateRoles")), 200);
}

on_both!(a_role_gets_no_kind_and_no_client_that_its_maker_has_not);
fn a_role_gets_no_kind_and_no_client_that_its_maker_has_not(world: &World) {
    let roles = format!("/tenants/{A}/roles");
    let make = |body: Json| {
        let answer = world.request(&format!("POST {roles}")).token("admin_a").json(&body).send();
        answer.status
    };
    let change = |id: &str, body: Json| {
        let request = world.request(&format!("PATCH {roles}")).token("admin_a").query("where", &json!({ "id": id }));
        request.json(&body).send().status
    };
    // Alice's role is of type 0, and bound to the client "web".
    assert_eq!(make(json!({ "name": "one", "roleType": 7, "allowedClients": ["web"] })), 200);
    assert_eq!(make(json!({ "name": "two", "allowedClients": ["web", "mobile"] })), 403);
    for role in [json!({ "name": "bound" }), json!({ "name": "bound too", "allowedClients": [] })] {
        let answer = world.request(&format!("POST {roles}")).token("admin_a").json(&role).send();
        assert_eq!((answer.status, &json(&answer)["allowedClients"]), (200, &json!(["web"])), "{role}");
        assert_eq!(change(json(&answer)["id"].as_str().unwrap(), json!({ "allowedClients": [] })), 403, "{role}");
    }
    assert_eq!(change(MEMBER, json!({ "allowedClients": ["mobile"] })), 403);
    assert_eq!(change(MEMBER, json!({ "allowedClients": [] })), 403, "nor is a role unbound");
    assert_eq!(change(MEMBER, json!({ "roleType": 0 })), 200);
    world.run(&format!("UPDATE main.roles SET role_type = 4, allowed_clients = NULL WHERE id = '{ADMIN}'"));
    for (name, body, status) in [
        ("three", json!({ "roleType": 0 }), 403),
        ("four", json!({}), 200),
        ("five", json!({ "roleType": 5 }), 403),
        ("six", json!({ "roleType": 4, "allowedClients": ["mobile"] }), 200),
        ("unbound as its maker", json!({ "allowedClients": [] }), 200),
        ("seven", json!({ "roleType": 1 }), 200),
    ] {
        let mut role = body;
        role["name"] = json!(name);
        assert_eq!(make(role), status, "{name}");
    }
    assert_eq!(change(MEMBER, json!({ "roleType": 5 })), 403);
    assert_eq!(change(MEMBER, json!({ "roleType": 4, "description": "of fours" })), 200);
    let four = world
        .request(&format!("GET {roles}"))
        .token("admin_a")
        .query("filter", &json!({ "where": { "name": "four" } }));
    assert_eq!(json(&four.send())[0]["roleType"], 4, "what names no kind gets that of its maker");
}

/// Settings of a service whose members of other tenants must accept.
const ACCEPTANCE: &[(&str, &str)] = &[("MEMBERSHIP_ACCEPTANCE", "required")];

on_both!(a_membership_that_must_be_accepted_is_dead_before, ACCEPTANCE);
fn a_membership_that_must_be_accepted_is_dead_before(world: &World) {
    // Sam's home is tenant B.
    let operations = secured(world);
    world.run(operation::INVITED);
    for (status, home, lives) in [(0, B, false), (0, A, true), (1, B, true), (3, B, true), (2, A, false)] {
        world.run(&format!(
            "UPDATE main.user_tenants SET status = {status} WHERE id = 'a0000000-0000-4000-8000-000000000035';
             UPDATE main.users SET default_tenant_id = '{home}' WHERE id = '{SAM}'"
        ));
        for operation in operations.iter().filter(|operation| lives <= operation.only_reads()) {
            let mut request = operation.request(world.server.address(), Target::Own);
            if operation.is_personal() {
                request = world.request(&format!("GET /user/{SAM}/tenants"));
            }
            let answer = request.token("sam_a_all").send();
            let expected = match lives {
                true if operation.for_masters => 403,
                true => 200,
                false => 401,
            };
            assert_eq!(answer.status, expected, "{} with {status} at {home}: {}", operation.name, text(&answer));
        }
    }
    world.run(&format!(
        "UPDATE main.user_tenants SET status = 1 WHERE id = 'a0000000-0000-4000-8000-000000000035';
         UPDATE main.user_tenants SET status = 0 WHERE id = 'b0000000-0000-4000-8000-000000000035';
         UPDATE main.users SET default_tenant_id = '{A}' WHERE id = '{SAM}'"
    ));
    let tenants = json(&world.request(&format!("GET /user/{SAM}/tenants")).token("sam_a_all").send());
    assert_eq!(tenants.as_array().map(Vec::len), Some(1), "what was not accepted is none of Sam's: {tenants}");
    // Who has not come is no administrator on whom a tenant could rely.
    world.run(&format!(
        "UPDATE main.user_tenants SET role_id = '{ADMIN}', status = 0 WHERE id = 'a0000000-0000-4000-8000-000000000035';
         UPDATE main.users SET default_tenant_id = '{B}' WHERE id = '{SAM}'"
    ));
    let suspend = world.request(&format!("PATCH {}", user(A, ALICE))).token("admin_a").json(&json!({ "status": 2 }));
    assert_eq!(suspend.send().status, 409);
}

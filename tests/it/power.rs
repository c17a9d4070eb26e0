//! Who gives and takes power: members are protected from those who hold less, what is held now counts, names belong to people.
//!
//! The first tests walk all operations of `/openapi.json`: a new one is covered without writing a test, and fails until it
//! stands in a table below when it is meant to be let through.

use serde_json::{Value as Json, json};

use crate::authorization::operation::{self, FREE_ROLE, Operation, Target};
use crate::authorization::prepare;
use crate::holes::{A, ALICE, ALICE_IN_A, ANDY, ANDY_IN_A, B, BOB, MEMBER, SAM};
use crate::request::{json, text};
use crate::support::fixture::Database;
use crate::support::server::Server;
use crate::world::{World, everywhere};

/// The role of administrators of tenant A, which Alice has.
const ADMIN: &str = "a0000000-0000-4000-8000-000000000011";
/// The role of members of tenant B.
const MEMBER_OF_B: &str = "b0000000-0000-4000-8000-000000000012";

/// Operations that write, and give no member power and take none: the token alone opens them.
const WITHOUT_POWER: &[&str] = &[
    "POST /tenants/{id}/tenant-configs",
    "PATCH /tenants/{id}/tenant-configs",
    "DELETE /tenants/{id}/tenant-configs",
    "POST /user-tenant-prefs",
    "DELETE /user-tenant-prefs/{id}",
    "DELETE /user-tenant-prefs/{id}/hard",
];

/// Operations that change nothing of a member, nor of a role, who might hold more than the caller. Groups grant nothing.
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
fn alice_holds(world: &World, permissions: &[&str]) {
    let value = match &world.database {
        Database::Postgres(_) => format!("'{{{}}}'", permissions.join(",")),
        Database::Sqlite(_) => format!("'{}'", json!(permissions)),
    };
    world.run(&format!("UPDATE main.roles SET permissions = {value} WHERE id = '{ADMIN}'"));
}

#[test]
fn who_holds_less_changes_no_member_and_no_role_that_holds_more() {
    everywhere(|world| {
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
            set_up();
            let mut before = world.database.tables();
            for operation in secured(world).iter().filter(|operation| !operation.only_reads()) {
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
                    set_up();
                    before = world.database.tables();
                } else {
                    assert_eq!(answer.status, 403, "{name}: {}", text(&answer));
                    assert!(world.database.tables() == before, "{name} was refused, and changed something");
                    protected += 1;
                }
            }
        }
        assert_eq!(protected, 18, "nine operations, two ways to hold more");
    });
}

#[test]
fn a_token_counts_only_as_far_as_the_database_grants_it_now() {
    everywhere(|world| {
        for profile in ["admin_a", "master_a"] {
            prepare(world);
            alice_holds(world, &[]);
            let mut before = world.database.tables();
            for operation in &secured(world) {
                let name = operation.name.as_str();
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
                assert_eq!(json(&answer)["error"]["code"], "PERMISSION_WITHDRAWN", "{name} with {profile}");
                assert_eq!(world.database.tables().rows, before.rows, "{name} was refused, and changed something");
            }
        }
    });
}

#[test]
fn what_is_held_now_is_found_by_name_and_number_and_taken_away_by_either() {
    everywhere(|world| {
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
    });
}

/// Of what the token says and the role does not grant any more, nothing is given on.
#[test]
fn what_was_taken_away_is_not_given_to_others() {
    everywhere(|world| {
        alice_holds(world, &["CreateRoles", "UpdateTenantUser", "CreateUserTenant", "ViewTenant"]);
        let role = |permission: &str| json!({ "name": "new", "permissions": [permission] });
        let post = |line: String, body: &Json| world.request(&line).token("admin_a").json(body).send().status;
        assert_eq!(post(format!("POST /tenants/{A}/roles"), &role("DeleteTenant")), 403);
        assert_eq!(post(format!("POST /tenants/{A}/roles"), &role("17")), 200, "the number of a name that is held");
        let grant = |permission: &str| json!({ "permission": permission, "allowed": true });
        let andys = format!("POST /user-tenants/{ANDY_IN_A}/user-level-permissions");
        assert_eq!(post(andys.clone(), &grant("UpdateRoles")), 403);
        assert_eq!(post(andys, &grant("CreateRoles")), 200);
    });
}

#[test]
fn names_of_who_holds_more_are_not_theirs_to_change_who_hold_less() {
    everywhere(|world| {
        alice_holds(world, &["UpdateTenantUser", "ViewTenantUser"]);
        let patch = |id: &str, body: Json| {
            let answer = world.request(&format!("PATCH {}", user(A, id))).token("admin_a").json(&body).send();
            answer.status
        };
        // Andy holds ViewTenant by role and alone. What is not a name to log in with stays free to change.
        for names in [
            json!({ "email": "someone@else.example" }),
            json!({ "username": "someone" }),
            json!({ "phone": "+15550001111" }),
            json!({ "defaultTenantId": B }),
        ] {
            assert_eq!(patch(ANDY, names.clone()), 403, "{names}");
        }
        assert_eq!(patch(ANDY, json!({ "lastName": "Engineer" })), 204);
        assert_eq!(patch(ALICE, json!({ "email": "alice@new.example", "phone": "+15550002222" })), 204, "her own");
        alice_holds(world, &["UpdateTenantUser", "17"]);
        assert_eq!(patch(ANDY, json!({ "email": "andy@new.example" })), 204, "she holds what he holds");
    });
}

/// A tenant registers the address of a stranger, whom another tenant adds later: the first owns nothing of that.
#[test]
fn who_registered_a_stranger_first_does_not_own_the_person() {
    everywhere(|world| {
        let body = |role: &str| json!({ "firstName": "C", "username": "carol", "email": "carol@victim.example", "roleId": role });
        let made = world.request(&format!("POST /tenants/{A}/users")).token("admin_a").json(&body(MEMBER)).send();
        let carol = json(&made)["id"].as_str().expect("a user was made").to_owned();
        let change =
            |body: &Json| world.request(&format!("PATCH {}", user(A, &carol))).token("admin_a").json(body).send();
        assert_eq!(change(&json!({ "email": "c@victim.example" })).status, 204, "nobody else has her yet");
        assert_eq!(change(&json!({ "email": "carol@victim.example" })).status, 204);
        let added = world.request(&format!("POST /tenants/{B}/users")).token("admin_b").json(&body(MEMBER_OF_B)).send();
        assert_eq!(json(&added)["id"], json!(carol));
        for names in
            [json!({ "email": "mine@a.example" }), json!({ "username": "mine" }), json!({ "phone": "+15550001111" })]
        {
            assert_eq!(change(&names).status, 403, "{names}");
        }
    });
}

/// What else the first tenant chose for the stranger to log in with opens nothing of the second.
#[test]
fn a_person_who_never_came_is_added_only_by_all_that_they_log_in_with() {
    everywhere(|world| {
        let body = |role: &str, username: &str, more: Json| {
            let mut body =
                json!({ "firstName": "E", "username": username, "email": "eve@victim.example", "roleId": role });
            body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
            body
        };
        let planted = json!({ "phone": "+15550001111" });
        let made = body(MEMBER, "planted", planted.clone());
        let made = world.request(&format!("POST /tenants/{A}/users")).token("admin_a").json(&made).send();
        assert_eq!(made.status, 200, "{}", text(&made));
        let add = |username: &str, more: Json| {
            let request = world.request(&format!("POST /tenants/{B}/users")).token("admin_b");
            request.json(&body(MEMBER_OF_B, username, more)).send().status
        };
        for (username, more) in [
            ("eve", json!({})),
            ("planted", json!({})),
            ("eve", planted.clone()),
            ("planted", json!({ "phone": "+15550002222" })),
        ] {
            assert_eq!(add(username, more.clone()), 409, "{username} {more}");
        }
        assert_eq!(add("planted", planted.clone()), 200, "all that A chose, B sends itself");
        world.run(
            "UPDATE main.user_tenants SET deleted = true WHERE tenant_id = 'b0000000-0000-4000-8000-000000000001'
            AND user_id IN (SELECT id FROM main.users WHERE username = 'planted')",
        );
        world.run("UPDATE main.users SET last_login = '2024-01-02T03:04:05.678Z' WHERE username = 'planted'");
        assert_eq!(add("eve", json!({})), 200, "who has come is known by the address");
    });
}

/// The tenant that had a person alone changes the address while another adds the person by it: one of them is refused.
#[test]
fn an_address_does_not_change_under_who_adds_its_person() {
    everywhere(|world| {
        for round in 0..25 {
            let address = format!("dan{round}@victim.example");
            let body = |role: &str| json!({ "firstName": "D", "username": format!("dan{round}"), "email": address, "roleId": role });
            let made = world.request(&format!("POST /tenants/{A}/users")).token("admin_a").json(&body(MEMBER)).send();
            let dan = json(&made)["id"].as_str().expect("a user was made").to_owned();
            let change = world.request(&format!("PATCH {}", user(A, &dan))).token("admin_a");
            let change = change.json(&json!({ "email": format!("mine{round}@a.example") }));
            let add = world.request(&format!("POST /tenants/{B}/users")).token("admin_b").json(&body(MEMBER_OF_B));
            let (changed, added) = std::thread::scope(|scope| {
                let changing = scope.spawn(|| change.send().status);
                let added = add.send();
                (changing.join().expect("no panic"), added)
            });
            let is_dan = added.status == 200 && json(&added)["id"] == json!(dan);
            assert!(!(changed == 204 && is_dan), "round {round}: the address changed, and the person was added by it");
        }
    });
}

#[test]
fn of_a_guest_a_tenant_sees_what_it_sent_itself() {
    everywhere(|world| {
        let body = json!({ "firstName": "Robert", "username": "robert", "email": "BOB@b.example", "roleId": MEMBER });
        let added = json(&world.request(&format!("POST /tenants/{A}/users")).token("admin_a").json(&body).send());
        assert_eq!(added, json!({ "id": BOB, "firstName": "Robert", "username": null, "email": "bob@b.example" }));
        let list = |path: &str, filter: Json| {
            let answer =
                world.request(&format!("GET /tenants/{A}/{path}")).token("admin_a").query("filter", &filter).send();
            assert_eq!(answer.status, 200, "{}", text(&answer));
            json(&answer)
        };
        let bobs = list("users", json!({ "where": { "id": BOB } }));
        let shown = |name: &str| bobs[0][name].clone();
        assert_eq!(
            (shown("firstName"), shown("lastName"), shown("username")),
            (json!("Robert"), Json::Null, Json::Null)
        );
        assert_eq!(
            (shown("email"), shown("createdBy"), shown("modifiedBy")),
            (json!("bob@b.example"), Json::Null, Json::Null)
        );
        assert_eq!(list("user-roles", json!({ "where": { "userId": BOB } }))[0]["username"], Json::Null);
        world.run(&format!("UPDATE main.users SET created_by = '{BOB}', email = 'new@b.example' WHERE id = '{BOB}'"));
        for guess in [
            json!({ "username": "bob" }),
            json!({ "firstName": "Bob" }),
            json!({ "lastName": { "like": "B%" } }),
            json!({ "email": "new@b.example" }),
            json!({ "createdBy": BOB }),
            json!({ "createdBy": { "neq": null }, "id": BOB }),
        ] {
            assert_eq!(list("users", json!({ "where": guess })), json!([]), "{guess}");
        }
        assert_eq!(list("users", json!({ "where": { "email": "bob@b.example" } }))[0]["id"], BOB);
        let include = json!({ "include": [{ "relation": "userTenants", "scope": { "include": ["user"] } }] });
        let roles = list("roles", include).to_string();
        assert!(roles.contains("Robert") && !roles.contains("\"bob\"") && !roles.contains("Boss"), "{roles}");
        world.run(&format!("UPDATE main.user_tenants SET status = 1 WHERE user_id = '{BOB}' AND tenant_id = '{A}'"));
        let come = list("users", json!({ "where": { "id": BOB } }));
        assert_eq!(
            (&come[0]["firstName"], &come[0]["username"]),
            (&json!("Bob"), &json!("bob")),
            "who has come is known"
        );
    });
}

#[test]
fn a_role_gets_no_kind_and_no_client_that_its_maker_has_not() {
    everywhere(|world| {
        let roles = format!("/tenants/{A}/roles");
        let make = |body: Json| {
            let answer = world.request(&format!("POST {roles}")).token("admin_a").json(&body).send();
            answer.status
        };
        let change = |id: &str, body: Json| {
            let request =
                world.request(&format!("PATCH {roles}")).token("admin_a").query("where", &json!({ "id": id }));
            request.json(&body).send().status
        };
        // Alice's role is of type 0, and bound to the client "web".
        assert_eq!(make(json!({ "name": "one", "roleType": 7, "allowedClients": ["web"] })), 200);
        assert_eq!(make(json!({ "name": "two", "allowedClients": ["web", "mobile"] })), 403);
        assert_eq!(change(MEMBER, json!({ "allowedClients": ["mobile"] })), 403);
        assert_eq!(change(MEMBER, json!({ "allowedClients": [] })), 403, "nor is a role unbound");
        assert_eq!(change(MEMBER, json!({ "roleType": 0 })), 200);
        world.run(&format!("UPDATE main.roles SET role_type = 4, allowed_clients = NULL WHERE id = '{ADMIN}'"));
        for (name, body, status) in [
            ("three", json!({ "roleType": 0 }), 403),
            ("four", json!({}), 200),
            ("five", json!({ "roleType": 5 }), 403),
            ("six", json!({ "roleType": 4, "allowedClients": ["mobile"] }), 200),
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
    });
}

#[test]
fn a_membership_that_must_be_accepted_is_dead_before() {
    for database in [Database::sqlite(), Database::postgres()] {
        let server = Server::start(&database.url(), &[("MEMBERSHIP_ACCEPTANCE", "required")]);
        database.restore();
        let world = World { database, server };
        // Sam's home is tenant B.
        let operations = secured(&world);
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
                let expected = if lives { 200 } else { 401 };
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
        let suspend =
            world.request(&format!("PATCH {}", user(A, ALICE))).token("admin_a").json(&json!({ "status": 2 }));
        assert_eq!(suspend.send().status, 409);
    }
}

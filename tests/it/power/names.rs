//! By what a person logs in belongs to the person: not to who registered them, nor to those who may change members.

use serde_json::{Value as Json, json};

use super::{alice_holds, secured, user};
use crate::authorization::operation::Target;
use crate::authorization::prepare;
use crate::holes::{A, ALICE, ANDY, ANDY_IN_A, B, BOB, MEMBER};
use crate::request::{json, text};
use crate::world::{World, on_both};

/// The role of members of tenant B.
const MEMBER_OF_B: &str = "b0000000-0000-4000-8000-000000000012";

on_both!(names_of_who_holds_more_are_not_theirs_to_change_who_hold_less);
fn names_of_who_holds_more_are_not_theirs_to_change_who_hold_less(world: &World) {
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
}

on_both!(who_registered_a_stranger_first_does_not_own_the_person);
/// A tenant registers the address of a stranger, whom another tenant adds later: the first owns nothing of that.
fn who_registered_a_stranger_first_does_not_own_the_person(world: &World) {
    let body =
        |role: &str| json!({ "firstName": "C", "username": "carol", "email": "carol@victim.example", "roleId": role });
    let made = world.request(&format!("POST /tenants/{A}/users")).token("admin_a").json(&body(MEMBER)).send();
    let carol = json(&made)["id"].as_str().expect("a user was made").to_owned();
    let change = |body: &Json| world.request(&format!("PATCH {}", user(A, &carol))).token("admin_a").json(body).send();
    assert_eq!(change(&json!({ "username": "carla" })).status, 204, "nobody else has her yet");
    assert_eq!(change(&json!({ "username": "carol" })).status, 204);
    let added = world.request(&format!("POST /tenants/{B}/users")).token("admin_b").json(&body(MEMBER_OF_B)).send();
    assert_eq!(json(&added)["id"], json!(carol));
    for names in
        [json!({ "email": "mine@a.example" }), json!({ "username": "mine" }), json!({ "phone": "+15550001111" })]
    {
        assert_eq!(change(&names).status, 403, "{names}");
    }
}

on_both!(a_person_who_never_came_is_added_only_by_all_that_they_log_in_with);
/// What else the first tenant chose for the stranger to log in with opens nothing of the second.
fn a_person_who_never_came_is_added_only_by_all_that_they_log_in_with(world: &World) {
    let body = |role: &str, username: &str, more: Json| {
        let mut body = json!({ "firstName": "E", "username": username, "email": "eve@victim.example", "roleId": role });
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
    // That the first tenant calls its own member active proves nothing.
    let planted_in_a = json(&made)["id"].as_str().expect("a user was made").to_owned();
    let active = world.request(&format!("PATCH {}", user(A, &planted_in_a))).token("admin_a");
    assert_eq!(active.json(&json!({ "status": 1 })).send().status, 204);
    assert_eq!(add("eve", json!({})), 409);
    assert_eq!(add("planted", planted.clone()), 200, "all that A chose, B sends itself");
    world.run(
        "UPDATE main.user_tenants SET deleted = true WHERE tenant_id = 'b0000000-0000-4000-8000-000000000001'
        AND user_id IN (SELECT id FROM main.users WHERE username = 'planted')",
    );
    world.run("UPDATE main.users SET last_login = '2024-01-02T03:04:05.678Z' WHERE username = 'planted'");
    assert_eq!(add("eve", json!({})), 200, "who has come is known by the address");
}

on_both!(an_address_does_not_change_under_who_adds_its_person);
/// The tenant that had a person alone changes the address while another adds the person by it: one of them is refused.
fn an_address_does_not_change_under_who_adds_its_person(world: &World) {
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
}

on_both!(of_a_guest_a_tenant_sees_what_it_sent_itself);
fn of_a_guest_a_tenant_sees_what_it_sent_itself(world: &World) {
    world.run(&format!("UPDATE main.users SET last_login = '2024-01-02T03:04:05.678Z' WHERE id = '{BOB}'"));
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
    assert_eq!((shown("firstName"), shown("lastName"), shown("username")), (json!("Robert"), Json::Null, Json::Null));
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
    assert_eq!((&come[0]["firstName"], &come[0]["username"]), (&json!("Bob"), &json!("bob")), "who has come is known");
}

on_both!(no_operation_of_one_tenant_changes_by_what_a_person_of_two_is_known);
fn no_operation_of_one_tenant_changes_by_what_a_person_of_two_is_known(world: &World) {
    // Andy, of whom the bodies speak, never came, and tenant B has him too.
    let set_up = || {
        prepare(world);
        world.run(&format!(
            "UPDATE main.users SET last_login = NULL WHERE id = '{ANDY}';
             UPDATE main.user_tenants SET status = 0 WHERE id = '{ANDY_IN_A}';
             INSERT INTO main.user_tenants (id, user_id, tenant_id, role_id, status, created_on, modified_on)
             VALUES ('b0000000-0000-4000-8000-000000000088', '{ANDY}', '{B}', '{MEMBER_OF_B}', 0,
                 '2024-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z')"
        ));
    };
    let known_by = || {
        let tables = world.database.tables();
        let row = |table: &str, id: &str| tables.rows.get(&(table.to_owned(), id.to_owned())).cloned();
        let user = row("users", ANDY).expect("no tenant removes a person of two");
        let names = ["username", "email", "phone", "auth_client_ids"];
        // The home may let the person go.
        assert!(user["default_tenant_id"].is_null() || user["default_tenant_id"] == A, "another home");
        let credentials: Vec<_> = tables
            .rows
            .iter()
            .filter(|((table, _), row)| table == "user_credentials" && row["user_id"] == ANDY)
            .collect();
        let in_b = row("user_tenants", "b0000000-0000-4000-8000-000000000088");
        json!([names.map(|name| user[name].clone()), credentials, in_b])
    };
    set_up();
    let before = known_by();
    let mut changed = 0;
    let operations = secured(world);
    let writes = operations.iter().filter(|operation| !operation.only_reads());
    // Andy's token is of the membership that tenant A has made.
    for (operation, caller) in writes.flat_map(|operation| [(operation, "admin_a"), (operation, "andy_all")]) {
        let answer = operation.request(world.server.address(), Target::Own).token(caller).send();
        assert_eq!(known_by(), before, "{} by {caller}: {} {}", operation.name, answer.status, text(&answer));
        if answer.status < 300 {
            changed += 1;
            set_up();
        }
    }
    assert!(changed > 10, "an administrator of A may do other things: {changed}");
}

on_both!(a_person_without_a_home_is_a_masters_to_mend);
/// Whose home let them go before they came to the other tenant: a master can mend their names, and give them a home.
fn a_person_without_a_home_is_a_masters_to_mend(world: &World) {
    prepare(world);
    world.run(&format!(
        "UPDATE main.users SET default_tenant_id = NULL, last_login = NULL WHERE id = '{ANDY}';
         UPDATE main.user_tenants SET status = 0 WHERE id = '{ANDY_IN_A}'"
    ));
    let patch = |caller: &str, body: Json| {
        world.request(&format!("PATCH {}", user(A, ANDY))).token(caller).json(&body).send().status
    };
    assert_eq!(patch("admin_a", json!({ "email": "andy@mended.example" })), 403);
    assert_eq!(patch("master_a", json!({ "email": "andy@mended.example" })), 204);
    assert_eq!(patch("master_a", json!({ "defaultTenantId": B })), 403, "not where the path does not lead");
    assert_eq!(patch("master_a", json!({ "defaultTenantId": A })), 204);
    assert_eq!(patch("admin_a", json!({ "email": "andy@a.example" })), 204, "at home again");
}

//! Nobody raises themselves or others by a group, nor lowers who holds more; and the last administrator stays, whoever they are it by.

use std::thread;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::giving::{ask, carry, effective, group, hold, refused, role};
use crate::holes::{
    A, ADMIN, ALICE, ALICE_IN_A, AMY, AMY_IN_A, ANDY, ANDY_IN_A, ENGINEERS, MEMBER, SALES, SUPER, Scene, VIEWER,
};
use crate::support::fixture::Database;
use crate::world::on_both;

const NOT_HELD: (u16, &str) = (403, "PERMISSION_NOT_HELD");
const LAST: (u16, &str) = (409, "LAST_ADMINISTRATOR");

fn member(id: &str) -> Json {
    json!({ "userTenantId": id })
}

/// Each way into a group that gives what nobody in the tenant holds, for callers who do not hold it. Sales gives it by `by`.
fn nobody_gets_in(scene: &Scene) {
    let join = format!("POST /groups/{SALES}/user");
    let bulk = format!("POST /groups/{SALES}/user/bulk");
    let hold = format!("POST /groups/{SALES}/groups");
    for (line, body) in [
        (&join, member(ALICE_IN_A)),
        (&bulk, json!([member(ALICE_IN_A)])),
        (&bulk, json!([member(ANDY_IN_A), member(ALICE_IN_A)])),
        (&hold, json!({ "groupId": ENGINEERS })),
    ] {
        refused(scene, "admin_a", line, &body, NOT_HELD);
        // Alice, as a master: nobody raises themselves.
        refused(scene, "master_a", line, &body, NOT_HELD);
    }
    refused(scene, "admin_a", &join, &member(ANDY_IN_A), NOT_HELD);
    refused(scene, "admin_a", &bulk, &json!([member(ANDY_IN_A)]), NOT_HELD);
    // A master raises others, as by a role.
    assert_eq!(ask(scene, "master_a", &join, &member(ANDY_IN_A)).0, 200);
    assert!(effective(scene, ANDY_IN_A, "NotGrantedToAnyone").1);
    assert_eq!(ask(scene, "master_b", &hold, &json!({ "groupId": ENGINEERS })).0, 201);
}

on_both!(nobody_comes_into_a_group_that_gives_more_than_its_giver_holds);
fn nobody_comes_into_a_group_that_gives_more_than_its_giver_holds(scene: &Scene) {
    carry(scene, "master_b", SALES, SUPER);
    nobody_gets_in(scene);
}

on_both!(nor_into_one_that_is_held_by_such_a_group);
fn nor_into_one_that_is_held_by_such_a_group(scene: &Scene) {
    let (top, between) = (group(scene, "top"), group(scene, "between"));
    carry(scene, "master_b", &top, SUPER);
    hold(scene, "master_b", &top, &between);
    hold(scene, "master_b", &between, SALES);
    nobody_gets_in(scene);
}

on_both!(no_group_gets_a_role_that_its_giver_does_not_hold);
fn no_group_gets_a_role_that_its_giver_does_not_hold(scene: &Scene) {
    let empty = group(scene, "empty");
    let give = |group: &str| format!("POST /groups/{group}/roles");
    let super_role = json!({ "roleId": SUPER });
    for group in [ENGINEERS, SALES, &empty] {
        refused(scene, "admin_a", &give(group), &super_role, NOT_HELD);
        // A master of the tenant could come into it.
        refused(scene, "master_a", &give(group), &super_role, NOT_HELD);
    }
    // The token counts, too: with the permission for the route alone nothing is given.
    for profile in ["only:UpdateGroup", "only:31"] {
        let (status, _) = ask(scene, profile, &format!("GET /groups/{ENGINEERS}/roles"), &Json::Null);
        assert_eq!(status, 403, "another permission");
    }
    refused(scene, "only:UpdateGroup", &give(SALES), &json!({ "roleId": MEMBER }), NOT_HELD);
    carry(scene, "only:UpdateGroup", SALES, VIEWER);
    // What a group carries is not made to grant more: nor by whoever is in it, nor by a master.
    carry(scene, "admin_a", ENGINEERS, MEMBER);
    let change = format!("PATCH /tenants/{A}/roles?where={{\"id\":\"{MEMBER}\"}}");
    for profile in ["admin_a", "master_a"] {
        refused(scene, profile, &change, &json!({ "permissions": ["NotGrantedToAnyone"] }), NOT_HELD);
    }
    carry(scene, "master_b", &empty, SUPER);
    for profile in ["admin_a", "only:UpdateGroup"] {
        refused(scene, profile, &format!("POST /groups/{empty}/groups"), &json!({ "groupId": SALES }), NOT_HELD);
    }
}

on_both!(oneself_is_let_in_where_all_of_it_is_held);
fn oneself_is_let_in_where_all_of_it_is_held(scene: &Scene) {
    carry(scene, "admin_a", SALES, ADMIN);
    let join = format!("POST /groups/{SALES}/user");
    refused(scene, "only:CreateUserGroup", &join, &member(ALICE_IN_A), NOT_HELD);
    refused(scene, "only:CreateUserGroup", &join, &member(ANDY_IN_A), NOT_HELD);
    assert_eq!(ask(scene, "admin_a", &join, &member(ALICE_IN_A)).0, 200);
    // What is withheld from Alice by herself is not given on by her role's sake.
    let bulk = format!("POST /groups/{SALES}/user/bulk");
    scene.given(&format!(
        "INSERT INTO main.user_permissions (id, user_tenant_id, permission, allowed)
             VALUES ('a0000000-0000-4000-8000-000000000088', '{ALICE_IN_A}', 'ViewAllTenantRoles', false);
         INSERT INTO main.user_permissions (id, user_tenant_id, permission, allowed)
             VALUES ('a0000000-0000-4000-8000-000000000087', '{ALICE_IN_A}', 'DeleteTenant', false)"
    ));
    refused(scene, "admin_a", &bulk, &json!([member(ANDY_IN_A)]), NOT_HELD);
}

on_both!(who_holds_less_takes_nothing_from_a_group);
fn who_holds_less_takes_nothing_from_a_group(scene: &Scene) {
    let top = group(scene, "top");
    carry(scene, "master_b", &top, SUPER);
    hold(scene, "master_b", &top, SALES);
    for line in [
        format!("DELETE /groups/{top}/roles/{SUPER}"),
        format!("DELETE /groups/{top}/groups/{SALES}"),
        format!("DELETE /tenants/{A}/groups/{top}"),
        format!("DELETE /tenants/{A}/groups/{SALES}"),
        format!("DELETE /groups/{SALES}/user/{AMY}"),
    ] {
        refused(scene, "admin_a", &line, &Json::Null, NOT_HELD);
    }
    // Amy holds more by the group: nobody below her changes her.
    let amy = format!("/tenants/{A}/users/{AMY}");
    let more = (403, "MEMBER_HOLDS_MORE");
    for (line, body) in [
        (format!("DELETE {amy}"), Json::Null),
        (format!("PATCH {amy}"), json!({ "roleId": VIEWER })),
        (format!("PATCH {amy}"), json!({ "email": "amy@else.example" })),
        (format!("POST {amy}/suspend"), Json::Null),
        (
            format!("POST /user-tenants/{AMY_IN_A}/user-level-permissions"),
            json!({ "permission": "ViewRoles", "allowed": false }),
        ),
    ] {
        refused(scene, "admin_a", &line, &body, more);
    }
    // Where she holds more by herself, she is not taken out of a group that gives what others hold.
    assert_eq!(ask(scene, "master_b", &format!("DELETE /groups/{top}/roles/{SUPER}"), &Json::Null).0, 204);
    carry(scene, "admin_a", SALES, MEMBER);
    scene.given(&format!(
        "INSERT INTO main.user_permissions (id, user_tenant_id, permission, allowed)
             VALUES ('a0000000-0000-4000-8000-000000000088', '{AMY_IN_A}', 'NotGrantedToAnyone', true)"
    ));
    refused(scene, "admin_a", &format!("DELETE /groups/{SALES}/user/{AMY}"), &Json::Null, more);
    assert_eq!(ask(scene, "master_b", &format!("DELETE /groups/{SALES}/user/{AMY}"), &Json::Null).0, 204);
}

on_both!(what_a_group_gives_is_power);
/// Andy, whose token says everything, may do what a group gives him, and no more.
fn what_a_group_gives_is_power(scene: &Scene) {
    let amy = format!("PATCH /tenants/{A}/users/{AMY}");
    let body = json!({ "designation": "Engineer" });
    scene.given(&format!("DELETE FROM main.user_permissions WHERE user_tenant_id = '{ANDY_IN_A}'"));
    refused(scene, "andy_all", &amy, &body, (403, "PERMISSION_WITHDRAWN"));
    let changer = role(scene, "changer", &["UpdateTenantUser", "ViewTenant"]);
    carry(scene, "admin_a", ENGINEERS, &changer);
    assert_eq!(ask(scene, "andy_all", &amy, &body).0, 204);
    // He gives on what he holds by the group.
    let grant = |permission: &str| json!({ "permission": permission, "allowed": true });
    let amys = format!("POST /user-tenants/{AMY_IN_A}/user-level-permissions");
    refused(scene, "andy_all", &amys, &grant("UpdateTenantUser"), (403, "PERMISSION_WITHDRAWN"));
    let giver = role(scene, "giver", &["CreateUserTenant"]);
    carry(scene, "admin_a", ENGINEERS, &giver);
    assert_eq!(ask(scene, "andy_all", &amys, &grant("14")).0, 200);
    refused(scene, "andy_all", &amys, &grant("ViewRoles"), NOT_HELD);
    // Kind and client applications are those of his own role.
    scene.given(&format!("UPDATE main.roles SET role_type = 7, allowed_clients = NULL WHERE id = '{changer}'"));
    assert_eq!(ask(scene, "admin_a", &format!("DELETE /groups/{ENGINEERS}/user/{ANDY}"), &Json::Null).0, 204);
    refused(scene, "andy_all", &amy, &body, (403, "PERMISSION_WITHDRAWN"));
}

on_both!(the_last_administrator_may_be_one_by_a_group);
fn the_last_administrator_may_be_one_by_a_group(scene: &Scene) {
    let (keys, top) = (role(scene, "keys", &["UpdateTenantUser", "UpdateRoles"]), group(scene, "top"));
    carry(scene, "admin_a", &top, &keys);
    hold(scene, "admin_a", &top, ENGINEERS);
    // Andy alone is in the group, and Alice holds nothing any more.
    scene.given(&format!(
        "UPDATE main.user_tenants SET role_id = '{VIEWER}' WHERE id = '{ALICE_IN_A}';
         DELETE FROM main.user_groups WHERE user_tenant_id = '{ALICE_IN_A}'"
    ));
    let none = json!({ "permissions": [] });
    for (line, body) in [
        (format!("DELETE /groups/{ENGINEERS}/user/{ANDY}"), Json::Null),
        (format!("DELETE /groups/{top}/groups/{ENGINEERS}"), Json::Null),
        (format!("DELETE /groups/{top}/roles/{keys}"), Json::Null),
        (format!("DELETE /tenants/{A}/groups/{ENGINEERS}"), Json::Null),
        (format!("DELETE /tenants/{A}/groups/{top}"), Json::Null),
        (format!("DELETE /tenants/{A}/users/{ANDY}"), Json::Null),
        (format!("PATCH /tenants/{A}/users/{ANDY}"), json!({ "status": 2 })),
        (format!("PATCH /tenants/{A}/roles?where={{\"id\":\"{keys}\"}}"), none.clone()),
        (
            format!("POST /user-tenants/{ANDY_IN_A}/user-level-permissions"),
            json!({ "permission": "14", "allowed": false }),
        ),
    ] {
        refused(scene, "master_b", &line, &body, LAST);
    }
    // With another one, each may be; a suspended member is none.
    scene.given(&format!(
        "INSERT INTO main.user_groups (id, user_tenant_id, group_id)
             VALUES ('a0000000-0000-4000-8000-000000000057', '{AMY_IN_A}', '{top}');
         UPDATE main.user_tenants SET status = 2 WHERE id = '{AMY_IN_A}'"
    ));
    refused(scene, "master_b", &format!("DELETE /groups/{ENGINEERS}/user/{ANDY}"), &Json::Null, LAST);
    scene.given(&format!("UPDATE main.user_tenants SET status = 1 WHERE id = '{AMY_IN_A}'"));
    assert_eq!(ask(scene, "master_b", &format!("DELETE /groups/{ENGINEERS}/user/{ANDY}"), &Json::Null).0, 204);
    refused(scene, "master_b", &format!("DELETE /groups/{top}/user/{AMY}"), &Json::Null, LAST);
    let own = json!({ "roleId": ADMIN });
    assert_eq!(ask(scene, "master_b", &format!("PATCH /tenants/{A}/users/{ALICE}"), &own).0, 204);
    assert_eq!(ask(scene, "master_b", &format!("DELETE /groups/{top}/user/{AMY}"), &Json::Null).0, 204);
}

on_both!(who_is_suspended_has_nothing_by_a_group);
fn who_is_suspended_has_nothing_by_a_group(scene: &Scene) {
    let reader = role(scene, "reader", &["ViewRoles"]);
    carry(scene, "admin_a", ENGINEERS, &reader);
    assert!(effective(scene, ANDY_IN_A, "ViewRoles").1);
    scene.given(&format!("UPDATE main.user_tenants SET status = 2 WHERE id = '{ANDY_IN_A}'"));
    // It would be granted, and is not decided so: `effective` holds both against each other.
    assert!(effective(scene, ANDY_IN_A, "ViewRoles").1);
    assert_eq!(ask(scene, "andy_all", &format!("GET /tenants/{A}/roles"), &Json::Null).0, 401);
    // Who is removed and comes again is in no group.
    scene.given(&format!("UPDATE main.user_tenants SET status = 1 WHERE id = '{ANDY_IN_A}'"));
    assert_eq!(ask(scene, "admin_a", &format!("DELETE /tenants/{A}/users/{ANDY}"), &Json::Null).0, 204);
    assert_eq!(scene.live("user_groups", &[("user_tenant_id", json!(ANDY_IN_A))]), 0);
}

#[test]
/// What is taken from the caller while the request waits is not given to them by a group, which would stay.
fn what_is_lost_while_a_request_waits_comes_back_by_no_group() {
    let scene = Scene::from(Database::postgres());
    let own = role(&scene, "own", &["UpdateRoles"]);
    carry(&scene, "admin_a", SALES, &own);
    let empty = group(&scene, "empty");
    let Database::Postgres(database) = &scene.world.database else { unreachable!("it is PostgreSQL") };
    for (lost, given_back) in [
        (format!("role_id = '{VIEWER}'"), format!("role_id = '{ADMIN}'")),
        ("status = 2".to_owned(), "status = 1".to_owned()),
    ] {
        for (line, body) in [
            (format!("POST /groups/{SALES}/user"), member(ALICE_IN_A)),
            (format!("POST /groups/{SALES}/user/bulk"), json!([member(ALICE_IN_A)])),
            (format!("POST /groups/{empty}/roles"), json!({ "roleId": own })),
            (format!("POST /groups/{SALES}/groups"), json!({ "groupId": empty })),
            (
                format!("PATCH /tenants/{A}/roles?where={{\"id\":\"{own}\"}}"),
                json!({ "permissions": ["UpdateRoles", "14"] }),
            ),
        ] {
            database.run(&format!("BEGIN; SELECT id FROM main.tenants WHERE id = '{A}' FOR UPDATE"));
            let request = scene.by("admin_a", &line).json(&body);
            let status = thread::scope(|scope| {
                let asked = scope.spawn(|| request.send().status);
                // It waits for the tenant once it was admitted.
                thread::sleep(Duration::from_millis(400));
                database.run(&format!("UPDATE main.user_tenants SET {lost} WHERE id = '{ALICE_IN_A}'; COMMIT"));
                asked.join().expect("it is answered")
            });
            assert!([401, 403].contains(&status), "{line} without {lost}: {status}");
            scene.given(&format!("UPDATE main.user_tenants SET {given_back} WHERE id = '{ALICE_IN_A}'"));
        }
    }
}

#[test]
/// Who comes into a group, or leaves it, while it begins to give something, is asked as those who come later are.
fn what_a_group_begins_to_give_meanwhile_counts() {
    let scene = Scene::from(Database::postgres());
    let Database::Postgres(database) = &scene.world.database else { unreachable!("it is PostgreSQL") };
    for (line, body, refusal) in [
        (format!("POST /groups/{SALES}/user"), member(ANDY_IN_A), 403),
        (format!("POST /groups/{SALES}/user/bulk"), json!([member(ANDY_IN_A)]), 403),
        (format!("POST /groups/{SALES}/groups"), json!({ "groupId": ENGINEERS }), 403),
        (format!("DELETE /tenants/{A}/groups/{SALES}"), Json::Null, 403),
        // It has begun without the tenant's lock, and is to be sent again.
        (format!("DELETE /groups/{SALES}/user/{AMY}"), Json::Null, 503),
    ] {
        scene.go_on();
        database.run(&format!("BEGIN; SELECT id FROM main.tenants WHERE id = '{A}' FOR UPDATE"));
        let request = scene.by("admin_a", &line);
        let request = if body.is_null() { request } else { request.json(&body) };
        let status = thread::scope(|scope| {
            let asked = scope.spawn(|| request.send().status);
            thread::sleep(Duration::from_millis(400));
            database.run(&format!(
                "INSERT INTO main.group_roles (group_id, role_id) VALUES ('{SALES}', '{SUPER}'); COMMIT"
            ));
            asked.join().expect("it is answered")
        });
        assert_eq!(status, refusal, "{line}");
        database.run("DELETE FROM main.group_roles");
        let live = [("group_id", json!(SALES)), ("user_tenant_id", json!(AMY_IN_A))];
        assert_eq!((scene.live("user_groups", &live), scene.live("group_groups", &[])), (1, 0), "{line}");
        assert_eq!(scene.live("user_groups", &[("group_id", json!(SALES))]), 1, "{line}");
    }
}

on_both!(a_guest_has_by_a_group_what_it_gives_in_its_tenant_only);
fn a_guest_has_by_a_group_what_it_gives_in_its_tenant_only(scene: &Scene) {
    let [in_a, in_b] = ["a0000000-0000-4000-8000-000000000035", "b0000000-0000-4000-8000-000000000035"];
    let reader = role(scene, "reader", &["ViewGroupList"]);
    carry(scene, "admin_a", ENGINEERS, &reader);
    assert_eq!(ask(scene, "admin_a", &format!("POST /groups/{ENGINEERS}/user"), &member(in_a)).0, 200);
    let has = |member: &str| effective(scene, member, "ViewGroupList").1;
    assert!(has(in_a) && !has(in_b));
    refused(scene, "admin_a", &format!("POST /groups/{ENGINEERS}/user"), &member(in_b), (403, "NOT_OF_TENANT"));
}

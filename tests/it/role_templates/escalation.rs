//! Who may save and apply templates, and that nobody gets more by one than a master decided.

use std::thread;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{apply, role, save, told};
use crate::holes::{A, ALICE_IN_A, B, SALES, Scene, VIEWER};
use crate::lifecycle::ask;
use crate::request::{json, text};
use crate::support::fixture::Database;
use crate::world::{World, on_both};

/// The role that Alice acts with.
const ADMIN: &str = "a0000000-0000-4000-8000-000000000011";
/// The role of the administrators of B.
const ADMIN_OF_B: &str = "b0000000-0000-4000-8000-000000000011";

#[track_caller]
fn code(world: &World, profile: &str, line: &str, body: &Json) -> (u16, String) {
    let (status, told) = ask(world, profile, line, body);
    (status, told["code"].as_str().unwrap_or_default().to_owned())
}

on_both!(templates_are_for_masters_alone);
fn templates_are_for_masters_alone(world: &World) {
    let before = world.database.tables();
    let save = json!({ "name": "cook", "permissions": ["ViewTenant"] });
    let apply = json!({ "tenantIds": [A], "create": true });
    for profile in ["admin_a", "admin_b"] {
        for (line, body) in [
            ("GET /role-templates", &Json::Null),
            ("GET /role-templates/owner", &Json::Null),
            ("GET /role-templates/owner/differences", &Json::Null),
            ("POST /role-templates", &save),
            ("DELETE /role-templates/owner", &Json::Null),
            ("POST /role-templates/owner/apply", &apply),
            ("POST /role-templates/nobody/apply", &apply),
        ] {
            assert_eq!(code(world, profile, line, body), (403, "MASTER_NEEDED".to_owned()), "{line} by {profile}");
        }
    }
    assert_eq!(world.database.tables(), before);
}

on_both!(nobody_saves_or_gives_by_a_template_what_they_do_not_hold);
fn nobody_saves_or_gives_by_a_template_what_they_do_not_hold(world: &World) {
    let saved = json!({ "name": "cook", "permissions": ["ViewTenant", "NotGrantedToAnyone"] });
    let refused = (403, "PERMISSION_NOT_HELD".to_owned());
    assert_eq!(code(world, "master_a", "POST /role-templates", &saved), refused);
    save(world, "cook", &["ViewTenant", "DeleteGroup"]);
    // What the master held when it was saved they may not hold any more: by name, or by number.
    world.run(&format!(
        "INSERT INTO main.user_permissions (id, user_tenant_id, permission, allowed, created_on, modified_on) VALUES
         ('a0000000-0000-4000-8000-0000000000e9', '{ALICE_IN_A}', '35', false,
          '2024-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z')"
    ));
    assert_eq!(apply(world, "cook", &json!({ "create": true }), &[B]), [["PERMISSION_NOT_HELD"]]);
    let again = json!({ "name": "cook", "permissions": ["ViewTenant", "DeleteGroup"], "description": "x" });
    assert_eq!(code(world, "master_a", "POST /role-templates", &again), refused);
    assert_eq!(role(world, B, "cook"), Json::Null);
    let (_, made) =
        ask(world, "master_b", "POST /role-templates/cook/apply", &json!({ "tenantIds": [B], "create": true }));
    assert_eq!(made["results"][0]["roles"][0]["outcome"], "created", "{made}");
    // Only what is given counts: to take away takes none.
    save(world, "cook", &["ViewTenant"]);
    assert_eq!(apply(world, "cook", &Json::Null, &[B]), [["applied"]]);
    // Nor may a role be made by whoever may only change them.
    let only = world.request("POST /role-templates/cook/apply").token("master:UpdateRoles");
    let answer = only.json(&json!({ "tenantIds": [A], "create": true })).send();
    assert_eq!((answer.status, json(&answer)["permission"].clone()), (403, json!("CreateRoles")), "{}", text(&answer));
}

on_both!(a_role_that_was_made_less_by_hand_does_not_become_more_by_the_way);
fn a_role_that_was_made_less_by_hand_does_not_become_more_by_the_way(world: &World) {
    save(world, "chief", &["ViewTenant", "UpdateTenant"]);
    assert_eq!(apply(world, "chief", &json!({ "create": true }), &[A]), [["created"]]);
    let change = world.request(&format!("PATCH /tenants/{A}/roles")).token("admin_a");
    let change = change.query("where", &json!({ "name": "chief" }));
    let interns = json!({ "name": "intern", "permissions": ["ViewTenant"] });
    assert_eq!(change.json(&interns).send().status, 200);
    save(world, "chief", &["ViewTenant", "UpdateTenant", "DeleteTenant"]);
    assert_eq!(apply(world, "chief", &Json::Null, &[A]), [["kept"]]);
    assert_eq!(role(world, A, "intern")["permissions"], json!(["ViewTenant"]));
    // Where a role is from is not a client's to say.
    let new = json!({ "name": "mine", "permissions": ["ViewTenant"], "templateName": "chief", "templateVersion": 3 });
    let answer = world.request(&format!("POST /tenants/{A}/roles")).token("admin_a").json(&new).send();
    assert_eq!(answer.status, 422, "{}", text(&answer));
    let change = world
        .request(&format!("PATCH /tenants/{A}/roles"))
        .token("admin_a")
        .query("where", &json!({ "name": "intern" }));
    assert_eq!(change.json(&json!({ "templateVersion": 2 })).send().status, 422);
}

/// Makes a role one of a template.
fn is_of(world: &World, id: &str, name: &str, version: i32) {
    world.run(&format!(
        "UPDATE main.roles SET template_name = '{name}', template_version = {version} WHERE id = '{id}'"
    ));
}

on_both!(nobody_changes_by_a_template_the_role_that_they_act_with);
fn nobody_changes_by_a_template_the_role_that_they_act_with(world: &World) {
    save(world, "chief", &["ViewTenant"]);
    is_of(world, ADMIN, "chief", 1);
    let before = world.database.tables().rows;
    assert_eq!(apply(world, "chief", &json!({ "overwrite": true }), &[A]), [["OWN_ROLE"]]);
    assert_eq!(world.database.tables().rows, before);
}

on_both!(a_template_leaves_a_tenant_its_last_administrator);
fn a_template_leaves_a_tenant_its_last_administrator(world: &World) {
    save(world, "chief", &["ViewTenant"]);
    is_of(world, ADMIN_OF_B, "chief", 1);
    let before = world.database.tables().rows;
    let how = json!({ "overwrite": true });
    assert_eq!(apply(world, "chief", &how, &[B]), [["LAST_ADMINISTRATOR"]]);
    assert_eq!(world.database.tables().rows, before);
    save(world, "chief", &["ViewTenant", "UpdateTenantUser", "UpdateRoles"]);
    assert_eq!(apply(world, "chief", &how, &[B]), [["applied"]]);
}

on_both!(what_a_template_gives_is_given_to_the_tenants_that_are_named_alone);
fn what_a_template_gives_is_given_to_the_tenants_that_are_named_alone(world: &World) {
    save(world, "cook", &["ViewTenant"]);
    apply(world, "cook", &json!({ "create": true }), &[A, B]);
    save(world, "cook", &["ViewRoles"]);
    apply(world, "cook", &Json::Null, &[B]);
    assert_eq!(role(world, A, "cook")["permissions"], json!(["ViewTenant"]));
    assert_eq!(role(world, B, "cook")["permissions"], json!(["ViewRoles"]));
    // A tenant of which a role is called as a template is has none of it.
    world.run(&format!("UPDATE main.roles SET template_name = NULL WHERE tenant_id = '{A}'"));
    assert_eq!(apply(world, "cook", &Json::Null, &[A]), [[""; 0]]);
    let all = told(world, "GET /role-templates/cook/differences", &Json::Null);
    assert_eq!(all["differences"], json!([]));
}

#[test]
/// Whoever has a role by a group does not get more of it than they hold once the tenant is locked.
fn what_is_lost_while_an_application_waits_comes_back_by_no_group() {
    let scene = Scene::from(Database::postgres());
    let world = &scene.world;
    save(world, "helper", &["ViewTenant"]);
    assert_eq!(apply(world, "helper", &json!({ "create": true }), &[A]), [["created"]]);
    let helper = role(world, A, "helper")["id"].clone();
    let carried = json!({ "roleId": helper });
    assert_eq!(ask(world, "admin_a", &format!("POST /groups/{SALES}/roles"), &carried).0, 201);
    let member = json!({ "userTenantId": ALICE_IN_A });
    assert_eq!(ask(world, "admin_a", &format!("POST /groups/{SALES}/user"), &member).0, 200);
    save(world, "helper", &["ViewTenant", "UpdateRoles"]);
    let Database::Postgres(database) = &world.database else { unreachable!("it is PostgreSQL") };
    database.run(&format!("BEGIN; SELECT id FROM main.tenants WHERE id = '{A}' FOR UPDATE"));
    let applied = thread::scope(|scope| {
        let asked = scope.spawn(|| apply(world, "helper", &json!({}), &[A]));
        // It waits for the tenant once it was admitted.
        thread::sleep(Duration::from_millis(400));
        database.run(&format!("UPDATE main.user_tenants SET role_id = '{VIEWER}' WHERE id = '{ALICE_IN_A}'; COMMIT"));
        asked.join().expect("it is answered")
    });
    assert_eq!(applied, [["PERMISSION_NOT_HELD"]]);
}

//! H19 to H23: callers who gave themselves, or others, more than they held.

use serde_json::{Value as Json, json};

use super::{A, ADMIN, ALICE, ALICE_IN_A, AMY_IN_A, ANDY, ANDY_IN_A, MEMBER, SUPER, Scene, VIEWER, everything};
use crate::world::on_both;

on_both!(h19_nobody_gives_a_role_that_grants_more_than_it_holds);
fn h19_nobody_gives_a_role_that_grants_more_than_it_holds(scene: &Scene) {
    let new = |role: &str| json!({ "firstName": "N", "username": "new", "email": "new@a.example", "roleId": role });
    let users = format!("POST /tenants/{A}/users");
    let andy = format!("/tenants/{A}/users/{ANDY}");
    scene.refused(&scene.by("admin_a", &users).json(&new(SUPER)), 403);
    scene.refused(&scene.by("admin_a", &format!("PATCH {andy}")).json(&json!({ "roleId": SUPER })), 403);
    scene.refused(&scene.by("admin_a", &format!("PUT {andy}/role")).json(&json!({ "roleId": SUPER })), 403);
    // Nor, with the permission for the route alone, a role of any permission.
    scene.refused(&scene.by("only:CreateTenantUser", &users).json(&new(MEMBER)), 403);
    let body = json!({ "roleId": ADMIN });
    scene.refused(&scene.by("only:UpdateTenantUser", &format!("PATCH {andy}")).json(&body), 403);
    scene.refused(&scene.by("only:14", &format!("PUT {andy}/role")).json(&body), 403);

    scene.done(&scene.by("admin_a", &format!("PATCH {andy}")).json(&json!({ "roleId": VIEWER })));
    scene.done(&scene.by("master_a", &format!("PUT {andy}/role")).json(&json!({ "roleId": SUPER })));
    assert_eq!(scene.row("user_tenants", ANDY_IN_A)["role_id"], SUPER, "a master may");
}

on_both!(h20_nobody_grants_a_permission_that_it_does_not_hold);
fn h20_nobody_grants_a_permission_that_it_does_not_hold(scene: &Scene) {
    let andy = format!("/user-tenants/{ANDY_IN_A}/user-level-permissions");
    let grant = |permission: &str| json!({ "permission": permission, "allowed": true });
    for permission in ["NotGrantedToAnyone", "anything", "*", "viewtenant", "SuperAdmin "] {
        let body = grant(permission);
        for profile in ["admin_a", "master_a"] {
            scene.refused(&scene.by(profile, &format!("POST {andy}")).json(&body), 403);
            scene.refused(&scene.by(profile, &format!("PATCH {andy}")).json(&body), 403);
        }
    }
    scene.refused(&scene.by("only:CreateUserTenant", &format!("POST {andy}")).json(&grant("ViewRoles")), 403);
    // Andy is denied `DeleteTenant`: to lift that is to grant it.
    let denied = json!({ "permission": "DeleteTenant" });
    for body in [json!({ "allowed": true }), json!({ "permission": "UpdateUserTenant" })] {
        let request = scene.by("only:UpdateUserTenant", &format!("PATCH {andy}"));
        scene.refused(&request.query("where", &denied).json(&body), 403);
    }
    scene.refused(&scene.by("only:DeleteUserTenant", &format!("DELETE {andy}")).query("where", &denied), 403);
    scene.refused(&scene.by("only:DeleteUserTenant", &format!("DELETE {andy}")), 403);
    // A body names the member of the path, or none.
    for body in [json!({ "userTenantId": AMY_IN_A }), json!({ "userTenantId": ALICE_IN_A, "allowed": true })] {
        scene.refused(&scene.by("admin_a", &format!("PATCH {andy}")).json(&body), 422);
    }
}

on_both!(h20_nobody_changes_its_own_permissions_however_its_id_is_written);
fn h20_nobody_changes_its_own_permissions_however_its_id_is_written(scene: &Scene) {
    let upper = ALICE_IN_A.to_uppercase();
    let bare = ALICE_IN_A.replace('-', "");
    for id in [ALICE_IN_A, &upper, &bare, &format!("{{{ALICE_IN_A}}}"), &format!("urn:uuid:{ALICE_IN_A}")] {
        let own = format!("/user-tenants/{id}/user-level-permissions");
        let grant = json!({ "permission": "ViewTenant", "allowed": true });
        for request in [
            scene.by("admin_a", &format!("POST {own}")).json(&grant),
            scene.by("admin_a", &format!("PATCH {own}")).json(&json!({ "allowed": true })),
            scene.by("admin_a", &format!("DELETE {own}")),
        ] {
            let answer = request.send();
            assert!([403, 404].contains(&answer.status), "{id}: {:?}", super::status(&answer));
            scene.refused(&request, answer.status);
        }
    }
}

on_both!(h21_nobody_changes_a_role_that_is_stronger_or_its_own);
fn h21_nobody_changes_a_role_that_is_stronger_or_its_own(scene: &Scene) {
    let roles = format!("PATCH /tenants/{A}/roles");
    let named = |id: &str| json!({ "id": id });
    let changes =
        [json!({ "permissions": [] }), json!({ "name": "renamed" }), json!({ "description": "x" }), json!({})];
    for change in &changes {
        for role in [SUPER, MEMBER, ADMIN] {
            scene.refused(&scene.by("roles_only_a", &roles).query("where", &named(role)).json(change), 403);
        }
        // One stronger role among many is enough.
        for condition in everything() {
            let status = if condition == json!({ "or": [{}] }) { 400 } else { 403 };
            scene.refused(&scene.by("roles_only_a", &roles).query("where", &condition).json(change), status);
        }
        for line in [roles.clone(), format!("{roles}?where={{}}"), format!("{roles}?where=null")] {
            scene.refused(&scene.by("admin_a", &line).json(change), 400);
        }
        scene.refused(&scene.by("admin_a", &roles).query("where", &named(ADMIN)).json(change), 403);
    }
    scene.refused(&scene.by("admin_a", &roles).query("where", &named(MEMBER)).json(&json!({ "deleted": true })), 403);
    let stronger = json!({ "permissions": ["NotGrantedToAnyone"] });
    for profile in ["admin_a", "master_a"] {
        scene.refused(&scene.by(profile, &roles).query("where", &named(VIEWER)).json(&stronger), 403);
    }
    for profile in ["admin_a", "roles_only_a"] {
        scene.refused(&scene.by(profile, &format!("DELETE /tenants/{A}/roles/{SUPER}")), 403);
    }
    let weaker = json!({ "permissions": ["ViewRoles"] });
    assert_eq!(scene.done(&scene.by("roles_only_a", &roles).query("where", &named(VIEWER)).json(&weaker))["count"], 1);
}

on_both!(h22_a_role_cannot_take_the_name_of_another);
fn h22_a_role_cannot_take_the_name_of_another(scene: &Scene) {
    let roles = format!("/tenants/{A}/roles");
    let named = |id: &str| json!({ "id": id });
    for name in ["viewer", "VIEWER"] {
        let request = scene.by("admin_a", &format!("PATCH {roles}")).query("where", &named(MEMBER));
        scene.refused(&request.json(&json!({ "name": name })), 409);
        scene.refused(&scene.by("admin_a", &format!("POST {roles}")).json(&json!({ "name": name })), 403);
    }
    // Two at once would have one name.
    let both = json!({ "id": { "inq": [MEMBER, VIEWER] } });
    let request = scene.by("admin_a", &format!("PATCH {roles}")).query("where", &both);
    scene.refused(&request.json(&json!({ "name": "same" })), 409);
    for wrong in [
        json!({ "roleType": 16 }),
        json!({ "roleType": -1 }),
        json!({ "allowedClients": "web" }),
        json!({ "allowedClients": [1] }),
        json!({ "permissions": [{}] }),
    ] {
        let request = scene.by("admin_a", &format!("PATCH {roles}")).query("where", &named(MEMBER));
        scene.refused(&request.json(&wrong), 422);
        let mut new = wrong.clone();
        new["name"] = json!("new");
        scene.refused(&scene.by("admin_a", &format!("POST {roles}")).json(&new), 422);
    }
    scene.done(
        &scene
            .by("admin_a", &format!("PATCH {roles}"))
            .query("where", &named(MEMBER))
            .json(&json!({ "name": "Member" })),
    );
    assert_eq!(scene.row("roles", MEMBER)["name"], "Member", "its own name in other letters is free");
}

on_both!(h23_who_may_remove_a_member_may_not_delete_the_tenant);
fn h23_who_may_remove_a_member_may_not_delete_the_tenant(scene: &Scene) {
    for profile in ["only:DeleteTenantUser", "only:15"] {
        scene.refused(&scene.by(profile, &format!("DELETE /tenants/{A}")), 403);
        scene.refused(&scene.by(profile, &format!("DELETE /tenants/{A}/tenant-configs")), 403);
    }
    for profile in ["only:DeleteTenant", "only:19"] {
        let deleted = scene.done(&scene.by(profile, &format!("DELETE /tenants/{A}/tenant-configs")));
        assert!(deleted["count"].is_u64());
    }
    assert_eq!(scene.done(&scene.by("only:19", &format!("DELETE /tenants/{A}"))), Json::Null);
    assert_eq!(scene.row("tenants", A)["deleted_by"], ALICE);
}

on_both!(the_fixtures_roles_grant_what_these_attacks_need);
/// That this file's roles are what it takes them for.
fn the_fixtures_roles_grant_what_these_attacks_need(scene: &Scene) {
    let permissions = |role: &str| scene.row("roles", role)["permissions"].clone();
    assert_eq!(permissions(SUPER), json!(["NotGrantedToAnyone"]));
    assert_eq!((permissions(MEMBER), permissions(VIEWER)), (json!(["ViewTenant"]), json!([])));
}

//! H01 to H18: one request that reached the rows of other tenants, or far more rows than it named.

use serde_json::{Value as Json, json};

use super::{
    A, ADMIN_OF_B, ALICE, ALICE_IN_A, ANDY, ANDY_IN_A, ARTHUR, B, BETH_IN_B, BOB, DELETED_ROLE, ENGINEERS,
    ENGINEERS_OF_B, MEMBER, NOBODY, OLGA, SAM, SUPER, Scene, all, everything,
};
use crate::request::{json, text};
use crate::world::on_both;

on_both!(h01_removing_a_user_who_is_no_member_touches_nobodys_groups);
fn h01_removing_a_user_who_is_no_member_touches_nobodys_groups(scene: &Scene) {
    assert!(scene.live("user_groups", &[]) >= 5, "members of both tenants are in groups");
    for user in [NOBODY, BOB, OLGA, ARTHUR, B, "not-an-id", "undefined", "null"] {
        scene.refused(&scene.by("admin_a", &format!("DELETE /tenants/{A}/users/{user}")), 404);
    }
}

on_both!(h02_no_condition_rewrites_permissions_of_another_member);
fn h02_no_condition_rewrites_permissions_of_another_member(scene: &Scene) {
    let line = format!("PATCH /user-tenants/{ANDY_IN_A}/user-level-permissions");
    for condition in everything() {
        let request = scene.by("admin_a", &line).query("where", &condition).json(&json!({ "allowed": true }));
        assert_eq!(scene.done(&request), json!({ "count": 2 }), "{condition}");
    }
    let before = scene.before.borrow().clone();
    for (key, row) in scene.world.database.tables().rows {
        if key.0 == "user_permissions" && row["user_tenant_id"] != ANDY_IN_A {
            assert_eq!(before.rows[&key], row, "another member's permission");
        }
    }
    // Nor does a body move a row to another member.
    scene.go_on();
    let body = json!({ "userTenantId": BETH_IN_B });
    scene.refused(&scene.by("admin_a", &line).json(&body), 422);
}

on_both!(h03_no_condition_lists_members_of_another_group);
fn h03_no_condition_lists_members_of_another_group(scene: &Scene) {
    lists_only(scene, &format!("GET /groups/{ENGINEERS}/user"), "groupId", ENGINEERS, 2);
}

on_both!(h04_no_condition_lists_groups_of_another_member);
fn h04_no_condition_lists_groups_of_another_member(scene: &Scene) {
    lists_only(scene, &format!("GET /user-tenants/{ANDY_IN_A}/user-groups"), "userTenantId", ANDY_IN_A, 1);
}

on_both!(h05_no_condition_lists_permissions_of_another_member);
fn h05_no_condition_lists_permissions_of_another_member(scene: &Scene) {
    let line = format!("GET /user-tenants/{ANDY_IN_A}/user-level-permissions");
    lists_only(scene, &line, "userTenantId", ANDY_IN_A, 2);
}

/// That a list holds the rows of its parent, whatever the condition, for the tenant's own callers and for a master.
#[track_caller]
fn lists_only(scene: &Scene, line: &str, parent: &str, id: &str, count: usize) {
    for profile in ["admin_a", "master_a"] {
        for condition in everything() {
            let listed = scene.done(&scene.by(profile, line).query("filter", &json!({ "where": condition })));
            assert_eq!(all(&listed, parent), vec![json!(id); count], "{line} {condition}");
        }
    }
}

on_both!(h06_nobody_changes_a_user_of_another_tenant);
fn h06_nobody_changes_a_user_of_another_tenant(scene: &Scene) {
    let theft = json!({ "email": "thief@a.example", "username": "thief", "firstName": "Thief" });
    for user in [BOB, OLGA, ARTHUR, NOBODY] {
        scene.refused(&scene.by("admin_a", &format!("PATCH /tenants/{A}/users/{user}")).json(&theft), 404);
        scene.refused(&scene.by("admin_a", &format!("PATCH /tenants/{B}/users/{user}")).json(&theft), 403);
    }
    // Sam works for A too, but A is not his home.
    let sam = format!("PATCH /tenants/{A}/users/{SAM}");
    for identity in [json!({ "email": "thief@a.example" }), json!({ "username": "thief" }), theft] {
        scene.refused(&scene.by("admin_a", &sam).json(&identity), 403);
    }
}

on_both!(h07_nobody_removes_a_user_of_another_tenant);
fn h07_nobody_removes_a_user_of_another_tenant(scene: &Scene) {
    for user in [BOB, OLGA] {
        scene.refused(&scene.by("admin_a", &format!("DELETE /tenants/{A}/users/{user}")), 404);
        scene.refused(&scene.by("admin_a", &format!("DELETE /tenants/{B}/users/{user}")), 403);
    }
    assert_eq!(scene.row("users", BOB)["default_tenant_id"], B);
}

on_both!(h08_who_leaves_one_of_two_tenants_keeps_the_other_as_default);
fn h08_who_leaves_one_of_two_tenants_keeps_the_other_as_default(scene: &Scene) {
    assert_eq!(scene.by("admin_a", &format!("DELETE /tenants/{A}/users/{SAM}")).send().status, 204);
    assert_eq!(scene.row("users", SAM)["default_tenant_id"], B, "at home in the other tenant");
    scene.world.database.restore();
    assert_eq!(scene.by("admin_b", &format!("DELETE /tenants/{B}/users/{SAM}")).send().status, 204);
    assert_eq!(scene.row("users", SAM)["default_tenant_id"], A, "the other tenant is the home now");
    assert_eq!(scene.by("admin_a", &format!("DELETE /tenants/{A}/users/{SAM}")).send().status, 204);
    assert_eq!(scene.row("users", SAM)["default_tenant_id"], Json::Null, "no tenant is left");
}

on_both!(h09_tenants_are_seen_and_changed_by_their_own_callers_alone);
fn h09_tenants_are_seen_and_changed_by_their_own_callers_alone(scene: &Scene) {
    let body = json!({ "name": "Taken", "status": 0, "key": "taken" });
    for line in [format!("GET /tenants/{B}"), format!("DELETE /tenants/{B}")] {
        scene.refused(&scene.by("admin_a", &line), 404);
    }
    for line in [format!("PATCH /tenants/{B}"), format!("PUT /tenants/{B}")] {
        scene.refused(&scene.by("admin_a", &line).json(&body), 404);
    }
    assert_eq!(all(&scene.done(&scene.by("admin_a", "GET /tenants")), "id"), [A]);
    assert_eq!(scene.done(&scene.by("admin_a", "GET /tenants/count")), json!({ "count": 1 }));
    assert_eq!(scene.done(&scene.by("admin_a", "PATCH /tenants").json(&json!({ "city": "New" })))["count"], 1);
    assert_eq!(all(&scene.done(&scene.by("master_a", "GET /tenants")), "id").len(), 3, "a master sees all");
}

on_both!(h10_no_chain_of_relations_leads_to_credentials);
fn h10_no_chain_of_relations_leads_to_credentials(scene: &Scene) {
    let via = |path: &[&str]| {
        let include = |inner: Json, relation: &&str| json!([{ "relation": relation, "scope": { "include": inner } }]);
        json!({ "include": path.iter().rev().fold(json!([{ "relation": "credentials" }]), include) })
    };
    let chains: [(String, &[&str]); 7] = [
        ("GET /tenants".to_owned(), &["users"]),
        (format!("GET /tenants/{A}"), &["users"]),
        ("GET /tenants".to_owned(), &["userTenants", "user"]),
        (format!("GET /tenants/{A}/roles"), &["userTenants", "user"]),
        (format!("GET /groups/{ENGINEERS}/user"), &["userTenant", "user"]),
        (format!("GET /user-tenants/{ANDY_IN_A}/user-level-permissions"), &["userTenant", "user"]),
        ("GET /user-tenant-prefs".to_owned(), &["userTenant", "user"]),
    ];
    for (line, path) in &chains {
        for profile in ["admin_a", "master_a"] {
            let refusal = scene.refused(&scene.by(profile, line).query("filter", &via(path)), 400);
            assert_eq!(refusal["code"], "INVALID_INCLUSION_FILTER", "{line} {path:?}");
        }
        let reached = via(path).to_string().replace(",\"scope\":{\"include\":[{\"relation\":\"credentials\"}]}", "");
        let answer = scene.by("master_a", line).raw_query("filter", &reached).send();
        assert_eq!(answer.status, 200, "the chain itself leads to users: {reached}");
        for secret in ["password-hash", "TOTP-SECRET", "bob-auth-token", "web-secret", "amy-invite-token"] {
            assert!(!text(&answer).contains(secret), "{line} shows {secret}");
        }
    }
}

on_both!(h11_no_slip_in_a_condition_changes_every_tenant);
fn h11_no_slip_in_a_condition_changes_every_tenant(scene: &Scene) {
    let body = json!({ "city": "Everywhere" });
    for line in [
        "PATCH /tenants",
        "PATCH /tenants?where=",
        "PATCH /tenants?where=null",
        "PATCH /tenants?where={}",
        "PATCH /tenants?where={\"or\":[{}]}",
        "PATCH /tenants?where={\"and\":[]}",
        "PATCH /tenants?where={\"nmae\":\"Tenant A\"}",
        "PATCH /tenants?where={\"id\":{\"equals\":\"x\"}}",
    ] {
        scene.refused(&scene.by("master_a", line).json(&body), 400);
    }
    for misspelt in [json!({ "nmae": "Tenant A" }), json!({ "or": [{ "nmae": "x" }] })] {
        scene.refused(&scene.by("admin_a", "PATCH /tenants").query("where", &misspelt).json(&body), 400);
    }
    // Beside an `or`, the other conditions count; and a tenant's own caller has no other tenant in reach.
    let one = json!({ "id": A, "or": [{}] });
    assert_eq!(scene.done(&scene.by("master_a", "PATCH /tenants").query("where", &one).json(&body))["count"], 1);
    for condition in everything() {
        let request = scene.by("admin_a", "PATCH /tenants").query("where", &condition).json(&body);
        assert_eq!(scene.done(&request), json!({ "count": 1 }), "{condition}");
    }
}

on_both!(h12_a_refused_removal_of_a_group_leaves_its_members);
fn h12_a_refused_removal_of_a_group_leaves_its_members(scene: &Scene) {
    for group in [ENGINEERS_OF_B, NOBODY, "not-an-id"] {
        scene.refused(&scene.by("admin_a", &format!("DELETE /tenants/{A}/groups/{group}")), 404);
        scene.refused(&scene.by("master_a", &format!("DELETE /tenants/{A}/groups/{group}")), 404);
        scene.refused(&scene.by("admin_a", &format!("DELETE /tenants/{B}/groups/{group}")), 403);
    }
    assert_eq!(scene.live("user_groups", &[("group_id", json!(ENGINEERS_OF_B))]), 2);
}

on_both!(h13_a_token_that_names_no_membership_sees_no_preferences);
fn h13_a_token_that_names_no_membership_sees_no_preferences(scene: &Scene) {
    for line in ["GET /user-tenant-prefs", "GET /user-tenant-prefs/count"] {
        scene.refused(&scene.by("no_usertenant", line), 401);
    }
    for condition in everything() {
        let filter = json!({ "where": condition });
        let listed = scene.done(&scene.by("admin_a", "GET /user-tenant-prefs").query("filter", &filter));
        assert_eq!(all(&listed, "userTenantId"), [ALICE_IN_A, ALICE_IN_A], "{condition}");
        let counted = scene.done(&scene.by("admin_a", "GET /user-tenant-prefs/count").query("where", &condition));
        assert_eq!(counted, json!({ "count": 2 }), "{condition}");
    }
}

on_both!(h14_a_user_gets_no_role_of_another_tenant);
fn h14_a_user_gets_no_role_of_another_tenant(scene: &Scene) {
    for role in [ADMIN_OF_B, NOBODY, DELETED_ROLE] {
        for profile in ["admin_a", "master_a"] {
            let body = json!({ "roleId": role, "firstName": "Changed" });
            scene.refused(&scene.by(profile, &format!("PATCH /tenants/{A}/users/{ANDY}")).json(&body), 404);
            let body = json!({ "roleId": role });
            scene.refused(&scene.by(profile, &format!("PUT /tenants/{A}/users/{ANDY}/role")).json(&body), 404);
            let body = json!({ "firstName": "N", "username": "new", "email": "new@a.example", "roleId": role });
            scene.refused(&scene.by(profile, &format!("POST /tenants/{A}/users")).json(&body), 404);
        }
    }
    // Not even a master mixes two tenants.
    let body = json!({ "roleId": MEMBER });
    scene.refused(&scene.by("master_a", &format!("PATCH /tenants/{B}/users/{BOB}")).json(&body), 404);
}

on_both!(h15_adding_a_known_person_tells_only_what_was_sent);
fn h15_adding_a_known_person_tells_only_what_was_sent(scene: &Scene) {
    scene.given(&format!("UPDATE main.users SET phone = '+15550007777', designation = 'Boss' WHERE id = '{BOB}'"));
    let line = format!("POST /tenants/{A}/users");
    let body = |username: &str, email: &str| {
        let person = json!({ "firstName": "Guess", "username": username, "email": email, "roleId": MEMBER });
        scene.by("admin_a", &line).json(&person)
    };
    for (username, email) in [
        ("bob", "nobody@b.example"),
        ("BOB", "bob@elsewhere.example"),
        ("bob", "beth@b.example"),
        ("beth", "bob@b.example"),
        ("andy", "andy@a.example"),
    ] {
        scene.refused(&body(username, email), 409);
    }
    scene.given(&format!("UPDATE main.users SET last_login = '2024-01-02T03:04:05.678Z' WHERE id = '{BOB}'"));
    let bob = scene.row("users", BOB);
    let added = json(&body("bob", "Bob@B.example").send());
    let told: Vec<&String> = added.as_object().unwrap().keys().collect();
    assert_eq!(told, ["id", "firstName", "username", "email"], "{added}");
    assert_eq!((added["id"].clone(), added["firstName"].clone()), (json!(BOB), json!("Guess")));
    assert_eq!(scene.row("users", BOB), bob, "the person stays as it was");
    let filter = json!({ "where": { "id": BOB } });
    let listed = scene.by("admin_a", &format!("GET /tenants/{A}/users")).query("filter", &filter).send();
    assert_eq!((&json(&listed)[0]["username"], &json(&listed)[0]["firstName"]), (&json!("bob"), &json!("Guess")));
    for hidden in ["\"Boss\"", "+15550007777", "Boss\",\"phone", "\"designation\":\"Boss\""] {
        assert!(!text(&listed).contains(hidden), "{hidden}");
    }
}

on_both!(h16_a_master_acts_on_the_tenant_of_the_path);
fn h16_a_master_acts_on_the_tenant_of_the_path(scene: &Scene) {
    for (line, rows) in [
        (format!("GET /tenants/{B}/roles"), 2),
        (format!("GET /tenants/{B}/users"), 3),
        (format!("GET /tenants/{B}/tenant-configs"), 1),
        (format!("GET /tenants/{B}/groups"), 1),
        (format!("GET /tenants/{B}/user-roles"), 3),
    ] {
        for condition in [json!({}), json!({ "or": [{}] }), json!({ "or": [{ "tenantId": A }, { "tenantId": B }] })] {
            let listed = scene.done(&scene.by("master_a", &line).query("filter", &json!({ "where": condition })));
            assert_eq!(all(&listed, "tenantId"), vec![json!(B); rows], "{line} {condition}");
        }
    }
}

on_both!(h17_what_is_deleted_already_is_not_deleted_again);
fn h17_what_is_deleted_already_is_not_deleted_again(scene: &Scene) {
    let old = [("tenant_configs", "63"), ("user_permissions", "83")]
        .map(|(table, id)| (table, format!("a0000000-0000-4000-8000-0000000000{id}")));
    let before = old.clone().map(|(table, id)| scene.row(table, &id));
    for (line, count) in [
        (format!("DELETE /tenants/{A}/tenant-configs"), 2),
        (format!("DELETE /user-tenants/{ANDY_IN_A}/user-level-permissions"), 2),
    ] {
        for (condition, expected) in
            [(json!({ "deleted": true }), 0), (json!({ "or": [{ "deleted": true }, { "deleted": false }] }), count)]
        {
            let deleted = scene.done(&scene.by("admin_a", &line).query("where", &condition));
            assert_eq!(deleted, json!({ "count": expected }), "{line} {condition}");
        }
        assert_eq!(scene.done(&scene.by("admin_a", &line)), json!({ "count": 0 }), "nothing is left");
    }
    assert_eq!(old.map(|(table, id)| scene.row(table, &id)), before);
}

on_both!(h18_a_deletion_of_all_stays_below_its_parent_and_is_audited);
fn h18_a_deletion_of_all_stays_below_its_parent_and_is_audited(scene: &Scene) {
    for (line, table, count) in [
        (format!("DELETE /tenants/{A}/tenant-configs"), "tenant_configs", 2),
        (format!("DELETE /user-tenants/{ANDY_IN_A}/user-level-permissions"), "user_permissions", 2),
    ] {
        assert_eq!(scene.done(&scene.by("admin_a", &line)), json!({ "count": count }));
        let audit = scene.world.database.tables().audit;
        let traces = audit.iter().filter(|trace| trace.starts_with(table)).count();
        assert_eq!(traces, count, "{audit:?}");
    }
    let alices = [("user_tenant_id", json!(ALICE_IN_A))];
    assert_eq!(scene.live("user_permissions", &alices), 1, "another member's stays");
}

on_both!(h09_a_new_tenant_is_out_of_its_makers_reach);
/// The rest of H09: what master needs `where` for, a tenant's own caller cannot do to others at all.
fn h09_a_new_tenant_is_out_of_its_makers_reach(scene: &Scene) {
    let body = json!({ "name": "New", "status": 1, "key": "new" });
    let made = scene.done(&scene.by("admin_a", "POST /tenants").json(&body));
    scene.go_on();
    let made = made["id"].as_str().unwrap();
    scene.refused(&scene.by("admin_a", &format!("GET /tenants/{made}")), 404);
    scene.refused(&scene.by("admin_a", &format!("DELETE /tenants/{made}")), 404);
    scene.refused(&scene.by("admin_a", &format!("GET /tenants/{made}/users")), 403);
    let user = json!({ "firstName": "Me", "username": "me", "email": "me@a.example", "roleId": SUPER });
    scene.refused(&scene.by("admin_a", &format!("POST /tenants/{made}/users")).json(&user), 403);
    assert_eq!(scene.row("users", ALICE)["default_tenant_id"], A);
}

//! The permissions that there are, what a member holds and why, and whether members may do something.

use serde_json::{Value as Json, json};

use crate::holes::{A, ALICE_IN_A, ANDY_IN_A, BETH_IN_B, MEMBER, Scene};
use crate::request::{json, text};
use crate::world::on_both;

fn effective(scene: &Scene, membership: &str) -> Json {
    let answer = scene.by("admin_a", &format!("GET /user-tenants/{membership}/effective-permissions")).send();
    assert_eq!(answer.status, 200, "{}", text(&answer));
    json(&answer)
}

/// What is said of one permission.
fn of<'a>(held: &'a Json, permission: &str) -> &'a Json {
    let all = held["permissions"].as_array().expect("permissions are listed");
    all.iter().find(|one| one["permission"] == permission).unwrap_or(&Json::Null)
}

fn check(scene: &Scene, questions: &[(&str, &str)]) -> Json {
    let checks: Vec<_> = questions
        .iter()
        .map(|(membership, permission)| json!({ "userTenantId": membership, "permission": permission }))
        .collect();
    let answer = scene.by("admin_a", "POST /permissions/check").json(&json!({ "checks": checks })).send();
    assert_eq!(answer.status, 200, "{}", text(&answer));
    let results = json(&answer)["results"].clone();
    let results = results.as_array().expect("results are listed");
    for (result, (membership, permission)) in results.iter().zip(questions) {
        assert_eq!((&result["userTenantId"], &result["permission"]), (&json!(membership), &json!(permission)));
    }
    results.iter().map(|result| result["allowed"].clone()).collect()
}

/// Andy's role grants `ViewRoles`, by number, and `ViewTenant`; of his own he has `ViewTenantUser`, and `ViewRoles` is withheld.
fn with_own_permissions(scene: &Scene) {
    scene.given(&format!(
        "UPDATE main.user_tenants SET role_id = '{MEMBER}' WHERE id = '{ANDY_IN_A}';
         DELETE FROM main.user_permissions WHERE user_tenant_id = '{ANDY_IN_A}'"
    ));
    let role = scene.by("master_b", &format!("PATCH /tenants/{A}/roles"));
    let role = role.query("where", &json!({ "id": MEMBER })).json(&json!({ "permissions": ["6", "ViewTenant"] }));
    assert_eq!(role.send().status, 200);
    for (permission, allowed) in [("ViewTenantUser", true), ("ViewRoles", false)] {
        let own = scene.by("master_b", &format!("POST /user-tenants/{ANDY_IN_A}/user-level-permissions"));
        assert_eq!(own.json(&json!({ "permission": permission, "allowed": allowed })).send().status, 200);
    }
    scene.go_on();
}

on_both!(what_a_member_holds_is_told_with_its_sources);
fn what_a_member_holds_is_told_with_its_sources(scene: &Scene) {
    with_own_permissions(scene);
    let held = effective(scene, ANDY_IN_A);
    assert_eq!((&held["userTenantId"], &held["active"]), (&json!(ANDY_IN_A), &json!(true)));
    let role = json!({ "kind": "role", "id": MEMBER });
    let expected = json!({ "permission": "ViewTenant", "number": "17", "granted": true, "sources": [role] });
    assert_eq!(*of(&held, "ViewTenant"), expected);
    let sink = of(&held, "ViewTenantUser");
    assert_eq!((&sink["granted"], &sink["sources"][0]["kind"]), (&json!(true), &json!("grant")));
    let roles = of(&held, "ViewRoles");
    assert_eq!(
        (&roles["granted"], &roles["number"]),
        (&json!(false), &json!("6")),
        "a denial wins, by name and number"
    );
    assert_eq!((&roles["sources"][0], &roles["sources"][1]["kind"]), (&role, &json!("denial")));
    let own = json(&scene.by("admin_a", &format!("GET /user-tenants/{ANDY_IN_A}/user-level-permissions")).send());
    let id = |permission: &str| {
        own.as_array().expect("a list").iter().find(|own| own["permission"] == permission).expect("it is there")["id"]
            .clone()
    };
    assert_eq!((&sink["sources"][0]["id"], &roles["sources"][1]["id"]), (&id("ViewTenantUser"), &id("ViewRoles")));
    let names: Vec<_> =
        held["permissions"].as_array().expect("a list").iter().map(|one| one["permission"].clone()).collect();
    assert_eq!(names, ["ViewRoles", "ViewTenant", "ViewTenantUser"]);
}

on_both!(questions_are_answered_in_their_order);
fn questions_are_answered_in_their_order(scene: &Scene) {
    with_own_permissions(scene);
    let unknown = "00000000-0000-4000-8000-00000000dead";
    let questions = [
        (ANDY_IN_A, "ViewTenant"),
        (ANDY_IN_A, "6"),
        (ANDY_IN_A, "ViewRoles"),
        (ANDY_IN_A, "ViewTenantUser"),
        (ANDY_IN_A, "viewtenant"),
        (ALICE_IN_A, "UpdateTenantUser"),
        (ALICE_IN_A, "14"),
        // Of another tenant, and of nobody.
        (BETH_IN_B, "ViewTenant"),
        (unknown, "ViewTenant"),
        (ANDY_IN_A, "ViewTenant"),
    ];
    let expected = json!([true, false, false, true, false, true, true, false, false, true]);
    assert_eq!(check(scene, &questions), expected);
    for (permission, decided) in [("ViewTenant", true), ("ViewRoles", false), ("ViewTenantUser", true)] {
        assert_eq!(of(&effective(scene, ANDY_IN_A), permission)["granted"], decided, "{permission}: one rule decides");
    }
    scene.given(&format!("UPDATE main.user_tenants SET status = 2 WHERE id = '{ANDY_IN_A}'"));
    assert_eq!(check(scene, &[(ANDY_IN_A, "ViewTenant"), (ALICE_IN_A, "14")]), json!([false, true]));
    let held = effective(scene, ANDY_IN_A);
    assert_eq!((&held["active"], &of(&held, "ViewTenant")["granted"]), (&json!(false), &json!(true)));
    scene.given(&format!("UPDATE main.roles SET deleted = true WHERE id = '{MEMBER}'"));
    scene.given(&format!("UPDATE main.user_tenants SET status = 1 WHERE id = '{ANDY_IN_A}'"));
    assert_eq!(check(scene, &[(ANDY_IN_A, "ViewTenant"), (ANDY_IN_A, "ViewTenantUser")]), json!([false, true]));
}

on_both!(a_master_asks_about_members_of_any_tenant);
fn a_master_asks_about_members_of_any_tenant(scene: &Scene) {
    let checks = [ALICE_IN_A, BETH_IN_B].map(|member| json!({ "userTenantId": member, "permission": "ViewTenant" }));
    let ask = |profile: &str| {
        let answer = scene.by(profile, "POST /permissions/check").json(&json!({ "checks": checks })).send();
        let results = json(&answer)["results"].as_array().expect("results").clone();
        results.iter().map(|result| result["allowed"] == true).collect::<Vec<_>>()
    };
    let reached = |member: &str| {
        let held = json(&scene.by("master_b", &format!("GET /user-tenants/{member}/effective-permissions")).send());
        held["active"] == true && of(&held, "ViewTenant")["granted"] == true
    };
    assert_eq!(ask("master_b"), [reached(ALICE_IN_A), reached(BETH_IN_B)]);
    assert_eq!(ask("admin_a"), [reached(ALICE_IN_A), false]);
    assert!(reached(ALICE_IN_A) && reached(BETH_IN_B));
}

on_both!(what_is_no_question_is_refused_by_name);
fn what_is_no_question_is_refused_by_name(scene: &Scene) {
    let question = json!({ "userTenantId": ANDY_IN_A, "permission": "ViewRoles" });
    let many: Vec<_> = (0..1001).map(|_| question.clone()).collect();
    for (body, pointer) in [
        (json!({}), "/checks"),
        (json!({ "checks": [] }), "/checks"),
        (json!({ "checks": many }), "/checks"),
        (json!({ "checks": [{ "userTenantId": ANDY_IN_A }] }), "/checks/0/permission"),
        (json!({ "checks": [{ "userTenantId": "x", "permission": "ViewRoles" }] }), "/checks/0/userTenantId"),
        (json!({ "checks": [{ "userTenantId": ANDY_IN_A, "permission": "" }] }), "/checks/0/permission"),
        (json!({ "checks": [question], "more": 1 }), "/more"),
    ] {
        let answer = scene.by("admin_a", "POST /permissions/check").json(&body).send();
        let told = json(&answer);
        assert_eq!((answer.status, answer.header("content-type")), (422, "application/problem+json"), "{told}");
        assert_eq!(told["errors"][0]["pointer"], pointer, "{told}");
    }
    let all: Vec<_> = (0..1000).map(|_| question.clone()).collect();
    let answer = scene.by("admin_a", "POST /permissions/check").json(&json!({ "checks": all })).send();
    assert_eq!(answer.status, 200, "{}", text(&answer));
}

on_both!(every_permission_is_listed_with_the_routes_that_take_it);
fn every_permission_is_listed_with_the_routes_that_take_it(scene: &Scene) {
    let all = json(&scene.by("admin_a", "GET /permissions").send());
    let all = all.as_array().expect("a list");
    let document = json(&scene.by("admin_a", "GET /openapi.json").send());
    for permission in all {
        let (name, number) = (&permission["name"], &permission["number"]);
        let mut taking = Vec::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("operations") {
                let takes = |key: &Json| {
                    key.is_string() && operation["x-permissions"].as_array().is_some_and(|all| all.contains(key))
                };
                if takes(name) || takes(number) {
                    taking.push(format!("{} {path}", method.to_uppercase()));
                }
            }
        }
        let routes = permission["routes"].as_array().expect("routes");
        let mut told: Vec<_> = routes
            .iter()
            .map(|route| format!("{} {}", route["method"].as_str().unwrap(), route["path"].as_str().unwrap()))
            .collect();
        told.sort_unstable();
        taking.sort_unstable();
        assert_eq!(told, taking, "{name}");
        let meaning = permission["meaning"].as_str().expect("a meaning");
        assert_eq!(meaning.contains("no route"), routes.is_empty(), "{name}: {meaning}");
    }
    assert!(all.iter().any(|known| known["name"] == "ViewRoles" && known["number"] == "6"));
}

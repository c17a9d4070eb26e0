//! People accept memberships and choose their default tenant with a token of any of theirs, and nobody does it for them.

use serde_json::{Value as Json, json};

use crate::holes::{A, ALICE, B, BOB, SAM, Scene};
use crate::request::{json as json_of, text};
use crate::world::on_both;

/// Sam's memberships of A, where Sam is a guest, and of B, the home.
const SAM_IN_A: &str = "a0000000-0000-4000-8000-000000000035";
const SAM_IN_B: &str = "b0000000-0000-4000-8000-000000000035";
const NOBODY: &str = "f0000000-0000-4000-8000-000000000099";

fn accept(person: &str, tenant: &str) -> String {
    format!("POST /user/{person}/tenants/{tenant}/accept")
}

fn settle(person: &str) -> String {
    format!("PUT /user/{person}/default-tenant")
}

fn status_of(scene: &Scene, membership: &str, status: i32) {
    scene.given(&format!("UPDATE main.user_tenants SET status = {status} WHERE id = '{membership}'"));
}

on_both!(a_person_accepts_a_membership_with_a_token_of_another_tenant);
fn a_person_accepts_a_membership_with_a_token_of_another_tenant(scene: &Scene) {
    // Asked with a token of A, which has nothing to say in B.
    status_of(scene, SAM_IN_A, 1);
    status_of(scene, SAM_IN_B, 0);
    for _ in 0..2 {
        let answer = scene.by("sam_a_all", &accept(SAM, B)).send();
        assert_eq!(answer.status, 200, "{}", text(&answer));
        let told = json!({ "tenantId": B, "userTenantId": SAM_IN_B, "status": "active" });
        assert_eq!(json_of(&answer), told, "the second time it is answered alike");
    }
    let row = scene.row("user_tenants", SAM_IN_B);
    assert_eq!(row["status"], 1);
    assert_eq!(row["modified_by"], SAM, "B does not learn of the membership in A");
    status_of(scene, SAM_IN_B, 3);
    assert_eq!(json_of(&scene.by("sam_a_all", &accept(SAM, B)).send())["status"], "password-change-needed");
    assert_eq!(scene.row("user_tenants", SAM_IN_B)["status"], 3);
}

on_both!(nobody_accepts_for_another_nor_what_is_not_theirs);
fn nobody_accepts_for_another_nor_what_is_not_theirs(scene: &Scene) {
    status_of(scene, SAM_IN_A, 0);
    let refused = |profile: &str, line: &str, status: u16, code: &str| {
        let answer = scene.by(profile, line).send();
        assert_eq!((answer.status, &json_of(&answer)["code"]), (status, &json!(code)), "{line}: {}", text(&answer));
        scene.unchanged();
    };
    for profile in ["admin_a", "master_a"] {
        refused(profile, &accept(SAM, A), 404, "OUT_OF_REACH");
        for tenant in [B, NOBODY, "not-an-id"] {
            refused(profile, &accept(ALICE, tenant), 404, "NOT_FOUND");
        }
    }
    status_of(scene, SAM_IN_A, 1);
    for (status, code) in [(2, "NO_TRANSITION"), (4, "NO_TRANSITION")] {
        status_of(scene, SAM_IN_B, status);
        refused("sam_a_all", &accept(SAM, B), 409, code);
    }
    status_of(scene, SAM_IN_B, 0);
    for sql in ["status = 0", "archived_on = '2024-01-02T03:04:05.678Z'", "status = 2"] {
        scene.given(&format!("UPDATE main.tenants SET {sql} WHERE id = '{B}'"));
        refused("sam_a_all", &accept(SAM, B), 403, "TENANT_NOT_ACTIVE");
        scene.given(&format!("UPDATE main.tenants SET status = 1, archived_on = NULL WHERE id = '{B}'"));
    }
    scene.given(&format!("UPDATE main.user_tenants SET deleted = true WHERE id = '{SAM_IN_B}'"));
    refused("sam_a_all", &accept(SAM, B), 404, "NOT_FOUND");
}

on_both!(a_person_logs_in_to_the_tenant_of_their_choice);
fn a_person_logs_in_to_the_tenant_of_their_choice(scene: &Scene) {
    let to = |profile: &str, person: &str, tenant: &str| {
        let answer = scene.by(profile, &settle(person)).json(&json!({ "tenantId": tenant })).send();
        let code = if answer.body.is_empty() { Json::Null } else { json_of(&answer)["code"].clone() };
        (answer.status, code)
    };
    let home = || scene.row("users", SAM)["default_tenant_id"].clone();
    scene.given(&format!("UPDATE main.users SET default_tenant_id = '{B}' WHERE id = '{SAM}'"));
    status_of(scene, SAM_IN_B, 1);
    status_of(scene, SAM_IN_A, 0);
    assert_eq!(to("sam_a_all", SAM, A), (409, json!("MEMBERSHIP_NOT_ACTIVE")), "a guest has not come");
    assert_eq!(to("sam_a_all", SAM, B).0, 204, "what it is already");
    status_of(scene, SAM_IN_A, 1);
    for (person, tenant, status) in [(SAM, NOBODY, 422), (BOB, B, 404), (ALICE, A, 404)] {
        assert_eq!(to("sam_a_all", person, tenant).0, status, "{person} {tenant}");
    }
    scene.unchanged();
    assert_eq!((to("sam_a_all", SAM, A).0, home()), (204, json!(A)));
    assert_eq!((to("master_a", SAM, B).0, home()), (204, json!(B)), "who reaches every tenant may do it too");
    assert_eq!(to("master_a", NOBODY, B).0, 422);
    assert_eq!(to("admin_a", SAM, A).0, 404, "an administrator chooses for nobody");
    scene.given(&format!("UPDATE main.tenants SET status = 0 WHERE id = '{B}'"));
    scene.given(&format!("UPDATE main.users SET default_tenant_id = '{A}' WHERE id = '{SAM}'"));
    assert_eq!(to("sam_a_all", SAM, B), (403, json!("TENANT_NOT_ACTIVE")));
    assert_eq!(home(), json!(A));
}

on_both!(what_is_accepted_at_the_same_time_as_it_is_removed_is_one_or_the_other);
fn what_is_accepted_at_the_same_time_as_it_is_removed_is_one_or_the_other(scene: &Scene) {
    status_of(scene, SAM_IN_A, 1);
    status_of(scene, SAM_IN_B, 0);
    let accepting = scene.by("sam_a_all", &accept(SAM, B));
    let removing = scene.by("admin_b", &format!("DELETE /tenants/{B}/users/{SAM}"));
    let (accepted, removed) = std::thread::scope(|scope| {
        let accepting = scope.spawn(|| accepting.send().status);
        let removed = removing.send().status;
        (accepting.join().unwrap(), removed)
    });
    assert_eq!(removed, 204);
    assert!([200, 404].contains(&accepted), "{accepted}");
    let row = scene.row("user_tenants", SAM_IN_B);
    assert_eq!(row["deleted"], true);
}

//! People who are deactivated everywhere: who may do it, what they are refused, and what no tenant learns.

use serde_json::{Value as Json, json};

use super::{ask, refusal, step};
use crate::holes::{A, ALICE, AMY_IN_A, ANDY, B, MEMBER, SAM};
use crate::world::{World, on_both};

fn person(id: &str, below: &str) -> String {
    format!("/users/{id}{below}")
}

on_both!(who_is_deactivated_is_refused_in_every_tenant);
fn who_is_deactivated_is_refused_in_every_tenant(world: &World) {
    let sams = || refusal(world, "sam_a_all", &format!("GET /user/{SAM}/tenants"), &Json::Null);
    assert_eq!(sams().0, 200);
    step(world, "master_a", &person(SAM, "/deactivate"), "deactivated");
    assert_eq!(sams(), (401, "USER_DEACTIVATED".to_owned()));
    let stands = |profile: &str| ask(world, profile, &format!("GET {}", person(SAM, "/lifecycle")), &Json::Null);
    let (status, told) = stands("master_a");
    assert_eq!((status, &told["status"], &told["allowed"]), (200, &json!("deactivated"), &json!(["reactivate"])));
    assert!(told["deactivatedOn"].is_string(), "{told}");
    assert_eq!(stands("admin_a").0, 403, "no tenant is told");
    let again = ask(world, "master_a", &format!("POST {}", person(SAM, "/deactivate")), &Json::Null);
    assert_eq!((again.0, &again.1["from"], &again.1["allowed"]), (409, &json!("deactivated"), &json!(["active"])));
    // Whatever a tenant does with the membership, it lets nobody in.
    for number in [2, 1, 3, 1] {
        let line = format!("PATCH /tenants/{A}/users/{SAM}");
        assert_eq!(ask(world, "master_a", &line, &json!({ "status": number })).0, 204);
        assert_eq!(sams().1, "USER_DEACTIVATED");
    }
    // Nor does another tenant learn of it, by a list, by adding or by removing them.
    let (_, listed) = ask(world, "admin_b", &format!("GET /tenants/{B}/users"), &Json::Null);
    assert!(!listed.to_string().contains("eactivated"), "{listed}");
    assert_eq!(ask(world, "admin_a", &format!("DELETE /tenants/{A}/users/{SAM}"), &Json::Null).0, 204);
    let body = json!({ "firstName": "S", "username": "sam", "email": "sam@shared.example", "roleId": MEMBER });
    assert_eq!(ask(world, "admin_a", &format!("POST /tenants/{A}/users"), &body).0, 200);
    step(world, "master_a", &person(SAM, "/reactivate"), "active");
}

on_both!(no_tenant_deactivates_people_nor_lets_them_in_again);
fn no_tenant_deactivates_people_nor_lets_them_in_again(world: &World) {
    let before = world.database.tables();
    for below in ["/deactivate", "/reactivate"] {
        for id in [ANDY, SAM, ALICE, "f0000000-0000-4000-8000-000000000099", "not-an-id"] {
            let refused = refusal(world, "admin_a", &format!("POST {}", person(id, below)), &Json::Null);
            assert_eq!(refused, (403, "MASTER_NEEDED".to_owned()), "{id}");
        }
        let own = refusal(world, "master_a", &format!("POST {}", person(ALICE, below)), &Json::Null);
        assert_eq!(own, (403, "OWN_MEMBERSHIP".to_owned()));
    }
    let set = json!({ "deactivatedOn": null, "firstName": "N" });
    assert_eq!(ask(world, "admin_a", &format!("PATCH /tenants/{A}/users/{ANDY}"), &set).0, 422);
    let unknown = "POST /users/f0000000-0000-4000-8000-000000000099/deactivate";
    assert_eq!(ask(world, "master_a", unknown, &Json::Null).0, 404);
    assert_eq!(world.database.tables().rows, before.rows);
}

on_both!(who_is_deactivated_is_no_administrator_and_may_nothing);
fn who_is_deactivated_is_no_administrator_and_may_nothing(world: &World) {
    // Amy gets the role of administrators; then Alice may go, and not before.
    world.run(&format!(
        "UPDATE main.user_tenants SET status = 1, role_id = 'a0000000-0000-4000-8000-000000000011' WHERE id = '{AMY_IN_A}'"
    ));
    let amy = "a0000000-0000-4000-8000-000000000023";
    step(world, "master_b", &person(amy, "/deactivate"), "deactivated");
    let suspend = format!("POST /tenants/{A}/users/{ALICE}/suspend");
    assert_eq!(refusal(world, "master_b", &suspend, &Json::Null), (409, "LAST_ADMINISTRATOR".to_owned()));
    let question = json!({ "checks": [{ "userTenantId": AMY_IN_A, "permission": "ViewTenant" }] });
    let (_, told) = ask(world, "admin_a", "POST /permissions/check", &question);
    assert_eq!(told["results"][0]["allowed"], false, "{told}");
    let (_, told) = ask(world, "admin_a", &format!("GET /user-tenants/{AMY_IN_A}/effective-permissions"), &Json::Null);
    assert_eq!(told["active"], false, "{told}");
    step(world, "master_b", &person(amy, "/reactivate"), "active");
    step(world, "master_b", &format!("/tenants/{A}/users/{ALICE}/suspend"), "suspended");
}

//! The life of memberships: what a tenant may do with its members, and with guests.

use serde_json::{Value as Json, json};

use super::{ask, refusal, step};
use crate::holes::{A, ALICE, AMY, ANDY, ANDY_IN_A, B, BOB, MEMBER, SAM, VIEWER};
use crate::world::{World, on_both};

fn user(id: &str, below: &str) -> String {
    format!("/tenants/{A}/users/{id}{below}")
}

/// The status of a user's membership in A.
#[track_caller]
fn status(world: &World, id: &str) -> Json {
    let filter = format!("GET /tenants/{A}/users?filter={{\"where\":{{\"id\":\"{id}\"}}}}");
    ask(world, "master_a", &filter, &Json::Null).1[0]["status"].clone()
}

on_both!(a_member_goes_through_its_life_and_is_told_why_it_is_refused);
fn a_member_goes_through_its_life_and_is_told_why_it_is_refused(world: &World) {
    let andys = || refusal(world, "andy_all", &format!("GET /tenants/{A}/roles"), &Json::Null);
    step(world, "admin_a", &user(ANDY, "/suspend"), "suspended");
    assert_eq!(andys(), (401, "MEMBERSHIP_SUSPENDED".to_owned()));
    step(world, "admin_a", &user(ANDY, "/reactivate"), "active");
    assert_eq!(andys().0, 200);
    assert_eq!(ask(world, "admin_a", &format!("PATCH {}", user(ANDY, "")), &json!({ "status": 4 })).0, 204);
    assert_eq!(andys(), (401, "MEMBERSHIP_REJECTED".to_owned()));
    for line in ["/activate", "/suspend", "/reactivate"] {
        let (status, told) = ask(world, "admin_a", &format!("POST {}", user(ANDY, line)), &Json::Null);
        assert_eq!((status, &told["from"], &told["allowed"]), (409, &json!("rejected"), &json!(["registered"])));
    }
    let (code, told) = ask(world, "admin_a", &format!("PATCH {}", user(ANDY, "")), &json!({ "status": 1 }));
    let details = json!({ "status": "rejected", "asked": "active", "allowed": ["registered"] });
    assert_eq!((code, &told["error"]["details"]), (409, &details), "{told}");
    assert_eq!(ask(world, "admin_a", &format!("PATCH {}", user(ANDY, "")), &json!({ "status": 0 })).0, 204);
    step(world, "admin_a", &user(ANDY, "/activate"), "active");
    // Numbers without a meaning go on as they did.
    for number in [11, 7, 1] {
        assert_eq!(ask(world, "admin_a", &format!("PATCH {}", user(ANDY, "")), &json!({ "status": number })).0, 204);
        assert_eq!(status(world, ANDY), number);
    }
    // Amy was invited, and has not come.
    assert_eq!(status(world, AMY), 0);
    step(world, "admin_a", &user(AMY, "/suspend"), "suspended");
    step(world, "admin_a", &user(AMY, "/reactivate"), "registered");
}

on_both!(who_has_come_is_registered_no_more);
/// The authentication service would refuse them in every tenant.
fn who_has_come_is_registered_no_more(world: &World) {
    let register = format!("PATCH {}", user(ANDY, ""));
    for (set, may) in [
        ("status = 1", false),
        ("status = 3", false),
        ("status = 2, suspended_from = NULL", false),
        ("status = 2, suspended_from = 3", false),
        ("status = 2, suspended_from = 0", true),
        ("status = 4, suspended_from = NULL", true),
    ] {
        world.run(&format!("UPDATE main.user_tenants SET {set} WHERE id = '{ANDY_IN_A}'"));
        let before = status(world, ANDY);
        let (code, told) = ask(world, "admin_a", &register, &json!({ "status": 0 }));
        if may {
            assert_eq!((code, status(world, ANDY)), (204, json!(0)), "{set}: {told}");
        } else {
            assert_eq!((code, &told["error"]["code"]), (409, &json!("NO_TRANSITION")), "{set}: {told}");
            assert_eq!(status(world, ANDY), before, "{set}");
        }
    }
}

on_both!(a_reactivation_gives_back_what_was_and_no_more);
fn a_reactivation_gives_back_what_was_and_no_more(world: &World) {
    for (before, ways) in [(3, ["/suspend", "PATCH"]), (0, ["PATCH", "/suspend"]), (1, ["PATCH", "/suspend"])] {
        for way in ways {
            world.run(&format!("UPDATE main.user_tenants SET status = {before} WHERE id = '{ANDY_IN_A}'"));
            match way {
                "PATCH" => {
                    let (code, told) =
                        ask(world, "admin_a", &format!("PATCH {}", user(ANDY, "")), &json!({ "status": 2 }));
                    assert_eq!(code, 204, "{told}");
                }
                below => step(world, "admin_a", &user(ANDY, below), "suspended"),
            }
            let (code, told) = ask(world, "admin_a", &format!("POST {}", user(ANDY, "/reactivate")), &Json::Null);
            assert_eq!((code, status(world, ANDY)), (200, json!(before)), "{way}: {told}");
        }
    }
}

on_both!(a_guest_is_not_made_to_come_by_any_step);
/// That a guest has come shows the profile.
fn a_guest_is_not_made_to_come_by_any_step(world: &World) {
    let body = json!({ "firstName": "B", "username": "bob", "email": "bob@b.example", "roleId": MEMBER });
    assert_eq!(ask(world, "admin_a", &format!("POST /tenants/{A}/users"), &body).0, 200);
    let activate = format!("POST {}", user(BOB, "/activate"));
    assert_eq!(refusal(world, "admin_a", &activate, &Json::Null), (403, "PROFILE_OF_GUEST".to_owned()));
    step(world, "admin_a", &user(BOB, "/suspend"), "suspended");
    assert_eq!(ask(world, "admin_a", &format!("PATCH {}", user(BOB, "")), &json!({ "status": 1 })).0, 403);
    step(world, "admin_a", &user(BOB, "/reactivate"), "registered");
    for number in [4, 0, 11, 2] {
        assert_eq!(ask(world, "admin_a", &format!("PATCH {}", user(BOB, "")), &json!({ "status": number })).0, 204);
        assert_eq!(ask(world, "admin_a", &format!("PATCH {}", user(BOB, "")), &json!({ "status": 1 })).0, 403);
    }
    step(world, "admin_a", &user(BOB, "/reactivate"), "registered");
    // Sam's home is B too, and he had come: he gets back what was his.
    step(world, "admin_a", &user(SAM, "/suspend"), "suspended");
    step(world, "admin_a", &user(SAM, "/reactivate"), "active");
    // A tenant that let him go, and adds him again, knows nothing of that.
    step(world, "admin_a", &user(SAM, "/suspend"), "suspended");
    assert_eq!(ask(world, "admin_a", &format!("DELETE {}", user(SAM, "")), &Json::Null).0, 204);
    let body = json!({ "firstName": "S", "username": "sam", "email": "sam@shared.example", "roleId": MEMBER });
    assert_eq!(ask(world, "admin_a", &format!("POST /tenants/{A}/users"), &body).0, 200);
    step(world, "admin_a", &user(SAM, "/suspend"), "suspended");
    step(world, "admin_a", &user(SAM, "/reactivate"), "registered");
}

on_both!(steps_obey_power_and_keep_an_administrator);
fn steps_obey_power_and_keep_an_administrator(world: &World) {
    // Andy holds what no token says.
    world.run(&format!(
        "INSERT INTO main.user_permissions (id, user_tenant_id, permission, allowed)
         VALUES ('a0000000-0000-4000-8000-000000000089', '{ANDY_IN_A}', 'NotGrantedToAnyone', true)"
    ));
    let suspend = format!("POST {}", user(ANDY, "/suspend"));
    assert_eq!(refusal(world, "admin_a", &suspend, &Json::Null), (403, "MEMBER_HOLDS_MORE".to_owned()));
    // Alice is the only administrator.
    let own = format!("POST {}", user(ALICE, "/suspend"));
    assert_eq!(refusal(world, "admin_a", &own, &Json::Null), (409, "LAST_ADMINISTRATOR".to_owned()));
    assert_eq!(refusal(world, "master_b", &own, &Json::Null), (409, "LAST_ADMINISTRATOR".to_owned()));
    // Another tenant's members are as good as none.
    for (tenant, user) in [(B, BOB), (A, BOB), (B, ANDY)] {
        let (status, _) = ask(world, "admin_a", &format!("POST /tenants/{tenant}/users/{user}/suspend"), &Json::Null);
        assert_eq!(status, 404, "{tenant} {user}");
    }
    assert_eq!(ask(world, "viewer_a", &format!("POST {}", user(AMY, "/suspend")), &Json::Null).0, 403);
    assert_eq!(ask(world, "admin_a", &format!("PATCH {}", user(AMY, "")), &json!({ "roleId": VIEWER })).0, 204);
}

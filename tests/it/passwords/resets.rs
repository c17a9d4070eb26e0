//! Links by which people set a password: whose may be asked for by whom, and that each is good for once.

use serde_json::{Value as Json, json};

use super::{HASH, NEW, has, status_of_andy, stored, value, verified};
use crate::giving::{ask, refused};
use crate::holes::{A, ANDY, B, Scene};
use crate::world::on_both;

pub(super) fn line(tenant: &str, person: &str) -> String {
    format!("POST /tenants/{tenant}/users/{person}/password-reset")
}

pub(super) fn answer() -> Json {
    json!({ "delivery": "answer" })
}

/// Lets Andy set a password, and tells the token.
#[track_caller]
fn token(scene: &Scene) -> String {
    let (status, told) = ask(scene, "master_a", &line(A, ANDY), &answer());
    assert_eq!(status, 201, "{told}");
    told["token"].as_str().expect("a token").to_owned()
}

/// Sets a password by a token; status and code.
#[track_caller]
pub(super) fn set(scene: &Scene, token: &str, password: &str) -> (u16, String) {
    let answer =
        scene.world.request(&format!("POST /password-resets/{token}")).json(&json!({ "password": password })).send();
    let told = if answer.body.is_empty() { Json::Null } else { crate::request::json(&answer) };
    (answer.status, told["code"].as_str().unwrap_or_default().to_owned())
}

/// Andy can be verified here, and holds nothing that Alice does not.
pub(super) fn prepare(scene: &Scene) {
    has(scene, ANDY, HASH);
    scene.given(
        "UPDATE main.user_permissions SET allowed = false
             WHERE user_tenant_id = 'a0000000-0000-4000-8000-000000000032'",
    );
}

on_both!(a_link_sets_a_password_once);
fn a_link_sets_a_password_once(scene: &Scene) {
    prepare(scene);
    let (first, second) = (token(scene), token(scene));
    assert_eq!(status_of_andy(scene), "3", "the password is to be changed");
    assert_eq!(stored(scene, ANDY), HASH, "and is as it was");
    for token in [&first, &second] {
        let sql = format!("SELECT CAST(count(*) AS text) FROM main.password_resets WHERE token = '{token}'");
        assert_eq!(value(scene, &sql).as_deref(), Some("0"), "no token rests in the clear");
    }
    assert_eq!(set(scene, &first, "short"), (422, "PASSWORD_POLICY".to_owned()), "which does not use it up");
    assert_eq!(set(scene, &first, NEW), (204, String::new()));
    assert_eq!(status_of_andy(scene), "1");
    assert_eq!(verified(scene, "andy", NEW)["valid"], true);
    // Neither it nor another one is of use again.
    assert_eq!(set(scene, &first, "another one, with words"), (410, "RESET_USED".to_owned()));
    assert_eq!(set(scene, &second, "another one, with words"), (410, "RESET_USED".to_owned()));
    for unknown in ["x", "0000000000000000000000000000000000000000000", &first[1..], &format!("{first}x")] {
        assert_eq!(set(scene, unknown, NEW), (404, "RESET_UNKNOWN".to_owned()), "{unknown}");
    }
}

on_both!(a_link_ends_with_its_time_its_tenant_and_any_change_of_the_password);
fn a_link_ends_with_its_time_its_tenant_and_any_change_of_the_password(scene: &Scene) {
    prepare(scene);
    let expired = token(scene);
    scene.given("UPDATE main.password_resets SET expires_on = '2024-01-02T03:04:05.678Z'");
    assert_eq!(set(scene, &expired, NEW), (410, "RESET_EXPIRED".to_owned()));
    let of_suspended = token(scene);
    scene.given("UPDATE main.tenants SET status = 0 WHERE id = 'a0000000-0000-4000-8000-000000000001'");
    assert_eq!(set(scene, &of_suspended, NEW), (410, "RESET_EXPIRED".to_owned()));
    scene.given("UPDATE main.tenants SET status = 1 WHERE id = 'a0000000-0000-4000-8000-000000000001'");
    scene.given("UPDATE main.user_tenants SET status = 2 WHERE id = 'a0000000-0000-4000-8000-000000000032'");
    assert_eq!(set(scene, &of_suspended, NEW), (410, "RESET_EXPIRED".to_owned()), "nor while they are suspended");
    scene.given("UPDATE main.user_tenants SET status = 3 WHERE id = 'a0000000-0000-4000-8000-000000000032'");
    // The authentication service changes it.
    has(scene, ANDY, "$2b$10$bob-password-hash");
    assert_eq!(set(scene, &of_suspended, NEW), (410, "RESET_USED".to_owned()));
    let of_deactivated = token(scene);
    scene.given("UPDATE main.users SET deactivated_on = '2024-01-02T03:04:05.678Z' WHERE username = 'andy'");
    assert_eq!(set(scene, &of_deactivated, NEW), (410, "RESET_EXPIRED".to_owned()));
}

on_both!(of_two_who_use_a_link_at_once_one_does);
fn of_two_who_use_a_link_at_once_one_does(scene: &Scene) {
    prepare(scene);
    let token = token(scene);
    let mut told: Vec<u16> = std::thread::scope(|scope| {
        let both = ["the first of two passwords", "the second of two passwords"].map(|password| {
            scope.spawn({
                let request = scene.world.request(&format!("POST /password-resets/{token}"));
                move || request.json(&json!({ "password": password })).send().status
            })
        });
        both.map(|one| one.join().expect("nobody panics")).into()
    });
    told.sort_unstable();
    assert_eq!(told, [204, 410]);
}

on_both!(nobody_has_a_password_reset_who_could_then_be_somebody_else);
fn nobody_has_a_password_reset_who_could_then_be_somebody_else(scene: &Scene) {
    prepare(scene);
    // Who has the link could be Andy in every tenant, so that it is not for a tenant's own administrator.
    refused(scene, "admin_a", &line(A, ANDY), &answer(), (403, "MASTER_NEEDED"));
    refused(scene, "master_a", &line(B, ANDY), &answer(), (404, "NOT_FOUND"));
    refused(scene, "master_a", &line(A, ANDY), &json!({ "delivery": "pigeon" }), (422, "VALIDATION_FAILED"));
    // Whom somebody else verifies has no password here.
    scene.given("UPDATE main.user_credentials SET auth_provider = 'keycloak', auth_id = 'kc' WHERE user_id = 'a0000000-0000-4000-8000-000000000022'");
    refused(scene, "master_a", &line(A, ANDY), &answer(), (409, "LOGIN_ELSEWHERE"));
}

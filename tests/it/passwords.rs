//! Passwords: what a person changes, what a link is good for, what a service that logs people in is told, and how often one may be wrong.

mod beginning;
mod by_mail;
mod resets;

use serde_json::{Value as Json, json};

use crate::giving::{ask, refused};
use crate::holes::{A, ALICE, ANDY, ANDY_IN_A, SAM, Scene};
use crate::request::json as json_of;
use crate::support::fixture::Database;
use crate::world::on_both;

/// The password of [`HASH`].
pub(crate) const TYPED: &str = "correct horse battery staple";
/// A hash of the authentication service's form, with a low cost.
pub(super) const HASH: &str = "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";
/// Another password.
pub(super) const NEW: &str = "four random words again";

/// Gives a person a password, as the authentication service writes it.
pub(super) fn has(scene: &Scene, person: &str, hash: &str) {
    scene.given(&format!(
        "UPDATE main.user_credentials SET auth_provider = 'internal', auth_id = NULL, password = '{hash}'
             WHERE user_id = '{person}'"
    ));
}

/// A value in the database.
pub(super) fn value(scene: &Scene, sql: &str) -> Option<String> {
    match &scene.world.database {
        Database::Postgres(database) => database.query(sql)[0].get(0),
        Database::Sqlite(database) => database.connect().query_row(sql, (), |row| row.get(0)).expect("a row"),
    }
}

/// The hash that is stored of a person.
pub(super) fn stored(scene: &Scene, person: &str) -> String {
    value(scene, &format!("SELECT password FROM main.user_credentials WHERE user_id = '{person}'")).expect("a hash")
}

/// The status of Andy's membership.
pub(super) fn status_of_andy(scene: &Scene) -> String {
    let sql = format!("SELECT CAST(status AS text) FROM main.user_tenants WHERE id = '{ANDY_IN_A}'");
    value(scene, &sql).expect("a status")
}

/// Whether name and password are of one person, as a service is told that reaches every tenant.
#[track_caller]
pub(super) fn verified(scene: &Scene, username: &str, password: &str) -> Json {
    let body = json!({ "username": username, "password": password });
    let (status, told) = ask(scene, "master_a", "POST /credentials/verify", &body);
    assert_eq!(status, 200, "{told}");
    told
}

fn own(password: &str) -> Json {
    json!({ "currentPassword": TYPED, "password": password })
}

on_both!(a_person_changes_their_password_by_the_one_that_they_have);
fn a_person_changes_their_password_by_the_one_that_they_have(scene: &Scene) {
    let line = format!("PUT /users/{ALICE}/password");
    has(scene, ALICE, HASH);
    let wrong = json!({ "currentPassword": "another one", "password": NEW });
    refused(scene, "admin_a", &line, &wrong, (403, "WRONG_CREDENTIALS"));
    let (status, told) = ask(scene, "admin_a", &line, &own(NEW));
    assert_eq!(status, 204, "{told}");
    let hash = stored(scene, ALICE);
    assert!(hash.starts_with("$2b$12$") && hash.len() == 60, "what the authentication service reads");
    assert_eq!(verified(scene, "alice", TYPED)["valid"], false);
    assert_eq!(verified(scene, "ALICE", NEW)["valid"], true);
    // The one that is cannot be the next, nor can somebody else change it.
    refused(scene, "admin_a", &line, &own(NEW), (403, "WRONG_CREDENTIALS"));
    let same = json!({ "currentPassword": NEW, "password": NEW });
    let told = refused(scene, "admin_a", &line, &same, (422, "PASSWORD_POLICY"));
    assert_eq!(told["errors"][0]["rule"], "reused", "{told}");
    let failed = "SELECT CAST(count(*) AS text) FROM main.login_attempts";
    assert_eq!(value(scene, failed).as_deref(), Some("0"), "who has proven theirs has not failed");
    refused(scene, "master_a", &format!("PUT /users/{ANDY}/password"), &own(NEW), (404, "OUT_OF_REACH"));
}

on_both!(a_hash_that_is_made_anew_meanwhile_is_of_the_same_password);
fn a_hash_that_is_made_anew_meanwhile_is_of_the_same_password(scene: &Scene) {
    has(scene, ALICE, HASH);
    // Anew, so that it takes a while to compare it.
    assert_eq!(verified(scene, "alice", TYPED)["valid"], true);
    scene.given("DELETE FROM main.login_attempts");
    let request = scene.by("admin_a", &format!("PUT /users/{ALICE}/password")).json(&own(NEW));
    let status = std::thread::scope(|scope| {
        let changed = scope.spawn(move || request.send().status);
        let begun = "SELECT CAST(count(*) AS text) FROM main.login_attempts";
        while value(scene, begun).as_deref() != Some("1") && !changed.is_finished() {}
        // As a login does it, whose service hashes at another cost.
        scene.world.run(&format!("UPDATE main.password_records SET rehashed = '{HASH}' WHERE user_id = '{ALICE}'"));
        scene.world.run(&format!("UPDATE main.user_credentials SET password = '{HASH}' WHERE user_id = '{ALICE}'"));
        changed.join().expect("nobody panics")
    });
    assert_eq!(status, 204);
    assert_eq!(verified(scene, "alice", NEW)["valid"], true);
}

on_both!(all_rules_that_a_password_breaks_are_told);
fn all_rules_that_a_password_breaks_are_told(scene: &Scene) {
    let line = format!("PUT /users/{ALICE}/password");
    has(scene, ALICE, HASH);
    let rules = |password: &str| {
        let told = refused(scene, "admin_a", &line, &own(password), (422, "PASSWORD_POLICY"));
        let rules =
            told["errors"].as_array().expect("rules").iter().map(|error| error["rule"].as_str().unwrap().to_owned());
        assert!(told["errors"].as_array().unwrap().iter().all(|error| error["pointer"] == "/password"), "{told}");
        rules.collect::<Vec<_>>()
    };
    refused(scene, "admin_a", &line, &own("Alice\0"), (422, "VALIDATION_FAILED"));
    assert_eq!(rules("Alice"), ["minLength", "names"]);
    assert_eq!(rules(&"ä".repeat(37)), ["maxLength"], "in bytes, and nothing is cut");
    // The tenant says otherwise, and what it says badly does not count.
    let policy = json!({ "configKey": "password-policy", "configValue": { "minLength": 20, "maxLength": 900, "forbidNames": false } });
    assert_eq!(ask(scene, "admin_a", &format!("POST /tenants/{A}/tenant-configs"), &policy).0, 200);
    assert_eq!(rules("Alice in 18 letters"), ["minLength"]);
    assert_eq!(rules(&"x".repeat(73)), ["maxLength"]);
    assert_eq!(ask(scene, "admin_a", &line, &own("Alice in twenty letters and more")).0, 204);
}

on_both!(a_service_that_logs_people_in_is_told_no_more_than_it_may_know);
fn a_service_that_logs_people_in_is_told_no_more_than_it_may_know(scene: &Scene) {
    for person in [ALICE, SAM] {
        scene.given(&format!("DELETE FROM main.user_credentials WHERE user_id = '{person}'"));
        scene.given(&format!(
            "INSERT INTO main.user_credentials (id, user_id, auth_provider, password, created_on, modified_on)
                 VALUES ('{person}', '{person}', 'internal', '{HASH}', '2024-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z')"
        ));
    }
    let told = verified(scene, "alice", TYPED);
    assert_eq!((&told["userId"], &told["tenantId"], &told["mayAct"]), (&json!(ALICE), &json!(A), &json!(true)));
    // Nobody, a wrong password, and none at all are one answer.
    let nothing = verified(scene, "nobody", TYPED);
    for (name, password) in [("alice", "wrong"), ("andy", TYPED), ("amy", TYPED), ("a\u{301}lice", TYPED)] {
        assert_eq!(verified(scene, name, password), nothing, "{name}");
    }
    assert_eq!((&nothing["valid"], &nothing["userId"]), (&json!(false), &Json::Null));
    let body = json!({ "email": "Sam@shared.example", "password": TYPED, "tenantId": A });
    let (_, sam) = ask(scene, "master_a", "POST /credentials/verify", &body);
    assert_eq!((&sam["valid"], &sam["tenantId"]), (&json!(true), &json!(A)), "{sam}");
    // It is for who reaches every tenant: others could try the passwords of people who are none of theirs.
    let bob = json!({ "username": "bob", "password": TYPED });
    has(scene, "b0000000-0000-4000-8000-000000000021", HASH);
    assert_eq!(verified(scene, "bob", TYPED)["valid"], true);
    refused(scene, "only:VerifyCredentials", "POST /credentials/verify", &bob, (403, "MASTER_NEEDED"));
    // Who may not act is told to be so, with the code of a token.
    scene.given("UPDATE main.tenants SET status = 0 WHERE id = 'b0000000-0000-4000-8000-000000000001'");
    let told = verified(scene, "bob", TYPED);
    assert_eq!(
        (&told["valid"], &told["mayAct"], &told["reason"]),
        (&json!(true), &json!(false), &json!("TENANT_SUSPENDED"))
    );
}

on_both!(a_password_may_be_wrong_ten_times_by_whatever_name);
fn a_password_may_be_wrong_ten_times_by_whatever_name(scene: &Scene) {
    has(scene, ALICE, HASH);
    let send = |name: &str, password: &str, address: &str| {
        let key = if name.contains('@') { "email" } else { "username" };
        let body = json!({ key: name, "password": password, "address": address });
        scene.by("master_a", "POST /credentials/verify").json(&body).send()
    };
    for (known, other) in [("alice", "ALICE@a.example"), ("nobody", " NOBODY ")] {
        for attempt in 0..10 {
            let name = if attempt % 2 == 0 { known } else { other };
            assert_eq!(send(name, "wrong", "10.0.0.1").status, 200, "{name} {attempt}");
        }
        let answer = send(known, TYPED, "10.0.0.2");
        assert_eq!((answer.status, json_of(&answer)["code"].clone()), (429, json!("TOO_MANY_ATTEMPTS")), "{known}");
        let seconds: u64 = answer.header("retry-after").parse().expect("a number of seconds");
        assert!((1..=901).contains(&seconds), "{seconds}");
    }
    // Their own way to change it is shut too, and open again when the time is over; who knows it begins anew.
    let line = format!("PUT /users/{ALICE}/password");
    assert_eq!(ask(scene, "admin_a", &line, &own(NEW)).0, 429);
    scene.given("UPDATE main.login_attempts SET since = '2024-01-02T03:04:05.678Z'");
    assert_eq!(verified(scene, "alice", TYPED)["valid"], true);
    assert_eq!(
        value(scene, "SELECT CAST(count(*) AS text) FROM main.login_attempts WHERE since > '2025-01-01'").as_deref(),
        Some("0")
    );
    // An address has a hundred, whoever is meant.
    assert_eq!(send("nobody1", "wrong", "10.0.0.9").status, 200);
    scene.given("UPDATE main.login_attempts SET failures = 99 WHERE failures = 1");
    assert_eq!(send("nobody2", "wrong", "10.0.0.9").status, 200);
    assert_eq!(send("somebody", "wrong", "10.0.0.9").status, 429);
    assert_eq!(send("somebody", "wrong", "10.0.0.8").status, 200);
}

on_both!(a_weak_hash_is_made_anew_and_nothing_follows_from_it);
fn a_weak_hash_is_made_anew_and_nothing_follows_from_it(scene: &Scene) {
    has(scene, ALICE, HASH);
    let changed = "SELECT CAST(changed_on AS text) FROM main.password_records
                       WHERE user_id = 'a0000000-0000-4000-8000-000000000021'";
    scene.given("UPDATE main.user_tenants SET status = 3 WHERE id = 'a0000000-0000-4000-8000-000000000031'");
    let before = value(scene, changed);
    let told = verified(scene, "alice", TYPED);
    assert_eq!((&told["valid"], &told["passwordChangeNeeded"]), (&json!(true), &json!(true)));
    assert!(stored(scene, ALICE).starts_with("$2b$12$"));
    assert_eq!(value(scene, changed), before, "it is the same password");
    assert_eq!(verified(scene, "alice", TYPED)["passwordChangeNeeded"], true, "which is still to be changed");
}

on_both!(a_password_that_the_other_service_changes_ends_the_status);
fn a_password_that_the_other_service_changes_ends_the_status(scene: &Scene) {
    scene.given("UPDATE main.user_tenants SET status = 3 WHERE user_id = 'a0000000-0000-4000-8000-000000000022'");
    scene
        .given("UPDATE main.user_credentials SET auth_id = 'x' WHERE user_id = 'a0000000-0000-4000-8000-000000000022'");
    assert_eq!(status_of_andy(scene), "3");
    has(scene, ANDY, HASH);
    assert_eq!(status_of_andy(scene), "1");
    // Only what waited for it changes.
    scene.given("UPDATE main.user_tenants SET status = 2 WHERE user_id = 'a0000000-0000-4000-8000-000000000022'");
    has(scene, ANDY, "$2b$10$bob-password-hash");
    assert_eq!(status_of_andy(scene), "2");
}

on_both!(a_password_of_before_is_refused_as_often_as_the_tenant_says);
fn a_password_of_before_is_refused_as_often_as_the_tenant_says(scene: &Scene) {
    let policy = json!({ "configKey": "password-policy", "configValue": { "history": 2, "expiryDays": 30 } });
    assert_eq!(ask(scene, "admin_a", &format!("POST /tenants/{A}/tenant-configs"), &policy).0, 200);
    has(scene, ALICE, HASH);
    let line = format!("PUT /users/{ALICE}/password");
    let change =
        |from: &str, to: &str| ask(scene, "admin_a", &line, &json!({ "currentPassword": from, "password": to }));
    assert_eq!(change(TYPED, NEW).0, 204);
    assert_eq!(change(NEW, TYPED).0, 422, "the one before");
    assert_eq!(change(NEW, "a third one, with words").0, 204);
    assert_eq!(change("a third one, with words", TYPED).0, 204, "two are between");
    let told = verified(scene, "alice", TYPED);
    assert!(told["passwordExpiresOn"].is_string() && told["passwordChangeNeeded"] == false, "{told}");
    scene.given("UPDATE main.password_records SET changed_on = '2024-01-02T03:04:05.678Z'");
    assert_eq!(verified(scene, "alice", TYPED)["passwordChangeNeeded"], true);
}

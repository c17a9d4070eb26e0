//! H42 to H45: a callback that could not succeed, and what a stranger, a repeater or a careless sender could do with it.

use std::sync::Barrier;
use std::thread;

use serde_json::{Value as Json, json};

use crate::callback::{SETTINGS, application, provisioning, signed, signed_by};
use crate::replay::signature::Signature;
use crate::request::text;
use crate::world::{World, on_both};

fn signature(members: Json) -> Signature {
    serde_json::from_value(members).expect("these are members of a signature")
}

on_both!(h42_a_provisioning_that_fails_at_its_end_can_be_sent_again, SETTINGS);
fn h42_a_provisioning_that_fails_at_its_end_can_be_sent_again(world: &World) {
    let before = world.database.tables();
    // The last row that it writes is the membership, and nothing before it may stay.
    world.run("ALTER TABLE main.user_tenants RENAME TO away");
    let broken = signed(world, &provisioning(&json!({}))).send();
    assert!(broken.status >= 500, "{}", text(&broken));
    world.run("ALTER TABLE main.away RENAME TO user_tenants");
    assert_eq!(world.database.tables(), before);
    let answer = signed(world, &provisioning(&json!({}))).send();
    assert_eq!(answer.status, 204, "{}", text(&answer));
    let after = world.database.tables();
    let rows = |table: &str| after.rows.keys().filter(|key| key.0 == table).count();
    let rows_before = |table: &str| before.rows.keys().filter(|key| key.0 == table).count();
    for table in ["tenants", "roles", "auth_clients", "users", "user_credentials", "user_tenants"] {
        assert_eq!(rows(table), rows_before(table) + 1, "{table}");
    }
}

on_both!(h43_a_signature_counts_once_however_early_late_or_often_it_comes, SETTINGS);
fn h43_a_signature_counts_once_however_early_late_or_often_it_comes(world: &World) {
    for offset in [-60_000, -6_000, 6_000, 60_000] {
        let request = signed_by(world, &provisioning(&json!({})), &signature(json!({ "offset": offset })));
        assert_eq!(request.send().status, 401, "{offset} ms away");
    }
    // Signed for four seconds from now: it is good until nine seconds from now, and once.
    let request = signed_by(world, &provisioning(&json!({})), &signature(json!({ "offset": 4_000 })));
    let start = Barrier::new(20);
    let call = || {
        start.wait();
        request.send().status
    };
    let mut statuses: Vec<u16> = thread::scope(|scope| {
        let calls: Vec<_> = (0..20).map(|_| scope.spawn(call)).collect();
        calls.into_iter().map(|call| call.join().expect("each is answered")).collect()
    });
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (204, &[401; 19][..]));
    thread::sleep(std::time::Duration::from_secs(6));
    assert_eq!(request.send().status, 401, "not after the tolerance for one signed now either");
}

on_both!(h44_the_signature_is_checked_first_and_over_the_compact_body, SETTINGS);
fn h44_the_signature_is_checked_first_and_over_the_compact_body(world: &World) {
    let body = provisioning(&json!({}));
    let pretty = serde_json::to_string_pretty(&body).expect("JSON can be written");
    let malformed = signed(world, &body).body(b"{\"email\":".to_vec()).send();
    assert!([400, 401].contains(&malformed.status), "{}", text(&malformed));
    for (sign_over, secret) in [(Some(pretty.as_str()), None), (Some("{}"), None), (None, Some("guessed"))] {
        let signature = signature(json!({ "sign_over": sign_over, "secret": secret }));
        assert_eq!(signed_by(world, &body, &signature).send().status, 401);
    }
    // One bit of the body changed after it was signed.
    let changed = signed(world, &body).json(&provisioning(&json!({ "tenantKey": "hooked" })));
    assert_eq!(changed.send().status, 401);
    // As its sender wrote it, with the signature over its compact form.
    let request = signed(world, &body).body(pretty.into_bytes());
    assert_eq!(request.send().status, 204);
}

on_both!(h45_people_are_known_by_address_and_secrets_stay_inside, SETTINGS);
fn h45_people_are_known_by_address_and_secrets_stay_inside(world: &World) {
    let before = world.database.tables();
    for (email, status) in [("BOB@B.Example", 409), (" alice@a.example ", 409), ("no address", 400), ("", 400)] {
        let answer = signed(world, &provisioning(&json!({ "email": email }))).send();
        assert_eq!(answer.status, status, "{email}: {}", text(&answer));
    }
    assert_eq!(world.database.tables(), before);
    let client = application("hook-web", &json!("a-very-secret-secret"));
    let answer = signed(world, &provisioning(&json!({ "authClient": client }))).send();
    assert_eq!((answer.status, text(&answer).as_str()), (204, ""));
    let log = world.server.log();
    assert!(log.contains("/user-callback") && !log.contains("a-very-secret-secret"), "it is not logged");
    for include in ["users", "roles", "userTenants"] {
        let filter = json!({ "include": [include] });
        let listed = world.request("GET /tenants").token("master_a").query("filter", &filter).send();
        assert_eq!(listed.status, 200);
        assert!(!text(&listed).contains("a-very-secret-secret"));
    }
}

//! H52 to H61: what answers, logs and open pages told, and requests that cost without bound.

use serde_json::{Value as Json, json};

use super::{A, ANDY, ANDY_IN_A, BETH_IN_B, ENGINEERS, MEMBER, NOBODY, SALES, Scene, status};
use crate::request::{bad_refusal, json, text};
use crate::support::token;
use crate::world::on_both;

on_both!(h52_an_error_tells_nobody_what_somebody_else_asked_for);
fn h52_an_error_tells_nobody_what_somebody_else_asked_for(scene: &Scene) {
    let ids = ["f0000000-0000-4000-8000-0000000000aa", "f0000000-0000-4000-8000-0000000000bb"];
    let other = |id: &str| ids.into_iter().find(|one| *one != id).unwrap();
    for profile in ["admin_a", "admin_b", "master_a"] {
        for id in ids {
            let refusal = scene.refused(&scene.by(profile, &format!("DELETE /tenants/{id}")), 404).to_string();
            assert!(refusal.contains(id) && !refusal.contains(other(id)), "{refusal}");
        }
    }
    for name in ["nope", "bogus"] {
        let filter = json!({ "include": [name] });
        let refusal = scene.refused(&scene.by("admin_a", "GET /tenants").query("filter", &filter), 400).to_string();
        assert!(refusal.contains(name), "{refusal}");
    }
}

on_both!(h53_no_refusal_shows_a_row_or_the_database);
fn h53_no_refusal_shows_a_row_or_the_database(scene: &Scene) {
    let user = |role: &str| json!({ "firstName": "N", "username": "n", "email": "n@a.example", "roleId": role });
    let roles = format!("/tenants/{A}/roles");
    for request in [
        scene.by("admin_a", &format!("POST /tenants/{A}/users")).json(&user(NOBODY)),
        scene.by("admin_a", &format!("POST {roles}")).json(&json!({ "name": "member" })),
        scene.by("admin_a", &format!("PATCH {roles}?where={{\"name\":\"viewer\"}}")).json(&json!({ "name": "member" })),
        scene.by("admin_a", &format!("GET {roles}")).query("filter", &json!({ "order": "password" })),
        scene.by("admin_a", &format!("POST /groups/{SALES}/user")).json(&json!({ "userTenantId": BETH_IN_B })),
        scene.by("admin_a", &format!("POST /groups/{ENGINEERS}/user")).json(&json!({ "userTenantId": ANDY_IN_A })),
        scene.by("admin_a", &format!("PATCH /tenants/{A}/users/{ANDY}")).json(&json!({ "email": "bob@b.example" })),
        scene.by("admin_a", "POST /tenants").json(&json!({ "name": "N", "status": 1, "key": "tenant-b" })),
        scene.by("admin_a", "POST /tenants").json(&json!({ "name": "Named", "status": 1 })),
    ] {
        let answer = request.send();
        assert!((400..500).contains(&answer.status), "{:?}", status(&answer));
        let refusal = scene.refused(&request, answer.status);
        assert!(refusal["message"].is_string() || refusal["message"]["message"].is_string(), "{refusal}");
        for word in [
            "Failing row",
            "severity",
            "constraint\"",
            "fk_",
            "uq_",
            "schema\"",
            "routine",
            "b.example\",",
            "Betaville",
        ] {
            assert!(!refusal.to_string().contains(word), "{word} in {refusal}");
        }
    }
}

on_both!(h54_no_input_is_an_error_of_the_server);
fn h54_no_input_is_an_error_of_the_server(scene: &Scene) {
    let long = "x".repeat(3000);
    let role = format!("PATCH /tenants/{A}/roles?where={{\"id\":\"{MEMBER}\"}}");
    for id in ["not-an-id", "%00", "%ff", "1", "a0000000-0000-4000-8000-00000000000", "%27%20OR%201=1", &long] {
        for line in [
            format!("GET /tenants/{id}"),
            format!("DELETE /tenants/{A}/users/{id}"),
            format!("PATCH /tenants/{A}/users/{id}"),
            format!("PUT /tenants/{A}/users/{id}/role"),
            format!("DELETE /tenants/{A}/roles/{id}"),
            format!("DELETE /tenants/{A}/groups/{id}"),
            format!("GET /groups/{id}/user"),
            format!("DELETE /groups/{ENGINEERS}/user/{id}"),
            format!("GET /user-tenants/{id}/user-groups"),
            format!("DELETE /user-tenant-prefs/{id}/hard"),
            format!("GET /user/{id}/tenants"),
        ] {
            let request = scene.by("admin_a", &line).json(&json!({ "roleId": MEMBER }));
            let answer = request.send();
            assert!([400, 403, 404, 422].contains(&answer.status), "{line}: {:?}", status(&answer));
            assert_eq!(bad_refusal(&answer), None, "{line}");
        }
    }
    for (line, body) in [
        (role.clone(), json!({ "name": "nul \u{0}" })),
        (role.clone(), json!({ "name": long })),
        (role, json!({ "roleType": 1e300 })),
        (format!("PATCH /tenants/{A}/users/{ANDY}"), json!({ "dob": "yesterday" })),
        (format!("PATCH /tenants/{A}/users/{ANDY}"), json!({ "lastName": "nul \u{0}" })),
        (format!("POST /tenants/{A}/tenant-configs"), json!({ "configKey": "nul", "configValue": { "a": "\u{0}" } })),
        (format!("POST /tenants/{A}/tenant-configs"), json!({ "configKey": "\u{0}", "configValue": {} })),
        (format!("POST /groups/{SALES}/user"), json!({ "userTenantId": "\u{0}" })),
        (
            format!("POST /user-tenants/{ANDY_IN_A}/user-level-permissions"),
            json!({ "permission": "\u{0}", "allowed": false }),
        ),
    ] {
        let request = scene.by("admin_a", &line).json(&body);
        let answer = request.send();
        assert!([403, 422].contains(&answer.status), "{line} {body}: {:?}", status(&answer));
        scene.refused(&request, answer.status);
    }
    for filter in [
        json!({ "where": { "id": "not-an-id" } }),
        json!({ "where": { "createdOn": { "gt": "yesterday" } } }),
        json!({ "where": { "roleType": { "gt": "many" } } }),
        json!({ "where": { "name": "\u{0}" } }),
        json!({ "where": { "name": { "like": "\u{0}" } } }),
        json!({ "order": "nothing ASC" }),
        json!({ "limit": -1 }),
        json!({ "skip": "x" }),
    ] {
        let answer = scene.by("admin_a", &format!("GET /tenants/{A}/roles")).query("filter", &filter).send();
        assert!([200, 400].contains(&answer.status), "{filter}: {:?}", status(&answer));
        assert!(answer.status == 400 || json(&answer) == json!([]), "{filter}: {}", text(&answer));
    }
}

on_both!(h55_a_token_in_the_address_is_none_and_is_not_logged);
fn h55_a_token_in_the_address_is_none_and_is_not_logged(scene: &Scene) {
    let token = token::token("admin_a");
    let request = scene.world.request(&format!("GET /tenants?access_token={token}"));
    scene.refused(&request, 401);
    scene.refused(&request.token("admin_a"), 401);
    let log = scene.world.server.log();
    assert!(log.contains("\"path\":\"/tenants\""), "requests are logged");
    assert!(!log.contains("access_token") && !log.contains(&token), "without their query");
}

on_both!(h56_a_token_without_an_end_or_a_key_is_refused);
fn h56_a_token_without_an_end_or_a_key_is_refused(scene: &Scene) {
    // Any of several keys may be meant.
    scene.given(
        "INSERT INTO main.jwt_keys (key_id, public_key, private_key, created_on)
         VALUES ('second', 'unused', 'unused', '2024-01-02T03:04:05.678Z')",
    );
    scene.refused(&scene.by("no_kid", "GET /tenants"), 401);
    for profile in ["no_exp", "unknown_kid", "no_iss", "alg_none", "alg_confusion"] {
        scene.refused(&scene.by(profile, "GET /tenants"), 401);
    }
    assert_eq!(scene.by("admin_a", "GET /tenants").send().status, 200);
}

on_both!(h58_what_a_request_may_cost_is_bounded);
fn h58_what_a_request_may_cost_is_bounded(scene: &Scene) {
    let roles = format!("GET /tenants/{A}/roles");
    let nested = (0..6).fold(json!([]), |inner, level| {
        let relation = if level % 2 == 1 { "userTenants" } else { "role" };
        json!([{ "relation": relation, "scope": { "include": inner } }])
    });
    let many: Vec<Json> = (0..401).map(|n| json!({ "roleType": n })).collect();
    for filter in [
        json!({ "limit": 10_001 }),
        json!({ "include": nested }),
        json!({ "where": { "or": many } }),
        json!({ "where": { "name": { "like": "%".repeat(1001) } } }),
        json!({ "where": { "name": { "regexp": "(a{1000}){1000}" } } }),
        json!({ "where": { "name": { "regexp": "(?=x)" } } }),
    ] {
        scene.refused(&scene.by("admin_a", &roles).query("filter", &filter), 400);
    }
    let members = json!(vec![json!({ "userTenantId": ANDY_IN_A }); 40_000]);
    scene.refused(&scene.by("admin_a", &format!("POST /groups/{SALES}/user/bulk")).json(&members), 413);
    let matching = json!({ "where": { "name": { "regexp": "^(a+)+$" } } });
    let answer = scene.by("admin_a", &roles).query("filter", &matching).send();
    assert_eq!((answer.status, json(&answer)), (200, json!([])), "a pattern that others backtrack on");
}

on_both!(h59_no_page_of_another_site_calls_with_somebodys_credentials);
fn h59_no_page_of_another_site_calls_with_somebodys_credentials(scene: &Scene) {
    let preflight = scene
        .world
        .request("OPTIONS /tenants")
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "DELETE")
        .header("access-control-request-headers", "authorization");
    for request in [preflight, scene.by("admin_a", "GET /tenants").header("origin", "https://evil.example")] {
        let answer = request.send();
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.headers.get("access-control-allow-credentials"), None);
    }
}

on_both!(h60_open_pages_hold_nothing_of_a_request_or_a_tenant);
fn h60_open_pages_hold_nothing_of_a_request_or_a_tenant(scene: &Scene) {
    for page in ["/openapi.json", "/openapi.yaml", "/explorer/", "/ping", "/health/live", "/health/ready", "/metrics"] {
        let answer = scene.by("admin_a", &format!("GET {page}")).header("x-secret", "of-the-request").send();
        assert_eq!(answer.status, 200, "{page}");
        let token = token::token("admin_a");
        for word in ["of-the-request", token.as_str(), "tenant-a", "Alphaville", "alice", A] {
            assert!(!text(&answer).contains(word), "{page} shows {word}");
        }
    }
    for page in ["/obf", "/obf/stats", "/obf/metrics"] {
        assert_eq!(scene.world.request(&format!("GET {page}")).send().status, 404, "{page}");
    }
}

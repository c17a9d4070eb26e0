//! `POST /tenants/provision`: all of it or nothing, once by a key, by masters alone, and nobody's but the new tenant's.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;

use serde_json::{Map, Value as Json, json};

use crate::holes::{A, ALICE, ANDY, B, BOB, ENGINEERS_OF_B, SAM};
use crate::request::{Request, bad_refusal, json as json_of, text};
use crate::support::fixture::Tables;
use crate::support::http::Answer;
use crate::world::{World, on_both};

const LINE: &str = "POST /tenants/provision";

/// A provisioning of everything, with some parts changed: members of parts by name, whole parts where they are no objects. A
/// change to null leaves a part out.
pub(crate) fn everything(changes: &Json) -> Json {
    let mut body = json!({
        "tenant": { "name": " Acme  Ltd", "key": "Acme", "city": "Porto", "website": "https://acme.example" },
        "administrator": {
            "firstName": "Ann", "lastName": "Lee", "email": "Ann@Acme.example", "username": " Ann.Lee ", "locale": "pt",
            "phone": "+15550001111",
        },
        "configs": [
            { "configKey": "theme", "configValue": { "colour": "green" } },
            { "configKey": "Theme", "configValue": { "colour": "blue" } },
        ],
        "groups": [{ "name": "Night shift", "description": "After ten" }, { "name": "Day shift" }],
        "client": { "clientId": "acme-web", "redirectUrl": "https://acme.example/login", "accessTokenExpiration": 60 },
        "limits": { "maxMembers": 5, "maxInvitations": 3, "retentionDays": 7 },
        "reason": "Order 4711",
    });
    for (part, change) in changes.as_object().into_iter().flatten() {
        match (change.as_object(), body[part].as_object_mut()) {
            (Some(members), Some(part)) => part.extend(members.clone()),
            _ => body[part] = change.clone(),
        }
    }
    body.as_object_mut().expect("an object").retain(|_, part| !part.is_null());
    body
}

fn by(world: &World, profile: &str, body: &Json) -> Request {
    world.request(LINE).token(profile).json(body)
}

fn provision(world: &World, body: &Json) -> Answer {
    by(world, "master_a", body).send()
}

#[track_caller]
fn made(answer: &Answer) -> Json {
    assert_eq!(answer.status, 201, "{}", text(answer));
    json_of(answer)
}

/// The rows of a table that came since.
fn added(world: &World, before: &Tables, table: &str) -> Vec<Map<String, Json>> {
    let after = world.database.tables();
    let new = after.rows.iter().filter(|(key, _)| key.0 == table && !before.rows.contains_key(*key));
    new.map(|(_, row)| row.clone()).collect()
}

fn sorted<'a>(rows: impl IntoIterator<Item = &'a Map<String, Json>>, column: &str) -> Vec<Json> {
    let mut values: Vec<Json> = rows.into_iter().map(|row| row[column].clone()).collect();
    values.sort_by_key(Json::to_string);
    values
}

on_both!(a_tenant_has_all_that_it_begins_with);
fn a_tenant_has_all_that_it_begins_with(world: &World) {
    let before = world.database.tables();
    let told = made(&provision(world, &everything(&json!({}))));
    let [tenant] = &added(world, &before, "tenants")[..] else { panic!("one tenant") };
    let limits = [&tenant["max_members"], &tenant["max_invitations"], &tenant["retention_days"]];
    assert_eq!(limits, [&json!(5), &json!(3), &json!(7)]);
    assert_eq!([&tenant["name"], &tenant["key"], &tenant["status"]], [&json!("Acme Ltd"), &json!("acme"), &json!(1)]);
    assert_eq!(told["tenant"], json!({ "id": tenant["id"], "key": "acme", "status": "active" }));
    let of_tenant = |table: &str| {
        let rows = added(world, &before, table);
        assert!(rows.iter().all(|row| row["tenant_id"] == tenant["id"]), "{table}: {rows:?}");
        rows
    };

    let roles = of_tenant("roles");
    assert_eq!(sorted(&roles, "name"), ["administrator", "member", "owner", "viewer"].map(Json::from));
    let names: Vec<_> = told["roles"].as_array().unwrap().iter().map(|role| role["name"].clone()).collect();
    assert_eq!(names, ["owner", "administrator", "member", "viewer"].map(Json::from));
    let of_template = |row: &Map<String, Json>| row["template_name"] == row["name"] && row["template_version"] == 1;
    assert!(roles.iter().all(of_template), "{roles:?}");
    for role in told["roles"].as_array().unwrap() {
        assert!(roles.iter().any(|row| row["id"] == role["id"] && row["name"] == role["name"]), "{role}");
    }

    let [person] = &added(world, &before, "users")[..] else { panic!("one person") };
    assert_eq!([&person["username"], &person["email"]], [&json!("ann.lee"), &json!("ann@acme.example")]);
    assert_eq!(person["default_tenant_id"], tenant["id"]);
    let [credentials] = &added(world, &before, "user_credentials")[..] else { panic!("one row of credentials") };
    assert_eq!((&credentials["user_id"], &credentials["password"]), (&person["id"], &Json::Null));
    let [membership] = &of_tenant("user_tenants")[..] else { panic!("one membership") };
    assert_eq!(
        told["administrator"],
        json!({ "userId": person["id"], "userTenantId": membership["id"], "roleId": membership["role_id"], "status": "registered", "isNew": true })
    );
    assert_eq!((&membership["status"], &membership["locale"]), (&json!(0), &json!("pt")));
    assert!(told["roles"][0]["id"] == membership["role_id"], "the owner's: {told}");

    let [client] = &of_tenant("auth_clients")[..] else { panic!("one client application") };
    assert_eq!(told["client"]["clientSecret"], client["client_secret"]);
    assert_eq!((&told["client"]["id"], &told["client"]["clientId"]), (&client["id"], &json!("acme-web")));
    assert_eq!([&client["access_token_expiration"], &client["auth_code_expiration"]], [&json!(60), &json!(180)]);
    let secrets: BTreeSet<_> = ["client_secret", "secret"].map(|name| client[name].as_str().unwrap().to_owned()).into();
    assert!(secrets.len() == 2 && secrets.iter().all(|secret| secret.len() == 43), "{secrets:?}");
    assert_eq!(person["auth_client_ids"], json!([client["id"]]));

    assert_eq!(sorted(&of_tenant("groups"), "name"), ["Day shift", "Night shift"].map(Json::from));
    assert_eq!(told["groups"][0]["name"], "Night shift");
    assert!(added(world, &before, "user_groups").is_empty());
    assert_eq!(sorted(&of_tenant("tenant_configs"), "config_key"), ["Theme", "theme"].map(Json::from));
    assert_eq!(told["configs"][1]["configKey"], "Theme");

    // The administrator may let others in.
    let membership = membership["id"].as_str().unwrap();
    let held = world.request(&format!("GET /user-tenants/{membership}/effective-permissions")).token("master_a").send();
    let held = json_of(&held);
    assert!(held["active"] == true && held.to_string().contains("UpdateTenantUser"), "{held}");
}

on_both!(each_row_is_an_event_of_one_request_and_no_event_tells_a_secret);
fn each_row_is_an_event_of_one_request_and_no_event_tells_a_secret(world: &World) {
    let told = made(&provision(world, &everything(&json!({}))));
    let tenant = told["tenant"]["id"].as_str().unwrap();
    let page = json_of(&world.request(&format!("GET /tenants/{tenant}/events")).token("master_a").send());
    let events = page["events"].as_array().unwrap();
    let kinds: BTreeSet<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let expected = ["configuration.added", "credentials.added", "group.created", "person.created", "role.created"];
    assert_eq!(kinds, expected.into_iter().chain(["tenant.created", "user.invited"]).collect(), "{page}");
    assert_eq!(events.len(), 12, "tenant, four roles, person, credentials, membership, two and two: {page}");
    assert_eq!(events.iter().map(|event| event["requestId"].to_string()).collect::<BTreeSet<_>>().len(), 1);
    assert!(events.iter().all(|event| event["reason"] == "Order 4711"), "{page}");
    let secret = told["client"]["clientSecret"].as_str().unwrap();
    for (profile, line) in [("master_a", "GET /events"), ("master_a", "GET /tenants")] {
        let answer = world.request(line).token(profile).send();
        assert!(answer.status == 200 && !text(&answer).contains(secret), "{line}");
    }
}

on_both!(what_is_left_out_is_nothing_or_the_default);
fn what_is_left_out_is_nothing_or_the_default(world: &World) {
    let before = world.database.tables();
    let least = json!({
        "tenant": { "name": "Least", "key": "least", "status": "pending" },
        "administrator": { "firstName": "L", "email": "L@least.example" },
        "roles": ["viewer"],
        "client": {},
    });
    let told = made(&provision(world, &least));
    let [tenant] = &added(world, &before, "tenants")[..] else { panic!("one tenant") };
    assert_eq!((&tenant["status"], &tenant["max_members"]), (&json!(2), &Json::Null));
    assert_eq!(told["tenant"]["status"], "pending");
    let [person] = &added(world, &before, "users")[..] else { panic!("one person") };
    assert_eq!((&person["username"], &person["email"]), (&json!("l@least.example"), &json!("l@least.example")));
    assert_eq!(sorted(&added(world, &before, "roles"), "name"), ["owner", "viewer"].map(Json::from));
    assert_eq!(told["client"]["clientId"], "least", "the tenant's key");
    assert_eq!((&told["groups"], &told["configs"]), (&json!([]), &json!([])));
    let step = format!("POST /tenants/{}/activate", told["tenant"]["id"].as_str().unwrap());
    assert_eq!(json_of(&world.request(&step).token("master_a").send())["status"], "active");
    let other = everything(&json!({ "client": Json::Null, "administrator": { "template": "Administrator" } }));
    let told = made(&provision(world, &other));
    assert_eq!((&told["client"], &told["administrator"]["roleId"]), (&Json::Null, &told["roles"][1]["id"]));
}

on_both!(a_known_person_is_invited_and_stays_what_they_are);
fn a_known_person_is_invited_and_stays_what_they_are(world: &World) {
    let before = world.database.tables();
    let bob = json!({ "firstName": "Robert", "lastName": Json::Null, "username": "bob", "email": "BOB@b.example" });
    let bob: Map<_, _> = bob.as_object().unwrap().clone().into_iter().filter(|(_, value)| !value.is_null()).collect();
    let mut body = everything(&json!({}));
    body["administrator"] = bob.into();
    let told = made(&provision(world, &body));
    assert_eq!((&told["administrator"]["userId"], &told["administrator"]["isNew"]), (&json!(BOB), &json!(false)));
    assert!(added(world, &before, "users").is_empty() && added(world, &before, "user_credentials").is_empty());
    let key = ("users".to_owned(), BOB.to_owned());
    let (mut was, mut is) = (before.rows[&key].clone(), world.database.tables().rows[&key].clone());
    let client = told["client"]["id"].clone();
    let mut clients = was.remove("auth_client_ids").unwrap();
    clients.as_array_mut().unwrap().push(client);
    assert_eq!(is.remove("auth_client_ids").unwrap(), clients, "the application of the tenant on top of those before");
    for noted in ["modified_on", "modified_by"] {
        assert!(was.remove(noted).is_some() && is.remove(noted).is_some());
    }
    assert_eq!(is, was, "nothing else");
    let [membership] = &added(world, &before, "user_tenants")[..] else { panic!("one membership") };
    assert_eq!((&membership["status"], &membership["introduction"]["firstName"]), (&json!(0), &json!("Robert")));
    // The tenant sees the names that it gave, and no more, until they come.
    let tenant = told["tenant"]["id"].as_str().unwrap();
    let listed = json_of(&world.request(&format!("GET /tenants/{tenant}/users")).token("master_a").send());
    let shown = &listed[0];
    assert_eq!((&shown["firstName"], &shown["defaultTenantId"]), (&json!("Robert"), &Json::Null), "{listed}");
    assert!(!listed.to_string().contains("Boss"), "{listed}");
}

on_both!(what_is_refused_is_named_and_leaves_nothing);
fn what_is_refused_is_named_and_leaves_nothing(world: &World) {
    world.run(&format!("UPDATE main.users SET deactivated_on = '2024-01-02T03:04:05.678Z' WHERE id = '{SAM}'"));
    let before = world.database.tables();
    let many = |count: usize| (0..count).map(|at| json!({ "name": format!("g{at}") })).collect::<Json>();
    let person = |username: &str, email: &str| json!({ "administrator": { "username": username, "email": email } });
    let config = |key: &str| json!({ "configKey": key, "configValue": {} });
    let groups = |names: [&str; 2]| json!({ "groups": names.map(|name| json!({ "name": name })) });
    for (changes, status, code, named) in [
        (json!({ "tenant": { "key": "Tenant-A" } }), 409, "TAKEN", r#"a Tenant with the key \"tenant-a\""#),
        (json!({ "tenant": { "key": "tenant-d" } }), 409, "TAKEN", "key"),
        (json!({ "tenant": { "key": "not a host" } }), 422, "VALIDATION_FAILED", r#""/tenant/key""#),
        (json!({ "tenant": { "key": " " } }), 422, "VALIDATION_FAILED", r#""/tenant/key""#),
        (json!({ "tenant": { "key": "much-longer-than-any-key" } }), 422, "VALIDATION_FAILED", r#""/tenant/key""#),
        (json!({ "tenant": { "name": " \u{200b}" } }), 422, "VALIDATION_FAILED", r#""/tenant/name""#),
        (json!({ "tenant": { "status": "archived" } }), 422, "VALIDATION_FAILED", r#""/tenant/status""#),
        (json!({ "tenant": { "status": 1 } }), 422, "VALIDATION_FAILED", r#""/tenant/status""#),
        (json!({ "tenant": Json::Null }), 422, "VALIDATION_FAILED", r#""/tenant""#),
        (person("ann", "nobody"), 422, "VALIDATION_FAILED", r#""/administrator/email""#),
        (person("\u{200b}", "ann@acme.example"), 422, "VALIDATION_FAILED", r#""/administrator/username""#),
        (json!({ "administrator": { "firstName": " " } }), 422, "VALIDATION_FAILED", r#""/administrator/firstName""#),
        (json!({ "administrator": { "phone": "call me" } }), 422, "VALIDATION_FAILED", r#""/administrator/phone""#),
        (person("bob", "alice@a.example"), 409, "LOGIN_TAKEN", "different user"),
        (person("bob", "new@a.example"), 409, "LOGIN_TAKEN", "different user"),
        (person("sam", "sam@shared.example"), 409, "LOGIN_TAKEN", "deactivated"),
        (json!({ "administrator": { "template": "none" } }), 422, "UNKNOWN_TEMPLATE", "none"),
        (
            json!({ "administrator": { "template": "viewer" } }),
            422,
            "VALIDATION_FAILED",
            r#""/administrator/template""#,
        ),
        (json!({ "roles": ["owner", "none"] }), 422, "UNKNOWN_TEMPLATE", "none"),
        (json!({ "roles": ["owner", "viewer", "OWNER"] }), 422, "VALIDATION_FAILED", r#""/roles/2""#),
        (json!({ "roles": [""] }), 422, "VALIDATION_FAILED", r#""/roles/0""#),
        (groups(["Night", "NIGHT"]), 422, "VALIDATION_FAILED", r#""/groups/1/name""#),
        (groups(["Été", " ÉTÉ "]), 422, "VALIDATION_FAILED", r#""/groups/1/name""#),
        (groups(["Night", " "]), 422, "VALIDATION_FAILED", r#""/groups/1/name""#),
        (json!({ "groups": [{ "description": "x" }] }), 422, "VALIDATION_FAILED", r#""/groups/0/name""#),
        (json!({ "groups": many(31) }), 422, "VALIDATION_FAILED", r#""/groups""#),
        (json!({ "configs": [config("a"), config("a")] }), 422, "VALIDATION_FAILED", r#""/configs/1/configKey""#),
        (json!({ "configs": [config("a"), config(" ")] }), 422, "VALIDATION_FAILED", r#""/configs/1/configKey""#),
        (
            json!({ "configs": [{ "configKey": "a", "configValue": { "long": "x".repeat(66_000) } }] }),
            422,
            "VALIDATION_FAILED",
            r#""/configs/0/configValue""#,
        ),
        (json!({ "client": { "clientId": "web" } }), 409, "TAKEN", r#"a AuthClient with the clientId \"web\""#),
        (json!({ "client": { "clientId": " " } }), 422, "VALIDATION_FAILED", r#""/client/clientId""#),
        (json!({ "client": { "clientSecret": "mine" } }), 422, "VALIDATION_FAILED", r#""/client/clientSecret""#),
        (json!({ "limits": { "maxMembers": 0 } }), 422, "VALIDATION_FAILED", r#""/limits/maxMembers""#),
        (json!({ "limits": { "maxInvitations": 0 } }), 422, "VALIDATION_FAILED", r#""/limits/maxInvitations""#),
        (json!({ "limits": { "retentionDays": 36_501 } }), 422, "VALIDATION_FAILED", r#""/limits/retentionDays""#),
        (json!({ "reason": "x".repeat(501) }), 422, "VALIDATION_FAILED", r#""/reason""#),
        (json!({ "surplus": 1 }), 422, "VALIDATION_FAILED", r#""/surplus""#),
    ] {
        let answer = provision(world, &everything(&changes));
        let told = text(&answer);
        assert_eq!((answer.status, json_of(&answer)["code"].as_str()), (status, Some(code)), "{changes}: {told}");
        assert!(told.contains(named), "{changes}: {told} names {named}");
        assert_eq!(bad_refusal(&answer), None);
        assert!(world.database.tables() == before, "{changes} left something");
    }
}

on_both!(no_tenant_provisions_and_nothing_of_another_comes_into_the_new_one);
fn no_tenant_provisions_and_nothing_of_another_comes_into_the_new_one(world: &World) {
    let before = world.database.tables();
    let refusal = |request: Request| {
        let answer = request.send();
        (answer.status, json_of(&answer)["code"].as_str().unwrap_or_default().to_owned())
    };
    for profile in ["admin_a", "admin_b", "andy_all", "sam_a_all"] {
        // Whatever the body is: nobody learns which keys and addresses are taken.
        for changes in
            [json!({}), json!({ "tenant": { "key": "tenant-b" } }), json!({ "client": { "clientId": "web" } })]
        {
            let refused = refusal(by(world, profile, &everything(&changes)));
            assert_eq!(refused, (403, "MASTER_NEEDED".to_owned()), "{profile}");
        }
    }
    assert_eq!(world.request(LINE).json(&everything(&json!({}))).send().status, 401);
    // What would make a row another tenant's, or take one of another's, is no part of the body.
    for (part, member) in [
        ("tenant", json!({ "id": B })),
        ("tenant", json!({ "maxMembers": 1 })),
        ("tenant", json!({ "createdBy": ALICE })),
        ("administrator", json!({ "id": ANDY })),
        ("administrator", json!({ "defaultTenantId": A })),
        ("administrator", json!({ "authClientIds": [1, 2] })),
        ("administrator", json!({ "roleId": "b0000000-0000-4000-8000-000000000011" })),
        ("administrator", json!({ "status": 1 })),
        ("client", json!({ "tenantId": B })),
        ("client", json!({ "id": 1 })),
        ("client", json!({ "secret": "known" })),
    ] {
        let refused = refusal(by(world, "master_a", &everything(&json!({ part: member }))));
        assert_eq!(refused, (422, "VALIDATION_FAILED".to_owned()), "{part}: {member}");
    }
    for changes in [
        json!({ "groups": [{ "id": ENGINEERS_OF_B, "name": "Mine" }] }),
        json!({ "groups": [{ "tenantId": B, "name": "Mine" }] }),
        json!({ "configs": [{ "tenantId": B, "configKey": "k", "configValue": {} }] }),
        json!({ "roles": [{ "tenantId": B, "name": "Mine" }] }),
    ] {
        assert_eq!(refusal(by(world, "master_a", &everything(&changes))).0, 422, "{changes}");
    }
    assert!(world.database.tables() == before);
    // Of the new tenant the others see nothing.
    let told = made(&provision(world, &everything(&json!({}))));
    let tenant = told["tenant"]["id"].as_str().unwrap();
    for below in ["", "/users", "/roles", "/groups", "/tenant-configs", "/lifecycle", "/events"] {
        let status = world.request(&format!("GET /tenants/{tenant}{below}")).token("admin_b").send().status;
        assert!([403, 404].contains(&status), "{below}: {status}");
    }
}

/// Sends requests at the same moment.
fn at_once(requests: &[Request]) -> Vec<Answer> {
    let start = Barrier::new(requests.len());
    let call = |request: &Request| {
        start.wait();
        request.send()
    };
    thread::scope(|scope| {
        let callers: Vec<_> = requests.iter().map(|request| scope.spawn(|| call(request))).collect();
        callers.into_iter().map(|caller| caller.join().expect("a caller gets its answer")).collect()
    })
}

on_both!(of_two_at_once_with_one_key_of_a_tenant_one_gets_it);
fn of_two_at_once_with_one_key_of_a_tenant_one_gets_it(world: &World) {
    for round in 0..5 {
        let before = world.database.tables();
        let body = |at: usize| {
            everything(&json!({
                "tenant": { "key": format!("twice-{round}") },
                "administrator": { "email": format!("n{at}@acme.example"), "username": format!("n{at}-{round}") },
                "client": { "clientId": format!("app-{round}-{at}") },
            }))
        };
        let answers = at_once(&[0, 1].map(|at| by(world, "master_a", &body(at + 2 * round))));
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "{:?}", answers.iter().map(text).collect::<Vec<_>>());
        for (table, rows) in [("tenants", 1), ("roles", 4), ("users", 1), ("auth_clients", 1), ("groups", 2)] {
            assert_eq!(added(world, &before, table).len(), rows, "{table}");
        }
    }
}

on_both!(many_at_once_invite_one_person_and_none_is_lost);
fn many_at_once_invite_one_person_and_none_is_lost(world: &World) {
    let body = |at: usize| {
        everything(&json!({
            "tenant": { "key": format!("many-{at}") },
            "administrator": { "email": "bob@b.example", "username": "bob" },
            "client": { "clientId": format!("app-{at}") },
        }))
    };
    let requests: Vec<_> = (0..10).map(|at| by(world, "master_a", &body(at))).collect();
    let ids: BTreeSet<_> = at_once(&requests).iter().map(|answer| made(answer)["client"]["id"].to_string()).collect();
    let row = &world.database.tables().rows[&("users".to_owned(), BOB.to_owned())];
    let held: BTreeSet<_> = row["auth_client_ids"].as_array().unwrap().iter().map(Json::to_string).collect();
    assert!(ids.len() == 10 && held.is_superset(&ids), "{held:?} {ids:?}");
}

on_both!(of_fifty_at_once_by_one_key_one_is_carried_out);
fn of_fifty_at_once_by_one_key_one_is_carried_out(world: &World) {
    let before = world.database.tables();
    let request = |body: &Json| by(world, "master_a", body).header("idempotency-key", "\"of-may\"");
    let body = everything(&json!({}));
    let answers = at_once(&(0..50).map(|_| request(&body)).collect::<Vec<_>>());
    let first = answers.iter().find(|answer| answer.status == 201).expect("one is carried out");
    for answer in &answers {
        match answer.status {
            201 => assert_eq!(text(answer), text(first)),
            _ => assert_eq!((answer.status, &json_of(answer)["code"]), (409, &json!("IDEMPOTENCY_KEY_AT_WORK"))),
        }
    }
    // Whoever lost the answer asks again, and gets it whole: no other route tells the secret.
    let again = request(&body).send();
    assert_eq!((again.status, text(&again), again.header("idempotency-replayed")), (201, text(first), "true"));
    assert!(text(&again).contains("clientSecret"));
    assert_eq!(request(&everything(&json!({ "reason": "Another" }))).send().status, 422);
    for (table, rows) in [("tenants", 1), ("roles", 4), ("users", 1), ("user_tenants", 1), ("auth_clients", 1)] {
        assert_eq!(added(world, &before, table).len(), rows, "{table}");
    }
    // Another caller with the same key is answered for themselves.
    let other = everything(&json!({ "tenant": { "key": "acme" } }));
    let other = by(world, "master_b", &other).header("idempotency-key", "\"of-may\"").send();
    assert_eq!((other.status, json_of(&other)["code"].as_str()), (409, Some("TAKEN")), "{}", text(&other));
}

on_both!(the_longest_answer_can_be_kept);
fn the_longest_answer_can_be_kept(world: &World) {
    let name = |at: usize| format!("{at:02}{}", "\u{1d49c}".repeat(198));
    let key = |at: usize| format!("{at:02}{}", "\u{1d49c}".repeat(98));
    let body = everything(&json!({
        "groups": (0..30).map(|at| json!({ "name": name(at) })).collect::<Vec<_>>(),
        "configs": (0..50).map(|at| json!({ "configKey": key(at), "configValue": {} })).collect::<Vec<_>>(),
    }));
    let answer = by(world, "master_a", &body).header("idempotency-key", "\"long\"").send();
    assert!(made(&answer)["groups"].as_array().unwrap().len() == 30 && text(&answer).len() > 48_000);
}

on_both!(what_is_no_provisioning_is_answered_as_without_it);
fn what_is_no_provisioning_is_answered_as_without_it(world: &World) {
    let before = world.database.tables();
    for method in ["GET", "PATCH", "PUT", "DELETE", "POST", "HEAD"] {
        for profile in ["master_a", "admin_a", ""] {
            let send = |id: &str| {
                let request = world.request(&format!("{method} /tenants/{id}"));
                let request = if profile.is_empty() { request } else { request.token(profile) };
                let body = json!({ "name": "N", "key": "n", "status": 1 });
                let answer = if ["PATCH", "PUT"].contains(&method) { request.json(&body) } else { request }.send();
                (answer.status, text(&answer))
            };
            let (status, told) = send("provisions");
            // The word itself is a route for one method.
            if method != "POST" {
                assert_eq!(send("provision"), (status, told.replace("provisions", "provision")), "{method} {profile}");
            }
        }
    }
    assert!(world.database.tables() == before);
}

//! Events: each change has one, a reader that follows misses none, and a tenant reads none of what is not its own.

mod reading;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value as Json, json};

use crate::holes::{A, ALICE_IN_A, AMY_IN_A, ANDY_IN_A, B, BOB, MEMBER, SALES, SAM, Scene, VIEWER};
use crate::program::Workplace;
use crate::request::{json, text};
use crate::support::fixture::Database;
use crate::system::bounds::eventually;
use crate::world::{World, on_both};

/// What is said of the events, with this query.
#[track_caller]
fn page(world: &World, profile: &str, query: &str) -> Json {
    let answer = world.request(&format!("GET {query}")).token(profile).send();
    assert_eq!(answer.status, 200, "{query}: {}", text(&answer));
    json(&answer)
}

fn of_page(page: &Json) -> Vec<Json> {
    page["events"].as_array().expect("events are listed").clone()
}

/// All events from a cursor on, page by page, and where they end.
fn from(world: &World, profile: &str, list: &str, cursor: &str, limit: usize) -> (Vec<Json>, String) {
    let (mut all, mut cursor) = (Vec::new(), cursor.to_owned());
    loop {
        let page = page(world, profile, &format!("{list}?limit={limit}&cursor={cursor}"));
        let events = of_page(&page);
        page["next"].as_str().expect("where to go on").clone_into(&mut cursor);
        let is_last = events.len() < limit;
        all.extend(events);
        if is_last {
            return (all, cursor);
        }
    }
}

/// Where the events of a tenant end now.
fn end(world: &World, profile: &str, list: &str) -> String {
    page(world, profile, &format!("{list}?cursor=end"))["next"].as_str().expect("where to go on").to_owned()
}

fn types(events: &[Json]) -> Vec<&str> {
    events.iter().filter_map(|event| event["type"].as_str()).collect()
}

fn of_a() -> String {
    format!("/tenants/{A}/events")
}

on_both!(a_change_is_an_event_that_says_who_when_where_and_what);
fn a_change_is_an_event_that_says_who_when_where_and_what(scene: &Scene) {
    let begin = end(&scene.world, "admin_a", &of_a());
    let role = scene.by("admin_a", &format!("POST /tenants/{A}/roles")).header("x-request-id", "of-the-role");
    let made = json(&role.json(&json!({ "name": "clerk", "permissions": ["ViewRoles"] })).send())["id"].clone();
    let line = format!("PATCH /tenants/{A}/users/a0000000-0000-4000-8000-000000000023");
    let status = scene.by("master_b", &line).json(&json!({ "status": 2 })).send();
    assert_eq!(status.status, 204, "{}", text(&status));
    let (events, next) = from(&scene.world, "admin_a", &of_a(), &begin, 100);
    let event = &events[0];
    assert_eq!(types(&events), ["role.created", "person.changed", "user.suspended"], "{events:?}");
    assert_eq!(event["subject"], json!({ "kind": "role", "id": made }));
    assert_eq!(event["actor"], json!({ "kind": "member", "id": ALICE_IN_A }));
    assert_eq!((&event["requestId"], &event["clientAddress"]), (&json!("of-the-role"), &json!("127.0.0.1")));
    assert_eq!((&event["tenantId"], &event["reason"], &event["before"]), (&json!(A), &Json::Null, &Json::Null));
    let after = &event["after"];
    assert_eq!((&after["name"], &after["permissions"]), (&json!("clerk"), &json!(["ViewRoles"])), "{event}");
    assert!(after.get("createdBy").is_none() && after.get("deleted").is_none(), "{event}");
    let event = &events[2];
    assert_eq!(
        (&event["before"], &event["after"]),
        (&json!({ "status": 0, "suspendedFrom": null }), &json!({ "status": 2, "suspendedFrom": 0 })),
        "{event}"
    );
    let owners = ["id", "userId", "roleId"].map(|name| event["subject"][name].clone());
    assert_eq!(owners, [AMY_IN_A, "a0000000-0000-4000-8000-000000000023", MEMBER].map(|id| json!(id)));
    assert!(events.windows(2).all(|two| two[0]["position"].as_i64() < two[1]["position"].as_i64()));

    // A change that is taken back leaves nothing, and a deletion what was there.
    let taken = scene
        .by("admin_a", &format!("POST /tenants/{A}/roles"))
        .json(&json!({ "name": "clerk", "permissions": ["ViewRoles"] }))
        .send();
    assert_eq!(taken.status, 403, "the name is taken");
    let made = made.as_str().expect("an id");
    assert!(scene.by("admin_a", &format!("DELETE /tenants/{A}/roles/{made}")).send().status < 300);
    let (events, _) = from(&scene.world, "admin_a", &of_a(), &next, 100);
    assert_eq!(types(&events), ["role.removed"], "{events:?}");
    assert_eq!((&events[0]["before"]["name"], &events[0]["after"]), (&json!("clerk"), &Json::Null));
    // What others do shows too.
    scene.world.run(&format!("UPDATE main.tenants SET status = 0 WHERE id = '{B}'"));
    let of_b = of_page(&page(&scene.world, "master_a", &format!("/tenants/{B}/events?type=tenant.suspended")));
    assert_eq!(of_b[0]["actor"], json!({ "kind": "outside", "id": null }), "{of_b:?}");
}

on_both!(events_are_chosen_by_type_subject_actor_and_time);
fn events_are_chosen_by_type_subject_actor_and_time(scene: &Scene) {
    let set = |table: &str, id: &str, change: &str| {
        scene.world.run(&format!("UPDATE main.{table} SET {change} WHERE id = '{id}'"));
    };
    for status in [0, 1, 2, 1, 3, 4] {
        set("user_tenants", ANDY_IN_A, &format!("status = {status}"));
    }
    set("user_tenants", ANDY_IN_A, &format!("role_id = '{VIEWER}'"));
    set("user_tenants", ANDY_IN_A, "locale = 'de'");
    set("user_tenants", ANDY_IN_A, "deleted = true");
    set("user_tenants", ANDY_IN_A, "deleted = false, status = 1");
    set("user_groups", "a0000000-0000-4000-8000-000000000051", "deleted = true");
    set("groups", SALES, "deleted = true");
    let all = from(&scene.world, "master_a", "/events", "", 100).0;
    let of_andy: Vec<_> = all.iter().filter(|event| event["subject"]["id"] == ANDY_IN_A).cloned().collect();
    assert_eq!(
        types(&of_andy)[types(&of_andy).len() - 10..],
        [
            "user.changed",
            "user.activated",
            "user.suspended",
            "user.reactivated",
            "user.passwordChangeNeeded",
            "user.rejected",
            "user.roleChanged",
            "user.changed",
            "user.removed",
            "user.activated",
        ]
    );
    // A condition finds those of its type, and all together find all.
    let positions = |events: &[Json]| events.iter().filter_map(|event| event["position"].as_i64()).collect::<Vec<_>>();
    let mut found = Vec::new();
    for kind in types(&all).into_iter().collect::<BTreeSet<_>>() {
        let of_type = of_page(&page(&scene.world, "master_a", &format!("/events?limit=1000&type={kind}")));
        assert!(!of_type.is_empty() && of_type.iter().all(|event| event["type"] == kind), "{kind}");
        found.extend(positions(&of_type));
    }
    found.sort_unstable();
    assert_eq!(found, positions(&all));
    let two = page(&scene.world, "master_a", "/events?limit=1000&type=user.suspended, user.rejected");
    assert_eq!(of_page(&two).len(), 2, "{two}");
    let of_subject = page(&scene.world, "admin_a", &format!("{}?limit=1000&subject={ANDY_IN_A}", of_a()));
    assert_eq!(positions(&of_page(&of_subject)), positions(&of_andy));
    let patch = scene.by("admin_a", &format!("PATCH /tenants/{A}")).json(&json!({ "city": "Ulm" })).send();
    assert!(patch.status < 300, "{}", text(&patch));
    let of_alice = of_page(&page(&scene.world, "admin_a", &format!("{}?actor={ALICE_IN_A}", of_a())));
    assert_eq!(types(&of_alice), ["tenant.changed"]);
    let time = of_alice[0]["time"].as_str().expect("a time");
    let count =
        |query: &str| of_page(&page(&scene.world, "admin_a", &format!("{}?actor={ALICE_IN_A}&{query}", of_a()))).len();
    assert_eq!(
        [count("from=2020-01-01"), count("to=2020-01-01"), count("from=2100-01-01T00:00:00Z")],
        [1, 0, 0],
        "{time}"
    );
}

on_both!(bad_parameters_and_cursors_are_refused);
fn bad_parameters_and_cursors_are_refused(scene: &Scene) {
    let refused = |profile: &str, query: &str| {
        let answer = scene.by(profile, &format!("GET {query}")).send();
        assert_eq!(answer.status, 400, "{query}: {}", text(&answer));
        assert_eq!(answer.header("content-type"), "application/problem+json", "{query}");
        json(&answer)["parameter"].as_str().unwrap_or_default().to_owned()
    };
    for (query, parameter) in [
        ("type=tenant.exploded", "type"),
        ("type=tenant.changed,", "type"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=many", "limit"),
        ("from=yesterday", "from"),
        ("to=2026-13-01", "to"),
        ("cursor=x", "cursor"),
        ("cursor=end2", "cursor"),
        ("limit=1&limit=2", "limit"),
        ("filter={}", "filter"),
        ("tenant=1", "tenant"),
    ] {
        assert_eq!(refused("admin_a", &format!("{}?{query}", of_a())), parameter);
    }
    let cursor =
        page(&scene.world, "admin_a", &format!("{}?limit=1", of_a()))["next"].as_str().expect("a cursor").to_owned();
    page(&scene.world, "admin_a", &format!("{}?limit=7&cursor={cursor}", of_a()));
    // Of another tenant, of all, with other conditions, or altered.
    assert_eq!(refused("admin_b", &format!("/tenants/{B}/events?cursor={cursor}")), "cursor");
    assert_eq!(refused("master_a", &format!("/events?cursor={cursor}")), "cursor");
    assert_eq!(refused("admin_a", &format!("{}?cursor={cursor}&type=role.changed", of_a())), "cursor");
    for at in 0..cursor.len() {
        let mut altered = cursor.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'Q' } else { b'A' };
        let altered = String::from_utf8(altered).expect("ASCII");
        assert_eq!(refused("admin_a", &format!("{}?cursor={altered}", of_a())), "cursor");
    }
    // Nobody deletes or writes one.
    for method in ["DELETE", "POST", "PATCH", "PUT"] {
        for path in [of_a(), "/events".to_owned(), format!("{}/1", of_a())] {
            assert_eq!(scene.by("master_a", &format!("{method} {path}")).send().status, 404, "{method} {path}");
        }
    }
    assert_eq!(scene.by("roles_only_a", &format!("GET {}", of_a())).send().status, 403);
}

on_both!(a_tenant_reads_no_events_of_others_and_no_more_of_people_than_it_may);
fn a_tenant_reads_no_events_of_others_and_no_more_of_people_than_it_may(scene: &Scene) {
    let begin = end(&scene.world, "admin_a", &of_a());
    let sent = |profile: &str, line: &str, body: &Json| {
        let answer = scene.by(profile, line).json(body).send();
        assert!(answer.status < 300, "{line}: {}", text(&answer));
        answer
    };
    // Sam works for both and is at home in B; Bob becomes a guest of A; Zelda is made in A.
    sent("admin_b", &format!("PATCH /tenants/{B}/users/{SAM}"), &json!({ "middleName": "Secretive" }));
    sent("admin_b", &format!("PATCH /tenants/{B}"), &json!({ "city": "Betatown" }));
    scene.world.run(&format!(
        "UPDATE main.users SET phone = '+15550007777', last_login = '2024-01-02T03:04:05.678Z' WHERE id = '{BOB}'"
    ));
    let bob = json!({ "firstName": "B", "username": "bob", "email": "bob@b.example", "roleId": MEMBER });
    sent("admin_a", &format!("POST /tenants/{A}/users"), &bob);
    sent("admin_a", &format!("PATCH /tenants/{A}/users/{SAM}"), &json!({ "roleId": MEMBER }));
    let zelda = json!({ "firstName": "Zelda", "username": "zelda", "email": "zelda@a.example", "roleId": MEMBER,
        "phone": "+15550008888" });
    sent("admin_a", &format!("POST /tenants/{A}/users"), &zelda);
    scene.world.run("UPDATE main.user_credentials SET password = 'hush-hush', auth_id = 'elsewhere-1'");
    for list in [of_a(), "/events".to_owned()] {
        let begin = if list == of_a() { begin.clone() } else { String::new() };
        let (events, _) = from(&scene.world, "admin_a", &list, &begin, 3);
        let all = json!(events).to_string();
        for word in ["Secretive", "Betatown", "+15550007777", "hush-hush", "elsewhere-1", B] {
            assert!(!all.contains(word), "{list} shows {word}: {all}");
        }
        assert!(events.iter().all(|event| event["tenantId"] == A), "{all}");
        // Of its own it reads all.
        assert!(all.contains("+15550008888") && all.contains("zelda@a.example"), "{all}");
        let of_sam: Vec<_> = events.iter().filter(|event| event["subject"]["id"] == SAM).collect();
        assert!(of_sam.iter().all(|event| event["before"] == json!({}) && event["after"] == json!({})), "{of_sam:?}");
    }
    // A master reads all of everybody, and no secret either.
    let all = json!(from(&scene.world, "master_a", "/events", "", 1000).0).to_string();
    assert!(all.contains("Secretive") && all.contains("Betatown") && all.contains("elsewhere-1"), "{all}");
    assert!(!all.contains("hush-hush") && all.contains("\"secrets\":[\"password\""), "{all}");
}

on_both!(a_follower_beside_writers_reads_each_event_once_and_in_order);
fn a_follower_beside_writers_reads_each_event_once_and_in_order(world: &World) {
    const WRITERS: usize = 8;
    const EACH: usize = 12;
    let begin = end(world, "admin_a", &of_a());
    let left = AtomicUsize::new(WRITERS);
    let (mut made, read) = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let left = &left;
                scope.spawn(move || {
                    let mut made = Vec::new();
                    for number in 0..EACH {
                        let body = json!({ "name": format!("group {writer} {number}") });
                        let answer =
                            world.request(&format!("POST /tenants/{A}/groups")).token("admin_a").json(&body).send();
                        assert_eq!(answer.status, 200, "{}", text(&answer));
                        made.push(json(&answer)["id"].as_str().expect("an id").to_owned());
                    }
                    left.fetch_sub(1, Ordering::SeqCst);
                    made
                })
            })
            .collect();
        let follower = scope.spawn(|| {
            let (mut read, mut cursor) = (Vec::new(), begin);
            loop {
                let is_over = left.load(Ordering::SeqCst) == 0;
                let (events, next) = from(world, "admin_a", &of_a(), &cursor, 5);
                cursor = next;
                if events.is_empty() && is_over {
                    return read;
                }
                read.extend(events);
            }
        });
        let made: Vec<String> = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
        (made, follower.join().unwrap())
    });
    assert!(read.windows(2).all(|two| two[0]["position"].as_i64() < two[1]["position"].as_i64()));
    let created = read.iter().filter(|event| event["type"] == "group.created");
    let mut ids: Vec<_> = created.map(|event| event["subject"]["id"].as_str().unwrap().to_owned()).collect();
    made.sort_unstable();
    ids.sort_unstable();
    assert_eq!(ids, made);
}

/// The first takes its position first and commits last: a reader that went past it would never come back.
#[test]
fn of_two_transactions_that_end_the_other_way_round_none_is_missed() {
    let world = World::from(Database::postgres());
    let Database::Postgres(database) = &world.database else { panic!("it is one of PostgreSQL") };
    let begin = end(&world, "admin_a", &of_a());
    let role = |name: &str| {
        let request = world.request(&format!("POST /tenants/{A}/roles")).token("admin_a");
        let answer = request.json(&json!({ "name": name, "permissions": [] })).send();
        assert_eq!(answer.status, 200, "{}", text(&answer));
    };
    role("before");
    let (events, next) = from(&world, "admin_a", &of_a(), &begin, 100);
    assert_eq!(types(&events), ["role.created"], "own writes show at once");
    database.run(&format!("BEGIN; UPDATE main.user_tenants SET locale = 'fr' WHERE id = '{ANDY_IN_A}'"));
    role("meanwhile");
    for _ in 0..3 {
        let (events, same) = from(&world, "admin_a", &of_a(), &next, 100);
        assert_eq!((types(&events), &same), (Vec::new(), &next), "what is behind one that may come waits: {events:?}");
    }
    // Who only reads, or waits for a row, keeps nobody.
    database.run("COMMIT; BEGIN; SELECT count(*) FROM logs.audit_logs");
    let (events, next) = from(&world, "admin_a", &of_a(), &next, 100);
    assert_eq!(types(&events), ["user.changed", "role.created"], "{events:?}");
    role("afterwards");
    assert_eq!(types(&from(&world, "admin_a", &of_a(), &next, 100).0), ["role.created"], "own writes show at once");
    database.run("ROLLBACK");
    // One that is taken back leaves a gap, and nobody waits for it.
    database.run(&format!("BEGIN; UPDATE main.user_tenants SET locale = 'it' WHERE id = '{ANDY_IN_A}'; ROLLBACK"));
    role("at the end");
    assert_eq!(types(&from(&world, "admin_a", &of_a(), &next, 100).0), ["role.created", "role.created"]);
}

on_both!(positions_are_never_given_again);
fn positions_are_never_given_again(world: &World) {
    let role = |name: &str| {
        let request = world.request(&format!("POST /tenants/{A}/roles")).token("admin_a");
        let answer = request.json(&json!({ "name": name, "permissions": [] })).send();
        assert_eq!(answer.status, 200, "{}", text(&answer));
    };
    role("one");
    let cursor = end(world, "admin_a", &of_a());
    let log = if matches!(world.database, Database::Sqlite(_)) { "audit_logs" } else { "logs.audit_logs" };
    world.run(&format!("DELETE FROM {log}"));
    assert_eq!(from(world, "admin_a", &of_a(), "", 10).0.len(), 0);
    role("two");
    let (events, _) = from(world, "admin_a", &of_a(), &cursor, 10);
    assert_eq!(types(&events), ["role.created"], "a reader goes on where it was");
}

#[test]
fn the_command_lists_what_was_done_and_follows_what_comes() {
    let workplace = Workplace::new();
    workplace.ok(&["bootstrap"]);
    let listed: Json = serde_json::from_str(&workplace.ok(&["events", "--output", "json"])).expect("JSON");
    let listed = listed.as_array().expect("a list");
    for kind in ["tenant.created", "role.created", "person.created", "user.added"] {
        let event =
            listed.iter().find(|event| event["type"] == kind).unwrap_or_else(|| panic!("no {kind}: {listed:?}"));
        assert_eq!(event["actor"], json!({ "kind": "operator", "id": null }));
        assert!(event["tenantId"].is_string(), "{event}");
    }
    let table = workplace.ok(&["events", "--tenant", "default", "--type", "user.added", "--limit", "1"]);
    assert!(table.contains("POSITION") && table.contains("user.added") && table.contains("operator"), "{table}");
    assert_eq!(workplace.run(&["events", "--follow", "--output", "csv"]).code, 2);

    let printed = workplace.path().join("followed");
    let file = std::fs::File::create(&printed).expect("a file can be made");
    let follow = ["events", "--follow", "--type", "role.created", "--output", "json"];
    let mut follower =
        workplace.command_on_a_terminal(&follow).stdout(file).spawn().expect("the program can be started");
    let mut made = 0;
    eventually("what is made is printed", || {
        made += 1;
        workplace.ok(&["role", "create", "--set", &format!("name=clerk {made}"), "--set", "permissions=[]"]);
        let lines = std::fs::read_to_string(&printed).expect("the file is there");
        lines.lines().next().is_some_and(|line| line.contains("role.created") && line.contains("clerk"))
    });
    follower.kill().expect("it runs until it is stopped");
    follower.wait().expect("it ends");
}

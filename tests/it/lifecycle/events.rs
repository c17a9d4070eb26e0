//! Steps as events, with their reasons; and a step that is asked for twice by one key is taken once.

use serde_json::{Value as Json, json};

use super::{ask, step, tenant_b};
use crate::holes::{A, ANDY};
use crate::request::{json, text};
use crate::support::fixture::Database;
use crate::world::{World, on_both};

/// What has happened in a list of events, after those of a cursor; and where the list ends.
fn news(world: &World, profile: &str, list: &str, cursor: &str) -> (Vec<Json>, String) {
    let (status, page) = ask(world, profile, &format!("GET {list}?cursor={cursor}"), &Json::Null);
    assert_eq!(status, 200, "{page}");
    (page["events"].as_array().expect("events").clone(), page["next"].as_str().expect("a cursor").to_owned())
}

on_both!(each_step_is_an_event_with_its_reason);
fn each_step_is_an_event_with_its_reason(world: &World) {
    let list = tenant_b("/events");
    let (_, begin) = news(world, "master_a", &list, "end");
    let steps = [
        ("/suspend", "tenant.suspended", Some("Not paid")),
        ("/activate", "tenant.activated", Some("Paid")),
        ("/archive", "tenant.archived", Some("Left us")),
        ("/restore", "tenant.restored", None),
    ];
    for (path, _, reason) in steps {
        let body = reason.map_or(Json::Null, |reason| json!({ "reason": reason }));
        assert_eq!(ask(world, "master_a", &format!("POST {}", tenant_b(path)), &body).0, 200, "{path}");
    }
    let (events, _) = news(world, "master_a", &list, &begin);
    let told: Vec<_> = events.iter().map(|event| (event["type"].clone(), event["reason"].clone())).collect();
    assert_eq!(told, steps.map(|(_, kind, reason)| (json!(kind), json!(reason))));
}

on_both!(no_tenant_learns_by_events_that_a_person_was_deactivated);
fn no_tenant_learns_by_events_that_a_person_was_deactivated(world: &World) {
    let (of_a, of_b) = (format!("/tenants/{A}/events"), tenant_b("/events"));
    let (_, begin) = news(world, "admin_a", &of_a, "end");
    let (_, begin_of_all) = news(world, "master_b", "/events", "end");
    step(world, "master_b", &format!("/users/{ANDY}/deactivate"), "deactivated");
    let change = json!({ "designation": "Director" });
    assert_eq!(ask(world, "admin_a", &format!("PATCH /tenants/{A}/users/{ANDY}"), &change).0, 204);
    let (events, _) = news(world, "admin_a", &of_a, &begin);
    let changes = events.iter().filter(|event| event["type"] == "person.changed").count();
    assert!(changes == 1 && !json!(events).to_string().contains("eactivated"), "{events:?}");
    // The tenant that the master is of knows what was done in its name, and nothing else of the person.
    let (events, _) = news(world, "master_b", &of_b, "end");
    assert!(events.is_empty());
    let (events, _) = news(world, "master_b", "/events", &begin_of_all);
    let deactivated = events.iter().find(|event| event["type"] == "person.deactivated").expect("an event");
    assert!(deactivated["after"]["deactivatedOn"].is_string(), "{deactivated}");
}

on_both!(a_step_that_is_asked_for_twice_by_one_key_is_taken_once);
fn a_step_that_is_asked_for_twice_by_one_key_is_taken_once(world: &World) {
    let (_, begin) = news(world, "master_a", &tenant_b("/events"), "end");
    let suspend = |key: &str, reason: &str| {
        let request = world.request(&format!("POST {}", tenant_b("/suspend"))).token("master_a");
        request.header("idempotency-key", key).json(&json!({ "reason": reason })).send()
    };
    let first = suspend("\"of-may\"", "Not paid");
    assert_eq!(first.status, 200, "{}", text(&first));
    let again = suspend("\"of-may\"", "Not paid");
    assert_eq!((again.status, text(&again)), (200, text(&first)));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(suspend("\"of-may\"", "Another reason").status, 422);
    // Without the key, or by another one, it is a step that is none.
    assert_eq!(suspend("\"of-june\"", "Not paid").status, 409);
    let refused = suspend("\"\"", "Not paid");
    assert_eq!(refused.status, 400, "{}", json(&refused));
    let (events, _) = news(world, "master_a", &tenant_b("/events"), &begin);
    assert_eq!(events.len(), 1, "{events:?}");
}

on_both!(a_page_of_long_events_has_fewer_of_them_and_says_that_there_are_more);
fn a_page_of_long_events_has_fewer_of_them_and_says_that_there_are_more(world: &World) {
    let list = format!("/tenants/{A}/events");
    let (_, begin) = news(world, "admin_a", &list, "end");
    // Some 60 kB each, before and after.
    let long = |letter: &str| format!("'{{\"long\":\"{}\"}}'", letter.repeat(60_000));
    world.run(&format!(
        "INSERT INTO main.tenant_configs (id, config_key, config_value, tenant_id, created_on, modified_on) VALUES
         ('00000000-0000-4000-9002-000000000001', 'long', {}, '{A}', '2024-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z')",
        long("a")
    ));
    let change =
        |letter| format!("UPDATE main.tenant_configs SET config_value = {} WHERE config_key = 'long'", long(letter));
    let changes = [change("b"), change("c")].join("; ");
    let changes = vec![changes; 10].join("; ");
    for _ in 0..20 {
        world.run(&changes);
    }
    let (mut read, mut cursor, mut pages) = (0, begin, 0);
    loop {
        let (status, page) = ask(world, "admin_a", &format!("GET {list}?limit=1000&cursor={cursor}"), &Json::Null);
        assert_eq!(status, 200, "{page}");
        read += page["events"].as_array().expect("events").len();
        pages += 1;
        page["next"].as_str().expect("a cursor").clone_into(&mut cursor);
        if page["more"] != true {
            break;
        }
    }
    assert!(read == 401 && pages > 1, "{read} in {pages}");
}

on_both!(a_cursor_of_what_was_never_written_here_is_refused);
fn a_cursor_of_what_was_never_written_here_is_refused(world: &World) {
    let list = tenant_b("/events");
    step(world, "master_a", &tenant_b("/suspend"), "suspended");
    let (_, cursor) = news(world, "master_a", &list, "end");
    let (events, _) = news(world, "master_a", &list, &cursor);
    assert!(events.is_empty());
    // As where an older backup is restored.
    world.run(match &world.database {
        Database::Sqlite(_) => "DELETE FROM audit_logs; UPDATE audit_positions SET last = 0",
        Database::Postgres(_) => "DELETE FROM logs.audit_logs; SELECT setval('logs.audit_positions', 1)",
    });
    let (status, refused) = ask(world, "master_a", &format!("GET {list}?cursor={cursor}"), &Json::Null);
    assert_eq!((status, &refused["parameter"]), (400, &json!("cursor")), "{refused}");
}

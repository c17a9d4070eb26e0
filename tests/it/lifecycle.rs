//! The life of tenants, memberships and people: steps, refusals, who may take which, and what nobody gets around.

mod events;
mod members;
mod people;
mod seats;

use serde_json::{Value as Json, json};

use crate::holes::{A, B, BETH_IN_B, BOB, ENGINEERS_OF_B, VIEWER};
use crate::request::{json, text};
use crate::support::fixture::Database;
use crate::world::{World, on_both};

/// Sends a request with a body, if it is not null; status and answer.
#[track_caller]
pub(crate) fn ask(world: &World, profile: &str, line: &str, body: &Json) -> (u16, Json) {
    let request = world.request(line).token(profile);
    let answer = if body.is_null() { request } else { request.json(body) }.send();
    assert!(answer.status < 500, "{line}: {}", text(&answer));
    (answer.status, if answer.body.is_empty() { Json::Null } else { json(&answer) })
}

/// Takes a step that leads to a status.
#[track_caller]
pub(super) fn step(world: &World, profile: &str, path: &str, status: &str) {
    let (code, told) = ask(world, profile, &format!("POST {path}"), &Json::Null);
    assert_eq!((code, &told["status"]), (200, &json!(status)), "{path}: {told}");
}

/// Status and code of an answer in either form.
#[track_caller]
pub(super) fn refusal(world: &World, profile: &str, line: &str, body: &Json) -> (u16, String) {
    let (status, told) = ask(world, profile, line, body);
    let code = told["code"].as_str().or(told["error"]["code"].as_str()).unwrap_or_default();
    (status, code.to_owned())
}

pub(super) fn tenant_b(below: &str) -> String {
    format!("/tenants/{B}{below}")
}

#[track_caller]
fn life(world: &World) -> Json {
    let (status, told) = ask(world, "master_a", &format!("GET {}", tenant_b("/lifecycle")), &Json::Null);
    assert_eq!(status, 200, "{told}");
    told
}

on_both!(a_tenant_goes_through_its_life_and_its_members_are_told_why_they_are_refused);
fn a_tenant_goes_through_its_life_and_its_members_are_told_why_they_are_refused(world: &World) {
    let bobs = || refusal(world, "admin_b", "GET /tenants", &Json::Null);
    assert_eq!(bobs().0, 200);
    for (path, status, code) in [
        ("/suspend", "suspended", "TENANT_SUSPENDED"),
        ("/archive", "archived", "TENANT_ARCHIVED"),
        ("/restore", "suspended", "TENANT_SUSPENDED"),
        ("/activate", "active", ""),
        ("/archive", "archived", "TENANT_ARCHIVED"),
        ("/restore", "active", ""),
    ] {
        step(world, "master_a", &tenant_b(path), status);
        assert_eq!(life(world)["status"], status);
        let refused = bobs();
        assert_eq!(refused, (if code.is_empty() { 200 } else { 401 }, code.to_owned()), "{path}");
    }
    world.run(&format!("UPDATE main.tenants SET status = 2 WHERE id = '{B}'"));
    assert_eq!((bobs().1, life(world)["status"].clone()), ("TENANT_PENDING".to_owned(), json!("pending")));
    step(world, "master_a", &tenant_b("/archive"), "archived");
    step(world, "master_a", &tenant_b("/restore"), "pending");
    step(world, "master_a", &tenant_b("/activate"), "active");
    assert_eq!(bobs().0, 200);
}

on_both!(what_is_no_transition_is_a_conflict_that_names_what_is_allowed);
fn what_is_no_transition_is_a_conflict_that_names_what_is_allowed(world: &World) {
    let conflict = |path: &str| ask(world, "master_a", &format!("POST {}", tenant_b(path)), &json!({ "reason": "x" }));
    let (status, told) = conflict("/activate");
    let named = [&told["code"], &told["from"], &told["to"], &told["allowed"]];
    let expected = [json!("NO_TRANSITION"), json!("active"), json!("active"), json!(["suspended", "archived"])];
    assert_eq!((status, named.map(Clone::clone)), (409, expected));
    assert_eq!(conflict("/restore").0, 409);
    step(world, "master_a", &tenant_b("/archive"), "archived");
    for path in ["/archive", "/suspend", "/activate"] {
        let (status, told) = conflict(path);
        assert_eq!(
            (status, &told["from"], &told["allowed"]),
            (409, &json!("archived"), &json!(["active", "purging"])),
            "{path}"
        );
    }
    // The original's change obeys the same table, in its own form.
    let (status, told) = ask(world, "master_a", &format!("PATCH {}", tenant_b("")), &json!({ "status": 1 }));
    assert_eq!((status, &told["error"]["code"]), (403, &json!("TENANT_NOT_ACTIVE")), "restoring has a step of its own");
    step(world, "master_a", &tenant_b("/restore"), "active");
    world.run(&format!("UPDATE main.tenants SET status = 2 WHERE id = '{B}'"));
    let puts = json!({ "name": "B", "key": "tenant-b", "status": 0 });
    for (line, body) in [
        (format!("PATCH {}", tenant_b("")), json!({ "status": 0 })),
        (format!("PUT {}", tenant_b("")), puts),
        (format!("PATCH /tenants?where={{\"id\":\"{B}\"}}"), json!({ "status": 0 })),
    ] {
        let (status, told) = ask(world, "master_a", &line, &body);
        let details = json!({ "status": "pending", "asked": "suspended", "allowed": ["active", "archived"] });
        let error = &told["error"];
        assert_eq!((status, &error["code"], &error["details"]), (409, &json!("NO_TRANSITION"), &details), "{line}");
    }
    // The same status is no transition, and an allowed one is carried out.
    for status in [1, 1, 0, 0, 1] {
        assert_eq!(ask(world, "master_a", &format!("PATCH {}", tenant_b("")), &json!({ "status": status })).0, 204);
    }
    for body in [json!({ "reason": 1 }), json!({ "reason": "x".repeat(501) }), json!({ "other": "x" }), json!([])] {
        assert_eq!(ask(world, "master_a", &format!("POST {}", tenant_b("/suspend")), &body).0, 422, "{body}");
    }
}

on_both!(a_reason_is_kept_with_what_was_done);
fn a_reason_is_kept_with_what_was_done(world: &World) {
    let because = json!({ "reason": " Not paid\u{1f}, \u{e9} \"since\" March " });
    assert_eq!(ask(world, "master_a", &format!("POST {}", tenant_b("/suspend")), &because).0, 200);
    step(world, "master_a", &tenant_b("/activate"), "active");
    let condition = "table_name LIKE '%tenants' AND reason IS NOT NULL";
    let kept: Vec<String> = match &world.database {
        Database::Sqlite(file) => {
            let connection = file.connect();
            let mut select = connection.prepare(&format!("SELECT reason FROM audit_logs WHERE {condition}")).unwrap();
            select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        }
        Database::Postgres(server) => {
            let rows = server.query(&format!("SELECT reason FROM logs.audit_logs WHERE {condition}"));
            rows.iter().map(|row| row.get(0)).collect()
        }
    };
    assert_eq!(kept.len(), 1, "a step without a reason has none: {kept:?}");
    assert!(kept[0].starts_with("Not paid") && kept[0].ends_with("\u{e9} \"since\" March"), "{kept:?}");
}

on_both!(an_archived_tenant_refuses_everything_but_to_be_restored);
fn an_archived_tenant_refuses_everything_but_to_be_restored(world: &World) {
    step(world, "master_a", &tenant_b("/archive"), "archived");
    let before = world.database.tables();
    let person = json!({ "firstName": "N", "username": "n", "email": "n@b.example", "roleId": VIEWER });
    for (line, body) in [
        (format!("GET {}", tenant_b("/users")), Json::Null),
        (format!("POST {}", tenant_b("/users")), person),
        (format!("POST {}/users/{BOB}/suspend", tenant_b("")), Json::Null),
        (format!("GET {}", tenant_b("/roles")), Json::Null),
        (format!("POST {}", tenant_b("/roles")), json!({ "name": "new" })),
        (format!("GET {}", tenant_b("/groups")), Json::Null),
        (format!("GET {}", tenant_b("/tenant-configs")), Json::Null),
        (format!("POST {}", tenant_b("/tenant-configs")), json!({ "configKey": "k", "configValue": {} })),
        (format!("GET /groups/{ENGINEERS_OF_B}/user"), Json::Null),
        (format!("PATCH {}", tenant_b("")), json!({ "name": "X" })),
        (format!("PATCH {}", tenant_b("")), json!({ "status": 0 })),
        (format!("PUT {}", tenant_b("")), json!({ "name": "X", "key": "tenant-b", "status": 0 })),
        (format!("DELETE {}", tenant_b("")), Json::Null),
    ] {
        assert_eq!(refusal(world, "master_a", &line, &body), (403, "TENANT_NOT_ACTIVE".to_owned()), "{line}");
    }
    let (status, told) =
        ask(world, "master_a", &format!("PATCH /tenants?where={{\"id\":\"{B}\"}}"), &json!({ "city": "X" }));
    assert_eq!((status, &told["count"]), (200, &json!(0)), "it is passed over");
    let (status, told) =
        ask(world, "master_a", &format!("PATCH /tenants?where={{\"id\":\"{B}\"}}"), &json!({ "status": 1 }));
    assert_eq!((status, &told["count"]), (200, &json!(0)));
    assert_eq!(world.database.tables().rows, before.rows);
    // It is seen where tenants are listed, as an inactive one, and keeps all of its rows.
    let (_, told) = ask(world, "master_a", &format!("GET {}", tenant_b("")), &Json::Null);
    assert_eq!((&told["status"], told.get("archivedOn")), (&json!(0), None));
    // Who knows no archive may open it: it stays archived.
    world.run(&format!("UPDATE main.tenants SET status = 1 WHERE id = '{B}'"));
    assert_eq!(refusal(world, "admin_b", "GET /tenants", &Json::Null).1, "TENANT_ARCHIVED");
    step(world, "master_a", &tenant_b("/restore"), "active");
    assert_eq!(ask(world, "admin_b", &format!("GET {}", tenant_b("/users")), &Json::Null).0, 200);
}

on_both!(a_tenant_is_restored_within_its_retention);
fn a_tenant_is_restored_within_its_retention(world: &World) {
    step(world, "master_a", &tenant_b("/archive"), "archived");
    let told = life(world);
    assert!(told["archivedOn"].is_string() && told["restorableUntil"].is_string(), "{told}");
    assert_eq!((&told["allowed"], &told["retentionDays"]), (&json!(["restore", "purge"]), &Json::Null));
    world.run(&format!("UPDATE main.tenants SET archived_on = '2024-01-02T03:04:05.678Z' WHERE id = '{B}'"));
    let restore = format!("POST {}", tenant_b("/restore"));
    assert_eq!(refusal(world, "master_a", &restore, &Json::Null), (409, "RETENTION_OVER".to_owned()));
    let limits = format!("PATCH {}", tenant_b("/limits"));
    let (status, told) = ask(world, "master_a", &limits, &json!({ "retentionDays": 36500 }));
    assert_eq!((status, &told["retentionDays"]), (200, &json!(36500)), "{told}");
    assert_eq!(life(world)["restorableUntil"], "2123-12-09T03:04:05.678Z");
    assert_eq!(ask(world, "master_a", &limits, &json!({ "retentionDays": 36501 })).0, 422);
    step(world, "master_a", &tenant_b("/restore"), "active");
}

on_both!(no_tenant_opens_itself_nor_learns_of_others);
fn no_tenant_opens_itself_nor_learns_of_others(world: &World) {
    let before = world.database.tables();
    for path in ["/activate", "/suspend", "/archive", "/restore"] {
        let answers = [A, B, "f0000000-0000-4000-8000-000000000099", "not-an-id"].map(|tenant| {
            let (status, told) = ask(world, "admin_a", &format!("POST /tenants/{tenant}{path}"), &Json::Null);
            (status, told["code"].clone(), told["detail"].clone())
        });
        assert_eq!((answers[0].0, &answers[0].1), (403, &json!("MASTER_NEEDED")));
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    }
    assert_eq!(ask(world, "admin_a", &format!("PATCH /tenants/{A}/limits"), &json!({ "maxMembers": 5 })).0, 403);
    assert_eq!(ask(world, "admin_a", &format!("GET {}", tenant_b("/lifecycle")), &Json::Null).0, 404);
    assert_eq!(ask(world, "admin_a", &format!("GET /tenants/{A}/lifecycle"), &Json::Null).0, 200);
    // What the steps write is no property that a body may name, nor a condition ask for.
    for hidden in ["archivedOn", "archivedFrom", "retentionDays", "maxMembers", "maxInvitations"] {
        let value = if hidden == "archivedOn" { json!("2024-01-02T03:04:05.678Z") } else { json!(1) };
        let mut body = json!({ "name": "N", "status": 1, "key": "new" });
        body[hidden] = value;
        assert_eq!(ask(world, "master_a", "POST /tenants", &body).0, 422, "{hidden}");
        assert_eq!(ask(world, "master_a", &format!("PATCH /tenants/{A}"), &body).0, 422, "{hidden}");
        assert_eq!(ask(world, "master_a", &format!("PUT /tenants/{A}"), &body).0, 422, "{hidden}");
        let filter = format!("GET /tenants?filter={{\"where\":{{\"{hidden}\":null}}}}");
        let (status, told) = ask(world, "master_a", &filter, &Json::Null);
        assert!(status == 400 || !told.to_string().contains(hidden), "{hidden}: {status} {told}");
    }
    assert_eq!(world.database.tables().rows, before.rows);
}

on_both!(a_replacement_leaves_what_is_not_the_clients);
fn a_replacement_leaves_what_is_not_the_clients(world: &World) {
    let (status, _) = ask(world, "master_a", &format!("PATCH {}", tenant_b("/limits")), &json!({ "maxMembers": 7 }));
    assert_eq!(status, 200);
    let body = json!({ "name": "B", "key": "tenant-b", "status": 1 });
    assert_eq!(ask(world, "admin_b", &format!("PUT {}", tenant_b("")), &body).0, 204);
    assert_eq!(life(world)["maxMembers"], 7, "a tenant does not lift its limit by a replacement");
}

const BOB_IN_B: &str = "b0000000-0000-4000-8000-000000000031";

/// Settings of a service that remembers its callers.
const REMEMBERING: &[(&str, &str)] = &[("CALLER_CACHE_MILLISECONDS", "1000")];

on_both!(who_is_remembered_a_moment_longer_lifts_nothing, REMEMBERING);
/// Another replica suspends: here its callers are remembered for up to a second.
fn who_is_remembered_a_moment_longer_lifts_nothing(world: &World) {
    let open = json!({ "status": 1 });
    let attempts = [
        (format!("PATCH {}", tenant_b("")), open.clone()),
        (format!("PATCH /tenants?where={{\"id\":\"{B}\"}}"), open.clone()),
        (format!("PUT {}", tenant_b("")), json!({ "name": "B", "key": "tenant-b", "status": 1 })),
    ];
    let mut tried = 0;
    for (line, body) in attempts.iter().cycle().take(12) {
        world.run(&format!("UPDATE main.tenants SET status = 1 WHERE id = '{B}'"));
        // A write of ours makes what is remembered old.
        world.request("GET /tenants").token("admin_b").send();
        world.run(&format!("UPDATE main.tenants SET status = 0 WHERE id = '{B}'"));
        let (status, told) = ask(world, "admin_b", line, body);
        tried += usize::from(status != 401);
        assert!(status >= 400 || told["count"] == 0, "{line}: {status} {told}");
        let tables = world.database.tables();
        assert_eq!(tables.rows[&("tenants".to_owned(), B.to_owned())]["status"], 0, "{line}");
    }
    assert!(tried > 0, "somebody was remembered");
    let suspended = |status: i32| {
        world.run(&format!(
            "UPDATE main.tenants SET status = 1 WHERE id = '{B}';
            UPDATE main.user_tenants SET status = {status} WHERE id = 'b0000000-0000-4000-8000-000000000031'"
        ));
    };
    for way in 0..6 {
        suspended(1);
        world.request("GET /tenants").token("admin_b").send();
        suspended(2);
        let (line, body) = match way % 2 {
            0 => (format!("PATCH {}/users/{BOB}", tenant_b("")), open.clone()),
            _ => (format!("POST {}/users/{BOB}/reactivate", tenant_b("")), Json::Null),
        };
        let (status, told) = ask(world, "admin_b", &line, &body);
        assert!([401, 403].contains(&status), "{line}: {status} {told}");
    }
}

/// Numbers that look like chance, and are the same each time.
struct Chance(u64);

impl Chance {
    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = usize::try_from(self.0 >> 33).expect("it is short") % all.len();
        &all[at]
    }
}

on_both!(who_is_suspended_elsewhere_lets_nobody_in, REMEMBERING);
/// Two who were suspended on another replica must not let each other in on this one.
fn who_is_suspended_elsewhere_lets_nobody_in(world: &World) {
    let set = |membership: &str, status: i32| {
        world.run(&format!("UPDATE main.user_tenants SET status = {status} WHERE id = '{membership}'"));
    };
    let line = format!("POST {}/users/b0000000-0000-4000-8000-000000000022/reactivate", tenant_b(""));
    for _ in 0..4 {
        set(BOB_IN_B, 1);
        world.request("GET /tenants").token("admin_b").send();
        set(BOB_IN_B, 2);
        set(BETH_IN_B, 2);
        assert_eq!(refusal(world, "admin_b", &line, &Json::Null), (401, "MEMBERSHIP_SUSPENDED".to_owned()));
        assert_eq!(world.database.tables().rows[&("user_tenants".to_owned(), BETH_IN_B.to_owned())]["status"], 2);
    }
    set(BOB_IN_B, 1);
    assert_eq!(ask(world, "admin_b", &line, &Json::Null).0, 200);
}

on_both!(no_sequence_of_requests_reaches_a_state_that_is_none);
fn no_sequence_of_requests_reaches_a_state_that_is_none(world: &World) {
    for seed in 0..4 {
        world.database.restore();
        let mut chance = Chance(seed);
        let (mut state, mut before) = ("active", "active");
        for _ in 0..40 {
            let tried = *chance.of(&["activate", "suspend", "archive", "restore", "PATCH 0", "PATCH 1"]);
            let next = match (state, tried) {
                ("pending" | "suspended", "activate" | "PATCH 1") => Some("active"),
                ("active", "suspend" | "PATCH 0") => Some("suspended"),
                ("pending" | "active" | "suspended", "archive") => Some("archived"),
                ("archived", "restore") => Some(before),
                ("active", "PATCH 1") | ("suspended", "PATCH 0") => Some(state),
                _ => None,
            };
            let (status, told) = match tried.strip_prefix("PATCH ") {
                Some(number) => {
                    let body = json!({ "status": number.parse::<i32>().expect("a number") });
                    ask(world, "master_a", &format!("PATCH {}", tenant_b("")), &body)
                }
                None => ask(world, "master_a", &format!("POST {}/{tried}", tenant_b("")), &Json::Null),
            };
            match next {
                Some(next) => {
                    assert!(status < 300, "{state} {tried}: {status} {told}");
                    if tried == "archive" {
                        before = state;
                    }
                    state = next;
                }
                None => assert!([403, 409].contains(&status), "{state} {tried}: {status} {told}"),
            }
            assert_eq!(life(world)["status"], state, "after {tried}");
        }
    }
}

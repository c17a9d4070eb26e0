//! The end of a tenant's life: what goes, what stays, who may ask for it, and that it ends the same however often it is cut off.

mod command;
mod crash;
mod host;
mod many;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rusqlite::types::ValueRef;
use serde_json::{Map, Value as Json, json};

use crate::holes::{A, ALICE_IN_A, B, BOB, SAM, VIEWER};
use crate::lifecycle::{ask, refusal, step, tenant_b};
use crate::support::fixture::Database;
use crate::world::{World, on_both};

/// How long a purge of a few rows may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Every row of every table, as JSON of text, by table; the audit log is `audit_logs`.
pub(super) type Contents = BTreeMap<String, Vec<Map<String, Json>>>;

/// Reads the whole database, whatever tables there are.
pub(super) fn contents(database: &Database) -> Contents {
    let mut contents = Contents::new();
    match database {
        Database::Postgres(server) => {
            let tables = server.query(
                "SELECT table_schema::text, table_name::text FROM information_schema.tables
                 WHERE table_schema IN ('main', 'logs') AND table_type = 'BASE TABLE'",
            );
            server.run("SET timezone = 'UTC'");
            for table in tables {
                let (schema, name) = (table.get::<_, &str>(0), table.get::<_, &str>(1));
                let rows = server.query(&format!("SELECT to_jsonb(t)::text FROM {schema}.{name} AS t"));
                let rows = rows.iter().map(|row| serde_json::from_str(row.get(0)).expect("PostgreSQL writes JSON"));
                contents.insert(name.to_owned(), rows.collect());
            }
        }
        Database::Sqlite(file) => {
            let connection = file.connect();
            let mut tables = connection
                .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
                .expect("there is a schema");
            let tables: Vec<String> = tables.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            for name in tables {
                let mut select = connection.prepare(&format!("SELECT * FROM {name}")).expect("the table exists");
                let columns: Vec<String> = select.column_names().map(ToOwned::to_owned).collect();
                let mut rows = select.query(()).expect("the table can be read");
                let mut read = Vec::new();
                while let Some(row) = rows.next().expect("the table can be read") {
                    let value = |at: usize| match row.get_ref(at).expect("a column") {
                        ValueRef::Null => Json::Null,
                        ValueRef::Integer(number) => number.into(),
                        ValueRef::Text(text) => {
                            let text = String::from_utf8_lossy(text).into_owned();
                            let is_document = ["before", "after"].contains(&columns[at].as_str());
                            if is_document { serde_json::from_str(&text).expect("JSON") } else { text.into() }
                        }
                        other => panic!("{other:?}"),
                    };
                    read.push((0..columns.len()).map(|at| (columns[at].clone(), value(at))).collect());
                }
                contents.insert(name, read);
            }
        }
    }
    contents
}

/// Waits until a tenant is gone.
#[track_caller]
pub(super) fn until_gone(database: &Database, tenant: &str) {
    let start = Instant::now();
    while is_there(database, tenant) {
        assert!(start.elapsed() < PATIENCE, "it is never gone: {:?}", contents(database)["jobs"]);
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether there is a row of the tenant itself. Little is read, since the purge is at work on the same cores.
pub(super) fn is_there(database: &Database, tenant: &str) -> bool {
    match database {
        Database::Postgres(server) => {
            !server.query(&format!("SELECT id FROM main.tenants WHERE id = '{tenant}'")).is_empty()
        }
        Database::Sqlite(file) => {
            let count = "SELECT count(*) FROM tenants WHERE id = ?1";
            file.connect().query_row(count, [tenant], |row| row.get::<_, i64>(0)).expect("tenants are counted") > 0
        }
    }
}

fn text(row: &Map<String, Json>) -> String {
    Json::from(row.clone()).to_string()
}

/// The lines of the log, by position.
fn lines(contents: &Contents) -> BTreeMap<i64, Map<String, Json>> {
    let lines = contents["audit_logs"].iter();
    lines.map(|line| (line["position"].as_i64().expect("lines have positions"), line.clone())).collect()
}

/// Position, type, subject and actor of every event.
fn events(world: &World) -> Vec<[Json; 4]> {
    let (status, told) = ask(world, "master_a", "GET /events?limit=1000", &Json::Null);
    assert_eq!((status, &told["more"]), (200, &json!(false)), "{told}");
    let events = told["events"].as_array().expect("events").iter();
    events.map(|it| [&it["position"], &it["type"], &it["subject"]["id"], &it["actor"]].map(Clone::clone)).collect()
}

/// What is said of B and its people, in rows and in lines.
const PERSONAL: [&str; 18] = [
    "Bob",
    "Boss",
    "bob@",
    "Beth",
    "beth",
    "Nora",
    "nora@",
    "+15550001234",
    "Tenant B",
    "tenant-b",
    "Betaville",
    "engineers-b",
    "admin-b",
    "BOB-TOTP",
    "because of Bob",
    "192.0.2.",
    "a secret wish",
    "1987-06-05",
];

/// Changes that leave lines about people in the log.
fn lived(world: &World) {
    let done = |profile: &str, line: &str, body: Json| {
        let (status, told) = ask(world, profile, line, &body);
        assert!(status < 300, "{line}: {status} {told}");
        told
    };
    let nora = json!({ "firstName": "Nora", "username": "nora", "email": "nora@b.example", "phone": "+15550001234",
        "dob": "1987-06-05T00:00:00.000Z", "roleId": "b0000000-0000-4000-8000-000000000012" });
    let nora = done("admin_b", &format!("POST {}", tenant_b("/users")), nora);
    let nora = nora["id"].as_str().expect("an id").to_owned();
    done("admin_b", &format!("PATCH {}", tenant_b("")), json!({ "city": "Betaville again" }));
    let wish = json!({ "configKey": "wish", "configValue": { "text": "a secret wish" } });
    done("admin_b", &format!("POST {}", tenant_b("/tenant-configs")), wish);
    done("admin_b", &format!("DELETE {}/users/{nora}", tenant_b("")), Json::Null);
    // In the name of the master's tenant, not of B.
    done("master_a", &format!("POST /users/{BOB}/deactivate"), json!({ "reason": "because of Bob" }));
    done("master_a", &format!("POST /users/{BOB}/reactivate"), Json::Null);
    let keyed = world.request(&format!("POST {}", tenant_b("/suspend"))).token("master_a");
    assert_eq!(
        keyed.header("idempotency-key", "\"one\"").json(&json!({ "reason": "because of Bob" })).send().status,
        200
    );
    // A line of somebody who is removed for good, and one that is older than what lines say of tenants.
    world.run(
        "UPDATE main.users SET last_name = 'Boss the second' WHERE first_name = 'Bob';
         UPDATE main.user_credentials SET auth_id = 'BOB-TOTP-2' WHERE id = 'b0000000-0000-4000-8000-000000000091'",
    );
    let log = if matches!(world.database, Database::Postgres(_)) { "logs.audit_logs" } else { "audit_logs" };
    world.run(&format!(
        "UPDATE {log} SET client_address = '192.0.2.7' WHERE tenant_id = '{B}';
         UPDATE {log} SET tenant_id = NULL WHERE table_name = 'user_credentials'"
    ));
}

on_both!(a_tenant_is_purged_and_nothing_of_it_is_left);
fn a_tenant_is_purged_and_nothing_of_it_is_left(world: &World) {
    lived(world);
    step(world, "master_a", &tenant_b("/archive"), "archived");
    let (before, events_before) = (contents(&world.database), events(world));
    let asked = json!({ "confirm": "tenant-b", "reason": "They asked for it" });
    let (status, told) = ask(world, "master_a", &format!("POST {}", tenant_b("/purge")), &asked);
    assert_eq!((status, &told["id"], &told["status"]), (202, &json!(B), &json!("purging")), "{told}");
    until_gone(&world.database, B);
    let after = contents(&world.database);

    // Nothing of it is left in any table but the log, and nothing of the others has changed, to the byte.
    let of_b = |row: &Map<String, Json>| text(row).contains("b0000000-");
    for (table, rows) in before.iter().filter(|(table, _)| *table != "audit_logs") {
        let left: Vec<_> = after[table].iter().map(text).filter(|row| row.contains("b0000000-")).collect();
        assert_eq!(left, [""; 0], "{table}");
        let stay = |rows: &[Map<String, Json>]| -> BTreeSet<String> {
            let others =
                rows.iter().filter(|row| !of_b(row) && row.get("kind").is_none() && row.get("id") != Some(&json!(SAM)));
            others.map(text).collect()
        };
        // Nora was of B alone, and came with an id of her own.
        let (was, is) = (stay(rows), stay(&after[table]));
        let gone: Vec<_> = was.difference(&is).filter(|row| !row.to_lowercase().contains("nora")).collect();
        let of_nora = ["user_credentials", "tenant_configs", "idempotency_keys"].contains(&table.as_str());
        assert!(gone.is_empty() || of_nora, "{table}: {gone:?}");
        assert!(is.is_subset(&was) || table == "jobs", "{table}");
    }
    // Sam is a member of A as well, and stays, without a home.
    let sam = |contents: &Contents| contents["users"].iter().find(|row| row["id"] == SAM).expect("Sam").clone();
    let (was, is) = (sam(&before), sam(&after));
    assert_eq!((&was["default_tenant_id"], &is["default_tenant_id"]), (&json!(B), &Json::Null));
    assert!(
        was.iter().all(|(name, value)| ["default_tenant_id", "modified_on", "modified_by"].contains(&name.as_str())
            || is[name] == *value)
    );
    assert!(after["jobs"].iter().all(|job| job["kind"] != "tenants.purge"), "the job goes with the tenant");

    // All lines are there, as they were but for what is personal; those about others to the byte.
    let (was, is) = (lines(&before), lines(&after));
    for (position, line) in &was {
        let now = is.get(position).unwrap_or_else(|| panic!("{position} is gone"));
        for column in [
            "id",
            "operation_name",
            "operation_time",
            "table_name",
            "entity_id",
            "user_id",
            "tenant_id",
            "actor_kind",
            "request_id",
            "changed_secrets",
            "log_type",
        ] {
            assert_eq!(line[column], now[column], "{position}");
        }
        assert!(!now["erased_on"].is_null() || line == now, "{position}");
        assert!(now["tenant_id"] != *B || !now["erased_on"].is_null(), "{position}: {now:?}");
    }
    for line in is.values().filter(|line| !line["erased_on"].is_null() || line["tenant_id"] == *B) {
        let text = text(line);
        for personal in PERSONAL {
            assert!(!text.contains(personal), "{personal}: {text}");
        }
        assert!(line["client_address"].is_null());
    }
    let log: String = is.values().map(text).collect();
    for personal in ["nora", "Nora", "Bob", "bob@", "Boss", "BOB-TOTP", "Beth", "because of Bob"] {
        assert!(!log.contains(personal), "{personal}");
    }
    let events_after = events(world);
    assert_eq!(
        events_after[..events_before.len()],
        events_before[..],
        "positions, types and actors are what they were"
    );

    // The last event says what is gone, who asked for it, and why.
    let (_, told) = ask(world, "master_a", &format!("GET /events?type=tenant.purged&subject={B}"), &Json::Null);
    let event = &told["events"][0];
    assert_eq!(told["events"].as_array().map(Vec::len), Some(1));
    assert_eq!((&event["reason"], &event["actor"]["kind"]), (&json!("They asked for it"), &json!("member")), "{event}");
    assert_eq!((&event["tenantId"], event["actor"]["id"].is_string()), (&json!(B), true));
    let rows = &event["after"]["rows"];
    // Bob, Beth and Nora; their memberships and Sam's.
    assert_eq!((&rows["users"], &rows["user_tenants"], &rows["tenants"]), (&json!(3), &json!(4), &json!(1)), "{event}");
    assert_eq!(is.keys().next_back().map(|last| json!(last)), Some(event["position"].clone()), "it is the last");
    assert_eq!(refusal(world, "master_a", &format!("GET {}", tenant_b("/lifecycle")), &Json::Null).0, 404);
    assert_eq!(ask(world, "admin_a", &format!("GET /tenants/{A}/users"), &Json::Null).0, 200);
}

on_both!(only_who_names_an_archived_tenant_has_it_purged);
fn only_who_names_an_archived_tenant_has_it_purged(world: &World) {
    let line = format!("POST {}", tenant_b("/purge"));
    let named = json!({ "confirm": "tenant-b" });
    let (status, told) = ask(world, "master_a", &line, &named);
    assert_eq!((status, &told["code"], &told["from"]), (409, &json!("NO_TRANSITION"), &json!("active")));
    assert_eq!(told["allowed"], json!(["suspended", "archived"]));
    step(world, "master_a", &tenant_b("/archive"), "archived");
    let before = contents(&world.database);
    for body in [
        json!({}),
        json!({ "confirm": "" }),
        json!({ "confirm": 1 }),
        json!({ "confirm": "tenant-a" }),
        json!({ "confirm": "TENANT-B" }),
        json!({ "confirm": "tenant-b", "other": 1 }),
        json!({ "confirm": "tenant-b", "reason": "x".repeat(501) }),
    ] {
        let (status, told) = ask(world, "master_a", &line, &body);
        assert_eq!((status, &told["code"]), (422, &json!("VALIDATION_FAILED")), "{body}: {told}");
        assert!(told["errors"].to_string().contains("confirm") || body.get("confirm").is_some(), "{told}");
    }
    assert_eq!(refusal(world, "master_a", &line, &json!({ "confirm": "no" })), (422, "VALIDATION_FAILED".to_owned()));
    assert_eq!(refusal(world, "admin_a", &line, &named), (403, "MASTER_NEEDED".to_owned()));
    assert_eq!(contents(&world.database), before);
    let (_, told) = ask(world, "master_a", &format!("GET {}", tenant_b("/lifecycle")), &Json::Null);
    assert_eq!((&told["allowed"], &told["purge"]), (&json!(["restore", "purge"]), &Json::Null), "{told}");
    // Its name is as good.
    assert_eq!(ask(world, "master_a", &line, &json!({ "confirm": "Tenant B" })).0, 202);
    until_gone(&world.database, B);
}

on_both!(a_tenant_that_is_being_purged_refuses_everything_and_is_never_restored);
fn a_tenant_that_is_being_purged_refuses_everything_and_is_never_restored(world: &World) {
    step(world, "master_a", &tenant_b("/archive"), "archived");
    // A purge that nobody carries out yet.
    world.run(&format!(
        "UPDATE main.tenants SET purging_on = '2024-01-02T03:04:05.678Z' WHERE id = '{B}';
         INSERT INTO main.jobs (id, kind, tenant_id, payload, state, run_after, attempts, created_on)
         VALUES ('b0000000-0000-4000-8000-0000000000f1', 'tenants.purge', '{B}', '{{}}', 'queued',
           '2999-01-02T03:04:05.678Z', 0, '2024-01-02T03:04:05.678Z')"
    ));
    let line = format!("POST {}", tenant_b("/purge"));
    let before = world.database.tables();
    for path in ["/restore", "/activate", "/suspend", "/archive"] {
        let (status, told) = ask(world, "master_a", &format!("POST {}", tenant_b(path)), &Json::Null);
        assert_eq!((status, &told["from"], &told["allowed"]), (409, &json!("purging"), &json!([])), "{path}: {told}");
    }
    assert_eq!(refusal(world, "master_a", &line, &json!({ "confirm": "tenant-b" })).0, 409, "once is enough");
    let person = json!({ "firstName": "N", "username": "n", "email": "n@b.example", "roleId": VIEWER });
    for (line, body) in [
        (format!("PATCH {}", tenant_b("/limits")), json!({ "retentionDays": 900 })),
        (format!("POST {}", tenant_b("/users")), person),
        (format!("PATCH {}", tenant_b("")), json!({ "name": "X" })),
        (format!("GET {}", tenant_b("/users")), Json::Null),
        (format!("DELETE {}", tenant_b("")), Json::Null),
    ] {
        assert_eq!(refusal(world, "master_a", &line, &body), (403, "TENANT_NOT_ACTIVE".to_owned()), "{line}");
    }
    assert_eq!(refusal(world, "admin_b", "GET /tenants", &Json::Null).1, "TENANT_ARCHIVED");
    assert_eq!(world.database.tables().rows, before.rows);
    let (_, told) = ask(world, "master_a", &format!("GET {}", tenant_b("/lifecycle")), &Json::Null);
    assert_eq!(
        (&told["status"], &told["allowed"], &told["purge"]["state"]),
        (&json!("purging"), &json!([]), &json!("queued"))
    );
    assert!(told["purge"]["since"].is_string() && told["purge"]["rows"] == 0, "{told}");
}

on_both!(of_a_restoring_and_a_purging_caller_one_gets_it);
fn of_a_restoring_and_a_purging_caller_one_gets_it(world: &World) {
    for _ in 0..6 {
        world.database.restore();
        step(world, "master_a", &tenant_b("/archive"), "archived");
        let both = std::thread::scope(|scope| {
            let restore =
                scope.spawn(|| ask(world, "master_a", &format!("POST {}", tenant_b("/restore")), &Json::Null).0);
            let purge = scope.spawn(|| {
                ask(world, "master_a", &format!("POST {}", tenant_b("/purge")), &json!({ "confirm": "tenant-b" })).0
            });
            (restore.join().expect("an answer"), purge.join().expect("an answer"))
        });
        match both {
            (200, 409) => step(world, "master_a", &tenant_b("/suspend"), "suspended"),
            // It may be gone already.
            (409 | 404, 202) => until_gone(&world.database, B),
            other => panic!("{other:?}"),
        }
    }
}

/// A service that looks for work often.
const QUICK: &[(&str, &str)] = &[("JOBS_INTERVAL_MILLISECONDS", "100")];

on_both!(who_was_archived_longer_ago_than_it_is_kept_is_purged, QUICK);
fn who_was_archived_longer_ago_than_it_is_kept_is_purged(world: &World) {
    let others = ["c0000000-0000-4000-8000-000000000001", A];
    let kept = format!("PATCH /tenants/{}/limits", others[0]);
    assert_eq!(ask(world, "master_a", &kept, &json!({ "retentionDays": 36500 })).0, 200);
    for tenant in [B, others[0]] {
        step(world, "master_a", &format!("/tenants/{tenant}/archive"), "archived");
    }
    world.run("UPDATE main.tenants SET archived_on = '2024-01-02T03:04:05.678Z' WHERE archived_on IS NOT NULL");
    // Its time comes every ten minutes.
    let start = Instant::now();
    while contents(&world.database)["tenants"].iter().any(|row| row["id"] == *B) {
        assert!(start.elapsed() < PATIENCE, "{:?}", contents(&world.database)["jobs"]);
        world.run("UPDATE main.jobs SET run_after = created_on WHERE kind = 'tenants.expire' AND state = 'queued'");
        std::thread::sleep(Duration::from_millis(50));
    }
    let after = contents(&world.database);
    for tenant in others {
        assert!(after["tenants"].iter().any(|row| row["id"] == *tenant), "{tenant}");
    }
    let (_, told) = ask(world, "master_a", &format!("GET /events?type=tenant.purged&subject={B}"), &Json::Null);
    let event = &told["events"][0];
    assert_eq!(
        (&event["actor"]["kind"], &event["reason"]),
        (&json!("system"), &json!("Its retention is over.")),
        "{told}"
    );
}

on_both!(a_purge_whose_job_is_gone_gets_another, QUICK);
fn a_purge_whose_job_is_gone_gets_another(world: &World) {
    step(world, "master_a", &tenant_b("/archive"), "archived");
    world.run(&format!("UPDATE main.tenants SET purging_on = '2024-01-02T03:04:05.678Z' WHERE id = '{B}'"));
    let start = Instant::now();
    while contents(&world.database)["tenants"].iter().any(|row| row["id"] == *B) {
        assert!(start.elapsed() < PATIENCE, "{:?}", contents(&world.database)["jobs"]);
        world.run("UPDATE main.jobs SET run_after = created_on WHERE kind = 'tenants.expire' AND state = 'queued'");
        std::thread::sleep(Duration::from_millis(50));
    }
}

on_both!(who_may_not_delete_tenants_does_not_say_how_long_they_are_kept);
fn who_may_not_delete_tenants_does_not_say_how_long_they_are_kept(world: &World) {
    world.run(&format!(
        "INSERT INTO main.user_permissions (id, user_tenant_id, permission, allowed, created_on, modified_on)
         VALUES ('a0000009-0000-4000-8000-000000000001', '{ALICE_IN_A}', 'DeleteTenant', false, '2024-01-02T03:04:05.678Z',
           '2024-01-02T03:04:05.678Z')"
    ));
    let limits = format!("PATCH /tenants/{B}/limits");
    let (status, told) = ask(world, "master_a", &limits, &json!({ "retentionDays": 0 }));
    assert_eq!((status, &told["permission"]), (403, &json!("DeleteTenant")), "{told}");
    assert_eq!(ask(world, "master_a", &limits, &json!({ "maxMembers": 50 })).0, 200);
}

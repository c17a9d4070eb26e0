//! Work in the background, by the built program: who is killed leaves nothing undone, and operators see what there is.

use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::command_line::{FAILED, WRONG_USAGE, assert_fails, on};
use crate::request::text;
use crate::support::fixture::Database;
use crate::world::on_both;

const TENANT: &str = "a0000000-0000-4000-8000-000000000001";
const LONG_AGO: &str = "2024-01-02T03:04:05.678Z";
const LATER: &str = "2999-01-02T03:04:05.678Z";
/// How long a job may be nobody's.
const MINUTE: Duration = Duration::from_mins(1);

fn keys(database: &Database) -> i64 {
    let count = "SELECT count(*) FROM main.idempotency_keys";
    match database {
        Database::Postgres(database) => database.query(count)[0].get(0),
        Database::Sqlite(database) => database.connect().query_row(count, (), |row| row.get(0)).expect("a table"),
    }
}

/// Answers that are too old: so many that it takes a job many steps to forget them.
fn old_keys(database: &Database, thousands: u32) {
    for thousand in 0..thousands {
        let rows: Vec<String> = (0..1_000)
            .map(|number| {
                let id = format!("{thousand:08}-0000-4000-8000-{number:012}");
                format!("('{id}', '{TENANT}', '{TENANT}', '', 200, '{{}}', '{{}}', '{LONG_AGO}')")
            })
            .collect();
        database.run(&format!(
            "INSERT INTO main.idempotency_keys
               (id, tenant_id, membership_id, fingerprint, status, headers, body, created_on)
             VALUES {}",
            rows.join(", ")
        ));
    }
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < MINUTE, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

on_both!(what_a_killed_process_was_doing_another_ends);
fn what_a_killed_process_was_doing_another_ends(database: &Database) {
    let mut workplace = on(database);
    workplace.set("JOBS_INTERVAL_MILLISECONDS", "100");
    workplace.set("JOBS_LEASE_MILLISECONDS", "1000");
    workplace.ok(&["migrate", "up"]);
    old_keys(database, 30);
    let mut first = workplace.start(&["serve"]);
    until("the first does nothing", || keys(database) < 30_000);
    first.signal("KILL");
    assert_eq!(first.end().code(), None);
    let left = keys(database);
    assert!(left > 0, "it was too quick for this test");
    let mut second = workplace.serve(&["serve"]);
    until("the second does not go on", || keys(database) == 0);
    let page = text(&second.request("GET /metrics").send());
    let again = r#"user_tenant_service_job_steps_total{kind="idempotency_keys.expire",outcome="again"}"#;
    assert!(page.contains(again), "{page}");
    second.stop();
}

on_both!(jobs_are_listed_and_tried_again);
fn jobs_are_listed_and_tried_again(database: &Database) {
    let workplace = on(database);
    workplace.ok(&["migrate", "up"]);
    let id = |number: u8| format!("a0000000-0000-4000-8000-0000000000{number:02}");
    for (number, state, after, error) in [
        (1, "queued", format!("'{LATER}'"), "'TOOK_TOO_LONG: words'"),
        (2, "running", format!("'{LATER}'"), "NULL"),
        (3, "done", "NULL".to_owned(), "NULL"),
        (4, "failed", "NULL".to_owned(), "'INTERNAL: \u{1b}[31mwords'"),
    ] {
        database.run(&format!(
            "INSERT INTO main.jobs (id, kind, tenant_id, payload, state, run_after, attempts, last_error, created_on)
             VALUES ('{}', 'test.kind', '{TENANT}', '{{\"password\": \"hush\"}}', '{state}', {after}, {number}, {error}, '{LONG_AGO}')",
            id(number)
        ));
    }
    let list = |options: &[&str]| -> Vec<Json> {
        let printed = workplace.ok(&[&["jobs", "list", "--output", "json"], options].concat());
        assert!(!printed.contains("hush"), "{printed}");
        serde_json::from_str(&printed).expect("it is JSON")
    };
    let states = |options: &[&str]| -> Vec<String> {
        list(options).iter().map(|job| job["state"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(states(&[]), ["queued", "running", "done", "failed"]);
    assert_eq!(states(&["--limit", "1"]), ["queued"]);
    assert_eq!(states(&["--state", "failed", "--kind", "test.kind"]), ["failed"]);
    assert!(states(&["--kind", "test.other"]).is_empty());
    assert_fails(&workplace.run(&["jobs", "list", "--state", "lost"]), WRONG_USAGE, &["queued", "failed"]);
    let table = workplace.ok(&["jobs", "list"]);
    assert!(table.contains("TOOK_TOO_LONG") && !table.contains('\u{1b}') && !table.contains("hush"), "{table}");

    for number in [1, 4] {
        assert_eq!(workplace.ok(&["jobs", "retry", &id(number)]), format!("{} is to be done now\n", id(number)));
    }
    for number in [2, 3] {
        assert_fails(&workplace.run(&["jobs", "retry", &id(number)]), FAILED, &["nothing to try again"]);
    }
    assert_fails(&workplace.run(&["jobs", "retry", &id(9)]), FAILED, &["there is no job", "jobs list"]);
    assert_fails(&workplace.run(&["jobs", "retry", "nine"]), WRONG_USAGE, &["nine"]);
    for job in list(&["--state", "queued"]) {
        assert_eq!((&job["attempts"], job["runAfter"].as_str() < Some(LATER)), (&0.into(), true), "{job}");
    }
}

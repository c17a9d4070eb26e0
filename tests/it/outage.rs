//! A database that goes away and comes back: 503 meanwhile, without a word of the driver, and recovery without a restart.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::Value as Json;

use crate::program::{Running, Workplace};
use crate::request::{json, leak, text};
use crate::support::http::Answer;
use crate::support::postgres::PostgresDatabase;

const SECRET: &str = "a secret of the outage tests, long enough";

/// How long recovery may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A `PostgreSQL` cluster of the test's own, removed at the end.
struct Cluster<'a>(&'a Path);

impl Cluster<'_> {
    fn command(&self, command: &str) -> String {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/postgres.sh");
        let output = Command::new("bash").arg(script).arg(command).arg(self.0).output().expect("bash is there");
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for Cluster<'_> {
    fn drop(&mut self) {
        self.command("remove");
    }
}

fn workplace(database_url: &str) -> Workplace {
    Workplace::with(&[("DATABASE_URL", database_url), ("JWT_VERIFIER", "secret"), ("JWT_SECRET", SECRET)])
}

/// Answers of one request after another until one is as wanted.
fn until(wanted: u16, answer: impl Fn() -> Answer) -> Answer {
    let start = Instant::now();
    loop {
        let answer = answer();
        if answer.status == wanted {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "no {wanted}, but {} {}", answer.status, text(&answer));
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn is_unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", text(answer));
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(json(answer)["error"]["statusCode"], 503);
    assert_eq!(leak(&text(answer)), None, "{}", text(answer));
}

/// That the log says at this level why, with the id that the answer carries.
fn is_explained(service: &Running, answer: &Answer, level: &str, message: &str) {
    let (id, start) = (answer.header("x-request-id"), Instant::now());
    loop {
        let [_, log] = service.printed();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
        let mut named = lines.filter(|line| line["request_id"] == id && line["message"] != "request");
        if let Some(line) = named.next() {
            assert_eq!((line["level"].as_str(), line["message"].as_str()), (Some(level), Some(message)), "{line}");
            assert!(line["error"].as_str().is_some_and(|error| !error.is_empty()), "{line}");
            return;
        }
        assert!(start.elapsed() < PATIENCE, "nothing of {id} in {log}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn tenants(service: &Running, token: &str) -> Answer {
    service.request("GET /tenants").bearer(token).send()
}

#[test]
fn postgres_may_stop_and_start_again() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("cluster");
    let cluster = Cluster(&place);
    let url = cluster.command("start");
    let workplace = workplace(&url);
    workplace.ok(&["migrate", "up"]);
    workplace.ok(&["bootstrap"]);
    let token = workplace.ok(&["token", "--master"]).trim().to_owned();
    let service = workplace.serve(&["serve"]);
    assert_eq!(tenants(&service, &token).status, 200);

    cluster.command("stop");
    for answer in [tenants(&service, &token), service.request("GET /health/ready").send()] {
        is_unavailable(&answer);
        is_explained(&service, &answer, "WARN", "service unavailable");
    }
    let body = serde_json::json!({ "name": "Lost", "status": 1, "key": "lost" });
    is_unavailable(&service.request("POST /tenants").bearer(&token).json(&body).send());
    assert_eq!(service.request("GET /health/live").send().status, 200);

    assert_eq!(cluster.command("start"), url);
    until(200, || service.request("GET /health/ready").send());
    let listed = until(200, || tenants(&service, &token));
    assert_eq!(json(&listed).as_array().map(Vec::len), Some(1), "{}", text(&listed));
}

/// A service on this database, a token of its administrator, and the id of their tenant.
fn with_a_tenant(database: &PostgresDatabase) -> (Workplace, Running, String, String) {
    let workplace = workplace(database.url());
    workplace.ok(&["migrate", "up"]);
    workplace.ok(&["bootstrap"]);
    let token = workplace.ok(&["token"]).trim().to_owned();
    let service = workplace.serve(&["serve"]);
    let tenant = json(&tenants(&service, &token))[0]["id"].as_str().unwrap().to_owned();
    (workplace, service, token, tenant)
}

#[test]
fn changes_that_wait_for_the_same_rows_are_not_taken_for_slow_searches() {
    let database = PostgresDatabase::create();
    let (_workplace, service, token, tenant) = with_a_tenant(&database);
    let made = service.request(&format!("POST /tenants/{tenant}/groups")).bearer(&token);
    assert_eq!(made.json(&serde_json::json!({ "name": "staff" })).send().status, 200);
    let change = |description: &str| {
        let request = service.request(&format!("PATCH /tenants/{tenant}/groups")).bearer(&token);
        let named = serde_json::json!({ "name": { "like": "st%" } });
        request.query("where", &named).json(&serde_json::json!({ "description": description })).send()
    };

    database.run("BEGIN; SELECT 1 FROM main.groups FOR UPDATE");
    std::thread::scope(|scope| {
        let changes = ["one", "two", "three"].map(|text| scope.spawn(move || change(text)));
        std::thread::sleep(Duration::from_millis(800));
        assert!(changes.iter().all(|change| !change.is_finished()), "the row is still held");
        database.run("ROLLBACK");
        for change in changes {
            let answer = change.join().unwrap();
            assert_eq!((answer.status, json(&answer)["count"].as_u64()), (200, Some(1)), "{}", text(&answer));
        }
    });
}

#[test]
fn a_read_that_is_held_up_does_not_hold_up_those_that_come_later() {
    let database = PostgresDatabase::create();
    let (_workplace, service, token, tenant) = with_a_tenant(&database);
    let page = |path: &str| service.request(&format!("GET {path}?filter[limit]=5")).bearer(&token).send();

    database.run("BEGIN; LOCK TABLE main.groups IN ACCESS EXCLUSIVE MODE");
    std::thread::scope(|scope| {
        let held_up: Vec<_> = (0..5)
            .map(|_| {
                std::thread::sleep(Duration::from_millis(20));
                scope.spawn(|| page(&format!("/tenants/{tenant}/groups")).status)
            })
            .collect();
        std::thread::sleep(Duration::from_millis(100));
        for _ in 0..50 {
            let answer = page(&format!("/tenants/{tenant}/roles"));
            assert_eq!(answer.status, 200, "{}", text(&answer));
        }
        assert!(held_up.iter().all(|held_up| !held_up.is_finished()), "the lock is still held");
        database.run("ROLLBACK");
        for held_up in held_up {
            assert_eq!(held_up.join().unwrap(), 200);
        }
    });
}

#[test]
fn many_reads_at_once_each_get_their_own_answer() {
    let database = PostgresDatabase::create();
    let mut workplace = workplace(database.url());
    workplace.set("DB_MAX_CONNECTIONS", "2");
    workplace.ok(&["migrate", "up"]);
    workplace.ok(&["bootstrap"]);
    let token = workplace.ok(&["token", "--master"]).trim().to_owned();
    let service = workplace.serve(&["serve"]);
    let ids: Vec<String> = (0..100).map(|number| format!("00000000-0000-4000-8000-{number:012}")).collect();
    for id in &ids {
        database
            .run(&format!("INSERT INTO main.tenants (id, name, status, key) VALUES ('{id}', 'T', 1, '{}')", &id[24..]));
    }
    std::thread::scope(|scope| {
        for ids in ids.chunks(5) {
            let (service, token) = (&service, &token);
            scope.spawn(move || {
                for id in ids.iter().cycle().take(50) {
                    let read = service.request(&format!("GET /tenants/{id}")).bearer(token).send();
                    assert_eq!((read.status, json(&read)["id"].as_str()), (200, Some(id.as_str())));
                }
            });
        }
    });
}

#[test]
fn serve_says_that_the_server_is_not_there() {
    let outcome = workplace("postgres://nobody@127.0.0.1:9/nothing").run(&["serve"]);
    assert_eq!(outcome.code, 4, "{outcome:?}");
    assert!(outcome.stderr.contains("the database cannot be reached"), "{outcome:?}");
}

#[test]
fn a_file_that_another_process_writes_to_is_waited_for_and_then_unavailable() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("shared.db");
    let workplace = workplace(&format!("sqlite:{}", file.display()));
    workplace.ok(&["migrate", "up"]);
    workplace.ok(&["bootstrap"]);
    let token = workplace.ok(&["token", "--master"]).trim().to_owned();
    let service = workplace.serve(&["serve"]);

    let other = Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let create = |key: &str| {
        let body = serde_json::json!({ "name": key, "status": 1, "key": key });
        service.request("POST /tenants").bearer(&token).json(&body).send()
    };
    let waited = create("waiting");
    is_unavailable(&waited);
    is_explained(&service, &waited, "WARN", "service unavailable");
    assert_eq!(tenants(&service, &token).status, 200, "readers are not held up");
    other.execute_batch("ROLLBACK").unwrap();
    let created = create("waiting");
    assert_eq!(created.status, 200, "{}", text(&created));
}

#[test]
fn a_table_that_is_gone_is_a_500_which_the_log_explains_under_the_id_of_the_answer() {
    let is_explained_after = |url: &str, break_it: &dyn Fn()| {
        let workplace = workplace(url);
        workplace.ok(&["migrate", "up"]);
        workplace.ok(&["bootstrap"]);
        let token = workplace.ok(&["token", "--master"]).trim().to_owned();
        let service = workplace.serve(&["serve"]);
        let tenant = json(&tenants(&service, &token))[0]["id"].as_str().unwrap().to_owned();
        break_it();
        let answer = service.request(&format!("GET /tenants/{tenant}/groups")).bearer(&token).send();
        assert_eq!(answer.status, 500, "{}", text(&answer));
        assert_eq!(leak(&text(&answer)), None, "{}", text(&answer));
        is_explained(&service, &answer, "ERROR", "request failed");
    };
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("broken.db");
    is_explained_after(&format!("sqlite:{}", file.display()), &|| {
        Connection::open(&file).unwrap().execute_batch("ALTER TABLE groups RENAME TO gone").unwrap();
    });
    let database = PostgresDatabase::create();
    is_explained_after(database.url(), &|| database.run("ALTER TABLE main.groups RENAME TO gone"));
}

/// As after a failover: the server that was written to only reads now.
#[test]
fn a_server_that_only_reads_is_unavailable_to_writes() {
    let database = PostgresDatabase::create();
    let workplace = workplace(database.url());
    workplace.ok(&["migrate", "up"]);
    workplace.ok(&["bootstrap"]);
    let token = workplace.ok(&["token", "--master"]).trim().to_owned();
    let read_only = |is: &str| {
        database.run(&format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = {is}', current_database()); END $$"
        ));
    };
    read_only("on");
    let service = workplace.serve(&["serve"]);
    let create = |name: &str| {
        let body = serde_json::json!({ "name": name, "key": name, "status": 1 });
        service.request("POST /tenants").bearer(&token).json(&body).send()
    };
    assert_eq!(tenants(&service, &token).status, 200, "it is read as before");
    let refused = create("one");
    is_unavailable(&refused);
    is_explained(&service, &refused, "WARN", "service unavailable");
    // Its connections are not kept: the next ones may lead to a server that writes.
    read_only("off");
    let made = until(200, || create("two"));
    assert_eq!(json(&made)["name"], "two");
}

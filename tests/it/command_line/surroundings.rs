//! What the program stands beside: a log that cannot be written or that nobody reads, signals, pipes, and files of others.

use std::fs::{self, File};
use std::io::{PipeReader, Read as _, pipe};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use rexpect::process::{Signal, WaitStatus};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value as Json, json};

use super::{FAILED, INVALID_CONFIGURATION, SCHEMA_NOT_READY, assert_fails};
use crate::program::{Running, Workplace};
use crate::request::{json, text};
use crate::system::bounds::eventually;

fn full() -> File {
    File::options().write(true).open("/dev/full").expect("there is a device that takes nothing")
}

fn dropped_lines(running: &Running) -> u64 {
    let metrics = text(&running.request("GET /metrics").send());
    let line = metrics.lines().find_map(|line| line.strip_prefix("user_tenant_service_log_lines_dropped_total "));
    line.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("no such metric: {metrics}"))
}

fn create(running: &Running, token: &str, key: &str) -> u16 {
    let tenant = json!({ "name": "Kept", "status": 1, "key": key });
    running.request("POST /tenants").bearer(token).json(&tenant).send().status
}

fn count(running: &Running, token: &str) -> Json {
    json(&running.request("GET /tenants/count").bearer(token).send())["count"].clone()
}

#[test]
fn a_log_that_cannot_be_written_loses_its_lines_and_nothing_else() {
    let (reader, closed) = pipe().expect("a pipe can be made");
    drop(reader);
    for stderr in [Stdio::from(full()), closed.into()] {
        let workplace = Workplace::with(&[("LOG_LEVEL", "debug")]);
        let mut running = workplace.start_logging_to(&[], stderr);
        let token = workplace.ok(&["token", "--master"]);
        assert_eq!(create(&running, token.trim(), "kept"), 200);
        assert_eq!(running.request("GET /health/ready").send().status, 200);
        eventually("lost lines are counted", || dropped_lines(&running) > 0);
        assert_eq!(count(&running, token.trim()), 2);
        running.stop();
    }
}

#[test]
fn a_log_that_nobody_reads_holds_up_nobody() {
    for on_one_pipe in [false, true] {
        let workplace = Workplace::with(&[("LOG_LEVEL", "debug")]);
        let (mut reader, writer) = pipe().expect("a pipe can be made");
        let running = if on_one_pipe {
            workplace.start_on_one_pipe(&mut reader, writer)
        } else {
            workplace.start_logging_to(&[], writer)
        };
        nobody_is_held_up(&workplace, running, reader);
    }
}

/// Whatever else goes the same way as the log.
fn nobody_is_held_up(workplace: &Workplace, mut running: Running, mut reader: PipeReader) {
    let token = workplace.ok(&["token", "--master"]);
    let mut answered = 0;
    while dropped_lines(&running) == 0 {
        assert_eq!(running.request("GET /tenants/count").bearer(token.trim()).send().status, 200);
        answered += 1;
        assert!(answered < 50_000, "lines are held without end");
    }
    assert_eq!(running.request("GET /health/live").send().status, 200);
    running.stop();
    // What was in the pipe is whole lines, the oldest first: none is lost while there is room.
    let mut log = String::new();
    reader.read_to_string(&mut log).expect("the log is text");
    let first = log.lines().find(|line| line.starts_with('{'));
    assert!(first.is_some_and(|line| serde_json::from_str::<Json>(line).is_ok()), "{log:.300}");
}

#[test]
fn the_last_lines_are_written_before_the_end() {
    let workplace = Workplace::new();
    let mut running = workplace.serve(&[]);
    running.stop();
    assert!(running.printed()[1].contains("\"message\":\"stopping"), "{:?}", running.printed());
}

#[test]
fn after_a_stop_all_is_in_the_one_file() {
    let workplace = Workplace::new();
    let mut running = workplace.serve(&[]);
    let token = workplace.ok(&["token", "--master"]);
    for at in 0..50 {
        assert_eq!(create(&running, token.trim(), &format!("key{at}")), 200);
    }
    running.stop();
    let [file, wal] = ["data/user-tenant.db", "data/user-tenant.db-wal"].map(|name| workplace.path().join(name));
    assert!(fs::metadata(&wal).map_or(0, |found| found.len()) == 0, "the write-ahead log is empty or gone");

    let copy = Workplace::new();
    fs::create_dir(copy.path().join("data")).expect("a directory can be made");
    for name in ["user-tenant.db", "jwt-secret"] {
        fs::copy(workplace.path().join("data").join(name), copy.path().join("data").join(name)).expect("it is there");
    }
    let mut running = copy.serve(&[]);
    assert_eq!(count(&running, token.trim()), 51);
    running.stop();

    // Commands end so too.
    workplace.ok(&["tenant", "create", "--set", "name=One", "--set", "key=one", "--set", "status=1"]);
    assert!(fs::metadata(&wal).map_or(0, |found| found.len()) == 0);
    let connection = Connection::open(&file).expect("it is a database");
    let tenants: u32 = connection.query_row("SELECT count(*) FROM tenants", [], |row| row.get(0)).unwrap();
    assert_eq!(tenants, 52);
}

/// As an assistant has it open that was given a tool of ours.
#[test]
fn after_a_stop_all_is_in_the_one_file_though_others_have_it_open() {
    let workplace = Workplace::new();
    let file = workplace.path().join("data/user-tenant.db");
    let mut running = workplace.serve(&[]);
    let beside = Connection::open(&file).expect("it is a database");
    let tenants = |file: &Path| {
        let immutable = format!("file:{}?immutable=1", file.display());
        let alone =
            Connection::open_with_flags(immutable, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI);
        let count = alone.and_then(|alone| alone.query_row("SELECT count(*) FROM tenants", [], |row| row.get(0)));
        count.unwrap_or(0_u32)
    };
    let _: u32 = beside.query_row("SELECT count(*) FROM tenants", [], |row| row.get(0)).unwrap();
    let token = workplace.ok(&["token", "--master"]);
    for at in 0..50 {
        assert_eq!(create(&running, token.trim(), &format!("key{at}")), 200);
    }
    running.stop();
    assert_eq!(tenants(&file), 51);
    assert!(!running.printed()[1].contains("-wal"), "{:?}", running.printed());

    // Commands end so too.
    workplace.ok(&["tenant", "create", "--set", "name=One", "--set", "key=one", "--set", "status=1"]);
    assert_eq!(tenants(&file), 52);

    // What somebody still reads as it was cannot be moved, which is said.
    beside.execute_batch("BEGIN; SELECT count(*) FROM tenants").unwrap();
    let mut running = workplace.serve(&[]);
    assert_eq!(create(&running, token.trim(), "last"), 200);
    running.stop();
    let log = running.printed()[1].clone();
    let said = log.lines().find(|line| line.contains("-wal")).unwrap_or_else(|| panic!("nothing is said: {log}"));
    for word in ["WARN", "user-tenant.db", "a copy needs both files"] {
        assert!(said.contains(word), "no {word:?} in {said}");
    }
    beside.execute_batch("COMMIT").unwrap();
    workplace.ok(&["tenant", "list"]);
    assert_eq!(tenants(&file), 53);
}

#[test]
fn whoever_quits_it_stops_it_in_order() {
    let workplace = Workplace::new();
    let mut running = workplace.serve(&[]);
    running.signal("QUIT");
    assert_eq!(running.end().code(), Some(0), "{:?}", running.printed());
    assert!(running.printed()[1].contains("stopping"), "{:?}", running.printed());
}

#[test]
fn a_hangup_ends_nobodys_request() {
    let workplace = Workplace::new();
    let mut running = workplace.serve(&[]);
    running.signal("HUP");
    eventually("it is said", || running.printed()[1].contains("SIGHUP changes nothing"));
    assert_eq!(running.request("GET /health/live").send().status, 200);
    running.stop();

    let command = workplace.command_on_a_terminal(&["serve", "--port", "0"]);
    let mut terminal = rexpect::session::spawn_command(command, Some(30_000)).expect("it starts");
    terminal.exp_string("Explorer").expect("it runs");
    terminal.process_mut().signal(Signal::SIGHUP).expect("it can be told");
    terminal.exp_string("stopping").expect("its terminal has ended, and it stops in order");
    let status = terminal.process().wait().expect("it ends");
    assert!(matches!(status, WaitStatus::Exited(_, 0)), "{status:?}");
}

#[test]
fn a_result_that_cannot_be_written_is_a_failure_and_a_reader_who_has_enough_is_not() {
    let workplace = Workplace::new();
    workplace.ok(&["bootstrap"]);
    for arguments in [
        &["user", "list", "--output", "csv", "--all"][..],
        &["tenant", "list"],
        &["role", "list", "--output", "json"],
        &["token"],
        &["migrate", "status"],
        &["migrate", "check"],
        &["config"],
        &["openapi"],
        &["completions", "bash"],
        &["--help"],
        &["--version"],
        &["user", "--help"],
        &["help", "user"],
    ] {
        let (code, stderr) = workplace.run_printing_to(arguments, full());
        assert_eq!(code, FAILED, "{arguments:?}: {stderr}");
        assert!(stderr.contains("cannot be written to standard output: No space left"), "{arguments:?}: {stderr}");
        let (reader, writer) = pipe().expect("a pipe can be made");
        drop(reader);
        assert_eq!(workplace.run_printing_to(arguments, writer), (0, String::new()), "{arguments:?}");
    }
}

#[test]
fn a_file_that_is_no_database_of_ours_is_named_with_what_to_mend() {
    let no_database = Workplace::new();
    fs::create_dir(no_database.path().join("data")).expect("a directory can be made");
    no_database.file("data/user-tenant.db", &"no database at all, but long enough to be looked at\n".repeat(100));
    for arguments in [&["serve"][..], &["migrate", "status"], &["bootstrap"]] {
        assert_fails(&no_database.run(arguments), INVALID_CONFIGURATION, &["data/user-tenant.db must be a database"]);
    }
    let nowhere = Workplace::with(&[("DATABASE_URL", "sqlite:/proc/no/users.db"), ("JWT_VERIFIER", "secret")]);
    assert_fails(&nowhere.run(&["migrate", "up"]), INVALID_CONFIGURATION, &["/proc/no/users.db must be a database"]);

    for table in ["users", "roles", "jwt_keys", "audit_logs"] {
        let occupied = Workplace::new();
        fs::create_dir(occupied.path().join("data")).expect("a directory can be made");
        let connection = Connection::open(occupied.path().join("data/user-tenant.db")).expect("a file can be made");
        connection.execute_batch(&format!("CREATE TABLE {table} (a)")).unwrap();
        for arguments in [&["serve"][..], &["migrate", "up"]] {
            let outcome = occupied.run(arguments);
            assert_fails(&outcome, SCHEMA_NOT_READY, &[&format!("table {table} already exists")]);
            assert!(outcome.stderr.len() < 400, "{}", outcome.stderr);
        }
    }
}

#[test]
fn health_is_an_exit_code() {
    let workplace = Workplace::new();
    let mut running = workplace.serve(&[]);
    let url = format!("http://{}", running.address());
    let port = running.address().port().to_string();
    assert_eq!(workplace.ok(&["health", "--url", &url]), "live\n");
    assert_eq!(workplace.ok(&["health", "--ready", "--url", &url]), "ready\n");
    assert_eq!(workplace.ok(&["health", "--port", &port, "--host", "0.0.0.0"]), "live\n");
    running.stop();
    assert_fails(&workplace.run(&["health", "--url", &url]), FAILED, &["cannot be reached"]);
    // One that takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", silent.local_addr().expect("it has an address"));
    assert_fails(&workplace.run(&["health", "--url", &url]), FAILED, &["was not answered within 5 s"]);
    assert_fails(&workplace.run(&["health", "--port", "0"]), super::WRONG_USAGE, &["--url"]);
}

//! `migrate` and what other commands say of a schema that is not there; the same on both databases.

use super::{FAILED, INVALID_CONFIGURATION, SCHEMA_NOT_READY, WRONG_USAGE, assert_fails_politely, on};
use crate::support::fixture::Database;
use crate::world::on_both;

on_both!(up_down_status_and_check);
fn up_down_status_and_check(database: &Database) {
    let workplace = &on(database);
    assert!(workplace.ok(&["migrate", "status"]).contains("pending"));
    assert_fails_politely(&workplace.run(&["migrate", "check"]), SCHEMA_NOT_READY, &[]);
    assert!(workplace.ok(&["migrate", "up"]).contains("applied"));
    assert_eq!(workplace.ok(&["migrate", "up"]).trim(), "nothing to do");
    let status = workplace.ok(&["migrate", "status"]);
    assert!(status.contains("applied 20") && !status.contains("pending"), "{status}");
    workplace.ok(&["migrate", "check"]);
    workplace.ok(&["bootstrap"]);

    assert!(workplace.ok(&["migrate", "down", "--to", "0"]).contains("undone"));
    assert_eq!(workplace.ok(&["migrate", "down", "--to", "0"]).trim(), "nothing to do");
    assert!(workplace.ok(&["migrate", "status"]).contains("pending"));
    assert_fails_politely(&workplace.run(&["migrate", "check"]), SCHEMA_NOT_READY, &[]);
    assert!(workplace.ok(&["migrate", "up"]).contains("applied"));
    workplace.ok(&["bootstrap"]);
}

/// On PostgreSQL they are written in migrations.
#[test]
fn on_sqlite_triggers_that_are_not_the_programs_are_named_and_made_anew() {
    let database = Database::sqlite();
    let workplace = on(&database);
    workplace.ok(&["migrate", "up"]);
    database.run("DROP TRIGGER users_audit_update");
    let words = ["the triggers of users are not those of this program", "user-tenant-service migrate up"];
    assert_fails_politely(&workplace.run(&["migrate", "check"]), SCHEMA_NOT_READY, &words);
    let mut running = workplace.serve(&["serve"]);
    assert_eq!(running.request("GET /health/ready").send().status, 200);
    running.stop();
    assert_eq!(workplace.ok(&["migrate", "up"]).trim(), "applied 0004 audit_triggers");
    workplace.ok(&["migrate", "check"]);
    assert_eq!(workplace.ok(&["migrate", "up"]).trim(), "nothing to do");
}

on_both!(without_a_version_down_undoes_the_last_step_when_somebody_says_so);
fn without_a_version_down_undoes_the_last_step_when_somebody_says_so(database: &Database) {
    let workplace = &on(database);
    assert_eq!(workplace.ok(&["migrate", "down"]).trim(), "nothing to do");
    workplace.ok(&["migrate", "up"]);
    let before = workplace.ok(&["migrate", "status"]);
    let last = before.lines().last().and_then(|line| line.split_once("  ")).expect("a step and its state").0;
    assert_fails_politely(&workplace.run(&["migrate", "down"]), FAILED, &[last, "all rows", "--yes"]);
    assert_eq!(workplace.ok(&["migrate", "status"]), before, "nothing was undone");

    assert_eq!(workplace.ok(&["migrate", "down", "--yes"]).trim(), format!("undone {last}"));
    let after = workplace.ok(&["migrate", "status"]);
    assert_eq!(after.matches("pending").count(), 1);
    assert_eq!(before.lines().count(), after.lines().count());
}

on_both!(serve_refuses_a_schema_that_is_not_there_and_says_what_to_type);
fn serve_refuses_a_schema_that_is_not_there_and_says_what_to_type(database: &Database) {
    let workplace = &on(database);
    let outcome = workplace.run(&["serve", "--port", "0"]);
    assert_fails_politely(&outcome, SCHEMA_NOT_READY, &["user-tenant-service migrate up"]);
    let mut running = workplace.serve(&["serve", "--migrate"]);
    assert_eq!(running.request("GET /health/ready").send().status, 200);
    running.stop();
    let mut again = workplace.serve(&["serve"]);
    again.stop();
}

on_both!(commands_without_a_schema_fail_in_our_words);
fn commands_without_a_schema_fail_in_our_words(database: &Database) {
    let workplace = &on(database);
    let key = workplace.file("key.pem", &crate::support::contract_text("keys/public.pem"));
    for command in
        [&["bootstrap"][..], &["token"], &["keys", "list"], &["keys", "add", "--kid", "x", "--public-key", &key]]
    {
        let outcome = workplace.run(command);
        assert_ne!(outcome.code, 0, "{command:?}: {outcome:?}");
        assert_fails_politely(&outcome, SCHEMA_NOT_READY, &["user-tenant-service migrate up"]);
    }
}

on_both!(two_may_migrate_at_once);
fn two_may_migrate_at_once(database: &Database) {
    let workplace = &on(database);
    let outcomes = std::thread::scope(|scope| {
        let runs = [(); 3].map(|()| scope.spawn(|| workplace.run(&["migrate", "up"])));
        runs.map(|run| run.join().unwrap())
    });
    for outcome in &outcomes {
        assert_eq!(outcome.code, 0, "{outcome:?}");
    }
    // Each step once, by one of them or another.
    let said: String = outcomes.iter().map(|outcome| outcome.stdout.as_str()).collect();
    for step in ["applied 0001", "applied 0002"] {
        assert_eq!(said.matches(step).count(), 1, "{outcomes:?}");
    }
    workplace.ok(&["migrate", "check"]);
}

on_both!(tables_of_another_program_are_left_alone);
fn tables_of_another_program_are_left_alone(database: &Database) {
    let workplace = on(database);
    match database {
        Database::Sqlite(file) => file.connect().execute_batch("CREATE TABLE tenants (own integer)").unwrap(),
        Database::Postgres(server) => server.run("CREATE SCHEMA main; CREATE TABLE main.tenants (own integer)"),
    }
    for command in [&["migrate", "up"][..], &["migrate", "check"], &["serve", "--migrate", "--port", "0"]] {
        let outcome = workplace.run(command);
        assert_eq!(outcome.code, SCHEMA_NOT_READY, "{command:?}: {outcome:?}");
        assert!(!outcome.stderr.contains("type:  user-tenant-service migrate up"), "{command:?}: {outcome:?}");
    }
    match database {
        Database::Sqlite(file) => file.connect().execute_batch("SELECT own FROM tenants").unwrap(),
        Database::Postgres(server) => server.run("SELECT own FROM main.tenants"),
    }
}

on_both!(constraints_can_be_left_out_of_adopted_databases_only);
fn constraints_can_be_left_out_of_adopted_databases_only(database: &Database) {
    let workplace = &on(database);
    for choice in ["--without", "--with"] {
        let outcome = workplace.run(&["migrate", "up", choice, "uq_users_email"]);
        assert_fails_politely(&outcome, INVALID_CONFIGURATION, &[choice, "adopted"]);
        assert!(workplace.ok(&["migrate", "status"]).contains("pending"));
        let outcome = workplace.run(&["migrate", "up", choice, "no_such_constraint"]);
        assert_fails_politely(&outcome, WRONG_USAGE, &["no_such_constraint", "uq_users_email"]);
    }
}

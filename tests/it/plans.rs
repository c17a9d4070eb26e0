//! How `PostgreSQL` reads what is asked for most: plans that stay good at every size.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::program::{Running, Workplace};
use crate::request::{json, text};
use crate::support::fixture::Database;
use crate::support::postgres::PostgresDatabase;
use crate::system::bounds::eventually;
use crate::world::on_both;

const SECRET: &str = "a secret of the tests of plans, long enough";

/// Half of the users have their home in the first tenant, the rest in ten others; one in a hundred is the first's guest too.
const PEOPLE: &str = "
    INSERT INTO main.tenants (id, name, status, key)
      SELECT gen_random_uuid(), 'T' || g, 1, 't' || g FROM generate_series(1, 10) g;
    INSERT INTO main.users (id, first_name, username, email, default_tenant_id)
      SELECT gen_random_uuid(), 'U' || g, 'u' || g, 'u' || g || '@plans.example',
        CASE WHEN g % 2 = 0 THEN '{tenant}'::uuid ELSE (SELECT id FROM main.tenants WHERE key = 't' || (g % 10 + 1)) END
      FROM generate_series(1, {people}) g;
    INSERT INTO main.user_tenants (id, user_id, tenant_id, role_id, status)
      SELECT gen_random_uuid(), id, default_tenant_id, (SELECT id FROM main.roles LIMIT 1), 1
      FROM main.users WHERE username LIKE 'u%';
    INSERT INTO main.user_tenants (id, user_id, tenant_id, role_id, status)
      SELECT gen_random_uuid(), id, '{tenant}', (SELECT id FROM main.roles LIMIT 1), 0
      FROM main.users WHERE username LIKE 'u%1' AND default_tenant_id <> '{tenant}' LIMIT {people} / 100;
    ANALYZE;";

/// All nodes of a plan: what it is, of which table, and how many rows it has read and passed by in all its loops.
fn nodes(plan: &Json, found: &mut Vec<(String, String, f64)>) {
    let word = |name: &str| plan[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| plan[name].as_f64().unwrap_or_default();
    let rows = number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Join Filter");
    found.push((word("Node Type"), word("Relation Name"), rows * number("Actual Loops")));
    for below in plan["Plans"].as_array().into_iter().flatten() {
        nodes(below, found);
    }
}

/// The statements in the log that read a page of persons.
fn pages_of_persons(service: &Running) -> Vec<String> {
    let said = service.printed().concat();
    said.lines()
        .filter_map(|line| serde_json::from_str::<Json>(line).ok()?["sql"].as_str().map(ToOwned::to_owned))
        .filter(|sql| sql.contains("own_email") && sql.contains("LIMIT 2"))
        .collect()
}

#[test]
fn a_page_of_persons_reads_a_page() {
    for people in [100, 2_100, 30_000] {
        let database = PostgresDatabase::create();
        let workplace = Workplace::with(&[
            ("DATABASE_URL", database.url()),
            ("JWT_VERIFIER", "secret"),
            ("JWT_SECRET", SECRET),
            ("LOG_LEVEL", "trace"),
        ]);
        workplace.ok(&["migrate", "up"]);
        workplace.ok(&["bootstrap"]);
        let token = workplace.ok(&["token"]).trim().to_owned();
        let tenant: uuid::Uuid = database.query("SELECT id FROM main.tenants")[0].get(0);
        database.run(&PEOPLE.replace("{tenant}", &tenant.to_string()).replace("{people}", &people.to_string()));
        let service = workplace.serve(&["serve"]);
        let filter = json!({ "include": [{ "relation": "users", "scope": { "limit": 20 } }] });
        let answer = service.request("GET /tenants").query("filter", &filter).bearer(&token).send();
        assert_eq!(json(&answer)[0]["users"].as_array().map(Vec::len), Some(20), "{}", text(&answer));
        let list = format!("GET /tenants/{tenant}/users");
        let answer = service.request(&list).query("filter", &json!({ "limit": 20 })).bearer(&token).send();
        assert_eq!(json(&answer).as_array().map(Vec::len), Some(20), "{}", text(&answer));

        // A line of the log may come after the answer.
        eventually("both statements are logged", || pages_of_persons(&service).len() == 2);
        for sql in pages_of_persons(&service) {
            // Whatever is bound is the tenant.
            let bound = (1..9).rev().fold(sql, |sql, at| sql.replace(&format!("${at}"), &format!("'{tenant}'")));
            let plan: Json = database.query(&format!("EXPLAIN (ANALYZE, FORMAT JSON) {bound}"))[0].get(0);
            let mut read = Vec::new();
            nodes(&plan[0]["Plan"], &mut read);
            let persons: f64 = read.iter().filter(|(_, table, _)| table == "users").map(|(.., rows)| rows).sum();
            let members: f64 = read.iter().filter(|(_, table, _)| table == "user_tenants").map(|(.., rows)| rows).sum();
            // A guest may stand between. A hundred lie on two or three pages, which are read as a whole sooner than searched.
            let most = if people == 100 { 110.0 } else { 60.0 };
            assert!(
                persons <= most && members <= most,
                "of {people}: {persons} persons, {members} memberships: {plan:#}"
            );
        }
    }
}

/// How many statements are in the log, once nothing more comes.
fn statements(service: &Running) -> usize {
    let count = || service.printed().concat().lines().filter(|line| line.contains("\"sql\":")).count();
    let mut known = count();
    loop {
        std::thread::sleep(Duration::from_millis(50));
        let now = count();
        if now == known {
            return now;
        }
        known = now;
    }
}

on_both!(a_read_is_one_statement_and_one_more_for_what_it_includes);
/// Of a caller whom the process remembers; who is not remembered any more takes one statement more.
fn a_read_is_one_statement_and_one_more_for_what_it_includes(database: &Database) {
    let mut workplace = Workplace::with(&[("LOG_LEVEL", "trace")]);
    if let Database::Postgres(database) = database {
        for (name, value) in [("DATABASE_URL", database.url()), ("JWT_VERIFIER", "secret"), ("JWT_SECRET", SECRET)] {
            workplace.set(name, value);
        }
        workplace.ok(&["migrate", "up"]);
    }
    workplace.ok(&["bootstrap"]);
    let token = workplace.ok(&["token", "--master"]).trim().to_owned();
    let tenants: Json = serde_json::from_str(&workplace.ok(&["tenant", "list", "--output", "json"])).expect("JSON");
    let tenant = tenants[0]["id"].as_str().expect("there is a tenant");
    let service = workplace.serve(&["serve"]);
    let users = json!({ "include": [{ "relation": "users", "scope": { "limit": 20, "skip": 0 } }] });
    for (line, filter, wanted) in [
        (format!("GET /tenants/{tenant}"), json!({}), 1),
        ("GET /tenants".to_owned(), json!({ "where": { "status": 1 }, "limit": 20 }), 1),
        (format!("GET /tenants/{tenant}/users"), json!({ "order": ["id ASC"], "limit": 20 }), 1),
        (format!("GET /tenants/{tenant}/users"), json!({ "limit": 20, "skip": 40 }), 1),
        (format!("GET /tenants/{tenant}"), users, 2),
    ] {
        let request = service.request(&line).query("filter", &filter).bearer(&token);
        eventually(&format!("{line} is {wanted} statements"), || {
            assert_eq!(request.send().status, 200, "{line}");
            let before = statements(&service);
            assert_eq!(request.send().status, 200, "{line}");
            statements(&service) - before == wanted
        });
    }
}

//! How the databases read what is asked for most: plans that stay good at every size.

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

/// The statements in the log.
fn logged(service: &Running) -> Vec<String> {
    let said = service.printed().concat();
    said.lines()
        .filter_map(|line| serde_json::from_str::<Json>(line).ok()?["sql"].as_str().map(ToOwned::to_owned))
        .collect()
}

/// Those that read a page of persons.
fn pages_of_persons(service: &Running) -> Vec<String> {
    logged(service).into_iter().filter(|sql| sql.contains("own_email") && sql.contains("LIMIT 2")).collect()
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
    // What is known by its id shares connections and waits for no turn; what is searched for must not, however few its rows.
    for (filter, effort) in [
        (json!({ "where": { "id": tenant } }), "One"),
        (json!({ "where": { "id": tenant, "name": { "like": "%a%" } } }), "Heavy"),
        (json!({ "where": { "id": tenant, "or": [{ "name": { "regexp": "^a" } }] } }), "Heavy"),
    ] {
        let efforts = || service.printed().concat().matches(&format!("\"effort\":\"{effort}\"")).count();
        let before = efforts();
        assert_eq!(service.request("GET /tenants").query("filter", &filter).bearer(&token).send().status, 200);
        eventually(&format!("{filter} is {effort}"), || efforts() > before);
    }
}

/// A service that logs its statements, with a tenant and the token of its administrator.
struct Traced {
    service: Running,
    token: String,
    tenant: String,
    _workplace: Workplace,
}

impl Traced {
    fn on(database: &Database) -> Self {
        let settings = [("JWT_VERIFIER", "secret"), ("JWT_SECRET", SECRET), ("LOG_LEVEL", "trace")];
        let mut workplace = Workplace::with(&settings);
        workplace.set("DATABASE_URL", &database.url());
        workplace.ok(&["migrate", "up"]);
        workplace.ok(&["bootstrap"]);
        let token = workplace.ok(&["token"]).trim().to_owned();
        let tenants: Json = serde_json::from_str(&workplace.ok(&["tenant", "list", "--output", "json"])).expect("JSON");
        let tenant = tenants[0]["id"].as_str().expect("there is a tenant").to_owned();
        Self { service: workplace.serve(&["serve"]), token, tenant, _workplace: workplace }
    }
}

on_both!(patterns_are_asked_of_rows_behind_the_wall_only);
/// Else a database may ask them first, of the rows of all tenants: it would take longer by what others have, and tell of it.
fn patterns_are_asked_of_rows_behind_the_wall_only(database: &Database) {
    let Traced { service, token, tenant, .. } = &Traced::on(database);
    let find = |property: &str| json!({ "where": { property: { "like": "%q%" } }, "limit": 5 });
    let own = |name: &str| format!("/tenants/{tenant}/{name}");
    let [groups, roles, configs, users] = ["groups", "roles", "tenant-configs", "users"].map(own);
    for (line, parameter, value, operator) in [
        (format!("GET {groups}"), "filter", find("name"), "LIKE"),
        (format!("GET {users}"), "filter", find("firstName"), "LIKE"),
        (format!("GET {configs}"), "filter", find("configValue.a"), "LIKE"),
        (format!("PATCH {groups}"), "where", json!({ "name": { "like": "%q%" } }), "LIKE"),
        (format!("PATCH {roles}"), "where", json!({ "name": { "regexp": "q" }, "roleType": 1 }), "REGEXP"),
        ("GET /user-tenant-prefs/count".to_owned(), "where", json!({ "configKey": { "like": "%q%" } }), "LIKE"),
    ] {
        let operator = match (database, operator) {
            (Database::Sqlite(_), "LIKE") => "matches_like",
            (Database::Sqlite(_), _) => "matches_regexp",
            (Database::Postgres(_), "LIKE") => " LIKE ",
            (Database::Postgres(_), _) => " ~ $",
        };
        let before = logged(service).len();
        let request = service.request(&line).query(parameter, &value).bearer(token);
        let request = if line.starts_with("PATCH") { request.json(&json!({ "name": "new" })) } else { request };
        assert_eq!(request.send().status, 200, "{line}: {}", text(&request.send()));
        let asking =
            || logged(service).into_iter().skip(before).filter(|sql| sql.contains(operator)).collect::<Vec<_>>();
        eventually(&format!("{line} looks for a pattern"), || !asking().is_empty());
        for sql in asking() {
            let (outside, rest) = sql.split_once("(CASE WHEN ").unwrap_or_else(|| panic!("{line}: {sql}"));
            let (wall, rest) = rest.split_once(" THEN ").unwrap_or_else(|| panic!("{line}: {sql}"));
            assert!(wall.contains("tenant") && !outside.contains(operator), "{line}: {sql}");
            assert!(rest.contains(operator) && outside.contains("tenant"), "{line}: {sql}");
        }
    }
}

/// Roles or groups: ten thousand of the tenant, three of them with other letters, and a thousand such of another tenant.
const NAMES: &str = "
    INSERT INTO main.tenants (id, name, status, key) VALUES ('{other}', 'Other', 1, 'of-{table}');
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10000)
      INSERT INTO main.{table} (id, name, tenant_id) SELECT {id}, 'Name ' || n, '{tenant}' FROM numbers;
    WITH RECURSIVE numbers (n) AS (SELECT 10001 UNION ALL SELECT n + 1 FROM numbers WHERE n < 11000)
      INSERT INTO main.{table} (id, name, tenant_id) SELECT {id}, '\u{17f} ' || n, '{other}' FROM numbers;
    WITH RECURSIVE numbers (n) AS (SELECT 11001 UNION ALL SELECT n + 1 FROM numbers WHERE n < 11003)
      INSERT INTO main.{table} (id, name, tenant_id) SELECT {id}, '\u{17f} ' || n, '{tenant}' FROM numbers;";

/// How the look-up of names begins.
const READS_NAMES: &str = r#"SELECT "t0"."id", "t0"."name" FROM "#;

on_both!(a_new_name_meets_the_few_with_other_letters);
fn a_new_name_meets_the_few_with_other_letters(database: &Database) {
    let Traced { service, token, tenant, .. } = &Traced::on(database);
    for table in ["roles", "groups"] {
        let id = match database {
            Database::Postgres(_) => "gen_random_uuid()",
            Database::Sqlite(_) => "format('00000000-0000-4000-8000-%012d', n)",
        };
        let other = uuid::Uuid::now_v7().to_string();
        let names = NAMES.replace("{table}", table).replace("{id}", id).replace("{tenant}", tenant);
        database.run(&names.replace("{other}", &other));

        let request = service.request(&format!("POST /tenants/{tenant}/{table}")).bearer(token);
        assert_eq!(request.json(&json!({ "name": "new" })).send().status, 200, "{table}");
        let look_ups = || {
            let mut all = logged(service);
            all.retain(|sql| sql.starts_with(READS_NAMES) && sql.contains(&format!("\"{table}\"")));
            all
        };
        eventually("the look-up is logged", || !look_ups().is_empty());
        let found = look_ups();
        let [sql] = found.as_slice() else { panic!("one look-up for one name: {found:?}") };
        let index = format!("idx_{table}_beyond_ascii");
        match database {
            Database::Postgres(database) => {
                // As the service has statements planned: once for all tenants.
                database.run("SET plan_cache_mode = force_generic_plan");
                for before in ["", "ANALYZE;"] {
                    database.run(&format!("{before} PREPARE look_up AS {sql}"));
                    let explain = format!("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE look_up ('{tenant}')");
                    let plan: Json = database.query(&explain)[0].get(0);
                    let mut read = Vec::new();
                    nodes(&plan[0]["Plan"], &mut read);
                    let rows: f64 = read.iter().filter(|(_, of, _)| of == table).map(|(.., rows)| rows).sum();
                    assert!(rows <= 3.0 && plan.to_string().contains(&index), "{rows} {table}: {plan:#}");
                    database.run("DEALLOCATE look_up");
                }
            }
            Database::Sqlite(database) => {
                let connection = database.connect();
                let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("a statement");
                let mut steps = explain.raw_query();
                let mut plan = Vec::new();
                while let Some(step) = steps.next().expect("a plan") {
                    plan.push(step.get::<_, String>("detail").expect("words"));
                }
                assert!(matches!(plan.as_slice(), [only] if only.contains(&index)), "{plan:?}");
            }
        }
    }
}

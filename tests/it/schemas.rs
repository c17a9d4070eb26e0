//! Tables in another schema than `main`: every command works there, nothing is made elsewhere, and two services share a database.

use serde_json::{Value as Json, json};

use crate::command_line::{SCHEMA_NOT_READY, assert_fails_politely};
use crate::program::{Running, Workplace};
use crate::request::{json, text};
use crate::support::postgres::PostgresDatabase;

const SECRET: &str = "a secret of the tests of schemas, long enough";

/// Where the program works on this schema of the database.
fn on(database: &PostgresDatabase, schema: &str) -> Workplace {
    Workplace::with(&[
        ("DATABASE_URL", database.url()),
        ("DB_SCHEMA", schema),
        ("JWT_VERIFIER", "secret"),
        ("JWT_SECRET", SECRET),
    ])
}

/// Everything that is not the server's own: schemas, and what is in them.
fn objects(database: &PostgresDatabase) -> Vec<String> {
    let rows = database.query(
        "WITH ours AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema|public)')
         SELECT nspname::text FROM ours
         UNION ALL SELECT concat_ws('.', nspname, relname) FROM pg_class JOIN ours ON ours.oid = relnamespace
         UNION ALL SELECT concat_ws('.', nspname, proname) FROM pg_proc JOIN ours ON ours.oid = pronamespace
         ORDER BY 1",
    );
    rows.iter().map(|row| row.get(0)).collect()
}

fn count(database: &PostgresDatabase, of: &str) -> i64 {
    database.query(&format!("SELECT count(*) FROM {of}"))[0].get(0)
}

/// A service with its first tenant, and the token of its administrator.
struct Service {
    workplace: Workplace,
    running: Running,
    token: String,
    tenant: String,
}

impl Service {
    fn start(database: &PostgresDatabase, schema: &str) -> Self {
        let workplace = on(database, schema);
        workplace.ok(&["migrate", "up"]);
        workplace.ok(&["bootstrap"]);
        let token = workplace.ok(&["token"]).trim().to_owned();
        let running = workplace.serve(&["serve"]);
        let tenants = json(&running.request("GET /tenants").bearer(&token).send());
        let tenant = tenants[0]["id"].as_str().unwrap_or_else(|| panic!("no tenant: {tenants}")).to_owned();
        Self { workplace, running, token, tenant }
    }

    fn get(&self, path: &str) -> Json {
        json(&self.running.request(&format!("GET /tenants/{}{path}", self.tenant)).bearer(&self.token).send())
    }

    fn post(&self, path: &str, body: &Json) -> Json {
        let request = self.running.request(&format!("POST /tenants/{}{path}", self.tenant));
        let answer = request.bearer(&self.token).json(body).send();
        assert_eq!(answer.status, 200, "{}", text(&answer));
        json(&answer)
    }

    /// The names that a list shows.
    fn names(&self, path: &str, property: &str) -> Vec<String> {
        let rows = self.get(path);
        let rows = rows.as_array().unwrap_or_else(|| panic!("no list: {rows}"));
        let mut names: Vec<_> = rows.iter().map(|row| row[property].as_str().unwrap_or_default().to_owned()).collect();
        names.sort();
        names
    }
}

#[test]
fn a_service_works_in_another_schema_and_makes_nothing_elsewhere() {
    let database = PostgresDatabase::create();
    let workplace = on(&database, "other");
    assert!(workplace.ok(&["migrate", "status"]).contains("pending"));
    assert_fails_politely(&workplace.run(&["migrate", "check"]), SCHEMA_NOT_READY, &["migrate up"]);
    assert_fails_politely(&workplace.run(&["serve"]), SCHEMA_NOT_READY, &["migrate up"]);
    assert_eq!(objects(&database), [""; 0]);

    let mut service = Service::start(&database, "other");
    assert_eq!(service.workplace.ok(&["migrate", "up"]).trim(), "nothing to do");
    service.workplace.ok(&["migrate", "check"]);
    assert!(!service.workplace.ok(&["migrate", "status"]).contains("pending"));

    let role = service.post("/roles", &json!({ "name": "seller", "permissions": ["ViewTenant"] }));
    let person =
        json!({ "firstName": "Ben", "username": "ben", "email": "ben@other.example", "roleId": role["id"].clone() });
    service.post("/users", &person);
    assert!(service.names("/roles", "name").contains(&"seller".to_owned()));
    assert!(service.names("/users", "username").contains(&"ben".to_owned()));
    let taken = service.running.request(&format!("POST /tenants/{}/users", service.tenant));
    assert_eq!(taken.bearer(&service.token).json(&person).send().status, 409, "a constraint is known by its name");
    let key = service.workplace.file("key.pem", &crate::support::contract_text("keys/public.pem"));
    service.workplace.ok(&["keys", "add", "--kid", "one", "--public-key", &key]);
    assert!(service.workplace.ok(&["keys", "list"]).contains("one"));
    assert!(service.workplace.ok(&["role", "list"]).contains("seller"));
    assert!(count(&database, "other.audit_logs WHERE table_name = 'roles'") > 0);

    let elsewhere: Vec<_> =
        objects(&database).into_iter().filter(|name| name != "other" && !name.starts_with("other.")).collect();
    assert_eq!(elsewhere, [""; 0]);

    service.running.stop();
    assert!(service.workplace.ok(&["migrate", "down", "--to", "0"]).contains("undone 0001"));
    assert_eq!(objects(&database), [""; 0]);
}

#[test]
fn two_services_in_two_schemas_of_one_database_share_nothing() {
    let database = PostgresDatabase::create();
    let mut main = Service::start(&database, "main");
    // A word of SQL; the names that both give are the same.
    let order = Service::start(&database, "order");
    let role = |name: &str| json!({ "name": name, "permissions": ["ViewTenant"] });
    main.post("/roles", &role("seller"));
    order.post("/roles", &role("seller"));
    let order_alone = order.post("/roles", &role("buyer"));
    assert!(!main.names("/roles", "name").contains(&"buyer".to_owned()));
    assert!(order.names("/roles", "name").contains(&"buyer".to_owned()));
    assert_eq!(main.names("/users", "username").len(), 1);

    // They take the same secret; whom the tables of one do not know, it does not let in.
    let list = |service: &Service, tenant: &str, token: &str| {
        service.running.request(&format!("GET /tenants/{tenant}/roles")).bearer(token).send().status
    };
    assert_eq!(list(&order, &order.tenant, &order.token), 200);
    assert_eq!(list(&main, &order.tenant, &order.token), 401);
    assert_eq!(list(&order, &main.tenant, &main.token), 401);
    let id = order_alone["id"].as_str().expect("a role was made");
    let foreign = main.running.request(&format!("GET /tenants/{}/roles/{id}", main.tenant)).bearer(&main.token);
    assert_eq!(foreign.send().status, 404);

    // Each log is its own.
    let logged = |log: &str| count(&database, &format!("{log} WHERE table_name = 'roles' AND entity_id = '{id}'"));
    assert_eq!([logged("\"order\".audit_logs"), logged("logs.audit_logs")], [1, 0]);

    main.running.stop();
    let before = count(&database, "\"order\".audit_logs");
    main.workplace.ok(&["migrate", "down", "--to", "0"]);
    assert!(objects(&database).iter().all(|name| name == "order" || name.starts_with("order.")));
    order.workplace.ok(&["migrate", "check"]);
    order.post("/roles", &role("keeper"));
    assert_eq!(count(&database, "\"order\".audit_logs"), before + 1);
}

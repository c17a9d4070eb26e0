//! The original and this service at once on one adopted database: what one writes, the other reads.

use serde_json::{Value as Json, json};

use super::Legacy;
use super::original::Original;
use crate::program::Running;
use crate::request::{Request, json as body, text};
use crate::support::http::Answer;

const TENANT_A: &str = "a0000000-0000-4000-8000-000000000001";
/// Master's token: in the original every token is one on these routes.
const CALLER: &str = "master_a";

/// Both services on one adopted database.
struct Pair {
    ours: Running,
    original: Original,
    legacy: Legacy,
}

impl Pair {
    fn new() -> Self {
        let legacy = Legacy::new();
        legacy.migrated(&["up"]);
        let original = Original::start(&legacy.database.url());
        Self { ours: legacy.workplace.serve(&["serve"]), original, legacy }
    }

    fn requests(&self, line: &str) -> [(&'static str, Request); 2] {
        [("ours", self.ours.request(line)), ("the original", self.original.request(line))]
    }

    /// The answer that both give.
    #[track_caller]
    fn read(&self, line: &str, filter: &Json) -> Json {
        let [ours, original] =
            self.requests(line).map(|(who, request)| expect(who, line, &request.query("filter", filter), 200));
        assert_eq!(body(&ours), body(&original), "{line} {filter}");
        body(&ours)
    }
}

fn id(row: &Json) -> &str {
    row["id"].as_str().expect("a row has an id")
}

#[track_caller]
fn expect(who: &str, line: &str, request: &Request, status: u16) -> Answer {
    let answer = request.clone().token(CALLER).send();
    assert_eq!(answer.status, status, "{who}: {line}: {}", text(&answer));
    answer
}

#[test]
fn what_one_writes_the_other_reads() {
    let pair = Pair::new();
    for (number, (who, create)) in pair.requests("POST /tenants").into_iter().enumerate() {
        let tenant = json!({"name": format!("By {who}"), "key": format!("side-{number}"), "status": 1, "city": "Ulm"});
        let created = body(&expect(who, "POST /tenants", &create.json(&tenant), 200));
        let path = format!("/tenants/{}", id(&created));
        assert_eq!(pair.read(&format!("GET {path}"), &json!({}))["name"], tenant["name"]);

        for (by, change) in pair.requests(&format!("PATCH {path}")) {
            let city = json!({"city": format!("City of {by}")});
            expect(by, "PATCH", &change.json(&city), 204);
            assert_eq!(pair.read(&format!("GET {path}"), &json!({}))["city"], city["city"]);
        }
    }

    let both = json!({"where": {"key": {"like": "side-%"}}, "order": ["key DESC"], "include": ["roles"]});
    let rows = pair.read("GET /tenants", &both);
    let ids: Vec<_> = rows.as_array().into_iter().flatten().map(id).collect();
    assert_eq!(ids.len(), 2);
    expect("ours", "DELETE", &pair.ours.request(&format!("DELETE /tenants/{}", ids[0])), 204);
    assert_eq!(pair.read("GET /tenants", &both).as_array().map(Vec::len), Some(1));
    expect("the original", "DELETE", &pair.original.request(&format!("DELETE /tenants/{}", ids[1])), 204);
    assert_eq!(pair.read("GET /tenants", &both), json!([]));
}

#[test]
fn the_original_works_on_as_before_and_its_writes_are_seen_here() {
    let pair = Pair::new();
    let role = json!({"name": "night watch", "permissions": ["ViewTenant"], "roleType": 1});
    let line = format!("POST /tenants/{TENANT_A}/roles");
    let created = body(&expect("the original", &line, &pair.original.request(&line).json(&role), 200));
    let named = json!({"where": {"name": "night watch"}});
    assert_eq!(pair.read(&format!("GET /tenants/{TENANT_A}/roles"), &named)[0]["id"], created["id"]);

    // The columns that say who wrote it were integers: this failed before.
    let config = json!({"configKey": "date-time format", "configValue": {"f": "iso"}});
    let line = format!("POST /tenants/{TENANT_A}/tenant-configs");
    expect("the original", &line, &pair.original.request(&line).json(&config), 200);

    // The log, too, is one: no quotation marks around ids, whoever writes.
    let rows = pair.legacy.server().query(
        "SELECT entity_id, user_id FROM logs.audit_logs WHERE table_name IN ('roles', 'tenant_configs') ORDER BY operation_time",
    );
    assert_eq!(rows[0].get::<_, &str>(0), created["id"]);
    assert_eq!(rows.len(), 2);

    // A constraint that adoption added holds for both.
    let again = pair.original.request(&format!("POST /tenants/{TENANT_A}/roles"));
    let again = again.json(&json!({"name": "Night Watch", "tenantId": TENANT_A})).token(CALLER).send();
    assert!(again.status >= 400, "{}", text(&again));
}

#[test]
fn the_original_shuts_nobody_out_of_the_adopted_database() {
    let legacy = Legacy::new();
    let original = Original::start(&legacy.database.url());
    // Adoption waits for those who are at work, and they for it.
    expect("before", "GET /tenants", &original.request("GET /tenants"), 200);
    legacy.migrated(&["up"]);
    expect("after", "GET /tenants", &original.request("GET /tenants"), 200);
    legacy.migrated(&["down", "--yes"]);
    expect("after the way back", "GET /tenants", &original.request("GET /tenants"), 200);
}

//! The original and this service at once on one adopted database: what one writes, the other reads.

use serde_json::{Value as Json, json};

use super::Legacy;
use super::original::Original;
use crate::program::Running;
use crate::request::{Request, json as body, text};
use crate::support::http::Answer;

const TENANT_A: &str = "a0000000-0000-4000-8000-000000000001";
/// Master's token: in the original every token is one on the routes of tenants.
const MASTER: &str = "master_a";
/// An administrator's token: in the original master's lists show rows of every tenant, whatever the path says.
const ADMINISTRATOR: &str = "admin_a";

/// Both services on one adopted database.
struct Pair {
    ours: Running,
    original: Original,
    legacy: Legacy,
    caller: &'static str,
}

impl Pair {
    fn new(caller: &'static str) -> Self {
        let legacy = Legacy::new();
        legacy.migrated(&["up"]);
        let original = Original::start(&legacy.database.url());
        Self { ours: legacy.workplace.serve(&["serve"]), original, legacy, caller }
    }

    fn ours(&self, line: &str) -> Request {
        self.ours.request(line).token(self.caller)
    }

    fn original(&self, line: &str) -> Request {
        self.original.request(line).token(self.caller)
    }

    fn requests(&self, line: &str) -> [(&'static str, Request); 2] {
        [("ours", self.ours(line)), ("the original", self.original(line))]
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
    let answer = request.send();
    assert_eq!(answer.status, status, "{who}: {line}: {}", text(&answer));
    answer
}

#[test]
fn what_one_writes_the_other_reads() {
    let pair = Pair::new(MASTER);
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
    expect("ours", "DELETE", &pair.ours(&format!("DELETE /tenants/{}", ids[0])), 204);
    assert_eq!(pair.read("GET /tenants", &both).as_array().map(Vec::len), Some(1));
    expect("the original", "DELETE", &pair.original(&format!("DELETE /tenants/{}", ids[1])), 204);
    assert_eq!(pair.read("GET /tenants", &both), json!([]));
}

/// What is made where, and the list that shows it: in both services, under names of their own.
const MADE: &[(&str, &str, &str, &str)] = &[
    (
        "/tenants/{A}/roles",
        r#"{"name": "role of (N)", "permissions": ["ViewTenant"], "roleType": 1, "allowedClients": ["web"]}"#,
        "/tenants/{A}/roles",
        r#"{"order": ["name"], "include": ["userTenants"]}"#,
    ),
    (
        "/tenants/{A}/tenant-configs",
        r#"{"configKey": "key of (N)", "configValue": {"deep": [1, null, "x"]}}"#,
        "/tenants/{A}/tenant-configs",
        r#"{"where": {"configKey": {"like": "key of %"}}, "order": ["configKey"]}"#,
    ),
    (
        "/tenants/{A}/users",
        r#"{"firstName": "Una", "username": "Una-(N)", "email": "Una-(N)@x.example", "phone": "+15550001111",
            "dob": "1990-05-06T00:00:00.000Z", "gender": "F", "roleId": "a0000000-0000-4000-8000-000000000012"}"#,
        "/tenants/{A}/users",
        // The original's master sees memberships of other tenants here.
        r#"{"where": {"tenantId": "a0000000-0000-4000-8000-000000000001"}, "order": ["username"]}"#,
    ),
    (
        "/tenants/{A}/groups",
        r#"{"name": "group of (N)", "description": "made by (N)"}"#,
        "/tenants/{A}/groups",
        r#"{"order": ["name"], "include": ["userGroups"]}"#,
    ),
    (
        "/user-tenants/a0000000-0000-4000-8000-000000000032/user-level-permissions",
        r#"{"permission": "Permission-(N)", "allowed": false}"#,
        "/user-tenants/a0000000-0000-4000-8000-000000000032/user-level-permissions",
        r#"{"order": ["permission"]}"#,
    ),
    (
        "/user-tenant-prefs",
        r#"{"configKey": "preference of (N)", "configValue": {"url": "/(N)"}}"#,
        "/user-tenant-prefs",
        r#"{"order": ["configKey"]}"#,
    ),
];

#[test]
fn every_kind_of_row_goes_both_ways() {
    let pair = Pair::new(ADMINISTRATOR);
    for (create, row, list, filter) in MADE {
        let line = |method: &str, path: &str| format!("{method} {}", path.replace("{A}", TENANT_A));
        let filter: Json = serde_json::from_str(filter).expect("the filter is JSON");
        let before = pair.read(&line("GET", list), &filter).as_array().map_or(0, Vec::len);
        for (who, request) in pair.requests(&line("POST", create)) {
            let row = row.replace("(N)", &who.replace(' ', "-"));
            let row: Json = serde_json::from_str(&row).expect("the row is JSON");
            expect(who, create, &request.json(&row), 200);
        }
        let after = pair.read(&line("GET", list), &filter).as_array().map_or(0, Vec::len);
        assert_eq!(after, before + 2, "{list}");
    }

    // Members of a group, made by one and taken out by the other.
    let group = "a0000000-0000-4000-8000-000000000041";
    let members = [
        ("a0000000-0000-4000-8000-000000000033", "a0000000-0000-4000-8000-000000000023"),
        ("a0000000-0000-4000-8000-000000000035", "e0000000-0000-4000-8000-000000000021"),
    ];
    let list = format!("GET /groups/{group}/user");
    let by_id = json!({"order": ["userTenantId"]});
    for ((who, add), (membership, _)) in pair.requests(&format!("POST /groups/{group}/user")).into_iter().zip(members) {
        expect(who, "add", &add.json(&json!({ "userTenantId": membership })), 200);
    }
    assert_eq!(pair.read(&list, &by_id).as_array().map(Vec::len), Some(4));
    expect("the original", "take out", &pair.original(&format!("DELETE /groups/{group}/user/{}", members[0].1)), 204);
    expect("ours", "take out", &pair.ours(&format!("DELETE /groups/{group}/user/{}", members[1].1)), 204);
    assert_eq!(pair.read(&list, &by_id).as_array().map(Vec::len), Some(2));

    // A user is changed by one after the other.
    let path = format!("/tenants/{TENANT_A}/users/a0000000-0000-4000-8000-000000000022");
    for (who, patch) in pair.requests(&format!("PATCH {path}")) {
        expect(who, "PATCH", &patch.json(&json!({"designation": who, "status": 3})), 204);
        let rows = pair.read(&format!("GET /tenants/{TENANT_A}/users"), &json!({"where": {"username": "andy"}}));
        assert_eq!((&rows[0]["designation"], &rows[0]["status"]), (&json!(who), &json!(3)));
    }
    expect("ours", "DELETE", &pair.ours(&format!("DELETE {path}")), 204);
    assert_eq!(
        pair.read(&format!("GET /tenants/{TENANT_A}/users"), &json!({"where": {"username": "andy"}})),
        json!([])
    );
}

#[test]
fn the_original_works_on_as_before_and_its_writes_are_seen_here() {
    let pair = Pair::new(MASTER);
    let role = json!({"name": "night watch", "permissions": ["ViewTenant"], "roleType": 1});
    let line = format!("POST /tenants/{TENANT_A}/roles");
    let created = body(&expect("the original", &line, &pair.original(&line).json(&role), 200));
    let named = json!({"where": {"name": "night watch"}});
    assert_eq!(pair.read(&format!("GET /tenants/{TENANT_A}/roles"), &named)[0]["id"], created["id"]);

    // The columns that say who wrote it were integers: this failed before.
    let config = json!({"configKey": "date-time format", "configValue": {"f": "iso"}});
    let line = format!("POST /tenants/{TENANT_A}/tenant-configs");
    expect("the original", &line, &pair.original(&line).json(&config), 200);

    // The log, too, is one: no quotation marks around ids, whoever writes.
    let rows = pair.legacy.server().query(
        "SELECT entity_id, user_id FROM logs.audit_logs WHERE table_name IN ('roles', 'tenant_configs') ORDER BY operation_time",
    );
    assert_eq!(rows[0].get::<_, &str>(0), created["id"]);
    assert_eq!(rows.len(), 2);

    // A constraint that adoption added holds for both.
    let again = pair.original(&format!("POST /tenants/{TENANT_A}/roles"));
    let again = again.json(&json!({"name": "Night Watch", "tenantId": TENANT_A})).send();
    assert!(again.status >= 400, "{}", text(&again));
}

#[test]
fn the_original_shuts_nobody_out_of_the_adopted_database() {
    let legacy = Legacy::new();
    let original = Original::start(&legacy.database.url());
    // Adoption waits for those who are at work, and they for it.
    expect("before", "GET /tenants", &original.request("GET /tenants").token(MASTER), 200);
    legacy.migrated(&["up"]);
    expect("after", "GET /tenants", &original.request("GET /tenants").token(MASTER), 200);
    legacy.migrated(&["down", "--to", "0"]);
    expect("after the way back", "GET /tenants", &original.request("GET /tenants").token(MASTER), 200);
}

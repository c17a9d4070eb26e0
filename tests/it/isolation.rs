//! Nobody reaches another tenant's rows: tricks with conditions, includes of every relation, bulk changes, foreign ids.
//!
//! Alice of tenant A asks; nothing of tenants B, C and D, and nothing deleted, may stand in an answer or change.

mod matrix;
mod relations;

use serde_json::{Value as Json, json};

use self::relations::Relations;
use crate::authorization::operation::{self, Target};
use crate::request::{Request, json, text};
use crate::support::fixture::{self, Database, Tables};
use crate::support::http::Answer;
use crate::world::{World, on_both};

const A: &str = "a0000000-0000-4000-8000-000000000001";
const B: &str = "b0000000-0000-4000-8000-000000000001";
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// What only rows of other tenants hold, and what only deleted rows hold.
const FOREIGN: &[&str] = &[
    "b0000000-",
    "c0000000-",
    "d0000000-",
    "Tenant B",
    "Tenant C",
    "Tenant D",
    "tenant-b",
    "Betaville",
    "b.example",
    "admin-b",
    "member-b",
    "engineers-b",
    "b.png",
    "\"bob\"",
    "\"beth\"",
    "olga",
];
const DELETED: &[&str] = &[
    "a0000000-0000-4000-8000-000000000014",
    "a0000000-0000-4000-8000-000000000024",
    "a0000000-0000-4000-8000-000000000034",
    "a0000000-0000-4000-8000-000000000043",
    "a0000000-0000-4000-8000-000000000054",
    "a0000000-0000-4000-8000-000000000063",
    "a0000000-0000-4000-8000-000000000083",
    "arthur",
    "ghosts",
    "soft deleted role",
];
/// What nobody may read at all.
const SECRET: &[&str] = &["password-hash", "TOTP-SECRET", "web-secret", "bob-auth-token"];

/// Rows that only a missing bound would show: each refers from one tenant to another.
const TRAPS: &str = "
    -- Bob is at home in tenant A, and works for tenant B only.
    UPDATE main.users SET default_tenant_id = 'a0000000-0000-4000-8000-000000000001'
        WHERE id = 'b0000000-0000-4000-8000-000000000021';
    -- A member of tenant A in a group of tenant B.
    INSERT INTO main.user_groups (id, user_tenant_id, group_id, created_on, modified_on)
        VALUES ('b0000000-0000-4000-8000-000000000059', 'a0000000-0000-4000-8000-000000000032',
            'b0000000-0000-4000-8000-000000000041', '2024-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z');
    -- Sam, who works for both, made a role of tenant A.
    UPDATE main.roles SET created_by = 'e0000000-0000-4000-8000-000000000021'
        WHERE id = 'a0000000-0000-4000-8000-000000000012';
";

/// The service with the traps, and what the tables hold at first.
struct Trapped {
    world: World,
    before: Tables,
}

impl Trapped {
    fn alice(&self, line: &str) -> Request {
        self.world.request(line).token("admin_a")
    }

    /// Rows that Alice may not change: every one but her tenant's.
    fn others(tables: &Tables) -> Vec<String> {
        let own = ("tenants".to_owned(), A.to_owned());
        let others = tables.rows.iter().filter(|(key, _)| **key != own);
        others.map(|(key, row)| format!("{key:?} {}", fixture::text(row))).collect()
    }

    #[track_caller]
    fn assert_others_unchanged(&self) {
        assert_eq!(Self::others(&self.world.database.tables()), Self::others(&self.before));
    }
}

impl From<Database> for Trapped {
    fn from(database: Database) -> Self {
        let world = World::new(database);
        world.run(TRAPS);
        let before = world.database.tables();
        Self { world, before }
    }
}

/// What an answer shows that it should not.
fn shown(answer: &Answer) -> Vec<&'static str> {
    // Sam works for both tenants, and his own profile says that he is at home in the other.
    let answer = text(answer).replace(&format!("\"defaultTenantId\":\"{B}\""), "");
    [FOREIGN, DELETED, SECRET].concat().into_iter().filter(|word| answer.contains(word)).collect()
}

/// Conditions on tenants that would widen a query whose bound stood beside them rather than around.
fn tricks() -> Vec<Json> {
    vec![
        json!({}),
        json!({ "id": B }),
        json!({ "id": { "neq": A } }),
        json!({ "id": { "nin": [A] } }),
        json!({ "id": { "nin": [] } }),
        json!({ "id": { "inq": [A, B] } }),
        json!({ "id": { "gt": NOBODY } }),
        json!({ "id": { "between": [NOBODY, "ffffffff-ffff-ffff-ffff-ffffffffffff"] } }),
        json!({ "id": { "like": "%" } }),
        json!({ "or": [{ "id": A }, { "id": B }] }),
        json!({ "or": [{ "id": B }] }),
        json!({ "or": [] }),
        json!({ "or": [{}] }),
        json!({ "or": [{ "name": "Tenant A" }, {}] }),
        json!({ "or": [{ "id": B }, { "and": [{ "or": [{ "id": B }, { "status": 1 }] }] }] }),
        json!({ "id": A, "or": [{ "id": B }, { "status": { "neq": 7 } }] }),
        json!({ "and": [] }),
        json!({ "and": [{ "or": [{ "status": 0 }, { "status": 1 }] }] }),
        json!({ "name": { "like": "%" } }),
        json!({ "name": { "ilike": "TENANT%" } }),
        json!({ "name": { "nlike": "nothing" } }),
        json!({ "name": { "regexp": ".*" } }),
        json!({ "name": { "neq": "x" } }),
        json!({ "name": { "neq": null } }),
        json!({ "name": "x' OR '1'='1" }),
        json!({ "name": "x') OR 1=1 --" }),
        json!({ "name": { "like": "%' OR 1=1 --" } }),
        json!({ "key": { "gte": "" } }),
        json!({ "website": null }),
        json!({ "website": { "exists": false } }),
        json!({ "status": { "inq": [0, 1] } }),
        json!({ "createdOn": { "gt": "1970-01-01T00:00:00Z" } }),
        json!({ "deleted": true }),
        json!({ "or": [{ "deleted": true }, { "deleted": false }] }),
        json!({ "deletedOn": { "neq": null } }),
    ]
}

on_both!(no_condition_finds_counts_or_changes_another_tenant);
fn no_condition_finds_counts_or_changes_another_tenant(trapped: &Trapped) {
    let mut own = 0;
    for trick in tricks() {
        let listed = trapped.alice("GET /tenants").query("filter", &json!({ "where": trick })).send();
        assert_eq!((listed.status, shown(&listed)), (200, vec![]), "{trick}: {}", text(&listed));
        let rows = json(&listed).as_array().unwrap().len();
        own += rows;
        let counted = trapped.alice("GET /tenants/count").query("where", &trick).send();
        assert_eq!(json(&counted), json!({ "count": rows }), "{trick}");
        let change = json!({ "city": "Changed" });
        let changed = trapped.alice("PATCH /tenants").query("where", &trick).json(&change).send();
        assert_eq!(json(&changed), json!({ "count": rows }), "{trick}");
        trapped.assert_others_unchanged();
    }
    assert!(own > 10, "some conditions hold for the own tenant");
}

on_both!(no_paging_order_or_choice_of_fields_shows_another_tenant);
fn no_paging_order_or_choice_of_fields_shows_another_tenant(trapped: &Trapped) {
    for filter in [
        json!({ "limit": 10_000 }),
        json!({ "skip": 1 }),
        json!({ "offset": 1, "limit": 1 }),
        json!({ "order": "id DESC" }),
        json!({ "order": ["status ASC", "name DESC"] }),
        json!({ "fields": ["id"] }),
        json!({ "fields": { "id": false } }),
        json!({ "fields": { "deleted": false, "deletedOn": false } }),
        json!({ "fields": ["name"], "include": [{ "relation": "roles" }] }),
        json!({ "fields": ["id"], "include": [{ "relation": "roles", "scope": { "fields": ["name", "tenantId"] } }] }),
    ] {
        let listed = trapped.alice("GET /tenants").query("filter", &filter).send();
        assert_eq!((listed.status, shown(&listed)), (200, vec![]), "{filter}: {}", text(&listed));
        assert!(json(&listed).as_array().unwrap().len() <= 1, "{filter}");
    }
}

on_both!(no_condition_shows_a_role_of_another_tenant);
fn no_condition_shows_a_role_of_another_tenant(trapped: &Trapped) {
    let roles = format!("GET /tenants/{A}/roles");
    for trick in [
        json!({}),
        json!({ "tenantId": B }),
        json!({ "tenantId": { "neq": A } }),
        json!({ "tenantId": { "inq": [A, B] } }),
        json!({ "or": [{ "tenantId": A }, { "tenantId": B }] }),
        json!({ "tenantId": A, "or": [{ "tenantId": B }, { "name": { "like": "%" } }] }),
        json!({ "id": "b0000000-0000-4000-8000-000000000011" }),
        json!({ "name": { "regexp": "." } }),
        json!({ "permissions": null }),
        json!({ "deleted": true }),
    ] {
        let listed = trapped.alice(&roles).query("filter", &json!({ "where": trick })).send();
        assert_eq!((listed.status, shown(&listed)), (200, vec![]), "{trick}: {}", text(&listed));
        for role in json(&listed).as_array().unwrap() {
            assert_eq!(role["tenantId"], A, "{trick}");
        }
    }
    let all = json(&trapped.alice(&roles).send());
    assert_eq!(all.as_array().unwrap().len(), 4, "the own ones are there");
}

on_both!(no_include_shows_a_row_of_another_tenant);
fn no_include_shows_a_row_of_another_tenant(trapped: &Trapped) {
    let relations = Relations::read(&json(&trapped.alice("GET /openapi.json").send()));
    let conditions = [json!({}), json!({ "or": [{ "id": { "neq": NOBODY } }, { "id": B }] })];
    let operations = operation::all(&json(&trapped.alice("GET /openapi.json").send()));
    let mut seen = String::new();
    let mut lists = 0;
    for operation in operations.iter().filter(|operation| operation.conditions == Some("filter")) {
        let line = &operation.name;
        lists += 1;
        let ask = |include: &Json| {
            let request = operation.bare(trapped.world.server.address(), &[Target::Own]).token("admin_a");
            request.query("filter", &json!({ "include": [include] })).send()
        };
        for include in relations.trees(operation.record.as_deref().expect("a list has a record"), 4) {
            for condition in &conditions {
                let include = relations::with_condition(&include, condition);
                let listed = ask(&include);
                if line == "GET /user/{id}/tenants" {
                    assert_eq!(listed.status, 400, "it includes nothing");
                    continue;
                }
                assert_eq!((listed.status, shown(&listed)), (200, vec![]), "{line} {include}: {}", text(&listed));
                seen.push_str(&text(&listed));
            }
        }
    }
    assert_eq!(lists, 14, "each list was asked");
    // Each kind of row of the own tenant was there to be seen.
    for own in ["11", "21", "31", "35", "41", "51", "61", "81"] {
        let id = format!("\"id\":\"a0000000-0000-4000-8000-0000000000{own}\"");
        assert!(seen.contains(&id), "no answer shows {id}");
    }
    assert!(seen.contains("\"id\":\"e0000000-0000-4000-8000-000000000021\""), "nor Sam, who works for both");
}

on_both!(an_include_asks_for_no_permission_of_its_own);
/// As in the original: who may list one kind of row sees what it includes, of the own tenant alone.
fn an_include_asks_for_no_permission_of_its_own(trapped: &Trapped) {
    let reader = |line: &str| trapped.world.request(line).token("only:ViewTenant");
    for (relation, route) in [("roles", "roles"), ("groups", "groups"), ("users", "users")] {
        assert_eq!(reader(&format!("GET /tenants/{A}/{route}")).send().status, 403, "{route}");
        let listed = reader("GET /tenants").query("filter", &json!({ "include": [relation] })).send();
        assert_eq!((listed.status, shown(&listed)), (200, vec![]), "{relation}: {}", text(&listed));
        let rows = &json(&listed)[0][relation];
        assert!(rows.as_array().is_some_and(|rows| !rows.is_empty()), "{relation}: {rows}");
    }
}

on_both!(master_sees_what_alice_does_not);
/// The other tenants' rows are there, and this file's way of looking would find them.
fn master_sees_what_alice_does_not(trapped: &Trapped) {
    let filter = json!({ "include": [{ "relation": "roles" }, { "relation": "groups" }, { "relation": "users" }] });
    let listed = trapped.world.request("GET /tenants").token("master_a").query("filter", &filter).send();
    let shown = shown(&listed);
    for word in ["b0000000-", "c0000000-", "Tenant B", "admin-b", "engineers-b", "\"bob\""] {
        assert!(shown.contains(&word), "{word} is not among {shown:?}");
    }
    assert!(!shown.contains(&"d0000000-"), "deleted rows stay hidden from everybody");
}

on_both!(no_body_moves_a_row_across);
fn no_body_moves_a_row_across(trapped: &Trapped) {
    let tenant = |name: &str| json!({ "name": name, "status": 1, "key": "tenant-a" });
    let with = |id: &str| {
        let mut body = tenant("Renamed");
        body["id"] = json!(id);
        body
    };
    for (line, body, status) in [
        (format!("PATCH /tenants/{A}"), with(B), 204),
        (format!("PUT /tenants/{A}"), with(B), 400),
        (format!("PATCH /tenants/{B}"), with(A), 404),
        (format!("PUT /tenants/{B}"), with(B), 404),
        (format!("PATCH /tenants/{B}"), tenant("Renamed"), 404),
        (format!("PATCH /tenants/{A}"), json!({ "key": "tenant-b" }), 409),
        ("PATCH /tenants".to_owned(), json!({ "key": "tenant-b" }), 409),
        ("POST /tenants".to_owned(), json!({ "name": "New", "status": 1, "key": "tenant-d" }), 409),
    ] {
        let answer = trapped.alice(&line).json(&body).send();
        assert_eq!(answer.status, status, "{line} {body}: {}", text(&answer));
        trapped.assert_others_unchanged();
    }
    for line in [format!("DELETE /tenants/{B}"), format!("GET /tenants/{B}"), format!("GET /tenants/{B}/roles")] {
        assert!([403, 404].contains(&trapped.alice(&line).send().status), "{line}");
    }
    trapped.assert_others_unchanged();

    let created =
        json(&trapped.alice("POST /tenants").json(&json!({ "name": "New", "status": 1, "key": "new" })).send());
    assert_eq!(created["name"], "New");
    assert_eq!(trapped.alice(&format!("GET /tenants/{}", created["id"].as_str().unwrap())).send().status, 404);
    assert_eq!(json(&trapped.alice("GET /tenants/count").send()), json!({ "count": 1 }));
}

//! What a model has to read: pages of lists, each row once, and the list of tools.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::Client;
use crate::program::Workplace;
use crate::support::token;
use crate::world::{World, on_both};

const TENANT: &str = "a0000000-0000-4000-8000-000000000001";

/// Adds users to a tenant, with all that a person has.
fn many_users(world: &World, many: usize) {
    let role = "a0000000-0000-4000-8000-000000000011";
    let (mut people, mut memberships) = (Vec::new(), Vec::new());
    for number in 0..many {
        let id = format!("00000000-0000-4000-9000-{number:012}");
        people.push(format!(
            "('{id}', 'Given {number}', 'Family', 'person{number:03}', 'person{number:03}@example.com', \
             'data:image/png;base64,{}', '{TENANT}', '2024-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z')",
            "A".repeat(400)
        ));
        memberships.push(format!(
            "('00000000-0000-4000-9001-{number:012}', '{id}', '{TENANT}', '{role}', 1, '2024-01-02T03:04:05.678Z', \
             '2024-01-02T03:04:05.678Z')"
        ));
    }
    world.run(&format!(
        "INSERT INTO main.users (id, first_name, last_name, username, email, photo_url, default_tenant_id, created_on, \
         modified_on) VALUES {};
         INSERT INTO main.user_tenants (id, user_id, tenant_id, role_id, status, created_on, modified_on) VALUES {}",
        people.join(", "),
        memberships.join(", ")
    ));
}

fn client(world: &World, workplace: &Workplace) -> Client {
    let url = format!("http://{}", world.server.address());
    Client::start(&["--url", &url, "--token", &token::token("admin_a")], &[], workplace.path())
}

on_both!(a_list_is_a_page_of_what_helps_and_leads_through_all_of_it);
fn a_list_is_a_page_of_what_helps_and_leads_through_all_of_it(world: &World) {
    many_users(world, 400);
    let workplace = Workplace::new();
    let mut alice = client(world, &workplace);
    let answer = alice.ask("tools/call", &json!({ "name": "tenant_user_find", "arguments": { "id": TENANT } }));
    assert!(answer["result"].get("structuredContent").is_none(), "each row once");
    let whole = answer.to_string();
    assert!(whole.len() < 24_000, "{}", whole.len());
    let told = answer["result"]["content"][0]["text"].as_str().expect("a text");
    let mut page: Json = serde_json::from_str(told).expect("the text is JSON");
    let total = page["total"].as_u64().expect("how many there are");
    assert!(total >= 400, "{total}");
    let columns: Vec<_> = page["body"][0].as_object().expect("a row").keys().cloned().collect();
    let shown = BTreeSet::from([
        "id",
        "username",
        "email",
        "firstName",
        "lastName",
        "status",
        "roleId",
        "roleName",
        "userTenantId",
    ]);
    assert_eq!(columns.iter().map(String::as_str).collect::<BTreeSet<_>>(), shown);
    let mut names = Vec::new();
    loop {
        let rows = page["body"].as_array().expect("rows");
        assert!(rows.len() == 50 || page["next"].is_null(), "{}", rows.len());
        names.extend(rows.iter().map(|row| row["username"].clone().to_string()));
        assert_eq!(page["total"], total);
        let Some(next) = page["next"].as_str() else { break };
        page = alice.call("tenant_user_find", &json!({ "id": TENANT, "cursor": next })).2;
    }
    assert_eq!(names.len() as u64, total);
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "none twice");

    // Who says more gets what was said.
    let mut rows = |filter: Json| {
        let (failed, told, page) = alice.call("tenant_user_find", &json!({ "id": TENANT, "filter": filter }));
        assert!(!failed, "{told}");
        (page["body"].as_array().expect("rows").clone(), page["total"].clone())
    };
    let (seven, _) = rows(json!({ "limit": 7, "fields": ["username", "photoUrl"], "order": ["username DESC"] }));
    assert_eq!(seven.len(), 7);
    assert!(seven.iter().all(|row| row.as_object().is_some_and(|row| row.len() == 2)), "{seven:?}");
    assert_eq!(rows(json!({ "limit": 120 })).0.len(), 120);
    for filter in [Json::Null, json!({ "limit": null, "fields": null }), json!({ "limit": 0 })] {
        let (page, _) = rows(filter.clone());
        assert_eq!((page.len(), page[0].as_object().map(serde_json::Map::len)), (50, Some(9)), "{filter}");
    }
    let (found, counted) = rows(json!({ "where": { "username": { "like": "person39%" } }, "limit": 3 }));
    assert_eq!((found.len(), counted), (3, json!(10)));
    let (failed, told, _) = alice.call("tenant_user_find", &json!({ "id": TENANT, "filter": "all" }));
    assert!(failed && told.contains("filter"), "{told}");
    let (failed, told, _) = alice.call("tenant_user_find", &json!({ "id": TENANT, "limit": 2 }));
    assert!(failed && told.contains("give it as filter.limit"), "{told}");
}

on_both!(a_page_of_long_rows_has_fewer_of_them);
fn a_page_of_long_rows_has_fewer_of_them(world: &World) {
    let values: Vec<_> = (0..30)
        .map(|number| {
            format!(
                "('00000000-0000-4000-9002-{number:012}', 'key {number}', '{{\"long\":\"{}\"}}', '{TENANT}', \
                 '2024-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z')",
                "x".repeat(20_000)
            )
        })
        .collect();
    world.run(&format!(
        "INSERT INTO main.tenant_configs (id, config_key, config_value, tenant_id, created_on, modified_on) VALUES {}",
        values.join(", ")
    ));
    let workplace = Workplace::new();
    let mut alice = client(world, &workplace);
    let (mut read, mut cursor, mut pages) = (0, Json::Null, 0);
    let total = loop {
        let arguments = json!({ "id": TENANT, "cursor": cursor });
        let (failed, told, page) = alice.call("tenant_tenant_config_find", &arguments);
        assert!(!failed && told.len() < 66_000, "{}: {}", told.len(), &told[..200]);
        read += page["body"].as_array().expect("rows").len();
        pages += 1;
        cursor = page["next"].clone();
        if cursor.is_null() {
            break page["total"].clone();
        }
    };
    assert_eq!(json!(read), total);
    assert!(read >= 30 && (10..=15).contains(&pages), "{read} in {pages}");
    // Whoever asks for many gets many.
    let (_, told, page) = alice.call("tenant_tenant_config_find", &json!({ "id": TENANT, "filter": { "limit": 20 } }));
    assert_eq!(page["body"].as_array().map(Vec::len), Some(20));
    assert!(told.len() > 300_000, "{}", told.len());
}

#[test]
fn the_list_of_tools_fits_a_model() {
    let workplace = Workplace::new();
    let mut client = Client::start(&[], &[], workplace.path());
    let listed = client.ask("tools/list", &json!({}));
    let text = listed["result"]["tools"].to_string();
    // Some four bytes a token.
    assert!(text.len() < 31_000, "{}", text.len());
    assert!(!text.contains("accepted and ignored"), "what does nothing is not offered");
    let tools = listed["result"]["tools"].as_array().expect("a list");
    let tool = |name: &str| tools.iter().find(|tool| tool["name"] == name).unwrap_or_else(|| panic!("no {name}"));
    let filter = tool("tenant_user_find")["inputSchema"]["properties"]["filter"]["description"].as_str();
    for word in ["limit", "Shows id, username", "photoUrl", "include"] {
        assert!(filter.is_some_and(|filter| filter.contains(word)), "{word}: {filter:?}");
    }
    let gender = &tool("tenant_user_create")["inputSchema"]["properties"]["body"]["properties"]["gender"];
    assert_eq!(gender["enum"], json!(["M", "F", "O"]));
}

const FEW: &[(&str, &str)] = &[("MAX_ROWS", "3"), ("MAX_ANSWER_BYTES", "2048")];
on_both!(a_page_is_no_longer_than_the_service_gives, FEW);
fn a_page_is_no_longer_than_the_service_gives(world: &World) {
    let workplace = Workplace::new();
    let mut alice = client(world, &workplace);
    let mut names = BTreeSet::new();
    let mut arguments = json!({ "id": TENANT });
    loop {
        let (failed, told, page) = alice.call("tenant_user_find", &arguments);
        assert!(!failed, "{told}");
        names.extend(page["body"].as_array().expect("rows").iter().map(|row| row["username"].to_string()));
        let Some(next) = page["next"].as_str() else { break };
        arguments["cursor"] = json!(next);
    }
    assert!(names.len() > 3, "{names:?}");
    // Who says how many is told that there are too many.
    let (failed, told, _) = alice.call("tenant_user_find", &json!({ "id": TENANT, "filter": { "limit": 4 } }));
    assert!(failed && told.contains("TOO_MANY_ROWS"), "{told}");
}

//! Long lists in pages: the `Link` of an answer leads through the whole list, and nowhere else.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::holes::{A, B, Scene, all};
use crate::request::{bad_refusal, json};
use crate::support::http::Answer;
use crate::world::on_both;

/// Adds roles to both tenants, some of one description.
fn many_roles(scene: &Scene) {
    for (number, tenant) in [A, B].into_iter().cycle().take(18).enumerate() {
        let description = if number % 3 == 0 { "NULL".to_owned() } else { format!("'{}'", number % 4) };
        scene.given(&format!(
            "INSERT INTO main.roles (id, name, tenant_id, description) VALUES \
             ('00000000-0000-4000-9000-0000000000{number:02}', 'role {number}', '{tenant}', {description})"
        ));
    }
}

/// The query string that the answer's link leads to.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link");
    let target = link.strip_prefix("<?").and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
    assert_eq!(target.is_none(), link.is_empty(), "{link}");
    target.map(ToOwned::to_owned)
}

on_both!(links_lead_through_the_whole_list);
fn links_lead_through_the_whole_list(scene: &Scene) {
    many_roles(scene);
    let roles = format!("GET /tenants/{A}/roles");
    for order in [json!([]), json!("name DESC"), json!(["description", "name"]), json!(["description DESC"])] {
        let whole = scene.done(&scene.by("admin_a", &roles).query("filter", &json!({ "order": order })));
        let filter = json!({ "order": order, "limit": 4, "skip": 0, "include": ["userTenants"], "fields": ["id"] });
        let mut answer = scene.by("admin_a", &roles).query("filter", &filter).send();
        let mut read = Vec::new();
        loop {
            assert_eq!(answer.status, 200);
            let page = json(&answer);
            for role in page.as_array().into_iter().flatten() {
                let members = role["userTenants"].as_array().into_iter().flatten();
                assert!(members.into_iter().all(|member| member["tenantId"] == A), "{role}");
            }
            read.extend(all(&page, "id"));
            let Some(query) = next(&answer) else { break };
            answer = scene.by("admin_a", &format!("{roles}?{query}")).send();
        }
        assert_eq!(read, all(&whole, "id"), "{order}");
    }
    let unlimited = scene.by("admin_a", &roles).send();
    assert_eq!(next(&unlimited), None);
}

on_both!(the_whole_list_is_counted_for_whoever_asks);
fn the_whole_list_is_counted_for_whoever_asks(scene: &Scene) {
    many_roles(scene);
    let roles = format!("GET /tenants/{A}/roles");
    let all = scene.done(&scene.by("admin_a", &roles)).as_array().map_or(0, Vec::len).to_string();
    let read = |line: &str, filter: &Json, prefer: &str| {
        let request = scene.by("admin_a", line).header("prefer", prefer);
        let answer = if filter.is_null() { request.send() } else { request.query("filter", filter).send() };
        assert_eq!(answer.status, 200, "{line}");
        (next(&answer), answer.header("x-total-count").to_owned())
    };
    assert_eq!(read(&roles, &Json::Null, "count=exact"), (None, all.clone()));
    assert_eq!(read(&roles, &json!({ "skip": 3, "limit": 1 }), "Count=EXACT; x, wait=1").1, all);
    for other in ["", "count=planned", "counter=exact", "return=minimal"] {
        assert_eq!(read(&roles, &Json::Null, other).1, "", "{other:?}");
    }
    let described = json!({ "where": { "description": "2" }, "limit": 1 });
    let (mut query, total) = read(&roles, &described, "count=exact");
    let mut pages = 1;
    while let Some(behind) = query {
        let (further, same) = read(&format!("{roles}?{behind}"), &Json::Null, "wait=1, count=exact");
        assert_eq!(same, total, "the list, not the rest of it");
        (query, pages) = (further, pages + 1);
    }
    assert_eq!((pages, total.as_str()), (3, "3"));
    // What the route itself narrows counts too.
    let group = "a0000000-0000-4000-8000-000000000041";
    let members = format!("GET /groups/{group}/user");
    let all = scene.done(&scene.by("admin_a", &members)).as_array().map_or(0, Vec::len).to_string();
    assert_eq!(read(&members, &json!({ "limit": 1 }), "count=exact").1, all);
}

on_both!(a_cursor_opens_no_other_tenant);
fn a_cursor_opens_no_other_tenant(scene: &Scene) {
    many_roles(scene);
    let limit = json!({ "limit": 1 });
    let theirs = scene.by("admin_b", &format!("GET /tenants/{B}/roles")).query("filter", &limit).send();
    let query = next(&theirs).expect("there are more");
    let read = scene.done(&scene.by("admin_a", &format!("GET /tenants/{A}/roles?{query}")));
    assert!(all(&read, "tenantId").iter().all(|tenant| tenant == A), "{read}");
    scene.refused(&scene.by("admin_a", &format!("GET /tenants/{B}/roles?{query}")), 403);
}

on_both!(what_is_no_cursor_is_refused);
fn what_is_no_cursor_is_refused(scene: &Scene) {
    // "[1]", "null", "[]", "[null,null]" and no JSON at all.
    for text in ["x", "WzFd", "bnVsbA", "W10", "W251bGwsbnVsbF0", "%00", "🦀"] {
        let answer = scene.by("admin_a", &format!("GET /tenants/{A}/roles")).raw_query("cursor", text).send();
        assert_eq!((answer.status, bad_refusal(&answer)), (400, None), "{text}");
        let body = json(&answer);
        let message = &body["error"]["message"];
        assert!(message.as_str().is_some_and(|message| message.contains("cursor")), "{body}");
    }
    // None at all is as if it were not there; a route that has no pages knows none.
    scene.done(&scene.by("admin_a", &format!("GET /tenants/{A}/roles?cursor=")));
    scene.refused(&scene.by("admin_a", &format!("GET /tenants/{A}?cursor=x")), 400);
}

on_both!(a_page_stays_where_it_is_while_rows_come_and_go);
fn a_page_stays_where_it_is_while_rows_come_and_go(scene: &Scene) {
    many_roles(scene);
    let roles = format!("GET /tenants/{A}/roles");
    let first = scene.by("admin_a", &roles).query("filter", &json!({ "limit": 3, "order": "name" })).send();
    let seen: BTreeSet<String> = names(&json(&first));
    scene.given("UPDATE main.roles SET deleted = true WHERE name = 'role 0'");
    let query = next(&first).expect("there are more");
    let second = names(&scene.done(&scene.by("admin_a", &format!("{roles}?{query}"))));
    assert!(seen.is_disjoint(&second) && second.len() == 3, "{seen:?} {second:?}");
}

fn names(page: &Json) -> BTreeSet<String> {
    all(page, "name").iter().filter_map(Json::as_str).map(ToOwned::to_owned).collect()
}

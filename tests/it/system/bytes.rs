//! Bytes: what one answer may take, what all may take together, and that long ones are whole and written as they are read.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::holes::{A, AMY_IN_A, ANDY, ANDY_IN_A, B, SAM};
use crate::request::{Request, bad_refusal, json, text};
use crate::support::fixture::Database;
use crate::support::http::Answer;
use crate::support::server::Server;
use crate::support::token;
use crate::world::{World, on_both};

/// Who may only look at tenants.
const READER: &str = "only:ViewTenant";
const MEGABYTE: usize = 1 << 20;

/// Configurations of tenant A with values of so many bytes.
fn configure(world: &World, count: usize, bytes: usize) {
    for at in 0..count {
        world.run(&format!(
            "INSERT INTO main.tenant_configs (id, config_key, config_value, tenant_id, created_on, modified_on)
             VALUES ('f0000000-0000-4000-8000-{at:012}', 'long {at}', '{{\"text\":\"{}\"}}', '{A}',
                 '2024-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z')",
            "v".repeat(bytes)
        ));
    }
}

/// Further members of tenant A.
fn populate(world: &World, count: usize) {
    for at in 0..count {
        world.run(&format!(
            "INSERT INTO main.users (id, first_name, username, email, default_tenant_id, created_on, modified_on)
             VALUES ('f1000000-0000-4000-8000-{at:012}', 'Nth', 'nth{at}', 'nth{at}@a.example', '{A}',
                 '2024-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z');
             INSERT INTO main.user_tenants (id, user_id, tenant_id, role_id, status, created_on, modified_on)
             VALUES ('f2000000-0000-4000-8000-{at:012}', 'f1000000-0000-4000-8000-{at:012}', '{A}',
                 'a0000000-0000-4000-8000-000000000012', 1, '2024-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z')"
        ));
    }
}

fn including(path: &[&str]) -> Json {
    path.iter()
        .rev()
        .fold(json!({}), |inner, relation| json!({ "include": [{ "relation": relation, "scope": inner }] }))
}

on_both!(a_reader_cannot_make_one_answer_of_everything_times_everything);
fn a_reader_cannot_make_one_answer_of_everything_times_everything(world: &World) {
    configure(world, 1, MEGABYTE);
    populate(world, 40);
    let ask = |path: &[&str]| world.request("GET /tenants").token(READER).query("filter", &including(path)).send();
    for (path, code) in [
        (&["users", "defaultTenant", "users", "defaultTenant", "tenantConfigs"][..], "INVALID_INCLUSION_FILTER"),
        (&["users", "defaultTenant", "tenantConfigs"], "INVALID_INCLUSION_FILTER"),
        (&["userTenants", "tenant", "tenantConfigs"], "INVALID_INCLUSION_FILTER"),
        (&["userTenants", "user", "defaultTenant", "tenantConfigs"], "ANSWER_TOO_LARGE"),
        (&["userTenants", "user", "userTenants", "tenant", "tenantConfigs"], "ANSWER_TOO_LARGE"),
    ] {
        let refused = ask(path);
        assert_eq!((refused.status, bad_refusal(&refused)), (400, None), "{path:?}: {}", text(&refused));
        assert_eq!(json(&refused)["error"]["code"], code, "{path:?}");
    }
    let too_large = text(&ask(&["userTenants", "user", "defaultTenant", "tenantConfigs"]));
    assert!(too_large.contains("33554432 bytes") && too_large.contains("in pages"), "{too_large}");
    assert_eq!(ask(&["users", "defaultTenant"]).status, 200);
    assert_eq!(ask(&["tenantConfigs"]).status, 200);
    let peak = world.server.peak_memory();
    assert!(peak < 200 * MEGABYTE as u64, "{} MB", peak / MEGABYTE as u64);
}

on_both!(a_list_of_long_values_is_refused_before_it_is_read);
fn a_list_of_long_values_is_refused_before_it_is_read(world: &World) {
    configure(world, 200, MEGABYTE);
    let line = format!("GET /tenants/{A}/tenant-configs");
    let list = |filter: Json| world.request(&line).token("admin_a").query("filter", &filter).send();
    for filter in [json!({}), json!({ "limit": 100 }), json!({ "limit": 300, "order": "configKey" })] {
        let refused = list(filter.clone());
        assert_eq!((refused.status, &json(&refused)["error"]["code"]), (400, &json!("ANSWER_TOO_LARGE")), "{filter}");
    }
    assert_eq!(json(&list(json!({ "fields": { "configValue": false } }))).as_array().map(Vec::len), Some(202));
    let peak = world.server.peak_memory();
    assert!(peak < 200 * MEGABYTE as u64, "{} MB", peak / MEGABYTE as u64);
}

on_both!(a_long_answer_is_whole_and_its_length_is_told);
fn a_long_answer_is_whole_and_its_length_is_told(world: &World) {
    configure(world, 20, MEGABYTE / 4);
    let line = format!("GET /tenants/{A}/tenant-configs");
    let list = |filter: Json| world.request(&line).token("admin_a").query("filter", &filter).send();
    let whole = list(json!({ "order": "configKey" }));
    assert_eq!(whole.status, 200);
    assert_eq!(whole.header("content-length"), whole.body.len().to_string());
    assert!(whole.body.len() > 5 * MEGABYTE, "{}", whole.body.len());
    let mut pages = Vec::new();
    for skip in (0..22).step_by(2) {
        let page = list(json!({ "order": "configKey", "limit": 2, "skip": skip }));
        pages.extend(json(&page).as_array().cloned().unwrap_or_default());
    }
    assert_eq!(json(&whole), Json::from(pages));
    // So is one row in which the length is included.
    let included =
        world.request(&format!("GET /tenants/{A}")).token(READER).query("filter", &including(&["tenantConfigs"]));
    let one = included.send();
    assert_eq!((one.status, one.header("content-length")), (200, one.body.len().to_string().as_str()));
    assert_eq!(json(&one)["tenantConfigs"].as_array().map(Vec::len), json(&whole).as_array().map(Vec::len));
}

/// The violations that a refusal lists: place, code and bound.
fn details(refused: &Answer) -> Vec<(String, String, String)> {
    assert_eq!((refused.status, bad_refusal(refused)), (422, None), "{}", text(refused));
    let details = json(refused)["error"]["details"].as_array().cloned().unwrap_or_default();
    let word = |detail: &Json, name: &str| detail[name].as_str().unwrap_or_default().to_owned();
    details.iter().map(|detail| (word(detail, "path"), word(detail, "code"), word(detail, "message"))).collect()
}

on_both!(what_a_client_stores_is_bounded_by_property);
fn what_a_client_stores_is_bounded_by_property(world: &World) {
    let setting = |bytes: usize| json!({ "configKey": "long", "configValue": { "v": "v".repeat(bytes - 8) } });
    // A role that is bound to no client application lets its holder name any.
    world.run("UPDATE main.roles SET allowed_clients = NULL");
    let send = |line: &str, body: &Json| world.request(line).token("admin_a").json(body).send();
    let photo = |bytes: usize| json!({ "photoUrl": "p".repeat(bytes) });
    let role = |name: &str, permissions: usize, length: usize| json!({ "name": name, "permissions": vec!["p".repeat(length); permissions] });
    let permission = |length: usize| json!({ "permission": "p".repeat(length), "allowed": false });
    let user = format!("PATCH /tenants/{A}/users/{ANDY}");
    let roles = format!("POST /tenants/{A}/roles");
    let groups = format!("POST /tenants/{A}/groups");
    let configs = format!("POST /tenants/{A}/tenant-configs");
    let permissions = format!("POST /user-tenants/{ANDY_IN_A}/user-level-permissions");
    let group = |bytes: usize| json!({ "name": "long", "photoUrl": "p".repeat(bytes) });
    let clients = |length: usize| json!({ "name": "clients", "allowedClients": ["c".repeat(length)] });
    for (line, longest, longer, path, code, bound) in [
        (user.as_str(), photo(8192), photo(8193), "/photoUrl", "maxLength", "8192 characters"),
        (&groups, group(8192), group(8193), "/photoUrl", "maxLength", "8192 characters"),
        (&roles, role("length", 0, 0), role("length", 1, 201), "/permissions/0", "maxLength", "200 characters"),
        (&roles, role("items", 0, 0), role("items", 1001, 1), "/permissions", "maxItems", "1000 items"),
        (&roles, clients(100), clients(101), "/allowedClients/0", "maxLength", "100 characters"),
        (&permissions, permission(200), permission(201), "/permission", "maxLength", "200 characters"),
        (&configs, setting(65_536), setting(65_537), "/configValue", "maxBytes", "65536 bytes"),
        ("POST /user-tenant-prefs", setting(65_536), setting(65_537), "/configValue", "maxBytes", "65536 bytes"),
    ] {
        let violated = details(&send(line, &longer));
        assert_eq!(violated.len(), 1, "{line} {path}: {violated:?}");
        let (where_, which, message) = &violated[0];
        assert_eq!((where_.as_str(), which.as_str()), (path, code), "{line}");
        assert!(message.contains(bound), "{line} {path}: {message}");
        let kept = send(line, &longest);
        assert!(kept.status < 300, "{line} {path}: {}", text(&kept));
    }
    // What was longer before stays as it is, and is in nobody's way.
    world.run(&format!("UPDATE main.users SET photo_url = '{}' WHERE id = '{ANDY}'", "q".repeat(10_000)));
    assert_eq!(send(&user, &json!({ "designation": "Old hand" })).status, 204);
    let users = world.request(&format!("GET /tenants/{A}/users")).token("admin_a").send();
    assert!(users.status == 200 && text(&users).contains(&"q".repeat(10_000)));
}

on_both!(what_piles_up_is_bounded_by_tenant_and_member);
fn what_piles_up_is_bounded_by_tenant_and_member(world: &World) {
    const ALICE_IN_A: &str = "a0000000-0000-4000-8000-000000000031";
    const TIMES: &str = "'2024-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z'";
    let value = |key: &str| json!({ "configKey": key, "configValue": { "a": 1 } });
    let send = |line: &str, body: &Json| world.request(line).token("admin_a").json(body).send();
    configure(world, 1_000 - 3, 1);
    for at in 0..197 {
        world.run(&format!(
            "INSERT INTO main.user_tenant_prefs (id, config_key, config_value, user_tenant_id, created_on, modified_on)
             VALUES ('f3000000-0000-4000-8000-{at:012}', 'p{at}', '{{}}', '{ALICE_IN_A}', {TIMES})"
        ));
    }
    for at in 0..997 {
        world.run(&format!(
            "INSERT INTO main.user_permissions (id, permission, allowed, user_tenant_id, created_on, modified_on)
             VALUES ('f4000000-0000-4000-8000-{at:012}', 'p{at}', false, '{ANDY_IN_A}', {TIMES})"
        ));
    }
    let configs = format!("POST /tenants/{A}/tenant-configs");
    let permissions = format!("POST /user-tenants/{ANDY_IN_A}/user-level-permissions");
    let withheld = |key: &str| json!({ "permission": key, "allowed": false });
    for (line, last, further, what) in [
        (configs.as_str(), value("last"), value("further"), "1000 configurations"),
        ("POST /user-tenant-prefs", value("last"), value("further"), "200 preferences"),
        (&permissions, withheld("last"), withheld("further"), "1000 permissions"),
    ] {
        assert_eq!(send(line, &last).status, 200, "{line}");
        let refused = send(line, &further);
        assert_eq!((refused.status, bad_refusal(&refused)), (409, None), "{line}: {}", text(&refused));
        assert_eq!(json(&refused)["error"]["code"], "QUOTA_EXCEEDED", "{line}");
        assert!(text(&refused).contains(what), "{line}: {}", text(&refused));
    }
    // What is there may change.
    assert_eq!(send(&configs, &value("last")).status, 200);
    assert_eq!(send("POST /user-tenant-prefs", &value("last")).status, 200);
}

#[test]
fn answers_that_nobody_reads_leave_room_for_small_ones_and_give_it_back() {
    let database = Database::sqlite();
    let settings = [("MAX_ANSWER_BYTES", "33554432"), ("MAX_ANSWERS_IN_MEMORY_BYTES", "41943040")];
    let server = Server::start(&database.url(), &settings);
    database.restore();
    let world = World { database, server };
    // More than the buffers of a connection take.
    configure(&world, 28, MEGABYTE);
    let line = format!("GET /tenants/{A}/tenant-configs");
    let list = |limit: usize| {
        let filter = json!({ "limit": limit, "order": "configKey" });
        Request::new(world.server.address(), &line).token("admin_a").query("filter", &filter).send()
    };
    let mut unread = TcpStream::connect(world.server.address()).expect("the service listens");
    let bearer = token::token("admin_a");
    write!(unread, "GET /tenants/{A}/tenant-configs HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {bearer}\r\n\r\n")
        .unwrap();
    // It is being answered.
    unread.read_exact(&mut [0; 100]).expect("the answer begins");

    let refused = list(20);
    assert_eq!((refused.status, refused.header("retry-after")), (503, "1"), "{}", text(&refused));
    assert_eq!(bad_refusal(&refused), None);
    let short = Request::new(world.server.address(), &format!("GET /tenants/{A}/roles")).token("admin_a").send();
    assert_eq!(short.status, 200, "{}", text(&short));
    // Other tenants have room.
    let of_b = Request::new(world.server.address(), "GET /tenants/b0000000-0000-4000-8000-000000000001/roles");
    assert_eq!(of_b.token("admin_b").send().status, 200);
    assert_eq!(Request::new(world.server.address(), "GET /tenants").token(READER).send().status, 200);

    drop(unread);
    let start = Instant::now();
    while list(20).status != 200 {
        assert!(start.elapsed() < Duration::from_secs(30), "the room is never given back");
        std::thread::sleep(Duration::from_millis(10));
    }
}

const SMALL: &[(&str, &str)] = &[("MAX_ROWS", "2"), ("MAX_ANSWER_BYTES", "8192")];
on_both!(what_bounds_an_answer_bounds_no_rule, SMALL);
/// Else a member who may make roles would keep everybody from changing theirs, by rows that a rule must read.
fn what_bounds_an_answer_bounds_no_rule(world: &World) {
    let done = |line: &str, body: &Json| {
        let answer = world.request(line).bearer(&token::token("admin_a")).json(body).send();
        assert!(matches!(answer.status, 200 | 204), "{line}: {}", text(&answer));
    };
    let (roles, groups) = (format!("POST /tenants/{A}/roles"), format!("POST /tenants/{A}/groups"));
    let granted = token::permissions("names");
    for at in 0..5 {
        done(&roles, &json!({ "name": format!("long {at}"), "permissions": granted }));
        done(&groups, &json!({ "name": format!("long {at}"), "photoUrl": "p".repeat(3_000) }));
    }
    done(&format!("PATCH /tenants/{A}/users/{ANDY}"), &json!({ "status": 2 }));
    done(&roles, &json!({ "name": "\u{e9}t\u{e9}" }));
    done(&groups, &json!({ "name": "\u{e9}t\u{e9}" }));
}

const THREE: &[(&str, &str)] = &[("MAX_CHANGED_ROWS", "3")];
on_both!(a_change_is_of_so_many_rows_at_most, THREE);
/// Others wait for a change, so that it must not be as long as there are rows.
fn a_change_is_of_so_many_rows_at_most(world: &World) {
    let configs =
        |line: &str| world.request(&format!("{line} /tenants/{A}/tenant-configs")).bearer(&token::token("admin_a"));
    for at in 0..3 {
        let made =
            configs("POST").json(&json!({ "configKey": format!("few{at}"), "configValue": { "at": at } })).send();
        assert_eq!(made.status, 200, "{}", text(&made));
    }
    let few = json!({ "configKey": { "like": "few%" } });
    let value = json!({ "configValue": { "changed": true } });
    let changed = configs("PATCH").query("where", &few).json(&value).send();
    assert_eq!((changed.status, json(&changed)["count"].as_u64()), (200, Some(3)), "{}", text(&changed));
    let made = configs("POST").json(&json!({ "configKey": "few3", "configValue": {} })).send();
    assert_eq!(made.status, 200, "{}", text(&made));
    for condition in [Some(few), Some(json!({ "configKey": { "neq": "other" } })), None] {
        for line in ["PATCH", "DELETE"] {
            let request = condition.iter().fold(configs(line), |request, condition| request.query("where", condition));
            let refused =
                if line == "PATCH" { request.json(&json!({ "configValue": { "again": 1 } })) } else { request }.send();
            assert_eq!(refused.status, 400, "{line} {condition:?}: {}", text(&refused));
            assert_eq!(json(&refused)["error"]["code"], "TOO_MANY_ROWS", "{line}: {}", text(&refused));
        }
    }
    let all = json(&configs("GET").send());
    let kept = all.as_array().unwrap().iter().filter(|row| row["configValue"] == value["configValue"]);
    assert_eq!(kept.count(), 3, "{all}");
}

const LITTLE: &[(&str, &str)] = &[("MAX_CHANGED_BYTES", "3000")];
on_both!(a_change_is_of_so_many_bytes_at_most, LITTLE);
/// Few long rows take as long as many short ones.
fn a_change_is_of_so_many_bytes_at_most(world: &World) {
    configure(world, 3, 1_000);
    let patch = |condition: &Json| {
        let request = world.request(&format!("PATCH /tenants/{A}/tenant-configs")).bearer(&token::token("admin_a"));
        request.query("where", condition).json(&json!({ "configValue": { "short": true } })).send()
    };
    for condition in [json!({ "configKey": { "like": "long%" } }), json!({ "configKey": { "neq": "other" } })] {
        let refused = patch(&condition);
        assert_eq!((refused.status, json(&refused)["error"]["code"].as_str()), (400, Some("TOO_MANY_ROWS")));
        assert!(text(&refused).contains("3000 bytes"), "{}", text(&refused));
    }
    let changed = patch(&json!({ "configKey": { "inq": ["long 0", "long 1"] } }));
    assert_eq!((changed.status, json(&changed)["count"].as_u64()), (200, Some(2)), "{}", text(&changed));
}

on_both!(permissions_of_others_count_in_no_change, THREE);
fn permissions_of_others_count_in_no_change(world: &World) {
    let own = |member: &str| format!("/user-tenants/{member}/user-level-permissions");
    let send = |line: &str| world.request(line).bearer(&token::token("admin_a"));
    for (member, count) in [(ANDY_IN_A, 4), (AMY_IN_A, 1)] {
        for at in 0..count {
            let permission = json!({ "permission": format!("X{at}"), "allowed": false, "userTenantId": member });
            let made = send(&format!("POST {}", own(member))).json(&permission).send();
            assert_eq!(made.status, 200, "{}", text(&made));
        }
    }
    let lifted = send(&format!("PATCH {}", own(AMY_IN_A))).json(&json!({ "allowed": false })).send();
    assert_eq!((lifted.status, json(&lifted)["count"].as_u64()), (200, Some(1)), "{}", text(&lifted));
}

const LEAST: &[(&str, &str)] = &[("MAX_ROWS", "1"), ("MAX_ANSWER_BYTES", "1024")];
on_both!(the_least_answer_bounds_no_rule_either, LEAST);
/// Every rule that reads several rows, or a long one.
fn the_least_answer_bounds_no_rule_either(world: &World) {
    let sent = |profile: &str, line: &str, query: Option<(&str, Json)>, body: &Json| {
        let request = world.request(line).token(profile);
        let request = match query {
            Some((name, value)) => request.query(name, &value),
            None => request,
        };
        let answer = if line.starts_with("GET") { request } else { request.json(body) }.send();
        assert!(matches!(answer.status, 200 | 204), "{line} {body}: {}", text(&answer));
        answer
    };
    let alice = |line: &str, query: Option<(&str, Json)>, body: Json| sent("admin_a", line, query, &body);
    let clients: Vec<String> = (0..20).map(|at| format!("{at:x>100}")).collect();
    world.run("UPDATE main.roles SET allowed_clients = NULL WHERE id = 'a0000000-0000-4000-8000-000000000011'");
    for (at, name) in ["CreateRoles", "ViewRoles"].into_iter().enumerate() {
        let role = json!({ "name": format!("long {at}"), "allowedClients": clients });
        alice(&format!("POST /tenants/{A}/roles"), None, role);
        let permission = json!({ "permission": name, "allowed": at == 0 });
        alice(&format!("POST /user-tenants/{ANDY_IN_A}/user-level-permissions"), None, permission);
    }
    let long = json!({ "name": { "like": "long%" } });
    let changed = alice(&format!("PATCH /tenants/{A}/roles"), Some(("where", long)), json!({ "description": "long" }));
    assert_eq!(json(&changed)["count"], 2);
    let own = format!("/user-tenants/{ANDY_IN_A}/user-level-permissions");
    let changed = alice(&format!("PATCH {own}"), Some(("where", json!({}))), json!({ "allowed": false }));
    assert_eq!(json(&changed)["count"], 4, "two were there");
    alice(&format!("DELETE {own}"), Some(("where", json!({}))), json!({}));

    let group = json(&alice(&format!("POST /tenants/{A}/groups"), None, json!({ "name": "of two" })));
    let bulk = format!("POST /groups/{}/user/bulk", group["id"].as_str().expect("an id"));
    let members = json!([{ "userTenantId": ANDY_IN_A }, { "userTenantId": AMY_IN_A }]);
    for _ in 0..2 {
        alice(&bulk, None, members.clone());
    }

    // A person of three tenants, one of which is home.
    let view = |extra: Json| Some(("filter", extra));
    let least = json!({ "limit": 1, "fields": ["id"] });
    let own_tenants = format!("GET /user/{SAM}/tenants");
    sent("sam_a_all", &own_tenants, view(least), &Json::Null);
    world.run(&format!(
        "INSERT INTO main.user_tenants (id, user_id, tenant_id, role_id, status, created_on, modified_on) VALUES \
         ('c0000000-0000-4000-8000-000000000035', '{SAM}', 'c0000000-0000-4000-8000-000000000001', \
          'a0000000-0000-4000-8000-000000000013', 1, '2024-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z'); \
         UPDATE main.user_tenants SET status = 1 WHERE user_id = '{SAM}'"
    ));
    let rename = world.request(&format!("PATCH /tenants/{B}/users/{SAM}")).token("admin_b");
    let refused = rename.json(&json!({ "username": "samuel" })).send();
    assert_eq!(refused.status, 403, "other tenants have the person: {}", text(&refused));
    sent("admin_b", &format!("DELETE /tenants/{B}/users/{SAM}"), None, &Json::Null);
}

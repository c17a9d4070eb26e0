//! Templates of roles: versions, which roles differ, giving them what a template says, and who may.

mod catalogue;
mod escalation;

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::holes::{A, B};
use crate::lifecycle::ask;
use crate::request::json;
use crate::world::{World, on_both};

/// The answer to a master, which is a success.
#[track_caller]
fn told(world: &World, line: &str, body: &Json) -> Json {
    let (status, told) = ask(world, "master_a", line, body);
    assert!(status < 300, "{line} {body}: {status} {told}");
    told
}

/// Saves a template of these permissions.
#[track_caller]
fn save(world: &World, name: &str, permissions: &[&str]) -> Json {
    told(world, "POST /role-templates", &json!({ "name": name, "permissions": permissions, "roleType": 1 }))
}

/// Applies a template to tenants, and tells what became of each: outcomes of roles, or the code of a refusal.
#[track_caller]
fn apply(world: &World, name: &str, more: &Json, tenants: &[&str]) -> Vec<Vec<String>> {
    let mut body = json!({ "tenantIds": tenants });
    let more = more.as_object().cloned().unwrap_or_default();
    body.as_object_mut().expect("an object").extend(more);
    let answer = told(world, &format!("POST /role-templates/{name}/apply"), &body);
    let results = answer["results"].as_array().expect("results").iter();
    let told = results.map(|result| match result["refused"]["code"].as_str() {
        Some(code) => vec![code.to_owned()],
        None => texts(&result["roles"], "outcome"),
    });
    told.collect()
}

fn texts(rows: &Json, property: &str) -> Vec<String> {
    let rows = rows.as_array().expect("rows").iter();
    rows.map(|row| row[property].as_str().unwrap_or_default().to_owned()).collect()
}

fn names(list: &Json) -> BTreeSet<String> {
    list.as_array().expect("a list").iter().map(|name| name.as_str().unwrap_or_default().to_owned()).collect()
}

/// The tenants' role of this name.
#[track_caller]
fn role(world: &World, tenant: &str, name: &str) -> Json {
    let request = world.request(&format!("GET /tenants/{tenant}/roles")).token("master_a");
    let found = json(&request.query("filter", &json!({ "where": { "name": name } })).send());
    found[0].clone()
}

#[track_caller]
fn differences(world: &World, name: &str) -> Json {
    told(world, &format!("GET /role-templates/{name}/differences"), &Json::Null)["differences"].clone()
}

on_both!(four_templates_are_there_and_grant_what_the_catalogue_says);
fn four_templates_are_there_and_grant_what_the_catalogue_says(world: &World) {
    let all = told(world, "GET /role-templates", &Json::Null);
    let of = |name: &str| {
        let all = all.as_array().expect("templates");
        let found = all.iter().find(|template| template["name"] == name).unwrap_or_else(|| panic!("no {name}"));
        assert_eq!((&found["version"], &found["retiredOn"]), (&json!(1), &Json::Null));
        let granted = names(&found["permissions"]);
        assert_eq!(granted.len(), found["permissions"].as_array().expect("a list").len(), "{name}: none twice");
        granted
    };
    assert_eq!(texts(&all, "name"), ["administrator", "member", "owner", "viewer"]);
    // All that a route takes, but for what makes rows that are not the tenant's own.
    let catalogue = told(world, "GET /permissions", &Json::Null);
    let taken = catalogue.as_array().expect("permissions").iter().filter(|known| known["routes"] != json!([]));
    let mut taken: BTreeSet<String> =
        taken.map(|known| known["name"].as_str().unwrap_or_default().to_owned()).collect();
    // Only who reaches every tenant can use these.
    let of_masters = ["CreateTenant", "VerifyCredentials"].map(ToOwned::to_owned);
    let of_clients = ["View", "Create", "Update", "Delete"].map(|what| format!("{what}AuthClient"));
    assert!(of_masters.iter().chain(&of_clients).all(|name| taken.remove(name)), "{taken:?}");
    assert_eq!(of("owner"), taken);
    taken.remove("DeleteTenant");
    assert_eq!(of("administrator"), taken);
    assert!(of("member").is_subset(&taken) && of("viewer").is_subset(&taken));
    assert!(of("viewer").iter().all(|name| name.starts_with("View")));
    let gives = |name: &str| ["Role", "TenantUser", "UserTenant", "Permission"].iter().any(|what| name.ends_with(what));
    let changes = |name: &String| !name.starts_with("View") && gives(name);
    assert!(!of("member").iter().any(changes), "a member gives nobody power");
}

on_both!(a_version_is_saved_once_and_never_changes);
fn a_version_is_saved_once_and_never_changes(world: &World) {
    let first = save(world, "cook", &["ViewRoles", "6", "ViewTenant"]);
    assert_eq!((&first["version"], &first["permissions"]), (&json!(1), &json!(["ViewRoles", "ViewTenant"])));
    assert_eq!(save(world, "COOK", &["6", "17"]), first, "what is said already makes no version");
    let second = save(world, "Cook", &["ViewTenant"]);
    assert_eq!((&second["version"], &second["name"]), (&json!(2), &json!("cook")), "one name in any case");
    let history = told(world, "GET /role-templates/cook", &Json::Null);
    assert_eq!(history, json!({ "versions": [second, first], "more": false }));
    let page = told(world, "GET /role-templates/cook?limit=1", &Json::Null);
    assert_eq!((&page["more"], page["versions"].as_array().map(Vec::len)), (&json!(true), Some(1)));
    assert_eq!(told(world, "GET /role-templates/cook?limit=1&before=2", &Json::Null)["versions"], json!([first]));

    let expecting = |name: &str, version: i32| {
        let body = json!({ "name": name, "permissions": ["ViewRoles"], "expectedVersion": version });
        let (status, told) = ask(world, "master_a", "POST /role-templates", &body);
        (status, told["code"].clone(), told["version"].clone())
    };
    assert_eq!(expecting("cook", 1), (409, json!("TEMPLATE_CHANGED"), json!(2)));
    assert_eq!(expecting("waiter", 1), (409, json!("TEMPLATE_CHANGED"), json!(0)));
    assert_eq!(expecting("cook", 0).0, 409);
    assert_eq!(expecting("cook", 2), (200, Json::Null, json!(3)));

    for (body, what) in [
        (json!({ "name": "ünïcode", "permissions": [] }), "name"),
        (json!({ "name": " x", "permissions": [] }), "name"),
        (json!({ "name": "", "permissions": [] }), "name"),
        (json!({ "name": "x" }), "permissions"),
        (json!({ "name": "x", "permissions": [""] }), "permissions"),
        (json!({ "name": "x", "permissions": [], "roleType": 16 }), "roleType"),
        (json!({ "name": "x", "permissions": [], "tenantId": A }), "tenantId"),
    ] {
        let (status, told) = ask(world, "master_a", "POST /role-templates", &body);
        assert_eq!((status, &told["code"]), (422, &json!("VALIDATION_FAILED")), "{body}");
        assert!(told["errors"].to_string().contains(what), "{told}");
    }
}

on_both!(a_retired_template_gives_nothing_more_and_its_roles_stay);
fn a_retired_template_gives_nothing_more_and_its_roles_stay(world: &World) {
    save(world, "cook", &["ViewTenant"]);
    assert_eq!(apply(world, "cook", &json!({ "create": true }), &[B]), [["created"]]);
    let before = role(world, B, "cook");
    for _ in 0..2 {
        told(world, "DELETE /role-templates/cook", &Json::Null);
    }
    assert_eq!(role(world, B, "cook"), before);
    assert!(!texts(&told(world, "GET /role-templates", &Json::Null), "name").contains(&"cook".to_owned()));
    let history = told(world, "GET /role-templates/cook", &Json::Null);
    assert!(history["versions"][0]["retiredOn"].is_string(), "{history}");
    let body = json!({ "tenantIds": [A], "create": true });
    let (status, refused) = ask(world, "master_a", "POST /role-templates/cook/apply", &body);
    assert_eq!((status, &refused["code"], &refused["template"]), (422, &json!("UNKNOWN_TEMPLATE"), &json!("cook")));
    assert_eq!(differences(world, "cook"), json!([]));
    assert_eq!(save(world, "cook", &["ViewTenant"])["version"], 2, "a number is given once");
    for line in
        ["GET /role-templates/nobody", "DELETE /role-templates/nobody", "GET /role-templates/nobody/differences"]
    {
        let (status, refused) = ask(world, "master_a", line, &Json::Null);
        assert_eq!((status, &refused["code"], &refused["id"]), (404, &json!("NOT_FOUND"), &json!("nobody")), "{line}");
    }
}

on_both!(a_new_version_shows_which_roles_differ_and_is_given_when_asked);
fn a_new_version_shows_which_roles_differ_and_is_given_when_asked(world: &World) {
    save(world, "line cook", &["ViewTenant", "ViewRoles"]);
    let name = "line%20cook";
    assert_eq!(apply(world, name, &Json::Null, &[A]), [[""; 0]], "a tenant without a role gets none unasked");
    let made = apply(world, name, &json!({ "create": true }), &[A, B, A]);
    assert_eq!(made, [["created"], ["created"]], "each tenant once");
    let shown = role(world, A, "line cook");
    assert_eq!((&shown["permissions"], &shown["roleType"]), (&json!(["ViewTenant", "ViewRoles"]), &json!(1)));
    assert!(!shown.to_string().contains("template"), "the contract's answers are as they were: {shown}");
    assert_eq!(apply(world, name, &json!({ "create": true }), &[A, B]), [["unchanged"], ["unchanged"]]);
    assert_eq!(differences(world, name), json!([]));

    save(world, "line cook", &["ViewTenant", "ViewGroupList"]);
    assert_eq!(role(world, A, "line cook"), shown, "never by itself");
    let change = world.request(&format!("PATCH /tenants/{A}/roles")).token("admin_a");
    let change = change.query("where", &json!({ "name": "line cook" }));
    assert_eq!(change.json(&json!({ "permissions": ["ViewTenant", "ViewEvents"], "name": "sous" })).send().status, 200);
    let listed = differences(world, name);
    let of = |tenant: &str| {
        let listed = listed.as_array().expect("a list");
        listed.iter().find(|one| one["tenantId"] == tenant).cloned().unwrap_or_default()
    };
    let (of_a, of_b) = (of(A), of(B));
    let facts =
        |one: &Json| ["roleName", "version", "behind", "changed", "missing", "extra"].map(|name| one[name].clone());
    assert_eq!(
        facts(&of_a),
        [json!("sous"), json!(1), json!(true), json!(true), json!(["ViewGroupList"]), json!(["ViewEvents"])]
    );
    assert_eq!(
        facts(&of_b),
        [json!("line cook"), json!(1), json!(true), json!(false), json!(["ViewGroupList"]), json!(["ViewRoles"])]
    );
    let first = told(world, &format!("GET /role-templates/{name}/differences?limit=1"), &Json::Null);
    let next = first["next"].as_str().expect("a cursor");
    let second = told(world, &format!("GET /role-templates/{name}/differences?limit=1&cursor={next}"), &Json::Null);
    let both = [&first, &second].map(|page| page["differences"][0].clone());
    assert_eq!(json!(both), listed, "each once");
    let line = format!("GET /role-templates/{name}/differences?cursor=x");
    assert_eq!(ask(world, "master_a", &line, &Json::Null).0, 400);

    // What somebody changed by hand is theirs until they are asked to give it up.
    assert_eq!(apply(world, name, &Json::Null, &[A, B]), [["kept"], ["applied"]]);
    assert_eq!(role(world, B, "line cook")["permissions"], json!(["ViewTenant", "ViewGroupList"]));
    assert_eq!(role(world, A, "sous")["permissions"], json!(["ViewTenant", "ViewEvents"]));
    assert_eq!(apply(world, name, &json!({ "overwrite": true }), &[A]), [["applied"]]);
    assert_eq!(role(world, A, "sous")["permissions"], json!(["ViewTenant", "ViewGroupList"]), "its name is its own");
    assert_eq!(differences(world, name), json!([]));
    assert_eq!(apply(world, name, &json!({ "create": true }), &[A]), [["unchanged"]], "however it is called");
}

on_both!(each_tenant_is_answered_for_itself);
fn each_tenant_is_answered_for_itself(world: &World) {
    let nobody = "f0000000-0000-4000-8000-000000000099";
    save(world, "cook", &["ViewTenant"]);
    world.run(&format!(
        "INSERT INTO main.roles (id, name, tenant_id, created_on, modified_on) VALUES
         ('a0000000-0000-4000-8000-0000000000f1', 'COOK', '{A}', '2024-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z')"
    ));
    let create = json!({ "create": true, "reason": "New ovens" });
    assert_eq!(apply(world, "cook", &create, &[A, nobody, B]), [["TAKEN"], ["OUT_OF_REACH"], ["created"]]);
    world
        .run(&format!("UPDATE main.tenants SET archived_on = '2099-01-02T03:04:05.678Z', status = 0 WHERE id = '{B}'"));
    save(world, "cook", &["ViewRoles"]);
    assert_eq!(apply(world, "cook", &create, &[B]), [["TENANT_NOT_ACTIVE"]]);
    assert_eq!(differences(world, "cook"), json!([]), "an archived tenant gets nothing until it is restored");
    let many: Vec<String> = (0..101).map(|at| format!("f0000000-0000-4000-8000-{at:012}")).collect();
    for tenants in [json!([]), json!(["x"]), json!(many)] {
        let (status, told) =
            ask(world, "master_a", "POST /role-templates/cook/apply", &json!({ "tenantIds": tenants }));
        assert_eq!((status, &told["code"]), (422, &json!("VALIDATION_FAILED")), "{told}");
        assert!(told["errors"][0]["pointer"].as_str().is_some_and(|at| at.starts_with("/tenantIds")), "{told}");
    }
    let other = json!({ "tenantIds": [A], "expectedVersion": 1 });
    let (status, told) = ask(world, "master_a", "POST /role-templates/cook/apply", &other);
    assert_eq!((status, &told["code"], &told["version"]), (409, &json!("TEMPLATE_CHANGED"), &json!(2)));
}

on_both!(what_is_done_with_templates_are_events);
fn what_is_done_with_templates_are_events(world: &World) {
    let end = |list: &str| {
        told(world, &format!("GET {list}?cursor=end"), &Json::Null)["next"].as_str().unwrap_or_default().to_owned()
    };
    let (of_all, of_a, of_b) = ("/events".to_owned(), format!("/tenants/{A}/events"), format!("/tenants/{B}/events"));
    let begins = [&of_all, &of_a, &of_b].map(|list| end(list));
    save(world, "cook", &["ViewTenant"]);
    apply(world, "cook", &json!({ "create": true, "reason": "New ovens" }), &[B]);
    save(world, "cook", &["ViewRoles"]);
    apply(world, "cook", &json!({ "reason": "Better ovens" }), &[B]);
    told(world, "DELETE /role-templates/cook", &Json::Null);
    let read = |list: &str, begin: &str| {
        let page = told(world, &format!("GET {list}?cursor={begin}"), &Json::Null);
        page["events"].as_array().expect("events").clone()
    };
    let events = read(&of_all, &begins[0]);
    let told: Vec<_> = events.iter().map(|event| (event["type"].clone(), event["tenantId"].clone())).collect();
    let (nobody, b) = (Json::Null, json!(B));
    let expected = [
        ("roleTemplate.saved", &nobody),
        ("role.created", &b),
        ("roleTemplate.saved", &nobody),
        ("role.changed", &b),
        ("roleTemplate.retired", &nobody),
    ];
    assert_eq!(told, expected.map(|(kind, tenant)| (json!(kind), tenant.clone())));
    assert_eq!(events[0]["after"]["permissions"], json!(["ViewTenant"]));
    assert_eq!((&events[0]["actor"]["kind"], &events[4]["after"]["version"]), (&json!("member"), &Json::Null));
    assert_eq!(
        (&events[1]["after"]["templateName"], &events[1]["after"]["templateVersion"]),
        (&json!("cook"), &json!(1))
    );
    assert_eq!((&events[3]["reason"], &events[3]["after"]["templateVersion"]), (&json!("Better ovens"), &json!(2)));
    assert_eq!(read(&of_a, &begins[1]), [] as [Json; 0], "nothing of it is done in the master's tenant");
    assert_eq!(read(&of_b, &begins[2]).len(), 2);
}

on_both!(a_request_that_is_sent_twice_by_one_key_is_carried_out_once);
fn a_request_that_is_sent_twice_by_one_key_is_carried_out_once(world: &World) {
    let send = |key: &str, line: &str, body: &Json| {
        let request = world.request(line).token("master_a").header("idempotency-key", &format!("\"{key}\""));
        let answer = request.json(body).send();
        (answer.status, json(&answer), answer.header("idempotency-replayed") == "true")
    };
    let body = json!({ "name": "cook", "permissions": ["ViewTenant"] });
    let (status, saved, replayed) = send("a", "POST /role-templates", &body);
    assert_eq!((status, replayed), (200, false));
    save(world, "cook", &["ViewRoles"]);
    assert_eq!(send("a", "POST /role-templates", &body), (200, saved, true));
    for tenants in [json!([A]), json!([A, B])] {
        let body = json!({ "tenantIds": tenants, "create": true });
        let key = format!("b{}", tenants.as_array().map_or(0, Vec::len));
        let first = send(&key, "POST /role-templates/cook/apply", &body);
        assert_eq!(first.0, 200);
        assert_eq!(send(&key, "POST /role-templates/cook/apply", &body), (200, first.1, true));
    }
    assert_eq!(send("b1", "POST /role-templates/cook/apply", &json!({ "tenantIds": [B] })).0, 422);
}

on_both!(of_two_who_save_a_version_at_once_one_is_told);
fn of_two_who_save_a_version_at_once_one_is_told(world: &World) {
    save(world, "cook", &["ViewTenant"]);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..8)
            .map(|at| {
                scope.spawn(move || {
                    let permissions = ["ViewRoles", "ViewEvents", "ViewGroupList", "ViewTenantUser"][at % 4];
                    let body = json!({
                        "name": "cook", "permissions": [permissions], "description": at.to_string(), "expectedVersion": 1
                    });
                    ask(world, "master_a", "POST /role-templates", &body).0
                })
            })
            .collect();
        all.into_iter().map(|one| one.join().expect("it ends")).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    assert_eq!(told(world, "GET /role-templates/cook", &Json::Null)["versions"][0]["version"], 2);
}

on_both!(of_many_who_apply_a_template_at_once_one_makes_the_role);
fn of_many_who_apply_a_template_at_once_one_makes_the_role(world: &World) {
    save(world, "cook", &["ViewTenant"]);
    let outcomes: Vec<String> = std::thread::scope(|scope| {
        let apply = || scope.spawn(|| apply(world, "cook", &json!({ "create": true }), &[B])[0].concat());
        let all: Vec<_> = (0..8).map(|_| apply()).collect();
        all.into_iter().map(|one| one.join().expect("it ends")).collect()
    });
    let of = |outcome: &str| outcomes.iter().filter(|other| *other == outcome).count();
    assert_eq!((of("created"), of("unchanged")), (1, 7), "{outcomes:?}");
}

on_both!(a_whole_number_is_one_however_it_is_written);
fn a_whole_number_is_one_however_it_is_written(world: &World) {
    let save = |more: &str| {
        let body = format!(r#"{{"name": "baker", "permissions": ["ViewTenant"], {more}}}"#);
        let request = world.request("POST /role-templates").token("master_a");
        json(&request.header("content-type", "application/json").body(body.into_bytes()).send())
    };
    assert_eq!(save(r#""roleType": 7.0"#)["roleType"], 7);
    assert_eq!(save(r#""roleType": 8, "expectedVersion": 5.0"#)["code"], "TEMPLATE_CHANGED");
    assert_eq!(save(r#""roleType": 8, "expectedVersion": 4294967301"#)["code"], "VALIDATION_FAILED");
    assert_eq!(save(r#""roleType": 8, "expectedVersion": 1.0"#)["version"], 2);
    let applied = |more: &str| {
        let body = format!(r#"{{"tenantIds": ["{A}"], {more}}}"#);
        let request = world.request("POST /role-templates/baker/apply").token("master_a");
        json(&request.header("content-type", "application/json").body(body.into_bytes()).send())
    };
    assert_eq!(applied(r#""expectedVersion": 99.0"#)["code"], "TEMPLATE_CHANGED");
    assert_eq!(applied(r#""expectedVersion": 2.0"#)["version"], 2);
}

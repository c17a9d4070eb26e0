//! The language of filters over HTTP, on both databases: what narrows, what is refused, and in which words.

use serde_json::{Value as Json, json};

use crate::holes::{A, ADMIN_OF_B, MEMBER, Scene, VIEWER, all};
use crate::request::{Request, json, text};
use crate::world::on_both;

fn roles(scene: &Scene) -> Request {
    scene.by("admin_a", &format!("GET /tenants/{A}/roles"))
}

/// The names of roles of tenant A that a filter selects, in order.
fn names(scene: &Scene, filter: &Json) -> Vec<String> {
    let found = scene.done(&roles(scene).query("filter", filter));
    let mut names: Vec<String> =
        all(&found, "name").iter().map(|name| name.as_str().unwrap_or_default().to_owned()).collect();
    names.sort();
    names
}

/// What `details` say of a parameter that is refused.
fn refused(request: &Request) -> Json {
    let answer = request.send();
    assert_eq!(answer.status, 400, "{}", text(&answer));
    json(&answer)["error"].clone()
}

on_both!(a_name_that_would_narrow_and_is_misspelt_is_refused);
fn a_name_that_would_narrow_and_is_misspelt_is_refused(scene: &Scene) {
    let lists = ["roles", "users", "groups", "tenant-configs", "user-roles"].map(|list| format!("/tenants/{A}/{list}"));
    for list in &lists {
        for filter in [
            json!({ "wher": { "name": "admin" } }),
            json!({ "Where": {} }),
            json!({ "limt": 1 }),
            json!({ "orderBy": "name" }),
            json!({ "where": {}, "select": ["id"] }),
        ] {
            let error = refused(&scene.by("admin_a", &format!("GET {list}")).query("filter", &filter));
            assert_eq!(error["code"], "INVALID_PARAMETER_VALUE", "{list} {filter}: {error}");
            assert_eq!(error["details"][0]["code"], "additionalProperties", "{list} {filter}: {error}");
        }
        let error = refused(&scene.by("admin_a", &format!("GET {list}")).raw_query("filtr", "{}"));
        assert_eq!(error["code"], "UNKNOWN_PARAMETER", "{list}: {error}");
        assert!(error["message"].as_str().is_some_and(|message| message.contains("filtr")), "{error}");
    }
    let scope = json!({ "include": [{ "relation": "roles", "scop": { "where": { "name": "x" } } }] });
    let error = refused(&scene.by("admin_a", "GET /tenants").query("filter", &scope));
    assert_eq!(error["details"][0]["info"], json!({ "additionalProperty": "scop" }));
    let deep = json!({ "include": [{ "relation": "roles", "scope": { "wher": {} } }] });
    let error = refused(&scene.by("admin_a", "GET /tenants").query("filter", &deep));
    assert_eq!(error["details"][0]["path"], "/include/0/scope", "{error}");
    // Bulk writes take `where`: another name would change every row.
    for (line, body) in [
        (format!("PATCH /tenants/{A}/groups"), json!({ "description": "x" })),
        (format!("PATCH /tenants/{A}/roles"), json!({ "description": "x" })),
        ("PATCH /tenants".to_owned(), json!({ "website": "https://a.example" })),
        (format!("PATCH /tenants/{A}/tenant-configs"), json!({ "configValue": {} })),
    ] {
        for name in ["filter", "wher"] {
            let request = scene.by("admin_a", &line).query(name, &json!({ "where": { "name": "a" } })).json(&body);
            assert_eq!(scene.refused(&request, 400)["code"], "UNKNOWN_PARAMETER", "{line} {name}");
        }
    }
}

on_both!(roles_are_found_by_what_they_grant);
fn roles_are_found_by_what_they_grant(scene: &Scene) {
    scene.given(&format!("UPDATE main.roles SET permissions = NULL WHERE id = '{VIEWER}'"));
    let by = |items: Json| names(scene, &json!({ "where": { "permissions": { "contains": items } } }));
    let member = json(&roles(scene).query("filter", &json!({ "where": { "id": MEMBER } })).send())[0].clone();
    let granted = member["permissions"].as_array().cloned().unwrap_or_default();
    assert!(!granted.is_empty(), "{member}");
    let name = member["name"].as_str().unwrap_or_default().to_owned();
    assert!(by(json!(granted)).contains(&name));
    assert!(by(json!([granted[0]])).contains(&name));
    assert!(!by(json!([granted[0], "NobodyHasThis"])).contains(&name));
    assert_eq!(by(json!(["NobodyHasThis"])), [""; 0]);
    assert!(!by(json!([])).contains(&"viewer".to_owned()), "what grants nothing at all holds nothing");
    let of_b = json!({ "where": { "id": ADMIN_OF_B, "permissions": { "contains": [] } } });
    assert_eq!(names(scene, &of_b), [""; 0], "another tenant's stays out");
    let users = scene.by("admin_a", &format!("GET /tenants/{A}/users"));
    let apps = |condition: Json| {
        let found = users.clone().query("filter", &json!({ "where": { "authClientIds": condition } })).send();
        assert_eq!(found.status, 200, "{}", text(&found));
        json(&found).as_array().map_or(0, Vec::len)
    };
    assert!(apps(json!({ "contains": [1] })) > 0);
    assert_eq!(apps(json!({ "contains": [1] })), apps(json!({ "contains": "{1}" })));
    assert_eq!(apps(json!({ "contains": [1, 99] })), 0);
    let whole = apps(json!("{1}"));
    assert!(whole > 0);
    assert_eq!(apps(json!({ "inq": ["{1}", "{1,99}"] })), whole);
    assert_eq!(apps(json!({ "inq": ["{99}"] })), 0);
    assert_eq!(apps(json!({ "nin": ["{99}"] })) - apps(json!({ "nin": ["{1}", "{99}"] })), whole);
}

on_both!(literals_are_read_as_programs_write_them);
fn literals_are_read_as_programs_write_them(scene: &Scene) {
    let every = names(scene, &json!({}));
    // The fixture is of 2024-01-02T03:04:05.678Z.
    for (condition, some) in [
        (json!({ "createdOn": { "gt": "2024-01-02 03:04" } }), true),
        (json!({ "createdOn": { "lt": "2024-01-02T03:04:06" } }), true),
        (json!({ "createdOn": { "gte": "Tue, 02 Jan 2024 03:04:05 GMT", "lt": "2024-02" } }), true),
        (json!({ "createdOn": { "gt": "2024-01-02T04:04:05+0100" } }), true),
        (json!({ "createdOn": { "gt": "2024-02" } }), false),
        (json!({ "id": MEMBER.replace('-', "") }), true),
        (json!({ "name": { "like": "%", "options": "i" } }), true),
        (json!({ "name": { "regexp": "^.", "options": "i" } }), true),
    ] {
        let found = names(scene, &json!({ "where": condition }));
        assert_eq!(!found.is_empty(), some, "{condition}");
    }
    assert_eq!(names(scene, &json!({ "order": ["name asc,,createdOn desc", ""] })), every);
    assert_eq!(names(scene, &json!({ "order": "name DESC," })), every);
    let users = scene.by("admin_a", &format!("GET /tenants/{A}/users"));
    let by_status = |status: Json| {
        let found = users.clone().query("filter", &json!({ "where": { "status": status } }));
        json(&found.send()).as_array().map(Vec::len)
    };
    assert_eq!(by_status(json!("1.0")), by_status(json!(1)));
    for form in
        ["filter[limit]=", "filter[where]=&filter[order]=", "filter[include]=&filter[offset]=", "filter[fields]="]
    {
        let request = scene.by("admin_a", &format!("GET /tenants/{A}/tenant-configs?{form}"));
        assert!(!scene.done(&request).as_array().expect("a list").is_empty(), "{form}");
    }
    let configs = |fields: Json| {
        let request = scene.by("admin_a", &format!("GET /tenants/{A}/tenant-configs"));
        let found = scene.done(&request.query("filter", &json!({ "fields": fields })));
        let names: Vec<String> = found[0].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        names
    };
    assert_eq!(configs(json!("")), configs(json!(null)), "an empty field of a form chooses nothing");
    assert_eq!(configs(json!({ "configKey": 1 })), ["configKey"]);
    assert_eq!(configs(json!({ "configKey": true, "configValue": 1 })), ["configKey", "configValue"]);
    for off in [json!(0), json!(null), json!(""), json!(false)] {
        assert!(!configs(json!({ "configValue": off })).contains(&"configValue".to_owned()), "{off}");
    }
}

on_both!(what_is_not_served_is_refused_in_words);
fn what_is_not_served_is_refused_in_words(scene: &Scene) {
    let configs = scene.by("admin_a", &format!("GET /tenants/{A}/tenant-configs"));
    for (filter, words) in [
        (json!({ "order": "configValue.min DESC" }), "is JSON"),
        (json!({ "order": "configValue" }), "is JSON"),
        (json!({ "order": "configKey DESC NULLS LAST" }), "invalid direction"),
        (json!({ "order": "nonsense" }), "is not a property of TenantConfig"),
        (json!({ "where": { "configValue": { "neq": { "a": 2 } } } }), "must name a path inside the JSON property"),
        (json!({ "where": { "configValue": { "match": "fox" } } }), "is not an operator"),
        (json!({ "where": { "configKey": { "options": "i" } } }), "is not an operator"),
        (json!({ "where": { "createdOn": { "gt": "Feb 1 2024" } } }), "must be a date-time"),
    ] {
        let error = refused(&configs.clone().query("filter", &filter)).to_string();
        assert!(error.contains(words), "{filter}: {error}");
    }
}

on_both!(a_last_page_that_is_full_leads_nowhere);
fn a_last_page_that_is_full_leads_nowhere(scene: &Scene) {
    let every = names(scene, &json!({})).len();
    let link = |limit: usize| roles(scene).query("filter", &json!({ "limit": limit })).send().header("link").len();
    assert_eq!(link(every), 0);
    assert_eq!(link(every + 1), 0);
    assert!(link(every - 1) > 0);
    assert_eq!(names(scene, &json!({ "limit": every - 1 })).len(), every - 1);
}

on_both!(nothing_skipped_and_no_limit_is_the_whole_list);
fn nothing_skipped_and_no_limit_is_the_whole_list(scene: &Scene) {
    for at in 0..120 {
        scene.given(&format!(
            "INSERT INTO main.roles (id, name, tenant_id, created_on, modified_on)
             VALUES ('f3000000-0000-4000-8000-{at:012}', 'role {at}', '{A}', '2024-01-02T03:04:05.678Z',
                 '2024-01-02T03:04:05.678Z')"
        ));
    }
    let roles = scene.by("admin_a", &format!("GET /tenants/{A}/roles"));
    let rows = |filter: Json| scene.done(&roles.clone().query("filter", &filter)).as_array().map_or(0, Vec::len);
    let all = rows(json!({}));
    assert!(all > 120);
    for (filter, skipped) in [
        (json!({ "skip": 0 }), 0),
        (json!({ "offset": 0 }), 0),
        (json!({ "skip": "0" }), 0),
        (json!({ "limit": 0 }), 0),
        (json!({ "limit": 0, "skip": 3 }), 3),
    ] {
        assert_eq!(rows(filter.clone()), all - skipped, "{filter}");
    }
}

// Each was an expression as deep as there are items: SQLite refused it, and longer ones ended the process.
on_both!(a_long_list_in_a_condition_is_served_or_refused);
fn a_long_list_in_a_condition_is_served_or_refused(scene: &Scene) {
    let lists = [
        "/tenants".to_owned(),
        format!("/tenants/{A}/roles"),
        format!("/tenants/{A}/users"),
        format!("/tenants/{A}/tenant-configs"),
    ];
    for list in &lists {
        let rows = scene.done(&scene.by("admin_a", &format!("GET {list}")));
        let row = rows[0].as_object().expect("there is a row");
        for property in row.keys() {
            for operator in ["inq", "nin", "contains"] {
                for item in ["[]", "1", "\"a\""] {
                    let items = vec![item; 1_500].join(",");
                    let filter = format!("{{\"where\":{{\"{property}\":{{\"{operator}\":[{items}]}}}}}}");
                    let answer = scene.by("admin_a", &format!("GET {list}")).raw_query("filter", &filter).send();
                    assert!(
                        matches!(answer.status, 200 | 400),
                        "{list} {property} {operator} {item}: {} {}",
                        answer.status,
                        text(&answer)
                    );
                }
            }
        }
    }
    let arrays = vec![json!([]); 1_500];
    let scope =
        json!({ "include": [{ "relation": "roles", "scope": { "where": { "permissions": { "inq": arrays } } } }] });
    let error = refused(&scene.by("admin_a", "GET /tenants").query("filter", &scope));
    assert!(error["message"].as_str().is_some_and(|message| message.contains("at most 100 arrays")), "{error}");
    for none in [json!([]), json!([null]), json!([null, null])] {
        let of_none = |operator: &str| names(scene, &json!({ "where": { "permissions": { operator: none } } }));
        assert_eq!(of_none("inq"), [""; 0], "{none}");
        assert_eq!(of_none("nin").is_empty(), none != json!([]), "{none}");
    }
    // Up to the bound they select as they should.
    let mut many: Vec<Json> = (0..99).map(|number| json!([format!("none-{number}")])).collect();
    let admin = scene.done(&roles(scene).query("filter", &json!({ "where": { "name": "admin" } })));
    many.push(admin[0]["permissions"].clone());
    assert_eq!(names(scene, &json!({ "where": { "permissions": { "inq": many } } })), ["admin"]);
    let same = vec![json!("ViewTenant"); 100];
    let with_it = names(scene, &json!({ "where": { "permissions": { "contains": same } } }));
    assert_eq!(with_it, names(scene, &json!({ "where": { "permissions": { "contains": ["ViewTenant"] } } })));
    assert!(with_it.contains(&"admin".to_owned()), "{with_it:?}");
}

on_both!(a_pattern_that_is_too_large_is_refused);
fn a_pattern_that_is_too_large_is_refused(scene: &Scene) {
    for (pattern, part) in [(r"\w{60}", "too large"), ("[^x]{150}[^y]{150}", "repeats too often")] {
        let error = refused(&roles(scene).query("filter", &json!({ "where": { "name": { "regexp": pattern } } })));
        assert!(error["message"].as_str().is_some_and(|message| message.contains(part)), "{error}");
    }
    let each: Vec<Json> = (0..5).map(|number| json!({ "name": { "regexp": format!(r"\w{{16}}{number}") } })).collect();
    let error = refused(&roles(scene).query("filter", &json!({ "where": { "or": each } })));
    assert!(error["message"].as_str().is_some_and(|message| message.contains("counts as several")), "{error}");
    assert_eq!(names(scene, &json!({ "where": { "name": { "regexp": r"^a\w{1,16}$" } } })), ["admin"]);
}

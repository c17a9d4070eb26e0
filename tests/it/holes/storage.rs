//! H46 to H51: what the original's schema could not hold, did not log, or numbered badly.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::{A, ALICE_IN_A, ANDY, ANDY_IN_A, MEMBER, SALES, Scene, all};
use crate::support::fixture::Database;
use crate::world::on_both;

/// The rows of a query, each one text.
fn texts(scene: &Scene, sql: &str) -> Vec<String> {
    match &scene.world.database {
        Database::Postgres(database) => database.query(sql).iter().map(|row| row.get(0)).collect(),
        Database::Sqlite(database) => {
            let connection = database.connect();
            let sql = sql.replace("logs.", "").replace("ctid", "rowid");
            let mut statement = connection.prepare(&sql).expect("the query fits the schema");
            statement.query_map((), |row| row.get(0)).and_then(Iterator::collect).expect("the rows can be read")
        }
    }
}

/// One write of each kind to each table that a caller can write to; the ids of what was made.
fn write_everywhere(scene: &Scene) -> Vec<String> {
    let user = json!({ "firstName": "N", "username": "n", "email": "n@a.example", "roleId": MEMBER });
    let permissions = format!("/user-tenants/{ANDY_IN_A}/user-level-permissions");
    let value = |key: &str| json!({ "configKey": key, "configValue": { "a": 1 } });
    let creations = [
        ("POST /tenants".to_owned(), json!({ "name": "N", "status": 1, "key": "n" })),
        (format!("POST /tenants/{A}/roles"), json!({ "name": "n" })),
        (format!("POST /tenants/{A}/users"), user),
        (format!("POST /tenants/{A}/groups"), json!({ "name": "n" })),
        (format!("POST /groups/{SALES}/user"), json!({ "userTenantId": ANDY_IN_A })),
        (format!("POST /tenants/{A}/tenant-configs"), value("n")),
        ("POST /user-tenant-prefs".to_owned(), value("n")),
        (format!("POST {permissions}"), json!({ "permission": "ViewRoles", "allowed": true })),
    ];
    let made: Vec<Json> =
        creations.iter().map(|(line, body)| scene.done(&scene.by("admin_a", line).json(body))).collect();
    for (line, body) in [
        (format!("PATCH /tenants/{A}"), json!({ "city": "N" })),
        (format!("PATCH /tenants/{A}/users/{ANDY}"), json!({ "firstName": "N", "status": 3 })),
        (format!("PATCH /tenants/{A}/roles?where={{\"id\":\"{MEMBER}\"}}"), json!({ "description": "N" })),
        (format!("PATCH /tenants/{A}/groups?where={{\"id\":\"{SALES}\"}}"), json!({ "description": "N" })),
        (format!("PATCH /tenants/{A}/tenant-configs"), json!({ "configValue": { "b": 2 } })),
        (format!("PATCH {permissions}"), json!({ "allowed": true })),
        ("POST /user-tenant-prefs".to_owned(), value("theme")),
    ] {
        scene.done(&scene.by("admin_a", &line).json(&body));
    }
    for line in [
        format!("DELETE {permissions}"),
        format!("DELETE /tenants/{A}/groups/{SALES}"),
        format!("DELETE /tenants/{A}/users/{ANDY}"),
        format!("DELETE /tenants/{A}/tenant-configs"),
        "DELETE /user-tenant-prefs/a0000000-0000-4000-8000-000000000072".to_owned(),
        "DELETE /user-tenant-prefs/a0000000-0000-4000-8000-000000000071/hard".to_owned(),
    ] {
        scene.done(&scene.by("admin_a", &line));
    }
    all(&made.into(), "id").iter().map(|id| id.as_str().expect("a new row has an id").to_owned()).collect()
}

on_both!(h46_a_configuration_can_be_written_and_says_who_wrote_it);
fn h46_a_configuration_can_be_written_and_says_who_wrote_it(scene: &Scene) {
    let line = format!("/tenants/{A}/tenant-configs");
    let body = json!({ "configKey": "new", "configValue": { "a": [1] } });
    let made = scene.done(&scene.by("admin_a", &format!("POST {line}")).json(&body));
    let id = made["id"].as_str().unwrap();
    assert_eq!(scene.row("tenant_configs", id)["created_by"], ALICE_IN_A);
    let changed = json!({ "configKey": "new", "configValue": { "a": [2] } });
    scene.done(&scene.by("andy_all", &format!("POST {line}")).json(&changed));
    let row = scene.row("tenant_configs", id);
    assert_eq!((row["config_value"].clone(), row["modified_by"].clone()), (json!({ "a": [2] }), json!(ANDY_IN_A)));
    assert_eq!(row["created_by"], ALICE_IN_A);
}

on_both!(h47_a_configuration_changes_in_part_and_no_two_get_one_key);
fn h47_a_configuration_changes_in_part_and_no_two_get_one_key(scene: &Scene) {
    let line = format!("PATCH /tenants/{A}/tenant-configs");
    scene.refused(&scene.by("admin_a", &line).json(&json!({ "configKey": "same" })), 409);
    let value = json!({ "configValue": { "only": "this" } });
    let some = json!({ "configKey": "profile" });
    assert_eq!(scene.done(&scene.by("admin_a", &line).query("where", &some).json(&value)), json!({ "count": 1 }));
    let request = scene.by("admin_a", &line).query("where", &some).json(&json!({ "configKey": "renamed" }));
    assert_eq!(scene.done(&request), json!({ "count": 1 }), "the key may still be named");
    assert_eq!(scene.live("tenant_configs", &[("tenant_id", json!(A)), ("config_key", json!("renamed"))]), 1);
}

on_both!(h48_a_configuration_without_a_value_is_refused_by_name);
fn h48_a_configuration_without_a_value_is_refused_by_name(scene: &Scene) {
    for body in [json!({ "configKey": "n" }), json!({ "configKey": "n", "configValue": null })] {
        let refusal =
            scene.refused(&scene.by("admin_a", &format!("POST /tenants/{A}/tenant-configs")).json(&body), 422);
        assert!(refusal["details"].to_string().contains("configValue"), "{refusal}");
    }
}

on_both!(h50_every_write_is_logged_with_plain_ids_and_who_did_it);
fn h50_every_write_is_logged_with_plain_ids_and_who_did_it(scene: &Scene) {
    write_everywhere(scene);
    let log = texts(
        scene,
        "SELECT table_name || ' ' || operation_name || ' ' || coalesce(entity_id, '-') || ' ' || coalesce(user_id, '-')
         FROM logs.audit_logs",
    );
    let traces: Vec<Vec<&str>> = log.iter().map(|line| line.split(' ').collect()).collect();
    for trace in &traces {
        let [_, _, entity, actor] = trace[..] else { panic!("{trace:?}") };
        assert!(uuid::Uuid::try_parse(entity).is_ok(), "{trace:?}");
        assert_eq!(actor, ALICE_IN_A, "{trace:?}");
    }
    for (table, verbs) in [
        ("tenants", &["INSERT", "UPDATE"][..]),
        ("roles", &["INSERT", "UPDATE"]),
        ("users", &["INSERT", "UPDATE"]),
        ("user_credentials", &["INSERT"]),
        ("user_tenants", &["INSERT", "UPDATE"]),
        ("groups", &["INSERT", "UPDATE"]),
        ("user_groups", &["INSERT", "UPDATE"]),
        ("tenant_configs", &["INSERT", "UPDATE"]),
        ("user_permissions", &["INSERT", "UPDATE"]),
        ("user_tenant_prefs", &["INSERT", "UPDATE", "DELETE"]),
    ] {
        for verb in verbs {
            assert!(traces.iter().any(|trace| trace[..2] == [table, *verb]), "no {verb} of {table}: {log:#?}");
        }
    }
    let secrets = texts(
        scene,
        "SELECT coalesce(CAST(before AS text), '') || coalesce(CAST(after AS text), '') FROM logs.audit_logs",
    );
    for word in ["password", "secret", "secret_key", "auth_token", "token"] {
        assert!(!secrets.iter().any(|row| row.contains(&format!("\"{word}\""))), "{word} is logged");
    }
}

on_both!(h50_what_others_do_is_nobodys_of_ours);
/// The authentication service and `psql` name nobody: what they do is not the doing of whoever changed the row last.
fn h50_what_others_do_is_nobodys_of_ours(scene: &Scene) {
    let user = json!({ "firstName": "N", "username": "n", "email": "n@a.example", "roleId": MEMBER });
    scene.done(&scene.by("admin_a", &format!("POST /tenants/{A}/users")).json(&user));
    let log = |table: &str| {
        texts(
            scene,
            &format!(
                "SELECT operation_name || ' ' || coalesce(user_id, '-') || ' ' || coalesce(CAST(changed_secrets AS text), '-')
                 FROM logs.audit_logs WHERE table_name = '{table}' ORDER BY operation_time, ctid"
            ),
        )
    };
    let made = log("users");
    assert_eq!(made, [format!("INSERT {ALICE_IN_A} -")]);
    let credentials = log("user_credentials").len();
    scene.world.database.run(
        "UPDATE main.users SET last_login = '2026-01-02T03:04:05.678Z' WHERE username = 'n';
         UPDATE main.user_credentials SET password = 'hush' WHERE user_id IN (SELECT id FROM main.users WHERE username = 'n')",
    );
    assert_eq!(log("users")[1..], ["UPDATE - -"]);
    let names = if matches!(scene.world.database, Database::Postgres(_)) { "{password}" } else { "[\"password\"]" };
    assert_eq!(log("user_credentials")[credentials..], [format!("UPDATE - {names}")]);
}

on_both!(h50_the_log_of_a_row_tells_its_whole_story);
/// What the log says of a row before and after is what the row held: the two join up, and the last is the row.
fn h50_the_log_of_a_row_tells_its_whole_story(scene: &Scene) {
    write_everywhere(scene);
    let stories = texts(
        scene,
        "SELECT '{\"table\":\"' || table_name || '\",\"verb\":\"' || operation_name || '\",\"id\":\"' || entity_id ||
            '\",\"before\":' || coalesce(CAST(before AS text), 'null') ||
            ',\"after\":' || coalesce(CAST(after AS text), 'null') || '}'
         FROM logs.audit_logs ORDER BY operation_time, ctid",
    );
    let first = scene.before.borrow().rows.clone();
    let mut last: BTreeMap<(String, String), Json> = BTreeMap::new();
    for line in stories.iter().map(|line| serde_json::from_str::<Json>(line).expect("the log holds JSON")) {
        let key = (line["table"].as_str().unwrap().to_owned(), line["id"].as_str().unwrap().to_owned());
        let before = match (last.get(&key), first.get(&key)) {
            (Some(state), _) => state.clone(),
            (None, Some(row)) => without_secrets(row),
            (None, None) => Json::Null,
        };
        assert_eq!(said(&line["before"]), before, "{line}");
        let kind = (line["before"].is_null(), line["after"].is_null());
        let expected = match line["verb"].as_str().unwrap() {
            "INSERT" => (true, false),
            "UPDATE" => (false, false),
            _ => (false, true),
        };
        assert_eq!(kind, expected, "{line}");
        last.insert(key, said(&line["after"]));
    }
    let now = scene.world.database.tables();
    assert!(last.len() > 15, "{}", last.len());
    for (key, state) in last {
        let row = now.rows.get(&key).map_or(Json::Null, without_secrets);
        assert_eq!(state, row, "{key:?}");
    }
}

/// A row as the log should have it. Times are left out: the databases write them in ways of their own.
fn without_secrets(row: &Map<String, Json>) -> Json {
    said(&row.clone().into())
}

fn said(state: &Json) -> Json {
    const LEFT_OUT: [&str; 6] = ["password", "secret_key", "auth_token", "client_secret", "secret", "token"];
    let Json::Object(columns) = state else { return Json::Null };
    let kept = columns.iter().filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()));
    kept.filter(|(name, _)| !name.ends_with("_on") && *name != "last_login")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

on_both!(h51_ids_are_made_by_the_service_in_the_order_of_creation);
fn h51_ids_are_made_by_the_service_in_the_order_of_creation(scene: &Scene) {
    let ids = write_everywhere(scene);
    for id in &ids {
        let id = uuid::Uuid::try_parse(id).unwrap();
        assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122), "{id}");
    }
    assert!(ids.is_sorted(), "{ids:?}");
    // Nor does a client choose one.
    scene.go_on();
    let body = json!({ "name": "N2", "id": "00000000-0000-4000-8000-000000000001" });
    scene.refused(&scene.by("admin_a", &format!("POST /tenants/{A}/roles")).json(&body), 422);
}

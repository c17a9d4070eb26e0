//! Pages of events: what a reader of one tenant meets among many lines of others, and what each line is called and shows.

use serde_json::{Value as Json, json};

use super::{end, from, of_a, of_page, page, types};
use crate::holes::{A, AMY, B, MEMBER, Scene, VIEWER};
use crate::request::text;
use crate::support::fixture::Database;
use crate::world::on_both;

/// Writes as many lines of B's as several windows of positions hold.
fn many_lines_of_b(scene: &Scene) {
    let numbers = (1..=100).map(|number| format!("({number})")).collect::<Vec<_>>().join(", ");
    // Positions come from a sequence on PostgreSQL, and from the last of the lines on SQLite.
    let (table, column, position) = match scene.world.database {
        Database::Postgres(_) => ("logs.audit_logs", "", ""),
        Database::Sqlite(_) => {
            ("audit_logs", ", position", ", (SELECT max(position) FROM audit_logs) + row_number() OVER ()")
        }
    };
    for _ in 0..3 {
        scene.world.run(&format!(
            "WITH n(i) AS (VALUES {numbers}) INSERT INTO {table} (operation_name, table_name, entity_id, tenant_id{column})
             SELECT 'INSERT', 'groups', 'of-b', '{B}'{position} FROM n AS a CROSS JOIN n AS b"
        ));
    }
}

on_both!(events_of_a_tenant_are_found_behind_many_of_others);
fn events_of_a_tenant_are_found_behind_many_of_others(scene: &Scene) {
    // A cursor goes on with the types that it began with.
    let list = format!("{}?type=group.created&limit=1", of_a());
    let begin = page(&scene.world, "admin_a", &format!("{list}&cursor=end"))["next"].as_str().map(ToOwned::to_owned);
    let begin = begin.expect("where to go on");
    many_lines_of_b(scene);
    for name in ["first", "second"] {
        let made = scene.by("admin_a", &format!("POST /tenants/{A}/groups")).json(&json!({ "name": name })).send();
        assert_eq!(made.status, 200, "{}", text(&made));
    }
    let (mut found, mut cursor, mut pages) = (Vec::new(), begin, 0);
    loop {
        let read = page(&scene.world, "admin_a", &format!("{list}&cursor={cursor}"));
        let next = read["next"].as_str().expect("where to go on").to_owned();
        found.extend(of_page(&read));
        pages += 1;
        assert!(next != cursor || read["more"] == json!(false), "a page that leads nowhere: {read}");
        cursor = next;
        if read["more"] == json!(false) {
            break;
        }
        assert!(pages < 50, "{pages}");
    }
    let names: Vec<_> = found.iter().map(|event| event["after"]["name"].clone()).collect();
    assert_eq!(names, ["first", "second"]);
}

on_both!(a_role_and_a_status_that_change_at_once_are_an_event_each);
fn a_role_and_a_status_that_change_at_once_are_an_event_each(scene: &Scene) {
    let amy = format!("/tenants/{A}/users/{AMY}");
    let suspended = scene.by("admin_a", &format!("POST {amy}/suspend")).send();
    assert_eq!(suspended.status, 200, "{}", text(&suspended));
    let begin = end(&scene.world, "admin_a", &of_a());
    let both = json!({ "roleId": VIEWER, "status": 1 });
    let changed = scene.by("admin_a", &format!("PATCH {amy}")).json(&both).send();
    assert_eq!(changed.status, 204, "{}", text(&changed));
    let (events, _) = from(&scene.world, "admin_a", &of_a(), &begin, 100);
    // The person is touched as well, as with the original.
    let of_membership: Vec<Json> = events.into_iter().filter(|event| event["subject"]["kind"] == "user").collect();
    assert_eq!(types(&of_membership), ["user.roleChanged", "user.reactivated"]);
    assert_eq!(
        (&of_membership[0]["after"]["roleId"], &of_membership[1]["after"]["status"]),
        (&json!(VIEWER), &json!(1))
    );
    let both = json!({ "roleId": MEMBER, "status": 2 });
    let begin = end(&scene.world, "admin_a", &of_a());
    assert_eq!(scene.by("admin_a", &format!("PATCH {amy}")).json(&both).send().status, 204);
    let (events, _) = from(&scene.world, "admin_a", &of_a(), &begin, 100);
    let of_membership: Vec<Json> = events.into_iter().filter(|event| event["subject"]["kind"] == "user").collect();
    assert_eq!(types(&of_membership), ["user.roleChanged", "user.suspended"]);
}

on_both!(whose_preferences_changed_is_told_and_not_how);
fn whose_preferences_changed_is_told_and_not_how(scene: &Scene) {
    let begin = end(&scene.world, "admin_a", &of_a());
    let body = json!({ "configKey": "diet", "configValue": { "kind": "kosher" } });
    let made = scene.by("andy_all", "POST /user-tenant-prefs").json(&body).send();
    assert!(made.status < 300, "{}", text(&made));
    let (events, _) = from(&scene.world, "admin_a", &of_a(), &begin, 100);
    let of_preferences: Vec<&Json> = events.iter().filter(|event| event["after"].is_object()).collect();
    assert!(!of_preferences.is_empty(), "{events:?}");
    let all = json!(events).to_string();
    assert!(!all.contains("kosher") && !all.contains("diet"), "{all}");
    let all = json!(from(&scene.world, "master_a", "/events", "", 1000).0).to_string();
    assert!(all.contains("kosher"), "who reaches every tenant reads all");
}

//! What the authentication service on the same database reads of the rows that we write, and what it would make of others.

use serde_json::{Map, Value as Json, json};

use crate::holes::{A, B, MEMBER};
use crate::power::alice_holds;
use crate::request::{json, text};
use crate::world::{World, on_both};

/// The role of members of tenant B.
const MEMBER_OF_B: &str = "b0000000-0000-4000-8000-000000000012";

/// The rows of a table with this value.
fn rows(world: &World, table: &str, column: &str, value: &Json) -> Vec<Map<String, Json>> {
    let rows = world.database.tables().rows;
    rows.into_iter().filter(|((name, _), row)| name == table && row[column] == *value).map(|(_, row)| row).collect()
}

#[track_caller]
fn done(world: &World, profile: &str, line: &str, body: &Json) -> Json {
    let answer = world.request(line).token(profile).json(body).send();
    assert!(answer.status < 300, "{line}: {} {}", answer.status, text(&answer));
    if answer.body.is_empty() { Json::Null } else { json(&answer) }
}

on_both!(a_member_begins_with_the_locale_of_the_own_tenant);
/// Of a membership without one, it takes that of the first profile of any tenant.
fn a_member_begins_with_the_locale_of_the_own_tenant(world: &World) {
    let profile = |tenant: &str, by: &str, value: Json| {
        let body = json!({ "configKey": "profile", "configValue": value });
        done(world, by, &format!("POST /tenants/{tenant}/tenant-configs"), &body);
    };
    let mut made = 0;
    let mut locale = |tenant: &str, by: &str, role: &str, own: Option<&str>| {
        made += 1;
        let name = format!("new{made}");
        let email = format!("{name}@new.example");
        let mut body = json!({ "firstName": "N", "username": name, "email": email, "roleId": role });
        if let Some(own) = own {
            body["locale"] = json!(own);
        }
        let id = done(world, by, &format!("POST /tenants/{tenant}/users"), &body)["id"].clone();
        rows(world, "user_tenants", "user_id", &id)[0]["locale"].clone()
    };
    assert_eq!(locale(A, "admin_a", MEMBER, None), Json::Null);
    profile(A, "admin_a", json!({ "locale": "fr" }));
    assert_eq!(locale(A, "admin_a", MEMBER, None), "fr");
    assert_eq!(locale(A, "admin_a", MEMBER, Some("de")), "de");
    assert_eq!(locale(B, "admin_b", MEMBER_OF_B, None), Json::Null, "that of another tenant");
    profile(B, "admin_b", json!({ "locale": "pt-br" }));
    assert_eq!(locale(B, "admin_b", MEMBER_OF_B, None), "pt-br");
    for unfit in [json!({ "locale": "pt-brazil" }), json!({ "locale": "" }), json!({ "locale": 5 }), json!({})] {
        profile(A, "admin_a", unfit.clone());
        assert_eq!(locale(A, "admin_a", MEMBER, None), Json::Null, "{unfit}");
    }
}

on_both!(so_does_the_first_administrator_of_a_provisioned_tenant);
fn so_does_the_first_administrator_of_a_provisioned_tenant(world: &World) {
    for (key, own, expected) in [("one", Json::Null, "it"), ("two", json!("es"), "es")] {
        let mut administrator = json!({ "email": format!("{key}@new.example"), "firstName": "P" });
        if !own.is_null() {
            administrator["locale"] = own;
        }
        let body = json!({
            "tenant": { "name": key, "key": key },
            "administrator": administrator,
            "configs": [{ "configKey": "profile", "configValue": { "locale": "it" } }],
        });
        let made = done(world, "master_a", "POST /tenants/provision", &body);
        assert_eq!(
            rows(world, "user_tenants", "id", &made["administrator"]["userTenantId"])[0]["locale"],
            expected,
            "{made}"
        );
    }
}

on_both!(a_role_without_permissions_has_an_empty_list);
/// Of null it makes a list of one permission that has no name.
fn a_role_without_permissions_has_an_empty_list(world: &World) {
    let roles = format!("/tenants/{A}/roles");
    for body in [json!({ "name": "unsaid" }), json!({ "name": "empty", "permissions": [] })] {
        done(world, "admin_a", &format!("POST {roles}"), &body);
        assert_eq!(rows(world, "roles", "name", &body["name"])[0]["permissions"], json!([]), "{body}");
    }
    for line in [format!("POST {roles}"), format!("PATCH {roles}?where={{\"name\":\"empty\"}}")] {
        let body = json!({ "name": "null", "permissions": null });
        assert_eq!(world.request(&line).token("admin_a").json(&body).send().status, 422, "{line}");
    }
}

on_both!(a_number_stands_for_its_name_in_what_is_given);
fn a_number_stands_for_its_name_in_what_is_given(world: &World) {
    alice_holds(world, &["CreateRoles", "ViewTenant", "12"]);
    let create = |name: &str, permission: &str| {
        let body = json!({ "name": name, "permissions": [permission] });
        world.request(&format!("POST /tenants/{A}/roles")).token("admin_a").json(&body).send().status
    };
    assert_eq!(create("by number", "17"), 200);
    assert_eq!(create("by name", "ViewTenantUser"), 200);
    assert_eq!(create("not held", "18"), 403);
    assert_eq!(create("not held either", "UpdateTenant"), 403);
}

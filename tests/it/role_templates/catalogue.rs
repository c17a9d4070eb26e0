//! The application's own permissions, and what becomes of keys that nobody has named.

use serde_json::{Value as Json, json};

use super::{save, told};
use crate::holes::{A, ANDY_IN_A, MEMBER};
use crate::lifecycle::ask;
use crate::program::Workplace;
use crate::support::fixture::Database;
use crate::support::server::Server;
use crate::world::{World, on_both};

const CLOSED: &[(&str, &str)] = &[
    ("PERMISSIONS_OPEN", "false"),
    ("PERMISSIONS", r#"["EatBread", {"name": "UseOven", "meaning": "Use the oven"}]"#),
];
/// As where products have keys of their own.
const OPEN: &[(&str, &str)] = &[("PERMISSIONS_OPEN", "true")];
/// As a deployment that says nothing of it.
const UNSAID: &[(&str, &str)] = &[("PERMISSIONS_OPEN", "")];

/// Status and code of a refusal in either form, and the key that it names.
#[track_caller]
fn refused(world: &World, profile: &str, line: &str, body: &Json) -> (u16, String, String) {
    let (status, told) = ask(world, profile, line, body);
    let text = |one: &Json, other: &Json| one.as_str().or(other.as_str()).unwrap_or_default().to_owned();
    let key = text(&told["permission"], &told["error"]["details"]["permission"]);
    (status, text(&told["code"], &told["error"]["code"]), key)
}

fn unknown(key: &str) -> (u16, String, String) {
    (422, "UNKNOWN_PERMISSION".to_owned(), key.to_owned())
}

on_both!(the_application_s_permissions_are_listed_with_what_they_mean, CLOSED);
fn the_application_s_permissions_are_listed_with_what_they_mean(world: &World) {
    let all = told(world, "GET /permissions", &Json::Null);
    let all = all.as_array().expect("a list");
    let of = |name: &str| all.iter().find(|known| known["name"] == name).cloned().unwrap_or_default();
    let own = |name: &str, meaning: &str| json!({ "name": name, "number": null, "meaning": meaning, "ofApplication": true, "routes": [] });
    assert_eq!(of("UseOven"), own("UseOven", "Use the oven"));
    assert_eq!(of("EatBread"), own("EatBread", "The application's own: its routes ask for it"));
    assert_eq!((&of("ViewRoles")["ofApplication"], &of("ViewRoles")["number"]), (&json!(false), &json!("6")));
    let names: Vec<_> = all.iter().map(|known| known["name"].as_str().unwrap_or_default()).collect();
    assert!(names.is_sorted());
}

on_both!(an_unknown_permission_is_refused_wherever_it_is_new, CLOSED);
fn an_unknown_permission_is_refused_wherever_it_is_new(world: &World) {
    let roles = format!("POST /tenants/{A}/roles");
    let role = |permissions: &[&str]| json!({ "name": "new", "permissions": permissions });
    let before = world.database.tables();
    for key in ["VeiwRoles", "viewroles", "37", "*", "useoven"] {
        assert_eq!(refused(world, "admin_a", &roles, &role(&["ViewRoles", key])), unknown(key));
        let template = json!({ "name": "new", "permissions": ["ViewRoles", key] });
        assert_eq!(refused(world, "master_a", "POST /role-templates", &template), unknown(key));
        let own = format!("POST /user-tenants/{ANDY_IN_A}/user-level-permissions");
        for allowed in [true, false] {
            let body = json!({ "permission": key, "allowed": allowed });
            assert_eq!(refused(world, "admin_a", &own, &body), unknown(key), "{allowed}");
        }
        let own = format!("PATCH /user-tenants/{ANDY_IN_A}/user-level-permissions");
        assert_eq!(refused(world, "master_a", &own, &json!({ "permission": key })), unknown(key));
        let member = format!("PATCH /tenants/{A}/roles?where={{\"id\":\"{MEMBER}\"}}");
        assert_eq!(refused(world, "admin_a", &member, &json!({ "permissions": [key] })), unknown(key));
    }
    assert_eq!(world.database.tables(), before);
    // What the application has named is known; who does not hold it may not give it.
    let held = refused(world, "admin_a", &roles, &role(&["UseOven"]));
    assert_eq!((held.0, held.1.as_str()), (403, ""), "{held:?}");
    assert_eq!(ask(world, "admin_a", &roles, &role(&["6", "ViewRoles"])).0, 200);
}

on_both!(what_a_role_held_before_it_keeps, CLOSED);
fn what_a_role_held_before_it_keeps(world: &World) {
    let legacy = if matches!(world.database, Database::Postgres(_)) { "'{Legacy,6}'" } else { "'[\"Legacy\",\"6\"]'" };
    world.run(&format!(
        "UPDATE main.roles SET permissions = {legacy} WHERE id IN ('{MEMBER}', 'a0000000-0000-4000-8000-000000000011')"
    ));
    world.run(
        "INSERT INTO main.user_permissions (id, user_tenant_id, permission, allowed, created_on, modified_on) VALUES
         ('a0000000-0000-4000-8000-0000000000e8', 'a0000000-0000-4000-8000-000000000033', 'Legacy', false,
          '2024-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z')",
    );
    let member = format!("PATCH /tenants/{A}/roles?where={{\"id\":\"{MEMBER}\"}}");
    // By a master of B, who holds all that is known.
    assert_eq!(ask(world, "master_b", &member, &json!({ "description": "x" })).0, 200);
    assert_eq!(refused(world, "master_b", &member, &json!({ "permissions": ["Legacy", "Other"] })), unknown("Other"));
    // It may stay, as far as that goes; nobody here holds it who could give it.
    let kept = refused(world, "master_b", &member, &json!({ "permissions": ["ViewTenant", "Legacy"] }));
    assert_eq!(kept.0, 403, "{kept:?}");
    assert_eq!(ask(world, "master_b", &member, &json!({ "permissions": ["ViewTenant"] })).0, 200);
    let gone = refused(world, "master_b", &member, &json!({ "permissions": ["ViewTenant", "Legacy"] }));
    assert_eq!(gone, unknown("Legacy"), "once it is gone it is new");
    let own = "PATCH /user-tenants/a0000000-0000-4000-8000-000000000033/user-level-permissions?where={\"permission\":\"Legacy\"}";
    let same = json!({ "permission": "Legacy", "allowed": false });
    assert_eq!(ask(world, "master_b", own, &same).0, 200);
}

on_both!(a_database_decides_where_nobody_says_whether_keys_are_known, UNSAID);
fn a_database_decides_where_nobody_says_whether_keys_are_known(world: &World) {
    let roles = format!("POST /tenants/{A}/roles");
    let role = json!({ "name": "new", "permissions": ["UseOven"] });
    assert_eq!(refused(world, "admin_a", &roles, &role), unknown("UseOven"), "a new database");
    // As the migration found it, in a role of a product.
    world.run("INSERT INTO main.older_permissions (id, permission) VALUES (1, 'ViewRoles'), (2, '16'), (3, 'UseOven')");
    let again = |settings: &[(&str, &str)]| Server::start(&world.database.url(), settings);
    let at = |server: &Server| {
        let request = crate::request::Request::new(server.address(), &roles).token("admin_a");
        request.json(&role).send().status
    };
    assert_eq!(at(&again(UNSAID)), 403, "it is open, and the caller does not hold the key");
    assert_eq!(at(&again(&[("PERMISSIONS_OPEN", "false")])), 422);
    // Once the application names all of its keys, the catalogue is whole.
    let named = again(&[("PERMISSIONS_OPEN", ""), ("PERMISSIONS", "UseOven")]);
    let other = json!({ "name": "new", "permissions": ["EatBread"] });
    let request = crate::request::Request::new(named.address(), &roles).token("admin_a").json(&other);
    assert_eq!(request.send().status, 422);
}

on_both!(where_any_key_is_taken_the_operator_gives_the_first, OPEN);
fn where_any_key_is_taken_the_operator_gives_the_first(world: &World) {
    let roles = format!("POST /tenants/{A}/roles");
    let role = json!({ "name": "baker", "permissions": ["UseOven"] });
    for profile in ["admin_a", "master_a"] {
        assert_eq!(refused(world, profile, &roles, &role).0, 403, "{profile} does not hold it");
    }
    let workplace = Workplace::with(&[("DATABASE_URL", &world.database.url()), ("PERMISSIONS_OPEN", "true")]);
    let at = ["--tenant", A, "--set", "name=baker", "--set", r#"permissions=["UseOven"]"#];
    workplace.ok(&[&["role", "create"][..], &at].concat());
    let closed = Workplace::with(&[("DATABASE_URL", &world.database.url()), ("PERMISSIONS_OPEN", "false")]);
    let refused =
        closed.run(&["role", "create", "--tenant", A, "--set", "name=b", "--set", r#"permissions=["Bread"]"#]);
    assert!(refused.stderr.contains("Bread"), "{}", refused.stderr);
}

on_both!(the_migration_keeps_the_keys_that_there_were);
fn the_migration_keeps_the_keys_that_there_were(world: &World) {
    let workplace = Workplace::with(&[("DATABASE_URL", &world.database.url())]);
    workplace.ok(&["migrate", "down", "--to", "9", "--yes"]);
    world.run(
        "UPDATE main.roles SET permissions = NULL WHERE id = 'a0000000-0000-4000-8000-000000000013';
         UPDATE main.user_permissions SET permission = 'OfAMember' WHERE permission = 'DeleteTenant'",
    );
    workplace.ok(&["migrate", "up"]);
    let keys = |condition: &str| match &world.database {
        Database::Postgres(server) => {
            let sql = format!("SELECT count(*) FROM main.older_permissions WHERE permission {condition}");
            server.query(&sql)[0].get::<_, i64>(0)
        }
        Database::Sqlite(file) => {
            let sql = format!("SELECT count(*) FROM older_permissions WHERE permission {condition}");
            file.connect().query_row(&sql, [], |row| row.get(0)).expect("a number")
        }
    };
    assert_eq!((keys("= 'OfAMember'"), keys("= 'ViewTenant'"), keys("IS NULL")), (1, 1, 0));
    assert!(keys("IS NOT NULL") > 50);
}

on_both!(a_template_that_names_a_key_no_more_known_gives_it_to_nobody_anew);
fn a_template_that_names_a_key_no_more_known_gives_it_to_nobody_anew(world: &World) {
    save(world, "cook", &["ViewTenant"]);
    let old = if matches!(world.database, Database::Postgres(_)) {
        "'{ViewTenant,Gone}'"
    } else {
        "'[\"ViewTenant\",\"Gone\"]'"
    };
    world.run(&format!("UPDATE main.role_templates SET permissions = {old} WHERE name = 'cook'"));
    let closed = Server::start(&world.database.url(), CLOSED);
    let request = crate::request::Request::new(closed.address(), "POST /role-templates/cook/apply").token("master_a");
    let answer = crate::request::json(&request.json(&json!({ "tenantIds": [A], "create": true })).send());
    assert_eq!(answer["results"][0]["refused"]["code"], "UNKNOWN_PERMISSION", "{answer}");
    let request = crate::request::Request::new(closed.address(), "POST /tenants/provision").token("master_a");
    let body = json!({ "tenant": { "name": "Kitchen", "key": "kitchen" }, "roles": ["cook"],
        "administrator": { "email": "kim@kitchen.example", "firstName": "Kim" } });
    let answer = crate::request::json(&request.json(&body).send());
    assert_eq!(answer["code"], "UNKNOWN_PERMISSION", "{answer}");
}

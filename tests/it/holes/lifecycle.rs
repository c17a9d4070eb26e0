//! H24 to H41: rows that came back, were born deleted, were left half written, or kept rights they should have lost.

use serde_json::{Value as Json, json};

use super::{
    A, ADMIN, ALICE, ALICE_IN_A, AMY, AMY_IN_A, ANDY, ANDY_IN_A, ARTHUR, B, BETH_IN_B, D, ENGINEERS, MEMBER, SALES,
    SAM, SUPER, Scene, VIEWER, all, status,
};
use crate::request::{json, leak, text};
use crate::support::fixture::Database;
use crate::world::on_both;

const FORGED: &str = "1999-01-01T00:00:00.000Z";

/// Columns that the service writes itself, as a client would forge them.
fn forged(mut body: Json) -> Json {
    for (name, value) in [
        ("createdOn", FORGED),
        ("modifiedOn", FORGED),
        ("deletedOn", FORGED),
        ("createdBy", "forger"),
        ("modifiedBy", "forger"),
        ("deletedBy", "forger"),
    ] {
        body[name] = json!(value);
    }
    body
}

on_both!(h24_a_replacement_neither_revives_nor_rewrites_history);
fn h24_a_replacement_neither_revives_nor_rewrites_history(scene: &Scene) {
    let body = forged(json!({ "name": "Back", "status": 1, "key": "tenant-d", "deleted": false }));
    scene.refused(&scene.by("master_a", &format!("PUT /tenants/{D}")).json(&body), 404);
    scene.refused(&scene.by("master_a", &format!("PATCH /tenants/{D}")).json(&body), 404);
    let before = scene.row("tenants", A);
    let body = forged(json!({ "name": "Renamed", "status": 1, "key": "tenant-a" }));
    scene.done(&scene.by("admin_a", &format!("PUT /tenants/{A}")).json(&body));
    let after = scene.row("tenants", A);
    for column in ["created_on", "created_by", "deleted", "deleted_on", "deleted_by"] {
        assert_eq!(after[column], before[column], "{column}");
    }
    assert_eq!((after["name"].clone(), after["modified_by"].clone()), (json!("Renamed"), json!(ALICE_IN_A)));
    assert_eq!(after["city"], Json::Null, "what is absent is cleared");
}

on_both!(h25_clients_write_no_audit_column_and_delete_nothing_by_a_change);
fn h25_clients_write_no_audit_column_and_delete_nothing_by_a_change(scene: &Scene) {
    let mut creations = vec![
        ("POST /tenants".to_owned(), "tenants", json!({ "name": "New", "status": 1, "key": "new" })),
        (format!("POST /tenants/{A}/roles"), "roles", json!({ "name": "new" })),
        (format!("POST /tenants/{A}/groups"), "groups", json!({ "name": "new" })),
        (format!("POST /tenants/{A}/tenant-configs"), "tenant_configs", json!({ "configKey": "n", "configValue": {} })),
        (format!("POST /groups/{SALES}/user"), "user_groups", json!({ "userTenantId": ANDY_IN_A })),
        ("POST /user-tenant-prefs".to_owned(), "user_tenant_prefs", json!({ "configKey": "n", "configValue": {} })),
    ];
    let user = json!({ "firstName": "N", "username": "n", "email": "n@a.example", "roleId": MEMBER });
    creations.push((format!("POST /tenants/{A}/users"), "users", user));
    let permission = json!({ "permission": "ViewRoles", "allowed": true });
    let permissions = format!("/user-tenants/{ANDY_IN_A}/user-level-permissions");
    creations.push((format!("POST {permissions}"), "user_permissions", permission));
    for (line, table, body) in creations {
        let mut body = forged(body);
        body["deleted"] = json!(true);
        let made = scene.done(&scene.by("admin_a", &line).json(&body));
        let row = scene.row(table, made["id"].as_str().unwrap_or_else(|| panic!("{line}: {made}")));
        let text = Json::from(row.clone()).to_string();
        assert!(!text.contains("1999-") && !text.contains("forger"), "{line} stored {text}");
        assert_eq!((row["deleted"].clone(), row["deleted_on"].clone()), (json!(false), Json::Null), "{line}");
    }
    scene.go_on();
    for line in [
        "PATCH /tenants".to_owned(),
        format!("PATCH /tenants/{A}"),
        format!("PATCH /tenants/{A}/roles?where={{\"id\":\"{MEMBER}\"}}"),
        format!("PATCH /tenants/{A}/groups"),
        format!("PATCH /tenants/{A}/tenant-configs"),
        format!("PATCH /tenants/{A}/users/{ANDY}"),
        format!("PATCH {permissions}"),
    ] {
        for profile in ["admin_a", "master_a"] {
            let bulk = line == "PATCH /tenants";
            let request = scene.by(profile, &line).json(&forged(json!({ "deleted": true })));
            let request = if bulk { request.query("where", &json!({ "id": A })) } else { request };
            scene.refused(&request, 403);
        }
    }
}

on_both!(h26_a_changed_user_is_checked_like_a_new_one);
fn h26_a_changed_user_is_checked_like_a_new_one(scene: &Scene) {
    let andy = format!("PATCH /tenants/{A}/users/{ANDY}");
    let refused = |body: Json, status: u16| drop(scene.refused(&scene.by("admin_a", &andy).json(&body), status));
    refused(json!({ "defaultTenantId": B }), 404);
    refused(json!({ "defaultTenantId": D }), 404);
    refused(json!({ "email": "no address" }), 400);
    refused(json!({ "email": "two@a.example, three@a.example" }), 400);
    refused(json!({ "email": "ALICE@a.example" }), 409);
    refused(json!({ "username": " ALICE " }), 403);
    refused(json!({ "username": "  " }), 422);
    refused(json!({ "phone": "call me" }), 422);
    scene.done(&scene.by("admin_a", &andy).json(&json!({ "username": " Andy.M ", "email": " Andy.M@A.Example " })));
    let row = scene.row("users", ANDY);
    assert_eq!((row["username"].clone(), row["email"].clone()), (json!("andy.m"), json!("andy.m@a.example")));
}

on_both!(h27_a_role_that_members_have_stays);
fn h27_a_role_that_members_have_stays(scene: &Scene) {
    for (role, message) in
        [(MEMBER, "The role is in use: 2 members have it."), (VIEWER, "The role is in use: 1 member has it.")]
    {
        let refusal = scene.refused(&scene.by("admin_a", &format!("DELETE /tenants/{A}/roles/{role}")), 409);
        assert_eq!(refusal["message"], message);
    }
    scene.refused(&scene.by("admin_a", &format!("DELETE /tenants/{A}/roles/{ADMIN}")), 403);
    scene.given(&format!("UPDATE main.user_tenants SET role_id = '{MEMBER}' WHERE role_id = '{VIEWER}'"));
    scene.done(&scene.by("admin_a", &format!("DELETE /tenants/{A}/roles/{VIEWER}")));
    assert_eq!(scene.row("roles", VIEWER)["deleted"], true, "one that nobody has goes");
}

on_both!(h28_nobody_removes_itself_and_a_removed_user_is_out_at_once);
fn h28_nobody_removes_itself_and_a_removed_user_is_out_at_once(scene: &Scene) {
    for profile in ["admin_a", "master_a"] {
        let upper = ALICE.to_uppercase();
        for user in [ALICE, &upper] {
            scene.refused(&scene.by(profile, &format!("DELETE /tenants/{A}/users/{user}")), 403);
        }
    }
    let andys = scene.by("andy_all", &format!("GET /tenants/{A}/users"));
    assert_eq!(andys.send().status, 200);
    scene.done(&scene.by("admin_a", &format!("DELETE /tenants/{A}/users/{ANDY}")));
    scene.go_on();
    assert_eq!(scene.refused(&andys, 401)["code"], "CALLER_NOT_ACTIVE");
}

on_both!(h29_what_is_deleted_or_inactive_neither_acts_nor_shows);
fn h29_what_is_deleted_or_inactive_neither_acts_nor_shows(scene: &Scene) {
    for profile in ["deleted_user", "ghost_user", "inactive_tenant", "deleted_tenant"] {
        scene.refused(&scene.by(profile, "GET /tenants"), 401);
    }
    let users = scene.by("admin_a", &format!("GET /tenants/{A}/users"));
    let ids = || all(&json(&users.send()), "id");
    assert_eq!(ids(), [ALICE, ANDY, AMY, SAM]);
    for (sql, gone) in [
        (format!("UPDATE main.users SET deleted = true WHERE id = '{ANDY}'"), ANDY),
        (format!("UPDATE main.user_tenants SET deleted = true WHERE id = '{AMY_IN_A}'"), AMY),
        (format!("UPDATE main.roles SET deleted = true WHERE id = '{VIEWER}'"), SAM),
    ] {
        scene.given(&sql);
        assert!(!ids().contains(&json!(gone)), "{sql}");
        scene.world.database.restore();
    }
    // A deleted user whose membership was forgotten.
    scene.given(&format!("UPDATE main.user_tenants SET deleted = false WHERE user_id = '{ARTHUR}'"));
    assert_eq!(ids(), [ALICE, ANDY, AMY, SAM]);
    scene.refused(&scene.by("deleted_user", "GET /tenants"), 401);
}

on_both!(h30_a_deleted_tenants_key_stays_taken_and_a_deleted_users_name_is_free_for_one);
fn h30_a_deleted_tenants_key_stays_taken_and_a_deleted_users_name_is_free_for_one(scene: &Scene) {
    let tenant = json!({ "name": "Again", "status": 1, "key": "tenant-d" });
    scene.refused(&scene.by("master_a", "POST /tenants").json(&tenant), 409);
    let deleted = scene.row("users", ARTHUR);
    let user = json!({ "firstName": "N", "username": "Arthur", "email": "arthur@a.example", "roleId": MEMBER });
    let line = format!("POST /tenants/{A}/users");
    let made = scene.done(&scene.by("admin_a", &line).json(&user));
    assert_ne!(made["id"], ARTHUR, "somebody else, who takes over nothing");
    assert_eq!(scene.row("users", ARTHUR), deleted);
    scene.go_on();
    scene.refused(&scene.by("admin_a", &line).json(&user), 409);
    assert_eq!(scene.live("users", &[("username", json!("arthur"))]), 1);
}

on_both!(h31_a_group_has_a_name);
fn h31_a_group_has_a_name(scene: &Scene) {
    for body in [json!({}), json!({ "description": "x" }), json!({ "name": null })] {
        let refusal = scene.refused(&scene.by("admin_a", &format!("POST /tenants/{A}/groups")).json(&body), 422);
        assert!(refusal["details"].to_string().contains("name"), "{refusal}");
    }
}

on_both!(h32_the_status_0_can_be_set);
fn h32_the_status_0_can_be_set(scene: &Scene) {
    scene.given(&format!("UPDATE main.user_tenants SET status = 4 WHERE id = '{ANDY_IN_A}'"));
    scene.done(&scene.by("admin_a", &format!("PATCH /tenants/{A}/users/{ANDY}")).json(&json!({ "status": 0 })));
    assert_eq!(scene.row("user_tenants", ANDY_IN_A)["status"], 0);
    assert_eq!(scene.by("andy_all", &format!("GET /tenants/{A}/users")).send().status, 200, "0 may act");
}

on_both!(h33_a_refused_change_of_the_own_role_changes_nothing_else);
fn h33_a_refused_change_of_the_own_role_changes_nothing_else(scene: &Scene) {
    for profile in ["admin_a", "master_a"] {
        for role in [ADMIN, MEMBER, SUPER] {
            let body = json!({ "roleId": role, "firstName": "Changed", "status": 3 });
            scene.refused(&scene.by(profile, &format!("PATCH /tenants/{A}/users/{ALICE}")).json(&body), 403);
            let body = json!({ "roleId": role });
            scene.refused(&scene.by(profile, &format!("PUT /tenants/{A}/users/{ALICE}/role")).json(&body), 403);
        }
    }
}

/// Makes a database refuse every write of one kind to one table, which is where a write of several steps may break.
fn break_writes(database: &Database, table: &str, verb: &str) {
    match database {
        Database::Sqlite(_) => database
            .run(&format!("CREATE TRIGGER broken BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'broken'); END")),
        Database::Postgres(_) => database.run(&format!(
            "CREATE FUNCTION main.broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$;
             CREATE TRIGGER broken BEFORE {verb} ON main.{table} FOR EACH ROW EXECUTE FUNCTION main.broken()"
        )),
    }
}

fn mend_writes(database: &Database, table: &str) {
    match database {
        Database::Sqlite(_) => database.run("DROP TRIGGER broken"),
        Database::Postgres(_) => {
            database.run(&format!("DROP TRIGGER broken ON main.{table}; DROP FUNCTION main.broken()"));
        }
    }
}

on_both!(h34_a_write_that_breaks_half_way_leaves_nothing);
fn h34_a_write_that_breaks_half_way_leaves_nothing(scene: &Scene) {
    let user =
        |name: &str, email: &str| json!({ "firstName": "N", "username": name, "email": email, "roleId": MEMBER });
    let writes = [
        ("POST", format!("/tenants/{A}/users"), user("new", "new@a.example"), 3),
        ("POST", format!("/tenants/{A}/users"), user("bob", "bob@b.example"), 1),
        ("PATCH", format!("/tenants/{A}/users/{ANDY}"), json!({ "firstName": "N", "roleId": VIEWER }), 2),
        ("DELETE", format!("/tenants/{A}/users/{ANDY}"), Json::Null, 3),
        ("POST", format!("/tenants/{A}/groups"), json!({ "name": "new" }), 2),
        ("DELETE", format!("/tenants/{A}/groups/{ENGINEERS}"), Json::Null, 2),
        ("DELETE", format!("/groups/{ENGINEERS}/user/{ANDY}"), Json::Null, 2),
        ("POST", format!("/groups/{SALES}/user/bulk"), json!([{ "userTenantId": ANDY_IN_A }]), 1),
    ];
    let tables = ["users", "user_credentials", "user_tenants", "groups", "user_groups"];
    for (method, path, body, steps) in writes {
        let request = scene.by("admin_a", &format!("{method} {path}"));
        let request = if body.is_null() { request } else { request.json(&body) };
        let mut broken = 0;
        for (table, verb) in tables.iter().flat_map(|table| [(table, "INSERT"), (table, "UPDATE")]) {
            break_writes(&scene.world.database, table, verb);
            let answer = request.send();
            mend_writes(&scene.world.database, table);
            let after = scene.world.database.tables();
            if answer.status < 300 {
                scene.world.database.restore();
                continue;
            }
            broken += 1;
            assert_eq!(after, *scene.before.borrow(), "{method} {path}, broken at {verb} of {table}");
            assert_eq!(leak(&text(&answer)), None);
            assert!(!text(&answer).contains("broken"), "{:?}", status(&answer));
        }
        assert_eq!(broken, steps, "steps of {method} {path} {body}");
    }
}

on_both!(h36_users_are_listed_however_many_there_are);
fn h36_users_are_listed_however_many_there_are(scene: &Scene) {
    const MANY: usize = 70_000;
    let series = match &scene.world.database {
        Database::Postgres(_) => format!("SELECT n FROM generate_series(1, {MANY}) AS s (n)"),
        Database::Sqlite(_) => {
            format!("WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {MANY}) SELECT n FROM s")
        }
    };
    let id = |kind: &str| match &scene.world.database {
        Database::Postgres(_) => format!("('{kind}0000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid"),
        Database::Sqlite(_) => format!("'{kind}0000000-0000-4000-8000-' || printf('%012d', n)"),
    };
    scene.given(&format!(
        "INSERT INTO main.users (id, first_name, username) SELECT {}, 'N', 'n' || n FROM ({series}) AS many;
         INSERT INTO main.user_tenants (id, user_id, tenant_id, role_id, status)
            SELECT {}, {}, '{A}', '{MEMBER}', 1 FROM ({series}) AS many;",
        id("7"),
        id("8"),
        id("7"),
    ));
    let line = format!("GET /tenants/{A}/users");
    let last = json!({ "order": "id DESC", "limit": 1, "skip": MANY + 3 });
    let listed = scene.done(&scene.by("admin_a", &line).query("filter", &last));
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "four are there beside them");
    let some = json!({ "where": { "username": { "inq": ["n1", "n69999"] } } });
    assert_eq!(scene.done(&scene.by("admin_a", &line).query("filter", &some)).as_array().map(Vec::len), Some(2));
    scene.refused(&scene.by("admin_a", &line), 400);
}

on_both!(h37_a_user_sees_all_its_tenants_and_may_filter_them);
fn h37_a_user_sees_all_its_tenants_and_may_filter_them(scene: &Scene) {
    let line = format!("GET /user/{SAM}/tenants");
    assert_eq!(all(&scene.done(&scene.by("sam_a_all", &line)), "id"), [A, B]);
    for (filter, ids) in [
        (json!({ "where": { "key": "tenant-b" } }), vec![B]),
        (json!({ "order": "name DESC" }), vec![B, A]),
        (json!({ "limit": 1 }), vec![A]),
        (json!({ "where": { "or": [{}] } }), vec![A, B]),
        (json!({ "where": { "id": D } }), vec![]),
    ] {
        let listed = scene.done(&scene.by("sam_a_all", &line).query("filter", &filter));
        assert_eq!(all(&listed, "id"), ids, "{filter}");
    }
    scene.refused(&scene.by("admin_a", &line), 403);
    scene.given("UPDATE main.user_tenants SET status = 2 WHERE id = 'b0000000-0000-4000-8000-000000000035'");
    assert_eq!(all(&scene.done(&scene.by("sam_a_all", &line)), "id"), [A], "only where it is live");
}

on_both!(h38_a_token_that_names_no_membership_deletes_no_role);
fn h38_a_token_that_names_no_membership_deletes_no_role(scene: &Scene) {
    scene.given(&format!("UPDATE main.user_tenants SET role_id = '{MEMBER}' WHERE role_id = '{VIEWER}'"));
    for profile in ["no_usertenant", "no_id", "no_tenant", "malformed_ids"] {
        scene.refused(&scene.by(profile, &format!("DELETE /tenants/{A}/roles/{VIEWER}")), 401);
    }
}

on_both!(h39_nobody_takes_itself_out_of_a_group_but_its_maker_can_be_taken_out);
fn h39_nobody_takes_itself_out_of_a_group_but_its_maker_can_be_taken_out(scene: &Scene) {
    let made = scene.done(&scene.by("admin_a", &format!("POST /tenants/{A}/groups")).json(&json!({ "name": "new" })));
    let group = made["id"].as_str().unwrap();
    assert_eq!(scene.live("user_groups", &[("group_id", json!(group)), ("user_tenant_id", json!(ALICE_IN_A))]), 1);
    scene.go_on();
    let refusal = scene.refused(&scene.by("admin_a", &format!("DELETE /groups/{group}/user/{ALICE}")), 403);
    assert_eq!(refusal["message"]["message"], "An owner cannot remove himself as the owner");
    scene.given(&format!("UPDATE main.user_tenants SET role_id = '{ADMIN}' WHERE id = '{ANDY_IN_A}'"));
    scene.done(&scene.by("andy_all", &format!("DELETE /groups/{group}/user/{ALICE}")));
    assert_eq!(scene.live("user_groups", &[("group_id", json!(group))]), 0, "a group may be empty");
}

on_both!(h40_members_are_added_all_or_none);
fn h40_members_are_added_all_or_none(scene: &Scene) {
    let line = format!("POST /groups/{SALES}/user/bulk");
    let bulk = |ids: &[&str]| ids.iter().map(|id| json!({ "userTenantId": id })).collect::<Json>();
    for ids in [&[ALICE_IN_A, BETH_IN_B][..], &[BETH_IN_B], &[ALICE_IN_A, "not-an-id"]] {
        scene.refused(&scene.by("admin_a", &line).json(&bulk(ids)), 403);
    }
    assert_eq!(scene.done(&scene.by("admin_a", &line).json(&json!([]))), json!([]));
    let upper = ANDY_IN_A.to_uppercase();
    let ids = bulk(&[ANDY_IN_A, AMY_IN_A, &upper, ALICE_IN_A]);
    let added = scene.done(&scene.by("admin_a", &line).json(&ids));
    assert_eq!(all(&added, "userTenantId"), [ANDY_IN_A, ALICE_IN_A], "who is in already, or named twice, is not added");
    assert_eq!(scene.done(&scene.by("admin_a", &line).json(&ids)), json!([]));
    assert_eq!(scene.live("user_groups", &[("group_id", json!(SALES))]), 3);
}

on_both!(h41_invitations_are_read_through_memberships_and_never_tell_their_secret);
fn h41_invitations_are_read_through_memberships_and_never_tell_their_secret(scene: &Scene) {
    let document = json(&scene.world.request("GET /openapi.json").send());
    assert!(
        !document["paths"].to_string().contains("/user-invitation"),
        "there is no route to accept one of the original's"
    );
    let include = json!({ "include": [{ "relation": "userTenants", "scope": { "include": [{ "relation": "userInvitations" }] } }] });
    for profile in ["admin_a", "master_a"] {
        let answer = scene.by(profile, "GET /tenants").query("filter", &include).send();
        assert!(text(&answer).contains("a0000000-0000-4000-8000-0000000000a1"), "{:?}", status(&answer));
        assert!(!text(&answer).contains("amy-invite-token"));
    }
    let guess = |token: &str| {
        let condition = json!({ "token": { "like": token } });
        let scope = json!({ "include": [{ "relation": "userInvitations", "scope": { "where": condition } }] });
        scene
            .by("admin_a", "GET /tenants")
            .query("filter", &json!({ "include": [{ "relation": "userTenants", "scope": scope }] }))
    };
    scene.refused(&guess("amy%"), 400);
}

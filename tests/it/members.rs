//! Rules about the members of a tenant that no recording shows: administrators, guests, and tenants that are closed.

use serde_json::{Value as Json, json};

use crate::holes::{A, AMY, AMY_IN_A, ANDY, ANDY_IN_A, B, BOB, ENGINEERS_OF_B, MEMBER, SAM, Scene, VIEWER, all};
use crate::request::{Request, json, text};
use crate::world::on_both;

/// The role of members of tenant B.
const MEMBER_OF_B: &str = "b0000000-0000-4000-8000-000000000012";
/// What a member of tenant B is called there.
const BETH_IN_B: &str = "b0000000-0000-4000-8000-000000000032";

fn user(id: &str) -> String {
    format!("/tenants/{A}/users/{id}")
}

fn permissions(membership: &str) -> String {
    format!("/user-tenants/{membership}/user-level-permissions")
}

/// Grants a member what makes an administrator.
fn make_administrator(scene: &Scene, membership: &str) {
    for permission in ["UpdateTenantUser", "UpdateRoles"] {
        let grant = json!({ "permission": permission, "allowed": true });
        let answer = scene.by("master_b", &format!("POST {}", permissions(membership))).json(&grant).send();
        assert_eq!(answer.status, 200, "{}", text(&answer));
    }
    scene.go_on();
}

/// Takes from Alice what makes her an administrator of tenant A, so that others can be the last. What she may still do to
/// them she may not: they hold more than she does.
fn with_another_administrator(scene: &Scene) {
    scene.given(
        "UPDATE main.user_tenants SET role_id = 'a0000000-0000-4000-8000-000000000013'
        WHERE id = 'a0000000-0000-4000-8000-000000000031'",
    );
}

on_both!(the_last_administrator_stays_one_even_for_a_master);
fn the_last_administrator_stays_one_even_for_a_master(scene: &Scene) {
    with_another_administrator(scene);
    make_administrator(scene, ANDY_IN_A);
    let ask = |line: String, body: Json| {
        let request = scene.by("master_b", &line);
        if body.is_null() { request } else { request.json(&body) }
    };
    let own = permissions(ANDY_IN_A);
    let only = |permission: &str| json!({ "permission": permission });
    let changes: Vec<Request> = vec![
        ask(format!("DELETE {}", user(ANDY)), Json::Null),
        ask(format!("PATCH {}", user(ANDY)), json!({ "status": 2 })),
        ask(format!("PATCH {}", user(ANDY)), json!({ "firstName": "N", "status": 4 })),
        ask(format!("DELETE {own}"), Json::Null),
        ask(format!("DELETE {own}"), Json::Null).query("where", &only("UpdateRoles")),
        ask(format!("PATCH {own}"), json!({ "allowed": false })),
        ask(format!("PATCH {own}"), json!({ "allowed": false })).query("where", &only("UpdateTenantUser")),
        ask(format!("PATCH {own}"), json!({ "permission": "ViewRoles" })).query("where", &only("UpdateRoles")),
    ];
    for request in changes {
        scene.refused(&request, 409);
    }
    // What leaves it an administrator is done, and so is all of it once there is another.
    let done = |request: Request| assert!(request.send().status < 300);
    done(ask(format!("PATCH {}", user(ANDY)), json!({ "status": 3, "roleId": VIEWER })));
    done(ask(format!("PATCH {}", user(ANDY)), json!({ "status": 1 })));
    make_administrator(scene, AMY_IN_A);
    done(ask(format!("DELETE {}", user(ANDY)), Json::Null));
    scene.go_on();
    scene.refused(&ask(format!("PATCH {}", user(AMY)), json!({ "status": 2 })), 409);
}

on_both!(a_role_that_makes_the_last_administrators_keeps_what_it_grants);
fn a_role_that_makes_the_last_administrators_keeps_what_it_grants(scene: &Scene) {
    with_another_administrator(scene);
    let role = |permissions: Json| {
        let only = json!({ "id": MEMBER });
        scene
            .by("master_b", &format!("PATCH /tenants/{A}/roles"))
            .query("where", &only)
            .json(&json!({ "permissions": permissions }))
    };
    let done = |request: Request| {
        let answer = request.send();
        assert!(answer.status < 300, "{}", text(&answer));
        scene.go_on();
    };
    done(role(json!(["14", "UpdateRoles"])));
    for permissions in [json!([]), json!(["14"]), json!(["UpdateRoles", "ViewTenant"])] {
        scene.refused(&role(permissions), 409);
    }
    // Andy and Amy have it; with one of them gone the other is the last.
    done(scene.by("master_b", &format!("PATCH {}", user(ANDY))).json(&json!({ "roleId": VIEWER })));
    scene.refused(&scene.by("master_b", &format!("PATCH {}", user(AMY))).json(&json!({ "roleId": VIEWER })), 409);
    let line = format!("PUT {}/role", user(AMY));
    scene.refused(&scene.by("master_b", &line).json(&json!({ "roleId": VIEWER })), 409);
    let deny = json!({ "permission": "UpdateRoles", "allowed": false });
    scene.refused(&scene.by("master_b", &format!("POST {}", permissions(AMY_IN_A))).json(&deny), 409);
    done(role(json!(["9", "UpdateTenantUser", "ViewTenant"])));
}

on_both!(who_is_no_administrator_takes_none_away_where_none_is_found);
/// Among how many members one is looked for, is bounded for such a caller, and not for an administrator.
fn who_is_no_administrator_takes_none_away_where_none_is_found(scene: &Scene) {
    let done = |request: &Request| {
        let answer = request.send();
        assert!(answer.status < 300, "{}", text(&answer));
        scene.go_on();
    };
    let made = scene.by("master_b", &format!("POST /tenants/{A}/roles"));
    let made = made.json(&json!({ "name": "Half", "permissions": ["UpdateRoles"] })).send();
    let role = json(&made)["id"].as_str().expect("it is made").to_owned();
    scene.go_on();
    let grant = json!({ "permission": "UpdateRoles", "allowed": true });
    done(&scene.by("master_b", &format!("POST {}", permissions(ANDY_IN_A))).json(&grant));
    let change = |profile: &str, permissions: Json| {
        let request = scene.by(profile, &format!("PATCH /tenants/{A}/roles")).query("where", &json!({ "id": role }));
        request.json(&json!({ "permissions": permissions }))
    };
    done(&change("andy_all", json!([])));
    done(&change("andy_all", json!(["UpdateRoles"])));
    let id = |kind: char, at: usize| format!("00000000-0000-4000-8{kind}00-{at:012}");
    let rows = |row: &dyn Fn(usize) -> String| (0..1_001).map(row).collect::<Vec<_>>().join(", ");
    let on = "'2024-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z'";
    let users = rows(&|at| format!("('{}', 'Nth', 'nth{at}', 'nth{at}@a.example', '{A}', {on})", id('0', at)));
    let members = rows(&|at| format!("('{}', '{}', '{A}', '{VIEWER}', 1, {on})", id('1', at), id('0', at)));
    scene.given(&format!(
        "INSERT INTO main.users (id, first_name, username, email, default_tenant_id, created_on, modified_on)
         VALUES {users};
         INSERT INTO main.user_tenants (id, user_id, tenant_id, role_id, status, created_on, modified_on)
         VALUES {members};"
    ));
    scene.refused(&change("andy_all", json!([])), 409);
    done(&change("andy_all", json!(["9"])));
    done(&change("master_b", json!([])));
    done(&change("admin_a", json!(["UpdateRoles"])));
    done(&change("admin_a", json!([])));
}

on_both!(who_is_deactivated_is_out_at_the_next_request_and_in_again_when_activated);
fn who_is_deactivated_is_out_at_the_next_request_and_in_again_when_activated(scene: &Scene) {
    let andys = scene.by("andy_all", &format!("GET /tenants/{A}/users"));
    for (status, code, back) in [(2, "MEMBERSHIP_SUSPENDED", 1), (4, "MEMBERSHIP_REJECTED", 0)] {
        assert_eq!(andys.send().status, 200);
        scene.done(&scene.by("admin_a", &format!("PATCH {}", user(ANDY))).json(&json!({ "status": status })));
        scene.go_on();
        assert_eq!(scene.refused(&andys, 401)["code"], code);
        scene.done(&scene.by("admin_a", &format!("PATCH {}", user(ANDY))).json(&json!({ "status": back })));
        scene.go_on();
    }
    assert_eq!(andys.send().status, 200);
}

on_both!(no_tenant_alone_changes_by_what_names_a_person_of_two_tenants_is_known);
fn no_tenant_alone_changes_by_what_names_a_person_of_two_tenants_is_known(scene: &Scene) {
    let changes = || {
        [
            json!({ "username": "samuel" }),
            json!({ "email": "sam@a.example" }),
            json!({ "phone": "+15550001234" }),
            json!({ "defaultTenantId": A }),
            json!({ "firstName": "N", "email": "sam@a.example" }),
        ]
    };
    for (profile, tenant) in [("admin_a", A), ("admin_b", B)] {
        for body in changes() {
            let request = scene.by(profile, &format!("PATCH /tenants/{tenant}/users/{SAM}")).json(&body);
            let refusal = scene.refused(&request, 403);
            assert!(refusal.to_string().contains("NotAllowedAccess"), "{body}: {refusal}");
        }
    }
    // The same names, in whatever case, are no change.
    let names = json!({ "username": "SAM", "email": "Sam@Shared.example", "lastName": "S" });
    assert_eq!(scene.by("admin_a", &format!("PATCH {}", user(SAM))).json(&names).send().status, 204);
    assert_eq!(scene.row("users", SAM)["last_name"], "S");
    // A master does it on the home's path, and the person on any.
    let home = format!("PATCH /tenants/{B}/users/{SAM}");
    let answer = scene.by("master_a", &home).json(&json!({ "email": "samuel@shared.example" })).send();
    assert_eq!(answer.status, 204, "{}", text(&answer));
    scene.given(
        "UPDATE main.user_tenants SET role_id = 'a0000000-0000-4000-8000-000000000011'
        WHERE id = 'a0000000-0000-4000-8000-000000000035'",
    );
    let own = json!({ "username": "Samuel", "phone": "+15550001234" });
    let answer = scene.by("sam_a_all", &format!("PATCH {}", user(SAM))).json(&own).send();
    assert_eq!(answer.status, 204, "{}", text(&answer));
    let row = scene.row("users", SAM);
    assert_eq!((&row["username"], &row["email"]), (&json!("samuel"), &json!("samuel@shared.example")));
    // Once one tenant alone has the person, it may.
    scene.given("UPDATE main.user_tenants SET deleted = true WHERE id = 'a0000000-0000-4000-8000-000000000035'");
    let answer = scene.by("admin_b", &home).json(&json!({ "username": "sam" })).send();
    assert_eq!(answer.status, 204, "{}", text(&answer));
}

on_both!(of_a_guest_nothing_but_its_names_can_be_read_or_guessed);
fn of_a_guest_nothing_but_its_names_can_be_read_or_guessed(scene: &Scene) {
    scene.given(&format!(
        "UPDATE main.users SET phone = '+15550007777', designation = 'Boss', dob = '1970-01-01',
             last_login = '2024-01-02T03:04:05.678Z' WHERE id = '{BOB}'"
    ));
    let body = json!({ "firstName": "B", "username": "bob", "email": "bob@b.example", "roleId": MEMBER });
    assert_eq!(scene.by("admin_a", &format!("POST /tenants/{A}/users")).json(&body).send().status, 200);
    let users = format!("GET /tenants/{A}/users");
    let list = |filter: Json| json(&scene.by("admin_a", &users).query("filter", &filter).send());
    for guess in [
        json!({ "phone": "+15550007777" }),
        json!({ "phone": { "like": "+1555%" } }),
        json!({ "phone": { "neq": null } }),
        json!({ "designation": { "gt": "A" } }),
        json!({ "gender": "M", "username": "bob" }),
        json!({ "dob": { "lt": "1980-01-01" } }),
        json!({ "defaultTenantId": B, "username": "bob" }),
        json!({ "lastLogin": { "exists": true } }),
    ] {
        assert!(!all(&list(json!({ "where": guess })), "id").contains(&json!(BOB)), "{guess}");
    }
    assert_eq!(all(&list(json!({ "where": { "username": "bob", "phone": null } })), "id"), [BOB]);
    for order in ["phone ASC", "phone DESC", "designation DESC", "defaultTenantId DESC"] {
        let hidden = list(json!({ "order": order }));
        let before = all(&hidden, "id");
        scene.world.run(&format!(
            "UPDATE main.users SET phone = '+0', designation = 'A', default_tenant_id = '{B}' WHERE id = '{BOB}'"
        ));
        assert_eq!(all(&list(json!({ "order": order })), "id"), before, "{order} tells what it sorts by");
    }
    let nested = json!([{ "relation": "userTenants", "scope": { "include": [{ "relation": "user", "scope":
        { "where": { "phone": { "neq": null } } } }] } }]);
    let tenants = scene.by("admin_a", "GET /tenants").query("filter", &json!({ "include": nested })).send();
    assert_eq!(tenants.status, 200);
    assert!(!text(&tenants).contains("\"bob\""), "{}", text(&tenants));
    // Once it has joined it is a member like others.
    scene.world.run(&format!("UPDATE main.user_tenants SET status = 1 WHERE user_id = '{BOB}'"));
    assert_eq!(all(&list(json!({ "where": { "designation": "A" } })), "id"), [BOB]);
}

on_both!(who_loses_its_home_stays_a_guest_elsewhere);
/// A tenant that has merely added somebody must not inherit the profile when the home lets the person go.
fn who_loses_its_home_stays_a_guest_elsewhere(scene: &Scene) {
    let person = json!({
        "firstName": "D", "username": "dora", "email": "dora@b.example", "designation": "Spy", "phone": "+15550008888"
    });
    let added_to = |tenant: &str, role: &str| {
        let mut body = person.clone();
        body["roleId"] = json!(role);
        scene.by(if tenant == A { "admin_a" } else { "admin_b" }, &format!("POST /tenants/{tenant}/users")).json(&body)
    };
    let sent = |request: Request| {
        let answer = request.send();
        assert!(answer.status < 300, "{}", text(&answer));
        answer
    };
    let dora = json(&sent(added_to(B, MEMBER_OF_B)))["id"].as_str().expect("it has an id").to_owned();
    sent(added_to(A, MEMBER));
    let shown = || {
        let filter = json!({ "where": { "username": "dora" } });
        let list = sent(scene.by("admin_a", &format!("GET /tenants/{A}/users")).query("filter", &filter));
        let include = json!({ "include": [{ "relation": "userTenants", "scope": { "include": ["user"] } }] });
        let roles = sent(scene.by("admin_a", &format!("GET /tenants/{A}/roles")).query("filter", &include));
        text(&list) + &text(&roles)
    };
    assert!(shown().contains("\"dora\"") && !shown().contains("Spy"), "{}", shown());
    sent(scene.by("admin_b", &format!("DELETE /tenants/{B}/users/{dora}")));
    scene.go_on();
    assert_eq!(scene.row("users", &dora)["default_tenant_id"], Json::Null);
    assert!(shown().contains("\"dora\"") && !shown().contains("Spy") && !shown().contains("8888"), "{}", shown());
    for change in [json!({ "email": "mine@a.example" }), json!({ "firstName": "X" }), json!({ "status": 1 })] {
        scene.refused(&scene.by("admin_a", &format!("PATCH {}", user(&dora))).json(&change), 403);
    }
}

on_both!(who_has_not_come_yet_is_neither_changed_nor_made_to_come);
/// Adding somebody known takes a name and an address. It must not be the way to its profile, nor to change that.
fn who_has_not_come_yet_is_neither_changed_nor_made_to_come(scene: &Scene) {
    let body = json!({ "firstName": "B", "username": "bob", "email": "bob@b.example", "roleId": MEMBER });
    assert_eq!(scene.by("admin_a", &format!("POST /tenants/{A}/users")).json(&body).send().status, 200);
    scene.world.run(&format!("UPDATE main.users SET phone = '+15550007777' WHERE id = '{BOB}'"));
    let bob = |profile: &str, body: Json| scene.by(profile, &format!("PATCH {}", user(BOB))).json(&body);
    let shows = || {
        let filter = json!({ "where": { "id": BOB } });
        text(&scene.by("admin_a", &format!("GET /tenants/{A}/users")).query("filter", &filter).send())
    };
    for status in [0, 2, 4, 0] {
        let person = scene.row("users", BOB);
        scene.go_on();
        for change in [
            json!({ "status": 1 }),
            json!({ "status": 3 }),
            json!({ "firstName": "Hacked" }),
            json!({ "phone": "+19990000000", "status": 2 }),
            json!({ "designation": "Clown" }),
        ] {
            scene.refused(&bob("admin_a", change), 403);
        }
        // The tenant's own business it may mind: the role, and that it does not want the user.
        assert_eq!(bob("admin_a", json!({ "status": status, "roleId": VIEWER })).send().status, 204);
        assert_eq!(scene.row("users", BOB), person, "not even the mark of a change is left at the person");
        assert!(!shows().contains("+15550007777"), "with the status {status}");
    }
    // The login service makes the membership active; or a master, who sees everybody anyway.
    assert_eq!(bob("master_a", json!({ "status": 1 })).send().status, 204);
    assert!(shows().contains("+15550007777"));
    assert_eq!(bob("admin_a", json!({ "designation": "Guest" })).send().status, 204);
}

on_both!(in_a_tenant_that_is_not_active_nobody_touches_users_and_memberships);
fn in_a_tenant_that_is_not_active_nobody_touches_users_and_memberships(scene: &Scene) {
    scene.given(&format!("UPDATE main.tenants SET status = 0 WHERE id = '{B}'"));
    let person = json!({ "firstName": "N", "username": "n", "email": "n@b.example", "roleId": VIEWER });
    for (line, body) in [
        (format!("GET /tenants/{B}/users"), Json::Null),
        (format!("POST /tenants/{B}/users"), person),
        (format!("PATCH /tenants/{B}/users/{BOB}"), json!({ "firstName": "N" })),
        (format!("DELETE /tenants/{B}/users/{BOB}"), Json::Null),
        (format!("GET /tenants/{B}/user-roles"), Json::Null),
        (format!("PUT /tenants/{B}/users/{BOB}/role"), json!({ "roleId": VIEWER })),
        (format!("GET /groups/{ENGINEERS_OF_B}/user"), Json::Null),
        (format!("POST /groups/{ENGINEERS_OF_B}/user"), json!({ "userTenantId": BETH_IN_B })),
        (format!("GET /user-tenants/{BETH_IN_B}/user-groups"), Json::Null),
        (format!("GET {}", permissions(BETH_IN_B)), Json::Null),
        (format!("DELETE {}", permissions(BETH_IN_B)), Json::Null),
    ] {
        let request = scene.by("master_a", &line);
        let request = if body.is_null() { request } else { request.json(&body) };
        assert_eq!(scene.refused(&request, 403)["code"], "TENANT_NOT_ACTIVE", "{line}");
    }
    // Its own members are out altogether; the tenant itself and its roles are a master's to mend.
    assert_eq!(scene.refused(&scene.by("admin_b", "GET /tenants"), 401)["code"], "TENANT_SUSPENDED");
    assert_eq!(scene.by("master_a", &format!("GET /tenants/{B}/roles")).send().status, 200);
    let opened = scene.by("master_a", &format!("PATCH /tenants/{B}")).json(&json!({ "status": 1 })).send();
    assert_eq!(opened.status, 204);
    assert_eq!(scene.by("master_a", &format!("GET /tenants/{B}/users")).send().status, 200);
    assert_eq!(scene.by("admin_b", "GET /tenants").send().status, 200);
}

on_both!(a_status_is_one_that_the_schema_knows_zero_among_them);
fn a_status_is_one_that_the_schema_knows_zero_among_them(scene: &Scene) {
    let request =
        |status: Json| scene.by("admin_a", &format!("PATCH {}", user(AMY))).json(&json!({ "status": status }));
    for status in 0..5 {
        scene.done(&request(json!(status)));
        let filter = json!({ "where": { "id": AMY } });
        let listed = json(&scene.by("admin_a", &format!("GET /tenants/{A}/users")).query("filter", &filter).send());
        assert_eq!(listed[0]["status"], status);
    }
    scene.go_on();
    for status in [json!(12), json!(-1), json!("1"), json!(1.5), json!(null)] {
        scene.refused(&request(status), 422);
    }
}

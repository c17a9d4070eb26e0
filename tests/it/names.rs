//! Names that look the same, or lead to the same person, are one: on both databases alike.

use serde_json::{Value as Json, json};

use crate::holes::{A, ALICE, ANDY, B, MEMBER, Scene};
use crate::request::{json, text};
use crate::world::on_both;

/// Status and text of an answer.
fn send(scene: &Scene, profile: &str, line: &str, body: &Json) -> (u16, String) {
    let answer = scene.by(profile, line).json(body).send();
    (answer.status, text(&answer))
}

/// How many rows a list shows under a condition.
fn found(scene: &Scene, profile: &str, path: &str, condition: &Json) -> usize {
    let answer = scene.by(profile, &format!("GET {path}")).query("filter", &json!({ "where": condition })).send();
    assert_eq!(answer.status, 200, "{}", text(&answer));
    json(&answer).as_array().map_or(0, Vec::len)
}

on_both!(a_tenant_has_a_name_once_in_any_spelling);
fn a_tenant_has_a_name_once_in_any_spelling(scene: &Scene) {
    for kind in ["roles", "groups"] {
        let line = format!("POST /tenants/{A}/{kind}");
        let made = scene.by("admin_a", &line).json(&json!({ "name": " Zo\u{eb} \u{c9}diteur " })).send();
        assert_eq!(json(&made)["name"], json!("Zo\u{eb} \u{c9}diteur"), "without blanks around it");
        for same in
            ["zo\u{eb} \u{e9}diteur", "ZO\u{cb} \u{c9}DITEUR", "Zoe\u{308} E\u{301}diteur", "Zo\u{eb} \u{c9}diteur\t"]
        {
            assert_eq!(send(scene, "admin_a", &line, &json!({ "name": same })).0, 403, "{kind}: {same:?}");
        }
        assert_eq!(send(scene, "admin_a", &line, &json!({ "name": "Zoe Editeur" })).0, 200, "an accent is a letter");
        for (name, status) in [("Zoe Editeur", 409), ("Zo\u{eb} \u{c9}diteur", 200)] {
            let rename =
                scene.by("admin_a", &format!("PATCH /tenants/{A}/{kind}")).query("where", &json!({ "name": name }));
            assert_eq!(
                rename.json(&json!({ "name": "zo\u{eb} \u{e9}diteur" })).send().status,
                status,
                "{kind}: {name}"
            );
        }
        assert_eq!(
            found(scene, "admin_a", &format!("/tenants/{A}/{kind}"), &json!({ "name": " zoe\u{308} e\u{301}diteur" })),
            1
        );
    }
}

on_both!(names_that_fold_alike_exclude_each_other_in_either_order);
fn names_that_fold_alike_exclude_each_other_in_either_order(scene: &Scene) {
    for kind in ["roles", "groups"] {
        let collection = format!("/tenants/{A}/{kind}");
        let make = |name: &str| send(scene, "admin_a", &format!("POST {collection}"), &json!({ "name": name }));
        let rename = |from: &str, to: &str| {
            let request = scene.by("admin_a", &format!("PATCH {collection}")).query("where", &json!({ "name": from }));
            request.json(&json!({ "name": to })).send().status
        };
        for (number, (one, other)) in [
            ("\u{17f}ales", "sales"),
            ("stra\u{df}e", "strasse"),
            ("STRA\u{1e9e}E", "stra\u{df}e"),
            ("\u{130}d", "id"),
            ("\u{131}d", "ID"),
            ("\u{130}d", "i\u{307}d"),
            ("\u{212a}ey", "key"),
            ("o\u{fb03}ce", "OFFICE"),
            ("\u{3a3}\u{391}\u{3a3}", "\u{3c3}\u{3b1}\u{3c2}"),
            ("\u{390}", "\u{3aa}\u{301}"),
        ]
        .into_iter()
        .enumerate()
        {
            for (order, (first, second)) in [(one, other), (other, one)].into_iter().enumerate() {
                let (first, second) = (format!("{first} {number}{order}"), format!("{second} {number}{order}"));
                assert_eq!(make(&first).0, 200, "{kind}: {first}");
                let (refused, said) = make(&second);
                assert_eq!(refused, 403, "{kind}: {second} beside {first}: {said}");
                let free = format!("free {number}{order}");
                assert_eq!(make(&free).0, 200);
                assert_eq!(rename(&free, &second), 409, "{kind}: {free} to {second} beside {first}");
                assert_eq!(rename(&first, &second), 200, "{kind}: {first} to {second} alone");
            }
        }
    }
}

on_both!(names_without_a_visible_letter_are_refused);
fn names_without_a_visible_letter_are_refused(scene: &Scene) {
    let user = |name: &str, first: &str| json!({ "firstName": first, "username": name, "email": "new@names.example", "roleId": MEMBER });
    for blank in ["", "  ", "\u{feff}", "a\u{200b}", "a\u{7}b", "a\u{3164}"] {
        for (profile, line, body) in [
            ("admin_a", format!("POST /tenants/{A}/roles"), json!({ "name": blank })),
            ("admin_a", format!("POST /tenants/{A}/groups"), json!({ "name": blank })),
            ("admin_a", format!("PATCH /tenants/{A}"), json!({ "name": blank })),
            ("master_a", "POST /tenants".to_owned(), json!({ "name": blank, "key": "names", "status": 1 })),
            ("admin_a", format!("POST /tenants/{A}/users"), user(blank, "New")),
            ("admin_a", format!("POST /tenants/{A}/users"), user("new", blank)),
            ("admin_a", format!("PATCH /tenants/{A}/users/{ALICE}"), json!({ "username": blank })),
        ] {
            let (status, said) = send(scene, profile, &line, &body);
            let at = if said.contains("/username") {
                "/username"
            } else if said.contains("/firstName") {
                "/firstName"
            } else {
                "/name"
            };
            assert!(status == 422 && said.contains(at), "{line} {body}: {status} {said}");
        }
    }
    for (line, body) in [
        (format!("POST /tenants/{A}/tenant-configs"), json!({ "configKey": " ", "configValue": {} })),
        ("POST /user-tenant-prefs".to_owned(), json!({ "configKey": "", "configValue": {} })),
    ] {
        let (status, said) = send(scene, "admin_a", &line, &body);
        assert!(status == 422 && said.contains("/configKey"), "{line}: {status} {said}");
    }
}

on_both!(the_key_of_a_tenant_is_the_name_of_a_host);
fn the_key_of_a_tenant_is_the_name_of_a_host(scene: &Scene) {
    let tenant = |key: &str| json!({ "name": "Keyed", "key": key, "status": 1 });
    let made = scene.by("master_a", "POST /tenants").json(&tenant(" Keyed-1 ")).send();
    assert_eq!(json(&made)["key"], json!("keyed-1"));
    assert_eq!(send(scene, "master_a", "POST /tenants", &tenant("KEYED-1")).0, 409);
    for none in ["ac me", "../x", "-acme", "acme.x", "\u{e4}cme"] {
        let (status, said) = send(scene, "master_a", "POST /tenants", &tenant(none));
        assert!(status == 422 && said.contains("/key") && said.contains("hyphens"), "{none}: {status} {said}");
        assert_eq!(send(scene, "admin_a", &format!("PATCH /tenants/{A}"), &json!({ "key": none })).0, 422, "{none}");
    }
    // A key that is older than the rule stays, and may be sent along.
    scene.given(&format!("UPDATE main.tenants SET key = 'Old Key' WHERE id = '{A}'"));
    let kept = json!({ "name": "Renamed", "key": "Old Key", "status": 1 });
    assert_eq!(send(scene, "admin_a", &format!("PUT /tenants/{A}"), &kept).0, 204);
    assert_eq!(send(scene, "admin_a", &format!("PATCH /tenants/{A}"), &json!({ "key": "Old Key" })).0, 204);
    assert_eq!(scene.row("tenants", A)["key"], json!("Old Key"));
    assert_eq!(send(scene, "admin_a", &format!("PATCH /tenants/{A}"), &json!({ "key": "New-Key" })).0, 204);
    assert_eq!(scene.row("tenants", A)["key"], json!("new-key"));
}

on_both!(whoever_logs_in_by_a_name_is_one_person);
fn whoever_logs_in_by_a_name_is_one_person(scene: &Scene) {
    let add = |tenant: &str, profile: &str, username: &str, email: &str| {
        let role = if tenant == A { MEMBER } else { crate::holes::ADMIN_OF_B };
        let body = json!({ "firstName": "New", "username": username, "email": email, "roleId": role });
        send(scene, profile, &format!("POST /tenants/{tenant}/users"), &body).0
    };
    assert_eq!(add(A, "admin_a", "zo\u{eb}", "zoe@m\u{fc}ller.example"), 200);
    // Other spellings of the name, and of the domain, are the same person's.
    assert_eq!(add(A, "admin_a", "Zoe\u{308}", "other@names.example"), 409);
    assert_eq!(add(A, "admin_a", "other", "Zoe@XN--mller-kva.example"), 409);
    assert_eq!(
        found(scene, "admin_a", &format!("/tenants/{A}/users"), &json!({ "email": "ZOE@xn--mller-kva.Example" })),
        1
    );
    assert_eq!(
        found(scene, "admin_a", &format!("/tenants/{A}/users"), &json!({ "username": { "inq": ["ZO\u{cb}"] } })),
        1
    );
    // A username that is another's address, and an address that is another's username.
    assert_eq!(add(A, "admin_a", "owner@names.example", "first@names.example"), 200);
    assert_eq!(add(B, "admin_b", "second", "owner@names.example"), 409);
    assert_eq!(add(B, "admin_b", "FIRST@names.example", "third@names.example"), 409);
    assert_eq!(add(B, "admin_b", "Zoe@xn--mller-kva.example", "fourth@names.example"), 409, "the same address");
    assert_eq!(add(B, "admin_b", "zoe@m\u{fc}ller.example.", "fifth@names.example"), 409, "the same too");
    let rename = format!("PATCH /tenants/{A}/users/{ALICE}");
    assert_eq!(send(scene, "admin_a", &rename, &json!({ "username": "First@names.example" })).0, 409);
    assert_eq!(send(scene, "admin_a", &rename, &json!({ "email": "owner@names.example" })).0, 409);
    // Both may be one person's.
    assert_eq!(add(A, "admin_a", "both@names.example", "Both@names.example"), 200);
    assert_eq!(
        send(scene, "admin_a", &rename, &json!({ "username": "alice@own.example", "email": "alice@own.example" })).0,
        204
    );
    for none in ["\"x\"@names.example", "x@[192.0.2.7]"] {
        assert_eq!(add(A, "admin_a", "quoted", none), 400, "{none}");
    }
}

on_both!(conditions_find_what_was_stored_in_another_spelling);
fn conditions_find_what_was_stored_in_another_spelling(scene: &Scene) {
    let users = format!("/tenants/{A}/users");
    scene.given(&format!("UPDATE main.users SET email = 'andy@names.example' WHERE id = '{ANDY}'"));
    for (condition, rows) in [
        (json!({ "email": "Andy@Names.Example" }), 1),
        (json!({ "email": { "inq": [" ANDY@names.example "] } }), 1),
        (json!({ "and": [{ "email": { "neq": "Andy@Names.Example" } }, { "id": ANDY }] }), 0),
        (json!({ "email": { "like": "Andy@N%" } }), 1),
        (json!({ "email": { "between": ["ANDX", "ANDZ"] } }), 1),
        (json!({ "email": "nobody@names.example" }), 0),
    ] {
        assert_eq!(found(scene, "admin_a", &users, &condition), rows, "{condition}");
    }
    // The same names are looked up so wherever they are shown.
    let assigned = format!("/tenants/{A}/user-roles");
    let username = scene.row("users", ANDY)["username"].as_str().expect("they have a name").to_owned();
    let (capitals, spaced) = (username.to_uppercase(), format!(" {username} "));
    for condition in [
        json!({ "username": capitals }),
        json!({ "username": spaced }),
        json!({ "username": { "inq": [capitals] } }),
        json!({ "username": { "like": format!("{}%", &capitals[..capitals.len() - 1]) } }),
    ] {
        assert_eq!(found(scene, "admin_a", &assigned, &condition), 1, "{condition}");
        assert_eq!(found(scene, "admin_a", &users, &condition), 1, "{condition}");
    }
    for (list, name) in [(&assigned, "roleName"), (&users, "roleName"), (&users, "tenantName")] {
        let rows = scene.by("admin_a", &format!("GET {list}")).query("filter", &json!({ "limit": 1 })).send();
        let shown = json(&rows)[0][name].as_str().map(ToOwned::to_owned);
        let shown = shown.unwrap_or_else(|| panic!("no {name} in {}", text(&rows)));
        let (plain, spaced) = (json!({ name: shown }), json!({ name: format!(" {shown}  ") }));
        let rows = found(scene, "admin_a", list, &plain);
        assert!(rows > 0 && rows == found(scene, "admin_a", list, &spaced), "{list}: {name}");
    }
    for key in ["Tenant-A", " TENANT-A "] {
        assert_eq!(found(scene, "admin_a", "/tenants", &json!({ "key": key })), 1, "{key:?}");
        assert_eq!(found(scene, "admin_a", "/tenants", &json!({ "key": { "inq": [key] } })), 1, "{key:?}");
    }
    // A row that is older than the form is found as it is written.
    scene.given(&format!("UPDATE main.users SET email = 'Andy@Old.Example' WHERE id = '{ANDY}'"));
    assert_eq!(found(scene, "admin_a", &users, &json!({ "email": "Andy@Old.Example" })), 1);
}

#[test]
fn names_that_are_older_than_their_forms_are_reported() {
    let workplace = crate::program::Workplace::new();
    workplace.ok(&["bootstrap"]);
    assert!(!workplace.ok(&["migrate", "check"]).contains("older spelling"), "what is written now has its form");
    let database = rusqlite::Connection::open(workplace.path().join("data/user-tenant.db")).expect("the file is there");
    database
        .execute_batch(
            "UPDATE tenants SET key = 'Old Key'; UPDATE users SET username = 'Zoe\u{308}', email = 'Jo@Old.Example'",
        )
        .expect("rows of another program");
    let said = workplace.ok(&["migrate", "check"]);
    for name in ["Tenant.key: 1 in an older", "User.username: 1 in an older", "User.email: 1 in an older"] {
        assert!(said.contains(name), "{said}");
    }
    assert!(!said.contains("Role.name"), "{said}");
}

//! H35: fifty callers at once who ask for the same thing, where a look-up before the write cannot help.

use std::sync::Barrier;
use std::thread;

use serde_json::{Value as Json, json};

use super::{A, ALICE_IN_A, AMY, AMY_IN_A, ANDY_IN_A, ENGINEERS, MEMBER, SALES, Scene, status};
use crate::request::{Request, bad_refusal, json as json_of, text};
use crate::support::http::Answer;
use crate::world::on_both;

const CALLERS: usize = 50;
/// How often two requests race, half of them in the other order.
const ROUNDS: usize = 100;

/// Sends requests, each by a caller of its own, at the same moment.
fn at_once(requests: &[Request]) -> Vec<Answer> {
    let start = Barrier::new(requests.len());
    let call = |request: &Request| {
        start.wait();
        request.send()
    };
    thread::scope(|scope| {
        let callers: Vec<_> = requests.iter().map(|request| scope.spawn(|| call(request))).collect();
        callers.into_iter().map(|caller| caller.join().expect("a caller gets its answer")).collect()
    })
}

/// Sends one request from all callers.
fn all_at_once(request: &Request) -> Vec<Answer> {
    at_once(&vec![request.clone(); CALLERS])
}

/// How many rows a table has more than before, by table; the log counts as one.
fn added(scene: &Scene) -> Vec<(String, usize)> {
    let before = scene.before.borrow();
    let after = scene.world.database.tables();
    let mut added: Vec<(String, usize)> = Vec::new();
    for (table, _) in after.rows.keys().filter(|key| !before.rows.contains_key(*key)) {
        match added.last_mut().filter(|(last, _)| last == table) {
            Some((_, count)) => *count += 1,
            None => added.push((table.clone(), 1)),
        }
    }
    added
}

/// One caller succeeds, and the others are refused as whoever comes later is, with nothing left of them.
#[track_caller]
fn one_wins(scene: &Scene, line: &str, body: &Json, refusal: u16, rows: &[&str]) {
    let request = scene.by("admin_a", line).json(body);
    let answers = all_at_once(&request);
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status < 300);
    assert_eq!(won.len(), 1, "{line}: {:?}", answers.iter().map(status).collect::<Vec<_>>());
    let rows: Vec<(String, usize)> = rows.iter().map(|table| ((*table).to_owned(), 1)).collect();
    assert_eq!(added(scene), rows, "{line}");
    let later = request.send();
    assert_eq!(later.status, refusal, "{line}: {}", text(&later));
    for answer in lost {
        assert_eq!(status(answer), status(&later), "{line}: who loses is refused as who comes later");
        assert_eq!(bad_refusal(answer), None);
    }
    scene.world.database.restore();
    scene.go_on();
}

on_both!(h35_of_fifty_equal_creations_at_once_one_succeeds);
fn h35_of_fifty_equal_creations_at_once_one_succeeds(scene: &Scene) {
    let user = json!({ "firstName": "N", "username": "new", "email": "new@a.example", "roleId": MEMBER });
    let known = json!({ "firstName": "B", "username": "bob", "email": "bob@b.example", "roleId": MEMBER });
    let permission = json!({ "permission": "ViewRoles", "allowed": true });
    let permissions = format!("POST /user-tenants/{ANDY_IN_A}/user-level-permissions");
    let member = json!({ "userTenantId": AMY_IN_A });
    for (line, body, refusal, rows) in [
        (format!("POST /tenants/{A}/roles"), json!({ "name": "New" }), 403, &["roles"][..]),
        (format!("POST /tenants/{A}/groups"), json!({ "name": "New" }), 403, &["groups", "user_groups"]),
        (format!("POST /groups/{ENGINEERS}/user"), member, 403, &["user_groups"]),
        (format!("POST /tenants/{A}/users"), user, 409, &["user_credentials", "user_tenants", "users"]),
        (format!("POST /tenants/{A}/users"), known, 409, &["user_tenants"]),
        (permissions, permission, 409, &["user_permissions"]),
        ("POST /tenants".to_owned(), json!({ "name": "N", "status": 1, "key": "new" }), 409, &["tenants"]),
    ] {
        one_wins(scene, &line, &body, refusal, rows);
    }
}

on_both!(h35_of_fifty_spellings_at_once_one_is_stored);
/// Two names for one person, a letter apart in case, are one name to whoever comes later.
fn h35_of_fifty_spellings_at_once_one_is_stored(scene: &Scene) {
    let spelling = |at: usize| {
        let name = if at.is_multiple_of(2) { "NEW" } else { "new" };
        let email = format!("{name}{}@A.example", if at.is_multiple_of(3) { "" } else { "x" });
        let body = json!({ "firstName": "N", "username": name, "email": email, "roleId": MEMBER });
        scene.by("admin_a", &format!("POST /tenants/{A}/users")).json(&body)
    };
    let answers = at_once(&(0..CALLERS).map(spelling).collect::<Vec<_>>());
    for answer in &answers {
        assert!(answer.status < 300 || answer.status == 409, "{:?}", status(answer));
    }
    assert_eq!(answers.iter().filter(|answer| answer.status < 300).count(), 1);
    assert_eq!(scene.live("users", &[("username", json!("new"))]), 1);
}

on_both!(of_fifty_names_that_fold_alike_one_is_stored);
/// No constraint lies between most of these.
fn of_fifty_names_that_fold_alike_one_is_stored(scene: &Scene) {
    const SPELLINGS: [&str; 5] = ["strasse", "stra\u{df}e", "STRASSE", "\u{17f}trasse", "STRA\u{1e9e}E"];
    for kind in ["roles", "groups"] {
        let line = format!("POST /tenants/{A}/{kind}");
        let call = |at: usize| scene.by("admin_a", &line).json(&json!({ "name": SPELLINGS[at % SPELLINGS.len()] }));
        let answers = at_once(&(0..CALLERS).map(call).collect::<Vec<_>>());
        for answer in &answers {
            assert!(matches!(answer.status, 200 | 403), "{kind}: {:?}", status(answer));
        }
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{kind}");
    }
}

on_both!(of_a_username_and_an_address_that_are_one_login_one_is_stored);
/// A username here is an address there: no constraint lies between the two, and still one of two is refused.
fn of_a_username_and_an_address_that_are_one_login_one_is_stored(scene: &Scene) {
    for round in 0..ROUNDS / 4 {
        let login = format!("login{round}@a.example");
        let add = |username: &str, email: &str| {
            let body = json!({ "firstName": "N", "username": username, "email": email, "roleId": MEMBER });
            scene.by("admin_a", &format!("POST /tenants/{A}/users")).json(&body)
        };
        let both = [add(&login, "other@a.example"), add("other", &login)];
        let said: Vec<_> = at_once(&both).iter().map(|answer| answer.status).collect();
        assert!(said.contains(&200) && said.contains(&409), "round {round}: {said:?}");
        scene.world.database.restore();
        scene.go_on();
    }
}

on_both!(h35_of_fifty_settings_at_once_one_row_is_left);
/// Configurations and preferences are set, not created: all succeed, on one row.
fn h35_of_fifty_settings_at_once_one_row_is_left(scene: &Scene) {
    for (line, table, owner) in [
        (format!("POST /tenants/{A}/tenant-configs"), "tenant_configs", ("tenant_id", json!(A))),
        ("POST /user-tenant-prefs".to_owned(), "user_tenant_prefs", ("user_tenant_id", json!(ALICE_IN_A))),
    ] {
        let request = scene.by("admin_a", &line).json(&json!({ "configKey": "new", "configValue": { "a": 1 } }));
        for answer in all_at_once(&request) {
            assert_eq!(answer.status, 200, "{line}: {}", text(&answer));
        }
        assert_eq!(added(scene), [(table.to_owned(), 1)], "{line}");
        assert_eq!(scene.live(table, &[owner, ("config_key", json!("new"))]), 1, "{line}");
        scene.go_on();
    }
}

on_both!(h35_of_fifty_bulk_additions_at_once_each_member_is_in_once);
/// Members added one by one and in bulk at the same time are in once.
fn h35_of_fifty_bulk_additions_at_once_each_member_is_in_once(scene: &Scene) {
    let members = json!([{ "userTenantId": ANDY_IN_A }, { "userTenantId": ALICE_IN_A }]);
    let request = scene.by("admin_a", &format!("POST /groups/{SALES}/user/bulk")).json(&members);
    for answer in all_at_once(&request) {
        assert_eq!(answer.status, 200, "who is in already is passed over: {}", text(&answer));
    }
    for member in [ANDY_IN_A, ALICE_IN_A] {
        let columns = [("group_id", json!(SALES)), ("user_tenant_id", json!(member))];
        assert_eq!(scene.live("user_groups", &columns), 1, "{member}");
    }
}

on_both!(of_fifty_changes_by_a_pattern_one_finds_the_row);
/// What patterns select is searched for before the transaction, and changed only if it is still as it was found.
fn of_fifty_changes_by_a_pattern_one_finds_the_row(scene: &Scene) {
    let groups = scene.by("admin_a", &format!("PATCH /tenants/{A}/groups"));
    let free =
        groups.clone().query("where", &json!({ "id": SALES })).json(&json!({ "description": "free to take" })).send();
    assert_eq!(free.status, 200, "{}", text(&free));
    let take =
        groups.query("where", &json!({ "description": { "like": "free%" } })).json(&json!({ "description": "taken" }));
    let answers = all_at_once(&take);
    let counts: Vec<_> = answers.iter().map(|answer| (answer.status, json_of(answer)["count"].as_u64())).collect();
    assert_eq!(counts.iter().filter(|count| **count == (200, Some(1))).count(), 1, "{counts:?}");
    assert_eq!(counts.iter().filter(|count| **count == (200, Some(0))).count(), CALLERS - 1, "{counts:?}");
}

on_both!(a_change_by_a_pattern_and_one_by_id_wait_for_each_other_in_one_order);
/// The same new name, so that both keep it from others; and the same row.
fn a_change_by_a_pattern_and_one_by_id_wait_for_each_other_in_one_order(scene: &Scene) {
    let groups = scene.by("admin_a", &format!("PATCH /tenants/{A}/groups"));
    let by = |condition: Json, name: &str| groups.clone().query("where", &condition).json(&json!({ "name": name }));
    for round in 0..ROUNDS / 2 {
        let name = format!("sales {}", round % 2);
        let by_id = by(json!({ "id": SALES }), &name);
        let by_pattern = by(json!({ "id": SALES, "name": { "ilike": "sales%" } }), &name);
        for answer in at_once(&[by_id.clone(), by_pattern.clone(), by_id, by_pattern]) {
            assert_eq!(answer.status, 200, "round {round}: {}", text(&answer));
        }
    }
}

/// Where a row leads to: the column of the key, and the table.
const ABOVE: [(&str, &str); 6] = [
    ("member_group_id", "groups"),
    ("user_tenant_id", "user_tenants"),
    ("group_id", "groups"),
    ("role_id", "roles"),
    ("tenant_id", "tenants"),
    ("user_id", "users"),
];

/// Rows that a race has made or changed, that are live, and that lead to one that is not.
fn live_below_dead(scene: &Scene) -> Vec<String> {
    let (before, after) = (scene.before.borrow(), scene.world.database.tables());
    let is_dead = |row: &serde_json::Map<String, Json>| row.get("deleted") == Some(&json!(true));
    let touched = after.rows.iter().filter(|(key, row)| before.rows.get(*key) != Some(*row) && !is_dead(row));
    let mut found = Vec::new();
    for ((table, id), row) in touched {
        for (column, above) in ABOVE {
            let Some(Json::String(key)) = row.get(column) else { continue };
            if after.rows.get(&(above.to_owned(), key.clone())).is_some_and(is_dead) {
                found.push(format!("{table} {id} is live, and its {column} is not"));
            }
        }
    }
    found
}

/// The pairs of tables that are raced below: rows of the first rest on rows of the second.
pub(super) const RACED: [(&str, &str); 6] = [
    ("user_groups", "user_tenants"),
    ("user_groups", "groups"),
    ("user_tenants", "roles"),
    ("group_roles", "groups"),
    ("group_roles", "roles"),
    ("group_groups", "groups"),
];

on_both!(what_rests_on_a_row_is_not_left_without_it);
/// What rests on a row is not written while that row is taken away, whichever comes first.
fn what_rests_on_a_row_is_not_left_without_it(scene: &Scene) {
    let nobodys = "a0000000-0000-4000-8000-000000000088";
    let line = |method: &str, path: &str| format!("{method} /tenants/{A}/{path}");
    let member = json!({ "userTenantId": AMY_IN_A });
    let user = json!({ "firstName": "N", "username": "new", "email": "new@a.example", "roleId": nobodys });
    let no_amy = (line("DELETE", &format!("users/{AMY}")), Json::Null);
    let no_group = (line("DELETE", &format!("groups/{ENGINEERS}")), Json::Null);
    let no_role = (line("DELETE", &format!("roles/{nobodys}")), Json::Null);
    let carried = (format!("POST /groups/{ENGINEERS}/roles"), json!({ "roleId": nobodys }));
    let held = |group: &str, member: &str| (format!("POST /groups/{group}/groups"), json!({ "groupId": member }));
    for (written, removed) in [
        ((format!("POST /groups/{ENGINEERS}/user"), member.clone()), &no_amy),
        ((format!("POST /groups/{ENGINEERS}/user/bulk"), json!([member.clone()])), &no_amy),
        ((format!("POST /groups/{ENGINEERS}/user"), member.clone()), &no_group),
        ((format!("POST /groups/{ENGINEERS}/user/bulk"), json!([member])), &no_group),
        ((line("PATCH", &format!("users/{AMY}")), json!({ "roleId": nobodys })), &no_amy),
        ((line("POST", "users"), user), &no_role),
        ((line("PATCH", &format!("users/{AMY}")), json!({ "roleId": nobodys })), &no_role),
        ((line("PUT", &format!("users/{AMY}/role")), json!({ "roleId": nobodys })), &no_role),
        (carried.clone(), &no_role),
        (carried, &no_group),
        (held(ENGINEERS, SALES), &no_group),
        (held(SALES, ENGINEERS), &no_group),
    ] {
        for round in 0..ROUNDS {
            scene.given(&format!(
                "INSERT INTO main.roles (id, name, tenant_id) VALUES ('{nobodys}', 'nobody''s', '{A}')"
            ));
            let request = |(line, body): &(String, Json)| match body {
                Json::Null => scene.by("admin_a", line),
                body => scene.by("admin_a", line).json(body),
            };
            let mut both = [request(&written), request(removed)];
            both[..].rotate_left(round % 2);
            let answers = at_once(&both);
            let left = live_below_dead(scene);
            let said: Vec<_> = answers.iter().map(status).collect();
            assert!(left.is_empty(), "{} and {}, round {round}: {left:?} {said:?}", written.0, removed.0);
            assert!(answers.iter().all(|answer| answer.status < 500), "{said:?}");
            scene.world.database.restore();
            scene.go_on();
        }
    }
}

on_both!(of_two_who_together_would_make_a_cycle_of_groups_one_is_refused);
fn of_two_who_together_would_make_a_cycle_of_groups_one_is_refused(scene: &Scene) {
    let held = |group: &str, member: &str| {
        scene.by("admin_a", &format!("POST /groups/{group}/groups")).json(&json!({ "groupId": member }))
    };
    for round in 0..ROUNDS / 4 {
        let answers = at_once(&[held(ENGINEERS, SALES), held(SALES, ENGINEERS)]);
        let mut said: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        said.sort_unstable();
        assert_eq!(said, [201, 422], "round {round}");
        assert_eq!(scene.live("group_groups", &[]), 1);
        scene.world.database.restore();
    }
}

on_both!(of_fifty_who_let_a_group_carry_a_role_one_does);
fn of_fifty_who_let_a_group_carry_a_role_one_does(scene: &Scene) {
    for (line, body, table) in [
        (format!("POST /groups/{ENGINEERS}/roles"), json!({ "roleId": MEMBER }), "group_roles"),
        (format!("POST /groups/{ENGINEERS}/groups"), json!({ "groupId": SALES }), "group_groups"),
    ] {
        one_wins(scene, &line, &body, 409, &[table]);
    }
}

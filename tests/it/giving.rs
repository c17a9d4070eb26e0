//! Groups give: what members have by the groups that they are in, how far groups may hold each other, and what stays refused.

use serde_json::{Value as Json, json};

use crate::holes::{
    A, ALICE_IN_A, ANDY, ANDY_IN_A, BETH_IN_B, ENGINEERS, ENGINEERS_OF_B, MEMBER, SALES, Scene, VIEWER,
};
use crate::request::{bad_refusal, json as json_of, text};
use crate::world::on_both;

/// Sends a request; the status, and the answer.
#[track_caller]
pub(crate) fn ask(scene: &Scene, profile: &str, line: &str, body: &Json) -> (u16, Json) {
    let request = scene.by(profile, line);
    let answer = if body.is_null() { request.send() } else { request.json(body).send() };
    assert!(answer.status < 500, "{line}: {}", text(&answer));
    if answer.status >= 400 {
        assert_eq!(bad_refusal(&answer), None);
    }
    (answer.status, if answer.body.is_empty() { Json::Null } else { json_of(&answer) })
}

/// Sends a request that is refused by this code, and changes nothing.
#[track_caller]
pub(crate) fn refused(scene: &Scene, profile: &str, line: &str, body: &Json, code: (u16, &str)) -> Json {
    scene.go_on();
    let (status, told) = ask(scene, profile, line, body);
    let known = told["code"].as_str().or(told["error"]["code"].as_str()).unwrap_or_default();
    assert_eq!(status, code.0, "{line} by {profile}: {told}");
    assert!(known == code.1 || known.is_empty() && told["error"].is_object(), "{line} by {profile}: {told}");
    scene.unchanged();
    told
}

/// Lets a group carry a role.
#[track_caller]
pub(crate) fn carry(scene: &Scene, profile: &str, group: &str, role: &str) {
    let (status, told) = ask(scene, profile, &format!("POST /groups/{group}/roles"), &json!({ "roleId": role }));
    assert_eq!((status, &told["roleId"]), (201, &json!(role)), "{told}");
}

/// Puts a group into another.
#[track_caller]
pub(crate) fn hold(scene: &Scene, profile: &str, group: &str, member: &str) {
    let (status, told) = ask(scene, profile, &format!("POST /groups/{group}/groups"), &json!({ "groupId": member }));
    assert_eq!((status, &told["groupId"]), (201, &json!(member)), "{told}");
}

/// Makes a group that nobody is in.
pub(crate) fn group(scene: &Scene, name: &str) -> String {
    let (status, told) = ask(scene, "admin_a", &format!("POST /tenants/{A}/groups"), &json!({ "name": name }));
    assert_eq!(status, 200, "{told}");
    let id = told["id"].as_str().expect("an id").to_owned();
    scene.given(&format!("DELETE FROM main.user_groups WHERE group_id = '{id}'"));
    id
}

/// Makes a role that grants what Alice holds.
pub(crate) fn role(scene: &Scene, name: &str, permissions: &[&str]) -> String {
    let body = json!({ "name": name, "permissions": permissions, "roleType": 1 });
    let (status, told) = ask(scene, "admin_a", &format!("POST /tenants/{A}/roles"), &body);
    assert_eq!(status, 200, "{told}");
    told["id"].as_str().expect("an id").to_owned()
}

/// The sources of a permission of a member, and whether it is granted.
#[track_caller]
pub(crate) fn effective(scene: &Scene, member: &str, permission: &str) -> (Json, bool) {
    let (status, held) =
        ask(scene, "master_b", &format!("GET /user-tenants/{member}/effective-permissions"), &Json::Null);
    assert_eq!(status, 200, "{held}");
    let all = held["permissions"].as_array().expect("permissions").clone();
    let found = all.into_iter().find(|one| one["permission"] == permission).unwrap_or_default();
    let granted = found["granted"] == true;
    let check = json!({ "checks": [{ "userTenantId": member, "permission": permission }] });
    let (_, decided) = ask(scene, "master_b", "POST /permissions/check", &check);
    let decided = decided["results"][0]["allowed"] == true;
    assert_eq!(decided, granted && held["active"] == true, "{permission}: one rule decides");
    (found["sources"].clone(), granted)
}

on_both!(a_member_has_the_roles_of_their_groups_and_of_those_above);
fn a_member_has_the_roles_of_their_groups_and_of_those_above(scene: &Scene) {
    let (staff, all) = (group(scene, "staff"), group(scene, "everybody"));
    let reader = role(scene, "reader", &["ViewRoles", "33"]);
    carry(scene, "admin_a", &all, &reader);
    assert_eq!(effective(scene, ANDY_IN_A, "ViewRoles"), (Json::Null, false));
    hold(scene, "admin_a", &all, &staff);
    hold(scene, "admin_a", &staff, ENGINEERS);
    let way = json!([
        { "id": ENGINEERS, "name": "engineers" }, { "id": staff, "name": "staff" }, { "id": all, "name": "everybody" },
    ]);
    let source = json!({ "kind": "group", "id": reader, "groups": way });
    assert_eq!(effective(scene, ANDY_IN_A, "ViewRoles"), (json!([source]), true));
    assert_eq!(effective(scene, ANDY_IN_A, "ViewGroupList"), (json!([source]), true), "by its name");

    // By the shortest way, where there are two; and by each group that carries a role.
    hold(scene, "admin_a", &all, ENGINEERS);
    let short = json!([{ "id": ENGINEERS, "name": "engineers" }, { "id": all, "name": "everybody" }]);
    let source = json!({ "kind": "group", "id": reader, "groups": short });
    assert_eq!(effective(scene, ANDY_IN_A, "ViewRoles").0, json!([source]));
    carry(scene, "admin_a", ENGINEERS, &reader);
    let own = json!({ "kind": "group", "id": reader, "groups": [{ "id": ENGINEERS, "name": "engineers" }] });
    assert_eq!(effective(scene, ANDY_IN_A, "ViewRoles").0, json!([own, source]));

    // A denial wins, by the other spelling too.
    let withheld = json!({ "permission": "6", "allowed": false });
    let line = format!("POST /user-tenants/{ANDY_IN_A}/user-level-permissions");
    assert_eq!(ask(scene, "admin_a", &line, &withheld).0, 200);
    let (sources, granted) = effective(scene, ANDY_IN_A, "ViewRoles");
    assert_eq!((&sources[2]["kind"], granted), (&json!("denial"), false), "{sources}");

    // Who leaves the group, or whose group is taken out or loses the role, has it no more.
    assert_eq!(ask(scene, "admin_a", &format!("DELETE /groups/{ENGINEERS}/roles/{reader}"), &Json::Null).0, 204);
    assert_eq!(effective(scene, ANDY_IN_A, "ViewGroupList").0, json!([source]));
    assert_eq!(ask(scene, "admin_a", &format!("DELETE /groups/{all}/groups/{ENGINEERS}"), &Json::Null).0, 204);
    let source = json!({ "kind": "group", "id": reader, "groups": way });
    assert_eq!(effective(scene, ANDY_IN_A, "ViewGroupList").0, json!([source]));
    assert_eq!(ask(scene, "admin_a", &format!("DELETE /groups/{ENGINEERS}/user/{ANDY}"), &Json::Null).0, 204);
    assert_eq!(effective(scene, ANDY_IN_A, "ViewGroupList"), (Json::Null, false));
}

on_both!(what_a_group_carries_and_holds_is_listed);
fn what_a_group_carries_and_holds_is_listed(scene: &Scene) {
    let [roles, groups] = ["roles", "groups"].map(|part| format!("/groups/{ENGINEERS}/{part}"));
    let list = |path: &str| ask(scene, "admin_a", &format!("GET {path}"), &Json::Null);
    assert_eq!((list(&roles), list(&groups)), ((200, json!([])), (200, json!([]))));
    carry(scene, "admin_a", ENGINEERS, VIEWER);
    carry(scene, "admin_a", ENGINEERS, MEMBER);
    hold(scene, "admin_a", ENGINEERS, SALES);
    let expected = json!([{ "roleId": MEMBER, "name": "member" }, { "roleId": VIEWER, "name": "viewer" }]);
    assert_eq!(list(&roles), (200, expected));
    assert_eq!(list(&groups), (200, json!([{ "groupId": SALES, "name": "sales" }])));
    for (line, body, code) in [
        (format!("POST {roles}"), json!({ "roleId": MEMBER }), (409, "TAKEN")),
        (format!("POST {groups}"), json!({ "groupId": SALES }), (409, "TAKEN")),
        (format!("POST {roles}"), json!({}), (422, "VALIDATION_FAILED")),
        (format!("POST {roles}"), json!({ "roleId": "x" }), (422, "VALIDATION_FAILED")),
        (format!("POST {roles}"), json!({ "roleId": MEMBER, "groupId": SALES }), (422, "VALIDATION_FAILED")),
        (format!("DELETE {roles}/{ENGINEERS}"), Json::Null, (404, "NOT_FOUND")),
        (format!("DELETE {groups}/{ENGINEERS}"), Json::Null, (404, "NOT_FOUND")),
        (format!("DELETE {groups}/x"), Json::Null, (404, "NOT_FOUND")),
    ] {
        refused(scene, "admin_a", &line, &body, code);
    }
    // Of another tenant no more is said than of what is not there.
    for id in ["b0000000-0000-4000-8000-000000000012", "f0000000-0000-4000-8000-000000000099"] {
        for profile in ["admin_a", "master_a"] {
            let told =
                refused(scene, profile, &format!("POST {roles}"), &json!({ "roleId": id }), (422, "RELATED_NOT_FOUND"));
            assert_eq!((&told["entity"], &told["id"]), (&json!("Role"), &json!(id)));
        }
    }
    for id in [ENGINEERS_OF_B, "f0000000-0000-4000-8000-000000000099"] {
        let body = json!({ "groupId": id });
        let told = refused(scene, "master_a", &format!("POST {groups}"), &body, (422, "RELATED_NOT_FOUND"));
        assert_eq!((&told["entity"], &told["id"]), (&json!("Group"), &json!(id)));
    }
    let (_, events) =
        ask(scene, "admin_a", &format!("GET /tenants/{A}/events?type=groupRole.added,groupGroup.added"), &Json::Null);
    let events = events["events"].as_array().expect("events");
    let told: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap_or_default()).collect();
    assert_eq!(told, ["groupRole.added", "groupRole.added", "groupGroup.added"]);
    assert_eq!(events[2]["after"]["memberGroupId"], SALES, "{}", events[2]);
}

on_both!(no_group_holds_itself_and_no_chain_has_nine);
fn no_group_holds_itself_and_no_chain_has_nine(scene: &Scene) {
    let groups: Vec<String> = (1..=9).map(|number| group(scene, &format!("level {number}"))).collect();
    let named = |numbers: &[usize]| -> Json {
        numbers.iter().map(|number| json!({ "id": groups[number - 1], "name": format!("level {number}") })).collect()
    };
    let refuse = |holder: usize, held: usize, code: &str, path: &[usize]| {
        let body = json!({ "groupId": groups[held - 1] });
        let told =
            refused(scene, "admin_a", &format!("POST /groups/{}/groups", groups[holder - 1]), &body, (422, code));
        assert_eq!(told["path"], named(path), "{told}");
    };
    refuse(1, 1, "GROUP_CYCLE", &[1, 1]);
    // From both ends, so that what is below counts as well as what is above.
    for (holder, held) in [(1, 2), (2, 3), (3, 4), (5, 6), (6, 7), (7, 8), (4, 5)] {
        hold(scene, "admin_a", &groups[holder - 1], &groups[held - 1]);
    }
    refuse(3, 1, "GROUP_CYCLE", &[3, 1, 2, 3]);
    refuse(8, 1, "GROUP_CYCLE", &[8, 1, 2, 3, 4, 5, 6, 7, 8]);
    refuse(8, 9, "GROUPS_TOO_DEEP", &[1, 2, 3, 4, 5, 6, 7, 8, 9]);
    refuse(9, 1, "GROUPS_TOO_DEEP", &[9, 1, 2, 3, 4, 5, 6, 7, 8]);
    hold(scene, "admin_a", &groups[8], &groups[1]);
    // The lowest has what the highest gives, eight groups above.
    let reader = role(scene, "reader", &["ViewRoles"]);
    carry(scene, "admin_a", &groups[0], &reader);
    let body = json!({ "userTenantId": ANDY_IN_A });
    assert_eq!(ask(scene, "admin_a", &format!("POST /groups/{}/user", groups[7]), &body).0, 200);
    let (sources, granted) = effective(scene, ANDY_IN_A, "ViewRoles");
    assert!(granted && sources[0]["groups"] == named(&[8, 7, 6, 5, 4, 3, 2, 1]), "{sources}");
}

on_both!(how_much_groups_give_is_bounded);
fn how_much_groups_give_is_bounded(scene: &Scene) {
    let id = |prefix: &str, number: usize| format!("a0000000-0000-4000-{prefix}-{number:012}");
    let values = |row: &dyn Fn(usize) -> String| (0..100).map(row).collect::<Vec<_>>().join(", ");
    let roles = values(&|number| format!("('{}', 'role {number}', '{A}')", id("9001", number)));
    let groups = values(&|number| format!("('{}', 'group {number}', '{A}')", id("9002", number)));
    scene.given(&format!(
        "INSERT INTO main.roles (id, name, tenant_id) VALUES {roles};
         INSERT INTO main.groups (id, name, tenant_id) VALUES {groups};
         INSERT INTO main.group_roles (id, group_id, role_id)
             SELECT id, '{ENGINEERS}', id FROM main.roles WHERE name LIKE 'role %';
         INSERT INTO main.group_groups (id, group_id, member_group_id)
             SELECT id, '{ENGINEERS}', id FROM main.groups WHERE name LIKE 'group %'"
    ));
    let quota = (409, "QUOTA_EXCEEDED");
    let [roles, groups] = ["roles", "groups"].map(|part| format!("POST /groups/{ENGINEERS}/{part}"));
    assert_eq!(refused(scene, "admin_a", &roles, &json!({ "roleId": MEMBER }), quota)["limit"], 100);
    assert_eq!(refused(scene, "admin_a", &groups, &json!({ "groupId": SALES }), quota)["limit"], 100);
    let (_, listed) = ask(scene, "admin_a", &roles.replace("POST", "GET"), &Json::Null);
    assert_eq!(listed.as_array().map(Vec::len), Some(100));

    // All groups of the tenant together: nine more with as many.
    let pairs = |prefix: usize, member: &str| {
        let pair = |at: usize| {
            let (holder, other) = (at / 100, at % 100);
            let row = id(&(prefix + holder).to_string(), other);
            format!("('{row}', '{}', '{}')", id("9003", holder), id(member, other))
        };
        (0..900).map(pair).collect::<Vec<_>>().join(", ")
    };
    let holders: Vec<_> =
        (0..9).map(|number| format!("('{}', 'holder {number}', '{A}')", id("9003", number))).collect();
    scene.given(&format!(
        "INSERT INTO main.groups (id, name, tenant_id) VALUES {};
         INSERT INTO main.group_roles (id, group_id, role_id) VALUES {};
         INSERT INTO main.group_groups (id, group_id, member_group_id) VALUES {}",
        holders.join(", "),
        pairs(9010, "9001"),
        pairs(9020, "9002"),
    ));
    let [roles, groups] = ["roles", "groups"].map(|part| format!("POST /groups/{SALES}/{part}"));
    assert_eq!(refused(scene, "admin_a", &roles, &json!({ "roleId": MEMBER }), quota)["limit"], 1_000);
    assert_eq!(refused(scene, "admin_a", &groups, &json!({ "groupId": ENGINEERS }), quota)["limit"], 1_000);
}

on_both!(a_deleted_group_gives_nothing_and_leaves_nothing);
fn a_deleted_group_gives_nothing_and_leaves_nothing(scene: &Scene) {
    let staff = group(scene, "staff");
    let reader = role(scene, "reader", &["ViewRoles"]);
    carry(scene, "admin_a", &staff, &reader);
    hold(scene, "admin_a", &staff, ENGINEERS);
    hold(scene, "admin_a", SALES, &staff);
    let delete = |what: &str, id: &str| ask(scene, "admin_a", &format!("DELETE /tenants/{A}/{what}/{id}"), &Json::Null);
    let (status, told) = delete("roles", &reader);
    assert_eq!((status, &told["error"]["message"]), (409, &json!("The role is in use: 1 group carries it.")), "{told}");
    // A role that a member has too is refused as ever.
    carry(scene, "admin_a", &staff, MEMBER);
    let (_, told) = delete("roles", MEMBER);
    assert_eq!(told["error"]["message"], "The role is in use: 2 members have it, and 1 group carries it.");
    assert!(effective(scene, ANDY_IN_A, "ViewRoles").1);
    assert_eq!(delete("groups", &staff).0, 204);
    assert_eq!((scene.live("group_roles", &[]), scene.live("group_groups", &[])), (0, 0));
    assert!(!effective(scene, ANDY_IN_A, "ViewRoles").1);
    assert_eq!(delete("roles", &reader).0, 204);
}

on_both!(what_other_programs_delete_or_cross_gives_nothing);
/// The original knows nothing of what groups carry: it deletes a group or a role and leaves our rows, and it has put members into
/// groups of other tenants.
fn what_other_programs_delete_or_cross_gives_nothing(scene: &Scene) {
    let (staff, reader) = (group(scene, "staff"), role(scene, "reader", &["ViewRoles"]));
    carry(scene, "admin_a", &staff, &reader);
    hold(scene, "admin_a", &staff, ENGINEERS);
    let has = |member: &str| effective(scene, member, "ViewRoles").1;
    assert!(has(ANDY_IN_A));
    for (table, id) in [("groups", staff.as_str()), ("roles", &reader), ("groups", ENGINEERS)] {
        scene.given(&format!("UPDATE main.{table} SET deleted = true WHERE id = '{id}'"));
        assert!(!has(ANDY_IN_A), "{table} {id}");
        scene.given(&format!("UPDATE main.{table} SET deleted = false WHERE id = '{id}'"));
        assert!(has(ANDY_IN_A));
    }
    scene.given(&format!(
        "INSERT INTO main.user_groups (id, user_tenant_id, group_id)
             VALUES ('a0000000-0000-4000-8000-000000000057', '{BETH_IN_B}', '{ENGINEERS}')"
    ));
    assert!(!has(BETH_IN_B), "of another tenant");
    scene.given(&format!(
        "INSERT INTO main.group_groups (id, group_id, member_group_id)
             VALUES ('a0000000-0000-4000-8000-000000000058', '{staff}', '{ENGINEERS_OF_B}')"
    ));
    assert!(!has(BETH_IN_B), "nor by a group of another tenant");
    // Groups that hold each other by force end the walk nevertheless.
    scene.given(&format!(
        "INSERT INTO main.group_groups (id, group_id, member_group_id)
             VALUES ('a0000000-0000-4000-8000-000000000059', '{ENGINEERS}', '{staff}')"
    ));
    assert!(has(ANDY_IN_A) && has(ALICE_IN_A));
}

//! Invitations: who is let in, with what, and once; each address of a batch by itself; and all the ways in which one ends.

mod coming;
mod proofs;

use serde_json::{Map, Value as Json, json};

use crate::authorization::IDLE;
use crate::holes::{A, ADMIN, ALICE_IN_A, B, ENGINEERS, ENGINEERS_OF_B, MEMBER, SALES, SUPER, VIEWER};
use crate::request::{bad_refusal, json as json_of, text};
use crate::support::fixture::Database;
use crate::support::http::Answer;
use crate::world::{World, on_both};

const ALL: &str = "/tenants/a0000000-0000-4000-8000-000000000001/invitations";

fn invite(world: &World, profile: &str, invitations: &Json) -> Answer {
    world.request(&format!("POST {ALL}")).token(profile).json(&json!({ "invitations": invitations })).send()
}

/// Invites one, who must be let in, and tells the item of the answer.
#[track_caller]
fn invited(world: &World, profile: &str, invitation: &Json) -> Json {
    let answer = invite(world, profile, &json!([invitation]));
    assert_eq!(answer.status, 200, "{}", text(&answer));
    let item = json_of(&answer)["invitations"][0].take();
    assert_eq!(item["status"], "invited", "{item}");
    item
}

/// The same, and tells the path of the link.
#[track_caller]
fn link(world: &World, invitation: &Json) -> String {
    invited(world, "admin_a", invitation)["link"].as_str().expect("an administrator is given the link").to_owned()
}

/// Has the secret of a link be that of the mail, which the address alone is sent.
fn by_mail(world: &World, item: &Json) {
    let id = item["id"].as_str().unwrap_or_default();
    world.run(&format!("UPDATE main.invitations SET token = secret, secret = NULL WHERE id = '{id}'"));
}

fn new(address: &str) -> Json {
    json!({ "address": address, "roleId": MEMBER, "firstName": "Ned" })
}

fn get(world: &World, path: &str) -> Answer {
    world.request(&format!("GET {path}")).send()
}

fn accept(world: &World, link: &str, body: &Json) -> Answer {
    let request = world.request(&format!("POST {link}/accept"));
    if body.is_null() { request.send() } else { request.json(body).send() }
}

fn decline(world: &World, link: &str) -> Answer {
    world.request(&format!("POST {link}/decline")).send()
}

fn rows(world: &World, table: &str) -> Vec<Map<String, Json>> {
    let tables = world.database.tables();
    tables.rows.into_iter().filter(|(key, _)| key.0 == table).map(|(_, row)| row).collect()
}

fn row(world: &World, table: &str, column: &str, value: &Json) -> Map<String, Json> {
    let found: Vec<_> = rows(world, table).into_iter().filter(|row| row[column] == *value).collect();
    let [row] = &found[..] else { panic!("{} rows of {table} with {column} {value}", found.len()) };
    row.clone()
}

/// Whoever has the secret is told this, whatever they do; and nothing changes.
#[track_caller]
fn over(world: &World, link: &str, status: u16, code: &str) {
    let before = world.database.tables();
    for answer in [accept(world, link, &Json::Null), decline(world, link), get(world, link)] {
        assert_eq!((answer.status, &json_of(&answer)["code"]), (status, &json!(code)), "{}", text(&answer));
        assert_eq!(bad_refusal(&answer), None);
    }
    assert!(world.database.tables() == before, "who is refused changes nothing");
}

/// Who accepts is told this, and nothing changes.
#[track_caller]
fn refused(world: &World, link: &str, body: &Json, status: u16, code: &str) {
    let before = world.database.tables();
    let answer = accept(world, link, body);
    assert_eq!((answer.status, &json_of(&answer)["code"]), (status, &json!(code)), "{}", text(&answer));
    assert_eq!(bad_refusal(&answer), None);
    assert!(world.database.tables() == before, "who is refused changes nothing");
}

on_both!(somebody_new_comes_with_the_role_and_the_groups_and_once, IDLE);
fn somebody_new_comes_with_the_role_and_the_groups_and_once(world: &World) {
    let wanted = json!({
        "address": "Ned@New.Example", "role": "MEMBER", "groupIds": [ENGINEERS, SALES], "locale": "pt", "firstName": "Ned",
    });
    let item = invited(world, "admin_a", &wanted);
    by_mail(world, &item);
    let link = item["link"].as_str().unwrap();
    let secret = link.strip_prefix("/invitations/").unwrap();
    assert_eq!(secret.len(), 43, "256 bits: {secret}");
    let shown = json_of(&get(world, link));
    let expected = json!({ "tenantName": "Tenant A", "address": "ned@new.example", "inviterFirstName": "Alice" });
    assert_eq!(shown, expected, "and nothing else");

    let body = json!({
        "profile": { "firstName": "Edward", "lastName": "New", "username": "Ned.New" }, "password": "five grey cats asleep",
    });
    let answer = accept(world, link, &body);
    assert_eq!(answer.status, 200, "{}", text(&answer));
    let came = json_of(&answer);
    let person = row(world, "users", "email", &json!("ned@new.example"));
    assert_eq!([&person["first_name"], &person["username"]], [&json!("Edward"), &json!("ned.new")]);
    assert_eq!([&person["default_tenant_id"], &person["id"]], [&json!(A), &came["userId"]]);
    assert_eq!(person["auth_client_ids"], json!([1, 2]), "those of who invites");
    let credentials = row(world, "user_credentials", "user_id", &came["userId"]);
    let hash = credentials["password"].as_str().unwrap();
    assert!(hash.starts_with("$2b$12$") && hash.len() == 60 && credentials["auth_provider"] == "internal", "{hash}");
    let membership = row(world, "user_tenants", "user_id", &came["userId"]);
    assert_eq!([&membership["status"], &membership["role_id"]], [&json!(1), &json!(MEMBER)]);
    assert_eq!([&membership["tenant_id"], &membership["id"]], [&came["tenantId"], &came["userTenantId"]]);
    assert_eq!((&membership["locale"], &came["tenantId"]), (&json!("pt"), &json!(A)));
    let places = rows(world, "user_groups");
    let mut groups: Vec<_> =
        places.iter().filter(|row| row["user_tenant_id"] == membership["id"]).map(|row| &row["group_id"]).collect();
    groups.sort_by_key(ToString::to_string);
    assert_eq!(groups, [&json!(ENGINEERS), &json!(SALES)]);

    over(world, link, 410, "INVITATION_USED");
    let one = json_of(&world.request(&format!("GET {ALL}/{}", item["id"].as_str().unwrap())).token("admin_a").send());
    assert_eq!((&one["status"], &one["acceptedBy"]), (&json!("accepted"), &membership["id"]), "{one}");
    let events = world.request(&format!("GET /tenants/{A}/events")).token("admin_a").send();
    let told = text(&events);
    for kind in
        ["tenantInvitation.created", "tenantInvitation.accepted", "person.created", "user.added", "groupMember.added"]
    {
        assert!(told.contains(kind), "{kind}: {told}");
    }
    // Nobody reads the secret, its hash or the password: not in answers, not in events, not in the log.
    let stored = row(world, "invitations", "id", &item["id"])["token"].as_str().unwrap().to_owned();
    let log = world.server.log();
    assert!(log.contains("/invitations/{token}/accept"), "the request is logged by its template");
    for hidden in [secret, &stored, hash, "five grey cats"] {
        assert!(!told.contains(hidden) && !one.to_string().contains(hidden) && !log.contains(hidden), "{hidden}");
    }
}

on_both!(each_of_a_batch_is_answered_by_its_place, IDLE);
fn each_of_a_batch_is_answered_by_its_place(world: &World) {
    invited(world, "admin_a", &new("before@a.example"));
    let with = |name: &str, value: Json| {
        let mut one = new(&format!("{name}@n.example"));
        one[name] = value;
        one
    };
    let both = with("role", json!("member"));
    let batch = json!([
        new("first@n.example"),
        new("no address"),
        new("ANDY@a.example"),
        new("Before@A.example"),
        new("First@n.example"),
        with("roleId", json!("a0000000-0000-4000-8000-0000000000ff")),
        with("roleId", json!("b0000000-0000-4000-8000-000000000011")),
        with("roleId", json!("no id")),
        with("roleId", json!(SUPER)),
        with("groupIds", json!([ENGINEERS_OF_B])),
        both,
        json!({ "address": "none@n.example" }),
        json!({ "address": "named@n.example", "role": "nobody" }),
        new("last@n.example"),
    ]);
    let answer = invite(world, "admin_a", &batch);
    assert_eq!(answer.status, 200, "{}", text(&answer));
    let told = json_of(&answer);
    let items = told["invitations"].as_array().unwrap();
    let said: Vec<_> =
        items.iter().map(|item| item["reason"]["code"].as_str().or(item["status"].as_str()).unwrap()).collect();
    let expected = [
        "invited",
        "INVALID_EMAIL",
        "member",
        "ALREADY_INVITED",
        "ALREADY_INVITED",
        "NOT_FOUND",
        "NOT_FOUND",
        "NOT_FOUND",
        "PERMISSION_NOT_HELD",
        "NOT_FOUND",
        "VALIDATION_FAILED",
        "VALIDATION_FAILED",
        "NOT_FOUND",
        "invited",
    ];
    assert_eq!(said, expected, "{told}");
    let is_in_order =
        |(at, item): (usize, &Json)| item["index"] == json!(at) && item["address"] == batch[at]["address"];
    assert!(items.iter().enumerate().all(is_in_order), "{told}");
    assert_eq!(rows(world, "invitations").len(), 3);

    // What is wrong with the whole loses all of it.
    let before = world.database.tables();
    let many: Vec<_> = (0..501).map(|at| new(&format!("n{at}@n.example"))).collect();
    let answer = invite(world, "admin_a", &json!(many));
    assert_eq!((answer.status, &json_of(&answer)["limit"]), (413, &json!(500)), "{}", text(&answer));
    let wrong = [json!({ "role": "member" }), json!({ "address": 7 }), with("locale", json!("x y"))];
    let answer = invite(world, "admin_a", &json!([&[new("a@n.example")], &wrong[..]].concat()));
    let told = json_of(&answer);
    assert_eq!(answer.status, 422);
    for place in ["/invitations/1/address", "/invitations/2/address", "/invitations/3/locale"] {
        assert!(told["errors"].as_array().unwrap().iter().any(|error| error["pointer"] == place), "{told}");
    }
    assert!(world.database.tables() == before, "who is refused changes nothing");
    assert_eq!(invite(world, "admin_a", &json!(many[..500])).status, 200);
    assert_eq!(rows(world, "invitations").len(), 503);
}

on_both!(nobody_gives_by_an_invitation_what_they_lack_now, IDLE);
fn nobody_gives_by_an_invitation_what_they_lack_now(world: &World) {
    let path =
        link(world, &json!({ "address": "ned@n.example", "roleId": VIEWER, "groupIds": [SALES], "firstName": "Ned" }));
    let alice = |sql: &str| world.run(&format!("UPDATE main.user_tenants SET {sql} WHERE id = '{ALICE_IN_A}'"));
    let withdrawn = || refused(world, &path, &Json::Null, 410, "INVITATION_WITHDRAWN");
    // The role has grown, or a group gives more.
    let (one, none) = match &world.database {
        Database::Postgres(_) => ("'{NotGrantedToAnyone}'", "'{}'"),
        Database::Sqlite(_) => ("'[\"NotGrantedToAnyone\"]'", "'[]'"),
    };
    world.run(&format!("UPDATE main.roles SET permissions = {one} WHERE id = '{VIEWER}'"));
    withdrawn();
    world.run(&format!("UPDATE main.roles SET permissions = {none} WHERE id = '{VIEWER}'"));
    world.run(&format!(
        "INSERT INTO main.group_roles (id, group_id, role_id) VALUES ('a0000000-0000-4000-8000-0000000000d1', '{SALES}', '{SUPER}')"
    ));
    withdrawn();
    world.run("DELETE FROM main.group_roles");
    // Who invites is demoted, suspended or gone, or may invite no more.
    alice(&format!("role_id = '{MEMBER}'"));
    withdrawn();
    alice(&format!("role_id = '{ADMIN}', status = 2"));
    withdrawn();
    alice("status = 1, deleted = true");
    withdrawn();
    alice("deleted = false");
    world.run(&format!(
        "INSERT INTO main.user_permissions (id, user_tenant_id, permission, allowed)
         VALUES ('a0000000-0000-4000-8000-0000000000d2', '{ALICE_IN_A}', 'CreateUserInvitation', false)"
    ));
    withdrawn();
    world.run("DELETE FROM main.user_permissions WHERE id = 'a0000000-0000-4000-8000-0000000000d2'");
    // The role or the group is gone.
    for (table, id) in [("roles", VIEWER), ("groups", SALES)] {
        world.run(&format!("UPDATE main.{table} SET deleted = true WHERE id = '{id}'"));
        refused(world, &path, &Json::Null, 410, "INVITATION_OUTDATED");
        world.run(&format!("UPDATE main.{table} SET deleted = false WHERE id = '{id}'"));
    }
    assert_eq!(accept(world, &path, &Json::Null).status, 200, "and all is well again");
}

on_both!(each_end_is_told_to_who_has_the_secret_and_to_nobody_else, IDLE);
fn each_end_is_told_to_who_has_the_secret_and_to_nobody_else(world: &World) {
    let item = invited(world, "admin_a", &new("ned@n.example"));
    let (path, id) = (item["link"].as_str().unwrap(), item["id"].as_str().unwrap());
    let set = |sql: &str| world.run(&format!("UPDATE main.invitations SET {sql} WHERE id = '{id}'"));
    set("expires_on = '2020-01-02T03:04:05.678Z'");
    over(world, path, 410, "INVITATION_EXPIRED");
    set("expires_on = '2099-01-02T03:04:05.678Z'");
    for tenant in ["status = 0", "status = 2", "archived_on = '2024-01-02T03:04:05.678Z'"] {
        world.run(&format!("UPDATE main.tenants SET {tenant} WHERE id = '{A}'"));
        over(world, path, 410, "INVITATION_EXPIRED");
        world.run(&format!("UPDATE main.tenants SET status = 1, archived_on = NULL WHERE id = '{A}'"));
    }
    // Unknown, altered, and of another environment: alike.
    let altered = format!("{}A", &path[..path.len() - 1]);
    let altered = if altered == path { format!("{}B", &path[..path.len() - 1]) } else { altered };
    let mut told = Vec::new();
    let [own_id, random] = [id, &"a".repeat(43)].map(|unknown| format!("/invitations/{unknown}"));
    for unknown in [altered.as_str(), "/invitations/x", &own_id, &random] {
        over(world, unknown, 404, "INVITATION_UNKNOWN");
        told.push(text(&get(world, unknown)));
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    // The hash, which a reader of the database has, leads nowhere.
    let hash = row(world, "invitations", "id", &json!(id))["secret"].as_str().unwrap().to_owned();
    over(world, &format!("/invitations/{hash}"), 404, "INVITATION_UNKNOWN");

    let revoke = |id: &str| world.request(&format!("DELETE {ALL}/{id}")).token("admin_a").send();
    assert_eq!(revoke(id).status, 204);
    over(world, path, 410, "INVITATION_REVOKED");
    assert_eq!(json_of(&revoke(id))["code"], "INVITATION_REVOKED");
    let declined = link(world, &new("ned@n.example"));
    assert_eq!(decline(world, &declined).status, 204);
    over(world, &declined, 410, "INVITATION_DECLINED");
    // Another tenant's is nobody's.
    let foreign = world.request(&format!("GET /tenants/{B}/invitations/{id}")).token("admin_b").send();
    assert_eq!(foreign.status, 404, "{}", text(&foreign));
    let listed = json_of(&world.request(&format!("GET {ALL}")).token("admin_a").send());
    assert_eq!(listed.as_array().unwrap().len(), 2, "{listed}");
    assert!(listed.as_array().unwrap().iter().all(|row| row.get("secret").is_none() && row.get("token").is_none()));
}

on_both!(a_second_mail_ends_the_first_and_is_whoevers_who_sends_it, IDLE);
fn a_second_mail_ends_the_first_and_is_whoevers_who_sends_it(world: &World) {
    let item = invited(world, "admin_a", &new("ned@n.example"));
    let (first, id) = (item["link"].as_str().unwrap(), item["id"].as_str().unwrap());
    let resend =
        |profile: &str, body: &Json| world.request(&format!("POST {ALL}/{id}/resend")).token(profile).json(body).send();
    world.run(&format!(
        "UPDATE main.invitations SET expires_on = '2020-01-02T03:04:05.678Z', inviter_id = NULL WHERE id = '{id}'"
    ));
    let answer = resend("admin_a", &json!({ "lifeHours": 1 }));
    assert_eq!(answer.status, 200, "{}", text(&answer));
    let told = json_of(&answer);
    let second = told["link"].as_str().unwrap();
    over(world, first, 404, "INVITATION_UNKNOWN");
    let stored = row(world, "invitations", "id", &json!(id));
    assert_eq!((&stored["inviter_id"], &stored["status"]), (&json!(ALICE_IN_A), &json!("pending")));
    // Who may not see links is given none; then nobody has one.
    let blind = "allbut:ViewUserInvitationLink";
    assert_eq!(json_of(&resend(blind, &json!({})))["link"], Json::Null);
    over(world, second, 404, "INVITATION_UNKNOWN");
    assert_eq!(invited(world, blind, &new("nell@n.example"))["link"], Json::Null);
    // Who lacks what it gives does not send it.
    world.run(&format!("UPDATE main.invitations SET role_id = '{SUPER}' WHERE id = '{id}'"));
    assert_eq!(resend("admin_a", &json!({})).status, 403);
    world.run(&format!("UPDATE main.invitations SET status = 'declined' WHERE id = '{id}'"));
    assert_eq!(json_of(&resend("admin_a", &json!({})))["code"], "INVITATION_DECLINED");
}

on_both!(an_address_is_sent_a_few_mails_in_a_day, IDLE);
/// A tenant could fill a stranger's mailbox otherwise. What was never sent counts for nothing.
fn an_address_is_sent_a_few_mails_in_a_day(world: &World) {
    let item = invited(world, "admin_a", &new("ned@n.example"));
    let resend = || {
        let path = format!("POST {ALL}/{}/resend", item["id"].as_str().unwrap());
        world.request(&path).token("admin_a").json(&json!({})).send()
    };
    let sent = |sql: &str| world.run(&format!("UPDATE main.mails SET state = 'sent', finished_on = created_on {sql}"));
    assert_eq!((resend().status, resend().status), (200, 200), "each takes the place of the one before, which waits");
    for _ in 0..4 {
        sent("WHERE state = 'waiting'");
        let answer = resend();
        assert_eq!(answer.status, 200, "{}", text(&answer));
    }
    sent("WHERE state = 'waiting'");
    let before = world.database.tables();
    let answer = resend();
    assert_eq!((answer.status, &json_of(&answer)["code"]), (429, &json!("TOO_MANY_ATTEMPTS")), "{}", text(&answer));
    assert!(answer.headers.get("retry-after").is_some());
    assert!(world.database.tables() == before, "who is refused changes nothing");
    // Nor by another invitation of the same address; others are invited.
    let path = format!("DELETE {ALL}/{}", item["id"].as_str().unwrap());
    assert_eq!(world.request(&path).token("admin_a").send().status, 204);
    let told = json_of(&invite(world, "admin_a", &json!([new("Ned@n.example"), new("nell@n.example")])));
    assert_eq!(told["invitations"][0]["reason"]["code"], "TOO_MANY_ATTEMPTS", "{told}");
    assert_eq!(told["invitations"][1]["status"], "invited", "{told}");
    world.run("UPDATE main.mails SET created_on = '2024-01-02T03:04:05.678Z'");
    assert_eq!(
        json_of(&invite(world, "admin_a", &json!([new("ned@n.example")])))["invitations"][0]["status"],
        "invited"
    );
}

on_both!(an_answer_that_is_kept_has_no_link, IDLE);
fn an_answer_that_is_kept_has_no_link(world: &World) {
    let body = json!({ "invitations": [new("ida@n.example")] });
    let line = format!("POST /tenants/{A}/invitations");
    let request = world.request(&line).token("admin_a").header("idempotency-key", "\"ida\"").json(&body);
    let (first, second) = (request.send(), request.send());
    assert_eq!((first.status, second.status), (200, 200), "{}", text(&second));
    assert_eq!((text(&first), second.header("idempotency-replayed")), (text(&second), "true"));
    let item = &json_of(&first)["invitations"][0];
    assert_eq!((&item["status"], &item["link"]), (&json!("invited"), &Json::Null), "{item}");
    let made = rows(world, "invitations").iter().filter(|row| row["address"] == "ida@n.example").count();
    assert_eq!(made, 1);
    let again = format!("POST /tenants/{A}/invitations/{}/resend", item["id"].as_str().unwrap());
    let request = world.request(&again).token("admin_a").header("idempotency-key", "\"again\"").json(&json!({}));
    let (first, second) = (request.send(), request.send());
    assert_eq!((first.status, json_of(&first)["link"].is_null()), (200, true), "{}", text(&first));
    assert_eq!((text(&first), second.header("idempotency-replayed")), (text(&second), "true"));
}

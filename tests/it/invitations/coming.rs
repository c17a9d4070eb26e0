//! Who comes by an invitation: somebody new, a person who is known, one of two at once, and by the mail itself.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::{accept, by_mail, get, invite, invited, link, new, refused, row, rows};
use crate::authorization::IDLE;
use crate::holes::{A, BOB, MEMBER};
use crate::request::{json as json_of, text};
use crate::support::http::Answer;
use crate::world::{World, on_both};

on_both!(a_known_person_is_not_changed_and_a_link_shows_nothing_of_them, IDLE);
fn a_known_person_is_not_changed_and_a_link_shows_nothing_of_them(world: &World) {
    let path = link(world, &new("BOB@b.example"));
    // Whom only another tenant has chosen the names of, is not taken in by the address alone.
    refused(world, &path, &Json::Null, 409, "LOGIN_TAKEN");
    world.run(&format!("UPDATE main.users SET last_login = '2024-01-02T03:04:05.678Z' WHERE id = '{BOB}'"));
    refused(world, &path, &json!({ "password": "five grey cats asleep" }), 403, "ADDRESS_NOT_PROVEN");
    world.run(&format!("UPDATE main.users SET deactivated_on = '2024-01-02T03:04:05.678Z' WHERE id = '{BOB}'"));
    refused(world, &path, &Json::Null, 409, "LOGIN_TAKEN");
    world.run(&format!("UPDATE main.users SET deactivated_on = NULL WHERE id = '{BOB}'"));
    let (before, credentials) = (row(world, "users", "id", &json!(BOB)), rows(world, "user_credentials"));
    let body = json!({ "profile": { "firstName": "Mallory", "username": "mallory" } });
    let answer = accept(world, &path, &body);
    assert_eq!((answer.status, &json_of(&answer)["userId"]), (200, &json!(BOB)), "{}", text(&answer));
    assert_eq!((row(world, "users", "id", &json!(BOB)), rows(world, "user_credentials")), (before, credentials));
    let membership = row(world, "user_tenants", "id", &json_of(&answer)["userTenantId"]);
    assert_eq!(membership["status"], 0, "who has a link only need not be the person: they are invited, and a guest");
    let introduction = membership["introduction"].to_string();
    assert!(introduction.contains("Ned") && !introduction.contains("Mallory"), "{introduction}");

    // By the mail they are in: what the job stores is another hash.
    world.run(&format!(
        "UPDATE main.user_tenants SET deleted = true WHERE user_id = '{BOB}' AND tenant_id = '{A}';
         UPDATE main.invitations SET status = 'pending', token = secret, secret = NULL, accepted_by = NULL"
    ));
    refused(world, &path, &json!({ "password": "five grey cats asleep" }), 409, "PERSON_KNOWN");
    let answer = accept(world, &path, &Json::Null);
    assert_eq!(answer.status, 200, "{}", text(&answer));
    assert_eq!(row(world, "user_tenants", "id", &json_of(&answer)["userTenantId"])["status"], 1);
    // A member is not invited, and one who became a member meanwhile does not come twice.
    world.run("UPDATE main.invitations SET status = 'pending'");
    refused(world, &path, &Json::Null, 409, "ALREADY_MEMBER");
}

on_both!(of_two_who_accept_at_once_one_comes, IDLE);
fn of_two_who_accept_at_once_one_comes(world: &World) {
    for round in 0..5 {
        let path = link(world, &new(&format!("ned{round}@n.example")));
        let gate = Barrier::new(2);
        let answers: Vec<Answer> = thread::scope(|scope| {
            let both = [0, 1].map(|_| {
                scope.spawn(|| {
                    gate.wait();
                    accept(world, &path, &Json::Null)
                })
            });
            both.map(|one| one.join().expect("nobody panics")).into()
        });
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 410], "{}", answers.iter().map(text).collect::<String>());
        row(world, "users", "email", &json!(format!("ned{round}@n.example")));
    }
}

on_both!(an_invitation_takes_a_place_and_a_member_a_seat, IDLE);
fn an_invitation_takes_a_place_and_a_member_a_seat(world: &World) {
    let limit = |sql: &str| world.run(&format!("UPDATE main.tenants SET {sql} WHERE id = '{A}'"));
    let seated = rows(world, "user_tenants")
        .iter()
        .filter(|row| row["tenant_id"] == A && row["deleted"] != true && row["status"] != 2)
        .count();
    let invited_before = rows(world, "user_tenants")
        .iter()
        .filter(|row| row["tenant_id"] == A && row["deleted"] != true && row["status"] == 0)
        .count();
    limit(&format!("max_invitations = {}", invited_before + 1));
    let told = json_of(&invite(world, "admin_a", &json!([new("a@n.example"), new("b@n.example")])));
    assert_eq!(told["invitations"][0]["status"], "invited", "{told}");
    assert_eq!(told["invitations"][1]["reason"]["code"], "QUOTA_EXCEEDED", "{told}");
    let life = json_of(&world.request(&format!("GET /tenants/{A}/lifecycle")).token("admin_a").send());
    assert_eq!(life["invitations"], json!(invited_before + 1), "{life}");
    // One that is late counts no more, and gives way.
    world.run("UPDATE main.invitations SET expires_on = '2020-01-02T03:04:05.678Z'");
    invited(world, "admin_a", &new("A@n.example"));
    assert_eq!(rows(world, "invitations").iter().filter(|row| row["status"] == "expired").count(), 1);
    let path = {
        limit(&format!("max_invitations = NULL, max_members = {}", seated + 2));
        link(world, &new("c@n.example"))
    };
    let told = json_of(&invite(world, "admin_a", &json!([new("d@n.example")])));
    assert_eq!(told["invitations"][0]["reason"]["code"], "QUOTA_EXCEEDED", "a seat must be free for each: {told}");
    limit(&format!("max_members = {seated}"));
    refused(world, &path, &Json::Null, 409, "QUOTA_EXCEEDED");
    // Whether a username is somebody's is not told where nobody can come.
    for username in ["alice", "nobody.at.all"] {
        refused(world, &path, &json!({ "profile": { "username": username } }), 409, "QUOTA_EXCEEDED");
    }
    limit(&format!("max_members = {}", seated + 1));
    assert_eq!(accept(world, &path, &Json::Null).status, 200);
}

on_both!(what_somebody_new_sends_is_checked, IDLE);
fn what_somebody_new_sends_is_checked(world: &World) {
    let item = invited(world, "admin_a", &json!({ "address": "long.ned@n.example", "roleId": MEMBER }));
    by_mail(world, &item);
    let path = item["link"].as_str().unwrap_or_default().to_owned();
    refused(world, &path, &Json::Null, 422, "VALIDATION_FAILED");
    refused(world, &path, &json!({ "profile": { "email": "mallory@n.example" } }), 422, "VALIDATION_FAILED");
    let with = |password: &str| json!({ "profile": { "firstName": "Ned" }, "password": password });
    refused(world, &path, &with("short"), 422, "PASSWORD_POLICY");
    refused(world, &path, &with("my name is Long.Ned"), 422, "PASSWORD_POLICY");
    refused(world, &path, &with(&"long ".repeat(20)), 422, "PASSWORD_POLICY");
    refused(world, &path, &json!({ "profile": { "firstName": "Ned", "username": "alice" } }), 409, "LOGIN_TAKEN");
    // What is not complete does not tell whose a username is; and an address as a username is somebody's who has not come yet.
    for username in ["alice", "nobody.at.all", "ceo@b.example"] {
        refused(world, &path, &json!({ "profile": { "username": username } }), 422, "VALIDATION_FAILED");
    }
    let somebodys = json!({ "profile": { "firstName": "Ned", "username": "ceo@b.example" } });
    refused(world, &path, &somebodys, 422, "VALIDATION_FAILED");
    assert_eq!(accept(world, &path, &json!({ "profile": { "firstName": "Ned" } })).status, 200);
    let person = row(world, "users", "email", &json!("long.ned@n.example"));
    assert_eq!(person["username"], "long.ned@n.example");
    assert_eq!(row(world, "user_credentials", "user_id", &person["id"])["password"], Json::Null);
}

on_both!(the_mail_lets_the_person_in_as_themselves);
/// The log is the mailer: what it prints is what the address is sent.
fn the_mail_lets_the_person_in_as_themselves(world: &World) {
    world.run(&format!("UPDATE main.users SET last_login = '2024-01-02T03:04:05.678Z' WHERE id = '{BOB}'"));
    let item = invited(world, "allbut:ViewUserInvitationLink", &new("bob@b.example"));
    let id = &item["id"];
    let start = Instant::now();
    let stored = loop {
        let stored = row(world, "invitations", "id", id);
        if stored["delivery"] == "sent" {
            break stored;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "no mail: {}", world.server.log());
        thread::sleep(Duration::from_millis(50));
    };
    let log = world.server.log();
    let words = log.split(|letter: char| !(letter.is_ascii_alphanumeric() || "-_".contains(letter)));
    // Behind the end of a line, which the log writes as a letter too.
    let mut words = words.filter(|word| word.len() == 43 || word.len() == 44).map(|word| &word[word.len() - 43..]);
    let secret = words.find(|word| get(world, &format!("/invitations/{word}")).status == 200);
    let secret = secret.unwrap_or_else(|| panic!("no secret in the mail: {log}"));
    assert!(stored["token"].as_str().is_some_and(|hash| hash.len() == 64 && !log.contains(hash)), "{stored:?}");
    assert_eq!(stored["secret"], Json::Null);
    let answer = accept(world, &format!("/invitations/{secret}"), &Json::Null);
    assert_eq!((answer.status, &json_of(&answer)["userId"]), (200, &json!(BOB)), "{}", text(&answer));
    assert_eq!(row(world, "user_tenants", "id", &json_of(&answer)["userTenantId"])["status"], 1);
}

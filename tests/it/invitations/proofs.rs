//! Who owns an address: nobody becomes somebody else's person by an address that they only say is theirs.

use serde_json::{Value as Json, json};

use super::{accept, by_mail, invited, link, new, refused, row, rows};
use crate::authorization::IDLE;
use crate::holes::{A, B, BOB, MEMBER};
use crate::program::Workplace;
use crate::request::{json as json_of, text};
use crate::support::http::Answer;
use crate::world::{World, on_both};

const MEMBER_OF_B: &str = "b0000000-0000-4000-8000-000000000012";
const CATS: &str = "five grey cats asleep";
const SEEN: &str = "last_login = '2024-01-02T03:04:05.678Z'";

/// What is known of a person's address: nothing, or when it was proven.
fn proof(world: &World, user: &Json) -> Option<Json> {
    rows(world, "address_proofs").into_iter().find(|row| row["user_id"] == *user).map(|row| row["proven_on"].clone())
}

fn add(world: &World, username: &str, email: &str) -> Answer {
    let person = json!({ "username": username, "email": email, "firstName": "Ann", "roleId": MEMBER });
    world.request(&format!("POST /tenants/{A}/users")).token("admin_a").json(&person).send()
}

on_both!(whoever_invites_chooses_no_password_by_the_link_that_they_are_told, IDLE);
fn whoever_invites_chooses_no_password_by_the_link_that_they_are_told(world: &World) {
    let item = invited(world, "admin_a", &new("ned@n.example"));
    let path = item["link"].as_str().unwrap();
    let with_password = json!({ "password": CATS });
    refused(world, path, &with_password, 403, "ADDRESS_NOT_PROVEN");
    // By what the address was sent they do, and have shown that it is theirs.
    by_mail(world, &item);
    let answer = accept(world, path, &with_password);
    assert_eq!(answer.status, 200, "{}", text(&answer));
    let user = json_of(&answer)["userId"].take();
    assert!(proof(world, &user).is_some_and(|proven| proven.is_string()));

    // By the link somebody new comes in, with a password that nobody knows.
    let path = link(world, &new("nell@n.example"));
    let user = json_of(&accept(world, &path, &Json::Null))["userId"].take();
    assert_eq!(proof(world, &user), None);
    assert_eq!(row(world, "user_credentials", "user_id", &user)["password"], Json::Null);

    // Who reaches every tenant is trusted with the links that they are told.
    let item = invited(world, "master_a", &new("nora@n.example"));
    let answer = accept(world, item["link"].as_str().unwrap(), &with_password);
    assert_eq!(answer.status, 200, "{}", text(&answer));
    assert_eq!(proof(world, &json_of(&answer)["userId"]), None, "and yet has shown nothing of the address");
}

on_both!(whose_address_was_changed_is_not_taken_in_by_it_until_they_have_shown_that_it_is_theirs, IDLE);
fn whose_address_was_changed_is_not_taken_in_by_it_until_they_have_shown_that_it_is_theirs(world: &World) {
    // A person of another tenant, who has logged in, and takes the address of whom this tenant is about to add.
    world.run(&format!("UPDATE main.users SET {SEEN}, email = 'ann.hired@a.example' WHERE id = '{BOB}'"));
    assert_eq!(proof(world, &json!(BOB)), Some(Json::Null));
    for username in ["ann", "bob"] {
        let answer = add(world, username, "ann.hired@a.example");
        assert_eq!((answer.status, text(&answer).contains("ann.hired")), (409, false), "{}", text(&answer));
    }
    let item = invited(world, "admin_a", &new("ann.hired@a.example"));
    by_mail(world, &item);
    let path = item["link"].as_str().unwrap();
    refused(world, path, &Json::Null, 409, "PERSON_UNPROVEN");
    // In another case it is the same address.
    world.run(&format!(
        "DELETE FROM main.address_proofs; UPDATE main.users SET email = 'Ann.Hired@A.example' WHERE id = '{BOB}'"
    ));
    assert_eq!(proof(world, &json!(BOB)), None);
    // A proof holds until the next change.
    world.run(&format!(
        "INSERT INTO main.address_proofs (id, user_id, proven_on) VALUES ('{BOB}', '{BOB}', '2024-01-02T03:04:05.678Z')"
    ));
    let answer = accept(world, path, &Json::Null);
    assert_eq!((answer.status, &json_of(&answer)["userId"]), (200, &json!(BOB)), "{}", text(&answer));
    world.run(&format!("UPDATE main.users SET email = 'bob@b.example' WHERE id = '{BOB}'"));
    assert_eq!(proof(world, &json!(BOB)), Some(Json::Null));
}

on_both!(whom_the_operator_has_made_comes_by_a_mail, IDLE);
fn whom_the_operator_has_made_comes_by_a_mail(world: &World) {
    let workplace = Workplace::with(&[("DATABASE_URL", &world.database.url())]);
    let names = ["--username", "ops", "--email", "olga@new.example", "--first-name", "Olga"];
    workplace.ok(&[&["bootstrap", "--tenant-name", "New", "--tenant-key", "new"][..], &names].concat());
    let item = invited(world, "admin_a", &new("olga@new.example"));
    by_mail(world, &item);
    let answer = accept(world, item["link"].as_str().unwrap(), &Json::Null);
    assert_eq!(answer.status, 200, "{}", text(&answer));
    let user = json_of(&answer)["userId"].take();
    assert_eq!(
        row(world, "users", "id", &user)["username"],
        "ops",
        "they have not logged in anywhere that is seen here"
    );
}

on_both!(a_person_whom_another_tenant_made_by_a_link_is_nobody_for_others, IDLE);
/// The chain as a whole: a tenant makes a person with the address of another's hire, accepts for them, and waits to be them there.
fn a_person_whom_another_tenant_made_by_a_link_is_nobody_for_others(world: &World) {
    let path = link(world, &new("hire@c.example"));
    let made = accept(world, &path, &json!({ "profile": { "firstName": "Plant", "username": "plant" } }));
    assert_eq!(made.status, 200, "{}", text(&made));
    let user = json_of(&made)["userId"].take();
    assert_eq!(row(world, "user_credentials", "user_id", &user)["password"], Json::Null, "nobody logs in as them");
    let hire = json!({ "username": "hire", "email": "hire@c.example", "firstName": "Hire", "roleId": MEMBER_OF_B });
    let taken = world.request(&format!("POST /tenants/{B}/users")).token("admin_b").json(&hire).send();
    assert_eq!(taken.status, 409, "{}", text(&taken));
}

on_both!(a_home_that_changes_an_address_makes_nobody_ready_for_others, IDLE);
/// Whoever makes somebody may change their address for as long as nobody else has them. What they were made with is all that counts.
fn a_home_that_changes_an_address_makes_nobody_ready_for_others(world: &World) {
    let made = json_of(&add(world, "carol", "carol@a.example"));
    let user = made["id"].as_str().expect("a user was made");
    let change = json!({ "email": "carol@victim.example" });
    let changed = world.request(&format!("PATCH /tenants/{A}/users/{user}")).token("admin_a").json(&change).send();
    assert_eq!(changed.status, 204, "{}", text(&changed));
    let body = json!({ "username": "carol", "email": "carol@victim.example", "firstName": "C", "roleId": MEMBER_OF_B });
    let taken = world.request(&format!("POST /tenants/{B}/users")).token("admin_b").json(&body).send();
    assert_eq!(taken.status, 409, "{}", text(&taken));
}

//! Links that go to the person by mail: who may ask for one, what the mail says, and when its token is of use.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::resets::{answer, line, prepare, set};
use super::{HASH, NEW, has, status_of_andy, value, verified};
use crate::giving::{ask, refused};
use crate::holes::{A, ALICE, ANDY, ANDY_IN_A, B, MEMBER, SAM, SUPER, Scene};
use crate::request::{json as json_of, text};
use crate::world::on_both;

/// How long a mail may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Has a link mailed, and tells the answer.
#[track_caller]
fn asked(scene: &Scene, profile: &str, person: &str) -> Json {
    let (status, told) = ask(scene, profile, &line(A, person), &json!({}));
    assert_eq!((status, &told["token"]), (201, &Json::Null), "{told}");
    told
}

/// The mails to an address, which the log is sent: the first ones, as soon as there are so many.
#[track_caller]
fn mails(scene: &Scene, address: &str, many: usize) -> Vec<Json> {
    let start = Instant::now();
    loop {
        let log = scene.world.server.log();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
        let mails: Vec<_> = lines.filter(|line| line["to"] == address && line["text"].is_string()).collect();
        if mails.len() >= many {
            return mails;
        }
        assert!(start.elapsed() < PATIENCE, "{} mails: {log}", mails.len());
        thread::sleep(Duration::from_millis(50));
    }
}

/// The token of a mail, which has a line to itself.
#[track_caller]
fn token(mail: &Json) -> String {
    let text = mail["text"].as_str().expect("a mail has text");
    let token = text.lines().find(|line| line.len() == 43 && !line.contains(' '));
    token.unwrap_or_else(|| panic!("no token in {text}")).to_owned()
}

#[track_caller]
fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn nothing_waits(scene: &Scene) -> bool {
    let waiting = "SELECT CAST(count(*) AS text) FROM main.jobs WHERE kind = 'mails.send' AND state <> 'done'";
    value(scene, waiting).as_deref() == Some("0")
}

/// Has the mails sent once more, as where a process is killed between the mail server's answer and the note of it.
fn again(scene: &Scene) {
    scene.given(
        "UPDATE main.mails SET state = 'waiting', finished_on = NULL;
         UPDATE main.jobs SET state = 'queued', run_after = '2024-01-02T03:04:05.678Z', finished_on = NULL
             WHERE kind = 'mails.send'",
    );
}

/// How many people have proven that the address is theirs, of Andy alone.
fn proven(scene: &Scene) -> String {
    let proofs = "SELECT CAST(count(*) AS text) FROM main.address_proofs
                      WHERE proven_on IS NOT NULL AND user_id = 'a0000000-0000-4000-8000-000000000022'";
    value(scene, proofs).expect("a number")
}

on_both!(a_link_by_mail_is_for_the_person_alone);
fn a_link_by_mail_is_for_the_person_alone(scene: &Scene) {
    prepare(scene);
    // A name that would like to be more than one: the mail only shows it.
    scene.given("UPDATE main.tenants SET name = '<b>A</b> {{ token }} https://evil.example' WHERE key = 'tenant-a'");
    let told = asked(scene, "admin_a", ANDY);
    assert_eq!(told["status"], "password-change-needed", "{told}");
    let mail = &mails(scene, "andy@a.example", 1)[0];
    assert_eq!(mail["subject"], "Choose a new password");
    assert!(mail["text"].as_str().unwrap().contains("at <b>A</b> {{ token }} https: //evil. example"), "{mail}");
    let token = token(mail);
    assert!(!told.to_string().contains(&token), "who asks does not see it");
    let hash = value(scene, "SELECT token FROM main.password_resets").expect("a hash");
    assert!(hash.len() == 64 && hash != token, "no token rests in the clear");
    assert_eq!(proven(scene), "0");
    assert_eq!(set(scene, &token, NEW), (204, String::new()));
    assert_eq!(status_of_andy(scene), "1");
    assert_eq!(proven(scene), "1", "whoever used it reads what the address is sent");
    assert_eq!(verified(scene, "andy", NEW)["valid"], true);
    assert_eq!(set(scene, &token, "another one, with words"), (410, "RESET_USED".to_owned()));
}

on_both!(each_attempt_of_a_mail_has_a_token_of_its_own);
fn each_attempt_of_a_mail_has_a_token_of_its_own(scene: &Scene) {
    prepare(scene);
    asked(scene, "admin_a", ANDY);
    let first = token(&mails(scene, "andy@a.example", 1)[0]);
    until("it is noted", || nothing_waits(scene));
    again(scene);
    let second = token(&mails(scene, "andy@a.example", 2)[1]);
    assert_eq!(set(scene, &first, NEW), (404, "RESET_UNKNOWN".to_owned()));
    // A link that goes to an address is of no use once the person has another.
    scene.given("UPDATE main.users SET email = 'andy@new.example' WHERE username = 'andy'");
    assert_eq!(set(scene, &second, NEW), (410, "RESET_EXPIRED".to_owned()));
    scene.given("UPDATE main.users SET email = 'andy@a.example' WHERE username = 'andy'");
    assert_eq!(set(scene, &second, NEW), (204, String::new()));
}

on_both!(a_mail_about_a_reset_that_is_over_is_not_sent);
fn a_mail_about_a_reset_that_is_over_is_not_sent(scene: &Scene) {
    prepare(scene);
    for (over, undone) in [
        (
            "main.users SET email = 'andy@new.example' WHERE username = 'andy'",
            "main.users SET email = 'andy@a.example' WHERE username = 'andy'",
        ),
        (
            "main.users SET deactivated_on = '2024-01-02T03:04:05.678Z' WHERE username = 'andy'",
            "main.users SET deactivated_on = NULL WHERE username = 'andy'",
        ),
        (
            "main.user_tenants SET deleted = true WHERE id = 'a0000000-0000-4000-8000-000000000032'",
            "main.user_tenants SET deleted = false WHERE id = 'a0000000-0000-4000-8000-000000000032'",
        ),
        ("main.tenants SET status = 0 WHERE key = 'tenant-a'", "main.tenants SET status = 1 WHERE key = 'tenant-a'"),
        (
            "main.password_resets SET expires_on = '2024-01-02T03:04:05.678Z'",
            "main.password_resets SET expires_on = '2099-01-02T03:04:05.678Z'",
        ),
        ("main.password_resets SET used_on = '2024-01-02T03:04:05.678Z'", "main.password_resets SET used_on = NULL"),
    ] {
        scene.given("DELETE FROM main.mails; DELETE FROM main.password_resets");
        asked(scene, "admin_a", ANDY);
        let stands = |state: &str| {
            let state = format!("SELECT CAST(count(*) AS text) FROM main.mails WHERE state = '{state}'");
            value(scene, &state).as_deref() == Some("1")
        };
        until("it is sent", || stands("sent") && nothing_waits(scene));
        scene.given(&format!("UPDATE {over}"));
        again(scene);
        until("nobody wants it", || stands("unwanted") && nothing_waits(scene));
        scene.given(&format!("UPDATE {undone}"));
    }
    assert_eq!(mails(scene, "andy@a.example", 6).len(), 6, "one each, of before it was over");
}

on_both!(a_tenant_mails_links_to_those_at_home_in_it);
fn a_tenant_mails_links_to_those_at_home_in_it(scene: &Scene) {
    has(scene, ANDY, HASH);
    has(scene, SAM, HASH);
    let mail = json!({ "delivery": "mail" });
    // What the token is seen for, only who reaches every tenant may have.
    refused(scene, "admin_a", &line(A, ANDY), &answer(), (403, "MASTER_NEEDED"));
    refused(scene, "admin_a", &line(A, SAM), &mail, (403, "LOGIN_OF_ANOTHER"));
    refused(scene, "admin_a", &line(B, SAM), &mail, (404, "OUT_OF_REACH"));
    refused(scene, "noperm_a", &line(A, ANDY), &mail, (403, "PERMISSION_MISSING"));
    // Who would hold more by it than they do.
    scene.given(&format!("UPDATE main.user_tenants SET role_id = '{SUPER}' WHERE id = '{ANDY_IN_A}'"));
    refused(scene, "admin_a", &line(A, ANDY), &mail, (403, "MEMBER_HOLDS_MORE"));
    scene.given(&format!("UPDATE main.user_tenants SET role_id = '{MEMBER}' WHERE id = '{ANDY_IN_A}'"));
    prepare(scene);
    scene.given("UPDATE main.users SET email = NULL WHERE username = 'andy'");
    refused(scene, "admin_a", &line(A, ANDY), &mail, (422, "INVALID_EMAIL"));
    has(scene, ALICE, HASH);
    assert_eq!(asked(scene, "admin_a", ALICE)["status"], "password-change-needed", "one's own is mailed too");
}

on_both!(a_mailbox_is_not_flooded);
fn a_mailbox_is_not_flooded(scene: &Scene) {
    prepare(scene);
    for _ in 0..5 {
        asked(scene, "admin_a", ANDY);
    }
    // Whoever asks: the mailbox is one.
    for profile in ["admin_a", "master_a"] {
        let refused = scene.by(profile, &line(A, ANDY)).json(&json!({ "lifeHours": 1 })).send();
        assert_eq!((refused.status, json_of(&refused)["code"].clone()), (429, json!("TOO_MANY_ATTEMPTS")), "{profile}");
        let seconds: u64 = refused.header("retry-after").parse().expect("a number of seconds");
        assert!((86_000..=86_401).contains(&seconds), "{seconds}");
    }
    let (status, told) = ask(scene, "master_a", &line(A, ANDY), &answer());
    assert_eq!(status, 201, "which goes to no mailbox: {told}");
    mails(scene, "andy@a.example", 5);
    until("they are noted", || nothing_waits(scene));
    // Links that are over were mails as well; those of another day do not count.
    scene.given("UPDATE main.password_resets SET expires_on = '2024-01-02T03:04:05.678Z'");
    assert_eq!(ask(scene, "admin_a", &line(A, ANDY), &json!({})).0, 429);
    scene.given("UPDATE main.mails SET created_on = '2024-01-02T03:04:05.678Z'");
    asked(scene, "admin_a", ANDY);
    // What was handed on proves nothing of an address.
    assert_eq!(set(scene, told["token"].as_str().expect("a token"), NEW), (410, "RESET_EXPIRED".to_owned()));
    let (_, told) = ask(scene, "master_a", &line(A, ANDY), &answer());
    assert_eq!(set(scene, told["token"].as_str().expect("a token"), NEW), (204, String::new()));
    assert_eq!(proven(scene), "0");
}

on_both!(a_link_is_mailed_once_for_a_key_and_no_secret_is_kept);
fn a_link_is_mailed_once_for_a_key_and_no_secret_is_kept(scene: &Scene) {
    prepare(scene);
    let by = |profile: &str, key: &str, body: &Json| {
        scene.by(profile, &line(A, ANDY)).header("idempotency-key", key).json(body)
    };
    let request = by("admin_a", "mailed", &json!({}));
    let (first, second) = (request.send(), request.send());
    assert_eq!((first.status, text(&first)), (201, text(&second)), "{}", text(&second));
    let many = "SELECT CAST(count(*) AS text) FROM main.password_resets";
    assert_eq!(value(scene, many).as_deref(), Some("1"));
    let refused = by("master_a", "answered", &answer()).send();
    assert_eq!(
        (refused.status, &json_of(&refused)["code"]),
        (400, &json!("INVALID_IDEMPOTENCY_KEY")),
        "{}",
        text(&refused)
    );
    assert_eq!(value(scene, many).as_deref(), Some("1"));
}

//! Mails by the built program and a real mail server: none is lost when the server is down, and none is sent twice.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::command_line::{WRONG_USAGE, assert_fails, on};
use crate::program::Workplace;
use crate::request::text;
use crate::support::fixture::Database;
use crate::support::smtp::MailServer;
use crate::world::on_both;

/// How long a mail may take, a few attempts included.
const PATIENCE: Duration = Duration::from_mins(1);

fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn by_smtp(database: &Database, server: &MailServer) -> Workplace {
    let mut workplace = on(database);
    workplace.set("MAILER", "smtp");
    workplace.set("SMTP_URL", &format!("smtp://127.0.0.1:{}", server.port));
    workplace.set("MAIL_FROM", "Users <users@example.com>");
    workplace.set("JOBS_INTERVAL_MILLISECONDS", "50");
    workplace.ok(&["migrate", "up"]);
    workplace
}

/// The jobs that send mails.
fn jobs(workplace: &Workplace) -> Vec<Json> {
    let listed = workplace.ok(&["jobs", "list", "--kind", "mails.send", "--output", "json"]);
    serde_json::from_str(&listed).expect("jobs are JSON")
}

on_both!(no_mail_is_lost_when_the_server_stops_and_none_is_sent_twice);
fn no_mail_is_lost_when_the_server_stops_and_none_is_sent_twice(database: &Database) {
    let place = tempfile::tempdir().expect("a directory can be made");
    let mut server = MailServer::start(place.path(), &[]);
    let workplace = by_smtp(database, &server);
    let mut service = workplace.serve(&["serve"]);
    let post = |address: &str| workplace.ok(&["mail", "test", address]);
    for number in 0..4 {
        post(&format!("slow{number}@example.com"));
    }
    until("nothing arrives", || !server.mails().is_empty());
    // In the middle: some are taken, some are on their way, some wait.
    server.stop();
    for number in 4..8 {
        post(&format!("slow{number}@example.com"));
    }
    until("nobody notices", || jobs(&workplace).iter().any(|job| job["lastError"].is_string()));
    let failed = jobs(&workplace).into_iter().find(|job| job["lastError"].is_string()).expect("one failed");
    assert!(failed["lastError"].as_str().is_some_and(|error| error.starts_with("MAIL_NOT_SENT")), "{failed}");
    server.start_again();
    until("some are lost", || jobs(&workplace).iter().all(|job| job["state"] == "done"));
    let mut to: Vec<_> = server.mails().iter().map(|mail| mail["to"][0].to_string()).collect();
    to.sort();
    let expected: Vec<_> = (0..8).map(|number| format!("\"slow{number}@example.com\"")).collect();
    assert_eq!(to, expected);
    let mails = server.mails();
    let content = mails[0]["content"].as_str().expect("a mail has content");
    for part in ["Subject: Mails arrive", "From: Users <users@example.com>", "Auto-Submitted: auto-generated"] {
        assert!(content.contains(part), "{part} in\n{content}");
    }
    let page = text(&service.request("GET /metrics").send());
    for sample in [r#"mails_total{kind="trial",outcome="sent"} 8"#, r#"mails_total{kind="trial",outcome="retried"}"#] {
        assert!(page.contains(sample), "{sample} in {page}");
    }
    service.stop();
}

on_both!(an_invitation_that_is_sent_again_before_its_mail_went_is_one_mail);
fn an_invitation_that_is_sent_again_before_its_mail_went_is_one_mail(database: &Database) {
    let place = tempfile::tempdir().expect("a directory can be made");
    let server = MailServer::start(place.path(), &[]);
    let workplace = by_smtp(database, &server);
    workplace.ok(&[
        "tenant",
        "provision",
        "--name",
        "Acme",
        "--key",
        "acme",
        "--email",
        "ann@acme.example",
        "--first-name",
        "Ann",
    ]);
    let invitation = |arguments: &[&str]| {
        workplace.ok(&[&["invitation"], arguments].concat());
    };
    invitation(&["create", "ned@n.example", "--role", "member"]);
    invitation(&["resend", "ned@n.example"]);
    let mut service = workplace.serve(&["serve"]);
    until("some wait", || jobs(&workplace).len() == 2 && jobs(&workplace).iter().all(|job| job["state"] == "done"));
    let listed: Json = serde_json::from_str(&workplace.ok(&["mail", "list", "--output", "json"])).expect("JSON");
    let mut states: Vec<_> = listed.as_array().unwrap().iter().map(|mail| mail["state"].as_str().unwrap()).collect();
    states.sort_unstable();
    assert_eq!(states, ["sent", "unwanted"], "{listed}");
    assert_eq!(listed[0]["recipient"], "ned@n.example");
    assert_eq!(server.mails().len(), 1, "of two the one would end what the other lets its reader do");
    service.stop();
}

on_both!(a_refused_address_is_tried_no_more_and_a_greylisted_one_is);
fn a_refused_address_is_tried_no_more_and_a_greylisted_one_is(database: &Database) {
    let place = tempfile::tempdir().expect("a directory can be made");
    let server = MailServer::start(place.path(), &[]);
    let workplace = by_smtp(database, &server);
    let mut service = workplace.serve(&["serve"]);
    workplace.ok(&["mail", "test", "nobody@example.com"]);
    workplace.ok(&["mail", "test", "later@example.com"]);
    let with = |state: &str, error: &str| {
        let said = |job: &Json| job["lastError"].as_str().unwrap_or_default().contains(error);
        jobs(&workplace).iter().any(|job| job["state"] == state && said(job))
    };
    until("it is tried again", || with("done", ""));
    until("it is tried no more", || with("queued", "451"));
    let [_, log] = service.printed();
    assert!(log.contains("a mail was refused, and is tried no more") && log.contains("550"), "{log}");
    let page = text(&service.request("GET /metrics").send());
    assert!(page.contains(r#"mails_total{kind="trial",outcome="refused"} 1"#), "{page}");
    assert!(server.mails().is_empty());
    service.stop();
}

on_both!(a_password_goes_to_the_server_in_tls_only);
fn a_password_goes_to_the_server_in_tls_only(database: &Database) {
    let place = tempfile::tempdir().expect("a directory can be made");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", "key.pem", "-out", "certificate.pem"])
        .current_dir(place.path())
        .output()
        .expect("openssl can be started");
    assert!(made.status.success(), "{made:?}");
    let path = |name: &str| place.path().join(name).display().to_string();
    let (certificate, key) = (path("certificate.pem"), path("key.pem"));
    let server = MailServer::start(place.path(), &["--tls", &certificate, &key, "--password", "users", "sesame"]);
    let mut workplace = by_smtp(database, &server);
    workplace.set("SMTP_URL", &format!("smtp://users:sesame@localhost:{}?tls=required", server.port));
    // Whom nobody trusts gets no password.
    let mut service = workplace.serve(&["serve"]);
    workplace.ok(&["mail", "test", "amelie@example.com"]);
    until("an unknown certificate is taken", || jobs(&workplace)[0]["lastError"].is_string());
    service.stop();
    workplace.set("SSL_CERT_FILE", &certificate);
    let mut service = workplace.serve(&["serve"]);
    until("it does not arrive", || server.mails().len() == 1);
    assert_eq!(server.mails()[0]["tls"], true);
    let [_, log] = service.printed();
    assert!(!log.contains("sesame"), "{log}");
    service.stop();
    // That we are refused is nothing against the address.
    workplace.set("SMTP_URL", &format!("smtp://users:wrong@localhost:{}?tls=required", server.port));
    let mut service = workplace.serve(&["serve"]);
    workplace.ok(&["mail", "test", "bruno@example.com"]);
    let refused =
        |job: &Json| job["state"] == "queued" && job["lastError"].as_str().is_some_and(|error| error.contains("535"));
    until("a wrong password refuses the address", || jobs(&workplace).iter().any(refused));
    service.stop();
}

#[test]
fn mails_are_lines_of_the_log_by_default() {
    let workplace = Workplace::new();
    let mut service = workplace.serve(&["serve"]);
    workplace.ok(&["mail", "test", "amelie@example.com"]);
    until("nobody writes it", || service.printed()[1].contains("This mail was sent to amelie@example.com"));
    service.stop();
    assert_fails(&workplace.run(&["mail", "test", "nobody"]), WRONG_USAGE, &["no e-mail address"]);
}

#[test]
fn what_is_wrong_with_mails_is_said_at_the_start() {
    let mut workplace = Workplace::new();
    let template = workplace.file("trial.de.txt", "Guten Tag,\n{{ adress }}");
    workplace.file("trial.de.subject", "Post kommt an");
    let folder = std::path::Path::new(&template).parent().expect("it is in a folder").join("templates");
    std::fs::create_dir(&folder).expect("a folder can be made");
    for name in ["trial.de.txt", "trial.de.subject"] {
        std::fs::rename(workplace.path().join(name), folder.join(name)).expect("a file can be moved");
    }
    workplace.set("MAIL_TEMPLATES_DIR", &folder.display().to_string());
    let outcome = workplace.run(&["serve"]);
    assert!(outcome.code != 0 && outcome.stderr.contains("trial.de.txt:2"), "{outcome:?}");
    for (name, value, expected) in [
        ("INVITATION_URL", "https://app.example/join", "{token}"),
        ("PASSWORD_RESET_URL", "app.example/{token}", "{token}"),
        ("MAILER", "pigeon", "must be log or smtp"),
    ] {
        let mut workplace = Workplace::new();
        workplace.set(name, value);
        assert_fails(&workplace.run(&["serve"]), 3, &[name, expected]);
    }
    let mut workplace = Workplace::new();
    workplace.set("MAILER", "smtp");
    assert_fails(&workplace.run(&["serve"]), 3, &["SMTP_URL (not set)", "MAIL_FROM (not set)"]);
    workplace.set("MAIL_FROM", "users@example.com");
    workplace.set("SMTP_URL", "smtp://users:sesame@mail.example");
    let outcome = workplace.run(&["serve"]);
    assert_fails(&outcome, 3, &["SMTP_URL", "TLS"]);
    assert!(!outcome.stderr.contains("sesame"), "{outcome:?}");
}

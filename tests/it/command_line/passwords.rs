//! `user password` and `user reset-password`.

use std::fs::File;

use super::{FAILED, WRONG_USAGE, assert_fails, on};
use crate::support::fixture::Database;
use crate::world::on_both;

on_both!(an_operator_sets_a_password_and_lets_a_member_set_one);
fn an_operator_sets_a_password_and_lets_a_member_set_one(database: &Database) {
    let workplace = on(database);
    workplace.ok(&["migrate", "up"]);
    workplace.ok(&["bootstrap", "--tenant-key", "acme", "--username", "ann", "--email", "ann@acme.example"]);
    let set = |name: &str, password: &str| {
        let file = workplace.file("password", &format!("{password}\n"));
        let mut command = workplace.command_on_a_terminal(&["user", "password", name, "--password-stdin"]);
        let output = command.stdin(File::open(file).expect("it was made")).output().expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, told, refused) = set("ann", "short");
    assert_eq!((code, &*told), (Some(FAILED), ""), "{refused}");
    assert!(refused.contains("at least 12 characters") && !refused.contains("short"), "{refused}");
    let (code, told, refused) = set("ANN@acme.example", "correct horse battery staple");
    assert!(code == Some(0) && told.starts_with("user  "), "{told}{refused}");
    assert_eq!(set("nobody", "correct horse battery staple").0, Some(WRONG_USAGE));
    assert_fails(&workplace.run(&["user", "password", "ann"]), WRONG_USAGE, &["--password-stdin"]);
    let reset = workplace.ok(&["user", "reset-password", "ann", "--tenant", "acme", "-o", "json"]);
    assert!(reset.contains("\"password-change-needed\"") && reset.contains("\"token\": \""), "{reset}");
    let mailed = workplace.ok(&["user", "reset-password", "ann", "--tenant", "acme", "--mail", "-o", "json"]);
    assert!(mailed.contains("\"expiresOn\"") && mailed.contains("\"token\": null"), "{mailed}");
}

on_both!(what_is_wrong_with_a_blocklist_is_told_at_start);
fn what_is_wrong_with_a_blocklist_is_told_at_start(database: &Database) {
    let mut workplace = on(database);
    workplace.ok(&["migrate", "up"]);
    workplace.ok(&["bootstrap", "--tenant-key", "acme", "--username", "ann", "--email", "ann@acme.example"]);
    let file = workplace.file("listed.txt", "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9545824\nhello\n");
    workplace.set("PASSWORD_BLOCKLIST", &file);
    assert_fails(&workplace.run(&["serve"]), super::INVALID_CONFIGURATION, &["PASSWORD_BLOCKLIST", "line 2"]);
}

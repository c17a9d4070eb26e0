//! What the files of `packaging/` say of the program holds: which exit codes are final, and how a container asks for its health.

use std::collections::BTreeSet;

use super::{FAILED, INVALID_CONFIGURATION, SCHEMA_NOT_READY, UNREACHABLE, WRONG_USAGE, assert_fails};
use crate::program::Workplace;

fn file(name: &str) -> String {
    let path = format!("{}/packaging/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What a line of a file gives to a name.
fn given<'a>(text: &'a str, name: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name} in {text}"))
}

#[test]
fn the_unit_starts_again_what_may_get_better_and_nothing_else() {
    let unit = file("user-tenant-service.service");
    assert_eq!(given(&unit, "Restart="), "on-failure");
    let named = given(&unit, "RestartPreventExitStatus=").split(' ').map(|code| code.parse().expect("it is a code"));
    assert_eq!(
        named.collect::<BTreeSet<i32>>(),
        BTreeSet::from([WRONG_USAGE, INVALID_CONFIGURATION, SCHEMA_NOT_READY])
    );

    // All codes that there are; the others may get better.
    let help = Workplace::new().ok(&["--help"]);
    let (_, codes) = help.split_once("Exit codes: ").expect("they are listed");
    let (codes, _) = codes.split_once('.').expect("the list ends");
    let codes: BTreeSet<i32> =
        codes.split(',').filter_map(|code| code.split_whitespace().next()?.parse().ok()).collect();
    assert_eq!(codes, BTreeSet::from([0, FAILED, WRONG_USAGE, INVALID_CONFIGURATION, UNREACHABLE, SCHEMA_NOT_READY]));

    // What the unit starts ends with them.
    let started = given(&unit, "ExecStart=").split(' ').skip(1).collect::<Vec<_>>();
    assert_eq!(started, ["serve"]);
    let mut workplace = Workplace::new();
    assert_fails(&workplace.run(&["serve", "--nope"]), WRONG_USAGE, &["--nope"]);
    workplace.set("PORT", "x");
    assert_fails(&workplace.run(&started), INVALID_CONFIGURATION, &["PORT"]);
    workplace.set("PORT", "0");
    workplace.set("JWT_ISSUER", "us");
    workplace.set("DATABASE_URL", "postgres://nobody@127.0.0.1:9/nothing");
    assert_fails(&workplace.run(&started), UNREACHABLE, &["cannot be reached"]);
    workplace.set("DATABASE_URL", "sqlite:users.db");
    assert_fails(&workplace.run(&started), SCHEMA_NOT_READY, &["migrate up"]);
}

#[test]
fn the_container_asks_for_its_health_as_it_is_asked_for() {
    let container = file("Dockerfile");
    let (_, command) = given(&container, "HEALTHCHECK ").split_once("CMD ").expect("it is a command");
    let command: Vec<String> = serde_json::from_str(command).expect("it needs no shell");
    let [program, arguments @ ..] = &command[..] else { panic!("{command:?}") };
    assert_eq!(given(&container, "ENTRYPOINT "), format!("[{program:?}]"));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();

    let mut workplace = Workplace::new();
    let mut running = workplace.serve(&[]);
    // The check has the settings of the container, the port among them, and is on the same machine.
    workplace.set("HOST", "0.0.0.0");
    workplace.set("PORT", &running.address().port().to_string());
    assert_eq!(workplace.ok(&arguments), "live\n");
    running.stop();
    assert_fails(&workplace.run(&arguments), FAILED, &["cannot be reached"]);
}

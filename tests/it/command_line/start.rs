//! The first start and the later ones: what they print, what they keep, and help.

use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use regex::Regex;
use serde_json::{Value as Json, json};

use super::{INVALID_CONFIGURATION, WRONG_USAGE, assert_fails, claims};
use crate::program::{Running, Workplace};
use crate::request::{Request, json};

/// The `curl` line that the first start prints, sent as `curl` would send it.
fn pasted(running: &Running) -> Option<(String, Request)> {
    let [stdout, _] = running.printed();
    let line = Regex::new(r"(?m)^curl -H 'Authorization: Bearer (\S+)' http://(\S+?)(/\S*)$").unwrap();
    let found = line.captures(&stdout)?;
    assert_eq!(found[2], running.address().to_string());
    let request = running.request(&format!("GET {}", &found[3])).bearer(&found[1]);
    Some((found[1].to_owned(), request))
}

#[test]
fn the_first_start_says_how_to_go_on_and_later_ones_keep_everything() {
    let workplace = Workplace::new();
    let mut first = workplace.serve(&[]);
    let [stdout, _] = first.printed();
    let address = first.address();
    assert!(stdout.contains(&format!("Explorer  http://{address}/explorer/")), "{stdout}");
    let (token, request) = pasted(&first).expect("there is a curl line");
    assert!(stdout.lines().any(|line| line == token), "the token stands on a line of its own: {stdout}");
    let listed = request.send();
    assert_eq!((listed.status, &json(&listed)[0]["key"]), (200, &json!("default")));

    let said = claims(&token);
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 12 * 60 * 60);
    assert_eq!(said["tenantType"], "master");
    assert!(said["permissions"].as_array().unwrap().len() > 50, "all permissions");
    let tenant = json!({ "name": "Kept", "status": 1, "key": "kept" });
    assert_eq!(first.request("POST /tenants").bearer(&token).json(&tenant).send().status, 200);
    first.stop();

    let mut second = workplace.serve(&["serve"]);
    let [stdout, _] = second.printed();
    assert!(!stdout.contains("eyJ") && pasted(&second).is_none(), "no token again: {stdout}");
    let command = Regex::new(r"(?m)^Mint a token with:\s+(\S+) (.*)$").unwrap();
    let command = command.captures(&stdout).unwrap_or_else(|| panic!("no command in {stdout}"));
    assert_eq!(&command[1], env!("CARGO_BIN_EXE_user-tenant-service"), "as it was started, since no PATH leads to it");
    let minted = workplace.ok(&command[2].split(' ').collect::<Vec<_>>());
    for token in [&token, minted.trim()] {
        let count = second.request("GET /tenants/count").bearer(token).send();
        assert_eq!(json(&count), json!({ "count": 2 }), "what the first start wrote is there");
    }
    second.stop();
}

#[test]
fn a_token_is_printed_where_somebody_looks_and_goes_into_no_log() {
    let mut workplace = Workplace::with(&[("USER_TENANT_SHOW_TOKEN", "false")]);
    let running = workplace.serve(&[]);
    let [stdout, stderr] = running.printed();
    assert!(!stdout.contains("eyJ") && !stderr.contains("eyJ"), "{stdout}{stderr}");
    assert!(stdout.contains("Mint a token with:"), "{stdout}");
    drop(running);
    workplace.set("DATA_DIR", "another");
    assert!(pasted(&workplace.serve(&["serve", "--show-token"])).is_some());
    workplace.set("DATA_DIR", "a third");
    workplace.set("PORT", "0");
    let mut terminal =
        rexpect::session::spawn_command(workplace.command_on_a_terminal(&["serve"]), Some(30_000)).expect("it starts");
    terminal.exp_string("Administrator's token, valid for 12 hours").expect("somebody looks");
}

#[test]
fn the_secret_and_the_database_are_their_owners_alone() {
    let workplace = Workplace::with(&[("DATA_DIR", "deeper/data")]);
    let mut running = workplace.serve(&[]);
    let directory = workplace.path().join("deeper/data");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    for file in ["jwt-secret", "user-tenant.db", "user-tenant.db-wal", "user-tenant.db-shm"] {
        assert_eq!(mode(&directory.join(file)), 0o600, "{file}");
    }
    running.stop();
    let [stdout, stderr] = running.printed();
    let secret = std::fs::read_to_string(directory.join("jwt-secret")).unwrap();
    assert!(secret.trim().len() >= 43, "256 bits in base64url");
    assert!(!stdout.contains(&secret) && !stderr.contains(&secret), "it is printed nowhere");
}

#[test]
fn a_new_file_of_a_database_is_its_owners_alone_and_another_keeps_its_mode() {
    for (existing, expected) in [(false, 0o600), (true, 0o640)] {
        let workplace = Workplace::with(&[("DATABASE_URL", "sqlite:users.db")]);
        let file = workplace.path().join("users.db");
        if existing {
            std::fs::write(&file, "").unwrap();
            std::fs::set_permissions(&file, Permissions::from_mode(expected)).unwrap();
        }
        workplace.ok(&["migrate", "up"]);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, expected);
    }
}

#[test]
fn a_file_that_a_link_leads_to_is_its_owners_alone_too() {
    let workplace = Workplace::with(&[("DATABASE_URL", "sqlite:users.db")]);
    let real = workplace.path().join("volume");
    std::fs::create_dir(&real).unwrap();
    // By one more link, and relative to where each lies.
    std::os::unix::fs::symlink("link.db", workplace.path().join("users.db")).unwrap();
    std::os::unix::fs::symlink("volume/real.db", workplace.path().join("link.db")).unwrap();
    workplace.ok(&["migrate", "up"]);
    assert_eq!(std::fs::metadata(real.join("real.db")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_secret_that_others_may_write_or_read_starts_nothing() {
    let workplace = Workplace::new();
    workplace.serve(&[]).stop();
    let secret = workplace.path().join("data/jwt-secret");
    for mode in [0o660, 0o644] {
        std::fs::set_permissions(&secret, Permissions::from_mode(mode)).unwrap();
        for command in ["serve", "token"] {
            let outcome = workplace.run(&[command]);
            assert_fails(&outcome, INVALID_CONFIGURATION, &["data/jwt-secret", "chmod 600"]);
        }
    }
}

#[test]
fn a_start_that_fails_does_not_use_up_the_token() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let workplace = Workplace::new();
    let port = taken.local_addr().unwrap().port().to_string();
    assert_fails(&workplace.run(&["--port", &port]), INVALID_CONFIGURATION, &["PORT", &port]);
    let running = workplace.serve(&[]);
    let (_, request) = pasted(&running).expect("this is the first start still");
    assert_eq!(request.send().status, 200);
}

#[test]
fn it_may_be_told_to_stop_as_soon_as_it_says_where_it_is() {
    let workplace = Workplace::new();
    for signal in ["TERM", "INT", "TERM", "INT"] {
        let mut running = workplace.start(&[]);
        running.signal(signal);
        assert_eq!(running.end().code(), Some(0), "{signal}: {:?}", running.printed());
    }
}

#[test]
fn several_may_start_at_once() {
    let workplace = Workplace::new();
    let directory = workplace.path().join("shared").display().to_string();
    let workplaces = [(); 3].map(|()| Workplace::with(&[("DATA_DIR", &directory)]));
    let running = std::thread::scope(|scope| {
        let started = workplaces.each_ref().map(|workplace| scope.spawn(|| workplace.serve(&[])));
        started.map(|started| started.join().unwrap())
    });
    let tokens: Vec<String> = running.iter().filter_map(|running| Some(pasted(running)?.0)).collect();
    assert_eq!(tokens.len(), 1, "one of them made the tenant");
    for running in &running {
        let count = running.request("GET /tenants/count").bearer(&tokens[0]).send();
        assert_eq!((count.status, json(&count)), (200, json!({ "count": 1 })));
    }
}

#[test]
fn a_prefix_stands_before_all_paths() {
    let workplace = Workplace::with(&[("BASE_PATH", "/user-tenants/")]);
    let running = workplace.serve(&[]);
    let (token, request) = pasted(&running).expect("there is a curl line");
    assert_eq!(request.send().status, 200);
    for path in ["/user-tenants/tenants/count", "/user-tenants/tenants"] {
        assert_eq!(running.request(&format!("GET {path}")).bearer(&token).send().status, 200, "{path}");
    }
    for path in ["/user-tenants/explorer/", "/user-tenants/openapi.json", "/user-tenants/health/live"] {
        assert_eq!(running.request(&format!("GET {path}")).send().status, 200, "{path}");
    }
    assert_eq!(running.request("GET /tenants").bearer(&token).send().status, 404);
}

#[test]
fn help_shows_every_command_with_examples() {
    let workplace = Workplace::new();
    let help = workplace.ok(&["--help"]);
    for word in
        ["serve", "migrate", "bootstrap", "token", "keys", "openapi", "config", "Examples:", "Exit codes: 0 done"]
    {
        assert!(help.contains(word), "no {word} in {help}");
    }
    for command in ["serve", "migrate", "bootstrap", "token", "keys", "openapi", "config"] {
        let help = workplace.ok(&[command, "--help"]);
        assert!(help.contains("Example") && help.contains(&format!("user-tenant-service {command}")), "{help}");
        assert!(help.contains("--database-url"), "settings are flags of every command: {help}");
    }
    let version = workplace.ok(&["--version"]);
    assert_eq!(version.trim(), concat!("user-tenant-service ", env!("CARGO_PKG_VERSION")));
    for wrong in [
        &["nonsense"][..],
        &["--nonsense"],
        &["serve", "x"],
        &["migrate"],
        &["keys", "add"],
        &["migrate", "down", "--to", "x"],
    ] {
        let outcome = workplace.run(wrong);
        assert_eq!(outcome.code, WRONG_USAGE, "{wrong:?}: {outcome:?}");
        assert!(outcome.stderr.contains("--help"), "{wrong:?}: {outcome:?}");
    }
    assert_eq!(std::fs::read_dir(workplace.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn the_document_is_printed_as_it_is_served() {
    let workplace = Workplace::new();
    let printed: Json = serde_json::from_str(&workplace.ok(&["openapi"])).unwrap();
    let yaml: Json = serde_norway::from_str(&workplace.ok(&["openapi", "--format", "yaml"])).unwrap();
    assert_eq!(std::fs::read_dir(workplace.path()).unwrap().count(), 0, "no database is needed");
    let served = json(&workplace.serve(&[]).request("GET /openapi.json").send());
    assert_eq!(printed, served);
    assert_eq!(yaml, served);
    assert_eq!(workplace.run(&["openapi", "--format", "xml"]).code, WRONG_USAGE);
}

#[test]
fn the_help_of_a_command_says_what_it_does_to_what_and_no_more() {
    let workplace = Workplace::new();
    for (kind, others) in [("tenant", "a user"), ("user", "a role"), ("role", "a group"), ("group", "a role")] {
        let group = workplace.ok(&[kind, "--help"]);
        for action in ["list", "get", "create", "update", "remove"] {
            let help = workplace.ok(&[kind, action, "--help"]);
            let first = help.lines().next().expect("it says what it does");
            assert!(first.contains(kind) && !first.contains(others), "{kind} {action}: {first}");
            assert!(group.contains(first), "{kind}: {group}");
            assert!(help.contains(&format!("user-tenant-service {kind} {action}")), "{help}");
        }
    }
    for command in [&["user", "create"][..], &["user"], &["token"], &["migrate", "up"], &["keys", "add"]] {
        for flag in ["--help", "-h"] {
            let help = workplace.ok(&[command, &[flag]].concat());
            assert!(!help.contains("--max-rows <VALUE>") && help.lines().count() < 80, "{command:?}: {help}");
            assert!(help.contains("user-tenant-service serve --help"), "{command:?}: {help}");
        }
        // They are taken all the same.
        let wrong = workplace.run(&[command, &["--max-rows", "none"]].concat());
        assert!(!wrong.stderr.contains("unexpected argument '--max-rows'"), "{command:?}: {wrong:?}");
    }
    for command in [&["--help"][..], &["serve", "--help"]] {
        assert!(workplace.ok(command).contains("--max-rows <VALUE>"), "{command:?}");
    }
}

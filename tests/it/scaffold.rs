//! `microservice`: what it writes builds, passes its own tests and lints, and serves; what it refuses leaves nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

use crate::program::Workplace;
use crate::request::{Request, json, text};
use crate::support::fixture::Database;

const BASED: [&str; 2] = ["--baseOnService", "--baseService=user-tenant-service"];
const WRONG_USAGE: i32 = 2;
const FAILED: i32 = 1;

fn checkout() -> &'static str {
    env!("CARGO_MANIFEST_DIR")
}

/// All files below a directory, relative to it.
fn files(directory: &Path) -> BTreeSet<String> {
    fn read(root: &Path, directory: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(directory).expect("the directory can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                read(root, &path, found);
            } else {
                found.insert(path.strip_prefix(root).expect("it lies below").display().to_string());
            }
        }
    }
    let mut found = BTreeSet::new();
    read(directory, directory, &mut found);
    found
}

fn ending(file: &str) -> &str {
    file.rsplit('.').next().unwrap_or_default()
}

/// Runs the command with these flags; the directory of the service.
fn scaffold(workplace: &Workplace, name: &str, flags: &[&str]) -> PathBuf {
    workplace.ok(&[&["microservice", name], &BASED[..], flags].concat());
    workplace.path().join(name)
}

#[test]
fn every_combination_renders_to_files_that_their_tools_accept() {
    let workplace = Workplace::with(&[]);
    let mut number = 0;
    let mut sources = Vec::new();
    for datasource in ["postgres", "postgresql", "sqlite"] {
        for migrations in [None, Some("--includeMigrations"), Some("--customMigrations")] {
            for name in [None, Some("--datasourceName=userdb")] {
                for prefix in [None, Some("--uniquePrefix=acme")] {
                    for other in [None, Some("--sequelize"), Some("--no-facade")] {
                        for source in ["--source=0.1", "--source=https://example.com/users.git"] {
                            number += 1;
                            let kind = format!("--datasourceType={datasource}");
                            let flags: Vec<&str> = [Some(kind.as_str()), migrations, name, prefix, other, Some(source)]
                                .into_iter()
                                .flatten()
                                .collect();
                            let made = scaffold(&workplace, &format!("service-{number}"), &flags);
                            check(&made, &flags);
                            let rust = files(&made).into_iter().filter(|file| ending(file) == "rs");
                            sources.extend(rust.map(|file| made.join(file)));
                        }
                    }
                }
            }
        }
    }
    assert_eq!(number, 3 * 3 * 2 * 2 * 3 * 2);
    let configuration = workplace.path().join("service-1/rustfmt.toml");
    let formatted = Command::new("rustfmt")
        .args(["--check", "--edition", "2024", "--config-path"])
        .arg(configuration)
        .args(&sources)
        .output()
        .expect("rustfmt can be started");
    assert!(formatted.status.success(), "{}", String::from_utf8_lossy(&formatted.stdout));
}

/// That the files of a service are the ones that the flags ask for, and each is what its ending says.
#[track_caller]
fn check(directory: &Path, flags: &[&str]) {
    let found = files(directory);
    let has = |start: &str| found.iter().any(|file| file.starts_with(start));
    let included = flags.contains(&"--includeMigrations");
    let own = flags.contains(&"--customMigrations");
    assert_eq!(has("migrations/postgres/0001"), included, "{flags:?}");
    assert_eq!(has("migrations/sqlite/1001"), own, "{flags:?}");
    assert_eq!(has("src/migrations.rs"), included || own, "{flags:?}");
    for file in &found {
        let text = fs::read_to_string(directory.join(file)).expect("each is text");
        assert!(!text.contains("{{") && !text.contains("{%") || ending(file) == "rs", "{file}: {text}");
        assert!(text.ends_with('\n') && !text.ends_with("\n\n") && !text.contains("\n\n\n"), "{file}: {text:?}");
        assert!(!text.contains(checkout()), "{file} depends on this machine");
        if ["yaml", "yml"].contains(&ending(file)) {
            serde_norway::from_str::<Json>(&text).unwrap_or_else(|error| panic!("{file}: {error}\n{text}"));
        }
        if ending(file) == "toml" {
            text.parse::<toml::Table>().unwrap_or_else(|error| panic!("{file}: {error}\n{text}"));
        }
    }
    let read = |file: &str| fs::read_to_string(directory.join(file)).expect("the file is there");
    assert_eq!(read("Cargo.lock"), include_str!("../../Cargo.lock"), "the versions are those of this checkout");
    let profiles = |manifest: &str| manifest.parse::<toml::Table>().expect("it is TOML")["profile"].clone();
    assert_eq!(profiles(&read("Cargo.toml")), profiles(include_str!("../../Cargo.toml")), "what is built serves both");
    let postgres = !flags.contains(&"--datasourceType=sqlite");
    assert_eq!(read(".env.example").contains("postgres://"), postgres, "{flags:?}");
    assert_eq!(read("compose.yaml").contains("postgres:17"), postgres, "{flags:?}");
    assert_eq!(read("compose.yaml").contains("userdb"), flags.contains(&"--datasourceName=userdb"), "{flags:?}");
    assert_eq!(
        read("compose.yaml").contains("image: \"acme-service"),
        flags.contains(&"--uniquePrefix=acme"),
        "{flags:?}"
    );
}

/// cargo, on a crate of its own that shares what is built here: its versions and its profile are ours. Nothing is fetched.
fn cargo(directory: &Path, arguments: &[&str]) {
    let program = Path::new(env!("CARGO_BIN_EXE_user-tenant-service"));
    let target = program.ancestors().nth(2).expect("the program lies in a profile of a target directory");
    let output = Command::new(env!("CARGO"))
        .args(&arguments[..1])
        .arg("--offline")
        .args(&arguments[1..])
        .env("CARGO_TARGET_DIR", target)
        .current_dir(directory)
        .output()
        .expect("cargo can be started");
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "cargo {arguments:?}:\n{stdout}{stderr}");
}

/// Writes a service that depends on this checkout, and builds, lints and tests it; from now on the workplace runs it.
fn build(workplace: &mut Workplace, name: &str, flags: &[&str]) {
    let directory = scaffold(workplace, name, &[flags, &["--source", checkout()]].concat());
    cargo(&directory, &["test"]);
    cargo(&directory, &["build"]);
    cargo(&directory, &["clippy", "--all-targets", "--", "-D", "warnings"]);
    workplace.use_program(Path::new(env!("CARGO_BIN_EXE_user-tenant-service")).with_file_name(name));
}

/// That it knows its own name, which it was built with.
fn is_called(workplace: &Workplace, name: &str) {
    let version = workplace.ok(&["--version"]);
    let ours = concat!("(user-tenant-service ", env!("CARGO_PKG_VERSION"), ")");
    assert_eq!(version.trim(), format!("{name} {ours}"));
    let help = workplace.ok(&["token", "--help"]);
    assert!(help.contains(&format!("\n  {name} token\n")) && !help.contains("  user-tenant-service"), "{help}");
    assert!(workplace.ok(&["completions", "bash"]).contains(&format!("_{}", name.replace('-', "__"))));
}

/// Serves with it, and greets with the token that it mints.
fn greets(workplace: &Workplace) {
    let running = workplace.serve(&["serve"]);
    let token = workplace.ok(&["token"]);
    let get = |path: &str, token: &str| Request::new(running.address(), &format!("GET {path}")).bearer(token).send();
    let greeting = get("/greeting", token.trim());
    assert_eq!((greeting.status, &json(&greeting)["members"]), (200, &1.into()), "{}", text(&greeting));
    assert_eq!(get("/tenants", token.trim()).status, 200);
    let stranger = workplace.ok(&["token", "--permission", "ViewTenant"]);
    assert_eq!(get("/greeting", stranger.trim()).status, 403);
}

#[test]
fn what_is_written_for_sqlite_builds_and_serves() {
    let mut workplace = Workplace::with(&[]);
    build(&mut workplace, "scaffolded-on-sqlite", &["--datasourceType=sqlite", "--customMigrations"]);
    // An embedded database first, as `cargo run` has it; then the file of its example of settings.
    let status = workplace.ok(&["migrate", "status", "--data-dir", "unused"]);
    assert!(status.contains("1001 greetings"), "{status}");
    is_called(&workplace, "scaffolded-on-sqlite");
    greets(&workplace);
}

#[test]
fn what_is_written_for_postgres_builds_and_serves() {
    let database = Database::postgres();
    let url = database.url();
    let secret = "a secret of the scaffold's tests, long enough";
    let mut workplace =
        Workplace::with(&[("DATABASE_URL", url.as_str()), ("JWT_VERIFIER", "secret"), ("JWT_SECRET", secret)]);
    workplace.ok(&["migrate", "up"]);
    build(&mut workplace, "scaffolded-on-postgres", &["--datasourceType=postgresql", "--includeMigrations"]);
    // Its copy of the migrations is the text that our own program has applied.
    assert!(workplace.ok(&["migrate", "up"]).contains("nothing to do"));
    workplace.ok(&["migrate", "check"]);
    workplace.ok(&["bootstrap"]);
    greets(&workplace);
}

#[test]
fn what_cannot_be_is_refused_and_leaves_nothing() {
    let workplace = Workplace::with(&[]);
    let before = files(workplace.path());
    let refused = |flags: &[&str], code: i32, words: &[&str]| {
        let output = workplace.run(&[&["microservice"], flags].concat());
        let error = output.stderr;
        assert_eq!(output.code, code, "{flags:?}: {error}");
        for word in words {
            assert!(error.contains(word), "{word} in {error}");
        }
        assert_eq!(files(workplace.path()), before, "{flags:?} leaves nothing");
    };
    let whole = ["users", BASED[0], BASED[1], "--datasourceType=sqlite", "--source=0.1"];
    refused(&[], WRONG_USAGE, &["NAME", "--baseOnService", "--baseService", "--datasourceType", "no terminal"]);
    refused(&whole[..3], WRONG_USAGE, &["missing: --datasourceType"]);
    refused(
        &[&whole[..], &["--includeMigrations", "--customMigrations"]].concat(),
        WRONG_USAGE,
        &["--customMigrations"],
    );
    refused(&[&whole[..], &["--facade"]].concat(), WRONG_USAGE, &["--facade"]);
    refused(&["users", BASED[1], "--datasourceType=sqlite"], WRONG_USAGE, &["needs --baseOnService"]);
    refused(
        &["users", BASED[0], "-s", "chat-service", "--datasourceType=sqlite"],
        WRONG_USAGE,
        &["chat-service is not offered"],
    );
    refused(&["../users", BASED[0], BASED[1], "--datasourceType=sqlite"], WRONG_USAGE, &["../users"]);
    refused(&["users", BASED[0], BASED[1], "--datasourceType=mysql"], WRONG_USAGE, &["mysql is not supported"]);
    for name in ["tokio", "serde-json", "greeting"] {
        refused(&[&[name], &whole[1..]].concat(), WRONG_USAGE, &[name, "means something else"]);
    }
    refused(&[&whole[..4], &["--source=nowhere"]].concat(), WRONG_USAGE, &["--source", "nowhere"]);

    fs::write(workplace.path().join("users"), "in the way").expect("the workplace can be written");
    let output = workplace.run(&[&["microservice"], &whole[..]].concat());
    assert_eq!(output.code, FAILED);
    assert!(output.stderr.contains("users is there already"), "{output:?}");
    #[cfg(unix)]
    {
        // A link that leads nowhere is in the way as well, and stays.
        let link = workplace.path().join("linked");
        std::os::unix::fs::symlink("nowhere", &link).expect("the workplace can be written");
        let output = workplace.run(&[&["microservice", "linked"], &whole[1..]].concat());
        assert_eq!((output.code, link.is_symlink()), (FAILED, true), "{output:?}");
    }
    // A place that cannot be written to: what was made on the way goes again.
    let below = workplace.path().join("users/below").display().to_string();
    let output = workplace.run(&[&["microservice"], &whole[..], &["--directory", &below]].concat());
    assert_eq!(output.code, FAILED);
    assert!(output.stderr.contains("cannot be written"), "{output:?}");
    assert_eq!(fs::read_to_string(workplace.path().join("users")).expect("it is there"), "in the way");
}

#[test]
fn what_is_missing_is_asked_for_on_a_terminal() {
    const PATIENCE_MILLISECONDS: u64 = 30_000;
    const DOWN: &str = "\x1b[B";
    let mut workplace = Workplace::new();
    workplace.set("TERM", "xterm");
    let command = workplace.command_on_a_terminal(&["microservice", "--source=0.1"]);
    let mut terminal = rexpect::session::spawn_command(command, Some(PATIENCE_MILLISECONDS)).expect("it starts");
    let mut answer = |question: &str, keys: &str| {
        terminal.exp_string(question).unwrap_or_else(|error| panic!("{question}: {error}"));
        terminal.send(keys).and_then(|_| terminal.flush()).expect("it reads");
    };
    answer("Name of the microservice", "askedFor\r");
    answer("Base it on user-tenant-service", "y");
    answer("Name of the datasource", "membersdb\r");
    answer("Type of the datasource", &format!("{DOWN}\r"));
    answer("Migrations", &format!("{DOWN}{DOWN}\r"));
    terminal.exp_string("asked-for has been written").expect("it says so");
    terminal.exp_eof().expect("it ends");
    let written = files(&workplace.path().join("asked-for"));
    assert!(written.contains("migrations/sqlite/1001_greetings.up.sql"), "{written:?}");
    let settings = fs::read_to_string(workplace.path().join("asked-for/.env.example")).expect("it is there");
    assert!(settings.contains("membersdb.db"), "{settings}");
}

#[test]
fn in_a_monorepo_it_goes_among_the_services() {
    let workplace = Workplace::with(&[]);
    fs::write(workplace.path().join("lerna.json"), "{}\n").expect("the workplace can be written");
    let printed = workplace.ok(&[&["microservice", "myUsers"], &BASED[..], &["--datasourceType=sqlite"]].concat());
    assert!(printed.contains("services/my-users"), "{printed}");
    let manifest = fs::read_to_string(workplace.path().join("services/my-users/Cargo.toml")).expect("it is there");
    // It depends on the checkout that the program lies in, and on the published repository where it lies elsewhere.
    let in_checkout = Path::new(env!("CARGO_BIN_EXE_user-tenant-service")).starts_with(checkout());
    let (path, repository) =
        (format!("path = \"{}\"", checkout()), concat!("git = \"", env!("CARGO_PKG_REPOSITORY"), "\""));
    assert!(manifest.contains(if in_checkout { path.as_str() } else { repository }), "{manifest}");
}

//! Settings: from flag, environment and file, shown with their sources and without secrets, and refused by name.

use regex::Regex;

use super::{INVALID_CONFIGURATION, assert_fails, on};
use crate::program::Workplace;
use crate::support::fixture::Database;

const POSTGRES: &str = "postgres://somebody:hidden-password@127.0.0.1:9/somewhere";

/// A setting that is wrong: what else is set, the variable, its value.
type Wrong = (&'static [(&'static str, &'static str)], &'static str, &'static str);

const WRONG: &[Wrong] = &[
    (&[], "HOST", "no address"),
    (&[], "PORT", "x"),
    (&[], "PORT", "-1"),
    (&[], "PORT", "65536"),
    (&[], "PORT", "80.5"),
    (&[], "BASE_PATH", "relative"),
    (&[], "BASE_PATH", "/with space"),
    (&[], "BASE_PATH", "/{braces}"),
    (&[], "BASE_PATH", "/two//slashes"),
    (&[], "DATABASE_URL", "mysql://root@127.0.0.1/x"),
    (&[], "DATABASE_URL", "nonsense"),
    (&[], "DATABASE_URL", "sqlite:"),
    (&[("JWT_ISSUER", "us")], "DATABASE_URL", "postgres://user:hidden-password@host:port/x"),
    (&[("DB_HOST", "127.0.0.1")], "DB_DATABASE", ""),
    (&[("DB_HOST", "127.0.0.1"), ("DB_DATABASE", "x")], "DB_SCHEMA", "Other"),
    (&[("DATABASE_URL", POSTGRES)], "DB_SCHEMA", "logs"),
    (&[], "DB_SCHEMA", "other"),
    (&[("DB_HOST", "127.0.0.1"), ("DB_DATABASE", "x")], "DB_PORT", "x"),
    (&[("DATABASE_URL", POSTGRES)], "DB_SSL_MODE", "maybe"),
    (&[("DATABASE_URL", POSTGRES)], "DB_MAX_CONNECTIONS", "0"),
    (&[("DATABASE_URL", POSTGRES)], "DB_CONNECTION_TIMEOUT_MILLIS", "soon"),
    (&[("DATABASE_URL", POSTGRES)], "STATEMENT_TIMEOUT_MILLISECONDS", "-5"),
    (&[("DATABASE_URL", POSTGRES)], "JWT_ISSUER", ""),
    (&[], "JWT_VERIFIER", "none"),
    (&[], "JWT_SECRET", "hidden-short"),
    (&[("JWT_VERIFIER", "secret"), ("DATABASE_URL", POSTGRES)], "JWT_SECRET", ""),
    (&[("JWT_VERIFIER", "jwt-keys")], "JWT_ISSUER", ""),
    (&[("JWT_VERIFIER", "jwks"), ("JWT_JWKS_URL", "https://issuer.example/keys")], "JWT_ISSUER", ""),
    (&[("JWT_VERIFIER", "public-key"), ("JWT_ISSUER", "us")], "JWT_PUBLIC_KEY", ""),
    (&[], "REDIS_URL", "http://ann:hidden@cache.example"),
    (&[("REDIS_HOST", "cache.example")], "REDIS_PORT", "0"),
    (&[("REDIS_HOST", "cache.example")], "REDIS_DATABASE", "first"),
    (&[], "REVOCATION_FAIL_OPEN", "perhaps"),
    (&[("JWT_VERIFIER", "jwks"), ("JWT_ISSUER", "us")], "JWT_JWKS_URL", ""),
    (&[("JWT_VERIFIER", "jwks"), ("JWT_ISSUER", "us")], "JWT_JWKS_URL", "ftp://issuer.example/keys"),
    (&[("JWT_VERIFIER", "jwks"), ("JWT_ISSUER", "us")], "JWT_JWKS_URL", "issuer.example"),
    (&[], "JWT_LEEWAY_SECONDS", "301"),
    (&[], "JWT_LEEWAY_SECONDS", "a while"),
    (&[], "JWT_CLAIM_ID", "/"),
    (&[], "CALLER_CACHE_MILLISECONDS", "1001"),
    (&[], "MAX_ROWS", "0"),
    (&[], "MAX_ROWS", "many"),
    (&[], "MAX_BODY_BYTES", "0"),
    (&[], "MAX_BODY_BYTES", "1MB"),
    (&[], "MAX_BODIES_BYTES", "0"),
    (&[], "MAX_BODIES_BYTES", "4294967296"),
    (&[], "CONCURRENCY_LIMIT", "0"),
    (&[], "REQUEST_TIMEOUT_MILLISECONDS", "0"),
    (&[], "REQUEST_TIMEOUT_MILLISECONDS", "18446744073709551616"),
    (&[], "SHUTDOWN_GRACE_MILLISECONDS", "never"),
    (&[], "CORS_ALLOWED_ORIGINS", "app.example"),
    (&[], "CORS_ALLOWED_ORIGINS", "https://app.example/path"),
    (&[], "LOG_LEVEL", "loud"),
    (&[], "LOG_FORMAT", "xml"),
];

#[test]
fn a_wrong_setting_is_refused_by_name() {
    for (others, name, value) in WRONG {
        let mut workplace = Workplace::with(&[("PORT", "0")]);
        for (name, value) in others.iter().chain([&(*name, *value)]) {
            workplace.set(name, value);
        }
        let outcome = workplace.run(&["serve"]);
        assert_fails(&outcome, INVALID_CONFIGURATION, &[name]);
        assert!(outcome.stderr.contains("must") || outcome.stderr.contains("cannot"), "what should it be? {outcome:?}");
        assert!(!outcome.stderr.contains("hidden"), "a secret is shown: {outcome:?}");
        assert_eq!(outcome.stdout, "", "{name}={value}");
    }
}

/// Value and source of a setting, as `config` shows them.
fn shown(workplace: &Workplace, arguments: &[&str], name: &str) -> [String; 2] {
    let printed = workplace.ok(&[&["config"], arguments].concat());
    let line = Regex::new(&format!(r"(?m)^{name} +(.*?)  (\w*)$")).unwrap();
    let found = line.captures(&printed).unwrap_or_else(|| panic!("no {name} in {printed}"));
    [1, 2].map(|at| found[at].to_owned())
}

#[test]
fn flags_win_over_the_environment_and_the_environment_over_the_file() {
    let mut workplace = Workplace::new();
    assert_eq!(shown(&workplace, &[], "MAX_ROWS"), ["10000", "default"]);
    let file = workplace.file(
        "settings.toml",
        "max_rows = 111\nhost = \"127.0.0.2\"\ncors_allowed_origins = [\"https://a.example\"]\n",
    );
    let from_file = ["--config", &file];
    assert_eq!(shown(&workplace, &from_file, "MAX_ROWS"), ["111", "file"]);
    assert_eq!(shown(&workplace, &from_file, "HOST"), ["127.0.0.2", "file"]);
    assert_eq!(shown(&workplace, &from_file, "CORS_ALLOWED_ORIGINS"), ["https://a.example", "file"]);
    workplace.set("MAX_ROWS", "222");
    assert_eq!(shown(&workplace, &from_file, "MAX_ROWS"), ["222", "environment"]);
    let with_flag = [&from_file[..], &["--max-rows", "333"]].concat();
    assert_eq!(shown(&workplace, &with_flag, "MAX_ROWS"), ["333", "flag"]);
    workplace.set("MAX_ROWS", "");
    assert_eq!(shown(&workplace, &from_file, "MAX_ROWS"), ["111", "file"], "an empty variable counts as not set");
    assert_eq!(shown(&workplace, &[], "JWT_ISSUER"), ["(not set)", ""]);
    assert_eq!(std::fs::read_dir(workplace.path()).unwrap().count(), 1, "nothing was made but our file");
}

#[test]
fn every_setting_is_shown_and_no_secret() {
    let workplace = Workplace::with(&[
        ("DATABASE_URL", POSTGRES),
        ("DB_PASSWORD", "hidden-too"),
        ("JWT_SECRET", "hidden-as-well-and-long-enough"),
        ("JWT_ISSUER", "us"),
    ]);
    let outcome = workplace.run(&["config"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(!outcome.stdout.contains("hidden") && !outcome.stderr.contains("hidden"), "{outcome:?}");
    for secret in ["DATABASE_URL", "DB_PASSWORD", "JWT_SECRET"] {
        assert_eq!(shown(&workplace, &[], secret), ["********", "environment"]);
    }
    let names = |text: &str, pattern: &str| -> Vec<String> {
        Regex::new(pattern).unwrap().captures_iter(text).map(|found| found[1].to_owned()).collect()
    };
    let documented = names(&workplace.ok(&["config", "--markdown"]), r"(?m)^\| `([A-Z_]+)`");
    assert!(documented.len() > 30);
    assert_eq!(names(&outcome.stdout, r"(?m)^([A-Z_]+) "), documented);
    let help = workplace.ok(&["serve", "--help"]);
    for name in &documented {
        let flag = format!("--{} ", name.to_lowercase().replace('_', "-"));
        assert!(help.contains(&flag), "no {flag}in the help");
    }
}

#[test]
fn a_wrong_file_is_refused() {
    let workplace = Workplace::new();
    for (content, word) in [
        ("unknown_setting = 1", "unknown_setting"),
        ("PORTT = 1", "portt"),
        ("port = {}", "port"),
        ("port = ", "settings.toml"),
        ("\0", "settings.toml"),
        ("port = 99999", "PORT"),
    ] {
        let file = workplace.file("settings.toml", content);
        for command in ["config", "serve"] {
            let outcome = workplace.run(&[command, "--config", &file]);
            assert_eq!(outcome.code, INVALID_CONFIGURATION, "{content:?}: {outcome:?}");
            assert!(outcome.stderr.to_lowercase().contains(&word.to_lowercase()), "{content:?}: {outcome:?}");
        }
    }
    assert_fails(&workplace.run(&["config", "--config", "missing.toml"]), INVALID_CONFIGURATION, &["missing.toml"]);
}

#[test]
fn the_originals_variables_name_the_database() {
    let database = Database::postgres();
    let url: hyper::Uri = database.url().parse().unwrap();
    let authority = url.authority().unwrap();
    let mut workplace = Workplace::with(&[
        ("DB_HOST", authority.host()),
        ("DB_PORT", &authority.port_u16().unwrap_or(5432).to_string()),
        ("DB_DATABASE", url.path().trim_start_matches('/')),
        ("JWT_ISSUER", "us"),
    ]);
    let user = authority.as_str().split_once('@').map_or("", |(user, _)| user);
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    workplace.set("DB_USER", user);
    workplace.set("DB_PASSWORD", password);
    assert!(workplace.ok(&["migrate", "up"]).contains("applied"));
    assert_eq!(on(&database).ok(&["migrate", "up"]).trim(), "nothing to do", "it is the same database");
    assert_eq!(shown(&workplace, &[], "DB_HOST"), [authority.host(), "environment"]);
}

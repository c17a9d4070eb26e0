//! Which settings are taken, which refused, and in which words.

mod mail;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use user_tenant_store::session::{DatabaseOptions, TlsMode};

use super::{Config, ConfigError, Effective, SETTINGS, VerifierKind, describe, load, reference};

fn effective(environment: &[(&str, &str)]) -> Effective {
    let find =
        |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(*value));
    load(&BTreeMap::new(), find, None).unwrap()
}

fn config(environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let effective = effective(environment);
    let config = Config::new(&effective)?;
    config.check_verifier(&effective)?;
    Ok(config)
}

/// All that is wrong with a file or with what is set, in words.
fn slips(environment: impl Fn(&str) -> Option<OsString>, file: Option<&Path>) -> String {
    match load(&BTreeMap::new(), environment, file) {
        Ok(effective) => Config::checked(&effective, false).err().unwrap().to_string(),
        Err(error) => error.to_string(),
    }
}

fn problem(environment: &[(&str, &str)]) -> String {
    config(environment).err().map(|error| error.to_string()).unwrap_or_default()
}

/// A configured database whose tokens are verified, so that a test can look at something else.
const SERVER: [(&str, &str); 2] = [("JWT_VERIFIER", "secret"), ("JWT_SECRET", "0123456789abcdef0123456789abcdef")];

fn server_with(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    SERVER.iter().chain(more).copied().collect()
}

fn postgres(more: &[(&'static str, &'static str)]) -> (String, TlsMode) {
    match config(&server_with(more)).unwrap().database {
        DatabaseOptions::Postgres(options) => (options.url.expose_secret().to_owned(), options.tls),
        DatabaseOptions::Sqlite(options) => panic!("{}", options.path.display()),
    }
}

#[test]
fn nothing_configured_is_an_embedded_database_with_a_secret() {
    let config = config(&[]).unwrap();
    assert!(config.embedded);
    assert_eq!((config.host.as_str(), config.port, config.base_path.as_str()), ("127.0.0.1", 3000, ""));
    assert_eq!((config.verifier, config.jwt_secret.is_none()), (VerifierKind::Secret, true));
    let DatabaseOptions::Sqlite(options) = config.database else { panic!("a server") };
    assert_eq!(options.path, Path::new("./data/user-tenant.db"));
    assert_eq!(config.limits.max_rows, 10_000);
    assert_eq!((config.limits.max_bytes, config.limits.max_bytes_together), (32 << 20, 64 << 20));
    assert_eq!(config.http.max_body_bytes, 1_048_576);
    assert_eq!(config.http.max_bodies_bytes, 67_108_864);
}

#[test]
fn a_flag_wins_over_the_environment_that_over_the_file_that_over_the_default() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("settings.toml");
    std::fs::write(
        &file,
        "port = 1\nmax_rows = 2\nbase_path = \"/file\"\ncors_allowed_origins = [\"https://a.example\", \"https://b.example\"]\n",
    )
    .unwrap();
    let flags = BTreeMap::from([("PORT", "3".to_owned())]);
    let environment = |name: &str| match name {
        "PORT" | "MAX_ROWS" => Some(OsString::from("4")),
        "BASE_PATH" => Some(OsString::new()),
        _ => None,
    };
    let effective = load(&flags, environment, Some(&file)).unwrap();
    let config = Config::new(&effective).unwrap();
    assert_eq!((config.port, config.limits.max_rows), (3, 4));
    assert_eq!(config.base_path, "/file", "an empty variable is not set");
    assert_eq!(config.http.allowed_origins, ["https://a.example", "https://b.example"]);
    let described = describe(&effective);
    for line in ["PORT 3 flag", "MAX_ROWS 4 environment", "BASE_PATH /file file", "HOST 127.0.0.1 default"] {
        let shown = |shown: &str| shown.split_whitespace().collect::<Vec<_>>().join(" ") == line;
        assert!(described.lines().any(shown), "{line} in\n{described}");
    }
}

#[test]
fn a_file_that_is_wrong_is_named_with_the_key() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("settings.toml");
    for (text, expected) in
        [("prot = 1", "`prot` is no setting"), ("[port]\nx = 1", "`port` must be"), ("port = ", "settings.toml")]
    {
        std::fs::write(&file, text).unwrap();
        let error = slips(|_| None, Some(&file));
        assert!(error.starts_with("--config") && error.contains(expected), "{error}");
    }
    for (text, expected) in [
        ("port = 1\njwt_secret = \"hidden-value", "line 2, column "),
        ("jwt_secret = hidden-value", "line 1, column 14: "),
        ("jwt_secret = \"hidden-value\" hidden-value", "line 1, column "),
        ("jwt_secret = \"\\hidden-value\"", "line 1, column "),
        ("jwt_secret = 'hidden-value'\njwt_secret = 'hidden-value'", "line 2, column 1: "),
        ("jwt_secret = { hidden-value = 1 }", "`jwt_secret` must be"),
        ("jwt_secret = [{ x = 'hidden-value' }]", "`jwt_secret` must be"),
        ("database_url = 'hidden-value'\nport = 99999999999999999999", "line 2, column "),
        ("db_password = 2026-13-99hidden-value", "line 1, column "),
    ] {
        std::fs::write(&file, text).unwrap();
        let error = slips(|_| None, Some(&file));
        assert!(error.contains(expected) && !error.contains("hidden"), "{text}: {error}");
    }
    let missing = load(&BTreeMap::new(), |_| None, Some(Path::new("/nowhere.toml"))).err().unwrap().to_string();
    assert!(missing.contains("/nowhere.toml"), "{missing}");
}

#[test]
fn wrong_values_name_the_variable_its_source_and_what_it_should_be() {
    for (name, value, expected) in [
        ("PORT", "abc", "must be a whole number from 0 to 65535"),
        ("PORT", "65536", "must be a whole number from 0 to 65535"),
        ("PORT", "-1", "must be a whole number from 0 to 65535"),
        ("MAX_ROWS", "0", "must be a whole number from 1 to 1000000"),
        ("MAX_ANSWER_BYTES", "1023", "must be a whole number from 1024 to 1073741824"),
        ("MAX_ANSWERS_IN_MEMORY_BYTES", "1024", "must be MAX_ANSWER_BYTES or more"),
        ("ADMIN_PORT", "x", "must be a whole number from 0 to 65535"),
        ("MAX_HEAD_BYTES", "8191", "must be a whole number from 8192 to 1048576"),
        ("MAX_CONNECTIONS_PER_ADDRESS", "-1", "must be a whole number from 0 to 1000000"),
        ("TRUSTED_PROXIES", "10.0.0.1, proxy.example", "\"proxy.example\" is neither an address nor a network"),
        ("FORWARDED_HEADER", "x-real-ip", "must be x-forwarded-for or forwarded"),
        ("WRITE_TIMEOUT_MILLISECONDS", "0", "must be a whole number from 1"),
        ("CALLER_CACHE_MILLISECONDS", "1001", "must be a whole number from 0 to 1000"),
        ("REQUEST_TIMEOUT_MILLISECONDS", "0", "must be a whole number from 1"),
        ("BASE_PATH", "users", "must be empty or a path"),
        ("CORS_ALLOWED_ORIGINS", "https://a.example/path", "must be *, or origins"),
        ("CORS_ALLOWED_ORIGINS", "https://*.example", "must be *, or origins"),
        ("CORS_ALLOWED_ORIGINS", "example", "must be *, or origins"),
        ("LOG_LEVEL", "loud", "must be off, error"),
        ("LOG_FORMAT", "xml", "must be auto, text or json"),
        ("JWT_VERIFIER", "none", "must be jwt-keys, public-key, secret or jwks"),
        ("REDIS_URL", "cache.example:6379", "must be an address like redis://"),
        ("REDIS_URL", "http://cache.example", "must be an address like redis://"),
        ("REVOCATION_FAIL_OPEN", "perhaps", "must be true or false"),
        ("JWT_CLAIM_ID", "/", "must be a claim's name, or a JSON pointer"),
        ("JWT_SECRET", "short", "must have 16 bytes or more"),
        ("DB_SCHEMA", "public", "must be main with SQLite"),
        ("DB_SCHEMA", "pg_users", "must be a name of lower-case letters"),
        ("DATABASE_URL", "mysql://host/db", "must be sqlite:path"),
        ("DATABASE_URL", "users.db", "must be sqlite:path"),
        ("DATABASE_URL", "sqlite:", "must name a file"),
        ("DATABASE_URL", "sqlite::memory:", "must name a file"),
        ("DATABASE_URL", "postgres://host/db?sslmode=maybe", "must have sslmode"),
    ] {
        let problem = problem(&[(name, value)]);
        assert!(problem.starts_with(&format!("{name} (environment): ")), "{name}={value}: {problem}");
        assert!(problem.contains(expected), "{name}={value}: {problem}");
    }
    let unset = problem(&[("DB_DATABASE", "users")]);
    assert!(unset.starts_with("DB_HOST (not set): must be"), "{unset}");
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_touch_is_refused_or_warned_about() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("settings.toml");
    let loaded = |text: &str, mode: u32| {
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let settings = load(&BTreeMap::new(), |_| None, Some(&file)).map_err(|error| error.to_string())?;
        Ok::<_, String>(Config::new(&settings).unwrap().warnings(&settings).join("\n"))
    };
    let secret = "db_password = 'hidden-value'";
    for (text, mode, expected) in [
        ("port = 1", 0o644, ""),
        (secret, 0o600, ""),
        (secret, 0o644, "can be read by others, and holds a secret"),
        ("port = 1", 0o664, "can be written by its group"),
    ] {
        let warnings = loaded(text, mode).unwrap();
        assert!(!warnings.contains("hidden"), "{warnings}");
        assert!(warnings.contains(expected) && warnings.is_empty() == expected.is_empty(), "{mode:o}: {warnings}");
        assert!(expected.is_empty() || warnings.contains("chmod 600"), "{warnings}");
    }
    let refused = loaded("port = 1", 0o646).unwrap_err();
    assert!(refused.starts_with("--config") && refused.contains("chmod 600"), "{refused}");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_refused() {
    use std::os::unix::ffi::OsStringExt;
    let binary = |name: &str| (name == "DB_PASSWORD").then(|| OsString::from_vec(vec![0xff]));
    let error = slips(binary, None);
    assert_eq!(error, "DB_PASSWORD (environment): must be Unicode text");
}

#[test]
fn a_verifier_asks_for_what_it_needs() {
    let sqlite = ("DATABASE_URL", "sqlite:users.db");
    for (environment, missing) in [
        (&[sqlite][..], "JWT_ISSUER"),
        (&[sqlite, ("JWT_VERIFIER", "secret")], "JWT_SECRET"),
        (&[sqlite, ("JWT_VERIFIER", "jwks")], "JWT_ISSUER"),
        (&[sqlite, ("JWT_VERIFIER", "jwks"), ("JWT_ISSUER", "us")], "JWT_JWKS_URL"),
        (&[("JWT_VERIFIER", "jwt-keys")], "JWT_ISSUER"),
        (&[("JWT_VERIFIER", "public-key")], "JWT_ISSUER"),
        (&[("JWT_VERIFIER", "public-key"), ("JWT_ISSUER", "us")], "JWT_PUBLIC_KEY"),
        (&[("JWT_PUBLIC_KEY", "key.pem"), ("JWT_ISSUER", "us")], "JWT_VERIFIER"),
        (&[sqlite, ("JWT_PUBLIC_KEY", "key.pem"), ("JWT_ISSUER", "us")], "JWT_VERIFIER"),
    ] {
        let problem = problem(environment);
        assert!(problem.starts_with(&format!("{missing} (not set): must be")), "{environment:?}: {problem}");
    }
    let jwks = [("JWT_VERIFIER", "jwks"), ("JWT_ISSUER", "us"), ("JWT_JWKS_URL", "ftp://keys")];
    assert!(problem(&jwks).starts_with("JWT_JWKS_URL (environment): must be an http"), "{}", problem(&jwks));
    let verifier = config(&[sqlite, ("JWT_ISSUER", "us")]).unwrap().verifier;
    assert_eq!(verifier, VerifierKind::JwtKeys, "a configured database keeps the keys");
    let short = [sqlite, ("JWT_ISSUER", "us"), ("JWT_SECRET", "short")];
    assert_eq!(problem(&short), "", "a secret that nothing uses may be anything");
}

#[test]
fn a_server_is_named_by_url_or_by_parts() {
    assert_eq!(
        postgres(&[("DATABASE_URL", "postgres://u:p@h:5433/d?sslmode=verify-full&application_name=a b")]),
        ("postgres://u:p@h:5433/d?application_name=a%20b".into(), TlsMode::VerifyFull)
    );
    assert_eq!(
        postgres(&[("DATABASE_URL", "postgresql://h/d?sslmode=require"), ("DB_SSL_MODE", "disable")]),
        ("postgresql://h/d".into(), TlsMode::Disable)
    );
    let parts = [("DB_HOST", "db"), ("DB_USER", "us er"), ("DB_PASSWORD", "p@:/+ß"), ("DB_DATABASE", "users")];
    assert_eq!(postgres(&parts), ("postgres://us%20er:p%40%3A%2F%2B%C3%9F@db:5432/users".into(), TlsMode::Prefer));
    let socket = [("DB_HOST", "/run/postgresql"), ("DB_USER", "u"), ("DB_DATABASE", "d"), ("DB_PORT", "5433")];
    assert_eq!(postgres(&socket).0, "postgres://u@%2Frun%2Fpostgresql:5433/d");
    let nameless = problem(&[("DB_HOST", "db")]);
    assert!(nameless.starts_with("DB_DATABASE (not set): must be"), "{nameless}");
    assert_eq!(postgres(&[("DB_HOST", "db"), ("DB_DATABASE", "d")]).0, "postgres://db:5432/d");
    for (url, path) in [("sqlite:a/b.db", "a/b.db"), ("sqlite:///a.db", "/a.db"), ("sqlite://a.db", "a.db")] {
        let DatabaseOptions::Sqlite(options) = config(&server_with(&[("DATABASE_URL", url)])).unwrap().database else {
            panic!("a server")
        };
        assert_eq!(options.path, Path::new(path));
    }
}

fn warnings(environment: &[(&str, &str)]) -> String {
    let effective = effective(environment);
    Config::new(&effective).unwrap().warnings(&effective).join("\n")
}

#[test]
fn doubtful_settings_are_warned_about() {
    assert_eq!(warnings(&[]), "");
    let both = server_with(&[("DATABASE_URL", "sqlite:a.db"), ("DB_HOST", "db")]);
    assert_eq!(warnings(&both), "DATABASE_URL and DB_HOST are both set: DATABASE_URL wins");
    assert!(warnings(&[("JWT_SECRET", "0123456789abcdef")]).starts_with("JWT_SECRET has 16 bytes"));
    let jwks = |url| warnings(&[("JWT_VERIFIER", "jwks"), ("JWT_ISSUER", "us"), ("JWT_JWKS_URL", url)]);
    assert!(jwks("http://issuer.example/keys").starts_with("JWT_JWKS_URL is not encrypted"));
    for safe in ["https://issuer.example/keys", "http://localhost:1/keys", "http://127.0.0.1/keys", "http://[::1]/keys"]
    {
        assert_eq!(jwks(safe), "", "{safe}");
    }
}

/// The settings that are named, in order.
#[track_caller]
fn assert_named(settings: &Effective, expected: &[&str]) {
    let errors = Config::checked(settings, true).err().expect("they are wrong").to_string();
    let mut named: Vec<_> = errors.lines().map(|line| line.split([' ', ':']).next().unwrap_or_default()).collect();
    named.sort_unstable();
    assert_eq!(named, expected, "{errors}");
}

#[test]
fn all_that_is_wrong_or_missing_is_named_at_once() {
    for (given, expected) in [
        (
            &[
                ("PORT", "x"),
                ("LOG_LEVEL", "loud"),
                ("LOG_FORMAT", "yaml"),
                ("MAX_ANSWER_BYTES", "64000000"),
                ("MAX_ANSWERS_IN_MEMORY_BYTES", "2000"),
                ("JWT_VERIFIER", "secret"),
                ("JWT_SECRET", "short"),
                ("DATABASE_URL", "mysql://db"),
            ][..],
            &["DATABASE_URL", "JWT_SECRET", "LOG_FORMAT", "LOG_LEVEL", "MAX_ANSWERS_IN_MEMORY_BYTES", "PORT"][..],
        ),
        (&[("DATABASE_URL", "postgres://db/users"), ("PORT", "-1")], &["JWT_ISSUER", "PORT"]),
        (&[("DATABASE_URL", "mysql://db"), ("PORT", "-1")], &["DATABASE_URL", "JWT_ISSUER", "PORT"]),
        (
            &[("DB_HOST", "localhost"), ("LOG_LEVEL", "nope"), ("MAX_ROWS", "x")],
            &["DB_DATABASE", "JWT_ISSUER", "LOG_LEVEL", "MAX_ROWS"],
        ),
        (&[("DB_DATABASE", "users"), ("DB_PORT", "x")], &["DB_HOST", "DB_PORT", "JWT_ISSUER"]),
        (
            &[("USER_CALLBACK_SECRET", "x"), ("LOG_LEVEL", "nope"), ("MAX_ROWS", "x")],
            &["ADMIN_USER_TENANT_ID", "FIRST_USER_ROLE", "LOG_LEVEL", "MAX_ROWS", "SUPER_ADMIN_PERMISSIONS"],
        ),
        (
            &[("USER_CALLBACK_SECRET", "x"), ("ADMIN_USER_TENANT_ID", "zz"), ("FIRST_USER_ROLE", "admin")],
            &["ADMIN_USER_TENANT_ID", "SUPER_ADMIN_PERMISSIONS"],
        ),
        (&[("JWT_VERIFIER", "jwks"), ("PORT", "x")], &["JWT_ISSUER", "JWT_JWKS_URL", "PORT"]),
        (&[("JWT_VERIFIER", "secret"), ("DATABASE_URL", "sqlite:a.db"), ("PORT", "x")], &["JWT_SECRET", "PORT"]),
        (&[("JWT_VERIFIER", "jwt_keys"), ("DATABASE_URL", "sqlite:a.db")], &["JWT_VERIFIER"]),
        (&[("MAX_ANSWER_BYTES", "1000000000"), ("PORT", "x")], &["MAX_ANSWERS_IN_MEMORY_BYTES", "PORT"]),
    ] {
        assert_named(&effective(given), expected);
    }
}

#[test]
fn what_is_wrong_in_the_file_is_named_beside_the_rest() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("settings.toml");
    std::fs::write(&file, "prot = 1\nhots = 'x'\nlog_level = 'loud'\n[max_rows]\nx = 1").unwrap();
    let environment = |name: &str| (name == "DB_HOST").then(|| OsString::from("localhost"));
    let effective = load(&BTreeMap::new(), environment, Some(&file)).unwrap();
    assert_named(&effective, &["--config", "--config", "--config", "DB_DATABASE", "JWT_ISSUER", "LOG_LEVEL"]);
}

#[test]
fn names_of_the_originals_logger_stand_for_ours() {
    for (given, ours) in [
        ("silly", "trace"),
        ("verbose", "debug"),
        ("http", "info"),
        ("warn", "warn"),
        ("DEBUG", "debug"),
        ("Info", "info"),
        ("WARN", "warn"),
        ("warning", "warn"),
        ("fatal", "error"),
        (" off ", "off"),
        ("a=debug", "a=debug"),
    ] {
        assert_eq!(config(&[("LOG_LEVEL", given)]).unwrap().log_level, ours);
    }
}

#[test]
fn client_applications_are_named_by_their_numbers() {
    let ids = |text: &'static str| {
        config(&server_with(&[("DEFAULT_AUTH_CLIENT_IDS", text)])).map(|all| all.default_auth_client_ids)
    };
    assert_eq!(ids(" 2, 1").unwrap(), [2, 1]);
    assert!(ids("").unwrap().is_empty());
    for text in ["web", "1;2", "0", "-1", "99999999999"] {
        let told = ids(text).unwrap_err().to_string();
        assert!(told.contains("DEFAULT_AUTH_CLIENT_IDS") && told.contains("numbers of client applications"), "{told}");
    }
}

#[test]
fn times_are_in_the_unit_of_their_name() {
    let config = config(&[("SHUTDOWN_GRACE_MILLISECONDS", "1500"), ("JWT_LEEWAY_SECONDS", "30")]).unwrap();
    assert_eq!((config.shutdown_grace, config.jwt_leeway), (Duration::from_millis(1500), Duration::from_secs(30)));
}

#[test]
fn jobs_are_done_here_unless_their_interval_is_nothing() {
    let jobs = config(&[]).unwrap().jobs.unwrap();
    assert_eq!((jobs.interval, jobs.lease), (Duration::from_secs(5), Duration::from_secs(30)));
    assert!(config(&[("JOBS_INTERVAL_MILLISECONDS", "0")]).unwrap().jobs.is_none());
    for lease in ["299", "60001"] {
        assert!(config(&[("JOBS_LEASE_MILLISECONDS", lease)]).is_err(), "{lease}");
    }
}

#[test]
fn one_address_leaves_places_to_the_others() {
    let of_one = |more: &[(&str, &str)]| config(more).unwrap().max_connections_per_address;
    for (most, expected) in [("1", 1), ("2", 2), ("10", 9), ("10000", 9_000)] {
        assert_eq!(of_one(&[("MAX_CONNECTIONS", most)]), expected, "{most}");
    }
    assert_eq!(of_one(&[("MAX_CONNECTIONS_PER_ADDRESS", "0")]), 0);
    assert_eq!(of_one(&[("MAX_CONNECTIONS_PER_ADDRESS", "7")]), 7);
}

#[test]
fn operators_have_a_listener_where_a_port_is_named() {
    let config = |more: &[(&str, &str)]| config(more).unwrap();
    let none = config(&[("ADMIN_HOST", "10.0.0.1")]);
    assert_eq!((none.admin, none.http.metrics_apart), (None, false));
    let here = config(&[("HOST", "0.0.0.0"), ("ADMIN_PORT", "9000")]);
    assert_eq!((here.admin, here.http.metrics_apart), (Some(("0.0.0.0".to_owned(), 9_000)), true));
    let elsewhere = config(&[("ADMIN_HOST", "10.0.0.1"), ("ADMIN_PORT", "9000")]);
    assert_eq!(elsewhere.admin, Some(("10.0.0.1".to_owned(), 9_000)));
}

#[test]
fn secrets_are_never_shown() {
    let secrets: Vec<_> = SETTINGS.iter().filter(|setting| setting.secret).map(|setting| setting.name).collect();
    assert_eq!(
        secrets,
        "DATABASE_URL DB_PASSWORD JWT_SECRET REDIS_URL REDIS_PASSWORD USER_CALLBACK_SECRET SMTP_URL"
            .split(' ')
            .collect::<Vec<_>>()
    );
    let environment: Vec<(&str, &str)> = secrets.into_iter().map(|name| (name, "hidden-value")).collect();
    assert!(!describe(&effective(&environment)).contains("hidden-value"));
    assert!(!problem(&environment).contains("hidden-value"));
}

#[test]
fn an_address_is_shown_without_the_secrets_in_it() {
    let url = "ftp://ann:hidden@issuer.example/keys?key=hidden";
    let environment = [("JWT_VERIFIER", "jwks"), ("JWT_ISSUER", "us"), ("JWT_JWKS_URL", url)];
    let described = describe(&effective(&environment));
    assert!(described.contains("ftp://********@issuer.example/keys?********  environment"), "{described}");
    assert!(!described.contains("hidden"), "{described}");
    assert!(problem(&environment).starts_with("JWT_JWKS_URL") && !problem(&environment).contains("hidden"));
}

#[test]
fn the_reference_has_a_row_for_every_setting() {
    let reference = reference();
    for setting in SETTINGS {
        let row = format!("| `{}` | `--{}` | `{}` |", setting.name, setting.flag(), setting.key());
        assert!(reference.contains(&row), "{row}");
    }
}

#[test]
fn permissions_of_the_application_are_keys_or_are_described() {
    let own = |text: &'static str| {
        let own = config(&[("PERMISSIONS", text)]).unwrap().permissions.into_iter();
        own.map(|own| (own.name.into_owned(), own.meaning.map(Cow::into_owned))).collect::<Vec<_>>()
    };
    let (oven, bread) = (("UseOven".to_owned(), Some("Use the oven".to_owned())), ("EatBread".to_owned(), None));
    assert_eq!(own("EatBread"), std::slice::from_ref(&bread));
    assert_eq!(own(r#"[{"name": "UseOven", "meaning": "Use the oven"}, "EatBread"]"#), [oven, bread]);
    assert_eq!(own("[]"), []);
    for (text, why) in [
        ("Use Oven", "must have no blanks"),
        ("A,,B", "must have 1 to 100 characters"),
        ("A, B, A", "\"A\" is there twice"),
        ("viewRoles", "is one of the service's own"),
        ("12", "must be no number"),
        ("[1]", "or JSON"),
        ("[", "or JSON"),
        ("{bad", "or JSON"),
        (r#"[{"name": "A", "menaing": "x"}]"#, "or JSON"),
        (r#"[{"meaning": "x"}]"#, "or JSON"),
    ] {
        let told = problem(&[("PERMISSIONS", text)]);
        assert!(told.contains("PERMISSIONS") && told.contains(why), "{text}: {told}");
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("settings.toml");
    let count = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let effective = load(&BTreeMap::new(), |_| None, Some(&file)).unwrap();
        Config::new(&effective).unwrap().permissions.len()
    };
    assert_eq!(count("permissions = ['UseOven', 'EatBread']"), 2);
    assert_eq!(count("[[permissions]]\nname = 'UseOven'\nmeaning = 'Use the oven'"), 1);
    assert_eq!(count("permissions = [{ name = 'UseOven' }, 'EatBread']"), 2);
    assert!(problem(&[("PERMISSIONS_OPEN", "yes")]).contains("must be true or false"));
    let said = |text: &'static str| config(&[("PERMISSIONS_OPEN", text)]).unwrap().permissions_open;
    assert_eq!([said("true"), said("false"), said("")], [Some(true), Some(false), None]);
}

#[test]
fn how_people_begin_is_said_by_settings_that_fit() {
    use crate::model::{NewUserProvider, NewUsers, UserStatus};
    let begun = |settings: &[(&str, &str)]| config(&[&SERVER[..], settings].concat()).map(|config| config.new_users);
    assert_eq!(begun(&[]).ok(), Some(NewUsers::default()));
    let internal = begun(&[("NEW_USER_AUTH_PROVIDER", "internal"), ("NEW_USER_STATUS", "3")]);
    let expected = NewUsers { provider: NewUserProvider::Internal, status: UserStatus::PasswordChangeNeeded };
    assert_eq!(internal.ok(), Some(expected));
    for (name, value) in [
        ("NEW_USER_AUTH_PROVIDER", "cognito"),
        ("NEW_USER_STATUS", "2"),
        ("NEW_USER_AUTH_ID", "email"),
        ("BCRYPT_COST", "9"),
    ] {
        assert!(problem(&[&SERVER[..], &[(name, value)]].concat()).contains(name), "{name}");
    }
    let both = [("NEW_USER_AUTH_PROVIDER", "internal"), ("NEW_USER_AUTH_ID", "username")];
    assert!(problem(&[&SERVER[..], &both].concat()).contains("NEW_USER_AUTH_ID"));
}

//! From the settings to the database to open.

use std::path::{Path, PathBuf};
use std::time::Duration;

use user_tenant_store::session::{DatabaseOptions, PostgresOptions, SchemaName, SqliteOptions, TlsMode};

use super::sources::Effective;
use super::{ConfigError, DAY};

/// The file of the embedded database, in its directory.
pub(crate) const EMBEDDED_FILE: &str = "user-tenant.db";

/// What a URL may look like.
const URL: &str = "must be sqlite:path/to/file.db or postgres://user:password@host:port/database";

/// The database, and whether it is the embedded one that nobody configured.
pub(super) fn database(settings: &Effective, data_dir: &Path) -> Result<(DatabaseOptions, bool), ConfigError> {
    if let Some(url) = settings.text("DATABASE_URL") {
        let assumed = if url.starts_with("sqlite") { "sqlite:assumed.db" } else { "postgres://localhost/assumed" };
        let database = by_url(settings, url);
        return database
            .map(|options| (options, false))
            .map_err(|error| if error.name() == "DATABASE_URL" { error.assuming(assumed) } else { error });
    }
    if settings.text("DB_HOST").is_some() {
        return Ok((postgres(settings, url_of_parts(settings)?, None)?, false));
    }
    if settings.text("DB_DATABASE").is_some() {
        return Err(settings.wrong("DB_HOST", "must be the PostgreSQL server, with DB_DATABASE").assuming("localhost"));
    }
    Ok((sqlite(settings, data_dir.join(EMBEDDED_FILE))?, true))
}

fn by_url(settings: &Effective, url: &str) -> Result<DatabaseOptions, ConfigError> {
    let wrong = |problem: &str| settings.wrong("DATABASE_URL", problem);
    let (scheme, rest) = url.split_once(':').ok_or_else(|| wrong(URL))?;
    match scheme {
        "sqlite" => {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            if path.is_empty() || path.contains(":memory:") || path.contains('?') {
                return Err(wrong("must name a file, without options: sqlite:path/to/file.db"));
            }
            sqlite(settings, path)
        }
        "postgres" | "postgresql" if rest.starts_with("//") => {
            // The driver does not know every mode that libpq does, so ours is taken out of the URL.
            let (base, query) = url.split_once('?').unwrap_or((url, ""));
            let parameters = form_urlencoded::parse(query.as_bytes()).into_owned();
            let (modes, others): (Vec<_>, Vec<_>) = parameters.partition(|(name, _)| name == "sslmode");
            let mode = modes.last().map(|(_, mode)| {
                tls_mode(mode).ok_or_else(|| wrong("must have sslmode disable, prefer, require or verify-full"))
            });
            let others: Vec<String> =
                others.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
            let mark = if others.is_empty() { "" } else { "?" };
            postgres(settings, format!("{base}{mark}{}", others.join("&")), mode.transpose()?)
        }
        _ => Err(wrong(URL)),
    }
}

/// The URL that `DB_HOST` and its companions stand for.
fn url_of_parts(settings: &Effective) -> Result<String, ConfigError> {
    let part = |name| settings.text(name).map(escape);
    let needed = |name, what: &str| {
        part(name).ok_or_else(|| settings.wrong(name, &format!("{what}, with DB_HOST")).assuming("assumed"))
    };
    let password = part("DB_PASSWORD").map(|password| format!(":{password}")).unwrap_or_default();
    // Without a role the driver takes the name of the operating system's user, as libpq does.
    let role = part("DB_USER").map(|user| format!("{user}{password}@")).unwrap_or_default();
    Ok(format!(
        "postgres://{role}{}:{}/{}",
        // Escaped, so that the directory of a socket and an IPv6 address can stand here too.
        needed("DB_HOST", "must be the server")?,
        settings.number::<u16>("DB_PORT", 1..=u16::MAX)?,
        needed("DB_DATABASE", "must be the name of the database")?,
    ))
}

fn sqlite(settings: &Effective, path: impl Into<PathBuf>) -> Result<DatabaseOptions, ConfigError> {
    if schema(settings)? != SchemaName::MAIN {
        return Err(settings.wrong("DB_SCHEMA", "must be main with SQLite, whose files have no schemas"));
    }
    let statement_timeout = statement_timeout(settings)?;
    Ok(DatabaseOptions::Sqlite(SqliteOptions { statement_timeout, ..SqliteOptions::new(path) }))
}

/// A server; `mode` is what its URL says of encryption, which counts where no setting does.
fn postgres(settings: &Effective, url: String, mode: Option<TlsMode>) -> Result<DatabaseOptions, ConfigError> {
    let tls = match settings.text("DB_SSL_MODE") {
        Some(text) => tls_mode(text)
            .ok_or_else(|| settings.wrong("DB_SSL_MODE", "must be disable, prefer, require or verify-full"))?,
        None => mode.unwrap_or(TlsMode::Prefer),
    };
    let options = PostgresOptions {
        url: url.into(),
        schema: schema(settings)?,
        max_connections: settings.number("DB_MAX_CONNECTIONS", 1..=10_000)?,
        connection_timeout: settings.milliseconds("DB_CONNECTION_TIMEOUT_MILLIS", 1..=DAY)?,
        statement_timeout: statement_timeout(settings)?,
        tls,
    };
    #[cfg(feature = "postgres")]
    if !options.has_valid_url() {
        let name = if settings.text("DATABASE_URL").is_some() { "DATABASE_URL" } else { "DB_HOST" };
        return Err(settings.wrong(name, URL));
    }
    Ok(DatabaseOptions::Postgres(options))
}

fn schema(settings: &Effective) -> Result<SchemaName, ConfigError> {
    let name = settings.text("DB_SCHEMA").unwrap_or(SchemaName::MAIN.as_str());
    SchemaName::new(name).map_err(|error| settings.wrong("DB_SCHEMA", &error.to_string()))
}

fn statement_timeout(settings: &Effective) -> Result<Duration, ConfigError> {
    settings.milliseconds("STATEMENT_TIMEOUT_MILLISECONDS", 1..=DAY)
}

fn tls_mode(text: &str) -> Option<TlsMode> {
    match text {
        "disable" => Some(TlsMode::Disable),
        "prefer" => Some(TlsMode::Prefer),
        "require" => Some(TlsMode::Require),
        "verify-full" => Some(TlsMode::VerifyFull),
        _ => None,
    }
}

/// Percent-encodes a part of a URL.
fn escape(text: &str) -> String {
    // Forms write a space as `+`, URLs do not; a real `+` is `%2B` already.
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

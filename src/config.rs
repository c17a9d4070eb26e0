//! Settings of the binary: add one to [`SETTINGS`], read it in [`Config`]; flags, variables, file and reference follow.

mod reference;
mod settings;
mod sources;

use std::path::PathBuf;
use std::time::Duration;

pub(crate) use reference::{describe, reference};
pub(crate) use settings::SETTINGS;
pub(crate) use sources::{Effective, load};
use user_tenant_store::session::{DatabaseOptions, Limits, PostgresOptions, SqliteOptions, TlsMode};

use crate::access::caller::ClaimMap;
use crate::http::HttpOptions;

/// A setting that is missing or wrong: which one, where it came from, what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}{origin}: {problem}")]
pub(crate) struct ConfigError {
    name: String,
    origin: String,
    problem: String,
}

impl ConfigError {
    fn new(name: &str, origin: &str, problem: impl Into<String>) -> Self {
        let origin = if origin.is_empty() { String::new() } else { format!(" ({origin})") };
        Self { name: name.to_owned(), origin, problem: problem.into() }
    }
}

/// How tokens are verified, as configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VerifierKind {
    /// RS256, keys in `jwt_keys`.
    JwtKeys,
    /// HS256, one secret.
    Secret,
    /// Keys of an `OpenID` Connect issuer.
    Jwks,
}

/// The effective settings, typed and checked together.
pub(crate) struct Config {
    /// Address to listen on.
    pub(crate) host: String,
    /// Port to listen on; 0 takes a free one.
    pub(crate) port: u16,
    /// Prefix of all paths, empty or `/like/this`.
    pub(crate) base_path: String,
    /// Directory of the embedded database and its secret.
    pub(crate) data_dir: PathBuf,
    /// Whether the database is the embedded one that nobody configured.
    pub(crate) embedded: bool,
    /// The database.
    pub(crate) database: DatabaseOptions,
    /// How tokens are verified.
    pub(crate) verifier: VerifierKind,
    /// Shared secret of HS256.
    pub(crate) jwt_secret: Option<String>,
    /// What `iss` must be.
    pub(crate) jwt_issuer: Option<String>,
    /// What `aud` must hold.
    pub(crate) jwt_audience: Option<String>,
    /// Address of the issuer's key set.
    pub(crate) jwt_jwks_url: Option<String>,
    /// Tolerance for clocks that differ.
    pub(crate) jwt_leeway: Duration,
    /// Which claims hold the caller's fields.
    pub(crate) claims: ClaimMap,
    /// How long a caller found live is not asked for again.
    pub(crate) caller_cache: Duration,
    /// Bounds of an answer.
    pub(crate) limits: Limits,
    /// Bounds of the HTTP side.
    pub(crate) http: HttpOptions,
    /// How long requests at work may take after the signal to stop.
    pub(crate) shutdown_grace: Duration,
    /// Filter of the log, in the terms of `tracing`.
    pub(crate) log_level: String,
    /// Whether the log is JSON; `None` decides by terminal.
    pub(crate) log_json: Option<bool>,
}

impl Config {
    /// Reads and checks the effective settings.
    ///
    /// # Errors
    /// [`ConfigError`] for the first setting that is missing or wrong.
    pub(crate) fn new(settings: &Effective) -> Result<Self, ConfigError> {
        let data_dir = PathBuf::from(settings.required("DATA_DIR")?);
        let (database, embedded) = database(settings, &data_dir)?;
        let verifier = match settings.text("JWT_VERIFIER") {
            None if embedded => VerifierKind::Secret,
            None | Some("jwt-keys") => VerifierKind::JwtKeys,
            Some("secret") => VerifierKind::Secret,
            Some("jwks") => VerifierKind::Jwks,
            Some(_) => return Err(settings.wrong("JWT_VERIFIER", "must be jwt-keys, secret or jwks")),
        };
        let config = Self {
            host: settings.required("HOST")?.to_owned(),
            port: settings.number("PORT")?,
            base_path: base_path(settings)?,
            data_dir,
            embedded,
            database,
            verifier,
            jwt_secret: settings.owned("JWT_SECRET"),
            jwt_issuer: settings.owned("JWT_ISSUER"),
            jwt_audience: settings.owned("JWT_AUDIENCE"),
            jwt_jwks_url: settings.owned("JWT_JWKS_URL"),
            jwt_leeway: Duration::from_secs(settings.number("JWT_LEEWAY_SECONDS")?),
            claims: claims(settings)?,
            caller_cache: settings.milliseconds("CALLER_CACHE_MILLISECONDS")?,
            limits: Limits { max_rows: settings.positive("MAX_ROWS")? },
            http: HttpOptions {
                max_body_bytes: settings.number("MAX_BODY_BYTES")?,
                concurrency: settings.positive("CONCURRENCY_LIMIT")?,
                timeout: settings.milliseconds("REQUEST_TIMEOUT_MILLISECONDS")?,
                allowed_origins: list(settings.required("CORS_ALLOWED_ORIGINS")?),
            },
            shutdown_grace: settings.milliseconds("SHUTDOWN_GRACE_MILLISECONDS")?,
            log_level: log_level(settings)?,
            log_json: match settings.text("LOG_FORMAT") {
                None | Some("auto") => None,
                Some("json") => Some(true),
                Some("text") => Some(false),
                Some(_) => return Err(settings.wrong("LOG_FORMAT", "must be auto, text or json")),
            },
        };
        config.check(settings)?;
        Ok(config)
    }

    /// Settings that need each other.
    fn check(&self, settings: &Effective) -> Result<(), ConfigError> {
        let needs = |name, why: &str| Err(ConfigError::new(name, "not set", why));
        if self.caller_cache > Duration::from_secs(1) {
            return Err(settings.wrong(
                "CALLER_CACHE_MILLISECONDS",
                "must be 1000 at most: a deactivated caller is refused within a second",
            ));
        }
        match self.verifier {
            VerifierKind::JwtKeys if self.jwt_issuer.is_none() => {
                needs("JWT_ISSUER", "must be the `iss` of your tokens, with JWT_VERIFIER=jwt-keys")
            }
            VerifierKind::Jwks if self.jwt_issuer.is_none() => {
                needs("JWT_ISSUER", "must be the `iss` of your tokens, with JWT_VERIFIER=jwks")
            }
            VerifierKind::Jwks if self.jwt_jwks_url.is_none() => {
                needs("JWT_JWKS_URL", "must be the address of the issuer's key set, with JWT_VERIFIER=jwks")
            }
            VerifierKind::Secret if self.jwt_secret.is_none() && !self.embedded => {
                needs("JWT_SECRET", "must be a secret of 16 bytes or more, with JWT_VERIFIER=secret")
            }
            _ if self.jwt_secret.as_ref().is_some_and(|secret| secret.len() < 16) => {
                Err(settings.wrong("JWT_SECRET", "must have 16 bytes or more"))
            }
            _ => Ok(()),
        }
    }
}

fn database(settings: &Effective, data_dir: &std::path::Path) -> Result<(DatabaseOptions, bool), ConfigError> {
    if let Some(url) = settings.text("DATABASE_URL") {
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        return match scheme {
            "sqlite" => {
                let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
                if path.is_empty() {
                    return Err(settings.wrong("DATABASE_URL", "must name a file: sqlite:path/to/file.db"));
                }
                Ok((DatabaseOptions::Sqlite(SqliteOptions::new(path)), false))
            }
            "postgres" | "postgresql" => Ok((DatabaseOptions::Postgres(postgres(settings, url.to_owned())?), false)),
            _ => Err(settings.wrong("DATABASE_URL", "must begin with sqlite: or postgres://")),
        };
    }
    if let Some(host) = settings.text("DB_HOST") {
        let encoded = |name: &str| {
            settings
                .text(name)
                .map(|text| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20"))
        };
        let (user, database) = (encoded("DB_USER").unwrap_or_default(), encoded("DB_DATABASE").unwrap_or_default());
        if database.is_empty() {
            return Err(ConfigError::new("DB_DATABASE", "not set", "must be the name of the database, with DB_HOST"));
        }
        if settings.text("DB_SCHEMA").is_some_and(|schema| schema != "main") {
            return Err(settings.wrong("DB_SCHEMA", "must be main, the schema that the tables are in"));
        }
        let password = encoded("DB_PASSWORD").map(|password| format!(":{password}")).unwrap_or_default();
        let port: u16 = settings.number("DB_PORT")?;
        let at = if user.is_empty() { String::new() } else { format!("{user}{password}@") };
        return Ok((
            DatabaseOptions::Postgres(postgres(settings, format!("postgres://{at}{host}:{port}/{database}"))?),
            false,
        ));
    }
    Ok((DatabaseOptions::Sqlite(SqliteOptions::new(data_dir.join("user-tenant.db"))), true))
}

fn postgres(settings: &Effective, url: String) -> Result<PostgresOptions, ConfigError> {
    Ok(PostgresOptions {
        url,
        max_connections: settings.positive("DB_MAX_CONNECTIONS")?,
        connection_timeout: settings.milliseconds("DB_CONNECTION_TIMEOUT_MILLIS")?,
        statement_timeout: settings.milliseconds("STATEMENT_TIMEOUT_MILLISECONDS")?,
        tls: match settings.required("DB_SSL_MODE")? {
            "disable" => TlsMode::Disable,
            "prefer" => TlsMode::Prefer,
            "require" => TlsMode::Require,
            "verify-full" => TlsMode::VerifyFull,
            _ => return Err(settings.wrong("DB_SSL_MODE", "must be disable, prefer, require or verify-full")),
        },
    })
}

fn claims(settings: &Effective) -> Result<ClaimMap, ConfigError> {
    let claim = |name: &str| settings.required(name).map(ToOwned::to_owned);
    Ok(ClaimMap {
        id: claim("JWT_CLAIM_ID")?,
        user_tenant_id: claim("JWT_CLAIM_USER_TENANT_ID")?,
        tenant_id: claim("JWT_CLAIM_TENANT_ID")?,
        tenant_type: claim("JWT_CLAIM_TENANT_TYPE")?,
        permissions: claim("JWT_CLAIM_PERMISSIONS")?,
        password_expiry: claim("JWT_CLAIM_PASSWORD_EXPIRY")?,
    })
}

fn base_path(settings: &Effective) -> Result<String, ConfigError> {
    let path = settings.text("BASE_PATH").unwrap_or_default().trim_end_matches('/');
    let plain = path.starts_with('/') && !path.contains(['{', '}', '?', '#', ' ']) && !path.contains("//");
    if path.is_empty() || plain {
        Ok(path.to_owned())
    } else {
        Err(settings.wrong("BASE_PATH", "must be empty or a path like /user-tenants"))
    }
}

/// The levels of the original's logger beside those of ours.
fn log_level(settings: &Effective) -> Result<String, ConfigError> {
    let level = settings.required("LOG_LEVEL")?;
    Ok(match level {
        "error" | "warn" | "info" | "debug" | "trace" | "off" => level,
        "http" => "info",
        "verbose" => "debug",
        "silly" => "trace",
        filter if filter.contains('=') => filter,
        _ => {
            return Err(settings.wrong(
                "LOG_LEVEL",
                "must be off, error, warn, info, debug or trace, or a filter like info,user_tenant_store=debug",
            ));
        }
    }
    .to_owned())
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(ToOwned::to_owned).collect()
}

//! Settings of the binary: add one to [`SETTINGS`], read it in [`Config`]; flags, variables, file and reference follow.

mod database;
mod errors;
mod mail;
mod permissions;
mod reference;
mod revocation;
mod settings;
mod sources;
#[cfg(test)]
mod tests;
mod trust;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use axum::http::Uri;
pub(crate) use database::EMBEDDED_FILE;
pub(crate) use errors::{ConfigError, ConfigErrors};
pub(crate) use mail::MailConfig;
pub(crate) use reference::{describe, reference};
use secrecy::{ExposeSecret, SecretString};
pub(crate) use settings::{SETTINGS, Setting};
pub(crate) use sources::{Effective, Source, load};
pub(crate) use trust::{Doubt, read as read_trusted};
use user_tenant_store::session::{DatabaseOptions, Limits};

use crate::access::caller::ClaimMap;
use crate::access::live_permissions::PermissionSource;
use crate::access::revocation::Revocations;
use crate::access::signature::ProvisioningCallback;
use crate::http::{ForwardedHeader, HttpOptions, Proxies};
use crate::jobs::JobOptions;
use crate::mail::SmtpMailer;
use crate::model::{MembershipAcceptance, NewUserProvider, NewUsers, OwnPermission, UserStatus};

/// The longest time that can be set, in milliseconds: a day.
const DAY: u64 = 24 * 60 * 60 * 1_000;
/// The most connections that can be set.
const MOST_CONNECTIONS: usize = 1_000_000;
/// The shortest shared secret that is taken, in bytes: deployments of the original have short ones.
const SHORTEST_SECRET: usize = 16;
/// The shortest shared secret that HS256 is meant for, in bytes (RFC 7518, section 3.2).
const GOOD_SECRET: usize = 32;

/// How tokens are verified, as configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VerifierKind {
    /// RS256, keys in `jwt_keys`.
    JwtKeys,
    /// HS256, one secret.
    Secret,
    /// Keys of an `OpenID` Connect issuer.
    Jwks,
    /// RS256, keys in files.
    PublicKey,
}

/// The effective settings, typed and checked together.
pub(crate) struct Config {
    /// Address to listen on.
    pub(crate) host: String,
    /// Port to listen on; 0 takes a free one.
    pub(crate) port: u16,
    /// Where the pages for operators have a listener of their own, if anywhere.
    pub(crate) admin: Option<(String, u16)>,
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
    pub(crate) jwt_secret: Option<SecretString>,
    /// What `iss` must be.
    pub(crate) jwt_issuer: Option<String>,
    /// What `aud` must hold.
    pub(crate) jwt_audience: Option<String>,
    /// Files with public keys.
    pub(crate) jwt_public_keys: Vec<PathBuf>,
    /// Where revoked tokens are looked up, if anywhere.
    pub(crate) revocations: Option<Revocations>,
    /// Address of the issuer's key set.
    pub(crate) jwt_jwks_url: Option<String>,
    /// Tolerance for clocks that differ.
    pub(crate) jwt_leeway: Duration,
    /// Which claims hold the caller's fields.
    pub(crate) claims: ClaimMap,
    /// How long to cache that a caller is active.
    pub(crate) caller_cache: Duration,
    /// What says what a caller may do.
    pub(crate) permission_source: PermissionSource,
    /// The application's permissions.
    pub(crate) permissions: Vec<OwnPermission>,
    /// Whether roles may hold others; `None` where the database decides.
    pub(crate) permissions_open: Option<bool>,
    /// When a membership beside a person's home counts.
    pub(crate) membership_acceptance: MembershipAcceptance,
    /// How people begin who are new.
    pub(crate) new_users: NewUsers,
    /// The cost of hashes of passwords.
    pub(crate) bcrypt_cost: u32,
    /// The file of passwords that nobody may have.
    pub(crate) password_blocklist: Option<PathBuf>,
    /// The client applications of new people whose maker has none.
    pub(crate) default_auth_client_ids: Vec<i32>,
    /// For how many days an archived tenant can be restored.
    pub(crate) archive_retention_days: u16,
    /// Who may provision tenants by signed callbacks, if anybody.
    pub(crate) callback: Option<ProvisioningCallback>,
    /// How mails are sent.
    pub(crate) mail: MailConfig,
    /// Bounds of an answer.
    pub(crate) limits: Limits,
    /// Bounds of the HTTP side.
    pub(crate) http: HttpOptions,
    /// Most connections at once.
    pub(crate) max_connections: usize,
    /// Most connections of one client address; 0 for no bound.
    pub(crate) max_connections_per_address: usize,
    /// Longest head of a request, in bytes.
    pub(crate) max_head_bytes: usize,
    /// How long a client may keep its answers waiting.
    pub(crate) write_timeout: Duration,
    /// How long a head may take from its first byte to its end.
    pub(crate) head_timeout: Duration,
    /// How long a connection may idle between requests.
    pub(crate) idle_timeout: Duration,
    /// How long requests at work may take after the signal to stop.
    pub(crate) shutdown_grace: Duration,
    /// How jobs are done here, if they are.
    pub(crate) jobs: Option<JobOptions>,
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
        let (database, embedded) = database::database(settings, &data_dir)?;
        let verifier = match settings.text("JWT_VERIFIER") {
            // It is that of a login service, whose environment this may be: of two ways, we choose none.
            None if settings.text("JWT_PUBLIC_KEY").is_some() => {
                let why = "must be public-key, to verify tokens with JWT_PUBLIC_KEY, or another verifier";
                return Err(ConfigError::new("JWT_VERIFIER", "not set", why));
            }
            None if embedded => VerifierKind::Secret,
            None | Some("jwt-keys") => VerifierKind::JwtKeys,
            Some("secret") => VerifierKind::Secret,
            Some("jwks") => VerifierKind::Jwks,
            Some("public-key") => VerifierKind::PublicKey,
            Some(_) => return Err(settings.wrong("JWT_VERIFIER", "must be jwt-keys, public-key, secret or jwks")),
        };
        let max_connections = settings.number("MAX_CONNECTIONS", 1..=MOST_CONNECTIONS)?;
        let config = Self {
            host: settings.required("HOST")?.to_owned(),
            port: settings.number("PORT", 0..=u16::MAX)?,
            admin: admin(settings)?,
            base_path: base_path(settings)?,
            data_dir,
            embedded,
            database,
            verifier,
            jwt_secret: settings.text("JWT_SECRET").map(SecretString::from),
            jwt_issuer: settings.owned("JWT_ISSUER"),
            jwt_audience: settings.owned("JWT_AUDIENCE"),
            jwt_public_keys: revocation::paths(settings),
            revocations: revocation::revocations(settings)?,
            jwt_jwks_url: settings.owned("JWT_JWKS_URL"),
            jwt_leeway: Duration::from_secs(settings.number("JWT_LEEWAY_SECONDS", 0..=300)?),
            claims: claims(settings)?,
            caller_cache: settings.milliseconds("CALLER_CACHE_MILLISECONDS", 0..=1_000)?,
            permission_source: match settings.text("JWT_PERMISSIONS") {
                None | Some("token") => PermissionSource::Token,
                Some("live") => PermissionSource::Live,
                Some(_) => return Err(settings.wrong("JWT_PERMISSIONS", "must be token or live")),
            },
            permissions: permissions::own(settings)?,
            permissions_open: permissions::open(settings)?,
            membership_acceptance: match settings.text("MEMBERSHIP_ACCEPTANCE") {
                None | Some("vouched") => MembershipAcceptance::Vouched,
                Some("required") => MembershipAcceptance::Required,
                Some(_) => return Err(settings.wrong("MEMBERSHIP_ACCEPTANCE", "must be vouched or required")),
            },
            new_users: new_users(settings)?,
            bcrypt_cost: settings.number("BCRYPT_COST", 10..=14)?,
            password_blocklist: settings.text("PASSWORD_BLOCKLIST").map(PathBuf::from),
            default_auth_client_ids: client_ids(settings)?,
            archive_retention_days: settings.number("ARCHIVE_RETENTION_DAYS", 0..=36_500)?,
            callback: callback(settings)?,
            mail: MailConfig::new(settings)?,
            limits: limits(settings)?,
            http: HttpOptions {
                max_body_bytes: settings.number("MAX_BODY_BYTES", 1..=1_073_741_824)?,
                max_bodies_bytes: settings.number("MAX_BODIES_BYTES", 1..=4_294_967_295)?,
                concurrency: settings.number("CONCURRENCY_LIMIT", 1..=1_000_000)?,
                timeout: settings.milliseconds("REQUEST_TIMEOUT_MILLISECONDS", 1..=DAY)?,
                allowed_origins: origins(settings)?,
                proxies: proxies(settings)?,
                metrics_apart: settings.text("ADMIN_PORT").is_some(),
            },
            max_connections,
            max_connections_per_address: match settings.text("MAX_CONNECTIONS_PER_ADDRESS") {
                // Some are left to the others.
                None => (max_connections * 9).div_ceil(10),
                Some(_) => settings.number("MAX_CONNECTIONS_PER_ADDRESS", 0..=MOST_CONNECTIONS)?,
            },
            max_head_bytes: settings.number("MAX_HEAD_BYTES", 8_192..=1_048_576)?,
            write_timeout: settings.milliseconds("WRITE_TIMEOUT_MILLISECONDS", 1..=DAY)?,
            head_timeout: settings.milliseconds("HEAD_TIMEOUT_MILLISECONDS", 1..=DAY)?,
            idle_timeout: settings.milliseconds("IDLE_TIMEOUT_MILLISECONDS", 1..=DAY)?,
            shutdown_grace: settings.milliseconds("SHUTDOWN_GRACE_MILLISECONDS", 0..=DAY)?,
            jobs: jobs(settings)?,
            log_level: log_level(settings)?,
            log_json: match settings.text("LOG_FORMAT") {
                None | Some("auto") => None,
                Some("json") => Some(true),
                Some("text") => Some(false),
                Some(_) => return Err(settings.wrong("LOG_FORMAT", "must be auto, text or json")),
            },
        };
        Ok(config)
    }

    /// What is allowed but hardly meant, in words.
    pub(crate) fn warnings(&self, settings: &Effective) -> Vec<String> {
        let mut warnings = settings.warnings().to_vec();
        if settings.text("DATABASE_URL").is_some() && settings.text("DB_HOST").is_some() {
            warnings.push("DATABASE_URL and DB_HOST are both set: DATABASE_URL wins".to_owned());
        }
        if settings.text("REDIS_URL").is_some() && settings.text("REDIS_HOST").is_some() {
            warnings.push("REDIS_URL and REDIS_HOST are both set: REDIS_URL wins".to_owned());
        }
        if self.verifier != VerifierKind::PublicKey && !self.jwt_public_keys.is_empty() {
            warnings.push("JWT_PUBLIC_KEY is not used: JWT_VERIFIER is not public-key".to_owned());
        }
        let secret = self.jwt_secret.as_ref().map(ExposeSecret::expose_secret);
        if let (VerifierKind::Secret, Some(secret)) = (self.verifier, secret)
            && secret.len() < GOOD_SECRET
        {
            warnings.push(format!("JWT_SECRET has {} bytes; HS256 is meant for {GOOD_SECRET} and more", secret.len()));
        }
        if secret.is_some_and(|secret| secret.starts_with("change-me")) {
            warnings.push(
                "JWT_SECRET is that of an example, which everybody knows; make one with  openssl rand -hex 32"
                    .to_owned(),
            );
        }
        let local = |host: &str| host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        if let (VerifierKind::Jwks, Some((false, host))) =
            (self.verifier, self.jwt_jwks_url.as_deref().and_then(web_address))
            && !local(&host)
        {
            warnings.push("JWT_JWKS_URL is not encrypted: whoever stands between can give us keys".to_owned());
        }
        if self.mail.smtp.as_ref().is_some_and(|(url, _)| SmtpMailer::is_in_clear(url)) {
            warnings.push(
                "SMTP_URL is not encrypted: whoever stands between reads the mails, and comes in by their links; smtp://…?tls=required (STARTTLS) or smtps://… encrypts them"
                    .to_owned(),
            );
        }
        warnings
    }

    /// Settings that need each other.
    pub(crate) fn check_verifier(&self, settings: &Effective) -> Result<(), ConfigError> {
        let needs = |name, why: &str, assumed| Err(ConfigError::new(name, "not set", why).assuming(assumed));
        match self.verifier {
            VerifierKind::JwtKeys if self.jwt_issuer.is_none() => {
                needs("JWT_ISSUER", "must be the `iss` of your tokens, with JWT_VERIFIER=jwt-keys", "assumed")
            }
            VerifierKind::PublicKey if self.jwt_issuer.is_none() => {
                needs("JWT_ISSUER", "must be the `iss` of your tokens, with JWT_VERIFIER=public-key", "assumed")
            }
            VerifierKind::PublicKey if self.jwt_public_keys.is_empty() => {
                let why = "must be a file with a public key, or several, with JWT_VERIFIER=public-key";
                needs("JWT_PUBLIC_KEY", why, "assumed")
            }
            VerifierKind::Jwks if self.jwt_issuer.is_none() => {
                needs("JWT_ISSUER", "must be the `iss` of your tokens, with JWT_VERIFIER=jwks", "assumed")
            }
            VerifierKind::Jwks if self.jwt_jwks_url.is_none() => {
                let why = "must be the address of the issuer's key set, with JWT_VERIFIER=jwks";
                needs("JWT_JWKS_URL", why, "https://assumed.example")
            }
            VerifierKind::Secret if self.jwt_secret.is_none() && !self.embedded => {
                let why = "must be a secret of 16 bytes or more, better 32, with JWT_VERIFIER=secret";
                needs("JWT_SECRET", why, "assumed, and long enough")
            }
            VerifierKind::Secret
                if self.jwt_secret.as_ref().is_some_and(|secret| secret.expose_secret().len() < SHORTEST_SECRET) =>
            {
                Err(settings.wrong("JWT_SECRET", &format!("must have {SHORTEST_SECRET} bytes or more")))
            }
            VerifierKind::Jwks if self.jwt_jwks_url.as_deref().is_some_and(|url| web_address(url).is_none()) => {
                Err(settings.wrong("JWT_JWKS_URL", "must be an http:// or https:// address"))
            }
            _ => Ok(()),
        }
    }
}

/// Bounds of an answer, and of all together; one must fit among all.
fn limits(settings: &Effective) -> Result<Limits, ConfigError> {
    let limits = Limits {
        max_rows: settings.number("MAX_ROWS", 1..=1_000_000)?,
        max_changed_rows: settings.number("MAX_CHANGED_ROWS", 1..=1_000_000)?,
        max_changed_bytes: settings.number("MAX_CHANGED_BYTES", 1_024..=1_073_741_824)?,
        max_bytes: settings.number("MAX_ANSWER_BYTES", 1_024..=1_073_741_824)?,
        max_bytes_together: settings.number("MAX_ANSWERS_IN_MEMORY_BYTES", 1_024..=1_099_511_627_776)?,
    };
    if limits.max_bytes_together < limits.max_bytes {
        let wrong = settings.wrong("MAX_ANSWERS_IN_MEMORY_BYTES", "must be MAX_ANSWER_BYTES or more");
        return Err(wrong.assuming("1099511627776"));
    }
    Ok(limits)
}

/// How jobs are done, unless this process leaves them to others.
fn jobs(settings: &Effective) -> Result<Option<JobOptions>, ConfigError> {
    let options = JobOptions {
        interval: settings.milliseconds("JOBS_INTERVAL_MILLISECONDS", 0..=DAY)?,
        lease: settings.milliseconds("JOBS_LEASE_MILLISECONDS", 300..=60_000)?,
        grace: settings.milliseconds("SHUTDOWN_GRACE_MILLISECONDS", 0..=DAY)?,
    };
    Ok(Some(options).filter(|options| !options.interval.is_zero()))
}

/// How people begin who are new.
fn new_users(settings: &Effective) -> Result<NewUsers, ConfigError> {
    let by_username = match settings.text("NEW_USER_AUTH_ID") {
        None | Some("none") => false,
        Some("username") => true,
        Some(_) => return Err(settings.wrong("NEW_USER_AUTH_ID", "must be none or username")),
    };
    let provider = match settings.text("NEW_USER_AUTH_PROVIDER") {
        None | Some("keycloak") if by_username => NewUserProvider::KeycloakByUsername,
        None | Some("keycloak") => NewUserProvider::Keycloak,
        Some("internal") if by_username => {
            return Err(settings.wrong("NEW_USER_AUTH_ID", "must be none with NEW_USER_AUTH_PROVIDER=internal"));
        }
        Some("internal") => NewUserProvider::Internal,
        Some(_) => return Err(settings.wrong("NEW_USER_AUTH_PROVIDER", "must be keycloak or internal")),
    };
    let status = match settings.text("NEW_USER_STATUS") {
        None | Some("0") => UserStatus::Registered,
        Some("1") => UserStatus::Active,
        Some("3") => UserStatus::PasswordChangeNeeded,
        Some(_) => return Err(settings.wrong("NEW_USER_STATUS", "must be 0, 1 or 3")),
    };
    Ok(NewUsers { provider, status })
}

/// Address and port of the listener for operators.
fn admin(settings: &Effective) -> Result<Option<(String, u16)>, ConfigError> {
    if settings.text("ADMIN_PORT").is_none() {
        return Ok(None);
    }
    let host = settings.owned("ADMIN_HOST").map_or_else(|| settings.required("HOST").map(ToOwned::to_owned), Ok)?;
    Ok(Some((host, settings.number("ADMIN_PORT", 0..=u16::MAX)?)))
}

fn claims(settings: &Effective) -> Result<ClaimMap, ConfigError> {
    let claim = |name: &str| match settings.required(name)? {
        claim if claim.trim_matches('/').is_empty() => {
            Err(settings.wrong(name, "must be a claim's name, or a JSON pointer like /realm_access/roles"))
        }
        claim => Ok(claim.to_owned()),
    };
    Ok(ClaimMap {
        id: claim("JWT_CLAIM_ID")?,
        user_tenant_id: claim("JWT_CLAIM_USER_TENANT_ID")?,
        tenant_id: claim("JWT_CLAIM_TENANT_ID")?,
        tenant_type: claim("JWT_CLAIM_TENANT_TYPE")?,
        permissions: claim("JWT_CLAIM_PERMISSIONS")?,
        password_expiry: claim("JWT_CLAIM_PASSWORD_EXPIRY")?,
    })
}

/// Who signs callbacks, and what they make; all of it or nothing.
fn callback(settings: &Effective) -> Result<Option<ProvisioningCallback>, ConfigError> {
    let Some(secret) = settings.text("USER_CALLBACK_SECRET").filter(|secret| !secret.is_empty()) else {
        return Ok(None);
    };
    let needed = |name: &str, what: &str, assumed| {
        let text = settings.text(name).map(str::trim).filter(|text| !text.is_empty());
        text.ok_or_else(|| {
            let problem = format!("must be {what}, with USER_CALLBACK_SECRET");
            ConfigError::new(name, "not set", problem).assuming(assumed)
        })
    };
    let nobody = "00000000-0000-0000-0000-000000000000";
    let actor = needed("ADMIN_USER_TENANT_ID", "the id in whose name tenants are provisioned", nobody)?;
    let permissions =
        needed("SUPER_ADMIN_PERMISSIONS", "the permissions of the first role, separated by commas", "assumed")?;
    Ok(Some(ProvisioningCallback {
        secret: secret.into(),
        tolerance: settings.milliseconds("TIMESTAMP_TOLERANCE", 1..=DAY)?,
        actor: actor.parse().map_err(|_| settings.wrong("ADMIN_USER_TENANT_ID", "must be a UUID"))?,
        role_name: needed("FIRST_USER_ROLE", "the name of the first role", "assumed")?.to_owned(),
        permissions: permissions.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect(),
    }))
}

fn client_ids(settings: &Effective) -> Result<Vec<i32>, ConfigError> {
    let numbers = settings.text("DEFAULT_AUTH_CLIENT_IDS").unwrap_or_default().split(',').map(str::trim);
    let numbers = numbers.filter(|number| !number.is_empty()).map(|number| number.parse().ok().filter(|id| *id > 0));
    let wrong = || settings.wrong("DEFAULT_AUTH_CLIENT_IDS", "must be numbers of client applications, as 1,2");
    numbers.collect::<Option<_>>().ok_or_else(wrong)
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

/// The levels of ours and of loggers that deployments of the original use, in any case.
fn log_level(settings: &Effective) -> Result<String, ConfigError> {
    let level = settings.required("LOG_LEVEL")?.trim();
    Ok(match level.to_lowercase().as_str() {
        "off" | "silent" | "none" => "off",
        "error" | "fatal" | "critical" => "error",
        "warn" | "warning" => "warn",
        "info" | "http" | "notice" => "info",
        "debug" | "verbose" => "debug",
        "trace" | "silly" => "trace",
        filter if filter.contains('=') => level,
        _ => {
            return Err(settings.wrong(
                "LOG_LEVEL",
                "must be off, error, warn, info, debug or trace, or a filter like info,user_tenant_store=debug",
            ));
        }
    }
    .to_owned())
}

fn proxies(settings: &Effective) -> Result<Proxies, ConfigError> {
    let header = match settings.required("FORWARDED_HEADER")?.to_ascii_lowercase().as_str() {
        "x-forwarded-for" => ForwardedHeader::XForwardedFor,
        "forwarded" => ForwardedHeader::Forwarded,
        _ => return Err(settings.wrong("FORWARDED_HEADER", "must be x-forwarded-for or forwarded")),
    };
    let networks = settings.text("TRUSTED_PROXIES").unwrap_or_default().split(',').map(str::trim);
    Proxies::new(networks.filter(|network| !network.is_empty()), header)
        .map_err(|error| settings.wrong("TRUSTED_PROXIES", &format!("must be addresses and networks: {error}")))
}

fn origins(settings: &Effective) -> Result<Vec<String>, ConfigError> {
    let origins = settings.required("CORS_ALLOWED_ORIGINS")?.split(',').map(str::trim).filter(|item| !item.is_empty());
    let origins: Vec<String> = origins.map(ToOwned::to_owned).collect();
    let known = |origin: &String| origin == "*" || is_origin(origin);
    if origins.iter().all(known) {
        Ok(origins)
    } else {
        Err(settings.wrong("CORS_ALLOWED_ORIGINS", "must be *, or origins like https://app.example, with commas"))
    }
}

/// An origin as browsers send it (RFC 6454): scheme, host and port, nothing behind.
fn is_origin(text: &str) -> bool {
    let host = text.split_once("://").map(|(_, host)| host);
    host.is_some_and(|host| !host.contains(['/', '?', '#', '@', '*']))
        && text.parse().is_ok_and(|uri: Uri| uri.host().is_some())
}

/// Whether a web address is encrypted, and its host; `None` for any other text.
fn web_address(text: &str) -> Option<(bool, String)> {
    let uri: Uri = text.parse().ok()?;
    let encrypted = match uri.scheme_str()? {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let host = uri.host()?.trim_matches(['[', ']']).to_owned();
    (!host.is_empty()).then_some((encrypted, host))
}

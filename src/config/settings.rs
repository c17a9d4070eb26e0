//! The table of all settings: one row each, read by everything that shows or sets one.

/// One setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The environment variable.
    pub(crate) name: &'static str,
    /// Its value where nobody sets one.
    pub(crate) default: Option<&'static str>,
    /// Whether its value is never shown.
    pub(crate) secret: bool,
    /// Whether it is an address, of which no password and no key is shown.
    pub(crate) address: bool,
    /// What it is for, in a line, with its unit.
    pub(crate) description: &'static str,
}

impl Setting {
    /// The flag, without dashes: `database-url`.
    pub(crate) fn flag(&self) -> String {
        self.name.to_lowercase().replace('_', "-")
    }

    /// The key in the file: `database_url`.
    pub(crate) fn key(&self) -> String {
        self.name.to_lowercase()
    }
}

const fn plain(name: &'static str, default: Option<&'static str>, description: &'static str) -> Setting {
    Setting { name, default, secret: false, address: false, description }
}

const fn secret(name: &'static str, description: &'static str) -> Setting {
    Setting { name, default: None, secret: true, address: false, description }
}

const fn address(name: &'static str, description: &'static str) -> Setting {
    Setting { name, default: None, secret: false, address: true, description }
}

/// All settings, in the order of the reference.
pub(crate) const SETTINGS: &[Setting] = &[
    plain("HOST", Some("127.0.0.1"), "Address to listen on; 0.0.0.0 for all"),
    plain("PORT", Some("3000"), "Port to listen on; 0 takes a free one"),
    plain(
        "ADMIN_PORT",
        None,
        "Port of a second listener for probes and metrics alone, with places of its own: /health/live, /health/ready and /metrics, which is then served nowhere else; without BASE_PATH. 0 takes a free one",
    ),
    plain("ADMIN_HOST", None, "Address of that listener; by default that of HOST"),
    plain("BASE_PATH", None, "Prefix of all paths, for example /user-tenants"),
    plain("DATA_DIR", Some("./data"), "Directory of the embedded database and its secret"),
    secret("DATABASE_URL", "Database: sqlite:path or postgres://user:password@host:port/database; wins over DB_HOST"),
    plain("DB_HOST", None, "Host of a PostgreSQL server"),
    plain("DB_PORT", Some("5432"), "Port of the server"),
    plain("DB_USER", None, "User at the server"),
    secret("DB_PASSWORD", "Password of that user"),
    plain("DB_DATABASE", None, "Name of the database"),
    plain("DB_SCHEMA", Some("main"), "Schema of the tables; only main is supported"),
    plain(
        "DB_SSL_MODE",
        None,
        "Encryption to the server: disable, prefer (the default: where the server offers it), require (both without checking its certificate) or verify-full; wins over sslmode in DATABASE_URL",
    ),
    plain("DB_MAX_CONNECTIONS", Some("16"), "Most connections to the server"),
    plain("DB_CONNECTION_TIMEOUT_MILLIS", Some("2000"), "Longest wait for a connection, in milliseconds"),
    plain(
        "STATEMENT_TIMEOUT_MILLISECONDS",
        Some("10000"),
        "Longest run of one statement on the server, in milliseconds",
    ),
    plain(
        "JWT_VERIFIER",
        None,
        "How tokens are verified: jwt-keys (RS256, keys in the table jwt_keys; the default on a configured database), secret (HS256; the default on the embedded one) or jwks (keys of an OpenID Connect issuer)",
    ),
    secret("JWT_SECRET", "Shared secret of HS256, 16 bytes or more, better 32; the embedded database makes its own"),
    plain("JWT_ISSUER", None, "What the claim iss must be; required by jwt-keys and jwks"),
    plain("JWT_AUDIENCE", None, "What the claim aud must hold, with jwks"),
    address("JWT_JWKS_URL", "Address of the issuer's key set, with jwks"),
    plain("JWT_LEEWAY_SECONDS", Some("0"), "Tolerance for clocks that differ, in seconds; 300 at most"),
    plain("JWT_CLAIM_ID", Some("id"), "Claim with the user's id; a JSON pointer when it begins with /"),
    plain("JWT_CLAIM_USER_TENANT_ID", Some("userTenantId"), "Claim with the membership's id"),
    plain("JWT_CLAIM_TENANT_ID", Some("tenantId"), "Claim with the tenant's id"),
    plain("JWT_CLAIM_TENANT_TYPE", Some("tenantType"), "Claim that is master for callers who reach every tenant"),
    plain("JWT_CLAIM_PERMISSIONS", Some("permissions"), "Claim with the array of permissions"),
    plain(
        "JWT_CLAIM_PASSWORD_EXPIRY",
        Some("passwordExpiryTime"),
        "Claim with the time from which the password must be changed",
    ),
    secret("USER_CALLBACK_SECRET", "Secret that signs POST /user-callback; without it, the callback is refused"),
    plain("TIMESTAMP_TOLERANCE", Some("5000"), "How far the time of a callback may be from ours, in milliseconds"),
    plain("ADMIN_USER_TENANT_ID", None, "Id in whose name callbacks provision; needed with USER_CALLBACK_SECRET"),
    plain("FIRST_USER_ROLE", None, "Name of the role that callbacks make; needed with USER_CALLBACK_SECRET"),
    plain(
        "SUPER_ADMIN_PERMISSIONS",
        None,
        "Permissions of that role, separated by commas; needed with USER_CALLBACK_SECRET",
    ),
    plain(
        "CALLER_CACHE_MILLISECONDS",
        Some("1000"),
        "How long a caller found live is not asked for again, in milliseconds; 1000 at most, 0 asks each time",
    ),
    plain(
        "MEMBERSHIP_ACCEPTANCE",
        Some("vouched"),
        "When a membership is live that a tenant gives to a person of another one: vouched (at once, as the original's issuers need it) or required (once it is active, which the person's login makes it)",
    ),
    plain("MAX_ROWS", Some("10000"), "Most rows of one answer, included ones counted"),
    plain(
        "MAX_ANSWER_BYTES",
        Some("33554432"),
        "Most bytes of one answer, included rows counted each time; a row counts as what it takes in memory, if that is more than its JSON",
    ),
    plain(
        "MAX_ANSWERS_IN_MEMORY_BYTES",
        Some("83886080"),
        "Most bytes of all answers that are read or not yet written, small ones aside; more are refused with 503",
    ),
    plain("MAX_BODY_BYTES", Some("1048576"), "Longest request body, in bytes"),
    plain(
        "MAX_BODIES_BYTES",
        Some("67108864"),
        "Memory of all request bodies at work together, parsed ones included, in bytes; more are refused with 503, but for the smallest",
    ),
    plain("CONCURRENCY_LIMIT", Some("1024"), "Requests at work at once; more are refused with 503"),
    plain("MAX_CONNECTIONS", Some("10000"), "Connections at once; more wait until one ends"),
    plain(
        "MAX_CONNECTIONS_PER_ADDRESS",
        None,
        "Connections at once of one client address, or of one /64 network of IPv6; more are closed. By default nine tenths of MAX_CONNECTIONS; 0 for no bound, behind a proxy, whose address all of them have",
    ),
    plain("MAX_HEAD_BYTES", Some("32768"), "Longest head of a request, in bytes: its first line and headers"),
    plain(
        "WRITE_TIMEOUT_MILLISECONDS",
        Some("30000"),
        "How long a client may keep its answers waiting before its connection is closed, in milliseconds; what it reads gives time back, as at 16 KiB a second",
    ),
    plain(
        "HEAD_TIMEOUT_MILLISECONDS",
        Some("10000"),
        "How long the head of a request may take from its first byte to its end, and how long a new connection until its first head is complete, in milliseconds",
    ),
    plain(
        "IDLE_TIMEOUT_MILLISECONDS",
        Some("75000"),
        "How long a connection may idle between requests before it is closed, in milliseconds; behind a proxy that keeps connections, more than the proxy keeps them",
    ),
    plain("REQUEST_TIMEOUT_MILLISECONDS", Some("30000"), "Longest time for one request, in milliseconds"),
    plain(
        "SHUTDOWN_GRACE_MILLISECONDS",
        Some("5000"),
        "How long requests at work may take after SIGTERM, in milliseconds",
    ),
    plain(
        "CORS_ALLOWED_ORIGINS",
        Some("*"),
        "Origins that browsers may call from, separated by commas; * for any, never with credentials",
    ),
    plain(
        "LOG_LEVEL",
        Some("info"),
        "How much is logged: off, error, warn, info, debug, trace, or a filter like info,user_tenant_store=debug",
    ),
    plain("LOG_FORMAT", Some("auto"), "Form of the log: text, json, or auto (text on a terminal)"),
];

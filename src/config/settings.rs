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
    plain("HOST", Some("127.0.0.1"), "Address to listen on; 0.0.0.0 for all interfaces"),
    plain("PORT", Some("3000"), "Port to listen on; 0 takes a free port"),
    plain(
        "ADMIN_PORT",
        None,
        "Port of a second listener for probes and metrics alone, with connections of its own: /health/live, /health/ready and /metrics, which is then served nowhere else; without BASE_PATH. 0 takes a free port",
    ),
    plain("ADMIN_HOST", None, "Address of the second listener; by default HOST"),
    plain("BASE_PATH", None, "Prefix of all paths, for example /user-tenants"),
    plain("DATA_DIR", Some("./data"), "Directory of the embedded database and its secret"),
    secret("DATABASE_URL", "Database: sqlite:path or postgres://user:password@host:port/database; overrides DB_HOST"),
    plain("DB_HOST", None, "Host of a PostgreSQL server"),
    plain("DB_PORT", Some("5432"), "Port of the PostgreSQL server"),
    plain("DB_USER", None, "User name on the PostgreSQL server"),
    secret("DB_PASSWORD", "Password of DB_USER"),
    plain("DB_DATABASE", None, "Name of the database"),
    plain(
        "DB_SCHEMA",
        Some("main"),
        "Schema of the tables on PostgreSQL; services in different schemas of one database share nothing. The audit log of main is in the schema logs, that of another schema in the schema itself",
    ),
    plain(
        "DB_SSL_MODE",
        None,
        "TLS to the server: disable, prefer (the default: where the server offers it), require (both without checking its certificate) or verify-full; overrides sslmode in DATABASE_URL",
    ),
    plain("DB_MAX_CONNECTIONS", Some("16"), "Maximum number of connections to the server"),
    plain("DB_CONNECTION_TIMEOUT_MILLIS", Some("2000"), "Timeout for a connection, in milliseconds"),
    plain(
        "STATEMENT_TIMEOUT_MILLISECONDS",
        Some("10000"),
        "Timeout of one statement, in milliseconds; on SQLite of those that read",
    ),
    plain(
        "JWT_VERIFIER",
        None,
        "How tokens are verified: jwt-keys (RS256, keys in the table jwt_keys; the default on a configured database), public-key (RS256, keys in files), secret (HS256; the default on the embedded one) or jwks (keys of an OpenID Connect issuer)",
    ),
    secret(
        "JWT_SECRET",
        "Shared secret of HS256, at least 16 bytes, better 32; on the embedded database one is generated",
    ),
    plain(
        "JWT_PUBLIC_KEY",
        None,
        "Files with public keys (PEM, RSA of 2048 bits or more), separated by commas, with public-key; they are read again within two seconds of a change",
    ),
    plain("JWT_ISSUER", None, "What the claim iss must be; required by jwt-keys, public-key and jwks"),
    plain("JWT_AUDIENCE", None, "What the claim aud must hold, with jwks"),
    address("JWT_JWKS_URL", "Address of the issuer's key set, with jwks"),
    plain("JWT_LEEWAY_SECONDS", Some("0"), "Clock skew that exp and nbf tolerate, in seconds (maximum 300)"),
    plain("JWT_CLAIM_ID", Some("id"), "Claim with the id of the user; a JSON pointer when it begins with /"),
    plain("JWT_CLAIM_USER_TENANT_ID", Some("userTenantId"), "Claim with the id of the membership"),
    plain("JWT_CLAIM_TENANT_ID", Some("tenantId"), "Claim with the id of the tenant"),
    plain(
        "JWT_CLAIM_TENANT_TYPE",
        Some("tenantType"),
        "Claim whose value is master for callers who reach every tenant",
    ),
    plain("JWT_CLAIM_PERMISSIONS", Some("permissions"), "Claim with the array of permissions"),
    plain(
        "JWT_PERMISSIONS",
        Some("token"),
        "What says what a caller may do: token (its claim, as with the original) or live (the database: role and own permissions; a token need hold none, and a change is felt at once, on other replicas within CALLER_CACHE_MILLISECONDS)",
    ),
    plain(
        "JWT_CLAIM_PASSWORD_EXPIRY",
        Some("passwordExpiryTime"),
        "Claim with the time from which the password must be changed",
    ),
    secret(
        "REDIS_URL",
        "Redis in which the login service writes revoked tokens: redis://user:password@host:port/database, or rediss:// with TLS; overrides REDIS_HOST. Without either, nobody is asked",
    ),
    plain("REDIS_HOST", None, "Host of that Redis"),
    plain("REDIS_PORT", Some("6379"), "Port of that Redis"),
    secret("REDIS_PASSWORD", "Password of that Redis"),
    plain("REDIS_DATABASE", Some("0"), "Number of the database in that Redis"),
    plain(
        "REVOCATION_FAIL_OPEN",
        Some("false"),
        "What happens while Redis does not answer: false (requests get 503) or true (revoked tokens are taken until it answers)",
    ),
    secret("USER_CALLBACK_SECRET", "Secret that signs POST /user-callback; without it, the callback is refused"),
    plain(
        "TIMESTAMP_TOLERANCE",
        Some("5000"),
        "Maximum difference between the timestamp of a callback and the clock here, in milliseconds",
    ),
    plain(
        "ADMIN_USER_TENANT_ID",
        None,
        "Id that audit columns name for what a callback provisions; required with USER_CALLBACK_SECRET",
    ),
    plain("FIRST_USER_ROLE", None, "Name of the role that a callback creates; required with USER_CALLBACK_SECRET"),
    plain(
        "SUPER_ADMIN_PERMISSIONS",
        None,
        "Permissions of the role that a callback creates, separated by commas; required with USER_CALLBACK_SECRET",
    ),
    plain(
        "CALLER_CACHE_MILLISECONDS",
        Some("1000"),
        "How long to cache that a caller is active, in milliseconds (0 disables, maximum 1000)",
    ),
    plain(
        "MEMBERSHIP_ACCEPTANCE",
        Some("vouched"),
        "When a membership counts that a tenant gives to a person of another tenant: vouched (at once, as issuers of the original need it) or required (once the membership is active, which the login of the person makes it)",
    ),
    plain(
        "DEFAULT_AUTH_CLIENT_IDS",
        None,
        "Client applications that new people may log in with whose maker has none: their numbers, as client list shows them, with commas between them",
    ),
    plain(
        "PERMISSIONS",
        None,
        "Permissions of the application beside the service's own: keys with commas between them, or JSON, [{\"name\": \"UseOven\", \"meaning\": \"Use the oven\"}]; in a file a list of keys or tables",
    ),
    plain(
        "PERMISSIONS_OPEN",
        None,
        "Whether roles and members may be given permissions that neither the service nor PERMISSIONS names: true or false; by default true on an adopted database and on one whose roles had such permissions before, else false",
    ),
    plain(
        "NEW_USER_AUTH_PROVIDER",
        Some("keycloak"),
        "Who verifies people who are new: keycloak (as the original writes it) or internal (by a password, here or at the authentication service; the first one is set by a link)",
    ),
    plain(
        "NEW_USER_AUTH_ID",
        Some("none"),
        "By which id Keycloak finds people who are new: none (as the original writes it) or username",
    ),
    plain(
        "NEW_USER_STATUS",
        Some("0"),
        "Status of the first membership of people who are new: 0 (registered, as the original writes it), 1 (active) or 3 (password change needed)",
    ),
    plain("BCRYPT_COST", Some("12"), "Cost of the hashes of passwords, from 10 to 14; one more takes twice the time"),
    plain(
        "PASSWORD_BLOCKLIST",
        None,
        "File of passwords that nobody may have: a line each of 16 to 40 hexadecimal digits of the SHA-1, as Have I Been Pwned has them; 20 million at most, 8 bytes of memory each",
    ),
    plain(
        "ARCHIVE_RETENTION_DAYS",
        Some("30"),
        "How many days an archived tenant can be restored; a tenant may have a number of its own",
    ),
    plain(
        "MAILER",
        Some("log"),
        "How mails are sent: log (each is a line of the log, with what it lets people do: for trying) or smtp (by the server at SMTP_URL)",
    ),
    secret(
        "SMTP_URL",
        "Mail server: smtp://host:port, smtp://user:password@host:port?tls=required (STARTTLS) or smtps://user:password@host:port; required with MAILER=smtp",
    ),
    plain("MAIL_FROM", None, "Sender of mails, as Users <users@example.com>; required with MAILER=smtp"),
    plain(
        "MAIL_TEMPLATES_DIR",
        None,
        "Directory with templates of mails, in place of the built-in ones: <kind>.<locale>.subject, .txt and .html",
    ),
    plain(
        "INVITATION_URL",
        None,
        "Page where somebody accepts an invitation, with {token} in it: https://app.example/join?token={token}; without it, mails tell the token alone",
    ),
    plain(
        "PASSWORD_RESET_URL",
        None,
        "Page where somebody chooses a password, with {token} in it; without it, mails tell the token alone",
    ),
    plain("MAX_ROWS", Some("10000"), "Maximum number of rows in one response, included rows counted"),
    plain(
        "MAX_CHANGED_ROWS",
        Some("2000"),
        "Maximum number of rows that one PATCH or DELETE with a where changes; other writes wait for it",
    ),
    plain(
        "MAX_CHANGED_BYTES",
        Some("8388608"),
        "Maximum size of the texts, documents and lists in these rows, in bytes, before the change",
    ),
    plain(
        "MAX_ANSWER_BYTES",
        Some("33554432"),
        "Maximum size of one response, in bytes, included rows counted each time; a row counts as its size in memory, if that is more than its JSON",
    ),
    plain(
        "MAX_ANSWERS_IN_MEMORY_BYTES",
        Some("67108864"),
        "Maximum memory of all responses that are being read or written, in bytes, small ones not counted; further requests get 503",
    ),
    plain("MAX_BODY_BYTES", Some("1048576"), "Maximum size of a request body, in bytes"),
    plain(
        "MAX_BODIES_BYTES",
        Some("67108864"),
        "Maximum memory of all request bodies being processed, in bytes, parsed JSON included; further requests get 503, except those with the smallest bodies",
    ),
    plain(
        "CONCURRENCY_LIMIT",
        Some("1024"),
        "Maximum number of concurrent requests; further requests get 503. One tenant has three quarters of them at most",
    ),
    plain("MAX_CONNECTIONS", Some("10000"), "Maximum number of open connections; further ones wait until one closes"),
    plain(
        "MAX_CONNECTIONS_PER_ADDRESS",
        None,
        "Maximum number of open connections from one client address, or from one IPv6 /64 network; further ones are closed. By default nine tenths of MAX_CONNECTIONS; 0 disables it. Does not apply to TRUSTED_PROXIES",
    ),
    plain(
        "TRUSTED_PROXIES",
        None,
        "Addresses and networks of the reverse proxies in front of the service, separated by commas: 10.0.0.0/8, 2001:db8::1. The client address is read from the header that they write",
    ),
    plain(
        "FORWARDED_HEADER",
        Some("x-forwarded-for"),
        "Header in which TRUSTED_PROXIES name the client: x-forwarded-for or forwarded (RFC 7239); the other one is ignored",
    ),
    plain(
        "MAX_HEAD_BYTES",
        Some("32768"),
        "Maximum size of the head of a request, in bytes: its first line and headers",
    ),
    plain(
        "WRITE_TIMEOUT_MILLISECONDS",
        Some("30000"),
        "Timeout of a response that the client does not read, in milliseconds; each 16 KiB that the client reads give it one second more",
    ),
    plain(
        "HEAD_TIMEOUT_MILLISECONDS",
        Some("10000"),
        "Timeout of the head of a request, from its first byte or from the start of the connection, in milliseconds",
    ),
    plain(
        "IDLE_TIMEOUT_MILLISECONDS",
        Some("75000"),
        "Timeout of an idle connection between requests, in milliseconds; longer than a reverse proxy keeps idle connections",
    ),
    plain("REQUEST_TIMEOUT_MILLISECONDS", Some("30000"), "Timeout of one request, in milliseconds"),
    plain(
        "SHUTDOWN_GRACE_MILLISECONDS",
        Some("5000"),
        "How long running requests, and jobs, may take after SIGTERM, in milliseconds",
    ),
    plain(
        "JOBS_INTERVAL_MILLISECONDS",
        Some("5000"),
        "How often this process looks for jobs that are due, in milliseconds; 0 leaves all of them to other processes",
    ),
    plain(
        "JOBS_LEASE_MILLISECONDS",
        Some("30000"),
        "After what time a job is taken from a process that says nothing more of it, in milliseconds (minimum 300, maximum 60000)",
    ),
    plain(
        "CORS_ALLOWED_ORIGINS",
        Some("*"),
        "Origins that browsers may call from, separated by commas; * for any; never with credentials",
    ),
    plain(
        "LOG_LEVEL",
        Some("info"),
        "Log level: off, error, warn, info, debug, trace, or a filter like info,user_tenant_store=debug",
    ),
    plain("LOG_FORMAT", Some("auto"), "Log format: text, json, or auto (text on a terminal)"),
];

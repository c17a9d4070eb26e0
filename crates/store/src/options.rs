//! How to reach a database and how much one request may ask of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "postgres")]
use secrecy::ExposeSecret as _;
use secrecy::SecretString;

use crate::schema_name::SchemaName;
use crate::shares::Shares;

/// Which database to open.
#[derive(Debug, Clone)]
pub enum DatabaseOptions {
    /// An embedded file.
    Sqlite(SqliteOptions),
    /// A server.
    Postgres(PostgresOptions),
}

impl DatabaseOptions {
    /// How many statements can be carried out at once.
    pub(crate) fn connections(&self) -> usize {
        match self {
            Self::Sqlite(options) => options.readers,
            Self::Postgres(options) => options.max_connections,
        }
    }

    /// How many transactions one tenant may have at once: of a pool as many as of its connections. The writer of `SQLite` carries
    /// out one at a time, and makes those durable together that wait.
    pub(crate) fn transactions(&self, connections: &Arc<Shares>) -> Arc<Shares> {
        match self {
            Self::Sqlite(_) => Shares::new(16),
            Self::Postgres(_) => connections.clone(),
        }
    }
}

/// An embedded database file.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// The file; it is created where it does not exist.
    pub path: PathBuf,
    /// Threads that read; one more writes.
    pub readers: usize,
    /// How long to wait for another process that writes.
    pub busy_timeout: Duration,
    /// How long a statement that reads may run.
    pub statement_timeout: Duration,
}

impl SqliteOptions {
    /// A file with the usual settings.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            readers: 4,
            busy_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
        }
    }
}

/// A `PostgreSQL` server.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// `postgres://user:password@host:port/database`; never shown, for the password in it.
    pub url: SecretString,
    /// The schema that the tables lie in.
    pub schema: SchemaName,
    /// Most connections of the pool.
    pub max_connections: usize,
    /// How long to wait for a connection, new or from the pool.
    pub connection_timeout: Duration,
    /// How long a statement may run.
    pub statement_timeout: Duration,
    /// Whether and how to encrypt.
    pub tls: TlsMode,
}

impl PostgresOptions {
    /// A server with the usual settings.
    pub fn new(url: impl Into<SecretString>) -> Self {
        Self {
            url: url.into(),
            schema: SchemaName::MAIN,
            max_connections: 16,
            connection_timeout: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(10),
            tls: TlsMode::Prefer,
        }
    }

    /// Whether the URL is one that the driver understands; nothing is opened.
    #[cfg(feature = "postgres")]
    pub fn has_valid_url(&self) -> bool {
        self.url.expose_secret().parse::<tokio_postgres::Config>().is_ok()
    }
}

/// Encryption of the connection, in the terms of `libpq`'s `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// Never.
    Disable,
    /// Where the server offers it, without checking its certificate.
    Prefer,
    /// Always, without checking the certificate.
    Require,
    /// Always, and the certificate must be valid for the host.
    VerifyFull,
}

/// How much one request may ask for, and all of them together. More bounds may come: name those that matter, and take
/// the others from [`Limits::default`].
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most rows of an answer, included ones counted.
    pub max_rows: u64,
    /// Most rows that one change of the rows that a condition selects may be of; others wait for it.
    pub max_changed_rows: u64,
    /// Most bytes of the texts, documents and lists in these rows, as they are before the change.
    pub max_changed_bytes: u64,
    /// Most bytes of an answer, included rows and each repetition of them counted. A row counts as what it takes in memory
    /// or as JSON, whichever is more: some tens of bytes for each property, and the length of its texts and documents.
    pub max_bytes: u64,
    /// Most bytes of all answers of a store that are read or not yet written out, small ones aside. At least `max_bytes`.
    pub max_bytes_together: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_rows: 10_000,
            max_changed_rows: 2_000,
            max_changed_bytes: 8 << 20,
            max_bytes: 32 << 20,
            max_bytes_together: 64 << 20,
        }
    }
}

/// How busy the connections are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolState {
    /// Connections open.
    pub size: usize,
    /// Connections idle.
    pub available: usize,
    /// Requests waiting for one.
    pub waiting: usize,
}

/// How many reads are slow, as the store sees it: not done after 250 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlowReadsState {
    /// Slow reads under way.
    pub under_way: usize,
    /// Reads that wait for a slow one of the same reader and table.
    pub waiting: usize,
}

//! A database of one test's own, on either server, and plain SQL on it; it is gone when the test ends.

use std::error::Error;

use secrecy::ExposeSecret as _;
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};
use user_tenant_store::session::{DatabaseOptions, PostgresOptions, SchemaName, SqliteOptions};

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

pub(crate) struct Database {
    pub(crate) options: DatabaseOptions,
    /// For plain SQL on the server; opened when first needed.
    client: OnceCell<Client>,
    location: Location,
}

enum Location {
    File { _directory: tempfile::TempDir },
    Server { maintenance: String, name: String },
}

impl Database {
    pub(crate) fn sqlite() -> Outcome<Self> {
        let directory = tempfile::tempdir()?;
        let options = SqliteOptions::new(directory.path().join("test.db"));
        Ok(Self {
            options: DatabaseOptions::Sqlite(options),
            client: OnceCell::new(),
            location: Location::File { _directory: directory },
        })
    }

    /// `case`: what tells this test's database from those of others.
    pub(crate) async fn postgres(case: &str) -> Outcome<Self> {
        let maintenance =
            std::env::var("TEST_POSTGRES_URL").map_err(|_| "TEST_POSTGRES_URL is not set: run ./test.sh")?;
        let name: String = format!("test_{}_{case}", std::process::id()).chars().take(63).collect();
        connect(&maintenance.parse()?)
            .await?
            .batch_execute(&format!(
                "CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
            ))
            .await?;
        let (before, after) = maintenance.split_once('?').unwrap_or((&maintenance, ""));
        let server = before.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        let options = PostgresOptions::new(format!("{server}/{name}?{after}"));
        Ok(Self {
            options: DatabaseOptions::Postgres(options),
            client: OnceCell::new(),
            location: Location::Server { maintenance, name },
        })
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.location, Location::Server { .. })
    }

    /// A connection with a search path, so that the same statement works on both databases.
    async fn client(&self, options: &PostgresOptions) -> Outcome<&Client> {
        let open = async || {
            let mut configuration: tokio_postgres::Config = options.url.expose_secret().parse()?;
            let path = format!("-c search_path={},logs,public -c timezone=UTC", quoted(options.schema));
            connect(configuration.options(&path)).await
        };
        self.client.get_or_try_init(open).await
    }

    /// Runs statements.
    pub(crate) async fn execute(&self, sql: &str) -> Outcome {
        match &self.options {
            DatabaseOptions::Postgres(options) => Ok(self.client(options).await?.batch_execute(sql).await?),
            DatabaseOptions::Sqlite(options) => Ok(sqlite(options)?.execute_batch(sql)?),
        }
    }

    /// The rows of one query as text, null as `null`.
    pub(crate) async fn rows(&self, sql: &str) -> Outcome<Vec<Vec<String>>> {
        match &self.options {
            DatabaseOptions::Postgres(options) => {
                let messages = self.client(options).await?.simple_query(sql).await?;
                let rows = messages.iter().filter_map(|message| match message {
                    SimpleQueryMessage::Row(row) => Some(row),
                    _ => None,
                });
                Ok(rows
                    .map(|row| (0..row.len()).map(|at| row.get(at).unwrap_or("null").to_owned()).collect())
                    .collect())
            }
            DatabaseOptions::Sqlite(options) => {
                let connection = sqlite(options)?;
                let mut statement = connection.prepare(sql)?;
                let width = statement.column_count();
                let rows = statement.query_map([], |row| (0..width).map(|at| Ok(text(row.get_ref(at)?))).collect())?;
                Ok(rows.collect::<Result<_, _>>()?)
            }
        }
    }
}

/// A schema's name in a statement, where it may be a word of SQL.
pub(crate) fn quoted(schema: SchemaName) -> String {
    format!("\"{schema}\"")
}

fn text(value: rusqlite::types::ValueRef<'_>) -> String {
    use rusqlite::types::ValueRef;
    match value {
        ValueRef::Null => "null".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn sqlite(options: &SqliteOptions) -> Outcome<rusqlite::Connection> {
    let connection = rusqlite::Connection::open(&options.path)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

async fn connect(configuration: &tokio_postgres::Config) -> Outcome<Client> {
    let (client, connection) = configuration.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

impl Drop for Database {
    fn drop(&mut self) {
        let Location::Server { maintenance, name } = &self.location else { return };
        let (maintenance, statement) = (maintenance.clone(), format!("DROP DATABASE \"{name}\" WITH (FORCE)"));
        // A thread of its own, since the test's runtime is busy with this very call.
        let dropped = std::thread::spawn(move || -> Outcome {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async { Ok(connect(&maintenance.parse()?).await?.batch_execute(&statement).await?) })
        });
        if let Ok(Err(error)) = dropped.join() {
            eprintln!("the test's database stays behind: {error}");
        }
    }
}

//! A PostgreSQL database of a test's own: created from `TEST_POSTGRES_URL`, dropped at the end.

use hyper::Uri;
use tokio::runtime::Runtime;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Row};
use uuid::Uuid;

use super::runtime;

/// An empty database with the collation that the service's order of text relies on.
pub(crate) struct PostgresDatabase {
    name: String,
    url: String,
    runtime: Runtime,
    client: Option<Client>,
}

impl PostgresDatabase {
    /// Creates the database on the server that the environment names.
    pub(crate) fn create() -> Self {
        let name = format!("user_tenant_test_{}", Uuid::now_v7().simple());
        let runtime = runtime();
        let administrator = connect(&runtime, &maintenance_url());
        let create = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'");
        runtime
            .block_on(administrator.batch_execute(&create))
            .expect("the user of TEST_POSTGRES_URL may create databases");
        let url = with_database(&maintenance_url(), &name);
        let client = Some(connect(&runtime, &url));
        Self { name, url, runtime, client }
    }

    /// Where the service finds the database.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Runs statements that take no parameters.
    pub(crate) fn run(&self, sql: &str) {
        self.runtime.block_on(self.client().batch_execute(sql)).unwrap_or_else(|error| panic!("{error:?} in {sql}"));
    }

    /// The code with which a statement is refused; `None` where it is not.
    pub(crate) fn refusal(&self, sql: &str) -> Option<String> {
        let error = self.runtime.block_on(self.client().batch_execute(sql)).err()?;
        Some(error.code().map_or_else(|| error.to_string(), |code| code.code().to_owned()))
    }

    /// Runs one statement with parameters.
    pub(crate) fn execute(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) {
        self.runtime
            .block_on(self.client().execute(sql, parameters))
            .unwrap_or_else(|error| panic!("{error:?} in {sql}"));
    }

    /// Reads rows.
    pub(crate) fn query(&self, sql: &str) -> Vec<Row> {
        self.runtime.block_on(self.client().query(sql, &[])).unwrap_or_else(|error| panic!("{error:?} in {sql}"))
    }

    fn client(&self) -> &Client {
        self.client.as_ref().expect("connected until dropped")
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        self.client = None;
        let administrator = connect(&self.runtime, &maintenance_url());
        // A database that cannot be dropped is no reason to hide why the test failed.
        let _ =
            self.runtime.block_on(administrator.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name)));
    }
}

fn maintenance_url() -> String {
    std::env::var("TEST_POSTGRES_URL")
        .unwrap_or_else(|_| panic!("TEST_POSTGRES_URL is not set: run ./test.sh, which starts a PostgreSQL"))
}

fn with_database(url: &str, name: &str) -> String {
    let mut parts = url.parse::<Uri>().expect("TEST_POSTGRES_URL is a URL").into_parts();
    let query = parts
        .path_and_query
        .as_ref()
        .and_then(|path| path.query())
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    parts.path_and_query = Some(format!("/{name}{query}").parse().expect("a database name is a path"));
    Uri::from_parts(parts).expect("a URL with another path is a URL").to_string()
}

fn connect(runtime: &Runtime, url: &str) -> Client {
    let (client, connection) = runtime
        .block_on(tokio_postgres::connect(url, NoTls))
        .unwrap_or_else(|error| panic!("cannot connect to {url}: {error}"));
    runtime.spawn(connection);
    client
}

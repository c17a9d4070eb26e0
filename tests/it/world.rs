//! A service on a database with the fixture in it, on SQLite and on PostgreSQL alike.

use crate::request::Request;
use crate::support::fixture::Database;
use crate::support::server::Server;

/// A database of a test's own, and the service on it.
pub(crate) struct World {
    /// The database.
    pub(crate) database: Database,
    /// The service.
    pub(crate) server: Server,
}

impl World {
    /// Starts the service and puts the fixture in place.
    pub(crate) fn new(database: Database) -> Self {
        let server = Server::start(&database.url(), &[]);
        database.restore();
        Self { database, server }
    }

    /// A request to the service: `GET /tenants`.
    pub(crate) fn request(&self, line: &str) -> Request {
        Request::new(self.server.address(), line)
    }

    /// Runs statements that both databases understand: tables by `main.name`, the words true and false.
    pub(crate) fn run(&self, sql: &str) {
        match &self.database {
            Database::Postgres(database) => database.run(sql),
            Database::Sqlite(database) => database.connect().execute_batch(sql).expect("the statement fits the schema"),
        }
    }
}

/// Runs a check on both databases, one after the other.
pub(crate) fn everywhere(check: impl Fn(&World)) {
    check(&World::new(Database::sqlite()));
    check(&World::new(Database::postgres()));
}

//! A service on a database with the fixture in it, and [`on_both`], which runs a test on SQLite and on PostgreSQL alike.

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
        Self::with(database, &[])
    }

    /// The same with environment variables that come on top.
    pub(crate) fn with(database: Database, settings: &[(&str, &str)]) -> Self {
        let server = Server::start(&database.url(), settings);
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

impl From<Database> for World {
    fn from(database: Database) -> Self {
        Self::new(database)
    }
}

/// Makes two tests, `on_sqlite` and `on_postgres`, of a function that takes a [`Database`] or what can be made from one: a
/// [`World`], or what a file puts around it. With settings after its name, the function takes a [`World`] that has them.
macro_rules! on_both {
    ($case:ident $(, $settings:ident)?) => {
        mod $case {
            use crate::support::fixture::Database;

            #[test]
            fn on_sqlite() {
                super::$case(&crate::world::made!(Database::sqlite() $(, $settings)?));
            }

            #[test]
            fn on_postgres() {
                super::$case(&crate::world::made!(Database::postgres() $(, $settings)?));
            }
        }
    };
}
pub(crate) use on_both;

/// What the function of [`on_both`] takes.
macro_rules! made {
    ($database:expr) => {
        $database.into()
    };
    ($database:expr, $settings:ident) => {
        crate::world::World::with($database, super::$settings)
    };
}
pub(crate) use made;

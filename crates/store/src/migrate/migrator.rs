//! One connection for migrations, outside any pool, to whichever database the options name.

use super::{Adoption, AuditTriggers, Choice, Finding, MigrateError, Migration, Status, Step};
use crate::error::StoreError;
use crate::options::DatabaseOptions;
#[cfg(feature = "postgres")]
use {super::postgres, crate::sql::postgres::client};
#[cfg(feature = "sqlite")]
use {
    super::sqlite,
    crate::sql::sqlite::{checkpoint, connection},
};

/// The steps to one schema, as each database needs them.
#[derive(Debug, Clone, Copy)]
pub struct Migrations {
    /// The steps on `PostgreSQL`.
    pub postgres: &'static [Migration],
    /// The steps on `SQLite`.
    pub sqlite: &'static [Migration],
    /// What takes the place of the first step on a `PostgreSQL` database that another program has made.
    pub adoption: Option<&'static Adoption>,
    /// What the triggers of the audit log are made from on `SQLite`.
    pub audit: Option<&'static AuditTriggers>,
}

impl Migrations {
    /// These steps and others after them, each database's in one list. An application that has tables of its own adds
    /// its steps so; it numbers them from 1001, which leaves the numbers below to us.
    #[must_use]
    pub fn and(self, others: &Self) -> Self {
        // Once for each list, which lives as long as the process.
        let both = |ours: &[Migration], others: &[Migration]| &*Box::leak([ours, others].concat().into_boxed_slice());
        Self {
            postgres: both(self.postgres, others.postgres),
            sqlite: both(self.sqlite, others.sqlite),
            adoption: self.adoption.or(others.adoption),
            audit: self.audit.or(others.audit),
        }
    }
}

/// Reads and changes the schema of one database. For start-up and the command line: a file is worked on
/// in the calling thread.
pub struct Migrator {
    connection: Connection,
    migrations: Migrations,
}

enum Connection {
    #[cfg(feature = "postgres")]
    Postgres(tokio_postgres::Client, postgres::Plan),
    #[cfg(feature = "sqlite")]
    Sqlite(rusqlite::Connection),
}

impl Migrator {
    /// Connects. A file that does not exist is created.
    ///
    /// # Errors
    /// [`MigrateError::Unreachable`].
    pub async fn connect(options: &DatabaseOptions, migrations: Migrations) -> Result<Self, MigrateError> {
        let connection = match options {
            #[cfg(feature = "postgres")]
            DatabaseOptions::Postgres(options) => client(options)
                .await
                .map(|client| Connection::Postgres(client, postgres::Plan::new(options.schema, &migrations))),
            #[cfg(feature = "sqlite")]
            DatabaseOptions::Sqlite(options) => match connection(options) {
                Err(StoreError::Damaged(source) | StoreError::Unavailable(source))
                    if source.downcast_ref().is_some_and(sqlite::is_unusable) =>
                {
                    return Err(MigrateError::Unusable { path: options.path.display().to_string(), source });
                }
                opened => opened.map(Connection::Sqlite),
            },
            #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
            _ => Err(StoreError::Database("this build has no driver for that database".into())),
        };
        connection
            .map(|connection| Self { connection, migrations })
            .map_err(|error: StoreError| MigrateError::Unreachable(Box::new(error)))
    }

    /// Where the database stands with each migration, in order of version. Changes nothing.
    pub async fn status(&mut self) -> Result<Vec<Status>, MigrateError> {
        match self.connection {
            #[cfg(feature = "postgres")]
            Connection::Postgres(ref client, ref plan) => {
                postgres::status(client, plan).await.map_err(postgres::in_words)
            }
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(ref connection) => {
                sqlite::status(connection, self.migrations.sqlite).map_err(|error| sqlite::with_path(error, connection))
            }
        }
    }

    /// Everything that separates the database from what the program expects; nothing, if it is as it
    /// should be. Changes nothing.
    pub async fn check(&mut self) -> Result<Vec<Finding>, MigrateError> {
        match self.connection {
            #[cfg(feature = "postgres")]
            Connection::Postgres(ref client, ref plan) => {
                postgres::check(client, plan).await.map_err(postgres::in_words)
            }
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(ref connection) => {
                sqlite::check(connection, &self.migrations).map_err(|error| sqlite::with_path(error, connection))
            }
        }
    }

    /// Whether the database was made by another program, and adopted.
    pub async fn is_adopted(&mut self) -> Result<bool, MigrateError> {
        match self.connection {
            #[cfg(feature = "postgres")]
            Connection::Postgres(ref client, ref plan) => postgres::is_adopted(client, plan).await,
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(_) => Ok(false),
        }
    }

    /// Applies all pending migrations, in order, and says which. Safe to repeat and to run from several
    /// processes at once: each migration is applied by one of them.
    /// A database of another program that can be adopted is adopted first. Last, triggers of a `SQLite` database are made
    /// anew that are not those of the entities; where that is all there is to do, it says the step that first made them.
    pub async fn up(&mut self) -> Result<Vec<Step>, MigrateError> {
        self.up_choosing(&Choice::default()).await
    }

    /// As [`Migrator::up`], with a choice of the constraints that an adopted database has.
    ///
    /// # Errors
    /// [`MigrateError::NotAdopted`] if the choice is not empty and the database neither was nor is adopted.
    pub async fn up_choosing(&mut self, choice: &Choice) -> Result<Vec<Step>, MigrateError> {
        match self.connection {
            #[cfg(feature = "postgres")]
            Connection::Postgres(ref mut client, ref plan) => {
                postgres::up(client, plan, choice).await.map_err(postgres::in_words)
            }
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(_) if !choice.is_empty() => Err(MigrateError::NotAdopted),
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(ref mut connection) => {
                let done = sqlite::up(connection, &self.migrations);
                checkpoint(connection);
                done.map_err(|error| sqlite::with_path(error, connection))
            }
        }
    }

    /// Undoes the applied migrations above version `to`, last one first, and says which. Down to 0 leaves
    /// nothing of ours, the ledger included. Of an adopted database, the last step takes away what adoption added,
    /// and leaves the tables with their rows.
    pub async fn down(&mut self, to: u32) -> Result<Vec<Step>, MigrateError> {
        match self.connection {
            #[cfg(feature = "postgres")]
            Connection::Postgres(ref mut client, ref plan) => {
                postgres::down(client, plan, to).await.map_err(postgres::in_words)
            }
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(ref mut connection) => {
                let done = sqlite::down(connection, &self.migrations, to);
                checkpoint(connection);
                done.map_err(|error| sqlite::with_path(error, connection))
            }
        }
    }
}

impl std::fmt::Debug for Migrator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Migrator").field("migrations", &self.migrations).finish_non_exhaustive()
    }
}

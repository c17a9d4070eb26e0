//! What carries out the statements of a session: a pool of connections if it reads, one transaction if it writes.
//!
//! The mode of a session names its executor, so that the compiler knows what a session can do: nothing of a transaction is
//! asked of a pool.

use std::sync::Arc;

use crate::audit::Said;
use crate::error::StoreResult;
use crate::kept::Kept;
use crate::meter::Meter;
use crate::options::{DatabaseOptions, PoolState};
#[cfg(feature = "postgres")]
use crate::schema_name::SchemaName;
use crate::slow::Watch;
#[cfg(feature = "postgres")]
use crate::sql::postgres;
#[cfg(feature = "sqlite")]
use crate::sql::sqlite;
use crate::sql::{CommitPolicy, Confined, Counted, Dialect, Queried, Question};

/// A mode of sessions: [`Read`] or [`Write`].
pub trait Mode: sealed::Mode {}

/// The mode of a session that only reads; it has no method that writes.
#[derive(Debug)]
pub struct Read;
/// The mode of a session that is one transaction.
#[derive(Debug)]
pub struct Write;

impl Mode for Read {}
impl Mode for Write {}

pub(crate) mod sealed {
    /// What a mode brings along.
    pub trait Mode: Send + Sync + 'static {
        /// What carries out the statements.
        type Executor: super::Executor;
    }

    impl Mode for super::Read {
        type Executor = super::Pool;
    }

    impl Mode for super::Write {
        type Executor = super::Transaction;
    }
}

/// What carries out statements.
pub trait Executor: Send + Sync + 'static {
    /// What runs the statements that every session may have: those that read.
    fn reader(&self) -> Reader<'_>;
}

/// What runs statements that read.
pub enum Reader<'a> {
    /// Any connection.
    Pool(&'a Pool),
    /// The connection of the transaction.
    Transaction(&'a Transaction),
}

/// The connections to a database; each statement has one of its own, or shares it with others.
#[derive(Clone)]
pub struct Pool(Arc<Backend>);

enum Backend {
    #[cfg(feature = "postgres")]
    Postgres(postgres::Backend, SchemaName),
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::Backend),
}

/// One transaction, in which all statements are. Dropping it rolls it back.
pub struct Transaction(Box<Begun>);

enum Begun {
    #[cfg(feature = "postgres")]
    Postgres(postgres::Transaction, SchemaName),
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::Transaction),
}

impl Pool {
    /// Opens a database. A file is created; a server is not contacted before the first statement.
    pub(crate) fn open(options: &DatabaseOptions) -> StoreResult<Self> {
        let backend = match options {
            #[cfg(feature = "sqlite")]
            DatabaseOptions::Sqlite(options) => Backend::Sqlite(sqlite::Backend::open(options)?),
            #[cfg(feature = "postgres")]
            DatabaseOptions::Postgres(options) => Backend::Postgres(postgres::Backend::open(options)?, options.schema),
            #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
            _ => return Err(crate::error::StoreError::Database("this build has no driver for that database".into())),
        };
        Ok(Self(Arc::new(backend)))
    }

    /// Begins a transaction, which keeps this until the database is done with it.
    pub(crate) async fn begin(&self, kept: Kept) -> StoreResult<Transaction> {
        let begun = match *self.0 {
            #[cfg(feature = "postgres")]
            Backend::Postgres(ref backend, schema) => Begun::Postgres(backend.begin(kept).await?, schema),
            #[cfg(feature = "sqlite")]
            Backend::Sqlite(ref backend) => Begun::Sqlite(backend.begin(kept)),
        };
        Ok(Transaction(Box::new(begun)))
    }

    /// Runs a statement and returns its rows, unless it is slow and may not go on. What waits for `PostgreSQL` is boxed: it is
    /// large, and whatever waits for a read would have room for it, `SQLite` or not.
    pub(crate) async fn query(
        &self,
        statement: &Arc<Confined>,
        meter: Meter,
        watch: Option<Watch>,
        kept: Kept,
    ) -> StoreResult<Queried> {
        match *self.0 {
            #[cfg(feature = "postgres")]
            Backend::Postgres(ref backend, _) => Box::pin(backend.query(statement, meter, watch, kept)).await,
            #[cfg(feature = "sqlite")]
            Backend::Sqlite(ref backend) => backend.query(statement.clone(), meter, watch, kept).await,
        }
    }

    /// Runs several brief statements at once and returns the rows of each.
    pub(crate) async fn query_all(&self, questions: Vec<Question>) -> StoreResult<Vec<Counted>> {
        match *self.0 {
            #[cfg(feature = "postgres")]
            Backend::Postgres(ref backend, _) => Box::pin(backend.query_all(questions)).await,
            #[cfg(feature = "sqlite")]
            Backend::Sqlite(ref backend) => backend.query_all(questions).await,
        }
    }

    /// Carries out what is under way and closes all connections; later statements are refused.
    pub(crate) async fn close(&self) {
        match *self.0 {
            #[cfg(feature = "postgres")]
            Backend::Postgres(ref backend, _) => backend.close(),
            #[cfg(feature = "sqlite")]
            Backend::Sqlite(ref backend) => backend.close().await,
        }
    }

    /// How busy the connections are.
    pub(crate) fn state(&self) -> PoolState {
        match *self.0 {
            #[cfg(feature = "postgres")]
            Backend::Postgres(ref backend, _) => backend.state(),
            #[cfg(feature = "sqlite")]
            Backend::Sqlite(ref backend) => backend.state(),
        }
    }
}

impl Executor for Pool {
    fn reader(&self) -> Reader<'_> {
        Reader::Pool(self)
    }
}

impl Executor for Transaction {
    fn reader(&self) -> Reader<'_> {
        Reader::Transaction(self)
    }
}

impl Reader<'_> {
    /// The SQL that is understood.
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Pool(pool) => match *pool.0 {
                #[cfg(feature = "postgres")]
                Backend::Postgres(_, schema) => Dialect::Postgres(schema),
                #[cfg(feature = "sqlite")]
                Backend::Sqlite(_) => Dialect::Sqlite,
            },
            Self::Transaction(transaction) => match *transaction.0 {
                #[cfg(feature = "postgres")]
                Begun::Postgres(_, schema) => Dialect::Postgres(schema),
                #[cfg(feature = "sqlite")]
                Begun::Sqlite(_) => Dialect::Sqlite,
            },
        }
    }
}

impl Transaction {
    /// Says what the audit log is told of the statements that follow: the text that each brings along, on `PostgreSQL`.
    #[allow(unused_variables, reason = "a build without a database has no transaction")]
    pub(crate) fn say(&self, said: &Said) -> Option<Arc<str>> {
        match *self.0 {
            #[cfg(feature = "postgres")]
            Begun::Postgres(..) => said.text(),
            #[cfg(feature = "sqlite")]
            Begun::Sqlite(ref transaction) => {
                transaction.say(said.clone());
                None
            }
        }
    }

    /// Asks several questions, which are answered in their order.
    pub(crate) async fn ask(&self, questions: Vec<Question>) -> StoreResult<Vec<Counted>> {
        match *self.0 {
            #[cfg(feature = "postgres")]
            Begun::Postgres(ref transaction, _) => Box::pin(transaction.ask(questions)).await,
            #[cfg(feature = "sqlite")]
            Begun::Sqlite(ref transaction) => transaction.ask(questions).await,
        }
    }

    /// Runs statements, one after the other, and returns how many rows each touched.
    pub(crate) async fn execute(&self, statements: Vec<Confined>) -> StoreResult<Vec<u64>> {
        match *self.0 {
            #[cfg(feature = "postgres")]
            Begun::Postgres(ref transaction, _) => Box::pin(transaction.execute(&statements)).await,
            #[cfg(feature = "sqlite")]
            Begun::Sqlite(ref transaction) => transaction.execute(statements).await,
        }
    }

    /// Runs the last statements, if any, ends the transaction, and returns how many rows each touched.
    pub(crate) async fn finish(self, statements: Vec<Confined>, policy: CommitPolicy) -> StoreResult<Vec<u64>> {
        match *self.0 {
            #[cfg(feature = "postgres")]
            Begun::Postgres(transaction, _) => Box::pin(transaction.finish(&statements, policy)).await,
            #[cfg(feature = "sqlite")]
            Begun::Sqlite(transaction) => transaction.finish(statements, policy).await,
        }
    }
}

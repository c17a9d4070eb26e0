//! `PostgreSQL`: the pool, one statement, one transaction. Binding and decoding are in [`codec`], the meaning of errors in [`errors`].

mod codec;
mod connect;
mod errors;

use std::sync::atomic::{AtomicBool, Ordering};

use deadpool_postgres::{Object, Pool, Timeouts};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use self::codec::{Bind, Decoded};
pub(crate) use self::connect::client;
use self::errors::{classify, pool_error};
use super::Confined;
use crate::error::{StoreError, StoreResult};
use crate::session::{PoolState, PostgresOptions};
use crate::value::Value;

/// Prepared statements kept by one connection; when there are more, all are forgotten.
const MAX_PREPARED: usize = 256;

/// A pool of connections.
pub(crate) struct Backend {
    pool: Pool,
}

impl Backend {
    /// Makes the pool; connections are opened when they are first needed.
    pub(crate) fn open(options: &PostgresOptions) -> StoreResult<Self> {
        Ok(Self { pool: connect::pool(options)? })
    }

    async fn connection(&self) -> StoreResult<Object> {
        self.pool.timeout_get(&Timeouts { ..self.pool.timeouts() }).await.map_err(pool_error)
    }

    /// Runs one statement on a connection of its own and returns its rows.
    pub(crate) async fn query(&self, statement: &Confined) -> StoreResult<Vec<Vec<Value>>> {
        query(&self.connection().await?, statement).await
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&self) -> StoreResult<Transaction> {
        let connection = self.connection().await?;
        connection.batch_execute("BEGIN").await.map_err(classify)?;
        Ok(Transaction { connection: Some(connection), failed: AtomicBool::new(false) })
    }

    /// How busy the pool is.
    pub(crate) fn state(&self) -> PoolState {
        let status = self.pool.status();
        PoolState { size: status.size, available: status.available, waiting: status.waiting }
    }
}

/// An open transaction; dropping it rolls it back.
pub(crate) struct Transaction {
    connection: Option<Object>,
    failed: AtomicBool,
}

impl Transaction {
    fn connection(&self) -> StoreResult<&Object> {
        self.connection.as_ref().ok_or(StoreError::Aborted)
    }

    fn note<T>(&self, result: StoreResult<T>) -> StoreResult<T> {
        if result.is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
        result
    }

    /// Runs a statement and returns its rows.
    pub(crate) async fn query(&self, statement: &Confined) -> StoreResult<Vec<Vec<Value>>> {
        self.note(query(self.connection()?, statement).await)
    }

    /// Runs a statement and returns how many rows it touched.
    pub(crate) async fn execute(&self, statement: &Confined) -> StoreResult<u64> {
        self.note(execute(self.connection()?, statement).await)
    }

    /// Commits. `COMMIT` after a failed statement would answer `ROLLBACK` without an error, so that is refused here.
    pub(crate) async fn commit(mut self) -> StoreResult<()> {
        if self.failed.load(Ordering::Relaxed) {
            return Err(StoreError::Aborted);
        }
        self.connection()?.batch_execute("COMMIT").await.map_err(classify)?;
        self.connection = None;
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn(async move {
                    if connection.batch_execute("ROLLBACK").await.is_err() {
                        drop(Object::take(connection));
                    }
                });
            }
            Err(_) => drop(Object::take(connection)),
        }
    }
}

async fn query(connection: &Object, statement: &Confined) -> StoreResult<Vec<Vec<Value>>> {
    let prepared = prepare(connection, statement).await?;
    let bound: Vec<Bind<'_>> = statement.values.iter().map(Bind).collect();
    let parameters: Vec<&(dyn ToSql + Sync)> = bound.iter().map(|bind| bind as &(dyn ToSql + Sync)).collect();
    let rows = connection.query(&prepared, &parameters).await.map_err(classify)?;
    rows.iter().map(decode).collect()
}

async fn execute(connection: &Object, statement: &Confined) -> StoreResult<u64> {
    let prepared = prepare(connection, statement).await?;
    let bound: Vec<Bind<'_>> = statement.values.iter().map(Bind).collect();
    let parameters: Vec<&(dyn ToSql + Sync)> = bound.iter().map(|bind| bind as &(dyn ToSql + Sync)).collect();
    connection.execute(&prepared, &parameters).await.map_err(classify)
}

async fn prepare(connection: &Object, statement: &Confined) -> StoreResult<tokio_postgres::Statement> {
    // Texts are made of filters, so that there is no end of them; those in use are soon there again.
    if connection.statement_cache.size() >= MAX_PREPARED {
        connection.statement_cache.clear();
    }
    let result = connection.prepare_cached(&statement.sql).await;
    result.map_err(classify)
}

fn decode(row: &Row) -> StoreResult<Vec<Value>> {
    (0..row.len())
        .map(|at| match row.try_get::<_, Option<Decoded>>(at) {
            Ok(value) => Ok(value.map_or(Value::Null, |decoded| decoded.0)),
            Err(error) => Err(StoreError::Database(Box::new(error))),
        })
        .collect()
}

//! `PostgreSQL`: the pool, and one statement. A [`transaction`] has a file of its own, as have binding and decoding ([`codec`]) and the meaning of errors ([`errors`]).

mod codec;
mod connect;
mod errors;
mod returns;
mod shared;
mod transaction;

use std::pin::pin;
use std::sync::Arc;

use deadpool_postgres::{Object, Pool, Timeouts};
use futures_util::TryStreamExt;
use futures_util::future::{join_all, try_join_all};
use tokio_postgres::{Row, Statement};

use self::codec::{Bind, Decoded};
pub(crate) use self::connect::client;
use self::errors::pool_error;
pub(crate) use self::errors::{classify, is_away, told};
use self::returns::{Lent, Returns, is_owed};
use self::shared::SharedConnections;
pub(crate) use self::transaction::Transaction;
use super::{Confined, Counted, Effort, Queried, Question};
use crate::error::{StoreError, StoreResult};
use crate::kept::Kept;
use crate::meter::{self, Meter};
use crate::options::{PoolState, PostgresOptions};
use crate::slow::Watch;
use crate::value::Value;

/// Prepared statements kept by one connection; when there are more, all are forgotten.
const MAX_PREPARED: usize = 256;

/// A pool of connections.
pub(crate) struct Backend {
    pool: Pool,
    shared: SharedConnections,
    returns: Arc<Returns>,
}

impl Backend {
    /// Makes the pool; connections are opened when they are first needed.
    pub(crate) fn open(options: &PostgresOptions) -> StoreResult<Self> {
        let returns = Arc::new(Returns::new(options)?);
        let shared = SharedConnections::new(options.max_connections, returns.clone());
        Ok(Self { pool: connect::pool(options)?, shared, returns })
    }

    async fn connection(&self) -> StoreResult<Object> {
        self.pool.timeout_get(&Timeouts { ..self.pool.timeouts() }).await.map_err(pool_error)
    }

    /// Runs one statement and returns its rows: a short one on a shared connection, any other on a
    /// connection of its own. Dropping the future ends the statement, unless others wait behind it.
    pub(crate) async fn query(
        &self,
        statement: &Confined,
        mut meter: Meter,
        mut watch: Option<Watch>,
        kept: Kept,
    ) -> StoreResult<Queried> {
        let rows = if statement.effort <= Effort::Few
            && self.shared.are_open()
            && let Some(lease) = self.shared.lease(&self.pool).await?
        {
            let rows = Watch::over(&mut watch, pin!(read(lease.connection()?, statement, &mut meter))).await;
            if rows.is_some() {
                lease.answered();
            }
            rows
        } else {
            let connection = Lent::new(self.connection().await?, &self.returns, kept);
            let rows = Watch::over(&mut watch, pin!(read(connection.get()?, statement, &mut meter))).await;
            if rows.as_ref().is_some_and(|rows| !rows.as_ref().is_err_and(is_owed)) {
                connection.answered();
            }
            rows
        };
        match (rows, watch) {
            (Some(rows), _) => Ok(Queried::Rows((rows?, meter))),
            (None, Some(watch)) => {
                meter.begin_again();
                Ok(Queried::Ended(meter, watch))
            }
            (None, None) => Err(StoreError::Aborted),
        }
    }

    /// Runs several brief statements at once, on one shared connection where there are any, so that the server is woken once.
    pub(crate) async fn query_all(&self, questions: Vec<Question>) -> StoreResult<Vec<Counted>> {
        let lease = if self.shared.are_open() { self.shared.lease(&self.pool).await? } else { None };
        let Some(lease) = lease else {
            let alone = questions.into_iter().map(|Question { statement, meter }| async move {
                match self.query(&statement, meter, None, Kept::default()).await? {
                    Queried::Rows(counted) => Ok(counted),
                    Queried::Ended(..) => Err(StoreError::Aborted),
                }
            });
            return try_join_all(alone).await;
        };
        let connection = lease.connection()?;
        let asked = questions.into_iter().map(|Question { statement, mut meter }| async move {
            let rows = read(connection, &statement, &mut meter).await;
            rows.map(|rows| (rows, meter))
        });
        let answers = join_all(asked).await;
        lease.answered();
        answers.into_iter().collect()
    }

    /// Takes a connection for a transaction, which begins with its first statement.
    pub(crate) async fn begin(&self, kept: Kept) -> StoreResult<Transaction> {
        Ok(Transaction::on(self.connection().await?, &self.returns, kept))
    }

    /// Closes idle connections, and those at work once they are given back; no more are made.
    pub(crate) fn close(&self) {
        self.pool.close();
    }

    /// How busy the pool is.
    pub(crate) fn state(&self) -> PoolState {
        let status = self.pool.status();
        PoolState { size: status.size, available: status.available, waiting: status.waiting }
    }
}

/// Prepares a statement and runs it.
async fn read(connection: &Object, statement: &Confined, meter: &mut Meter) -> StoreResult<Vec<Vec<Value>>> {
    let prepared = prepare(connection, statement).await?;
    query(connection, &prepared, statement, meter).await
}

/// Decodes rows as they come, so that not all of them are held twice, and none beyond what the meter allows: the driver
/// drops those.
async fn query(
    connection: &Object,
    prepared: &Statement,
    statement: &Confined,
    meter: &mut Meter,
) -> StoreResult<Vec<Vec<Value>>> {
    let rows = connection.query_raw(prepared, statement.values.iter().map(Bind)).await.map_err(classify)?;
    let mut rows = pin!(rows);
    let row_bytes = meter::row(&statement.projection);
    let mut decoded = Vec::new();
    while let Some(row) = rows.try_next().await.map_err(classify)? {
        let (values, held) = decode(&row)?;
        meter.add(row_bytes + held)?;
        decoded.push(values);
    }
    Ok(decoded)
}

async fn execute(connection: &Object, prepared: &Statement, statement: &Confined) -> StoreResult<u64> {
    let touched = connection.execute_raw(prepared, statement.values.iter().map(Bind)).await.map_err(classify)?;
    Ok(if touched < statement.least { 0 } else { touched })
}

async fn prepare(connection: &Object, statement: &Confined) -> StoreResult<Statement> {
    // Texts are made of filters, so that there is no end of them; those in use are soon there again.
    if connection.statement_cache.size() >= MAX_PREPARED {
        connection.statement_cache.clear();
    }
    let result = connection.prepare_cached(&statement.sql).await;
    result.map_err(classify)
}

/// The values of a row, and what they hold outside it.
fn decode(row: &Row) -> StoreResult<(Vec<Value>, u64)> {
    // Collected, it would grow step by step: of fallible ones it is not known how many there will be.
    let mut values = Vec::with_capacity(row.len());
    let mut held = 0;
    for at in 0..row.len() {
        let Decoded(value) = row.try_get(at).map_err(|error| StoreError::Database(Box::new(error)))?;
        held += meter::held(&value);
        values.push(value);
    }
    Ok((values, held))
}

//! `PostgreSQL`: the pool, one statement, one transaction. Binding and decoding are in [`codec`], the meaning of errors in [`errors`].

mod codec;
mod connect;
mod errors;
mod lanes;

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use deadpool_postgres::{Object, Pool, Timeouts};
use futures_util::{TryStreamExt, poll};
use tokio::sync::{Mutex, MutexGuard, OnceCell};
use tokio::task::unconstrained;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use self::codec::{Bind, Decoded};
pub(crate) use self::connect::client;
use self::errors::{classify, pool_error};
use self::lanes::Lanes;
use super::{Confined, Counted, Ending};
use crate::error::{StoreError, StoreResult};
use crate::meter::{self, Meter};
use crate::options::{PoolState, PostgresOptions};
use crate::value::Value;

/// Prepared statements kept by one connection; when there are more, all are forgotten.
const MAX_PREPARED: usize = 256;

/// A pool of connections.
pub(crate) struct Backend {
    pool: Pool,
    lanes: Lanes,
    /// For what a dropped transaction has left under way.
    patience: Duration,
}

impl Backend {
    /// Makes the pool; connections are opened when they are first needed.
    pub(crate) fn open(options: &PostgresOptions) -> StoreResult<Self> {
        let patience = options.statement_timeout.saturating_add(options.connection_timeout);
        Ok(Self { pool: connect::pool(options)?, lanes: Lanes::new(options.max_connections, patience), patience })
    }

    async fn connection(&self) -> StoreResult<Object> {
        self.pool.timeout_get(&Timeouts { ..self.pool.timeouts() }).await.map_err(pool_error)
    }

    /// Runs one statement and returns its rows: a short one on a lane that it shares with others, any other on a
    /// connection of its own.
    pub(crate) async fn query(&self, statement: &Confined, meter: Meter) -> StoreResult<Counted> {
        if statement.is_short
            && self.lanes.are_open()
            && let Some(place) = self.lanes.place(&self.pool).await?
        {
            let connection = place.connection()?;
            let prepared = prepare(connection, statement).await?;
            let rows = query(connection, &prepared, statement, meter).await;
            place.answered();
            return rows;
        }
        let connection = self.connection().await?;
        let prepared = prepare(&connection, statement).await?;
        query(&connection, &prepared, statement, meter).await
    }

    /// Takes a connection for a transaction, which begins with its first statement.
    pub(crate) async fn begin(&self) -> StoreResult<Transaction> {
        let connection = self.connection().await?;
        Ok(Transaction {
            connection: Some(connection),
            turn: Mutex::default(),
            begun: AtomicBool::default(),
            open: OnceCell::new(),
            owed: AtomicBool::default(),
            patience: self.patience,
            unfinished: AtomicUsize::default(),
        })
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

/// An open transaction; dropping it rolls it back, and keeps the connection from others until that is done.
pub(crate) struct Transaction {
    connection: Option<Object>,
    /// Held while a statement is prepared and sent, and by a write until the transaction has begun.
    turn: Mutex<()>,
    /// Whether `BEGIN` was sent, and it is not known that the transaction is over.
    begun: AtomicBool,
    /// Filled by the server's answer to `BEGIN`. Until then each statement may be one by itself, and no write goes out.
    open: OnceCell<()>,
    /// Whether an answer to something outside the transaction is owed: to a statement that is prepared, or that is all.
    owed: AtomicBool,
    /// How long the server may take for all that is under way, before the connection is given up.
    patience: Duration,
    /// Statements that have failed, or whose answer nobody has waited for. With any, nothing is committed.
    unfinished: AtomicUsize,
}

impl Transaction {
    fn connection(&self) -> StoreResult<&Object> {
        self.connection.as_ref().ok_or(StoreError::Aborted)
    }

    async fn note<T>(&self, work: impl Future<Output = StoreResult<T>>) -> StoreResult<T> {
        self.unfinished.fetch_add(1, Ordering::Relaxed);
        let result = work.await;
        if result.is_ok() {
            self.unfinished.fetch_sub(1, Ordering::Relaxed);
        }
        result
    }

    /// Notes that an answer is owed until it is there. A server that has gone away owes it for ever.
    async fn owing<T>(&self, answer: impl Future<Output = StoreResult<T>>) -> StoreResult<T> {
        self.owed.store(true, Ordering::Relaxed);
        let answer = answer.await;
        self.owed.store(matches!(answer, Err(StoreError::Unavailable(_))), Ordering::Relaxed);
        answer
    }

    async fn prepared(&self, connection: &Object, statement: &Confined) -> StoreResult<Statement> {
        self.owing(prepare(connection, statement)).await
    }

    /// Begins the transaction, unless it has begun. `BEGIN` goes out when this is first polled, unless it was sent before:
    /// not even the runtime's budget of a task may keep it back, since a statement follows at once.
    async fn begin(&self, connection: &Object) -> StoreResult<()> {
        let begin = async || {
            self.begun.store(true, Ordering::Relaxed);
            connection.batch_execute("BEGIN").await.map_err(classify)
        };
        unconstrained(self.open.get_or_try_init(begin)).await.copied()
    }

    /// Sends what `answer` sends when it is first polled, and gives the turn on before it waits: statements of a
    /// transaction that are under way at once are carried out in the order in which they were asked for, whichever had
    /// to be prepared first. `BEGIN` goes before the first one, of a read in the same packet.
    async fn answer<T>(
        &self,
        turn: MutexGuard<'_, ()>,
        connection: &Object,
        answer: impl Future<Output = StoreResult<T>>,
    ) -> StoreResult<T> {
        let begin = self.begin(connection);
        let mut both = pin!(async { tokio::try_join!(biased; begin, answer).map(|((), answer)| answer) });
        let first = poll!(both.as_mut());
        drop(turn);
        match first {
            Poll::Ready(answer) => answer,
            Poll::Pending => both.await,
        }
    }

    /// Runs a statement and returns its rows.
    pub(crate) async fn query(&self, statement: &Confined, meter: Meter) -> StoreResult<Counted> {
        self.note(async {
            let turn = self.turn.lock().await;
            let connection = self.connection()?;
            let prepared = self.prepared(connection, statement).await?;
            self.answer(turn, connection, query(connection, &prepared, statement, meter)).await
        })
        .await
    }

    /// Runs statements, one after the other, and returns how many rows each touched. They travel together.
    pub(crate) async fn execute(&self, statements: &[Confined]) -> StoreResult<Vec<u64>> {
        self.send(statements, false).await
    }

    /// Runs statements, and `COMMIT` behind them where that is wanted. Of a transaction in which one has failed,
    /// `PostgreSQL` makes it a `ROLLBACK`. Without a transaction it would keep those before, so that one is waited for.
    async fn send(&self, statements: &[Confined], commit: bool) -> StoreResult<Vec<u64>> {
        self.note(async {
            let turn = self.turn.lock().await;
            let connection = self.connection()?;
            self.begin(connection).await?;
            let mut all = Vec::with_capacity(statements.len());
            for statement in statements {
                all.push((self.prepared(connection, statement).await?, statement));
            }
            let mut sent: Vec<Answer<'_>> = Vec::with_capacity(all.len() + 1);
            for (prepared, statement) in &all {
                sent.push(Box::pin(execute(connection, prepared, statement)));
            }
            if commit {
                sent.push(Box::pin(async { self.commit(connection).await.map(|()| 0) }));
            }
            let mut touched = self.answer(turn, connection, in_order(sent)).await?;
            touched.truncate(statements.len());
            Ok(touched)
        })
        .await
    }

    async fn commit(&self, connection: &Object) -> StoreResult<()> {
        connection.batch_execute("COMMIT").await.map_err(classify)?;
        self.begun.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Runs the last statements, if any, and ends the transaction, unless a statement failed before. One that is all of
    /// the transaction is one by itself, without `BEGIN` and `COMMIT`; where it touches nothing, both endings are the same.
    pub(crate) async fn finish(self, statements: &[Confined], ending: Ending) -> StoreResult<Vec<u64>> {
        // `COMMIT` after a failed statement would answer `ROLLBACK` without an error.
        if self.unfinished.load(Ordering::Relaxed) > 0 {
            return Err(StoreError::Aborted);
        }
        let begun = self.begun.load(Ordering::Relaxed);
        match statements {
            [] if begun => self.commit(self.connection()?).await.map(|()| Vec::new()),
            [] => Ok(Vec::new()),
            [all] if !begun => {
                let connection = self.connection()?;
                let prepared = self.prepared(connection, all).await?;
                Ok(vec![self.owing(execute(connection, &prepared, all)).await?])
            }
            several if ending.is_settled(several) => self.send(several, true).await,
            several => {
                let touched = self.send(several, false).await?;
                if ending.commits(&touched) {
                    self.commit(self.connection()?).await?;
                }
                Ok(touched)
            }
        }
    }
}

/// A statement, and how many rows it touched.
type Answer<'a> = Pin<Box<dyn Future<Output = StoreResult<u64>> + Send + 'a>>;

/// Sends statements in this order, up to one that cannot be sent, and waits for the answers to all that were: with how
/// many rows each touched, or the first error. They go out when this is first polled.
async fn in_order(mut all: Vec<Answer<'_>>) -> StoreResult<Vec<u64>> {
    let mut first = Vec::with_capacity(all.len());
    for one in &mut all {
        let polled = poll!(one);
        let failed = matches!(polled, Poll::Ready(Err(_)));
        first.push(polled);
        if failed {
            break;
        }
    }
    let mut answers = Vec::with_capacity(first.len());
    for (one, first) in all.into_iter().zip(first) {
        answers.push(match first {
            Poll::Ready(answer) => answer,
            Poll::Pending => one.await,
        });
    }
    answers.into_iter().collect()
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let begun = self.begun.load(Ordering::Relaxed);
        if begun || self.owed.load(Ordering::Relaxed) {
            give_back(connection, begun.then_some("ROLLBACK"), self.patience);
        }
    }
}

/// Gives a connection back to the pool once the server has answered all that is under way, and this statement, if any. One
/// that has not in time is closed.
fn give_back(connection: Object, statement: Option<&'static str>, patience: Duration) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return drop(Object::take(connection)) };
    runtime.spawn(async move {
        let over = async {
            match statement {
                Some(statement) => connection.batch_execute(statement).await,
                None => connection.check_connection().await,
            }
        };
        if !matches!(tokio::time::timeout(patience, over).await, Ok(Ok(()))) {
            drop(Object::take(connection));
        }
    });
}

/// Decodes rows as they come, so that not all of them are held twice, and none beyond what the meter allows: the driver
/// drops those.
async fn query(
    connection: &Object,
    prepared: &Statement,
    statement: &Confined,
    mut meter: Meter,
) -> StoreResult<Counted> {
    let rows = connection.query_raw(prepared, statement.values.iter().map(Bind)).await.map_err(classify)?;
    let mut rows = pin!(rows);
    let row_bytes = meter::row(&statement.projection);
    let mut decoded = Vec::new();
    while let Some(row) = rows.try_next().await.map_err(classify)? {
        let (values, held) = decode(&row)?;
        meter.add(row_bytes + held)?;
        decoded.push(values);
    }
    Ok((decoded, meter))
}

async fn execute(connection: &Object, prepared: &Statement, statement: &Confined) -> StoreResult<u64> {
    let bound: Vec<Bind<'_>> = statement.values.iter().map(Bind).collect();
    let parameters: Vec<&(dyn ToSql + Sync)> = bound.iter().map(|bind| bind as &(dyn ToSql + Sync)).collect();
    connection.execute(prepared, &parameters).await.map_err(classify)
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

//! `PostgreSQL`: the pool, one statement, one transaction. Binding and decoding are in [`codec`], the meaning of errors in [`errors`].

mod codec;
mod connect;
mod errors;
mod lanes;
mod returns;

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;

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
use self::returns::{Lent, Returns};
use super::{Confined, Effort, Ending, Queried};
use crate::error::{StoreError, StoreResult};
use crate::meter::{self, Meter};
use crate::options::{PoolState, PostgresOptions};
use crate::slow::{Watch, held_up};
use crate::value::Value;

/// Prepared statements kept by one connection; when there are more, all are forgotten.
const MAX_PREPARED: usize = 256;

/// A pool of connections.
pub(crate) struct Backend {
    pool: Pool,
    lanes: Lanes,
    returns: Arc<Returns>,
}

impl Backend {
    /// Makes the pool; connections are opened when they are first needed.
    pub(crate) fn open(options: &PostgresOptions) -> StoreResult<Self> {
        let returns = Arc::new(Returns::new(options)?);
        let lanes = Lanes::new(options.max_connections, returns.clone());
        Ok(Self { pool: connect::pool(options)?, lanes, returns })
    }

    async fn connection(&self) -> StoreResult<Object> {
        self.pool.timeout_get(&Timeouts { ..self.pool.timeouts() }).await.map_err(pool_error)
    }

    /// Runs one statement and returns its rows: a short one on a lane that it shares with others, any other on a
    /// connection of its own. Dropping the future ends the statement, unless others wait behind it.
    pub(crate) async fn query(
        &self,
        statement: &Confined,
        mut meter: Meter,
        mut watch: Option<Watch>,
    ) -> StoreResult<Queried> {
        let rows = if statement.effort <= Effort::Few
            && self.lanes.are_open()
            && let Some(place) = self.lanes.place(&self.pool).await?
        {
            let rows = Watch::over(&mut watch, pin!(read(place.connection()?, statement, &mut meter))).await;
            if rows.is_some() {
                place.answered();
            }
            rows
        } else {
            let connection = Lent::new(self.connection().await?, &self.returns);
            let rows = Watch::over(&mut watch, pin!(read(connection.get()?, statement, &mut meter))).await;
            // Of one that failed between two rows others are still to come.
            if matches!(rows, Some(Ok(_))) {
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

    /// Takes a connection for a transaction, which begins with its first statement.
    pub(crate) async fn begin(&self) -> StoreResult<Transaction> {
        let connection = self.connection().await?;
        Ok(Transaction {
            connection: Some(connection),
            turn: Mutex::default(),
            begun: AtomicBool::default(),
            open: OnceCell::new(),
            owed: AtomicBool::default(),
            returns: self.returns.clone(),
            unfinished: AtomicUsize::default(),
            under_way: AtomicUsize::default(),
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
    /// Whether an answer is owed to something outside the transaction, a statement that is prepared or that is all, or to one
    /// that was slow.
    owed: AtomicBool,
    returns: Arc<Returns>,
    /// Statements that have failed, or whose answer nobody has waited for. With any, nothing is committed.
    unfinished: AtomicUsize,
    /// Statements that are not answered.
    under_way: AtomicUsize,
}

impl Transaction {
    fn connection(&self) -> StoreResult<&Object> {
        self.connection.as_ref().ok_or(StoreError::Aborted)
    }

    async fn note<T>(&self, work: impl Future<Output = StoreResult<T>>) -> StoreResult<T> {
        self.unfinished.fetch_add(1, Ordering::Relaxed);
        self.under_way.fetch_add(1, Ordering::Relaxed);
        let result = work.await;
        self.under_way.fetch_sub(1, Ordering::Relaxed);
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
    pub(crate) async fn query(
        &self,
        statement: &Confined,
        mut meter: Meter,
        mut watch: Option<Watch>,
    ) -> StoreResult<Queried> {
        let rows = self.note(async {
            if statement.effort == Effort::Heavy && watch.as_ref().is_some_and(Watch::is_held_up) {
                return Err(held_up());
            }
            let turn = self.turn.lock().await;
            let connection = self.connection()?;
            let prepared = self.prepared(connection, statement).await?;
            let rows = pin!(self.answer(turn, connection, query(connection, &prepared, statement, &mut meter)));
            Watch::over(&mut watch, rows).await.unwrap_or_else(|| {
                self.owed.store(true, Ordering::Relaxed);
                Err(held_up())
            })
        });
        let rows = rows.await?;
        Ok(Queried::Rows((rows, meter)))
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
        let owed = self.owed.load(Ordering::Relaxed);
        if begun || owed {
            let is_under_way = owed || self.under_way.load(Ordering::Relaxed) > 0;
            self.returns.give_back(connection, begun.then_some("ROLLBACK"), is_under_way);
        }
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

//! A transaction of `PostgreSQL`: where it stands is one [`State`], and what travels together is a batch.
//!
//! A batch has the transaction to itself from the first byte that is sent to the last answer. The state says that answers are
//! owed before anything is sent. So a batch may be given up at any time: its transaction is then neither continued nor committed,
//! and the pool lends its connection on only when the server has answered (ADR 35).

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use deadpool_postgres::Object;
use futures_util::poll;
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::unconstrained;
use tokio_postgres::Statement;

use super::errors::{classify, only_reads};
use super::returns::{Returns, is_owed};
use super::{execute, prepare, query};
use crate::error::{StoreError, StoreResult};
use crate::kept::Kept;
use crate::sql::{CommitPolicy, Confined, Counted, Question};

/// An open transaction, held by one batch at a time.
pub(crate) struct Transaction(Mutex<Work>);

/// A connection and the transaction on it; dropping it rolls back, and keeps the connection from others until that is done.
struct Work {
    /// Until this is dropped.
    connection: Option<Object>,
    state: State,
    returns: Arc<Returns>,
    kept: Kept,
}

/// Where a transaction stands, as far as the server's answers tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The server does not know of it.
    Idle,
    /// The server owes an answer from outside of it: to a statement that is prepared, or that is all of it.
    OwedOutside,
    /// It has begun, and the server owes an answer: to `BEGIN`, or to what came after.
    Owed,
    /// It has begun, and all that was sent was carried out.
    Open,
    /// It has begun, and can only be rolled back. All is answered.
    Failed,
    /// It has ended, or failed before it began. All is answered.
    Over,
    /// The server only reads: the connection is closed, which ends whatever has begun.
    Unfit,
}

/// What is to be sent, and its answer. It goes out when this is first polled.
type Sending<'a, T> = Pin<Box<dyn Future<Output = StoreResult<T>> + Send + 'a>>;

/// What was sent.
enum Sent<'a, T> {
    Answered(StoreResult<T>),
    UnderWay(Sending<'a, T>),
}

impl Transaction {
    /// One that begins with its first batch.
    pub(super) fn on(connection: Object, returns: &Arc<Returns>, kept: Kept) -> Self {
        kept.begins();
        let connection = Some(connection);
        Self(Mutex::new(Work { connection, state: State::Idle, returns: returns.clone(), kept }))
    }

    /// Waits for the batches before. Who gives up meanwhile has asked nothing, as has who never began; not even the runtime's
    /// budget of a task makes one wait where there is none.
    async fn turn(&self) -> MutexGuard<'_, Work> {
        unconstrained(self.0.lock()).await
    }

    /// Asks several questions in one batch, behind `BEGIN` where the transaction has not begun: they are carried out in this
    /// order, and the first error counts.
    pub(crate) async fn ask(&self, mut questions: Vec<Question>) -> StoreResult<Vec<Counted>> {
        let mut work = self.turn().await;
        let (connection, state) = work.parts()?;
        let prepared = state.prepares(connection, questions.iter().map(|one| &*one.statement)).await?;
        let mut batch: Vec<Sending<'_, _>> = Vec::with_capacity(questions.len());
        for (Question { statement, meter }, prepared) in questions.iter_mut().zip(&prepared) {
            batch.push(Box::pin(query(connection, prepared, statement, meter)));
        }
        let begins = *state == State::Idle;
        *state = State::Owed;
        let mut begin = pin!(async { if begins { command(connection, "BEGIN").await } else { Ok(()) } });
        let first = poll!(begin.as_mut());
        let sent = send(batch).await;
        let has_begun = match first {
            Poll::Ready(answer) => answer,
            Poll::Pending => begin.await,
        };
        let answers = state.settles(answers(sent).await, State::Open);
        if has_begun.is_err() {
            state.fails();
        }
        let rows = has_begun.and(answers)?;
        Ok(rows.into_iter().zip(questions).map(|(rows, question)| (rows, question.meter)).collect())
    }

    /// Carries out statements in one batch, and returns how many rows each touched.
    pub(crate) async fn execute(&self, statements: &[Confined]) -> StoreResult<Vec<u64>> {
        let mut work = self.turn().await;
        let (connection, state) = work.parts()?;
        state.carries_out(connection, statements, false).await
    }

    /// Runs the last statements, if any, and ends the transaction, unless a statement failed before. One that is all of
    /// the transaction is one by itself, without `BEGIN` and `COMMIT`, where it writes all or nothing: if it touches no row, both
    /// endings are the same.
    pub(crate) async fn finish(mut self, statements: &[Confined], policy: CommitPolicy) -> StoreResult<Vec<u64>> {
        // `COMMIT` after a failed statement would answer `ROLLBACK` without an error.
        let (connection, state) = self.0.get_mut().parts()?;
        match statements {
            [] if *state == State::Idle => Ok(Vec::new()),
            [all] if *state == State::Idle && is_whole(all, policy) => {
                Ok(vec![state.runs_alone(connection, all).await?])
            }
            last if policy.is_settled(last) => state.carries_out(connection, last, true).await,
            last => {
                let touched = state.carries_out(connection, last, false).await?;
                if policy.commits(&touched) {
                    state.carries_out(connection, &[], true).await?;
                }
                Ok(touched)
            }
        }
    }
}

impl Work {
    /// The connection and the state, if the transaction goes on.
    fn parts(&mut self) -> StoreResult<(&Object, &mut State)> {
        match (&self.connection, &mut self.state) {
            (Some(connection), state @ (State::Idle | State::Open)) => Ok((connection, state)),
            _ => Err(StoreError::Aborted),
        }
    }
}

impl State {
    /// Prepares statements, all at once: outside of the transaction where it has not begun.
    async fn prepares<'a>(
        &mut self,
        connection: &Object,
        statements: impl Iterator<Item = &'a Confined>,
    ) -> StoreResult<Vec<Statement>> {
        let before = *self;
        *self = if before == Self::Idle { Self::OwedOutside } else { Self::Owed };
        let batch = statements.map(|one| Box::pin(prepare(connection, one)) as Sending<'_, _>).collect();
        let prepared = answers(send(batch).await).await;
        self.settles(prepared, before)
    }

    /// Begins the transaction, unless it has begun, and waits for that: without it a write would stay.
    async fn begins(&mut self, connection: &Object) -> StoreResult<()> {
        if *self != Self::Idle {
            return Ok(());
        }
        *self = Self::Owed;
        let begun = command(connection, "BEGIN").await;
        self.settles(vec![begun], Self::Open).map(drop)
    }

    /// Runs statements in one batch, and `COMMIT` behind them where that is wanted. Of a transaction in which one has failed,
    /// `PostgreSQL` makes it a `ROLLBACK`.
    async fn carries_out(
        &mut self,
        connection: &Object,
        statements: &[Confined],
        commits: bool,
    ) -> StoreResult<Vec<u64>> {
        self.begins(connection).await?;
        let prepared = self.prepares(connection, statements.iter()).await?;
        let mut batch: Vec<Sending<'_, u64>> = Vec::with_capacity(statements.len() + 1);
        for (statement, prepared) in statements.iter().zip(&prepared) {
            batch.push(Box::pin(execute(connection, prepared, statement)));
        }
        if commits {
            batch.push(Box::pin(async { command(connection, "COMMIT").await.map(|()| 0) }));
        }
        *self = Self::Owed;
        let touched = answers(send(batch).await).await;
        let mut touched = self.settles(touched, if commits { Self::Over } else { Self::Open })?;
        touched.truncate(statements.len());
        Ok(touched)
    }

    /// Runs a statement that is all of the transaction, which then never begins.
    async fn runs_alone(&mut self, connection: &Object, statement: &Confined) -> StoreResult<u64> {
        let prepared = self.prepares(connection, std::iter::once(statement)).await?;
        let prepared = prepared.first().ok_or(StoreError::Aborted)?;
        *self = Self::OwedOutside;
        let touched = execute(connection, prepared, statement).await;
        Ok(self.settles(vec![touched], Self::Over)?.iter().sum())
    }

    /// Nothing is committed any more.
    fn fails(&mut self) {
        *self = match *self {
            Self::Idle => Self::Over,
            Self::Open => Self::Failed,
            owed_or_over => owed_or_over,
        };
    }

    /// The answers to all that was sent, or the first error; after them the state is this one, unless one failed. An answer is
    /// still owed where the server has gone away, or where what it says became too much.
    fn settles<T>(&mut self, answers: Vec<StoreResult<T>>, next: Self) -> StoreResult<Vec<T>> {
        let mut errors = answers.iter().filter_map(|answer| answer.as_ref().err()).peekable();
        if errors.peek().is_none() {
            *self = next;
        } else if answers.iter().filter_map(|answer| answer.as_ref().err()).any(only_reads) {
            *self = Self::Unfit;
        } else if !errors.any(is_owed) {
            *self = if *self == Self::OwedOutside { Self::Over } else { Self::Failed };
        }
        answers.into_iter().collect()
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let kept = std::mem::take(&mut self.kept);
        match self.state {
            State::Idle | State::Over => drop(connection),
            State::Unfit => drop(Object::take(connection)),
            State::OwedOutside => self.returns.give_back(connection, None, true, kept),
            State::Owed => self.returns.give_back(connection, Some("ROLLBACK"), true, kept),
            State::Open | State::Failed => self.returns.give_back(connection, Some("ROLLBACK"), false, kept),
        }
    }
}

/// Whether a statement writes all that the policy asks for, or nothing.
fn is_whole(statement: &Confined, policy: CommitPolicy) -> bool {
    policy == CommitPolicy::Commit || statement.is_certain || statement.least == 1
}

async fn command(connection: &Object, command: &str) -> StoreResult<()> {
    connection.batch_execute(command).await.map_err(classify)
}

/// Sends a batch in its order, up to one that cannot be sent.
async fn send<T>(batch: Vec<Sending<'_, T>>) -> Vec<Sent<'_, T>> {
    let mut sent = Vec::with_capacity(batch.len());
    for mut one in batch {
        match poll!(one.as_mut()) {
            Poll::Pending => sent.push(Sent::UnderWay(one)),
            Poll::Ready(answer) => {
                let fails = answer.is_err();
                sent.push(Sent::Answered(answer));
                if fails {
                    break;
                }
            }
        }
    }
    sent
}

/// Waits for the answers to all that was sent.
async fn answers<T>(sent: Vec<Sent<'_, T>>) -> Vec<StoreResult<T>> {
    let mut answers = Vec::with_capacity(sent.len());
    for one in sent {
        answers.push(match one {
            Sent::Answered(answer) => answer,
            Sent::UnderWay(answer) => answer.await,
        });
    }
    answers
}

#[cfg(test)]
mod tests;

//! What a session asks: each answer counted by a meter, in its turn where it may be long, and with the veil laid on its rows.

use std::sync::Arc;

use futures_util::future::try_join_all;

use super::ending::light;
use super::{Asked, Session};
use crate::entity::Property;
use crate::error::{StoreError, StoreResult};
use crate::executor::{Executor as _, Mode, Pool, Reader};
use crate::kept::Kept;
use crate::meter::Meter;
use crate::options::Limits;
use crate::scope::Scope;
use crate::sql::{Confined, Counted, Effort, Queried, Question, veil};
use crate::value::Value;

impl<S: Scope, M: Mode> Session<S, M> {
    /// What counts an answer that takes nothing yet.
    pub(crate) fn meter(&self, limits: &Limits) -> Meter {
        Meter::new(&self.together, limits, self.scope.wall(), self.actor.user)
    }

    /// A statement whose answer is counted by itself.
    pub(crate) fn asked(&self, statement: Confined) -> Asked {
        Asked { statement, meter: self.meter(&self.limits), most: 0 }
    }

    /// The rows of a statement that is an answer of its own.
    pub(crate) async fn query(&self, statement: Confined) -> StoreResult<Vec<Vec<Value>>> {
        self.answer(self.asked(statement)).await.map(|(rows, _)| rows)
    }

    /// The rows of a statement, counted by its meter.
    pub(crate) async fn answer(&self, asked: Asked) -> StoreResult<Counted> {
        match self.executor.reader() {
            Reader::Pool(pool) => self.read(pool, asked).await,
            Reader::Transaction(_) => self.answers(vec![asked]).await?.pop().ok_or(StoreError::Aborted),
        }
    }

    /// The answers to several statements: of a transaction in one batch, which carries them out in this order.
    pub(crate) async fn answers(&self, asked: Vec<Asked>) -> StoreResult<Vec<Counted>> {
        let transaction = match self.executor.reader() {
            Reader::Pool(pool) if asked.len() > 1 && asked.iter().all(Self::is_brief) => {
                // On `PostgreSQL` they travel together.
                let (questions, veils) = questions(asked);
                return unveiled(pool.query_all(questions).await?, veils);
            }
            Reader::Pool(pool) => return try_join_all(asked.into_iter().map(|asked| self.read(pool, asked))).await,
            Reader::Transaction(transaction) => transaction,
        };
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        for Asked { statement, .. } in &asked {
            self.environment.interruption()?;
            light(statement)?;
        }
        // A transaction waits for no turn: it may hold what others need.
        let (questions, veils) = questions(asked);
        unveiled(transaction.ask(questions).await?, veils)
    }

    /// The answer to a statement outside a transaction, which waits for its turn where it may be long.
    async fn read(&self, pool: &Pool, asked: Asked) -> StoreResult<Counted> {
        let Asked { statement, mut meter, most } = asked;
        tracing::trace!(sql = %statement.sql, effort = ?statement.effort, "query");
        let _turn = meter.begin(statement.table, most).await?;
        let veil = veil(&statement);
        // One row is not slow, and a timer for each would be a part of what it costs.
        let mut watch = match statement.effort {
            Effort::One => None,
            _ => self.together.slow.watch(meter.reader(), statement.table),
        };
        if let Some(watch) = &mut watch {
            watch.wait().await?;
        }
        let statement = Arc::new(statement);
        let (mut rows, meter) = loop {
            // Short reads share connections, or are over at once.
            let share = if statement.effort > Effort::Few {
                self.together.connections.wait(self.actor.tenant).await
            } else {
                None
            };
            match pool.query(&statement, meter, watch, Kept::of(None, share)).await? {
                Queried::Rows(counted) => break counted,
                Queried::Ended(counted, mut ended) => {
                    ended.wait().await?;
                    (meter, watch) = (counted, Some(ended));
                }
            }
        };
        lay(veil, &mut rows)?;
        Ok((rows, meter))
    }

    /// Whether a read is short and has no watch, so that several of them can share a connection.
    fn is_brief(asked: &Asked) -> bool {
        let (_, reader) = asked.meter.reader();
        asked.statement.effort == Effort::One || asked.statement.effort == Effort::Few && reader.is_none()
    }
}

/// The statements as questions, and the veil of each. None of them waits for a turn.
fn questions(asked: Vec<Asked>) -> (Vec<Question>, Vec<Veil>) {
    let question = |Asked { statement, mut meter, .. }| {
        tracing::trace!(sql = %statement.sql, effort = ?statement.effort, "query");
        meter.reads(statement.table);
        let veil = veil(&statement);
        (Question { statement: Arc::new(statement), meter }, veil)
    };
    asked.into_iter().map(question).unzip()
}

/// The answers, each with its veil laid on its rows.
fn unveiled(mut answers: Vec<Counted>, veils: Vec<Veil>) -> StoreResult<Vec<Counted>> {
    for ((rows, _), veil) in answers.iter_mut().zip(veils) {
        lay(veil, rows)?;
    }
    Ok(answers)
}

/// The properties of the rows on which a veil must be laid.
type Veil = Option<Arc<[&'static Property]>>;

fn veil(statement: &Confined) -> Veil {
    statement.is_veiled.then(|| statement.projection.clone())
}

fn lay(veil: Veil, rows: &mut [Vec<Value>]) -> StoreResult<()> {
    let Some(projection) = veil else { return Ok(()) };
    rows.iter_mut().try_for_each(|row| veil::lay(&projection, row))
}

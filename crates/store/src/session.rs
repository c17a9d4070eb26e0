//! The way to rows: a [`Store`] makes sessions, a session opens repositories, a write ends as [`Committed`] or not at all.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use futures_util::future::try_join_all;
use time::OffsetDateTime;

use crate::audit::{Actor, Context};
use crate::entity::{EntityMeta, Property};
use crate::environment::Environment;
use crate::error::{StoreError, StoreResult};
use crate::executor::{Executor as _, Pool, Reader};
pub use crate::executor::{Mode, Read, Write};
use crate::kept::Kept;
use crate::memory::{Memory, Outdates};
use crate::meter::{Meter, Together};
pub use crate::options::{DatabaseOptions, Limits, PoolState, PostgresOptions, SlowReadsState, SqliteOptions, TlsMode};
pub use crate::schema_name::{InvalidSchemaName, SchemaName};
use crate::scope::{Reached, Scope, System, Wall};
use crate::shares::Shares;
use crate::sql::{CommitPolicy, Confined, Counted, Dialect, Effort, Operation, Queried, Question, veil};
pub use crate::turns::Turn;
use crate::value::Value;

/// One database. Keep it where only the sessions of the service reach it: whoever holds it can make
/// a session of any scope.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    environment: Environment,
    limits: Limits,
    pub(crate) together: Arc<Together>,
    /// The transactions of each tenant.
    writes: Arc<Shares>,
    memory: Memory,
}

/// Statements under one scope `S`, either reading (`M` = [`Read`]) or in one transaction ([`Write`]).
pub struct Session<S, M: Mode> {
    pub(crate) executor: M::Executor,
    pub(crate) scope: S,
    pub(crate) actor: Actor,
    pub(crate) context: Context,
    /// What the audit log says of a transaction, where each statement brings it along.
    pub(crate) said: Option<Arc<str>>,
    pub(crate) environment: Environment,
    pub(crate) limits: Limits,
    pub(crate) together: Arc<Together>,
    memory: Memory,
    /// What of it a transaction outdates.
    pub(crate) outdates: Outdates,
    /// How far the transaction reached before it was taken up again, if it was.
    pub(crate) reached: Option<Wall>,
    /// Where it waits for its commit, unless it does not.
    pub(crate) held: Option<Held>,
    /// What is called once it is committed.
    then: OnceLock<fn()>,
}

/// Where a transaction waits for its commit ([`Session::held_in`]). One that is never taken from here is rolled back.
#[derive(Debug, Clone, Default)]
pub struct Held(pub(crate) Arc<Mutex<Option<Session<Reached, Write>>>>);

impl Held {
    /// Keeps a transaction in place of its commit.
    fn keep<S: Scope>(&self, session: Session<S, Write>) -> StoreResult<()> {
        let reached = Reached(session.scope.wall());
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if place.is_some() {
            return Err(StoreError::Database("a second transaction is held where there is room for one".into()));
        }
        let mut session = session.within(reached);
        session.held = None;
        *place = Some(session);
        Ok(())
    }
}

/// A statement that reads, and what its answer may take.
pub(crate) struct Asked {
    pub(crate) statement: Confined,
    /// What counts the answer.
    pub(crate) meter: Meter,
    /// How many bytes the rows may have at most.
    pub(crate) most: u64,
}

/// The result of a transaction that was committed. Nothing else makes one, so that a function
/// which promises it cannot forget to commit. (Of one that is [`Held`], the commit is still to come, with what is written beside it.)
#[derive(Debug)]
#[must_use]
pub struct Committed<T>(T);

impl<T> Committed<T> {
    /// The result.
    pub fn into_inner(self) -> T {
        self.0
    }

    /// A look at the result.
    pub fn get(&self) -> &T {
        &self.0
    }

    /// Another result of the same transaction.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Committed<U> {
        Committed(change(self.0))
    }

    /// Another result of the same transaction, if there is one.
    pub(crate) fn filter_map<U>(self, change: impl FnOnce(T) -> Option<U>) -> Option<Committed<U>> {
        change(self.0).map(Committed)
    }
}

impl Store {
    /// Opens a database. A file is created; a server is not contacted before the first statement.
    ///
    /// # Errors
    /// [`crate::StoreError`] when the options make no sense, or the file cannot be opened.
    pub fn open(options: &DatabaseOptions, limits: Limits, environment: Environment) -> StoreResult<Self> {
        let together = Together::new(&limits, options.connections());
        let writes = options.transactions(&together.connections);
        Ok(Self { pool: Pool::open(options)?, environment, limits, together, writes, memory: Memory::default() })
    }

    /// A session that reads.
    pub fn read<S: Scope>(&self, scope: S) -> Session<S, Read> {
        self.session(self.pool.clone(), scope, Actor::SYSTEM)
    }

    /// A session that reads for somebody: long reads of theirs wait for each other, and for nobody else's (ADR 29).
    pub fn read_for<S: Scope>(&self, scope: S, reader: Actor) -> Session<S, Read> {
        self.session(self.pool.clone(), scope, reader)
    }

    /// A transaction in the name of `actor`. Dropping it rolls it back.
    ///
    /// # Errors
    /// [`crate::StoreError::Unavailable`] when no connection is to be had.
    pub async fn write<S: Scope>(&self, scope: S, actor: Actor) -> StoreResult<Session<S, Write>> {
        self.write_in_turn(scope, actor, None).await
    }

    /// A transaction as of [`Self::write`], which keeps a turn of [`Store::turn_to_change`]. The turn ends when the database is done
    /// with the transaction, not when a client hangs up.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn write_in_turn<S: Scope>(
        &self,
        scope: S,
        actor: Actor,
        turn: Option<Arc<Turn>>,
    ) -> StoreResult<Session<S, Write>> {
        self.write_about(scope, actor, Context::default(), turn).await
    }

    /// A transaction as of [`Self::write_in_turn`], of which the audit log says this too.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn write_about<S: Scope>(
        &self,
        scope: S,
        actor: Actor,
        context: Context,
        turn: Option<Arc<Turn>>,
    ) -> StoreResult<Session<S, Write>> {
        let share = self.writes.wait(actor.tenant).await;
        let transaction = self.pool.begin(Kept::of(turn, share)).await?;
        Ok(self.session(transaction, scope, actor).about(context))
    }

    /// Waits for the turn to change much in the rows of a tenant, or of a person: the rows that a condition selects, or what a
    /// rule keeps the whole tenant for. Such changes are made one after the other, and rest after a long one (ADR 34).
    ///
    /// # Errors
    /// [`crate::StoreError::Unavailable`] where too many wait.
    pub async fn turn_to_change(&self, scope: &impl Scope) -> StoreResult<Arc<Turn>> {
        self.together.changes.enter(scope.wall().whose(), "changes").await.map(Arc::new)
    }

    /// Carries out what is under way and closes all connections; later statements are refused with
    /// [`StoreError::Unavailable`]. Of `SQLite` all is then in the one file, which can be copied.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// How busy the connections are.
    pub fn pool_state(&self) -> PoolState {
        self.pool.state()
    }

    /// How many reads are slow, and how many wait for these.
    pub fn slow_reads(&self) -> SlowReadsState {
        self.together.slow.state()
    }

    /// The clock and ids that this store uses.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// What tells whether something that was read, and is remembered, is old.
    pub fn memory(&self) -> Memory {
        self.memory.clone()
    }

    fn session<S, M: Mode>(&self, executor: M::Executor, scope: S, actor: Actor) -> Session<S, M> {
        Session {
            executor,
            scope,
            actor,
            context: Context::default(),
            said: None,
            environment: self.environment.clone(),
            limits: self.limits,
            together: self.together.clone(),
            memory: self.memory.clone(),
            outdates: Outdates::default(),
            reached: None,
            held: None,
            then: OnceLock::new(),
        }
    }
}

impl<S: Scope, M: Mode> Session<S, M> {
    /// The scope, for rules that depend on how far it reaches.
    pub fn scope(&self) -> &S {
        &self.scope
    }

    /// The time, as it is stored: with milliseconds.
    pub fn now(&self) -> OffsetDateTime {
        self.environment.now()
    }

    pub(crate) fn confine(&self, meta: &'static EntityMeta, operation: Operation<'_>) -> Confined {
        Confined::new(self.dialect(), self.scope.wall(), meta, self.said.as_deref(), operation)
    }

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

    pub(crate) fn dialect(&self) -> Dialect {
        self.executor.reader().dialect()
    }
}

impl<M: Mode> Session<System, M> {
    /// The same session, and the same transaction, from now on within a scope. There is no way back.
    pub fn narrow<S: Scope>(self, scope: S) -> Session<S, M> {
        let mut session = self.within(scope);
        if session.scope.wall().tenant() != session.context.tenant {
            session.say();
        }
        session
    }
}

impl<S, M: Mode> Session<S, M> {
    /// The same session within another scope: for those who have made sure that it reaches no further.
    pub(crate) fn within<T>(self, scope: T) -> Session<T, M> {
        Session {
            executor: self.executor,
            scope,
            actor: self.actor,
            context: self.context,
            said: self.said,
            environment: self.environment,
            limits: self.limits,
            together: self.together,
            memory: self.memory,
            outdates: self.outdates,
            reached: self.reached,
            held: self.held,
            then: self.then,
        }
    }
}

impl<S: Scope> Session<S, Write> {
    /// Runs statements, one after the other, and returns how many rows each touched.
    pub(crate) async fn execute(&self, statements: Vec<Confined>) -> StoreResult<Vec<u64>> {
        for statement in &statements {
            tracing::trace!(sql = %statement.sql, "execute");
            self.environment.interruption()?;
            light(statement)?;
        }
        self.executor.execute(statements).await
    }

    /// Runs the last statements, if any, and ends the transaction: with how many rows each touched, or `None` where it was
    /// rolled back, since one touched none.
    pub(crate) async fn finish(
        self,
        statements: Vec<Confined>,
        policy: CommitPolicy,
    ) -> StoreResult<Option<Committed<Vec<u64>>>> {
        let touched = if let Some(held) = self.held.clone() {
            let touched = if statements.is_empty() { Vec::new() } else { self.execute(statements).await? };
            if policy.commits(&touched) {
                held.keep(self)?;
            }
            touched
        } else if self.environment.is_interrupted() {
            self.finish_in_steps(statements, policy).await?
        } else {
            self.end(statements, policy).await?
        };
        Ok(policy.commits(&touched).then_some(Committed(touched)))
    }

    /// One after the other, so that something can come between.
    async fn finish_in_steps(self, statements: Vec<Confined>, policy: CommitPolicy) -> StoreResult<Vec<u64>> {
        let touched = if statements.is_empty() { Vec::new() } else { self.execute(statements).await? };
        self.environment.interruption()?;
        if policy.commits(&touched) {
            self.end(Vec::new(), CommitPolicy::Commit).await?;
        }
        Ok(touched)
    }

    async fn end(self, statements: Vec<Confined>, policy: CommitPolicy) -> StoreResult<Vec<u64>> {
        for statement in &statements {
            tracing::trace!(sql = %statement.sql, "execute");
            light(statement)?;
        }
        let ended = self.executor.finish(statements, policy).await;
        self.outdates.tell(&self.memory, self.reached.unwrap_or_else(|| self.scope.wall()));
        if let (Ok(_), Some(call)) = (&ended, self.then.get()) {
            call();
        }
        ended
    }

    /// Calls this once the transaction is committed; the first that is named.
    pub fn then(&self, call: fn()) {
        let _ = self.then.set(call);
    }
}

/// That a statement of a transaction looks for no patterns, which could keep what others need ([`Repository::search`]).
fn light(statement: &Confined) -> StoreResult<()> {
    if statement.effort == Effort::Heavy {
        return Err(StoreError::Database(
            "a transaction compares columns as they are, and searches for nothing".into(),
        ));
    }
    Ok(())
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

impl<S, M: Mode> std::fmt::Debug for Session<S, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

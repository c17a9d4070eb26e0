//! The way to rows: a [`Store`] makes sessions, a session opens repositories, a write ends as [`Committed`] or not at all.

mod answers;
mod ending;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use time::OffsetDateTime;

use crate::audit::{Actor, Context};
use crate::entity::EntityMeta;
use crate::environment::Environment;
use crate::error::{StoreError, StoreResult};
use crate::executor::{Executor as _, Pool};
pub use crate::executor::{Mode, Read, Write};
use crate::kept::Kept;
use crate::memory::{Memory, Outdates};
use crate::meter::{Meter, Together};
pub use crate::options::{DatabaseOptions, Limits, PoolState, PostgresOptions, SlowReadsState, SqliteOptions, TlsMode};
pub use crate::schema_name::{InvalidSchemaName, SchemaName};
use crate::scope::{Reached, Scope, System, Wall};
use crate::shares::Shares;
use crate::sql::{Confined, Dialect, Operation};
pub use crate::turns::Turn;

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

    /// Whether whoever writes keeps all others from writing, as on `SQLite`: what writes for long then gives way.
    pub fn has_one_writer(&self) -> bool {
        !self.pool.reader().dialect().is_postgres()
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

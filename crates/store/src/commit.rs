//! Rows that a transaction writes together, and how it ends: only these functions make a [`Committed`].

use crate::entity::Entity;
use crate::error::{StoreError, StoreResult};
use crate::filter::Predicate;
use crate::record::{New, Patch, Prepared, Record};
use crate::repository;
#[cfg(doc)]
use crate::repository::Repository;
use crate::scope::{Scope, Sees};
use crate::session::{Session, Write};
use crate::sql::{Ending, Verb};
use crate::value::Value;

/// The result of a transaction that was committed. Nothing else makes one, so that a function
/// which promises it cannot forget to commit.
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
}

impl<S: Scope> Session<S, Write> {
    /// Inserts rows of one or several entities, made ready by [`Repository::prepare`], in this order. They travel to the
    /// database together.
    ///
    /// # Errors
    /// As [`Repository::create`], for the first row that fails.
    pub async fn insert(&self, rows: impl IntoIterator<Item = Prepared>) -> StoreResult<Vec<Record>> {
        let (statements, records): (Vec<_>, Vec<_>) = rows.into_iter().map(|row| (row.statement, row.record)).unzip();
        inserted(self.execute(statements).await, records)
    }

    /// Inserts rows as [`Self::insert`] does, and commits: together, unless `PostgreSQL` must first answer whether what
    /// they refer to is there.
    ///
    /// # Errors
    /// As [`Self::insert`] and [`Self::commit`].
    pub async fn insert_and_commit(
        self,
        rows: impl IntoIterator<Item = Prepared>,
    ) -> StoreResult<Committed<Vec<Record>>> {
        let (statements, records): (Vec<_>, Vec<_>) = rows.into_iter().map(|row| (row.statement, row.record)).unzip();
        inserted(self.finish(statements, Ending::CommitIfEachTouches).await, records).map(Committed)
    }

    /// Inserts a row as [`Repository::create`] does, and commits.
    ///
    /// # Errors
    /// As [`Repository::create`] and [`Self::commit`].
    pub async fn create_and_commit<E: Entity>(self, new: New<E>) -> StoreResult<Committed<Record>>
    where
        S: Sees<E>,
    {
        let row = self.repository::<E>().prepare(new)?;
        let Committed(mut rows) = self.insert_and_commit([row]).await?;
        rows.pop().map(Committed).ok_or(StoreError::Aborted)
    }

    /// Changes rows as [`Repository::update_all`] does, commits, and tells how many.
    ///
    /// # Errors
    /// As [`Repository::update_all`] and [`Self::commit`].
    pub async fn update_and_commit<E: Entity>(
        self,
        predicate: Option<&Predicate>,
        patch: Patch<E>,
    ) -> StoreResult<Committed<u64>>
    where
        S: Sees<E>,
    {
        self.update_and(Ending::Commit, predicate, patch).await.map(Committed)
    }

    /// Changes the row with this id as [`Self::update_and_commit`] does; `None` when there is none, and then nothing of the
    /// transaction is written.
    ///
    /// # Errors
    /// As [`Self::update_and_commit`].
    pub async fn update_by_id_and_commit<E: Entity>(
        self,
        id: impl Into<Value>,
        patch: Patch<E>,
    ) -> StoreResult<Option<Committed<()>>>
    where
        S: Sees<E>,
    {
        let by_id = Predicate::equals(E::meta().id(), id.into());
        let count = self.update_and(Ending::CommitIfEachTouches, Some(&by_id), patch).await?;
        Ok((count > 0).then_some(Committed(())))
    }

    async fn update_and<E: Entity>(
        self,
        ending: Ending,
        predicate: Option<&Predicate>,
        patch: Patch<E>,
    ) -> StoreResult<u64>
    where
        S: Sees<E>,
    {
        let repository = self.repository::<E>();
        let values = repository.changes(patch)?;
        if values.is_empty() {
            let count = repository.count(predicate).await?;
            if count > 0 || ending == Ending::Commit {
                self.finish(Vec::new(), Ending::Commit).await?;
            }
            return Ok(count);
        }
        let statement = repository.writing(Verb::Update { predicate, values: &values })?;
        repository::counted_rows(self.finish(vec![statement], ending).await, &values)
    }

    /// Commits, and hands `value` out as the result of what is now durable.
    ///
    /// # Errors
    /// [`crate::StoreError::Aborted`] when a statement failed before; nothing was written then.
    pub async fn commit<T>(self, value: T) -> StoreResult<Committed<T>> {
        self.finish(Vec::new(), Ending::Commit).await?;
        Ok(Committed(value))
    }
}

/// The rows, when each of their statements touched one.
fn inserted(touched: StoreResult<Vec<u64>>, records: Vec<Record>) -> StoreResult<Vec<Record>> {
    match (touched, records.as_slice()) {
        (Ok(touched), _) if touched.contains(&0) => Err(StoreError::MissingReference),
        (Ok(_), _) => Ok(records),
        // Of several rows the database does not say which one conflicts.
        (Err(StoreError::Conflict { constraint, columns, .. }), [only]) => {
            Err(StoreError::Conflict { constraint, columns, attempted: only.attempted() })
        }
        (Err(other), _) => Err(other),
    }
}

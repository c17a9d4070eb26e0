//! How a transaction ends, and what it writes last: the statements travel to the database together with its `COMMIT`.

use crate::entity::Entity;
use crate::error::{StoreError, StoreResult};
use crate::filter::Predicate;
use crate::record::{New, Patch, Record};
#[cfg(doc)]
use crate::repository::Repository;
use crate::repository::{self, Prepared};
use crate::scope::{Scope, Sees};
use crate::session::{Committed, Session, Write};
use crate::sql::{CommitPolicy, Operation};
use crate::value::Value;

impl<S: Scope> Session<S, Write> {
    /// Inserts rows as [`Self::insert`] does, and commits: together, unless `PostgreSQL` must first answer whether what
    /// they refer to is there.
    ///
    /// # Errors
    /// As [`Self::insert`] and [`Self::commit`].
    pub async fn insert_and_commit(
        self,
        rows: impl IntoIterator<Item = Prepared>,
    ) -> StoreResult<Committed<Vec<Record>>> {
        let (statements, records) = self.insertions(rows);
        let finished = self.finish(statements, CommitPolicy::CommitIfEachTouches).await;
        match finished.map_err(|error| repository::of_insertion(error, &records))? {
            Some(committed) => Ok(committed.map(|_| records)),
            None => Err(StoreError::MissingReference),
        }
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
        let inserted = self.insert_and_commit([row]).await?;
        inserted.filter_map(|mut rows| rows.pop()).ok_or(StoreError::Aborted)
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
        self.update_and(CommitPolicy::Commit, predicate, patch).await?.ok_or(StoreError::Aborted)
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
        self.update_if_there_and_commit(&Predicate::equals(E::meta().id(), id.into()), patch).await
    }

    /// Changes the rows that match as [`Self::update_and_commit`] does; `None` when there are none, and then nothing of the
    /// transaction is written.
    ///
    /// # Errors
    /// As [`Self::update_and_commit`].
    pub async fn update_if_there_and_commit<E: Entity>(
        self,
        predicate: &Predicate,
        patch: Patch<E>,
    ) -> StoreResult<Option<Committed<()>>>
    where
        S: Sees<E>,
    {
        let changed = self.update_and(CommitPolicy::CommitIfEachTouches, Some(predicate), patch).await?;
        Ok(changed.map(|changed| changed.map(drop)))
    }

    /// Removes the rows that match for good, and commits; `None` when there are none, and then nothing of the transaction is
    /// written.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn destroy_if_there_and_commit<E: Entity>(
        self,
        predicate: &Predicate,
    ) -> StoreResult<Option<Committed<()>>>
    where
        S: Sees<E>,
    {
        let statement = self.repository::<E>().writing(Operation::Destroy { predicate: Some(predicate) })?;
        let finished = self.finish(vec![statement], CommitPolicy::CommitIfEachTouches).await?;
        Ok(finished.map(|finished| finished.map(drop)))
    }

    async fn update_and<E: Entity>(
        self,
        policy: CommitPolicy,
        predicate: Option<&Predicate>,
        patch: Patch<E>,
    ) -> StoreResult<Option<Committed<u64>>>
    where
        S: Sees<E>,
    {
        let repository = self.repository::<E>();
        let values = repository.changes(patch)?;
        if values.is_empty() {
            let count = repository.count(predicate).await?;
            if !policy.commits(&[count]) {
                return Ok(None);
            }
            let committed = self.finish(Vec::new(), CommitPolicy::Commit).await?;
            return Ok(committed.map(|committed| committed.map(|_| count)));
        }
        let statement = repository.writing(Operation::Update { predicate, values: &values })?;
        let finished = self.finish(vec![statement], policy).await;
        let changed = finished.map_err(|error| repository::of_change(error, &values))?;
        Ok(changed.map(|changed| changed.map(|touched| touched.iter().sum())))
    }

    /// Commits, and hands `value` out as the result of what is now durable.
    ///
    /// # Errors
    /// [`crate::StoreError::Aborted`] when a statement failed before; nothing was written then.
    pub async fn commit<T>(self, value: T) -> StoreResult<Committed<T>> {
        let committed = self.finish(Vec::new(), CommitPolicy::Commit).await?;
        committed.map(|committed| committed.map(|_| value)).ok_or(StoreError::Aborted)
    }
}

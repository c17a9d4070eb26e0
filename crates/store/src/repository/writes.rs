//! Writing: rows that are made, changed and removed, each filled and confined by the scope of its session.

use uuid::Uuid;

use super::{Repository, by_id};
use crate::audit;
use crate::entity::{Entity, EntityMeta, OwnerRule, PropertyRole, PropertyType, TenantRule};
use crate::error::{StoreError, StoreResult};
use crate::filter::Predicate;
use crate::query::Query;
use crate::record::{New, Patch, Record, Values, default_of};
use crate::scope::{Scope, System, Wall};
use crate::session::{Session, Write};
use crate::sql::{Confined, Operation};
use crate::value::Value;

/// A row that is ready to be inserted.
#[derive(Debug)]
pub struct Prepared {
    meta: &'static EntityMeta,
    record: Record,
}

impl Prepared {
    /// The row, as it will be inserted.
    pub fn record(&self) -> &Record {
        &self.record
    }
}

impl<S: Scope> Session<S, Write> {
    /// Inserts rows of one or several entities, made ready by [`Repository::prepare`], in this order. They travel to the
    /// database together.
    ///
    /// # Errors
    /// As [`Repository::create`], for the first row that fails.
    pub async fn insert(&self, rows: impl IntoIterator<Item = Prepared>) -> StoreResult<Vec<Record>> {
        let (statements, records) = self.insertions(rows);
        match self.execute(statements).await {
            Ok(touched) if touched.contains(&0) => Err(StoreError::MissingReference),
            Ok(_) => Ok(records),
            Err(error) => Err(of_insertion(error, &records)),
        }
    }

    /// The statements that insert rows, and the rows.
    pub(crate) fn insertions(&self, rows: impl IntoIterator<Item = Prepared>) -> (Vec<Confined>, Vec<Record>) {
        let (metas, records): (Vec<_>, Vec<_>) = rows.into_iter().map(|row| (row.meta, row.record)).unzip();
        let rows = metas.into_iter().zip(&records);
        (Confined::insertions(self.dialect(), self.scope.wall(), self.said.as_deref(), rows), records)
    }
}

impl<'a, E: Entity> Repository<'a, E, System, Write> {
    /// The row with this id, which is held as by [`Repository::hold_by_id`]: one statement for both. Rows of a query cannot be held.
    ///
    /// # Errors
    /// When the database fails.
    pub fn hold(&self, id: impl Into<Value>) -> Query<'a, System, Write, Option<E>> {
        self.get(id).held()
    }
}

impl<'a, E: Entity, S: Scope> Repository<'a, E, S, Write> {
    /// Inserts a row and returns what it was made of: the values given, defaults, id and audit columns.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::MissingReference`] (also when what it refers to lies
    /// outside the scope), [`StoreError::OutsideScope`], [`StoreError::InvalidValue`].
    pub async fn create(&self, new: New<E>) -> StoreResult<Record> {
        self.create_all(vec![new]).await?.pop().ok_or(StoreError::Aborted)
    }

    /// Inserts several rows, which travel to the database together; all or none, since a session is one transaction.
    ///
    /// # Errors
    /// As [`Self::create`], for the first row that fails.
    pub async fn create_all(&self, rows: Vec<New<E>>) -> StoreResult<Vec<Record>> {
        let rows: Vec<_> = rows.into_iter().map(|new| self.prepare(new)).collect::<StoreResult<_>>()?;
        self.session.insert(rows).await
    }

    /// Makes a row ready for [`Session::insert`], which inserts it together with others. Its id is settled.
    ///
    /// # Errors
    /// As [`Self::create`], as far as it can be told without the database.
    pub fn prepare(&self, new: New<E>) -> StoreResult<Prepared> {
        let meta = E::meta();
        if meta.read_only {
            return Err(read_only());
        }
        let values = self.fill(new)?;
        self.session.outdates.note_new(meta);
        Ok(Prepared { meta, record: Record::of(values) })
    }

    /// All values of a new row: those given, the scope's, its id, defaults, and who made it when.
    fn fill(&self, new: New<E>) -> StoreResult<Values> {
        let meta = E::meta();
        let mut values = new.values;
        self.place(meta, &mut values)?;
        if meta.id().kind == PropertyType::Uuid && !values.iter().any(|(property, _)| property.role == PropertyRole::Id)
        {
            values.push((meta.id(), Value::Uuid(self.session.environment.new_id())));
        }
        for property in meta.properties.iter().filter(|property| property.role == PropertyRole::Data) {
            if !values.iter().any(|(other, _)| other.name == property.name) {
                values.extend(default_of(property).map(|value| (property, value)));
            }
        }
        audit::stamp_created(meta, &mut values, &self.session.actor, self.session.environment.now());
        values.sort_by_cached_key(|(property, _)| meta.position(property.name));
        Ok(values)
    }

    /// Keeps the row with this id from other writers until the transaction ends, so that what was read of
    /// it and of what hangs on it still holds at the commit; false when there is none. `SQLite` has one
    /// writer at a time anyway.
    ///
    /// # Errors
    /// When the database fails.
    pub fn lock_by_id(&self, id: impl Into<Value>) -> Query<'a, S, Write, bool> {
        self.lock(&id.into(), false)
    }

    /// Keeps the row with this id as it is until the transaction ends, from whoever locks or changes it; others may
    /// hold it at the same time. False when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub fn hold_by_id(&self, id: impl Into<Value>) -> Query<'a, S, Write, bool> {
        self.lock(&id.into(), true)
    }

    fn lock(&self, id: &Value, shared: bool) -> Query<'a, S, Write, bool> {
        let asked = self.session.asked(self.session.confine(E::meta(), Operation::Lock { id, shared }));
        Query::new(self.session, vec![asked], |answers| Ok(!answers.next()?.0.is_empty()))
    }

    /// Changes the row with this id; false when there is none.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub async fn update_by_id(&self, id: impl Into<Value>, patch: Patch<E>) -> StoreResult<bool> {
        Ok(self.update_all(Some(&by_id(E::meta(), id, None)), patch).await? > 0)
    }

    /// Changes every row that matches, and tells how many. The predicate compares columns as they are: rows of patterns are
    /// searched for before the transaction ([`Repository::search`]).
    ///
    /// # Errors
    /// As [`Self::create`].
    pub async fn update_all(&self, predicate: Option<&Predicate>, patch: Patch<E>) -> StoreResult<u64> {
        let values = self.changes(patch)?;
        if values.is_empty() {
            return self.count(predicate).await;
        }
        self.write(Operation::Update { predicate, values: &values }, &values).await
    }

    /// All values that a patch sets: its own, and who changed the row when.
    pub(crate) fn changes(&self, patch: Patch<E>) -> StoreResult<Values> {
        let meta = E::meta();
        let mut values = patch.values;
        if let (Wall::Person(person), Some(OwnerRule::Column(owner))) = (self.session.scope.wall(), meta.owner) {
            let others = |value: &Value| *value != Value::Null && *value != Value::Uuid(person);
            if values.iter().any(|(property, value)| property.name == owner && others(value)) {
                return Err(StoreError::OutsideScope);
            }
        }
        audit::stamp_modified(meta, &mut values, &self.session.actor, self.session.environment.now());
        Ok(values)
    }

    /// Replaces what clients set in the row with this id: what is absent becomes null or its default.
    /// Audit columns, id and parent keys stay.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub async fn replace_by_id(&self, id: impl Into<Value>, replacement: Patch<E>) -> StoreResult<bool> {
        self.update_by_id(id, replacement.into_replacement()).await
    }

    /// Marks the row with this id as deleted; false when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_by_id(&self, id: impl Into<Value>) -> StoreResult<bool> {
        Ok(self.delete_all(Some(&by_id(E::meta(), id, None))).await? > 0)
    }

    /// Marks every row that matches as deleted, and tells how many. Rows of an entity that
    /// has no such mark are removed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_all(&self, predicate: Option<&Predicate>) -> StoreResult<u64> {
        let meta = E::meta();
        if !meta.soft_delete {
            return self.destroy_all(predicate).await;
        }
        let mut values = Values::new();
        audit::stamp_deleted(meta, &mut values, &self.session.actor, self.session.environment.now());
        self.write(Operation::Update { predicate, values: &values }, &values).await
    }

    /// Removes the row with this id for good; false when there is none.
    ///
    /// # Errors
    /// [`StoreError::StillReferenced`] when other rows refer to it.
    pub async fn destroy_by_id(&self, id: impl Into<Value>) -> StoreResult<bool> {
        Ok(self.destroy_all(Some(&by_id(E::meta(), id, None))).await? > 0)
    }

    /// Who removes a row is written to it first: it is the last that the audit log shows of it.
    async fn destroy_all(&self, predicate: Option<&Predicate>) -> StoreResult<u64> {
        let mut values = Values::new();
        audit::stamp_modified(E::meta(), &mut values, &self.session.actor, self.session.environment.now());
        if !values.is_empty() {
            self.write(Operation::Update { predicate, values: &values }, &values).await?;
        }
        self.write(Operation::Destroy { predicate }, &Values::new()).await.map_err(|error| match error {
            StoreError::MissingReference => StoreError::StillReferenced,
            other => other,
        })
    }

    /// Puts a new row inside the scope, whatever it says of itself. That the parent it names lies
    /// inside too is for the statement to check.
    fn place(&self, meta: &'static EntityMeta, values: &mut Values) -> StoreResult<()> {
        let wall = self.session.scope.wall();
        match (wall, meta.tenancy) {
            (Wall::Open, _) => return Ok(()),
            (Wall::Tenant(tenant), TenantRule::Column(name)) => keep(meta, values, name, tenant)?,
            // A tenant is made outside all tenants, a user together with its first membership, and
            // a person's scope does not say which tenants would have the row.
            (_, TenantRule::Itself | TenantRule::Global { .. } | TenantRule::Column(_)) => {
                return Err(StoreError::OutsideScope);
            }
            (_, TenantRule::Through { local, .. }) if local == meta.id().name => return Err(StoreError::OutsideScope),
            (_, TenantRule::Through { local, .. }) => names_parent(values, local)?,
        }
        match (wall, meta.owner) {
            (Wall::Person(person), Some(OwnerRule::Column(name))) => keep(meta, values, name, person),
            (Wall::Person(_), Some(OwnerRule::Through { local, .. })) => names_parent(values, local),
            (Wall::Person(_), None) => Err(StoreError::OutsideScope),
            _ => Ok(()),
        }
    }

    async fn write(&self, operation: Operation<'_>, values: &Values) -> StoreResult<u64> {
        let statement = self.writing(operation)?;
        let touched = self.session.execute(vec![statement]).await;
        touched.map(|touched| touched.iter().sum()).map_err(|error| of_change(error, values))
    }

    pub(crate) fn writing(&self, operation: Operation<'_>) -> StoreResult<Confined> {
        let meta = E::meta();
        if meta.read_only {
            return Err(read_only());
        }
        self.session.outdates.note(meta, &operation);
        Ok(self.session.confine(meta, operation))
    }
}

/// What was in the way of these rows.
pub(crate) fn of_insertion(error: StoreError, rows: &[Record]) -> StoreError {
    match rows {
        [only] => attempted(error, only),
        // Of several rows the database does not say which one conflicts.
        _ => error,
    }
}

/// What was in the way of these new values.
pub(crate) fn of_change(error: StoreError, values: &Values) -> StoreError {
    match error {
        StoreError::Conflict { .. } => attempted(error, &Record::of(values.clone())),
        other => other,
    }
}

/// A conflict with what was attempted.
fn attempted(error: StoreError, row: &Record) -> StoreError {
    match error {
        StoreError::Conflict { constraint, columns, .. } => {
            StoreError::Conflict { constraint, columns, attempted: row.attempted() }
        }
        other => other,
    }
}

fn read_only() -> StoreError {
    StoreError::Database("a view cannot be written".into())
}

/// Fills a key that the scope determines; one that names another is refused.
fn keep(meta: &'static EntityMeta, values: &mut Values, name: &str, key: Uuid) -> StoreResult<()> {
    match values.iter().find(|(property, _)| property.name == name) {
        Some((_, value)) if *value != Value::Uuid(key) => Err(StoreError::OutsideScope),
        Some(_) => Ok(()),
        None => {
            values.extend(meta.property(name).map(|property| (property, Value::Uuid(key))));
            Ok(())
        }
    }
}

/// A row without a parent would lie in no scope.
fn names_parent(values: &Values, name: &str) -> StoreResult<()> {
    let named = values.iter().any(|(property, value)| property.name == name && *value != Value::Null);
    if named { Ok(()) } else { Err(StoreError::MissingReference) }
}

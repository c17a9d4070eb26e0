//! Erasing for good: the rows of a tenant, those that are deleted among them, and what the audit log says of them. Only a purge does it.

use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::audit;
use crate::entity::{EntityMeta, Property, PropertyRole, PropertyType, TenantRule};
use crate::error::{StoreError, StoreResult};
use crate::options::Limits;
use crate::record::Values;
use crate::scope::{System, SystemReason};
use crate::session::{Asked, Session, Write};
pub use crate::sql::Doomed;
use crate::sql::{Confined, Operation};
use crate::value::Value;

/// What erases for a tenant, in a transaction that was begun for it.
#[derive(Debug)]
pub struct Eraser<'a> {
    session: &'a Session<System, Write>,
    tenant: Uuid,
}

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// Its position.
    pub position: i64,
    /// Whether nothing was taken from it yet.
    pub is_whole: bool,
}

/// The columns whose values stay in erased lines, by table: ids, numbers, flags and times of the entities' properties. No text
/// stays, nor a day, which may be that of a birth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept(Json);

impl Kept {
    /// Of these entities. Of a table that none of them has, nothing stays.
    pub fn of(entities: impl IntoIterator<Item = &'static EntityMeta>) -> Self {
        use PropertyType as Type;
        let stays = |property: &&Property| {
            let is_plain = matches!(property.kind, Type::Uuid | Type::Integer | Type::Boolean | Type::Timestamp);
            !property.secret && (is_plain || property.role == PropertyRole::Id)
        };
        let written = entities.into_iter().filter(|meta| !meta.read_only);
        let columns =
            |meta: &EntityMeta| meta.properties.iter().filter(stays).map(|property| property.column).collect();
        Self(written.map(|meta| (meta.table.to_owned(), columns(meta))).collect::<Map<String, Json>>().into())
    }
}

impl Session<System, Write> {
    /// What erases rows of a tenant.
    ///
    /// # Errors
    /// [`StoreError::OutsideScope`] in a session of any other reason than [`SystemReason::PurgeTenant`].
    pub fn eraser(&self, tenant: Uuid) -> StoreResult<Eraser<'_>> {
        match self.scope {
            System(SystemReason::PurgeTenant) => Ok(Eraser { session: self, tenant }),
            System(_) => Err(StoreError::OutsideScope),
        }
    }
}

impl Eraser<'_> {
    /// Keeps so many rows at most from everybody else, and tells the id of each, with what it holds in another property.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn doomed(
        &self,
        meta: &'static EntityMeta,
        which: Doomed<'_>,
        also: Option<&'static Property>,
        most: u64,
    ) -> StoreResult<Vec<(Value, Value)>> {
        let rows = self.rows(Confined::doomed(self.session.dialect(), self.tenant, meta, which, also, most)).await?;
        let id = meta.id();
        let read = |mut row: Vec<Value>| {
            let also = also.map_or(Value::Null, |also| typed(also, row.pop()));
            (typed(id, row.pop()), also)
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// Those of these rows, which tenants share, that rows of whatever tenant hold, beside some that are named: of people those
    /// who have another membership.
    ///
    /// # Errors
    /// When the database fails; [`StoreError::OutsideScope`] of rows that nobody shares.
    pub async fn held(&self, meta: &'static EntityMeta, shared: &[Value], beside: &[Value]) -> StoreResult<Vec<Value>> {
        let TenantRule::Through { foreign, via, .. } = meta.tenancy else { return Err(StoreError::OutsideScope) };
        let names = via().property(foreign).ok_or(StoreError::OutsideScope)?;
        let held = Confined::holders(self.session.dialect(), via(), names, shared, beside);
        Ok(self.rows(held).await?.into_iter().map(|mut row| typed(names, row.pop())).collect())
    }

    /// Removes for good those of the rows with these ids that are [`Doomed`]; tells how many. The wall is asked once more: a row of
    /// another tenant stays, and so does one that tenants share while anything holds it.
    ///
    /// What is remembered of callers does not grow old by it: whoever has only what goes was refused before.
    ///
    /// # Errors
    /// [`StoreError::StillReferenced`] when other rows refer to one.
    pub async fn erase(&self, meta: &'static EntityMeta, which: Doomed<'_>, ids: &[Value]) -> StoreResult<u64> {
        let said = self.session.said.as_deref();
        let erase = Confined::erase(self.session.dialect(), self.tenant, meta, said, which, ids);
        self.execute(erase).await.map_err(|error| match error {
            StoreError::MissingReference => StoreError::StillReferenced,
            other => other,
        })
    }

    /// Empties a property of those of these rows that hold the tenant in it: rows that stay, and name it no more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release(
        &self,
        meta: &'static EntityMeta,
        property: &'static Property,
        ids: &[Value],
    ) -> StoreResult<u64> {
        let mut values: Values = vec![(property, Value::Null)];
        audit::stamp_modified(meta, &mut values, &self.session.actor, self.session.environment.now());
        self.session.outdates.note(meta, &Operation::Update { predicate: None, values: &values });
        let said = self.session.said.as_deref();
        let release = Confined::release(self.session.dialect(), self.tenant, meta, said, property, ids, &values);
        self.execute(release).await
    }

    /// Erases what the audit log says of these rows of a table, of so many lines at most: number, order, positions and types of the
    /// lines stay, and so do the values that are [`Kept`]. Tells of how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn redact(&self, kept: &Kept, meta: &EntityMeta, ids: &[Value], most: u64) -> StoreResult<u64> {
        // The original wrote them in quotation marks.
        let ids = ids.iter().filter_map(Value::to_key).flat_map(|id| [format!("\"{id}\""), id]);
        let ids: Vec<_> = ids.map(Value::Text).collect();
        let now = self.session.environment.now();
        self.execute(Confined::redact_rows(self.session.dialect(), &kept.0, now, meta.table, &ids, most)).await
    }

    /// The lines of the tenant behind a position, so many at most, in their order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lines(&self, behind: i64, most: u64) -> StoreResult<Vec<Line>> {
        let rows = self.rows(Confined::lines(self.session.dialect(), self.tenant, behind, most)).await?;
        let lines = rows.into_iter().map(|row| match &row[..] {
            [Value::Text(id), Value::Integer(position), is_whole] => {
                let is_whole = matches!(is_whole, Value::Boolean(true) | Value::Integer(1));
                Ok(Line { id: id.clone(), position: *position, is_whole })
            }
            _ => Err(StoreError::Database("a line of the audit log has no id".into())),
        });
        lines.collect()
    }

    /// The same as [`Self::redact`], of these lines.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn redact_lines(&self, kept: &Kept, lines: &[Line]) -> StoreResult<u64> {
        let ids: Vec<_> = lines.iter().map(|line| Value::Text(line.id.clone())).collect();
        let now = self.session.environment.now();
        self.execute(Confined::redact_lines(self.session.dialect(), &kept.0, now, &ids)).await
    }

    /// Says in the line of a row's removal what went with it, and why.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn conclude(
        &self,
        meta: &EntityMeta,
        id: Uuid,
        what: &Map<String, Json>,
        reason: Option<&str>,
    ) -> StoreResult<u64> {
        self.execute(Confined::conclude(self.session.dialect(), meta.table, id, &json!(what), reason)).await
    }

    async fn rows(&self, statement: Confined) -> StoreResult<Vec<Vec<Value>>> {
        // No client gets them.
        let meter = self.session.meter(&Limits { max_bytes: u64::MAX, ..self.session.limits });
        self.session.answer(Asked { statement, meter, most: 0 }).await.map(|(rows, _)| rows)
    }

    async fn execute(&self, statement: Confined) -> StoreResult<u64> {
        Ok(self.session.execute(vec![statement]).await?.iter().sum())
    }
}

/// A value as its property has it: `SQLite` holds ids as text.
fn typed(property: &Property, value: Option<Value>) -> Value {
    let value = value.unwrap_or(Value::Null);
    match value.to_uuid() {
        Some(id) if property.kind == PropertyType::Uuid => Value::Uuid(id),
        _ => value,
    }
}

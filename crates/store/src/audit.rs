//! Who changed a row and when: the only place that fills the audit columns.

use time::OffsetDateTime;
use uuid::Uuid;

use crate::entity::{EntityMeta, PropertyRole, PropertyType};
use crate::record::Values;
use crate::value::Value;

/// In whose name a session writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// Goes to `createdBy` and `modifiedBy`: the membership, or the user where there is none.
    pub membership: Option<Uuid>,
    /// Goes to `deletedBy`: the user.
    pub user: Option<Uuid>,
    /// Goes nowhere: whose share of the connections is used. The service itself has none.
    pub tenant: Option<Uuid>,
}

impl Actor {
    /// The service itself.
    pub const SYSTEM: Self = Self { membership: None, user: None, tenant: None };

    /// Who is named as the one who wrote a row, and in the audit log.
    pub(crate) fn author(&self) -> Option<Uuid> {
        self.membership.or(self.user)
    }
}

/// Fills what a new row carries of itself.
pub(crate) fn stamp_created(meta: &EntityMeta, values: &mut Values, actor: &Actor, now: OffsetDateTime) {
    stamp(meta, values, "deleted", Value::Boolean(false));
    stamp(meta, values, "createdOn", Value::Timestamp(now));
    stamp(meta, values, "modifiedOn", Value::Timestamp(now));
    stamp_author(meta, values, "createdBy", actor.author());
    stamp_author(meta, values, "modifiedBy", actor.author());
}

/// Fills what a changed row carries of its change.
pub(crate) fn stamp_modified(meta: &EntityMeta, values: &mut Values, actor: &Actor, now: OffsetDateTime) {
    stamp(meta, values, "modifiedOn", Value::Timestamp(now));
    stamp_author(meta, values, "modifiedBy", actor.author());
}

/// Fills what marks a row as deleted.
pub(crate) fn stamp_deleted(meta: &EntityMeta, values: &mut Values, actor: &Actor, now: OffsetDateTime) {
    stamp(meta, values, "deleted", Value::Boolean(true));
    stamp(meta, values, "deletedOn", Value::Timestamp(now));
    stamp_author(meta, values, "deletedBy", actor.user);
    stamp_modified(meta, values, actor, now);
}

fn stamp(meta: &EntityMeta, values: &mut Values, name: &str, value: Value) {
    if let Some(property) = meta.property(name).filter(|property| property.role == PropertyRole::Audit) {
        values.retain(|(other, _)| other.name != name);
        values.push((property, value));
    }
}

fn stamp_author(meta: &EntityMeta, values: &mut Values, name: &str, author: Option<Uuid>) {
    let Some(author) = author else { return };
    let text_column = meta.property(name).is_some_and(|property| property.kind == PropertyType::Text);
    let value = if text_column { Value::Text(author.hyphenated().to_string()) } else { Value::Uuid(author) };
    stamp(meta, values, name, value);
}

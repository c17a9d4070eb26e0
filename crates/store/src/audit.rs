//! Who changed a row and when: the only place that fills the audit columns. And what the audit log says beside.

use std::net::IpAddr;
use std::sync::Arc;

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

/// What kind of somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// A member of a tenant, with a token.
    Member,
    /// Whoever runs the commands.
    Operator,
    /// The service itself, or the application that embeds it.
    System,
}

impl ActorKind {
    /// As the audit log says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Operator => "operator",
            Self::System => "system",
        }
    }
}

/// What the lines of the audit log say of a transaction, beside its actor and its rows.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// Who acts.
    pub kind: Option<ActorKind>,
    /// In which tenant's name, where neither the row nor the scope says it.
    pub tenant: Option<Uuid>,
    /// The id of the request.
    pub request: Option<Arc<str>>,
    /// The address that the request comes from.
    pub address: Option<IpAddr>,
    /// Why.
    pub reason: Option<Arc<str>>,
}

/// All that the lines of a transaction say: author, kind, tenant, request, address, reason.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said([Option<Arc<str>>; 6]);

impl Said {
    /// Stands between two parts in a setting of `PostgreSQL`, and in none of them.
    #[cfg(feature = "postgres")]
    const SEPARATOR: char = '\u{1f}';

    /// What a part cannot hold there; a text of `PostgreSQL` holds no zero.
    #[cfg(feature = "postgres")]
    const UNFIT: [char; 2] = [Self::SEPARATOR, '\0'];

    /// `tenant`: that of the scope.
    pub(crate) fn new(actor: &Actor, context: &Context, tenant: Option<Uuid>) -> Self {
        let id = |id: Uuid| Arc::from(id.hyphenated().to_string());
        Self([
            actor.author().map(id),
            context.kind.map(|kind| Arc::from(kind.as_str())),
            tenant.or(context.tenant).map(id),
            context.request.clone(),
            context.address.map(|address| Arc::from(address.to_canonical().to_string())),
            context.reason.clone(),
        ])
    }

    /// Whether there is nothing to say.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// One part, where there is so many.
    #[cfg(feature = "sqlite")]
    pub(crate) fn part(&self, at: u8) -> Option<Arc<str>> {
        self.0.get(usize::from(at)).cloned().flatten()
    }

    /// All parts as one text, empty where nothing is said; `None` of nothing at all.
    #[cfg(feature = "postgres")]
    pub(crate) fn text(&self) -> Option<Arc<str>> {
        if self.is_empty() {
            return None;
        }
        let mut text = String::with_capacity(160);
        for (at, part) in self.0.iter().enumerate() {
            if at > 0 {
                text.push(Self::SEPARATOR);
            }
            match part {
                Some(part) if part.contains(Self::UNFIT) => text.push_str(&part.replace(Self::UNFIT, " ")),
                Some(part) => text.push_str(part),
                None => {}
            }
        }
        Some(text.into())
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

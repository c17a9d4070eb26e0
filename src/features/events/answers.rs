//! An event as readers see it: by the names of properties, without secrets, and of people no more than their tenant may see.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value as Json, json};
use user_tenant_store::entity::{Property, PropertyRole, PropertyType, RelationKind, Veil};
use user_tenant_store::record::Reservation;
use user_tenant_store::value::Value;
use user_tenant_store::{Entity as _, EntityMeta};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::http::route::Described;
use crate::model::{Event, User, UserCredentials, UserTenantPrefs, registry};

/// The properties of a row, by name.
type Row = Map<String, Json>;

/// Who writes past the service.
const OUTSIDE: &str = "outside";

/// Events, and where to go on.
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the document calls them so")]
pub(super) struct Events {
    /// Each as its text: as a tree, one of many numbers takes sixteen times as much.
    pub(super) events: Vec<Box<RawValue>>,
    pub(super) next: String,
    pub(super) more: bool,
    /// Keeps the place of a long answer among all answers.
    #[serde(skip)]
    pub(super) reservation: Option<Reservation>,
}

impl Described for Events {
    fn schema() -> Json {
        let text = |description: &str| json!({ "type": "string", "description": description });
        let or_null = |description: &str| json!({ "type": ["string", "null"], "description": description });
        let row = |description: &str| json!({ "type": ["object", "null"], "description": description });
        json!({
            "title": "Events",
            "description": "Events in the order of their positions.",
            "type": "object",
            "required": ["events", "next", "more"],
            "properties": {
                "events": {
                    "type": "array",
                    "items": {
                        "title": "Event",
                        "type": "object",
                        "required": [
                            "position", "time", "tenantId", "type", "subject", "actor", "requestId", "clientAddress", "reason",
                            "before", "after", "secrets",
                        ],
                        "properties": {
                            "position": { "type": "integer", "description": "Its place in the order of all." },
                            "time": { "type": "string", "format": "date-time", "description": "When its transaction began." },
                            "tenantId": {
                                "type": ["string", "null"], "format": "uuid", "description": "Id of the tenant that it is of.",
                            },
                            "type": text("What has happened, as docs/events.md lists it."),
                            "subject": {
                                "type": "object",
                                "description": "The row: its kind, its id, and the ids of the rows that it belongs to.",
                                "required": ["kind", "id"],
                                "properties": { "kind": text("Its kind."), "id": or_null("Its id.") },
                            },
                            "actor": {
                                "type": "object",
                                "description": "Who did it.",
                                "required": ["kind", "id"],
                                "properties": {
                                    "kind": text("member, operator, system, or outside: whoever writes past the service."),
                                    "id": or_null("Id of the membership, or of the user where there is none."),
                                },
                            },
                            "requestId": or_null("Id of the request."),
                            "clientAddress": or_null("Address that the request came from."),
                            "reason": or_null("Why, where that was said."),
                            "before": row("What was there: of a change only what is other now."),
                            "after": row("What is there now."),
                            "secrets": {
                                "type": "array",
                                "items": { "type": "string" },
                                "description": "The secrets that changed, by name alone.",
                            },
                        },
                    },
                },
                "next": text("The cursor to go on with, now or later."),
                "more": { "type": "boolean", "description": "Whether there may be more behind it already." },
            },
            "examples": [{
                "events": [{
                    "position": 11,
                    "time": "2026-05-06T07:08:09.000Z",
                    "tenantId": "0190c3a0-7b1e-7000-8000-000000000001",
                    "type": "tenant.suspended",
                    "subject": { "kind": "tenant", "id": "0190c3a0-7b1e-7000-8000-000000000001" },
                    "actor": { "kind": "member", "id": "0190c3a0-7b1e-7000-8000-000000000003" },
                    "requestId": "0190c3a0-7b1e-7000-8000-000000000099",
                    "clientAddress": "192.0.2.7",
                    "reason": "Not paid",
                    "before": { "status": 1 },
                    "after": { "status": 0 },
                    "secrets": [],
                }],
                "next": "AAAAAAAAAAs",
                "more": false,
            }],
        })
    }

    fn reservation(&self) -> Option<Reservation> {
        self.reservation.clone()
    }
}

/// An event as text.
pub(super) fn text(event: Event, tenant: Option<Uuid>) -> Result<Box<RawValue>> {
    to_raw_value(&told(event, tenant)).map_err(|error| Error::Internal(error.into()))
}

/// The entities by their tables.
static ENTITIES: LazyLock<HashMap<&'static str, &'static EntityMeta>> = LazyLock::new(|| {
    let written = registry().iter().map(|entity| entity()).filter(|meta| !meta.read_only);
    written.filter(|meta| meta.is_logged()).map(|meta| (meta.table, meta)).collect()
});

/// An event as a reader sees it who looks for this tenant, or for all.
pub(super) fn told(event: Event, tenant: Option<Uuid>) -> Json {
    let kind = event.kind.split('.').next().unwrap_or_default();
    let mut subject = Map::from_iter([("kind".to_owned(), kind.into()), ("id".to_owned(), event.entity_id.into())]);
    let (mut before, mut after, mut secrets) = (None, None, Vec::new());
    if let Some(meta) = ENTITIES.get(event.table_name.as_str()) {
        let (old, new) = (object(event.before), object(event.after));
        subject.extend(owners(meta, new.as_ref().or(old.as_ref())));
        let is_veiled = [&old, &new].into_iter().flatten().any(|row| is_veiled(meta, row, tenant));
        let show =
            |row: Option<&Row>| row.filter(|_| !is_veiled).map(|row| shown(meta, row, tenant)).unwrap_or_default();
        let (was, is) = (show(old.as_ref()), show(new.as_ref()));
        match event.operation_name.as_str() {
            "INSERT" => after = Some(filled(is)),
            // What a purge says of all that went with a row.
            "DELETE" => (before, after) = (Some(filled(was)), new.filter(|_| !is_veiled)),
            _ if !is_deleted(old.as_ref()) && is_deleted(new.as_ref()) => before = Some(filled(was)),
            _ if is_deleted(old.as_ref()) && !is_deleted(new.as_ref()) => after = Some(filled(is)),
            _ => {
                let other = |one: &Row, other: &Row| -> Row {
                    let differing = one.iter().filter(|(name, value)| other.get(*name) != Some(*value));
                    differing.map(|(name, value)| (name.clone(), value.clone())).collect()
                };
                (before, after) = (Some(other(&was, &is)), Some(other(&is, &was)));
            }
        }
        let named = |column: &String| meta.properties.iter().find(|property| property.column == column);
        let changed = event.changed_secrets.unwrap_or_default();
        secrets.extend(changed.iter().filter(|_| !is_veiled).filter_map(named).map(|property| property.name));
    }
    json!({
        "position": event.position,
        "time": Value::Timestamp(event.time),
        "tenantId": event.tenant_id,
        "type": event.kind,
        "subject": subject,
        "actor": { "kind": event.actor_kind.as_deref().unwrap_or(OUTSIDE), "id": event.user_id },
        "requestId": event.request_id,
        "clientAddress": event.client_address,
        "reason": event.reason,
        "before": before,
        "after": after,
        "secrets": secrets,
    })
}

fn object(row: Option<Json>) -> Option<Row> {
    match row {
        Some(Json::Object(row)) => Some(row),
        _ => None,
    }
}

fn is_deleted(row: Option<&Row>) -> bool {
    row.and_then(|row| row.get("deleted")) == Some(&Json::Bool(true))
}

/// Whether a tenant may not read a row in an event of its own. Of a person it knows what it is the home of, and no more than
/// lists show of anybody else.
fn is_veiled(meta: &EntityMeta, row: &Row, tenant: Option<Uuid>) -> bool {
    let Some(tenant) = tenant else { return false };
    match meta.name {
        name if name == User::meta().name => {
            let home = row.get(User::DEFAULT_TENANT_ID.property().column).and_then(Json::as_str);
            home.and_then(|home| Uuid::parse_str(home).ok()) != Some(tenant)
        }
        // What a person logs in with, no list shows; preferences are read by their owner.
        name => name == UserCredentials::meta().name || name == UserTenantPrefs::meta().name,
    }
}

/// What an answer may show of a row: the properties that there are, and neither secrets nor who and when, which the event says.
/// A column that somebody else has added is none of ours to show.
/// No tenant learns what others made of a person.
fn shown(meta: &EntityMeta, row: &Row, tenant: Option<Uuid>) -> Row {
    let of_others = |property: &Property| tenant.is_some() && std::ptr::eq(property, User::DEACTIVATED_ON.property());
    let properties = meta
        .properties
        .iter()
        .filter(|property| !property.secret && property.role != PropertyRole::Audit && !of_others(property));
    let shown = properties.filter(|property| property.role != PropertyRole::Id).filter_map(|property| {
        let value = row.get(property.column)?;
        let value = match property.kind {
            // Databases write them in several ways.
            PropertyType::Timestamp | PropertyType::Date => Value::from_json(property.kind, value)
                .ok()
                .and_then(|value| serde_json::to_value(value).ok())
                .unwrap_or_else(|| value.clone()),
            _ => value.clone(),
        };
        Some((property.name.to_owned(), value))
    });
    shown.collect()
}

/// Without what is null.
fn filled(row: Row) -> Row {
    row.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

/// The ids of the rows that a row belongs to, but for its tenant, which the event names, and what a veil may hide.
fn owners(meta: &'static EntityMeta, row: Option<&Row>) -> Vec<(String, Json)> {
    let is_owner = |name: &str| {
        let related = meta.relations.iter().filter(|relation| relation.kind == RelationKind::BelongsTo);
        related.map(|relation| relation.local).any(|local| local == name)
    };
    let owners =
        meta.properties.iter().filter(|property| property.role == PropertyRole::Parent || is_owner(property.name));
    let owners = owners.filter(|property| property.name != "tenantId" && property.veil == Veil::None);
    owners.filter_map(|property| Some((property.name.to_owned(), row?.get(property.column)?.clone()))).collect()
}

//! A line of the audit log as an event: what the triggers have written, and its type by the list of [`types`].

pub(crate) mod types;

use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;
use user_tenant_store::Entity;
use uuid::Uuid;

use self::types::QUERY;
use super::date_time;

/// A change of a row. Lines that are older than the positions are none.
#[derive(Debug, Clone, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(table = "audit_logs", query = QUERY, read_only, audit = "none", tenancy(column = "tenantId"))]
pub(crate) struct Event {
    /// Its place in the order of all.
    #[property(id)]
    pub(crate) position: i64,
    /// When its transaction began.
    #[property(column = "operation_time")]
    #[serde(with = "date_time::instant")]
    pub(crate) time: OffsetDateTime,
    /// Id of the tenant that it is of.
    #[property(parent)]
    pub(crate) tenant_id: Option<Uuid>,
    /// Its type.
    #[property(column = "type")]
    pub(crate) kind: String,
    /// The table of the row.
    pub(crate) table_name: String,
    /// INSERT, UPDATE or DELETE.
    pub(crate) operation_name: String,
    /// Id of the row.
    pub(crate) entity_id: Option<String>,
    /// Id of who acts.
    pub(crate) user_id: Option<String>,
    /// What kind of somebody that is.
    pub(crate) actor_kind: Option<String>,
    /// Id of the request.
    pub(crate) request_id: Option<String>,
    /// Address of the client.
    pub(crate) client_address: Option<String>,
    /// Why.
    pub(crate) reason: Option<String>,
    /// The row as it was.
    pub(crate) before: Option<Value>,
    /// The row as it is.
    pub(crate) after: Option<Value>,
    /// The secrets that changed, by their columns.
    pub(crate) changed_secrets: Option<Vec<String>>,
}

//! Events for an application, without HTTP: what it asks for, and each as a row of its own.

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use time::OffsetDateTime;
use user_tenant_store::scope::{System, TenantScope};
use user_tenant_store::session::{Read, Session};
use uuid::Uuid;

use super::answers::told;
use super::rules::{self, Begin, Page, Wanted};
use crate::error::{Error, Result};
use crate::model::{date_time, event_types as types};

/// Which events an application reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventQuery {
    /// Those of this tenant, as its own callers see them; without one, those of all tenants.
    pub tenant: Option<Uuid>,
    /// Behind this position: `next` of the page before, and 0 of the first one.
    pub behind: i64,
    /// At most so many.
    pub limit: u64,
    /// Of these types, as `docs/events.md` lists them; of none named, all.
    pub types: Vec<String>,
    /// About the row with this id.
    pub subject: Option<String>,
    /// By who has this id.
    pub actor: Option<String>,
    /// Not before.
    pub from: Option<OffsetDateTime>,
    /// Before.
    pub to: Option<OffsetDateTime>,
}

impl Default for EventQuery {
    /// The first hundred of all.
    fn default() -> Self {
        let (tenant, types, subject, actor, from, to) = Default::default();
        Self { tenant, behind: 0, limit: 100, types, subject, actor, from, to }
    }
}

/// Events in the order of their positions, and where to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPage {
    /// The events. A page may have none although there are more.
    pub events: Vec<RecordedEvent>,
    /// The position to go on behind.
    pub next: i64,
    /// Whether there may be more already.
    pub more: bool,
}

/// What has happened to a row, by whom, when and why.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RecordedEvent {
    /// Its place in the order of all.
    pub position: i64,
    /// When its transaction began.
    #[serde(with = "date_time::instant")]
    pub time: OffsetDateTime,
    /// Id of the tenant that it is of.
    pub tenant_id: Option<Uuid>,
    /// Its type, as `docs/events.md` lists it.
    #[serde(rename = "type")]
    pub kind: String,
    /// The row: `kind`, `id`, and the ids of the rows that it belongs to.
    pub subject: Map<String, Json>,
    /// Who did it: `kind` and `id`.
    pub actor: Map<String, Json>,
    /// Id of the request.
    pub request_id: Option<String>,
    /// Address of the client.
    pub client_address: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// What changed, as it was.
    pub before: Option<Map<String, Json>>,
    /// What changed, as it is.
    pub after: Option<Map<String, Json>>,
    /// The properties that changed and that no reader may see.
    pub secrets: Vec<String>,
}

/// A page of events.
pub(crate) async fn read(session: Session<System, Read>, query: EventQuery) -> Result<EventPage> {
    let EventQuery { tenant, behind, limit, types, subject, actor, from, to } = query;
    let known = types.iter().map(|name| types::named(name).ok_or_else(|| unknown(name)));
    let types = known.collect::<Result<_>>()?;
    let wanted = Wanted { types, subject, actor, from, to, limit, for_tenant: tenant.is_some() };
    let begin = Begin::Behind(behind);
    let row = |event| serde_json::from_value(told(event, tenant)).map_err(|error| Error::Internal(error.into()));
    let page = match tenant {
        Some(tenant) => rules::page(&session.narrow(TenantScope(tenant)), &wanted, begin, row).await?,
        None => rules::page(&session, &wanted, begin, row).await?,
    };
    let Page { events, next, more, .. } = page.ok_or_else(|| never_written(behind))?;
    Ok(EventPage { events, next, more })
}

fn unknown(name: &str) -> Error {
    refused("types", name.into(), "no event is of this type")
}

fn never_written(behind: i64) -> Error {
    refused("behind", behind.into(), "is behind all that was ever written here")
}

fn refused(name: &'static str, value: Json, message: &str) -> Error {
    let details = json!([{ "path": "", "code": name, "message": message, "info": {} }]);
    Error::InvalidParameter { name, value: Box::new(value), details: Box::new(details) }
}

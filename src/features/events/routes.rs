//! `/events` and `/tenants/{id}/events`.

use axum::http::Method;
use user_tenant_store::scope::{CallerScope, Scope, Sees};
use user_tenant_store::session::{Read, Session};
use uuid::Uuid;

use super::answers::{Events, text};
use super::cursor;
use super::rules::{self, Begin, Page, Wanted};
use crate::access::sessions::CallerSessions;
use crate::error::Result;
use crate::http::locators::ANY_TENANT;
use crate::http::route::{By, Given, Kind, Parameter, Parameters, Route, Told};
use crate::http::surface::Surface;
use crate::model::permission::VIEW_EVENTS;
use crate::model::{Event, event_types as types};

const CURSOR: &str = "cursor";
const LIMIT: &str = "limit";
const TYPE: &str = "type";
const SUBJECT: &str = "subject";
const ACTOR: &str = "actor";
const FROM: &str = "from";
const TO: &str = "to";

/// The cursor behind all that is there.
const END: &str = "end";
/// How many events an answer has unless it is told otherwise, and at most.
const USUAL: u32 = 100;
const MOST: u32 = 1_000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            "/events",
            "EventController.find",
            "List what changed, in all tenants that the caller sees",
            of_all,
        )
        .any_of(&[VIEW_EVENTS])
        .surface(Surface::Problem),
        Route::new(
            Method::GET,
            "/tenants/{id}/events",
            "TenantEventController.find",
            "List what changed in a tenant",
            of_tenant,
        )
        .any_of(&[VIEW_EVENTS])
        .on(&ANY_TENANT)
        .surface(Surface::Problem),
    ]
}

/// What is asked of events.
struct Asked {
    wanted: Wanted,
    cursor: Option<String>,
    /// What a cursor is bound to, but for the tenant.
    read: String,
    given: Given,
}

impl Parameters for Asked {
    const ALL: &'static [Parameter] = &[
        Parameter {
            name: CURSOR,
            kind: Kind::Text,
            description: "`next` of the page before, or `end` to begin behind it all",
        },
        Parameter { name: LIMIT, kind: Kind::Number(1, MOST), description: "Most events of the page" },
        Parameter { name: TYPE, kind: Kind::Text, description: "Types, with commas between them" },
        Parameter { name: SUBJECT, kind: Kind::Text, description: "Id of the row that changed" },
        Parameter { name: ACTOR, kind: Kind::Text, description: "Id of who did it" },
        Parameter { name: FROM, kind: Kind::Instant, description: "Not before this time" },
        Parameter { name: TO, kind: Kind::Instant, description: "Before this time" },
    ];

    fn read(given: &Given) -> Result<Self> {
        let known = |text: &str| text.split(',').map(|name| types::named(name.trim())).collect::<Option<Vec<_>>>();
        let types = given.read(TYPE, "must be types of events, as docs/events.md lists them", known)?;
        let text = |name: &str| given.text(name).map(ToOwned::to_owned);
        let wanted = Wanted {
            types: types.unwrap_or_default(),
            subject: text(SUBJECT),
            actor: text(ACTOR),
            from: given.instant(FROM)?,
            to: given.instant(TO)?,
            limit: given.number(LIMIT)?.unwrap_or(USUAL).into(),
            for_tenant: true,
        };
        let Wanted { types, subject, actor, from, to, .. } = &wanted;
        let read = format!("{types:?} {subject:?} {actor:?} {from:?} {to:?}");
        Ok(Self { cursor: text(CURSOR), read, given: given.clone(), wanted })
    }
}

impl Asked {
    /// What a cursor is bound to.
    fn bound(&self, tenant: Option<Uuid>) -> String {
        format!("{tenant:?} {}", self.read)
    }

    /// Where the page begins.
    fn begin(&self, tenant: Option<Uuid>) -> Result<Begin> {
        if self.cursor.as_deref() == Some(END) {
            return Ok(Begin::End);
        }
        let wanted = "must be the cursor of a page of the same tenant and with the same conditions, as it was";
        let behind = self.given.read(CURSOR, wanted, |text| cursor::parse(&self.bound(tenant), text))?;
        Ok(Begin::Behind(behind.unwrap_or_default()))
    }
}

async fn of_tenant(sessions: CallerSessions, asked: By<Asked>) -> Result<Told<Events>> {
    page(&sessions.read_tenant(), asked.0, Some(sessions.tenant())).await
}

async fn of_all(sessions: CallerSessions, asked: By<Asked>) -> Result<Told<Events>> {
    let session = sessions.read_tenants();
    let tenant = match session.scope() {
        CallerScope::One(tenant) => Some(tenant.0),
        CallerScope::All(_) => None,
    };
    page(&session, asked.0, tenant).await
}

async fn page<S>(session: &Session<S, Read>, asked: Asked, tenant: Option<Uuid>) -> Result<Told<Events>>
where
    S: Scope + Sees<Event>,
{
    let begin = asked.begin(tenant)?;
    let bound = asked.bound(tenant);
    let wanted = Wanted { for_tenant: tenant.is_some(), ..asked.wanted };
    let page = rules::page(session, &wanted, begin, |event| text(event, tenant)).await?;
    let Some(Page { events, next, more, reservation }) = page else {
        let other =
            "is behind all that was ever written here: begin anew, as a database that was restored makes necessary";
        return Err(asked.given.refuse(CURSOR, other));
    };
    Ok(Told(Events { events, next: cursor::write(&bound, next), more, reservation }))
}

//! `/user/{id}/tenants/{tenantId}/accept` and `/user/{id}/default-tenant`: what a person says of their own memberships.

use axum::http::Method;
use serde_json::{Value as Json, json};
use user_tenant_store::Entity as _;
use user_tenant_store::value::parse_uuid;

use super::answers::Accepted;
use super::rules;
use crate::access::locator::{Admits, Locator, TenantOf};
use crate::access::sessions::CallerSessions;
use crate::error::{Error, Result, Sought};
use crate::http::route::{Document, Empty, Form, Route, RowId, Sent, Told};
use crate::http::surface::Surface;
use crate::model::permission::EVERYBODY;
use crate::model::{Tenant, User};

/// The user of the path, who must be the caller.
static CALLER: Locator = Locator {
    entity: User::meta,
    tenant: TenantOf::Claims(|caller, id| (id == caller.id).then_some(caller.tenant_id)),
    refusal: |id| Error::OutOfReach(Sought::of::<User>(id)),
    admits: Admits::Active,
};

/// The same, or whoever it is where the caller reaches every tenant.
static PERSON: Locator = Locator {
    tenant: TenantOf::Claims(|caller, id| (id == caller.id || caller.master).then_some(caller.tenant_id)),
    entity: User::meta,
    refusal: |id| Error::OutOfReach(Sought::of::<User>(id)),
    admits: Admits::Active,
};

/// A role of one tenant that withholds these would keep its members out of others: they ask for no permission.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::POST,
            "/user/{id}/tenants/{tenantId}/accept",
            "OwnMembershipController.accept",
            "Accept the caller's own membership of a tenant",
            accept,
        )
        .on(&CALLER)
        .any_of(&[EVERYBODY])
        .without_power()
        .idempotent()
        .surface(Surface::Problem),
        Route::new(
            Method::PUT,
            "/user/{id}/default-tenant",
            "OwnMembershipController.settle",
            "Choose the tenant that the caller logs in to",
            settle,
        )
        .on(&PERSON)
        .any_of(&[EVERYBODY])
        .without_power()
        .surface(Surface::Problem),
    ]
}

const TENANT_ID: &str = "tenantId";

/// The tenant to log in to.
struct Choice;

impl Document for Choice {
    const FORM: Form = Form::Replace;

    fn schema() -> Json {
        json!({
            "title": "DefaultTenant",
            "description": "The tenant that a person logs in to unless another is named, which is their home.",
            "type": "object",
            "additionalProperties": false,
            "required": [TENANT_ID],
            "properties": {
                TENANT_ID: {
                    "type": "string",
                    "format": "uuid",
                    "description": "Id of a tenant in which their membership is active.",
                },
            },
            "examples": [{ TENANT_ID: "0190c3a0-7b1e-7000-8000-000000000001" }],
        })
    }
}

async fn accept(sessions: CallerSessions, tenant: RowId<Tenant>) -> Result<Told<Accepted>> {
    let session = sessions.write_own_membership().await?;
    let (user_tenant_id, status) = rules::accept(session, sessions.subject(), tenant.0).await?.into_inner();
    Ok(Told(Accepted { tenant_id: tenant.0, user_tenant_id, status }))
}

async fn settle(sessions: CallerSessions, body: Sent<Choice>) -> Result<Empty> {
    let text = body.0.get(TENANT_ID).and_then(Json::as_str).unwrap_or_default();
    let tenant = parse_uuid(text).map_err(|_| Error::RelatedNotFound(Some(Sought::of::<Tenant>(text))))?;
    rules::settle(sessions.write_own_membership().await?, sessions.subject(), tenant).await?.into_inner();
    Ok(Empty)
}

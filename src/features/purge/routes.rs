//! `POST /tenants/{id}/purge`.

use axum::http::Method;
use serde_json::{Value as Json, json};

use super::answers::Requested;
use super::rules;
use crate::access::sessions::CallerSessions;
use crate::error::Result;
use crate::features::reason::{self, REASON};
use crate::http::locators::ANY_TENANT;
use crate::http::route::{Document, Form, Route, Sent, Told};
use crate::http::surface::Surface;
use crate::model::TenantState;
use crate::model::lifecycle::Status as _;
use crate::model::permission::{DELETE_TENANT, number};

const CONFIRM: &str = "confirm";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::POST,
            "/tenants/{id}/purge",
            "TenantLifeController.purge",
            "Remove an archived tenant for good",
            purge,
        )
        .any_of(&[DELETE_TENANT, number::DELETE_TENANT])
        .on(&ANY_TENANT)
        .for_masters()
        .idempotent()
        .surface(Surface::Problem),
    ]
}

/// What is to be purged, and why.
struct Order;

impl Document for Order {
    const FORM: Form = Form::Create;

    fn schema() -> Json {
        json!({
            "title": "PurgeOfTenant",
            "description": "Names the tenant once more, so that no other one is meant.",
            "type": "object",
            "additionalProperties": false,
            "required": [CONFIRM],
            "properties": {
                CONFIRM: {
                    "type": "string", "minLength": 1, "maxLength": 100,
                    "description": "The key or the name of the tenant, as it stands.",
                },
                REASON: reason::schema(),
            },
            "examples": [{ CONFIRM: "acme", REASON: "They asked for it" }],
        })
    }
}

async fn purge(sessions: CallerSessions, order: Sent<Order>) -> Result<Told<Requested>> {
    let text = |name: &str| order.0.get(name).and_then(Json::as_str);
    let session = sessions.write_tenants().await?.because(reason::of(&order.0));
    let id = sessions.tenant();
    let job = rules::request(session, id, Some(text(CONFIRM).unwrap_or_default())).await?.into_inner();
    Ok(Told(Requested { id, status: TenantState::Purging.word(), job }))
}

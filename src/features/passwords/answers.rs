//! What the routes answer, and the schemas of it.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Value as Json, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::resets::Requested;
use super::steps::Proven;
use crate::http::route::Described;
use crate::model::UserStatus;
use crate::model::lifecycle::Status as _;

/// A reset that was asked for. It has no `Debug`, so that no log can hold the token.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResetRequested {
    id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    expires_on: OffsetDateTime,
    status: &'static str,
    token: Option<String>,
}

impl From<Requested> for ResetRequested {
    fn from(Requested { id, expires_on, token, status }: Requested) -> Self {
        let status = UserStatus::try_from(status).map_or("unknown", UserStatus::word);
        Self { id, expires_on, status, token }
    }
}

impl Described for ResetRequested {
    const STATUS: StatusCode = StatusCode::CREATED;

    fn schema() -> Json {
        json!({
            "title": "PasswordResetRequested",
            "description": "The person can set a new password, once; until then the status of an active member is that theirs must be changed.",
            "type": "object",
            "required": ["id", "expiresOn", "status", "token"],
            "properties": {
                "id": { "type": "string", "format": "uuid", "description": "Id of the reset." },
                "expiresOn": { "type": "string", "format": "date-time", "description": "Until when." },
                "status": { "type": "string", "description": "The status that the membership has now." },
                "token": {
                    "type": ["string", "null"],
                    "description": "What `POST /password-resets/{token}` takes, where it was asked for in the answer. It is told once, and stored nowhere in the clear.",
                },
            },
            "examples": [{
                "id": "0190c3a0-7b1e-7000-8000-000000000061", "expiresOn": "2026-11-30T12:00:00.000Z",
                "status": "password-change-needed",
                "token": null,
            }],
        })
    }
}

/// Whether a password is right, and of whom.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Verified {
    valid: bool,
    user_id: Option<Uuid>,
    tenant_id: Option<Uuid>,
    user_tenant_id: Option<Uuid>,
    may_act: bool,
    reason: Option<&'static str>,
    password_change_needed: bool,
    #[serde(with = "time::serde::rfc3339::option")]
    password_expires_on: Option<OffsetDateTime>,
}

impl From<Option<Proven>> for Verified {
    fn from(proven: Option<Proven>) -> Self {
        Self {
            valid: proven.is_some(),
            user_id: proven.as_ref().map(|proven| proven.user),
            tenant_id: proven.as_ref().and_then(|proven| proven.membership).map(|(tenant, _)| tenant),
            user_tenant_id: proven.as_ref().and_then(|proven| proven.membership).map(|(_, membership)| membership),
            may_act: proven.as_ref().is_some_and(|proven| proven.refusal.is_none()),
            reason: proven.as_ref().and_then(|proven| proven.refusal).map(crate::error::ErrorCode::as_str),
            password_change_needed: proven.as_ref().is_some_and(|proven| proven.must_change),
            password_expires_on: proven.and_then(|proven| proven.expires_on),
        }
    }
}

impl Described for Verified {
    fn schema() -> Json {
        let id =
            |description: &str| json!({ "type": ["string", "null"], "format": "uuid", "description": description });
        json!({
            "title": "VerifiedCredentials",
            "description": "Whether name and password are of one person. Of what is wrong nothing is told.",
            "type": "object",
            "required": [
                "valid", "userId", "tenantId", "userTenantId", "mayAct", "reason", "passwordChangeNeeded", "passwordExpiresOn",
            ],
            "properties": {
                "valid": { "type": "boolean", "description": "Whether they are." },
                "userId": id("The person."),
                "tenantId": id("The tenant that they would work in; null where they are no member of it."),
                "userTenantId": id("Their membership there."),
                "mayAct": { "type": "boolean", "description": "Whether they may work there now: only then is a token to be issued." },
                "reason": { "type": ["string", "null"], "description": "The code that a token would be refused with, where they may not." },
                "passwordChangeNeeded": { "type": "boolean", "description": "Whether they must change the password first." },
                "passwordExpiresOn": { "type": ["string", "null"], "format": "date-time", "description": "When it is over, where the tenant has passwords expire." },
            },
            "examples": [{
                "valid": true, "userId": "0190c3a0-7b1e-7000-8000-000000000021",
                "tenantId": "0190c3a0-7b1e-7000-8000-000000000001",
                "userTenantId": "0190c3a0-7b1e-7000-8000-000000000031", "mayAct": true, "reason": null,
                "passwordChangeNeeded": false, "passwordExpiresOn": null,
            }],
        })
    }
}

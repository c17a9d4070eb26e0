//! What the routes of invitations answer.

use serde::Serialize;
use serde_json::{Value as Json, json};
use time::OffsetDateTime;
use user_tenant_store::value::format_timestamp;
use uuid::Uuid;

use super::rules::{Came, Invited, Shown};
use crate::error::Error;
use crate::http::route::Described;

/// What has become of each of those who were to be invited. It has no `Debug`, so that no log can hold a link.
#[derive(Serialize)]
pub(super) struct Made {
    pub(super) invitations: Vec<Item>,
}

/// What has become of one of them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    index: usize,
    address: String,
    status: &'static str,
    id: Option<Uuid>,
    expires_on: Option<String>,
    link: Option<String>,
    reason: Option<Refusal>,
}

/// Why somebody is not invited.
#[derive(Serialize)]
struct Refusal {
    status: u16,
    code: &'static str,
    detail: String,
}

impl Item {
    pub(super) fn of(index: usize, address: String, invited: Invited) -> Self {
        let item = |status| Self { index, address, status, id: None, expires_on: None, link: None, reason: None };
        match invited {
            Invited::Invited { id, expires_on, link } => Self {
                id: Some(id),
                expires_on: Some(format_timestamp(expires_on)),
                link: link.as_deref().map(self::link),
                ..item("invited")
            },
            Invited::Member => item("member"),
            Invited::Refused(error) => Self { reason: Some(Refusal::of(&error)), ..item("refused") },
        }
    }
}

impl Refusal {
    fn of(error: &Error) -> Self {
        let code = error.code();
        Self { status: code.row().status, code: code.as_str(), detail: error.to_string() }
    }
}

/// Where whoever has this secret sees the invitation.
fn link(secret: &str) -> String {
    format!("/invitations/{secret}")
}

impl Described for Made {
    fn schema() -> Json {
        let text = |description: &str| json!({ "type": "string", "description": description });
        let maybe = |format: &str, description: &str| json!({ "type": ["string", "null"], "format": format, "description": description });
        json!({
            "title": "InvitationsMade",
            "description": "What has become of each, in the order of the request.",
            "type": "object",
            "required": ["invitations"],
            "properties": {
                "invitations": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["index", "address", "status", "id", "expiresOn", "link", "reason"],
                        "properties": {
                            "index": { "type": "integer", "description": "Its place in the request, from 0 on." },
                            "address": text("The address, as it was sent."),
                            "status": {
                                "type": "string", "enum": ["invited", "member", "refused"],
                                "description": "`member`: they are one already.",
                            },
                            "id": maybe("uuid", "Id of the invitation."),
                            "expiresOn": maybe("date-time", "Until when it can be accepted."),
                            "link": { "type": ["string", "null"], "description": LINK },
                            "reason": {
                                "type": ["object", "null"],
                                "description": "Why they are not invited.",
                                "properties": {
                                    "status": { "type": "integer", "description": "The status that this would be alone." },
                                    "code": text("For programs to tell reasons apart."),
                                    "detail": text("For people."),
                                },
                            },
                        },
                    },
                },
            },
            "examples": [{ "invitations": [
                {
                    "index": 0, "address": "ben@acme.example", "status": "invited",
                    "id": "0190c3a0-7b1e-7000-8000-000000000061", "expiresOn": "2026-05-06T07:08:09.000Z",
                    "link": null, "reason": null,
                },
                { "index": 1, "address": "ann@acme.example", "status": "member", "id": null, "expiresOn": null, "link": null, "reason": null },
            ] }],
        })
    }
}

/// What a link is.
const LINK: &str =
    "Where they accept, with a secret that is shown this once: for callers with `ViewUserInvitationLink`.";

/// That an invitation was sent again.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SentAgain {
    id: Uuid,
    expires_on: String,
    link: Option<String>,
}

impl SentAgain {
    pub(super) fn of(id: Uuid, expires_on: OffsetDateTime, link: Option<&str>) -> Self {
        Self { id, expires_on: format_timestamp(expires_on), link: link.map(self::link) }
    }
}

impl Described for SentAgain {
    fn schema() -> Json {
        json!({
            "title": "InvitationSentAgain",
            "description": "That earlier mails and links of the invitation lead nowhere from now on, and another mail is on its way.",
            "type": "object",
            "required": ["id", "expiresOn", "link"],
            "properties": {
                "id": { "type": "string", "format": "uuid", "description": "Id of the invitation." },
                "expiresOn": { "type": "string", "format": "date-time", "description": "Until when it can be accepted." },
                "link": { "type": ["string", "null"], "description": LINK },
            },
            "examples": [{ "id": "0190c3a0-7b1e-7000-8000-000000000061", "expiresOn": "2026-05-06T07:08:09.000Z", "link": null }],
        })
    }
}

/// What somebody is shown who was invited.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownToInvitee {
    tenant_name: String,
    address: String,
    inviter_first_name: Option<String>,
}

impl From<Shown> for ShownToInvitee {
    fn from(shown: Shown) -> Self {
        Self { tenant_name: shown.tenant, address: shown.address, inviter_first_name: shown.inviter }
    }
}

impl Described for ShownToInvitee {
    fn schema() -> Json {
        let text = |description: &str| json!({ "type": "string", "description": description });
        json!({
            "title": "InvitationShown",
            "description": "An invitation, as whoever was sent it sees it.",
            "type": "object",
            "required": ["tenantName", "address", "inviterFirstName"],
            "properties": {
                "tenantName": text("What the tenant is called."),
                "address": text("The address that is invited."),
                "inviterFirstName": { "type": ["string", "null"], "description": "Given name of who invites; null of the operator." },
            },
            "examples": [{ "tenantName": "Acme", "address": "ben@acme.example", "inviterFirstName": "Ann" }],
        })
    }
}

/// Who has come.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the properties of the answer are called so")]
pub(super) struct Arrived {
    tenant_id: Uuid,
    user_id: Uuid,
    user_tenant_id: Uuid,
}

impl From<Came> for Arrived {
    fn from(came: Came) -> Self {
        Self { tenant_id: came.tenant, user_id: came.user, user_tenant_id: came.membership }
    }
}

impl Described for Arrived {
    fn schema() -> Json {
        let id = |description: &str| json!({ "type": "string", "format": "uuid", "description": description });
        json!({
            "title": "InvitationAccepted",
            "description": "Who has come, and into which tenant.",
            "type": "object",
            "required": ["tenantId", "userId", "userTenantId"],
            "properties": {
                "tenantId": id("Id of the tenant."),
                "userId": id("Id of the person."),
                "userTenantId": id("Id of the membership."),
            },
            "examples": [{
                "tenantId": "0190c3a0-7b1e-7000-8000-000000000001",
                "userId": "0190c3a0-7b1e-7000-8000-000000000021",
                "userTenantId": "0190c3a0-7b1e-7000-8000-000000000031",
            }],
        })
    }
}

//! What an acceptance answers, and the schema of it.

use serde::Serialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::http::route::Described;

/// A membership that its person has accepted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Accepted {
    pub(super) tenant_id: Uuid,
    pub(super) user_tenant_id: Uuid,
    pub(super) status: &'static str,
}

impl Described for Accepted {
    fn schema() -> Json {
        let id = |description: &str| json!({ "type": "string", "format": "uuid", "description": description });
        json!({
            "title": "MembershipAccepted",
            "description": "A membership that its person has accepted.",
            "type": "object",
            "required": ["tenantId", "userTenantId", "status"],
            "properties": {
                "tenantId": id("Id of the tenant."),
                "userTenantId": id("Id of the membership."),
                "status": { "type": "string", "description": "What it is now, in a word." },
            },
            "examples": [{
                "tenantId": "0190c3a0-7b1e-7000-8000-000000000001",
                "userTenantId": "0190c3a0-7b1e-7000-8000-000000000003",
                "status": "active",
            }],
        })
    }
}

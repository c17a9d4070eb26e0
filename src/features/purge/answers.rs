//! What the route answers.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::http::route::Described;

/// That a tenant is being purged from now on.
#[derive(Debug, Serialize)]
pub(super) struct Requested {
    pub(super) id: Uuid,
    pub(super) status: &'static str,
    pub(super) job: Uuid,
}

impl Described for Requested {
    const STATUS: StatusCode = StatusCode::ACCEPTED;

    fn schema() -> Json {
        json!({
            "title": "PurgeRequested",
            "description": "The purge is begun; `GET /tenants/{id}/lifecycle` tells how far it has come.",
            "type": "object",
            "required": ["id", "status", "job"],
            "properties": {
                "id": { "type": "string", "format": "uuid", "description": "Id of the tenant." },
                "status": { "type": "string", "enum": ["purging"], "description": "What it is now." },
                "job": { "type": "string", "format": "uuid", "description": "Id of the job, which goes with the tenant." },
            },
            "examples": [{ "id": "0190c3a0-7b1e-7000-8000-000000000001", "status": "purging", "job": "0190c3a0-7b1e-7000-8000-000000000051" }],
        })
    }
}

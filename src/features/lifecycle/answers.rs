//! What the routes answer, and the schemas of it.

use serde::Serialize;
use serde_json::{Value as Json, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::features::purge::rules::UnderWay;
use crate::http::route::Described;

/// Where somebody stands after a step.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    pub(super) id: Uuid,
    pub(super) status: &'static str,
}

impl Described for Step {
    fn schema() -> Json {
        json!({
            "title": "LifeStep",
            "description": "The status after the step.",
            "type": "object",
            "required": ["id", "status"],
            "properties": {
                "id": { "type": "string", "format": "uuid", "description": "Id of the tenant or the user." },
                "status": { "type": "string", "description": "What it is now, in a word." },
            },
            "examples": [{ "id": "0190c3a0-7b1e-7000-8000-000000000001", "status": "suspended" }],
        })
    }
}

/// A person's life, in all tenants.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PersonLife {
    pub(super) id: Uuid,
    pub(super) status: &'static str,
    pub(super) allowed: Vec<&'static str>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub(super) deactivated_on: Option<OffsetDateTime>,
}

impl Described for PersonLife {
    fn schema() -> Json {
        json!({
            "title": "PersonLife",
            "description": "Where a person stands in all tenants, whatever their memberships say.",
            "type": "object",
            "required": ["id", "status", "allowed", "deactivatedOn"],
            "properties": {
                "id": { "type": "string", "format": "uuid", "description": "Id of the user." },
                "status": { "type": "string", "enum": ["active", "deactivated"], "description": "Where they stand." },
                "allowed": {
                    "type": "array",
                    "items": { "type": "string" },
                    "description": "The steps that lead on from there.",
                },
                "deactivatedOn": {
                    "type": ["string", "null"],
                    "format": "date-time",
                    "description": "When they were deactivated, while they are.",
                },
            },
            "examples": [{
                "id": "0190c3a0-7b1e-7000-8000-000000000021",
                "status": "deactivated",
                "allowed": ["reactivate"],
                "deactivatedOn": "2026-05-06T07:08:09Z",
            }],
        })
    }
}

/// A tenant's life, and the seats in it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TenantLife {
    pub(super) id: Uuid,
    pub(super) status: &'static str,
    pub(super) allowed: Vec<&'static str>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub(super) archived_on: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub(super) restorable_until: Option<OffsetDateTime>,
    pub(super) purge: Option<Purge>,
    pub(super) retention_days: Option<i32>,
    pub(super) max_members: Option<i32>,
    pub(super) members: u64,
    pub(super) max_invitations: Option<i32>,
    pub(super) invitations: u64,
}

/// How far a tenant's purge has come.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Purge {
    #[serde(with = "time::serde::rfc3339")]
    since: OffsetDateTime,
    state: String,
    rows: u64,
    lines: u64,
    last_error: Option<String>,
}

impl From<UnderWay> for Purge {
    fn from(UnderWay { since, state, rows, lines, last_error }: UnderWay) -> Self {
        Self { since, state, rows, lines, last_error }
    }
}

impl Described for TenantLife {
    fn schema() -> Json {
        let count = |description: &str| json!({ "type": "integer", "minimum": 0, "description": description });
        let most = |description: &str| json!({ "type": ["integer", "null"], "minimum": 0, "description": description });
        let time = |description: &str| json!({ "type": ["string", "null"], "format": "date-time", "description": description });
        json!({
            "title": "TenantLife",
            "description": "Where a tenant stands in its life, and how many seats of it are taken.",
            "type": "object",
            "required": [
                "id", "status", "allowed", "archivedOn", "restorableUntil", "purge", "retentionDays", "maxMembers", "members",
                "maxInvitations", "invitations",
            ],
            "properties": {
                "id": { "type": "string", "format": "uuid", "description": "Id of the tenant." },
                "status": {
                    "type": "string",
                    "enum": ["pending", "active", "suspended", "archived", "purging"],
                    "description": "Where it stands.",
                },
                "allowed": {
                    "type": "array",
                    "items": { "type": "string" },
                    "description": "The steps that lead on from there.",
                },
                "archivedOn": time("When it was archived, while it is."),
                "restorableUntil": time("Until when it can be restored; it is purged then."),
                "purge": {
                    "type": ["object", "null"],
                    "description": "How far its purge has come, while it is being purged.",
                    "required": ["since", "state", "rows", "lines", "lastError"],
                    "properties": {
                        "since": { "type": "string", "format": "date-time", "description": "When it was asked for." },
                        "state": { "type": "string", "description": "Where its job stands." },
                        "rows": count("How many rows are gone."),
                        "lines": count("Of how many lines of the audit log personal data is gone."),
                        "lastError": { "type": ["string", "null"], "description": "Why a step of it did not succeed." },
                    },
                },
                "retentionDays": most("For how many days after that; null for as many as the deployment says."),
                "maxMembers": most("How many members it may have; null for any number."),
                "members": count("How many it has who may act, those who are invited among them."),
                "maxInvitations": most("How many may be invited and not have come yet, members and addresses; null for any number."),
                "invitations": count("How many are."),
            },
            "examples": [{
                "id": "0190c3a0-7b1e-7000-8000-000000000001",
                "status": "active",
                "allowed": ["suspend", "archive"],
                "archivedOn": null,
                "restorableUntil": null,
                "purge": null,
                "retentionDays": null,
                "maxMembers": 50,
                "members": 12,
                "maxInvitations": null,
                "invitations": 3,
            }],
        })
    }
}

//! What the routes answer, and the schemas of it.

use serde::Serialize;
use serde_json::{Value as Json, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::difference::RoleDifference;
use crate::error::Error;
use crate::http::route::Described;
use crate::model::RoleTemplate;

/// A version of a template.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Saved {
    id: Uuid,
    name: String,
    version: i32,
    description: Option<String>,
    role_type: Option<i32>,
    permissions: Vec<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    retired_on: Option<OffsetDateTime>,
}

impl From<RoleTemplate> for Saved {
    fn from(template: RoleTemplate) -> Self {
        let RoleTemplate { id, name, version, description, role_type, permissions, retired_on } = template;
        Self { id, name, version, description, role_type, permissions, retired_on }
    }
}

impl Described for Saved {
    fn schema() -> Json {
        let or_null = |kind: &str, description: &str| json!({ "type": [kind, "null"], "description": description });
        json!({
            "title": "RoleTemplateVersion",
            "description": "One version of a template of roles.",
            "type": "object",
            "required": ["id", "name", "version", "description", "roleType", "permissions", "retiredOn"],
            "properties": {
                "id": { "type": "string", "format": "uuid", "description": "Id of the version." },
                "name": { "type": "string", "description": "Name of the template, which roles of it get." },
                "version": { "type": "integer", "minimum": 1, "description": "Number of the version." },
                "description": or_null("string", "What its roles are for."),
                "roleType": or_null("integer", "Kind of its roles."),
                "permissions": texts("What its roles grant."),
                "retiredOn": {
                    "type": ["string", "null"],
                    "format": "date-time",
                    "description": "When the template was retired, if this was the newest version then.",
                },
            },
            "examples": [{
                "id": "0190c3a0-7b1e-7000-8000-000000000061",
                "name": "reader",
                "version": 2,
                "description": "May look at everything.",
                "roleType": 1,
                "permissions": ["ViewRoles", "ViewTenant"],
                "retiredOn": null,
            }],
        })
    }
}

/// The newest version of each template.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Templates(pub(super) Vec<Saved>);

impl Described for Templates {
    fn schema() -> Json {
        json!({
            "title": "RoleTemplates",
            "description": "The newest version of each template that is not retired, in the order of their names.",
            "type": "array",
            "items": Saved::schema(),
            "examples": [Saved::schema()["examples"]],
        })
    }
}

/// Versions of a template.
#[derive(Debug, Serialize)]
pub(super) struct History {
    pub(super) versions: Vec<Saved>,
    pub(super) more: bool,
}

impl Described for History {
    fn schema() -> Json {
        json!({
            "title": "RoleTemplateHistory",
            "description": "Versions of a template, the newest first.",
            "type": "object",
            "required": ["versions", "more"],
            "properties": {
                "versions": { "type": "array", "items": Saved::schema() },
                "more": { "type": "boolean", "description": "Whether there are older ones." },
            },
            "examples": [{ "versions": Saved::schema()["examples"], "more": true }],
        })
    }
}

/// What became of a role.
#[derive(Debug, Clone, Copy, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It grants what the template says, and did not before.
    Applied,
    /// It was made.
    Created,
    /// There was nothing to give.
    Unchanged,
    /// It was changed by hand, and stays as it is.
    Kept,
}

/// What applying a template did to a role.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct RoleApplied {
    /// Id of the role.
    pub role_id: Uuid,
    /// Its name.
    pub role_name: String,
    /// What became of it.
    pub outcome: Outcome,
    /// What it grants now, and did not; of one that was kept, what it would.
    pub added: Vec<String>,
    /// What it grants no more; of one that was kept, what it would not.
    pub removed: Vec<String>,
}

impl RoleApplied {
    pub(super) fn of(difference: RoleDifference, outcome: Outcome) -> Self {
        let RoleDifference { role_id, role_name, missing: added, extra: removed, .. } = difference;
        Self { role_id, role_name, outcome, added, removed }
    }
}

/// Why nothing was done to a tenant.
#[derive(Debug, Serialize)]
pub(crate) struct Refusal {
    status: u16,
    code: &'static str,
    detail: String,
}

impl From<&Error> for Refusal {
    fn from(error: &Error) -> Self {
        let code = error.code();
        Self { status: code.row().status, code: code.as_str(), detail: error.to_string() }
    }
}

/// What applying a template did to a tenant.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Applied {
    pub(crate) tenant_id: Uuid,
    pub(crate) roles: Vec<RoleApplied>,
    pub(crate) refused: Option<Refusal>,
}

/// What applying a template did.
#[derive(Debug, Serialize)]
pub(super) struct Applications {
    pub(super) version: i32,
    pub(super) results: Vec<Applied>,
}

impl Described for Applications {
    fn schema() -> Json {
        let text = |description: &str| json!({ "type": "string", "description": description });
        json!({
            "title": "RoleTemplateApplications",
            "description": "What was done, a tenant each, in the order of the request.",
            "type": "object",
            "required": ["version", "results"],
            "properties": {
                "version": { "type": "integer", "description": "The version that was applied." },
                "results": {
                    "type": "array",
                    "items": {
                        "title": "RoleTemplateApplication",
                        "type": "object",
                        "required": ["tenantId", "roles", "refused"],
                        "properties": {
                            "tenantId": id("Id of the tenant."),
                            "roles": {
                                "type": "array",
                                "description": "The tenant's roles that are of the template.",
                                "items": {
                                    "title": "RoleTemplateApplicationToRole",
                                    "type": "object",
                                    "required": ["roleId", "roleName", "outcome", "added", "removed"],
                                    "properties": {
                                        "roleId": id("Id of the role."),
                                        "roleName": text("Its name."),
                                        "outcome": {
                                            "type": "string",
                                            "enum": ["applied", "created", "unchanged", "kept"],
                                            "description": "What became of it; kept: it was changed by hand, and stays so.",
                                        },
                                        "added": texts("What it grants now, and did not; of one that was kept, what it would."),
                                        "removed": texts("What it grants no more; of one that was kept, what it would not."),
                                    },
                                },
                            },
                            "refused": {
                                "type": ["object", "null"],
                                "description": "Why nothing was done to this tenant.",
                                "required": ["status", "code", "detail"],
                                "properties": {
                                    "status": { "type": "integer", "description": "The status of such a refusal." },
                                    "code": text("Its code, as docs/errors.md lists it."),
                                    "detail": text("It in words."),
                                },
                            },
                        },
                    },
                },
            },
            "examples": [{
                "version": 2,
                "results": [{
                    "tenantId": "0190c3a0-7b1e-7000-8000-000000000001",
                    "roles": [{
                        "roleId": "0190c3a0-7b1e-7000-8000-000000000011",
                        "roleName": "reader",
                        "outcome": "applied",
                        "added": ["ViewRoles"],
                        "removed": [],
                    }],
                    "refused": null,
                }],
            }],
        })
    }
}

pub(super) fn id(description: &str) -> Json {
    json!({ "type": "string", "format": "uuid", "description": description })
}

pub(super) fn texts(description: &str) -> Json {
    json!({ "type": "array", "items": { "type": "string" }, "description": description })
}

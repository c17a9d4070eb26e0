//! How roles differ from their template, as it is answered, and the schema of it.

use serde::Serialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::answers::{id, texts};
use crate::http::route::Described;

/// How a role differs from its template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleDifference {
    /// Id of the tenant.
    pub tenant_id: Uuid,
    /// Id of the role.
    pub role_id: Uuid,
    /// Name of the role now.
    pub role_name: String,
    /// The version that the role is of.
    pub version: i32,
    /// Whether there is a newer one.
    pub behind: bool,
    /// Whether somebody has changed the role since it was made of its version.
    pub changed: bool,
    /// What the newest version grants and the role does not.
    pub missing: Vec<String>,
    /// What the role grants and the newest version does not.
    pub extra: Vec<String>,
    /// What kind of role it is now.
    pub role_type: Option<i32>,
    #[serde(skip)]
    pub(super) differs_in_type: bool,
}

/// Roles that differ from their template.
#[derive(Debug, Serialize)]
pub(super) struct Differing {
    pub(super) version: i32,
    pub(super) differences: Vec<RoleDifference>,
    pub(super) next: Option<Uuid>,
}

impl Described for Differing {
    fn schema() -> Json {
        json!({
            "title": "RoleTemplateDifferences",
            "description": "Roles that do not grant what the newest version of their template says, or are of another version.",
            "type": "object",
            "required": ["version", "differences", "next"],
            "properties": {
                "version": { "type": "integer", "description": "The newest version, which they are compared with." },
                "differences": {
                    "type": "array",
                    "items": {
                        "title": "RoleTemplateDifference",
                        "type": "object",
                        "required": [
                            "tenantId", "roleId", "roleName", "version", "behind", "changed", "missing", "extra", "roleType",
                        ],
                        "properties": {
                            "tenantId": id("Id of the tenant."),
                            "roleId": id("Id of the role."),
                            "roleName": { "type": "string", "description": "Name of the role now." },
                            "version": { "type": "integer", "description": "The version that the role is of." },
                            "behind": { "type": "boolean", "description": "Whether there is a newer one." },
                            "changed": {
                                "type": "boolean",
                                "description": "Whether somebody has changed the role since it was made of its version.",
                            },
                            "missing": texts("What the newest version grants and the role does not."),
                            "extra": texts("What the role grants and the newest version does not."),
                            "roleType": { "type": ["integer", "null"], "description": "Kind of the role." },
                        },
                    },
                },
                "next": {
                    "type": ["string", "null"],
                    "format": "uuid",
                    "description": "The cursor to go on with; null at the end.",
                },
            },
            "examples": [{
                "version": 2,
                "differences": [{
                    "tenantId": "0190c3a0-7b1e-7000-8000-000000000001",
                    "roleId": "0190c3a0-7b1e-7000-8000-000000000011",
                    "roleName": "reader",
                    "version": 1,
                    "behind": true,
                    "changed": false,
                    "missing": ["ViewRoles"],
                    "extra": [],
                    "roleType": 1,
                }],
                "next": null,
            }],
        })
    }
}

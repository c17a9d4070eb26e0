//! What the routes answer, and the schemas of it.

use serde::Serialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::error::NamedRow;
use crate::http::route::Described;

/// A permission of the catalogue.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Known {
    pub(super) name: String,
    pub(super) number: Option<&'static str>,
    pub(super) meaning: String,
    pub(super) of_application: bool,
    pub(super) routes: Vec<Taking>,
}

/// A route that takes a permission.
#[derive(Serialize)]
pub(super) struct Taking {
    pub(super) method: String,
    pub(super) path: &'static str,
    pub(super) operation: &'static str,
}

/// Every permission that there is.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Catalogue(pub(super) Vec<Known>);

impl Described for Catalogue {
    fn schema() -> Json {
        let text = |description: &str| json!({ "type": "string", "description": description });
        json!({
            "title": "PermissionCatalogue",
            "description": "Every permission that the service knows, in the order of their names.",
            "type": "array",
            "items": {
                "title": "KnownPermission",
                "type": "object",
                "required": ["name", "number", "meaning", "ofApplication", "routes"],
                "properties": {
                    "name": text("Its key, as roles and tokens hold it."),
                    "number": {
                        "type": ["string", "null"],
                        "description": "The number that stands for the name, where it has one.",
                    },
                    "meaning": text("What it opens."),
                    "ofApplication": {
                        "type": "boolean",
                        "description": "Whether the application has added it, by the library or by configuration.",
                    },
                    "routes": {
                        "type": "array",
                        "description": "The routes that take it.",
                        "items": {
                            "title": "RouteOfPermission",
                            "type": "object",
                            "required": ["method", "path", "operation"],
                            "properties": {
                                "method": text("Its HTTP method."),
                                "path": text("Its path."),
                                "operation": text("Its name in the document."),
                            },
                        },
                    },
                },
            },
            "examples": [[{
                "name": "CreateTenant",
                "number": "16",
                "meaning": "Create tenants, and values of their configuration",
                "ofApplication": false,
                "routes": [{ "method": "POST", "path": "/tenants", "operation": "TenantController.create" }],
            }]],
        })
    }
}

/// Where a member has a permission from, or who withholds it.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum EffectiveSource {
    /// The role grants it.
    Role {
        /// Id of the role.
        id: Uuid,
    },
    /// A group carries a role that grants it.
    Group {
        /// Id of the role.
        id: Uuid,
        /// The way from the group that the member is in to the one that carries the role.
        groups: Vec<NamedRow>,
    },
    /// It is granted to the member alone.
    Grant {
        /// Id of the own permission.
        id: Uuid,
    },
    /// It is withheld from the member, whoever grants it.
    Denial {
        /// Id of the own permission.
        id: Uuid,
    },
}

/// The schema of an [`EffectiveSource`].
fn source() -> Json {
    json!({
        "title": "PermissionSource",
        "type": "object",
        "required": ["kind", "id"],
        "properties": {
            "kind": {
                "type": "string",
                "enum": ["role", "group", "grant", "denial"],
                "description": "The role grants it, or a role that a group of the member \
                    carries, or it is granted to the member alone, or withheld from the member.",
            },
            "id": {
                "type": "string",
                "format": "uuid",
                "description": "Id of the role, or of the member's own permission.",
            },
            "groups": {
                "type": "array",
                "description": "Of a group: the way from the group that the member is in, \
                    which the next one holds, to the one that carries the role.",
                "items": {
                    "title": "GroupOnTheWay",
                    "type": "object",
                    "required": ["id", "name"],
                    "properties": {
                        "id": { "type": "string", "format": "uuid" },
                        "name": { "type": "string" },
                    },
                },
            },
        },
    })
}

/// A permission that concerns a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EffectivePermission {
    /// Its key, by name where it has one.
    pub permission: String,
    /// The number that stands for the name, where it has one.
    pub number: Option<&'static str>,
    /// Whether the member has it: a denial wins.
    pub granted: bool,
    /// Where it is from.
    pub sources: Vec<EffectiveSource>,
}

/// What a member may do, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EffectivePermissions {
    /// Id of the membership.
    pub user_tenant_id: Uuid,
    /// Whether user, membership and tenant are active. A member who is not may do nothing, whatever they hold.
    pub active: bool,
    /// Every permission that concerns the member, in the order of their names.
    pub permissions: Vec<EffectivePermission>,
}

impl Described for EffectivePermissions {
    fn schema() -> Json {
        json!({
            "title": "EffectivePermissions",
            "description": "What the member may do, each permission with its sources.",
            "type": "object",
            "required": ["userTenantId", "active", "permissions"],
            "properties": {
                "userTenantId": { "type": "string", "format": "uuid", "description": "Id of the membership." },
                "active": {
                    "type": "boolean",
                    "description": "Whether user, membership and tenant are active. A member who is not may do nothing, \
                        whatever they hold.",
                },
                "permissions": {
                    "type": "array",
                    "description": "Every permission that concerns the member, in the order of their names.",
                    "items": {
                        "title": "EffectivePermission",
                        "type": "object",
                        "required": ["permission", "number", "granted", "sources"],
                        "properties": {
                            "permission": { "type": "string", "description": "Its key, by name where it has one." },
                            "number": {
                                "type": ["string", "null"],
                                "description": "The number that stands for the name, where it has one.",
                            },
                            "granted": { "type": "boolean", "description": "Whether the member has it: a denial wins." },
                            "sources": {
                                "type": "array",
                                "description": "Where it is from.",
                                "items": source(),
                            },
                        },
                    },
                },
            },
            "examples": [{
                "userTenantId": "0190c3a0-7b1e-7000-8000-000000000003",
                "active": true,
                "permissions": [{
                    "permission": "ViewRoles",
                    "number": "8",
                    "granted": true,
                    "sources": [{ "kind": "role", "id": "0190c3a0-7b1e-7000-8000-000000000011" }],
                }],
            }],
        })
    }
}

/// Whether a member may do something.
#[derive(Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Decision {
    pub(super) user_tenant_id: Uuid,
    pub(super) permission: String,
    pub(crate) allowed: bool,
}

/// The answers to questions, in their order.
#[derive(Debug, Serialize)]
pub(super) struct Decisions {
    pub(super) results: Vec<Decision>,
}

impl Described for Decisions {
    fn schema() -> Json {
        json!({
            "title": "PermissionDecisions",
            "description": "The answers, in the order of the questions.",
            "type": "object",
            "required": ["results"],
            "properties": {
                "results": {
                    "type": "array",
                    "items": {
                        "title": "PermissionDecision",
                        "type": "object",
                        "required": ["userTenantId", "permission", "allowed"],
                        "properties": {
                            "userTenantId": { "type": "string", "format": "uuid", "description": "The membership, as asked." },
                            "permission": { "type": "string", "description": "The permission, as asked." },
                            "allowed": {
                                "type": "boolean",
                                "description": "Whether the member is active and has the permission. Of a membership \
                                    that is not there, or not within the caller's reach, it is false.",
                            },
                        },
                    },
                },
            },
            "examples": [{
                "results": [{
                    "userTenantId": "0190c3a0-7b1e-7000-8000-000000000003",
                    "permission": "ViewRoles",
                    "allowed": true,
                }],
            }],
        })
    }
}

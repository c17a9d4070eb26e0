//! What the routes answer, and the schemas of it.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::http::route::Described;

/// A role that a group carries.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CarriedRole {
    pub(crate) role_id: Uuid,
    pub(crate) name: String,
}

/// A group that another holds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeldGroup {
    pub(crate) group_id: Uuid,
    pub(crate) name: String,
}

/// All roles that a group carries.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct CarriedRoles(pub(super) Vec<CarriedRole>);

/// All groups that a group holds.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct HeldGroups(pub(super) Vec<HeldGroup>);

fn role() -> Json {
    json!({
        "title": "RoleOfGroup",
        "description": "A role that a group carries.",
        "type": "object",
        "required": ["roleId", "name"],
        "properties": {
            "roleId": { "type": "string", "format": "uuid", "description": "Id of the role." },
            "name": { "type": "string", "description": "Its name." },
        },
        "examples": [{ "roleId": "0190c3a0-7b1e-7000-8000-000000000011", "name": "reader" }],
    })
}

fn group() -> Json {
    json!({
        "title": "GroupInGroup",
        "description": "A group that another holds.",
        "type": "object",
        "required": ["groupId", "name"],
        "properties": {
            "groupId": { "type": "string", "format": "uuid", "description": "Id of the group." },
            "name": { "type": "string", "description": "Its name." },
        },
        "examples": [{ "groupId": "0190c3a0-7b1e-7000-8000-000000000031", "name": "night shift" }],
    })
}

/// A list of these, with theirs as its example.
fn list(title: &str, description: &str, item: &Json) -> Json {
    let example = item["examples"].clone();
    json!({ "title": title, "description": description, "type": "array", "items": item, "examples": [example] })
}

impl Described for CarriedRole {
    const STATUS: StatusCode = StatusCode::CREATED;

    fn schema() -> Json {
        role()
    }
}

impl Described for HeldGroup {
    const STATUS: StatusCode = StatusCode::CREATED;

    fn schema() -> Json {
        group()
    }
}

impl Described for CarriedRoles {
    fn schema() -> Json {
        list("RolesOfGroup", "The roles that a group carries, in the order of their names.", &role())
    }
}

impl Described for HeldGroups {
    fn schema() -> Json {
        list("GroupsInGroup", "The groups that a group holds, in the order of their names.", &group())
    }
}

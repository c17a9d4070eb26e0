//! What the routes take: the one row that a group is to carry or hold.

use serde_json::{Map, Value as Json, json};
use user_tenant_store::Entity;
use user_tenant_store::value::parse_uuid;
use uuid::Uuid;

use crate::error::{Error, Result, Sought};
use crate::http::route::{Document, Form};

pub(super) const ROLE_ID: &str = "roleId";
pub(super) const GROUP_ID: &str = "groupId";

/// The role that a group is to carry.
pub(super) struct NewRole;

impl Document for NewRole {
    const FORM: Form = Form::Create;

    fn schema() -> Json {
        named("NewRoleOfGroup", "The role that the group is to carry.", ROLE_ID, "Id of the role, one of the tenant.")
    }
}

/// The group that a group is to hold.
pub(super) struct NewMember;

impl Document for NewMember {
    const FORM: Form = Form::Create;

    fn schema() -> Json {
        let id = "Id of the group, one of the same tenant.";
        named("NewGroupInGroup", "The group that the group is to hold.", GROUP_ID, id)
    }
}

/// A document that names one row.
fn named(title: &str, description: &str, property: &str, id: &str) -> Json {
    json!({
        "title": title,
        "description": description,
        "type": "object",
        "additionalProperties": false,
        "required": [property],
        "properties": { property: { "type": "string", "format": "uuid", "description": id } },
        "examples": [{ property: "0190c3a0-7b1e-7000-8000-000000000011" }],
    })
}

/// The row that a body names, as the schema lets it through.
pub(super) fn id<E: Entity>(body: &Map<String, Json>, property: &str) -> Result<Uuid> {
    let text = body.get(property).and_then(Json::as_str).unwrap_or_default();
    parse_uuid(text).map_err(|_| Error::RelatedNotFound(Some(Sought::of::<E>(text))))
}

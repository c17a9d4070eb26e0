//! What the routes take: a version to save, and the tenants to apply one to.

use serde_json::{Map, Value as Json, json};
use user_tenant_store::entity::PropertyType;
use user_tenant_store::value::{Value, parse_uuid};
use uuid::Uuid;

use crate::error::{Error, Result, Rule};
use crate::features::reason::{self, REASON};
use crate::http::route::{Document, Form};

pub(super) const NAME: &str = "name";
pub(super) const DESCRIPTION: &str = "description";
pub(super) const ROLE_TYPE: &str = "roleType";
pub(super) const PERMISSIONS: &str = "permissions";
pub(super) const EXPECTED: &str = "expectedVersion";
pub(super) const TENANTS: &str = "tenantIds";
pub(super) const CREATE_MISSING: &str = "create";
pub(super) const OVERWRITE: &str = "overwrite";

/// Most tenants of one request.
const MOST_TENANTS: usize = 100;

/// A template to save.
pub(super) struct Wanted;

impl Document for Wanted {
    const FORM: Form = Form::Create;

    fn schema() -> Json {
        json!({
            "title": "NewRoleTemplateVersion",
            "description": "A template, or by a name that is there its next version.",
            "type": "object",
            "additionalProperties": false,
            "required": [NAME, PERMISSIONS],
            "properties": {
                NAME: {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 100,
                    "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*( [A-Za-z0-9._-]+)*$",
                    "description": "Name of the template, and of roles that are made of it; once in any case.",
                },
                DESCRIPTION: { "type": ["string", "null"], "maxLength": 500, "description": "What its roles are for." },
                ROLE_TYPE: {
                    "type": ["integer", "null"],
                    "minimum": 0,
                    "maximum": 15,
                    "description": "Kind of its roles, a number that applications give a meaning.",
                },
                PERMISSIONS: {
                    "type": "array",
                    "maxItems": 1000,
                    "items": { "type": "string", "minLength": 1, "maxLength": 200 },
                    "description": "What its roles grant, by names or numbers.",
                },
                EXPECTED: {
                    "type": "integer",
                    "minimum": 0,
                    "maximum": i32::MAX,
                    "description": "The newest version as the sender knows it, 0 for none: another one refuses the request.",
                },
            },
            "examples": [{
                NAME: "reader",
                DESCRIPTION: "May look at everything.",
                ROLE_TYPE: 1,
                PERMISSIONS: ["ViewRoles", "ViewTenant"],
            }],
        })
    }
}

/// How to apply a template.
pub(super) struct Apply;

impl Document for Apply {
    const FORM: Form = Form::Create;

    fn schema() -> Json {
        json!({
            "title": "RoleTemplateToApply",
            "description": "Which tenants get what the template says.",
            "type": "object",
            "additionalProperties": false,
            "required": [TENANTS],
            "properties": {
                TENANTS: {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": MOST_TENANTS,
                    "items": { "type": "string", "format": "uuid" },
                    "description": "Ids of the tenants.",
                },
                CREATE_MISSING: {
                    "type": "boolean",
                    "description": "Whether a tenant without a role of the template gets one, of the template's name.",
                },
                OVERWRITE: {
                    "type": "boolean",
                    "description": "Whether roles that were changed by hand are changed too.",
                },
                EXPECTED: {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": i32::MAX,
                    "description": "The version to apply: where it is not the newest, the request is refused.",
                },
                REASON: reason::schema(),
            },
            "examples": [{ TENANTS: ["0190c3a0-7b1e-7000-8000-000000000001"], CREATE_MISSING: true, REASON: "Readers look at roles too" }],
        })
    }
}

/// The tenants that a body names, each once.
pub(super) fn tenants(body: &Map<String, Json>) -> Result<Vec<Uuid>> {
    let mut all = Vec::new();
    for (at, text) in texts(body, TENANTS).iter().enumerate() {
        let id = parse_uuid(text).map_err(|_| Error::InvalidProperty {
            property: format!("{TENANTS}/{at}"),
            rule: Rule::Type("must be an id of a tenant".to_owned()),
        })?;
        if !all.contains(&id) {
            all.push(id);
        }
    }
    Ok(all)
}

/// An integer, however it is written: 7.0 is 7.
pub(super) fn integer(body: &Map<String, Json>, name: &str) -> Option<i32> {
    match Value::from_json(PropertyType::Integer, body.get(name)?) {
        Ok(Value::Integer(number)) => i32::try_from(number).ok(),
        _ => None,
    }
}

pub(super) fn texts(body: &Map<String, Json>, name: &str) -> Vec<String> {
    let all = body.get(name).and_then(Json::as_array).into_iter().flatten();
    all.filter_map(Json::as_str).map(ToOwned::to_owned).collect()
}

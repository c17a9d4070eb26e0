//! What a provisioning answers, and the schema of it.

use axum::http::StatusCode;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::wanted::Provisioned;
use crate::http::route::Described;
use crate::model::lifecycle::Status as _;

/// The ids of all that was made. It has no `Debug`, so that no log can hold a secret.
#[derive(Serialize)]
pub(super) struct TenantProvisioned {
    tenant: OfTenant,
    administrator: OfAdministrator,
    roles: Vec<Named>,
    configs: Vec<Keyed>,
    groups: Vec<Named>,
    client: Option<OfClient>,
}

#[derive(Serialize)]
struct OfTenant {
    id: Uuid,
    key: String,
    status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfAdministrator {
    user_id: Uuid,
    user_tenant_id: Uuid,
    role_id: Uuid,
    status: &'static str,
    is_new: bool,
}

#[derive(Serialize)]
struct Named {
    id: Uuid,
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Keyed {
    id: Uuid,
    config_key: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfClient {
    id: i32,
    client_id: String,
    client_secret: String,
}

impl From<Provisioned> for TenantProvisioned {
    fn from(made: Provisioned) -> Self {
        let named = |all: Vec<(String, Uuid)>| all.into_iter().map(|(name, id)| Named { id, name }).collect();
        Self {
            tenant: OfTenant { id: made.tenant, key: made.key, status: made.state.word() },
            administrator: OfAdministrator {
                user_id: made.user,
                user_tenant_id: made.user_tenant,
                role_id: made.role,
                status: made.status.word(),
                is_new: made.is_new,
            },
            roles: named(made.roles),
            configs: made.configs.into_iter().map(|(config_key, id)| Keyed { id, config_key }).collect(),
            groups: named(made.groups),
            client: made.client.map(|client| OfClient {
                id: client.id,
                client_id: client.client_id,
                client_secret: client.client_secret.expose_secret().to_owned(),
            }),
        }
    }
}

impl Described for TenantProvisioned {
    const STATUS: StatusCode = StatusCode::CREATED;

    fn schema() -> Json {
        let id = |description: &str| json!({ "type": "string", "format": "uuid", "description": description });
        let text = |description: &str| json!({ "type": "string", "description": description });
        let object = |description: &str, properties: Json| {
            let required: Vec<&String> = properties.as_object().into_iter().flat_map(serde_json::Map::keys).collect();
            json!({ "type": "object", "description": description, "required": required, "properties": properties })
        };
        let list =
            |description: &str, items: Json| json!({ "type": "array", "description": description, "items": items });
        let named = |what: &str| object(what, json!({ "id": id("Its id."), "name": text("Its name.") }));
        let tenant = json!({
            "id": id("Id of the tenant."),
            "key": text("Its key, as it is stored."),
            "status": { "type": "string", "enum": ["active", "pending"], "description": "Where it stands." },
        });
        let administrator = json!({
            "userId": id("Id of the person."),
            "userTenantId": id("Id of their membership."),
            "roleId": id("Id of their role."),
            "status": text("What the membership is now, in a word."),
            "isNew": { "type": "boolean", "description": "Whether nobody knew the person before." },
        });
        let client = json!({
            "id": { "type": "integer", "description": "The number that users refer to." },
            "clientId": text("The name that it presents."),
            "clientSecret": text("The secret that it presents. No other answer tells it."),
        });
        let mut client = object("The client application; null where none was asked for.", client);
        client["type"] = json!(["object", "null"]);
        let config = json!({ "id": id("Its id."), "configKey": text("Its key.") });
        json!({
            "title": "TenantProvisioned",
            "description": "The ids of all that was made.",
            "type": "object",
            "required": ["tenant", "administrator", "roles", "configs", "groups", "client"],
            "properties": {
                "tenant": object("The tenant.", tenant),
                "administrator": object("The administrator.", administrator),
                "roles": list("Its roles, in the order of the templates.", named("A role.")),
                "configs": list("Its configuration, in the order of the body.", object("A value of it.", config)),
                "groups": list("Its groups, in the order of the body.", named("A group.")),
                "client": client,
            },
            "examples": [{
                "tenant": { "id": "0190c3a0-7b1e-7000-8000-000000000001", "key": "acme", "status": "active" },
                "administrator": {
                    "userId": "0190c3a0-7b1e-7000-8000-000000000002",
                    "userTenantId": "0190c3a0-7b1e-7000-8000-000000000003",
                    "roleId": "0190c3a0-7b1e-7000-8000-000000000011",
                    "status": "registered",
                    "isNew": true,
                },
                "roles": [
                    { "id": "0190c3a0-7b1e-7000-8000-000000000011", "name": "owner" },
                    { "id": "0190c3a0-7b1e-7000-8000-000000000012", "name": "administrator" },
                    { "id": "0190c3a0-7b1e-7000-8000-000000000013", "name": "member" },
                    { "id": "0190c3a0-7b1e-7000-8000-000000000014", "name": "viewer" },
                ],
                "configs": [{ "id": "0190c3a0-7b1e-7000-8000-000000000021", "configKey": "theme" }],
                "groups": [{ "id": "0190c3a0-7b1e-7000-8000-000000000031", "name": "Night shift" }],
                "client": {
                    "id": 1,
                    "clientId": "acme-web",
                    "clientSecret": "sVGd1bQnB3yqv4oXw2bFz0n0hQ8mYk5rJcT7uLxEaPg",
                },
            }],
        })
    }
}

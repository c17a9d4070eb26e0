//! The bodies: a client application to make, and the ones that a person may log in with.

use serde_json::{Map, Value as Json, json};
use user_tenant_store::{Entity as _, schema};

use crate::http::route::{Document, Form};
use crate::model::AuthClient;

/// The most that a person may log in with, as many as their row holds.
const MOST: usize = 1000;
const CLIENTS: &str = "clients";

/// A client application to make.
pub(super) struct NewClient;

impl Document for NewClient {
    const FORM: Form = Form::Create;

    fn schema() -> Json {
        let mut whole = schema::create(AuthClient::meta(), &[]);
        let names = [
            AuthClient::CLIENT_ID.name(),
            AuthClient::REDIRECT_URL.name(),
            AuthClient::ACCESS_TOKEN_EXPIRATION.name(),
            AuthClient::REFRESH_TOKEN_EXPIRATION.name(),
            AuthClient::AUTH_CODE_EXPIRATION.name(),
        ];
        let properties: Map<String, Json> = names
            .into_iter()
            .map(|name| {
                let mut property = whole["properties"][name].take();
                if name.ends_with("Expiration") {
                    property["minimum"] = 0.into();
                }
                (name.to_owned(), property)
            })
            .collect();
        json!({
            "title": "NewAuthClient",
            "description": "A client application. Its secrets are made by the service.",
            "type": "object",
            "additionalProperties": false,
            "required": [AuthClient::CLIENT_ID.name()],
            "properties": properties,
            "examples": [{ "clientId": "acme-web", "redirectUrl": "https://acme.example/login" }],
        })
    }
}

/// The client applications of a person.
pub(super) struct ClientsOfPerson;

impl Document for ClientsOfPerson {
    const FORM: Form = Form::Replace;

    fn schema() -> Json {
        json!({
            "title": "AuthClientsOfUser",
            "description": "The client applications that a person may log in with, and no others.",
            "type": "object",
            "additionalProperties": false,
            "required": [CLIENTS],
            "properties": {
                CLIENTS: {
                    "type": "array",
                    "maxItems": MOST,
                    "uniqueItems": true,
                    "items": { "type": "string", "minLength": 1, "maxLength": 50 },
                    "description": "Their names (`clientId`).",
                },
            },
            "examples": [{ CLIENTS: ["web"] }],
        })
    }
}

/// The names that a body has.
pub(super) fn named(body: &Map<String, Json>) -> Vec<&str> {
    body.get(CLIENTS).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect()
}

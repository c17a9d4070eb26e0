//! What a new client application answers, or one with a new secret, and the schema of it.

use axum::http::StatusCode;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::domain::clients::IssuedClient;
use crate::http::route::Described;

/// A client application with its secret. It has no `Debug`, so that no log can hold one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Issued {
    id: i32,
    client_id: String,
    client_secret: String,
}

impl From<IssuedClient> for Issued {
    fn from(client: IssuedClient) -> Self {
        let client_secret = client.client_secret.expose_secret().to_owned();
        Self { id: client.id, client_id: client.client_id, client_secret }
    }
}

/// The same of one that is new.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Made(pub(super) Issued);

impl Described for Issued {
    fn schema() -> Json {
        json!({
            "title": "IssuedAuthClient",
            "description": "A client application with its new secret.",
            "type": "object",
            "required": ["id", "clientId", "clientSecret"],
            "properties": {
                "id": { "type": "integer", "description": "The number that users refer to." },
                "clientId": { "type": "string", "description": "The name that it presents." },
                "clientSecret": {
                    "type": "string",
                    "description": "The secret that it presents. No other answer tells it.",
                },
            },
            "examples": [{
                "id": 1,
                "clientId": "acme-web",
                "clientSecret": "sVGd1bQnB3yqv4oXw2bFz0n0hQ8mYk5rJcT7uLxEaPg",
            }],
        })
    }
}

impl Described for Made {
    const STATUS: StatusCode = StatusCode::CREATED;

    fn schema() -> Json {
        Issued::schema()
    }
}

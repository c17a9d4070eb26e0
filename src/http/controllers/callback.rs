//! `/user-callback`: a signed request that provisions a tenant with its first user.

use std::future::ready;

use axum::http::Method;
use serde_json::{Map, Value as Json, json};
use user_tenant_store::Entity;
use user_tenant_store::record::{InvalidRecord, New};

use crate::access::entrance::Entrance;
use crate::access::guard::Guard;
use crate::access::sessions::CallerSessions;
use crate::domain::callback::{self, Provisioning};
use crate::error::{Error, Result, Rule};
use crate::http::route::{Document, Empty, Form, Route, Sent};
use crate::model::{Tenant, forms};

/// A signature over the body, with the secret that is shared with the sender.
static SIGNATURE: Entrance = Entrance {
    description: "Needs no token, but a signature.",
    headers: &[
        (
            "x-signature",
            "HMAC-SHA256 with the shared secret, in lower-case hexadecimal, over the body as compact JSON and, behind it, the timestamp.",
        ),
        ("x-timestamp", "When it was signed, in milliseconds since 1970."),
    ],
    check_head: Guard::check_signature_head,
    admit: |guard, headers, body| Box::pin(ready(guard.admit_signed(headers, body))),
};

pub(in crate::http) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::POST,
            "/user-callback",
            "UserWebhookController.callback",
            "Provision a tenant with its first user",
            provision,
        )
        .by(&SIGNATURE),
    ]
}

/// What a callback tells: the tenant, its first user and the client application that it logs in to.
struct UserWebhook;

impl Document for UserWebhook {
    const FORM: Form = Form::Create;

    fn schema() -> Json {
        user_webhook()
    }
}

fn user_webhook() -> Json {
    let text =
        |longest: u32, description: &str| json!({"type": "string", "maxLength": longest, "description": description});
    let seconds = |description: &str| json!({"type": "number", "minimum": 0, "maximum": i32::MAX, "multipleOf": 1, "description": description});
    let audit = json!({
        "deleted": {"type": "boolean"},
        "deletedOn": {"type": ["string", "null"], "format": "date-time"},
        "deletedBy": {"type": ["string", "null"]},
        "createdOn": {"type": "string", "format": "date-time"},
        "modifiedOn": {"type": "string", "format": "date-time"},
    });
    let closed = |required: Json, own: Json| {
        let mut properties = audit.as_object().cloned().unwrap_or_default();
        properties.extend(own.as_object().cloned().unwrap_or_default());
        json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties})
    };
    json!({
        "title": "UserWebhookDTO",
        "description": "A tenant to provision, with its first user and the client application that it logs in to.",
        "type": "object",
        "additionalProperties": false,
        "required": ["email", "tenantName", "tenantKey", "firstName", "authClient"],
        "properties": {
            "email": text(150, "E-mail address of the first user, which is its username too."),
            "phone": {
                "type": "string",
                "maxLength": 15,
                "pattern": r"^\+?[1-9]\d{1,14}$",
                "description": "Telephone number of the first user in international form (E.164).",
            },
            "tenantName": text(100, "Name of the tenant."),
            "tenantKey": {
                "type": "string",
                "minLength": 1,
                "maxLength": 20,
                "description": "Short name that no other tenant has.",
            },
            "firstName": text(50, "Given name of the first user."),
            "lastName": text(50, "Family name of the first user."),
            "middleName": text(50, "Middle name of the first user."),
            "cognitoAuthId": text(100, "Id of the first user at the provider that verifies it."),
            "authClient": closed(
                json!(["clientId", "secret", "accessTokenExpiration", "refreshTokenExpiration", "authCodeExpiration"]),
                json!({
                    "clientId": text(50, "Name that the application presents."),
                    "clientSecret": text(8192, "Secret that the application presents. Asked for, though the original's document leaves it open."),
                    "redirectUrl": text(200, "Where users return to after the login."),
                    "secret": text(8192, "Secret that its tokens are signed with."),
                    "accessTokenExpiration": seconds("Life of access tokens, in seconds."),
                    "refreshTokenExpiration": seconds("Life of refresh tokens, in seconds."),
                    "authCodeExpiration": seconds("Life of authorization codes, in seconds."),
                }),
            ),
            "address": closed(
                json!([]),
                json!({
                    "createdBy": {"type": "string"},
                    "modifiedBy": {"type": "string"},
                    "address": {"type": "string"},
                    "city": {"type": "string"},
                    "state": {"type": "string"},
                    "zip": {"type": "string"},
                    "country": {"type": "string"},
                }),
            ),
        },
    })
}

async fn provision(sessions: CallerSessions, body: Sent<UserWebhook>) -> Result<Empty> {
    let text = |name: &str| body.0.get(name).and_then(Json::as_str).map(ToOwned::to_owned);
    let mut client = Map::new();
    if let Some(Json::Object(sent)) = body.0.get("authClient") {
        client.clone_from(sent);
    }
    if !client.contains_key("clientSecret") {
        // The column cannot be null. The schema does not ask for it, so that refusals list what the original's list.
        return Err(Error::InvalidProperty { property: "authClient/clientSecret".to_owned(), rule: Rule::Required });
    }
    let key = forms::key(&text("tenantKey").unwrap_or_default())
        .map_err(|reason| InvalidRecord::Unwritable("tenantKey", reason))?;
    let wanted = Provisioning {
        tenant: read(&body.0, &[("tenantName", "name")])?.with(Tenant::KEY, key)?,
        client: New::from_json(&client)
            .map_err(|error| told(&[("authClient/clientId", "clientId"), ("authClient/secret", "secret")], error))?,
        user: read(&body.0, &["phone", "firstName", "lastName", "middleName"].map(|name| (name, name)))?,
        email: text("email").unwrap_or_default(),
        auth_id: text("cognitoAuthId"),
    };
    let (session, role) = sessions.provision().await?;
    callback::provision(session, &role, sessions.new_users(), wanted).await?.into_inner();
    Ok(Empty)
}

/// Names of the callback, each with that of our property.
type Names<'a> = &'a [(&'static str, &'static str)];

/// The properties of a row that the callback names in its own way.
fn read<E: Entity>(body: &Map<String, Json>, names: Names<'_>) -> Result<New<E>> {
    let properties = names.iter().filter_map(|(theirs, ours)| Some(((*ours).to_owned(), body.get(*theirs)?.clone())));
    New::from_json(&properties.collect()).map_err(|error| told(names, error).into())
}

/// What is wrong, by the name that the sender knows.
fn told(names: Names<'_>, error: InvalidRecord) -> InvalidRecord {
    match error {
        InvalidRecord::Unwritable(ours, reason) => {
            let theirs = names.iter().find(|(_, known)| *known == ours).map_or(ours, |(theirs, _)| theirs);
            InvalidRecord::Unwritable(theirs, reason)
        }
        other => other,
    }
}

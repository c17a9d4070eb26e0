//! The bodies of the routes, and what is read from them.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::{Map, Value as Json, json};
use user_tenant_store::value::parse_uuid;

use super::resets::{self, Way};
use super::rules::Name;
use super::steps::Typed;
use crate::domain::passwords::Password;
use crate::error::{Error, Result, Rule};
use crate::http::route::{Document, Form};

const CURRENT: &str = "currentPassword";
const PASSWORD: &str = "password";
const DELIVERY: &str = "delivery";
const MAIL: &str = "mail";
const ANSWER: &str = "answer";
const LIFE: &str = "lifeHours";
const USERNAME: &str = "username";
const EMAIL: &str = "email";
const TENANT: &str = "tenantId";
const ADDRESS: &str = "address";
/// The seconds of an hour.
const HOUR: u64 = 3_600;
/// The longest text that is looked at as a password. What is longer than a password may be is refused by its rule, with all others.
const LONGEST: u32 = 1_000;

/// A text of a body.
fn text<'a>(body: &'a Map<String, Json>, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Json::as_str)
}

/// The password of a body.
pub(super) fn password(body: &Map<String, Json>) -> Password {
    Password::new(text(body, PASSWORD).unwrap_or_default())
}

/// The password that the person says they have.
pub(super) fn current(body: &Map<String, Json>) -> Password {
    Password::new(text(body, CURRENT).unwrap_or_default())
}

/// By which way a link goes.
pub(super) fn way(body: &Map<String, Json>) -> Way {
    if text(body, DELIVERY) == Some(ANSWER) { Way::Answer } else { Way::Mail }
}

/// For how long a link is of use.
pub(super) fn life(body: &Map<String, Json>) -> Duration {
    body.get(LIFE).and_then(Json::as_u64).map_or(resets::LIFE, Duration::from_hours)
}

fn hours(life: Duration) -> u64 {
    life.as_secs() / HOUR
}

/// What somebody has typed to log in.
pub(super) fn typed(body: &Map<String, Json>) -> Result<Typed> {
    let name = match (text(body, USERNAME), text(body, EMAIL)) {
        (Some(username), _) => Name::Username(username.to_owned()),
        (None, Some(address)) => Name::Email(address.to_owned()),
        (None, None) => return Err(Error::InvalidProperty { property: USERNAME.to_owned(), rule: Rule::Required }),
    };
    let address = text(body, ADDRESS).map(|address| {
        let wrong = || Rule::Type("must be an address of IPv4 or IPv6".to_owned());
        address.parse().map_err(|_| Error::InvalidProperty { property: ADDRESS.to_owned(), rule: wrong() })
    });
    Ok(Typed {
        name,
        password: password(body),
        tenant: text(body, TENANT).and_then(|id| parse_uuid(id).ok()),
        address: address.transpose()?.map(|address: IpAddr| address.to_canonical()),
    })
}

fn secret(description: &str) -> Json {
    json!({ "type": "string", "minLength": 1, "maxLength": LONGEST, "description": description })
}

/// A new password, and the one that is.
pub(super) struct OwnPassword;

impl Document for OwnPassword {
    const FORM: Form = Form::Replace;

    fn schema() -> Json {
        json!({
            "title": "OwnPassword",
            "description": "A new password, and the one that is.",
            "type": "object",
            "additionalProperties": false,
            "required": [CURRENT, PASSWORD],
            "properties": {
                CURRENT: secret("The password that the person has."),
                PASSWORD: secret("The new one. By default it has at least 12 characters, and takes at most 72 bytes."),
            },
            "examples": [{ CURRENT: "correct horse battery staple", PASSWORD: "four random words again" }],
        })
    }
}

/// How a person is let set a new password.
pub(super) struct ResetOrder;

impl Document for ResetOrder {
    const FORM: Form = Form::Create;

    fn schema() -> Json {
        json!({
            "title": "PasswordResetOrder",
            "description": "How the person gets the link by which they set a new password.",
            "type": "object",
            "additionalProperties": false,
            "properties": {
                DELIVERY: {
                    "type": "string",
                    "enum": [MAIL, ANSWER],
                    "default": MAIL,
                    "description": "`mail`: to the person's address, where the tenant is their home. `answer`: in the answer, for who hands it on; only for callers who reach every tenant.",
                },
                LIFE: {
                    "type": "integer", "minimum": 1, "maximum": hours(resets::LONGEST_LIFE), "default": hours(resets::LIFE),
                    "description": "For how many hours the link is of use.",
                },
            },
            "examples": [{ DELIVERY: MAIL, LIFE: hours(resets::LIFE) }],
        })
    }
}

/// A new password, by a token.
pub(super) struct NewPassword;

impl Document for NewPassword {
    const FORM: Form = Form::Create;

    fn schema() -> Json {
        json!({
            "title": "NewPassword",
            "description": "A new password.",
            "type": "object",
            "additionalProperties": false,
            "required": [PASSWORD],
            "properties": {
                PASSWORD: secret("The password. By default it has at least 12 characters, and takes at most 72 bytes."),
            },
            "examples": [{ PASSWORD: "correct horse battery staple" }],
        })
    }
}

/// What somebody has typed to log in.
pub(super) struct Credentials;

impl Document for Credentials {
    const FORM: Form = Form::Create;

    fn schema() -> Json {
        json!({
            "title": "Credentials",
            "description": "What somebody has typed to log in: a username or an e-mail address, and a password.",
            "type": "object",
            "additionalProperties": false,
            "required": [PASSWORD],
            "properties": {
                USERNAME: { "type": "string", "minLength": 1, "maxLength": 150, "description": "The username, in any case." },
                EMAIL: { "type": "string", "minLength": 1, "maxLength": 150, "description": "The e-mail address, where no username is given." },
                PASSWORD: secret("The password."),
                TENANT: { "type": "string", "format": "uuid", "description": "The tenant to work in; by default the person's home, or that of a caller who reaches no other." },
                ADDRESS: { "type": "string", "maxLength": 45, "description": "The IP address of whoever typed it: many failures from one are refused." },
            },
            "examples": [{ USERNAME: "ann", PASSWORD: "correct horse battery staple" }],
        })
    }
}

//! Bodies of invitations: who is invited, for how long, and what somebody says who comes.

use serde_json::{Map, Value as Json, json};
use user_tenant_store::record::New;
use user_tenant_store::{Entity as _, schema};

use super::rules::{Invitee, InviteeRole, LIFE, LONGEST_LIFE, MOST};
use crate::error::{Error, Result};
use crate::features::reason::{self, REASON};
use crate::http::route::{Document, Form};
use crate::model::User;

pub(super) const INVITATIONS: &str = "invitations";
pub(super) const LIFE_HOURS: &str = "lifeHours";
/// How a language is written, and a region behind it.
const LOCALE: &str = "^[A-Za-z]{2,3}([-_][A-Za-z]{2})?$";
const PROFILE: &str = "profile";
pub(super) const PASSWORD: &str = "password";
/// What somebody new says of themselves.
fn of_profile() -> [&'static str; 9] {
    [
        User::FIRST_NAME.name(),
        User::LAST_NAME.name(),
        User::MIDDLE_NAME.name(),
        User::DESIGNATION.name(),
        User::PHONE.name(),
        User::PHOTO_URL.name(),
        User::GENDER.name(),
        User::DOB.name(),
        User::USERNAME.name(),
    ]
}

fn life() -> Json {
    json!({
        "type": "integer", "minimum": 1, "maximum": LONGEST_LIFE, "default": LIFE,
        "description": "For how many hours they can be accepted.",
    })
}

/// People to invite.
pub(super) struct Invitations;

impl Document for Invitations {
    const FORM: Form = Form::Create;

    fn schema() -> Json {
        let text = |most: usize, description: &str| json!({ "type": "string", "minLength": 1, "maxLength": most, "description": description });
        json!({
            "title": "InvitationsToMake",
            "description": "People to invite. What is wrong with one of them is told in the answer, and loses nothing of the others.",
            "type": "object",
            "additionalProperties": false,
            "required": [INVITATIONS],
            "properties": {
                INVITATIONS: {
                    "type": "array", "minItems": 1,
                    "description": format!("Who: {MOST} at most, or the answer is a 413."),
                    "items": {
                        "type": "object",
                        "additionalProperties": false,
                        "required": ["address"],
                        "properties": {
                            "address": text(1_000, "Their e-mail address."),
                            "roleId": text(1_000, "Id of the role that they get, one of the tenant; or `role`."),
                            "role": text(1_000, "Name of that role, in any case."),
                            "groupIds": {
                                "type": "array", "maxItems": 100,
                                "description": "Ids of the groups that they come into.",
                                "items": { "type": "string", "maxLength": 1_000 },
                            },
                            "locale": {
                                "type": "string", "pattern": LOCALE,
                                "description": "Language and region of the mail and of the membership: `en`, `pt-br`.",
                            },
                            "firstName": text(50, "Their given name, where it is known; they may say another."),
                            "lastName": text(50, "Their family name, where it is known."),
                        },
                    },
                },
                LIFE_HOURS: life(),
                REASON: reason::schema(),
            },
            "examples": [{
                INVITATIONS: [{ "address": "ben@acme.example", "role": "member", "firstName": "Ben", "locale": "en" }],
                LIFE_HOURS: 48,
            }],
        })
    }
}

/// Who is to be invited. Of a role that is named twice or not at all, the place says so.
pub(super) fn invitees(body: &Map<String, Json>) -> Result<Vec<Invitee>> {
    let sent: Vec<_> = body.get(INVITATIONS).and_then(Json::as_array).into_iter().flatten().collect();
    if sent.len() > MOST {
        return Err(Error::TooManyItems { property: INVITATIONS, limit: MOST });
    }
    let invitee = |sent: &Json| {
        let text = |name: &str| sent[name].as_str().map(ToOwned::to_owned);
        let groups = sent["groupIds"].as_array().into_iter().flatten();
        Invitee {
            address: text("address").unwrap_or_default(),
            role: match (text("roleId"), text("role")) {
                (Some(id), None) => Some(InviteeRole::Id(id)),
                (None, Some(name)) => Some(InviteeRole::Name(name)),
                _ => None,
            },
            groups: groups.filter_map(Json::as_str).map(ToOwned::to_owned).collect(),
            locale: text("locale"),
            first_name: text("firstName"),
            last_name: text("lastName"),
        }
    };
    Ok(sent.into_iter().map(invitee).collect())
}

/// How an invitation is sent again.
pub(super) struct Again;

impl Document for Again {
    const FORM: Form = Form::Create;
    const OPTIONAL: bool = true;

    fn schema() -> Json {
        json!({
            "title": "InvitationToSendAgain",
            "description": "For how long the invitation is to last, from now on.",
            "type": "object",
            "additionalProperties": false,
            "properties": { LIFE_HOURS: life(), REASON: reason::schema() },
            "examples": [{ LIFE_HOURS: 48 }],
        })
    }
}

/// How many hours an invitation is to last.
pub(super) fn hours(body: &Map<String, Json>) -> i64 {
    body.get(LIFE_HOURS).and_then(Json::as_i64).unwrap_or(LIFE)
}

/// What somebody says who comes.
pub(super) struct Acceptance;

impl Document for Acceptance {
    const FORM: Form = Form::Create;
    const OPTIONAL: bool = true;

    fn schema() -> Json {
        let mut whole = schema::create(User::meta(), &[]);
        let properties = of_profile().map(|name| (name.to_owned(), whole["properties"][name].take()));
        let properties: Map<String, Json> = properties.into_iter().collect();
        let mut profile = json!({
            "type": "object",
            "description": "Somebody new, in their own words. Of a person who is known it changes nothing.",
            "additionalProperties": false,
            "properties": properties,
        });
        profile["properties"]["username"]["description"] = "Name to log in with; without it, the address.".into();
        json!({
            "title": "InvitationAcceptance",
            "description": "What somebody says who accepts an invitation.",
            "type": "object",
            "additionalProperties": false,
            "properties": {
                PROFILE: profile,
                PASSWORD: {
                    "type": "string", "minLength": 1, "maxLength": 1_000,
                    "description": "Password of somebody new, where passwords are kept here. Who is known logs in with the one that they have.",
                },
            },
            "examples": [{ PROFILE: { "firstName": "Ben", "lastName": "Moe" }, PASSWORD: "five grey cats asleep" }],
        })
    }
}

/// The profile of who comes, and the username that they wish for.
pub(super) fn profile(body: &Map<String, Json>) -> Result<(New<User>, Option<String>)> {
    let mut sent = body.get(PROFILE).and_then(Json::as_object).cloned().unwrap_or_default();
    let username = sent.remove(User::USERNAME.name()).as_ref().and_then(Json::as_str).map(ToOwned::to_owned);
    Ok((New::from_json(&sent).map_err(|error| Error::from(error).within(PROFILE))?, username))
}

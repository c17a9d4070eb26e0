//! `/permissions`, `/permissions/check` and `/user-tenants/{id}/effective-permissions`.

use axum::http::Method;
use serde_json::{Value as Json, json};
use user_tenant_store::value::parse_uuid;
use uuid::Uuid;

use super::answers::{Catalogue, Decisions, EffectivePermissions, Known, Taking};
use super::rules::{self, PermissionQuestion};
use crate::access::sessions::CallerSessions;
use crate::error::{Error, Result, Sought};
use crate::http::locators::MEMBERSHIP;
use crate::http::route::{Document, Form, Route, Sent, Told};
use crate::http::surface::Surface;
use crate::model::UserTenant;
use crate::model::permission::{ALL, VIEW_ROLES, VIEW_USER_PERMISSIONS, VIEW_USER_TENANT, number};

/// Most questions of one request.
const MOST: usize = 1_000;
/// The longest key of a permission that may be asked for, in characters.
const LONGEST: usize = 100;

/// What a key that no route asks for means.
const FOR_APPLICATIONS: &str = "For applications: no route of this service asks for it";

/// What a key of the application means that it says nothing of.
const OF_APPLICATION: &str = "The application's own: its routes ask for it";

const CHECKS: &str = "checks";
const USER_TENANT_ID: &str = "userTenantId";
const PERMISSION: &str = "permission";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            "/permissions",
            "PermissionController.find",
            "List all permissions and their routes",
            find,
        )
        .any_of(&[VIEW_ROLES, number::VIEW_ROLES])
        .surface(Surface::Problem),
        Route::new(
            Method::POST,
            "/permissions/check",
            "PermissionController.check",
            "Ask whether members may do something",
            check,
        )
        .any_of(&[VIEW_USER_TENANT, VIEW_USER_PERMISSIONS, number::VIEW_USER_PERMISSIONS])
        .that_reads()
        .surface(Surface::Problem),
        Route::new(
            Method::GET,
            "/user-tenants/{id}/effective-permissions",
            "UserTenantEffectivePermissionController.find",
            "Tell what a member may do, and why",
            effective,
        )
        .any_of(&[VIEW_USER_TENANT, VIEW_USER_PERMISSIONS, number::VIEW_USER_PERMISSIONS])
        .on(&MEMBERSHIP)
        .surface(Surface::Problem),
    ]
}

/// The questions.
struct Questions;

impl Document for Questions {
    const FORM: Form = Form::Create;

    fn schema() -> Json {
        json!({
            "title": "PermissionQuestions",
            "description": "Whether these members may do this.",
            "type": "object",
            "additionalProperties": false,
            "required": [CHECKS],
            "properties": {
                CHECKS: {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": MOST,
                    "items": {
                        "title": "PermissionQuestion",
                        "type": "object",
                        "additionalProperties": false,
                        "required": [USER_TENANT_ID, PERMISSION],
                        "properties": {
                            USER_TENANT_ID: { "type": "string", "format": "uuid", "description": "Id of the membership." },
                            PERMISSION: {
                                "type": "string",
                                "minLength": 1,
                                "maxLength": LONGEST,
                                "description": "By name or number.",
                            },
                        },
                    },
                },
            },
            "examples": [{
                CHECKS: [{ USER_TENANT_ID: "0190c3a0-7b1e-7000-8000-000000000003", PERMISSION: "ViewRoles" }],
            }],
        })
    }
}

async fn find(sessions: CallerSessions) -> Result<Told<Catalogue>> {
    let routes = crate::http::routes();
    let taking = |name: &str, number: Option<&str>| {
        let takes = |route: &&Route| route.permissions.iter().any(|key| *key == name || Some(*key) == number);
        let told =
            |route: &Route| Taking { method: route.method.to_string(), path: route.path, operation: route.operation };
        routes.iter().filter(takes).map(told).collect()
    };
    let ours = ALL.iter().map(|permission| Known {
        name: permission.name.to_owned(),
        number: permission.number,
        meaning: permission.meaning.unwrap_or(FOR_APPLICATIONS).to_owned(),
        of_application: false,
        routes: taking(permission.name, permission.number),
    });
    let own = sessions.catalogue().own().iter().map(|own| Known {
        name: own.name.clone().into_owned(),
        number: None,
        meaning: own.meaning.as_deref().unwrap_or(OF_APPLICATION).to_owned(),
        of_application: true,
        routes: Vec::new(),
    });
    let mut known: Vec<_> = ours.chain(own).collect();
    known.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(Told(Catalogue(known)))
}

async fn effective(sessions: CallerSessions) -> Result<Told<EffectivePermissions>> {
    let (session, membership) = (sessions.read_tenant(), sessions.subject());
    let held = rules::effective(&session, sessions.acceptance(), membership).await?;
    held.map(Told).ok_or_else(|| Error::NotFound(Sought::of::<UserTenant>(&membership)))
}

async fn check(sessions: CallerSessions, body: Sent<Questions>) -> Result<Told<Decisions>> {
    let asked = body.0.get(CHECKS).and_then(Json::as_array).into_iter().flatten();
    let questions: Vec<_> = asked.map(question).collect();
    // A master reaches the members of all tenants.
    let session = sessions.read_tenants();
    let results = rules::decide(&session, sessions.acceptance(), questions).await?;
    Ok(Told(Decisions { results }))
}

/// A question, as the schema lets it through.
fn question(asked: &Json) -> PermissionQuestion {
    let text = |name: &str| asked.get(name).and_then(Json::as_str).unwrap_or_default();
    let membership = parse_uuid(text(USER_TENANT_ID)).unwrap_or(Uuid::nil());
    PermissionQuestion { membership, permission: text(PERMISSION).to_owned() }
}

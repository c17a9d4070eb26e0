//! `/role-templates`: what the deployment makes roles from, for masters alone.

use axum::http::Method;
use serde_json::{Map, Value as Json, json};
use user_tenant_store::value::parse_uuid;
use uuid::Uuid;

use super::answers::{Applications, Applied, Differing, History, Refusal, Saved, Templates};
use super::differences::{self, Versions};
use super::rules::{self, Application, RoleTemplateVersion};
use crate::access::sessions::CallerSessions;
use crate::error::{Error, Result, Rule};
use crate::http::route::{By, Document, Empty, Form, Given, Kind, Named, Parameter, Parameters, Route, Sent, Told};
use crate::http::surface::Surface;
use crate::model::permission::{CREATE_ROLES, DELETE_ROLES, UPDATE_ROLES, VIEW_ROLES, number};

const TEMPLATES: &str = "/role-templates";
const TEMPLATE: &str = "/role-templates/{name}";

const CREATE: &[&str] = &[CREATE_ROLES, number::CREATE_ROLES];
const VIEW: &[&str] = &[VIEW_ROLES, number::VIEW_ROLES];

const NAME: &str = "name";
const DESCRIPTION: &str = "description";
const ROLE_TYPE: &str = "roleType";
const PERMISSIONS: &str = "permissions";
const EXPECTED: &str = "expectedVersion";
const TENANTS: &str = "tenantIds";
const CREATE_MISSING: &str = "create";
const OVERWRITE: &str = "overwrite";
const REASON: &str = "reason";
const BEFORE: &str = "before";
const CURSOR: &str = "cursor";
const LIMIT: &str = "limit";

/// How many rows an answer has unless it is told otherwise, and at most.
const USUAL: u32 = 100;
const MOST: u32 = 500;
/// Most tenants of one request.
const MOST_TENANTS: usize = 100;

pub(super) fn routes() -> Vec<Route> {
    let all = vec![
        Route::new(Method::GET, TEMPLATES, "RoleTemplateController.find", "List the role templates", find).any_of(VIEW),
        Route::new(Method::POST, TEMPLATES, "RoleTemplateController.save", "Save a role template", save)
            .any_of(CREATE)
            .idempotent(),
        Route::new(Method::GET, TEMPLATE, "RoleTemplateController.findByName", "Read a role template", find_by_name)
            .any_of(VIEW),
        Route::new(Method::DELETE, TEMPLATE, "RoleTemplateController.retire", "Retire a role template", retire)
            .any_of(&[DELETE_ROLES, number::DELETE_ROLES]),
        Route::new(
            Method::GET,
            "/role-templates/{name}/differences",
            "RoleTemplateController.differences",
            "List the roles that differ from their template",
            differing,
        )
        .any_of(VIEW),
        Route::new(
            Method::POST,
            "/role-templates/{name}/apply",
            "RoleTemplateController.apply",
            "Give tenants' roles what their template says",
            apply,
        )
        .any_of(&[UPDATE_ROLES, number::UPDATE_ROLES])
        .idempotent(),
    ];
    all.into_iter().map(|route| route.for_masters().surface(Surface::Problem)).collect()
}

/// A template to save.
struct Wanted;

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
struct Apply;

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
                    "description": "The version to apply: where it is not the newest, the request is refused.",
                },
                REASON: { "type": "string", "maxLength": 500, "description": "Why; the events tell it." },
            },
            "examples": [{ TENANTS: ["0190c3a0-7b1e-7000-8000-000000000001"], CREATE_MISSING: true, REASON: "Readers look at roles too" }],
        })
    }
}

/// Which versions to read.
struct Which {
    before: Option<i32>,
    limit: usize,
}

impl Parameters for Which {
    const ALL: &'static [Parameter] = &[
        Parameter { name: BEFORE, kind: Kind::Number(1, i32::MAX as u32), description: "Versions before this one" },
        Parameter { name: LIMIT, kind: Kind::Number(1, MOST), description: "Most versions of the answer" },
    ];

    fn read(given: &Given) -> Result<Self> {
        let before = given.number(BEFORE)?.and_then(|version| i32::try_from(version).ok());
        Ok(Self { before, limit: limit(given)? })
    }
}

/// Which differences to read.
struct Behind {
    cursor: Option<Uuid>,
    limit: usize,
}

impl Parameters for Behind {
    const ALL: &'static [Parameter] = &[
        Parameter { name: CURSOR, kind: Kind::Text, description: "`next` of the page before" },
        Parameter { name: LIMIT, kind: Kind::Number(1, MOST), description: "Most roles of the page" },
    ];

    fn read(given: &Given) -> Result<Self> {
        let cursor = given.read(CURSOR, "must be `next` of the page before", |text| parse_uuid(text).ok())?;
        Ok(Self { cursor, limit: limit(given)? })
    }
}

fn limit(given: &Given) -> Result<usize> {
    Ok(given.number(LIMIT)?.unwrap_or(USUAL) as usize)
}

async fn find(sessions: CallerSessions) -> Result<Told<Templates>> {
    let all = rules::list(&sessions.read_templates()?).await?;
    Ok(Told(Templates(all.into_iter().map(Saved::from).collect())))
}

async fn find_by_name(sessions: CallerSessions, name: Named, which: By<Which>) -> Result<Told<History>> {
    let Which { before, limit } = which.0;
    let (versions, more) = rules::history(&sessions.read_templates()?, &name.0, before, limit).await?;
    Ok(Told(History { versions: versions.into_iter().map(Saved::from).collect(), more }))
}

async fn save(sessions: CallerSessions, body: Sent<Wanted>) -> Result<Told<Saved>> {
    let text = |name: &str| body.0.get(name).and_then(Json::as_str).map(ToOwned::to_owned);
    let wanted = RoleTemplateVersion {
        name: text(NAME).unwrap_or_default(),
        description: text(DESCRIPTION),
        role_type: integer(&body.0, ROLE_TYPE),
        permissions: texts(&body.0, PERMISSIONS),
        expected: integer(&body.0, EXPECTED),
    };
    let session = sessions.write_templates().await?;
    Ok(Told(rules::save(session, &sessions.principal(), wanted).await?.into_inner().into()))
}

async fn retire(sessions: CallerSessions, name: Named) -> Result<Empty> {
    let session = sessions.write_templates().await?;
    rules::retire(session, &name.0).await?.into_inner();
    Ok(Empty)
}

async fn differing(sessions: CallerSessions, name: Named, behind: By<Behind>) -> Result<Told<Differing>> {
    let session = sessions.read_templates()?;
    let newest = rules::last(&session, &name.0).await?;
    let version = newest.version;
    let (differences, next) = differences::page(&session, newest, behind.0.cursor, behind.0.limit).await?;
    Ok(Told(Differing { version, differences, next }))
}

async fn apply(sessions: CallerSessions, name: Named, body: Sent<Apply>) -> Result<Told<Applications>> {
    let is = |name: &str| body.0.get(name).and_then(Json::as_bool).unwrap_or_default();
    let how = Application { create: is(CREATE_MISSING), overwrite: is(OVERWRITE) };
    let tenants = tenants(&body.0)?;
    let principal = sessions.principal();
    if how.create && !CREATE.iter().any(|permission| principal.permissions.contains(permission)) {
        return Err(Error::PermissionNotHeld { permission: Some(CREATE_ROLES.to_owned()) });
    }
    let newest = rules::current(&sessions.read_templates()?, &name.0).await?;
    let version = newest.version;
    if integer(&body.0, EXPECTED).is_some_and(|expected| expected != version) {
        return Err(Error::TemplateChanged { version });
    }
    let reason = body.0.get(REASON).and_then(Json::as_str).map(str::trim).filter(|reason| !reason.is_empty());
    // A transaction a tenant: of several, none is that of the answer. To do it twice is to find nothing to do.
    let each = if tenants.len() == 1 { sessions.clone() } else { sessions.apart() };
    let mut versions = Versions::of(newest);
    let mut results = Vec::with_capacity(tenants.len());
    for tenant_id in tenants {
        let session = each.write_roles_of_template(tenant_id).await?.because(reason);
        let applied = rules::apply(session, &principal, tenant_id, &mut versions, how).await;
        results.push(match applied {
            Ok(applied) => applied.into_inner(),
            Err(refused) if (400..500).contains(&refused.code().row().status) => {
                Applied { tenant_id, roles: Vec::new(), refused: Some(Refusal::from(&refused)) }
            }
            Err(failed) => return Err(failed),
        });
    }
    Ok(Told(Applications { version, results }))
}

/// The tenants that a body names, each once.
fn tenants(body: &Map<String, Json>) -> Result<Vec<Uuid>> {
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

fn integer(body: &Map<String, Json>, name: &str) -> Option<i32> {
    body.get(name).and_then(Json::as_i64).and_then(|number| i32::try_from(number).ok())
}

fn texts(body: &Map<String, Json>, name: &str) -> Vec<String> {
    let all = body.get(name).and_then(Json::as_array).into_iter().flatten();
    all.filter_map(Json::as_str).map(ToOwned::to_owned).collect()
}

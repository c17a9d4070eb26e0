//! `/role-templates`: what the deployment makes roles from, for masters alone.

use axum::http::Method;
use serde_json::Value as Json;

use super::answers::{Applications, Applied, History, Refusal, Saved, Templates};
use super::body::{
    Apply, CREATE_MISSING, DESCRIPTION, EXPECTED, NAME, OVERWRITE, PERMISSIONS, ROLE_TYPE, Wanted, integer, tenants,
    texts,
};
use super::difference::Differing;
use super::differences::{self, Versions};
use super::parameters::{Behind, Which};
use super::rules::{self, Application, RoleTemplateVersion};
use crate::access::sessions::CallerSessions;
use crate::error::{Error, Result};
use crate::features::reason;
use crate::http::route::{By, Empty, Named, Route, Sent, Told};
use crate::http::surface::Surface;
use crate::model::permission::{CREATE_ROLES, DELETE_ROLES, UPDATE_ROLES, VIEW_ROLES, number};

const TEMPLATES: &str = "/role-templates";
const TEMPLATE: &str = "/role-templates/{name}";

const CREATE: &[&str] = &[CREATE_ROLES, number::CREATE_ROLES];
const VIEW: &[&str] = &[VIEW_ROLES, number::VIEW_ROLES];

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
    let reason = reason::of(&body.0);
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

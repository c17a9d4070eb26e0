//! `/tenants/{id}/activate` and the like, `/tenants/{id}/users/{userId}/suspend`, `/users/{id}/deactivate`, and a tenant's limits.

use axum::http::Method;
use serde_json::{Value as Json, json};
use user_tenant_store::record::Patch;

use super::answers::{PersonLife, Step, TenantLife};
use super::rules;
use crate::access::sessions::CallerSessions;
use crate::domain::users::{self, Change, Wanted};
use crate::error::{Error, Result};
use crate::features::reason::{self, REASON};
use crate::http::locators::{ACTIVE_TENANT, ANY_TENANT};
use crate::http::route::{Document, Form, Route, RowId, Sent, Told};
use crate::http::surface::Surface;
use crate::model::lifecycle::{ACTIVATE, ARCHIVE, DEACTIVATE, REACTIVATE, RESTORE, SUSPEND, Status as _};
use crate::model::permission::{
    DELETE_TENANT, UPDATE_TENANT, UPDATE_TENANT_USER, VIEW_TENANT, VIEW_TENANT_USER, number,
};
use crate::model::{Tenant, User, UserStatus};

const VIEW: &[&str] = &[VIEW_TENANT, number::VIEW_TENANT];
const VIEW_USER: &[&str] = &[VIEW_TENANT_USER, number::VIEW_TENANT_USER];
const UPDATE: &[&str] = &[UPDATE_TENANT, number::UPDATE_TENANT];
const DELETE: &[&str] = &[DELETE_TENANT, number::DELETE_TENANT];
const UPDATE_USER: &[&str] = &[UPDATE_TENANT_USER, number::UPDATE_TENANT_USER];

/// A route of a tenant's life, for masters: it is not for a tenant to open itself again.
macro_rules! of_tenant {
    ($step:literal, $operation:literal, $summary:literal, $permissions:ident, $handler:ident) => {
        Route::new(Method::POST, concat!("/tenants/{id}/", $step), $operation, $summary, $handler)
            .any_of($permissions)
            .on(&ANY_TENANT)
            .for_masters()
            .idempotent()
            .surface(Surface::Problem)
    };
}

/// A route of a membership's life.
macro_rules! of_member {
    ($step:literal, $operation:literal, $summary:literal, $handler:ident) => {
        Route::new(Method::POST, concat!("/tenants/{id}/users/{userId}/", $step), $operation, $summary, $handler)
            .any_of(UPDATE_USER)
            .on(&ACTIVE_TENANT)
            .idempotent()
            .surface(Surface::Problem)
    };
}

/// A route of a person's life, in all tenants.
macro_rules! of_person {
    ($step:literal, $operation:literal, $summary:literal, $handler:ident) => {
        Route::new(Method::POST, concat!("/users/{id}/", $step), $operation, $summary, $handler)
            .any_of(UPDATE_USER)
            .for_masters()
            .idempotent()
            .surface(Surface::Problem)
    };
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        of_tenant!("activate", "TenantLifeController.activate", "Open a tenant", UPDATE, activate_tenant),
        of_tenant!("suspend", "TenantLifeController.suspend", "Suspend a tenant", UPDATE, suspend_tenant),
        of_tenant!("archive", "TenantLifeController.archive", "Archive a tenant", DELETE, archive),
        of_tenant!("restore", "TenantLifeController.restore", "Restore an archived tenant", UPDATE, restore),
        Route::new(
            Method::GET,
            "/tenants/{id}/lifecycle",
            "TenantLifeController.find",
            "Tell where a tenant stands",
            find,
        )
        .any_of(VIEW)
        .on(&ANY_TENANT)
        .surface(Surface::Problem),
        Route::new(
            Method::PATCH,
            "/tenants/{id}/limits",
            "TenantLifeController.limit",
            "Limit the members of a tenant",
            limit,
        )
        .any_of(UPDATE)
        .on(&ANY_TENANT)
        .for_masters()
        .surface(Surface::Problem),
        of_member!("activate", "TenantUserLifeController.activate", "Activate an invited member", activate_member),
        of_member!("suspend", "TenantUserLifeController.suspend", "Suspend a member", suspend_member),
        of_member!("reactivate", "TenantUserLifeController.reactivate", "Let a suspended member in", reactivate_member),
        Route::new(
            Method::GET,
            "/users/{id}/lifecycle",
            "UserLifeController.find",
            "Tell whether a person is deactivated",
            find_person,
        )
        .any_of(VIEW_USER)
        .for_masters()
        .surface(Surface::Problem),
        of_person!("deactivate", "UserLifeController.deactivate", "Deactivate a person everywhere", deactivate),
        of_person!("reactivate", "UserLifeController.reactivate", "Reactivate a person", reactivate),
    ]
}

/// Why a step is taken.
struct Reason;

impl Document for Reason {
    const FORM: Form = Form::Create;
    const OPTIONAL: bool = true;

    fn schema() -> Json {
        json!({
            "title": "ReasonOfStep",
            "description": "Why the step is taken; the events tell it.",
            "type": "object",
            "additionalProperties": false,
            "properties": { REASON: reason::schema() },
            "examples": [{ REASON: "Not paid" }],
        })
    }
}

/// The limits of a tenant.
struct Limits;

impl Document for Limits {
    const FORM: Form = Form::Partial;

    fn schema() -> Json {
        json!({
            "title": "TenantLimits",
            "description": "What is absent stays as it is; null lifts a limit.",
            "type": "object",
            "additionalProperties": false,
            "properties": limits(0),
            "examples": [{ "maxMembers": 50, "maxInvitations": null }],
        })
    }
}

/// The properties of the limits, of which those of members begin with `least`.
pub(in crate::features) fn limits(least: u32) -> Json {
    let number = |least: u32, most: i32, description: &str| json!({ "type": ["integer", "null"], "minimum": least, "maximum": most, "description": description });
    json!({
        Tenant::MAX_MEMBERS.name(): number(least, i32::MAX, "How many members it may have who may act."),
        Tenant::MAX_INVITATIONS.name(): number(least, i32::MAX, "How many of them may not have come yet."),
        Tenant::RETENTION_DAYS.name(): number(0, 36_500, "For how many days it can be restored once it is archived."),
    })
}

/// The reason that a body gives, if it gives one.
fn told(reason: &Sent<Reason>) -> Option<&str> {
    reason::of(&reason.0)
}

async fn find(sessions: CallerSessions) -> Result<Told<TenantLife>> {
    let session = sessions.read_tenants();
    Ok(Told(rules::life(&session, sessions.tenant(), sessions.retention_days()).await?))
}

async fn find_person(sessions: CallerSessions, user: RowId<User>) -> Result<Told<PersonLife>> {
    Ok(Told(rules::life_of_person(&sessions.read_tenants(), user.0).await?))
}

async fn limit(sessions: CallerSessions, body: Sent<Limits>) -> Result<Told<TenantLife>> {
    // How long an archived tenant is kept says when it is purged.
    if body.0.contains_key(Tenant::RETENTION_DAYS.name()) {
        let principal = sessions.principal();
        if !DELETE.iter().any(|permission| principal.permissions.contains(permission)) {
            return Err(Error::PermissionNotHeld { permission: Some(DELETE_TENANT.to_owned()) });
        }
    }
    let session = sessions.write_tenants().await?;
    rules::limit(session, sessions.tenant(), Patch::from_json(&body.0)?).await?.into_inner();
    find(sessions).await
}

async fn activate_tenant(sessions: CallerSessions, reason: Sent<Reason>) -> Result<Told<Step>> {
    tenant(sessions, &reason, ACTIVATE).await
}

async fn suspend_tenant(sessions: CallerSessions, reason: Sent<Reason>) -> Result<Told<Step>> {
    tenant(sessions, &reason, SUSPEND).await
}

async fn archive(sessions: CallerSessions, reason: Sent<Reason>) -> Result<Told<Step>> {
    tenant(sessions, &reason, ARCHIVE).await
}

async fn restore(sessions: CallerSessions, reason: Sent<Reason>) -> Result<Told<Step>> {
    tenant(sessions, &reason, RESTORE).await
}

async fn tenant(sessions: CallerSessions, reason: &Sent<Reason>, step: &'static str) -> Result<Told<Step>> {
    let session = sessions.write_tenants().await?.because(told(reason));
    let id = sessions.tenant();
    let next = rules::tenant(session, id, step, sessions.retention_days()).await?.into_inner();
    Ok(Told(Step { id, status: next.word() }))
}

async fn activate_member(sessions: CallerSessions, user: RowId<User>, reason: Sent<Reason>) -> Result<Told<Step>> {
    member(sessions, user, &reason, ACTIVATE).await
}

async fn suspend_member(sessions: CallerSessions, user: RowId<User>, reason: Sent<Reason>) -> Result<Told<Step>> {
    member(sessions, user, &reason, SUSPEND).await
}

async fn reactivate_member(sessions: CallerSessions, user: RowId<User>, reason: Sent<Reason>) -> Result<Told<Step>> {
    member(sessions, user, &reason, REACTIVATE).await
}

async fn member(
    sessions: CallerSessions,
    user: RowId<User>,
    reason: &Sent<Reason>,
    step: &'static str,
) -> Result<Told<Step>> {
    let change = Change { person: None, role: None, status: Some(Wanted::Step(step)) };
    let session = sessions.change_member(&change).await?.because(told(reason));
    let status = users::update(session, sessions.principal(), sessions.tenant(), user.0, change).await?.into_inner();
    Ok(Told(Step { id: user.0, status: UserStatus::try_from(status).map_or("unknown", UserStatus::word) }))
}

async fn deactivate(sessions: CallerSessions, user: RowId<User>, reason: Sent<Reason>) -> Result<Told<Step>> {
    person(sessions, user, &reason, DEACTIVATE).await
}

async fn reactivate(sessions: CallerSessions, user: RowId<User>, reason: Sent<Reason>) -> Result<Told<Step>> {
    person(sessions, user, &reason, REACTIVATE).await
}

async fn person(
    sessions: CallerSessions,
    user: RowId<User>,
    reason: &Sent<Reason>,
    step: &'static str,
) -> Result<Told<Step>> {
    let session = sessions.change_person().await?.because(told(reason));
    let next = rules::person(session, &sessions.principal(), user.0, step).await?.into_inner();
    Ok(Told(Step { id: user.0, status: next.word() }))
}

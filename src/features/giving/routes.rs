//! `/groups/{id}/roles` and `/groups/{id}/groups`: which roles a group carries, and which groups it holds.

use axum::http::Method;

use super::answers::{CarriedRole, CarriedRoles, HeldGroup, HeldGroups};
use super::body::{GROUP_ID, NewMember, NewRole, ROLE_ID, id};
use super::rules;
use crate::access::sessions::CallerSessions;
use crate::error::Result;
use crate::http::locators::GROUP;
use crate::http::route::{Empty, Route, RowId, Sent, Told};
use crate::http::surface::Surface;
use crate::model::permission::{UPDATE_GROUP, VIEW_GROUP_LIST, number};
use crate::model::{Group, Role};

const ROLES: &str = "/groups/{id}/roles";
const ROLE: &str = "/groups/{id}/roles/{roleId}";
const GROUPS: &str = "/groups/{id}/groups";
const MEMBER: &str = "/groups/{id}/groups/{memberGroupId}";

const VIEW: &[&str] = &[VIEW_GROUP_LIST];
const UPDATE: &[&str] = &[UPDATE_GROUP, number::UPDATE_GROUP];

pub(super) fn routes() -> Vec<Route> {
    let routes = [
        Route::new(Method::GET, ROLES, "GroupRoleController.find", "List the roles that a group carries", roles)
            .any_of(VIEW),
        Route::new(Method::POST, ROLES, "GroupRoleController.create", "Let a group carry a role", carry)
            .any_of(UPDATE)
            .idempotent(),
        Route::new(Method::DELETE, ROLE, "GroupRoleController.delete", "Take a role from a group", drop_role)
            .any_of(UPDATE),
        Route::new(Method::GET, GROUPS, "GroupGroupController.find", "List the groups that a group holds", groups)
            .any_of(VIEW),
        Route::new(Method::POST, GROUPS, "GroupGroupController.create", "Put a group into another", hold)
            .any_of(UPDATE)
            .idempotent(),
        Route::new(Method::DELETE, MEMBER, "GroupGroupController.delete", "Take a group out of another", release)
            .any_of(UPDATE),
    ];
    routes.map(|route| route.on(&GROUP).surface(Surface::Problem)).into()
}

async fn roles(sessions: CallerSessions) -> Result<Told<CarriedRoles>> {
    Ok(Told(CarriedRoles(rules::roles(&sessions.read_tenant(), sessions.subject()).await?)))
}

async fn groups(sessions: CallerSessions) -> Result<Told<HeldGroups>> {
    Ok(Told(HeldGroups(rules::groups(&sessions.read_tenant(), sessions.subject()).await?)))
}

async fn carry(sessions: CallerSessions, body: Sent<NewRole>) -> Result<Told<CarriedRole>> {
    let role = id::<Role>(&body.0, ROLE_ID)?;
    let session = sessions.write_tenant_in_turn().await?;
    Ok(Told(rules::carry(session, &sessions.principal(), sessions.subject(), role).await?.into_inner()))
}

async fn drop_role(sessions: CallerSessions, role: RowId<Role>) -> Result<Empty> {
    let session = sessions.write_tenant_in_turn().await?;
    rules::drop_role(session, &sessions.principal(), sessions.subject(), role.0).await?.into_inner();
    Ok(Empty)
}

async fn hold(sessions: CallerSessions, body: Sent<NewMember>) -> Result<Told<HeldGroup>> {
    let member = id::<Group>(&body.0, GROUP_ID)?;
    let session = sessions.write_tenant_in_turn().await?;
    Ok(Told(rules::hold(session, &sessions.principal(), sessions.subject(), member).await?.into_inner()))
}

async fn release(sessions: CallerSessions, member: RowId<Group>) -> Result<Empty> {
    let session = sessions.write_tenant_in_turn().await?;
    rules::release(session, &sessions.principal(), sessions.subject(), member.0).await?.into_inner();
    Ok(Empty)
}

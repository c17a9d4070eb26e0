//! `/groups/{id}/roles` and `/groups/{id}/groups`: which roles a group carries, and which groups it holds.

use axum::http::Method;
use serde_json::{Map, Value as Json, json};
use user_tenant_store::Entity;
use user_tenant_store::value::parse_uuid;
use uuid::Uuid;

use super::answers::{CarriedRole, CarriedRoles, HeldGroup, HeldGroups};
use super::rules;
use crate::access::sessions::CallerSessions;
use crate::error::{Error, Result, Sought};
use crate::http::locators::GROUP;
use crate::http::route::{Document, Empty, Form, Route, RowId, Sent, Told};
use crate::http::surface::Surface;
use crate::model::permission::{UPDATE_GROUP, VIEW_GROUP_LIST, number};
use crate::model::{Group, Role};

const ROLES: &str = "/groups/{id}/roles";
const ROLE: &str = "/groups/{id}/roles/{roleId}";
const GROUPS: &str = "/groups/{id}/groups";
const MEMBER: &str = "/groups/{id}/groups/{memberGroupId}";

const VIEW: &[&str] = &[VIEW_GROUP_LIST];
const UPDATE: &[&str] = &[UPDATE_GROUP, number::UPDATE_GROUP];

const ROLE_ID: &str = "roleId";
const GROUP_ID: &str = "groupId";

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

/// The role that a group is to carry.
struct NewRole;

impl Document for NewRole {
    const FORM: Form = Form::Create;

    fn schema() -> Json {
        named("NewRoleOfGroup", "The role that the group is to carry.", ROLE_ID, "Id of the role, one of the tenant.")
    }
}

/// The group that a group is to hold.
struct NewMember;

impl Document for NewMember {
    const FORM: Form = Form::Create;

    fn schema() -> Json {
        let id = "Id of the group, one of the same tenant.";
        named("NewGroupInGroup", "The group that the group is to hold.", GROUP_ID, id)
    }
}

/// A document that names one row.
fn named(title: &str, description: &str, property: &str, id: &str) -> Json {
    json!({
        "title": title,
        "description": description,
        "type": "object",
        "additionalProperties": false,
        "required": [property],
        "properties": { property: { "type": "string", "format": "uuid", "description": id } },
        "examples": [{ property: "0190c3a0-7b1e-7000-8000-000000000011" }],
    })
}

/// The row that a body names, as the schema lets it through.
fn id<E: Entity>(body: &Map<String, Json>, property: &str) -> Result<Uuid> {
    let text = body.get(property).and_then(Json::as_str).unwrap_or_default();
    parse_uuid(text).map_err(|_| Error::RelatedNotFound(Some(Sought::of::<E>(text))))
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

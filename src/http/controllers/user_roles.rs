//! `/tenants/{id}/user-roles` and `/tenants/{id}/users/{userId}/role`: which user of a tenant has which role.

use axum::http::Method;
use serde_json::{Value as Json, json};
use user_tenant_store::Entity;

use super::users::{role, user};
use crate::access::guard::Reach;
use crate::domain::users::{self, Change};
use crate::error::Result;
use crate::http::route::{Call, Form, Query, Reply, Route, Shape};
use crate::model::UserRole;
use crate::model::permission::{UPDATE_TENANT_USER, VIEW_TENANT_USER, number};

const USER_ROLES: &str = "/tenants/{id}/user-roles";
const ROLE_OF_USER: &str = "/tenants/{id}/users/{userId}/role";

pub(in crate::http) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            USER_ROLES,
            "TenantUserRoleController.find",
            "List which user of a tenant has which role",
            find,
        )
        .any_of(&[VIEW_TENANT_USER, number::VIEW_TENANT_USER])
        .reach(Reach::PathTenantUsers)
        .query(Query::FreeFilter(UserRole::meta))
        .reply(Shape::Page(UserRole::meta)),
        Route::new(
            Method::PUT,
            ROLE_OF_USER,
            "TenantUserRoleController.assign",
            "Give a user of a tenant another role",
            assign,
        )
        .any_of(&[UPDATE_TENANT_USER, number::UPDATE_TENANT_USER])
        .reach(Reach::PathTenantUsers)
        .body_schema(Form::Replace, assignment),
    ]
}

/// The role to give.
fn assignment() -> Json {
    json!({
        "title": "UserRoleAssignment",
        "description": "The role that a user is to have.",
        "type": "object",
        "additionalProperties": false,
        "required": ["roleId"],
        "properties": {
            "roleId": {"type": "string", "format": "uuid", "description": "Id of the role, one of the tenant."},
        },
    })
}

async fn find(call: Call) -> Result<Reply> {
    let session = call.doors.read_tenant();
    Ok(Reply::Page(session.repository::<UserRole>().find_page(&call.filter).await?))
}

async fn assign(call: Call) -> Result<Reply> {
    let user = user(&call)?;
    let change = Change { person: None, role: role(&call.body)?, status: None };
    let session = call.doors.change_member().await?;
    users::update(session, call.doors.principal(), call.doors.tenant(), user, change).await?.into_inner();
    Ok(Reply::Empty)
}

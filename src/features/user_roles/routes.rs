//! `/tenants/{id}/user-roles` and `/tenants/{id}/users/{userId}/role`: which user of a tenant has which role.

use axum::http::Method;
use serde_json::{Value as Json, json};
use user_tenant_store::value::parse_uuid;

use crate::access::sessions::CallerSessions;
use crate::domain::users::{self, Change};
use crate::error::{Error, Result, Sought};
use crate::http::locators::ACTIVE_TENANT;
use crate::http::route::{Document, Empty, FilteredFreely, Form, Page, Route, RowId, Sent};
use crate::model::permission::{UPDATE_TENANT_USER, VIEW_TENANT_USER, number};
use crate::model::{Role, User, UserRole};

const USER_ROLES: &str = "/tenants/{id}/user-roles";
const ROLE_OF_USER: &str = "/tenants/{id}/users/{userId}/role";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            USER_ROLES,
            "TenantUserRoleController.find",
            "List which user of a tenant has which role",
            find,
        )
        .any_of(&[VIEW_TENANT_USER, number::VIEW_TENANT_USER])
        .on(&ACTIVE_TENANT),
        Route::new(
            Method::PUT,
            ROLE_OF_USER,
            "TenantUserRoleController.assign",
            "Give a user of a tenant another role",
            assign,
        )
        .any_of(&[UPDATE_TENANT_USER, number::UPDATE_TENANT_USER])
        .on(&ACTIVE_TENANT),
    ]
}

/// The role to give.
struct Assignment;

impl Document for Assignment {
    const FORM: Form = Form::Replace;

    fn schema() -> Json {
        json!({
            "title": "UserRoleAssignment",
            "description": "The role that a user is to have.",
            "type": "object",
            "additionalProperties": false,
            "required": [ROLE_ID],
            "properties": {
                ROLE_ID: {"type": "string", "format": "uuid", "description": "Id of the role, one of the tenant."},
            },
            "examples": [{ROLE_ID: "0190c3a0-7b1e-7000-8000-000000000011"}],
        })
    }
}

const ROLE_ID: &str = "roleId";

async fn find(sessions: CallerSessions, filter: FilteredFreely<UserRole>) -> Result<Page<UserRole>> {
    let session = sessions.read_tenant();
    Ok(session.repository::<UserRole>().find_page(&filter.0).await?.into())
}

async fn assign(sessions: CallerSessions, user: RowId<User>, body: Sent<Assignment>) -> Result<Empty> {
    let role = body.0.get(ROLE_ID).and_then(Json::as_str).unwrap_or_default();
    let role = parse_uuid(role).map_err(|_| Error::NotFound(Sought::of::<Role>(role)))?;
    let change = Change { person: None, role: Some(role), status: None };
    let session = sessions.change_member(&change).await?;
    users::update(session, sessions.principal(), sessions.tenant(), user.0, change).await?.into_inner();
    Ok(Empty)
}

//! `/tenants/{id}/roles`: the roles of one tenant.

use axum::http::Method;

use crate::access::sessions::CallerSessions;
use crate::domain::roles;
use crate::error::Result;
use crate::http::locators::TENANT;
use crate::http::route::{Change, Count, Create, Empty, FilteredFreely, IgnoredWhere, One, Page, Route, RowId, Where};
use crate::model::Role;
use crate::model::permission::{CREATE_ROLES, DELETE_ROLES, UPDATE_ROLES, VIEW_ROLES, number};

const ROLES: &str = "/tenants/{id}/roles";
const ROLE: &str = "/tenants/{id}/roles/{roleId}";

pub(in crate::http) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, ROLES, "TenantRoleController.find", "List the roles of a tenant", find)
            .any_of(&[VIEW_ROLES, number::VIEW_ROLES])
            .on(&TENANT),
        Route::new(Method::POST, ROLES, "TenantRoleController.create", "Create a role", create)
            .any_of(&[CREATE_ROLES, number::CREATE_ROLES])
            .on(&TENANT)
            .excluding(const { &[Role::ID.position(), Role::TENANT_ID.position()] }),
        Route::new(Method::PATCH, ROLES, "TenantRoleController.patch", "Change every role that matches", patch)
            .any_of(&[UPDATE_ROLES, number::UPDATE_ROLES])
            .on(&TENANT)
            .excluding(const { &[Role::ID.position(), Role::TENANT_ID.position()] }),
        Route::new(Method::DELETE, ROLE, "TenantRoleController.delete", "Delete a role that nobody has", delete)
            .any_of(&[DELETE_ROLES, number::DELETE_ROLES])
            .on(&TENANT),
    ]
}

async fn find(sessions: CallerSessions, filter: FilteredFreely<Role>) -> Result<Page<Role>> {
    let session = sessions.read_tenant();
    Ok(session.repository::<Role>().find_page(&filter.0).await?.into())
}

async fn create(sessions: CallerSessions, body: Create<Role>) -> Result<One<Role>> {
    let new = body.row()?;
    let session = sessions.write_name(new.get(Role::NAME)).await?;
    Ok(roles::create(session, sessions.principal(), new).await?.into_inner().into())
}

async fn patch(sessions: CallerSessions, condition: Where<Role>, body: Change<Role>) -> Result<Count> {
    let (session, affected) = sessions.write_tenant_where::<Role>(condition.0).await?;
    let changed = roles::update_all(session, sessions.principal(), affected.as_ref(), body.patch()?).await?;
    Ok(Count(changed.into_inner()))
}

async fn delete(sessions: CallerSessions, role: RowId<Role>, _: IgnoredWhere<Role>) -> Result<Empty> {
    let session = sessions.write_tenant_in_turn().await?;
    roles::delete_by_id(session, sessions.principal(), role.0).await?.into_inner();
    Ok(Empty)
}

//! `/tenants/{id}/roles`: the roles of one tenant.

use axum::http::Method;
use user_tenant_store::Entity;

use crate::access::guard::Reach;
use crate::domain::roles;
use crate::error::Result;
use crate::http::route::{Call, Form, Query, Reply, Route, Shape};
use crate::model::Role;
use crate::model::permission::{CREATE_ROLES, DELETE_ROLES, UPDATE_ROLES, VIEW_ROLES, number};

const ROLES: &str = "/tenants/{id}/roles";
const ROLE: &str = "/tenants/{id}/roles/{roleId}";

pub(in crate::http) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, ROLES, "TenantRoleController.find", "List the roles of a tenant", find)
            .any_of(&[VIEW_ROLES, number::VIEW_ROLES])
            .reach(Reach::PathTenant)
            .query(Query::FreeFilter(Role::meta))
            .reply(Shape::Page(Role::meta)),
        Route::new(Method::POST, ROLES, "TenantRoleController.create", "Create a role", create)
            .any_of(&[CREATE_ROLES, number::CREATE_ROLES])
            .reach(Reach::PathTenant)
            .body(Role::meta, Form::Create, &["id", "tenantId"])
            .reply(Shape::One(Role::meta)),
        Route::new(Method::PATCH, ROLES, "TenantRoleController.patch", "Change every role that matches", patch)
            .any_of(&[UPDATE_ROLES, number::UPDATE_ROLES])
            .reach(Reach::PathTenant)
            .query(Query::Where(Role::meta))
            .body(Role::meta, Form::Partial, &["id", "tenantId"])
            .reply(Shape::Count),
        Route::new(Method::DELETE, ROLE, "TenantRoleController.delete", "Delete a role that nobody has", delete)
            .any_of(&[DELETE_ROLES, number::DELETE_ROLES])
            .reach(Reach::PathTenant)
            .query(Query::Where(Role::meta)),
    ]
}

async fn find(call: Call) -> Result<Reply> {
    let session = call.doors.read_tenant();
    Ok(Reply::Page(session.repository::<Role>().find_page(&call.filter).await?))
}

async fn create(call: Call) -> Result<Reply> {
    let session = call.doors.write_tenant().await?;
    Ok(Reply::One(roles::create(session, call.doors.principal(), call.new_row()?).await?.into_inner()))
}

async fn patch(call: Call) -> Result<Reply> {
    let session = call.doors.write_tenant().await?;
    let changed = roles::update_all(session, call.doors.principal(), call.predicate.as_ref(), call.patch()?).await?;
    Ok(Reply::Count(changed.into_inner()))
}

async fn delete(call: Call) -> Result<Reply> {
    let session = call.doors.write_tenant().await?;
    roles::delete_by_id(session, call.doors.principal(), call.row::<Role>("roleId")?).await?.into_inner();
    Ok(Reply::Empty)
}

//! `/tenants/{id}/roles`: the roles of one tenant.

use axum::http::Method;
use user_tenant_store::Entity;

use crate::access::guard::Reach;
use crate::access::permission::{VIEW_ROLES, number};
use crate::error::Result;
use crate::http::route::{Call, Query, Reply, Route, Shape};
use crate::model::Role;

const ROLES: &str = "/tenants/{id}/roles";

pub(in crate::http) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, ROLES, "TenantRoleController.find", "List the roles of a tenant", find)
            .any_of(&[VIEW_ROLES, number::VIEW_ROLES])
            .reach(Reach::PathTenant)
            .query(Query::FreeFilter(Role::meta))
            .reply(Shape::Many(Role::meta)),
    ]
}

async fn find(call: Call) -> Result<Reply> {
    let session = call.doors.read_tenant();
    Ok(Reply::Many(session.repository::<Role>().find(&call.filter).await?))
}

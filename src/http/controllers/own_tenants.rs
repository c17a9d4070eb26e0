//! `/user/{id}/tenants`: the tenants that the caller works for.

use axum::http::Method;
use user_tenant_store::Entity;

use crate::access::guard::Reach;
use crate::domain::users;
use crate::error::{Error, Result};
use crate::http::route::{Call, Query, Reply, Route, Shape};
use crate::model::Tenant;
use crate::model::permission::VIEW_ALL_TENANT_OF_SELF;

pub(in crate::http) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            "/user/{id}/tenants",
            "UserTenantController.find",
            "List the tenants that the caller works for",
            find,
        )
        .any_of(&[VIEW_ALL_TENANT_OF_SELF])
        .reach(Reach::PathUser)
        .query(Query::FreeFilter(Tenant::meta))
        .reply(Shape::Page(Tenant::meta)),
    ]
}

async fn find(call: Call) -> Result<Reply> {
    if !call.filter.include.is_empty() {
        // What hangs on a tenant is for those who may see it there.
        return Err(Error::NothingToInclude);
    }
    Ok(Reply::Page(users::tenants_of(&call.doors.read_own(), &call.doors.principal(), call.filter).await?))
}

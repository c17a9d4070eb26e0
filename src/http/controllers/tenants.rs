//! `/tenants`: the tenants that a caller sees, which are its own and, for a master, all.

use axum::http::Method;

use crate::access::sessions::CallerSessions;
use crate::domain::tenants;
use crate::error::Result;
use crate::http::route::{
    Change, Count, Create, Empty, Filtered, FilteredById, Named, One, Page, Replace, Route, Where,
};
use crate::model::Tenant;
use crate::model::permission::{CREATE_TENANT, DELETE_TENANT, UPDATE_TENANT, VIEW_TENANT, number};

const TENANTS: &str = "/tenants";
const TENANTS_COUNT: &str = "/tenants/count";
const TENANT: &str = "/tenants/{id}";

const CREATE: &[&str] = &[CREATE_TENANT, number::CREATE_TENANT];
const VIEW: &[&str] = &[VIEW_TENANT, number::VIEW_TENANT];
const UPDATE: &[&str] = &[UPDATE_TENANT, number::UPDATE_TENANT];
const DELETE: &[&str] = &[DELETE_TENANT, number::DELETE_TENANT];

pub(in crate::http) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::POST, TENANTS, "TenantController.create", "Create a tenant", create).any_of(CREATE),
        Route::new(Method::GET, TENANTS, "TenantController.find", "List tenants", find).any_of(VIEW),
        Route::new(Method::GET, TENANTS_COUNT, "TenantController.count", "Count tenants", count).any_of(VIEW),
        Route::new(
            Method::PATCH,
            TENANTS,
            "TenantController.updateAll",
            "Change every tenant that matches",
            update_all,
        )
        .any_of(UPDATE),
        Route::new(Method::GET, TENANT, "TenantController.findById", "Read a tenant", find_by_id).any_of(VIEW),
        Route::new(Method::PATCH, TENANT, "TenantController.updateById", "Change a tenant", update_by_id)
            .any_of(UPDATE),
        Route::new(Method::PUT, TENANT, "TenantController.replaceById", "Replace a tenant", replace_by_id)
            .any_of(UPDATE),
        Route::new(Method::DELETE, TENANT, "TenantController.deleteById", "Delete a tenant", delete_by_id)
            .any_of(DELETE),
    ]
}

async fn create(sessions: CallerSessions, body: Create<Tenant>) -> Result<One<Tenant>> {
    let session = sessions.create_tenant().await?;
    Ok(tenants::create(session, body.row()?).await?.into_inner().into())
}

async fn find(sessions: CallerSessions, filter: Filtered<Tenant>) -> Result<Page<Tenant>> {
    let session = sessions.read_tenants();
    Ok(session.repository::<Tenant>().find_page(&filter.0).await?.into())
}

async fn count(sessions: CallerSessions, condition: Where<Tenant>) -> Result<Count> {
    let session = sessions.read_tenants();
    Ok(Count(session.repository::<Tenant>().count(condition.0.as_ref()).await?))
}

async fn update_all(sessions: CallerSessions, condition: Where<Tenant>, body: Change<Tenant>) -> Result<Count> {
    let (session, affected) = sessions.write_tenants_where(condition.0).await?;
    Ok(Count(tenants::update_all(session, affected.as_ref(), body.patch()?).await?.into_inner()))
}

async fn find_by_id(sessions: CallerSessions, id: Named, filter: FilteredById<Tenant>) -> Result<One<Tenant>> {
    let session = sessions.read_tenants();
    Ok(tenants::find_by_id(&session, &id.0, &filter.0).await?.into())
}

async fn update_by_id(sessions: CallerSessions, id: Named, body: Change<Tenant>) -> Result<Empty> {
    let session = sessions.write_tenants().await?;
    tenants::update_by_id(session, &id.0, body.patch()?).await?.into_inner();
    Ok(Empty)
}

async fn replace_by_id(sessions: CallerSessions, id: Named, body: Replace<Tenant>) -> Result<Empty> {
    tenants::same_id(&id.0, body.sent.get(Tenant::ID.name()))?;
    let session = sessions.write_tenants().await?;
    tenants::replace_by_id(session, &id.0, body.patch()?).await?.into_inner();
    Ok(Empty)
}

async fn delete_by_id(sessions: CallerSessions, id: Named) -> Result<Empty> {
    let session = sessions.write_tenants().await?;
    tenants::delete_by_id(session, &id.0).await?.into_inner();
    Ok(Empty)
}

//! `/tenants`: the tenants that a caller sees, which are its own and, for a master, all.

use axum::http::Method;
use user_tenant_store::Entity;

use crate::domain::tenants;
use crate::error::Result;
use crate::http::route::{Call, Form, Query, Reply, Route, Shape};
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
        Route::new(Method::POST, TENANTS, "TenantController.create", "Create a tenant", create)
            .any_of(CREATE)
            .body(Tenant::meta, Form::Create, &[])
            .reply(Shape::One(Tenant::meta)),
        Route::new(Method::GET, TENANTS, "TenantController.find", "List tenants", find)
            .any_of(VIEW)
            .query(Query::Filter(Tenant::meta))
            .reply(Shape::Page(Tenant::meta)),
        Route::new(Method::GET, TENANTS_COUNT, "TenantController.count", "Count tenants", count)
            .any_of(VIEW)
            .query(Query::Where(Tenant::meta))
            .reply(Shape::Count),
        Route::new(
            Method::PATCH,
            TENANTS,
            "TenantController.updateAll",
            "Change every tenant that matches",
            update_all,
        )
        .any_of(UPDATE)
        .query(Query::Where(Tenant::meta))
        .body(Tenant::meta, Form::Partial, &[])
        .reply(Shape::Count),
        Route::new(Method::GET, TENANT, "TenantController.findById", "Read a tenant", find_by_id)
            .any_of(VIEW)
            .query(Query::FilterById(Tenant::meta))
            .reply(Shape::One(Tenant::meta)),
        Route::new(Method::PATCH, TENANT, "TenantController.updateById", "Change a tenant", update_by_id)
            .any_of(UPDATE)
            .body(Tenant::meta, Form::Partial, &[]),
        Route::new(Method::PUT, TENANT, "TenantController.replaceById", "Replace a tenant", replace_by_id)
            .any_of(UPDATE)
            .body(Tenant::meta, Form::Replace, &[]),
        Route::new(Method::DELETE, TENANT, "TenantController.deleteById", "Delete a tenant", delete_by_id)
            .any_of(DELETE),
    ]
}

async fn create(call: Call) -> Result<Reply> {
    let session = call.doors.create_tenant().await?;
    Ok(Reply::One(tenants::create(session, call.new_row()?).await?.into_inner()))
}

async fn find(call: Call) -> Result<Reply> {
    let session = call.doors.read_tenants();
    Ok(Reply::Page(session.repository::<Tenant>().find_page(&call.filter).await?))
}

async fn count(call: Call) -> Result<Reply> {
    let session = call.doors.read_tenants();
    Ok(Reply::Count(session.repository::<Tenant>().count(call.predicate.as_ref()).await?))
}

async fn update_all(call: Call) -> Result<Reply> {
    let session = call.doors.write_tenants().await?;
    Ok(Reply::Count(tenants::update_all(session, call.predicate.as_ref(), call.patch()?).await?.into_inner()))
}

async fn find_by_id(call: Call) -> Result<Reply> {
    let session = call.doors.read_tenants();
    Ok(Reply::One(tenants::find_by_id(&session, call.path.get("id"), &call.filter).await?))
}

async fn update_by_id(call: Call) -> Result<Reply> {
    let session = call.doors.write_tenants().await?;
    tenants::update_by_id(session, call.path.get("id"), call.patch()?).await?.into_inner();
    Ok(Reply::Empty)
}

async fn replace_by_id(call: Call) -> Result<Reply> {
    tenants::same_id(call.path.get("id"), call.body.get("id"))?;
    let session = call.doors.write_tenants().await?;
    tenants::replace_by_id(session, call.path.get("id"), call.patch()?).await?.into_inner();
    Ok(Reply::Empty)
}

async fn delete_by_id(call: Call) -> Result<Reply> {
    let session = call.doors.write_tenants().await?;
    tenants::delete_by_id(session, call.path.get("id")).await?.into_inner();
    Ok(Reply::Empty)
}

//! `/tenants/{id}/tenant-configs`: the configuration of one tenant.

use axum::http::Method;
use user_tenant_store::Entity;

use crate::access::guard::Reach;
use crate::domain::configs;
use crate::error::Result;
use crate::http::route::{Call, Form, Query, Reply, Route, Shape};
use crate::model::TenantConfig;
use crate::model::permission::{CREATE_TENANT, DELETE_TENANT, UPDATE_TENANT, VIEW_TENANT, number};

const CONFIGS: &str = "/tenants/{id}/tenant-configs";

pub(in crate::http) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            CONFIGS,
            "TenantTenantConfigController.find",
            "List the configuration of a tenant",
            find,
        )
        .any_of(&[VIEW_TENANT, number::VIEW_TENANT])
        .reach(Reach::PathTenant)
        .query(Query::FreeFilter(TenantConfig::meta))
        .reply(Shape::Page(TenantConfig::meta)),
        Route::new(Method::POST, CONFIGS, "TenantTenantConfigController.create", "Set the value of a key", create)
            .any_of(&[CREATE_TENANT, number::CREATE_TENANT])
            .without_power()
            .reach(Reach::PathTenant)
            .body(TenantConfig::meta, Form::Create, &["id", "tenantId"])
            .reply(Shape::One(TenantConfig::meta)),
        Route::new(
            Method::PATCH,
            CONFIGS,
            "TenantTenantConfigController.patch",
            "Change every configuration that matches",
            patch,
        )
        .any_of(&[UPDATE_TENANT, number::UPDATE_TENANT])
        .without_power()
        .reach(Reach::PathTenant)
        .query(Query::Where(TenantConfig::meta))
        .body(TenantConfig::meta, Form::Partial, &["id", "tenantId"])
        .reply(Shape::Count),
        Route::new(
            Method::DELETE,
            CONFIGS,
            "TenantTenantConfigController.delete",
            "Delete every configuration that matches",
            delete,
        )
        .any_of(&[DELETE_TENANT, number::DELETE_TENANT])
        .without_power()
        .reach(Reach::PathTenant)
        .query(Query::Where(TenantConfig::meta))
        .reply(Shape::Count),
    ]
}

async fn find(call: Call) -> Result<Reply> {
    let session = call.doors.read_tenant();
    Ok(Reply::Page(session.repository::<TenantConfig>().find_page(&call.filter).await?))
}

async fn create(call: Call) -> Result<Reply> {
    let session = call.doors.write_tenant().await?;
    Ok(Reply::One(configs::set(session, call.new_row()?).await?.into_inner()))
}

async fn patch(call: Call) -> Result<Reply> {
    let session = call.doors.write_tenant().await?;
    Ok(Reply::Count(configs::update_all(session, call.predicate.as_ref(), call.patch()?).await?.into_inner()))
}

async fn delete(call: Call) -> Result<Reply> {
    let session = call.doors.write_tenant().await?;
    Ok(Reply::Count(configs::delete_all(session, call.predicate.as_ref()).await?.into_inner()))
}

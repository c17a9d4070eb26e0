//! `/tenants/{id}/tenant-configs`: the configuration of one tenant.

use axum::http::Method;

use crate::access::sessions::CallerSessions;
use crate::domain::configs;
use crate::error::Result;
use crate::http::locators::TENANT;
use crate::http::route::{Change, Count, Create, FilteredFreely, One, Page, Route, Where};
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
        .on(&TENANT),
        Route::new(Method::POST, CONFIGS, "TenantTenantConfigController.create", "Set the value of a key", create)
            .any_of(&[CREATE_TENANT, number::CREATE_TENANT])
            .without_power()
            .on(&TENANT)
            .excluding(const { &[TenantConfig::ID.position(), TenantConfig::TENANT_ID.position()] }),
        Route::new(
            Method::PATCH,
            CONFIGS,
            "TenantTenantConfigController.patch",
            "Change every configuration that matches",
            patch,
        )
        .any_of(&[UPDATE_TENANT, number::UPDATE_TENANT])
        .without_power()
        .on(&TENANT)
        .excluding(const { &[TenantConfig::ID.position(), TenantConfig::TENANT_ID.position()] }),
        Route::new(
            Method::DELETE,
            CONFIGS,
            "TenantTenantConfigController.delete",
            "Delete every configuration that matches",
            delete,
        )
        .any_of(&[DELETE_TENANT, number::DELETE_TENANT])
        .without_power()
        .on(&TENANT),
    ]
}

async fn find(sessions: CallerSessions, filter: FilteredFreely<TenantConfig>) -> Result<Page<TenantConfig>> {
    let session = sessions.read_tenant();
    Ok(session.repository::<TenantConfig>().find_page(&filter.0).await?.into())
}

async fn create(sessions: CallerSessions, body: Create<TenantConfig>) -> Result<One<TenantConfig>> {
    let session = sessions.write_tenant().await?;
    Ok(configs::set(session, body.row()?).await?.into_inner().into())
}

async fn patch(sessions: CallerSessions, condition: Where<TenantConfig>, body: Change<TenantConfig>) -> Result<Count> {
    let (session, affected) = sessions.write_tenant_where::<TenantConfig>(condition.0).await?;
    Ok(Count(configs::update_all(session, affected.as_ref(), body.patch()?).await?.into_inner()))
}

async fn delete(sessions: CallerSessions, condition: Where<TenantConfig>) -> Result<Count> {
    let (session, affected) = sessions.write_tenant_where::<TenantConfig>(condition.0).await?;
    Ok(Count(configs::delete_all(session, affected.as_ref()).await?.into_inner()))
}

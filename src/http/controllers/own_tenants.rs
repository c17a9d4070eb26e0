//! `/user/{id}/tenants`: the tenants that the caller works for.

use axum::http::Method;
use user_tenant_store::Entity;

use crate::access::locator::{Admits, Locator, TenantOf};
use crate::access::sessions::CallerSessions;
use crate::domain::users;
use crate::error::{Error, Result, Sought};
use crate::http::route::{FilteredFreely, Page, Route};
use crate::model::permission::VIEW_ALL_TENANT_OF_SELF;
use crate::model::{Tenant, User};

/// The user of the path, who must be the caller.
static CALLER: Locator = Locator {
    entity: User::meta,
    tenant: TenantOf::Claims(|caller, id| (id == caller.id).then_some(caller.tenant_id)),
    refusal: |id| Error::OutOfReach(Sought::of::<User>(id)),
    admits: Admits::Active,
};

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
        .on(&CALLER),
    ]
}

async fn find(sessions: CallerSessions, filter: FilteredFreely<Tenant>) -> Result<Page<Tenant>> {
    if !filter.0.include.is_empty() {
        // What hangs on a tenant is for those who may see it there.
        return Err(Error::NothingToInclude);
    }
    Ok(users::tenants_of(&sessions.read_own(), &sessions.principal(), filter.0).await?.into())
}

//! What a host application uses of a running service: routes of its own behind our guard, and news of what changed.
//!
//! A route of the host names the permissions that open it, and its handler takes a [`Caller`], who is live and holds
//! one of them. The sessions that a caller opens see its own tenant and no other:
//!
//! ```
//! use axum::{Json, Router, routing::get};
//! use user_tenant_service::host::Caller;
//! use user_tenant_service::model::Role;
//! use user_tenant_service::{Result, UserTenantService};
//!
//! async fn how_many_roles(caller: Caller) -> Result<Json<u64>> {
//!     Ok(Json(caller.read().repository::<Role>().count(None).await?))
//! }
//!
//! fn routes(users: &UserTenantService) -> Router {
//!     users.guarded(&["CountRoles"], Router::new().route("/roles/count", get(how_many_roles)))
//! }
//! ```
//!
//! A permission of the host is a name like any other: roles grant it once somebody who holds it says so. Nobody holds
//! a new one; [`crate::cli::Program`] gives it to the administrators that it makes.

mod caller;
mod changes;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};

pub use self::caller::Caller;
pub use self::changes::Change;
pub(crate) use self::changes::Listeners;
use crate::access::guard::{Opening, Reach};
use crate::builder::UserTenantService;
pub use crate::domain::bootstrap::{Bootstrap, Bootstrapped};
use crate::error::{Error, Result};

/// Makes the routes of a host.
type Routes = dyn Fn(&UserTenantService) -> Router + Send + Sync;

/// What a host adds to the service.
#[derive(Clone, Default)]
pub(crate) struct Host {
    /// Its routes.
    pub(crate) routes: Option<Arc<Routes>>,
    /// Who wants to know what changed.
    pub(crate) listeners: Listeners,
}

impl UserTenantService {
    /// Makes a tenant with an administrator, all or nothing: nobody can make the first one over HTTP.
    ///
    /// ```
    /// use user_tenant_service::host::Bootstrap;
    /// use user_tenant_service::{Result, UserTenantService};
    ///
    /// async fn first_tenant(users: &UserTenantService) -> Result<uuid::Uuid> {
    ///     let made = users
    ///         .bootstrap(Bootstrap {
    ///             tenant_name: "Acme".to_owned(),
    ///             tenant_key: "acme".to_owned(),
    ///             username: "ann".to_owned(),
    ///             email: "ann@acme.example".to_owned(),
    ///             first_name: "Ann".to_owned(),
    ///             role_name: "admin".to_owned(),
    ///             permissions: vec!["ViewTenant".to_owned()],
    ///         })
    ///         .await?;
    ///     Ok(made.tenant)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`crate::ErrorCode::Taken`] when the tenant's key, the username or the address is taken.
    pub async fn bootstrap(&self, wanted: Bootstrap) -> Result<Bootstrapped> {
        Ok(crate::domain::bootstrap::bootstrap(self.write().await?, wanted).await?.into_inner())
    }

    /// Routes that only live callers get to who hold any one of `permissions`; an empty list lets nobody in. Others
    /// are answered as on our own routes: 401 or 403 in the same envelope.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use user_tenant_service::{UserTenantService, host::Caller};
    ///
    /// async fn oven(caller: Caller) -> String {
    ///     format!("the oven of tenant {}", caller.tenant_id())
    /// }
    ///
    /// fn routes(users: &UserTenantService) -> Router {
    ///     users.guarded(&["UseOven"], Router::new().route("/oven", get(oven)))
    /// }
    /// ```
    pub fn guarded(&self, permissions: &'static [&'static str], routes: Router) -> Router {
        if !routes.has_routes() {
            return routes;
        }
        let service = self.service().clone();
        routes.route_layer(from_fn(move |request: Request, next: Next| {
            let service = service.clone();
            async move {
                let (mut head, body) = request.into_parts();
                let caller = service.guard.identify(&service.doors, &head).await?;
                // What the application's own routes give or take, only the application knows.
                let opening = Opening { permissions, reach: Reach::CallerTenants, gives_power: false };
                let proof = service.guard.admit(&service.doors, caller, opening, "").await?;
                head.extensions.insert(Caller::new(service.doors.open_to(proof)));
                Ok::<_, Error>(next.run(Request::from_parts(head, body)).await)
            }
        }))
    }
}

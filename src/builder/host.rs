//! What a host adds to the service: routes behind our guard, listeners, and the first tenant.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};

use super::UserTenantService;
use crate::access::guard::Opening;
use crate::domain::bootstrap::Entry;
use crate::error::{Error, Result};
use crate::host::{Bootstrap, Bootstrapped, Caller, Listeners};
use crate::http::origin;

/// Makes the routes of a host.
type Routes = dyn Fn(&UserTenantService) -> Router + Send + Sync;

/// What a host adds to the service.
#[derive(Clone, Default)]
pub(super) struct Host {
    /// Its routes.
    pub(super) routes: Option<Arc<Routes>>,
    /// Who wants to know what changed.
    pub(super) listeners: Listeners,
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
        Ok(crate::domain::bootstrap::bootstrap(self.write().await?, wanted, Entry::default()).await?.into_inner().0)
    }

    /// Routes that only active callers get to who hold any one of `permissions`; an empty list lets nobody in. Others
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
                let (caller, _place) = service.guard.identify(&head).await?;
                // What the application's own routes give or take, only the application knows.
                let opening = Opening { permissions, locator: None, gives_power: false, for_masters: false };
                let proof = service.guard.admit(caller, opening, "").await?;
                head.extensions.insert(Caller::new(service.sessions.open_to(proof, origin())));
                Ok::<_, Error>(next.run(Request::from_parts(head, body)).await)
            }
        }))
    }
}

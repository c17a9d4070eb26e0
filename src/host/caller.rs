//! Who calls a route of the host: an extractor that yields ids, claims and sessions within the caller's tenant.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::{Map, Value};
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Read, Session, Write};
use uuid::Uuid;

use crate::access::sessions::CallerSessions;
use crate::error::{Error, Result};

/// A active caller who may use the route. Only [`crate::UserTenantService::guarded`] makes one, so a handler that takes
/// it cannot be mounted without a guard: there it is a 500, whoever calls.
///
/// ```
/// use axum::Json;
/// use serde_json::{Map, Value};
/// use user_tenant_service::Result;
/// use user_tenant_service::host::Caller;
/// use user_tenant_service::model::Group;
/// use user_tenant_service::store::record::New;
///
/// /// Makes a group in the caller's tenant, and in no other, whatever the body says.
/// async fn create_group(caller: Caller, Json(body): Json<Map<String, Value>>) -> Result<Json<Value>> {
///     let session = caller.write().await?;
///     let group = session.repository::<Group>().create(New::from_json(&body)?).await?;
///     let group = session.commit(group).await?.into_inner();
///     Ok(Json(serde_json::json!({ "id": group.id() })))
/// }
/// ```
#[derive(Clone)]
pub struct Caller(Arc<CallerSessions>);

impl Caller {
    pub(crate) fn new(sessions: CallerSessions) -> Self {
        Self(Arc::new(sessions))
    }

    /// Id of the user.
    pub fn user_id(&self) -> Uuid {
        self.0.principal().user
    }

    /// Id of the user's membership of the tenant.
    pub fn membership_id(&self) -> Uuid {
        self.0.principal().membership
    }

    /// Id of the tenant that the caller belongs to.
    pub fn tenant_id(&self) -> Uuid {
        self.0.tenant()
    }

    /// Whether the caller reaches every tenant. Sessions of the caller do not, even then.
    pub fn is_master(&self) -> bool {
        self.0.principal().master
    }

    /// Whether the caller holds this permission.
    pub fn holds(&self, permission: &str) -> bool {
        self.0.principal().permissions.contains(permission)
    }

    /// All claims of the token.
    pub fn claims(&self) -> &Map<String, Value> {
        self.0.claims()
    }

    /// A session that reads rows of the caller's tenant.
    pub fn read(&self) -> Session<TenantScope, Read> {
        self.0.read_tenant()
    }

    /// A transaction over rows of the caller's tenant, in the caller's name; dropping it rolls it back. The rules of
    /// our own routes, such as that nobody gives what it does not hold, are not asked.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot be reached.
    pub async fn write(&self) -> Result<Session<TenantScope, Write>> {
        Ok(self.0.write_tenant().await?)
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Error;

    async fn from_request_parts(request: &mut Parts, _: &S) -> Result<Self> {
        let caller = request.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| Error::Internal("a handler takes a Caller, but its route is not guarded".into()))
    }
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caller")
            .field("user_id", &self.user_id())
            .field("tenant_id", &self.tenant_id())
            .finish_non_exhaustive()
    }
}

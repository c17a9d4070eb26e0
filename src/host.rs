//! What a host application uses of a running service: routes of its own behind our guard, and news of what changed.
//!
//! A route of the host names the permissions that open it, and its handler takes a [`Caller`], who is active and holds
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

pub use self::caller::Caller;
pub use self::changes::Change;
pub(crate) use self::changes::Listeners;
pub use crate::domain::bootstrap::{Bootstrap, Bootstrapped};

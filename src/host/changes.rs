//! News of what requests changed, for the host: told after the commit, before the answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::Method;
use uuid::Uuid;

/// A request that changed something, and is committed.
///
/// A listener runs before the answer leaves, so it should only pass the news on, to a channel or a queue. It is told
/// of what this process answered, once and in no order among requests: a process that ends in between tells nobody,
/// and what other processes change is not told here, a command on the same database among them, which tells the listeners
/// of its own process. The audit log in the database has every change.
#[derive(Debug, Clone)]
pub struct Change {
    /// Method of the request.
    pub method: Method,
    /// Template of the path: `/tenants/{id}/roles`.
    pub path: &'static str,
    /// The operation as the `OpenAPI` document names it: `TenantRoleController.create`.
    pub operation: &'static str,
    /// The parameters of the path, by name.
    pub parameters: BTreeMap<String, String>,
    /// The tenant that the request acted on: of the path, or the caller's. Nil for a provisioning callback.
    pub tenant_id: Uuid,
    /// The user who asked; the actor of the callback for a provisioning.
    pub user_id: Uuid,
    /// The membership of that user.
    pub membership_id: Uuid,
}

/// Hears of changes.
type Listener = dyn Fn(&Change) + Send + Sync;

/// All who listen.
#[derive(Clone, Default)]
pub(crate) struct Listeners(Vec<Arc<Listener>>);

impl Listeners {
    /// Adds one.
    pub(crate) fn add(&mut self, listener: impl Fn(&Change) + Send + Sync + 'static) {
        self.0.push(Arc::new(listener));
    }

    /// Whether anybody listens.
    pub(crate) fn are_there(&self) -> bool {
        !self.0.is_empty()
    }

    /// Tells all of them.
    pub(crate) fn tell(&self, change: &Change) {
        for listener in &self.0 {
            listener(change);
        }
    }
}

//! What a running service holds; handlers and layers share one.

use std::sync::Arc;

use user_tenant_store::environment::Environment;

use crate::access::guard::Guard;
use crate::access::revocation::RevokedTokens;
use crate::access::sessions::Sessions;
use crate::host::Listeners;
use crate::mail::Room;
use crate::telemetry::metrics::Metrics;

/// The parts of a running service.
pub(crate) struct Service {
    /// Ways to the database.
    pub(crate) sessions: Sessions,
    /// Who may open them.
    pub(crate) guard: Guard,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// Time and ids.
    pub(crate) environment: Environment,
    /// What mails are made and sent with.
    pub(crate) mail: Arc<Room>,
    /// Who wants to know what changed.
    pub(crate) listeners: Listeners,
    /// Which tokens were ended before their time, where that is looked up.
    pub(crate) revoked: Option<Arc<RevokedTokens>>,
}

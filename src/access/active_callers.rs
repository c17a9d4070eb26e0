//! Whether a caller still is what its token says: user, membership and tenant active, remembered for a second at most.

use std::time::Duration;

use moka::sync::Cache;
use uuid::Uuid;

use super::caller::Caller;
use super::lookups::Lookups;
use crate::error::Result;

/// Callers remembered.
const CAPACITY: u64 = 100_000;

/// Remembers which callers were found active.
pub(crate) struct ActiveCallers {
    active: Cache<(Uuid, Uuid, Uuid), ()>,
    enabled: bool,
    /// Whether nobody is asked for: every caller is the operator.
    trusting: bool,
}

impl ActiveCallers {
    /// Remembers for `life`; zero asks the database each time. Refusals are never remembered.
    pub(crate) fn new(life: Duration) -> Self {
        Self {
            active: Cache::builder().max_capacity(CAPACITY).time_to_live(life.max(Duration::from_millis(1))).build(),
            enabled: !life.is_zero(),
            trusting: false,
        }
    }

    /// Asks nothing, for a service that only the operator reaches: one in the process of a command, on its database.
    pub(crate) fn of_operator() -> Self {
        Self { trusting: true, ..Self::new(Duration::ZERO) }
    }

    /// Whether every caller is the operator, who is asked for nothing.
    pub(super) fn trusts_callers(&self) -> bool {
        self.trusting
    }

    /// Whether the caller is active.
    pub(super) async fn is_active(&self, lookups: &Lookups, caller: &Caller) -> Result<bool> {
        let key = (caller.id, caller.user_tenant_id, caller.tenant_id);
        if self.trusting || self.enabled && self.active.contains_key(&key) {
            return Ok(true);
        }
        // Boxed, since requests of which it is remembered would have room for it too.
        let active = Box::pin(lookups.caller_is_active(caller)).await?;
        if active && self.enabled {
            self.active.insert(key, ());
        }
        Ok(active)
    }

    /// Forgets all.
    pub(super) fn forget(&self) {
        self.active.invalidate_all();
    }
}

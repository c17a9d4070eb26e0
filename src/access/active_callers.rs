//! Whether a caller still is what its token says: user, membership and tenant active, remembered for a second at most; and how many requests of each tenant are at work.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use moka::sync::Cache;
use uuid::Uuid;

use super::caller::Caller;
use super::lookups::Lookups;
use crate::error::{Error, Result};

/// Callers remembered.
const CAPACITY: u64 = 100_000;

/// How many requests of a tenant are at work.
type AtWork = Arc<AtomicUsize>;

/// The place of a request among those of its tenant, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place(AtWork);

/// Remembers which callers were found active.
pub(crate) struct ActiveCallers {
    /// With the age of the memory when they were found, and the requests of their tenant, which are not looked for then.
    active: Cache<(Uuid, Uuid, Uuid), (u64, AtWork)>,
    enabled: bool,
    /// Whether nobody is asked for: every caller is the operator.
    trusting: bool,
    /// Those of which a caller is remembered, or a request is at work.
    tenants: Mutex<HashMap<Uuid, Weak<AtomicUsize>>>,
    /// Most requests of one tenant at once.
    most: usize,
}

impl ActiveCallers {
    /// Remembers for `life`; zero asks the database each time. Refusals are never remembered. Of the requests that may be at
    /// work at once, a quarter is left to other tenants.
    pub(crate) fn new(life: Duration, concurrency: usize) -> Self {
        Self {
            active: Cache::builder().max_capacity(CAPACITY).time_to_live(life.max(Duration::from_millis(1))).build(),
            enabled: !life.is_zero(),
            trusting: false,
            tenants: Mutex::default(),
            most: concurrency - concurrency / 4,
        }
    }

    /// Asks nothing, for a service that only the operator reaches: one in the process of a command, on its database.
    pub(crate) fn of_operator() -> Self {
        Self { trusting: true, ..Self::new(Duration::ZERO, usize::MAX) }
    }

    /// Whether every caller is the operator, who is asked for nothing.
    pub(super) fn trusts_callers(&self) -> bool {
        self.trusting
    }

    /// A place for a request of the caller; none where the caller is not active.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the tenant has too many requests at work, and when the database cannot be asked.
    pub(super) async fn admit(&self, lookups: &Lookups, caller: &Caller) -> Result<Option<Place>> {
        let Some(at_work) = self.find(lookups, caller).await? else { return Ok(None) };
        let place = Place(at_work);
        if place.0.fetch_add(1, Ordering::Relaxed) >= self.most {
            return Err(Error::Unavailable(Some("too many requests of the tenant are at work".into())));
        }
        Ok(Some(place))
    }

    /// Whether the caller is active.
    pub(super) async fn is_active(&self, lookups: &Lookups, caller: &Caller) -> Result<bool> {
        Ok(self.find(lookups, caller).await?.is_some())
    }

    /// The requests of an active caller's tenant.
    async fn find(&self, lookups: &Lookups, caller: &Caller) -> Result<Option<AtWork>> {
        if self.trusting {
            return Ok(Some(AtWork::default()));
        }
        let key = (caller.id, caller.user_tenant_id, caller.tenant_id);
        // Asked for before anything is read: what is written meanwhile makes it old.
        let age = lookups.memory_age();
        if let Some((_, at_work)) = self.active.get(&key).filter(|(then, _)| self.enabled && *then == age) {
            return Ok(Some(at_work));
        }
        // Boxed, since requests of which it is remembered would have room for it too.
        if !Box::pin(lookups.caller_is_active(caller)).await? {
            return Ok(None);
        }
        let at_work = self.of_tenant(caller.tenant_id);
        if self.enabled {
            self.active.insert(key, (age, at_work.clone()));
        }
        Ok(Some(at_work))
    }

    fn of_tenant(&self, tenant: Uuid) -> AtWork {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at_work) = tenants.get(&tenant).and_then(Weak::upgrade) {
            return at_work;
        }
        if tenants.len() == tenants.capacity() {
            tenants.retain(|_, at_work| at_work.strong_count() > 0);
        }
        let at_work = AtWork::default();
        tenants.insert(tenant, Arc::downgrade(&at_work));
        at_work
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

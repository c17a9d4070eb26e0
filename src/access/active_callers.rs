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
use crate::model::Inactive;

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

    /// A place for a request of the caller, or why the caller is not active.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the tenant has too many requests at work, and when the database cannot be asked.
    pub(super) async fn admit(
        &self,
        lookups: &Lookups,
        caller: &Caller,
    ) -> Result<std::result::Result<Place, Inactive>> {
        if self.trusting {
            return Ok(Ok(Place(AtWork::default())));
        }
        let age = lookups.memory_age(caller.tenant_id);
        let remembered = self.remembered(caller, age);
        let is_remembered = remembered.is_some();
        // Who is not active takes room of the tenant, too, until that is known.
        let place = Place(remembered.unwrap_or_else(|| self.of_tenant(caller.tenant_id)));
        if place.0.fetch_add(1, Ordering::Relaxed) >= self.most {
            return Err(Error::Unavailable(Some("too many requests of the tenant are at work".into())));
        }
        let found = if is_remembered { Ok(()) } else { self.look_up(lookups, caller, age, &place.0).await? };
        Ok(found.map(|()| place))
    }

    /// Whether the caller, whose request has a place, is still active, or why not.
    pub(super) async fn check(
        &self,
        lookups: &Lookups,
        caller: &Caller,
        place: &Place,
    ) -> Result<std::result::Result<(), Inactive>> {
        if self.trusting {
            return Ok(Ok(()));
        }
        let age = lookups.memory_age(caller.tenant_id);
        if self.remembered(caller, age).is_some() {
            return Ok(Ok(()));
        }
        self.look_up(lookups, caller, age, &place.0).await
    }

    /// The requests of the caller's tenant, where the caller is remembered, and nothing was written since.
    fn remembered(&self, caller: &Caller, age: u64) -> Option<AtWork> {
        let (then, at_work) = if self.enabled { self.active.get(&key(caller))? } else { return None };
        (then == age).then_some(at_work)
    }

    /// Asks the database, and remembers the caller who is active. `age` is from before: what is written meanwhile makes the
    /// answer old.
    async fn look_up(
        &self,
        lookups: &Lookups,
        caller: &Caller,
        age: u64,
        at_work: &AtWork,
    ) -> Result<std::result::Result<(), Inactive>> {
        // Boxed, since requests of which it is remembered would have room for it too.
        let found = Box::pin(lookups.standing_of(caller)).await?;
        if found.is_ok() && self.enabled {
            self.active.insert(key(caller), (age, at_work.clone()));
        }
        Ok(found)
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

/// What callers are told apart by.
fn key(caller: &Caller) -> (Uuid, Uuid, Uuid) {
    (caller.id, caller.user_tenant_id, caller.tenant_id)
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

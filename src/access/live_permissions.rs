//! Permissions of callers from the database in place of the token, where the service is configured so. They are cached as long as that a caller is active.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use uuid::Uuid;

use super::caller::Caller;
use super::lookups::Lookups;
use crate::error::Result;
use crate::model::permission::in_every_spelling;

/// Members remembered.
const CAPACITY: u64 = 100_000;

/// Where the permissions of a caller come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PermissionSource {
    /// The token, as with the original. What gives or takes power, the database must grant as well.
    #[default]
    Token,
    /// The database: the role of the membership, and the member's own permissions. A token need hold no permissions, and a
    /// change is felt at the next request, on other replicas within a second.
    Live,
}

/// The permissions of members, in every spelling, each with the age of the memory when they were read.
pub(crate) struct LivePermissions {
    held: Cache<Uuid, (u64, Arc<HashSet<String>>)>,
    enabled: bool,
}

impl LivePermissions {
    /// Remembers for `life`; zero asks the database each time.
    pub(crate) fn new(life: Duration) -> Self {
        Self {
            held: Cache::builder().max_capacity(CAPACITY).time_to_live(life.max(Duration::from_millis(1))).build(),
            enabled: !life.is_zero(),
        }
    }

    /// An active caller with what the database grants, whatever the token says.
    ///
    /// # Errors
    /// [`crate::error::Error::Unavailable`] when the database cannot be asked.
    pub(super) async fn of(&self, lookups: &Lookups, caller: &Caller) -> Result<Arc<Caller>> {
        // Asked for before anything is read: what is written meanwhile makes it old.
        let age = lookups.memory_age(caller.tenant_id);
        let remembered = if self.enabled { self.held.get(&caller.user_tenant_id) } else { None };
        let permissions = match remembered {
            Some((then, permissions)) if then == age => permissions,
            _ => {
                let held = lookups.held_by(caller).await?;
                let permissions = Arc::new(in_every_spelling(held.permissions.names().map(ToOwned::to_owned)));
                if self.enabled {
                    self.held.insert(caller.user_tenant_id, (age, permissions.clone()));
                }
                permissions
            }
        };
        Ok(Arc::new(Caller { permissions, ..caller.clone() }))
    }
}

//! What the program remembers of rows: the commits that change it are counted, so that what was read before one is known to be old.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use uuid::Uuid;

use crate::entity::{EntityMeta, TenantRule};
use crate::scope::Wall;
use crate::sql::Operation;

/// Tenants are counted in so many parts, by their ids: what is remembered of one grows old with those of its part.
const PARTS: usize = 256;

/// Counts the commits of this process that changed what is remembered ([`crate::entity::Property::remembered`]). Those of
/// other processes are not known here: what is remembered needs an end of its own.
#[derive(Debug, Clone)]
pub struct Memory(Arc<Commits>);

#[derive(Debug)]
struct Commits {
    /// Those that concern rows of any tenant.
    of_all: AtomicU64,
    /// Those that concern rows of one tenant.
    of_parts: [AtomicU64; PARTS],
}

impl Default for Memory {
    fn default() -> Self {
        Self(Arc::new(Commits { of_all: AtomicU64::new(0), of_parts: [const { AtomicU64::new(0) }; PARTS] }))
    }
}

impl Memory {
    /// The commits until now that concern what is remembered of a tenant. What was read after it was asked for, and before it
    /// is another, still holds, as far as this process knows.
    pub fn age(&self, tenant: Uuid) -> u64 {
        // Both only grow, so that their sum is another when one of them is.
        self.0.of_all.load(Ordering::Acquire).wrapping_add(self.part(tenant).load(Ordering::Acquire))
    }

    fn part(&self, tenant: Uuid) -> &AtomicU64 {
        // The first bytes of an id are a time; the last one is any.
        &self.0.of_parts[usize::from(tenant.as_bytes()[15])]
    }
}

/// Whether a transaction changes what is remembered.
#[derive(Debug, Default)]
pub(crate) struct Outdates {
    /// Of rows that several tenants may share.
    of_all: AtomicBool,
    /// Of rows of the scope's tenant.
    of_tenant: AtomicBool,
}

impl Outdates {
    /// Looks at a row that is inserted. It was not remembered; but what is remembered of its parent, a member and the member's
    /// permissions, may change with it. A person has no parent: memberships lead to a person, and a new one has none yet.
    pub(crate) fn note_new(&self, meta: &EntityMeta) {
        let has_parent = matches!(meta.tenancy, TenantRule::Through { local, .. } if local != meta.id().name);
        if has_parent && is_remembered(meta) {
            self.note_any(meta);
        }
    }

    /// Looks at a statement that is written.
    pub(crate) fn note(&self, meta: &EntityMeta, operation: &Operation<'_>) {
        let outdates = match operation {
            Operation::Update { values, .. } => {
                is_remembered(meta)
                    && values.iter().any(|(property, _)| property.remembered || property.name == "deleted")
            }
            Operation::Destroy { .. } => is_remembered(meta),
            _ => false,
        };
        if outdates {
            self.note_any(meta);
        }
    }

    /// Takes note of a change of what is remembered.
    fn note_any(&self, meta: &EntityMeta) {
        let is_of_one = match meta.tenancy {
            TenantRule::Itself | TenantRule::Column(_) => true,
            // By its own id it may have parents in several tenants, as a person has memberships.
            TenantRule::Through { local, .. } => local != meta.id().name,
            TenantRule::Global { .. } => false,
        };
        let noted = if is_of_one { &self.of_tenant } else { &self.of_all };
        noted.store(true, Ordering::Relaxed);
    }

    /// Counts the transaction, which has ended behind this wall. Of one whose outcome is not known, all is assumed.
    pub(crate) fn tell(&self, memory: &Memory, wall: Wall) {
        let of_tenant = self.of_tenant.load(Ordering::Relaxed);
        match wall {
            Wall::Tenant(tenant) if of_tenant => drop(memory.part(tenant).fetch_add(1, Ordering::AcqRel)),
            Wall::Person(_) | Wall::Open if of_tenant => drop(memory.0.of_all.fetch_add(1, Ordering::AcqRel)),
            _ => {}
        }
        if self.of_all.load(Ordering::Relaxed) {
            memory.0.of_all.fetch_add(1, Ordering::AcqRel);
        }
    }
}

fn is_remembered(meta: &EntityMeta) -> bool {
    meta.properties.iter().any(|property| property.remembered)
}

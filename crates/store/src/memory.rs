//! What the program remembers of rows: the commits that change it are counted, so that what was read before one is known to be old.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::entity::EntityMeta;
use crate::sql::Operation;

/// Counts the commits of this process that changed what is remembered ([`crate::entity::Property::remembered`]). Those of
/// other processes are not known here: what is remembered needs an end of its own.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<AtomicU64>);

impl Memory {
    /// The commits until now. What was read after it was asked for, and before it is another, still holds, as far as this
    /// process knows.
    pub fn age(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// Whether a transaction changes what is remembered.
#[derive(Debug, Default)]
pub(crate) struct Outdates(AtomicBool);

impl Outdates {
    /// Looks at a statement that is written. A row that is new was not remembered.
    pub(crate) fn note(&self, meta: &EntityMeta, operation: &Operation<'_>) {
        let outdates = match operation {
            Operation::Update { values, .. } => {
                let is_remembered = meta.properties.iter().any(|property| property.remembered);
                is_remembered && values.iter().any(|(property, _)| property.remembered || property.name == "deleted")
            }
            Operation::Destroy { .. } => meta.properties.iter().any(|property| property.remembered),
            _ => false,
        };
        if outdates {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    /// Counts the transaction, which has ended. Of one whose outcome is not known, all is assumed.
    pub(crate) fn tell(&self, memory: &Memory) {
        if self.0.load(Ordering::Relaxed) {
            memory.0.fetch_add(1, Ordering::AcqRel);
        }
    }
}

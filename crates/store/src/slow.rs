//! Slow reads: those that turn out to take long. Of one reader and table there is one at a time, and of all readers so many
//! that half of the connections are left to others (ADR 34), and half of those to other tenants (ADR 37).
//!
//! How long a read takes is not known before: a filter that finds nothing may have looked at every row. So each begins at
//! once. One that is not done after [`SLOW`] needs a permit to go on. Where there is none, the read is ended,
//! waits for a permit, and begins anew.

#[cfg(feature = "postgres")]
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
#[cfg(feature = "postgres")]
use tokio::time::sleep;
use uuid::Uuid;

use crate::error::StoreResult;
use crate::options::SlowReadsState;
use crate::shares::{Share, Shares};
use crate::turns::{Key, Rules, Turn, Turns};

/// From when on a read is slow.
pub(crate) const SLOW: Duration = Duration::from_millis(250);
/// Sixteen, where reads of many bytes have four, since each read of a reader who had a slow one waits here, the quick ones too.
const TURNS: Rules = Rules { waiting: 16, all: 256, restless: SLOW };

/// How many reads may be slow at once on so many connections: half, and always one.
pub(crate) fn permits(connections: usize) -> usize {
    (connections / 2).max(1)
}

/// The slow reads of a store.
#[derive(Debug)]
pub(crate) struct SlowReads {
    turns: Turns,
    permits: Arc<Semaphore>,
    /// Each tenant has half of the permits at most: the other half is left to other tenants.
    of_tenants: Arc<Shares>,
    connections: usize,
}

/// A read that may turn out to be slow.
#[derive(Debug)]
pub(crate) struct Watch {
    slow: Arc<SlowReads>,
    tenant: Option<Uuid>,
    key: Key,
    permit: Option<Permit>,
}

/// A permit for one of the slow reads that may be under way. It ends when it is dropped.
#[derive(Debug)]
struct Permit {
    _turn: Turn,
    _of_tenant: Option<Share>,
    _of_all: OwnedSemaphorePermit,
}

impl SlowReads {
    /// Of a store with so many connections.
    pub(crate) fn new(connections: usize) -> Arc<Self> {
        Arc::new(Self {
            turns: Turns::new(TURNS),
            permits: Arc::new(Semaphore::new(permits(connections))),
            of_tenants: Shares::new(permits(connections) / 2),
            connections,
        })
    }

    /// How many there are.
    pub(crate) fn state(&self) -> SlowReadsState {
        SlowReadsState {
            under_way: permits(self.connections) - self.permits.available_permits(),
            waiting: self.turns.waiting(),
        }
    }

    /// Watches a read of this table. A read of the service's own, without a reader, waits for nobody.
    pub(crate) fn watch(
        self: &Arc<Self>,
        (tenant, reader): (Option<Uuid>, Option<Uuid>),
        table: &'static str,
    ) -> Option<Watch> {
        reader.map(|_| Watch { slow: self.clone(), tenant, key: (reader, table), permit: None })
    }
}

impl Watch {
    /// Waits for a permit, where the reader has had a slow read of the table lately.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where too many wait.
    pub(crate) async fn wait(&mut self) -> StoreResult<()> {
        let (reader, table) = self.key;
        if let Some(turn) = self.slow.turns.wait(self.tenant, reader, table).await? {
            // First that of the tenant: what all have is not kept while it is waited for.
            let share = self.slow.of_tenants.wait(self.tenant).await;
            let permit = self.slow.permits.clone().acquire_owned().await;
            self.permit = permit.ok().map(|permit| Permit { _turn: turn, _of_tenant: share, _of_all: permit });
        }
        Ok(())
    }

    /// Whether it has a permit.
    pub(crate) fn has_permit(&self) -> bool {
        self.permit.is_some()
    }

    /// Whether a read that is slow must begin anew elsewhere, and wait for a permit first.
    pub(crate) fn must_move(&self) -> bool {
        self.remember();
        self.permit.is_none()
    }

    /// Remembers that the reader has had a slow read of the table, so that the next one waits for its turn.
    pub(crate) fn remember(&self) {
        let (reader, table) = self.key;
        if self.permit.is_none() {
            self.slow.turns.remember(reader, table);
        }
    }

    /// Whether a slow read of the same reader and table is under way, so that another one need not begin.
    pub(crate) fn is_held_up(&self) -> bool {
        let (reader, table) = self.key;
        self.permit.is_none() && self.slow.turns.are_taken(reader, table)
    }

    /// Whether a read that began then, and is slow, may go on: it has a permit, or gets one.
    pub(crate) fn may_go_on(&mut self, begun: Instant) -> bool {
        if self.permit.is_none() {
            let (reader, table) = self.key;
            // The turn is remembered, whether there is a permit or not, so that the next read waits for it.
            self.slow.turns.remember(reader, table);
            self.permit = self.permit_at_once(begun);
        }
        self.permit.is_some()
    }

    /// A permit, where nothing of it has to be waited for.
    fn permit_at_once(&self, begun: Instant) -> Option<Permit> {
        let (reader, table) = self.key;
        let share = match self.tenant {
            Some(tenant) => Some(self.slow.of_tenants.take(tenant)?),
            None => None,
        };
        let permit = self.slow.permits.clone().try_acquire_owned().ok()?;
        let turn = self.slow.turns.take(reader, table, begun)?;
        Some(Permit { _turn: turn, _of_tenant: share, _of_all: permit })
    }

    /// Does the work, unless it is slow and may not go on: then there is nothing of it. The work is pinned by the caller, who
    /// drops it: handed over, it would take its permit twice.
    #[cfg(feature = "postgres")]
    pub(crate) async fn over<T>(
        watch: &mut Option<Self>,
        work: Pin<&mut (impl Future<Output = T> + ?Sized)>,
    ) -> Option<T> {
        let Some(watch) = watch else { return Some(work.await) };
        let begun = Instant::now();
        let refused = async {
            sleep(SLOW).await;
            if watch.may_go_on(begun) {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            done = work => Some(done),
            () = refused => None,
        }
    }
}

#[cfg(test)]
mod tests;

//! Connections that many short reads share: they are sent one behind the other without waiting (pipelining, ADR 20).
//!
//! A backend of `PostgreSQL` that finds the next statement waiting need not be woken for it, and neither need we for each
//! answer. What sharing costs is that an answer waits for those before it. So long reads and transactions have connections of
//! their own, new reads avoid a shared connection that has come to a halt, and half of the pool is not shared.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::{Object, Pool, Timeouts};

use super::pool_error;
use super::returns::Returns;
use crate::error::{StoreError, StoreResult};
use crate::kept::Kept;

/// Reads under way on each before one more is opened, where there are as many shared connections as processors already.
const DEEP: usize = 32;
/// A shared connection that has answered nothing for so long is held up by a statement, and avoided.
const HALT: Duration = Duration::from_millis(20);

/// The shared connections of a pool.
pub(super) struct SharedConnections {
    all: Mutex<Vec<Arc<SharedConnection>>>,
    /// Held by whoever opens one.
    opening: tokio::sync::Mutex<()>,
    /// Opened before any is shared by more than one read at once.
    wide: usize,
    /// Opened at most; with none, reads have connections of their own.
    most: usize,
    returns: Arc<Returns>,
}

struct SharedConnection {
    /// Until the shared connection is dropped.
    connection: Option<Object>,
    under_way: AtomicUsize,
    /// When it last had nothing to do, or answered.
    moved: Mutex<Instant>,
    /// Whether somebody has given up waiting for it, so that nobody is to be sent there any more.
    is_given_up: AtomicBool,
    returns: Arc<Returns>,
}

/// A lease on a shared connection, for one read.
pub(super) struct Lease {
    shared: Arc<SharedConnection>,
    is_answered: bool,
}

enum Choice {
    /// This one, which is as free as any.
    Take(Lease),
    /// A new one; this one until then, if any.
    Open(Option<Lease>),
}

impl SharedConnections {
    /// Of a pool of so many connections, and the way back to it.
    pub(super) fn new(connections: usize, returns: Arc<Returns>) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let most = connections / 2;
        Self {
            all: Mutex::default(),
            opening: tokio::sync::Mutex::default(),
            wide: processors.clamp(2, most.max(2)),
            most,
            returns,
        }
    }

    /// Whether reads may share connections at all.
    pub(super) fn are_open(&self) -> bool {
        self.most > 0
    }

    /// A lease for a read on the one that has least to do. None where the first is just being opened: the read then takes a
    /// connection of its own, rather than wait for somebody else's attempt.
    pub(super) async fn lease(&self, pool: &Pool) -> StoreResult<Option<Lease>> {
        let fallback = match self.choose() {
            Choice::Take(lease) => return Ok(Some(lease)),
            Choice::Open(fallback) => fallback,
        };
        let Ok(_turn) = self.opening.try_lock() else { return Ok(fallback) };
        // Where there is a shared connection already, a new one is not waited for until others give their connection back.
        let wait = if fallback.is_some() { Some(Duration::ZERO) } else { pool.timeouts().wait };
        match pool.timeout_get(&Timeouts { wait, ..pool.timeouts() }).await {
            Ok(connection) => {
                fallback.into_iter().for_each(Lease::unused);
                Ok(Some(self.add(connection)))
            }
            Err(error) => fallback.map(Some).ok_or_else(|| pool_error(error)),
        }
    }

    fn choose(&self) -> Choice {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|shared| shared.is_usable());
        let Some(best) = all.iter().min_by_key(|shared| shared.load()) else { return Choice::Open(None) };
        let (is_held_up, under_way) = best.load();
        let lease = Lease::on(best);
        let deep = if all.len() < self.wide { 1 } else { DEEP };
        if (under_way >= deep || is_held_up) && all.len() < self.most {
            return Choice::Open(Some(lease));
        }
        Choice::Take(lease)
    }

    fn add(&self, connection: Object) -> Lease {
        let shared = Arc::new(SharedConnection {
            connection: Some(connection),
            under_way: AtomicUsize::new(0),
            moved: Mutex::new(Instant::now()),
            is_given_up: AtomicBool::new(false),
            returns: self.returns.clone(),
        });
        let lease = Lease::on(&shared);
        self.all.lock().unwrap_or_else(PoisonError::into_inner).push(shared);
        lease
    }
}

impl SharedConnection {
    fn is_usable(&self) -> bool {
        let is_open = self.connection.as_ref().is_some_and(|connection| !connection.is_closed());
        is_open && !self.is_given_up.load(Ordering::Relaxed)
    }

    /// Whether it is held up, and how many reads are under way on it.
    fn load(&self) -> (bool, usize) {
        let under_way = self.under_way.load(Ordering::Relaxed);
        let moved = *self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        (under_way > 0 && moved.elapsed() > HALT, under_way)
    }

    fn moves(&self) {
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

impl Lease {
    fn on(shared: &Arc<SharedConnection>) -> Self {
        if shared.under_way.fetch_add(1, Ordering::Relaxed) == 0 {
            shared.moves();
        }
        Self { shared: shared.clone(), is_answered: false }
    }

    /// What to send the read on.
    pub(super) fn connection(&self) -> StoreResult<&Object> {
        self.shared.connection.as_ref().ok_or(StoreError::Aborted)
    }

    /// Gives the lease back, on which nothing was sent.
    fn unused(mut self) {
        self.is_answered = true;
    }

    /// Gives the lease back, with an answer.
    pub(super) fn answered(mut self) {
        self.is_answered = true;
        self.shared.moves();
    }
}

impl Drop for SharedConnection {
    fn drop(&mut self) {
        // The server still owes an answer on it, for which nobody waits any more: from the pool, the next reader would.
        if let Some(connection) = self.connection.take()
            && *self.is_given_up.get_mut()
        {
            self.returns.give_back(connection, None, true, Kept::default());
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // The answer is still owed, and may never come: the next one would wait for it too.
        if !self.is_answered && self.shared.load().0 {
            self.shared.is_given_up.store(true, Ordering::Relaxed);
        }
        self.shared.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;

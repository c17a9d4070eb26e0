//! Turns: after a long read, the same reader reads the same table one answer after the other, with a rest between.
//!
//! A long read costs the database hundreds of short ones, and where there is no room for its rows it was read in vain. A
//! few connections that ask for nothing else, and read no answer, would take the database's time from everybody. So the long
//! reads of one reader wait for each other before their statement is sent. A read that can only be short never waits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};

/// From how many bytes on a read is long.
pub(crate) const LONG: u64 = 1024 * 1024;
/// How long a long read is remembered.
const MEMORY: Duration = Duration::from_secs(10);
/// The rest after a read, in multiples of the time that it took: the long reads of one reader take a tenth of one connection.
const REST: u32 = 9;
/// The longest rest.
const LONGEST_REST: Duration = Duration::from_secs(1);
/// How many may wait for one turn; further ones are told to come back.
const WAITING: usize = 4;
/// How many may wait for all turns: who waits is at work, and keeps a place that others may need.
const ALL_WAITING: usize = 64;

/// Whose turn it is, and for which table. The first is the reader's id. A session that names no reader has the id of the tenant
/// or person whose rows it reads.
type Key = (Option<Uuid>, &'static str);

/// The long reads of a store that are remembered.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// How many there are, so that nobody waits for the lock while there are none.
    count: AtomicUsize,
    /// How many wait.
    waiting: AtomicUsize,
    long: Mutex<HashMap<Key, Long>>,
}

#[derive(Debug)]
struct Long {
    /// Held by whose turn it is; and when the last one has rested.
    turn: Arc<tokio::sync::Mutex<Instant>>,
    /// Until when it is remembered.
    until: Instant,
}

/// A turn. It ends when it is dropped; the rest begins then.
#[derive(Debug)]
pub(crate) struct Turn {
    rested: OwnedMutexGuard<Instant>,
    begun: Instant,
}

impl Turns {
    /// Remembers that these rows took many bytes.
    pub(crate) fn remember(&self, reader: Option<Uuid>, table: &'static str) {
        let now = Instant::now();
        let mut long = self.long.lock().unwrap_or_else(PoisonError::into_inner);
        long.retain(|_, one| now < one.until || Arc::strong_count(&one.turn) > 1);
        long.entry((reader, table))
            .and_modify(|one| one.until = now + MEMORY)
            .or_insert_with(|| Long { turn: Arc::new(tokio::sync::Mutex::new(now)), until: now + MEMORY });
        self.count.store(long.len(), Ordering::Relaxed);
    }

    /// Waits for a turn to read these rows; `None` where no long read is remembered.
    pub(crate) async fn wait(&self, reader: Option<Uuid>, table: &'static str) -> StoreResult<Option<Turn>> {
        let Some(turn) = self.find(reader, table) else { return Ok(None) };
        // Two are the one that is remembered and this one.
        let waiting = Waiting::of(&self.waiting);
        if Arc::strong_count(&turn) > WAITING + 2 || self.waiting.load(Ordering::Relaxed) > ALL_WAITING {
            return Err(StoreError::Unavailable("too many long reads wait for each other".into()));
        }
        let rested = turn.lock_owned().await;
        sleep_until(*rested).await;
        drop(waiting);
        Ok(Some(Turn { rested, begun: Instant::now() }))
    }

    fn find(&self, reader: Option<Uuid>, table: &'static str) -> Option<Arc<tokio::sync::Mutex<Instant>>> {
        if self.count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let long = self.long.lock().unwrap_or_else(PoisonError::into_inner);
        long.get(&(reader, table)).filter(|one| Instant::now() < one.until).map(|one| one.turn.clone())
    }
}

/// One who waits; counted until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn of(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let now = Instant::now();
        *self.rested = now + (now - self.begun).saturating_mul(REST).min(LONGEST_REST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "configurations";

    const OURS: Option<Uuid> = Some(Uuid::from_u128(1));
    const THEIRS: Option<Uuid> = Some(Uuid::from_u128(2));

    #[tokio::test(start_paused = true)]
    async fn who_read_much_waits_for_each_other_and_rests() {
        let turns = Turns::default();
        assert!(turns.wait(OURS, TABLE).await.unwrap().is_none(), "nothing is remembered yet");
        turns.remember(OURS, TABLE);
        for other in [turns.wait(THEIRS, TABLE), turns.wait(OURS, "users"), turns.wait(None, TABLE)] {
            assert!(other.await.unwrap().is_none(), "other rows have no turns");
        }
        let first = turns.wait(OURS, TABLE).await.unwrap().unwrap();
        let begun = Instant::now();
        let second = async {
            let turn = turns.wait(OURS, TABLE).await.unwrap();
            (turn.is_some(), begun.elapsed())
        };
        let work = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            drop(first);
        };
        let ((had_turn, waited), ()) = tokio::join!(second, work);
        assert!(had_turn);
        assert!((500..520).contains(&waited.as_millis()), "50 ms of work and 450 of rest, not {waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_rest_has_an_end_and_so_has_the_memory() {
        let turns = Turns::default();
        turns.remember(OURS, TABLE);
        let turn = turns.wait(OURS, TABLE).await.unwrap();
        tokio::time::sleep(Duration::from_secs(5)).await;
        drop(turn);
        let begun = Instant::now();
        drop(turns.wait(OURS, TABLE).await.unwrap().unwrap());
        assert!((1000..1020).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
        tokio::time::sleep(MEMORY).await;
        assert!(turns.wait(OURS, TABLE).await.unwrap().is_none());
        turns.remember(THEIRS, TABLE);
        assert_eq!(turns.count.load(Ordering::Relaxed), 1, "the first one is forgotten");
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_costs_the_others_nothing_and_few_may_wait() {
        let turns = Turns::default();
        turns.remember(OURS, TABLE);
        let first = turns.wait(OURS, TABLE).await.unwrap();
        {
            let mut waiting: Vec<_> = (0..WAITING).map(|_| Box::pin(turns.wait(OURS, TABLE))).collect();
            for one in &mut waiting {
                assert!(futures_util::poll!(one).is_pending());
            }
            assert!(matches!(turns.wait(OURS, TABLE).await, Err(StoreError::Unavailable(_))));
        }
        drop(first);
        let begun = Instant::now();
        assert!(turns.wait(OURS, TABLE).await.unwrap().is_some());
        assert!(begun.elapsed() < Duration::from_millis(20));
        assert_eq!(turns.waiting.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn all_who_wait_are_few() {
        let turns = Turns::default();
        let readers: Vec<_> = (0..100).map(|number| Some(Uuid::from_u128(number))).collect();
        let mut held = Vec::new();
        for reader in &readers {
            turns.remember(*reader, TABLE);
            held.push(turns.wait(*reader, TABLE).await.unwrap());
        }
        let mut waiting: Vec<_> = readers.iter().map(|reader| Box::pin(turns.wait(*reader, TABLE))).collect();
        let mut pending = 0;
        for one in &mut waiting {
            pending += usize::from(futures_util::poll!(one).is_pending());
        }
        assert_eq!(pending, ALL_WAITING);
    }
}

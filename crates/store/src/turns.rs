//! Turns: after a long read, the same reader reads the same table one answer after the other, with a rest between.
//! Reads that are long by their bytes have turns of their own, and those by their time too ([`crate::slow`]).
//!
//! A long read costs the database hundreds of short ones, and where there is no room for its rows it was read in vain. A
//! few connections that ask for nothing else, and read no answer, would take the database's time from everybody. So the long
//! reads of one reader wait for each other before their statement is sent. A read that can only be short never waits.
//!
//! Changes of the rows that a condition selects have turns too, whether or not one was long.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use crate::error::{StoreError, StoreResult};
use crate::shares::Shares;

/// From how many bytes on a read is long.
pub(crate) const LONG: u64 = 1024 * 1024;
/// How long a long read is remembered.
const MEMORY: Duration = Duration::from_secs(10);
/// The rest after a read, in multiples of the time that it took: the long reads of one reader take a tenth of one connection.
const REST: u32 = 9;
/// The longest rest.
const LONGEST_REST: Duration = Duration::from_secs(1);

/// Whose turn it is, and for which table. The first is the reader's id. A session that names no reader has the id of the tenant
/// or person whose rows it reads.
pub(crate) type Key = (Option<Uuid>, &'static str);

/// How turns are taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// How many may wait for one turn; further ones are told to come back.
    pub(crate) waiting: usize,
    /// How many may wait for all turns: who waits is at work, and keeps a place that others may need. A quarter of them are of
    /// one tenant at most.
    pub(crate) all: usize,
    /// A turn that took less needs no rest.
    pub(crate) restless: Duration,
}

/// The long reads of a store that are remembered.
#[derive(Debug)]
pub(crate) struct Turns {
    rules: Rules,
    /// How many there are, so that nobody waits for the lock while there are none.
    count: AtomicUsize,
    /// How many wait.
    waiting: AtomicUsize,
    of_tenants: Arc<Shares>,
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
pub struct Turn {
    rested: OwnedMutexGuard<Instant>,
    /// When its work began.
    begun: Mutex<Instant>,
    restless: Duration,
}

impl Turns {
    /// None is remembered yet.
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            count: AtomicUsize::default(),
            waiting: AtomicUsize::default(),
            of_tenants: Shares::new(rules.all / 4),
            long: Mutex::default(),
        }
    }

    /// How many wait for a turn.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Remembers that these rows took long to read, and gives the lock that is their turn.
    pub(crate) fn remember(&self, reader: Option<Uuid>, table: &'static str) -> Arc<tokio::sync::Mutex<Instant>> {
        let now = Instant::now();
        let mut long = self.long.lock().unwrap_or_else(PoisonError::into_inner);
        long.retain(|_, one| now < one.until || Arc::strong_count(&one.turn) > 1);
        let one = long
            .entry((reader, table))
            .and_modify(|one| one.until = now + MEMORY)
            .or_insert_with(|| Long { turn: Arc::new(tokio::sync::Mutex::new(now)), until: now + MEMORY });
        let turn = one.turn.clone();
        self.count.store(long.len(), Ordering::Relaxed);
        turn
    }

    /// Takes the turn for a read that began then, unless others have it or it is not over yet; and remembers the read.
    pub(crate) fn take(&self, reader: Option<Uuid>, table: &'static str, begun: Instant) -> Option<Turn> {
        let rested = self.remember(reader, table).try_lock_owned().ok()?;
        let is_rested = *rested <= Instant::now();
        is_rested.then_some(Turn { rested, begun: begun.into(), restless: self.rules.restless })
    }

    /// Whether somebody has the turn to read these rows, or has just had it.
    pub(crate) fn are_taken(&self, reader: Option<Uuid>, table: &'static str) -> bool {
        let turn = self.find(reader, table);
        turn.is_some_and(|turn| turn.try_lock().map_or(true, |rested| Instant::now() < *rested))
    }

    /// Waits for a turn to read these rows, of whichever tenant the reader is; `None` where no long read is remembered.
    pub(crate) async fn wait(
        &self,
        tenant: Option<Uuid>,
        reader: Option<Uuid>,
        table: &'static str,
    ) -> StoreResult<Option<Turn>> {
        match self.find(reader, table) {
            Some(turn) => self.queue(tenant, turn).await.map(Some),
            None => Ok(None),
        }
    }

    /// Waits for a turn that is taken by everybody, whether or not a long one is remembered.
    pub(crate) async fn enter(&self, whose: Option<Uuid>, table: &'static str) -> StoreResult<Turn> {
        self.queue(whose, self.remember(whose, table)).await
    }

    async fn queue(&self, tenant: Option<Uuid>, turn: Arc<tokio::sync::Mutex<Instant>>) -> StoreResult<Turn> {
        // Two are the one that is remembered and this one. Whose turn nobody has is not refused for those who wait for others'.
        let waiting = Waiting::of(&self.waiting);
        let before = Arc::strong_count(&turn).saturating_sub(2);
        let place = tenant.map(|tenant| self.of_tenants.take(tenant));
        let is_full = matches!(place, Some(None)) || self.waiting.load(Ordering::Relaxed) > self.rules.all;
        if before > self.rules.waiting || before > 0 && is_full {
            return Err(StoreError::Unavailable("too many requests wait for their turn".into()));
        }
        let rested = turn.lock_owned().await;
        sleep_until(*rested).await;
        drop((waiting, place));
        Ok(Turn { rested, begun: Instant::now().into(), restless: self.rules.restless })
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

impl Turn {
    /// Its work begins only now, so that no rest is due for what it has waited for.
    pub(crate) fn begins(&self) {
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let now = Instant::now();
        let took = now - *self.begun.get_mut().unwrap_or_else(PoisonError::into_inner);
        let rest = if took < self.restless { Duration::ZERO } else { took.saturating_mul(REST).min(LONGEST_REST) };
        *self.rested = now + rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "configurations";
    const WAITING: usize = 4;
    const ALL: usize = 64;
    const RULES: Rules = Rules { waiting: WAITING, all: ALL, restless: Duration::ZERO };

    const OURS: Option<Uuid> = Some(Uuid::from_u128(1));
    const THEIRS: Option<Uuid> = Some(Uuid::from_u128(2));

    #[tokio::test(start_paused = true)]
    async fn who_read_much_waits_for_each_other_and_rests() {
        let turns = Turns::new(RULES);
        assert!(turns.wait(None, OURS, TABLE).await.unwrap().is_none(), "nothing is remembered yet");
        turns.remember(OURS, TABLE);
        for other in [turns.wait(None, THEIRS, TABLE), turns.wait(None, OURS, "users"), turns.wait(None, None, TABLE)] {
            assert!(other.await.unwrap().is_none(), "other rows have no turns");
        }
        let first = turns.wait(None, OURS, TABLE).await.unwrap().unwrap();
        let begun = Instant::now();
        let second = async {
            let turn = turns.wait(None, OURS, TABLE).await.unwrap();
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
        let turns = Turns::new(RULES);
        turns.remember(OURS, TABLE);
        let turn = turns.wait(None, OURS, TABLE).await.unwrap();
        tokio::time::sleep(Duration::from_secs(5)).await;
        drop(turn);
        let begun = Instant::now();
        drop(turns.wait(None, OURS, TABLE).await.unwrap().unwrap());
        assert!((1000..1020).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
        tokio::time::sleep(MEMORY).await;
        assert!(turns.wait(None, OURS, TABLE).await.unwrap().is_none());
        turns.remember(THEIRS, TABLE);
        assert_eq!(turns.count.load(Ordering::Relaxed), 1, "the first one is forgotten");
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_costs_the_others_nothing_and_few_may_wait() {
        let turns = Turns::new(RULES);
        turns.remember(OURS, TABLE);
        let first = turns.wait(None, OURS, TABLE).await.unwrap();
        {
            let mut waiting: Vec<_> = (0..WAITING).map(|_| Box::pin(turns.wait(None, OURS, TABLE))).collect();
            for one in &mut waiting {
                assert!(futures_util::poll!(one).is_pending());
            }
            assert!(matches!(turns.wait(None, OURS, TABLE).await, Err(StoreError::Unavailable(_))));
        }
        drop(first);
        let begun = Instant::now();
        assert!(turns.wait(None, OURS, TABLE).await.unwrap().is_some());
        assert!(begun.elapsed() < Duration::from_millis(20));
        assert_eq!(turns.waiting.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_is_taken_by_one_and_after_it_has_rested() {
        let turns = Turns::new(Rules { restless: Duration::from_millis(20), ..RULES });
        let begun = Instant::now();
        assert!(!turns.are_taken(OURS, TABLE));
        let first = turns.take(OURS, TABLE, begun).unwrap();
        assert!(turns.take(OURS, TABLE, begun).is_none() && turns.are_taken(OURS, TABLE));
        assert!(turns.take(THEIRS, TABLE, begun).is_some() && !turns.are_taken(THEIRS, TABLE), "it took no time");
        tokio::time::sleep(Duration::from_millis(30)).await;
        drop(first);
        assert!(turns.take(OURS, TABLE, begun).is_none() && turns.are_taken(OURS, TABLE), "it rests");
        drop(turns.wait(None, OURS, TABLE).await.unwrap().unwrap());
        assert_eq!(begun.elapsed().as_millis(), 300, "nine times as long");
        assert!(turns.take(OURS, TABLE, Instant::now()).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn for_what_was_waited_for_no_rest_is_due() {
        let turns = Turns::new(Rules { restless: Duration::from_millis(20), ..RULES });
        let turn = turns.enter(OURS, TABLE).await.unwrap();
        tokio::time::sleep(Duration::from_secs(5)).await;
        turn.begins();
        tokio::time::sleep(Duration::from_millis(10)).await;
        drop(turn);
        let begun = Instant::now();
        drop(turns.enter(OURS, TABLE).await.unwrap());
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn all_who_wait_are_few() {
        let turns = Turns::new(RULES);
        let readers: Vec<_> = (0..100).map(|number| Some(Uuid::from_u128(number))).collect();
        let mut held = Vec::new();
        for reader in &readers {
            turns.remember(*reader, TABLE);
            held.push(turns.wait(None, *reader, TABLE).await.unwrap());
        }
        let mut waiting: Vec<_> = readers.iter().map(|reader| Box::pin(turns.wait(None, *reader, TABLE))).collect();
        let mut pending = 0;
        for one in &mut waiting {
            pending += usize::from(futures_util::poll!(one).is_pending());
        }
        assert_eq!(pending, ALL);
        assert!(turns.enter(None, TABLE).await.is_ok(), "whose turn nobody has need not wait for theirs");
    }

    #[tokio::test(start_paused = true)]
    async fn of_those_who_wait_a_quarter_is_of_one_tenant() {
        let turns = Turns::new(RULES);
        let waiting = |tenant: Option<Uuid>, reader: u128| {
            let reader = Some(Uuid::from_u128(reader));
            turns.remember(reader, TABLE);
            turns.wait(tenant, reader, TABLE)
        };
        let mut held = Vec::new();
        let mut others = Vec::new();
        for reader in 0..20 {
            held.push(waiting(OURS, reader).await.unwrap());
            let mut other = Box::pin(waiting(OURS, reader));
            if futures_util::poll!(&mut other).is_pending() {
                others.push(other);
            }
        }
        assert_eq!(others.len(), ALL / 4);
        held.push(waiting(THEIRS, 100).await.unwrap());
        assert!(futures_util::poll!(Box::pin(waiting(THEIRS, 100))).is_pending(), "another tenant may wait");
    }
}

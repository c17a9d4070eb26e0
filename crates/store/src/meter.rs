//! Counts what an answer takes while its rows are read, against its own bound and against that of all answers together.
//!
//! A row counts as what it takes in memory or as JSON text, whichever is more, so that one number bounds both. What JSON
//! escapes is not looked at here; [`crate::include`] does, where it could matter.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use crate::entity::{Property, PropertyType};
use crate::error::{StoreError, StoreResult};
use crate::horizon::Horizon;
use crate::options::Limits;
use crate::scope::Wall;
use crate::shares::Shares;
use crate::slow::{SLOW, SlowReads};
use crate::turns::{LONG, Rules, Turn, Turns};
use crate::value::Value;

/// What an answer may take without a place among all answers: most take no more, and then nothing is shared.
const FREE: u64 = 16 * 1024;
/// Places among all answers are taken in steps of so many bytes, so that few rows need one.
const STEP: u64 = 64 * 1024;
/// What a row takes beside its values.
const ROW: u64 = 128;
/// What a value takes beside its name and what it holds elsewhere: itself in memory, or quotes, colon, comma and the
/// longest text that is no text in memory.
const VALUE: u64 = 44;
/// What a text takes in an array beside its bytes, and what a number takes in one.
const ITEM: u64 = 32;
const NUMBER: u64 = 12;

/// How reads of many bytes take turns.
const TURNS: Rules = Rules { waiting: 4, all: 256, restless: Duration::ZERO };
/// How changes of the rows that a condition selects do: who makes a hundred at once is not refused.
const CHANGES: Rules = Rules { waiting: 128, all: 512, restless: SLOW };

/// What all answers of a store take together: bytes in memory, and turns of those that take long.
#[derive(Debug)]
pub(crate) struct Together {
    most: u64,
    /// Most of one tenant, or one person: half of all, so that others are answered.
    share: u64,
    taken: Mutex<Taken>,
    turns: Turns,
    /// The reads that are long by their time.
    pub(crate) slow: Arc<SlowReads>,
    /// The changes of the rows that conditions select, by tenant or person.
    pub(crate) changes: Turns,
    /// The connections that each tenant has for long reads, and on `PostgreSQL` for transactions.
    pub(crate) connections: Arc<Shares>,
    /// How far readers of the audit log may go.
    pub(crate) horizon: Horizon,
}

#[derive(Debug, Default)]
struct Taken {
    all: u64,
    /// By tenant or person; none stays with nothing.
    shares: HashMap<Uuid, u64>,
}

impl Together {
    /// The bound of these limits, where one answer may always take what it may, over so many connections.
    pub(crate) fn new(limits: &Limits, connections: usize) -> Arc<Self> {
        let most = limits.max_bytes_together.max(limits.max_bytes);
        let share = (most / 2).max(limits.max_bytes);
        let slow = SlowReads::new(connections);
        Arc::new(Self {
            most,
            share,
            taken: Mutex::default(),
            turns: Turns::new(TURNS),
            slow,
            changes: Turns::new(CHANGES),
            // Half of them short reads may share, and one in eight is left for other tenants.
            connections: Shares::new(connections / 2 - connections / 8),
            horizon: Horizon::default(),
        })
    }

    fn take(&self, whose: Option<Uuid>, bytes: u64) -> StoreResult<()> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let share = whose.and_then(|whose| taken.shares.get(&whose)).copied().unwrap_or_default();
        if taken.all.saturating_add(bytes) > self.most || share.saturating_add(bytes) > self.share {
            return Err(StoreError::Unavailable(
                "the answers under way hold as many bytes as they may together".into(),
            ));
        }
        taken.all += bytes;
        if let Some(whose) = whose {
            taken.shares.insert(whose, share + bytes);
        }
        Ok(())
    }

    fn give_back(&self, whose: Option<Uuid>, bytes: u64) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= bytes;
        if let Some(Entry::Occupied(mut share)) = whose.map(|whose| taken.shares.entry(whose)) {
            *share.get_mut() -= bytes;
            if *share.get() == 0 {
                share.remove();
            }
        }
    }
}

/// What one answer takes so far. Dropping it gives back its place among all answers.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    together: Option<Arc<Together>>,
    /// The tenant or the person whose rows are read.
    whose: Option<Uuid>,
    /// The id under which long reads take turns: the reader's, or of a session without a reader that of the tenant or person.
    waits: Option<Uuid>,
    /// The table whose rows are read now, and what was counted before.
    table: &'static str,
    before: u64,
    most: u64,
    used: u64,
    /// How many bytes the answer may take before it must ask for more of those of all answers.
    granted: u64,
    /// How many of the bytes of all answers it has.
    taken: u64,
}

impl Meter {
    /// Of an answer behind this wall that takes nothing yet.
    pub(crate) fn new(together: &Arc<Together>, limits: &Limits, wall: Wall, reader: Option<Uuid>) -> Self {
        let most = limits.max_bytes;
        let whose = wall.whose();
        let waits = reader.or(whose);
        Self { together: Some(together.clone()), whose, waits, most, granted: FREE.min(most), ..Self::default() }
    }

    /// From now on the rows of this table are read, so much at most. Waits for a turn where too much of it was read lately.
    pub(crate) async fn begin(&mut self, table: &'static str, most: u64) -> StoreResult<Option<Turn>> {
        self.reads(table);
        match &self.together {
            Some(together) if most > LONG => together.turns.wait(self.whose, self.waits, table).await,
            _ => Ok(None),
        }
    }

    /// The same without a turn.
    pub(crate) fn reads(&mut self, table: &'static str) {
        (self.table, self.before) = (table, self.used);
    }

    /// The tenant or the person whose rows are read, and the id under which long reads take turns.
    pub(crate) fn reader(&self) -> (Option<Uuid>, Option<Uuid>) {
        (self.whose, self.waits)
    }

    /// Forgets what was counted of the table that is read now, which will be read once more.
    pub(crate) fn begin_again(&mut self) {
        self.used = self.before;
    }

    /// Counts so many bytes more.
    pub(crate) fn add(&mut self, bytes: u64) -> StoreResult<()> {
        self.used = self.used.saturating_add(bytes);
        if self.used <= self.granted { Ok(()) } else { self.grow() }
    }

    #[cold]
    fn grow(&mut self) -> StoreResult<()> {
        let granted = self.grant();
        // What was refused was read in vain, and is likely to be asked for again.
        if let Some(together) = self.together.as_ref().filter(|_| granted.is_err() || self.used - self.before > LONG) {
            together.turns.remember(self.waits, self.table);
        }
        granted
    }

    fn grant(&mut self) -> StoreResult<()> {
        if self.used > self.most {
            return Err(self.too_many());
        }
        let missing = self.used - self.granted;
        // No more than the answer may take, or a small bound for all would never let it.
        let step = missing.next_multiple_of(STEP).min(self.most - self.granted);
        if let Some(together) = &self.together {
            together.take(self.whose, step)?;
        }
        self.taken += step;
        self.granted += step;
        Ok(())
    }

    /// Whether the text of these bytes, each of which JSON may write as six, could be longer than the answer may be.
    pub(crate) fn may_grow_too_long(&self) -> bool {
        self.used.saturating_mul(6) > self.most
    }

    /// Fails where a text of this length is longer than the answer may be.
    pub(crate) fn check_text(&self, length: u64) -> StoreResult<()> {
        if length > self.most { Err(self.too_many()) } else { Ok(()) }
    }

    /// What was counted.
    pub(crate) fn used(&self) -> u64 {
        self.used
    }

    /// Whether the answer has a place among all answers, which it must keep until it is written.
    pub(crate) fn has_reservation(&self) -> bool {
        self.taken > 0
    }

    fn too_many(&self) -> StoreError {
        StoreError::TooManyBytes { limit: self.most }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(together) = self.together.as_ref().filter(|_| self.taken > 0) {
            together.give_back(self.whose, self.taken);
        }
    }
}

/// What a row of these properties takes, but for what its values hold elsewhere ([`held`]).
pub(crate) fn row(properties: &[&'static Property]) -> u64 {
    properties.iter().fold(ROW, |bytes, property| bytes + property.name.len() as u64 + VALUE)
}

/// The most that a row of these properties takes, by their rules.
pub(crate) fn most_of_row(properties: &[&'static Property]) -> u64 {
    let longest = |property: &Property| {
        let rules = &property.rules;
        // A character is four bytes at most.
        let text = |length: Option<u32>| length.map_or(LONG, |length| u64::from(length) * 4);
        match property.kind {
            PropertyType::Text => text(rules.max_length),
            PropertyType::Json => rules.max_bytes.map_or(LONG, u64::from),
            PropertyType::TextArray => rules
                .max_items
                .map_or(LONG, |items| u64::from(items).saturating_mul(text(rules.max_length).saturating_add(ITEM))),
            PropertyType::IntegerArray => rules.max_items.map_or(LONG, |items| u64::from(items) * NUMBER),
            _ => 0,
        }
    };
    properties.iter().fold(row(properties), |bytes, property| bytes.saturating_add(longest(property)))
}

/// What a value holds outside the row.
pub(crate) fn held(value: &Value) -> u64 {
    match value {
        Value::Text(text) | Value::JsonText(text) => text.len() as u64,
        Value::TextArray(items) => items.iter().map(|item| item.len() as u64 + ITEM).sum(),
        Value::IntegerArray(items) => items.len() as u64 * NUMBER,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        max_rows: 1,
        max_changed_rows: 1,
        max_changed_bytes: 1,
        max_bytes: 200_000,
        max_bytes_together: 300_000,
    };

    #[test]
    fn an_answer_is_bounded_to_the_byte() {
        for first in [0, 1, FREE, FREE + 1, FREE + STEP, 199_999] {
            let mut meter = Meter::new(&Together::new(&LIMITS, 2), &LIMITS, Wall::Open, None);
            assert!(meter.add(first).and_then(|()| meter.add(200_000 - first)).is_ok(), "{first}");
            assert!(matches!(meter.add(1), Err(StoreError::TooManyBytes { limit: 200_000 })), "{first}");
        }
        let small = Limits { max_bytes: 10, ..LIMITS };
        let mut meter = Meter::new(&Together::new(&small, 2), &small, Wall::Open, None);
        assert!(meter.add(11).is_err());
    }

    #[test]
    fn answers_share_a_bound_and_give_back_what_they_took() {
        let together = Together::new(&LIMITS, 2);
        let mut small = Meter::new(&together, &LIMITS, Wall::Open, None);
        assert!(small.add(FREE).is_ok() && !small.has_reservation());
        let mut first = Meter::new(&together, &LIMITS, Wall::Open, None);
        assert!(first.add(190_000).is_ok() && first.has_reservation());
        let mut second = Meter::new(&together, &LIMITS, Wall::Open, None);
        assert!(matches!(second.add(190_000), Err(StoreError::Unavailable(_))));
        drop(first);
        assert!(second.add(0).is_ok());
        drop(second);
        assert_eq!(together.taken.lock().unwrap().all, 0);
    }

    #[test]
    fn one_tenant_leaves_room_to_the_others() {
        let limits = Limits { max_bytes_together: 1_000_000, ..LIMITS };
        let together = Together::new(&limits, 2);
        let of = |tenant: u128| Meter::new(&together, &limits, Wall::Tenant(Uuid::from_u128(tenant)), None);
        let mut held = Vec::new();
        let refused = loop {
            let mut answer = of(1);
            match answer.add(200_000) {
                Ok(()) => held.push(answer),
                Err(error) => break error,
            }
        };
        assert!(matches!(refused, StoreError::Unavailable(_)) && held.len() == 2, "{refused} after {}", held.len());
        let mut other = of(2);
        assert!(other.add(200_000).is_ok(), "half is left");
        held.clear();
        drop(other);
        assert!(of(1).add(200_000).is_ok());
        assert!(together.taken.lock().unwrap().shares.is_empty(), "who has nothing is forgotten");
    }

    #[tokio::test]
    async fn who_read_much_or_found_no_room_waits_for_a_turn() {
        let limits = Limits { max_bytes: 4 * LONG, max_bytes_together: 4 * LONG, ..LIMITS };
        let together = Together::new(&limits, 2);
        let of = |tenant: u128| Meter::new(&together, &limits, Wall::Tenant(Uuid::from_u128(tenant)), None);
        let mut short = of(1);
        assert!(short.begin("short", LONG + 1).await.unwrap().is_none());
        assert!(short.add(LONG).is_ok() && short.begin("long", LONG + 1).await.unwrap().is_none());
        assert!(short.add(LONG + 1).is_ok());
        assert!(of(1).begin("short", LONG + 1).await.unwrap().is_none(), "it was not long");
        assert!(of(1).begin("long", LONG + 1).await.unwrap().is_some(), "it was");
        assert!(of(1).begin("long", LONG).await.unwrap().is_none(), "few rows need no turn");
        let mut refused = of(1);
        assert!(refused.begin("other", LONG + 1).await.unwrap().is_none() && refused.add(3 * LONG).is_err());
        assert!(of(1).begin("other", LONG + 1).await.unwrap().is_some());
        assert!(of(2).begin("long", LONG + 1).await.unwrap().is_none(), "others do not wait");
        let wall = Wall::Tenant(Uuid::from_u128(1));
        let mut reader = Meter::new(&together, &limits, wall, Some(Uuid::from_u128(9)));
        assert!(reader.begin("long", LONG + 1).await.unwrap().is_none(), "nor does another reader of the tenant");
    }

    #[test]
    fn one_answer_alone_may_always_take_what_it_may() {
        let limits = Limits { max_bytes_together: 1, ..LIMITS };
        let mut meter = Meter::new(&Together::new(&limits, 2), &limits, Wall::Open, None);
        assert!(meter.add(130_000).is_ok());
    }

    #[test]
    fn a_text_may_be_no_longer_than_the_answer() {
        let mut meter = Meter::new(&Together::new(&LIMITS, 2), &LIMITS, Wall::Open, None);
        assert!(meter.add(33_333).is_ok() && !meter.may_grow_too_long());
        assert!(meter.add(1).is_ok() && meter.may_grow_too_long());
        assert!(meter.check_text(200_000).is_ok() && meter.check_text(200_001).is_err());
    }
}

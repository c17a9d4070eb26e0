//! Counts what an answer takes while its rows are read, against its own bound and against that of all answers together.
//!
//! A row counts as what it takes in memory or as JSON text, whichever is more, so that one number bounds both. What JSON
//! escapes is not looked at here; [`crate::include`] does, where it could matter.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::entity::Property;
use crate::error::{StoreError, StoreResult};
use crate::options::Limits;
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

/// What all answers of a store take together.
#[derive(Debug)]
pub(crate) struct Together {
    most: u64,
    taken: AtomicU64,
}

impl Together {
    /// The bound of these limits; one answer may always take what it may.
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self { most: limits.max_bytes_together.max(limits.max_bytes), taken: AtomicU64::new(0) })
    }

    fn take(&self, bytes: u64) -> StoreResult<()> {
        let before = self.taken.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) <= self.most {
            return Ok(());
        }
        self.give_back(bytes);
        Err(StoreError::Unavailable("the answers under way hold as many bytes as they may together".into()))
    }

    fn give_back(&self, bytes: u64) {
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// What one answer takes so far. Dropping it gives back its place among all answers.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    together: Option<Arc<Together>>,
    most: u64,
    used: u64,
    /// How many bytes the answer may take before it must ask for more of those of all answers.
    granted: u64,
    /// How many of the bytes of all answers it has.
    taken: u64,
}

impl Meter {
    /// Of an answer that takes nothing yet.
    pub(crate) fn new(together: &Arc<Together>, limits: &Limits) -> Self {
        let most = limits.max_bytes;
        Self { together: Some(together.clone()), most, used: 0, granted: FREE.min(most), taken: 0 }
    }

    /// Counts so many bytes more.
    pub(crate) fn add(&mut self, bytes: u64) -> StoreResult<()> {
        self.used = self.used.saturating_add(bytes);
        if self.used <= self.granted { Ok(()) } else { self.grow() }
    }

    #[cold]
    fn grow(&mut self) -> StoreResult<()> {
        if self.used > self.most {
            return Err(self.too_many());
        }
        let missing = self.used - self.granted;
        let step = missing.next_multiple_of(STEP);
        if let Some(together) = &self.together {
            together.take(step)?;
        }
        self.taken += step;
        self.granted = self.granted.saturating_add(step).min(self.most);
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
    pub(crate) fn has_place(&self) -> bool {
        self.taken > 0
    }

    fn too_many(&self) -> StoreError {
        StoreError::TooManyBytes { limit: self.most }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(together) = self.together.as_ref().filter(|_| self.taken > 0) {
            together.give_back(self.taken);
        }
    }
}

/// What a row of these properties takes, but for what its values hold elsewhere ([`held`]).
pub(crate) fn row(properties: &[&'static Property]) -> u64 {
    properties.iter().fold(ROW, |bytes, property| bytes + property.name.len() as u64 + VALUE)
}

/// What a value holds outside the row.
pub(crate) fn held(value: &Value) -> u64 {
    let bytes = match value {
        Value::Text(text) | Value::JsonText(text) => text.len(),
        Value::TextArray(items) => items.iter().map(|item| item.len() + 32).sum(),
        Value::IntegerArray(items) => items.len() * 12,
        _ => 0,
    };
    bytes as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { max_rows: 1, max_bytes: 200_000, max_bytes_together: 300_000 };

    #[test]
    fn an_answer_is_bounded_to_the_byte() {
        for first in [0, 1, FREE, FREE + 1, FREE + STEP, 199_999] {
            let mut meter = Meter::new(&Together::new(&LIMITS), &LIMITS);
            assert!(meter.add(first).and_then(|()| meter.add(200_000 - first)).is_ok(), "{first}");
            assert!(matches!(meter.add(1), Err(StoreError::TooManyBytes { limit: 200_000 })), "{first}");
        }
        let small = Limits { max_bytes: 10, ..LIMITS };
        let mut meter = Meter::new(&Together::new(&small), &small);
        assert!(meter.add(11).is_err());
    }

    #[test]
    fn answers_share_a_bound_and_give_back_what_they_took() {
        let together = Together::new(&LIMITS);
        let mut small = Meter::new(&together, &LIMITS);
        assert!(small.add(FREE).is_ok() && !small.has_place());
        let mut first = Meter::new(&together, &LIMITS);
        assert!(first.add(190_000).is_ok() && first.has_place());
        let mut second = Meter::new(&together, &LIMITS);
        assert!(matches!(second.add(190_000), Err(StoreError::Unavailable(_))));
        drop(first);
        assert!(second.add(0).is_ok());
        drop(second);
        assert_eq!(together.taken.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn one_answer_alone_may_always_take_what_it_may() {
        let limits = Limits { max_bytes_together: 1, ..LIMITS };
        let mut meter = Meter::new(&Together::new(&limits), &limits);
        assert!(meter.add(130_000).is_ok());
    }

    #[test]
    fn a_text_may_be_no_longer_than_the_answer() {
        let mut meter = Meter::new(&Together::new(&LIMITS), &LIMITS);
        assert!(meter.add(33_333).is_ok() && !meter.may_grow_too_long());
        assert!(meter.add(1).is_ok() && meter.may_grow_too_long());
        assert!(meter.check_text(200_000).is_ok() && meter.check_text(200_001).is_err());
    }
}

//! What comes from outside, time, ids and interruptions: give a [`Environment`] of your own to choose them in tests.

use std::fmt;
use std::sync::Arc;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::StoreResult;
use crate::value::truncate_to_milliseconds;

type Interruption = Arc<dyn Fn() -> StoreResult<()> + Send + Sync>;

/// Where the store takes the time and new ids from, and what may come between two statements.
#[derive(Clone)]
pub struct Environment {
    now: Arc<dyn Fn() -> OffsetDateTime + Send + Sync>,
    new_id: Arc<dyn Fn() -> Uuid + Send + Sync>,
    interruption: Option<Interruption>,
}

impl Environment {
    /// The machine's clock, and ids that sort by creation (`UUIDv7`, RFC 9562).
    #[expect(clippy::disallowed_methods, reason = "the one place where the store meets the real clock and randomness")]
    pub fn system() -> Self {
        Self::new(OffsetDateTime::now_utc, Uuid::now_v7)
    }

    /// A clock and a source of ids.
    pub fn new(
        now: impl Fn() -> OffsetDateTime + Send + Sync + 'static,
        new_id: impl Fn() -> Uuid + Send + Sync + 'static,
    ) -> Self {
        Self { now: Arc::new(now), new_id: Arc::new(new_id), interruption: None }
    }

    /// Asks `interruption` before each statement of a transaction and before its commit; an error that it
    /// gives stands for one of the database. For tests of what an interrupted write leaves behind.
    #[must_use]
    pub fn interrupted_by(self, interruption: impl Fn() -> StoreResult<()> + Send + Sync + 'static) -> Self {
        Self { interruption: Some(Arc::new(interruption)), ..self }
    }

    /// Whether something may come between two statements.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interruption.is_some()
    }

    pub(crate) fn interruption(&self) -> StoreResult<()> {
        self.interruption.as_ref().map_or(Ok(()), |interruption| interruption())
    }

    /// The instant, in UTC and milliseconds.
    pub fn now(&self) -> OffsetDateTime {
        truncate_to_milliseconds((self.now)())
    }

    /// An id that nothing else has.
    pub fn new_id(&self) -> Uuid {
        (self.new_id)()
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").finish_non_exhaustive()
    }
}

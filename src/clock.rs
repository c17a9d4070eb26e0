//! The one place that reads the time of day: take a [`Clock`] instead of asking the system, and tests decide what time it is.

use std::fmt;
use std::sync::Arc;

use time::OffsetDateTime;

/// Tells the time in UTC.
///
/// Cloning is cheap, and every clone tells the same time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> OffsetDateTime + Send + Sync>);

impl Clock {
    /// The clock of the operating system.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the only reader of the system's clock; everything else is given a Clock"
    )]
    pub fn system() -> Self {
        Self(Arc::new(OffsetDateTime::now_utc))
    }

    /// A clock that always tells `time`.
    #[must_use]
    pub fn fixed(time: OffsetDateTime) -> Self {
        Self::new(move || time)
    }

    /// A clock that asks `now`, for hosts and tests that move the time themselves.
    #[must_use]
    pub fn new(now: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The present time.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Clock").field(&self.now()).finish()
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! A clock that a test moves.

    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use time::OffsetDateTime;

    use super::Clock;

    /// Stands still until it is advanced.
    #[derive(Clone)]
    pub(crate) struct MovingClock(Arc<Mutex<OffsetDateTime>>);

    impl MovingClock {
        /// A clock that stands at `time`.
        pub(crate) fn at(time: OffsetDateTime) -> Self {
            Self(Arc::new(Mutex::new(time)))
        }

        /// The clock to hand out.
        pub(crate) fn clock(&self) -> Clock {
            let time = Arc::clone(&self.0);
            Clock::new(move || *time.lock().unwrap())
        }

        /// Lets time pass.
        pub(crate) fn advance(&self, by: Duration) {
            *self.0.lock().unwrap() += by;
        }
    }
}

//! What kinds of jobs are: a row each, with a name, a function, and how often.

use std::pin::Pin;
use std::time::Duration;

use uuid::Uuid;

use super::work::{Finished, Work};
use crate::error::Result;

/// A step on its way.
pub(crate) type Working = Pin<Box<dyn Future<Output = Result<Finished>> + Send>>;

/// A kind of work.
pub(crate) struct Kind {
    /// Its name in the table and the metrics; it never changes.
    pub(crate) name: &'static str,
    /// How it is done: one step, in one transaction that [`Work::done`] or [`Work::again`] ends. It may be cut off at any statement,
    /// and begun again elsewhere.
    pub(crate) step: fn(Work) -> Working,
    /// How often a job is begun at most without getting on, until it is given up. One that is periodic never is.
    pub(crate) attempts: i32,
    /// How many of it are at work at once in one process. What waits for others than the database takes no more than some of the
    /// places, since it may wait for long.
    pub(crate) at_once: usize,
    /// When it is done, if nobody has to ask for it.
    pub(crate) periodic: Option<Periodic>,
}

/// What is done again and again, by one job that is there for good.
pub(crate) struct Periodic {
    /// Id of the job, so that processes that miss it at once make one.
    pub(crate) id: Uuid,
    /// From its end to its next beginning.
    pub(crate) every: Duration,
}

impl Kind {
    /// How often most jobs are tried, over some hours.
    pub(crate) const ATTEMPTS: i32 = 12;
    /// Most jobs at work at once in one process, of whatever kinds.
    pub(crate) const ALL_PLACES: usize = 4;
    /// Of a job that is never given up, since nothing else ends what it has begun.
    pub(crate) const ALWAYS: i32 = i32::MAX;

    /// Whether a job is given up that was begun so often.
    pub(super) fn gives_up(&self, attempts: i32) -> bool {
        self.periodic.is_none() && attempts >= self.attempts
    }
}

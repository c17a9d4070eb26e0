//! What ends a statement that reads before it is done: nobody waits for it any more, its time is up, or it is slow and may not go on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::time::Instant;

use super::functions;
use crate::error::{StoreError, StoreResult};
use crate::slow::{SLOW, Watch};

/// After how many steps of `SQLite`'s virtual machine it is asked whether to go on: some tens of microseconds, or as many
/// milliseconds where each step is a pattern on a long text.
const STEPS: i32 = 1_000;

/// Whether somebody waits for an answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked(Arc<AtomicBool>);

/// Who waits for an answer; once it is dropped, nobody does.
pub(super) struct Asking(Asked);

impl Asked {
    /// Somebody waits until the second of these is dropped.
    pub(super) fn new() -> (Self, Asking) {
        let asked = Self::default();
        (asked.clone(), Asking(asked))
    }

    /// Whether nobody does any more.
    pub(super) fn is_over(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

/// What watches over the statements of one connection.
pub(super) struct Interrupts {
    running: Arc<Mutex<Option<Running>>>,
}

/// What becomes of a read that turns out to be slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slow {
    /// It goes on where it is, if there is a place among those that are slow.
    GoesOn,
    /// It begins anew elsewhere, unless it has such a place.
    Moves,
}

struct Running {
    begun: Instant,
    asked: Asked,
    watch: Option<Watch>,
    cause: Option<Cause>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// Nobody waits for the answer.
    Over,
    /// Its time is up.
    TooLong,
    /// It is slow, and has no place among those that are.
    HeldUp,
}

/// What came of a statement.
pub(super) enum Watched<T> {
    /// It was done, or failed.
    Done(StoreResult<T>),
    /// It is slow, and must wait for a place.
    HeldUp(Watch),
}

impl Interrupts {
    /// Watches over this connection.
    pub(super) fn on(connection: &mut Connection, timeout: Duration, slow: Slow) -> rusqlite::Result<Self> {
        let running: Arc<Mutex<Option<Running>>> = Arc::default();
        let watched = running.clone();
        let must_end = move || {
            let mut running = watched.lock().unwrap_or_else(PoisonError::into_inner);
            running.as_mut().is_some_and(|running| running.must_end(timeout, slow))
        };
        functions::register_patterns(connection, must_end.clone())?;
        connection.progress_handler(STEPS, Some(must_end))?;
        Ok(Self { running })
    }

    /// Runs a statement that reads. One that writes must not be ended: all that is written together with it would be
    /// taken back.
    pub(super) fn over<T>(
        &self,
        asked: Asked,
        watch: Option<Watch>,
        work: impl FnOnce() -> StoreResult<T>,
    ) -> Watched<T> {
        let running = Running { begun: Instant::now(), asked, watch, cause: None };
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(running);
        let result = work();
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Whoever hangs up has had a slow read too.
        if let Some(Running { begun, watch: Some(watch), .. }) = &running
            && begun.elapsed() > SLOW
        {
            watch.remember();
        }
        let Some(Running { begun, watch, cause: Some(cause), .. }) = running else { return Watched::Done(result) };
        match (result, cause, watch) {
            (Err(_), Cause::HeldUp, Some(watch)) => Watched::HeldUp(watch),
            (Err(error), Cause::HeldUp, None) => Watched::Done(Err(error)),
            (Err(_), Cause::TooLong, _) => {
                let ended = format!("a statement was ended after {} ms", begun.elapsed().as_millis());
                Watched::Done(Err(StoreError::Timeout(ended.into())))
            }
            (Err(_), Cause::Over, _) => Watched::Done(Err(StoreError::Aborted)),
            (done, ..) => Watched::Done(done),
        }
    }
}

impl Running {
    fn must_end(&mut self, timeout: Duration, slow: Slow) -> bool {
        let took = self.begun.elapsed();
        if self.asked.is_over() {
            self.cause = Some(Cause::Over);
        } else if took > timeout {
            self.cause = Some(Cause::TooLong);
        } else if took > SLOW
            && self.watch.as_mut().is_some_and(|watch| match slow {
                Slow::GoesOn => !watch.may_go_on(self.begun),
                Slow::Moves => watch.must_move(),
            })
        {
            self.cause = Some(Cause::HeldUp);
        }
        self.cause.is_some()
    }
}

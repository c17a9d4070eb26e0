//! The jobs that one process is working on, and of which kinds it has room for another one.

use std::collections::HashMap;

use tokio::task::{Id, JoinError, JoinSet};

use super::kind::Kind;
use super::work::Taken;

/// The jobs at work.
#[derive(Default)]
pub(super) struct AtWork {
    steps: JoinSet<()>,
    taken: HashMap<Id, Taken>,
}

impl AtWork {
    /// The kinds of which there is room for a job.
    pub(super) fn room(&self, kinds: &'static [Kind]) -> Vec<&'static Kind> {
        if self.taken.len() >= Kind::ALL_PLACES {
            return Vec::new();
        }
        let at_work = |kind: &Kind| self.taken.values().filter(|taken| taken.kind.name == kind.name).count();
        kinds.iter().filter(|kind| at_work(kind) < kind.at_once).collect()
    }

    /// Begins a step of a job.
    pub(super) fn begin(&mut self, taken: Taken, step: impl Future<Output = ()> + Send + 'static) {
        let id = self.steps.spawn(step).id();
        self.taken.insert(id, taken);
    }

    /// Waits until a step has ended, and says which job it was of, and how it was broken off if it was; nothing where none is at work.
    pub(super) async fn ended(&mut self) -> Option<(Option<Taken>, Option<JoinError>)> {
        let (id, broken_off) = match self.steps.join_next_with_id().await? {
            Ok((id, ())) => (id, None),
            Err(error) => (error.id(), Some(error)),
        };
        Some((self.taken.remove(&id), broken_off))
    }

    /// Cuts off all steps, and says of which jobs they were.
    pub(super) async fn cut_off(&mut self) -> Vec<Taken> {
        self.steps.abort_all();
        let mut left = Vec::new();
        while let Some((taken, broken_off)) = self.ended().await {
            if broken_off.is_some_and(|error| error.is_cancelled()) {
                left.extend(taken);
            }
        }
        left
    }
}

//! Up to which position all lines of the audit log are there that ever will be: what a reader may pass without missing one.
//!
//! On `PostgreSQL` a line has its position before others see it, and transactions do not end in the order of their positions
//! (ADR 39). Whoever has taken a position holds a lock on the log until the line is there, or never will be.

use std::collections::HashSet;

use tokio::sync::{Mutex, MutexGuard};

/// Most places that are waited for at once.
const MOST: usize = 8;

/// What this process knows.
#[derive(Debug, Default)]
pub(crate) struct Horizon(Mutex<Known>);

/// What was learned so far.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// All up to here is settled.
    settled: i64,
    /// Positions, rising, each with those who may hold one before it.
    awaited: Vec<(i64, HashSet<String>)>,
}

impl Horizon {
    /// What is known, and the turn to ask: answers must be learned in the order in which they were true.
    pub(crate) async fn turn(&self) -> MutexGuard<'_, Known> {
        self.0.lock().await
    }
}

impl Known {
    /// Learns who writes, and that `last` was the last position taken before that was asked. Tells what is settled.
    pub(crate) fn learn(&mut self, last: i64, writers: HashSet<String>) -> i64 {
        for (_, waited_for) in &mut self.awaited {
            waited_for.retain(|writer| writers.contains(writer));
        }
        let reached =
            self.awaited.iter().rev().find(|(_, waited_for)| waited_for.is_empty()).map(|(position, _)| *position);
        let nobody = writers.is_empty().then_some(last);
        self.settled = self.settled.max(reached.unwrap_or_default()).max(nobody.unwrap_or_default());
        let settled = self.settled;
        self.awaited.retain(|(position, _)| *position > settled);
        let is_news = self.awaited.last().is_none_or(|(position, _)| *position < last);
        if last > settled && is_news && self.awaited.len() < MOST {
            self.awaited.push((last, writers));
        }
        settled
    }
}

#[cfg(test)]
mod tests {
    use super::Known;

    fn writers(names: &str) -> std::collections::HashSet<String> {
        names.split_whitespace().map(ToOwned::to_owned).collect()
    }

    #[test]
    fn nothing_is_settled_before_who_wrote_when_it_was_the_last_has_ended() {
        let mut known = Known::default();
        assert_eq!(known.learn(0, writers("")), 0);
        assert_eq!(known.learn(5, writers("a b")), 0);
        // Others begin meanwhile, and have later positions.
        assert_eq!(known.learn(9, writers("b c")), 0);
        assert_eq!(known.learn(12, writers("c d")), 5);
        assert_eq!(known.learn(12, writers("d")), 9);
        assert_eq!(known.learn(12, writers("")), 12);
        assert_eq!(known.learn(12, writers("e")), 12);
    }

    #[test]
    fn a_writer_that_stays_keeps_what_came_later_and_no_more() {
        let mut known = Known::default();
        assert_eq!(known.learn(5, writers("")), 5);
        for last in 6..100 {
            assert_eq!(known.learn(last, writers(&format!("long w{last}"))), 5);
        }
        assert!(known.awaited.len() <= super::MOST);
        // As far as was asked for while there was room.
        assert_eq!(known.learn(100, writers("w99")), 13);
        assert_eq!(known.learn(100, writers("")), 100);
    }
}

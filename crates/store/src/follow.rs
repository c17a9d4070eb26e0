//! How far a reader of the audit log may go: a session asks for it before it reads.

use std::time::{Duration, Instant};

use crate::error::{StoreError, StoreResult};
use crate::scope::Scope;
use crate::session::{Read, Session};
use crate::sql::{Confined, Effort};
use crate::value::Value;

/// How long a reader waits before it asks again who still writes.
const PAUSE: Duration = Duration::from_millis(4);

/// How far the audit log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Positions {
    /// Up to here every line is there: none at or before it comes later.
    pub settled: i64,
    /// The last position that was ever given.
    pub last: i64,
}

impl<S: Scope> Session<S, Read> {
    /// The position up to which every line of the audit log is there, and the last one. Waits so long at most
    /// for those who write now, so that what was committed before is within it, unless somebody else takes longer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settled(&self, patience: Duration) -> StoreResult<Positions> {
        let begun = Instant::now();
        let mut wanted = None;
        loop {
            let mut known = self.together.horizon.turn().await;
            let mut question = Confined::of_positions(self.dialect());
            question.effort = Effort::One;
            let mut rows = self.query(question).await?;
            let (last, writers) = match rows.pop().as_deref() {
                Some([Value::Integer(last), Value::TextArray(writers)]) => (*last, writers.iter().cloned().collect()),
                // There is one writer, whose positions are those of the order in which it commits.
                Some([Value::Integer(last)]) => (*last, std::collections::HashSet::new()),
                _ => return Err(StoreError::Database("the log tells no position".into())),
            };
            let settled = known.learn(last, writers);
            drop(known);
            if settled >= *wanted.get_or_insert(last) || begun.elapsed() >= patience {
                return Ok(Positions { settled, last });
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

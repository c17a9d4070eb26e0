//! How a transaction writes and ends.

use super::{Committed, Session, Write};
use crate::error::{StoreError, StoreResult};
use crate::scope::Scope;
use crate::sql::{CommitPolicy, Confined, Effort};

impl<S: Scope> Session<S, Write> {
    /// Runs statements, one after the other, and returns how many rows each touched.
    pub(crate) async fn execute(&self, statements: Vec<Confined>) -> StoreResult<Vec<u64>> {
        for statement in &statements {
            tracing::trace!(sql = %statement.sql, "execute");
            self.environment.interruption()?;
            light(statement)?;
        }
        self.executor.execute(statements).await
    }

    /// Runs the last statements, if any, and ends the transaction: with how many rows each touched, or `None` where it was
    /// rolled back, since one touched none.
    pub(crate) async fn finish(
        self,
        statements: Vec<Confined>,
        policy: CommitPolicy,
    ) -> StoreResult<Option<Committed<Vec<u64>>>> {
        let touched = if let Some(held) = self.held.clone() {
            let touched = if statements.is_empty() { Vec::new() } else { self.execute(statements).await? };
            if policy.commits(&touched) {
                held.keep(self)?;
            }
            touched
        } else if self.environment.is_interrupted() {
            self.finish_in_steps(statements, policy).await?
        } else {
            self.end(statements, policy).await?
        };
        Ok(policy.commits(&touched).then_some(Committed(touched)))
    }

    /// One after the other, so that something can come between.
    async fn finish_in_steps(self, statements: Vec<Confined>, policy: CommitPolicy) -> StoreResult<Vec<u64>> {
        let touched = if statements.is_empty() { Vec::new() } else { self.execute(statements).await? };
        self.environment.interruption()?;
        if policy.commits(&touched) {
            self.end(Vec::new(), CommitPolicy::Commit).await?;
        }
        Ok(touched)
    }

    async fn end(self, statements: Vec<Confined>, policy: CommitPolicy) -> StoreResult<Vec<u64>> {
        for statement in &statements {
            tracing::trace!(sql = %statement.sql, "execute");
            light(statement)?;
        }
        let ended = self.executor.finish(statements, policy).await;
        self.outdates.tell(&self.memory, self.reached.unwrap_or_else(|| self.scope.wall()));
        if let (Ok(_), Some(call)) = (&ended, self.then.get()) {
            call();
        }
        ended
    }

    /// Calls this once the transaction is committed; the first that is named.
    pub fn then(&self, call: fn()) {
        let _ = self.then.set(call);
    }
}

/// That a statement of a transaction looks for no patterns, which could keep what others need (`Repository::search`).
pub(super) fn light(statement: &Confined) -> StoreResult<()> {
    if statement.effort == Effort::Heavy {
        return Err(StoreError::Database(
            "a transaction compares columns as they are, and searches for nothing".into(),
        ));
    }
    Ok(())
}

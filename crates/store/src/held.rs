//! Transactions that are done but for their commit: what is written last is known only when all else is.
//!
//! The answer to a request is kept in the transaction that the request made. It is known once the rule has returned, and a rule
//! returns what is committed. So the transaction is held back there; who holds it writes the answer and commits.

use std::sync::PoisonError;

use crate::error::{StoreError, StoreResult};
use crate::scope::{Reached, Scope, TenantScope, Wall};
use crate::session::{Held, Session, Write};

impl<S: Scope> Session<S, Write> {
    /// The same transaction, whose end is not its commit: it then waits in this place, if it would have been committed.
    #[must_use]
    pub fn held_in(mut self, place: &Held) -> Self {
        self.held = Some(place.clone());
        self
    }
}

impl Held {
    /// Takes the transaction up again, within a tenant that it reached; none where there is none.
    ///
    /// # Errors
    /// [`StoreError::OutsideScope`] where it did not reach the tenant; then it is rolled back.
    pub fn take(&self, tenant: TenantScope) -> StoreResult<Option<Session<TenantScope, Write>>> {
        let Some(mut session) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() else { return Ok(None) };
        let Reached(reached) = session.scope;
        if reached != Wall::Open && reached != tenant.wall() {
            return Err(StoreError::OutsideScope);
        }
        session.reached = Some(reached);
        Ok(Some(session.within(tenant)))
    }
}

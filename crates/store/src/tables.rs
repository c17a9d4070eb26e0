//! Whether all is there that the entities are read from: tables that were dropped or changed beside the migrations are found at the start.

use crate::entity::EntityMeta;
use crate::error::{StoreError, StoreResult};
use crate::filter::{Comparison, Filter, Predicate};
use crate::migrate::Finding;
use crate::scope::System;
use crate::scope::SystemReason;
use crate::session::{Asked, Read, Session, Store};
use crate::sql::{Effort, Operation};

impl Store {
    /// The entities that cannot be read, with what they are read from: each is asked for no row.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database cannot be asked.
    pub async fn unreadable(&self, entities: &[fn() -> &'static EntityMeta]) -> StoreResult<Vec<Finding>> {
        let session = self.read(System(SystemReason::Health));
        let all = session.answers(entities.iter().map(|meta| no_row(&session, meta())).collect()).await;
        if found(all)? {
            return Ok(Vec::new());
        }
        let mut unreadable = Vec::new();
        for meta in entities.iter().map(|meta| meta()) {
            if !found(session.answer(no_row(&session, meta)).await)? {
                unreadable.push(Finding::Unreadable(meta.table.to_owned()));
            }
        }
        unreadable.sort_by_key(ToString::to_string);
        unreadable.dedup();
        Ok(unreadable)
    }
}

/// A question for all columns of no row.
fn no_row(session: &Session<System, Read>, meta: &'static EntityMeta) -> Asked {
    let never = Predicate::Comparison { property: meta.id(), path: Vec::new(), comparison: Comparison::Never };
    let filter = Filter::matching(never);
    let projection = meta.properties.iter().collect();
    let find = Operation::Find { filter: &filter, projection, limit: 1, parents: None };
    let mut asked = session.asked(session.confine(meta, find));
    asked.statement.effort = Effort::One;
    asked
}

/// Whether the database took a question.
fn found<T>(answer: StoreResult<T>) -> StoreResult<bool> {
    match answer {
        Ok(_) => Ok(true),
        Err(StoreError::Database(_)) => Ok(false),
        Err(other) => Err(other),
    }
}

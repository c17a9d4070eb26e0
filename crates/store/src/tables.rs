//! Whether all is there that the entities are read from: tables that were dropped or changed beside the migrations are found at the start.

use std::time::Duration;

use tokio::time::timeout;

use crate::entity::EntityMeta;
use crate::error::{StoreError, StoreResult};
use crate::filter::{Comparison, Filter, Predicate};
use crate::migrate::Finding;
use crate::scope::{System, SystemReason};
use crate::session::{Asked, Read, Session, Store};
use crate::sql::{Confined, Effort, Operation};

/// How long the tables are asked for: one that somebody keeps locked is no reason not to start.
const PATIENCE: Duration = Duration::from_secs(2);

impl Store {
    /// The entities that cannot be read, with what they are read from, and the audit log where there is one: each is asked
    /// for no row. Where that takes long, nothing is said of them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database cannot be asked.
    pub async fn unreadable(
        &self,
        entities: &[fn() -> &'static EntityMeta],
        is_audited: bool,
    ) -> StoreResult<Vec<Finding>> {
        let looked = timeout(PATIENCE, self.look(entities, is_audited)).await;
        looked.unwrap_or_else(|_| {
            tracing::warn!("the tables were not looked at, since one of them is locked");
            Ok(Vec::new())
        })
    }

    async fn look(&self, entities: &[fn() -> &'static EntityMeta], is_audited: bool) -> StoreResult<Vec<Finding>> {
        let session = self.read(System(SystemReason::Health));
        let questions = || {
            let of_entities = entities.iter().map(|meta| (meta().table, no_row(&session, meta())));
            of_entities.chain(is_audited.then(|| ("audit_logs", no_line(&session))))
        };
        if found(session.answers(questions().map(|(_, asked)| asked).collect()).await)? {
            return Ok(Vec::new());
        }
        let mut unreadable = Vec::new();
        for (table, asked) in questions() {
            if !found(session.answer(asked).await)? {
                unreadable.push(Finding::Unreadable(table.to_owned()));
            }
        }
        unreadable.sort_by_key(ToString::to_string);
        unreadable.dedup();
        Ok(unreadable)
    }
}

/// A question for what the triggers write of no line.
fn no_line(session: &Session<System, Read>) -> Asked {
    let mut asked = session.asked(Confined::of_audit_log(session.dialect()));
    asked.statement.effort = Effort::One;
    asked
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

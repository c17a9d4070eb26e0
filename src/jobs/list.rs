//! Which jobs there are, and doing one now that waits or was given up.

use time::OffsetDateTime;
use user_tenant_store::filter::{Comparison, Filter, Predicate};
use user_tenant_store::record::Patch;
use user_tenant_store::scope::System;
use user_tenant_store::session::{Committed, Read, Session, Write};
use uuid::Uuid;

use crate::error::{Error, Result, Sought};
use crate::model::Job;

/// Which jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobQuery {
    /// Those in this state: [`Job::QUEUED`], [`Job::RUNNING`], [`Job::DONE`] or [`Job::FAILED`].
    pub state: Option<String>,
    /// Those of this kind.
    pub kind: Option<String>,
    /// So many at most.
    pub limit: u64,
}

impl Default for JobQuery {
    /// The first hundred of all.
    fn default() -> Self {
        Self { state: None, kind: None, limit: 100 }
    }
}

/// Jobs: first those that are to be done, in the order of their time, then those that are over.
pub(crate) async fn list(session: &Session<System, Read>, query: JobQuery) -> Result<Vec<Job>> {
    let JobQuery { state, kind, limit } = query;
    let conditions = [state.map(|state| Job::STATE.is(state)), kind.map(|kind| Job::KIND.is(kind))];
    let conditions: Vec<Predicate> = conditions.into_iter().flatten().collect();
    let filter = Filter {
        predicate: (!conditions.is_empty()).then_some(Predicate::And(conditions)),
        order: vec![Job::RUN_AFTER.ascending()],
        limit: Some(limit),
        ..Filter::default()
    };
    let rows = session.repository::<Job>().find(&filter).await?;
    rows.into_iter().map(|row| row.into_entity().map_err(Error::from)).collect()
}

/// Lets a job be done now that waits for its next attempt, or that was given up. Whether it is one of these: it may be at work, or
/// done.
pub(crate) async fn retry(session: Session<System, Write>, id: Uuid) -> Result<bool> {
    if session.repository::<Job>().get(id).await?.is_none() {
        return Err(Error::NotFound(Sought::of::<Job>(&id)));
    }
    let now = session.now();
    let patch = Patch::<Job>::empty()
        .with(Job::STATE, Job::QUEUED)?
        .with(Job::RUN_AFTER, now)?
        .with(Job::ATTEMPTS, 0)?
        .with(Job::FINISHED_ON, None::<OffsetDateTime>)?;
    // A runner may have taken it meanwhile.
    let waits = Job::STATE.is_one_of([Job::QUEUED, Job::FAILED]);
    let is_it = Job::ID.compare(Comparison::Equal(id.into())).and(Some(&waits));
    Ok(session.update_if_there_and_commit(&is_it, patch).await?.map(Committed::into_inner).is_some())
}

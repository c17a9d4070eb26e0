//! The service's own upkeep: what is over is forgotten after a while, a batch at a time.

use std::time::Duration;

use time::OffsetDateTime;
use user_tenant_store::entity::Entity;
use user_tenant_store::filter::{Comparison, Predicate};
use user_tenant_store::scope::{Sees, System};
use user_tenant_store::typed::TypedProperty;
use uuid::{Uuid, uuid};

use super::kind::{Kind, Periodic};
use super::work::{Finished, Work};
use crate::error::Result;
use crate::model::{IdempotencyKey, Job};

/// Most rows that one step forgets.
const BATCH: u64 = 500;
/// How long jobs that are over can be listed.
const REMEMBERED: Duration = Duration::from_hours(7 * 24);
/// How often is looked for what is old.
const EVERY: Duration = Duration::from_mins(10);

/// Forgets jobs that are over.
pub(crate) const FORGET_JOBS: Kind = Kind {
    name: "jobs.forget",
    step: |work| Box::pin(forget_jobs(work)),
    attempts: Kind::ATTEMPTS,
    at_once: Kind::ALL_PLACES,
    periodic: Some(Periodic { id: uuid!("019a0000-0000-7000-8000-000000000001"), every: EVERY }),
};

/// Forgets what was answered to requests that named an `Idempotency-Key`.
pub(crate) const EXPIRE_KEYS: Kind = Kind {
    name: "idempotency_keys.expire",
    step: |work| Box::pin(expire_keys(work)),
    attempts: Kind::ATTEMPTS,
    at_once: Kind::ALL_PLACES,
    periodic: Some(Periodic { id: uuid!("019a0000-0000-7000-8000-000000000002"), every: EVERY }),
};

/// Jobs that are done or were given up.
async fn forget_jobs(work: Work) -> Result<Finished> {
    forget::<Job>(work, Job::ID, |now| older(Job::FINISHED_ON, now - REMEMBERED)).await
}

/// Answers to requests that may come again no more.
async fn expire_keys(work: Work) -> Result<Finished> {
    let old = |now| older(IdempotencyKey::CREATED_ON, now - IdempotencyKey::LIFE);
    forget::<IdempotencyKey>(work, IdempotencyKey::ID, old).await
}

/// What is older than this.
pub(crate) fn older<E: Entity>(property: TypedProperty<E, OffsetDateTime>, than: OffsetDateTime) -> Predicate {
    property.compare(Comparison::Less(than.into()))
}

/// Removes some of the rows that are old: those that nobody else works on.
pub(crate) async fn forget<E: Entity>(
    work: Work,
    id: TypedProperty<E, Uuid>,
    old: impl Fn(OffsetDateTime) -> Predicate,
) -> Result<Finished>
where
    System: Sees<E>,
{
    let session = work.write().await?;
    let ids = session.repository::<E>().seize(&old(session.now()), BATCH).await?;
    let more = ids.len() as u64 == BATCH;
    if !ids.is_empty() {
        session.repository::<E>().delete_all(Some(&id.is_one_of(ids))).await?;
    }
    if more { work.again(session).await } else { work.done(session).await }
}

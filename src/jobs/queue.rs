//! The queue: how a job gets into it, and that somebody here wakes up for it.

use serde_json::Value as Json;
use time::OffsetDateTime;
use tokio::sync::Notify;
use user_tenant_store::record::New;
use user_tenant_store::repository::Prepared;
use user_tenant_store::scope::{Scope, Sees};
use user_tenant_store::session::{Session, Write};
use uuid::Uuid;

use super::Kind;
use crate::error::Result;
use crate::model::Job;

/// Tells the runners of this process that something was queued.
pub(super) static QUEUED: Notify = Notify::const_new();

/// Leaves work for later, in the caller's transaction: it is done if that is committed, and then at once or from `after` on. A
/// session of a tenant leaves work of that tenant only.
pub(crate) async fn enqueue<S: Scope + Sees<Job>>(
    session: &Session<S, Write>,
    kind: &Kind,
    tenant: Option<Uuid>,
    payload: Json,
    after: Option<OffsetDateTime>,
) -> Result<Option<Uuid>> {
    let job = prepared(session, kind, tenant, payload, after)?;
    let id = job.record().id();
    session.insert([job]).await?;
    Ok(id)
}

/// The row of such a job, for who inserts many at once.
pub(crate) fn prepared<S: Scope + Sees<Job>>(
    session: &Session<S, Write>,
    kind: &Kind,
    tenant: Option<Uuid>,
    payload: Json,
    after: Option<OffsetDateTime>,
) -> Result<Prepared> {
    let job = new(kind, payload, after.unwrap_or_else(|| session.now()), session.now())?;
    let job = match tenant {
        Some(tenant) => job.with(Job::TENANT_ID, tenant)?,
        None => job,
    };
    let job = session.repository::<Job>().prepare(job)?;
    session.then(|| QUEUED.notify_waiters());
    Ok(job)
}

/// A job that nobody has begun.
pub(super) fn new(kind: &Kind, payload: Json, after: OffsetDateTime, now: OffsetDateTime) -> Result<New<Job>> {
    let job = New::<Job>::empty()
        .with(Job::KIND, kind.name)?
        .with(Job::PAYLOAD, payload)?
        .with(Job::STATE, Job::QUEUED)?
        .with(Job::RUN_AFTER, after)?
        .with(Job::ATTEMPTS, 0)?
        .with(Job::CREATED_ON, now)?;
    Ok(job)
}

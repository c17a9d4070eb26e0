//! Which tenants are purged: those that somebody asks it of, and those that were archived longer ago than they are kept.

use time::OffsetDateTime;
use user_tenant_store::filter::{Comparison, Filter};
use user_tenant_store::form::Unwritable;
use user_tenant_store::record::{InvalidRecord, Patch};
use user_tenant_store::scope::{CallerScope, Scope, Sees, System};
use user_tenant_store::session::{Committed, Read, Session, Write};
use uuid::Uuid;

use super::jobs::PURGE;
use super::payload::{Asked, Payload};
use crate::error::{Error, Result, Sought};
use crate::jobs::enqueue;
use crate::model::lifecycle::{PURGE as STEP, TENANTS};
use crate::model::{Job, Tenant};

/// What confirms a purge.
const CONFIRM: &str = "confirm";

/// How far a purge has come.
#[derive(Debug)]
pub(crate) struct UnderWay {
    /// When it was asked for.
    pub(crate) since: OffsetDateTime,
    /// Where its job stands.
    pub(crate) state: String,
    /// How many rows it has removed.
    pub(crate) rows: u64,
    /// Of how many lines of the audit log it has taken what may not stay.
    pub(crate) lines: u64,
    /// Why a step of it did not succeed.
    pub(crate) last_error: Option<String>,
}

/// Has an archived tenant purged; nothing leads back. Where `confirm` is given, it is the tenant's key or its name, as it stands.
/// Tells the id of the job.
pub(crate) async fn request(
    session: Session<CallerScope, Write>,
    id: Uuid,
    confirm: Option<&str>,
) -> Result<Committed<Uuid>> {
    let tenants = session.repository::<Tenant>();
    let (_, tenant) = session.ask((tenants.lock_by_id(id), tenants.get(id))).await?;
    let tenant = tenant.ok_or_else(|| Error::OutOfReach(Sought::of::<Tenant>(&id)))?;
    TENANTS.step(STEP, tenant.state(), tenant.state_before())?;
    if confirm.is_some_and(|confirm| confirm.is_empty() || ![&tenant.key, &tenant.name].iter().any(|it| *it == confirm))
    {
        let wanted = Unwritable::Not("must be the key or the name of the tenant, as it stands");
        return Err(InvalidRecord::Unwritable(CONFIRM, wanted).into());
    }
    let job = begin(&session, id).await?;
    Ok(session.commit(job).await?)
}

/// A tenant that was archived longer ago than it is kept, if there is one. `retention` is what the deployment says, in days.
pub(super) async fn over(session: &Session<System, Read>, retention: u16) -> Result<Option<Uuid>> {
    let archived = Tenant::ARCHIVED_ON.compare(Comparison::NotNull);
    let waiting = archived.and(Some(&Tenant::PURGING_ON.compare(Comparison::Null)));
    let filter = Filter { order: vec![Tenant::ARCHIVED_ON.ascending()], ..Filter::matching(waiting) };
    let mut pages = session.repository::<Tenant>().pages(filter);
    while let Some(rows) = pages.next().await? {
        for row in rows {
            let tenant: Tenant = row.into_entity()?;
            if is_over(&tenant, retention, session.now()) {
                return Ok(Some(tenant.id));
            }
        }
    }
    Ok(None)
}

/// Has it purged, unless it was restored or given more time meanwhile.
pub(super) async fn expire(session: &Session<System, Write>, id: Uuid, retention: u16) -> Result<()> {
    let tenants = session.repository::<Tenant>();
    let (_, tenant) = session.ask((tenants.lock_by_id(id), tenants.get(id))).await?;
    if tenant.is_some_and(|tenant| tenant.purging_on.is_none() && is_over(&tenant, retention, session.now())) {
        begin(session, id).await?;
    }
    Ok(())
}

/// How far the purge of a tenant has come, if it is being purged.
pub(crate) async fn under_way(session: &Session<CallerScope, Read>, tenant: &Tenant) -> Result<Option<UnderWay>> {
    let Some(since) = tenant.purging_on else { return Ok(None) };
    let job = Job::KIND.is(PURGE.name).and(Some(&Job::TENANT_ID.is(tenant.id)));
    let job = session.repository::<Job>().find_one(job).await?;
    let progress = job.as_ref().and_then(|job| serde_json::from_value::<Payload>(job.payload.clone()).ok());
    let progress = progress.unwrap_or_default().progress;
    Ok(Some(UnderWay {
        since,
        state: job.as_ref().map_or_else(|| Job::DONE.to_owned(), |job| job.state.clone()),
        rows: progress.rows.values().sum(),
        lines: progress.lines,
        last_error: job.and_then(|job| job.last_error),
    }))
}

/// Marks the tenant, which this transaction keeps, and leaves the rest for the job: one of both alone is never seen.
async fn begin<S: Scope + Sees<Tenant> + Sees<Job>>(session: &Session<S, Write>, id: Uuid) -> Result<Uuid> {
    let patch = Patch::empty().with(Tenant::PURGING_ON, session.now())?;
    session.repository::<Tenant>().update_by_id(id, patch).await?;
    let payload = Payload { asked: Asked::by(session), ..Payload::default() };
    let payload = serde_json::to_value(payload).map_err(|error| Error::Internal(error.into()))?;
    let job = enqueue(session, &PURGE, Some(id), payload, None).await?;
    job.ok_or_else(|| Error::Internal("a new job has no id".into()))
}

fn is_over(tenant: &Tenant, retention: u16, now: OffsetDateTime) -> bool {
    tenant.restorable_until(retention).is_some_and(|until| until < now)
}

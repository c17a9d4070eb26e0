//! Which tenants are purged: those that somebody asks it of, and those that were archived longer ago than they are kept.

use time::OffsetDateTime;
use user_tenant_store::filter::{Comparison, Filter, Predicate};
use user_tenant_store::form::Unwritable;
use user_tenant_store::record::{InvalidRecord, Patch};
use user_tenant_store::scope::{CallerScope, Scope, Sees, System};
use user_tenant_store::session::{Committed, Read, Session, Write};
use uuid::Uuid;

use super::jobs::PURGE;
pub(crate) use super::payload::UnderWay;
use super::payload::{Asked, Payload};
use crate::error::{Error, Result, Sought};
use crate::jobs::enqueue;
use crate::model::lifecycle::{PURGE as STEP, TENANTS};
use crate::model::{Job, Tenant};

/// What confirms a purge.
const CONFIRM: &str = "confirm";

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

/// A tenant that is being purged and that no job purges, if there is one: somebody has removed the job.
pub(super) async fn without_job(session: &Session<System, Read>) -> Result<Option<Uuid>> {
    let mut pages =
        session.repository::<Tenant>().pages(Filter::matching(Tenant::PURGING_ON.compare(Comparison::NotNull)));
    while let Some(rows) = pages.next().await? {
        for id in rows.iter().filter_map(user_tenant_store::record::Record::id) {
            if session.repository::<Job>().count(Some(&of_purge(id))).await? == 0 {
                return Ok(Some(id));
            }
        }
    }
    Ok(None)
}

/// The jobs that purge a tenant.
fn of_purge(tenant: Uuid) -> Predicate {
    Job::KIND.is(PURGE.name).and(Some(&Job::TENANT_ID.is(tenant)))
}

/// Has it purged, unless it was restored or given more time meanwhile.
pub(super) async fn expire(session: &Session<System, Write>, id: Uuid, retention: u16) -> Result<()> {
    let tenants = session.repository::<Tenant>();
    let (_, tenant) = session.ask((tenants.lock_by_id(id), tenants.get(id))).await?;
    let Some(tenant) = tenant else { return Ok(()) };
    let is_due = match tenant.purging_on {
        None => is_over(&tenant, retention, session.now()),
        Some(_) => session.repository::<Job>().count(Some(&of_purge(id))).await? == 0,
    };
    if is_due {
        begin(session, id).await?;
    }
    Ok(())
}

/// How far the purge of a tenant has come, if it is being purged.
pub(crate) async fn under_way(session: &Session<CallerScope, Read>, tenant: &Tenant) -> Result<Option<UnderWay>> {
    let Some(since) = tenant.purging_on else { return Ok(None) };
    let job = session.repository::<Job>().find_one(of_purge(tenant.id)).await?;
    let progress = job.as_ref().and_then(|job| serde_json::from_value::<Payload>(job.payload.clone()).ok());
    let progress = progress.unwrap_or_default().progress;
    Ok(Some(UnderWay {
        since,
        state: job.as_ref().map_or_else(|| Job::QUEUED.to_owned(), |job| job.state.clone()),
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

//! The jobs of the end of a tenant's life: its purge, a step a transaction, and the look for those whose retention is over.

use std::time::Duration;

use user_tenant_store::Entity as _;
use user_tenant_store::entity::EntityMeta;
use user_tenant_store::erase::{Doomed, Kept};
use user_tenant_store::scope::{System, SystemReason};
use user_tenant_store::session::{Session, Write};
use user_tenant_store::value::Value;
use uuid::{Uuid, uuid};

use super::erasure::Erasure;
use super::payload::Payload;
use super::rules;
use super::tables::Tables;
use crate::error::{Error, Result};
use crate::jobs::{Finished, Kind, Periodic, Work};
use crate::model::Tenant;

/// Removes every row of a tenant.
pub(crate) const PURGE: Kind = Kind {
    name: "tenants.purge",
    step: |work| Box::pin(purge(work)),
    attempts: Kind::ALWAYS,
    at_once: Kind::ALL_PLACES,
    periodic: None,
};

/// Has tenants purged that were archived longer ago than they are kept.
pub(crate) const EXPIRE: Kind = Kind {
    name: "tenants.expire",
    step: |work| Box::pin(expire(work)),
    attempts: Kind::ATTEMPTS,
    at_once: Kind::ALL_PLACES,
    periodic: Some(Periodic { id: uuid!("019a0000-0000-7000-8000-000000000003"), every: Duration::from_mins(10) }),
};

/// Why a tenant is purged that nobody asked it of.
const OVER: &str = "Its retention is over.";

async fn purge(work: Work) -> Result<Finished> {
    let Some(tenant) = work.tenant() else { return Err(Error::Internal("a purge is of no tenant".into())) };
    let mut payload: Payload =
        serde_json::from_value(work.payload().clone()).map_err(|error| Error::Internal(error.into()))?;
    let (actor, context) = payload.asked.says(tenant);
    let session = work.write_as(SystemReason::PurgeTenant, actor, context).await?;
    let left = step(&session, tenant, work.id(), work.entities(), &mut payload, batch(&work)).await?;
    match left {
        Left::Nothing => work.gone(session).await,
        Left::All => work.done(session).await,
        Left::More => {
            let payload = serde_json::to_value(&payload).map_err(|error| Error::Internal(error.into()))?;
            work.again_with(session, payload).await
        }
    }
}

/// How many rows of a table one step removes. Where one writer serves all, steps are short, so that others have their turn.
fn batch(work: &Work) -> u64 {
    if work.has_one_writer() { 50 } else { 500 }
}

/// What is left after a step.
enum Left {
    /// Not even the tenant.
    Nothing,
    /// Some of it.
    More,
    /// All of it: the tenant is none that is to be purged.
    All,
}

async fn step(
    session: &Session<System, Write>,
    tenant: Uuid,
    job: Uuid,
    entities: impl Iterator<Item = &'static EntityMeta> + Clone,
    Payload { asked, progress }: &mut Payload,
    batch: u64,
) -> Result<Left> {
    let eraser = session.eraser(tenant)?;
    // Kept until the commit: whoever still writes in it is through, or waits.
    let purging_on = Some(Tenant::PURGING_ON.property());
    let row = eraser.doomed(Tenant::meta(), Doomed::OfTenant, purging_on, 1).await?.pop();
    match row {
        None => return Ok(Left::Nothing),
        Some((_, Value::Null)) => return Ok(Left::All),
        Some(_) => {}
    }
    let (tables, kept) = (Tables::of(entities.clone()), Kept::of(entities));
    let mut erasure = Erasure { eraser, tenant, job, tables: &tables, kept: &kept, batch, progress };
    Ok(if erasure.step(asked.reason.as_deref()).await? { Left::Nothing } else { Left::More })
}

async fn expire(work: Work) -> Result<Finished> {
    let retention = work.retention_days();
    let over = match rules::over(&work.read(), retention).await? {
        None => rules::without_job(&work.read()).await?,
        over => over,
    };
    let session = work.write().await?;
    let Some(tenant) = over else { return work.done(session).await };
    let session = session.in_name_of(tenant).because(Some(OVER));
    rules::expire(&session, tenant, retention).await?;
    work.again(session).await
}

//! What the wall is for compiles: each scope opens what it may see, and a write ends as `Committed`.
#![expect(dead_code, reason = "it is enough that this compiles")]

#[path = "support/entities.rs"]
mod entities;

use entities::{Comment, Document, Key, Secret};
use user_tenant_store::StoreResult;
use user_tenant_store::record::New;
use user_tenant_store::scope::{AllTenants, CallerScope, OwnScope, System, TenantScope};
use user_tenant_store::session::{Committed, Read, Session, Write};

async fn reads(
    tenant: Session<TenantScope, Read>,
    own: Session<OwnScope, Read>,
    all: Session<AllTenants, Read>,
    caller: Session<CallerScope, Read>,
    system: Session<System, Read>,
) -> StoreResult<u64> {
    Ok(tenant.repository::<Document>().count(None).await?
        + tenant.repository::<Comment>().count(None).await?
        + own.repository::<Comment>().count(None).await?
        + all.repository::<Comment>().count(None).await?
        + caller.repository::<Document>().count(None).await?
        + system.repository::<Secret>().count(None).await?
        + system.repository::<Key>().count(None).await?)
}

async fn writes(session: Session<TenantScope, Write>) -> StoreResult<Committed<()>> {
    session.repository::<Document>().create(New::empty()).await?;
    session.commit(()).await
}

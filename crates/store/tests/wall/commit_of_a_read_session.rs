use user_tenant_store::StoreResult;
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Committed, Read, Session};

async fn commit(session: Session<TenantScope, Read>) -> StoreResult<Committed<()>> {
    session.commit(()).await
}

fn main() {}

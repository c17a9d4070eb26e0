#[path = "support/entities.rs"]
mod entities;

use user_tenant_store::StoreResult;
use user_tenant_store::record::{New, Record};
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Committed, Session, Write};

async fn create(session: Session<TenantScope, Write>) -> StoreResult<Committed<Record>> {
    session.repository::<entities::Document>().create(New::empty()).await
}

fn main() {}
